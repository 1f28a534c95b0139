"""What an operator reads: of a start which build, on what, and how the run before ended; of a changed setting its name, value and unit; of a strategy
that nobody knows which one was meant. At the terminal, on the control socket and over HTTP."""
import os

import market
from sauda import PATIENCE, Engine, Front, Refused, Tap, wait_for

tap = Tap()
STRATEGIES = {"mine": "ema_cross", "yours": "vwap_reversion", "third": "amd"}
UNKNOWN = 'there is no strategy "yuors"; did you mean "yours"?'


def settings(e, ids=("mine", "yours")):
    path = os.path.join(e.folder, "sauda.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write("[account]\ncapital = 300000\n" + "".join(f"[strategy.{i}]\nkind = {STRATEGIES[i]}\nunderlying = NIFTY\n" for i in ids))
    return path


def starts(e, n):
    """What the newest n starts say, newest first."""
    said = lambda: [i["text"] for i in e.call("events", limit=1000)["items"] if i["kind"] == "start"]  # noqa: E731
    wait_for(lambda: len(said()) >= n, PATIENCE)
    return said()


def of_a_start():
    with Engine() as e:
        demo = ("--mode", "demo", "--config", settings(e))
        e.start(*demo, speed=1)
        epoch = e.call("status")["epoch"]
        tap.has(starts(e, 1)[0], ["demo engine ", " starts on demo seed ", f"epoch {epoch}; a new journal"], "the first start: mode, version, data, epoch, new")
        first = e.call("events", after=0, limit=1)["items"][0]
        tap.equal((first["seq"], first["kind"], first["data"]["name"], first["data"]["value"]), (1, "start", "demo", epoch), "it is the first event, with the same as data")
        e.kill()
        e.start(*demo, speed=1)
        tap.has(starts(e, 2)[0], ["demo engine ", "did not end in order: crash, kill or power cut"], "after a kill")
        e.terminate()
        e.wait()
        e.start(*demo, speed=1)
        tap.has(starts(e, 3)[0], ["the run before was stopped, flat"], "after a stop")
        later = [i["text"] for i in e.call("events", after=1, limit=1000)["items"]]
        tap.ok(any(t.startswith("limit day_loss_pct set to ") for t in later) and "engine running by config" not in later, "limits are told once each", later[:20])


def of_a_parameter():
    with Engine() as e:
        e.start("--mode", "demo", "--config", settings(e), speed=1)
        said = lambda: [i["text"] for i in e.call("events", limit=20)["items"] if i["kind"] == "command"]  # noqa: E731
        e.ctl("strategy.set", "mine", "stop_pct=45.5", "fast=12", "entry_from=09:40", "product=NRML")
        for words in ("mine: stop_pct set to 45.50 % by uid:", "mine: fast set to 12 bars by uid:", "mine: entry_from set to 09:40 IST by uid:", "mine: product set to NRML by uid:"):
            tap.ok(wait_for(lambda w=words: any(t.startswith(w) for t in said()), PATIENCE), words, said())
        e.call("kill", rung="stop")
        e.ctl("resume")
        refused = lambda: [i["text"] for i in e.call("events", limit=20)["items"] if i["kind"] == "refused"]  # noqa: E731
        tap.ok(wait_for(refused, PATIENCE), "a command that was refused is told as such")
        tap.equal(refused(), ["the command before was refused: a kill is latched: resume needs a reason"], "once, and why")


def refused_as(e, what, detail, **ask):
    try:
        e.call(what, **ask)
        tap.ok(False, f"{what} {ask} is refused")
    except Refused as refused:
        tap.equal((refused.error["data"]["code"], refused.error["data"]["detail"]), ("not_found", detail), f"{what} {ask} is refused")


def lived(e):
    """To its end, and all of it in the database."""
    return wait_for(lambda: (s := e.call("status"))["feed"]["ended"] and s["store"]["seq"] == s["journal"]["seq"], PATIENCE)


def of_a_strategy(path):
    with Engine() as e, Front(e) as front:
        e.start("--data", path, "--config", settings(e), speed="max")
        lived(e)
        traded = [i for i in ("mine", "yours") if e.call("history", strategy=i)["items"]]
        tap.ok(traded, "a strategy traded", e.call("strategies"))
        for what in ("history", "trades", "orders"):
            refused_as(e, what, UNKNOWN, strategy="yuors")
            tap.equal(e.call(what, strategy="manual")["items"], [], f"{what} by hand: none, and no error")
            said = e.ctl(what, "--strategy", "yuors")
            tap.ok(said.returncode == 1 and "yours" in said.stderr, f"enginectl {what} says so too", said.stderr)
            status, body = front.get(f"/api/{what}?strategy=yuors")
            tap.equal((status, body["detail"]), (404, UNKNOWN), f"/api/{what} too")
            refused_as(e, what, 'there is no strategy "nosuch"', strategy="nosuch")
        refused_as(e, "strategy", UNKNOWN, id="yuors")
        gone = traded[0]
        left = [i for i in ("mine", "yours") if i != gone]
        before = {what: e.call(what, strategy=gone)["items"] for what in ("history", "trades", "orders")}
        e.terminate()
        e.wait()
        e.start("--data", path, "--config", settings(e, [*left, "third"]), speed=1)
        wait_for(lambda: e.call("status")["store"]["lag"] == 0, PATIENCE)
        tap.ok(gone not in [s["id"] for s in e.call("strategies")["items"]], "another strategy has its slot")
        for what, items in before.items():
            tap.equal(e.call(what, strategy=gone)["items"], items, f"{what} of one that is in the settings no longer: as before")
            tap.equal(e.call(what, strategy=gone, to="2000-01-01")["items"], [], "and none where it has none")
            tap.equal(e.call(what, strategy="third")["items"], [], "a strategy that never traded has none")


def at_the_terminal(path):
    """No answer is bytes of JSON: lists are tables, texts of several lines stand below."""
    with Engine() as e:
        e.start("--data", path, "--config", settings(e), speed="max")
        lived(e)
        e.ctl("pause", "--reason", "lunch")
        for words in (("status",), ("ready",), ("strategies",), ("strategy", "mine"), ("debug",), ("balance",), ("positions",), ("risk",), ("history",), ("shutdown.state",), ("instruments",)):
            said = e.ctl(*words)
            tap.ok(said.returncode == 0 and "[{" not in said.stdout and '{"' not in said.stdout and "?[" not in said.stdout, " ".join(words), said.stdout[-2000:])
        tap.has(e.ctl("strategy", "mine").stdout, ["\nparams:\nname ", "\nstop_pct ", "\nfunnel.conditions:\nname", "\nwarm_up "], "a strategy's parameters and its funnel are tables")
        tap.has(e.ctl("ready").stdout, ["\nreasons:\ncode", "\npaused "], "and why it is not ready")
        tap.has(e.ctl("debug").stdout, ["\nconfig:\n[engine]\n", "\n[strategy.mine]\n"], "the settings line by line")
        with_digits = [line for line in e.ctl("history").stdout.splitlines() if any(len(w.split(".")[-1]) > 2 for w in line.split() if w.count(".") == 1 and w[-1].isdigit())]
        tap.equal(with_digits, [], "amounts to the paisa")


def in_the_log():
    """Who changed what, also for whoever reads nothing but the log; a reason cannot make a line of its own."""
    with Engine() as e:
        e.start("--mode", "demo", "--config", settings(e), speed=1)
        e.call("strategy.set", id="mine", params={"stop_pct": "45"})
        e.call("risk.set", limit="day_loss_pct", value=3, reason="calm")
        e.call("kill", rung="stop", reason="news")
        for ask in ({"reason": "two\nlines"}, {}):
            try:
                e.call("resume", **ask)
            except Refused as refused:
                tap.ok(True, f"resume {ask} is refused", refused)
        e.call("resume", reason="over")
        lines = e.said().splitlines()
        by = f" by uid:{os.getuid()}"
        for wanted in (f'engine: strategy.set id=mine params={{"stop_pct":"45"}}{by}', f"engine: risk.set limit=day_loss_pct value=3.00{by}: calm",
                       f"warning: engine: kill rung=stop{by}: news", f"engine: resume{by}; refused: a kill is latched: resume needs a reason",
                       f"engine: resume{by}: over"):
            tap.ok(wanted in lines, wanted, lines)


def main():
    of_a_start()
    of_a_parameter()
    in_the_log()
    with Engine() as e:
        path = os.path.join(e.folder, "NIFTY_made_up.csv")
        market.option_days(path, 2, strikes=5)
        of_a_strategy(path)
        at_the_terminal(path)


if __name__ == "__main__":
    tap.run(main)
    tap.done()

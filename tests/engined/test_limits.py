"""What is said of the day's limits: how much of each is used, whether it is hit, and which of them locked the day. The terminal and the
journal's words say the same as the API."""
import os

import market
from sauda import Engine, Tap, wait_for

tap = Tap()


def day(e, path, limits):
    """The made-up day to its end; the engine stays."""
    conf = os.path.join(e.folder, "sauda.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write("[account]\ncapital = 300000\n[limits]\n" + limits)
    e.start("--data", path, "--config", conf, speed="max")
    wait_for(lambda: e.call("status")["feed"]["ended"], 60)
    return e.call("status")["day"], {i["name"]: i for i in e.call("risk")["items"]}


def gives_back(path):
    """50 of 100 may be given back, but only from profit_lock_pct on: before, nothing of it is used however little the peak was."""
    with Engine() as e:
        d, risk = day(e, path, "drawdown_pct = 90\n")
        tap.ok(risk["drawdown_pct"]["used"] > 0, "the day fell from its peak", risk["drawdown_pct"])
        tap.equal((risk["give_back_pct"]["used"], risk["give_back_pct"]["left"], risk["give_back_pct"]["hit"]), (None, None, False), "no profit_lock_pct: nothing is used of give_back_pct")
        tap.equal((d["locked"], d["lock"]), (False, None), "no limit locked the day")
    with Engine() as e:
        _, risk = day(e, path, "profit_lock_pct = 90\n")
        tap.equal(risk["give_back_pct"]["used"], None, "profit_lock_pct not reached: neither")
    with Engine() as e:
        _, risk = day(e, path, "profit_lock_pct = 0.01\ngive_back_pct = 1000\n")
        tap.ok((risk["give_back_pct"]["used"] or 0) > 0, "profit_lock_pct reached: what was given back counts", risk["give_back_pct"])


def says_which(path):
    for limits, words in (("day_loss_pct = 0.01\n", "loss limit"), ("drawdown_pct = 0.01\n", "peak"),
                          ("profit_lock_pct = 0.01\ngive_back_pct = 1\n", "profit was given back")):
        with Engine() as e:
            d, risk = day(e, path, limits)
            tap.ok(d["locked"] and words in d["lock"], f"{limits.split()[0]}: the lock says so", d)
            tap.ok(any(i["hit"] for i in risk.values()), "and a limit is hit", risk)


def changed(path):
    with Engine() as e:
        e.start("--data", path, speed=1)
        e.call("replay.set", paused=True)
        set_ = e.ctl("risk.set", "day_loss_pct", "3.5", "--reason", "calm")
        tap.ok(set_.returncode == 0 and set_.stdout == e.ctl("risk").stdout and "\nday_loss_pct " in set_.stdout, "enginectl risk.set answers with the table of limits", set_.stdout)
        said = lambda: [i["text"] for i in e.call("events")["items"]]  # noqa: E731
        wait_for(lambda: any("calm" in t for t in said()), 20)
        tap.ok(any(t.startswith("limit day_loss_pct set to 3.50 % by uid:") and t.endswith(": calm") for t in said()), "the events say which limit, its value, who and why", said())
        tap.ok("(null)" not in e.ctl("status").stdout, "what is empty is a dash at the terminal", e.ctl("status").stdout)


def main():
    with Engine() as e:
        path = os.path.join(e.folder, "NIFTY_made_up.csv")
        market.option_days(path, 2, strikes=5)
        for part in (gives_back, says_which, changed):
            part(path)


if __name__ == "__main__":
    tap.run(main)
    tap.done()

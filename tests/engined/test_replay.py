"""A recorded day to its end: one JSON summary, flat, the same bytes and the same journal every time. With SAUDA_DATA real
option days, without it a made-up one."""
import os
import sys

import market
from sauda import Engine, Tap, comment, recording, summary

DAYS = ("BANKNIFTY_fno_1min_2023-04-10", "BANKNIFTY_fno_1min_2023-04-11", "NIFTY_chain_1min_2025-08-29",
        "NIFTY_chain_ltp_1min_2026-08-18", "NIFTY_opt_15min_exp2025-01-30_atm10")
tap = Tap()


def twice(path, name):
    with Engine() as a, Engine() as b:
        one, two = a.replay(path), b.replay(path)
        s = summary(one)
        tap.equal(one.returncode, 0, f"{name}: exit status 0")
        tap.ok(bool(s), f"{name}: one JSON object on one line", one.stdout[:200] + one.stderr)
        tap.ok(s.get("flat") is True and s.get("not_flat_alerts") == 0, f"{name}: ends flat, no alarm on the way", s)
        same_bytes(one.stdout, two.stdout, f"{name}: a second run prints the same bytes, the journal's hash among them")
        money(s, name)
        again(a, path, one, name)
        for e in (a, b):
            v = e.verify()
            tap.ok(v.returncode == 0 and s["journal_hash"] in v.stdout, f"{name}: journal verify passes with that hash", v.stdout + v.stderr)
        tap.equal(a.left_behind(), [], f"{name}: socket and snapshot are gone")
        comment(f"{name}: {s['rows']} rows, {s['orders']} orders, {s['trades']} trades, net known {s['net_known']}")
        return s


def same_bytes(one, two, name):
    at = next((i for i, (a, b) in enumerate(zip(one, two)) if a != b), min(len(one), len(two)))
    tap.ok(one == two and '"journal_hash":"' in one, name, f"{one[max(0, at - 30):at + 90]!r} and {two[max(0, at - 30):at + 90]!r}")


def money(s, name):
    strategies = s["strategies"].values()
    tap.ok(abs(sum(x["gross"] for x in strategies) - s["gross"]) < 0.00005, f"{name}: gross is the sum of the strategies'", s["gross"])
    tap.equal(sum(x["trades"] for x in strategies), s["trades"], f"{name}: so are the trades")
    tap.ok(abs(15000 + s["net_known"] - s["equity"]) < 0.00005, f"{name}: equity is capital and net", (s["net_known"], s["equity"]))
    signals, refused = sum(x["signals"] for x in strategies), sum(s["refusals"].values())
    entries = sum(x["entries"] + x["unfilled"] for x in strategies)
    tap.ok(signals <= refused + entries, f"{name}: every signal was taken or has a reason", (signals, refused, entries))


def again(e, path, one, name):
    """A finished replay that is started again has nothing to do and says the same; --fresh keeps it aside."""
    same = e.replay(path)
    tap.ok(same.returncode == 0 and summary(same).get("trades") == summary(one)["trades"], f"{name}: resumed at its end it adds nothing",
           same.stdout[:300] + same.stderr)
    fresh = e.run("--fresh", "--exit", "--data", path)
    same_bytes(one.stdout, fresh.stdout, f"{name}: --fresh gives the first run again")
    tap.ok(os.path.isdir(os.path.join(e.state, "replay.old-1", "journal")), f"{name}: and keeps the old journal", os.listdir(e.state))


def made_up():
    with Engine() as e:
        path = os.path.join(e.folder, "NIFTY_madeup.csv")
        market.option_days(path, 2, strikes=5)
        s = twice(path, "made-up day")
        tap.ok(s["trades"] >= 10 and all(x["entries"] for x in s["strategies"].values()), "made-up day: every strategy traded",
               {k: v["entries"] for k, v in s["strategies"].items()})


def spaces():
    with Engine(inside="a state with spaces") as e:
        path = os.path.join(e.folder, "NIFTY_made up day.csv")
        rows = market.option_days(path, 2, strikes=5)
        r = e.replay(path)
        tap.ok(r.returncode == 0 and summary(r).get("rows") == rows, "folders and files with spaces in their names", r.stdout[:200] + r.stderr)


def sought():
    """A replay that begins in the middle takes no earlier price, and a place that is none is refused with words."""
    with Engine() as e:
        path = os.path.join(e.folder, "NIFTY_made.csv")
        market.option_days(path, 2, strikes=5)
        whole = summary(e.replay(path))
        later = summary(e.run("--exit", "--data", path, "--fresh", "--seek", "11:00"))
        tap.ok(later["first"][11:16] in ("11:00", "11:01") and later["last"] == whole["last"] and later["bars"] < whole["bars"],
               "--seek 11:00 begins the first day there", (later["first"], later["last"]))
        tap.ok(later["sessions"] == whole["sessions"], "and both days are there", later["sessions"])
        for text, words in (("noon", ["--seek takes"]), ("2031-01-01T10:00:00+05:30", ["outside the recorded time"])):
            r = e.run("--exit", "--data", path, "--fresh", "--seek", text)
            tap.ok(r.returncode == 1, f"--seek {text} does not start", r.returncode)
            tap.has(r.stderr, words, f"--seek {text} says why")


def real(name):
    path = recording(f"options/{name}.csv.gz")
    if path:
        twice(path, name)
    else:
        tap.skip(name, "SAUDA_DATA does not name a folder with this recording")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    tap.run(made_up)
    tap.run(spaces)
    tap.run(sought)
    for day in DAYS:
        tap.run(real, day)
    tap.done()

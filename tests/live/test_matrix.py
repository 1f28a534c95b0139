#!/usr/bin/env python3
"""The fault matrix: each fault of the simulated broker on each kind of request and on both feeds, and then the engine's books beside the simulator's.
    test_matrix.py BUILD [--only COLUMN,...] [--seed N] [--write PAGE]"""
import argparse
import os
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import matrix_ledger as ledger  # noqa: E402
import matrix_orders as orders  # noqa: E402
import matrix_page as page  # noqa: E402
import matrix_random as at_random  # noqa: E402
import matrix_market as market  # noqa: E402

COLUMNS = {"place": orders.place, "modify": orders.modify, "cancel": orders.cancel, "reports": orders.reports, "login": orders.login,
           "order feed": orders.order_feed, "market feed": market.cell}
CHANGES, CALLS = ("place", "modify", "cancel"), ("place", "modify", "cancel", "reports", "login")
BOOKS, ROWS, FEEDS = CALLS[:4], CALLS[:4] + ("order feed",), ("order feed", "market feed")


class Fault:
    def __init__(self, title, kind, columns, feed=False, slow=0, stops=False, **more):
        """slow: real seconds that the client waits for such an answer; stops: a person has to start the session again."""
        self.title, self.kind, self.columns, self.feed, self.slow, self.stops, self.more = title, kind, columns, feed, slow, stops, more


PAGE_502 = "<html>bad gateway</html>"
FAULTS = [
    Fault("delay within the deadline", "delay", CALLS, slow=0.3, delay_ms=300),
    Fault("delay beyond the deadline", "delay", CALLS[:4], slow=11, delay_ms=11500),
    Fault("delay beyond the deadline", "delay", ("login",), slow=16, delay_ms=16500),
    Fault("request dropped", "drop_request", CALLS),
    Fault("answer dropped, it was done", "drop_reply", CALLS),
    Fault("no answer, connection held, it was done", "hold", CALLS[:4], slow=11),
    Fault("no answer, connection held, it was done", "hold", ("login",), slow=16),
    Fault("TCP reset", "reset", CALLS),
    Fault("500, nothing done", "status", CALLS, status=500, body="oops"),
    Fault("503, nothing done", "status", CALLS, status=503, body=""),
    Fault("502 after it was done", "status_after", CALLS, status=502, body=PAGE_502),
    Fault("504 after it was done", "status_after", CALLS, status=504, body=""),
    Fault("429", "429", CALLS),
    Fault("429, Retry-After 5", "429", CALLS, retry_after=5),
    Fault("403 from a gateway", "status", CALLS, status=403, body="forbidden"),
    Fault("200 with an HTML page", "html", CALLS),
    Fault("body cut in half", "truncate", CALLS),
    Fault("body garbled", "garbage", CALLS, body='{"stat":"Ok","nOrdNo":'),
    Fault("body empty", "empty", CALLS),
    Fault("session ended (100022)", "session_invalid", CHANGES),
    Fault("session ended (100022)", "session_invalid", ("reports",), times=1),
    Fault("session ended by the server", "expire", ("login",)),
    Fault("logged in elsewhere (1003)", "steal", ("login",)),
    Fault("address not registered (100008)", "ip_refused", CHANGES),
    Fault("address changed (1037)", "ip_mismatch", CHANGES),
    Fault("late: unanswered, in no book for 60 s", "late", ("place",), seconds=60),
    Fault("taken, then rejected", "reject", ("place",), body="RMS: Margin Exceeds"),
    Fault("books 60 s old", "stale_book", BOOKS, seconds=60),
    Fault("books empty", "empty_book", BOOKS),
    Fault("newest row vanished", "vanish_row", BOOKS),
    Fault("tag cut to 10 characters", "tag_cut", ROWS),
    Fault("tag replaced", "tag_replaced", ROWS),
    Fault("numbers as strings and the reverse", "type_change", ROWS),
    Fault("tag missing from the rows", "missing_field", ROWS, body="GuiOrdId"),
    Fault("filled quantity missing from the rows", "missing_field", ROWS, body="fldQty"),
    Fault("a status nobody knows", "new_status", CHANGES, body="being considered"),
    Fault("a status nobody knows", "new_status", ("reports",), body="being considered", times=3),
    Fault("login refused: one-time code", "login_refused", ("login",), body="totp"),
    Fault("login refused: code, twice", "login_refused", ("login",), body="totp", times=2),
    Fault("login refused: MPIN", "login_refused", ("login",), stops=True, body="mpin"),
    Fault("login refused: client code", "login_refused", ("login",), stops=True, body="ucc"),
    Fault("login refused: service error", "login_refused", ("login",), body="service"),
    Fault("feed mute", "mute", FEEDS, feed=True),
    Fault("feed dropped", "drop", FEEDS, feed=True),
    Fault("feed reset", "reset", FEEDS, feed=True),
    Fault("feed refuses connections", "refuse", FEEDS, feed=True),
    Fault("feed never acknowledges", "no_ack", FEEDS, feed=True),
    Fault("feed refuses the session", "nk", ("order feed",), feed=True),
    Fault("feed refuses the session", "1120", ("market feed",), feed=True),
    Fault("feed in another format", "fallback", ("market feed",), feed=True),
    Fault("feed without a divider", "no_divider", ("market feed",), feed=True),
    Fault("feed stale: old picture, then silence", "stale", ("market feed",), feed=True),
    Fault("frames twice", "duplicate", FEEDS, feed=True),
    Fault("frames reordered", "reorder", FEEDS, feed=True),
    Fault("frames lost", "lose", FEEDS, feed=True, times=4),
    Fault("frames before the answer", "early", ("order feed",), feed=True),
    Fault("frames in fragments", "fragment", FEEDS, feed=True),
    Fault("frames of unknown type", "unknown_type", FEEDS, feed=True, times=3),
    Fault("numbers as strings in frames", "strings", ("order feed",), feed=True),
    Fault("frames cut", "cut", ("market feed",), feed=True, times=5),
    Fault("frames that lie about lengths", "lie", ("market feed",), feed=True, times=5),
]
SPEED, LOGIN_SPEED, MARKET_SPEED = 30, 60, 4


class Cell:
    def __init__(self, words, found, error=""):
        self.words, self.found, self.error = words, found, error

    def count(self, kind):
        return sum(k == kind for k, _ in self.found)


def one(lane, column, fault):
    try:
        lane.clean()
        return Cell(*COLUMNS[column](lane, fault))
    except Exception:
        error = traceback.format_exc()
        lane.calm()
        return Cell("the test ended early", [], error)


def run_lane(column, faults, results, seconds):
    """One column, or a part of it, on a simulator of its own."""
    began = time.monotonic()
    lane = None
    try:
        lane = market.Lane(MARKET_SPEED) if column == "market feed" else orders.Lane(LOGIN_SPEED if column == "login" else SPEED)
        for f in faults:
            results[f.title, column] = one(lane, column, f)
        lane.clean()
        lane.close()
    except Exception:
        results["the lane itself", column] = Cell("ended early", [], traceback.format_exc())
        if lane:
            lane.sim.stop()
    seconds[column] = max(seconds.get(column, 0), time.monotonic() - began)


LANE = 12


def lanes(only):
    """Most of the time is waiting: every column goes in parts, side by side, the slow answers spread evenly."""
    out = []
    for column in COLUMNS:
        faults = sorted((f for f in FAULTS if column in f.columns and (not only or column in only)), key=lambda f: -f.slow)
        parts = -(-len(faults) // LANE)
        out += [(column, faults[i::parts]) for i in range(parts)]
    return out


def tap(named):
    failed = 0
    for count, (name, cell) in enumerate(named, 1):
        good = not cell.found and not cell.error
        failed += not good
        print(f"{'ok' if good else 'not ok'} {count} - {name}: {cell.words}", flush=True)
        for line in [f"{k}: {what}" for k, what in cell.found] + cell.error.splitlines():
            print(f"# {line}", flush=True)
    print(f"1..{len(named)}", flush=True)
    return failed


def storms(seed, results):
    for title, what in at_random.run(seed).items():
        results[title, "everything"] = Cell(*what)


def main():
    if not all(os.path.exists(p) for p in (ledger.drive.NEOSIM, ledger.drive.DRIVE, market.DRIVE)):
        print("1..0 # SKIP the simulated broker or its drivers are not built")
        return 0
    p = argparse.ArgumentParser()
    p.add_argument("build", nargs="?")
    p.add_argument("--only", default="")
    p.add_argument("--seed", type=int, default=int(time.time()) % 1000000)
    p.add_argument("--write")
    o = p.parse_args()
    only = [x for x in o.only.split(",") if x]
    results, seconds = {}, {}
    print(f"# seed {o.seed}", flush=True)
    work = [threading.Thread(target=run_lane, args=(column, part, results, seconds)) for column, part in lanes(only)]
    if not only or "everything" in only:
        work.append(threading.Thread(target=storms, args=(o.seed, results)))
    for t in work:
        t.start()
    for t in work:
        t.join()
    print("# seconds of the longest lane: " + ", ".join(f"{c} {s:.0f}" for c, s in seconds.items()), flush=True)
    columns = list(COLUMNS)
    table = page.table(list(dict.fromkeys(f.title for f in FAULTS)), columns, results)
    print("# table\n" + "\n".join("# " + line for line in table) + "\n" + "\n".join("# total: " + line for line in page.totals(results)), flush=True)
    named = [("the comparison", Cell("finds each kind of difference", ledger.blind_to()))]
    named += [(f"{c}, {t}", cell) for (t, c), cell in sorted(results.items(), key=lambda x: (columns + ["everything"]).index(x[0][1]))]
    failed = tap(named)
    if o.write and not only:
        page.write(o.write, table, results, {"speed": SPEED, "login": LOGIN_SPEED, "market": MARKET_SPEED})
    return failed > 0


sys.exit(main())

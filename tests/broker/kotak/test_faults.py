"""The fault rows of sending orders and hearing of them, with the real adapter against neosim: whatever goes wrong, the adapter's picture ends
as the broker's is, each fill is told once, no order is sent twice, and nothing uncertain is ever called certain.
    test_faults.py BUILD [NAME]"""
import os
import sys
import tempfile
import time

from drive import DRIVE, NEOSIM, Drive, Sim

SPEED = 20
MODIFY, CANCEL, BOOK, TRADES = "/quick/order/vr/modify", "/quick/order/cancel", "/quick/user/orders", "/quick/user/trades"
count = failed = 0


def ok(good, name, *seen):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    for s in seen if not good else ():
        print(f"# {s}", flush=True)


class Case:
    """One fault: a fresh adapter, the faults before it starts to act, and the truth at the end."""

    def __init__(self, sim, name, **options):
        self.sim, self.name = sim, name
        self.d = Drive(sim, *options.get("more", ()))

    def __enter__(self):
        if not self.d.up():
            ok(False, f"{self.name}: the link comes up", self.d.events[-5:])
        return self

    def agrees(self, order, sent=1):
        """The broker's own view of what was sent under this order's tag."""
        true = self.sim.orders(self.d.tags[order])
        status = true[-1]["status"] if true else None
        state = self.d.states.get(order)
        mine = {"filled": "complete", "cancelled": "cancelled", "rejected": "rejected", "open": "open", "partial": "open"}.get(state)
        ok(len(true) == sent and (mine == status or not true and state in ("rejected", "absent", "unknown")) and
           self.d.fills.get(order, 0) == self.sim.filled(self.d.tags[order]),
           f"{self.name}: the adapter's picture is the broker's", f"{state} {self.d.fills}", true, self.d.events[-6:])

    def __exit__(self, *_):
        self.sim.calm()
        ok(not self.d.illegal, f"{self.name}: every report is legal", *self.d.illegal)
        status = self.d.end()
        ok(status == 0, f"{self.name}: it ends well", status)


class Market:
    """A contract with prices near by."""

    def __init__(self, sim):
        self.sim = sim
        paths = sim.get("/script-details/1.0/masterscrip/file-paths").json
        ok(len(paths["data"]["filesPaths"]) > 3, "the simulator serves a master")
        spot = float(sim.depth("nse_cm|Nifty 50")["ltp"])
        strike = round(spot / 50) * 50
        expiries = sim.get("/market-data/1.0/watchlist/expiries?exchange=nse_fo&underlying=NIFTY").json["expiries"]
        chain = sim.get(f"/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY&expiry={expiries[1]}").json["data"]
        rows = [r.get("instrument") or r.get("inst") for r in chain["call"]]
        row = min(rows, key=lambda r: abs(float(r["strikePrice"]) - strike))
        self.key, self.symbol = row["neoSymbol"], row["symbol"]
        self.lot = int(chain["common_data"]["mktLot"])

    def price(self, side, away):
        """away > 0: so far through the touch; < 0: resting behind it."""
        quote = self.sim.depth(self.key)["depth"]
        best = float(quote["sell" if side == "B" else "buy"][0]["price"])
        value = best * (1 + away) if side == "B" else best * (1 - away)
        return round(value * 20) / 20

    def order(self, side="B", away=0.02, lots=1, purpose="entry"):
        return f"nse_fo {self.symbol} {side} L {lots * self.lot} {self.price(side, away):.2f} 0 NRML DAY - {purpose}"

    resting = -0.15


# -- place --------------------------------------------------------------------------------------------------------------------------

def plain(sim, market):
    with Case(sim, "no fault") as c:
        order = c.d.place(market.order())
        ok(c.d.reach(order, "filled"), "no fault: filled", c.d.events[-5:])
        c.agrees(order)
        ok(c.d.reports[:2] == [(1, "sent"), (1, "accepted")], "no fault: sent, then accepted", c.d.reports)


def accepted_unanswered(sim, market):
    for kind, more in (("drop_reply", {}), ("status_after", {"status": 502, "body": "<html>bad gateway</html>"}), ("status_after", {"status": 504, "body": ""})):
        with Case(sim, f"place {kind} {more.get('status', '')}") as c:
            sim.fault(kind, **more)
            order = c.d.place(market.order())
            # A frame of the feed may be quicker than the failure: then there is nothing unknown about it.
            ok(c.d.reach(order, "filled") and (order, "rejected") not in c.d.reports, f"{c.name}: found by its tag", c.d.events[-5:])
            ok(c.d.stats()["placed"] == 1, f"{c.name}: sent once")
            c.agrees(order)


def not_accepted(sim, market):
    for kind, more in (("drop_request", {}), ("reset", {}), ("status", {"status": 503, "body": ""}), ("status", {"status": 500, "body": "oops"}),
                       ("html", {}), ("garbage", {"body": "{\"stat\":"}), ("empty", {}), ("status", {"status": 403, "body": "forbidden"})):
        with Case(sim, f"place {kind} {more.get('status', '')}") as c:
            sim.fault(kind, **more)
            order = c.d.place(market.order())
            if kind in ("html", "garbage", "empty"):  # the answer is spoilt; whether it was done is the simulator's business
                ok(c.d.said(order, "unknown") and c.d.reach(order, "filled", "absent"), f"{c.name}: unknown, then the truth", c.d.events[-5:])
                c.agrees(order, len(sim.orders(c.d.tags[order])))
                continue
            ok(c.d.said(order, "unknown") and c.d.reach(order, "absent"), f"{c.name}: unknown, then absence proven", c.d.events[-5:])
            ok(c.d.stats()["placed"] == 1, f"{c.name}: sent once")
            c.agrees(order, 0)


def definite_no(sim, market):
    for kind, more in (("429", {"retry_after": 1}), ("session_invalid", {}), ("ip_refused", {})):
        with Case(sim, f"place {kind}") as c:
            sim.fault(kind, **more)
            order = c.d.place(market.order())
            ok(c.d.reach(order, "rejected"), f"{c.name}: a definite no", c.d.events[-5:])
            c.agrees(order, 0)
            if kind == "session_invalid":
                ok(c.d.until(lambda: sum(e.get("event") == "link" and e["up"] for e in c.d.events) == 2), f"{c.name}: a new login heals it", c.d.events[-5:])
                order = c.d.place(market.order())
                ok(c.d.reach(order, "filled"), f"{c.name}: orders go out again", c.d.events[-5:])


def late(sim, market):
    with Case(sim, "late materialisation") as c:
        sim.fault("late", seconds=60)
        order = c.d.place(market.order())
        ok(c.d.reach(order, "absent"), "late: absence looked proven", c.d.events[-5:])
        ok(c.d.reach(order, "filled"), "late: found all the same", c.d.events[-5:])
        c.agrees(order)
    with Case(sim, "late, sent again") as c:
        sim.fault("late", seconds=40)
        order = c.d.place(market.order(purpose="exit"))
        ok(c.d.reach(order, "absent"), "late: absence looked proven", c.d.events[-5:])
        c.d.do(f"resend {order} {market.price('B', 0.02):.2f}")
        ok(c.d.reach(order, "filled"), "late, sent again: the broker refuses the tag, the first copy is found", c.d.events[-8:])
        c.agrees(order)


def tags(sim, market):
    with Case(sim, "tag cut") as c:
        sim.fault("tag_cut", path="", times=0)
        sim.fault("drop_reply")
        order = c.d.place(market.order())
        ok(c.d.reach(order, "filled"), "tag cut: found by an unambiguous beginning", c.d.events[-5:])
    with Case(sim, "tag replaced") as c:
        sim.fault("tag_replaced", path="", times=0)
        sim.fault("drop_reply")
        order = c.d.place(market.order(away=market.resting))
        c.d.quiet(20 / SPEED + 1)
        ok(c.d.states[order] == "unknown" and c.d.notes("may be"), "tag replaced: neither found nor called absent; a person hears of it", c.d.events[-5:])


def bad_books(sim, market):
    for kind in ("empty_book", "stale_book", "vanish_row"):
        with Case(sim, f"{kind} while unknown") as c:
            first = c.d.place(market.order(away=market.resting))
            c.d.reach(first, "open")
            c.d.quiet(4 / SPEED)
            sim.fault(kind, path="", times=0, seconds=3600)
            sim.fault("drop_reply")
            order = c.d.place(market.order(away=market.resting))
            c.d.quiet(30 / SPEED + 0.5)
            wrong = c.d.states[order] == "absent" and kind != "vanish_row"
            ok(not wrong and c.d.states[first] == "open", f"{c.name}: nothing is concluded from it", c.d.states, c.d.events[-5:])
            sim.calm()
            ok(c.d.reach(order, "open"), f"{c.name}: found when the book is whole again", c.d.events[-5:])
            for o in (first, order):
                c.d.do(f"cancel {o}")
                ok(c.d.reach(o, "cancelled"), f"{c.name}: cancelled", c.d.events[-5:])
                c.agrees(o)


def odd_rows(sim, market):
    for kind, body in (("new_status", "being considered"), ("type_change", ""), ("missing_field", "GuiOrdId"), ("missing_field", "fldQty")):
        with Case(sim, f"{kind} {body}") as c:
            sim.fault(kind, path="", times=3 if kind == "missing_field" and body == "fldQty" else 0, body=body)
            order = c.d.place(market.order())
            ok(c.d.reach(order, "filled"), f"{c.name}: filled", c.d.events[-5:], c.d.stats())
            c.agrees(order)
    with Case(sim, "rejected later") as c:
        sim.fault("reject", body="RMS: Margin Exceeds")
        order = c.d.place(market.order())
        ok(c.d.reach(order, "rejected") and (order, "accepted") in c.d.reports, "rejected later: accepted, then rejected", c.d.events[-5:])
        ok(any("Margin" in e.get("reason", "") for e in c.d.events), "rejected later: in the broker's words", c.d.events[-3:])
        c.agrees(order)


# -- changes --------------------------------------------------------------------------------------------------------------------------

CHANGE_FAULTS = (("drop_reply", {}), ("drop_request", {}), ("status_after", {"status": 502, "body": ""}), ("status", {"status": 503, "body": ""}),
                 ("429", {}), ("empty", {}))


def modifies(sim, market):
    for kind, more in CHANGE_FAULTS:
        with Case(sim, f"modify {kind}") as c:
            order = c.d.place(market.order(away=market.resting))
            c.d.reach(order, "open")
            sim.fault(kind, path=MODIFY, **more)
            price = market.price("B", market.resting - 0.05)
            c.d.do(f"modify {order} {price:.2f}")
            ended = c.d.until(lambda: {(order, "modified"), (order, "modify_rejected")} & set(c.d.reports))
            true = sim.orders(c.d.tags[order])[0]["price"] / 100
            told = [e["price"] for e in c.d.events if e.get("report") in ("modified", "modify_rejected")]
            ok(ended and abs(told[-1] - true) < 0.001, f"{c.name}: it ends, with the price that is true", told, true, c.d.events[-5:])
            c.d.do(f"cancel {order}")
            ok(c.d.reach(order, "cancelled"), f"{c.name}: cancelled", c.d.events[-5:])
            c.agrees(order)


def cancels(sim, market):
    for kind, more in CHANGE_FAULTS:
        with Case(sim, f"cancel {kind}") as c:
            order = c.d.place(market.order(away=market.resting))
            c.d.reach(order, "open")
            sim.fault(kind, path=CANCEL, **more)
            c.d.do(f"cancel {order}")
            if kind == "429":
                ok(c.d.said(order, "cancel_rejected"), f"{c.name}: told, so that the core asks again", c.d.events[-5:])
                c.d.do(f"cancel {order}")
            ok(c.d.reach(order, "cancelled"), f"{c.name}: cancelled", c.d.events[-5:])
            c.agrees(order)
    with Case(sim, "cancel before the answer") as c:
        sim.fault("drop_reply")
        order = c.d.place(market.order(away=market.resting))
        c.d.do(f"cancel {order}")
        ok(c.d.reach(order, "cancelled"), "cancel before the answer: it waits for the number", c.d.events[-5:])
        c.agrees(order)


# -- the feed ---------------------------------------------------------------------------------------------------------------------------

def feeds(sim, market):
    for kind in ("mute", "drop", "refuse", "no_ack", "nk", "duplicate", "reorder", "lose", "early", "strings", "unknown_type"):
        with Case(sim, f"feed {kind}") as c:
            sim.feed(kind, times=3 if kind in ("drop", "lose", "unknown_type") else 0)
            if kind in ("refuse", "no_ack", "nk"):
                sim.feed("drop")
            order = c.d.place(market.order())
            ok(c.d.reach(order, "filled"), f"{c.name}: filled", c.d.events[-5:], c.d.stats())
            c.agrees(order)
            if kind == "mute":
                ok(c.d.until(lambda: c.d.notes("said nothing")), f"{c.name}: noticed", c.d.events[-5:])


def silence(sim, market):
    """No answer, no feed: the books alone."""
    with Case(sim, "neither answer nor feed") as c:
        sim.feed("refuse")
        sim.feed("drop")
        sim.fault("hold")
        order = c.d.place(market.order())
        ok(c.d.reach(order, "filled"), "neither answer nor feed: found in the books", c.d.events[-5:])
        c.agrees(order)


def restart(sim, market):
    c = Drive(sim)
    c.up()
    sim.fault("hold")
    order = c.place(market.order())
    c.said(order, "sent")
    tag = c.tags[order]
    end = time.monotonic() + 10
    while not sim.orders(tag) and time.monotonic() < end:
        time.sleep(0.01)
    c.kill()
    words = market.order(lots=1).split()
    with tempfile.NamedTemporaryFile("w", suffix=".adopt") as f:
        f.write(f"sent - nse_fo {market.symbol} B {market.lot} {words[5]} {tag}\n")
        f.write(f"intent - nse_fo {market.symbol} B {2 * market.lot} {words[5]} ZZZZZZZ000009\n")
        f.flush()
        with Case(sim, "restart", more=("--adopt", f.name)) as c:
            order = [e["order"] for e in c.d.events if e.get("event") == "order"]
            ok(c.d.states.get(1) == "filled" and c.d.states.get(2) == "absent", "restart: what was sent is found, what was not is proven absent, before the link is up",
               c.d.states, c.d.events[-6:])
            ok(sum(e.get("event") == "fill" and e["order"] == 1 for e in c.d.events) > 0, "restart: its fills are told", c.d.events[-6:])


def main():
    if not os.path.exists(NEOSIM) or not os.path.exists(DRIVE):
        print(f"1..0 # skip {NEOSIM} or {DRIVE} is not built")
        return 0
    sim = Sim(SPEED)
    try:
        market = Market(sim)
        wanted = sys.argv[2:]
        for case in (plain, accepted_unanswered, not_accepted, definite_no, late, tags, bad_books, odd_rows, modifies, cancels, feeds, silence, restart):
            if not wanted or case.__name__ in wanted:
                case(sim, market)
    finally:
        sim.stop()
    print(f"1..{count}")
    return failed > 0


sys.exit(main())

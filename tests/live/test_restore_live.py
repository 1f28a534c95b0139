#!/usr/bin/env python3
"""The host is gone with orders at work and positions open: `MONGODB_URI` and the account's login are all that the next engine has. What MongoDB knows is as it was;
what it did not know yet (the engine died with its rows on their way) or what a person did meanwhile is the broker's to tell. Nothing is lost, nothing is doubled, nothing
is sold that is not held; what cannot be known is said. Skipped, and said so, where no server is to be had."""
import os
import re
import shutil
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "store"))
from books import nets, oversold
from broker import HOLDING, Broker, many_settings, need_broker
from sauda import PATIENCE, Engine, Tap, comment, wait_for
from mongo_server import Missing, Server  # noqa: E402

DAY, SPEED = "2026-11-20", 60
ENDED = ("filled", "cancelled", "rejected", "expired", "denied")
ASKED = ("history", "trades", "events")
tap = Tap()


class Account:
    """The broker's side, and an engine on a host that may be lost."""

    def __init__(self, broker, engine, name):
        self.broker, self.engine = broker, engine
        self.env = {**broker.env(), "MONGODB_URI": SERVER.uri() + f"{name}_{os.getpid()}"}
        self.config = many_settings(engine.folder, [HOLDING] * 3)

    def start(self):
        self.engine.start("--mode", "live", "--config", self.config, "--clock", self.broker.clock(), wait=False, env=self.env)

    def reconciled(self):
        return self.engine.ready() and not self.engine.call("status")["broker"]["unread"]

    def at_work(self):
        return {o["tag"]: o for o in self.engine.call("orders")["items"] if o["state"] not in ENDED}

    def book(self):
        return sorted((p["symbol"], p["strategy"], p["qty"]) for p in self.engine.open_positions())

    def held(self, symbol):
        return sum(qty for s, _, qty in self.book() if s == symbol)

    def foreign(self):
        return {f["symbol"]: f for f in self.engine.call("status")["broker"]["foreign"]}

    def rows(self, upto):
        """By table, what the API tells, to that record."""
        found = {}
        for table in ASKED:
            page = self.engine.call(table, limit=1000, **({"after": 0} if table == "events" else {}))
            assert not page["next"]
            found[table] = sorted((r for r in page["items"] if r["seq"] <= upto), key=lambda r: r["seq"])
        return found

    def all_stored(self):
        upto = self.engine.call("status")["journal"]["durable"]
        return wait_for(lambda: self.engine.call("status")["store"]["seq"] >= upto, PATIENCE) and upto

    def opened(self):
        """Each strategy holds its contract, and none wants more. Their contracts; None: it never came to that."""
        self.start()
        if not tap.ok(wait_for(lambda: self.engine.ready() and len(self.engine.open_positions()) == 3 and not self.at_work(), PATIENCE), "three strategies hold something",
                      self.engine.said()[-2000:]):
            return None
        for n in range(3):
            self.engine.call("strategy.pause", id=f"s{n}", reason="test")
        wait_for(lambda: not self.at_work(), PATIENCE)
        return {p["strategy"]: p for p in self.engine.open_positions()}

    def lose(self, meanwhile=lambda: None):
        """Killed; all its files are gone; another one begins."""
        self.engine.kill()
        shutil.rmtree(self.engine.state)
        meanwhile()
        began = time.monotonic()
        self.start()
        there = tap.ok(wait_for(self.reconciled, PATIENCE), "it is there again, its books compared", self.engine.said()[-3000:])
        tap.has(self.engine.said(), ["restored from MongoDB"], "from MongoDB")
        tap.ok(wait_for(lambda: not os.path.exists(os.path.join(self.engine.state, "live", "journal", "restored")), PATIENCE), "its journal is one as any other")
        return there and (time.monotonic() - began) * 1000

    def by_hand(self, symbol, qty, side, **price):
        return self.engine.call("order.place", symbol=symbol, side=side, qty=qty, key=f"{symbol}-{side}-{time.monotonic_ns()}", **price)

    def order(self, tag):
        return next((o for o in self.broker.ledger()["orders"] if o["tag"] == tag), None)

    def last(self, symbol):
        return [o for o in self.broker.ledger()["orders"] if o["symbol"] == symbol][-1]

    def working(self):
        return [o for o in self.broker.ledger()["orders"] if o["status"] not in ("complete", "cancelled", "rejected")]

    def scrip(self, symbol, **what):
        o = next(o for o in self.broker.ledger()["orders"] if o["symbol"] == symbol)
        self.broker.sim("scrip", {"segment": o["segment"], "id": str(o["token"]), **what})

    def nets(self):
        return nets(self.broker.ledger())

    def never_twice(self, name):
        tags = [o["tag"] for o in self.broker.ledger()["orders"] if o["tag"]]
        tap.equal([t for t in set(tags) if tags.count(t) > 1], [], f"{name}: no tag is used a second time")
        tap.equal(oversold(self.broker.ledger()), [], f"{name}: nothing was sold that was not held")
        tap.ok(self.engine.verify("live").returncode == 0, f"{name}: the journal is whole")


INDEX = {"NIFTY": ("nse_cm", "Nifty 50"), "BANKNIFTY": ("nse_cm", "Nifty Bank"), "SENSEX": ("bse_cm", "SENSEX")}


class Gap:
    """What happens while MongoDB takes nothing: the broker knows of it, and nothing that outlives the host."""

    def __init__(self, account, held):
        self.a, self.held = account, held
        self.spare = [i for i in account.engine.call("instruments", q="NIFTY", limit=200)["items"]
                      if i["kind"] == "call" and i["watched"] and i["underlying"] == "NIFTY" and i["symbol"] != held["s0"]["symbol"]][:6]

    def ask(self, symbol, lot):
        """A limit that fills at what the market asks, and one well below it."""
        price = self.a.engine.call("preview", symbol=symbol, side="buy", qty=lot)["price"]
        return round(price * 1.02, 1), round(price * 0.9, 1)

    def buys(self, n, resting):
        one = self.spare[n]
        self.a.by_hand(one["symbol"], one["lot"], "buy", price=self.ask(one["symbol"], one["lot"])[resting])
        return one["symbol"]

    def bought(self, n):
        """The market comes to its limit, where it went away meanwhile."""
        symbol = self.buys(n, False)
        o = self.found(symbol, "B", "open", "complete")
        if o["status"] == "open":
            self.comes_to(o)
        self.found(symbol, "B", "complete")
        return symbol

    def comes_to(self, o):
        self.a.scrip(o["symbol"], price=o["price"] * 98 // 100 // 5 * 5)

    def found(self, symbol, side, *status):
        """Our order in it that is as wanted at the broker."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for o in self.a.broker.ledger()["orders"]:
                if (o["symbol"], o["side"]) == (symbol, side) and o["status"] in status:
                    return o
            time.sleep(0.02)
        raise RuntimeError(f"no order {side} {symbol} {status}: {self.a.broker.ledger()['orders']} {self.a.engine.said()[-1000:]}")

    def stopped_out(self, strategy):
        """The index goes through the stop of what it holds."""
        p = self.held[strategy]
        segment, name = INDEX[("NIFTY", "BANKNIFTY", "SENSEX")[int(strategy[1])]]
        last = self.a.broker.sim(f"quote?segment={segment}&id={urllib.parse.quote(name)}")["last"]
        self.a.broker.sim("scrip", {"segment": segment, "id": name, "price": last * (97 if p["symbol"].endswith("CE") else 103) // 100})


def known():
    """MongoDB knows all of it: an order at work is at work, what is held is held, and it leaves when the rules say so."""
    with Broker(f"{DAY}T14:25:00+05:30", SPEED, master_rows=20000, cash=1000000) as broker, Engine("known") as engine:
        a = Account(broker, engine, "known")
        held = a.opened()
        if not held:
            return
        gap = Gap(a, held)
        closed = gap.bought(1)
        tap.ok(wait_for(lambda: a.held(closed) and not a.at_work(), PATIENCE), "known: a round trip begins")
        a.by_hand(closed, a.held(closed), "sell")
        tap.ok(wait_for(lambda: not a.held(closed) and not a.at_work(), PATIENCE), "known: and ends")
        resting = gap.buys(0, True)
        wait_for(lambda: [o["state"] for o in a.at_work().values()] == ["open"], PATIENCE)
        before, book, orders, sent = a.rows(a.all_stored()), a.book(), a.at_work(), len(broker.ledger()["orders"])
        took = a.lose()
        if not took:
            return
        comment(f"known: {len(book)} positions and {len(orders)} order at work, {sum(map(len, before.values()))} rows: armed after {took:.0f} ms")
        tap.equal(a.book(), book, "known: positions diff 0 lines")
        now = a.at_work()
        tap.equal([(t, o["symbol"], o["state"], o["broker_ref"], o["price"]) for t, o in now.items()],
                  [(t, o["symbol"], o["state"], o["broker_ref"], o["price"]) for t, o in orders.items()], "known: orders at work diff 0 lines")
        last = int(re.search(r"restored from MongoDB in .* records \d+ to (\d+)", engine.said())[1])
        after = a.rows(last)
        for table in ASKED:
            tap.equal([r for r in after[table] + before[table] if (r in after[table]) != (r in before[table])], [], f"known: {table}: {len(before[table])} rows, diff 0 lines")
        tap.equal(a.foreign(), {}, "known: nothing is a stranger's")
        tap.equal(len(broker.ledger()["orders"]), sent, "known: no order was sent for that")
        tap.ok(wait_for(lambda: not engine.call("ready")["reasons"], PATIENCE), "known: entries are open again", engine.call("ready")["reasons"])
        engine.call("order.cancel", id=next(iter(now.values()))["order"], reason="test")
        tap.ok(wait_for(lambda: not a.working(), PATIENCE), "known: the order at work can be cancelled", a.working())
        tap.ok(wait_for(lambda: not a.nets() and not engine.open_positions(), PATIENCE * 2), "known: what was held leaves at the square-off", (a.nets(), a.book()))
        a.all_stored()
        tap.equal({(r["strategy"], r["exit_reason"]) for r in engine.call("history")["items"]}, {("manual", "manual")} | {(f"s{n}", "square_off") for n in range(3)}, "known: by that rule")
        tap.equal([o["symbol"] for o in broker.ledger()["orders"] if o["filled"] and o["symbol"] == resting], [], "known: what was cancelled did not fill")
        a.never_twice("known")


def in_the_gap(a, gap, held):
    """Everything an engine does, and MongoDB is away. What the new host finds of it: {what: symbol}, and the exit that was at work."""
    s = {"filling": gap.buys(0, True)}
    gap.found(s["filling"], "B", "open")
    a.all_stored()
    SERVER.kill()
    gap.comes_to(gap.found(s["filling"], "B", "open"))
    gap.found(s["filling"], "B", "complete")
    s.update(bought=gap.bought(1), wanted=gap.buys(2, True), sold=held["s0"]["symbol"], selling=held["s1"]["symbol"], taken=held["s2"]["symbol"])
    gap.found(s["wanted"], "B", "open")
    gap.stopped_out("s0")
    gap.found(s["sold"], "S", "complete")
    a.scrip(s["selling"], bids=False)
    gap.stopped_out("s1")
    walked = lambda: gap.found(s["selling"], "S", "open")["gui_id"] != a.last(s["selling"])["tag"]
    tap.ok(wait_for(walked, PATIENCE), "lagged: an exit has walked, and the broker has replaced its tag")
    a.engine.kill()
    return s, [o for o in a.working() if o["symbol"] == s["selling"]][0]


def lagged():
    """MongoDB was away before the end: entries, exits and fills of that while are in the broker's books alone, and a person trades before the new host is there."""
    with Broker(f"{DAY}T13:50:00+05:30", SPEED, master_rows=20000, cash=2000000) as broker, Engine("lagged") as engine:
        a = Account(broker, engine, "lagged")
        held = a.opened()
        if not held:
            return
        gap = Gap(a, held)
        s, lost = in_the_gap(a, gap, held)
        told = {s["sold"]: -held["s0"]["qty"], s["taken"]: -held["s2"]["qty"], s["bought"]: gap.spare[1]["lot"]}
        took = a.lose(lambda: (SERVER.start(), broker.sim("order", {"symbol": s["taken"], "side": "S", "qty": held["s2"]["qty"], "type": "MKT", "product": "MIS"})))
        if not took:
            return
        comment(f"lagged: {len(broker.ledger()['orders'])} orders at the broker, armed after {took:.0f} ms")
        gap.stopped_out("s1")
        tap.ok(wait_for(lambda: {a.order(tag)["status"] for tag in (lost["tag"], a.last(s["wanted"])["tag"])} == {"cancelled"}, PATIENCE),
               "lagged: orders at work that the journal does not know are cancelled", a.working())
        own = lambda: [o for o in a.working() if o["symbol"] == s["selling"]]
        tap.ok(wait_for(own, PATIENCE) and all(o["entered"] > a.order(lost["tag"])["updated"] for o in own()), "lagged: then, and no earlier, its own exit is at work", own())
        a.scrip(s["selling"], bids=True)
        tap.ok(wait_for(lambda: a.held(s["filling"]) == a.nets().get(s["filling"]), PATIENCE), "lagged: a fill of the gap is the order's own", (a.book(), a.nets()))
        tap.ok(wait_for(lambda: s["selling"] not in a.nets() and not a.held(s["selling"]), PATIENCE), "lagged: what was to be closed is closed, once",
               (a.nets(), a.book(), a.foreign(), engine.said()[-3000:]))
        tap.ok(wait_for(lambda: {f: v["manual"] for f, v in a.foreign().items()} == told, PATIENCE), "lagged: what cannot be known is said", (a.foreign(), told))
        tap.equal({f["refusal"] for f in a.foreign().values()}, {"foreign"}, "lagged: and keeps entries closed")
        settled(a, s, held, gap)
        a.never_twice("lagged")


def settled(a, s, held, gap):
    """A person says that he knows; then all that is the engine's leaves, and nothing else."""
    sent = len(a.broker.ledger()["orders"])
    for symbol in (s["sold"], s["taken"]):
        tap.ok(wait_for(lambda: a.engine.ctl("acknowledge", symbol, "--reason", "seen in the app").returncode == 0, PATIENCE), "lagged: a person knows of it", a.foreign())
    tap.ok(wait_for(lambda: a.book() == [(s["filling"], "manual", gap.spare[0]["lot"])], PATIENCE), "lagged: and the books follow", a.book())
    tap.equal(len(a.broker.ledger()["orders"]), sent, "lagged: without an order")
    a.engine.call("kill", rung="flatten", reason="test")
    tap.ok(wait_for(lambda: a.nets() == {s["bought"]: gap.spare[1]["lot"]} and not a.book(), PATIENCE), "lagged: exits work, and what is not known is left alone", (a.nets(), a.book()))


def main():
    global SERVER
    try:
        SERVER = Server()
    except Missing as why:
        tap.skip("a lost host", str(why))
        return
    try:
        tap.run(known)
        if SERVER.can_die():
            tap.run(lagged)
        else:
            tap.skip("a store that lags", "the server of MONGODB_TEST_URI cannot be stopped")
    finally:
        SERVER.close()


SERVER = None

if __name__ == "__main__":
    need_broker()
    main()
    tap.done()

#!/usr/bin/env python3
"""A person trades in the engine's account from the phone app: seen, put down to whom it belongs, and entries in that underlying wait until it is gone or an
operator says that he knows. What was not read is never taken for nothing."""
import json
import os
import subprocess

from broker import HOLDING, STRATEGIES, Broker, many_settings, need_broker, settings
from sauda import ENGINECTL, ENV, PATIENCE, Engine, Refused, Tap, wait_for

DAY = "2026-11-20"
SPEED = 20
LIMITS = "/quick/user/limits"
tap = Tap()


def start(broker, engine, **more):
    engine.start("--mode", "live", "--config", settings(engine.folder, live="no", **more), "--clock", broker.clock(), wait=False, env=broker.env())


def reasons(engine):
    return {r["code"]: r for r in engine.call("ready")["reasons"]}


def may_trade(engine):
    return wait_for(lambda: engine.ready() and not reasons(engine), PATIENCE)


def foreign(engine):
    return {f["symbol"]: f for f in engine.call("status")["broker"]["foreign"]}


def reach(engine, symbol, **want):
    """The account is said to hold that; without `want`: nothing."""
    def there():
        f = foreign(engine).get(symbol)
        return f is None if not want else f is not None and all(f[k] == v for k, v in want.items())
    return wait_for(there, 30)


class Person:
    def __init__(self, broker, engine=None, symbol=None, lot=0, product="NRML"):
        self.broker, self.symbol, self.lot, self.product = broker, symbol, lot, product
        one = not symbol and [i for i in engine.call("instruments", q="NIFTY", limit=40)["items"] if i["kind"] == "call"][0]
        if one:
            self.symbol, self.lot = one["symbol"], one["lot"]

    def order(self, side, type, **more):
        return self.broker.sim("order", {"symbol": self.symbol, "side": side, "qty": self.lot, "type": type, "product": self.product, **more})["number"]

    def buys(self):
        return self.order("B", "MKT")

    def sells(self):
        return self.order("S", "MKT")

    def bids_low(self):
        return self.order("B", "L", price=self.broker.ledger()["trades"][-1]["price"] * 8 // 10 // 5 * 5)

    def cancels(self, number):
        self.broker.sim("order", {"cancel": number})


def known_funds_first():
    with Broker(f"{DAY}T11:00:00+05:30", SPEED, master_rows=2000) as broker, Engine("funds") as engine:
        broker.fault("status", path=LIMITS, times=0, status=500)
        start(broker, engine)
        tap.ok(wait_for(lambda: engine.ready() and reasons(engine).get("account_unread", {}).get("missing") == ["funds"], PATIENCE),
               "entries wait for the funds, and the reason names them", engine.said()[-2000:])
        tap.ok(engine.call("status")["broker"]["unread"] == ["funds"], "status names them", engine.call("status")["broker"])
        tap.ok(engine.call("balance")["funds"]["cash"] is None, "what is not known is not nothing")
        broker.calm()
        tap.ok(may_trade(engine), "and may trade once they are read", reasons(engine))


def a_person():
    with Broker(f"{DAY}T11:00:00+05:30", SPEED, master_rows=2000) as broker, Engine("manual") as engine:
        start(broker, engine)
        if not tap.ok(may_trade(engine), "the engine may trade", engine.said()[-2000:]):
            return
        person = Person(broker, engine)
        tap.ok(foreign(engine) == {}, "the account holds nothing strange", foreign(engine))
        person.buys()
        tap.ok(reach(engine, person.symbol, manual=person.lot, unexplained=0, refusal="foreign", underlying="NIFTY"),
               "what a person bought holds back its underlying", (foreign(engine), engine.said()[-2000:]))
        tap.ok(not reasons(engine), "and nothing else", reasons(engine))
        try:
            engine.call("acknowledge", symbol=person.symbol)
            tap.ok(False, "an acknowledgement needs a reason")
        except Refused as e:
            tap.ok("reason" in str(e), "an acknowledgement needs a reason", e)
        try:
            engine.call("acknowledge", symbol="NIFTY", reason="what?")
            tap.ok(False, "and something to be acknowledged")
        except Refused as e:
            tap.ok("not ours" in str(e), "and something to be acknowledged", e)
        run = engine.ctl("acknowledge", person.symbol, "--reason", "my own hedge")
        tap.ok(run.returncode == 0 and foreign(engine)[person.symbol]["refusal"] is None and
               foreign(engine)[person.symbol]["acknowledged_reason"] == "my own hedge", "an operator says that he knows", (run, foreign(engine)))
        person.buys()
        tap.ok(reach(engine, person.symbol, manual=2 * person.lot, refusal="foreign", acknowledged_by=None), "more is news", foreign(engine))
        engine.kill()
        person.sells()
        start(broker, engine)
        tap.ok(may_trade(engine) and reach(engine, person.symbol, manual=person.lot, unexplained=0, refusal="foreign"), "a restart knows it, and what changed meanwhile",
               engine.said()[-2000:])
        broker.sim("session", {"steal": True})
        tap.ok(reach(engine, person.symbol, manual=person.lot, unexplained=0, refusal="foreign"), "a login elsewhere makes nothing of it flat", foreign(engine))
        person.sells()
        tap.ok(reach(engine, person.symbol), "gone when it is sold", (foreign(engine), engine.said()[-2000:]))
        number = person.bids_low()
        tap.ok(reach(engine, person.symbol, orders=1, manual=0, refusal="foreign"), "an order at work is enough", (foreign(engine), number))
        person.cancels(number)
        tap.ok(reach(engine, person.symbol), "and its end ends it", foreign(engine))
        tap.ok(all(o["ours"] is False for o in broker.ledger()["orders"]), "no order of ours came of all that", broker.ledger()["orders"])
        engine.terminate()
        engine.wait()
        kinds = [json.loads(line)["kind"] for line in dump(engine)]
        tap.ok(kinds.count("foreign") >= 6 and kinds.count("account") >= 3 and "command" in kinds, "the journal holds it all", (kinds.count("foreign"), kinds.count("account")))


def dump(engine):
    run = subprocess.run([ENGINECTL, "journal", "dump", os.path.join(engine.state, "live", "journal"), "--json"], env=ENV, capture_output=True, text=True,
                         timeout=PATIENCE)
    return [line for line in run.stdout.splitlines() if line.startswith("{")]


def ignored():
    with Broker(f"{DAY}T11:00:00+05:30", SPEED, master_rows=2000) as broker, Engine("ignore") as engine:
        start(broker, engine, kotak="foreign = ignore")
        if not tap.ok(may_trade(engine), "ignore: the engine may trade", engine.said()[-2000:]):
            return
        person = Person(broker, engine)
        person.buys()
        tap.ok(reach(engine, person.symbol, manual=person.lot, refusal=None), "ignore: noted, and nothing waits for it", foreign(engine))


def closes_ours():
    """He sells in the app what a strategy holds. Nothing is sold twice; by his word the book follows, and the engine is flat."""
    with Broker(f"{DAY}T14:05:00+05:30", 60, master_rows=20000, cash=1000000) as broker, Engine("closed") as engine:
        config = many_settings(engine.folder, [HOLDING] * 3)
        engine.start("--mode", "live", "--config", config, "--clock", broker.clock(), wait=False, env=broker.env())
        quiet = lambda: engine.ready() and engine.open_positions() and not [o for o in engine.call("orders")["items"] if o["state"] in ("open", "partial", "pending")]
        if not tap.ok(wait_for(quiet, PATIENCE), "closed: a strategy holds something", engine.said()[-2000:]):
            return
        engine.call("pause", reason="test")
        held = engine.open_positions()[0]
        net = lambda: sum(p["qty"] for p in engine.open_positions() if p["symbol"] == held["symbol"])
        before = net()
        person = Person(broker, symbol=held["symbol"], lot=held["qty"], product="MIS")
        person.sells()
        tap.ok(reach(engine, held["symbol"], manual=-held["qty"], unexplained=0), "closed: what he sold is seen", foreign(engine))
        sent = len([o for o in broker.ledger()["orders"] if o["ours"]])
        run = engine.ctl("acknowledge", held["symbol"], "--reason", "sold in the app")
        tap.ok(run.returncode == 0 and net() == before - held["qty"], "closed: by his word the book is closed", (run, engine.open_positions()))
        tap.ok(reach(engine, held["symbol"]), "closed: and nothing is strange any more", (foreign(engine), engine.said()[-2000:]))
        tap.ok(len([o for o in broker.ledger()["orders"] if o["ours"]]) == sent, "closed: without an order", broker.ledger()["orders"])
        engine.terminate()
        tap.ok(engine.wait() == 0, "closed: it ends flat")
        open_there = [p for p in broker.ledger()["positions"] if p["cf_buy"] + p["buy"] != p["cf_sell"] + p["sell"]]
        tap.ok(not open_there, "closed: and so it is", open_there)


def there(broker):
    return sum(p["cf_buy"] + p["buy"] - p["cf_sell"] - p["sell"] for p in broker.ledger()["positions"])


def held(engine):
    return [(p["strategy"], p["qty"], p["product"]) for p in engine.open_positions()]


def taken_over():
    """`adopt`: what he buys is the engine's own from then on. It follows when he sells, holds over a crash, and a flatten closes it."""
    with Broker(f"{DAY}T11:00:00+05:30", SPEED, master_rows=2000) as broker, Engine("adopt") as engine:
        start(broker, engine, strategies=STRATEGIES[:3], kotak="foreign = adopt")
        if not tap.ok(may_trade(engine), "adopt: the engine may trade", engine.said()[-2000:]):
            return
        one = [i for i in engine.call("instruments", q="NIFTY", limit=200)["items"] if i["kind"] == "call" and i["watched"]][0]
        person = Person(broker, symbol=one["symbol"], lot=one["lot"])
        person.buys()
        person.buys()
        tap.ok(wait_for(lambda: held(engine) == [("adopted1", 2 * person.lot, "NRML")], 30), "adopt: what a person bought is a book of the engine's",
               (held(engine), foreign(engine), engine.said()[-2000:]))
        tap.ok(reach(engine, person.symbol) and not reasons(engine), "adopt: nothing is strange, nothing waits", (foreign(engine), reasons(engine)))
        person.sells()
        tap.ok(wait_for(lambda: held(engine) == [("adopted1", person.lot, "NRML")], 30), "adopt: he sells a part, and the book follows", (held(engine), foreign(engine)))
        tap.ok(reach(engine, person.symbol), "adopt: and nothing is strange", foreign(engine))
        engine.kill()
        start(broker, engine, kotak="foreign = adopt") # and there are two strategies more by then
        tap.ok(may_trade(engine) and reach(engine, person.symbol) and held(engine) == [("adopted1", person.lot, "NRML")], "adopt: a crash neither forgets nor doubles it",
               (held(engine), foreign(engine), engine.said()[-2000:]))
        ids = [s["id"] for s in engine.call("strategies")["items"]]
        tap.ok(sorted(ids) == sorted(STRATEGIES + ("adopted1", "adopted2", "adopted3", "adopted4")), "adopt: no strategy took its slot", ids)
        tap.ok(all(o["ours"] is False for o in broker.ledger()["orders"]), "adopt: no order of ours came of that", broker.ledger()["orders"])
        engine.call("kill", rung="flatten", reason="test")
        tap.ok(wait_for(lambda: there(broker) == 0 and held(engine) == [], 30), "adopt: a flatten closes it", (held(engine), there(broker), engine.said()[-3000:]))
        ours = [o for o in broker.ledger()["orders"] if o["ours"]]
        tap.ok(sum(o["filled"] for o in ours) == person.lot, "adopt: and no more than that", ours)
        kinds = [json.loads(line)["kind"] for line in dump(engine)]
        tap.ok(kinds.count("adopt") >= 2, "adopt: the journal holds the broker's evidence", kinds.count("adopt"))
        engine.terminate()
        engine.wait()


def left_alone():
    """Under any other policy a flatten leaves it where it is."""
    for policy in ("freeze", "ignore"):
        with Broker(f"{DAY}T11:00:00+05:30", SPEED, master_rows=2000) as broker, Engine(f"alone-{policy}") as engine:
            start(broker, engine, kotak=f"foreign = {policy}")
            if not tap.ok(may_trade(engine), f"{policy}: the engine may trade", engine.said()[-2000:]):
                return
            person = Person(broker, engine)
            person.buys()
            tap.ok(reach(engine, person.symbol, manual=person.lot), f"{policy}: what a person bought is told", foreign(engine))
            engine.call("kill", rung="flatten", reason="test")
            engine.terminate()
            tap.ok(engine.wait() == 0 and there(broker) == person.lot, f"{policy}: a flatten and the end leave it alone", there(broker))
            tap.ok(all(o["ours"] is False for o in broker.ledger()["orders"]), f"{policy}: without an order", broker.ledger()["orders"])


if __name__ == "__main__":
    need_broker()
    tap.run(known_funds_first)
    tap.run(a_person)
    tap.run(ignored)
    tap.run(closes_ours)
    tap.run(taken_over)
    tap.run(left_alone)
    tap.done()

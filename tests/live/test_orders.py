#!/usr/bin/env python3
"""Orders by hand against the simulated broker: placed, cancelled, closed, with answers that never come, and the same key before and after a SIGKILL. Then both books
are compared. docs/manual-orders.md"""
import re

from books import compare_books, held
from broker import Broker, need_broker, settings
from sauda import Engine, Refused, Tap, wait_for

DAY = "2026-11-20"
LONG = 120
tap = Tap()


def start(broker, engine):
    """Armed: the positions are compared with the books, whatever rests meanwhile."""
    engine.start("--mode", "live", "--config", settings(engine.folder, live="no", capital=2000000), "--clock", broker.clock(), wait=False, env=broker.env())
    return wait_for(lambda: engine.ready() and not engine.call("ready")["reasons"], LONG)


def ours(broker):
    return [o for o in broker.ledger()["orders"] if o["ours"]]


def on_tick(price):
    return round(round(price / 0.05) * 0.05, 2)


def contract(engine):
    """A call that may be bought, with its lot and what the market asks."""
    for c in engine.call("instruments", q="NIFTY", limit=100)["items"]:
        if c["kind"] != "call":
            continue
        try:
            p = engine.call("preview", symbol=c["symbol"], side="buy", qty=c["lot"])
        except Refused:
            continue
        if p["allowed"] and 40 < p["price"] < 400:
            return c["symbol"], c["lot"], p["price"]
    return None


def mine(engine, symbol):
    return sum(p["qty"] for p in engine.open_positions() if p["symbol"] == symbol and p["strategy"] == "manual")


def state(engine, order):
    return next((o["state"] for o in engine.call("orders", limit=500)["items"] if o["order"] == order), None)


def becomes(engine, order, *states):
    return wait_for(lambda: state(engine, order) in states, LONG)


def bought(engine, symbol, lot, price, key):
    placed = engine.call("order.place", key=key, symbol=symbol, side="buy", qty=lot, price=on_tick(price * 1.03))
    return wait_for(lambda: mine(engine, symbol) == lot, LONG) and placed


def high(engine, symbol, lot):
    """Above the market, and no slip of the hand."""
    return on_tick(engine.call("preview", symbol=symbol, side="sell", qty=lot)["price"] * 1.25)


def rests_and_is_cancelled(broker, engine, symbol, lot, price):
    low = on_tick(price * 0.85)
    placed = engine.call("order.place", key="low", symbol=symbol, side="buy", qty=lot, price=low)
    tap.ok(becomes(engine, placed["order"], "open"), "it rests at its price", (ours(broker), engine.said()[-2000:]))
    tap.ok([(o["qty"], o["price"]) for o in ours(broker)] == [(lot, round(low * 100))], "one order, as it was asked for", ours(broker))
    engine.call("order.place", key="low", symbol=symbol, side="buy", qty=lot, price=low)
    engine.kill()
    tap.ok(start(broker, engine), "a SIGKILL, and the next life arms while it rests", (engine.call("ready"), engine.said()[-2000:]))
    tap.ok(state(engine, placed["order"]) == "open" and contract(engine), "entries go on beside it", (state(engine, placed["order"]), engine.said()[-2000:]))
    again = engine.call("order.place", key="low", symbol=symbol, side="buy", qty=lot, price=low)
    tap.ok(again["order"] == placed["order"] and len(ours(broker)) == 1, "the same key after a SIGKILL: no second order", (again, ours(broker)))
    engine.call("order.cancel", id=placed["order"], reason="test")
    tap.ok(becomes(engine, placed["order"], "cancelled") and ours(broker)[0]["status"] == "cancelled", "cancelled at the broker", ours(broker))
    metrics = engine.call("metrics")
    tap.ok('sauda_order_round_trip_seconds_count{kind="cancel"} 1\n' in metrics and not re.search(r'sauda_feed_age_seconds_count{feed="market"} 0\n', metrics),
           "its round trip and the age of the prices are in /metrics", re.findall(r"(?m)^sauda_.*_count.*$", metrics))


def answers_that_never_come(broker, engine, symbol, lot, price):
    broker.fault("drop_reply", op="place", times=1)
    tap.ok(bought(engine, symbol, lot, price, "lost"), "the answer is lost: the order is found by its tag", (ours(broker), engine.said()[-3000:]))
    tap.ok(len(ours(broker)) == 2, "and was sent once", ours(broker))
    broker.calm()
    broker.fault("drop_request", op="place", times=1)
    sell = engine.call("order.place", key="never", symbol=symbol, side="sell", qty=lot, price=high(engine, symbol, lot))
    tap.ok(becomes(engine, sell["order"], "open"), "an exit that never arrived is proven absent and goes out again", (ours(broker), engine.said()[-3000:]))
    broker.calm()
    tap.ok(len([o for o in ours(broker) if o["side"] == "S"]) == 1, "once", ours(broker))
    return sell["order"]


def whole(broker, engine):
    start(broker, engine)
    there = wait_for(lambda: contract(engine), LONG)
    if not tap.ok(there, "the engine may trade, and a contract can be bought", engine.said()[-3000:]):
        return
    symbol, lot, price = there
    rests_and_is_cancelled(broker, engine, symbol, lot, price)
    exit = answers_that_never_come(broker, engine, symbol, lot, price)
    engine.call("order.cancel", id=exit)
    tap.ok(becomes(engine, exit, "cancelled") and mine(engine, symbol) == lot, "an exit taken back: the position stays", engine.open_positions())
    placed = engine.call("order.place", key="rests", symbol=symbol, side="sell", qty=lot, price=high(engine, symbol, lot))
    tap.ok(becomes(engine, placed["order"], "open"), "an exit rests", ours(broker))
    before = len(ours(broker))
    engine.terminate()
    tap.ok(engine.wait(LONG) == 0, "SIGTERM: it ends flat", engine.said()[-3000:])
    tap.ok(not held(broker.ledger()) and len(ours(broker)) == before, "by the order that rested: no order more", ours(broker))
    compare_books(tap, engine, broker.ledger(), "by hand")


def by_hand():
    with Broker(f"{DAY}T11:00:00+05:30", 20, master_rows=2000, cash=5000000) as broker, Engine("orders") as engine:
        whole(broker, engine)


if __name__ == "__main__":
    need_broker()
    tap.run(by_hand)
    tap.done()

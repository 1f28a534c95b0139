#!/usr/bin/env python3
"""A stop that rests at the broker: it protects while the engine is dead, and whatever else closes the position makes the exit of that very order. docs/stops.md"""

from books import compare_books, held, rows
from broker import HOLDING, Broker, many_settings, need_broker
from sauda import Engine, Refused, Tap, wait_for

DAY = "2026-11-20"
LONG = 120
tap = Tap()


def start(broker, engine):
    config = many_settings(engine.folder, [{**HOLDING, "resting_stop": "on"} for _ in range(3)])
    engine.start("--mode", "live", "--config", config, "--clock", broker.clock(), wait=False, env=broker.env())


def ours(broker):
    return [o for o in broker.ledger()["orders"] if o["ours"]]


def stops(broker):
    return [o for o in ours(broker) if o["type"] == "SL" and o["status"] == "trigger pending"]


def protected(broker, engine):
    """Paused, with every position's stop at the broker; those positions."""
    def all_rest():
        there = engine.open_positions()
        at_work = [o for o in engine.call("orders")["items"] if o["state"] not in ("filled", "cancelled", "rejected", "denied", "expired", "trigger_pending")]
        return there and not at_work and sorted((p["symbol"], p["qty"]) for p in there) == sorted((o["symbol"], o["qty"]) for o in stops(broker)) and there
    if not wait_for(engine.ready, LONG) or not wait_for(engine.open_positions, LONG):
        return None
    engine.call("pause", reason="test")
    return wait_for(all_rest, LONG)


def begin(broker, engine, name):
    start(broker, engine)
    wait_for(engine.ready, LONG)
    run = engine.ctl("stop", "probe", "passed", "--reason", "one lot: no margin was asked")
    tap.ok(run.returncode == 0 and engine.call("risk")["stop_probe"] == "passed", f"{name}: the probe is on record", run)
    there = protected(broker, engine)
    tap.ok(bool(there), f"{name}: each position has a stop at the broker, of its quantity", (ours(broker), engine.said()[-3000:]))
    return there


def trades_down(broker, order):
    """The contract trades at the stop's trigger."""
    broker.sim("scrip", {"segment": order["segment"], "id": str(order["token"]), "price": order["trigger"]})
    return wait_for(lambda: any(o["number"] == order["number"] and o["filled"] == o["qty"] for o in broker.ledger()["orders"]), LONG)


def filled_while_dead():
    with Broker(f"{DAY}T13:05:00+05:30", 60, master_rows=20000, cash=50000000) as broker, Engine("stops") as engine:
        if not begin(broker, engine, "dead"):
            return
        engine.kill()
        for order in stops(broker):
            tap.ok(trades_down(broker, order), "dead: a stop fills with nobody there", order)
        tap.ok(not held(broker.ledger()), "dead: the account is flat", held(broker.ledger()))
        before = len(ours(broker))
        start(broker, engine)
        tap.ok(wait_for(lambda: engine.ready() and not engine.open_positions(), LONG), "dead: the next life finds it flat", engine.said()[-3000:])
        engine.terminate()
        tap.ok(engine.wait(LONG) == 0, "dead: and ends flat", engine.said()[-3000:])
        tap.ok(len(ours(broker)) == before, "dead: without one order more", ours(broker))
        compare_books(tap, engine, broker.ledger(), "dead")
        left = {h["exit_reason"] for h in rows(engine, "live", "select exit_reason from history")}
        tap.ok(left == {"option_stop"}, "dead: the reason is the stop", left)


def kept_and_taken_along():
    with Broker(f"{DAY}T13:05:00+05:30", 60, master_rows=20000, cash=50000000) as broker, Engine("keeps") as engine:
        there = begin(broker, engine, "kept")
        if not there:
            return
        engine.call("shutdown", positions="keep", reason="test")
        tap.ok(engine.wait(LONG) == 0, "kept: it ends", engine.said()[-3000:])
        tap.ok(len(stops(broker)) == len(there), "kept: and the stops still rest", ours(broker))
        numbers = sorted(o["number"] for o in ours(broker))
        start(broker, engine)
        tap.ok(bool(protected(broker, engine)) and sorted(o["number"] for o in ours(broker)) == numbers, "kept: the next life knows them for its own", ours(broker))
        lost = stops(broker)[0]
        broker.sim("order", {"cancel": lost["number"]})
        tap.ok(wait_for(lambda: len(ours(broker)) > len(numbers) and len(stops(broker)) == len(there), LONG), "kept: one that somebody cancels is placed again",
               (ours(broker), engine.said()[-3000:]))
        numbers = sorted(o["number"] for o in ours(broker))
        engine.call("kill", rung="flatten", reason="test")
        tap.ok(wait_for(lambda: not engine.open_positions() and not held(broker.ledger()), LONG), "kept: a kill closes all", (ours(broker), engine.said()[-3000:]))
        tap.ok(sorted(o["number"] for o in ours(broker)) == numbers, "kept: by making exits of the stops: no order more", ours(broker))
        engine.terminate()
        tap.ok(engine.wait(LONG) == 0, "kept: flat", engine.said()[-3000:])
        compare_books(tap, engine, broker.ledger(), "kept")


def refused_without_a_probe():
    with Broker(f"{DAY}T13:05:00+05:30", 60, master_rows=20000, cash=50000000) as broker, Engine("unprobed") as engine:
        start(broker, engine)
        if not tap.ok(wait_for(engine.ready, LONG) and wait_for(engine.open_positions, LONG), "unprobed: something is held", engine.said()[-3000:]):
            return
        engine.call("pause", reason="test")
        tap.ok(wait_for(lambda: "no probe has shown" in engine.said(), LONG), "unprobed: a person hears that no stop rests, and why", engine.said()[-3000:])
        tap.ok(not [o for o in ours(broker) if o["type"] == "SL"], "unprobed: and none was sent", ours(broker))
        try:
            engine.call("strategy.set", id="s0", params={"resting_stop": "on"})
            tap.ok(False, "unprobed: it cannot be switched on")
        except Refused as e:
            tap.ok("probe" in str(e), "unprobed: it cannot be switched on", e)


def the_broker_is_asked():
    """Two margin questions: what closes needs nothing, what goes beyond needs much. An answer that could mean anything records nothing."""
    margin = "/quick/user/check-margin"
    with Broker(f"{DAY}T13:05:00+05:30", 60, master_rows=20000, cash=50000000) as broker, Engine("asked") as engine:
        start(broker, engine)
        if not tap.ok(wait_for(engine.ready, LONG), "asked: the engine is ready", engine.said()[-3000:]):
            return
        before = engine.ctl("stop", "probe", "ask", "--reason", "too early")
        tap.ok(before.returncode == 1 and "nothing is held" in before.stderr or engine.open_positions(), "asked: with nothing held it says so", before)
        wait_for(engine.open_positions, LONG)
        engine.call("pause", reason="test")
        broker.fault("status", path=margin, times=1, status=500)
        lost = engine.ctl("stop", "probe", "ask", "--reason", "test")
        tap.ok(lost.returncode == 1 and engine.call("risk")["stop_probe"] is None, "asked: a broken answer records nothing", lost)
        broker.calm()
        sent = len(ours(broker))
        run = engine.ctl("stop", "probe", "ask", "--reason", "test")
        tap.ok(run.returncode == 0 and engine.call("risk")["stop_probe"] == "passed", "asked: the broker nets it, and that is on record", (run, engine.said()[-2000:]))
        said = [e["text"] for e in engine.call("events", limit=500)["items"] if e["kind"] == "command" and "stop_probe" in e["text"]]
        tap.ok(len(said) == 1 and "a closing lot needs 0.00, one more" in said[0], "asked: with the two figures", said)
        tap.ok(len([o for o in ours(broker) if o["type"] != "SL"]) == sent, "asked: the question placed nothing", ours(broker))
        tap.ok(wait_for(lambda: stops(broker), LONG), "asked: and stops rest from now on", engine.said()[-2000:])
        engine.terminate()
        tap.ok(engine.wait(LONG) == 0, "asked: flat", engine.said()[-3000:])


def a_naked_short_is_no_pass():
    """The account no longer holds what the book says: the closing order would be a short, the broker asks its margin, and nothing is recorded."""
    with Broker(f"{DAY}T13:05:00+05:30", 60, master_rows=20000, cash=50000000) as broker, Engine("naked") as engine:
        start(broker, engine)
        wait_for(engine.ready, LONG)
        if not tap.ok(wait_for(engine.open_positions, LONG), "naked: something is held", engine.said()[-3000:]):
            return
        engine.call("pause", reason="test")
        for p in engine.open_positions():
            broker.sim("order", {"symbol": p["symbol"], "side": "S", "qty": p["qty"], "type": "MKT", "product": "MIS"})
        wait_for(lambda: not held(broker.ledger()), LONG)
        run = engine.ctl("stop", "probe", "ask", "--reason", "test")
        tap.ok(run.returncode == 1 and "closes a lot" in run.stderr, "naked: told what the broker names", run)
        tap.ok(engine.call("risk")["stop_probe"] is None, "naked: and nothing is recorded", engine.call("risk"))
        engine.kill()


if __name__ == "__main__":
    need_broker()
    tap.run(filled_while_dead)
    tap.run(kept_and_taken_along)
    tap.run(refused_without_a_probe)
    tap.run(the_broker_is_asked)
    tap.run(a_naked_short_is_no_pass)
    tap.done()

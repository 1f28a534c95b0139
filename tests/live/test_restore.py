#!/usr/bin/env python3
"""A backup is put back, and the broker has moved on: the engine's journal knows of a position that was closed after the copy was made. Nothing is sold that is not
held, no tag is used a second time, and a person hears that the books disagree."""
import os
import shutil

from books import nets, oversold
from broker import HOLDING, Broker, many_settings, need_broker
from sauda import PATIENCE, Engine, Tap, wait_for

DAY = "2026-11-20"
ENDED = ("filled", "cancelled", "rejected", "expired", "denied")
tap = Tap()


def start(broker, engine):
    engine.start("--mode", "live", "--config", many_settings(engine.folder, [HOLDING] * 3), "--clock", broker.clock(), wait=False, env=broker.env())


def quiet(engine):
    """A strategy holds something and nothing is under way."""
    return engine.ready() and engine.open_positions() and all(o["state"] in ENDED for o in engine.call("orders")["items"])


def foreign(engine):
    return {f["symbol"]: f for f in engine.call("status")["broker"]["foreign"]}


def put_back():
    with Broker(f"{DAY}T13:50:00+05:30", 60, master_rows=20000, cash=1000000) as broker, Engine("restored") as engine:
        start(broker, engine)
        if not tap.ok(wait_for(lambda: quiet(engine), PATIENCE), "a strategy holds something", engine.said()[-2000:]):
            return
        engine.call("pause", reason="test")
        wait_for(lambda: quiet(engine), PATIENCE)
        held = {p["symbol"]: p["qty"] for p in engine.open_positions()}
        engine.kill()
        copy = os.path.join(engine.folder, "copy")
        shutil.copytree(engine.state, copy)
        start(broker, engine)
        wait_for(lambda: engine.ready() and not engine.call("status")["broker"]["unread"], PATIENCE)
        engine.call("kill", rung="flatten", reason="test")
        tap.ok(wait_for(lambda: not nets(broker.ledger()), PATIENCE), "after the copy was made it is closed", nets(broker.ledger()))
        engine.kill()
        shutil.rmtree(engine.state)
        os.rename(copy, engine.state)
        before = broker.ledger()["orders"]
        start(broker, engine)
        tap.ok(wait_for(lambda: engine.ready() and not engine.call("status")["broker"]["unread"] and foreign(engine), PATIENCE),
               "with the copy put back the difference is seen", engine.said()[-2000:])
        seen = foreign(engine)
        tap.ok({s: f["unexplained"] + f["manual"] + f["broker"] for s, f in seen.items()} == {s: -qty for s, qty in held.items()} and
               all(f["refusal"] for f in seen.values()), "all of it, and entries wait for a person", (seen, held))
        tap.ok(len(broker.ledger()["orders"]) == len(before), "no order was sent to make the books agree", broker.ledger()["orders"][len(before):])
        engine.call("kill", rung="flatten", reason="test")
        wait_for(lambda: oversold(broker.ledger()), 8)
        ledger = broker.ledger()
        tap.ok(not oversold(ledger) and not nets(ledger), "nothing is sold that is not held", (nets(ledger), ledger["orders"][len(before):]))
        tags = [o["tag"] for o in ledger["orders"] if o["tag"]]
        tap.ok(len(tags) == len(set(tags)), "no tag is used a second time", tags)
        tap.ok(engine.verify("live").returncode == 0, "the journal is whole")


if __name__ == "__main__":
    need_broker()
    tap.run(put_back)
    tap.done()

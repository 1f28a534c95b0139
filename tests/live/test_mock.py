#!/usr/bin/env python3
"""Prices after the close, as in an exchange's mock session: with ALLOW_AFTER_MARKET a live engine's strategies look on and are refused, no order reaches the broker, and
a restart goes on the same way. Without it nothing of it is told."""
import json
import os
import subprocess
import sys
import time

from broker import NEOSIM, RESTLESS, Broker, many_settings
from sauda import ENGINECTL, ENV, PATIENCE, Engine, Tap, wait_for

DAY = "2026-11-20"
CLOSE = f"{DAY}T15:40"
NIFTY = {"segment": "nse_cm", "id": "26000"}
tap = Tap()


def journal(engine):
    run = subprocess.run([ENGINECTL, "journal", "dump", os.path.join(engine.state, "live", "journal"), "--json"], env=ENV, capture_output=True, text=True,
                         timeout=PATIENCE)
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def told(engine):
    return {r["code"]: r["count"] for r in engine.call("strategy", id="s0")["funnel"]["refusals"]}.get("after_market", 0)


def print_prices(broker, until, most):
    """The index goes up and down, so that averages cross."""
    end = time.monotonic() + most
    around = broker.sim("quote?segment={segment}&id={id}".format(**NIFTY))["last"]
    for i in range(10 ** 6):
        broker.sim("scrip", {**NIFTY, "price": around + (i % 14 - 7) * 1000})
        time.sleep(0.2)
        if until() or time.monotonic() > end:
            return


def session(allowed):
    name = f"ALLOW_AFTER_MARKET={allowed}"
    with Broker(f"{DAY}T15:36:00+05:30", 60, master_rows=2000) as broker, Engine("mock") as engine:
        begin = ["--mode", "live", "--config", many_settings(engine.folder, [RESTLESS]), "--clock", broker.clock()]
        env = {**broker.env(), "ALLOW_AFTER_MARKET": allowed}
        engine.start(*begin, wait=False, env=env)
        if not tap.ok(wait_for(engine.ready, PATIENCE), f"{name}: the engine is there", engine.said()[-2000:]):
            return
        if allowed == "yes":
            print_prices(broker, lambda: told(engine) > 2 and any(map(priced, decisions(engine))), PATIENCE)
            looked(engine, name)
            engine.terminate()
            engine.wait()
            engine.start(*begin, wait=False, env=env)
            wait_for(engine.ready, PATIENCE)
            before = told(engine)
            tap.ok(before > 2, f"{name}: a restart knows what was told", before)
            print_prices(broker, lambda: told(engine) > before, PATIENCE)
            tap.ok(told(engine) > before, f"{name}: and goes on", engine.said()[-2000:])
        else:
            print_prices(broker, lambda: False, 10)
            tap.equal(told(engine), 0, f"{name}: nothing is refused that nobody was asked")
        tap.equal(broker.ledger()["orders"], [], f"{name}: no order reached the broker")
        engine.terminate()
        engine.wait()
        witness(name, allowed, journal(engine))
        tap.equal(engine.verify("live").returncode, 0, f"{name}: the journal is whole")


def decisions(engine):
    return [e["data"] for e in engine.call("events", limit=1000)["items"] if e["kind"] == "decision" and e["at"] > CLOSE]


def priced(decision):
    """A contract was quoted by then: options are heard later than their index."""
    return decision["symbol"] and decision["lots"] > 0 and decision["premium"] > 0


def looked(engine, name):
    s, all_of = engine.call("strategies")["items"][0], decisions(engine)
    tap.equal({d["refusal"] for d in all_of}, {"after_market"}, f"{name}: every decision is a refusal")
    tap.ok(any(map(priced, all_of)), f"{name}: and says what would have been bought", all_of)
    tap.equal((s["last_signal"]["refusal"], s["last_signal"]["taken"]), ("after_market", False), f"{name}: the newest signal is refused")
    tap.equal((s["pnl"], s["trades"], s["position"]), (0.0, 0, None), f"{name}: nothing is held, won or lost")


def witness(name, allowed, records):
    late = [r for r in records if r["stamp"] >= CLOSE]
    ticks = [r for r in late if r["kind"] == "tick"]
    tap.equal(bool(ticks), allowed == "yes", f"{name}: prices of after the close in the journal: {len(ticks)}")
    tap.equal([r["kind"] for r in records if r["kind"] in ("place", "bar") and r["stamp"] > f"{CLOSE}:59"], [], f"{name}: no order, and no candle of after the close")


if __name__ == "__main__":
    if not os.path.exists(NEOSIM):
        print("1..0 # SKIP no simulated broker was built")
        sys.exit(0)
    tap.run(session, "yes")
    tap.run(session, "no")
    tap.done()

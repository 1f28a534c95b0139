#!/usr/bin/env python3
"""The machine's clock is days ahead of the broker's: the engine asks at the start, goes by the broker's time, gets in (one-time codes are made for it) and may trade. When
the broker's clock then jumps alone, nothing is believed and entries are closed."""
import time
from datetime import datetime

from broker import Broker, need_broker, settings
from sauda import PATIENCE, Engine, Tap, wait_for

BEGIN = "2026-11-20T11:00:00+05:30"
AHEAD = 600
tap = Tap()


def reasons(engine):
    return [r["code"] for r in engine.call("ready")["reasons"]]


def off(engine, broker):
    """Seconds of the engine's time from the broker's."""
    return datetime.fromisoformat(engine.call("status")["now"]).timestamp() - broker.now() / 1e9


def ahead():
    begin = datetime.fromisoformat(BEGIN).timestamp()
    if time.time() < begin + 86400:
        tap.skip("a clock that is ahead", "this machine's clock is not")
        return
    with Broker(BEGIN, 1, master_rows=2000) as broker, Engine("clock") as engine:
        engine.start("--mode", "live", "--config", settings(engine.folder), wait=False, env=broker.env())
        if not tap.ok(wait_for(lambda: engine.ready() and not reasons(engine), PATIENCE), "the engine may trade", engine.said()[-2000:]):
            return
        tap.ok(abs(off(engine, broker)) < 3, "its time is the broker's", off(engine, broker))
        clock = engine.call("status")["broker"]["clock"]
        tap.ok(clock["held"] and clock["wall_ms"] > 86400000 and abs(clock["broker_ms"]) < 1500 and clock["ahead_ms"] == 0, "the machine's is not believed", clock)
        tap.ok("this machine's clock is +" in engine.said(), "and that is told", engine.said()[-2000:])
        broker.forward(AHEAD)
        tap.ok(wait_for(lambda: "clock_apart" in reasons(engine), 60), "the broker's clock jumps alone: no entries", reasons(engine))
        tap.ok(-AHEAD - 3 < off(engine, broker) < -AHEAD + 3, "and the engine's time goes on as it was", off(engine, broker))
        engine.terminate()
        tap.ok(engine.wait() == 0, "it ends as told", engine.said()[-1000:])


if __name__ == "__main__":
    need_broker()
    tap.run(ahead)
    tap.done()

#!/usr/bin/env python3
"""A feed that is open and says nothing, in market hours: found within three seconds of the clock, entries closed in that same turn of the loop, and open again
once the feed speaks. The journal is the witness: its stamps, its order."""
import json
import os
import re
import subprocess
import time
from datetime import datetime

from broker import Broker, need_broker, settings
from sauda import ENGINECTL, ENV, PATIENCE, Engine, Tap, comment, wait_for

DAY = "2026-11-20"
tap = Tap()


def journal(engine):
    run = subprocess.run([ENGINECTL, "journal", "dump", os.path.join(engine.state, "live", "journal"), "--json"], env=ENV, capture_output=True, text=True,
                         timeout=PATIENCE)
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def reasons(engine):
    return [r["code"] for r in engine.call("ready")["reasons"]]


def muted(kind):
    with Broker(f"{DAY}T11:00:00+05:30", 1, master_rows=2000) as broker, Engine("mute") as engine:
        engine.start("--mode", "live", "--config", settings(engine.folder), "--clock", broker.clock(), wait=False, env=broker.env())
        if not tap.ok(wait_for(lambda: engine.ready() and not reasons(engine), PATIENCE), f"{kind}: the engine may trade", engine.said()[-2000:]):
            return
        found = engine.call("instruments", q="NIFTY", expiry="2026-11-23", limit=4)["items"]
        tap.ok(len(found) == 4 and all(i["expiry"] == "2026-11-23" and i["lot"] > 0 and i["kind"] in ("call", "put") for i in found),
               f"{kind}: the chain of an expiry is found in the master", found)
        one = engine.call("instruments", q="NIFTY", expiry="2026-11-23", strike=found[0]["strike"])["items"]
        tap.ok(sorted(i["kind"] for i in one) == ["call", "put"], f"{kind}: both options of a strike", one)
        broker.feed("market", kind)
        if kind == "stale": # what comes after the next subscription
            broker.feed("market", "drop")
        tap.ok(wait_for(lambda: "link_down" in reasons(engine), 20), f"{kind}: entries are closed", engine.call("status")["feed"])
        said = engine.call("status")["feed"]
        tap.ok(said["up"] is False and said["reason"], f"{kind}: the reason is told: {said['reason']}", said)
        time.sleep(5)
        tap.ok("link_down" in reasons(engine), f"{kind}: and stay so: an open socket is no proof", engine.call("status")["feed"])
        broker.feed("market", "resume")
        tap.ok(wait_for(lambda: not reasons(engine), PATIENCE), f"{kind}: open again when the feed speaks", engine.said()[-2000:])
        engine.terminate()
        engine.wait()
        witness(kind, journal(engine))


def witness(kind, records):
    down = next((i for i, r in enumerate(records) if r["kind"] == "link" and i > 20 and records[i + 1]["kind"] == "alert"), None)
    if not tap.ok(down is not None, f"{kind}: the journal holds the end of the link", [r["kind"] for r in records[-30:]]):
        return
    ticks = [r for r in records[:down] if r["kind"] == "tick"]
    at = [datetime.fromisoformat(r["stamp"]) for r in (ticks[-1], records[down])]
    took = (at[1] - at[0]).total_seconds()
    if kind == "mute":
        comment(f"table: mute feed found {took:.2f} s after its last packet")
    tap.ok(took <= 3.1, f"{kind}: found within 3 s ({took:.2f} s)")
    up = next((i for i, r in enumerate(records) if i > down and r["kind"] == "link"), len(records))
    tap.ok(not [r for r in records[down:up] if r["kind"] == "place"], f"{kind}: no order between the link's end and its return")


def as_set(depth):
    """What [feed] says of a live market: how many strikes, with how much of their books, and how long it may be silent."""
    with Broker(f"{DAY}T11:00:00+05:30", 1, master_rows=2000) as broker, Engine("mute") as engine:
        more = f"strikes = 3\ndepth = {depth}\nmute_s = 0.5"
        engine.start("--mode", "live", "--config", settings(engine.folder, feed=more), "--clock", broker.clock(), env=broker.env())
        tap.ok(wait_for(lambda: engine.call("debug")["core"]["instruments"] == 2 + 2 * 7, 20),
               "strikes = 3: the index, its future, the money and three strikes on each side of it", engine.call("debug")["core"])
        tap.ok(wait_for(lambda: engine.call("debug")["feed"]["ticks"] > 200, 20), "prices come", engine.call("debug")["feed"])
        broker.feed("market", "mute")
        tap.ok(wait_for(lambda: re.search(r"mute \(no new .* for 5\d\d ms\)", engine.said()), 20), "mute_s = 0.5: mute after half a second", engine.said()[-900:])
        engine.terminate()
        engine.wait()
        tap.equal(any(r["kind"] == "depth" for r in journal(engine)), depth == "yes", f"depth = {depth}: as the journal has it")


if __name__ == "__main__":
    need_broker()
    tap.run(muted, "mute")
    tap.run(muted, "stale")
    tap.run(as_set, "no")
    tap.run(as_set, "yes")
    tap.done()

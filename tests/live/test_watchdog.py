#!/usr/bin/env python3
"""Goal: an engine that dies or wedges with open positions, and does not come back, leaves a flat account: its orders are cancelled, its intraday positions
closed, no more and no less; what somebody else holds stays; a wedged engine that is continued afterwards sends nothing.
Method: the live engine and the watchdog against the simulated broker, whose ledger is the truth."""
import json
import mmap
import os
import signal
import struct
import sys
import time

from broker import Broker, need_broker, settings
from sauda import PATIENCE, Engine, Tap, comment, wait_for
from watching import Receiver, Watchdog

DAY = "2026-11-20"
# What is entered stays until its stop or the square-off.
STAYS = "reward = 100\ntrail_bars = 0"
tap = Tap()


def nets(ledger):
    """Net quantity of each contract by whose orders made it: (ours, others)."""
    ours, other = {}, {}
    whose = {o["number"]: o for o in ledger["orders"]}
    for t in ledger["trades"]:
        o = whose[t["order"]]
        to = ours if o.get("ours", True) else other
        to[o["symbol"]] = to.get(o["symbol"], 0) + (t["qty"] if o["side"] in ("B", "buy") else -t["qty"])
    return {k: v for k, v in ours.items() if v}, {k: v for k, v in other.items() if v}


def never_past_flat(ledger):
    """Each contract's running net of our fills never changes its sign without having been flat by an entry of the engine's."""
    whose, net, bad = {o["number"]: o for o in ledger["orders"]}, {}, []
    for t in ledger["trades"]:
        o = whose[t["order"]]
        if not o.get("ours", True):
            continue
        step = t["qty"] if o["side"] in ("B", "buy") else -t["qty"]
        before = net.get(o["symbol"], 0)
        net[o["symbol"]] = before + step
        if before * net[o["symbol"]] < 0:
            bad.append((o["symbol"], before, step))
    return bad


class Scene:
    """A live engine with a position, a watchdog beside it, and a stranger's position in the account."""

    def __init__(self, name, at="13:00", speed=60, **watchdog):
        self.broker = Broker(f"{DAY}T{at}:00+05:30", speed, master_rows=20000, cash=2000000)
        self.engine, self.receiver = Engine(name), Receiver()
        self.env = self.broker.env()
        self.live = ("--mode", "live", "--config", settings(self.engine.folder, each=STAYS), "--clock", self.broker.clock())
        self.settings = {"alarm_after_s": 1, "restart_grace_s": 1, **watchdog}

    def __enter__(self):
        self.engine.start(*self.live, wait=False, env=self.env)
        self.watchdog = Watchdog(self.engine, self.receiver, "--mode", "live", "--clock", self.broker.clock(), env=self.env, **self.settings)
        self.watchdog.start()
        return self

    def __exit__(self, *_):
        self.watchdog.stop()
        self.engine.kill()
        self.receiver.__exit__()
        self.broker.__exit__()
        self.engine.__exit__()

    def until_open(self, seconds=100):
        """False when it found nothing to trade before its last entry."""
        def look():
            return self.engine.ready() and self.engine.open_positions()
        return wait_for(look, seconds)

    def stranger(self, qty=130):
        """Somebody buys the contract of the engine's position in the phone app."""
        symbol = self.engine.open_positions()[0]["symbol"]
        self.broker.sim("order", {"symbol": symbol, "side": "B", "qty": qty, "type": "MKT", "product": "MIS"})

    def said(self, event):
        return [b["text"] for b in self.receiver.alarms(event)]

    def finish(self, name, foreign=True):
        flat = wait_for(lambda: self.said("flat"), PATIENCE)
        ledger = self.broker.ledger()
        ours, other = nets(ledger)
        tap.ok(flat, f"{name}: the watchdog says that it is flat", self.watchdog.said()[-1500:])
        tap.ok(not ours, f"{name}: the ledger agrees: nothing of ours is held", (ours, self.watchdog.said()[-800:]))
        tap.ok(not [o for o in ledger["orders"] if o.get("ours", True) and o["status"] in ("open", "trigger pending")], f"{name}: no order of ours is open",
               [o for o in ledger["orders"]][-5:])
        tap.ok(not never_past_flat(ledger), f"{name}: no exit went past flat", never_past_flat(ledger))
        if foreign:
            tap.ok(other, f"{name}: what a stranger holds is untouched: {other}", ledger["trades"][-6:])
        return ledger


def killed():
    with Scene("killed") as s:
        if not tap.ok(s.until_open(), "killed: the engine holds a position", s.engine.said()[-1500:]):
            return
        s.stranger()
        s.engine.kill()
        ledger = s.finish("killed")
        tap.ok(any("dead" in t for t in s.said("alarm")) and len(s.said("takeover")) >= 2, "killed: alarm, fence and takeover are said", s.watchdog.said())
        log = os.path.join(s.engine.state, "watchdog", DAY + ".log")
        lines = [json.loads(x) for x in open(log) if x.strip()]
        tap.ok([x["kind"] for x in lines].count("intent") == len([o for o in ledger["orders"] if o["tag"] in {x["tag"] for x in lines if "tag" in x}]),
               "killed: its log holds an intent for each of its exits", lines)
        wait_for(lambda: s.watchdog.status().get("takeover") == "its positions were closed by the watchdog", PATIENCE)
        s.engine.start(*s.live, env=s.env)
        kill = s.engine.call("status")["kill"]
        tap.ok(kill and kill["rung"] == "stop" and kill["by"] == "watchdog", "killed: the next engine takes no entry before a person has looked", kill)


def wedged(kill):
    name = f"wedged, kill = {kill}"
    with Scene("wedged", kill=kill) as s:
        if not tap.ok(s.until_open(), f"{name}: the engine holds a position", s.engine.said()[-1500:]):
            return
        s.stranger()
        s.engine.process.send_signal(signal.SIGSTOP)
        s.finish(name)
        before = len(s.broker.ledger()["orders"])
        if kill == "no":
            s.engine.process.send_signal(signal.SIGCONT)
            tap.ok(s.engine.wait() == 4, f"{name}: continued, the old engine leaves with 4", s.engine.said()[-800:])
            tap.has(s.engine.said(), ["the account was taken by the watchdog", "nothing more is sent"], f"{name}: and says why")
        else:
            tap.ok(s.engine.wait() == -signal.SIGKILL, f"{name}: the old engine was killed")
        time.sleep(1)
        ledger = s.broker.ledger()
        tap.ok(len(ledger["orders"]) == before and not nets(ledger)[0], f"{name}: it sent nothing after it", ledger["orders"][before:])


def restarted():
    """The engine is back before the grace ends: nothing is closed by anybody else."""
    with Scene("restarted", restart_grace_s=20) as s:
        if not tap.ok(s.until_open(), "restarted: the engine holds a position", s.engine.said()[-1500:]):
            return
        s.engine.kill()
        tap.ok(wait_for(lambda: s.said("takeover"), PATIENCE), "restarted: the account is fenced off", s.watchdog.said())
        s.engine.start(*s.live, env=s.env)
        tap.ok(wait_for(lambda: s.said("well"), PATIENCE), "restarted: well again", s.watchdog.said())
        tap.ok(len(s.said("takeover")) == 1 and not s.said("flat"), "restarted: and its positions are its own", s.watchdog.said())
        tap.ok(not os.path.exists(os.path.join(s.engine.state, "watchdog")), "restarted: the watchdog opened no session")
        tap.ok(not s.engine.call("status")["kill"], "restarted: nothing is latched")


def watchdog_killed_too():
    """The watchdog dies in the middle of it; the next one finds out what the first had sent."""
    with Scene("both") as s:
        if not tap.ok(s.until_open(), "both: the engine holds a position", s.engine.said()[-1500:]):
            return
        s.stranger()
        s.broker.fault("hold", path="/quick/order/rule/ms/place") # the first exit is taken and never answered
        s.engine.kill()
        log = os.path.join(s.engine.state, "watchdog", DAY + ".log")
        tap.ok(wait_for(lambda: os.path.exists(log) and "intent" in open(log).read(), PATIENCE), "both: an exit is on its way", s.watchdog.said())
        s.watchdog.kill()
        s.watchdog.start()
        s.finish("both")


def faults(kind, path, **more):
    with Scene("fault") as s:
        name = f"{kind} {path.rsplit('/', 1)[-1]}"
        if not tap.ok(s.until_open(), f"{name}: the engine holds a position", s.engine.said()[-1500:]):
            return
        s.stranger()
        s.engine.kill()
        wait_for(lambda: s.said("takeover"), PATIENCE)
        s.broker.fault(kind, path=path, **more)
        s.finish(name)


def second_engine():
    """While the watchdog closes, no engine starts."""
    with Scene("second") as s:
        if not tap.ok(s.until_open(), "second: the engine holds a position", s.engine.said()[-1500:]):
            return
        s.broker.fault("reject", path="/quick/order/rule/ms/place", times=0, body="not today")
        s.engine.kill()
        tap.ok(wait_for(lambda: len(s.said("takeover")) > 1, PATIENCE), "second: the watchdog is at it", s.watchdog.said())
        run = s.engine.run(*s.live, speed=None, env=s.env)
        tap.ok(run.returncode == 1 and "the watchdog" in run.stderr, "second: an engine that is started meanwhile is refused", run.stderr)
        tap.ok(wait_for(lambda: any("not flat yet" in t for t in s.said("repeat")), PATIENCE), "second: NOT FLAT is said again and again", s.watchdog.said()[-1500:])
        s.broker.calm()
        s.finish("second", foreign=False)


def fence():
    """The epoch alone: whoever raises it ends the engine, which sends nothing more."""
    with Scene("fence", flatten="no") as s:
        wait_for(lambda: s.engine.ready() and not s.engine.call("ready")["reasons"], PATIENCE)
        with open(os.path.join(s.engine.state, "authority"), "r+b") as f:
            page = mmap.mmap(f.fileno(), 4096)
            struct.pack_into("<Q", page, 8, struct.unpack_from("<Q", page, 8)[0] + 1)
        tap.ok(s.engine.wait() == 4, "fence: a larger epoch ends the engine", s.engine.said()[-800:])
        tap.ok(wait_for(lambda: any("took over" in t for t in s.said("alarm")), PATIENCE), "fence: and the watchdog says so", s.watchdog.said())
        tap.ok(not s.said("takeover"), "fence: flatten = no touches nothing")


def blind(feed):
    with Scene("blind", at="11:00", speed=4, flatten="no") as s:
        wait_for(lambda: s.engine.ready() and not s.engine.call("ready")["reasons"], PATIENCE)
        tap.ok(s.watchdog.sees("well"), "blind: a live engine that hears is well", s.watchdog.said())
        s.broker.feed("market", "mute")
        tap.ok(wait_for(lambda: "blind" in s.receiver.states(), PATIENCE), "blind: a mute feed is heard of", s.watchdog.said())
        tap.ok(any("no prices" in t for t in s.said("alarm")), "blind: with the reason", s.said("alarm"))
        s.broker.feed("market", "resume")
        tap.ok(wait_for(lambda: s.said("well"), PATIENCE), "blind: and of its end", s.watchdog.said())


ALL = {
    "killed": [(killed,)], "wedged": [(wedged, "yes"), (wedged, "no")], "restarted": [(restarted,)], "both": [(watchdog_killed_too,)], "second": [(second_engine,)],
    "fence": [(fence,)], "blind": [(blind, "market")],
    "faults": [(faults, "drop_reply", "/quick/order/rule/ms/place"), (faults, "drop_request", "/quick/order/rule/ms/place"),
               (faults, "empty_book", "/quick/user/orders"), (faults, "tag_replaced", "/quick/user/orders")],
}

if __name__ == "__main__":
    need_broker()
    for word in sys.argv[2:] or ALL:
        for test in ALL[word]:
            tap.run(*test)
    comment(f"{tap.count} checks")
    tap.done()

#!/usr/bin/env python3
"""SIGTERM with twenty positions open while orders are answered by timeouts, refusals and errors, at moments of chance: flat, or the truth about what is not, within
the deadline; nothing is ever sold that is not held; and once the broker is well again the next stop is flat and both books are the same.
    test_flatten.py BUILD [--seed N] [--seeds N]"""
import argparse
import json
import os
import random
import subprocess
import time

from books import compare_books, held
from broker import HOLDING, Broker, many_settings, need_broker
from sauda import ENGINECTL, ENV, PATIENCE, Engine, Refused, Tap, comment, wait_for

FULL = bool(os.environ.get("CHECK_FULL"))
DAY = "2026-11-20"
PLACE, MODIFY, CANCEL = "/quick/order/rule/ms/place", "/quick/order/vr/modify", "/quick/order/cancel"
WANTED, FAST, SLOW = 20, 60, 5
# What an order meets, and whether it was done; a timeout is the client's own: `hold` never answers.
MEETS = (("hold", {}), ("drop_reply", {}), ("drop_request", {}), ("429", {}), ("429", {"retry_after": 2}), ("status", {"status": 503}), ("status", {"status": 500}),
         ("status_after", {"status": 502}), ("status_after", {"status": 504}), ("delay", {"delay_ms": 700}))
FOR_EVER = {"503 for ever": ("status", {"status": 503}), "429 for ever": ("429", {}), "timeouts for ever": ("drop_request", {})}
tap = Tap()


class Life:
    """An account with positions, and the engine that holds them."""

    def __init__(self, broker, engine):
        self.broker, self.engine = broker, engine
        self.config = many_settings(engine.folder, [HOLDING] * 28)

    def start(self):
        self.engine.start("--mode", "live", "--config", self.config, "--clock", self.broker.clock(), wait=False, env=self.broker.env())

    def asked(self, what):
        try:
            return what()
        except (Refused, OSError, EOFError):
            return None

    def ready(self):
        return self.asked(lambda: self.engine.ready() and not self.engine.call("ready")["reasons"])

    def open(self):
        return len(self.asked(self.engine.open_positions) or ())

    def slower(self):
        """The same account and positions under a clock that leaves the deadline its seconds."""
        self.engine.kill()
        for k, v in self.broker.sim("clock", {"speed": SLOW}).items():
            setattr(self.broker, k, v)
        self.start()
        return wait_for(self.ready, PATIENCE)

    def stop(self):
        """SIGTERM; (exit status, what the engine said, the account's seconds from the command to the end)."""
        known = self.engine.call("status")["journal"]["seq"]
        self.engine.terminate()
        status = self.engine.wait(120)
        if status is None:
            self.engine.kill()
        run = subprocess.run([ENGINECTL, "journal", "dump", os.path.join(self.engine.state, "live", "journal"), "--from", str(known), "--json"], env=ENV,
                             capture_output=True, text=True, timeout=PATIENCE)
        records = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
        return status, self.engine.said(), records


def seconds(records):
    """By the journal's stamps: from the order to shut down to the last record."""
    began = next((r for r in records if r["kind"] == "command"), None)
    at = [time.strptime(r["stamp"][:19], "%Y-%m-%dT%H:%M:%S") for r in (began, records[-1])] if began else None
    return time.mktime(at[1]) - time.mktime(at[0]) if at else None


def flips(ledger):
    """Where more was sold than was held: every position here is bought first."""
    held_now, wrong = {}, []
    of = {o["number"]: o for o in ledger["orders"]}
    for t in ledger["trades"]:
        o = of[t["order"]]
        held_now[o["symbol"]] = held_now.get(o["symbol"], 0) + (t["qty"] if o["side"] == "B" else -t["qty"])
        if held_now[o["symbol"]] < 0:
            wrong.append((o["symbol"], held_now[o["symbol"]], t))
    return wrong


def alive(ledger):
    return [o["number"] for o in ledger["orders"] if o["status"] not in ("complete", "cancelled", "rejected")]


def arm(broker, rng, for_ever):
    if for_ever:
        kind, more = FOR_EVER[for_ever]
        return broker.fault(kind, path=PLACE, times=0, **more)
    for _ in range(rng.randrange(8, 30)):
        kind, more = rng.choice(MEETS)
        path = rng.choice((PLACE, PLACE, PLACE, MODIFY, CANCEL))
        broker.fault(kind, path=path, times=rng.choice((1, 1, 1, 3)), skip=rng.randrange(0, 20), **more)


def judge(life, name, positions, status, said, records, for_ever):
    ledger = life.broker.ledger()
    left, orders, took = held(ledger), alive(ledger), seconds(records)
    tap.ok(status in (0, 3), f"{name}: it ends with 0 or 3", (status, said[-2000:]))
    tap.ok(took is not None and took <= 30 + positions // 8 + 2, f"{name}: within the deadline ({took} s of the account's time)", (took, len(records)))
    tap.ok(not flips(ledger), f"{name}: no position changes its sign", flips(ledger))
    if status == 0:
        tap.ok(not left and not orders, f"{name}: flat is flat", (left, orders, said[-2000:]))
    else:
        unnamed = [p["symbol"] for p in left if f"NOT FLAT: {p['symbol']}" not in said]
        tap.ok("NOT FLAT" in said and not unnamed, f"{name}: NOT FLAT names what remains ({len(left)} positions)", (unnamed, said[-2000:]))
    if for_ever:
        tap.ok(status == 3 and len(left) > 0, f"{name}: nothing can be sold, and it says so", (status, left))
    return left


def acknowledged(engine, name):
    """That it ended NOT FLAT is said by the next engine, too, until somebody knows."""
    told = engine.call("status")["not_flat"]
    tap.ok(told and told["text"] == "NOT FLAT after a shutdown" and told["positions"] > 0, f"{name}: the next start still says NOT FLAT", told)
    tap.ok(engine.call("ready")["not_flat"] == told["text"], f"{name}: beside whether it may trade, too", engine.call("ready"))
    run = engine.ctl("acknowledge", "not-flat", "--reason", "seen to")
    tap.ok(run.returncode == 0 and engine.call("status")["not_flat"] is None, f"{name}: until an operator says that he knows", (run, engine.call("status")["not_flat"]))
    tap.ok(engine.ctl("acknowledge", "not-flat", "--reason", "again").returncode != 0, f"{name}: and then there is nothing left to acknowledge")


def flattened(name, seed, for_ever=None):
    rng = random.Random(seed)
    with Broker(f"{DAY}T{rng.choice(('10:00', '11:10', '12:40'))}:00+05:30", FAST, master_rows=20000, cash=50000000, seed=rng.randrange(1, 10**6)) as broker, \
            Engine("flatten") as engine:
        life = Life(broker, engine)
        life.start()
        wait_for(lambda: life.open() > WANTED, PATIENCE)
        up = life.slower()
        positions = life.open()
        if not tap.ok(up and positions >= WANTED, f"{name}: {positions} positions are open", life.engine.said()[-2000:]):
            return
        arm(broker, rng, for_ever)
        status, said, records = life.stop()
        left = judge(life, name, positions, status, said, records, for_ever)
        fired = sum(f["fired"] for f in broker.sim("faults"))
        broker.calm()
        life.start()
        tap.ok(wait_for(life.ready, PATIENCE), f"{name}: the next start takes it up", life.engine.said()[-2000:])
        if status == 3:
            acknowledged(engine, name)
        status_2, said_2, _ = life.stop()
        tap.ok(status_2 == 0, f"{name}: and with the broker well again the stop is flat", (status_2, said_2[-2000:]))
        ledger = broker.ledger()
        tap.ok(not flips(ledger), f"{name}: to the end no sign changed", flips(ledger))
        compare_books(tap, engine, ledger, name)
        tap.ok(engine.verify("live").returncode == 0, f"{name}: the journal is whole")
        comment(f"stop: {name}: {positions} positions of strategies in {len(ledger['positions'])} contracts, {fired} faults struck, status {status}, "
                f"{len(left)} contracts left; then status {status_2}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build", nargs="?")
    p.add_argument("--seed", type=int, default=int(time.time()) % 1000000)
    p.add_argument("--seeds", type=int, default=20 if FULL else 3)
    o = p.parse_args()
    comment(f"seed {o.seed}")
    for n in range(o.seeds):
        flattened(f"seed {o.seed + n}", o.seed + n)
    for n, name in enumerate(FOR_EVER if FULL else list(FOR_EVER)[:1]):
        flattened(name, o.seed + 100 + n, name)


if __name__ == "__main__":
    need_broker()
    tap.run(main)
    tap.done()

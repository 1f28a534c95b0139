#!/usr/bin/env python3
"""kill -9 at moments of chance in a day at sixty times real time, with positions open and orders under way: every start takes up what the broker has, the journal
stays whole, and at the end of the day nothing was lost, doubled or invented and both books earned the same to the paisa.
    test_kill.py BUILD [--kills N] [--seed N]     CHECK_FULL: 500 kills, over as many days as that takes"""
import argparse
import itertools
import os
import random
import time

from books import compare_books, rows
from broker import RESTLESS, Broker, many_settings, need_broker
from sauda import Engine, Refused, Tap, comment

FULL = bool(os.environ.get("CHECK_FULL"))
DAYS = ("2026-11-20", "2026-11-18", "2026-11-13", "2026-11-12", "2026-11-11", "2026-11-17", "2026-11-19", "2026-11-16")
FROM, UNTIL = ("09:05" if FULL else "13:45"), "15:04"  # the square-off belongs to the life that reaches the end
SPEED = 60
ORDERS = ("place", "modify", "cancel")
tap = Tap()


class Day:
    """One simulated day, one state folder, many lives."""

    def __init__(self, broker, engine, rng):
        self.broker, self.engine, self.rng = broker, engine, rng
        self.config = many_settings(engine.folder, [{**RESTLESS, "slow": 2 + n // 3} for n in range(21)])
        self.restored, self.held, self.lives = [], 0, 0

    def start(self):
        """A life; milliseconds from before exec to the first answer that is not `starting`, None when it ended before."""
        began = time.monotonic()
        self.lives += 1
        self.engine.start("--mode", "live", "--config", self.config, "--clock", self.broker.clock(), "--exit", wait=False, env=self.broker.env())
        while self.engine.process.poll() is None:
            try:
                if self.engine.call("status")["state"] != "starting":
                    return (time.monotonic() - began) * 1e3
            except (Refused, OSError, EOFError):
                pass
            time.sleep(0.001)
        return None

    def sent(self):
        return sum(n for what, n in self.broker.sim("stats")["requests"].items() if what.startswith("POST /quick/order"))

    def at_an_order(self):
        """Soon after the next request about an order, or without one."""
        before, end = self.sent(), time.monotonic() + 4
        while self.sent() == before and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(self.rng.choice((0, self.rng.uniform(0, 0.01), self.rng.uniform(0, 0.1))))

    def life(self):
        """Begun, lived and killed. False: it ended by itself."""
        early = self.rng.random() < 0.1
        if early: # a start may be cut anywhere too
            self.engine.start("--mode", "live", "--config", self.config, "--clock", self.broker.clock(), "--exit", wait=False, env=self.broker.env())
            self.lives += 1
            time.sleep(self.rng.uniform(0, 0.1))
        else:
            took = self.start()
            if took is None:
                return False
            if self.lives > 1:
                self.restored.append(took)
            time.sleep(self.rng.uniform(0, 2))
            if self.rng.random() < 0.6:
                self.at_an_order()
            try:
                self.held += bool(self.engine.open_positions())
            except (Refused, OSError, EOFError):
                pass
        if self.engine.process.poll() is not None:
            return False
        self.engine.kill()
        return True

    def now(self):
        """IST, as HH:MM."""
        return time.strftime("%H:%M", time.gmtime(self.broker.now() // 10**9 + 19800))

    def run(self, kills):
        """As many kills as fit, at most `kills`; what happened."""
        broken, done = [], 0
        while done < kills and self.now() < UNTIL:
            if not self.life():
                broken.append(f"life {self.lives} ended with {self.engine.process.poll()}: {self.engine.said()[-800:]}")
                break
            done += 1
            v = self.engine.verify("live")
            if v.returncode != 0 and self.lives > 1:
                broken.append(f"after kill {done}: {(v.stdout + v.stderr)[-400:]}")
        return done, broken


def judge(day, name):
    took = day.start()
    status = day.engine.wait(500)
    tap.ok(status == 0, f"{name}: the last life ends flat with status 0", (status, day.engine.said()[-3000:]))
    if took and day.lives > 1:
        day.restored.append(took)
    ledger = day.broker.ledger()
    compare_books(tap, day.engine, ledger, name)
    twice = [o["tag"] for o in ledger["orders"] if o["tag"]]
    tap.ok(len(twice) == len(set(twice)), f"{name}: no tag was sent twice", sorted(t for t in set(twice) if twice.count(t) > 1))
    left = [h["left_at"] for h in rows(day.engine, "live", "select left_at from history where exit_reason = 'square_off'")]
    tap.ok(all((at // 10**9 + 19800) % 86400 < (15 * 60 + 10) * 60 for at in left), f"{name}: flat by 15:10", left)
    v = day.engine.verify("live")
    tap.ok(v.returncode == 0, f"{name}: the journal is whole", v.stdout + v.stderr)


def killed(date, kills, rng, restored):
    """How often it was killed."""
    with Broker(f"{date}T{FROM}:00+05:30", SPEED, master_rows=20000, cash=50000000, seed=rng.randrange(1, 10**6)) as broker, Engine("killed") as engine:
        day = Day(broker, engine, rng)
        done, broken = day.run(kills)
        tap.ok(not broken, f"{date}: {done} kills, every life but the last ends by one, and the journal verifies after each", broken)
        judge(day, date)
        tap.ok(day.held * 4 >= done or done < 10, f"{date}: positions were open at {day.held} of {done} kills")
        restored += day.restored
        comment(f"{date}: {done} times killed, {day.held} times with positions open, {len(broker.ledger()['orders'])} orders, {len(broker.ledger()['trades'])} executions")
        return done


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build", nargs="?")
    p.add_argument("--kills", type=int, default=500 if FULL else 25)
    p.add_argument("--seed", type=int, default=int(time.time()) % 1000000)
    o = p.parse_args()
    comment(f"seed {o.seed}")
    rng, restored, left = random.Random(o.seed), [], o.kills
    for date in itertools.cycle(DAYS):
        done = killed(date, left, rng, restored)
        left -= done
        if left <= 0 or done == 0:
            break
    tap.ok(left <= 0, f"{o.kills} kills in all", left)
    comment(f"table: {o.kills - left} kills, exec to restored state (asked through the control socket) p50 {percentile(restored, 50):.0f} ms, "
            f"p99 {percentile(restored, 99):.0f} ms, most {max(restored):.0f} ms of {len(restored)}; goal 250 ms")


if __name__ == "__main__":
    need_broker()
    tap.run(main)
    tap.done()

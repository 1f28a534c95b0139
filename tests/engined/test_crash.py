"""kill -9 at any moment, and a restart: the same books in the end, positions that were open stay open, the journal whole. Compared
are orders, fills, trades, money and strategies; the journal's hash differs, because each start is a record too."""
import datetime
import os
import random
import time

import market
from sauda import Engine, PATIENCE, Tap, books, comment, pause_with_positions, recording, summary, wait_for

tap = Tap()
ROUNDS = 6
CRASHES = 12  # in one run, at most


def kill_in_the_middle(e, path, rng, took):
    """Starts and kills until a start reaches the end; its summary, and how often it was killed."""
    for crashes in range(CRASHES + 1):
        e.start("--exit", "--data", path, speed="max", wait=False)
        status = e.wait(rng.uniform(0.02, max(0.2, took)) if crashes < CRASHES else PATIENCE)
        if status is None:
            e.kill()
            continue
        return crashes, status, e.printed()
    return CRASHES, None, ""


def at_full_speed(path, name, rounds, seed):
    rng = random.Random(seed)
    with Engine() as whole:
        began = time.monotonic()
        expected = summary(whole.replay(path))
        took = time.monotonic() - began
    comment(f"{name}: uninterrupted {took * 1000:.0f} ms, {expected['trades']} trades, seed {seed}")
    crashes = 0
    for n in range(rounds):
        with Engine() as e:
            killed, status, out = kill_in_the_middle(e, path, rng, took)
            crashes += killed
            r = type("Run", (), {"stdout": out})
            got = summary(r)
            differ = {k: (v, books(expected)[k]) for k, v in books(got).items() if v != books(expected)[k]} if got else e.said()
            tap.ok(status == 0 and differ == {}, f"{name}: killed {killed} times, the same books in the end", differ)
            v = e.verify()
            tap.ok(v.returncode == 0, f"{name}: journal verify passes", v.stdout + v.stderr)
    tap.ok(crashes > 0, f"{name}: there were crashes at all", crashes)
    comment(f"{name}: {crashes} kills in {rounds} runs")


def same_positions(before, after):
    """But for prices and ages, which go on."""
    def facts(items):
        return [{k: p[k] for k in ("symbol", "strategy", "side", "qty", "lots", "lot", "average", "opened", "charges", "product")}
                for p in items]
    return facts(before) == facts(after)


def with_open_positions(path, name, turns):
    """Kills with positions open, as a person would see it; each start goes on where the journal ends."""
    with Engine() as whole:
        expected = summary(whole.replay(path))
    with Engine() as e:
        seen = 0
        for _ in range(turns):
            e.start("--data", path, speed=1)
            if not pause_with_positions(e):
                e.kill()
                break
            before, balance = e.open_positions(), e.call("balance")
            e.kill()
            e.start("--data", path, speed=1)
            e.call("replay.set", paused=True)
            after = e.open_positions()
            seen += 1
            tap.ok(same_positions(before, after), f"{name}: {len(before)} open positions are the same after a kill", (before, after))
            tap.ok(all(e.call("balance")[k] == balance[k] for k in ("realised", "charges", "used", "capital")),
                   f"{name}: and so is the money", (balance, e.call("balance")))
            e.call("replay.set", step=400)  # to another position, or deeper into this one
            e.kill()
        tap.ok(seen > 0, f"{name}: positions were open at a kill", e.said())
        got = e.replay(path)
        tap.equal(books(summary(got)), books(expected), f"{name}: and the books in the end are those of a run without a crash")


def at_a_pace(path, name, seed):
    """While the clock runs, at moments of chance that are not near a position only."""
    rng = random.Random(seed)
    with Engine() as whole:
        expected = summary(whole.replay(path))
    with Engine() as e:
        held = 0
        for _ in range(6):
            e.start("--data", path, speed=6000)
            time.sleep(rng.uniform(0.05, 0.7))
            held += len(e.open_positions())
            e.kill()
        got = e.replay(path)
        comment(f"{name}: {held} positions were open at 6 kills")
        tap.equal(books(summary(got)), books(expected), f"{name}: killed while the clock ran, the same books in the end")
        tap.equal(e.verify().returncode, 0, f"{name}: journal verify passes")


def behind(e):
    """Seconds between the demo's clock and the wall's."""
    return time.time() - datetime.datetime.fromisoformat(e.call("status")["now"]).timestamp()


def demo():
    """The demo goes on after a crash too: its market is a function of seed and start."""
    with Engine() as e:
        e.start("--mode", "demo")
        tap.ok(wait_for(lambda: behind(e) < 60, PATIENCE), "demo: catches up with the wall clock", e.said())
        before = e.call("status")
        e.kill()
        e.start("--mode", "demo")
        after = e.call("status")
        tap.ok(after["journal"]["id"] == before["journal"]["id"] and after["journal"]["seq"] >= before["journal"]["durable"] and
               after["epoch"] > before["epoch"], "demo: goes on in its journal under a greater epoch", (before, after))


if __name__ == "__main__":
    with Engine("sauda-data") as folder:
        day = os.path.join(folder.folder, "NIFTY_madeup.csv")
        market.option_days(day, 2, strikes=5)
        long = os.path.join(folder.folder, "NIFTY_three_days.csv")
        market.option_days(long, 2, days=("2023-04-10", "2023-04-11", "2023-04-12"), strikes=8)
        tap.run(at_full_speed, long, "three made-up days", ROUNDS, 1)
        tap.run(with_open_positions, day, "made-up day", 4)
        tap.run(at_a_pace, day, "made-up day at a pace", 2)
        tap.run(demo)
        real = recording("options/BANKNIFTY_fno_1min_2023-04-10.csv.gz")
        if real:
            tap.run(at_full_speed, real, "BANKNIFTY 2023-04-10", 4, 3)
            tap.run(with_open_positions, real, "BANKNIFTY 2023-04-10", 2)
        else:
            tap.skip("a real option day", "SAUDA_DATA does not name a folder with recordings")
    tap.done()

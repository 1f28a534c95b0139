"""The disk is gone: an engine is killed with positions open, its state folder is empty at the next start, and MongoDB gives all of it back. What the lost
disk had is kept aside here, and compared with: state, rows and the journal's own records. Skipped, and said so, where no server is to be had."""
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "engined"))
sys.path.insert(0, os.path.join(HERE, "..", "live"))
sys.path.insert(0, HERE)
from broker import ACCOUNT  # noqa: E402
from mongo_server import Missing, Server  # noqa: E402
from sauda import ENGINECTL, ENV, PATIENCE, TABLES, Engine, Tap, comment, wait_for  # noqa: E402

LIVES = 3
SPEED = 200  # quick, and the rows keep up
LAG = 200
TABLES_ASKED = ("history", "trades", "equity", "events")
tap = Tap()


def ask(*args):
    return subprocess.run([ENGINECTL, *args], env={**ENV, "SAUDA_TABLES": TABLES}, capture_output=True, text=True, timeout=PATIENCE * 2)


def dump(journal):
    return {r["seq"]: r for r in map(json.loads, ask("journal", "dump", journal, "--json").stdout.splitlines())}


def state_at(journal, record):
    """Positions, orders, equity and limits as they were behind that record, lived again from the journal."""
    got = ask("replay", record["stamp"][:10], "--until", str(record["seq"]), "--journal", journal)
    return json.loads(got.stdout)["state"] if got.returncode == 0 else got.stdout + got.stderr


def rows(engine, method, upto):
    backwards = method in ("history", "trades")
    items, cursor = [], {} if backwards else {"after": 0}
    while True:
        page = engine.call(method, limit=1000, **cursor)
        items += [r for r in page["items"] if r["seq"] <= upto]
        if not page["next"]:
            return sorted(items, key=lambda r: r["seq"])
        cursor = {"before" if backwards else "after": page["next"]}


def caught_up(engine, upto):
    return wait_for(lambda: engine.call("status")["store"]["ok"] and engine.call("status")["store"]["seq"] >= upto, PATIENCE * 2)


def traded(engine):
    store = engine.call("status")["store"]
    return engine.open_positions() and engine.call("history", limit=1)["items"] and store["ok"] and store["lag"] < LAG


def difference(ours, theirs):
    return [line for pair in zip(ours, theirs) for line in pair if pair[0] != pair[1]] + [len(ours), len(theirs)] * (len(ours) != len(theirs))


def lose_disk(engine, env):
    """Killed with a position open; what the disk had goes aside. The time it took to be there again."""
    tap.ok(wait_for(lambda: traded(engine), PATIENCE), "positions are open and some were closed", engine.said()[-500:])
    shown = engine.call("status")["store"]["seq"]
    seen = {table: rows(engine, table, shown) for table in TABLES_ASKED}  # later ones may be there in part
    engine.kill()
    old = engine.state + f".lost-{time.monotonic_ns()}"
    os.rename(engine.state, old)
    began = time.monotonic()
    engine.start("--mode", "demo", speed=1, env=env)
    return old, time.monotonic() - began, shown, seen


def compare_journal(engine, old, last):
    """The lost disk's journal, made into rows by another engine, beside those that MongoDB kept. Only a journal with its beginning has the names for it."""
    with Engine() as reference:
        shutil.copytree(old, reference.state)
        reference.start("--mode", "demo", speed=1, env=ENV)
        caught_up(reference, last)
        for table in TABLES_ASKED:
            ours, theirs = rows(engine, table, last), rows(reference, table, last)
            tap.equal(difference(ours, theirs), [], f"{table}: {len(theirs)} rows as in the lost journal, diff 0 lines")


def compare_shown(engine, shown, seen):
    for table, theirs in seen.items():
        tap.equal(difference(rows(engine, table, shown), theirs), [], f"{table}: {len(theirs)} rows as shown before, diff 0 lines")
    return sum(len(r) for r in seen.values())


def life(engine, env, n):
    old, took, shown, seen = lose_disk(engine, env)
    found = re.search(r"restored from MongoDB in ([\d.]+) ms: checkpoint (\d+), records (\d+) to (\d+)", engine.said())
    if not tap.ok(found, "it comes back from MongoDB, and says so", engine.said()[-1000:]):
        return False
    last = int(found[4])
    before, after = dump(os.path.join(old, "demo", "journal")), dump(os.path.join(engine.state, "demo", "journal"))
    kept = [s for s in after if s <= last]
    tap.equal([s for s in kept if after[s] != before.get(s)], [], f"{len(kept)} records are those of the lost journal")
    ours, theirs = (state_at(os.path.join(d, "demo", "journal"), before[last]) for d in (engine.state, old))
    ours.pop("checkpoint", None) if isinstance(ours, dict) else None
    tap.ok(isinstance(ours, dict) and ours == theirs, "state behind the last record: diff 0 lines", (ours, theirs))
    caught_up(engine, last)
    tap.ok(all(r["seq"] <= last for table in seen.values() for r in table), "it knows of all that was shown", (last, shown))
    count = compare_shown(engine, min(last, shown), seen)  # beyond `last` are the new life's own
    if n == 0:
        compare_journal(engine, old, last)
    comment(f"life {n + 1}: checkpoint {found[2]}, {len(kept)} records, {max(before) - last} lost, {len(ours['positions'])} positions and {count} rows the same; "
            f"restored in {found[1]} ms, armed after {took * 1000:.0f} ms")
    starts = [r for s, r in sorted(after.items()) if s > last and r["kind"] == "start"]
    epochs = [r["epoch"] for r in before.values() if r["kind"] == "start" and "epoch" in r]
    tap.ok(starts and all(starts[0]["epoch"] > e for e in epochs), "its epoch is later than any that was", starts[:1])
    tap.ok(not os.path.exists(os.path.join(engine.state, "demo", "journal", "restored")), "once recovered it is a journal as any other")
    return True


def refused():
    """A database that cannot be asked is no reason to forget what it knows."""
    away = {"MONGODB_URI": "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=100", **ACCOUNT, "KOTAK_SESSION_URL": "https://127.0.0.1:1"}
    with Engine() as e:
        done = e.run("--mode", "paper", speed=None, env=away)
        tap.has(done.stderr, ["no journal in", "MongoDB", "--fresh"], "paper without a journal does not begin while its database is away")


def main():
    try:
        server = Server()
    except Missing as why:
        tap.skip("a lost disk", str(why))
        print("1..1", flush=True)
        return
    try:
        comment("server: " + server.name)
        env = {**ENV, "MONGODB_URI": server.uri() + f"restore_{os.getpid()}"}
        with Engine() as e:
            e.start("--mode", "demo", speed=SPEED, env=env)
            tap.has(e.said(), ["first start of this account"], "the first start finds nothing to take up")
            for n in range(LIVES):
                if not life(e, env, n):
                    break
                e.kill()
                e.start("--mode", "demo", speed=SPEED, env=env)
        tap.run(refused)
    finally:
        server.close()
    tap.done()


main()

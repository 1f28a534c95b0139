"""One suite, both databases: the store's tests against a MongoDB server, then a replayed month's rows compared field by field with SQLite's while the
server is killed and started again 50 times. Skipped, and said so, where no server is to be had."""
import contextlib
import fcntl
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "engined"))
sys.path.insert(0, HERE)
import market  # noqa: E402
from mongo_server import Missing, Server  # noqa: E402
from sauda import BUILD, ENGINECTL, ENV, Engine, Tap, comment, recording, wait_for  # noqa: E402

MONTH = "NIFTY_opt_15min_exp2025-01-30_atm10.csv.gz"
PROGRAMS = ("test_mongo", "test_projection", "test_query", "test_store")
KILLS = 50
BATCH = 200
PAUSE_MS = 15  # after each batch: a quick server would be done before it was killed often
DEATHS = 10
tap = Tap()


def program(name):
    return os.path.join(BUILD, "tests", "store", name)


def same_tests(server):
    for name in PROGRAMS:
        done = subprocess.run([program(name)], env={**os.environ, "STORE_TEST_URI": server.uri(), "CMOCKA_MESSAGE_OUTPUT": "TAP"},
                              capture_output=True, text=True, timeout=600, check=False)
        lines = (done.stdout + done.stderr).splitlines()
        for line in lines:
            if line.startswith("ok "):
                tap.ok(True, "MongoDB: " + line.split(" - ", 1)[-1])
        bad = [line for line in lines if line.startswith("not ok")]
        tap.ok(done.returncode == 0 and not bad, f"MongoDB: {name} passes", "\n".join(lines[-30:]))


def kill_often(server, process):
    """Reads what it says and kills the server KILLS times, spread over the way it has to go. Its last words, and how often."""
    kills, said = 0, []
    for line in process.stdout:
        if not line.startswith("at "):
            said.append(line.strip())
            if line.startswith("caught up"):
                process.stdin.close()
            continue
        at, last = (int(word) for word in line.split()[1::2])
        due = min(KILLS, at * (KILLS + 1) // last) if server.can_die() else 0
        while kills < due:
            server.kill()
            kills += 1
            time.sleep(0.03)
            server.start()
    process.wait(60)
    return said, kills


def die_often(command):
    """The projecting side is killed in the middle of its batches, with the server well; returns how often it was still at work then."""
    died = 0
    for n in range(DEATHS):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(0.15 + 0.02 * n)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            died += 1
    return died


def month(server):
    path = recording(os.path.join("options", MONTH))
    if not path:
        tap.skip("a replayed month in both databases", "no recordings (SAUDA_DATA)")
        return
    with Engine() as e:
        done = e.replay(path)
        tap.equal(done.returncode, 0, "a month is replayed into SQLite")
        state = os.path.join(e.state, "replay")
        command = [program("both"), os.path.join(state, "journal"), os.path.join(state, "sauda.db"), server.uri() + f"month_{os.getpid()}", str(BATCH), str(PAUSE_MS)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said, kills = kill_often(server, process)
        tap.ok(process.returncode == 0 and any(" 0 lost, 0 doubled" in line for line in said), "the same rows in both, field by field", "\n".join(said))
        if server.can_die():
            tap.equal(kills, KILLS, f"{KILLS} times the server was killed meanwhile")
        comment(f"a month of {server.name}, killed {kills} times: " + "; ".join(said))
        command[3] = server.uri() + f"died_{os.getpid()}"
        died = die_often(command)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
        tap.ok(done.returncode == 0, f"the same rows after the projecting process died {died} times", done.stdout[-400:])


def away(server):
    """The engine begins, trades and ends while the server is away; what it did not take it takes at the next start."""
    with Engine() as e:
        settings = {"MONGODB_URI": server.uri() + f"away_{os.getpid()}?serverSelectionTimeoutMS=500", **os.environ}
        server.kill()
        e.start("--mode", "demo", speed="max", env=settings)
        status = e.call("status")
        tap.ok(status["store"]["backend"] == "mongodb" and not status["store"]["ok"], "it starts without its database, and says so", status["store"])
        before = status["journal"]["durable"]
        tap.ok(wait_for(lambda: e.call("status")["journal"]["durable"] > before + 100, 30), "the journal goes on")
        store = e.call("status")["store"]
        tap.ok(store["lag"] > 100 and store["error"], "the lag is shown, and why", store)
        server.start()
        tap.ok(wait_for(lambda: e.call("status")["store"]["ok"], 60), "it finds the server by itself")
        tap.ok(wait_for(lambda: e.call("status")["store"]["seq"] > before, 120), "and catches up", e.call("status")["store"])
        server.pause(True)
        stuck = e.call("status")["journal"]["durable"]
        tap.ok(wait_for(lambda: e.call("status")["journal"]["durable"] > stuck + 100, 30), "one that takes the call and answers nothing holds up no record")
        server.pause(False)
        tap.ok(wait_for(lambda: e.call("status")["store"]["ok"] and e.call("status")["store"]["seq"] > stuck, 120), "it catches up again",
               e.call("status")["store"])
        server.pause(True)
        e.process.send_signal(signal.SIGTERM)
        tap.ok(e.wait() is not None, "nor does it keep the engine from ending", e.said())
        server.pause(False)


def migrate(e, server, *words, env=None):
    settings = {**ENV, "MONGODB_URI": server.uri() + f"migrate_{os.getpid()}"} if env is None else env
    return subprocess.run([ENGINECTL, "store", "migrate", "--state", e.state, "--mode", "replay", *words], env=settings, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=False)


def rows_of(path):
    """Every row of the file, by table."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY 1")]
        return {t: sorted(db.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}


def there_and_back(server):
    with Engine() as e:
        path = os.path.join(e.folder, "NIFTY_madeup.csv")
        market.option_days(path, 2, strikes=5)
        tap.equal(e.replay(path).returncode, 0, "two days in SQLite")
        file = os.path.join(e.state, "replay", "sauda.db")
        before = rows_of(file)
        there = migrate(e, server, "--from", "sqlite", "--to", "mongo", "--json")
        said = json.loads(there.stdout or "{}")
        rows = sum(len(r) for t, r in before.items() if t != "journals")
        tap.ok(there.returncode == 0 and said.get("rows") == rows and said.get("refused") == 0, "store migrate: all rows to MongoDB", there)
        again = migrate(e, server, "--from", "sqlite", "--to", "mongo")
        tap.ok(again.returncode == 0 and f"{rows} rows migrated" in again.stdout, "again is harmless", again)
        os.rename(file, file + ".before")
        back = migrate(e, server, "--from", "mongo", "--to", "sqlite")
        tap.ok(back.returncode == 0, "and back", back)
        tap.ok(rows_of(file) == before, "with the same rows, field by field")
        refusals(e, server, file)
        shown_as_it_goes(e, server)


def refusals(e, server, file):
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("UPDATE journals SET seq = seq - 1")
        db.commit()
    tap.has(migrate(e, server, "--from", "sqlite", "--to", "mongo").stderr, ["already has rows", "other way"], "a target that is ahead is left as it is")
    os.remove(file)
    tap.has(migrate(e, server, "--from", "sqlite", "--to", "mongo").stderr, ["no sauda.db"], "no file to migrate from")
    tap.has(migrate(e, server, "--from", "mongo", "--to", "sqlite", env=ENV).stderr, ["MONGODB_URI"], "no server named")
    for words in (["--from", "sqlite"], ["--from", "mongo", "--to", "mongo"], ["--from", "sqlite", "--to", "oracle"], ["--from"], ["--now"]):
        done = migrate(e, server, *words)
        tap.ok(done.returncode == 2 and "usage" in done.stderr, f"wrong usage is told: {' '.join(words)}", done.stderr)
    with open(os.path.join(e.state, "replay", "journal", "lock"), "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tap.has(migrate(e, server, "--from", "mongo", "--to", "sqlite").stderr, ["engine runs"], "not beside a running engine")
    secret = {**ENV, "MONGODB_URI": "mongodb://alice:hunter2@127.0.0.1:1/x?serverSelectionTimeoutMS=100"}
    done = migrate(e, server, "--from", "mongo", "--to", "sqlite", env=secret)
    tap.ok(done.returncode == 1 and "MongoDB" in done.stderr and "hunter2" not in done.stdout + done.stderr, "no server, and no password in what is said", done.stderr)


def shown_as_it_goes(e, server):
    """On a terminal it has a bar."""
    ours, theirs = pty.openpty()
    done = subprocess.run([ENGINECTL, "store", "migrate", "--state", e.state, "--mode", "replay", "--from", "mongo", "--to", "sqlite"],
                          env={**ENV, "MONGODB_URI": server.uri() + f"migrate_{os.getpid()}"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=theirs, timeout=120, check=False)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    os.close(theirs)
    tap.ok(done.returncode == 0 and "[####" in text and "100 %" in text, "a bar on a terminal", text)


def main():
    try:
        server = Server()
    except Missing as why:
        tap.skip("the store on MongoDB", str(why))
        print("1..1", flush=True)
        return
    try:
        comment("server: " + server.name)
        same_tests(server)
        tap.run(there_and_back, server)
        if server.can_die():
            tap.run(away, server)
        tap.run(month, server)
    finally:
        server.close()
    tap.done()


main()

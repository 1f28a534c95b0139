"""One suite, both databases: the store's tests against a MongoDB server, then a replayed month's rows compared field by field with SQLite's while the
server is killed and started again 50 times. Skipped, and said so, where no server is to be had."""
import os
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "engined"))
sys.path.insert(0, HERE)
from mongo_server import Missing, Server  # noqa: E402
from sauda import BUILD, Engine, Tap, comment, recording, wait_for  # noqa: E402

MONTH = "NIFTY_opt_15min_exp2025-01-30_atm10.csv.gz"
PROGRAMS = ("test_mongo", "test_projection", "test_query", "test_store")
KILLS = 50
BATCH = 200
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


def kill_often(server, process, ret):
    """As long as it projects; the breaks are longer than a batch takes, so that something moves between them."""
    while ret["kills"] < KILLS and process.poll() is None:
        time.sleep(0.25)
        server.kill()
        ret["kills"] += 1
        time.sleep(0.05)
        server.start()


def month(server):
    path = recording(os.path.join("options", MONTH))
    if not path:
        tap.skip("a replayed month in both databases", "no recordings (SAUDA_DATA)")
        return
    with Engine() as e:
        done = e.replay(path)
        tap.equal(done.returncode, 0, "a month is replayed into SQLite")
        state = os.path.join(e.state, "replay")
        command = [program("both"), os.path.join(state, "journal"), os.path.join(state, "sauda.db"), server.uri() + f"month_{os.getpid()}", str(BATCH)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        count = {"kills": 0}
        killer = threading.Thread(target=kill_often, args=(server, process, count))
        if server.can_die():
            killer.start()
        said = process.communicate(timeout=900)[0].splitlines()
        if server.can_die():
            killer.join()
        end = [line for line in said if not line.startswith("at ")]
        tap.ok(process.returncode == 0 and any(" 0 lost, 0 doubled" in line for line in end), "the same rows in both, field by field", "\n".join(end[-10:]))
        if server.can_die():
            tap.ok(count["kills"] == KILLS, f"{KILLS} times the server was killed meanwhile", count["kills"])
        comment(f"a month of {server.name}, killed {count['kills']} times: " + "; ".join(end))


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
        if server.can_die():
            away(server)
        month(server)
    finally:
        server.close()
    tap.done()


main()

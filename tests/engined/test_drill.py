#!/usr/bin/env python3
"""enginectl crash-drill: a small drill proves what it should and leaves nothing behind; one whose engine cannot live says so, fails and keeps its folder; it
needs nothing of its caller's environment and does not run beside an engine unasked. The verdict itself: test_drill.c."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from sauda import BUILD, ENGINECTL, ENGINED, ENV, TABLES, Engine, Tap, comment, wait_for

NEOSIM = os.path.join(BUILD, "tests", "neosim", "neosim")
KILLS = "300" if os.environ.get("CHECK_FULL") else "8"
tap = Tap()


def command(*args, socket="/nonexistent/control.sock", tables=TABLES):
    return [ENGINECTL, "--socket", socket, "crash-drill", "--tables", tables, *args]


def drill(folder, *args, **more):
    env = {**ENV, "TMPDIR": folder, "KOTAK_MPIN": "999999", "KOTAK_SESSION_URL": "https://192.0.2.1"}  # the operator's own: never for the drill
    return subprocess.run(command(*args, **more), env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800)


def number(text, pattern):
    found = re.search(pattern, text)
    return int(found.group(1)) if found else None


def proves():
    with tempfile.TemporaryDirectory(prefix="d-") as folder:
        run = drill(folder, "--kills", KILLS, "--seed", "7", "--keep")
        if not tap.ok(run.returncode == 0 and "\nPROVEN: " in run.stdout, f"{KILLS} kills: proven", (run.stdout[-3000:], run.stderr[-2000:])):
            return
        tap.equal(number(run.stdout, r"\nkills +(\d+),"), int(KILLS), "as many kills as asked")
        tap.equal(sum(int(n) for n in re.findall(r"(?m)^  [a-z' ]+ (\d+)(?:  \(|$)", run.stdout)), int(KILLS), "each is told with its point")
        there, here = number(run.stdout, r"orders at the broker +(\d+),"), number(run.stdout, r"orders in the journal +(\d+);")
        tap.ok(there and there == here, "the same number of orders on both sides", (there, here))
        tap.ok("lost 0, doubled 0, invented 0, differing 0, unsettled 0, positions left 0" in run.stdout, "nothing is wrong", run.stdout)
        tap.ok("Yours are not touched" in run.stdout, "it says that it keeps its hands off", run.stdout)
        kept = [d for d in os.listdir(folder) if d.startswith("sauda-drill-")]
        tap.ok(len(kept) == 1 and f"kept: {folder}/{kept[0]}" in run.stdout, "asked to, it keeps its folder", (kept, run.stdout[-200:]))
        journal = os.path.join(folder, kept[0], "day1", "state", "live", "journal")
        verify = subprocess.run([ENGINECTL, "journal", "verify", journal], env=ENV, capture_output=True, text=True, timeout=120)
        tap.ok(verify.returncode == 0, "and the journal there is whole", verify.stdout)
        comment(next(x for x in run.stdout.splitlines() if x.startswith("restored")))


def cannot():
    with tempfile.TemporaryDirectory(prefix="d-") as folder:
        run = drill(folder, "--kills", "2", tables=folder)  # tables without a calendar: no engine starts on them
        tap.ok(run.returncode == 1 and "\nNOT PROVEN: life 1: the engine ended by itself" in run.stdout, "an engine that cannot live proves nothing", run.stdout[-2000:])
        kept = [d for d in os.listdir(folder) if d.startswith("sauda-drill-")]
        tap.ok(len(kept) == 1 and kept[0] in run.stdout and os.path.getsize(os.path.join(folder, kept[0], "day1", "engined.log")) > 0,
               "the folder stays, with the engine's last words", (kept, run.stdout[-300:]))
        run = drill(folder, "--neosim", "/bin/true")
        tap.ok(run.returncode == 1 and "the simulated broker does not start" in run.stdout, "no broker, no proof", run.stdout[-500:])
        run = drill(folder, "--engined", os.path.join(folder, "nothing"))
        tap.ok(run.returncode == 1 and "--engined FILE" in run.stderr, "a program that is not there is named", run.stderr)


# An engine that begins anew from its third start on: what it knew is gone.
FORGETFUL = """#!/bin/sh
echo x >>"$0.starts"
[ "$(wc -l <"$0.starts")" -lt 3 ] || set -- "$@" --fresh
exec "%s" "$@"
"""


def forgets():
    with tempfile.TemporaryDirectory(prefix="d-") as folder:
        path = os.path.join(folder, "engined")
        with open(path, "w") as f:
            f.write(FORGETFUL % ENGINED)
        os.chmod(path, 0o700)
        run = drill(folder, "--kills", "4", "--seed", "7", "--engined", path)
        tap.ok(run.returncode == 1 and "\nNOT PROVEN: " in run.stdout and "\nPROVEN" not in run.stdout, "an engine that forgets is found out", run.stdout[-2000:])
        tap.ok("everything is kept for a look" in run.stdout, "and what it did is kept", run.stdout[-300:])
        comment(next((x for x in run.stdout.splitlines() if x.startswith("NOT PROVEN")), ""))


def usage():
    with tempfile.TemporaryDirectory(prefix="d-") as folder:
        for words in (("--kills", "0"), ("--kills", "10001"), ("--kills",), ("--seed", "-1"), ("--broker", "kotak"), ("now",)):
            run = drill(folder, *words)
            tap.ok(run.returncode == 2 and "enginectl crash-drill [" in run.stderr, f"{' '.join(words)}: usage", run.stderr)
        tap.equal(os.listdir(folder), [], "and nothing was begun")


def beside():
    with Engine("beside") as engine, tempfile.TemporaryDirectory(prefix="d-") as folder:
        engine.start("--mode", "demo")
        run = drill(folder, "--kills", "1", socket=engine.socket)
        tap.ok(run.returncode == 1 and "an engine answers here" in run.stderr and os.listdir(folder) == [], "not beside an engine unless told", run.stderr)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(x) for x in f.read().split()]


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def interrupted(number, left, name):
    with tempfile.TemporaryDirectory(prefix="d-") as folder:
        p = subprocess.Popen(command("--kills", "1000"), env={**ENV, "TMPDIR": folder}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: len(children(p.pid)) == 2, 60)
        time.sleep(1)
        pids = children(p.pid)
        p.send_signal(number)
        tap.ok(p.wait(60) != 0, f"{name}: it ends without a proof", p.returncode)
        tap.ok(wait_for(lambda: all(gone(pid) for pid in pids), 20), f"{name}: and its children with it", pids)
        tap.equal(len(os.listdir(folder)), left, f"{name}: its folder " + ("stays" if left else "is gone"))


if __name__ == "__main__":
    if not os.path.exists(NEOSIM):
        print("1..0 # SKIP no simulated broker was built")
        sys.exit(0)
    tap.run(usage)
    tap.run(cannot)
    tap.run(forgets)
    tap.run(beside)
    tap.run(lambda: interrupted(signal.SIGTERM, 0, "SIGTERM"))
    tap.run(lambda: interrupted(signal.SIGKILL, 1, "SIGKILL"))
    tap.run(proves)
    tap.done()

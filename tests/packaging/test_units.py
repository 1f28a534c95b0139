#!/usr/bin/env python3
"""The systemd units as far as they can be judged without systemd running: their exposure, that they name every secret, and that their filter allows what the
programs really call, seen by strace on a live engine against the simulated broker. The real thing is test_deb.py."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
for folder in ("engined", "live", "neosim"):
    sys.path.insert(0, os.path.join(TOP, "tests", folder))
from broker import Broker, settings  # noqa: E402
from sauda import BUILD, ENGINE_API, ENV, PATIENCE, TABLES, Engine, Tap, comment, spawn, wait_for  # noqa: E402

UNITS = os.path.join(TOP, "packaging", "systemd")
LIMITS = {"engined": 11, "engine-api": 3, "engine-watchdog": 11}  # tenths
QUIET = {"sauda-backup": 4}  # those that speak to nobody
# What a filter refuses with EPERM and the programs live with: getrlimit by prlimit64 (a default takes its place); SQLite's fchown, which it calls as root only;
# setpriority, where Nice= has done it.
LIVED_WITH = {"prlimit64", "fchown", "setpriority"}
tap = Tap()


def unit(name):
    with open(os.path.join(UNITS, name)) as f:
        return f.read()


def lines(text, key):
    return re.findall(rf"^{key}=(.*)$", text, re.M)


def exposure():
    if not shutil.which("systemd-analyze"):
        return tap.skip("exposure of the units", "no systemd-analyze here")
    for name, limit in {**LIMITS, **QUIET}.items():
        path = os.path.join(UNITS, name + ".service")
        run = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={limit}", path], capture_output=True, text=True)
        score = re.search(r"exposure level for \S+: ([0-9.]+)", run.stdout)
        tap.ok(run.returncode == 0 and score, f"{name}: exposure at most {limit / 10}", run.stdout[-300:] + run.stderr)
        if score:
            comment(f"exposure of {name}: {score.group(1)}")


def secrets():
    """Of the settings' table; a new secret that no unit hands over would be missed on a server only."""
    with open(os.path.join(TOP, "engined", "config", "config.tbl.h")) as f:
        rows = [r for r in f if r.startswith("CONFIG_STRING") and "CONFIG_SECRET" in r]
    names = sorted(re.search(r'CONFIG_SECRET, "([A-Z_]+)"', r).group(1).lower() for r in rows)
    tap.ok(len(names) > 8, "the table has secrets", names)
    for name in ("engined", "engine-watchdog"):
        tap.equal(sorted(lines(unit(name + ".service"), "LoadCredentialEncrypted")), names, f"{name}: each secret may come as a credential")
    tap.equal(lines(unit("engine-api.service"), "LoadCredential.*"), [], "engine-api: gets none")


def policy():
    engine, watchdog, api = (unit(n + ".service") for n in ("engined", "engine-watchdog", "engine-api"))
    tap.equal(lines(engine, "RestartPreventExitStatus"), ["1 2 3"], "engined: restarted on 4 and on death, not on a start that cannot succeed, not on NOT FLAT")
    tap.equal(lines(engine, "Restart"), ["on-failure"], "engined: 0 is an end")
    tap.ok(lines(watchdog, "Before") == ["engined.service"] and not re.search(r"^(Requires|BindsTo|PartOf)=", watchdog, re.M),
           "engine-watchdog: up before the engine, down after it, and not with it")
    tap.ok(int(lines(watchdog, "OOMScoreAdjust")[0]) < int(lines(engine, "OOMScoreAdjust")[0]),
           "engine-watchdog: the last to go when memory is short")
    for text, name in ((engine, "engined"), (watchdog, "engine-watchdog"), (api, "engine-api")):
        tap.ok(lines(text, "Type") == ["notify"] and lines(text, "WatchdogSec"), f"{name}: is watched")
        tap.equal((lines(text, "User"), lines(text, "LimitCORE")), (["sauda"], ["0"]), f"{name}: a user of its own, and no core file")
    tap.ok("/usr/bin/enginectl" in lines(engine, "ExecPaths")[0], "engined: may start what archives its journal")
    tap.ok("-/var/lib/sauda" in lines(api, "InaccessiblePaths")[0], "engine-api: does not see the state")


def backup():
    """What makes copies of the state may not change it, nor speak to anybody."""
    text, timer = unit("sauda-backup.service"), open(os.path.join(UNITS, "sauda-backup.timer")).read()
    tap.equal((lines(text, "ReadWritePaths"), lines(text, "StateDirectory"), lines(text, "ProtectSystem")), (["/var/backups/sauda"], [], ["strict"]),
              "sauda-backup: writes backups and nothing else")
    tap.equal((lines(text, "PrivateNetwork"), lines(text, "User"), lines(text, "LimitCORE")), (["yes"], ["sauda"], ["0"]), "sauda-backup: the engine's user, without a network")
    tap.ok(all(w.startswith("/usr/bin/enginectl backup ") for w in lines(text, "ExecStart")) and "--drill" in lines(text, "ExecStart")[1], "sauda-backup: proves what it made")
    tap.equal((lines(timer, "OnCalendar"), lines(timer, "Persistent")), (["*-*-* 16:30:00 Asia/Kolkata"], ["yes"]), "sauda-backup: after the close, by India's clock")
    if shutil.which("systemd-analyze"):
        run = subprocess.run(["systemd-analyze", "calendar", lines(timer, "OnCalendar")[0]], capture_output=True, text=True)
        tap.equal(run.returncode, 0, "sauda-backup: a time that systemd knows")


def backs_up_under_its_filter():
    if not shutil.which("strace") or not shutil.which("systemd-analyze"):
        return tap.skip("what the filter of sauda-backup refuses", "no strace or systemd-analyze here")
    with Engine("units") as e:
        e.start("--mode", "demo", speed=60)
        seen = set()
        for name in ([], ["--drill"]):
            log = os.path.join(e.folder, "backup.trace")
            run = subprocess.run(["strace", "-f", "-qq", "-s", "0", "-o", log, os.path.join(BUILD, "engined", "enginectl"), "backup", "--state", e.state, "--out",
                                  e.folder + "/out/", *(name or ["--recent", "--keep", "2"])], env={**ENV, "SAUDA_TABLES": TABLES}, capture_output=True, text=True)
            tap.equal(run.returncode, 0, f"sauda-backup: runs {' '.join(name)}")
            seen |= called(log)
        refused = seen - {"execve", "arch_prctl"} - allowed(unit("sauda-backup.service")) - LIVED_WITH
        tap.ok(len(seen) > 20 and not refused, "sauda-backup: its filter allows what it calls", f"refused {sorted(refused)}")


def members(name, seen):
    """System calls of a filter word, groups opened up."""
    if not name.startswith("@"):
        return {name}
    if name not in seen:
        text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True).stdout
        seen[name] = set()
        for word in (w.strip() for w in text.splitlines()[1:]):
            if word and not word.startswith("#"):
                seen[name] |= members(word, seen)
    return seen[name]


def allowed(text):
    seen, calls = {}, set()
    for row in lines(text, "SystemCallFilter"):
        words = set().union(*(members(w, seen) for w in row.lstrip("~").split()))
        calls = calls - words if row.startswith("~") else calls | words
    return calls


def called(log):
    with open(log, errors="replace") as f:
        return set(re.findall(r"\s([a-z0-9_]+)\(", f.read()))


def traced(log, command):
    # Beside the program and not above it (-D): a signal to the process is one to the program.
    return ["strace", "-D", "-f", "-qq", "-s", "0", "-o", log, *command]


def filters():
    if not shutil.which("strace") or not shutil.which("systemd-analyze"):
        return tap.skip("what the filters refuse", "no strace or systemd-analyze here")
    with Engine("units") as e, Broker("2026-11-20T13:00:00+05:30", 60, master_rows=2000, cash=2000000) as b:
        log = {name: os.path.join(e.folder, name + ".trace") for name in LIMITS}
        plain = e.command
        e.command = lambda *a, **k: traced(log["engined"], plain(*a, **k))
        e.start("--mode", "live", "--config", settings(e.folder), "--clock", b.clock(), env=b.env())
        others = [spawn(traced(log["engine-watchdog"], [os.path.join(BUILD, "engined", "engine-watchdog"), "--mode", "live", "--state", e.state, "--runtime",
                                                        e.runtime, "--tables", TABLES, "--clock", b.clock()]), env=b.env()),
                  spawn(traced(log["engine-api"], [ENGINE_API, "--runtime", e.runtime]), env=ENV)]
        tap.ok(wait_for(lambda: e.call("status")["broker"]["connected"], PATIENCE), "the engine trades under strace", e.said())
        wait_for(lambda: e.call("orders")["items"], PATIENCE)
        e.call("shutdown")
        tap.equal(e.wait(), 0, "and ends flat")
        for p in others:
            p.terminate()
            p.wait(PATIENCE)
        for name in LIMITS:
            calls = called(log[name]) - {"execve", "arch_prctl"}
            refused = calls - allowed(unit(name + ".service")) - LIVED_WITH
            tap.ok(len(calls) > 20 and not refused, f"{name}: its filter allows what it calls", f"refused {sorted(refused)}")
            comment(f"{name}: {len(calls)} different system calls")


for test in (exposure, secrets, policy, backup, backs_up_under_its_filter, filters):
    tap.run(test)
tap.done()

#!/usr/bin/env python3
"""./run from its start to its last line: how it ended, in the words of the engine and in one of its own, with the exit status that belongs to it; and what keeps it from
starting. The programs are the build's; what would install and build is left out."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from sauda import BUILD, NGINX, PATIENCE, Tap, free_port, wait_for  # noqa: E402

tap = Tap()
UP = "Stop                 Ctrl-C"


def checkout(folder):
    os.makedirs(os.path.join(folder, "packaging"))
    shutil.copy(os.path.join(TOP, "run"), folder)
    for name in ("install.sh", "build.sh"):
        path = os.path.join(folder, "packaging", name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n")
        os.chmod(path, 0o755)
    for name, there in (("build", BUILD), ("nginx", os.path.join(TOP, "nginx")), ("tables", os.path.join(TOP, "tables")),
                        ("packaging/demo.conf", os.path.join(TOP, "packaging", "demo.conf"))):
        os.symlink(there, os.path.join(folder, name))


class Run:
    def __init__(self, folder, *args, port=None):
        self.state = tempfile.mkdtemp(dir=folder)
        self.log = open(os.path.join(self.state, "run.log"), "w+b")
        self.process = subprocess.Popen([os.path.join(folder, "run"), "--port", str(port or free_port()), "--state", self.state, *args], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def said(self):
        with open(self.log.name, errors="replace") as f:
            return f.read()

    def up(self):
        return tap.ok(wait_for(lambda: UP in self.said(), PATIENCE), "it says where to look", self.said())

    def engine(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="utf-8") as f:
            pids = f.read().split()
        return next(int(p) for p in pids if os.readlink(f"/proc/{p}/exe").endswith("/engined"))

    def ends(self, status, words, last, name):
        got = self.process.wait(PATIENCE)
        lines = self.said().strip().splitlines()
        tap.equal(got, status, f"{name}: status {status}") or print("# " + self.said().replace("\n", " | "))
        tap.has(self.said(), words, f"{name}: it says what happened")
        tap.has(lines[-1], last, f"{name}: and the last line how it ended")


def stopped(folder):
    for number in (signal.SIGTERM, signal.SIGINT):
        r = Run(folder)
        r.up()
        r.process.send_signal(number)
        r.ends(0, ["engine: stopped by signal: flat, nothing is open"], ["run: all has ended", "exit status 0"], signal.Signals(number).name)


def killed(folder):
    r = Run(folder)
    r.up()
    os.kill(r.engine(), signal.SIGKILL)
    r.ends(137, [], ["exit status 137", "killed or crashed"], "an engine that was killed")


def without_start(folder):
    conf = os.path.join(folder, "broken.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write("[account]\ncapital = 300000\n[strategy.one]\nkind = amdd\nunderlying = NIFTY\n")
    r = Run(folder, "--config", conf)
    tap.equal(r.process.wait(PATIENCE), 1, "settings that cannot be: status 1") or print("# " + r.said().replace("\n", " | "))
    tap.has(r.said(), ["did you mean \"amd\"?"], "and why")
    bad = os.path.join(folder, "NIFTY_bad.csv")
    with open(bad, "w", encoding="utf-8") as f:
        f.write("this is no recording\n")
    Run(folder, "replay", bad).ends(1, ["NIFTY_bad.csv: unknown columns", "run: the engine did not start"], ["exit status 1", "did not start"], "data that cannot be")


def taken(folder):
    with socket.socket() as s: # takes, and answers nothing
        s.bind(("127.0.0.1", 0))
        s.listen(1)
        Run(folder, port=s.getsockname()[1]).ends(1, ["nginx does not listen at", "--port"], ["exit status 0"], "a port that is taken")
    first = Run(folder)
    first.up()
    port = first.said().split("http://127.0.0.1:")[1].split("/")[0]
    second = Run(folder, port=port)
    tap.equal(second.process.wait(PATIENCE), 1, "another ./run there: status 1")
    tap.has(second.said(), [f"something answers at 127.0.0.1:{port} already", "--port"], "and says so, instead of showing the other's page")
    first.process.send_signal(signal.SIGTERM)
    first.process.wait(PATIENCE)


if not NGINX:
    print("1..0 # SKIP no nginx")
    sys.exit(0)
with tempfile.TemporaryDirectory(prefix="run", dir="/tmp") as home:
    top = os.path.join(home, "sauda")
    checkout(top)
    for part in (stopped, killed, without_start, taken):
        tap.run(part, top)
tap.done()

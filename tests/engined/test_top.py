"""enginectl top on a terminal (a pty): what it shows, its keys, and that the terminal comes back on every end; without one a single screen. enginectl logs: where
the log is, and what of it."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

from sauda import ENGINECTL, ENV, Engine, Tap, spawn, wait_for

tap = Tap()
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


class Screen:
    """enginectl top on a terminal of its own."""

    def __init__(self, e, *args, rows=40, columns=160):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.process = spawn([ENGINECTL, "--socket", e.socket, "top", *args], stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True)
        self.seen = b""

    def read(self, seconds=0.1):
        while select.select([self.master], [], [], seconds)[0]:
            more = os.read(self.master, 65536)
            if not more:
                break
            self.seen += more
        return self.seen

    def shows(self, *parts, patience=30):
        """On the newest whole screen."""
        def there():
            text = self.last()
            return all(p in text for p in parts)
        return wait_for(there, patience)

    def last(self):
        screens = self.read().split(b"\x1b[H")
        whole = [s for s in screens[1:] if b"\x1b[J" in s]
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", whole[-1].decode()) if whole else ""

    def key(self, text):
        os.write(self.master, text.encode())

    def ended(self, status, name):
        end = wait_for(lambda: self.read() is not None and self.process.poll() is not None, 20)
        self.read()
        after = termios.tcgetattr(self.slave)
        tap.ok(end and self.process.poll() == status, f"{name}: it ends", self.process.poll())
        tap.ok(self.seen.rstrip().endswith(LEAVE) or self.seen.rfind(LEAVE) > self.seen.rfind(ENTER), f"{name}: the screen comes back")
        tap.equal(after[:6], self.before[:6], f"{name}: the terminal is as it was")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def looks(e):
    s = Screen(e)
    tap.ok(s.shows("Sauda demo  running", "equity", "positions", "orders", "strategies", "feed up", "loop", "amd"), "it shows mode, account, books and health", s.last())
    first = s.last()
    tap.ok(wait_for(lambda: s.last() != first, 20), "and goes on")
    tap.ok(max(len(row) for row in s.last().splitlines()) <= 160, "no line is wider than the terminal")
    s.key("?")
    tap.ok(s.shows("q  leave") and "strategies" not in s.last(), "? tells the keys")
    s.key("?")
    tap.ok(s.shows("strategies"), "and hides them again")
    s.key("\x1b[A\x1a")
    tap.ok(wait_for(lambda: s.process.poll() is None, 1), "an arrow and Ctrl-Z are no end")
    fcntl.ioctl(s.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 6, 40, 0, 0))
    s.process.send_signal(signal.SIGWINCH)
    tap.ok(wait_for(lambda: 0 < len(s.last().splitlines()) <= 6 and max(len(r) for r in s.last().splitlines()) <= 40, 20), "a small terminal gets a small screen", repr(s.last()))
    s.key("q")
    s.ended(0, "q")
    s.close()


def pauses(e):
    s = Screen(e)
    s.shows("Sauda demo  running")
    s.key("p")
    tap.ok(s.shows("Pause?"), "p asks", s.last())
    s.key("n")
    tap.ok(s.shows("not paused") and e.call("status")["state"] == "running", "anything but y is a no")
    s.key("y")
    time.sleep(1.5)
    tap.equal(e.call("status")["state"], "running", "y without a question is nothing")
    s.key("p")
    s.shows("Pause?")
    s.key("y")
    tap.ok(s.shows("paused: no new entries") and e.call("status")["state"] == "paused", "p and y pause", s.last())
    tap.ok(s.shows("no entries: "), "and the reason is on the screen", s.last())
    e.call("resume")
    tap.ok(s.shows("Sauda demo  running"), "resumed elsewhere")
    e.call("kill", rung="stop", reason="for the screen")
    tap.ok(s.shows("KILLED: stop", "for the screen"), "a kill is seen", s.last())
    s.process.send_signal(signal.SIGTERM)
    s.ended(0, "SIGTERM")
    s.close()


def ends(e):
    for number, status in ((signal.SIGINT, 0), (signal.SIGHUP, 0), (signal.SIGQUIT, 0), (signal.SIGABRT, -signal.SIGABRT), (signal.SIGSEGV, -signal.SIGSEGV)):
        s = Screen(e)
        s.shows("Sauda demo")
        s.process.send_signal(number)
        if number in (signal.SIGABRT, signal.SIGSEGV) and "address" in os.environ.get("SAUDA_BUILD", ""):
            status = s.process.wait(20)
        s.ended(status, signal.Signals(number).name)
        s.close()


def engine_goes(e):
    s = Screen(e)
    s.shows("Sauda demo")
    e.kill()
    tap.ok(s.shows("no engine answers at"), "an engine that goes is told", s.last())
    tap.ok("equity \u2014" in s.last() and "NOT CONNECTED" in s.last(), "and nothing of it is shown as if it were known", s.last())
    e.start("--mode", "demo")
    tap.ok(s.shows("Sauda demo  "), "one that comes back is found", s.last())
    s.key("q")
    s.ended(0, "q after that")
    s.close()


def once(e):
    got = e.ctl("top")
    tap.ok(got.returncode == 0 and "\x1b" not in got.stdout, "without a terminal: one screen, without sequences")
    tap.has(got.stdout, ["Sauda demo", "equity", "positions", "orders", "strategies"], "it has all parts")
    data = json.loads(e.ctl("top", "--json").stdout)
    tap.ok(sorted(data) == ["balance", "debug", "orders", "positions", "ready", "status", "strategies"] and data["status"]["mode"] == "demo", "--json: the answers")
    s = Screen(e, "--once")
    s.process.wait(20)
    tap.ok(ENTER not in s.read() and b"Sauda demo" in s.seen, "--once on a terminal leaves the screen alone")
    s.close()
    for words in (["x"], ["--twice"]):
        tap.equal(e.ctl("top", *words).returncode, 2, f"usage: top {words[0]}")
    gone = subprocess.run([ENGINECTL, "--socket", "/nowhere/control.sock", "top"], env=ENV, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    tap.ok(gone.returncode == 1 and "no engine answers" in gone.stderr, "no engine: status 1 and why", gone.stderr)


# -- logs ------------------------------------------------------------------------------------------------------------------------------------

def logs(e):
    plain = e.ctl("logs")
    tap.ok(plain.returncode == 0 and "feed: demo" in plain.stdout, "the file that the engine writes to is found", (plain.stdout, plain.stderr))
    path = os.path.join(e.folder, "some.log")
    with open(path, "w") as f:
        f.write("feed: up\nwarning: disk: 80 % full\nerror: journal: gone\n<4>store: slow\n<7>loop: turn\nunfinished")
    def lines(*args):
        return e.ctl("logs", "--file", path, *args).stdout.splitlines()
    tap.equal(len(lines()), 6, "all lines of a file, the unfinished one last")
    tap.equal(lines("--level", "warn"), ["warning: disk: 80 % full", "error: journal: gone", "<4>store: slow"], "--level warn")
    tap.equal(lines("--level", "error"), ["error: journal: gone"], "--level error")
    tap.equal([json.loads(x)["level"] for x in lines("--json")], ["info", "warn", "error", "warn", "debug", "info"], "--json")
    tap.equal(json.loads(lines("--json", "--level", "error")[0]), {"level": "error", "text": "journal: gone"}, "--json: level and text")
    for words in (["--level", "loud"], ["--since"], ["x"]):
        tap.equal(e.ctl("logs", *words).returncode, 2, f"usage: logs {' '.join(words)}")
    gone = e.ctl("logs", "--file", path + ".not")
    tap.ok(gone.returncode == 1 and "No such file" in gone.stderr, "no such file", gone.stderr)


def follows(e):
    path = os.path.join(e.folder, "follow.log")
    with open(path, "w") as f:
        f.write("one: 1\n")
    with tempfile.TemporaryFile() as out:
        p = spawn([ENGINECTL, "logs", "-f", "--file", path], stdout=out)
        def said():
            return os.pread(out.fileno(), 4096, 0).decode()
        tap.ok(wait_for(lambda: said() == "one: 1\n", 20), "-f: what is there")
        with open(path, "a") as f:
            f.write("two: 2\nthr")
            f.flush()
            tap.ok(wait_for(lambda: said().endswith("two: 2\n"), 20), "-f: what comes")
            f.write("ee: 3\n")
        tap.ok(wait_for(lambda: said().endswith("two: 2\nthree: 3\n"), 20), "-f: a line is told when it is whole")
        os.rename(path, path + ".1")
        with open(path, "w") as f:
            f.write("four: 4\n")
        tap.ok(wait_for(lambda: said().endswith("three: 3\nfour: 4\n"), 20), "-f: a new file in its place")
        p.send_signal(signal.SIGINT)
        p.wait(20)


def journald(e):
    """With a journalctl of ours: what it is asked."""
    folder = os.path.join(e.folder, "bin")
    os.makedirs(folder)
    with open(os.path.join(folder, "journalctl"), "w") as f:
        f.write("#!/bin/sh\necho \"$@\"\n")
    os.chmod(os.path.join(folder, "journalctl"), 0o755)
    got = subprocess.run([ENGINECTL, "logs", "--unit", "engined", "-f", "--since", "09:15", "--level", "warn", "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         env={**ENV, "PATH": folder + ":" + ENV["PATH"]})
    tap.equal(got.stdout.split(), "--no-pager -u engined -f -p 4 -S 09:15 -o json".split(), "systemd's journal is asked for the unit")
    got = subprocess.run([ENGINECTL, "logs", "--unit", "engined"], stdin=subprocess.DEVNULL, capture_output=True, text=True, env={**ENV, "PATH": "/nowhere"})
    tap.ok(got.returncode == 1 and "journalctl cannot be run" in got.stderr, "without journalctl it says so", got.stderr)
    r, w = os.pipe()
    with Engine() as other:
        other.process = spawn(other.command("--mode", "demo"), stdout=subprocess.DEVNULL, stderr=w)
        wait_for(other.ready, 60)
        got = other.ctl("logs")
        tap.ok(got.returncode == 1 and "pipe:" in got.stderr and "enginectl events" in got.stderr, "of a pipe it tells that it is one", got.stderr)
    os.close(r)
    os.close(w)


with Engine() as engine:
    engine.start("--mode", "demo")
    for test in (once, looks, logs, follows, journald, ends, engine_goes, pauses):
        tap.run(test, engine)
tap.done()

#!/usr/bin/env python3
"""README's two commands as somebody has them who comes to a bare Debian with a clone and sudo: ./run to the dashboard and its end by a signal, then ./check, of which
NEWCOMER_SUITES names the suites (default: tidy unit). It prints how long each took. Needs root, git and a network; some gigabytes and half an hour: with --full."""
import atexit
import glob
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from bare import ENV, HOME, bare, run  # noqa: E402
from sauda import Tap, comment, free_port, wait_for  # noqa: E402

tap = Tap()
ROOT = os.path.join(HOME, "newcomer")
CLONE = "/srv/trader/sauda"
LONG = 3600  # seconds: a guard against hanging, never a measure
# Processes of its own that end with it; the network is the machine's.
INSIDE = """
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for name in null zero full random urandom tty; do mknod -m 666 "$1/dev/$name" c $(stat -c "0x%t 0x%T" "/dev/$name"); done
ln -s /proc/self/fd "$1/dev/fd"
mkdir "$1/dev/shm" "$1/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/srv/trader USER=trader npm_config_cafile=/etc/ssl/certs/ca-certificates.crt \
	PIP_CERT=/etc/ssl/certs/ca-certificates.crt chroot --userspec=trader:trader --groups=trader "$1" sh -c "$2"
"""


def why_not():
    if os.getuid() != 0:
        return "needs root"
    for program in ("debootstrap", "nsenter", "unshare", "git"):
        if not shutil.which(program, path=ENV["PATH"]):
            return f"there is no {program} here"
    if not os.path.exists(os.path.join(TOP, ".git")):
        return "this tree is no clone"
    return None if os.environ.get("CHECK_FULL") or os.environ.get("NEWCOMER_SUITES") else "makes a Debian and builds everything in it: with --full"


def authorities():
    """Those this machine trusts beside Debian's: its network may need them."""
    for path in glob.glob("/usr/local/share/ca-certificates/*.crt"):
        shutil.copy(path, ROOT + "/usr/local/share/ca-certificates")
    return run("chroot", ROOT, "update-ca-certificates")


def made():
    problem = bare(ROOT)
    if problem:
        tap.skip("a newcomer's two commands", "debootstrap failed: " + problem.replace("\n", " "))
        return False
    authorities()
    r = run("chroot", ROOT, "sh", "-ec", "apt-get -qq update; apt-get -qq install -y --no-install-recommends sudo; useradd -m -d /srv/trader -s /bin/bash trader; "
            "echo 'trader ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/trader")
    with open(ROOT + "/etc/hosts", "a") as f:
        f.write("127.0.0.1 localhost " + os.uname().nodename + "\n")
    clone = run("git", "clone", "-q", "--no-hardlinks", TOP, ROOT + CLONE)
    owner = run("chroot", ROOT, "chown", "-R", "trader:", CLONE)
    return tap.ok(r.returncode == clone.returncode == owner.returncode == 0, "a bare Debian, a user with sudo, a clone", r.stdout + clone.stdout + owner.stdout)


class Command:
    def __init__(self, words, name):
        self.log = open(os.path.join(HOME, name + ".log"), "w+b")
        self.began = time.monotonic()
        self.process = subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", INSIDE, "sh", ROOT, f"cd {CLONE} && exec {words}"],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        atexit.register(self.process.kill)

    def said(self):
        with open(self.log.name, errors="replace") as f:
            return f.read()

    def seconds(self):
        return time.monotonic() - self.began

    def signal(self, number):
        """To the command itself, which is the first process in there."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
            os.kill(int(f.read().split()[0]), number)


def page(url):
    with urllib.request.urlopen(url, timeout=10) as r:
        return r.status, r.read().decode()


def runs():
    port = free_port()
    c = Command(f"./run --port {port}", "newcomer-run")
    wait_for(lambda: "Stop                 Ctrl-C" in c.said() or c.process.poll() is not None, LONG)
    comment(f"time of ./run from a bare Debian to the dashboard: {c.seconds():.0f} s")
    tap.has(c.said(), ["installing:", f"http://127.0.0.1:{port}/", "#/login?code="], "./run: one command, and it says where to look")
    if c.process.poll() is None:
        status, text = page(f"http://127.0.0.1:{port}/")
        script = re.search(r'src="\.?/?(assets/[^"]+\.js)"', text)
        tap.ok(status == 200 and script and len(page(f"http://127.0.0.1:{port}/{script[1]}")[1]) > 10000, "the dashboard is there, and its program", text[:300])
        c.signal(15)
    tap.equal(c.process.wait(LONG), 0, "it ends by a signal with 0") or comment(c.said()[-500:].replace("\n", " "))
    again = Command(f"./run --port {port}", "newcomer-again")
    wait_for(lambda: "Stop                 Ctrl-C" in again.said() or again.process.poll() is not None, LONG)
    comment(f"time of ./run the second time: {again.seconds():.1f} s")
    tap.ok("installing:" not in again.said() and again.process.poll() is None, "the second time nothing is installed", again.said()[-300:])
    again.signal(15)
    again.process.wait(LONG)


def checks():
    suites = os.environ.get("NEWCOMER_SUITES", "tidy unit")
    c = Command(f"./check {suites}", "newcomer-check")
    status = c.process.wait(LONG * 4)
    last = c.said().strip().splitlines()[-1:] or [""]
    comment(f"time of ./check {suites} in it, packages and build included: {c.seconds():.0f} s: {last[0]}")
    tap.ok(status == 0 and re.search(r"[1-9]\d* passed, 0 failed, \d+ skipped", last[0]), f"./check {suites}: all pass there", c.said()[-1500:])
    if "unit" in suites.split(): # configured by ./run, before there was anything to test with
        tap.ok(re.search(r"(?m)^ +unit +[1-9]\d{2,} passed", c.said()), "hundreds of unit tests among them", c.said()[-500:])


why = why_not()
if why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)
if made():
    tap.run(runs)
    tap.run(checks)
    shutil.rmtree(ROOT, ignore_errors=True)
tap.done()

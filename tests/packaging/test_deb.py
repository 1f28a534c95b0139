#!/usr/bin/env python3
"""The Debian package in a Debian of its own, with systemd running: installed, asked over nginx, wedged, upgraded with a position open, removed, purged; and lintian.
The Debian is made by debootstrap once and kept in the build folder. Needs root, and a network the first time."""
import atexit
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from bare import ENV, HOME, bare, run  # noqa: E402
from sauda import BUILD, PATIENCE, Tap, comment, wait_for  # noqa: E402

tap = Tap()
BASE, ROOT = os.path.join(HOME, "debian"), os.path.join(HOME, "machine")
BESIDE = "systemd systemd-sysv dbus nginx-light curl iproute2"


def why_not():
    if os.getuid() != 0:
        return "needs root"
    for program in ("debootstrap", "dpkg-buildpackage", "dh", "lintian", "nsenter", "unshare"):
        if not shutil.which(program, path=ENV["PATH"]):
            return f"there is no {program} here"
    if not os.environ.get("SAUDA_DEB") and not os.environ.get("CHECK_FULL") and not glob.glob(os.path.join(BUILD, "deb", "sauda_*.deb")):
        return "builds a package and a Debian: with --full, or after make deb"
    return None


def package():
    """Two packages: as built, and the same as a later version."""
    given = os.environ.get("SAUDA_DEB")
    if not given and not glob.glob(os.path.join(BUILD, "deb", "sauda_*.deb")):
        r = subprocess.run(["make", "-s", "-C", BUILD, "deb"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        comment(r.stderr[-300:].replace("\n", " ")) if r.returncode else None
    first = given or glob.glob(os.path.join(BUILD, "deb", "sauda_*.deb"))[0]
    tree, second = os.path.join(HOME, "tree"), os.path.join(HOME, "second.deb")
    shutil.rmtree(tree, ignore_errors=True)
    run("dpkg-deb", "-R", first, tree)
    control = os.path.join(tree, "DEBIAN", "control")
    with open(control) as f:
        text = f.read()
    with open(control, "w") as f:
        f.write("".join(f"Version: {line.split()[1]}+1\n" if line.startswith("Version:") else line for line in text.splitlines(True)))
    run("dpkg-deb", "-b", tree, second)
    shutil.rmtree(tree)
    comment(f"size of the package: {os.path.getsize(first) / 1024:.0f} KiB")
    return first, second


def debian(first):
    """A Debian 12 with what the package depends on, systemd and nginx; then a copy of it."""
    done = os.path.join(BASE, ".done")
    if not os.path.exists(done):
        problem = bare(BASE)
        if problem:
            return problem
        shutil.copy(first, os.path.join(BASE, "srv", "first.deb"))
        with open(os.path.join(BASE, "usr", "sbin", "policy-rc.d"), "w") as f:
            f.write("#!/bin/sh\nexit 101\n")
        os.chmod(f.name, 0o755)
        r = run("chroot", BASE, "sh", "-ec", f'apt-get -qq update; apt-get -qq install -y --no-install-recommends {BESIDE}; '
                'apt-get -qq satisfy -y --no-install-recommends "$(dpkg-deb -f /srv/first.deb Depends)"; apt-get clean')
        os.unlink(f.name)
        if r.returncode:
            return r.stdout[-300:]
        comment(f"time to make a Debian: {r.seconds:.0f} s after debootstrap")
        open(done, "w").close()
    shutil.rmtree(ROOT, ignore_errors=True)
    run("cp", "-a", BASE, ROOT)
    return None


class Machine:
    def __init__(self):
        self.log = open(os.path.join(HOME, "machine.log"), "wb")
        self.process = subprocess.Popen([os.path.join(TOP, "tests", "packaging", "machine.sh"), ROOT], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        start_new_session=True)
        atexit.register(self.off)
        self.pid = None

    def first(self):
        """Its first process, once that is systemd: before, a command for the machine would be one for ours."""
        try:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
                pid = f.read().split()[0]
            with open(f"/proc/{pid}/comm") as f:
                return pid if f.read() == "systemd\n" else None
        except (OSError, IndexError):
            return None

    def up(self):
        self.pid = self.pid or self.first()
        return self.pid and self.sh("systemctl is-system-running").stdout.strip() in ("running", "degraded")

    def sh(self, script):
        return run("nsenter", "-t", self.pid, "-m", "-p", "-u", "-i", "-C", "-n", "-r", "-w", "sh", "-c", script, seconds=180)

    def says(self, script):
        return self.sh(script).stdout.strip()

    def off(self):
        """The first process of a namespace takes all others with it."""
        if self.process.poll() is None:
            self.process.kill() # unshare --kill-child: the first process goes with it
            self.process.wait()


def put(name, text):
    with open(ROOT + name, "w") as f:
        f.write(text)


def status(m):
    try:
        return json.loads(m.says("enginectl --json status"))
    except ValueError:
        return {}


def running(m):
    return wait_for(lambda: status(m).get("state") == "running", PATIENCE)


def pid(m, unit="engined"):
    return m.says(f"systemctl show -p MainPID --value {unit}")


def open_positions(m):
    try:
        items = json.loads(m.says("enginectl --json positions"))["items"]
    except (ValueError, KeyError):
        return []
    return sorted((p["symbol"], p["qty"]) for p in items if p["qty"])


def installed(m):
    r = m.sh("dpkg -i /srv/first.deb")
    tap.ok(r.returncode == 0 and "Failed" not in r.stdout and "rror" not in r.stdout, "installed, without a complaint", r.stdout[-500:])
    comment(f"time to install the package: {r.seconds:.1f} s")
    tap.ok(running(m), "the engine runs", m.says("systemctl status engined; journalctl -n 20 -u engined -o cat"))
    tap.equal(m.says("systemctl is-active engined engine-watchdog engine-api.socket").split(), ["active"] * 3, "three units are active")
    tap.equal(m.says("systemctl is-enabled engined engine-watchdog engine-api.socket").split(), ["enabled"] * 3, "and come back with the machine")
    token = 'curl -s -H "Authorization: Bearer $(cat /var/lib/sauda/admin.token)" http://127.0.0.1:5000/api/status'
    tap.has(m.says(token), ['"mode":"demo"', '"state":"running"'], "nginx answers on 127.0.0.1:5000 for the engine")
    page = m.says("curl -s http://127.0.0.1:5000/")
    script = re.search(r'assets/[^"]+\.js', page)
    tap.ok(script and int(m.says(f"curl -s http://127.0.0.1:5000/{script[0]} | wc -c")) > 10000, "and serves the dashboard at /, with its program", page[:300])
    tap.has(m.says(f"curl -sI -H 'Accept-Encoding: gzip' http://127.0.0.1:5000/{script and script[0]}"), ["200", "content-encoding: gzip", "immutable"], "small, and for ever")
    tap.equal(m.says("systemctl is-active engine-api"), "active", "engine-api was started by the request")
    tap.equal(m.says("stat -c '%U %a' /var/lib/sauda /run/sauda").split("\n"), ["sauda 700", "sauda 750"], "the state is nobody else's")
    for name in ("root", "www-data"):
        r = m.sh(f"setpriv --reuid={name} --regid={name} --clear-groups enginectl --socket /run/sauda/control.sock status >/dev/null 2>&1")
        tap.equal(r.returncode == 0, name == "root", f"{name}: {'may' if name == 'root' else 'may not'} speak to the engine itself")
    tap.has(m.says("cat /proc/%s/status" % pid(m)), ["CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"], "engined: no capability, no new one, filtered")
    tap.equal(m.says("enginectl watchdog >/dev/null; echo $?"), "0", "the watchdog is content")


def secrets(m):
    """By a credential, encrypted; and never to be seen."""
    m.sh("mkdir -p -m 700 /etc/credstore.encrypted; printf canary1234 | systemd-creds encrypt --name=kotak_consumer_key - /etc/credstore.encrypted/kotak_consumer_key; systemctl restart engined")
    tap.ok(running(m), "the engine runs with a credential", m.says("journalctl -n 20 -u engined -o cat"))
    tap.equal(m.says(f"cat /proc/{pid(m)}/root/run/credentials/engined.service/kotak_consumer_key"), "canary1234", "which systemd hands it")
    tap.has(m.says("enginectl debug"), ["consumer_key = (set)  # credential"], "which it takes")
    tap.ok("canary1234" not in m.says(f"tr '\\0' ' ' </proc/{pid(m)}/environ; enginectl debug; journalctl -u engined -o cat"), "and which it shows nobody")


def wedged(m):
    before = pid(m)
    m.sh(f"kill -STOP {before}")
    tap.ok(wait_for(lambda: pid(m) not in ("0", before) and running(m), PATIENCE), "an engine that stands still is killed and started again")
    tap.has(m.says("systemctl show -p NRestarts engined"), ["NRestarts=1"], "by systemd")


def upgraded(m):
    with open(os.path.join(TOP, "packaging", "demo.conf")) as f:
        put("/etc/sauda/sauda.conf", f.read() + "[feed]\nspeed = 60\n")
    m.sh("systemctl restart engined")
    held = wait_for(lambda: open_positions(m), PATIENCE)
    m.sh("enginectl replay.set --paused")
    before = open_positions(m)
    tap.ok(held and before, "a position is open", m.says("enginectl strategies"))
    r = m.sh("dpkg -i --force-confold /srv/second.deb")
    tap.equal(r.returncode, 0, "upgraded")
    tap.has(r.stdout, ["kept"], "the old engine kept its positions")
    tap.ok(running(m), "the new one runs", m.says("journalctl -n 20 -u engined -o cat"))
    m.sh("enginectl replay.set --paused")
    tap.ok(set(before) & set(open_positions(m)), "with the position", (before, open_positions(m), r.stdout))
    tap.has(m.says("journalctl -u engined -o cat"), ["taken up at record"], "from the journal")
    tap.has(m.says("cat /etc/sauda/sauda.conf"), ["speed = 60"], "and the operator's settings")
    m.sh("enginectl shutdown --keep --wait; systemctl stop engined")
    m.sh("dpkg -i --force-confold /srv/second.deb")
    tap.equal(m.says("systemctl is-active engined"), "inactive", "an engine that somebody stopped stays stopped")
    m.sh("systemctl start engined")
    tap.ok(running(m), "and can be started")


def removed(m):
    r = m.sh("dpkg -r sauda")
    tap.ok(r.returncode == 0 and "flat" in r.stdout, "removed, and flat before", r.stdout[-500:])
    tap.equal(m.says("ls /usr/sbin/engined /etc/nginx/sites-enabled/sauda 2>/dev/null; systemctl is-active engined engine-watchdog engine-api.socket"),
              "inactive\ninactive\ninactive", "nothing of it runs")
    tap.has(m.says("ls /var/lib/sauda /var/lib/sauda/demo /etc/sauda"), ["journal", "admin.token", "sauda.conf"], "its records and settings stay")
    tap.equal(m.says("nginx -t -q; echo $?"), "0", "nginx goes on")
    tap.equal(m.sh("dpkg -P sauda").returncode, 0, "purged")
    tap.equal(m.says("ls -d /var/lib/sauda /etc/sauda /run/sauda 2>/dev/null"), "", "and only now its records are gone")


def reinstalled(m):
    tap.equal(m.sh("dpkg -i /srv/second.deb").returncode, 0, "installed once more")
    tap.ok(running(m), "and runs")


def lint(first):
    r = run("lintian", "--fail-on", "error,warning", "--tag-display-limit", "0", first)
    tap.ok(r.returncode == 0, "lintian has no word to say", r.stdout)


why = why_not()
if why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)
os.makedirs(HOME, exist_ok=True)
first, second = package()
lint(first)
missing = debian(first)
if missing:
    tap.skip("the package in a Debian of its own", "debootstrap failed: " + missing.replace("\n", " "))
    tap.done()
shutil.copy(first, ROOT + "/srv/first.deb")
shutil.copy(second, ROOT + "/srv/second.deb")
m = Machine()
if not wait_for(m.up, 120):
    tap.skip("the package in a Debian of its own", "systemd does not start in a namespace here; see " + os.path.join(HOME, "machine.log"))
    tap.done()
for test in (installed, secrets, wedged, upgraded, removed, reinstalled):
    tap.run(test, m)
m.off()
shutil.rmtree(ROOT, ignore_errors=True)
tap.done()

#!/usr/bin/env python3
"""The image's second stage without a container engine: a bare Debian, what the first stage installs, setup.sh in it; then its first process as compose.yaml has it:
nobody's user, a root that cannot be written, no network but loopback. Needs root, and a network."""
import atexit
import os
import shutil
import subprocess
import sys

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from bare import BARE, ENV, HOME, bare, run  # noqa: E402
from sauda import BUILD, PATIENCE, Tap, comment, wait_for  # noqa: E402

tap = Tap()
IMAGE = os.path.join(HOME, "image")
# The mounts of compose.yaml.
START = """
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for name in null zero random urandom; do mknod -m 666 "$1/dev/$name" c $(stat -c "0x%t 0x%T" "/dev/$name"); done
ip link set lo up
mount -o remount,ro,bind "$1"
mount -t tmpfs -o uid=10001,gid=10001,mode=0750 tmpfs "$1/run/sauda"
mount -t tmpfs tmpfs "$1/tmp"
mount -t tmpfs -o uid=10001,mode=700 tmpfs "$1/var/lib/sauda"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin PORT=5000 chroot --userspec=10001:10001 "$1" /usr/libexec/sauda/start
"""


def why_not():
    if os.getuid() != 0:
        return "needs root"
    for program in ("debootstrap", "nsenter", "unshare", "curl", "ip"):
        if not shutil.which(program, path=ENV["PATH"]):
            return f"there is no {program} here"
    if not os.environ.get("CHECK_FULL") and not os.path.exists(os.path.join(BARE, ".done")):
        return "makes a Debian: with --full"
    return None


def megabytes(folder):
    return int(run("du", "-sm", folder).stdout.split()[0])


def made():
    problem = bare(IMAGE)
    if problem:
        return tap.skip("the image", "debootstrap failed: " + problem.replace("\n", " "))
    before = megabytes(IMAGE)
    r = run(os.path.join(TOP, "packaging", "container", "build.sh"), "--built", BUILD, IMAGE, "SAUDA_WWW=no", cwd=TOP)
    tap.equal(r.returncode, 0, "the first stage installs") or comment(r.stdout[-300:])
    r = run("unshare", "--mount", "--pid", "--fork", f"--mount-proc={IMAGE}/proc", "chroot", IMAGE, "/usr/libexec/sauda/setup")
    tap.equal(r.returncode, 0, "the second is set up") or comment(r.stdout[-300:])
    comment(f"size of the image: {megabytes(IMAGE)} MB, of them {before} a bare Debian")
    os.makedirs(os.path.join(IMAGE, "usr", "share", "sauda", "www"), exist_ok=True)
    return r.returncode == 0


def runs():
    log = open(os.path.join(HOME, "image.log"), "w+")
    p = subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--net", "--kill-child", "sh", "-ec", START, "sh", IMAGE], stdin=subprocess.DEVNULL, stdout=log,
                         stderr=log)
    atexit.register(p.kill)

    def first():
        with open(f"/proc/{p.pid}/task/{p.pid}/children") as f:
            return (f.read().split() or [None])[0]

    def inside(*words):
        return run("nsenter", "-t", first(), "-n", *words, seconds=20).stdout

    tap.ok(wait_for(lambda: first() and "200" in inside("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:5000/healthz"), PATIENCE),
           "it answers /healthz, with nothing writable but its state")
    ids = run("nsenter", "-t", first(), "-p", "-m", "-r", "sh", "-c", "cat /proc/[0-9]*/status | grep ^Uid: | sort -u | wc -l; grep ^Uid: /proc/1/status")
    tap.has(ids.stdout, ["10001"], "as nobody's user")
    os.kill(int(first()), 15)
    tap.equal(p.wait(PATIENCE), 0, "SIGTERM: it leaves with 0")
    log.seek(0)
    tap.has(log.read(), ["flattening positions", "nobody watches the engine now"], "in order")


why = why_not()
if why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)
if made():
    tap.run(runs)
shutil.rmtree(IMAGE, ignore_errors=True)
tap.done()

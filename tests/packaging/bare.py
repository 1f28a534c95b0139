"""A bare Debian 12, made once by debootstrap and kept in the build folder; each test takes a copy."""
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "engined"))
from sauda import BUILD  # noqa: E402

HOME = os.path.join(BUILD, "machines")  # no folder of the tree has that name, so `make dist` leaves it alone
BARE = os.path.join(HOME, "bare")
MIRROR = os.environ.get("SAUDA_DEBIAN", "")  # empty: debootstrap's own choice
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def run(*command, seconds=600, **more):
    began = time.monotonic()
    r = subprocess.run(command, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, **more)
    r.seconds = time.monotonic() - began
    return r


def bare(to):
    """A copy of it in the folder `to`; None, or what went wrong."""
    done = os.path.join(BARE, ".done")
    if not os.path.exists(done):
        shutil.rmtree(BARE, ignore_errors=True)
        os.makedirs(HOME, exist_ok=True)
        r = run("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", BARE, *([MIRROR] if MIRROR else []))
        if r.returncode:
            return r.stdout[-300:]
        open(done, "w").close()
    shutil.rmtree(to, ignore_errors=True)
    run("cp", "-a", BARE, to)
    os.unlink(os.path.join(to, ".done"))
    shutil.copy("/etc/resolv.conf", os.path.join(to, "etc", "resolv.conf"))
    return None

#!/usr/bin/env python3
"""packaging/build.sh: two that begin together (./run in two terminals) take turns, since both write the same folder."""
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from sauda import PATIENCE, Tap, wait_for  # noqa: E402

tap = Tap()
# Fails beside another; the first one ends when the test has heard the second.
CONFIGURE = """#!/bin/sh
mkdir busy || { echo "two at once" >&2; exit 1; }
until [ -e ../go ]; do sleep 0.1; done
printf 'all:\\n' >Makefile
: >config.status
rmdir busy
"""


def begin(script, folder):
    return subprocess.Popen([script, os.path.join(folder, "build")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def together(folder):
    os.makedirs(os.path.join(folder, "packaging"))
    script = shutil.copy(os.path.join(TOP, "packaging", "build.sh"), os.path.join(folder, "packaging"))
    for name, text in (("configure.ac", ""), ("configure", CONFIGURE)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    os.utime(os.path.join(folder, "configure.ac"), (0, 0))
    os.chmod(os.path.join(folder, "configure"), 0o755)
    first = begin(script, folder)
    wait_for(lambda: os.path.exists(os.path.join(folder, "build", "busy")), PATIENCE)
    second = begin(script, folder)
    said = second.stderr.readline()
    open(os.path.join(folder, "go"), "w", encoding="utf-8").close()
    tap.ok("another build" in said, "the second says that it waits for the first", said)
    tap.equal([p.communicate(timeout=PATIENCE) and p.returncode for p in (first, second)], [0, 0], "then both are built")


def main():
    with tempfile.TemporaryDirectory(prefix="sauda-build-") as folder:
        together(os.path.join(folder, "tree"))


if __name__ == "__main__":
    tap.run(main)
    tap.done()

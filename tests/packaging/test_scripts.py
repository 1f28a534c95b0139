#!/usr/bin/env python3
"""The package's scripts as dpkg calls them, on folders of their own, with an enginectl that answers as told: an engine is never left under new programs, never forgotten
by an upgrade that failed, and begins again when the package comes back after a removal."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from sauda import PATIENCE, Tap  # noqa: E402

tap = Tap()
# Longest first: what comes after holds what comes before.
PLACES = ("/run/", "/etc/", "/usr/libexec/", "/var/lib/")


class Host:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="scripts-")
        for name in ("bin", "run/sauda", "run/systemd/system", "etc/sauda", "etc/nginx/sites-available", "etc/nginx/sites-enabled", "usr/libexec/sauda", "var/lib/sauda"):
            os.makedirs(os.path.join(self.folder, name))
        self.program("bin/enginectl", f'case "$*" in *health) exit 0 ;; *shutdown*) [ "$STOPS" = yes ] || exit 3; rm -f {self.folder}/run/sauda/control.sock ;; esac')
        self.program("bin/deb-systemd-invoke", f'echo "$@" >>{self.folder}/asked')
        self.program("bin/sleep", "exit 0")
        self.program("usr/libexec/sauda/listen", f"echo listen >{self.folder}/etc/sauda/nginx-listen.conf")
        self.socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.socket:
            self.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name, body):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write("#!/bin/sh\n" + body + "\n")
        os.chmod(path, 0o755)

    def runs(self):
        """An engine that answers."""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(os.path.join(self.folder, "run", "sauda", "control.sock"))

    def call(self, script, *words, stops="yes"):
        with open(os.path.join(TOP, "packaging", "debian", script)) as f:
            text = f.read()
        for place in PLACES:
            text = text.replace(place, self.folder + place)
        path = os.environ["PATH"]
        return subprocess.run(["sh", "-c", text, script, *words], env={"PATH": f"{self.folder}/bin:{path}", "STOPS": stops}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE)

    def started(self):
        try:
            with open(os.path.join(self.folder, "asked")) as f:
                return "start engined.service" in f.read().split("\n")
        except FileNotFoundError:
            return False
        finally:
            if os.path.exists(os.path.join(self.folder, "asked")):
                os.unlink(os.path.join(self.folder, "asked"))

    def linked(self):
        return os.path.islink(os.path.join(self.folder, "etc/nginx/sites-enabled/sauda"))

    def left(self):
        return [n for n in os.listdir(os.path.join(self.folder, "run")) if n.startswith("sauda-")]


def comes(h, *version):
    return h.call("preinst", "install", *version).returncode, h.call("postinst", "configure", *version[:1]).returncode


def installed(h):
    tap.equal((comes(h), h.linked(), h.started(), h.left()), ((0, 0), True, True, []), "installed: the site is linked, the engine begins, no mark is left")
    h.call("prerm", "remove")
    tap.equal((h.call("postrm", "remove").returncode, h.linked()), (0, False), "removed: the site is gone")
    h.started()
    tap.equal((comes(h, "0.1.0"), h.linked(), h.started()), ((0, 0), True, True), "installed again, its settings were still there: the same as the first time")
    h.program("usr/libexec/sauda/listen", "exit 1")
    h.call("postinst", "configure", "0.1.0")
    with open(os.path.join(h.folder, "etc/sauda/nginx-listen.conf")) as f:
        tap.equal(f.read(), "listen\n", "settings that cannot be read: the site listens as before")
    os.unlink(f.name)
    tap.equal(h.call("postinst", "configure", "0.1.0").returncode, 0, "and the first time that is no failure")
    with open(f.name) as f:
        tap.has(f.read(), ["listen 127.0.0.1:5000"], "it listens on loopback")


def upgraded(h):
    h.runs()
    tap.equal((h.call("prerm", "upgrade", "2").returncode, h.left()), (0, ["sauda-was-running"]), "upgrade: the engine is stopped, and that it ran is marked")
    h.call("preinst", "upgrade", "1", "2")
    tap.equal((h.call("postinst", "configure", "1").returncode, h.started(), h.linked(), h.left()), (0, True, False, []), "the new one begins; a site that was taken out stays out")
    h.call("preinst", "upgrade", "2", "3")
    h.call("postinst", "configure", "2")
    tap.equal(h.started(), False, "an engine that did not run is not begun")


def failed(h):
    h.runs()
    run = h.call("prerm", "upgrade", "2", stops="no")
    tap.ok(run.returncode == 1 and "nothing was changed" in run.stderr, "upgrade, and the engine does not stop: refused", run.stderr)
    tap.equal(h.call("prerm", "failed-upgrade", "1", "2", stops="no").returncode, 1, "nor does the new package's script let it pass")
    tap.equal((h.call("postinst", "abort-upgrade", "2").returncode, h.started()), (0, False), "nothing is begun, since nothing was stopped")
    tap.equal(h.call("prerm", "upgrade", "2").returncode, 0, "it stops, and then dpkg fails")
    tap.equal((h.call("postinst", "abort-upgrade", "2").returncode, h.started(), h.left()), (0, True, []), "the engine that was stopped for it is begun again")


def removal(h):
    h.runs()
    run = h.call("prerm", "remove", stops="no")
    tap.ok(run.returncode == 1 and "NOT FLAT" in run.stderr, "removal while positions cannot be closed: refused", run.stderr)


for test in (installed, upgraded, failed, removal):
    with Host() as host:
        tap.run(test, host)
tap.done()

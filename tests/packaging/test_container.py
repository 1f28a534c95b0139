#!/usr/bin/env python3
"""The container as far as it goes without a container engine: Dockerfile, compose.yaml and render.yaml name what there is, the list of packages holds what the programs
load, and the first process does its work, as somebody without rights: parts that die are begun again, SIGTERM ends the engine first and the watchdog last."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from sauda import BUILD, ENGINECTL, ENGINED, ENGINE_API, ENV, PATIENCE, Tap, free_port, spawn, wait_for  # noqa: E402

tap = Tap()
WATCHDOG = os.path.join(BUILD, "engined", "engine-watchdog")
START = os.path.join(TOP, "packaging", "container", "start.sh")


# The address is the host's to publish; a simulator's; taken without effect.
NOT_HERE = {"PORT", "KOTAK_SESSION_URL", "KOTAK_CA_FILE", "ALLOW_AFTER_MARKET", "KOTAK_CONSUMER_SECRET", "KOTAK_PASSWORD"}


def text(*path):
    with open(os.path.join(TOP, *path)) as f:
        return f.read()


def files():
    own = set(re.findall(r"\$\{(SAUDA_[A-Z_]+)", text("packaging", "container", "start.sh")))
    table = set(re.findall(r'"([A-Z]+_[A-Z_]+|PORT)"', text("engined", "config", "config.tbl.h")))
    compose, render, docker = text("compose.yaml"), text("render.yaml"), text("Dockerfile")
    service = compose[compose.index("  sauda:"):compose.index("\n  mongo:")]
    for name, names in (("compose.yaml", re.findall(r"^      ([A-Z_]+):", service, re.M)), ("render.yaml", re.findall(r"key: ([A-Z_]+)", render))):
        tap.ok(len(names) > 5 and not set(names) - own - table, f"{name}: every variable is known to the engine or to start.sh", set(names) - own - table)
        tap.equal(sorted(table - NOT_HERE - set(names)), [], f"{name}: and none is kept from it that somebody may have set")
    secret = {re.search(r'CONFIG_SECRET, "([A-Z_]+)"', r).group(1) for r in text("engined", "config", "config.tbl.h").splitlines() if "CONFIG_SECRET" in r}
    for key, value in re.findall(r"key: ([A-Z_]+), ([a-z]+: \w+)", render):
        if key in secret:
            tap.equal(value, "sync: false", f"render.yaml: {key} is not written down")
    tap.has(render, ["{ key: SAUDA_MODE, value: paper }", "healthCheckPath: /healthz", "numInstances: 1", "autoDeploy: false"], "render.yaml: paper, one instance, probed")
    tap.ok('"/healthz"' in text("lib", "control", "commands.tbl.h"), "and the probe is a route")
    tap.ok(all(re.match(r'\[?"127\.0\.0\.1:', p) for p in re.findall(r"ports: (\S+)", compose)), "compose.yaml: binds loopback alone")
    tap.has(service, ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "stop_grace_period: 150s"], "compose.yaml: nothing to write, no rights, time to stop")
    for path in re.findall(r"- \./(\S+?):", compose):
        tap.ok(os.path.exists(os.path.join(TOP, path)), f"compose.yaml: {path} is there")
    last = docker[docker.rindex("FROM"):]
    tap.ok(re.search(r"USER 10001:10001\n(.*\n)*ENTRYPOINT", last) and "useradd --uid 10001" in text("packaging", "container", "setup.sh"), "Dockerfile: runs as nobody special")
    tap.ok(not re.search(r"^ADD|:latest|curl|^ENV .*(KEY|TOKEN|PIN|SECRET)", docker, re.M), "Dockerfile: nothing is fetched, floating or secret")
    tap.ok(all(os.access(os.path.join(TOP, p), os.X_OK) for p in re.findall(r"RUN (packaging\S+)", docker)), "Dockerfile: what it runs is there")
    built = text("packaging", "container", "build.sh")
    tap.ok(all(p in built for p in ("libexec/sauda/setup", "libexec/sauda/start")), "Dockerfile: the first stage installs what the second runs")


def libraries():
    """What the programs load comes with a package of the container's list; a new library that is forgotten there shows here."""
    if not shutil.which("dpkg"):
        return tap.skip("the container's packages", "no dpkg here")
    listed = {x for x in text("packaging", "apt-run.txt").split("\n") if x and x[0] != "#"} | {"libc6", "libgcc-s1"}
    for program in (ENGINED, ENGINECTL, WATCHDOG, ENGINE_API):
        needed = re.findall(r"NEEDED\)\s+Shared library: \[(\S+)\]", subprocess.run(["readelf", "-d", program], capture_output=True, text=True).stdout)
        found = subprocess.run(["dpkg", "-S", *[f"*/{n}" for n in needed]], capture_output=True, text=True).stdout
        packages = set(re.findall(r"^([a-z0-9.+-]+)(?::[a-z0-9]+)?: ", found, re.M))
        missing = [n for n in needed if not any(re.search(rf"^{re.escape(p)}(:\w+)?: .*/{re.escape(n)}$", found, re.M) for p in listed)]
        tap.ok(len(needed) > 1 and not missing, f"{os.path.basename(program)}: its libraries are on packaging/apt-run.txt", (missing, packages))
    for name in "libcurl4", "libwebsockets17", "libwebsockets-evlib-uv", "libmongoc-1.0-0":
        tap.ok(name in listed and name in text("packaging", "debian", "control"), f"and so is one that is loaded by name: {name}")


class Container:
    """start.sh as an image would run it, but for the paths; as nobody where we are root."""

    def __init__(self, **env):
        self.folder = tempfile.mkdtemp(prefix="container-")
        self.port = free_port()
        for name in ("state", "run", "share/www"):
            os.makedirs(os.path.join(self.folder, name))
        for name in ("tables", "nginx"):
            os.symlink(os.path.join(TOP, name), os.path.join(self.folder, "share", name))
        with open(os.path.join(self.folder, "share", "www", "index.html"), "w") as f:
            f.write("<!doctype html>\n")
        self.readable()
        where = {"SAUDA_STATE": "state", "SAUDA_RUNTIME": "run", "SAUDA_SHARE": "share", "SAUDA_CONFIG": "none"}
        self.env = {**ENV, **{k: os.path.join(self.folder, v) for k, v in where.items()}, "SAUDA_ENGINED": ENGINED, "SAUDA_WATCHDOG": WATCHDOG,
                    "SAUDA_API": ENGINE_API, "SAUDA_CTL": ENGINECTL, "PORT": str(self.port), **env}
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.process = spawn([START], env=self.env, stdout=self.log, stderr=self.log, start_new_session=True, **self.nobody())

    def readable(self):
        if os.getuid() == 0:
            for folder, _, names in os.walk(self.folder):
                for name in ["."] + names:
                    os.chown(os.path.join(folder, name), 65534, 65534, follow_symlinks=False)

    @staticmethod
    def nobody():
        return {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def said(self):
        self.log.flush()
        with open(self.log.name) as f:
            return f.read()

    def health(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as a:
                return a.status
        except urllib.error.HTTPError as a:
            return a.code
        except OSError:
            return None

    def pids(self, program):
        """Of this container: its processes are one session."""
        found = subprocess.run(["ps", "-o", "pid=,args=", "--sid", str(self.process.pid)], capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in found.splitlines() if line.split()[1].startswith(program)]

    def reborn(self, program):
        before = self.pids(program)
        os.kill(before[0], signal.SIGKILL)
        return wait_for(lambda: self.pids(program) not in ([], before) and self.health() == 200, PATIENCE)


def lives():
    with Container() as c:
        if not tap.ok(wait_for(lambda: c.health() == 200, PATIENCE), "it answers /healthz on $PORT", c.said()):
            return
        tap.ok(wait_for(lambda: c.pids(WATCHDOG), PATIENCE), "the watchdog runs beside the engine")
        for program, name in ((ENGINE_API, "engine-api"), (WATCHDOG, "engine-watchdog"), (ENGINED, "engined")):
            tap.ok(c.reborn(program), f"{name} dies and is begun again", c.said())
        c.process.terminate()
        tap.equal(c.process.wait(PATIENCE), 0, "SIGTERM: it leaves with the engine's status")
        said = c.said()
        tap.ok(said.rindex("SIGTERM: shutting down") < said.rindex("answering the requests that have begun") < said.rindex("nobody watches the engine now"),
               "the engine ends first, the watchdog last", said[-600:])
        tap.equal(subprocess.run(["ps", "-o", "args=", "--sid", str(c.process.pid)], capture_output=True, text=True).stdout, "", "nobody is left behind")


def while_the_engine_leaves():
    """A second TERM, and one that comes while it starts, change nothing."""
    with Container() as c:
        wait_for(lambda: c.pids(ENGINED), PATIENCE)
        c.process.terminate()
        time.sleep(0.05)
        c.process.terminate()
        tap.equal(c.process.wait(PATIENCE), 0, "SIGTERM while it starts, twice: it leaves well", )
        tap.ok("begun again" not in c.said(), "and nothing is begun again", c.said())


def an_end_that_wants_a_person():
    """NOT FLAT, and an engine that dies again and again: the watchdog is what closes positions then, so it must not go with the engine."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        fake = os.path.join(folder, "engined")
        for status in (3, 4):
            with open(fake, "w") as f:
                f.write(f'#!/bin/sh\ncase " $* " in *" --check "*) exit 0 ;; esac\necho run >>"${{SAUDA_STATE}}/runs"\nexit {status}\n')
            os.chmod(fake, 0o755)
            with Container(SAUDA_ENGINED=fake) as c:
                tap.ok(wait_for(lambda: "not begun again" in c.said(), PATIENCE), f"status {status}: it says that it is not begun again", c.said())
                with open(os.path.join(c.folder, "state", "runs")) as f:
                    tap.equal(len(f.readlines()), 1 if status == 3 else 6, f"status {status}: begun as often as it may")
                time.sleep(1.5)
                tap.ok(c.process.poll() is None and c.pids(WATCHDOG) and c.health() == 503, f"status {status}: the watchdog goes on, and the probe says so")
                c.process.terminate()
                tap.equal(c.process.wait(PATIENCE), status, f"status {status}: SIGTERM: it leaves with it")


def refused(name, words, status, **env):
    with Container(**env) as c:
        tap.equal(c.process.wait(PATIENCE), status, f"{name}: leaves with {status}")
        tap.has(c.said(), words, f"{name}: says why")
        tap.equal(c.pids(ENGINED), [], f"{name}: nothing runs")


def refusals():
    refused("live without an address", ["KOTAK_REGISTERED_IP", "static address"], 1, SAUDA_MODE="live", KOTAK_CONSUMER_KEY="k")
    refused("another mode", ["demo, paper or live"], 2, SAUDA_MODE="replay")
    refused("wrong settings", ["KOTAK_MPIN"], 1, KOTAK_MPIN="12")
    refused("paper without an account", ["mobile_number"], 1, SAUDA_MODE="paper", KOTAK_CONSUMER_KEY="11111111-2222-3333-4444-555555555555")


def behind_tls():
    with Container(SAUDA_BEHIND_TLS="yes") as c:
        tap.ok(wait_for(lambda: os.path.exists(os.path.join(c.folder, "run", "nginx", "fastcgi.conf")), PATIENCE), "behind TLS: configured", c.said())
        with open(os.path.join(c.folder, "run", "nginx", "fastcgi.conf")) as f:
            tap.has(f.read(), ["fastcgi_param HTTPS on;"], "behind TLS: cookies are Secure")


def as_set():
    """Without PORT its address is the settings'; reached from outside when they name none."""
    for text, listens in (("[http]\nport = 6001\n", "0.0.0.0:6001"), ("[http]\nport = 6001\nbind = 127.0.0.1\n", "127.0.0.1:6001")):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            with open(os.path.join(folder, "sauda.conf"), "w") as f:
                f.write(text)
            with Container(PORT="", SAUDA_CONFIG=f.name) as c:
                conf = os.path.join(c.folder, "run", "nginx", "engine.conf")
                tap.ok(wait_for(lambda: os.path.exists(conf), PATIENCE), "settings are read", c.said())
                with open(conf) as f:
                    tap.has(f.read(), [f"listen {listens} "], f"http.port, http.bind: nginx listens on {listens}")


for test in (files, libraries, lives, while_the_engine_leaves, an_end_that_wants_a_person, refusals, behind_tls, as_set):
    tap.run(test)
tap.done()

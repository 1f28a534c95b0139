"""The product under test as its operator has it: engined with folders of its own, the control socket, and nginx with engine-api
in front of it. Every wait is bounded and every process is killed at the end. Python's standard library alone."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "fcgi"))
from harness import BUILD, ENV, NGINX, Tap as PlainTap, free_port, spawn, wait_for  # noqa: E402

ENGINED = os.path.join(BUILD, "engined", "engined")
ENGINECTL = os.path.join(BUILD, "engined", "enginectl")
ENGINE_API = os.path.join(BUILD, "fcgi", "engine-api")
TABLES = os.path.join(TOP, "tables")
DATA = os.environ.get("SAUDA_DATA", "")
PATIENCE = 60  # seconds: a guard against hanging, never a measure


class Tap(PlainTap):
    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def has(self, text, parts, name):
        missing = [p for p in parts if p.lower() not in text.lower()]
        return self.ok(not missing, name, f"missing {missing} in: {text!r}")


def comment(text):
    print(f"# {text}", flush=True)


def recording(name):
    """A file of the real recordings, or None when they are not here."""
    path = os.path.join(DATA, name)
    return path if DATA and os.path.exists(path) else None


class Refused(Exception):
    """An error answer of the control socket."""
    def __init__(self, error):
        super().__init__(json.dumps(error))
        self.error = error


class Engine:
    """One engined with a state and a runtime folder; it may be started, killed and started again."""

    def __init__(self, name="sauda", inside=None):
        self.folder = tempfile.mkdtemp(prefix=name + "-")
        self.state = os.path.join(self.folder, inside or "state")
        self.runtime = os.path.join(self.folder, "run")
        self.socket = os.path.join(self.runtime, "control.sock")
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *args, speed=None):
        return [ENGINED, "--state", self.state, "--runtime", self.runtime, "--tables", TABLES,
                *(["--speed", str(speed)] if speed else []), *args]

    def run(self, *args, speed="max", env=None, **more):
        """To its end: status, stdout, stderr."""
        return subprocess.run(self.command(*args, speed=speed), env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE * 2, **more)

    def replay(self, *files, **more):
        return self.run("--exit", *[a for f in files for a in ("--data", f)], **more)

    def start(self, *args, speed=None, wait=True, env=None):
        self.log = tempfile.TemporaryFile(dir=self.folder)
        self.out = tempfile.TemporaryFile(dir=self.folder)
        self.process = spawn(self.command(*args, speed=speed), stdout=self.out, stderr=self.log, env=env or ENV)
        if wait and not wait_for(self.ready, PATIENCE):
            raise RuntimeError("the engine did not become ready: " + self.said())
        return self.process

    def ready(self):
        try:
            return self.call("status")["state"] != "starting"
        except (Refused, OSError, EOFError):
            if self.process.poll() is not None:
                raise RuntimeError("the engine ended: " + self.said())
            return False

    def said(self):
        return _read(self.log)

    def printed(self):
        return _read(self.out)

    def wait(self, seconds=PATIENCE):
        """The exit status; None when it still runs."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return status

    def terminate(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # -- asking -------------------------------------------------------------------------------------------------

    def line(self, data, answers=1):
        """Sends bytes as they are and returns that many answer lines."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(self.socket)
            s.sendall(data)
            f = s.makefile("rb")
            lines = [f.readline() for _ in range(answers)]
        if not lines[-1]:
            raise EOFError
        return [json.loads(x) for x in lines]

    def call(self, method, **params):
        answer = self.line(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")[0]
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def ctl(self, *args):
        return subprocess.run([ENGINECTL, "--socket", self.socket, *args], env=ENV, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE)

    def open_positions(self):
        return [p for p in self.call("positions")["items"] if p["qty"] != 0]

    def verify(self, mode="replay"):
        return subprocess.run([ENGINECTL, "journal", "verify", os.path.join(self.state, mode, "journal")], env=ENV,
                              capture_output=True, text=True, timeout=PATIENCE)

    def left_behind(self):
        """What should not be there after an end."""
        return sorted(n for n in os.listdir(self.runtime) if n in ("control.sock", "snapshot"))


def _read(f):
    f.seek(0)
    return f.read().decode(errors="replace")


class Front:
    """nginx and engine-api before an engine. An engine may come and go behind them."""

    def __init__(self, engine, port=None):
        self.engine, self.port = engine, port or free_port()
        self.programs = []

    def __enter__(self):
        www = os.path.join(self.engine.folder, "www")
        conf = os.path.join(self.engine.folder, "conf")
        os.makedirs(www, exist_ok=True)
        os.makedirs(self.engine.runtime, exist_ok=True)
        with open(os.path.join(www, "index.html"), "w") as f:
            f.write("<!doctype html>\n")
        subprocess.run([os.path.join(TOP, "nginx", "render.sh"), "--runtime", self.engine.runtime, "--www", www, "--listen",
                        f"127.0.0.1:{self.port}", conf], check=True, env=ENV)
        self.log = tempfile.TemporaryFile(dir=self.engine.folder)
        for command in ([ENGINE_API, "--runtime", self.engine.runtime],
                        [NGINX, "-e", "stderr", "-p", self.engine.runtime, "-c", os.path.join(conf, "engine.conf")]):
            self.programs.append(spawn(command, stdout=self.log, stderr=self.log))
        if not wait_for(lambda: self.get("/healthz")[0] in (200, 503), PATIENCE):
            raise RuntimeError("nginx and engine-api did not start: " + _read(self.log))
        return self

    def __exit__(self, *_):
        for p in reversed(self.programs):
            p.terminate()
        for p in self.programs:
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()

    def token(self):
        with open(os.path.join(self.engine.state, "admin.token")) as f:
            return f.read().strip()

    def request(self, method, path, body=None, auth=True, **headers):
        """(status, parsed body)."""
        head = {k.replace("_", "-"): v for k, v in headers.items()}
        if auth and os.path.exists(os.path.join(self.engine.state, "admin.token")):
            head["Authorization"] = "Bearer " + self.token()
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        if data is not None:
            head.setdefault("Content-Type", "application/json")
        r = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method, headers=head)
        try:
            with urllib.request.urlopen(r, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            text = e.read()
            return e.code, json.loads(text) if text.startswith(b"{") else {"detail": text.decode(errors="replace")}

    def get(self, path, **more):
        return self.request("GET", path, **more)


def summary(run):
    """The one JSON line of a run; {} when there is none."""
    lines = run.stdout.splitlines()
    return json.loads(lines[0]) if len(lines) == 1 else {}


def books(s):
    """What of a summary must not depend on crashes."""
    return {k: s.get(k) for k in ("orders", "rejected", "fills", "trades", "flat", "gross", "charges", "charges_total", "net_known",
                                  "equity", "strategies", "refusals", "rows", "bars", "ticks", "sessions")}


def sh_blocks(page):
    """The ```sh blocks of a page of docs/, comments and all."""
    with open(os.path.join(TOP, "docs", page)) as f:
        return re.findall(r"^```sh\n(.*?)^```", f.read(), re.M | re.S)


def pause_with_positions(engine, seconds=PATIENCE):
    """Holds the data's clock at a moment with an open position, when all that belongs to the moment is done: a restart then has
    nothing to do before the next minute. The engine runs at speed 1. False when no such moment came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        engine.call("replay.set", paused=True, step=25)
        if engine.open_positions():
            engine.call("replay.set", paused=False)
            rows = -1
            while rows != (rows := engine.call("status")["feed"]["rows"]):
                time.sleep(0.05)
            engine.call("replay.set", paused=True)
            if engine.open_positions():
                return True
        if engine.call("status")["feed"]["ended"]:
            return False
    return False


def bad_disk(folder):
    """A disk that fails on demand (bad_disk.c) as a library to preload, or None where nothing can be compiled."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    path = os.path.join(folder, "bad_disk.so")
    if compiler is None or subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", path, os.path.join(HERE, "bad_disk.c"), "-ldl"]).returncode != 0:
        return None
    return path


def order_disk(e, what, number):
    with open(os.path.join(e.folder, what + ".new"), "w") as f:
        f.write(str(number))
    os.rename(os.path.join(e.folder, what + ".new"), os.path.join(e.folder, what))

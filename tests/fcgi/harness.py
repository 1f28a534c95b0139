"""Starts nginx, engine-api and a fake engined in a temporary folder and speaks to them: HTTP through nginx, raw bytes to
nginx, raw FastCGI to engine-api. Prints TAP. What every test in Python shares comes first. Python's standard library alone."""
import atexit
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else None)


# Settings of whoever runs the tests must not reach what is tested.
ENV = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SAUDA_BUILD", "."))
_alive = set()


def spawn(command, **more):
    """A process that does not outlive the test."""
    p = subprocess.Popen(command, **{"env": ENV, "stdin": subprocess.DEVNULL, **more})
    _alive.add(p)
    return p


@atexit.register
def _kill_all():
    for p in _alive:
        if p.poll() is None:
            p.kill()
            p.wait()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
signal.signal(signal.SIGINT, lambda *_: sys.exit(1))


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good and detail != "":
            print(f"# {str(detail)[:600]}", flush=True)
        return good

    def equal(self, got, expected, name):
        return self.ok(got == expected, name, f"got {got!r}, expected {expected!r}")

    def run(self, test, *args):
        print(f"# {test.__name__}", flush=True)
        try:
            test(*args)
        except Exception:
            self.ok(False, f"{test.__name__} ended early", traceback.format_exc().replace("\n", " | ")[-500:])

    def done(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(check, seconds=20):
    """The first true answer of check(); False or the last one when there was none in time. A refused connection is no answer."""
    end, got = time.monotonic() + seconds, False
    while time.monotonic() < end:
        try:
            got = check()
            if got:
                return got
        except OSError:
            pass
        time.sleep(0.01)
    return got


class Stack:
    """One product in a folder of its own; a context manager."""

    def __init__(self, engine_api, fake_engined):
        self.folder = tempfile.mkdtemp(prefix="sauda-http-")
        self.runtime = os.path.join(self.folder, "run")
        self.www = os.path.join(self.folder, "www")
        self.port = free_port()
        self.programs = {"engine-api": engine_api, "fake": fake_engined}
        self.running = {}
        os.makedirs(self.runtime)
        os.makedirs(os.path.join(self.www, "assets"))
        self.api_log = os.path.join(self.folder, "engine-api.log")
        for name, text in (("index.html", "<!doctype html>\n"), ("assets/app.1a2b.js", "export {};\n"), (".secret", "x"),
                           (".git", "x")):
            with open(os.path.join(self.www, name), "w") as f:
                f.write(text)

    def __enter__(self):
        render = os.path.join(TOP, "nginx", "render.sh")
        conf = os.path.join(self.folder, "conf")
        subprocess.run([render, "--runtime", self.runtime, "--www", self.www, "--listen", f"127.0.0.1:{self.port}", conf],
                       check=True)
        self.start("nginx", [NGINX, "-c", os.path.join(conf, "engine.conf"), "-p", self.runtime])
        self.start_engine()
        self.start_api()
        assert wait_for(lambda: self.get("/healthz").status == 200), "the product did not start"
        return self

    def start(self, name, command, log=None):
        out = open(log or os.path.join(self.folder, name + ".log"), "ab")
        self.running[name] = subprocess.Popen(command, stdout=out, stderr=out)
        out.close()

    def start_engine(self):
        self.start("fake", [self.programs["fake"], self.runtime])

    def start_api(self):
        self.start("engine-api", [self.programs["engine-api"], "--runtime", self.runtime, "--access-log"], self.api_log)
        assert wait_for(lambda: self.fcgi().close() is None)

    def stop(self, name):
        p = self.running.pop(name)
        p.terminate()
        try:
            return p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
            return -9

    def alive(self, name):
        return self.running[name].poll() is None

    def __exit__(self, *_):
        for name, process in self.running.items():
            if process.poll() is not None:
                print(f"# {name} ended by itself with {process.returncode}")
                with open(os.path.join(self.folder, name + ".log"), errors="replace") as f:
                    print("".join("# " + line for line in f.readlines()[-40:]))
        for name in list(self.running):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- HTTP ---------------------------------------------------------------------------------------------------

    def request(self, method, path, body=None, headers=None, token=None, cookie=None, source=None, timeout=15):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout, source_address=source)
        head = dict(headers or {})
        if token:
            head["Authorization"] = "Bearer " + token
        if cookie:
            head["Cookie"] = "sauda=" + cookie
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if body is not None:
            head.setdefault("Content-Type", "application/json")
        c.request(method, path, body, head)
        r = c.getresponse()
        r.body = r.read()
        c.close()
        return r

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def raw(self, data, timeout=3):
        """Sends bytes to nginx and returns the status of the first answer, 0 when there was none."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            try:
                s.sendall(data)
            except OSError:
                pass
            answer = b""
            try:
                while b"\r\n\r\n" not in answer and (chunk := s.recv(65536)):
                    answer += chunk
            except OSError:
                pass
        return int(answer.split(None, 2)[1]) if answer.startswith(b"HTTP/") else 0

    # -- FastCGI ------------------------------------------------------------------------------------------------

    def fcgi(self, timeout=10):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(os.path.join(self.runtime, "api.sock"))
        return s


def record(kind, content=b"", rid=1, padding=0, version=1):
    return struct.pack(">BBHHBB", version, kind, rid, len(content), padding, 0) + content + b"\0" * padding


def pair(name, value):
    def length(n):
        return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)
    name, value = name.encode(), value.encode()
    return length(len(name)) + length(len(value)) + name + value


def fcgi_request(method="GET", uri="/healthz", body=b"", keep=True, padding=0, **params):
    env = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "REMOTE_ADDR": "192.0.2.1"}
    if body:
        env.update(CONTENT_LENGTH=str(len(body)), CONTENT_TYPE="application/json")
    env.update(params)
    out = record(1, struct.pack(">HB5x", 1, 1 if keep else 0))
    out += record(4, b"".join(pair(k, v) for k, v in env.items()), padding=padding) + record(4)
    for at in range(0, len(body), 32768):
        out += record(5, body[at:at + 32768], padding=padding)
    return out + record(5)


def fcgi_answer(s):
    """One whole answer: (status, head, body). Raises OSError or EOFError when the peer goes."""
    def exactly(n):
        data = b""
        while len(data) < n:
            chunk = s.recv(n - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data
    out = b""
    while True:
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", exactly(8))
        content = exactly(length)
        exactly(padding)
        if kind == 6:
            out += content
        if kind == 3:
            head, _, body = out.partition(b"\r\n\r\n")
            return int(head.split(b" ")[1].split(b"\r")[0]), head, body

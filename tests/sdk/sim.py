"""neosim as a process: started, asked and steered through its control endpoint, and ended. What it says here is the truth the
SDK's answers are held against."""
import atexit
import contextlib
import csv
import http.client
import io
import json
import os
import subprocess
import tempfile
import time
import urllib.parse

PATIENCE = 30  # seconds: a guard against hanging, never a measure
DAY = "2026-11-18"  # a Wednesday, a trading day
CREDENTIALS = {"consumer_key": "11111111-2222-3333-4444-555555555555", "mobile": "+919876543210", "ucc": "ABC12", "mpin": "123456",
               "totp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}


def wait_for(check, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = check()
        if got:
            return got
        time.sleep(0.01)
    raise TimeoutError(what)


class Ended(BaseException):
    """neosim is gone: no test can say anything any more."""


class Sim:
    """One neosim with a folder of its own; a context manager."""

    SPEED = 10  # virtual seconds in a real one

    def __init__(self, build):
        self.folder = tempfile.TemporaryDirectory(prefix="sauda-sdk-")
        self.log = open(os.path.join(self.folder.name, "neosim.log"), "w+b")
        program = os.path.join(build, "tests", "neosim", "neosim")
        self.process = subprocess.Popen([program, "--dir", self.folder.name, "--at", self.day("10:00:00"), "--speed", str(self.SPEED), "--seed", "7",
                                         "--cash", "1000000000", "--step-ms", "20"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log)
        atexit.register(self.end)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("neosim did not start: " + self.said())
        self.ports = json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-2000:]

    # -- its control endpoint ---------------------------------------------------------------------------------------

    def fetch(self, method, path, body=None):
        """(status, bytes) from the plain port, without any proxy."""
        if self.process.poll() is not None:
            raise Ended(f"neosim ended with {self.process.returncode}: {self.said()}")
        c = http.client.HTTPConnection("127.0.0.1", self.ports["port"], timeout=PATIENCE)
        with contextlib.closing(c):
            c.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            r = c.getresponse()
            return r.status, r.read()

    def ask(self, method, path, body=None):
        status, text = self.fetch(method, path, body)
        if status != 200:
            raise RuntimeError(f"neosim: {method} {path} {body}: {status} {text[:300]!r}")
        return json.loads(text or b"null")

    def now(self):
        return self.ask("GET", "/sim/clock")["now_ns"]

    @staticmethod
    def day(time_of_day):
        return f"{DAY}T{time_of_day}+05:30"

    def set_clock(self, **what):
        self.ask("POST", "/sim/clock", what)

    @contextlib.contextmanager
    def held(self):
        """Nothing moves inside: an answer and the truth asked for beside it are of one instant."""
        self.set_clock(speed=0)
        try:
            yield
        finally:
            self.set_clock(speed=self.SPEED)

    def requests(self, prefix=None):
        query = "?" + urllib.parse.urlencode({"path": prefix}) if prefix else ""
        return self.ask("GET", "/sim/requests" + query)

    def forget(self):
        self.ask("DELETE", "/sim/requests")

    def fault(self, kind, **more):
        return self.ask("POST", "/sim/fault", {"kind": kind, "times": 1, **more})["id"]

    def scrip(self, segment, id, **what):
        self.ask("POST", "/sim/scrip", {"segment": segment, "id": str(id), **what})

    # -- the truth --------------------------------------------------------------------------------------------------

    def ledger(self):
        return self.ask("GET", "/sim/ledger")

    def order(self, number):
        return next((o for o in self.ledger()["orders"] if o["number"] == number), None)

    def quote(self, segment, id):
        return self.ask("GET", "/sim/quote?" + urllib.parse.urlencode({"segment": segment, "id": id}))

    def settled(self, number, *statuses):
        """The order once it shows one of these statuses."""
        return self.until(number, lambda o: o["status"] in statuses)

    def until(self, number, fits):
        """The order once it fits; what it is when it does not in time."""
        def there():
            o = self.order(number)
            return o if o and fits(o) else None
        try:
            return wait_for(there, "order", 10)
        except TimeoutError:
            return self.order(number)

    def master(self, path):
        """Rows of a scrip master file by its path on this server, columns by their cleaned names."""
        status, text = self.fetch("GET", path)
        assert status == 200, (path, status)
        rows = csv.reader(io.StringIO(text.decode()))
        names = [n.strip().rstrip(";") for n in next(rows)]
        return [dict(zip(names, row)) for row in rows]

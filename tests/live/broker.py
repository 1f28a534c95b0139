"""The simulated broker beside an engine, with the account that it knows."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "engined"))
from sauda import BUILD, ENV, PATIENCE, spawn  # noqa: E402

NEOSIM = os.path.join(BUILD, "tests", "neosim", "neosim")
ACCOUNT = {"KOTAK_CONSUMER_KEY": "11111111-2222-3333-4444-555555555555", "KOTAK_MOBILE_NUMBER": "+919876543210", "KOTAK_UCC": "ABC12",
           "KOTAK_MPIN": "123456", "KOTAK_TOTP_SECRET": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}
STRATEGIES = ("failed_auction", "amd", "opening_range_breakout", "ema_cross", "vwap_reversion")


class Broker:
    def __init__(self, at, speed=60, **options):
        self.folder = tempfile.mkdtemp(prefix="neosim-")
        command = [NEOSIM, "--dir", self.folder, "--at", at, "--speed", str(speed), "--log", os.path.join(self.folder, "log")]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        self.process = spawn(command, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline() or "{}")
        if not self.ready:
            raise RuntimeError("neosim did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.status = self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def env(self):
        """What engined and enginectl need to reach it, over TLS."""
        return {**ENV, **ACCOUNT, "KOTAK_SESSION_URL": f"https://127.0.0.1:{self.ready['tls_port']}", "KOTAK_CA_FILE": self.ready["ca"]}

    def clock(self):
        return f"{self.ready['virtual_ns']},{self.ready['real_ns']},{self.ready['speed']}"

    def ask(self, path, body=None, method=None):
        data = json.dumps(body).encode() if body is not None else None
        r = urllib.request.Request(f"http://127.0.0.1:{self.ready['port']}{path}", data=data, method=method)
        with urllib.request.urlopen(r, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def ledger(self):
        return self.ask("/sim/ledger")

    def fault(self, kind, path="", **more):
        return self.ask("/sim/fault", {"kind": kind, "path": path, "times": 1, **more})

    def feed(self, feed, kind, **more):
        return self.ask("/sim/feed", {"feed": feed, "kind": kind, **more})


def settings(folder, capital=300000, live="yes", strategies=STRATEGIES, each="", **more):
    """A settings file with every strategy on NIFTY."""
    path = os.path.join(folder, "sauda.conf")
    with open(path, "w") as f:
        f.write(f"[account]\ncapital = {capital}\n")
        for section, lines in more.items():
            f.write(f"[{section}]\n{lines}\n")
        for name in strategies:
            f.write(f"[strategy.{name}]\nunderlying = NIFTY\nlive = {live}\n{each}\n")
    os.chmod(path, 0o600)
    return path

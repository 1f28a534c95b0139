"""kotak_drive --engine beside a neosim: what the adapter tells the core, and what is true at the broker."""
import json
import os
import queue
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "neosim"))
from neosim import BUILD, KEY, MOBILE, MPIN, NEOSIM, SECRET, UCC, Housed  # noqa: E402, F401

DRIVE = os.environ.get("SAUDA_KOTAK_DRIVE", os.path.join(BUILD, "tests", "broker", "kotak", "kotak_drive"))
ACCOUNT = {"consumer_key": KEY, "mobile": MOBILE, "ucc": UCC, "mpin": MPIN, "totp_secret": SECRET}
PATIENCE = 30  # seconds without progress that mean it hangs


class Sim(Housed):
    def __init__(self, speed, at="2026-11-23T10:00:00+05:30", **options):
        super().__init__(at, speed, **options)
        self.credentials = os.path.join(self.folder.name, "credentials")
        with open(os.open(self.credentials, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.writelines(f"{k}={v}\n" for k, v in ACCOUNT.items())

    def fault(self, kind, path="/quick/order/rule/ms/place", times=1, **more):
        super().fault(kind, path=path, times=times, **more)

    def feed(self, kind, **more):
        self.sim("feed", {"feed": "orders", "kind": kind, **more})

    def orders(self, tag):
        return [o for o in self.ledger()["orders"] if o["tag"] == tag]

    def filled(self, tag):
        return sum(o["filled"] for o in self.orders(tag))

    def depth(self, key):
        return self.get(f"/script-details/1.0/quotes/neosymbol/{urllib.parse.quote(key)}/all").json[0]


class Drive:
    """The adapter: commands in, events out. Every event must be legal for the core."""

    def __init__(self, sim, *more):
        self.events, self.news = [], queue.Queue()
        self.process = subprocess.Popen([DRIVE, "--base", f"https://127.0.0.1:{sim.tls_port}", "--ca", sim.ca, "--credentials", sim.credentials,
                                         "--clock", sim.clock(), "--engine", *more],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.states, self.fills, self.tags, self.illegal, self.reports, self.placed = {}, {}, {}, [], [], 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.news.put(json.loads(line))
        self.news.put(None)

    def _take(self, e):
        self.events.append(e)
        if e.get("event") == "order":
            self.states[e["order"]] = e["state"]
            self.reports.append((e["order"], e["report"]))
            if not e["legal"]:
                self.illegal.append(e)
        elif e.get("event") == "fill":
            self.fills[e["order"]] = self.fills.get(e["order"], 0) + e["qty"]
            if e["state"]:
                self.states[e["order"]] = e["state"]
        for o in e.get("orders", ()):
            self.tags[o["order"]] = o["tag"]

    def until(self, good, seconds=PATIENCE):
        """Takes events until good() is true of this drive; False when it is not in time."""
        end = time.monotonic() + seconds
        while not good():
            try:
                e = self.news.get(timeout=max(0.001, end - time.monotonic()))
            except queue.Empty:
                return False
            if e is None:
                return False
            self._take(e)
        return True

    def do(self, command):
        self.process.stdin.write(command + "\n")

    def up(self, since=0):
        return self.until(lambda: any(e.get("event") == "link" and e["up"] for e in self.events[since:]))

    def reach(self, order, *states):
        return self.until(lambda: self.states.get(order) in states)

    def said(self, order, report, times=1):
        return self.until(lambda: self.reports.count((order, report)) >= times)

    def quiet(self, seconds):
        self.until(lambda: False, seconds)

    def place(self, words):
        self.placed += 1
        self.do("place " + words)
        self.do("orders")
        order = self.placed
        self.until(lambda: order in self.tags)
        return order

    def notes(self, part):
        return [e["note"] for e in self.events if part in e.get("note", "")]

    def stats(self):
        before = len(self.events)
        self.do("stats")
        self.until(lambda: any("polls" in e for e in self.events[before:]))
        return [e for e in self.events if "polls" in e][-1]

    def end(self):
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait()

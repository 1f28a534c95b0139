#!/usr/bin/env python3
"""The market feed against neosim over real sockets: from login to prices that agree to the paisa, through every fault of the feed, and into the
next trading day without a restart. What is waited for is an event, never a time."""
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../neosim"))
from neosim import BUILD, KEY, Neosim, Tap, wait_for  # noqa: E402

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
tap = Tap()


class Drive:
    def __init__(self, sim, folder):
        clock = sim.sim("clock")
        self.sim, self.folder, self.lines, self.seen = sim, folder, queue.Queue(), []
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "tests/feed/kotak/feed_drive"), "--base", f"http://127.0.0.1:{sim.port}", "--ca", sim.ca, "--dir", folder,
             "--tables", os.path.join(TOP, "tables"), "--clock", f"{clock['virtual_ns']},{clock['real_ns']},{clock['speed']}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def until(self, fits, seconds=60):
        """The first line from here on that fits; None when none came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                break
            self.seen.append(line)
            if fits(line):
                return line
        return None

    def drain(self):
        while not self.lines.empty():
            self.seen.append(self.lines.get())

    def ask(self, text, what=None):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.until(lambda e: e["what"] == (what or text.split()[0]))

    def stats(self):
        return self.ask("stats")

    def link(self, up, seconds=60):
        return self.until(lambda e: e["what"] == "link" and e["up"] == up, seconds)

    def notes(self):
        return [e["text"] for e in self.seen if e["what"] == "note"]

    def master(self):
        paths = self.sim.ask("GET", "/script-details/1.0/masterscrip/file-paths", {"Authorization": KEY}).json["data"]["filesPaths"]
        names = {}
        for url in paths:
            name = url.rsplit("/", 1)[1]
            if name in ("nse_fo.csv", "nse_cm-v1.csv"):
                names[name] = os.path.join(self.folder, name)
                with open(names[name], "wb") as f:
                    f.write(self.sim.ask("GET", "/" + url.split("/", 3)[3]).body)
        day = time.strftime("%Y-%m-%d", time.gmtime(self.sim.now() // 10**9 + 19800))
        return self.ask(f"master {day} {names['nse_fo.csv']} {names['nse_cm-v1.csv']}")

    def jump(self, at):
        self.sim.sim("clock", {"at": at, "speed": 1})
        clock = self.sim.sim("clock")
        self.process.stdin.write(f"clock {clock['virtual_ns']},{clock['real_ns']},1\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


def watched(drive):
    """Symbols of the chain that the engine knows, nearest the money first, with what the server says they are."""
    spot = drive.ask("quote NIFTY")["last"] / 10000
    with open(os.path.join(drive.folder, "nse_fo.csv")) as f:
        head = [h.strip().rstrip(";") for h in f.readline().split(",")]
        rows = [dict(zip(head, line.rstrip("\n").split(","))) for line in f]
    rows = [r for r in rows if r["pSymbolName"] == "NIFTY" and r["pOptionType"] in ("CE", "PE")]
    rows.sort(key=lambda r: (int(r["pExpiryDate"]), abs(float(r["dStrikePrice"]) / 100 - spot)))
    return rows[:20]


def differences(drive, wanted):
    out = []
    for segment, ident, symbol in wanted:
        q = drive.sim.sim(f"quote?segment={segment}&id={ident}")
        e = drive.ask("quote " + symbol)
        want, got = [q["last"] * 100], [e.get("last")]
        if segment != "nse_cm":
            want += [q["bid"][0][0] * 100, q["ask"][0][0] * 100, q["bid"][0][1], q["ask"][0][1], q["volume"], q["oi"]]
            got += [e.get(k) for k in ("bid", "ask", "bid_qty", "ask_qty", "volume", "oi")]
        if want != got:
            out.append((symbol, want, got))
    return out


def agree(drive, name):
    """The server's clock is held for a moment, too short to look mute: what the engine believes is what the server shows, to the paisa."""
    wanted = [("nse_cm", "Nifty%2050", "NIFTY")] + [("nse_fo", r["pSymbol"], r["pTrdSymbol"]) for r in watched(drive)]
    for _ in range(5):
        drive.sim.sim("clock", {"speed": 0})
        time.sleep(0.2)
        bad = differences(drive, wanted)
        drive.sim.sim("clock", {"at": drive.stats()["at"], "speed": 1})  # the engine's clock went on meanwhile
        if not bad:
            break
        time.sleep(2)  # bars of the past may have held an underlying's prices back
    tap.ok(not bad, name, bad[:3])


def first_minutes(drive):
    tap.ok(drive.master(), "the day's master is taken")
    tap.ok(drive.until(lambda e: e["what"] == "session" and e["begin"]), "the session begins")
    tap.ok(wait_for(lambda: drive.stats()["fresh"]), "the feed is up", drive.notes())
    got = wait_for(lambda: (lambda s: s if s["subscriptions"] >= 40 else None)(drive.stats()))
    tap.ok(got and got["subscriptions"] >= 40, "the chain around the money is subscribed", got)
    tap.ok(wait_for(lambda: drive.stats()["tick"] > 200), "ticks flow")
    agree(drive, "prices agree")
    s = drive.stats()
    tap.equal(s["bad"], 0, "nothing was doubted")
    tap.equal(s["back"], 0, "no tick went back in time")
    bars = drive.ask("bars NIFTY")["bars"]
    tap.ok(len(bars) >= 45 and bars[-1][0][11:16] == "09:15", "the morning's bars were fetched", bars[:2] + bars[-1:])
    asked = drive.sim.sim("requests?path=/market-data")
    tap.equal(len(asked), 1, "one candles call")


def falls(drive, kind, words="", **more):
    drive.drain()
    drive.sim.sim("feed", {"feed": "market", "kind": kind, **more})
    down = drive.link(False, 40)
    tap.ok(down and words in down["reason"], f"{kind}: the link goes down", down or drive.notes()[-3:])


def rises(drive, kind):
    tap.ok(drive.link(True, 90), f"{kind}: and up again", drive.stats())


def faults(drive):
    falls(drive, "mute", "no new")
    mute = drive.stats()["mute"]
    tap.ok(wait_for(lambda: drive.stats()["mute"] > mute, 60), "mute: again after the reconnect", drive.stats())
    drive.sim.sim("feed", {"feed": "market", "kind": "resume"})
    rises(drive, "mute")
    for kind in ("drop", "reset"):
        falls(drive, kind)
        rises(drive, kind)
    # at the next connection
    for kind, times in (("1120", 2), ("fallback", 1), ("no_ack", 1), ("no_divider", 1), ("refuse", 2)):
        before = drive.stats()
        drive.sim.sim("feed", {"feed": "market", "kind": kind, "times": times})
        falls(drive, "drop")
        rises(drive, kind)
        after = drive.stats()
        tried = after["reconnects"] - before["reconnects"]
        tap.ok(tried > times if kind not in ("no_divider",) else tried >= 1, f"{kind}: struck", (before, after))
    agree(drive, "after no_divider and the others prices agree")
    drive.sim.sim("feed", {"feed": "market", "kind": "stale"})
    falls(drive, "drop")
    mute = drive.stats()["mute"]
    tap.ok(wait_for(lambda: drive.stats()["mute"] > mute, 60), "stale: one old picture and silence is mute", drive.stats())
    tap.ok(not drive.stats()["fresh"], "stale: not believed")
    drive.sim.sim("feed", {"feed": "market", "kind": "resume"})
    rises(drive, "stale")


def harmless(drive):
    """Nothing of these may take the feed down or bend a price."""
    for kind in ("fragment", "duplicate", "unknown_type", "cut", "lie"):
        drive.drain()
        before = drive.stats()
        drive.sim.sim("feed", {"feed": "market", "kind": kind, "times": 3})
        wait_for(lambda: drive.stats()["packets"] > before["packets"] + 100)
        after = drive.stats()
        tap.ok(after["fresh"], f"{kind}: the feed stays up", after)
        if kind in ("cut", "lie"):
            tap.ok(after["bad"] > before["bad"], f"{kind}: counted", after)
        drive.sim.sim("feed", {"feed": "market", "kind": "resume"})
    wait_for(lambda: drive.stats()["packets"] > after["packets"] + 200)
    agree(drive, "after them prices agree")


def next_day(drive):
    token = {r["pTrdSymbol"]: r["pSymbol"] for r in watched(drive)}
    known = drive.ask("quote " + next(iter(token)))
    drive.jump("2026-11-25T15:39:55+05:30")
    tap.ok(drive.until(lambda e: e["what"] == "session" and not e["begin"]), "the session ends at 15:40", drive.seen[-3:])
    drive.jump("2026-11-26T08:29:58+05:30")
    tap.ok(wait_for(lambda: drive.stats()["authenticated"], 60), "a new day's connection", drive.stats())
    tap.equal(drive.ask("quote " + next(iter(token)))["id"], known["id"], "ids outlive the day")
    drive.master()
    drive.jump("2026-11-26T09:14:58+05:30")
    tap.ok(drive.until(lambda e: e["what"] == "session" and e["begin"] and e["date"] == "2026-11-26"), "the next session begins", drive.seen[-3:])
    ticks = drive.stats()["tick"]
    tap.ok(wait_for(lambda: drive.stats()["tick"] > ticks + 100, 60), "its ticks flow", drive.stats())
    tap.ok(wait_for(lambda: drive.stats()["fresh"], 30), "the link is up", drive.stats())
    agree(drive, "its prices agree")


with tempfile.TemporaryDirectory() as folder, Neosim("--dir", folder, at="2026-11-25T10:00:10+05:30") as sim:
    drive = Drive(sim, folder)
    first_minutes(drive)
    faults(drive)
    harmless(drive)
    next_day(drive)
    tap.equal(drive.stop(), 0, "it ends with nothing left in the loop")

with tempfile.TemporaryDirectory() as folder, Neosim("--dir", folder, at="2026-11-25T11:00:10+05:30") as sim:
    sim.fault("429", path="/market-data", times=0)
    drive = Drive(sim, folder)
    drive.master()
    tap.ok(drive.until(lambda e: e["what"] == "note" and "no minute bars of NIFTY" in e["text"]), "no candles: it is said")
    tap.ok(drive.until(lambda e: e["what"] == "session" and e["begin"]), "and the session begins all the same")
    tap.ok(wait_for(lambda: drive.stats()["fresh"]), "the feed comes up", drive.stats())
    tap.equal(drive.stop(), 0, "it ends in the middle of things")

tap.done()

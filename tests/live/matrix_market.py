"""The market feed's column: the feed adapter (feed_drive) beside a market in which this test alone moves three contracts, so that every price they ever showed is
known. Invented = a tick they never showed; doubled = an older price told after a newer one; lost = the link's end not said, or the last price not known after
calm."""
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "neosim"))
from neosim import BUILD, KEY, Neosim  # noqa: E402

DRIVE = os.path.join(BUILD, "tests", "feed", "kotak", "feed_drive")
TABLES = os.path.join(HERE, "..", "..", "tables")
SILENT = ("mute", "drop", "reset", "refuse", "no_ack", "1120", "fallback", "stale", "no_divider")
AT_CONNECT = ("refuse", "no_ack", "1120", "fallback", "stale", "no_divider")
MOVES, PACE, STEP = 12, 0.2, 25   # moves while the fault lasts, real seconds between, paise
NEAR = 5000                       # bid and ask lie within ten ticks of the last price


class Feed:
    """feed_drive: lines out, questions in."""

    def __init__(self, sim, folder):
        clock = sim.sim("clock")
        self.sim, self.folder, self.news, self.seen = sim, folder, queue.Queue(), []
        self.process = subprocess.Popen([DRIVE, "--base", f"http://127.0.0.1:{sim.port}", "--ca", sim.ca, "--dir", folder, "--tables", TABLES, "--clock",
                                         f"{clock['virtual_ns']},{clock['real_ns']},{clock['speed']}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.news.put(json.loads(line))

    def until(self, good, seconds=30):
        """Takes lines until good(line); None when none came in time."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.news.get(timeout=max(0.001, end - time.monotonic()))
            except queue.Empty:
                return None
            self.seen.append(line)
            if good(line):
                return line

    def ask(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        answer = self.until(lambda e: e["what"] == text.split()[0])
        if answer is None:
            raise RuntimeError(f"feed_drive does not answer {text}")
        return answer

    def wait(self, what, seconds=45):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what():
                return True
            self.until(lambda e: False, 0.1)
        return False

    def master(self):
        names = {}
        for url in self.sim.ask("GET", "/script-details/1.0/masterscrip/file-paths", {"Authorization": KEY}).json["data"]["filesPaths"]:
            names[url.rsplit("/", 1)[1]] = "/" + url.split("/", 3)[3]
        for name in ("nse_fo.csv", "nse_cm-v1.csv"):
            with open(os.path.join(self.folder, name), "wb") as f:
                f.write(self.sim.ask("GET", names[name]).body)
        day = time.strftime("%Y-%m-%d", time.gmtime(self.sim.now() // 10**9 + 19800))
        return self.ask(f"master {day} {self.folder}/nse_fo.csv {self.folder}/nse_cm-v1.csv")


class Lane:
    def __init__(self, speed):
        self.folder = tempfile.TemporaryDirectory(prefix="market-")
        self.sim = Neosim("--dir", self.folder.name, "--speed", str(speed))
        self.feed = Feed(self.sim, self.folder.name)
        self.feed.master()
        if not self.feed.wait(lambda: (lambda t: t["fresh"] and t["subscriptions"] >= 40 and t["tick"] > 200)(self.feed.ask("stats"))):
            raise RuntimeError(f"the market feed does not come up: {self.feed.seen[-4:]}")
        self.shown, self.price, self.judged = {}, {}, 0
        self.choose()

    def choose(self):
        """Three contracts of those that are streamed; pinned before they are watched."""
        rows = self.sim.ask("GET", "/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY&count=10", {"Authorization": KEY}).json["data"]
        for r in rows["call"][4:7]:
            i = r.get("instrument") or r["inst"]
            segment, token = i["neoSymbol"].split("|")
            last = self.sim.sim(f"quote?segment={segment}&id={token}")["last"]
            self.price[i["symbol"]] = [segment, token, last - last % 5]
            self.shown[i["symbol"]] = []
        for symbol in self.price:
            self.move(symbol)
        if not self.feed.wait(lambda: not self.wrong_last(), 10):
            raise RuntimeError(f"pinned prices are not seen: {self.wrong_last()}")
        self.watched = len(self.feed.seen)
        if not all(self.feed.ask("watch " + s)["known"] for s in self.price):
            raise RuntimeError("a contract of the chain is not known")

    def move(self, symbol):
        entry = self.price[symbol]
        entry[2] += STEP
        self.shown[symbol].append(entry[2] * 100)
        self.sim.sim("scrip", {"segment": entry[0], "id": entry[1], "price": entry[2]})

    def fresh(self):
        return self.feed.ask("stats")["fresh"]

    def wrong_last(self):
        return [s for s, entry in self.price.items() if self.feed.ask("quote " + s).get("last") != entry[2] * 100]

    def calm(self):
        self.sim.calm()
        self.sim.sim("feed", {"feed": "market", "kind": "resume"})

    def clean(self):
        self.calm()
        if not self.feed.wait(self.fresh, 60):
            raise RuntimeError(f"the market feed stays down: {self.feed.ask('stats')['reason']}")

    def ticks(self):
        """What the ticks since the last look say that the market never did."""
        found, newest = [], {}
        for i, e in enumerate(self.feed.seen[self.watched:]):
            if e["what"] != "tick":
                continue
            shown, last = self.shown[e["symbol"]], e["last"]
            at = shown.index(last) if last in shown else -1
            if i >= self.judged and (at < 0 or abs(e["bid"] - last) > NEAR or abs(e["ask"] - last) > NEAR):
                found.append(("invented", f"tick {e}"))
            elif i >= self.judged and at < newest.get(e["symbol"], 0):
                found.append(("doubled", f"an old price after a newer one: {e}"))
            newest[e["symbol"]] = max(newest.get(e["symbol"], 0), at)
        self.judged = len(self.feed.seen) - self.watched
        return found

    def close(self):
        self.feed.process.stdin.close()
        status = self.feed.process.wait(30)
        self.sim.stop()
        if status != 0:
            raise RuntimeError(f"feed_drive ended with {status}")


def words_of(lane, fault, since, before, after):
    lines = lane.feed.seen[since:]
    downs = [e["reason"].split(" (")[0] for e in lines if e["what"] == "link" and not e["up"]]
    words = [f"link down: {downs[0]}; up again"] if downs else ["link up throughout"]
    if after["bad"] > before["bad"]:
        words.append(f"{after['bad'] - before['bad']} packets not believed")
    return downs, ", ".join(words)


def cell(lane, fault):
    since, before = len(lane.feed.seen), lane.feed.ask("stats")
    lane.sim.sim("feed", {"feed": "market", "kind": fault.kind, **fault.more})
    if fault.kind in AT_CONNECT:
        lane.sim.sim("feed", {"feed": "market", "kind": "drop"})
    symbols = list(lane.price)
    for i in range(MOVES):
        lane.move(symbols[i % len(symbols)])
        lane.feed.until(lambda e: False, PACE)
    if fault.kind == "stale":
        lane.feed.wait(lambda: lane.feed.ask("stats")["mute"] > before["mute"], 10)
    lane.clean()
    for symbol in symbols:
        lane.move(symbol)
    known = lane.feed.wait(lambda: not lane.wrong_last(), 10)
    downs, words = words_of(lane, fault, since, before, lane.feed.ask("stats"))
    found = lane.ticks()
    if fault.kind in SILENT and not downs:
        found.append(("lost", "the link's end was not said"))
    if not known:
        found.append(("lost", f"last prices after calm: {lane.wrong_last()}"))
    return words, found

"""One account seen twice: what the engine's side believes (kotak_drive) beside the simulator's ledger, and the three counts of their differences."""
import os
import sys
import time
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "broker", "kotak"))
import drive  # noqa: E402

PLACE, MODIFY, CANCEL = "/quick/order/rule/ms/place", "/quick/order/vr/modify", "/quick/order/cancel"
LOGIN, REPORTS = "/login/1.0/tradeApi", ("/quick/user/", "/portfolio/")
STATUS = {"filled": "complete", "cancelled": "cancelled", "rejected": "rejected", "open": "open", "partial": "open"}
ENDED = ("filled", "cancelled", "rejected")
LOST, DOUBLED, INVENTED = "lost", "doubled", "invented"


class Sim(drive.Sim):
    """drive.Sim with room in the account, and one contract whose price only this test moves."""

    def __init__(self, speed, at="2026-11-23T10:00:00+05:30"):
        super().__init__(speed, at, cash=900000000, master_rows=2000)
        row = self.get("/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY&count=10").json["data"]
        self.lot = int(row["common_data"]["mktLot"])
        first = row["call"][0].get("instrument") or row["call"][0]["inst"]
        self.symbol, (self.segment, self.token) = first["symbol"], first["neoSymbol"].split("|")
        self.pin(100)

    def pin(self, rupees):
        self.sim("scrip", {"segment": self.segment, "id": self.token, "price": round(rupees * 100)})

    def fired(self):
        return sum(f["fired"] for f in self.sim("faults"))

    def session(self, **what):
        self.sim("session", what)

    def sent(self, path):
        return self.sim(f"requests?path={path}")

    def words(self, price, lots=1, side="B", purpose="entry"):
        return f"nse_fo {self.symbol} {side} L {lots * self.lot} {price:.2f} 0 NRML DAY - {purpose}"


class Engine(drive.Drive):
    """drive.Drive that also knows its orders' terms, and how often each was allowed to be sent again."""

    def __init__(self, sim, *more):
        super().__init__(sim, *more)
        self.sim, self.resent = sim, Counter()

    def orders(self):
        before = len(self.events)
        self.do("orders")
        if not self.until(lambda: any("orders" in e for e in self.events[before:])):
            raise RuntimeError(f"the driver does not answer: {self.events[-3:]}")
        return {o["order"]: o for o in [e for e in self.events[before:] if "orders" in e][-1]["orders"]}

    def poll(self, what, seconds):
        """until() for what no event tells of."""
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                return False
            self.quiet(0.1)
        return True

    def resend(self, order, price):
        """What the core does with an order whose absence is proven."""
        self.resent[order] += 1
        self.do(f"resend {order} {price:.2f}")

    def is_up(self):
        links = [e["up"] for e in self.events if e.get("event") == "link"]
        return bool(links) and links[-1]

    def of(self, order, since=0):
        return [e for e in self.events[since:] if e.get("order") == order and e.get("event")]


def _requests(sim, engine, tags, found):
    placed = Counter(r["jdata"].get("ig") for r in sim.sent(PLACE) if r["jdata"])
    for order, tag in tags.items():
        proofs = sum(r == (order, "absent") for r in engine.reports)
        if placed[tag] > 1 + min(engine.resent[order], proofs):
            found.append((DOUBLED, f"order {order}: {placed[tag]} requests, {proofs} proofs of absence"))


def _order(order, mine, true, reports, found):
    """mine: the engine's view, and what it was told; true: the ledger's orders of the same tag."""
    proofs = reports.count("absent")
    state, said = mine["state"], f"order {order}: {mine['state']} {mine['number']} at {mine['price']}"
    if len(true) > 1 + proofs:
        found.append((DOUBLED, f"{said}; the ledger has {len(true)}"))
    if not true:
        if state in ("filled", "partial", "open", "pending", "trigger_pending") or mine["number"]:
            found.append((INVENTED, f"{said}; the ledger has none"))
        elif state not in ("rejected", "absent", "cancelled", "denied"):
            found.append((LOST, f"{said}; the ledger has none, and the engine does not know it"))
        return
    o = true[-1]
    if proofs and not mine["number"] and state in ENDED and o["status"] in ("cancelled", "rejected", STATUS[state]):
        return  # its absence was proven, it ended here, turned up and was cancelled on sight: an end for both; its fills are compared by themselves
    if "rejected" in reports and o["status"] != "rejected":
        found.append((INVENTED, f"{said}, and was called rejected; the ledger: {o['status']}"))
    if STATUS.get(state) != o["status"]:
        found.append((INVENTED if state in ENDED else LOST, f"{said}; the ledger: {o['status']}"))
    elif mine["number"] != o["number"]:
        found.append((LOST, f"{said}; the ledger: {o['number']}"))
    elif o["status"] == "open" and abs(float(mine["price"]) - o["price"] / 100) > 0.001:
        found.append((LOST, f"{said}; the ledger: {o['price'] / 100:.2f}"))


def _fills(engine, ledger, ours, found):
    def key(number, qty, price):
        return number, qty, round(price * 100)

    mine = Counter(key(e["number"], e["qty"], float(e["price"])) for e in engine.events if e.get("event") == "fill" and e["order"])
    true = Counter((t["order"], t["qty"], t["price"]) for t in ledger["trades"] if t["order"] in ours)
    found += [(DOUBLED if k in true else INVENTED, f"fill {k}") for k in (mine - true).elements()]
    found += [(LOST, f"fill {k}") for k in (true - mine).elements()]


def differences(sim, engine):
    """[(LOST | DOUBLED | INVENTED, what)] of everything this engine ever sent."""
    found, mine, ledger, by_tag = [], engine.orders(), sim.ledger(), {}
    tags = {n: o["tag"] for n, o in mine.items()}
    for o in ledger["orders"]:
        by_tag.setdefault(o["tag"], []).append(o)
    _requests(sim, engine, tags, found)
    for n, o in mine.items():
        _order(n, o, by_tag.get(tags[n], []), [r for order, r in engine.reports if order == n], found)
    ours = {o["number"] for tag in tags.values() for o in by_tag.get(tag, [])}
    _fills(engine, ledger, ours, found)
    found += [(INVENTED, f"a report that the core's table forbids: {e['order']} {e['report']}") for e in engine.illegal]
    return found


def settled(sim, engine, known=(), seconds=12):
    """The differences that stay, without those known before."""
    end = time.monotonic() + seconds
    while True:
        left = [d for d in differences(sim, engine) if d not in known]
        if not left or time.monotonic() > end:
            return left
        engine.quiet(0.15)


# -- is the comparison able to fail? -------------------------------------------------------------------------------------------------

class _Twin:
    """A simulator and an engine in one that agree about one filled and one resting order."""

    def __init__(self):
        self.known = {1: {"order": 1, "tag": "T1", "state": "filled", "number": "11", "price": 103.0}, 2: {"order": 2, "tag": "T2", "state": "open", "number": "12", "price": 80.0}}
        self.true = [{"tag": "T1", "number": "11", "status": "complete", "price": 10300}, {"tag": "T2", "number": "12", "status": "open", "price": 8000}]
        self.trades = [{"order": "11", "qty": 65, "price": 10005}]
        self.events = [{"event": "fill", "order": 1, "number": "11", "qty": 65, "price": 100.05}]
        self.placed = [{"jdata": {"ig": "T1"}}, {"jdata": {"ig": "T2"}}]
        self.reports, self.illegal, self.resent = [], [], Counter()

    def orders(self):
        return self.known

    def sent(self, _):
        return self.placed

    def ledger(self):
        return {"orders": self.true, "trades": self.trades}


def _spoilt():
    """(what is wrong, what it must count as)"""
    def twin(change):
        t = _Twin()
        change(t)
        return t
    yield twin(lambda t: None), None
    yield twin(lambda t: t.events.clear()), LOST
    yield twin(lambda t: t.events.append(dict(t.events[0]))), DOUBLED
    yield twin(lambda t: t.events.append({**t.events[0], "qty": 130})), INVENTED
    yield twin(lambda t: t.known[2].update(state="cancelled")), INVENTED
    yield twin(lambda t: t.known[2].update(state="unknown")), LOST
    yield twin(lambda t: t.known[2].update(price=75.0)), LOST
    yield twin(lambda t: t.known[2].update(number="")), LOST
    yield twin(lambda t: t.reports.append((1, "rejected"))), INVENTED
    yield twin(lambda t: t.known[1].update(number="")), LOST
    yield twin(lambda t: t.true.pop()), INVENTED
    yield twin(lambda t: t.true.append(dict(t.true[1], number="13"))), DOUBLED
    yield twin(lambda t: t.placed.append(t.placed[0])), DOUBLED
    yield twin(lambda t: t.illegal.append({"order": 1, "report": "open"})), INVENTED


def blind_to():
    """Differences that the comparison would not see, or would call by another name."""
    return [(kind or "nothing", f"case {i}: {found}") for i, (twin, kind) in enumerate(_spoilt())
            for found in [differences(twin, twin)] if (kind not in [k for k, _ in found] if kind else found)]

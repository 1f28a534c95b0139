"""The columns of the order path: a fault is armed on one kind of request (or on a feed), an order goes its way, and both books are compared. Every cell answers
(what the engine did in a few words, its differences). An order that may be alive is never left behind: the next cell starts clean."""
from matrix_ledger import CANCEL, ENDED, LOGIN, MODIFY, PLACE, REPORTS, Engine, Sim, settled

WAIT = 16          # real seconds: longer than any deadline of the client
MARKETABLE, RESTING, LOWER = 103, 80, 75
ROWS = ("stale_book", "empty_book", "vanish_row", "tag_cut", "tag_replaced", "type_change", "missing_field", "new_status")


class Lane:
    """A simulator and an engine of its own, for one column."""

    def __init__(self, speed=30):
        self.sim, self.known, self.left, self.engine = Sim(speed), [], set(), None
        self.start()

    def start(self, *more):
        self.engine = Engine(self.sim, *more)
        self.known, self.left = [], set()
        if not self.engine.up():
            raise RuntimeError(f"the link does not come up: {self.engine.events[-4:]}")

    def close(self):
        status = self.engine.end()
        self.sim.stop()
        if status != 0:
            raise RuntimeError(f"kotak_drive ended with {status}")

    def calm(self):
        self.sim.calm()

    def virtual(self, seconds):
        """Lets so much of the account's time pass."""
        self.engine.quiet(seconds / self.sim.speed)

    def judge(self, *orders):
        """Calm, a while for these orders to end, then what differs that did not before."""
        self.calm()
        self.sim.pin(100)
        self.engine.until(lambda: all(self.engine.states.get(o) in ENDED for o in orders), 6)
        found = settled(self.sim, self.engine, self.known)
        self.known += found
        return found

    def clean(self):
        """Waits for the link, then takes everything from the market. Prices are shown anew: what was bought is on offer again."""
        self.sim.pin(100)
        if not self.engine.until(self.engine.is_up, 25):
            raise RuntimeError(f"the link stays down: {[e for e in self.engine.events if e.get('event') == 'link'][-1]}")
        for n, o in self.engine.orders().items():
            if o["state"] in ("open", "partial", "pending") and n not in self.left:
                self.engine.do(f"cancel {n}")
                if not self.engine.reach(n, "cancelled", "filled", "rejected"):
                    self.left.add(n)

    def rest(self, price=RESTING):
        order = self.engine.place(self.sim.words(price))
        if not self.engine.reach(order, "open"):
            raise RuntimeError(f"no order to begin with: {self.engine.events[-4:]}")
        return order


# -- arming ---------------------------------------------------------------------------------------------------------------------------

def arm(lane, fault, path):
    """A fault of an answer strikes that request once. One of the rows strikes everything that is read, while the request's own answer is lost and the order
    feed is gone: the books alone must tell."""
    if fault.kind in ROWS and fault.kind != "new_status":
        lane.sim.feed("refuse")
        lane.sim.feed("drop")
        lane.sim.fault("drop_reply", path)
        lane.sim.fault(fault.kind, "", 0, **fault.more)
    else:
        lane.sim.fault(fault.kind, path, **fault.more)


# -- words ------------------------------------------------------------------------------------------------------------------------------

def short(text, most=58):
    text = text.split(" (")[0].strip()
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " ..."


def last_reason(events, report):
    reasons = [e["reason"] for e in events if e.get("report") == report]
    return short(reasons[-1]) if reasons and reasons[-1] else "no reason"


def after_unknown(engine, order, reports):
    if "unknown" not in reports:
        return []
    words = ["unknown"]
    if "absent" in reports:
        words.append("absence proven by two books")
    if engine.resent[order]:
        words.append("sent again " + ("once" if engine.resent[order] == 1 else "twice"))
    if "accepted" in reports and not (engine.resent[order] and reports.index("accepted") > reports.index("absent") and reports.count("unknown") < 2):
        words.append("found by its tag")
    return words


def place_words(lane, order):
    events = lane.engine.of(order)
    reports = [e["report"] for e in events if e["event"] == "order"]
    state = lane.engine.states[order]
    if state == "rejected":
        return ("accepted, then rejected: " if "accepted" in reports else "refused: ") + last_reason(events, "rejected")
    words = after_unknown(lane.engine, order, reports) or ["accepted"]
    return ", ".join(words + [state])


def with_link(lane, since, words):
    """What else was said meanwhile: the link, and notes to a person."""
    downs = [e["reason"] for e in lane.engine.events[since:] if e.get("event") == "link" and not e["up"]]
    return words + (f"; link down ({short(downs[0], 44)}), up again" if downs else "")


# -- place ---------------------------------------------------------------------------------------------------------------------------------

def place(lane, fault):
    since = len(lane.engine.events)
    arm(lane, fault, PLACE)
    order = lane.engine.place(lane.sim.words(MARKETABLE, 3))
    lane.engine.until(lambda: lane.engine.states.get(order) in ("filled", "rejected", "absent"), 3 if fault.kind in ROWS else WAIT)
    for _ in range(2):
        if lane.engine.states.get(order) == "absent":
            lane.engine.resend(order, MARKETABLE)
            lane.engine.until(lambda: lane.engine.states.get(order) in ("filled", "rejected"), 6)
    stays = lane.engine.states.get(order)
    found = lane.judge(order)
    words = place_words(lane, order)
    if stays == "unknown":
        told = ", a person told" if any("may be" in e.get("note", "") for e in lane.engine.events[since:]) else ""
        words = f"stays unknown while it lasts{told}; then " + ", ".join(words.split(", ")[1:])
    return with_link(lane, since, words), found


# -- modify, cancel -----------------------------------------------------------------------------------------------------------------------

def tried(lane, path, number, before):
    return sum(r["jdata"].get("no", r["jdata"].get("on")) == number for r in lane.sim.sent(path)[before:] if r["jdata"])


def modify(lane, fault):
    order = lane.rest()
    since, before = len(lane.engine.events), len(lane.sim.sent(MODIFY))
    arm(lane, fault, MODIFY)
    lane.engine.do(f"modify {order} {LOWER:.2f}")
    ends = ("modified", "modify_rejected")
    ended = lane.engine.until(lambda: any(e.get("report") in ends for e in lane.engine.of(order, since)), 3 if fault.kind in ROWS else WAIT)
    lane.calm()
    lane.engine.until(lambda: any(e.get("report") in ends for e in lane.engine.of(order, since)), 8)
    found = lane.judge()
    events = lane.engine.of(order, since)
    said = [e for e in events if e.get("report") in ends]
    if not said:
        return "stays modifying", found + [("lost", f"order {order}: its modify never ends")]
    if tried(lane, MODIFY, lane.engine.orders()[order]["number"], before) > 1:
        found.append(("doubled", f"order {order}: modified twice"))
    words = f"modified to {said[-1]['price']:.0f}" if said[-1]["report"] == "modified" else "not modified: " + last_reason(events, "modify_rejected")
    return with_link(lane, since, ("" if ended else "waits while it lasts; then ") + words), found


def cancel(lane, fault):
    order = lane.rest()
    since, before = len(lane.engine.events), len(lane.sim.sent(CANCEL))
    number = lane.engine.orders()[order]["number"]
    arm(lane, fault, CANCEL)
    lane.engine.do(f"cancel {order}")
    ended = lane.engine.until(lambda: lane.engine.of(order, since), 3 if fault.kind in ROWS else WAIT)
    words = []
    if any(e.get("report") == "cancel_rejected" for e in lane.engine.of(order, since)):
        words = ["told: " + last_reason(lane.engine.of(order, since), "cancel_rejected"), "asked again by the core"]
        lane.calm()
        if not lane.engine.until(lane.engine.is_up, 25):
            words.append("link down")
        lane.engine.do(f"cancel {order}")
    lane.calm()
    lane.engine.until(lambda: lane.engine.states[order] == "cancelled", 8)
    found = lane.judge()
    sent = tried(lane, CANCEL, number, before)
    if not words and sent > 1:
        words = [f"sent {sent} times, which is harmless"]
    state = lane.engine.states[order]
    if state != "cancelled":
        found.append(("lost", f"order {order}: its cancel never ends: {state}"))
    return with_link(lane, since, ("" if ended else "waits while it lasts; then ") + ", ".join(words + [state])), found


# -- reports -------------------------------------------------------------------------------------------------------------------------------

def reports(lane, fault):
    """An order that fills and one that is modified, while every book is struck; the order feed is heard."""
    since, stats = len(lane.engine.events), lane.engine.stats()
    times = fault.more.get("times", 0)
    more = {k: v for k, v in fault.more.items() if k != "times"}
    for path in REPORTS if fault.kind != "new_status" else ("",):
        lane.sim.fault(fault.kind, path, times, **more)
    filling, resting = lane.engine.place(lane.sim.words(MARKETABLE, 3)), lane.engine.place(lane.sim.words(RESTING))
    lane.engine.until(lambda: lane.engine.states.get(resting) == "open", 3)
    lane.virtual(25 if fault.slow == 0 else fault.slow * lane.sim.speed)
    lane.engine.do(f"modify {resting} {LOWER:.2f}")
    lane.engine.until(lambda: (resting, "modified") in lane.engine.reports, 1.5)
    told = lane.engine.fills.get(filling, 0) > 0
    seen = {"filled": "its fills known", "open": "open, fills awaited"}.get(lane.engine.states.get(filling), lane.engine.states.get(filling))
    modified = (resting, "modified") in lane.engine.reports
    found = lane.judge(filling)
    after = lane.engine.stats()
    bad = after["rows_bad"] - stats["rows_bad"]
    words = f"{seen}, modify {'seen' if modified else 'awaited'}" + (f"; {bad} rows not believed" if bad else "")
    return with_link(lane, since, words + ("" if told and modified else "; then all told")), found


# -- the order feed --------------------------------------------------------------------------------------------------------------------------

COUNTS = (("frames_bad", "frames not believed"), ("reconnects", "connected anew"))


def order_feed(lane, fault):
    """All of an order's ways while the feed is wrong, and both books the same before it is well again."""
    if not lane.engine.poll(lambda: lane.engine.stats()["feed_up"], 20):
        raise RuntimeError("the order feed is not up to begin with")
    since, stats = len(lane.engine.events), lane.engine.stats()
    if fault.feed:
        lane.sim.feed(fault.kind, **fault.more)
        if fault.kind in ("refuse", "no_ack", "nk"):
            lane.sim.feed("drop")
    else:
        lane.sim.fault(fault.kind, "/realtime", 0, **fault.more)
    filling, resting = lane.engine.place(lane.sim.words(MARKETABLE, 3)), lane.engine.place(lane.sim.words(RESTING))
    lane.engine.reach(filling, "filled")
    lane.engine.reach(resting, "open")
    lane.engine.do(f"modify {resting} {LOWER:.2f}")
    lane.engine.said(resting, "modified")
    last = lane.rest()
    lane.engine.do(f"cancel {last}")
    lane.engine.reach(last, "cancelled")
    found = settled(lane.sim, lane.engine, lane.known)
    if fault.kind == "mute":
        lane.engine.until(lambda: lane.engine.notes("said nothing"), 6)
    after = lane.engine.stats()
    counts = [f"{after[k] - stats[k]} {name}" if "not" in name else name for k, name in COUNTS if after[k] > stats[k]]
    mute = ["silence noticed"] if any("said nothing" in e.get("note", "") for e in lane.engine.events[since:]) else []
    words = ", ".join(mute + counts + ["all known by the books" if mute or not after["feed_up"] else "all known"])
    found += lane.judge()
    return with_link(lane, since, words), found


# -- login ------------------------------------------------------------------------------------------------------------------------------------

def adopted(lane, order):
    """The engine is started again by a person, with the order it had."""
    o = lane.engine.orders()[order]
    path = lane.sim.folder.name + "/adopt"
    with open(path, "w") as f:
        f.write(f"open {o['number']} nse_fo {lane.sim.symbol} B {o['qty']} {o['price']:.2f} {o['tag']}\n")
    lane.engine.end()
    lane.start("--adopt", path)
    lane.engine.placed = 1
    return 1


def login(lane, fault):
    """The session ends with an order at work, the login is struck, and the order fills meanwhile."""
    order = lane.rest()
    lane.virtual(70) # a session that ended within its first minute is not replaced without a pause
    since = len(lane.engine.events)
    if fault.kind not in ("expire", "steal"):
        lane.sim.fault(fault.kind, LOGIN, fault.more.get("times", 1), **{k: v for k, v in fault.more.items() if k != "times"})
    lane.sim.session(**{"steal" if fault.kind == "steal" else "expire": True})
    lane.engine.until(lambda: not lane.engine.is_up(), 8)
    lane.engine.poll(lambda: lane.sim.fired() > 0 or fault.kind in ("expire", "steal"), 8)
    refused = lane.engine.place(lane.sim.words(MARKETABLE))
    lane.engine.reach(refused, "rejected")
    lane.sim.pin(79)
    stopped = not lane.engine.until(lane.engine.is_up, 6 if fault.stops else 25)
    said = [e["session"] for e in lane.engine.events[since:] if "session" in e]
    words = "orders refused here; " + (f"stopped: {short(said[-1], 70)}; a person starts it again" if stopped else "logged in again")
    if stopped != bool(fault.stops):
        raise RuntimeError(f"stopped: {stopped}: {said[-3:]}")
    if stopped:
        lane.calm()
        order = adopted(lane, order)
    lane.engine.reach(order, "filled")
    found = lane.judge()
    lane.sim.pin(100)
    return words + "; the fill of the meantime told" * (lane.engine.states.get(order) == "filled"), found

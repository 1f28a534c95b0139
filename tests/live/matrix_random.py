"""Faults at random on everything at once while orders come, change and go; then calm, and both books must be the same. One seed gives one run of decisions."""
import random
import traceback
from collections import Counter

from matrix_ledger import CANCEL, LOGIN, MODIFY, PLACE, REPORTS, differences, settled
from matrix_orders import LOWER, MARKETABLE, RESTING, Lane

ORDERS = 240
CALM_EVERY = 10    # orders between two moments without faults: a storm that never lets up proves nothing new
ANSWERS = (("delay", {"delay_ms": 200}), ("drop_request", {}), ("drop_reply", {}), ("reset", {}), ("status", {"status": 500}), ("status", {"status": 403}),
           ("status_after", {"status": 502}), ("429", {}), ("429", {"retry_after": 3}), ("html", {}), ("truncate", {}), ("garbage", {"body": "{"}), ("empty", {}))
BOOKS = (("stale_book", {"seconds": 30}), ("empty_book", {}), ("vanish_row", {}), ("tag_cut", {}), ("tag_replaced", {}), ("type_change", {}),
         ("missing_field", {"body": "GuiOrdId"}), ("missing_field", {"body": "fldQty"}), ("missing_field", {"body": "ordSt"}))
PLACES = (("late", {"seconds": 40}), ("reject", {"body": "RMS: Margin Exceeds"}), ("new_status", {"body": "being considered"}))
FEED = ("mute", "drop", "reset", "refuse", "no_ack", "nk", "duplicate", "reorder", "lose", "early", "fragment", "unknown_type", "strings")
# Those that take long or end in a person's hands come so often at most: a second 1037 would disarm the engine by design.
SELDOM = {"hold": 4, "long delay": 2, "session_invalid": 4, "ip_refused": 4, "ip_mismatch": 1, "login_refused": 2, "expire": 3}


class Storm:
    def __init__(self, seed):
        self.r, self.lane, self.used, self.done, self.fired = random.Random(seed), Lane(), Counter(), Counter(), 0
        self.sim, self.engine = self.lane.sim, self.lane.engine
        self.asked = 0

    def seldom(self, kind):
        self.used[kind] += 1
        return self.used[kind] <= SELDOM[kind]

    def rare_fault(self):
        kind = self.r.choice(sorted(SELDOM))
        path = self.r.choice((PLACE, MODIFY, CANCEL, *REPORTS))
        if not self.seldom(kind):
            return
        if kind == "expire":
            self.sim.session(expire=True)
        elif kind == "long delay":
            self.sim.fault("delay", path, delay_ms=11000)
        elif kind == "login_refused":
            self.sim.fault(kind, LOGIN, body="totp")
        else:
            self.sim.fault(kind, path if kind in ("hold", "session_invalid") else PLACE)

    def arm(self):
        what, times = self.r.random(), self.r.randint(1, 3)
        if what < 0.45:
            kind, more = self.r.choice(ANSWERS)
            self.sim.fault(kind, self.r.choice((PLACE, PLACE, MODIFY, CANCEL, LOGIN, *REPORTS)), times, **more)
        elif what < 0.65:
            kind, more = self.r.choice(BOOKS)
            self.sim.fault(kind, self.r.choice(("", "/quick/user/", "/realtime")), times * 3, **more)
        elif what < 0.75:
            kind, more = self.r.choice(PLACES)
            self.sim.fault(kind, PLACE, **more)
        elif what < 0.92:
            self.sim.feed(self.r.choice(FEED), seconds=self.r.randint(5, 60))
        else:
            self.rare_fault()

    def rest_of_them(self):
        """What the core does about orders whose absence was proven, and with those that rest."""
        states = self.engine.states
        for order in [o for o, s in states.items() if s == "absent"]:
            if self.r.random() < 0.5:
                self.engine.resend(order, MARKETABLE)
                self.done["resends"] += 1
        resting = [o for o, s in states.items() if s in ("open", "pending", "partial")]
        if resting and self.r.random() < 0.6:
            order = self.r.choice(resting)
            if self.r.random() < 0.5:
                self.engine.do(f"modify {order} {self.r.choice((LOWER, RESTING, RESTING - 1)):.2f}")
                self.done["modifies"] += 1
            else:
                self.engine.do(f"cancel {order}")
                self.done["cancels"] += 1

    def pause(self):
        self.fired += self.sim.fired()
        self.lane.calm()
        self.sim.feed("resume")
        self.engine.quiet(0.3)

    def blow(self):
        for n in range(ORDERS):
            self.sim.pin(100)
            for _ in range(self.r.choice((0, 1, 1, 2))):
                self.arm()
            price = MARKETABLE if self.r.random() < 0.5 else RESTING
            self.engine.place(self.sim.words(price, self.r.randint(1, 3), purpose=self.r.choice(("entry", "exit"))))
            self.engine.quiet(self.r.uniform(0.02, 0.25))
            self.rest_of_them()
            if n % CALM_EVERY == CALM_EVERY - 1:
                self.pause()

    def calm(self):
        """Everything well again: the link comes up, what rests is cancelled, nothing stays unknown."""
        self.pause()
        if not self.engine.until(self.engine.is_up, 60):
            return [("lost", f"the link stays down: {self.engine.events[-3:]}")]
        self.engine.quiet(1)
        self.lane.clean()
        return settled(self.sim, self.engine, (), 60)

    def positions(self):
        """The broker's position as the adapter read it, beside the ledger's."""
        true = sum(p["buy"] - p["sell"] for p in self.sim.ledger()["positions"])

        def mine():
            self.engine.do("positions")
            before = len(self.engine.events)
            self.engine.until(lambda: any("positions" in e for e in self.engine.events[before:]))
            return sum(p["net"] for p in [e for e in self.engine.events if "positions" in e][-1]["positions"])
        good = mine() == true or (self.engine.quiet(31 / self.sim.speed * 2), mine() == true)[1]
        return [] if good else [("lost", f"the position is {true}, and was read as {mine()}")]


def run(seed):
    """{title: (words, differences, error)}"""
    title = f"faults at random on everything, seed {seed}"
    try:
        storm = Storm(seed)
        storm.blow()
        found = storm.calm() or differences(storm.sim, storm.engine)
        found += storm.positions()
        stats, fills = storm.engine.stats(), sum(e.get("event") == "fill" for e in storm.engine.events)
        words = (f"{ORDERS} orders, {storm.done['modifies']} modifies, {storm.done['cancels']} cancels, {storm.done['resends']} sent again; {storm.fired} times a fault "
                 f"struck an answer or a row; {stats['unknown']} unknown, {stats['absent_proven']} absences proven, {fills} fills; after calm both books are {'not ' if found else ''}the same")
        rate = storm.sim.sim("stats")["rate"]
        if rate > 10:
            found.append(("doubled", f"{rate} order requests in a second"))
        storm.lane.close()
        return {title: (words, found)}
    except Exception:
        return {title: ("ended early", [], traceback.format_exc())}

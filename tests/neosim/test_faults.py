"""Every kind of /sim/fault, on the calls it is for: what the client gets, and whether the thing was done."""
import json
import time
import urllib.parse

from neosim import Neosim, Raw, Tap, http, wait_for

tap = Tap()
BOOK, PLACE = "/quick/user/orders", "/quick/order/rule/ms/place"


def tried(what):
    """The reply, or how the connection ended."""
    try:
        return what()
    except ConnectionResetError:
        return "reset"
    except EOFError as e:
        return ("closed", bytes(e.args[0]))


def orders(sim):
    return len(sim.ledger()["orders"])


class World:
    def __init__(self, sim):
        self.sim = sim
        row = sim.get("/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY&count=10").json["data"]["call"][0]
        segment, token = row["instrument"]["neoSymbol"].split("|")
        sim.sim("scrip", {"segment": segment, "id": token, "price": 10000})
        self.symbol = row["instrument"]["symbol"]

    def place(self, **more):
        self.sim.forward(1)
        return self.sim.place(self.symbol, **{"price": "95.00", **more})

    def struck(self, kind, done, **more):
        """Arms it for the next place; the reply and whether the order was done."""
        before = orders(self.sim)
        self.sim.fault(kind, path=PLACE, **more)
        got = tried(self.place)
        tap.equal(orders(self.sim) - before, done, f"{kind}: {'done' if done else 'nothing done'}")
        tap.equal(self.place().status, 200, f"{kind}: once, then it is over")
        return got


def transport(w):
    sim = w.sim
    began = time.monotonic()
    got = w.struck("delay", 1, delay_ms=300)
    tap.ok(got.status == 200 and time.monotonic() - began >= 0.25, "delay: the answer comes, later")
    tap.equal(w.struck("drop_request", 0), ("closed", b""), "drop_request: closed unanswered")
    tap.equal(w.struck("drop_reply", 1), ("closed", b""), "drop_reply: closed unanswered")
    tap.equal(w.struck("reset", 0), "reset", "reset: a TCP reset")
    got = w.struck("status", 0, status=502, body="<html>bad gateway</html>")
    tap.equal((got.status, got.text), (502, "<html>bad gateway</html>"), "status: with its body")
    got = w.struck("status_after", 1, status=504, body="")
    tap.equal((got.status, got.text), (504, ""), "status_after")
    got = w.struck("429", 0, retry_after=7)
    tap.equal((got.status, got.json["code"], got.headers["retry-after"]), (429, 429, "7"), "429 with Retry-After")
    got = w.struck("429", 0)
    tap.equal((got.status, "retry-after" in got.headers), (429, False), "429 without")
    got = w.struck("html", 0)
    tap.equal((got.status, got.headers["content-type"], got.text.startswith("<!DOCTYPE")), (200, "text/html", True), "html: a page")
    got = w.struck("truncate", 1)
    tap.ok(got[0] == "closed" and got[1].startswith(b'{"stat"') and not got[1].endswith(b"}"), "truncate: half, then the end", got)
    got = w.struck("garbage", 1, body="{\"stat\":")
    tap.equal((got.status, got.text), (200, "{\"stat\":"), "garbage")
    got = w.struck("empty", 1)
    tap.equal((got.status, got.body), (200, b""), "empty")
    before = orders(sim)
    sim.fault("hold", path=PLACE)
    sim.forward(1)
    raw = Raw(sim).send(http("POST", PLACE, sim.headers(True), "jData=%7B%7D") + http("GET", "/sim/clock"))
    raw.sock.settimeout(0.4)
    try:
        raw.more()
        tap.ok(False, "hold: silent")
    except TimeoutError:
        tap.ok(True, "hold: open and silent, also to the next request")
    raw.close()
    sim.fault("hold", path=PLACE)
    held = Raw(sim)
    jdata = {"am": "NO", "dq": "0", "es": "nse_fo", "mp": "0", "pc": "NRML", "pr": "95.00", "pt": "L", "qt": "65", "rt": "DAY", "tp": "0", "ts": w.symbol, "tt": "B"}
    held.send(http("POST", PLACE, sim.headers(True), "jData=" + urllib.parse.quote(json.dumps(jdata))))
    tap.ok(wait_for(lambda: orders(sim) == before + 1), "hold: it was done")
    held.close()


def matching(w):
    sim = w.sim
    sim.fault("status", path=BOOK, method="POST", status=503)
    tap.equal(sim.get(BOOK).status, 200, "a fault for another method passes")
    sim.calm()
    sim.fault("status", path=BOOK, status=503, times=2, skip=1)
    tap.equal([sim.get(BOOK).status for _ in range(4)], [200, 503, 503, 200], "skip 1, times 2")
    listed = sim.sim("faults")
    tap.equal([(f["kind"], f["fired"], f["met"], f["armed"]) for f in listed], [("status", 2, 3, False)], "how often it fired is listed")
    sim.fault("status", path=BOOK, status=500)
    sim.fault("status", path=BOOK, status=503)
    tap.equal([sim.get(BOOK).status for _ in range(3)], [500, 503, 200], "two of a kind strike one after the other")
    sim.fault("status", times=0, status=500)
    tap.equal({sim.get(p).status for p in (BOOK, "/quick/user/trades", "/nowhere")}, {500}, "times 0 and no path: for ever, everywhere")
    tap.equal(sim.ask("GET", "/sim/clock").status, 200, "but not at the control endpoint")
    sim.calm()
    tap.equal((sim.sim("faults"), sim.get(BOOK).status), ([], 200), "disarmed")
    sim.fault("delay", path=BOOK, delay_ms=200)
    sim.fault("status", path=BOOK, status=503)
    began = time.monotonic()
    tap.equal((sim.get(BOOK).status, time.monotonic() - began >= 0.15), (503, True), "a delay and a status strike together")
    sim.fault("drop_reply", path="/script-details")
    tap.equal(tried(lambda: sim.get("/script-details/1.0/masterscrip/file-paths")), ("closed", b""), "any call can be struck")
    sim.fault("truncate", path="/wso2-scripmaster")
    got = tried(lambda: sim.ask("GET", "/wso2-scripmaster/v1/prod/2026-11-23/transformed/mcx_fo.csv"))
    tap.equal(got[0], "closed", "a file in chunks cut short")


def sessions(w):
    sim = w.sim
    got = w.struck("session_invalid", 0)
    tap.equal(got.json["stCode"], 100022, "session_invalid")
    tap.equal(w.struck("ip_refused", 0).json["stCode"], 100008, "ip_refused")
    tap.equal(w.struck("ip_mismatch", 0).json["stCode"], 1037, "ip_mismatch")
    sim.fault("ip_refused")
    tap.equal(sim.get(BOOK).json["stCode"], 200, "ip_refused waits for an order call")
    tap.equal(sim.cancel("1").json["stCode"], 100008, "cancel is one")
    for shape, want in (("totp", {"status": "error", "message": "Invalid credentials or TOTP.", "errorCode": "401"}),
                        ("ucc", {"stCode": 429, "errMsg": "Invalid UCC", "status": "failure"}), ("mpin", {"stCode": 401, "errMsg": "Invalid MPIN", "status": "failure"}),
                        ("service", {"stCode": 500, "errMsg": "Service error", "status": "failure"})):
        sim.fault("login_refused", body=shape)
        got = sim.login_step(totp="1")
        tap.equal((got.status, got.json), (200, want), f"login_refused {shape}")
    view = sim.login_step().json["data"]
    sim.fault("login_refused", path="/login/1.0/tradeApiValidate", body="mpin")
    tap.equal(sim.validate_step(view["sid"], view["token"]).json["stCode"], 401, "login_refused at the second step")


def books(w):
    sim = w.sim
    first = w.place(tag="first-of-the-books").json["nOrdNo"]
    sim.settled(first, "open")
    sim.forward(60)
    second = w.place(tag="second-of-the-books").json["nOrdNo"]
    sim.settled(second, "open")
    bought = w.place(price="101.00").json["nOrdNo"]
    sim.settled(bought, "complete")
    sim.cancel(first)
    sim.settled(first, "cancelled")
    sim.fault("stale_book", path=BOOK, seconds=45, times=2)
    stale = {r["nOrdNo"]: r["ordSt"] for r in sim.get(BOOK).json["data"]}
    tap.equal((stale.get(first), second in stale), ("open", False), "stale_book: as it was 45 seconds ago")
    tap.equal(sim.get(BOOK + "/" + second).json["stCode"], 5203, "stale_book: one order too")
    sim.fault("stale_book", path="/quick/user/trades", seconds=45)
    tap.ok(all(t["nOrdNo"] != bought for t in sim.get("/quick/user/trades").json.get("data", [])), "stale_book: trades")
    now = sim.get("/quick/user/positions").json["data"][0]["flBuyQty"]
    sim.fault("stale_book", path="/quick/user/positions", seconds=45)
    then = sim.get("/quick/user/positions").json.get("data", [{"flBuyQty": "0"}])[0]["flBuyQty"]
    tap.equal(int(now) - int(then), 65, "stale_book: positions")
    for path in (BOOK, "/quick/user/trades", "/quick/user/positions", "/portfolio/v2/positions", BOOK + "/" + bought):
        sim.fault("empty_book", path=path)
        tap.equal((sim.get(path).json["stCode"], sim.get(path).json["stCode"]), (5203, 200), f"empty_book: {path}")
    sim.fault("empty_book", path="/quick/order/history")
    tap.equal(sim.form("/quick/order/history", {"nOrdNo": bought}).json["stCode"], 5203, "empty_book: history")
    sim.fault("vanish_row", path=BOOK)
    tap.equal((sim.row(bought), sim.row(bought) is not None), (None, True), "vanish_row: the newest is missing")
    sim.fault("vanish_row", path=BOOK)
    tap.equal(sim.get(BOOK + "/" + bought).json["stCode"], 5203, "vanish_row: by its number too")


def rows(w):
    sim = w.sim
    number = w.place(tag="a-tag-of-some-length").json["nOrdNo"]
    sim.settled(number, "open")
    sim.fault("tag_cut", path=BOOK)
    tap.equal((sim.row(number)["GuiOrdId"], sim.row(number)["GuiOrdId"]), ("a-tag-of-s", "a-tag-of-some-length"), "tag_cut: ten characters")
    sim.fault("tag_replaced", path=BOOK)
    tap.ok(sim.row(number)["GuiOrdId"].endswith("-ABC12-ADMINAPI"), "tag_replaced")
    sim.fault("type_change", path=BOOK)
    row = next(r for r in sim.get(BOOK).json["data"] if str(r["nOrdNo"]) == number)
    tap.equal({k: type(row[k]) for k in ("qty", "updRecvTm", "prc", "tok", "ordSt", "trdSym")},
              {"qty": str, "updRecvTm": str, "prc": float, "tok": int, "ordSt": str, "trdSym": str}, "type_change")
    sim.fault("missing_field", path=BOOK, body="fldQty")
    tap.equal({"fldQty" in r for r in sim.get(BOOK).json["data"]}, {False}, "missing_field")
    sim.fault("new_status", path=PLACE, body="frozen by surveillance")
    number = w.place().json["nOrdNo"]
    sim.settled(number, "open")
    history = [h["ordSt"] for h in sim.form("/quick/order/history", {"nOrdNo": number}).json["data"]][::-1]
    tap.equal(history[:2], ["frozen by surveillance", "validation pending"], "new_status: one step under another name")
    number = w.struck("reject", 1, body="RMS:Blocked for a test").json["nOrdNo"]
    tap.equal(sim.settled(number, "rejected")["rejRsn"], "RMS:Blocked for a test", "reject: taken, then refused with its reason")


def late(w):
    sim = w.sim
    feed = sim.order_feed()
    while feed.next(0.5):
        pass
    sim.fault("late", path=PLACE, seconds=30)
    tap.equal(tried(lambda: w.place(tag="late-1")), ("closed", b""), "late: unanswered")
    ledger = [o for o in sim.ledger()["orders"] if o["tag"] == "late-1"]
    tap.equal((len(ledger), ledger[0]["hidden"]), (1, True), "late: the ledger knows it")
    number = ledger[0]["number"]
    tap.equal((sim.row(number), sim.get(BOOK + "/" + number).json["stCode"]), (None, 5203), "late: in no book")
    tap.equal(feed.next(0.4), None, "late: no frame")
    sim.forward(31)
    tap.ok(wait_for(lambda: sim.row(number)), "late: 30 virtual seconds on it is there")
    tap.ok(feed.until(lambda m: isinstance(m, str) and number in m), "late: and its frame")
    tap.equal(w.place(tag="late-1").json["stCode"], 5204, "late: its tag was taken all along")


with Neosim() as it:
    it.login()
    world = World(it)
    transport(world)
    matching(world)
    sessions(world)
    books(world)
    rows(world)
    late(world)
    tap.equal(it.stop(), 0, "SIGTERM ends it with status 0")
tap.done()

"""Both websockets: their handshakes in every form, what they send and when, and each way /sim/feed makes them fail."""
import json
import struct
import time
import urllib.parse

from neosim import Neosim, Raw, Tap, WebSocket, http, packets, wait_for

tap = Tap()
OK = {"ak": "ok", "type": "cn", "task": "cn", "msg": "connected"}
NK = {"ak": "nk", "type": "cn", "task": "cn", "msg": "Authentication Failed"}
INVALID = {"ak": "nk", "type": "failed to process request", "task": "nk", "msg": "invalid request format"}


def is_close(got):
    return isinstance(got, tuple) and got[0] == 8


def frames(ws, n, timeout=10):
    """The next n JSON frames, control frames left out."""
    out = []
    while len(out) < n:
        got = ws.next(timeout)
        if got is None:
            break
        if isinstance(got, str):
            out.append(json.loads(got))
    return out


def orders_until(ws, number, *statuses):
    seen = ws.until(lambda m: isinstance(m, str) and str(json.loads(m).get("data", {}).get("nOrdNo")) == number and json.loads(m)["data"]["ordSt"] in statuses)
    return [json.loads(m) for m in seen or [] if isinstance(m, str)]


def option(sim, i=0, paise=10000):
    row = sim.get("/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY&count=10").json["data"]["call"][i]
    segment, token = row["instrument"]["neoSymbol"].split("|")
    sim.sim("scrip", {"segment": segment, "id": token, "price": paise})
    return row["instrument"]["symbol"], token


# -- order feed ----------------------------------------------------------------------------------------------------
def order_handshakes(sim):
    tap.equal(sim.order_feed().json(), OK, "the raw form is let in")
    tap.equal(sim.order_feed(raw=False).json(), OK, "the JSON form is let in")
    tap.equal(sim.order_feed(tls=True).json(), OK, "over TLS too")
    for text, why in ((f"{{type:cn,Authorization:x,Sid:{sim.sid},src:WEB}}", "another token"), (f"{{type:cn,Authorization:{sim.token},Sid:x,src:WEB}}", "another sid")):
        tap.equal(WebSocket(sim, "/realtime").text(text).json(), NK, f"refused: {why}")
    view = sim.login_step().json["data"]
    tap.equal(WebSocket(sim, "/realtime").text(f"{{type:cn,Authorization:{view['token']},Sid:{view['sid']},src:WEB}}").json(), NK, "refused: the view token")
    for text in ("", "hello", "{}", "{type:cn}", f"{{type:cn,Authorization:{sim.token},Sid:{sim.sid},source:WEB}}", f"{{type:hb,Authorization:{sim.token},Sid:{sim.sid},src:WEB}}",
                 "x" * 5000, '{"type":"cn"}'):
        tap.equal(WebSocket(sim, "/realtime").text(text).next(), "session message format incorrect", f"not understood: {text[:24]}")
    ws = sim.order_feed()
    ws.json()
    tap.equal(ws.text({"type": "hb"}).json(), INVALID, "a heartbeat afterwards provokes the notice")
    tap.equal(ws.text("{type:hb}").json(), INVALID, "a raw one too")


def order_frames(sim):
    symbol, token = option(sim)
    ws = sim.order_feed()
    ws.json()
    number = sim.place(symbol, price="101.00", tag="feed-1").json["nOrdNo"]
    seen = orders_until(ws, number, "complete")
    chain = [f["data"]["ordSt"] for f in seen if f["type"] == "order"]
    tap.equal([x for i, x in enumerate(chain) if x not in chain[:i]], ["put order req received", "validation pending", "open pending", "open", "complete"], "the steps, in order")
    last = seen[-1]["data"]
    tap.equal({k: type(last[k]) for k in ("qty", "fldQty", "unFldSz", "boeSec", "updRecvTm", "avgPrc", "nOrdNo", "exOrdId", "tok", "prc")},
              {"qty": int, "fldQty": int, "unFldSz": int, "boeSec": int, "updRecvTm": int, "avgPrc": str, "nOrdNo": str, "exOrdId": str, "tok": str, "prc": str}, "types on the wire")
    stamps = [f["data"]["updRecvTm"] for f in seen if f["type"] == "order"]
    tap.ok(all(a < b for a, b in zip(stamps, stamps[1:])), "updRecvTm grows strictly", stamps)
    tap.equal(last, sim.row(number), "the last frame is the book's row")
    position = [f for f in seen if f["type"] == "position"][-1]["data"]
    tap.equal(({type(v) for v in position.values()}, position["flBuyQty"], position["sym"]), ({str}, "65", "NIFTY"), "a position frame: all text")
    second = sim.order_feed()
    second.json()
    human = sim.sim("order", {"symbol": symbol, "side": "B", "qty": 65, "type": "L", "price": 9500})["number"]
    tap.ok(orders_until(ws, human, "open") and orders_until(second, human, "open"), "the human's order comes to both connections")
    sim.sim("session", {"expire": True})
    tap.ok(ws.until(is_close), "an ended session's feed is closed")
    sim.login()


def order_faults(sim):
    symbol, token = option(sim)

    def feed(kind, **more):
        return sim.sim("feed", {"feed": "orders", "kind": kind, **more})

    def connected():
        ws = sim.order_feed()
        tap.equal(ws.json(), OK, "connected")
        return ws

    def place():
        sim.forward(2)
        return sim.place(symbol, price="95.00").json["nOrdNo"]

    feed("nk")
    tap.equal((sim.order_feed().json(), sim.order_feed().json()), (NK, OK), "nk: once")
    feed("no_ack")
    tap.equal(sim.order_feed().next(0.3), None, "no_ack: open and silent")
    ws = connected()
    feed("mute")
    number = place()
    sim.settled(number, "open")
    tap.equal(ws.next(0.3), None, "mute: nothing comes")
    feed("resume")
    tap.ok(orders_until(ws, place(), "open"), "resume: it comes again")
    feed("mute", seconds=60)
    sim.settled(place(), "open")
    sim.forward(61)
    tap.ok(orders_until(ws, place(), "open"), "mute for 60 virtual seconds ends by itself")
    feed("duplicate")
    seen = [f["data"]["ordSt"] for f in orders_until(ws, place(), "open") if f["type"] == "order"]
    tap.equal(seen[:4], ["put order req received"] * 2 + ["validation pending"] * 2, "duplicate: each frame twice")
    feed("resume")
    ws = connected()
    feed("reorder")

    number = place()
    seen = [f["data"]["ordSt"] for f in orders_until(ws, number, "open pending")]
    tap.equal(seen[:4], ["validation pending", "put order req received", "open", "open pending"], "reorder: in pairs, swapped")
    feed("resume")
    ws = connected()
    feed("lose", times=2)
    tap.equal(orders_until(ws, place(), "open")[0]["data"]["ordSt"], "open pending", "lose: two frames are gone")
    feed("fragment")
    ws.fragments = 0
    tap.ok(orders_until(ws, place(), "open") and ws.fragments > 50, "fragment: whole again after joining", ws.fragments)
    feed("resume")
    feed("unknown_type")
    place()
    tap.equal(frames(ws, 1)[0]["type"], "alert", "unknown_type")
    ws = connected()
    feed("strings")
    data = orders_until(ws, place(), "open")[-1]["data"]
    tap.equal([type(data[k]) for k in ("qty", "fldQty", "updRecvTm")], [str] * 3, "strings: numbers as text")
    feed("resume")
    sim.fault("type_change", path="/realtime", times=0)
    data = orders_until(ws, place(), "open")[-1]["data"]
    tap.equal((type(data["qty"]), type(data["prc"]), type(data["ordSt"])), (str, float, str), "type_change in frames")
    sim.calm()
    sim.fault("missing_field", path="/realtime", body="avgPrc", times=0)
    tap.ok("avgPrc" not in orders_until(ws, place(), "open")[-1]["data"], "missing_field in frames")
    sim.calm()
    early(sim, ws, symbol)
    feed("drop")
    tap.ok(ws.until(is_close), "drop: closed")
    ws = connected()
    feed("reset")
    tap.ok(ws.raw.was_reset(), "reset")
    feed("refuse", times=1)
    try:
        WebSocket(sim, "/realtime")
        tap.ok(False, "refuse: no connection")
    except (EOFError, ConnectionResetError):
        tap.ok(True, "refuse: no connection")
    connected()


def early(sim, ws, symbol):
    """The frame is there before the answer: the request is sent, the feed read, and only then the answer."""
    sim.forward(2)
    sim.sim("feed", {"feed": "orders", "kind": "early", "times": 1})
    jdata = {"am": "NO", "dq": "0", "es": "nse_fo", "mp": "0", "pc": "NRML", "pr": "95.00", "pt": "L", "qt": "65", "rt": "DAY", "tp": "0", "ts": symbol, "tt": "B",
             "ig": "early-1"}
    raw = Raw(sim).send(http("POST", "/quick/order/rule/ms/place", sim.headers(True), "jData=" + urllib.parse.quote(json.dumps(jdata))))
    first = ws.until(lambda m: isinstance(m, str) and json.loads(m).get("data", {}).get("GuiOrdId") == "early-1")
    raw.sock.setblocking(False)
    try:
        answered = raw.sock.recv(1, 2)  # MSG_PEEK
    except BlockingIOError:
        answered = b""
    raw.sock.setblocking(True)
    tap.ok(first and not answered, "early: the frame comes before the answer", answered)
    tap.equal(raw.reply().json["nOrdNo"], json.loads(first[-1])["data"]["nOrdNo"], "and the answer after it")


# -- market feed ---------------------------------------------------------------------------------------------------
def welcomed(ws):
    """The acceptance, after the greeting of every other connection."""
    first = ws.json()
    return (first, None) if first["message_code"] == 1117 else (ws.json(), first)


def market_handshakes(sim):
    seen = [welcomed(sim.market_feed()) for _ in range(4)]
    tap.equal(sum(g is not None for _, g in seen), 2, "1119 comes on every other connection")
    tap.equal({w["message_code"] for w, _ in seen}, {1117}, "1117 on each")
    greeted = next(g for _, g in seen if g)
    tap.equal(greeted["exchanges"]["nse_fo"], {"value": 2, "divider": 100}, "1119 has values and dividers")
    tap.equal({("value" in w["exchanges"]["nse_cm"], w["exchanges"]["cde_fo"]["divider"]) for w, _ in seen}, {(True, 10**7), (False, 10**7)}, "1117 with and without values")
    tap.ok(welcomed(sim.market_feed(tls=True))[0], "over TLS too")
    for more in ({"user": "X"}, {"auth": "x"}, {"auth": sim.token}, {"format": "json"}, {"source": "WEB"}, {"auth": None}):
        ws = sim.market_feed(**more)
        got = [m for m in ws.until(is_close) if isinstance(m, str)]
        tap.equal(json.loads(got[-1])["message_code"], 1120, f"1120 and the end: {more}")
    for text in ("", "{", "[]", '{"event":"subscribeScrips"}', "x" * 100000):
        ws = WebSocket(sim, "/feed").text(text)
        tap.ok(1120 in [json.loads(m).get("message_code") for m in ws.until(is_close) if isinstance(m, str)], f"1120: {text[:20]!r} for a greeting")


def ready(sim):
    ws = sim.market_feed()
    welcomed(ws)
    return ws


def codes(frame):
    return [(struct.unpack_from("<H", p, 2)[0], p[5]) for p in packets(frame)]


def binary(ws, seconds=10):
    seen = ws.until(lambda m: isinstance(m, bytes), seconds)
    return seen[-1] if seen else None


def subscriptions(sim):
    sim.sim("clock", {"speed": 0})
    levels = {"subscribeScripsLite": (7208, 1, 54), "subscribeScrips": (7208, 4, 176), "subscribeDepth": (7208, 8, 304), "subscribeFullDepth": (7208, 16, None),
              "snapshotScripsLite": (7208, 1, 54), "snapshotScrips": (7208, 4, 176), "snapshotDepth": (7208, 8, 304)}
    order = []
    for event, (code, level, size) in levels.items():
        ws = ready(sim)
        ws.text({"event": event, "inputtoken": "nse_cm|2885,nse_cm|1", "ack_symbol": True})
        got = [ws.next(), ws.next()]
        order.append(isinstance(got[0], str))
        ack = json.loads(next(g for g in got if isinstance(g, str)))
        packet = next(packets(g)[0] for g in got if isinstance(g, bytes))
        tap.equal((ack["message_code"], ack["trading_symbols"], ack["data"]["nse_cm|2885"]["trading_symbols"]),
                  (1109, {"nse_cm|2885": "RELIANCE-EQ"}, "RELIANCE-EQ"), f"{event}: one ack in both shapes")
        tap.equal((struct.unpack_from("<H", packet, 2)[0], packet[5], struct.unpack_from("<I", packet, 9)[0]), (code, level, 2885), f"{event}: a first picture, the clock held")
        tap.ok(size in (None, len(packet)), f"{event}: its length", len(packet))
        ws.close()
    tap.equal(set(order), {True, False}, "ticks come before the ack at times")
    ws = ready(sim)
    ws.text({"event": "subscribeScrips", "inputtoken": "nse_cm|2885"})
    tap.ok(isinstance(ws.next(), bytes) and ws.next(0.3) is None, "without ack_symbol there is no ack, and held nothing follows")
    ws.text({"event": "subscribeIndices", "inputtoken": "nse_cm|Nifty 50,bse_cm|SENSEX,nse_cm|nifty 50", "ack_symbol": True})
    got = [ws.next(), ws.next()]
    ack = json.loads(next(g for g in got if isinstance(g, str)))
    tap.equal(ack["trading_symbols"], {"nse_cm|Nifty 50": "Nifty 50-IN", "bse_cm|SENSEX": "SENSEX-IN"}, "indices by their exact names")
    tap.equal
    tap.equal({c for c, _ in codes(next(g for g in got if isinstance(g, bytes)))}, {7207}, "of code 7207, in one frame")
    ws.text({"event": "subscribeExchange"})
    statuses = packets(binary(ws))
    tap.equal(({struct.unpack_from("<H", p, 2)[0] for p in statuses} <= {105, 6511, 6521}, len(statuses)), (True, 6), "subscribeExchange: a status for each exchange")
    for text in ('{"event":"dance"}', '{"event":"subscribeScrips"}', '{"event":"subscribeScrips","inputtoken":5}', '{"event":"subscribeScrips","inputtoken":",|,nse_cm|,|2885"}', "junk"):
        ws.text(text)
    ws.frame(9, b"alive")
    tap.equal(ws.next(), (10, b"alive"), "nonsense is passed over")
    tap.equal(sim.sim("stats")["subscriptions"] >= 3, True, "subscriptions are counted")
    sim.sim("clock", {"speed": 1})


def ticking(sim):
    ws = ready(sim)
    rows = sim.get("/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY&count=20").json["data"]
    tokens = [r["instrument"]["neoSymbol"] for r in rows["call"] + rows["put"]]
    ws.text({"event": "subscribeDepth", "inputtoken": ",".join(tokens), "ack_symbol": True})
    seen = [m for m in ws.until(lambda m: isinstance(m, bytes) and len(packets(m)) > 1 and m) if isinstance(m, bytes)]
    tap.ok(max(len(packets(m)) for m in seen) > 5, "several packets in a frame")
    tap.ok(binary(ws) and binary(ws), "and they go on while the clock runs")
    ws.text({"event": "unsubscribeDepth", "inputtoken": ",".join(tokens)})
    ws.frame(9, b"x")
    ws.until(lambda m: m == (10, b"x"))
    tap.equal(ws.next(1), None, "after unsubscribing nothing comes")
    sequence = []
    ws.text({"event": "subscribeScripsLite", "inputtoken": tokens[0]})
    for _ in range(3):
        sequence.append(packets(binary(ws))[0][7])
    tap.equal([(b - a) % 256 for a, b in zip(sequence, sequence[1:])], [1, 1], "the sequence number counts up")


def auction():
    """Kotak's closing-auction references: on the shares that have one, in that phase, though nothing trades."""
    with Neosim(at="2026-11-23T15:19:00+05:30") as sim:
        sim.login()
        ws = ready(sim)
        ws.text({"event": "subscribeScrips", "inputtoken": "nse_cm|2885", "ack_symbol": True})
        ws.text({"event": "subscribeExchange"})
        sim.sim("clock", {"at": "2026-11-23T15:21:00+05:30", "speed": 10})
        seen = ws.until(lambda m: isinstance(m, bytes) and 104 in [c for c, _ in codes(m)])
        packet = next(p for p in packets(seen[-1]) if struct.unpack_from("<H", p, 2)[0] == 104)
        tap.equal((struct.unpack_from("<I", packet, 9)[0], len(packet) in (33, 48)), (2885, True), "a reference of the share that was subscribed before")
        other = ready(sim)
        other.text({"event": "subscribeScrips", "inputtoken": "nse_cm|2885"})
        tap.ok(104 in [c for c, _ in codes(binary(other))], "and of one subscribed in it, at once")


def limit(sim):
    master = sim.ask("GET", "/wso2-scripmaster/v1/prod/2026-11-23/transformed/nse_fo.csv").text.splitlines()
    tokens = ["nse_fo|" + line.split(",", 1)[0] for line in master[1:3100]]
    ws = ready(sim)
    ws.text({"event": "subscribeScripsLite", "inputtoken": ",".join(tokens[:3000]), "ack_symbol": True})
    ack = json.loads(ws.until(lambda m: isinstance(m, str))[-1])
    tap.equal(len(ack["trading_symbols"]), 3000, "3000 in one frame")
    ws.text({"event": "subscribeScripsLite", "inputtoken": tokens[0], "ack_symbol": True})
    tap.equal(json.loads(ws.until(lambda m: isinstance(m, str))[-1])["error_code"], 0, "a repeat does not count")
    ws.text({"event": "subscribeScripsLite", "inputtoken": tokens[3000], "ack_symbol": True})
    tap.equal(json.loads(ws.until(lambda m: isinstance(m, str))[-1])["error_code"], 1, "one above: refused")
    ws.text({"event": "unsubscribeScripsLite", "inputtoken": tokens[5]})
    ws.text({"event": "subscribeScripsLite", "inputtoken": tokens[3000], "ack_symbol": True})
    tap.equal(json.loads(ws.until(lambda m: isinstance(m, str))[-1])["error_code"], 0, "unsubscribing frees one")


def market_faults(sim):
    def feed(kind, **more):
        return sim.sim("feed", {"feed": "market", "kind": kind, **more})

    def subscribed(event="subscribeDepth", tokens="nse_cm|2885,nse_cm|1333"):
        ws = ready(sim)
        return ws.text({"event": event, "inputtoken": tokens, "ack_symbol": True})

    feed("1120")
    ws = sim.market_feed()
    tap.equal(json.loads([m for m in ws.until(is_close) if isinstance(m, str)][-1])["message_code"], 1120, "1120 though the session is good")
    feed("fallback")
    tap.equal(welcomed(sim.market_feed())[0]["format"], "native_fallback", "fallback")
    feed("no_divider")
    got = welcomed(sim.market_feed())[0]["exchanges"]
    tap.equal(("nse_cm" in got, "nse_fo" in got), (True, False), "no_divider: an exchange is missing")
    ws = ready(sim)
    feed("no_ack")
    ws.text({"event": "subscribeScrips", "inputtoken": "nse_cm|2885", "ack_symbol": True})
    tap.equal([m for m in [ws.next(1), ws.next(1)] if isinstance(m, str)], [], "no_ack: ticks without it")
    ws = subscribed()
    feed("mute")
    while ws.next(0.6):
        pass
    tap.equal(ws.next(1), None, "mute: open and silent")
    feed("resume")
    tap.ok(binary(ws), "resume")
    feed("duplicate")
    ws = subscribed()
    seen = [ws.until(lambda m: isinstance(m, bytes))[-1] for _ in range(2)]
    tap.equal(seen[0], seen[1], "duplicate")
    feed("resume")
    feed("lose", times=1)
    ws = subscribed()
    tap.ok(packets(binary(ws))[0][7] > 0, "lose: the first picture is gone")
    feed("reorder")
    ws = subscribed()
    first, second = binary(ws), binary(ws)
    tap.ok(packets(first)[0][7] > packets(second)[0][7], "reorder: the later frame first")
    feed("resume")
    feed("cut")
    frame = binary(subscribed())
    tap.equal((len(packets(frame)), len(frame) % 304), (1, 301), "cut: the tail is missing")
    feed("lie", times=2)
    ws = subscribed()
    lies = [binary(ws), binary(ws)]
    tap.ok(any(len(packets(x)) < len(x) // 304 or b"\xff" * 8 in x for x in lies), "lie: lengths or counts that promise more")
    feed("fragment")
    ws = subscribed()
    ws.fragments = 0
    tap.ok(binary(ws) and ws.fragments > 20, "fragment")
    feed("resume")
    feed("unknown_type")
    tap.ok(9999 in [c for c, _ in codes(binary(subscribed()))], "unknown_type: a code nobody knows")
    feed("stale")
    ws = subscribed()
    frame = binary(ws)
    tap.ok(struct.unpack_from("<q", frame, 45)[0] < sim.now() // 10**9 - 3000, "stale: an old picture")
    tap.equal(ws.next(1), None, "and then silence")
    feed("resume")
    ws = subscribed()
    feed("drop")
    tap.ok(ws.until(is_close), "drop")
    ws = subscribed()
    feed("reset")
    tap.ok(ws.raw.was_reset(), "reset")
    tap.equal(wait_for(lambda: sim.sim("stats")["market_feeds"] == 0), True, "none is left")
    feed("refuse", times=1)
    try:
        sim.market_feed()
        tap.ok(False, "refuse")
    except (EOFError, ConnectionResetError):
        tap.ok(True, "refuse")
    tap.ok(welcomed(sim.market_feed())[0], "and the next is let in")


def slow_reader(sim):
    """One who never reads gets no more than its share, and the others do not notice."""
    ws = ready(sim)
    rows = sim.get("/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY&count=50").json["data"]
    ws.text({"event": "subscribeDepth", "inputtoken": ",".join(r["instrument"]["neoSymbol"] for r in rows["call"] + rows["put"]), "ack_symbol": True})
    sim.sim("clock", {"speed": 100})
    counts = [0, 1]

    def stands():
        time.sleep(0.3)
        counts.append(sim.sim("stats")["packets"])
        return counts[-1] == counts[-2]
    tap.ok(wait_for(stands, 40), "haste beside a reader who sleeps: no more is sent to it", counts[-5:])
    sim.sim("clock", {"speed": 1})
    tap.equal(sim.get("/quick/user/orders").status, 200, "the others are served")
    tap.ok(binary(ws), "and awake it goes on")


with Neosim("--master-rows", "4000") as it:
    it.login()
    order_handshakes(it)
    order_frames(it)
    order_faults(it)
    market_handshakes(it)
    subscriptions(it)
    ticking(it)
    limit(it)
    market_faults(it)
    slow_reader(it)
    tap.equal(it.stop(), 0, "SIGTERM ends it with status 0")
auction()
tap.done()

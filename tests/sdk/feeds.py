"""Both websockets through the SDK's own clients: market data at every level, snapshots, indices, exchange status; orders and positions;
and what a dropped connection leaves."""
import asyncio
import json
import time

import rows
from orders import prices
from sim import PATIENCE
from tap import INT, STR, OneOf

LEVELS = {"scrips_lite": rows.feed_lite, "scrips": lambda q: rows.feed_picture(q, 4), "depth": lambda q: rows.feed_picture(q, 8),
          "full_depth": lambda q: rows.feed_picture(q, 16)}


def run(s):
    for test in (frames_sent, market, exchange_status, market_refused, orders, parts, order_feed_refused, reconnect):
        s.tap.run(test, s)


class Ear:
    """Collects what a feed says; it is asked for a message that fits."""

    def __init__(self, feed):
        self.feed, self.heard, self.errors, self.raw = feed, [], [], []
        feed.on_message, feed.on_error, feed.on_raw = self.heard.append, self.errors.append, self.raw.append

    async def until(self, fits, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for m in self.heard:
                if fits(m):
                    return m
            await asyncio.sleep(0.01)
        return None

    async def quiet(self, seconds=0.3):
        """Lets what is under way arrive."""
        await asyncio.sleep(seconds)


def tokens(scrips):
    from neo_api_client.websocket.feed import WsToken
    return [WsToken(q["segment"], q["feed_name"] if q["index"] else str(q["token"])) for q in scrips]


def of(q, kind):
    """A message about this instrument, of this kind."""
    want = kind({**q})
    return lambda m: all(getattr(m, k, None) == want[k] for k in ("type", "exchange_segment", "instrument_token", "level") if k in want)


async def frames_sent(s):
    """What the SDK says on both sockets, word for word."""
    c, q = s.client.configuration, tokens([s.option])[0].inputtoken
    both = tokens([s.option, s.share])
    s.sim.forget()
    async with s.client.create_websocket() as feed, s.client.create_order_feed():
        s.tap.calls += 18
        for intent in (*LEVELS, "index"):
            await getattr(feed, "subscribe_" + intent)(both)
            await getattr(feed, "unsubscribe_" + intent)(both[:1])
        for intent in ("scrips_lite", "scrips", "depth", "index"):
            await feed.snapshot(both[:1], intent)
        await feed.subscribe_exchange()
        await feed.unsubscribe_exchange()
        await asyncio.sleep(0.2)
    said = [r for r in s.sim.requests() if r["method"] == "WS"]
    market = [json.loads(r["body"]) for r in said if "/feed" in r["target"]]
    s.tap.equal(market[0], {"user": c.ucc, "auth": c.edit_sid, "format": "native_batch", "source": "NEOTRADEAPI", "platform": "Web", "version": "1.2.3",
                            "sdk_version": 2, "sdk_date": "2026-08-07T09:41:17.667Z", "conn_req_time": INT, "sessionValidation": False}, "SFeed: the first frame")
    events = [{"event": do + name, "inputtoken": ",".join(t.inputtoken for t in both) if do == "subscribe" else q, **({"ack_symbol": True} if do == "subscribe" else {})}
              for name in ("ScripsLite", "Scrips", "Depth", "FullDepth", "Indices") for do in ("subscribe", "unsubscribe")]
    events += [{"event": "snapshot" + name, "inputtoken": q, "ack_symbol": True} for name in ("ScripsLite", "Scrips", "Depth", "Indices")]
    s.tap.equal(market[1:], events + [{"event": "subscribeExchange"}, {"event": "unsubscribeExchange"}], "SFeed: every other frame")
    s.tap.equal([r["body"] for r in said if "/realtime" in r["target"]], [f"{{type:cn,Authorization:{c.edit_token},Sid:{c.edit_sid},src:WEB}}"], "order feed: the only frame")


async def market(s):
    feed = s.client.create_websocket()
    ear = Ear(feed)
    async with feed:
        s.tap.calls += 1
        s.tap.equal({k: v for k, v in feed.dividers.items() if k in (1, 2, 5, 6, 9)}, {1: 100, 2: 100, 5: 100, 6: 100, 9: 100}, "SFeed: dividers")
        for intent, kind in LEVELS.items():
            await level(s, feed, ear, intent, kind, [s.option, s.future, s.bse_option, s.share])
        await level(s, feed, ear, "index", rows.feed_index, [s.index])
        await moving(s, ear)
        await silence(s, feed, ear)
    s.tap.equal(ear.errors, [], "SFeed: the SDK's decoder met no error")


async def level(s, feed, ear, intent, kind, scrips):
    """Subscribed while the clock is held: the first packet is the market to the paisa. The same again as a snapshot."""
    actions = [("subscribe", getattr(feed, "subscribe_" + intent))]
    if intent != "full_depth":
        actions.append(("snapshot", lambda t: feed.snapshot(t, intent)))
    for action, call in actions:
        with s.sim.held():
            truth = [s.sim.quote(q["segment"], q["feed_name"] if q["index"] else q["token"]) for q in scrips]
            await ear.quiet(0.1)
            ear.heard.clear()
            s.tap.calls += 1
            await call(tokens(scrips))
            for q in truth:
                m = await ear.until(of(q, kind), 5)
                s.tap.equal(m.model_dump() if m else None, kind(q), f"SFeed {action} {intent}: {q['segment']} {q['symbol'] or q['feed_name']}")
    s.tap.equal({k: v for k, v in feed.trading_symbols.items() if k in [t.inputtoken for t in tokens(scrips)]},
                {t.inputtoken: kind(q)["trading_symbol"] for t, q in zip(tokens(scrips), scrips)}, f"SFeed {intent}: the acknowledgement names them")


async def moving(s, ear):
    """The clock runs: packets come by themselves, several in a frame at least sometimes, and time never runs backwards."""
    ear.heard.clear()
    ear.raw.clear()
    s.sim.scrip(s.option["segment"], s.option["token"], free=True)
    got = await ear.until(lambda m: m.type == "index")
    s.tap.ok(got, "SFeed: the index moves")
    price = s.option["last"] + 20 * s.option["tick"]
    s.sim.scrip(s.option["segment"], s.option["token"], price=price)
    for kind in ("scrip_lite", "scrip"):
        m = await ear.until(lambda m: m.type == kind and m.instrument_token == str(s.option["token"]) and m.last_traded_price == price / 100)
        s.tap.ok(m, f"SFeed: a price set by hand arrives as {kind}")
    times = {}
    for m in ear.heard:
        times.setdefault((m.type, m.instrument_token, getattr(m, "level", 0)), []).append(m.last_trade_time)
    for key, seen in times.items():
        s.tap.ok(seen == sorted(seen), f"SFeed: times of {key} do not run backwards", seen[:20])
    frames = [f for f in ear.raw if isinstance(f, bytes)]
    s.tap.ok(any(len(f) > int.from_bytes(f[:2], "little") for f in frames), "SFeed: some frames carry several packets", len(frames))


async def silence(s, feed, ear):
    """Unsubscribed at every level: nothing comes any more."""
    for intent in (*LEVELS, "index"):
        s.tap.calls += 1
        await getattr(feed, "unsubscribe_" + intent)(tokens([s.index] if intent == "index" else [s.option, s.future, s.bse_option, s.share]))
    await ear.quiet()
    ear.heard.clear()
    await ear.quiet(0.5)
    s.tap.equal([m.type for m in ear.heard], [], "SFeed: silence after unsubscribing from all")
    s.tap.equal(feed.subscription_count, 0, "SFeed: nothing is subscribed")


async def exchange_status(s):
    feed = s.client.create_websocket()
    ear = Ear(feed)
    async with feed:
        s.tap.calls += 2
        await feed.subscribe_exchange()
        for q in (s.share, s.option, s.bse_option):
            await status_is(s, ear, q, "on subscribing")
        await feed.unsubscribe_exchange()


async def status_is(s, ear, q, when):
    """The newest word about a segment is what the market says of it."""
    from neo_api_client.websocket.feed.models import MARKET_STATUS_TEXT
    code = s.sim.quote(q["segment"], q["token"])["status"]
    m = await ear.until(lambda m: m.type == "market_status" and m.exchange_segment == q["segment"] and m.status_code == code, 5)
    s.tap.equal(m.model_dump() if m else None, {"type": "market_status", "exchange_segment": q["segment"], "status_code": code, "status": MARKET_STATUS_TEXT[code]},
                f"SFeed: status of {q['segment']} {when}")


def closing(s):
    s.tap.run(closing_auction, s)


async def closing_auction(s):
    """The end of a day: each phase of the closing auction is announced, and its reference price travels with the shares."""
    feed = s.client.create_websocket()
    ear = Ear(feed)
    s.sim.scrip(s.share["segment"], s.share["token"], free=True)
    async with feed:
        s.tap.calls += 2
        await feed.subscribe_exchange()
        await feed.subscribe_scrips(tokens([s.share]))
        for time_of_day, code in (("15:05:00", 1), ("15:16:00", 8), ("15:20:30", 10), ("15:25:30", 11), ("15:30:30", 12)):
            ear.heard.clear()
            s.sim.set_clock(at=s.sim.day(time_of_day))
            s.tap.equal(s.sim.quote(s.share["segment"], s.share["token"])["status"], code, f"the cash market at {time_of_day}")
            if code != 1:
                await status_is(s, ear, s.share, f"at {time_of_day}")
            if code == 10:
                await reference(s, ear)


async def reference(s, ear):
    m = await ear.until(lambda m: m.type == "cas_change", 5)
    q = s.sim.quote(s.share["segment"], s.share["token"])
    s.tap.equal(m.model_dump() if m else None, {"type": "cas_change", "exchange_segment": "nse_cm", "instrument_token": str(q["token"]), "trading_symbol": q["symbol"],
                                                "ref_price": q["last"] / 100, "imbalance_qty": INT, "imbalance_qty_at_market": INT}, "SFeed: closing auction")


async def market_refused(s):
    """The greeting may be taken for success (the SDK does); the refusal follows, and nothing is ever heard."""
    from neo_api_client.websocket.feed import exceptions
    feed = s.client.create_websocket(auth="not-a-session", max_reconnect_attempts=0)
    ear = Ear(feed)
    try:
        async with feed:
            await feed.subscribe_scrips(tokens([s.option]))
            await ear.quiet(0.5)
            s.tap.ok(not feed.is_connected, "SFeed: a stranger is closed out")
    except (exceptions.AuthenticationError, exceptions.NotConnectedError, exceptions.SubscriptionError) as e:
        s.tap.ok(True, f"SFeed: a stranger is refused ({type(e).__name__})")
    s.tap.equal(ear.heard, [], "SFeed: a stranger hears nothing")


# -- orders ---------------------------------------------------------------------------------------------------------

CHAINS = {
    "complete": ["put order req received", "validation pending", "open pending", "open", "complete"],
    "cancelled": ["put order req received", "validation pending", "open pending", "open", "cancel pending", "cancelled"],
    "rejected": ["put order req received", "validation pending", "open pending", "rejected"],
}


async def orders(s):
    """The frames of four lives: filled, modified and cancelled, rejected; each field is the ledger's, the last frame the book's row."""
    from neo_api_client.websocket.orderfeed import OrderUpdate, PositionUpdate
    feed = s.client.create_order_feed()
    ear = Ear(feed)
    s.pin(s.option)
    price, _ = prices(s.option, "B", "L")
    lot = s.option["lot"]
    async with feed:
        s.tap.calls += 1
        await ear.quiet()
        lives = {"complete": s.placed(s.option, "B", "MKT", lot, 0, tag=s.tag()), "cancelled": s.placed(s.option, "B", "L", lot, price, tag=s.tag()),
                 "rejected": s.placed(s.option, "B", "L", lot - 1, price)}
        s.sim.settled(lives["cancelled"], "open")
        s.modify(lives["cancelled"], price + s.option["tick"], "L", lot)
        s.rest(lives["cancelled"])
        s.cancel(lives["cancelled"])
        for status, number in lives.items():
            await life(s, ear, number, status, OrderUpdate)
        await position_frames(s, ear, PositionUpdate)
    s.tap.equal(ear.errors, [], "order feed: every frame fits the SDK's models")
    other = [m for m in ear.heard if not isinstance(m, (OrderUpdate, PositionUpdate))]
    s.tap.equal(other, [], "order feed: nothing but orders and positions")


async def parts(s):
    """Filled in two parts at two prices: the frame between shows the first, quantities and average are cumulative."""
    feed = s.client.create_order_feed()
    ear = Ear(feed)
    put = s.pin(s.put)
    price, shown, lot = put["ask"][0][0], put["ask"][0][1], put["lot"]
    async with feed:
        s.tap.calls += 1
        number = s.placed(put, "B", "L", shown + lot, price)
        s.sim.until(number, lambda o: o["filled"])
        first = s.sim.order(number)
        s.sim.scrip(put["segment"], put["token"], price=put["last"] - 20 * put["tick"])
        done = s.sim.settled(number, "complete")
        await ear.until(lambda m: m.type == "order" and m.data.order_id == number and m.data.order_status == "complete")
    frames = [m.data for m in ear.heard if m.type == "order" and m.data.order_id == number]
    s.tap.equal([[f.order_status, f.filled_quantity, f.unfilled_size, f.average_price] for f in frames if f.filled_quantity],
                [["open", shown, lot, rows.average(first["value"], shown)], ["complete", shown + lot, 0, rows.average(done["value"], shown + lot)]],
                "order feed: a part, then the whole")
    s.tap.equal(len([t for t in s.sim.ledger()["trades"] if t["order"] == number]), 2, "order feed: of two fills")


def wire(update):
    """A model back under the names of the wire."""
    return update.data.model_dump(by_alias=True)


async def life(s, ear, number, status, kind):
    last = await ear.until(lambda m: isinstance(m, kind) and m.data.order_id == number and m.data.order_status == status)
    if not s.tap.ok(last, f"order feed: {status}", [m for m in ear.heard if isinstance(m, kind)][-1:]):
        return
    frames = [wire(m) for m in ear.heard if isinstance(m, kind) and m.data.order_id == number]
    o = s.sim.order(number)
    expected = rows.order(o, s.option)
    seen = [f["ordSt"] for f in frames]
    s.tap.ok(all(x in CHAINS[status] + ["modify validation pending", "modify pending", "modified"] for x in seen), f"order feed {status}: only known steps", seen)
    first = [x for i, x in enumerate(seen) if x in CHAINS[status] and x not in seen[:i]]
    s.tap.equal(first, [x for x in CHAINS[status] if x in seen], f"order feed {status}: in their order")
    times = [f["updRecvTm"] for f in frames]
    s.tap.ok(times == sorted(set(times)), f"order feed {status}: each frame later than the one before", times)
    for f in frames[:-1]:
        s.tap.equal({k: f.get(k) for k in expected}, rows.loose(expected, ("nOrdNo", "tok", "trdSym", "trnsTp", "prod", "exSeg", "sym")), f"order feed {status}: {f['ordSt']}")
    final = dict(frames[-1])
    s.tap.equal({k: final.get(k) for k in expected}, expected, f"order feed {status}: the last frame is the ledger's order")
    book = s.call("order_report", number)["data"][0]
    s.tap.equal({k: final.get(k) for k in book}, book, f"order feed {status}: and the book's row")


async def position_frames(s, ear, kind):
    m = await ear.until(lambda m: isinstance(m, kind) and m.data.symbol == s.option["name"])
    if not s.tap.ok(m, "order feed: a fill moves the position"):
        return
    got = wire([x for x in ear.heard if isinstance(x, kind) and getattr(x.data, "tok", str(s.option["token"])) == str(s.option["token"])][-1])
    p = next(p for p in s.sim.ledger()["positions"] if p["token"] == s.option["token"] and p["product"] == "NRML")
    expected = {"actId": STR, "sym": s.option["name"], "exSeg": s.option["segment"], "prod": "NRML", "flBuyQty": str(p["buy"]), "flSellQty": str(p["sell"]),
                "buyAmt": rows.Money(p["buy_value"]), "sellAmt": rows.Money(p["sell_value"]), "posFlg": "true", "sqrFlg": OneOf("true", "Y"),
                "lotSz": str(s.option["lot"]), "multiplier": rows.Money(100), "hsUpTm": rows.Text(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d")}
    s.tap.equal({k: got.get(k) for k in expected}, expected, "order feed: the position is the ledger's")


async def order_feed_refused(s):
    """The SDK hides the refusal; what its user sees is silence."""
    feed = s.client.create_order_feed()
    feed.auth = "eyJhbGciOiJIUzI1NiJ9.e30.not-ours"
    ear = Ear(feed)
    async with feed:
        price, _ = prices(s.option, "B", "L")
        number = s.placed(s.option, "B", "L", s.option["lot"], price)
        s.sim.settled(number, "open")
        await ear.quiet(0.5)
        s.tap.equal([m for m in ear.heard if not isinstance(m, (str, dict))], [], "order feed: a stranger hears nothing")
    s.cancel(number)


async def reconnect(s):
    """Both connections are dropped; the SDK comes back, subscribed as before. The clock is held meanwhile: a close behind unread packets
    ends its reader without a word and without a new connection (README)."""
    market_feed, order_feed = s.client.create_websocket(reconnect_delay=1), s.client.create_order_feed(reconnect_delay=1)
    quotes, updates = Ear(market_feed), Ear(order_feed)
    async with market_feed, order_feed:
        await market_feed.subscribe_index(tokens([s.index]))
        with s.sim.held():
            await quotes.quiet(0.2)
            for feed in ("market", "orders"):
                s.sim.ask("POST", "/sim/feed", {"feed": feed, "kind": "drop"})
            await quotes.quiet(0.5)
        s.tap.ok(not market_feed.is_connected and not order_feed.is_connected, "both feeds were dropped")
        quotes.heard.clear()
        s.tap.ok(await quotes.until(lambda m: m.type == "index"), "SFeed: back, and subscribed again")
        while not order_feed.is_connected:
            await updates.quiet(0.05)
        await updates.quiet()
        price, _ = prices(s.option, "B", "L")
        number = s.placed(s.option, "B", "L", s.option["lot"], price)
        s.tap.ok(await updates.until(lambda m: getattr(getattr(m, "data", None), "order_id", None) == number), "order feed: back")
        s.cancel(number)

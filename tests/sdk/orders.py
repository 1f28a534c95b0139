"""Orders: every product, type, side and validity, with and without a tag; modify, cancel, after-market orders, and what is refused."""
import itertools

import rows
from sim import wait_for
from suite import on_tick, rupees
from tap import INT, STR, OneOf

OK = {"stat": "Ok", "nOrdNo": STR, "stCode": 200}
DELIVERY = ("CNC", "MTF", "NRML")
REFUSED = {"stat": STR, "stCode": INT, "errMsg": STR}
PRODUCTS = {"cash": ("CNC", "MIS", "NRML", "MTF"), "fo": ("NRML", "MIS")}


def run(s):
    for test in (checked_by_the_sdk, matrix, products_of_derivatives, partly_filled, modify, cancel, refused_at_once, rejected_later, without_session, rate):
        s.tap.run(test, s)


def prices(scrip, side, kind):
    """(price, trigger) that rest: off the pinned price as far as the exchange allows (an option 30 %, a future 1 %); a stop's trigger on
    the side where it does not fire."""
    away = 0.01 if scrip["type"].startswith("FUT") else 0.3 if rows.derivative(scrip) else 0.05
    far = 1 - away if (side == "B") == (kind not in ("SL", "SL-M")) else 1 + away
    price = on_tick(scrip, min(max(int(scrip["last"] * far), scrip["band_low"]), scrip["band_high"] or 10**9))
    if kind == "L":
        return price, 0
    if kind == "SL":
        return price, price - scrip["tick"] if side == "B" else price + scrip["tick"]
    return (0, price) if kind == "SL-M" else (0, 0)


def statuses(scrip, product, kind, side, validity):
    """Where such an order comes to rest."""
    if kind == "SL-M":
        return ("rejected",)
    expected = {"L": {"DAY": ("open",), "IOC": ("cancelled",)}, "MKT": {"DAY": ("complete",), "IOC": ("complete",)},
                "SL": {"DAY": ("trigger pending",), "IOC": ("trigger pending", "cancelled", "rejected")}}[kind][validity]
    # What is not there cannot be sold for delivery; the page does not say which product is told so when.
    return expected + ("rejected",) if side == "S" and product in DELIVERY and not rows.derivative(scrip) else expected


def sent(s):
    """The newest captured jData."""
    return s.sim.requests("/quick/")[-1]["jdata"]


def matrix(s):
    """Place in every form; then the books hold what was asked and nothing that was not."""
    for scrip in (s.option, s.future, s.bse_option, s.share, s.bse_share, s.commodity):
        s.pin(scrip)
        scrip.update(s.sim.quote(scrip["segment"], scrip["token"]))
        group = PRODUCTS["fo" if rows.derivative(scrip) else "cash"]
        validities = ("DAY",) if scrip["segment"] == "mcx_fo" else ("DAY", "IOC")
        for n, form in enumerate(itertools.product(group, ("L", "MKT", "SL", "SL-M"), ("B", "S"), validities)):
            place_one(s, scrip, *form, tag=s.tag() if n % 2 else None)


def place_one(s, scrip, product, kind, side, validity, tag):
    price, trigger = prices(scrip, side, kind)
    name = f"{scrip['segment']} {product} {kind} {side} {validity}" + (" tagged" if tag else "")
    answer = s.place(scrip, side, kind, scrip["lot"], price, trigger, product, validity, tag)
    if product == "MTF" and answer.get("stat") != "Ok":  # not every account may
        s.tap.equal(answer, {**REFUSED, "stCode": 1017}, f"refused {name}")
    elif not s.tap.equal(answer, OK, f"place {name}"):
        return
    s.tap.equal(sent(s), {"am": "NO", "dq": "0", "es": scrip["segment"], "mp": "0", "pc": product, "pr": rupees(price), "pt": kind,
                          "qt": str(scrip["lot"]), "rt": validity, "tp": rupees(trigger), "ts": scrip["symbol"], "tt": side, "ig": tag,
                          "os": "NEOTRADEAPI"}, f"neosim read: place {name}")
    if answer.get("stat") != "Ok":
        return
    o = s.rest(answer["nOrdNo"])
    s.tap.ok(o["status"] in statuses(scrip, product, kind, side, validity), f"rests as it should: {name}", f"{o}")
    asked = {"segment": scrip["segment"], "symbol": scrip["symbol"], "side": side, "product": product, "validity": validity, "qty": scrip["lot"],
             "trigger": trigger, "tag": tag, "type": "L" if kind == "MKT" else kind}
    if o["status"] == "rejected":
        asked["type"] = OneOf("L", kind)  # whether a market order is turned before or after it is refused is nobody's promise
    if kind != "MKT":
        asked["price"] = price
    s.tap.equal({k: o[k] for k in asked}, asked, f"the ledger holds what was asked: {name}")
    if kind == "SL-M" and not (side == "S" and product in DELIVERY):
        s.tap.ok("Market order with Algo Id not allowed" in o["reason"], f"an SL-M is refused by its reason: {name}", o["reason"])


def checked_by_the_sdk(s):
    """What the SDK refuses by itself never arrives; what it does not check does, and is refused there."""
    good = {"exchange_segment": "nse_fo", "product": "NRML", "price": "100", "order_type": "L", "quantity": "65", "validity": "DAY",
            "trading_symbol": s.option["symbol"], "transaction_type": "B"}
    s.sim.forget()
    for wrong in ({"exchange_segment": "NFO"}, {"exchange_segment": "cde_fo"}, {"product": "Normal"}, {"product": "CO"}, {"price": ""}, {"price": "-1"}, {"price": "0"},
                  {"price": "0", "order_type": "SL"}, {"order_type": "Limit"}, {"quantity": "0"}, {"quantity": "1.5"}, {"validity": "GTC"},
                  {"validity": "IOC", "exchange_segment": "mcx_fo"}, {"trading_symbol": " "}, {"transaction_type": "BUY"}, {"tag": " "}):
        answer = s.call("place_order", **{**good, **wrong})
        s.tap.ok(isinstance(answer.get("Error"), ValueError), f"the SDK refuses {wrong}", answer)
    for wrong in ({"trigger_price": "x"}, {"disclosed_quantity": "-1"}, {"amo": " "}):
        answer = s.call("modify_order", "1", "100", "L", "65", "DAY", **wrong)
        s.tap.ok(isinstance(answer.get("Error"), ValueError), f"the SDK refuses to modify with {wrong}", answer)
    s.tap.equal(s.sim.requests(), [], "and neosim heard nothing")
    for wrong in ({"trigger_price": "x"}, {"disclosed_quantity": "-1"}, {"amo": "MAYBE"}, {"transaction_type": "Buy"}):
        s.pace()
        s.tap.equal(s.call("place_order", **{**good, **wrong}), {"stat": "bad request", "stCode": 1007, "errMsg": "body invalid"}, f"neosim refuses {wrong}")


def products_of_derivatives(s):
    """Delivery products do not exist there: refused at once or later, never taken."""
    for product in ("CNC", "MTF"):
        price, _ = prices(s.option, "B", "L")
        answer = s.place(s.option, "B", "L", s.option["lot"], price, product=product)
        if answer.get("stat") == "Ok":
            s.tap.equal(s.rest(answer["nOrdNo"])["status"], "rejected", f"{product} on an option is rejected")
        else:
            s.tap.equal(answer, REFUSED, f"{product} on an option is refused")


def partly_filled(s):
    """A marketable limit order for more than the book shows at its price: what is there is filled, the rest stands or is cancelled."""
    for scrip, validity, status in ((s.option, "DAY", "open"), (s.put, "IOC", "cancelled")):
        scrip = s.pin(scrip)
        price, shown, lot = scrip["ask"][0][0], scrip["ask"][0][1], scrip["lot"]
        number = s.placed(scrip, "B", "L", shown + lot, price, validity=validity)
        o = s.sim.until(number, lambda o: o["filled"] and o["status"] == status)
        expected = {"status": status, "qty": shown + lot, "filled": shown, "value": shown * price, "cancelled": lot if validity == "IOC" else 0}
        s.tap.equal({k: o[k] for k in expected}, expected, f"a limit at the touch beyond its size, {validity}")


def modify(s):
    """New price, quantity and type; a stop's trigger; the tag may be replaced, the number stays."""
    option = s.option
    price, _ = prices(option, "B", "L")
    number = s.placed(option, "B", "L", option["lot"], price, tag=s.tag())
    s.sim.settled(number, "open")
    for terms in ({"price": price + option["tick"], "kind": "L", "qty": option["lot"]},
                  {"price": price + option["tick"], "kind": "L", "qty": 2 * option["lot"]}):
        modified(s, number, terms, "open")
    stop, trigger = prices(option, "B", "SL")
    modified(s, number, {"price": stop, "kind": "SL", "qty": option["lot"], "trigger": trigger}, "trigger pending")
    modified(s, number, {"price": stop - option["tick"], "kind": "SL", "qty": option["lot"], "trigger": trigger - option["tick"]}, "trigger pending")
    done = s.rest(s.placed(option, "B", "MKT", option["lot"], 0))
    s.tap.equal(s.modify(done["number"], price, "L", option["lot"]),
                {"stCode": 1021, "errMsg": "order is completed", "stat": STR, "status_code": 400}, "modify of a filled order")


def modified(s, number, terms, status):
    name = " ".join(f"{k}={v}" for k, v in terms.items())
    before = s.sim.order(number)["updated"]
    s.tap.equal(s.modify(number, **terms), {"stat": "Ok", "nOrdNo": number, "stCode": 200}, f"modify {name}")
    s.tap.equal(sent(s), {"mp": "0", "dq": "0", "vd": "DAY", "pr": rupees(terms["price"]), "pt": terms["kind"], "am": "NO",
                          "tp": rupees(terms.get("trigger", 0)), "qt": str(terms["qty"]), "no": number, "os": "NEOTRADEAPI"}, f"neosim read: modify {name}")
    o = s.rest(number)
    s.tap.ok(o["updated"] > before, f"modify {name} is later than what was before")
    expected = {"status": status, "price": terms["price"], "qty": terms["qty"], "type": terms["kind"], "trigger": terms.get("trigger", 0)}
    s.tap.equal({k: o[k] for k in expected}, expected, f"the ledger after modify {name}")


def cancel(s):
    option = s.option
    price, _ = prices(option, "B", "L")
    number = s.placed(option, "B", "L", option["lot"], price)
    s.sim.settled(number, "open")
    s.tap.equal(s.cancel(number), {"stat": "Ok", "nOrdNo": number, "stCode": 200}, "cancel")
    s.tap.equal(sent(s), {"on": number, "am": "NO"}, "neosim read: cancel")
    o = s.sim.settled(number, "cancelled")
    s.tap.equal(o["cancelled"], option["lot"], "what was cancelled is the whole")
    s.tap.equal(s.cancel(number), {"stCode": 1021, "errMsg": "order is completed", "stat": STR, "status_code": 400}, "cancel of a cancelled order")
    answer = s.cancel("200101000000001")
    s.tap.ok(answer.get("stat") != "Ok" and isinstance(answer.get("stCode"), int), "cancel of a number nobody has", answer)


def refused_at_once(s):
    """A tag twice; a session that ended; the two rules about IPs."""
    price, _ = prices(s.option, "B", "L")
    tag = s.tag()
    terms = (s.option, "B", "L", s.option["lot"], price)
    s.rest(s.placed(*terms, tag=tag))
    before = len(s.sim.ledger()["orders"])
    s.tap.equal(s.place(*terms, tag=tag), {"stat": STR, "stCode": OneOf(5204, 32), "errMsg": STR}, "a tag twice")
    for fault, code, text in (("ip_refused", 100008, "unauthorized"), ("ip_mismatch", 1037, "session ip doesnt match with reqest ip"),
                              ("session_invalid", 100022, "invalid session token")):
        s.sim.fault(fault, path="/quick/order")
        s.tap.equal(s.place(*terms, tag=s.tag()), {"stat": STR, "stCode": code, "errMsg": text}, fault)
    s.sim.ask("DELETE", "/sim/faults")
    s.tap.equal(len(s.sim.ledger()["orders"]), before, "none of them became an order")


def rejected_later(s):
    """Taken, then rejected with a reason: lot, tick, band, freeze, a symbol nobody lists."""
    option = s.option
    price, _ = prices(option, "B", "L")
    lot = option["lot"]
    above = option["band_high"] + 100 * option["tick"]
    nobody = {**option, "symbol": "NIFTY99XYZ1CE"}
    for name, scrip, qty, paise in (("lot", option, lot - 1, price), ("tick", option, lot, price + 1), ("band", option, lot, above),
                                    ("freeze", option, option["freeze"] // lot * lot + lot, price), ("symbol", nobody, lot, price)):
        answer = s.place(scrip, "B", "L", qty, paise)
        if answer.get("stat") != "Ok":
            s.tap.equal(answer, REFUSED, f"wrong {name}: refused")
            continue
        o = s.rest(answer["nOrdNo"])
        s.tap.ok(o["status"] == "rejected" and len(o["reason"]) > 2, f"wrong {name}: rejected with a reason", f"{o}")
        s.tap.equal(o["filled"], 0, f"wrong {name}: nothing filled")


def without_session(s):
    """A client that has not logged in sends nothing."""
    import login
    s.sim.forget()
    kept, s.client = s.client, login.client()
    try:
        for name, args in (("order_report", ()), ("limits", ()), ("cancel_order", ("1",)), ("order_history", ("1",)), ("positions", ())):
            s.tap.equal(s.call(name, *args), {"Error Message": STR}, f"{name} before login")
    finally:
        s.client = kept
    s.tap.equal(s.sim.requests(), [], "and neosim heard nothing")


def rate(s):
    """Ten a second of the market's time; the eleventh is refused and does nothing. The clock is held, so it is one second."""
    price, _ = prices(s.option, "B", "L")
    start, before = s.sim.now(), len(s.sim.ledger()["orders"])
    wait_for(lambda: s.sim.now() - start > 10**9, "the second before to end")
    with s.sim.held():
        answers = [s.call("place_order", "nse_fo", "NRML", rupees(price), "L", str(s.option["lot"]), "DAY", s.option["symbol"], "B") for _ in range(12)]
    taken = [a for a in answers if a.get("stat") == "Ok"]
    s.tap.equal(len(taken), 10, "ten orders in one second are taken")
    s.tap.ok(all("429" in str(a.get("code", a.get("stCode"))) for a in answers[10:]), "the next two are answered 429", answers[10:])
    s.tap.equal(len(s.sim.ledger()["orders"]) - before, 10, "and became no orders")
    for a in taken:
        s.rest(a["nOrdNo"])


def after_market(s):
    """In the evening: an AMO is kept, changed, and cancelled with am YES alone; one waits for the morning."""
    s.sim.set_clock(at=s.sim.day("16:30:00"))
    s.log_in()
    option, lot = s.option, s.option["lot"]
    price, _ = prices(option, "B", "L")
    number, other = (s.placed(option, "B", "L", lot, price, amo="YES", tag=s.tag()) for _ in range(2))
    s.tap.equal(s.sim.requests("/quick/order/rule")[-1]["jdata"]["am"], "YES", "neosim read: an AMO")
    for n in (number, other):
        s.sim.settled(n, "after market order req received")
    s.tap.equal(s.modify(number, price + option["tick"], "L", lot, amo="YES"), {"stat": "Ok", "nOrdNo": number, "stCode": 200}, "modify an AMO")
    kept = s.sim.settled(number, "after market order req received", "modify after market order req received")
    s.tap.equal(kept["price"], price + option["tick"], "the AMO has the new price")
    s.tap.equal(s.cancel(number)["stCode"], 14, "cancel of an AMO with am NO")
    s.tap.equal(s.cancel(number, amo="YES"), {"stat": "Ok", "nOrdNo": number, "stCode": 200}, "cancel of an AMO with am YES")
    s.tap.equal(s.sim.settled(number, "cancelled after market order")["cancelled"], lot, "the AMO is cancelled")
    with s.sim.held():
        ledger = s.sim.order(other)
        book = s.call("order_report", other)
        s.tap.equal(book["data"], [rows.order(ledger, option)], "the AMO in the book")
    s.sim.set_clock(at="2026-11-19T09:16:00+05:30")
    s.log_in()
    o = s.sim.until(other, lambda o: o["status"] in ("open", "rejected"))
    s.tap.ok(o["exchange_number"] or o["status"] == "rejected", "the AMO reaches the exchange in the morning", o)

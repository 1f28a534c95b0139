"""The books: every row and field against the ledger, at one held instant; and what they say when they are empty."""
import rows
from tap import INT, STR, OneOf, differences

EMPTY = {"stat": "Not_Ok", "stCode": 5203, "errMsg": "No Data", "desc": OneOf("data not found", "[]")}


def run(s):
    for test in (order_book, one_order, histories, trades, positions, holdings, limits, margin, notices):
        s.tap.run(test, s)


def empty(s):
    """Before the first order."""
    for name in ("order_report", "trade_report", "positions"):
        answer = s.call(name)
        s.tap.equal({k: v for k, v in answer.items() if k != "desc"}, {k: v for k, v in EMPTY.items() if k != "desc"}, f"{name} of an empty book")


def scrip_of(s, row):
    return s.sim.quote(row["segment"], row["token"])


def listed(ledger):
    return [o for o in ledger["orders"] if not o["hidden"] and o["token"]]


def order_book(s):
    with s.sim.held():
        answer, ledger = s.call("order_report"), s.sim.ledger()
        s.tap.equal({k: v for k, v in answer.items() if k != "data"}, {"stat": "Ok", "stCode": 200}, "order book: envelope")
        got = {r["nOrdNo"]: r for r in answer["data"]}
        orders = {o["number"]: o for o in ledger["orders"] if not o["hidden"]}
        s.tap.equal(sorted(got), sorted(orders), "order book: every order, once")
        s.tap.equal(len(answer["data"]), len(got), "order book: no number twice")
        for o in listed(ledger):
            s.tap.equal(got[o["number"]], rows.order(o, scrip_of(s, o)), f"order book: {o['segment']} {o['type']} {o['side']} {o['status']}")


def one_of_each(ledger):
    """An order in every status there is."""
    return {o["status"]: o for o in listed(ledger)}.values()


def one_order(s):
    with s.sim.held():
        for o in one_of_each(s.sim.ledger()):
            answer = s.call("order_report", o["number"])
            s.tap.equal(answer, {"stat": "Ok", "stCode": 200, "data": [rows.order(o, scrip_of(s, o))]}, f"order by number: {o['status']}")


FIXED = ("nOrdNo", "tok", "trdSym", "trnsTp", "prod", "exSeg")  # of every step; the rest may have been other
HISTORY_FILLERS = {STR: "exchTmstp flDtTm scripName exch nReqId legOrdInd ordUsrMsg ordSrc uSec", INT: "brdLtQty"}


def histories(s):
    with s.sim.held():
        for o in one_of_each(s.sim.ledger()):
            history(s, o)


def history(s, o):
    """Newest first; each step later than the one before; the newest is the ledger's present."""
    answer = s.call("order_history", o["number"])
    steps = answer["data"]["data"]
    s.tap.equal({k: v for k, v in answer["data"].items() if k != "data"}, {"stat": "Ok", "stCode": 200}, f"history of {o['status']}: envelope")
    times = [r["updRecvTm"] for r in steps]
    s.tap.ok(times == sorted(set(times), reverse=True), f"history of {o['status']}: newest first", times)
    scrip = scrip_of(s, o)
    expected = {**rows.order_terms(o, scrip), **rows.fillers(HISTORY_FILLERS), "ordDur": o["validity"], "unFldSz": INT, "updRecvTm": o["updated"], "lotSz": STR,
                "exchOrdId": o["exchange_number"] or rows.NONE, "optTp": STR, "stkPrc": STR, "sym": STR}
    for i, step in enumerate(steps):
        s.tap.equal({k: step.get(k) for k in expected}, rows.loose(expected, FIXED) if i else expected,
                    f"history of {o['status']}: step {len(steps) - i} of {len(steps)}")


def trades(s):
    with s.sim.held():
        answer, ledger = s.call("trade_report"), s.sim.ledger()
        s.tap.equal({k: v for k, v in answer.items() if k != "data"}, {"stat": "ok", "stCode": 200}, "trades: envelope, in lower case")
        got = {r["flId"]: r for r in answer["data"]}
        s.tap.equal(sorted(got), sorted(t["id"] for t in ledger["trades"]), "trades: every fill, once")
        s.tap.equal(len(got), len(answer["data"]), "trades: no fill twice")
        orders = {o["number"]: o for o in ledger["orders"]}
        for t in ledger["trades"]:
            o = orders[t["order"]]
            s.tap.equal(got[t["id"]], rows.trade(t, o, scrip_of(s, o)), f"trade {o['segment']} {o['side']} {t['qty']}")


def positions(s):
    with s.sim.held():
        answer, ledger = s.call("positions"), s.sim.ledger()
        s.tap.equal({k: v for k, v in answer.items() if k != "data"}, {"stat": "ok", "stCode": 200}, "positions: envelope, in lower case")
        got = {(r["exSeg"], r["tok"], r["prod"]): r for r in answer["data"]}
        truth = {(p["segment"], str(p["token"]), p["product"]): p for p in ledger["positions"]}
        s.tap.equal(sorted(got), sorted(truth), "positions: one row for each instrument and product")
        for key, p in truth.items():
            s.tap.equal(got[key], rows.position(p, scrip_of(s, p)), "position " + " ".join(key))
        fills_make_positions(s, ledger)


def fills_make_positions(s, ledger):
    """The ledger against itself: neosim must not be wrong about what it did."""
    orders = {o["number"]: o for o in ledger["orders"]}
    sums = {}
    for t in ledger["trades"]:
        o = orders[t["order"]]
        p = sums.setdefault((o["segment"], o["token"], o["product"]), {"buy": 0, "sell": 0, "buy_value": 0, "sell_value": 0})
        side = "buy" if o["side"] == "B" else "sell"
        p[side] += t["qty"]
        p[side + "_value"] += t["qty"] * t["price"]
    for p in ledger["positions"]:
        expected = sums.get((p["segment"], p["token"], p["product"]), {"buy": 0, "sell": 0, "buy_value": 0, "sell_value": 0})
        s.tap.equal({k: p[k] for k in expected}, expected, f"fills make the position in {p['symbol']} {p['product']}")
    for o in ledger["orders"]:
        filled = [t for t in ledger["trades"] if t["order"] == o["number"]]
        if filled or o["filled"]:
            s.tap.equal([o["filled"], o["value"]], [sum(t["qty"] for t in filled), sum(t["qty"] * t["price"] for t in filled)],
                        f"fills make the order {o['number']}")


def holdings(s):
    with s.sim.held():
        answer = s.call("holdings")
        s.tap.equal(sorted(answer), ["data"], "holdings: data and nothing else")
        for h in answer["data"]:
            q = s.sim.quote(h["exchangeSegment"], h["exchangeIdentifier"])
            s.tap.equal({k: v for k, v in h.items() if k != "isin"}, {
                "displaySymbol": STR, "symbol": q["name"], "averagePrice": rows.NUM, "quantity": INT, "sellableQuantity": INT,
                "holdingCost": rows.Near(h["averagePrice"] * h["quantity"], 0.01), "mktValue": rows.Near(q["last"] * h["quantity"] / 100, 0.01),
                "closingPrice": rows.Near(q["close"] / 100, 0.001), "exchangeSegment": q["segment"], "exchangeIdentifier": str(q["token"]), "instrumentToken": INT,
                "instrumentType": "Equity", "isAlternateScrip": rows.Any(bool), "scripId": STR}, f"holding of {q['name']}")
            s.tap.ok(0 < h["sellableQuantity"] <= h["quantity"], f"holding of {q['name']}: what may be sold", h)


LIMIT_FIELDS = ("Net MarginUsed MarginUsedPrsnt CollateralValue Collateral RmsCollateral NotionalCash AdhocMargin RmsPayInAmt RmsPayOutAmt UnrealizedMtomPrsnt "
                "RealizedMtomPrsnt CashUnRlsMtomPrsnt FoUnRlsMtomPrsnt ComUnRlsMtomPrsnt CurUnRlsMtomPrsnt CashRlsMtomPrsnt FoRlsMtomPrsnt ComRlsMtomPrsnt "
                "CurRlsMtomPrsnt SpanMarginPrsnt ExposureMarginPrsnt PremiumPrsnt MarginVarPrsnt MarginScripBasketPrsnt Category BoardLotLimit TimeStamp").split()


def limits(s):
    with s.sim.held():
        answer, funds = s.call("limits"), s.sim.ledger()["funds"]
        money = {"MarginUsed": rows.Money(funds["used"] + funds["premium"], 1), "RealizedMtomPrsnt": rows.Money(funds["realised"], 1),
                 "UnrealizedMtomPrsnt": rows.Money(funds["unrealised"], 1), "PremiumPrsnt": rows.Money(funds["premium"], 1),
                 "Net": rows.Money(free(funds), 1)}
        expected = {**{name: STR for name in LIMIT_FIELDS}, **money, "stat": "Ok", "stCode": 200}
        s.tap.equal({k: answer.get(k) for k in expected}, expected, "limits")


def free(funds):
    """What a new order may use."""
    return funds["cash"] + funds["collateral"] - funds["used"] - funds["premium"] + funds["realised"] + funds["unrealised"]


def margin(s):
    """Bought premium is exact; everything else is held against the arithmetic of the answer itself."""
    lot = s.option["lot"]
    for scrip, side, kind, product in ((s.option, "B", "L", "NRML"), (s.option, "S", "L", "NRML"), (s.put, "S", "MKT", "MIS"), (s.future, "B", "L", "NRML"),
                                       (s.share, "B", "L", "CNC"), (s.share, "S", "L", "MIS")):
        paise = scrip["last"] if kind == "L" else 0
        with s.sim.held():
            price = str(paise / 100) if paise else "0"
            answer = s.call("margin_required", scrip["segment"], price, kind, product, str(scrip["lot"]), str(scrip["token"]), side)
            funds = s.sim.ledger()["funds"]
        name = f"margin {scrip['segment']} {side} {kind} {product}"
        got = answer["data"]
        s.tap.equal(got, {**{k: rows.Text(r"-?\d+\.\d{6}") for k in "avlCash totMrgnUsd mrgnUsd ordMrgn reqdMrgn avlMrgn insufFund".split()},
                          "rmsVldtd": "OK", "stat": "Ok", "stCode": 200}, name)
        if scrip is s.option and side == "B":
            s.tap.equal(got["ordMrgn"], rows.Money(paise * lot), name + ": the premium")
        if product == "CNC":
            s.tap.equal(got["ordMrgn"], rows.Money(paise * scrip["lot"]), name + ": the whole value")
        s.tap.equal([got["mrgnUsd"], got["insufFund"]], [rows.Money(funds["used"] + funds["premium"], 1), rows.Money(max(0, short(got)), 1)],
                    name + ": used and short")


def short(got):
    return (float(got["reqdMrgn"]) - float(got["avlMrgn"])) * 100


def notices(s):
    """A server that answers wrongly is found out: the comparison of the order book can fail."""
    with s.sim.held():
        orders = listed(s.sim.ledger())[-40:]
        expected = {o["number"]: rows.order(o, scrip_of(s, o)) for o in orders}
        for fault, more in (("type_change", {}), ("missing_field", {"body": "avgPrc"}), ("tag_cut", {}), ("tag_replaced", {}), ("vanish_row", {}),
                            ("empty_book", {}), ("stale_book", {"seconds": 3600})):
            s.sim.fault(fault, path="/quick/user/orders", **more)
            s.tap.ok(differences(book_of(s, expected), expected)[1], f"a book with {fault} is noticed")
            s.sim.ask("DELETE", "/sim/faults")
        s.tap.equal(book_of(s, expected), expected, "and the book is right again")


def book_of(s, numbers):
    return {r["nOrdNo"]: r for r in s.call("order_report").get("data", []) if r.get("nOrdNo") in numbers}

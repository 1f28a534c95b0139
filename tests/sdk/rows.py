"""What an answer must say, computed from neosim's ledger and market: the rows of the API page, field by field. Money arrives as
text in rupees and is held against paise; where the page knows a field's type and nothing more, the type is checked."""
import datetime
from decimal import Decimal, InvalidOperation

from tap import INT, NUM, STR, Any, Matcher, OneOf, Text

IST = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
NONE = OneOf("", "NA", "--", "-")


class Money(Matcher):
    """Text that says so many paise; an average may be rounded."""

    def __init__(self, paise, tolerance=0):
        self.paise, self.tolerance = Decimal(paise), Decimal(tolerance)

    def matches(self, got):
        try:
            return type(got) is str and abs(Decimal(got) * 100 - self.paise) <= self.tolerance
        except InvalidOperation:
            return False

    def __repr__(self):
        return f'"{self.paise / 100}"' + (f" within {self.tolerance / 100}" if self.tolerance else "")


class Near(Matcher):
    """A number within a tolerance: percentages and turnover, whose rounding nobody specifies."""

    def __init__(self, value, tolerance):
        self.value, self.tolerance = value, tolerance

    def matches(self, got):
        return type(got) in (int, float) and abs(got - self.value) <= self.tolerance

    def __repr__(self):
        return f"{self.value} within {self.tolerance}"


def average(value, qty):
    return Money(Decimal(value) / qty if qty else 0, "0.5" if qty else 0)


def ist(ns, form="%d-%b-%Y %H:%M:%S"):
    return datetime.datetime.fromtimestamp(ns // 10**9, IST).strftime(form)


def expiry_text(scrip, form):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=scrip["expiry"])).strftime(form)


def derivative(scrip):
    return scrip["segment"].endswith("_fo")


def factors():
    """Contract factors: 1 wherever the market of neosim goes."""
    one = Money(100)
    return {"multiplier": one, "genNum": one, "genDen": one, "prcNum": one, "prcDen": one, "precision": "2"}


def instrument(scrip):
    """What every row says about its instrument."""
    return {"exSeg": scrip["segment"], "trdSym": scrip["symbol"], "sym": scrip["name"], "series": STR,
            "stkPrc": Money(max(scrip["strike"], 0)) if scrip["strike"] > 0 else OneOf("0.00", "0", "-1", "", "NA", "--"),
            "optTp": Text(scrip["option"] + " ?") if derivative(scrip) else OneOf("- ", "-", "NA", "XX", "")}


def tag(o):
    """GuiOrdId: ours, or what the server writes where there is none."""
    return o["gui_id"] or OneOf("", Text(r"\d+-\d+-\w+-ADMINAPI"))


def order_terms(o, scrip):
    """Common to order book, history and order feed."""
    return {**instrument(scrip), "tok": str(scrip["token"]), "nOrdNo": o["number"], "ordSt": o["status"], "trnsTp": o["side"],
            "prcTp": o["type"], "prod": o["product"], "prc": Money(o["price"]), "trgPrc": Money(o["trigger"]), "avgPrc": average(o["value"], o["filled"]),
            "qty": o["qty"], "fldQty": o["filled"], "rejRsn": o["reason"], "GuiOrdId": tag(o), "boeSec": INT,
            "lotSz": str(scrip["lot"]), **factors()}


def order(o, scrip):
    """A row of the order book (2.8)."""
    live = o["status"] not in ("complete", "rejected", "cancelled", "cancelled after market order")
    return {**order_terms(o, scrip), **fillers(ORDER_FILLERS), "stat": o["status"], "exOrdId": o["exchange_number"] or NONE, "vldt": o["validity"],
            "unFldSz": o["qty"] - o["filled"] - o["cancelled"] if live else INT, "cnlQty": o["cancelled"], "dscQty": o["disclosed"],
            "ordGenTp": "AMO" if o["amo"] else "NA", "ordDtTm": OneOf(ist(o["entered"]), ist(o["updated"])), "ordEntTm": ist(o["entered"]),
            "exCfmTm": ist(o["confirmed"]) if o["confirmed"] else NONE, "hsUpTm": ist(o["updated"], "%Y/%m/%d %H:%M:%S"), "updRecvTm": o["updated"]}


ORDER_FILLERS = {STR: "expDt expDtSsb brdLtQty tckSz it uSec actId algId algCat algSeqNo brkClnt defMktProV dscQtyPct exUsrInfo mktProPct mktPro mfdBy "
                      "mktProFlg noMktProFlg ordAutSt odCrt ordSrc ordValDt rmk rptTp reqId sipInd symOrdId usrId classification vendorCode locId "
                      "appInstlId ordModNo strategyCode", INT: "minQty coPct refLmtPrc"}
TRADE_FILLERS = {STR: "actId algCat algId brkClnt cstFrm exp expDt minQty nReqId ordDur ordGenTp rmk usrId hsUpTm locId lotSz ordSrc "
                      "strategyCode uSec posFlg tm it", INT: "boeSec brdLtQty"}


def loose(expected, fixed):
    """The same fields, but only those of `fixed` by value: the ledger holds no past terms."""
    def kind(v):
        if isinstance(v, Money):
            return Text(r"-?\d+(\.\d+)?")
        return v if isinstance(v, Matcher) else Any(type(v))
    return {k: v if k in fixed else kind(v) for k, v in expected.items()}


def fillers(kinds):
    return {name: kind for kind, names in kinds.items() for name in names.split()}


def trade(t, o, scrip):
    """A row of the trade book (2.10): the token is empty and the quantity useless, as Kotak's are."""
    return {**fillers(TRADE_FILLERS), **instrument(scrip), **factors(), "flId": t["id"], "nOrdNo": o["number"], "exOrdId": o["exchange_number"],
            "fldQty": t["qty"], "avgPrc": Money(t["price"]), "flDt": ist(t["stamp"], "%d-%b-%Y"), "flTm": ist(t["stamp"], "%H:%M:%S"), "exTm": STR,
            "trnsTp": o["side"], "prcTp": STR, "prod": o["product"], "tok": "", "qty": 0, "prc": "", "flLeg": 1, "rptTp": "fill",
            "GuiOrdId": tag(o), "updRecvTm": INT}


def position(p, scrip):
    """A row of positions v2 (2.11)."""
    return {**instrument(scrip), **factors(), "tok": str(scrip["token"]), "type": scrip["type"] or STR, "prod": p["product"], "cfBuyQty": str(p["cf_buy"]),
            "cfSellQty": str(p["cf_sell"]), "flBuyQty": str(p["buy"]), "flSellQty": str(p["sell"]), "cfBuyAmt": Money(p["cf_buy_value"]),
            "cfSellAmt": Money(p["cf_sell_value"]), "buyAmt": Money(p["buy_value"]), "sellAmt": Money(p["sell_value"]), "lotSz": str(scrip["lot"]),
            "brdLtQty": scrip["lot"], "expDt": expiry_text(scrip, "%d %b, %Y") if scrip["expiry"] else NONE,
            "exp": str(scrip["expiry"] * 86400) if scrip["expiry"] else OneOf("", "0", "NA", "--"), "sqrFlg": "Y", "posFlg": "true", "upldPrc": STR,
            "ltp": Money(scrip["last"]), "hsUpTm": STR, "updRecvTm": INT, "actId": STR, "dscQty": OneOf(0, "0")}


# -- market ---------------------------------------------------------------------------------------------------------

def quote_head(q):
    index = q["index"]
    return {"exchange_token": q["feed_name"] if index else str(q["token"]), "display_symbol": q["feed_name"] + "-IN" if index else q["symbol"],
            "exchange": q["segment"]}


def quote_depth(q):
    def side(levels):
        rows = [{"price": Money(p), "quantity": str(n), "orders": str(k)} for p, n, k in levels]
        return rows + [{"price": Money(0), "quantity": "0", "orders": "0"}] * (5 - len(rows))
    return {"buy": side(q["bid"]), "sell": side(q["ask"])}


def quote_all(q):
    """A row of the quotes call, type all (2.15)."""
    change = q["last"] - q["close"]
    return {**quote_head(q), "lstup_time": str(q["update_time"]), "ltp": Money(q["last"]), "last_traded_quantity": str(q["last_qty"]),
            "total_buy": str(q["total_buy"]), "total_sell": str(q["total_sell"]), "last_volume": str(q["volume"]), "avg_cost": Money(q["average"]),
            "open_int": str(q["oi"]), "change": Money(change), "per_change": Money(Decimal(change) * 10000 / q["close"] if q["close"] else 0, 1),
            "low_price_range": Money(q["band_low"]), "high_price_range": Money(q["band_high"]), "year_high": STR, "year_low": STR,
            "ohlc": quote_ohlc(q), "depth": quote_depth(q)}


def quote_ohlc(q):
    return {"open": Money(q["open"]), "high": Money(q["high"]), "low": Money(q["low"]), "close": Money(q["close"])}


def feed_head(q):
    return {"exchange_segment": q["segment"], "instrument_token": str(q["feed_token"] if q["index"] else q["token"]),
            "trading_symbol": q["feed_name"] + "-IN" if q["index"] else q["symbol"]}


def percent(q):
    return Near((q["last"] - q["close"]) * 100 / q["close"] if q["close"] else 0.0, 0.0101)


def feed_lite(q):
    return {**feed_head(q), "type": "scrip_lite", "last_traded_price": q["last"] / 100, "last_trade_time": q["trade_time"], "last_trade_qty": q["last_qty"],
            "close_price": q["close"] / 100, "net_change": (q["last"] - q["close"]) / 100, "net_change_percent": percent(q),
            "market_lot": q["lot"], "precision": 2, "multiplier": INT}


def feed_index(q):
    return {**feed_head(q), "type": "index", "name": q["feed_name"], "last_traded_price": q["last"] / 100, "open_price": q["open"] / 100,
            "high_price": q["high"] / 100, "low_price": q["low"] / 100, "close_price": q["close"] / 100,
            "change": (q["last"] - q["close"]) / 100, "net_change_percent": percent(q), "yearly_high": NUM, "yearly_low": NUM,
            "last_trade_time": q["trade_time"], "precision": 2, "multiplier": NUM}


def feed_picture(q, level):
    def side(levels):
        rows = [{"quantity": n, "price": p / 100, "orders": k} for p, n, k in levels]
        return rows[:1] or [{"quantity": 0, "price": 0.0, "orders": 0}] if level == 4 else rows
    return {**feed_head(q), "type": "scrip", "level": level, "last_traded_price": q["last"] / 100, "open_price": q["open"] / 100,
            "high_price": q["high"] / 100, "low_price": q["low"] / 100, "close_price": q["close"] / 100, "average_trade_price": q["average"] / 100,
            "last_trade_time": q["trade_time"], "last_update_time": max(q["update_time"], 0), "last_trade_qty": q["last_qty"],
            "total_buy_quantity": q["total_buy"], "total_sell_quantity": q["total_sell"], "volume_traded_today": q["volume"],
            "open_interest": q["oi"], "net_change": (q["last"] - q["close"]) / 100, "net_change_percent": percent(q),
            "upper_circuit_limit": q["band_high"] / 100, "lower_circuit_limit": q["band_low"] / 100, "yearly_high": NUM, "yearly_low": NUM,
            "total_traded_value": Near(q["volume"] * q["average"] / 100, max(1.0, q["volume"] * 0.01)), "market_lot": q["lot"], "precision": 2,
            "multiplier": INT, "auction": False, "buy": side(q["bid"]), "sell": side(q["ask"])}

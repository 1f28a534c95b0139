"""What needs no session: quotes, scrip master, search, expiries, option chain, candles; and the way in and out."""
import base64
import datetime
import json
import os

import login
import rows
from sim import CREDENTIALS, DAY
from tap import INT, NUM, STR, OneOf, Text

SEGMENTS = ("nse_cm", "bse_cm", "nse_fo", "bse_fo", "mcx_fo")


def run(s):
    for test in (quotes, quotes_unknown, scrip_master, search, expiries, option_chain, candles, rate_limit_headers):
        s.tap.run(test, s)


# -- session --------------------------------------------------------------------------------------------------------

LOGIN = {"token": Text(r"[\w-]+\.[\w-]+\.[\w-]+"), "sid": Text(r"\S{8,}"), "rid": STR, "ucc": CREDENTIALS["ucc"], "status": "success", "dataCenter": "SIM1"}


def log_in(s):
    """Every way login and validate can go wrong, then right: the same client."""
    s.client = c = login.client()
    account = (CREDENTIALS["mobile"], CREDENTIALS["ucc"])
    for args, field in ((("", "A", "1"), "MobileNumber"), (("1", "", "1"), "Ucc"), (("1", "A", ""), "Totp")):
        s.tap.equal(s.call("totp_login", *args), {"error": [{"code": "400", "message": f"Missing required field '{field}'"}]}, f"login without {field}")
    wrong = s.call("totp_login", *account, "000000")
    s.tap.ok("data" not in wrong and c.configuration.view_token is None, "login with a wrong code", wrong)
    wrong = s.call("totp_login", CREDENTIALS["mobile"], "NOBODY", login.code(s.sim))
    s.tap.ok("data" not in wrong and c.configuration.view_token is None, "login of an unknown UCC", wrong)
    first = s.call("totp_login", *account, login.code(s.sim))
    known(s, first.get("data"), {**LOGIN, "kType": "View"}, "login")
    s.tap.equal(claims(first["data"]["token"]), {"sub": STR, "exp": INT}, "the view token says who and until when")
    wrong = s.call("totp_validate", "000000")
    s.tap.ok("data" not in wrong and c.configuration.edit_token is None, "validate with a wrong MPIN", wrong)
    second = s.call("totp_validate", CREDENTIALS["mpin"])
    tls = s.sim.ports["tls_port"]
    known(s, second.get("data"), {**LOGIN, "kType": "Trade", "baseUrl": Text(f"https://127.0.0.1:{tls}/?"), "feedUrl": f"wss://127.0.0.1:{tls}/feed",
                                  "rtUrl": f"wss://127.0.0.1:{tls}/realtime"}, "validate")
    s.tap.ok(second["data"]["token"] != first["data"]["token"], "the trade token is another one than the view token")
    time = Text(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
    s.tap.equal(s.call("whatsmyip"), {"data": [{"ip": STR, "time": time}], "stCode": 1000, "status": "success"}, "client IP")


def known(s, got, expected, name):
    """Login answers carry more than anybody reads: what is read is checked, the rest is let be."""
    s.tap.equal({k: (got or {}).get(k) for k in expected}, expected, name)


def claims(token):
    part = token.split(".")[1]
    body = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return {k: body.get(k) for k in ("sub", "exp")}


def log_out(s):
    s.sim.forget()
    s.tap.equal(s.call("logout"), {"State": "OK", "message": STR}, "logout")
    s.tap.equal(s.sim.requests(), [], "logout sends nothing")
    s.tap.equal(s.call("logout"), {"Error Message": STR}, "logout once more")
    s.tap.equal(s.call("positions"), {"Error Message": STR}, "positions after logout")


# -- quotes ---------------------------------------------------------------------------------------------------------

def token(scrip):
    return {"exchange_segment": scrip["segment"], "instrument_token": scrip["feed_name"] if scrip["index"] else str(scrip["token"])}


def keyed(answer):
    return {(r["exchange"], r["exchange_token"]): r for r in answer}


QUOTES = {
    None: rows.quote_all, "all": rows.quote_all,
    "ltp": lambda q: {**rows.quote_head(q), "ltp": rows.Money(q["last"])},
    "ohlc": lambda q: {**rows.quote_head(q), "ohlc": rows.quote_ohlc(q)},
    "depth": lambda q: {**rows.quote_head(q), "depth": rows.quote_depth(q)},
    "oi": lambda q: {**rows.quote_head(q), "oi_las": STR, "oi_high": STR, "oi_low": STR},
    "52w": lambda q: {**rows.quote_head(q), "year_high": STR, "year_low": STR},
    "circuit_limits": lambda q: {**rows.quote_head(q), "low_price_range": rows.Money(q["band_low"]), "high_price_range": rows.Money(q["band_high"])},
    "scrip_details": None,  # nobody says what it answers
}


def quotes(s):
    scrips = (s.option, s.put, s.future, s.bse_option, s.share, s.index)
    for kind, row in QUOTES.items():
        with s.sim.held():
            answer = s.call("quotes", [token(x) for x in scrips], kind)
            truth = [s.sim.quote(*token(x).values()) for x in scrips]
        got = keyed(answer)
        s.tap.equal(sorted(got), sorted(tuple(token(x).values()) for x in scrips), f"quotes {kind}: one row each")
        for q in truth:
            r = got[tuple(token(q).values())]
            s.tap.equal(r if row else {k: r.get(k) for k in rows.quote_head(q)}, (row or rows.quote_head)(q),
                        f"quotes {kind}: {q['segment']} {q['symbol'] or q['feed_name']}")


def quotes_unknown(s):
    """One the market does not know is left out; alone, it is refused; more than fifty are refused."""
    nobody = {"exchange_segment": "nse_fo", "instrument_token": "4000000001"}
    both = s.call("quotes", [nobody, token(s.option)], "ltp")
    s.tap.equal([r["exchange_token"] for r in both], [str(s.option["token"])], "quotes of a known and an unknown token")
    alone = s.call("quotes", [nobody], "ltp")
    s.tap.ok(alone == [] or alone.get("stCode") == 1009, "quotes of an unknown token", alone)
    many = s.call("quotes", [token(s.option)] * 51, "ltp")
    s.tap.ok(isinstance(many, dict) and "50" in json.dumps(many), "quotes of 51", many)
    s.tap.equal(s.call("quotes", []), {"error": [{"message": STR}]}, "quotes of nothing")


# -- instruments ----------------------------------------------------------------------------------------------------

def scrip_master(s):
    """The paths, whole and by segment; every index and option row against the market."""
    whole = s.call("scrip_master")
    s.tap.equal(sorted(whole), ["baseFolder", "filesPaths"], "scrip master: paths")
    s.tap.ok(all(p.startswith(whole["baseFolder"]) and f"/{DAY}/" in p for p in whole["filesPaths"]), "scrip master: below the folder, of the day", whole)
    for segment in SEGMENTS:
        s.tap.equal(s.call("scrip_master", segment), next(p for p in whole["filesPaths"] if segment in p), f"scrip master: {segment}")
    for segment in ("nse_fo", "bse_fo"):
        near = s.option if segment == "nse_fo" else s.bse_option
        for r in [r for r in s.masters[segment] if r["pSymbolName"] == near["name"]][:60]:
            master_row(s, r)


EPOCH = {"nse_fo": 315513000, "bse_fo": 0, "mcx_fo": 0}


def master_row(s, r):
    q = s.sim.quote(r["pExchSeg"], r["pSymbol"])
    expiry = datetime.datetime.fromtimestamp(int(r["lExpiryDate"]) + EPOCH[q["segment"]], datetime.timezone.utc).date()
    freeze = str(q["freeze"])
    got = {k: r[k] for k in ("pSymbol", "pExchSeg", "pInstType", "pSymbolName", "pTrdSymbol", "pOptionType", "lLotSize", "iLotSize", "lFreezeQty")}
    s.tap.equal(got, {"pSymbol": str(q["token"]), "pExchSeg": q["segment"], "pInstType": q["type"], "pSymbolName": q["name"], "pTrdSymbol": q["symbol"],
                      "pOptionType": q["option"], "lLotSize": str(q["lot"]), "iLotSize": str(q["lot"]), "lFreezeQty": freeze}, f"master row {q['symbol']}")
    numbers = [float(r[k]) for k in ("dTickSize", "dStrikePrice", "dHighPriceRange", "dLowPriceRange")]
    strike = float(q["strike"]) if q["option"] != "XX" else -1.0
    s.tap.equal([str(expiry), *numbers], [rows.expiry_text(q, "%Y-%m-%d"), float(q["tick"]), strike, float(q["band_high"]), float(q["band_low"])],
                f"master row {q['symbol']}: scaled")


def search(s):
    """The SDK reads the CSV with pandas: what it finds is what the market has."""
    day = rows.expiry_text(s.option, "%d%b%Y").upper()
    strike = str(s.option["strike"] // 100)
    found = s.call("search_scrip", "nse_fo", "NIFTY", day, "CE", strike)
    mine = [r for r in found if r["pSymbolName"] == "NIFTY"]
    s.tap.equal([(str(r["pSymbol"]), r["pTrdSymbol"], r["pExpiryDate"].upper(), r["dStrikePrice;"]) for r in mine],
                [(str(s.option["token"]), s.option["symbol"], day, float(s.option["strike"]))], "search: one option by expiry, side and strike")
    for kind, count in (("CE,PE", 2), ("FUT", 0)):
        found = s.call("search_scrip", "nse_fo", "^nifty$", day, kind, strike)
        s.tap.equal(len(found) if isinstance(found, list) else 0, count, f"search: {kind} at a strike")
    found = s.call("search_scrip", "nse_fo", "^nifty$", None, "FUT")
    listed = [r["pTrdSymbol"] for r in s.masters["nse_fo"] if r["pSymbolName"] == "NIFTY" and r["pOptionType"] == "XX"]
    s.tap.equal(sorted(r["pTrdSymbol"] for r in found), sorted(listed), "search: futures")
    found = s.call("search_scrip", "nse_cm", "^reliance$")
    s.tap.ok(str(s.share["token"]) in [str(r["pSymbol"]) for r in found], "search: a share", found)
    found = s.call("search_scrip", "bse_fo", "^sensex$", rows.expiry_text(s.bse_option, "%d%b%Y").upper(), "CE", str(s.bse_option["strike"] // 100))
    s.tap.equal([r["pTrdSymbol"] for r in found], [s.bse_option["symbol"]], "search: a BSE option, whose expiry is plain Unix time")
    s.tap.equal(s.call("search_scrip", "nse_fo", "nobody-lists-this"), {"message": STR}, "search: nothing")
    s.tap.ok(os.listdir(os.environ["NEO_SCRIP_CACHE_DIR"]), "the SDK kept the files for the day")


# -- market data calls ----------------------------------------------------------------------------------------------

def of_underlying(s, name="NIFTY", segment="nse_fo"):
    return [s.quote_of(r) for r in s.masters[segment] if r["pSymbolName"] == name]


def expiries(s):
    listed = of_underlying(s)
    for kind, keep in ((None, None), ("option", ("CE", "PE")), ("fut", ("XX",))):
        days = sorted({rows.expiry_text(q, "%Y-%m-%d") for q in listed if keep is None or q["option"] in keep})
        got = s.call("expiries", "nse_fo", "NIFTY", kind)
        if kind is None:  # which of the two is meant by nothing is not said
            days = OneOf(days, sorted({rows.expiry_text(q, "%Y-%m-%d") for q in listed if q["option"] != "XX"}))
        s.tap.equal(got, {"exchange": "nse_fo", "underlying": "NIFTY", "expiries": days}, f"expiries of {kind or 'everything'}")


def option_chain(s):
    with s.sim.held():
        answer = s.call("option_chain", "nse_fo", "NIFTY", count=10)
        truth = {q["token"]: q for q in of_underlying(s)}
        given = s.call("option_chain", "nse_fo", "NIFTY", rows.expiry_text(s.option, "%Y-%m-%d"), "option", 10)
        futures = s.call("option_chain", "nse_fo", "NIFTY", None, "fut")
    s.tap.equal(given, answer, "option chain: options of the nearest expiry, unless other is asked for")
    data = answer["data"]
    known(s, data["common_data"], {"mktLot": OneOf(s.option["lot"], str(s.option["lot"])), "multiplier": OneOf(1, "1"), "unlSymbol": STR,
                                   "exSeg": "nse_fo", "expiryDt": STR}, "option chain: common data")
    for side, kind in (("call", "CE"), ("put", "PE")):
        strikes = [float(r["instrument"]["strikePrice"]) for r in data[side]]
        s.tap.ok(len(strikes) == len(set(strikes)) and 0 < len(strikes) <= 10, f"option chain: {side} strikes, each once, no more than asked", strikes)
        for r in data[side]:
            chain_row(s, r, truth[int(r["instrument"]["neoSymbol"].split("|")[1])], kind)
    for r in futures["data"]["fut"]:
        q = truth[int(r["inst"]["neoSymbol"].split("|")[1])]
        name = f"chain future {q['symbol']}"
        s.tap.equal(r["inst"], {"neoSymbol": f"nse_fo|{q['token']}", "symbol": q["symbol"], "expiryDt": rows.expiry_text(q, "%d-%b-%Y").upper()}, name)
        s.tap.equal(r["quote"], {"ltp": rows.Money(q["last"]), "o": rows.Money(q["open"]), "h": rows.Money(q["high"]), "l": rows.Money(q["low"]),
                                 "c": STR, "pc": rows.Money(q["close"]), "vol": str(q["volume"])}, name + ": quote")
        s.tap.equal(r["oi"], {"cur": str(q["oi"]), "prev": STR, "chg": STR, "chgPct": STR}, name + ": open interest")


def chain_row(s, r, q, kind):
    name = f"chain row {q['symbol']}"
    s.tap.equal(r["instrument"], {"neoSymbol": f"nse_fo|{q['token']}", "symbol": q["symbol"], "optionType": kind,
                                  "strikePrice": rows.Money(q["strike"]), "moneyness": STR}, name)
    s.tap.equal(r["quote"], {"ltp": rows.Money(q["last"]), "open": rows.Money(q["open"]), "high": rows.Money(q["high"]), "low": rows.Money(q["low"]),
                             "prevClose": rows.Money(q["close"]), "close": None, "volume": q["volume"]}, name + ": quote")
    s.tap.equal(r["openInterest"], {"current": q["oi"], "previous": NUM, "change": NUM, "changePct": OneOf(NUM, STR)}, name + ": open interest")


def candles(s):
    """Bars by the minute, and five of them make one of five; the last is the price now."""
    name = f"{s.future['segment']}|{s.future['token']}"
    with s.sim.held():
        answers = {i: s.call("historical_data", name, i, DAY, DAY) for i in ("1min", "5min", "15min")}
        last = s.sim.quote(s.future["segment"], s.future["token"])["last"]
    for interval, answer in answers.items():
        bars = answer["data"]["candles"]
        s.tap.equal({k: v for k, v in answer.items() if k != "data"}, {"status": "success", "interval": interval}, f"candles {interval}: envelope")
        for b in bars:
            s.tap.fields += len(b)
        s.tap.ok(bars and all(b[3] <= min(b[1], b[4]) and b[2] >= max(b[1], b[4]) and len(b) == 7 for b in bars),
                 f"candles {interval}: low and high enclose", bars[:2])
        step = int(interval[:-3]) * 60
        starts = [int(datetime.datetime.strptime(b[0], "%Y-%m-%dT%H:%M:%S%z").timestamp()) for b in bars]
        s.tap.ok(all((x - y) % step == 0 and x > y for x, y in zip(starts[1:], starts)), f"candles {interval}: a step apart", starts[:4])
        s.tap.equal(round(bars[-1][4] * 100), last, f"candles {interval}: the last close is the price")
    ones, fives = answers["1min"]["data"]["candles"], answers["5min"]["data"]["candles"]
    for b in fives:
        inside = [x for x in ones if b[0][:14] == x[0][:14] and int(x[0][14:16]) // 5 == int(b[0][14:16]) // 5]
        s.tap.equal(b[1:6], [inside[0][1], max(x[2] for x in inside), min(x[3] for x in inside), inside[-1][4], sum(x[5] for x in inside)],
                    f"five minutes of {b[0]} are its minutes")
    wrong = s.call("historical_data", name, "2min", DAY, DAY)
    s.tap.equal(wrong, {"status": "ERROR", "fault": {"code": 400, "message": "Invalid interval value"}}, "candles of an interval there is not")


def rate_limit_headers(s):
    s.sim.fault("429", path="/market-data", retry_after=7)
    answer = s.call("expiries", "nse_fo", "NIFTY")
    s.tap.equal({k: v for k, v in answer.items() if k != "rateLimit"}, {"code": 429, "error": "Rate limit exceeded", "message": STR}, "a 429")
    known(s, answer.get("rateLimit"), {"Retry-After": "7"}, "a 429 with Retry-After")
    s.sim.ask("DELETE", "/sim/faults")

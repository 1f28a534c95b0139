"""The broker's calls as a client sees them: login in all its refusals, every route, orders through their whole life, types on the wire."""
import base64
import json
import re
import time
import urllib.parse

from neosim import KEY, UCC, Neosim, Raw, Tap, http, totp, wait_for

tap = Tap()


def types(row, **want):
    return {k: row.get(k) for k, t in want.items() if type(row.get(k)) is not t}


# -- login ---------------------------------------------------------------------------------------------------------
def codes():
    vectors = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
    tap.equal({t: totp(t * 10**9) for t in vectors}, vectors, "the test's own codes are those of RFC 6238")
    for t, code in list(vectors.items())[2:]:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        with Neosim("--speed", "0", at=at) as sim:
            tap.ok("data" in sim.login_step(totp=code).json, f"at {at} the code is {code}")


def login_codes(sim):
    sim.sim("clock", {"speed": 0})
    now = sim.forward(120)["now_ns"]
    for step, good in ((-2, False), (2, False), (-1, True), (1, True), (0, True), (0, False), (1, False)):
        got = sim.login_step(totp=totp(now + step * 30 * 10**9))
        name = f"a code of {step:+d} steps" + ("" if good or abs(step) == 2 else ", used before,")
        tap.equal("data" in got.json, good, f"{name} is {'taken' if good else 'refused'}")
        if not good:
            tap.equal((got.status, got.json), (200, {"status": "error", "message": "Invalid credentials or TOTP.", "errorCode": "401"}), "its refusal's shape")
    sim.forward(120)
    sim.sim("clock", {"speed": 1})


def login_refusals(sim):
    for field, named in (("mobileNumber", "MobileNumber"), ("ucc", "Ucc"), ("totp", "Totp")):
        for blank in ("", None):
            got = sim.login_step(**{"totp": "000000", field: blank})
            tap.equal((got.status, got.json), (400, {"error": [{"code": "400", "message": f"Missing required field '{named}'"}]}), f"{field} {blank!r}")
    tap.equal(sim.login_step(ucc="XYZ99", totp="1").json, {"stCode": 429, "errMsg": "Invalid UCC", "status": "failure"}, "a wrong UCC: 200 with stCode 429")
    tap.equal(sim.login_step(mobileNumber="+910000000000", totp="1").json["errorCode"], "401", "a wrong number")
    path, good = "/login/1.0/tradeApiLogin", {"Authorization": KEY, "neo-fin-key": "neotradeapi", "Content-Type": "application/json"}
    tap.equal(sim.ask("POST", path, good, b"{not json").status, 400, "a body that is no JSON")
    tap.equal(sim.ask("POST", path, good, b"[]").status, 400, "a body that is no object")
    tap.equal(sim.ask("POST", path, {**good, "Authorization": "x"}, b"{}").status, 401, "another application's key")
    tap.equal(sim.ask("POST", path, {k: v for k, v in good.items() if k != "neo-fin-key"}, b"{}").status, 401, "no neo-fin-key")
    tap.equal(sim.ask("POST", path, {**good, "Content-Type": "application/x-www-form-urlencoded"}, b"{}").status, 400, "a form for a body")
    view = sim.login_step().json["data"]
    tap.equal(sim.validate_step(view["sid"], view["token"], "").json["error"][0]["message"], "Missing required field 'Mpin'", "no MPIN")
    tap.equal(sim.validate_step(view["sid"], view["token"], "654321").json, {"stCode": 401, "errMsg": "Invalid MPIN", "status": "failure"}, "a wrong MPIN")
    tap.equal(sim.validate_step("x", view["token"]).json["stCode"], 100022, "another sid")
    tap.equal(sim.validate_step(view["sid"], "x").json["stCode"], 100022, "another token")
    tap.equal(sim.validate_step(view["sid"], view["token"]).json["data"]["kType"], "Trade", "and the right ones")


def login_shape(sim):
    view = sim.login_step().json["data"]
    tap.equal(types(view, token=str, sid=str, rid=str, ucc=str, kType=str, status=str, isTrialAccount=bool, mfAccess=int, dataCenterMap=type(None)), {},
              "the first step's types")
    head, claims, signature = view["token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    tap.equal((claims["sub"], claims["exp"] > sim.now() // 10**9, bool(head and signature)), (UCC, True, True), "a token shaped like a JWT, with sub and exp")
    trade = sim.validate_step(view["sid"], view["token"]).json["data"]
    tap.equal((trade["baseUrl"], trade["feedUrl"], trade["rtUrl"], trade["dataCenter"]),
              (f"http://127.0.0.1:{sim.port}", f"ws://127.0.0.1:{sim.port}/feed", f"ws://127.0.0.1:{sim.port}/realtime", "SIM1"), "addresses on the plain port")
    trade = sim.login(tls=True)
    tap.equal((trade["baseUrl"], trade["rtUrl"]), (f"https://127.0.0.1:{sim.tls_port}", f"wss://127.0.0.1:{sim.tls_port}/realtime"), "addresses on the TLS port")
    configs = sim.ask("GET", "/5config/config?appVersion=9&platform=api&environment=prod").json["data"]["configs"]
    tap.ok(configs and not any(k.startswith("SIM1") for k in configs), "the config service knows other data centres", configs)
    tap.equal(sim.ask("GET", "/5config/config").status, 400, "the config service wants its query")
    ip = sim.get("/login/1.0/get-client-ip").json
    tap.equal((ip["stCode"], ip["status"], ip["data"][0]["ip"]), (1000, "success", "203.0.113.7"), "the client's IP")
    tap.equal(sim.get("/registration/subscription").json["data"]["primaryIp"], "203.0.113.7", "its registration")


# -- who may call --------------------------------------------------------------------------------------------------
SESSION_CALLS = [("GET", "/quick/user/orders"), ("GET", "/quick/user/trades"), ("GET", "/quick/user/positions"), ("GET", "/portfolio/v2/positions"),
                 ("GET", "/portfolio/v1/holdings"), ("GET", "/login/1.0/get-client-ip"), ("POST", "/quick/order/rule/ms/place"), ("POST", "/quick/order/vr/modify"),
                 ("POST", "/quick/order/cancel"), ("POST", "/quick/order/history"), ("POST", "/quick/user/limits"), ("POST", "/quick/user/check-margin")]
KEY_CALLS = ["/script-details/1.0/quotes/neosymbol/nse_cm|2885/all", "/script-details/1.0/masterscrip/file-paths",
             "/market-data/1.0/watchlist/expiries?exchange=nse_fo&underlying=NIFTY"]


def doors(sim):
    for method, path in SESSION_CALLS:
        got = sim.ask(method, path, {"Content-Type": "application/x-www-form-urlencoded"}, b"jData=%7B%7D" if method == "POST" else b"")
        tap.equal((got.status, got.json["stCode"]), (401, 100022), f"{path} without a session")
    view = sim.login_step().json["data"]
    tap.equal(sim.ask("GET", "/quick/user/orders", {"Sid": view["sid"], "Auth": view["token"]}).json["stCode"], 100022, "the view token opens no book")
    for path in KEY_CALLS:
        tap.equal(sim.ask("GET", path, {"Authorization": "x"}).status, 401, f"{path} with another key")
    for path in ("/quick/order/history", "/quick/user/limits", "/quick/user/check-margin", "/quick/order/rule/ms/place", "/quick/order/vr/modify", "/quick/order/cancel"):
        h = sim.headers(True)
        for body, why in ((b"", "no body"), (b"jData=%7Bx", "no JSON"), (b"jData=%5B%5D", "no object"), (b"jData=%zz", "a bad escape"), (b"other=1", "no jData"),
                          (b"jData=%7B%7D", "an empty object")):
            tap.equal(sim.ask("POST", path, h, body).json.get("stCode"), 1007, f"{path}: {why}")
        tap.equal(sim.ask("POST", path, {**h, "Content-Type": "application/json"}, b"jData=%7B%7D").json["stCode"], 1007, f"{path}: another content type")
        sim.forward(2)
    lower = {k.lower(): v for k, v in sim.headers().items()}
    tap.equal(sim.ask("GET", "/quick/user/orders", lower).json["stCode"], 5203, "header names in lower case")
    got = Raw(sim).send(http("GET", "/quick/user/orders", sim.headers(), host="mis.kotaksecurities.com")).reply()
    tap.equal(got.json["stCode"], 200032, "a book asked at the login host")
    tap.equal((sim.get("/nowhere").status, sim.ask("GET", "/quick/order/cancel").status), (404, 405), "an unknown path and a wrong method")


# -- orders --------------------------------------------------------------------------------------------------------
def chain(sim, **more):
    query = urllib.parse.urlencode({"exchange": "nse_fo", "underlying": "NIFTY", "count": 10, **more})
    return sim.get("/market-data/1.0/watchlist/option-chain?" + query).json["data"]


def hold(sim, option, paise=10000):
    """The option's price, fixed: what a limit above or below does is then certain."""
    segment, token = option["instrument"]["neoSymbol"].split("|")
    sim.sim("scrip", {"segment": segment, "id": token, "price": paise})
    return option["instrument"]["symbol"]


ORDER_STRINGS = ("nOrdNo exOrdId ordSt stat exSeg trdSym sym series tok trnsTp prcTp prod vldt prc avgPrc trgPrc stkPrc rejRsn GuiOrdId ordGenTp ordDtTm ordEntTm exCfmTm "
                 "hsUpTm uSec expDt expDtSsb optTp lotSz brdLtQty multiplier precision tckSz genNum genDen prcNum prcDen it actId algId algCat algSeqNo brkClnt "
                 "defMktProV dscQtyPct exUsrInfo mktProPct mktPro mfdBy mktProFlg noMktProFlg ordAutSt odCrt ordSrc ordValDt rmk rptTp reqId sipInd symOrdId usrId "
                 "classification vendorCode locId appInstlId ordModNo strategyCode").split()
ORDER_INTS = "qty fldQty unFldSz cnlQty dscQty minQty boeSec updRecvTm coPct refLmtPrc".split()


def books_empty(sim):
    for path in ("/quick/user/orders", "/quick/user/trades", "/quick/user/positions", "/portfolio/v2/positions", "/quick/user/orders/1"):
        got = sim.get(path)
        tap.equal((got.status, got.json["stCode"], got.json["stat"], "data" in got.json), (200, 5203, "Not_Ok", False), f"{path} of an empty day")
    tap.equal(sim.form("/quick/order/history", {"nOrdNo": "1"}).json["stCode"], 5203, "history of no order")


def filled(sim, symbol):
    got = sim.place(symbol, price="101.00", tag="c1-000123")
    number = got.json["nOrdNo"]
    tap.equal((got.json["stat"], got.json["stCode"], bool(re.fullmatch(r"261123\d{9}", number))), ("Ok", 200, True), "a placed order's answer")
    row = sim.settled(number, "complete")
    tap.equal(types(row, **{k: str for k in ORDER_STRINGS}, **{k: int for k in ORDER_INTS}), {}, "an order row: strings are strings, ints are ints")
    tap.equal((row["qty"], row["fldQty"], row["unFldSz"], row["GuiOrdId"], row["trdSym"], row["prc"], row["lotSz"]),
              (65, 65, 0, "c1-000123", symbol, "101.00", "65"), "what the row says")
    one = sim.get("/quick/user/orders/" + number).json["data"]
    tap.equal((len(one), one[0]["nOrdNo"]), (1, number), "the order by its number")
    history = sim.form("/quick/order/history", {"nOrdNo": number}).json["data"]
    tap.equal([h["ordSt"] for h in history][::-1][:4], ["put order req received", "validation pending", "open pending", "open"], "its history, newest first")
    tap.equal(types(history[0], exchOrdId=str, ordDur=str, brdLtQty=int, dclQty=int, exchTmstp=str), {}, "history's own names and types")
    trades = [t for t in sim.get("/quick/user/trades").json["data"] if t["nOrdNo"] == number]
    tap.equal((sum(t["fldQty"] for t in trades), {t["tok"] for t in trades}, {t["qty"] for t in trades}), (65, {""}, {0}), "trades: the fill, no token, no qty")
    tap.equal(types(trades[0], flId=str, avgPrc=str, fldQty=int, flLeg=int, updRecvTm=int, brdLtQty=int, boeSec=int, flDt=str, flTm=str, exTm=str), {}, "trade types")
    position = sim.get("/quick/user/positions").json
    tap.equal((position["stat"], position["data"][0]["flBuyQty"], "ltp" in position["data"][0]), ("ok", "65", False), "positions v1")
    v2 = sim.get("/portfolio/v2/positions").json["data"][0]
    tap.equal({k: v for k, v in v2.items() if not isinstance(v, str) and k not in ("brdLtQty", "updRecvTm")}, {}, "positions v2: all strings but two")
    tap.equal((v2["trdSym"], "ltp" in v2, v2["buyAmt"]), (symbol, True, "%.2f" % sum(float(t["avgPrc"]) * t["fldQty"] for t in trades)), "positions v2: ltp and money")
    tap.equal(sim.cancel(number).json, {"stCode": 1021, "errMsg": "order is completed", "stat": "please provide valid order number"}, "cancel of what is filled")
    tap.equal(sim.modify(number, 65, "102.00").json["stCode"], 1021, "modify of what is filled")
    again = sim.place(symbol, price="101.00", tag="c1-000123")
    tap.equal((again.status, again.json["stCode"]), (200, 5204), "the same tag again")


def worked(sim, symbol):
    number = sim.place(symbol, price="95.00", tag="rest-1").json["nOrdNo"]
    before = sim.settled(number, "open")
    tap.equal(sim.modify(number, 130, "96.05").json["stCode"], 200, "modify, with the SDK's fields alone")
    row = wait_for(lambda: next((r for r in [sim.row(number)] if r["ordSt"] == "open" and r["qty"] == 130), None))
    tap.equal((row["prc"], row["unFldSz"], row["updRecvTm"] > before["updRecvTm"]), ("96.05", 130, True), "its new terms, a later stamp")
    tap.ok(row["GuiOrdId"] != "rest-1" and row["GuiOrdId"], "the tag was replaced by the server", row["GuiOrdId"])
    tap.equal(sim.cancel(number).json["nOrdNo"], number, "cancel is taken")
    row = sim.settled(number, "cancelled")
    tap.equal((row["cnlQty"], row["unFldSz"], row["fldQty"]), (130, 0, 0), "cancelled with its remainder")
    tap.equal(sim.cancel(number).json["stCode"] in (1006, 1021), True, "and again: already terminal")
    tap.equal(sim.cancel("261123999999999").json["stCode"] != 200, True, "cancel of what never was")
    sim.forward(2)
    stop = sim.place(symbol, price="120.00", trigger="115.00", kind="SL").json["nOrdNo"]
    tap.equal(sim.settled(stop, "trigger pending")["trgPrc"], "115.00", "a stop waits for its trigger")
    sim.cancel(stop)
    slm = sim.place(symbol, kind="SL-M", trigger="115.00").json
    tap.ok(slm["stCode"] != 200 or "Algo Id" in sim.settled(slm["nOrdNo"], "rejected")["rejRsn"], "SL-M is refused", slm)
    sim.forward(3)
    market = sim.place(symbol, kind="MKT").json["nOrdNo"]
    row = sim.settled(market, "complete")
    tap.equal((row["prcTp"], float(row["prc"]) > 100), ("L", True), "a market order is shown as a protected limit")
    lot = sim.place(symbol, qty=64, price="95.00").json["nOrdNo"]
    tap.ok(sim.settled(lot, "rejected")["rejRsn"] not in ("--", ""), "no lot: rejected later, with a reason")


def bad_places(sim, symbol):
    good = {"side": "B", "qty": 65, "price": "95.00"}
    for change, why in (({"price": "0.0", "kind": "MKT"}, "a price of 0.0"), ({"price": "-1"}, "a negative price"), ({"price": "1e3"}, "an exponent"),
                        ({"price": "50.001"}, "a third decimal"), ({"price": ""}, "no price"), ({"qty": "0"}, "no quantity"), ({"qty": "65.5"}, "half a unit"),
                        ({"qty": "-65"}, "a negative quantity"), ({"qty": 10**30}, "a quantity beyond all"), ({"side": "Buy"}, "a side spelled out"),
                        ({"kind": "LMT"}, "an unknown type"), ({"kind": "SL SL-M"}, "two types"), ({"product": "BO"}, "an unknown product"),
                        ({"validity": "GTC"}, "an unknown validity"), ({"segment": "nse"}, "an unknown segment"), ({"amo": "MAYBE"}, "am neither YES nor NO"),
                        ({"tag": ""}, "an empty tag"), ({"tag": "x" * 200}, "a tag of 200 bytes")):
        tap.equal(sim.place(symbol, **{**good, **change}).json["stCode"], 1007, f"place: {why}")
        sim.forward(1)
    got = sim.form("/quick/order/rule/ms/place", {"am": "NO", "dq": 0, "es": "nse_fo", "mp": "0", "pc": "NRML", "pr": 50, "pt": "L", "qt": 65, "rt": "DAY", "tp": "0",
                                                  "ts": symbol, "tt": "B"})
    tap.equal(got.json["stCode"], 1007, "place: numbers where text belongs")


def encodings(sim, symbol):
    """Section 2.3: compact with %20, and the SDK's with blanks as +; a tag of null."""
    whole = {"am": "NO", "dq": "0", "es": "nse_fo", "mp": "0", "pc": "NRML", "pr": "95.00", "pt": "L", "qt": "65", "rt": "DAY", "tp": "0", "ts": symbol, "tt": "B",
             "ig": None, "os": "NEOTRADEAPI", "unknown": "x"}
    sdk = {k: v for k, v in sim.headers(True).items() if k != "neo-fin-key"}
    for body in ("jData=" + urllib.parse.quote(json.dumps(whole)), urllib.parse.urlencode({"jData": json.dumps(whole)}),
                 "jData=" + urllib.parse.quote(json.dumps(whole, separators=(",", ":")))):
        got = sim.ask("POST", "/quick/order/rule/ms/place", sdk, body).json
        tap.equal(got["stCode"], 200, "jData " + body[:24])
        row = sim.settled(got["nOrdNo"], "open")
        tap.ok(re.fullmatch(r"\d+-\d+-ABC12-ADMINAPI", row["GuiOrdId"]) or row["GuiOrdId"] == "", "without a tag GuiOrdId is the server's", row["GuiOrdId"])
        sim.cancel(got["nOrdNo"])
        sim.forward(1)


def rate(sim, symbol):
    sim.forward(5)
    sim.sim("clock", {"speed": 0})
    got = [sim.place(symbol, price="95.00") for _ in range(12)]
    tap.equal([g.status for g in got], [200] * 10 + [429] * 2, "ten orders in a second, the next are 429")
    tap.equal(got[11].json, {"code": 429, "error": "Rate limit exceeded", "message": "too many request received"}, "the 429's body")
    tap.equal(sim.cancel(got[0].json["nOrdNo"]).status, 429, "cancels count too")
    tap.equal(sim.get("/quick/user/orders").status, 200, "books do not")
    sim.forward(2)
    tap.equal(sim.cancel(got[0].json["nOrdNo"]).status, 200, "a second later it goes on")
    sim.sim("clock", {"speed": 1})
    stats = sim.sim("stats")
    tap.equal((stats["rate"], stats["limited"]), (13, 3), "counted: the most in a second, and the refused")
    sim.forward(5)


def amo():
    with Neosim(at="2026-11-23T08:00:00+05:30") as sim:
        sim.login()
        symbol = hold(sim, chain(sim)["call"][0])
        number = sim.place(symbol, price="95.00", amo="YES").json["nOrdNo"]
        tap.equal(sim.settled(number, "after market order req received")["ordGenTp"], "AMO", "an order before the market opens")
        tap.equal(sim.cancel(number).json["stCode"], 14, "its cancel with am NO: 14")
        tap.equal(sim.cancel(number, amo="YES").json["stCode"], 200, "with am YES it is taken")


# -- data ----------------------------------------------------------------------------------------------------------
def account(sim):
    for row in sim.get("/portfolio/v1/holdings", accept="*/*").json["data"]:
        tap.equal(types(row, displaySymbol=str, averagePrice=float, quantity=int, holdingCost=float, mktValue=float, exchangeIdentifier=str, instrumentToken=int,
                        isAlternateScrip=bool, scripId=str, sellableQuantity=int), {}, f"holding {row['symbol']}: numbers are numbers")
        tap.ok(str(row["instrumentToken"]) != row["exchangeIdentifier"], "its two ids differ")
    limits = sim.form("/quick/user/limits", {"seg": "ALL", "exch": "ALL", "prod": "ALL"}).json
    tap.equal(({k for k, v in limits.items() if not isinstance(v, str)}, limits["stat"]), ({"stCode"}, "Ok"), "limits are all text")
    option = chain(sim)["put"][0]
    token = option["instrument"]["neoSymbol"].split("|")[1]
    ask = {"exSeg": "nse_fo", "prc": "100", "prcTp": "L", "prod": "NRML", "qty": "65", "tok": token, "trnsTp": "B", "trgPrc": None, "brkName": "KOTAK",
           "brnchId": "ONLINE", "slAbsOrTks": None, "slVal": None, "sqrOffAbsOrTks": None, "sqrOffVal": None, "trailSL": None, "tSLTks": None}
    bought = sim.form("/quick/user/check-margin", ask).json
    tap.equal((bought["ordMrgn"], bought["rmsVldtd"], bought["insufFund"]), ("6500.000000", "OK", "0.000000"), "margin of a bought option is its premium")
    sold = sim.form("/quick/user/check-margin", {**ask, "trnsTp": "S"}).json
    tap.ok(float(sold["ordMrgn"]) > 50000, "of a sold one much more", sold)
    short = sim.form("/quick/user/check-margin", {**ask, "trnsTp": "S", "qty": "65000"}).json
    tap.equal((short["rmsVldtd"] == "OK", float(short["insufFund"]) > 0), (False, True), "beyond the account: insufFund")
    for change in ({"tok": "999999999"}, {"qty": "0"}, {"trnsTp": "X"}, {"prc": "x"}, {"exSeg": "nse"}):
        tap.equal(sim.form("/quick/user/check-margin", {**ask, **change}).json["stCode"], 1007, f"margin refuses {change}")


def quotes(sim):
    base = "/script-details/1.0/quotes/neosymbol/"
    rows = sim.get(base + "nse_cm|2885,nse_cm|Nifty%2050/all").json
    tap.equal([(r["exchange"], r["exchange_token"], r["display_symbol"]) for r in rows],
              [("nse_cm", "2885", "RELIANCE-EQ"), ("nse_cm", "Nifty 50", "Nifty 50-IN")], "quotes by token and by index name")
    leaves = [v for v in rows[0].values() if not isinstance(v, dict)] + list(rows[0]["ohlc"].values())
    tap.ok(all(isinstance(v, str) for v in leaves) and re.fullmatch(r"\d+\.\d{4}", rows[0]["ltp"]), "every value is text, prices have four decimals", rows[0])
    tap.equal((len(rows[0]["depth"]["buy"]), set(rows[0]["depth"]["buy"][0])), (5, {"price", "quantity", "orders"}), "five levels a side")
    for form in ("nse_cm%7C2885%2Cnse_cm%7CNifty%2050/ltp", "nse_cm%7C2885,nse_cm%7CNifty%2050/ltp"):
        tap.equal(len(sim.get(base + form).json), 2, "encoded as " + form)
    tap.equal(len(sim.get(base + "nse_cm|2885").json), 1, "without a slice it is all")
    slices = {"ltp": "ltp", "ohlc": "ohlc", "depth": "depth", "oi": "oi_las", "52W": "year_high", "52w": "year_low", "circuit_limits": "high_price_range",
              "scrip_details": "lot_size"}
    for name, key in slices.items():
        tap.ok(key in sim.get(base + "nse_cm|2885/" + name).json[0], f"slice {name} has {key}")
    tap.equal(set(sim.get(base + "nse_cm|2885/ltp").json[0]), {"exchange", "exchange_token", "display_symbol", "ltp"}, "ltp is four fields")
    tap.equal(len(sim.get(base + "nse_cm|2885,nse_cm|99999999/ltp").json), 1, "an unknown token is missing from the array")
    for ask in ("nse_cm|99999999/all", "nothing/all", "nse_cm|nifty 50".replace(" ", "%20") + "/all", "nse_cm|2885/market_depth"):
        tap.equal(sim.get(base + ask).json["stCode"], 1009, f"refused: {ask}")
    tap.equal(sim.get(base + ",".join(["nse_cm|2885"] * 51) + "/ltp").json["emsg"], "Please set the Neo symbol max value to 50.", "51 instruments")
    tap.equal(len(sim.get(base + ",".join(["nse_cm|2885"] * 50) + "/ltp").json), 50, "50 instruments")


def master(sim):
    data = sim.get("/script-details/1.0/masterscrip/file-paths").json["data"]
    tap.equal((len(data["filesPaths"]), all(p.startswith(data["baseFolder"]) for p in data["filesPaths"])), (7, True), "seven files below the base folder")
    for url in data["filesPaths"]:
        path = url[url.index("/wso2"):]
        got = sim.ask("GET", path)
        tap.equal((got.status, got.headers["content-type"], got.body.startswith(b"pSymbol,")), (200, "text/csv", True), path)
        tap.equal(sim.ask("GET", path.replace("2026-11-23", "2026-11-22")).status, 403, "another day: 403")
    tap.equal(sim.ask("GET", path.replace("nse_cm-v1", "nse_fo-v1")).status, 403, "a wrong folder: 403")


def data_calls(sim):
    expiries = sim.get("/market-data/1.0/watchlist/expiries?exchange=nse_fo&underlying=NIFTY&instrument_type=option").json
    tap.equal((expiries["exchange"], expiries["underlying"], expiries["expiries"] == sorted(expiries["expiries"])), ("nse_fo", "NIFTY", True), "expiries, in order")
    whole = chain(sim)
    tap.equal((whole["common_data"]["expiryDt"], len(whole["call"]), len(whole["put"]), whole["fut"]), (expiries["expiries"][0], 10, 10, []), "the nearest chain, ten strikes")
    tap.equal([float(r["instrument"]["strikePrice"]) for r in whole["put"]], sorted(float(r["instrument"]["strikePrice"]) for r in whole["call"]), "by rising strike")
    tap.equal(types(whole["call"][0]["quote"], ltp=str, open=str, volume=int, close=type(None)), {}, "an option's quote: prices text, volume a number")
    futures = chain(sim, instrument_type="fut")
    tap.equal((futures["call"], set(futures["fut"][0])), ([], {"inst", "quote", "oi"}), "futures, with their short keys")
    tap.equal(chain(sim, expiry=expiries["expiries"][1])["common_data"]["expiryDt"], expiries["expiries"][1], "another expiry")
    for query in ("exchange=x&underlying=NIFTY", "exchange=nse_fo", "exchange=nse_fo&underlying=NIFTY&count=7", "exchange=nse_fo&underlying=NIFTY&expiry=soon",
                  "exchange=nse_fo&underlying=NIFTY&instrument_type=x"):
        got = sim.get("/market-data/1.0/watchlist/option-chain?" + query)
        tap.equal((got.status, got.json["status"]), (400, "ERROR"), "refused: " + query)
    tap.equal(sim.get("/market-data/1.0/watchlist/expiries?exchange=nse_fo&underlying=NOBODY").status, 404, "an underlying nobody lists")
    candles = "/market-data/1.0/historical/details?neosymbol=nse_cm%7CNifty+50&interval={}&fromdate={}&todate={}"
    got = sim.get(candles.format("1min", "2026-11-23", "2026-11-23")).json
    tap.equal((got["status"], got["interval"], got["data"]["candles"][0][0]), ("success", "1min", "2026-11-23T09:15:00+0530"), "minute candles of today")
    tap.equal([type(v) for v in got["data"]["candles"][0]], [str, float, float, float, float, int, int], "a candle's seven values")
    for interval, start, end in (("2min", "2026-11-23", "2026-11-23"), ("1min", "2026-10-01", "2026-11-23"), ("1min", "2026-11-23", "2026-11-22"), ("1min", "x", "y")):
        tap.equal(sim.get(candles.format(interval, start, end)).json["fault"]["code"], 400, f"refused: {interval} {start} {end}")


# -- control -------------------------------------------------------------------------------------------------------
def control(sim, symbol):
    sim.sim("requests", method="DELETE")
    sim.get("/quick/user/orders")
    sim.place(symbol, price="95.00", tag="seen")
    kept = sim.sim("requests?path=/quick/order")
    tap.equal((len(kept), kept[0]["method"], kept[0]["jdata"]["ig"], kept[0]["headers"]["Sid"] == sim.sid), (1, "POST", "seen", True), "a request as it was sent")
    tap.equal(len(sim.sim("requests")), 2, "all of them, the control calls left out")
    tap.equal(sim.sim("requests", method="DELETE"), {"ok": True}, "forgotten")
    tap.equal(sim.sim("requests"), [], "and gone")
    human = sim.sim("order", {"symbol": symbol, "side": "S", "qty": 65, "type": "L", "price": 10500, "product": "NRML"})["number"]
    tap.ok(sim.settled(human, "open"), "the human's order is in the book")
    mine = [o for o in sim.ledger()["orders"] if o["number"] == human][0]
    tap.equal((mine["ours"], mine["tag"], mine["price"]), (False, None, 10500), "and the ledger knows whose it is")
    sim.sim("order", {"cancel": human})
    tap.ok(sim.settled(human, "cancelled"), "the human's cancel")
    for path, body in (("order", {}), ("order", {"symbol": "X", "side": "B", "qty": 1}), ("scrip", {"segment": "nse_fo", "id": "0"}),
                       ("scrip", {"segment": "nse_cm", "id": "2885", "band": [5]}), ("scrip", {"segment": "nse_cm", "id": "2885", "band": [9, 5]}), ("fault", {"kind": "x"}),
                       ("fault", {"kind": "delay", "delayms": 1}), ("feed", {"feed": "x"}), ("feed", {"feed": "orders", "kind": "stale"}), ("session", {}),
                       ("clock", {"at": "yesterday"}), ("clock", {"speed": -1}), ("nowhere", {})):
        tap.ok("error" in sim.sim(path, body), f"/sim/{path} refuses {body}")
    for body in (b"", b"[]", b"{"):
        tap.equal(sim.ask("POST", "/sim/fault", {}, body).status, 400, f"/sim/fault refuses the body {body}")
    quote = sim.sim("quote?segment=nse_cm&id=Nifty%2050")
    tap.equal((quote["index"], quote["feed_token"] > 2**31, quote["status"]), (True, True, 1), "/sim/quote of an index")


def sessions(sim, symbol):
    sim.sim("session", {"ip": "198.51.100.9"})
    tap.equal(sim.place(symbol, price="95.00").json, {"stCode": 100008, "errMsg": "unauthorized", "stat": "Not_Ok"}, "an IP that is not registered")
    tap.equal(sim.get("/quick/user/orders").json["stCode"], 200, "books do not ask where from")
    sim.sim("session", {"registered_ip": "198.51.100.9"})
    tap.equal(sim.cancel("1").json["stCode"], 1037, "a session made from another IP")
    sim.login()
    tap.equal(sim.place(symbol, price="95.00").json["stCode"], 200, "a new session from there")
    sim.sim("session", {"expire": True})
    got = sim.get("/quick/user/orders")
    tap.equal((got.status, got.json["stCode"], got.json["stat"]), (401, 100022, "error in neo-login-check-api"), "an expired session")
    sim.login()
    sim.sim("session", {"steal": True})
    tap.equal(sim.get("/quick/user/orders").json["stCode"], 1003, "a session ended by another login")
    sim.login()
    first = (sim.sid, sim.token)
    sim.login()
    got = sim.ask("GET", "/quick/user/orders", {"Sid": first[0], "Auth": first[1]}).json["stCode"]
    tap.equal((got, sim.get("/quick/user/orders").json["stCode"]), (200, 200), "two sessions live side by side")
    sim.sim("clock", {"at": "2026-11-24T07:00:00+05:30"})
    tap.equal(sim.get("/quick/user/orders").json["stCode"], 100022, "in the morning they are over")
    sim.login()
    tap.equal(sim.get("/quick/user/orders").json["stCode"], 5203, "and the books of a new day are empty")


codes()
with Neosim() as it:
    login_refusals(it)
    login_codes(it)
    login_shape(it)
    doors(it)
    books_empty(it)
    the_option = hold(it, chain(it)["call"][0])
    filled(it, the_option)
    worked(it, the_option)
    bad_places(it, the_option)
    encodings(it, the_option)
    rate(it, the_option)
    account(it)
    quotes(it)
    master(it)
    data_calls(it)
    control(it, the_option)
    sessions(it, the_option)
    tap.equal(it.stop(), 0, "SIGTERM ends it with status 0")
amo()
tap.done()

"""What the SDK sends, call by call: method, target, headers and body as README.md lists them. If a later SDK sends something else,
this is where it is seen first."""
from tap import STR, Text

COMMON = {"user-agent": "NeoSDK-Python/3.0.9", "accept-encoding": "gzip, deflate", "connection": "keep-alive", "host": STR,
          "x-request-id": Text(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "x-client-id": "11111111***"}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
ALL = {"seg": "ALL", "exch": "ALL", "prod": "ALL"}


def session(s):
    c = s.client.configuration
    return {"sid": c.edit_sid, "auth": c.edit_token}


def key(s):
    return {"authorization": s.client.configuration.consumer_key}


def table(s):
    """call, arguments -> method, target, headers besides the common ones, jData."""
    q, both, report = s.option, {**key(s), **session(s)}, session(s)
    name = f"{q['segment']}|{q['token']}"
    pair = [{"exchange_segment": "nse_cm", "instrument_token": "Nifty 50"}, {"exchange_segment": q["segment"], "instrument_token": str(q["token"])}]
    margin = {"exSeg": "nse_fo", "prc": "0", "prcTp": "MKT", "prod": "NRML", "qty": str(q["lot"]), "tok": str(q["token"]), "trnsTp": "B", "trgPrc": None,
              "brkName": "KOTAK", "brnchId": "ONLINE", "slAbsOrTks": None, "slVal": None, "sqrOffAbsOrTks": None, "sqrOffVal": None, "trailSL": None, "tSLTks": None}
    place = {"am": "NO", "dq": "0", "es": "nse_fo", "mp": "0", "pc": "NRML", "pr": "1.05", "pt": "L", "qt": "1", "rt": "DAY", "tp": "0", "ts": "NOBODY", "tt": "B",
             "ig": None, "os": "NEOTRADEAPI"}
    modify = {"mp": "0", "dq": "0", "vd": "IOC", "pr": "2", "pt": "SL", "am": "YES", "tp": "1.95", "qt": "130", "no": "1", "os": "NEOTRADEAPI"}
    order, data = {**both, "content-type": FORM}, {**key(s), "content-type": FORM}
    return (
        ("whatsmyip", (), "GET", "/login/1.0/get-client-ip", {**both, "content-type": JSON}, None),
        ("place_order", ("nse_fo", "NRML", "1.05", "L", "1", "DAY", "NOBODY", "B"), "POST", "/quick/order/rule/ms/place", order, place),
        ("modify_order", ("1", "2", "SL", "130", "IOC", "1.95", "0", "YES"), "POST", "/quick/order/vr/modify", order, modify),
        ("cancel_order", ("1", "YES"), "POST", "/quick/order/cancel", order, {"on": "1", "am": "YES"}),
        ("order_history", ("1",), "POST", "/quick/order/history", {**report, "content-type": FORM}, {"nOrdNo": "1"}),
        ("order_report", (), "GET", "/quick/user/orders", {**report, "content-type": JSON}, None),
        ("order_report", ("1",), "GET", "/quick/user/orders/1", {**report, "content-type": JSON}, None),
        ("trade_report", (), "GET", "/quick/user/trades", {**report, "content-type": JSON}, None),
        ("positions", (), "GET", "/portfolio/v2/positions", {**report, "content-type": JSON}, None),
        ("holdings", (), "GET", "/portfolio/v1/holdings", {**report, "content-type": FORM, "accept": "*/*"}, None),
        ("limits", (), "POST", "/quick/user/limits", {**report, "content-type": FORM}, ALL),
        ("margin_required", ("nse_fo", "0", "MKT", "NRML", str(q["lot"]), str(q["token"]), "B"), "POST", "/quick/user/check-margin",
         {**report, "content-type": FORM}, margin),
        ("quotes", (pair, "ltp"), "GET", f"/script-details/1.0/quotes/neosymbol/nse_cm|Nifty%2050,{name}/ltp", data, None),
        ("quotes", (pair,), "GET", f"/script-details/1.0/quotes/neosymbol/nse_cm|Nifty%2050,{name}/all", data, None),
        ("scrip_master", (), "GET", "/script-details/1.0/masterscrip/file-paths", data, None),
        ("expiries", ("nse_fo", "NIFTY", "option"), "GET", "/market-data/1.0/watchlist/expiries?exchange=nse_fo&underlying=NIFTY&instrument_type=option",
         data, None),
        ("option_chain", ("nse_fo", "NIFTY", "2026-11-24", "fut", 20), "GET",
         "/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY&expiry=2026-11-24&instrument_type=fut&count=20", data, None),
        ("historical_data", ("nse_cm|Nifty 50", "1min", "2026-11-17", "2026-11-18"), "GET",
         "/market-data/1.0/historical/details?neosymbol=nse_cm%7CNifty+50&interval=1min&fromdate=2026-11-17&todate=2026-11-18", data, None),
    )


def every_call(s):
    for call, args, method, target, headers, jdata in table(s):
        s.sim.forget()
        s.call(call, *args)
        seen = s.sim.requests()
        s.tap.equal(len(seen), 1, f"{call}: one request")
        r = seen[0]
        got = {k.lower(): v for k, v in r["headers"].items()}
        got.pop("content-length", None)
        s.tap.equal([r["method"], r["target"], r.get("jdata") or None], [method, target, jdata], f"{call}: the request")
        s.tap.equal(got, {"accept": "application/json", **COMMON, **headers}, f"{call}: its headers")

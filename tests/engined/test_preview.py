"""The preview of an order: over the socket, by enginectl and over HTTP the same; it changes nothing."""
import os

import market
from sauda import NGINX, Engine, Front, Refused, Tap, pause_with_positions, wait_for

tap = Tap()


def contracts(e):
    return [i for i in e.call("instruments", limit=200)["items"] if i["kind"] in ("call", "put")]


def refused(e, code, words, name, **params):
    try:
        got = e.call("preview", **params)
    except Refused as r:
        tap.equal(r.error["data"]["code"], code, name)
        return tap.has(str(r.error), [words], name + ": says why")
    return tap.ok(False, name, got)


def still(e):
    return {k: e.call(k) for k in ("orders", "positions", "balance", "risk")}, e.call("status")["journal"]


def asked(path):
    with Engine() as e:
        e.start("--data", path, speed=1)
        assert pause_with_positions(e), e.said()
        mine = e.open_positions()[0]
        other = next(c for c in contracts(e) if c["symbol"] != mine["symbol"])
        wait_for(lambda: e.call("status")["store"]["lag"] == 0, 20)
        before = still(e)
        one = e.call("preview", symbol=mine["symbol"], side="buy", qty=mine["lot"])
        tap.equal(one["qty"], mine["lot"], "a lot is asked for")
        tap.equal(one["lots"], 1, "and told as one")
        tap.ok(one["allowed"] == (one["refusal"] is None) == (one["refusals"] == []), "verdict, first rung and all rungs agree", one)
        tap.ok(abs(one["value"] - one["price"] * one["qty"]) < 1e-6, "value = price x quantity", one)
        tap.ok(abs(one["cost"] - one["value"] - one["charges"]) < 1e-6, "cost = value + charges", one)
        tap.equal(one["worst_loss"], one["cost"], "what is bought may be lost, no more")
        tap.ok(one["exposure"] > one["exposure_instrument"] - 1e-6 > one["value"], "exposure counts what is held", one)
        named = e.call("preview", symbol=other["symbol"], side="buy", qty=other["lot"], strategy=mine["strategy"])
        tap.ok("position_open" in [r["code"] for r in named["refusals"]], "a strategy that is named is asked too", named)
        dear = e.call("preview", symbol=mine["symbol"], side="buy", qty=100000 * mine["lot"])
        tap.ok(not dear["allowed"] and "margin" in [r["code"] for r in dear["refusals"]], "what cannot be paid is not allowed", dear)
        short = e.call("preview", symbol=mine["symbol"], side="sell", qty=mine["lot"])
        tap.ok(short["worst_loss"] is None and short["cost"] is None, "a written option's loss has no bound: null", short)
        refused(e, "not_found", "not watched", "an unknown instrument", symbol="NOSUCH", side="buy", qty=75)
        refused(e, "not_found", "there is no strategy \"nosuch\"", "an unknown strategy", symbol=mine["symbol"], side="buy", qty=mine["lot"], strategy="nosuch")
        refused(e, "bad_parameter", "multiple of the lot", "half a lot", symbol=mine["symbol"], side="buy", qty=mine["lot"] + 1)
        refused(e, "bad_parameter", "multiple of the tick", "a price off the tick", symbol=mine["symbol"], side="buy", qty=mine["lot"], price="10.03")
        refused(e, "bad_parameter", "qty", "no quantity", symbol=mine["symbol"], side="buy", qty=0)
        refused(e, "bad_parameter", "side", "no side", symbol=mine["symbol"], side="long", qty=mine["lot"])
        tap.equal(still(e), before, "twelve previews changed nothing, not even the journal")
        r = e.ctl("--json", "preview", mine["symbol"], "buy", str(mine["lot"]))
        tap.ok(r.returncode == 0 and '"allowed":' in r.stdout, "enginectl preview SYMBOL buy QTY", r.stdout + r.stderr)
        e.call("kill", rung="pause")
        paused = e.call("preview", symbol=mine["symbol"], side="buy", qty=mine["lot"])
        tap.equal(paused["refusal"]["code"], "paused", "paused: the first rung that refuses")
        if not os.access(NGINX, os.X_OK):
            return tap.skip("over HTTP", "nginx is not installed")
        with Front(e) as front:
            status, body = front.request("POST", "/api/orders/preview", {"symbol": mine["symbol"], "side": "buy", "qty": mine["lot"]})
            tap.ok(status == 200 and body == paused, "POST /api/orders/preview: the same answer", (status, body))
            status, body = front.request("POST", "/api/orders/preview", {"symbol": "NOSUCH", "side": "buy", "qty": 75})
            tap.equal((status, body.get("code")), (404, "not_found"), "POST /api/orders/preview: 404 for what is not watched")


if __name__ == "__main__":
    with Engine("sauda-data") as folder:
        day = os.path.join(folder.folder, "NIFTY_madeup.csv")
        market.option_days(day, 2, strikes=5)
        tap.run(asked, day)
    tap.done()

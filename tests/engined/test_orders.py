"""Orders by hand: over the socket, by enginectl and over HTTP; refused by the same gate, placed once under a key also across a SIGKILL, closed with everything else."""
import json
import os
import uuid

import market
from sauda import NGINX, Engine, Front, Refused, Tap, pause_with_positions, wait_for

tap = Tap()


def key():
    return uuid.uuid4().hex


def refused(call, code, words, name):
    try:
        got = call()
    except Refused as r:
        return tap.equal(r.error["data"]["code"], code, name) and tap.has(str(r.error), [words], name + ": says why")
    return tap.ok(False, name, got)


def begin(e, path):
    config = os.path.join(e.folder, "rich.conf")
    with open(config, "w") as f:
        f.write("[account]\ncapital = 5000000\n")
    e.start("--data", path, "--config", config, speed=1)
    assert pause_with_positions(e), e.said()
    e.call("resume")


def free(e):
    """A contract that nobody holds, and whose price is known."""
    held = {p["symbol"] for p in e.open_positions()}
    for c in e.call("instruments", limit=200)["items"]:
        if c["kind"] == "call" and c["symbol"] not in held:
            p = e.call("preview", symbol=c["symbol"], side="buy", qty=c["lot"])
            if p["allowed"] and p["price"] > 20:
                return c, p["price"]
    raise AssertionError("no contract is free")


def on_tick(price):
    return round(round(price / 0.05) * 0.05, 2)


def step(e, n=40):
    e.call("replay.set", step=n)


# The pages behind `orders` follow the journal, at once but not in the same instant.
def ends(e, order, how):
    return wait_for(lambda: any(o["order"] == order and o["state"] == how for o in e.call("orders", limit=500)["items"]))


def one_order(e):
    wait_for(lambda: e.call("orders", strategy="manual", limit=100)["items"])
    return len(e.call("orders", strategy="manual", limit=100)["items"])


def mine(e, symbol):
    return sum(p["qty"] for p in e.open_positions() if p["symbol"] == symbol and p["strategy"].startswith("manual"))


def by_hand(path):
    with Engine() as e:
        begin(e, path)
        c, price = free(e)
        lot, symbol, low = c["lot"], c["symbol"], on_tick(price * 0.9)
        buy = {"symbol": symbol, "side": "buy", "qty": lot, "price": low}
        refused(lambda: e.call("order.place", **buy), "bad_parameter", "key", "an order without a key")
        refused(lambda: e.call("order.place", key=key(), **{**buy, "qty": lot + 1}), "bad_parameter", f"multiple of the lot, {lot} units", "half a lot")
        refused(lambda: e.call("order.place", key=key(), **{**buy, "price": 10.03}), "bad_parameter", "multiple of the tick", "a price off the tick")
        refused(lambda: e.call("order.place", key=key(), **{**buy, "symbol": "NOSUCH"}), "not_found", "not watched", "what is not watched")
        refused(lambda: e.call("order.place", key=key(), **{**buy, "price": on_tick(price * 3)}), "refused", "price_band", "a slip of the hand")
        refused(lambda: e.call("order.place", key=key(), _auth={"principal": "token:r", "role": "read"}, **buy), "forbidden", "trade", "a reader")
        k = key()
        placed = e.call("order.place", key=k, **buy)
        tap.ok(placed["order"] and placed["strategy"] == "manual" and placed["price"] == low and placed["qty"] == lot, "placed in the book \"manual\"", placed)
        tap.equal(e.call("order.place", key=k, **buy)["order"], placed["order"], "the same key again: the same order")
        refused(lambda: e.call("order.place", key=k, **{**buy, "qty": 2 * lot}), "request_id_reused", "another order", "the same key for another order")
        step(e)
        tap.equal(one_order(e), 1, "one order in the book")
        refused(lambda: e.call("order.place", key=key(), **buy), "refused", "position_open", "a second entry beside it")
        gone = e.call("order.cancel", id=placed["order"], reason="too low")
        tap.ok(gone["order"] == placed["order"] and gone["state"] in ("cancelling", "cancelled"), "cancelled", gone)
        step(e)
        tap.ok(ends(e, placed["order"], "cancelled"), "and so it is")
        refused(lambda: e.call("order.cancel", id=placed["order"]), "conflict", "ended", "what has ended cannot be cancelled")
        refused(lambda: e.call("order.cancel", id=999999), "not_found", "no such order", "nor what never was")
        manual = next(s for s in e.call("strategies")["items"] if s["id"] == "manual")
        tap.equal((manual["kind"], manual["why_not"]["code"]), ("manual", "by_hand"), "it is listed with the strategies")
        audit = [x["data"] for x in e.call("events", limit=1000)["items"] if x["kind"] == "command" and x["data"]["name"].startswith("order_")]
        tap.ok([x["name"] for x in audit[-2:]] == ["order_place", "order_place"] and all(x["principal"][:4] in ("uid:", "toke") for x in audit) and
               [x["reason"] for x in audit if x["name"] == "order_cancel"][-1] == "too low", "each is in the audit with its principal and reason", audit)
        exits(e, c, price)


def exits(e, c, price):
    lot, symbol = c["lot"], c["symbol"]
    e.call("order.place", key=key(), symbol=symbol, side="buy", qty=2 * lot)
    tap.ok(wait_for(lambda: step(e) or mine(e, symbol) == 2 * lot, 20), "without a price: what the market asks", e.open_positions())
    e.call("kill", rung="stop", reason="test")
    p = e.call("preview", symbol=symbol, side="sell", qty=lot)
    tap.ok(p["closes"] and p["allowed"] and p["worst_loss"] is None, "preview: an exit is allowed beside a kill", p)
    p = e.call("preview", symbol=symbol, side="sell", qty=3 * lot)
    tap.ok(not p["allowed"] and "more than" in p["conflict"], "preview: and not beyond the book", p)
    refused(lambda: e.call("order.place", key=key(), symbol=symbol, side="sell", qty=3 * lot), "conflict", "more than", "nor is the order")
    refused(lambda: e.call("order.place", key=key(), symbol=symbol, side="buy", qty=lot), "refused", "killed", "an entry is refused")
    out = e.ctl("--json", "order", "place", symbol, "sell", str(lot), "--reason", "half of it")
    tap.ok(out.returncode == 0 and json.loads(out.stdout)["order"], "enginectl order place SYMBOL sell QTY", out.stdout + out.stderr)
    tap.ok(wait_for(lambda: step(e) or mine(e, symbol) == lot, 20), "half of it left", e.open_positions())
    out = e.ctl("order", "preview", symbol, "sell", str(lot))
    tap.ok(out.returncode == 0 and "closes" in out.stdout, "enginectl order preview", out.stdout + out.stderr)
    over_http(e, symbol, lot, on_tick(price * 1.2))


def over_http(e, symbol, lot, high):
    if not os.access(NGINX, os.X_OK):
        return tap.skip("over HTTP", "nginx is not installed")
    body = {"symbol": symbol, "side": "sell", "qty": lot, "price": high}
    with Front(e) as front:
        status, got = front.request("POST", "/api/orders", body)
        tap.equal((status, got["code"]), (422, "bad_parameter"), "POST /api/orders without an Idempotency-Key")
        status, got = front.request("POST", "/api/orders", body, **{"Idempotency-Key": "http-1"})
        tap.ok(status == 200 and got["order"] and got["symbol"] == symbol, "POST /api/orders", (status, got))
        status, again = front.request("POST", "/api/orders", body, **{"Idempotency-Key": "http-1"})
        tap.ok(status == 200 and again["order"] == got["order"], "again: the same answer", (status, again))
        step(e)
        status, gone = front.request("DELETE", f"/api/orders/{got['order']}", None)
        tap.ok(status == 200 and gone["order"] == got["order"], "DELETE /api/orders/{id}", (status, gone))
        step(e)
        tap.ok(ends(e, got["order"], "cancelled") and mine(e, symbol) == lot, "cancelled, and the position stays", e.open_positions())
        status, gone = front.request("DELETE", "/api/orders/999999", None)
        tap.equal((status, gone["code"]), (404, "not_found"), "DELETE of what is not there")


def killed(path):
    """The process dies between the order and its next breath: the key is in the journal, and the client who asks again gets the first order."""
    with Engine() as e:
        begin(e, path)
        c, price = free(e)
        k, order = key(), {"symbol": c["symbol"], "side": "buy", "qty": c["lot"], "price": on_tick(price * 0.9)}
        placed = e.call("order.place", key=k, **order)
        e.kill()
        e.start("--data", path, "--config", os.path.join(e.folder, "rich.conf"), speed=1)
        e.call("replay.set", paused=True)
        tap.equal(e.call("order.place", key=k, **order)["order"], placed["order"], "after SIGKILL the same key gets the same order")
        refused(lambda: e.call("order.place", key=k, **{**order, "qty": 2 * c["lot"]}), "request_id_reused", "another order", "and serves no other")
        wait_for(lambda: e.call("status")["store"]["lag"] == 0, 20)
        tap.equal(one_order(e), 1, "there is one order")
        shut_down(e)


def shut_down(e):
    """A shutdown closes what was bought by hand, too."""
    c, _ = free(e)
    e.call("order.place", key=key(), symbol=c["symbol"], side="buy", qty=c["lot"])
    bought = wait_for(lambda: step(e) or mine(e, c["symbol"]) == c["lot"], 20)
    e.call("replay.set", paused=False, speed="max")
    e.terminate()
    tap.ok(bought and e.wait() == 0, "SIGTERM: flat, the positions by hand as well", e.said()[-1500:])


def other_settings(path):
    """More strategies in the settings take no place of a book of orders by hand."""
    with Engine() as e:
        config = os.path.join(e.folder, "one.conf")
        write(config, ["amd"])
        e.start("--data", path, "--config", config, speed=1)
        e.call("replay.set", speed="2000")
        c, price = settled(e)
        placed = e.call("order.place", key="k", symbol=c["symbol"], side="buy", qty=c["lot"], price=on_tick(price * 0.9))
        e.kill()
        write(config, ["amd", "ema_cross", "vwap_reversion"])
        e.start("--data", path, "--config", config, speed=1)
        e.call("replay.set", paused=True)
        ids = [s["id"] for s in e.call("strategies")["items"]]
        tap.equal(sorted(ids), ["amd", "ema_cross", "manual", "vwap_reversion"], "more strategies stand beside the book")
        tap.equal(e.call("order.place", key="k", symbol=c["symbol"], side="buy", qty=c["lot"], price=on_tick(price * 0.9))["order"], placed["order"],
                  "which still knows its order")


def settled(e):
    found = []

    def look():
        try:
            found.append(free(e))
        except (AssertionError, Refused):
            return False
        return True
    assert wait_for(look, 30), e.said()
    e.call("replay.set", paused=True)
    return found[-1]


def write(config, strategies):
    with open(config, "w") as f:
        for s in strategies:
            f.write(f"[strategy.{s}]\nunderlying = NIFTY\n")


if __name__ == "__main__":
    with Engine("sauda-data") as folder:
        day = os.path.join(folder.folder, "NIFTY_madeup.csv")
        market.option_days(day, 2, strikes=5)
        tap.run(by_hand, day)
        tap.run(killed, day)
        tap.run(other_settings, day)
    tap.done()

"""The engine's books beside the broker's ledger: what was sent, filled, executed and earned, in both or it is a difference."""
import os
import sqlite3
from decimal import Decimal

ENDED = ("denied", "cancelled", "rejected", "expired")


def rows(engine, mode, query):
    with sqlite3.connect(f"file:{engine.state}/{mode}/sauda.db?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return [dict(r) for r in db.execute(query)]


def executions(trades, order):
    out = {}
    for t in trades:
        out.setdefault(t[order], []).append((t["qty"], t["price"]))
    return {k: sorted(v) for k, v in out.items()}


def compare_books(tap, engine, ledger, name, flat=True):
    """Every fill, order and position of the broker's is the engine's, and the other way round."""
    ours = {o["broker_ref"]: o for o in rows(engine, "live", "select * from orders") if o["broker_ref"]}
    theirs = {o["number"]: o for o in ledger["orders"] if o.get("ours", True)}
    unsent = [o for o in rows(engine, "live", "select * from orders") if not o["broker_ref"]]  # refused here, or proven never to have arrived
    odd = [o for o in unsent if o["state"] not in ENDED or o["filled"]]
    tap.ok(set(ours) == set(theirs) and not odd, f"{name}: each order is known to both ({len(theirs)})",
           f"only engine {sorted(set(ours) - set(theirs))} {odd}, only broker {sorted(set(theirs) - set(ours))}")
    differ = [(n, ours[n]["filled"], o["filled"]) for n, o in theirs.items() if n in ours and ours[n]["filled"] != o["filled"]]
    tap.ok(not differ, f"{name}: filled the same", differ)
    mine = executions(rows(engine, "live", "select t.side, t.qty, t.price / 100 as price, o.broker_ref from trades t "
                           "join orders o on o.number = t.number and o.journal = t.journal"), "broker_ref")
    other = executions([t for t in ledger["trades"] if t["order"] in theirs], "order")
    tap.ok(mine == other, f"{name}: the same executions to the paisa ({sum(map(len, other.values()))})",
           [(k, mine.get(k), other.get(k)) for k in {**mine, **other} if mine.get(k) != other.get(k)])
    gross_sim = sum((p["sell_value"] - p["buy_value"]) for p in ledger["positions"])
    gross = sum(h["gross"] for h in rows(engine, "live", "select gross from history"))
    if flat:
        tap.ok(gross == gross_sim * 100, f"{name}: gross {Decimal(gross) / 10000} rupees in both", (gross, gross_sim))
        tap.ok(not held(ledger), f"{name}: flat at the broker", held(ledger))


def held(ledger):
    return [p for p in ledger["positions"] if p["cf_buy"] + p["buy"] != p["cf_sell"] + p["sell"]]


def nets(ledger):
    held = {p["symbol"]: p["cf_buy"] + p["buy"] - p["cf_sell"] - p["sell"] for p in ledger["positions"]}
    return {symbol: net for symbol, net in held.items() if net}


def oversold(ledger):
    """Every position here is bought first: below zero something was sold that was not held."""
    of, now, wrong = {o["number"]: o for o in ledger["orders"]}, {}, []
    for t in ledger["trades"]:
        o = of[t["order"]]
        now[o["symbol"]] = now.get(o["symbol"], 0) + (t["qty"] if o["side"] == "B" else -t["qty"])
        wrong += [t] if now[o["symbol"]] < 0 else []
    return wrong

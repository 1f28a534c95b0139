#!/usr/bin/env python3
"""A live engine beside the simulated broker, told on Telegram: ready before the open, next year's holidays, entries and fills as they are, and the day's end
with the journal's root and the picture, all held against the journal and the broker's ledger."""
import glob
import json
import os
import re
import subprocess

from telegram import PATIENCE, TRADER, BotApi, Engine, Tap, comment, journal_fills, settings, told, told_fills, wait_for
from broker import RESTLESS, Broker, need_broker

tap = Tap()


def many(n):
    return {"strategies": [{**RESTLESS, "slow": 2 + i} for i in range(n)], "account": "capital = 20000000", "limits": "day_loss_pct = 100"}


def morning():
    with Broker("2026-12-01T09:04:30+05:30", 10, master_rows=2000) as broker, BotApi() as api, Engine("morning") as e:
        e.start("--mode", "live", "--config", settings(e.folder, api, **many(1)), "--clock", broker.clock(), env=broker.env())
        tap.ok(not any("READY" in t for t in api.texts()), "nothing is said of the day before 09:05", api.texts())
        m = api.wait("READY", TRADER, seconds=PATIENCE)
        text = m["text"] if m else ""
        tap.ok(text.startswith("LIVE\n"), "the mode stands first", text)
        for words in ("ok login", "ok prices", "ok funds: ", "ok limits: day loss 100.00 %", "ok calendar: 09:15 to 15:40, square-off 15:05"):
            tap.ok(words in text, f"ready: {words}", text)
        tap.ok(re.search(r"(ok|NO) NIFTY: ", text), "ready: lot and expiry, or that none is listed", text)
        tap.ok(api.wait("HOLIDAYS of 2027 are missing", TRADER), "from 1 December: next year's holidays are missing", api.texts())
        e.terminate()
        e.wait()
        comment(text.replace("\n", " | "))
        e.start("--mode", "live", "--config", os.path.join(e.folder, "sauda.conf"), "--clock", broker.clock(), env=broker.env())
        tap.ok(wait_for(lambda: told(e)["chats"][0]["sent"] > 0, PATIENCE), "a second start that morning")
        tap.equal(sum("READY" in t or "HOLIDAYS" in t for t in api.texts(TRADER)), 2, "says neither again")


def evening():
    with Broker("2026-11-20T14:40:00+05:30", 60, master_rows=2000, cash=20000000) as broker, BotApi() as api, Engine("evening") as e:
        run = subprocess.run(e.command("--mode", "live", "--config", settings(e.folder, api, **many(3)), "--clock", broker.clock(), "--exit"), env=broker.env(),
                             capture_output=True, text=True, timeout=600)
        tap.equal(run.returncode, 0, "the day ends flat")
        ended = json.loads(run.stdout.splitlines()[0]) if run.stdout.strip() else {}
        told_as_it_was(e, api)
        day_end(e, api, ended)


def told_as_it_was(e, api):
    fills = journal_fills(e, "live")
    tap.ok(len(fills) > 3, f"it traded: {len(fills)} fills", api.texts(TRADER)[-3:])
    tap.equal(told_fills(api, TRADER), fills, "each told once, in order")
    lines = [line for t in api.texts(TRADER) for line in t.split("\n")]
    ordered = next((n for n, line in enumerate(lines) if "ENTRY ordered, not filled yet" in line), None)
    filled = next((n for n, line in enumerate(lines) if "FILLED" in line), None)
    tap.ok(ordered is not None and filled is not None and ordered < filled, "ordered before filled", lines[:10])
    tap.equal(sum(" FILLED" in line for line in lines), len(fills), "nothing else is called filled")


def rupees(text):
    return round(float(text.replace(",", "")), 2)


def day_end(e, api, ended):
    text = next((t for t in api.texts(TRADER) if "DAY 2026-11-20" in t), "")
    m = re.search(r"DAY 2026-11-20: (\d+) trades, gross ([-+\d,.]+), charges ([\d,.]+), net ([-+\d,.]+)", text)
    if not tap.ok(m, "the day's summary", api.texts(TRADER)[-2:]):
        return
    comment(text.replace("\n", " | "))
    tap.equal((int(m[1]), rupees(m[2])), (ended["trades"], round(float(ended["gross"]), 2)), "its trades and gross are the engine's")
    tap.ok(abs(rupees(m[2]) - rupees(m[3]) - rupees(m[4])) < 0.02, "gross less charges is net", m[0])
    tap.ok("the broker's trades and positions agree" in text or "NOT compared" in text, "and says whether the broker agrees", text)
    root = re.search(r"journal root at record (\d+): ([0-9a-f]{64})", text)
    chain = b"".join(open(p, "rb").read() for p in glob.glob(os.path.join(e.state, "live", "journal", "*")) if os.path.isfile(p))
    tap.ok(root and bytes.fromhex(root[2]) in chain, "the root is a batch's hash in the journal", text[-200:])
    photo = next((p for p in api.messages if p["photo"] and p["chat"] == str(TRADER)), None)
    tap.ok(photo and photo["photo"].startswith(b"\x89PNG") and "equity of 2026-11-20" in photo["text"], "and the picture of the equity", photo and photo["text"])


if __name__ == "__main__":
    need_broker()
    tap.run(morning)
    tap.run(evening)
    tap.done()

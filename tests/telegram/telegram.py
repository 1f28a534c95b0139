"""An engine whose chats are on a Bot API server of ours. Chat 1 trades, 2 is an admin's, 3 reads."""
import json
import os
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "engined"), os.path.join(HERE, "..", "live")]
from botapi import TOKEN, BotApi, slow_down  # noqa: E402, F401
from broker import RESTLESS  # noqa: E402
from sauda import ENGINECTL, ENV, PATIENCE, Engine, Front, Refused, Tap, comment, wait_for  # noqa: E402, F401

TRADER, ADMIN, READER, STRANGER = 1, 2, 3, 66
ALL_DAY = {**RESTLESS, "entry_from": "00:00", "entry_to": "23:59"}


def settings(folder, api, strategies=(), token=TOKEN, **more):
    path = os.path.join(folder, "sauda.conf")
    with open(path, "w") as f:
        f.write(f"[telegram]\nbot_token = {token}\nchat_id = {TRADER}\nchats = {ADMIN}:admin, {READER}:read\napi_url = {api.url}\n")
        for section, lines in more.items():
            f.write(f"[{section}]\n{lines}\n")
        for n, keys in enumerate(strategies):
            f.write(f"[strategy.s{n}]\nunderlying = NIFTY\nlive = yes\n")
            f.writelines(f"{k} = {v}\n" for k, v in keys.items())
    os.chmod(path, 0o600)
    return path


def restless(n=4):
    """Strategies that trade all the time, and the money for it."""
    return {"strategies": [{**ALL_DAY, "slow": 2 + i} for i in range(n)], "account": "capital = 20000000", "limits": "day_loss_pct = 100"}


def told(engine):
    return engine.call("debug")["telegram"]


def records(engine, mode="demo"):
    run = subprocess.run([ENGINECTL, "journal", "dump", os.path.join(engine.state, mode, "journal"), "--json"], env=ENV, capture_output=True, text=True, timeout=PATIENCE)
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


LINE = re.compile(r"^(\d\d:\d\d:\d\d) FILLED: (bought|sold) (\d+) \S+ at ([\d,.]+);", re.M)


def told_fills(api, chat):
    """(time, side, quantity, price in 1/10,000), in the order they were told."""
    return [(at, side == "sold", int(qty), round(float(price.replace(",", "")) * 10000)) for text in api.texts(chat) for at, side, qty, price in LINE.findall(text)]


def journal_fills(engine, mode="demo"):
    """The same from the journal: struct outcome_fill."""
    out = []
    for r in records(engine, mode):
        if r["kind_number"] == 73:
            side, qty, price = struct.unpack_from("<IIQq", bytes.fromhex(r["payload"]), 16)[1:]
            out.append((r["stamp"][11:19], side == 1, qty, price))
    return out

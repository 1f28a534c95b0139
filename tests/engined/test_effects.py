"""Each key of sauda.conf does something: the table below says for every one what shows it, and a key that is not in it fails here. Most are shown by a recorded day that
is played with and without the key; what needs a broker, a watchdog or a database has a test elsewhere, which is named with the words that set the key there."""
import json
import os
import subprocess

import market
from sauda import ENGINECTL, ENGINED, ENV, PATIENCE, TABLES, TOP, Engine, Tap, pause_with_positions, summary, wait_for

tap = Tap()
with open(os.path.join(TOP, "packaging", "demo.conf")) as demo:
    LOOSE = demo.read()
    CAPITAL = "capital = 500000\n"


def refuses(reason):
    return lambda base, other: reason not in base["refusals"] and other["refusals"].get(reason, 0) > 0


def told(run):
    return run.stderr.count("\n")


# The summary of the day as it is, and with the key: what must be so.
DAY = {
    "limits.day_loss_pct": ("0.5", refuses("day_loss")),
    "limits.drawdown_pct": ("0.5", refuses("drawdown")),
    "limits.profit_lock_pct": ("0.05", refuses("profit_lock")),
    "limits.entries_day": ("2", refuses("entries_day")),
    "limits.executions_max": ("2", refuses("runaway")),
    "limits.order_rate": ("1", refuses("order_rate")),
    "limits.open_orders": ("1", refuses("open_orders")),
    "limits.qty_max": ("1", refuses("qty_limit")),
    "limits.notional_max": ("100", refuses("notional_limit")),
    "limits.exposure_max": ("100", refuses("exposure")),
    "limits.exposure_instrument_max": ("100", refuses("exposure_instrument")),
    "limits.exposure_strategy_max": ("100", refuses("exposure_strategy")),
    "paper.slippage_ticks": ("10", lambda base, other: other["fills"] == base["fills"] and other["gross"] < base["gross"]),
    "paper.partial_fill_pct": ("100", lambda base, other: other["fills"] > other["orders"] and base["fills"] == base["orders"]),
    "paper.reject_pct": ("100", lambda base, other: base["rejected"] == 0 and other["rejected"] == other["orders"] > 0),
}
# A test elsewhere, and words of it.
ELSEWHERE = {
    "engine.allow_after_market": ("live/test_mock.py", "ALLOW_AFTER_MARKET="),
    "engine.archive": ("engined/test_archive.py", "archive = no"),
    "engine.ticks_days": ("journal/test_ctl_journal.c", '"--ticks-days"'),
    "limits.order_reserve": ("engined/test_account.c", "order_reserve = 4"),
    "feed.strikes": ("live/test_mute.py", "strikes = 3"),
    "feed.depth": ("live/test_mute.py", "depth = {depth}"),
    "feed.mute_s": ("live/test_mute.py", "mute_s = 0.5"),
    "store.mongodb_uri": ("engined/test_environment.py", "def database("),
    "kotak.consumer_key": ("engined/test_environment.py", "def account("),
    "kotak.foreign": ("live/test_manual.py", "foreign ="),
    "watchdog.command": ("engined/watching.py", '"command": program'),
    "watchdog.alarm_after_s": ("engined/watching.py", '"alarm_after_s": 2'),
    "watchdog.repeat_s": ("engined/test_watchdog.py", "and again, until somebody acts"),
    "watchdog.webhook_url": ("engined/test_environment.py", "WATCHDOG_WEBHOOK_URL: hears of a dead engine"),
    "watchdog.deadman_url": ("engined/test_environment.py", "WATCHDOG_DEADMAN_URL: hears that all is well"),
    "watchdog.deadman_s": ("engined/watching.py", '"deadman_s": 1'),
    "watchdog.flatten": ("live/test_watchdog.py", "flatten="),
    "watchdog.restart_grace_s": ("live/test_watchdog.py", "restart_grace_s"),
    "watchdog.flatten_foreign": ("engined/test_flatten.c", "foreign_is_left_alone"),
    "watchdog.kill": ("live/test_watchdog.py", "wedged(kill)"),
    "telegram.bot_token": ("engined/test_environment.py", "the chat hears it"),
    "telegram.chat_id": ("engined/test_environment.py", "the chat hears it"),
    "telegram.chats": ("telegram/telegram.py", "chats"),
    "telegram.api_url": ("engined/test_environment.py", "api_url ="),
    **{f"kotak.{key}": ("engined/test_account.c", f"{key} = ") for key in ("mobile_number", "ucc", "mpin", "totp_secret", "access_token", "registered_ip", "ip_version", "login_at", "report_rate",
                                                                            "quote_rate", "session_url", "config_url", "feed_url", "order_feed_url", "ca_file")},
    "http.port": ("packaging/test_listen.py", "port ="),
    "http.bind": ("packaging/test_listen.py", "bind ="),
}
# Of variables that operators of other programs have set; each says that it does nothing.
NOTHING = ("kotak.consumer_secret", "kotak.password")
shown = []


def shows(key, condition, got=None):
    shown.append(key)
    tap.ok(condition, f"{key} does what it says", got)


def write(e, text, head=LOOSE):
    path = os.path.join(e.folder, "sauda.conf")
    with open(path, "w") as f:
        f.write(head + text)
    return path


def played(e, text, head=LOOSE, speed="max"):
    run = e.run("--exit", "--fresh", "--data", e.day, "--config", write(e, text, head), speed=speed)
    return summary(run), run


def section(key, value):
    name, word = key.split(".")
    return f"[{name}]\n{word} = {value}\n"


# -- a recorded day -------------------------------------------------------------------------------------------------------------


def day(e):
    base, run = played(e, "")
    tap.ok(base.get("trades", 0) > 20, "the made-up days are traded", run.stderr)
    for key, (value, so) in DAY.items():
        other, run = played(e, section(key, value))
        shows(key, other and so(base, other), (other, run.stderr[-300:]))
    other, run = played(e, "", LOOSE.replace(CAPITAL, "capital = 400000\n"))
    shows("account.capital", round(base["equity"] - base["net"]) == 500000 and round(other["equity"] - other["net"]) == 400000, other)
    little, _ = played(e, "[limits]\nprofit_lock_pct = 0.05\ngive_back_pct = 5\n")
    much, _ = played(e, "[limits]\nprofit_lock_pct = 0.05\ngive_back_pct = 1000\n")
    shows("limits.give_back_pct", "profit_lock" in little["refusals"] and "profit_lock" not in much["refusals"], much)
    one, two, again = (played(e, f"[paper]\npartial_fill_pct = 50\nseed = {n}\n")[0]["fills"] for n in (1, 2, 1))
    shows("paper.seed", one == again != two, (one, two, again))
    fast, run = played(e, "[feed]\nspeed = 0\n", speed=None)
    shows("feed.speed", fast == base, run.stderr[-300:])
    _, usual = played(e, "")
    _, quiet = played(e, "[engine]\nlog_level = error\n")
    shows("engine.log_level", told(usual) > 0 == told(quiet), quiet.stderr)


def places(e):
    """The folders, as a file names them; a mode that is not the standard one."""
    state, runtime = os.path.join(e.folder, "s"), os.path.join(e.folder, "r")
    path = write(e, f"[engine]\nstate_dir = {state}\nruntime_dir = {runtime}\ntables_dir = {TABLES}\n")
    run = subprocess.run([ENGINED, "--config", path, "--data", e.day, "--speed", "max", "--exit"], env=ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    shows("engine.state_dir", run.returncode == 0 and os.path.isdir(os.path.join(state, "replay", "journal")), run.stderr)
    shows("engine.runtime_dir", os.path.isdir(runtime), run.stderr)
    path = write(e, f"[engine]\nstate_dir = {state}\nruntime_dir = {runtime}\ntables_dir = {e.folder}/nowhere\n")
    run = subprocess.run([ENGINED, "--config", path, "--data", e.day, "--speed", "max", "--exit"], env=ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    shows("engine.tables_dir", run.returncode == 1 and f"{e.folder}/nowhere" in run.stderr, run.stderr)
    run = e.run("--check", "--config", write(e, "[engine]\nmode = paper\n"), speed=None)
    shows("engine.mode", run.returncode == 1 and "KOTAK_MPIN" in run.stderr, run.stderr)


def stop(e):
    for how, left in (("keep", True), ("flatten", False)):
        e.start("--fresh", "--data", e.day, "--config", write(e, f"[engine]\non_stop = {how}\n"), speed=1)
        if not pause_with_positions(e):
            return tap.ok(False, "a position is open", e.said())
        e.terminate()
        status = e.wait()
        e.start("--data", e.day, "--config", write(e, f"[engine]\non_stop = {how}\n"), speed=1)
        e.call("replay.set", paused=True)
        tap.ok(status == 0 and bool(e.open_positions()) == left, f"engine.on_stop = {how}", (status, e.open_positions()))
        if how == "keep":
            fat_finger(e)
        e.kill()
    return shown.append("engine.on_stop")


def fat_finger(e):
    """With a position open at a known price."""
    p = e.open_positions()[0]
    for pct, refused in (("40", False), ("5", True)):
        e.kill()
        e.start("--data", e.day, "--config", write(e, f"[engine]\non_stop = keep\n[limits]\nprice_away_pct = {pct}\n"), speed=1)
        e.call("replay.set", paused=True)
        now = e.call("preview", symbol=p["symbol"], side="buy", qty=p["lot"])
        far = e.call("preview", symbol=p["symbol"], side="buy", qty=p["lot"], price=round(now["price"] * 1.2, 1))
        tap.equal("price_band" in [r["code"] for r in far["refusals"]], refused, f"limits.price_away_pct = {pct}: a price 20 % away")
    shown.append("limits.price_away_pct")


# -- the demo market --------------------------------------------------------------------------------------------------------------


def first_order(e, text):
    e.start("--mode", "demo", "--fresh", "--config", write(e, f"[feed]\nspeed = 1000\n{text}"))
    wait_for(lambda: e.call("orders")["items"], PATIENCE)
    wait_for(lambda: e.call("orders")["items"][-1]["state"] in ("filled", "cancelled"), PATIENCE)
    first = e.call("orders")["items"][-1]
    e.kill()
    return first


def ticks(e, seed):
    e.start("--mode", "demo", "--fresh", "--config", write(e, f"[feed]\nseed = {seed}\nspeed = 100\n"))
    wait_for(lambda: e.call("status")["feed"]["rows"] > 2000, PATIENCE)
    e.terminate()
    e.wait()
    dump = subprocess.run([ENGINECTL, "journal", "dump", os.path.join(e.state, "demo", "journal"), "--json"], env=ENV, capture_output=True, text=True, timeout=PATIENCE)
    return [x["payload"] for x in map(json.loads, dump.stdout.splitlines()) if x["kind"] == "tick"][:1000]


def demo_market(e):
    quick, slow = first_order(e, "[paper]\nlatency_ms = 0\n"), first_order(e, "[paper]\nlatency_ms = 30000\n")
    shows("paper.latency_ms", quick["filled"] > 0 and slow["filled"] == 0, (quick, slow))
    one, two, again = ticks(e, 1), ticks(e, 2), ticks(e, 1)
    shows("feed.seed", len(one) == 1000 and one == again != two, (len(one), len(two), len(again)))


# -- all of them -------------------------------------------------------------------------------------------------------------------


def table():
    rows = json.loads(subprocess.run([ENGINECTL, "config", "show", "--json"], env=ENV, capture_output=True, text=True).stdout)["settings"]
    known = [f"{r['section']}.{r['key']}" for r in rows]
    table = shown + list(ELSEWHERE) + list(NOTHING)
    tap.equal(sorted(table), sorted(known), "each key of sauda.conf has what shows its effect, once")
    for key, (name, words) in ELSEWHERE.items():
        path = os.path.join(TOP, "tests", name)
        if not tap.ok(os.path.exists(path), f"{key}: {name} is there"):
            continue
        with open(path) as f:
            tap.ok(words in f.read(), f"{key}: is shown by {name}", words)
    printed = subprocess.run([ENGINED, "--print-config"], env=ENV, capture_output=True, text=True).stdout.splitlines()
    for key in NOTHING:
        line = next(n for n, x in enumerate(printed) if x.lstrip("#").startswith(key.split(".")[1] + " ="))
        tap.has(printed[line - 1], ["accepted"], f"{key}: does nothing, and says so")


for test in (day, places, stop, demo_market):
    with Engine("effects") as engine:
        engine.day = os.path.join(engine.folder, "NIFTY_madeup.csv")
        market.option_days(engine.day, 2, strikes=5, days=("2023-04-10", "2023-04-11"))
        tap.run(test, engine)
tap.run(table)
tap.done()

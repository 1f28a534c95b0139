#!/usr/bin/env python3
"""The whole engine in live mode against the simulated broker over TLS: it logs in, fetches the master, streams, trades, squares off by
the table, and its books and the broker's agree to the paisa. CHECK_FULL plays the whole day at sixty times real time."""
import json
import os
import subprocess
import time

from books import compare_books
from broker import ACCOUNT, Broker, need_broker, settings
from sauda import ENGINECTL, PATIENCE, TABLES, Engine, Tap, comment

FULL = bool(os.environ.get("CHECK_FULL"))
DAY = os.environ.get("SAUDA_LIVE_DAY", "2026-11-20")  # a Friday without a holiday
tap = Tap()


def whole_day():
    at, speed = ("09:05", 60) if FULL else ("13:45", 80)
    with Broker(f"{DAY}T{at}:00+05:30", speed, master_rows=100000, cash=1000000) as broker, Engine("live") as engine:
        began = time.monotonic()
        config = settings(engine.folder)
        run = subprocess.run(engine.command("--mode", "live", "--config", config, "--clock", broker.clock(), "--exit"), env=broker.env(),
                             capture_output=True, text=True, timeout=900)
        ledger = broker.ledger()
        comment(f"a day from {at} at {speed}x in {time.monotonic() - began:.0f} s")
        if not tap.ok(run.returncode == 0, "the day ends flat with status 0", (run.returncode, run.stderr[-3000:])):
            comment(run.stderr[-3000:])
        s = json.loads(run.stdout.splitlines()[0]) if run.stdout.strip() else {}
        tap.ok(s.get("flat") and s.get("not_flat_alerts") == 0, "flat, without an alert", s)
        tap.ok(s.get("trades", 0) > 0, f"it traded: {s.get('orders')} orders, {s.get('fills')} fills, {s.get('trades')} trades", run.stderr[-3000:])
        compare_books(tap, engine, ledger, "books")
        tap.ok(engine.verify("live").returncode == 0, "the journal is whole")
        stats = broker.sim("stats")
        comment(json.dumps(stats)[:600])


def doctor():
    with Broker(f"{DAY}T10:00:00+05:30", 1) as broker, Engine("doctor") as engine:
        config = settings(engine.folder, engine=f"state_dir = {engine.folder}\nruntime_dir = {engine.runtime}\ntables_dir = {TABLES}")
        ask = [ENGINECTL, "--socket", engine.socket, "--json", "doctor", "--config", config, "--clock", broker.clock()]
        run = subprocess.run(ask, env=broker.env(), capture_output=True, text=True, timeout=PATIENCE * 2)
        checks = {c["check"]: c for c in json.loads(run.stdout)["checks"]}
        for name in ("settings", "credentials", "totp", "calendar", "charges", "login", "token", "clock", "funds"):
            tap.ok(checks.get(name, {}).get("verdict") == "ok", f"doctor: {name} is good", checks.get(name))
        tap.ok(all(c["why"] and (c["verdict"] == "ok" or c["fix"]) for c in checks.values()), "doctor: each line has its why, each fault its remedy", checks)
        tap.ok(checks["address"]["verdict"] == "warn", "doctor: an address nobody registered is said", checks.get("address"))
        broken = subprocess.run(ask, env={**broker.env(), "KOTAK_MPIN": "654321", "KOTAK_REGISTERED_IP": "203.0.113.9"}, capture_output=True,
                                text=True, timeout=PATIENCE * 2)
        said = {c["check"]: c for c in json.loads(broken.stdout)["checks"]}
        tap.ok(broken.returncode == 1 and said["login"]["verdict"] == "FAIL" and "MPIN" in said["login"]["detail"], "doctor: a wrong MPIN is named", said.get("login"))
        secrets = ("654321", "GEZDGNBVGY3TQOJQ", "11111111-2222")
        tap.ok(not any(x in run.stdout + run.stderr + broken.stdout + broken.stderr for x in secrets), "doctor: no secret is printed")


def refusals():
    with Engine("refused") as engine:
        run = engine.run("--mode", "live", speed=None)
        tap.ok(run.returncode == 1 and "KOTAK_CONSUMER_KEY" in run.stderr or "consumer_key" in run.stderr, "live without credentials says what is missing", run.stderr)
        run = engine.run("--mode", "live", "--clock", "1,1,60", speed=None, env=ACCOUNT)
        tap.ok(run.returncode == 1 and "--clock" in run.stderr, "a simulator's clock is refused for a real broker", run.stderr)


if __name__ == "__main__":
    need_broker()
    tap.run(refusals)
    tap.run(doctor)
    tap.run(whole_day)
    tap.done()

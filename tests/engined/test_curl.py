"""docs/curl.md as a newcomer would follow it: its sh blocks, one after the other, through real nginx and engine-api, on a replay
that holds a position; then the same stop by SIGTERM and with --keep, seen over HTTP."""
import json
import os
import shutil
import subprocess
import sys

import market
from sauda import ENV, Engine, Front, NGINX, PATIENCE, Tap, pause_with_positions, sh_blocks, wait_for
from test_crash import same_positions

tap = Tap()


def answers(text):
    """The JSON values a block printed, one after the other."""
    out, at, decoder = [], 0, json.JSONDecoder()
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        value, at = decoder.raw_decode(text, at)
        out.append(value)
    return out


# What a block must have answered, by a part of the block that only it has.
CHECKS = {
    '"$url/readyz"\n': ("health", lambda a: a[0] == {"alive": True} and list(a[1]) == ["ready"]),
    "$url/api/status\"\n": ("status", lambda a: a[-1]["mode"] == "replay" and a[-1]["feed"]["source"] == "NIFTY_madeup.csv"),
    "$url/api/balance\"\n": ("balance", lambda a: a[0]["source"] == "paper" and a[0]["capital"] == 15000 and a[0]["used"] > 0),
    "$url/api/strategies\"": ("strategies", lambda a: len(a[0]["items"]) == 5 and all(s["why_not"]["text"] for s in a[0]["items"])),
    "$url/api/strategies/amd\"\n": ("one strategy", lambda a: a[0]["id"] == "amd" and len(a[0]["params"]) > 10 and a[0]["funnel"]["evaluations"] > 0),
    "rsi_low": ("a parameter changes, or is refused with its bounds",
                lambda a: [p["value"] for p in a[0]["params"] if p["name"] == "rsi_low"] == ["35.00"] and a[1]["status"] == 422 and
                "900" in a[1]["detail"] and "to" in a[1]["detail"]),
    "amd/pause": ("pause and resume, one and all", lambda a: [x["state"] for x in a] == ["paused", "running", "paused", "running"]),
    "hedge-1": ("an order by hand: preview, refused as a slip of the hand, nothing to cancel",
                lambda a: a[0]["qty"] == 50 and a[1]["code"] == "refused" and a[2]["code"] == "not_found"),
    "/api/orders?limit": ("books", lambda a: a[0]["items"][0]["qty"] != 0 and a[1]["items"] and isinstance(a[2]["items"], list)),
    "-s -H \"$auth\" \"$url/api/risk\"": ("limits", lambda a: {"name", "value", "used", "left"} <= set(a[0]["items"][0])),
    "day_loss_pct": ("tighten, refused to loosen, loosened with a reason",
                     lambda a: [x["value"] for x in a[0]["items"] if x["name"] == "day_loss_pct"] == [3.5] and a[1]["status"] == 422 and
                     "reason" in a[1]["detail"] and [x["value"] for x in a[2]["items"] if x["name"] == "day_loss_pct"] == [4]),
    "Idempotency-Key": ("the same key does nothing twice", lambda a: a[0] == a[2] and a[3]["state"] == "running"),
    "/api/balances": ("errors with code, detail and remedy",
                      lambda a: [x["status"] for x in a] == [401, 404, 400] and all(x["code"] and x["detail"] and x["remedy"] for x in a)),
    "drill": ("kill latches", lambda a: a[0]["state"] == "stopped" and a[1]["code"] == "kill_latched" and a[2]["state"] == "running"),
    "/api/shutdown": ("shutdown", lambda a: a[0]["operation"] == "shutdown" and (a[1].get("state") == "flat" or a[1].get("code") == "engine_down")),
}


def held(e, path, *args):
    e.start("--data", path, *args, speed=1)
    assert pause_with_positions(e), e.said()


def walk_through(path):
    blocks = sh_blocks("curl.md")
    with Engine() as e, Front(e) as f:
        held(e, path)
        env = {**ENV, "SAUDA_URL": f"http://127.0.0.1:{f.port}", "SAUDA_STATE": e.state}
        used = set()
        for block in blocks[1:]:
            # Not before the page's next step: hot answers are some 100 ms old.
            subprocess.run(["sleep", "0.15"], check=True)
            r = subprocess.run(["sh", "-eu", "-c", blocks[0] + block], env=env, capture_output=True, text=True, timeout=PATIENCE)
            mine = [k for k in CHECKS if k in block and k not in used]
            used.update(mine[:1])
            name, check = CHECKS[mine[0]] if mine else ("an unchecked block", None)
            try:
                good = r.returncode == 0 and bool(check(answers(r.stdout)))
            except (ValueError, LookupError, TypeError):
                good = False
            tap.ok(good, f"curl.md: {name}", block + r.stdout + r.stderr)
        tap.equal(sorted(set(CHECKS) - used), [], "curl.md: every expected step is on the page")
        tap.equal(e.wait(), 0, "POST /api/shutdown: engined exits with status 0")
        tap.equal(e.left_behind(), [], "POST /api/shutdown: socket and snapshot are gone")
        status, body = f.get("/api/balance")
        tap.ok(status == 503 and body["code"] == "engine_down", "afterwards the API says the engine is down, and no numbers", (status, body))
        e.start("--data", path, speed=1)
        tap.ok(wait_for(lambda: f.get("/api/positions")[0] == 200, PATIENCE), "engine-api finds the next engine by itself")
        items = f.get("/api/positions")[1]["items"]
        tap.equal([p for p in items if p["qty"]], [], "and no position is open")
        history = f.get("/api/history?limit=1")[1]["items"]
        tap.equal(history[0]["exit_reason"], "shutdown", "the history says why it was closed")


def by_signal(path):
    with Engine() as e, Front(e) as f:
        held(e, path)
        tap.ok(wait_for(lambda: [p for p in f.get("/api/positions")[1]["items"] if p["qty"]], 5), "SIGTERM: a position is open over HTTP")
        e.terminate()
        tap.equal(e.wait(), 0, "SIGTERM: flat, exit status 0")
        tap.equal(f.get("/api/positions")[0], 503, "SIGTERM: the API then says that the engine is down")


def kept(path):
    with Engine() as e, Front(e) as f:
        held(e, path, "--keep")
        before = e.open_positions()
        e.terminate()
        tap.equal(e.wait(), 0, "--keep: exit status 0")
        e.start("--data", path, "--keep", speed=1)
        e.call("replay.set", paused=True)
        wait_for(lambda: f.get("/api/positions")[0] == 200, PATIENCE)
        after = [p for p in f.get("/api/positions")[1]["items"] if p["qty"]]
        tap.ok(same_positions(before, after), "--keep: /api/positions of the next start shows the same", (before, after))


def killed(path):
    """Not asked to stop at all: the API tells at once, and tells the same positions afterwards."""
    with Engine() as e, Front(e) as f:
        held(e, path)
        before = [p for p in f.get("/api/positions")[1]["items"] if p["qty"]] or e.open_positions()
        e.kill()
        tap.equal(f.get("/healthz")[0], 503, "kill -9: /healthz is 503 at once")
        tap.equal(f.request("POST", "/api/pause")[0], 503, "kill -9: a command is not pretended to be done")
        e.start("--data", path, speed=1)
        e.call("replay.set", paused=True)
        wait_for(lambda: f.get("/api/positions")[0] == 200, PATIENCE)
        wait_for(lambda: any(p["qty"] for p in f.get("/api/positions")[1]["items"]), 2)
        after = [p for p in f.get("/api/positions")[1]["items"] if p["qty"]]
        tap.ok(same_positions(before, after), "kill -9: /api/positions is the same after a restart", (before, after))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    if not NGINX or not shutil.which("curl"):
        print("1..0 # SKIP nginx or curl is not installed")
        sys.exit(77)
    with Engine("sauda-data") as folder:
        day = os.path.join(folder.folder, "NIFTY_madeup.csv")
        market.option_days(day, 2, strikes=5)
        for test in (walk_through, by_signal, kept, killed):
            tap.run(test, day)
    tap.done()

"""enginectl config: every mistake at once, what each key is worth and why, what differs from the defaults and from the engine that runs; and no secret in any of it."""
import json
import os
import subprocess

from sauda import ENGINECTL, ENV, PATIENCE, Engine, Tap

tap = Tap()
SECRETS = {"KOTAK_MPIN": "739182", "KOTAK_TOTP_SECRET": "JBSWY3DPEHPK3PXP", "MONGODB_URI": "mongodb://u:hunter2@127.0.0.1:1/d"}
BAD = """[engine]
mode = lvie
[limits]
order_rat = 3
order_rate = 11
[kotak]
mpin = 12ab56
[strategy.amd]
underlying = NIFTY
lots_max = 0
"""
GOOD = """[limits]
order_rate = 5
day_loss_pct = 4.0
[kotak]
# what begins a place may be in a value
ca_file = /etc/ssl/a  # b.pem
[strategy.mine]
kind = amd
underlying = NIFTY
lots_max = 3
"""


def config(*words, env=None, socket=None):
    return subprocess.run([ENGINECTL, *(["--socket", socket] if socket else []), "config", *words], env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE)


def answer(*words, **more):
    run = config(*words, "--json", **more)
    return run.returncode, json.loads(run.stdout)


def written(folder, text, name="sauda.conf"):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o600)
    return path


def check(e):
    path = written(e.folder, BAD)
    run = config("check", path, env={"PORT": "many"})
    tap.equal(run.returncode, 1, "check: bad settings end with 1")
    tap.has(run.stderr, [f"{path}:2: engine.mode:", "not one of demo|replay|paper|live", f"{path}:4: ", 'did you mean "order_rate"?', f"{path}:5: limits.order_rate:", "from 1.00 to 10.00",
                         f"{path}:7: kotak.mpin: the value must be six digits", f"{path}:10: lots_max:", "environment PORT: http.port:", "6 to mend"], "check: all of them at once, each with its place and remedy")
    tap.ok("12ab56" not in run.stderr, "check: a wrong secret is not repeated", run.stderr)
    status, said = answer("check", path, env={"PORT": "many"})
    places = [x["place"] for x in said["errors"]]
    tap.equal((status, said["ok"], places), (1, False, [f"{path}:{n}" for n in (2, 4, 5, 7)] + ["environment PORT", f"{path}:10"]), "check --json: the same, place by place")
    tap.equal(said["errors"][3]["text"], "kotak.mpin: the value must be six digits", "check --json: and its sentence")
    good = written(e.folder, GOOD, "good.conf")
    run = config("check", good)
    tap.equal((run.returncode, run.stderr), (0, ""), "check: good settings end with 0")
    status, said = answer("check", os.path.join(e.folder, "nothing.conf"))
    tap.ok(status == 1 and len(said["errors"]) == 1 and "cannot be read" in said["errors"][0]["text"], "check: a file that is not there is a mistake", said)
    status, said = answer("check", written(e.folder, "[engine]\nmode = live\n", "live.conf"))
    tap.ok(len(said["errors"]) == 5 and all(x["place"] is None and "environment variable KOTAK_" in x["text"] for x in said["errors"]), "check: what a mode lacks has no place, and names the variable", said)
    os.chmod(written(e.folder, "[kotak]\nmpin = 123456\n", "open.conf"), 0o644)
    tap.has(config("check", os.path.join(e.folder, "open.conf")).stderr, ["others may read it", "chmod 600"], "check: a secret that others can read")


def show(e):
    path = written(e.folder, GOOD + "[telegram]\nbot_token = 123456:AAH-abcdefghijklmnopqrstuvw_xyz\nchat_id = 77\n")
    status, said = answer("show", path, env={**SECRETS, "PORT": "5055"})
    rows = {(r["section"], r["key"]): r for r in said["settings"]}

    def row(section, key):
        r = rows[(section, key)]
        return r["value"], r["default"], r["from"]
    tap.equal(status, 0, "show: ends with 0")
    tap.equal(row("limits", "order_rate"), ("5.00", "8.00", f"{path}:2"), "show: from a line of the file")
    tap.equal(row("http", "port"), ("5055", "5000", "environment PORT"), "show: from the environment")
    tap.equal(row("feed", "speed"), ("1.00", "1.00", "default"), "show: by default")
    tap.equal(row("kotak", "mpin"), ("(set)", "(not set)", "environment KOTAK_MPIN"), "show: a secret is set")
    tap.equal(row("kotak", "ucc"), ("(not set)", "(not set)", "default"), "show: or not set")
    tap.equal(row("strategy.mine", "lots_max"), ("3", "10", f"{path}:10"), "show: a strategy's parameter")
    text = config("show", path, env={**SECRETS, "PORT": "5055"})
    tap.has(text.stdout, [f"order_rate = 5.00  # {path}:2\n", "port = 5055  # environment PORT\n", "mpin = (set)  # environment KOTAK_MPIN\n", "[strategy.mine]\n"], "show: the same for a person")
    told = text.stdout + text.stderr + json.dumps(said)
    tap.equal([s for s in (*SECRETS.values(), "hunter2", "AAH-abcdef") if s in told], [], "show: no secret in either")
    status, said = answer("show", written(e.folder, BAD, "bad.conf"))
    tap.ok(status == 1 and len(said["errors"]) == 5 and len(said["settings"]) > 60, "show: with mistakes it shows what it has, says them, ends with 1", said["errors"])
    credentials = os.path.join(e.folder, "credentials")
    os.mkdir(credentials)
    written(credentials, "739182\n", "kotak_mpin")
    status, said = answer("show", env={"CREDENTIALS_DIRECTORY": credentials})
    tap.equal([(r["value"], r["from"]) for r in said["settings"] if r["key"] == "mpin"], [("(set)", "credential")], "show: from a credential")


def diff(e):
    path = written(e.folder, GOOD)
    status, said = answer("diff", path, socket=e.socket)
    tap.equal((status, [(d["section"], d["key"], d["value"]) for d in said["defaults"]]),
              (0, [("limits", "order_rate", "5.00"), ("kotak", "ca_file", "/etc/ssl/a  # b.pem"), ("strategy.mine", "kind", "amd"), ("strategy.mine", "underlying", "NIFTY"), ("strategy.mine", "lots_max", "3")]),
              "diff: what is not as by default; 4.0 is 4")
    tap.ok("no engine answers" in said["not_compared"] and said["engine"] == [], "diff: no engine is said", said)
    e.start("--mode", "demo", "--config", path, env={**ENV, "KOTAK_MPIN": "739182"})
    status, said = answer("diff", path, socket=e.socket)
    tap.equal((status, said["not_compared"], said["engine"], said["secrets_unseen"]), (0, None, [], 1), "diff: the running engine has the same, and one secret more")
    other = written(e.folder, "[limits]\norder_rate = 6\nexposure_max = 5 ; less  # than that\n", "other.conf")
    status, said = answer("diff", other, socket=e.socket)
    apart = {d["setting"]: (d["here"], d["engine"]) for d in said["engine"]}
    tap.equal((apart["limits.order_rate"], apart["limits.exposure_max"], apart["strategy.mine.lots_max"]), (("6.00", "5.00"), ("5.00", "none"), (None, "3")), "diff: what it has otherwise")
    text = config("diff", other, socket=e.socket)
    tap.has(text.stdout, ["limits.order_rate = 6.00  # default 8.00", "limits.order_rate = 6.00  # the engine has 5.00", "strategy.mine.lots_max = (no such setting)  # the engine has 3",
                          "2 settings differ from the defaults", "1 secrets are set in the engine"], "diff: the same for a person")
    tap.ok("739182" not in text.stdout + json.dumps(said), "diff: no secret")


def usage(_):
    for words in ((), ("chekc",), ("check", "a", "b"), ("show", "--all")):
        run = config(*words)
        tap.ok(run.returncode == 2 and "enginectl config check|show|diff" in run.stderr, f"config {' '.join(words)}: wrong usage is 2", run)
    tap.ok(config("--help").returncode == 0 and "config check|show|diff" in config("--help").stdout, "config --help")


for test in (check, show, diff, usage):
    with Engine("settings") as engine:
        tap.run(test, engine)
tap.done()

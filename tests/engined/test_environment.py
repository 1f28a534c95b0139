"""Every environment variable that the product knows: the right value does what it is for, a missing or wrong one is a clear error that names it, and no secret comes out anywhere:
not in a log, an answer, the journal, a file of the state, the command line or /proc/PID/environ. A variable of the product that is not in the table below fails here."""
import json
import os
import re
import socket
import subprocess
import sys
import threading

from sauda import ENGINECTL, ENV, NGINX, PATIENCE, TOP, Engine, Refused, Tap, wait_for
from watching import Receiver, Watchdog

sys.path[:0] = [os.path.join(TOP, "tests", "live"), os.path.join(TOP, "tests", "telegram")]
from botapi import TOKEN, BotApi  # noqa: E402
from broker import ACCOUNT, NEOSIM, Broker  # noqa: E402

tap = Tap()
NEEDED = ("KOTAK_CONSUMER_KEY", "KOTAK_MOBILE_NUMBER", "KOTAK_UCC", "KOTAK_MPIN", "KOTAK_TOTP_SECRET")
SECRET = "secret"
# variable: (its kind, a good value, one that cannot be, what the complaint says of it)
VARIABLES = {
    "MONGODB_URI": (SECRET, "mongodb://keeper:hunter2@127.0.0.1:1/sauda", "postgres://hunter2", "mongodb://"),
    "KOTAK_CONSUMER_KEY": (SECRET, ACCOUNT["KOTAK_CONSUMER_KEY"], "two words", "without blanks"),
    "KOTAK_ACCESS_TOKEN": (SECRET, "22222222-aaaa-bbbb-cccc-dddddddddddd", "two tokens", "without blanks"),
    "KOTAK_CONSUMER_SECRET": (SECRET, "Tr0ubadour-secret", "Tr0u badour", "without blanks"),
    "KOTAK_MOBILE_NUMBER": (SECRET, ACCOUNT["KOTAK_MOBILE_NUMBER"], "98765x3211", "+919"),
    "KOTAK_PASSWORD": (SECRET, "correct horse", "corr\x07ect", "control character"),
    "KOTAK_MPIN": (SECRET, "739182", "73918x", "six digits"),
    "KOTAK_TOTP_SECRET": (SECRET, ACCOUNT["KOTAK_TOTP_SECRET"], "GEZD0189GEZD0189", "A-Z and digits 2-7"),
    "KOTAK_UCC": (SECRET, "QXZ98", "QX Z98", "letters and digits"),
    "KOTAK_REGISTERED_IP": ("", "203.0.113.9", "my.host", "IPv4 or IPv6"),
    "KOTAK_SESSION_URL": ("", "https://127.0.0.1:1", "ftp://127.0.0.1", "https://"),
    "KOTAK_CA_FILE": ("", "/etc/ssl/cert.pem", "cert.pem", "a path"),
    "TELEGRAM_BOT_TOKEN": (SECRET, TOKEN, "AAH-abcdefghijklmnopq", "@BotFather"),
    "TELEGRAM_CHAT_ID": ("", "-100314159", "my chat", "a number or @channelname"),
    "WATCHDOG_WEBHOOK_URL": (SECRET, "http://127.0.0.1:1/hook/s3cr3tpath", "ftp://s3cr3tpath", "https://"),
    "WATCHDOG_DEADMAN_URL": (SECRET, "http://127.0.0.1:1/dead/d34dpath", "d34dpath", "https://"),
    "PORT": ("", "5055", "web", "from 1 to 65535"),
    "ALLOW_AFTER_MARKET": ("", "yes", "perhaps", "neither yes nor no"),
}
PAIRS = {"TELEGRAM_BOT_TOKEN": "TELEGRAM_CHAT_ID", "TELEGRAM_CHAT_ID": "TELEGRAM_BOT_TOKEN"}


def ctl(*words, env=None):
    return subprocess.run([ENGINECTL, *words], env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE * 2)


def known():
    return {r["variable"]: r for r in json.loads(ctl("config", "show", "--json").stdout)["settings"] if r["variable"]}


# -- the table, wrong values, missing values ----------------------------------------------------------------------------------


def table():
    product = known()
    tap.equal(sorted(product), sorted(VARIABLES), "the table of this test is the product's")
    tap.equal(sorted(v for v in product if product[v]["secret"]), sorted(v for v, row in VARIABLES.items() if row[0]), "and so are its secrets")
    with open(os.path.join(TOP, "tests", "engined", "test_environment.py")) as f:
        mentioned = f.read()
    tap.equal([v for v in product if mentioned.count(v) < 2], [], "each is used beyond the table")


def wrong():
    with Engine("environment") as e:
        for name, (kind, good, bad, must) in VARIABLES.items():
            with_pair = {PAIRS[name]: VARIABLES[PAIRS[name]][1]} if name in PAIRS else {}
            run = e.run("--check", speed=None, env={name: good, **with_pair})
            tap.equal((run.returncode, run.stderr), (0, ""), f"{name}: a good value is taken")
            run = e.run("--check", speed=None, env={name: bad, **with_pair})
            line = next((x for x in run.stderr.splitlines() if x.startswith(f"environment {name}: ")), "")
            tap.ok(run.returncode == 1 and must in line, f"{name}: engined refuses a wrong one by name and says what it must be", run.stderr)
            told = ctl("config", "check", env={name: bad, **with_pair})
            tap.ok(told.returncode == 1 and line and line in told.stderr, f"{name}: enginectl says the same", told.stderr)
            tap.ok(not kind or bad not in run.stderr + told.stderr, f"{name}: a wrong secret is not repeated", run.stderr)
        tap.ok(not os.path.exists(e.state), "none of it touched the state")


def missing():
    with Engine("environment") as e:
        run = e.run("--mode", "paper", speed=None)
        tap.ok(run.returncode == 1 and all(v in run.stderr for v in NEEDED), "paper without an account names all five variables at once", run.stderr)
        for name in NEEDED:
            for how, value in (("missing", None), ("empty", "")):
                env = {k: v for k, v in ACCOUNT.items() if k != name} | ({} if value is None else {name: value})
                run = e.run("--mode", "live", speed=None, env=env)
                tap.ok(run.returncode == 1 and name in run.stderr and not any(v in run.stderr for v in NEEDED if v != name), f"{name}: {how}: live names it, and it alone", run.stderr)
        for name, other in PAIRS.items():
            run = e.run("--check", speed=None, env={other: VARIABLES[other][1]})
            tap.ok(run.returncode == 1 and f"environment variable {name}" in run.stderr, f"{name}: missing beside {other} is named", run.stderr)


# -- what each does -----------------------------------------------------------------------------------------------------------


def doctor(broker, env):
    broker.forward(31)  # no code is taken twice
    run = ctl("--socket", "/nowhere", "--json", "doctor", "--clock", broker.clock(), env=env)
    return {c["check"]: c for c in json.loads(run.stdout)["checks"]}, run.stdout + run.stderr


def account():
    with Broker("2026-11-20T09:20:00+05:30", 60) as broker:
        env = broker.env()
        checks, _ = doctor(broker, {**env, "KOTAK_CONSUMER_SECRET": "any-secret", "KOTAK_PASSWORD": "any password"})
        tap.equal(checks["login"]["verdict"], "ok", "the account's variables: a login; KOTAK_CONSUMER_SECRET and KOTAK_PASSWORD are taken and change nothing")
        address = re.search(r"Kotak sees (\S+);", checks["address"]["detail"]).group(1)
        rest = {k: v for k, v in env.items() if k != "KOTAK_CONSUMER_KEY"}
        checks, _ = doctor(broker, {**rest, "KOTAK_ACCESS_TOKEN": ACCOUNT["KOTAK_CONSUMER_KEY"], "KOTAK_REGISTERED_IP": address})
        tap.equal(checks["login"]["verdict"], "ok", "KOTAK_ACCESS_TOKEN: another name of the consumer key")
        tap.equal(checks["address"]["verdict"], "ok", "KOTAK_REGISTERED_IP: the address that Kotak sees")
        checks, _ = doctor(broker, {**env, "KOTAK_REGISTERED_IP": "203.0.113.9"})
        tap.ok(checks["address"]["verdict"] == "FAIL" and "203.0.113.9" in checks["address"]["detail"], "KOTAK_REGISTERED_IP: another one is a failure", checks["address"])
        others = {"KOTAK_CONSUMER_KEY": "22222222-aaaa-bbbb-cccc-dddddddddddd", "KOTAK_ACCESS_TOKEN": None, "KOTAK_MOBILE_NUMBER": "+919000000001", "KOTAK_UCC": "QXZ98",
                  "KOTAK_MPIN": "739182", "KOTAK_TOTP_SECRET": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "KOTAK_SESSION_URL": "https://127.0.0.1:1", "KOTAK_CA_FILE": "/nowhere/ca.pem"}
        for name, value in others.items():
            env_of = {**rest, name: "22222222-aaaa-bbbb-cccc-dddddddddddd"} if name == "KOTAK_ACCESS_TOKEN" else {**env, name: value}
            checks, said = doctor(broker, env_of)
            tap.ok(checks["login"]["verdict"] == "FAIL" and checks["login"]["detail"] and "KOTAK_" in checks["login"]["fix"], f"{name}: one that is not the account's: no login, and why", checks["login"])
            held = [v for v in (env_of.get(n) for n in VARIABLES if VARIABLES[n][0]) if v]
            tap.equal([v for v in held if v in said], [], f"{name}: the doctor repeats no secret")


def port():
    with Engine("environment") as e:
        def render(**env):
            return subprocess.run([os.path.join(TOP, "nginx", "render.sh"), "--runtime", e.runtime, "--www", e.folder, os.path.join(e.folder, "conf")], env={**ENV, **env},
                                  capture_output=True, text=True)

        def listens():
            with open(os.path.join(e.folder, "conf", "engine.conf")) as f:
                return re.findall(r"listen (\S+) ", f.read())
        if NGINX is None:
            return tap.skip("PORT: nginx listens there", "no nginx here")
        tap.equal((render(PORT="5055").returncode, listens()), (0, ["127.0.0.1:5055"]), "PORT: nginx listens there")
        tap.equal((render().returncode, listens()), (0, ["127.0.0.1:5000"]), "PORT: 5000 without it")
        for value in ("web", "0", "65536", "80.5", "-1", "123456", "08"):
            run = render(PORT=value)
            tap.ok(run.returncode == 2 and "PORT" in run.stderr and "1 to 65535" in run.stderr, f"PORT={value}: refused by name", run.stderr)
        return tap.equal((render(PORT="65535").returncode, listens()), (0, ["127.0.0.1:65535"]), "PORT=65535: the last there is")


def watchdog():
    with Receiver() as r, Engine("environment") as e:
        urls = {"WATCHDOG_WEBHOOK_URL": r.url + "/alarm", "WATCHDOG_DEADMAN_URL": r.url + "/dead"}
        e.start("--mode", "demo")
        with Watchdog(e, r, env={**ENV, **urls}, webhook_url="", deadman_url="") as w:
            tap.ok(wait_for(lambda: r.at("/dead"), PATIENCE), "WATCHDOG_DEADMAN_URL: hears that all is well", w.said())
            e.kill()
            tap.ok(wait_for(lambda: "dead" in r.states(), PATIENCE), "WATCHDOG_WEBHOOK_URL: hears of a dead engine", w.said())
            with open(f"/proc/{w.process.pid}/environ", "rb") as f:
                shown = f.read().decode(errors="replace")
            tap.equal([u for u in urls.values() if u in shown + w.said()], [], "the watchdog's environment and log show neither")


def database():
    """An engine that cannot ask the database where its records may be does not begin anew by itself."""
    with Engine("environment") as e:
        run = e.run("--mode", "paper", speed=None, env={**ACCOUNT, "KOTAK_SESSION_URL": "https://127.0.0.1:1", "MONGODB_URI": "mongodb://keeper:hunter2@127.0.0.1:1/sauda"})
        tap.ok(run.returncode == 1 and "MONGODB_URI" in run.stderr and "--fresh" in run.stderr, "MONGODB_URI: where nobody answers, a first start is refused by name", run.stderr)
        tap.ok("hunter2" not in run.stderr, "MONGODB_URI: its password is not repeated", run.stderr)
    with Engine("environment") as e:
        e.start("--mode", "demo")
        tap.ok(os.path.exists(os.path.join(e.state, "demo", "sauda.db")), "MONGODB_URI: without it rows go to SQLite")


def after_market():
    with Engine("environment") as e:
        e.start("--mode", "demo", env={**ENV, "ALLOW_AFTER_MARKET": "yes"})
        tap.ok("ALLOW_AFTER_MARKET) is of paper and live only: without effect in demo" in e.said(), "ALLOW_AFTER_MARKET: where it has no effect that is said", e.said())
    with Engine("environment") as e:
        e.start("--mode", "demo")
        tap.ok("ALLOW_AFTER_MARKET" not in e.said(), "ALLOW_AFTER_MARKET: nothing is said without it")


# -- no secret comes out ------------------------------------------------------------------------------------------------------


class Deaf:
    """Takes connections and the first bytes of each; says nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.heard = self.socket.getsockname()[1], []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            connection, _ = self.socket.accept()
            connection.settimeout(PATIENCE)
            self.heard.append(connection.recv(4096))


def whole_of(folder):
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            if os.path.isfile(full):
                with open(full, "rb") as f:
                    yield full, f.read()


def process_shows(pid):
    out = b""
    for name in ("environ", "cmdline", "comm"):
        with open(f"/proc/{pid}/{name}", "rb") as f:
            out += f.read()
    return out


READ = ("status", "debug", "balance", "strategies", "positions", "orders", "trades", "history", "equity", "events", "risk", "ready", "metrics", "openapi", "session")


def answers(e):
    said = ""
    for method in READ:
        try:
            said += json.dumps(e.call(method))
        except Refused as refused:
            said += str(refused)
    return said


def nothing_leaks():
    """All variables at once, in an engine that logs in, is answered, talks on Telegram, looks for its database, and is stopped."""
    mongo, api = Deaf(), BotApi()
    with Broker("2026-11-20T10:00:00+05:30", 1) as broker, Engine("environment") as e:
        env = {**broker.env(), **{v: VARIABLES[v][1] for v in ("KOTAK_ACCESS_TOKEN", "KOTAK_CONSUMER_SECRET", "KOTAK_PASSWORD", "WATCHDOG_WEBHOOK_URL", "WATCHDOG_DEADMAN_URL", "TELEGRAM_BOT_TOKEN")},
               "MONGODB_URI": f"mongodb://keeper:hunter2@127.0.0.1:{mongo.port}/sauda", "TELEGRAM_CHAT_ID": "314159", "PORT": "5055", "ALLOW_AFTER_MARKET": "no",
               "KOTAK_REGISTERED_IP": "203.0.113.9"}
        path = os.path.join(e.folder, "sauda.conf")
        with open(path, "w") as f:
            f.write(f"[engine]\nlog_level = debug\n[telegram]\napi_url = {api.url}\n[strategy.amd]\nunderlying = NIFTY\n")
        e.start("--mode", "paper", "--fresh", "--config", path, "--clock", broker.clock(), env=env)
        tap.ok(wait_for(lambda: e.call("status")["feed"]["up"], PATIENCE), "the engine logs in by its environment alone", e.said()[-600:])
        tap.ok(wait_for(lambda: mongo.heard, PATIENCE), "MONGODB_URI: it looks for the database there")
        e.call("notify.test")
        tap.ok(wait_for(lambda: api.texts(314159), PATIENCE), "TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID: the chat hears it")
        secrets = sorted({v for n, v in env.items() if n in VARIABLES and VARIABLES[n][0]} | {"hunter2", "keeper:"})
        secrets += [ACCOUNT["KOTAK_MOBILE_NUMBER"][3:]]
        shown = process_shows(e.process.pid)
        tap.equal([s for s in secrets if s.encode() in shown], [], "/proc/PID/environ and argv show no secret")
        said = answers(e)
        tap.equal([s for s in secrets if s in said], [], "no answer shows one")
        dump = ctl("journal", "dump", os.path.join(e.state, "paper", "journal"), "--json")
        chats = "\n".join(api.texts(314159))
        e.terminate()
        tap.equal(e.wait(), 0, "it ends well")
        log = e.said() + e.printed()
        tap.ok(len(log) > 500 and len(dump.stdout) > 500, "there is a log and a journal to look at")
        tap.equal([s for s in secrets if s in log], [], "no log line shows one")
        tap.equal([s for s in secrets if s in dump.stdout + dump.stderr + chats], [], "neither does the journal, nor a message")
        tap.equal([(os.path.relpath(n, e.folder), s) for n, text in whole_of(e.folder) if n != path for s in secrets if s.encode() in text], [], "nor any file of its folders")


for test in (table, wrong, missing, port, watchdog, database, after_market):
    tap.run(test)
if os.path.exists(NEOSIM):
    tap.run(account)
    tap.run(nothing_leaks)
else:
    tap.skip("the account's variables", "no simulated broker was built")
tap.done()

"""enginectl bugreport: what is inside is listed before it is written, a person is asked, and no secret that was planted in settings, log, environment or file names is in the archive."""
import json
import os
import pty
import subprocess
import tarfile

from sauda import ENGINECTL, ENV, PATIENCE, TABLES, Engine, Tap

tap = Tap()
# planted: what it is, and the part of it that must not be found
SETTINGS = {"consumer_key": "31415926-aaaa-4bbb-8ccc-dddddddddddd", "access_token": "Zx81-Access.Token", "consumer_secret": "Tr0ubadour", "mobile_number": "+918877665544",
            "password": 'correct "horse" battery', "mpin": "739182", "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DP", "ucc": "QXZ98"}
PLANTED = [*SETTINGS.values(), "8877665544", "hunter2", "keeper", "AAH-abcdefghijklmnopqrstuvw_xyz", "8866442200", "100271828", "s3cr3tpath", "d34dpath", "203.0.113.77", "t0ps3cret", "horse"]
STRANGERS = ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "999999:BBB-abcdefghijklmnopqrstuvw_xyz", "f" * 64, "+919000012345", "ZZ11Q", "9000054321", "wr1tten-in-a-log", "KRSXG5DSNFXGOIDB", "a-plain-old-token"]
CONF = """[engine]
state_dir = {state}
runtime_dir = {runtime}
tables_dir = {tables}
[kotak]
{kotak}
registered_ip = 203.0.113.77
[store]
mongodb_uri = mongodb://keeper:hunter2@127.0.0.1:1/sauda
[telegram]
bot_token = 123456:AAH-abcdefghijklmnopqrstuvw_xyz
chat_id = 8866442200
chats = -100271828:read
[watchdog]
webhook_url = https://127.0.0.1/a/s3cr3tpath
deadman_url = https://127.0.0.1/b/d34dpath
command = /bin/alarm t0ps3cret
"""
LOG = """{n} an early line
login of QXZ98 with 739182 at mongodb://keeper:hunter2@127.0.0.1:1/sauda
Authorization: Bearer {8} then {0} and {1}, token {2}
mobile {3}, ucc={4}, {5}, {{"password":"{6}"}} {7}
{{"text":"correct \\"horse\\" battery"}} said in 8866442200 and -100271828 from 203.0.113.77
the last line
"""


def plant(e):
    conf, log = os.path.join(e.folder, "sauda.conf"), os.path.join(e.folder, "engined.log")
    with open(conf, "w") as f:
        f.write(CONF.format(state=e.state, runtime=e.runtime, tables=TABLES, kotak="\n".join(f"{k} = {v}" for k, v in SETTINGS.items())))
    os.chmod(conf, 0o600)
    with open(log, "w") as f:
        f.write(LOG.format(*STRANGERS, n="x" * 5000))
    return conf, log


def report(e, *words, env=None, **more):
    return subprocess.run([ENGINECTL, "--socket", e.socket, "bugreport", *words], env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE * 2, cwd=e.folder, **more)


def parts(path):
    with tarfile.open(path) as t:
        return {m.name.removeprefix("bugreport/"): t.extractfile(m).read().decode() for m in t.getmembers()}


def whole(e):
    e.start("--mode", "demo")
    conf, log = plant(e)
    with open(os.path.join(e.state, "note-of-QXZ98"), "w") as f:
        f.write("x")
    out = os.path.join(e.folder, "report.tar")
    run = report(e, "--config", conf, "--log", log, "--lines", "5", "--out", out, "--yes", "--json")
    said = json.loads(run.stdout)
    tap.equal((run.returncode, said["written"], said["file"], oct(os.stat(out).st_mode & 0o777)), (0, True, out, "0o600"), "it is written, for its owner alone")
    held = parts(out)
    tap.equal({p["name"]: p["bytes"] for p in said["parts"]}, {n: len(t.encode()) for n, t in held.items()}, "the list is what is inside")
    tap.equal(sorted(held), sorted(["about.txt", "settings.txt", "doctor.txt", "log.txt", "files.txt", "journal/demo.json"] +
                                   [f"engine/{m}.json" for m in ("status", "ready", "debug", "risk", "strategies", "positions", "events")] + ["engine/metrics.txt"]), "every part is there")
    with open(out, "rb") as f:
        raw = f.read().decode("latin-1")
    tap.equal([s for s in PLANTED + STRANGERS if s in raw or json.dumps(s)[1:-1] in raw], [], "no planted secret is in the archive")
    tap.equal([p["name"] for p in said["parts"] if p["redactions"] != held[p["name"]].count("[redacted]")], [], "each redaction is counted")
    log_part = held["log.txt"]
    tap.ok("the last line" in log_part and "early" not in log_part and log_part.count("\n") == 5 and "login of [redacted] with [redacted]" in log_part, "the log's last five lines", log_part)
    tap.has(held["settings.txt"], ["kotak.ucc = (set)", "telegram.chat_id = (set)", "watchdog.command = (set)", "account.capital = 15000.00"], "the settings, without what is personal")
    tap.has(held["about.txt"], ["enginectl ", "Linux ", "compiler"], "program and machine")
    tap.ok(os.uname().nodename not in held["about.txt"].split(), "but not the machine's name")
    tap.ok(json.loads(held["engine/status.json"])["mode"] == "demo" and json.loads(held["journal/demo.json"])["ok"] and "sauda_info" in held["engine/metrics.txt"], "the engine's answers and its journal's summary")
    json.loads(held["engine/debug.json"])
    tap.has(held["files.txt"], ["state/demo/journal/", "note-of-[redacted]"], "the list of files")
    tap.has(held["doctor.txt"], ["credentials", "calendar"], "what the doctor says")
    again = report(e, "--config", conf, "--out", out, "--yes")
    tap.ok(again.returncode == 1 and "--out" in again.stderr and parts(out) == held, "a file that is there is not overwritten", again.stderr)


def secrets_of_the_environment(e):
    out = os.path.join(e.folder, "report.tar")
    _, log = plant(e)
    run = report(e, "--log", log, "--out", out, "--yes", env={f"KOTAK_{k.upper()}": v for k, v in SETTINGS.items()})
    tap.equal(run.returncode, 0, "without an engine: written all the same")
    held = parts(out)
    tap.equal([s for s in [*SETTINGS.values(), *STRANGERS] if s in "".join(held.values())], [], "secrets of the environment are not in it")
    tap.has(held["engine/none.txt"], ["no engine answers"], "that no engine answers is said")
    os.remove(out)
    run = report(e, "--out", out, "--yes")
    tap.ok(run.returncode == 0 and "No account is in the settings" in run.stdout, "without an account it says that only forms were looked for", run.stdout)
    tap.ok("--log FILE" in parts(out)["log.txt"] or "journal" in parts(out)["log.txt"], "without a log it says so", parts(out)["log.txt"])


def asks(e):
    conf, log = plant(e)
    out = os.path.join(e.folder, "report.tar")
    run = report(e, "--config", conf, "--out", out)
    tap.ok(run.returncode == 1 and "--yes" in run.stderr and "settings.txt" in run.stdout and not os.path.exists(out), "nobody to ask: listed, not written", run.stderr)
    for answer, written in (("n", False), ("", False), ("y", True)):
        master, slave = pty.openpty()
        p = subprocess.Popen([ENGINECTL, "--socket", e.socket, "bugreport", "--config", conf, "--log", log, "--out", out], env=ENV, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.write(master, (answer + "\n").encode())
        said = p.communicate(timeout=PATIENCE)[0].decode()
        os.close(master)
        os.close(slave)
        tap.ok((p.returncode == 0) == written == os.path.exists(out) and "[y/N]" in said and said.index("settings.txt") < said.index("[y/N]"), f"at a terminal: listed, asked, answered with {answer!r}", said[-300:])
    run = report(e, "--config", conf, "--yes")
    made = [n for n in os.listdir(e.folder) if n.startswith("sauda-bugreport-")]
    tap.ok(run.returncode == 0 and len(made) == 1, "without --out it has a name of its own", run.stderr)
    for words in (("--lines", "0"), ("--lines", "1x"), ("--out",), ("file",)):
        tap.equal(report(e, *words).returncode, 2, f"bugreport {' '.join(words)}: wrong usage is 2")
    run = report(e, "--out", os.path.join(e.folder, "none", "x.tar"), "--yes")
    tap.ok(run.returncode == 1 and "not found" in run.stderr, "a folder that is not there is said", run.stderr)


for test in (whole, secrets_of_the_environment, asks):
    with Engine("bugreport") as engine:
        tap.run(test, engine)
tap.done()

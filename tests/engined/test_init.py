"""enginectl init: a person at a terminal and a script with variables both come to settings that engined takes; each answer is checked at once, secrets are typed unseen and kept in a
file of their owner's, nothing is overwritten and nothing is half written."""
import json
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import tempfile
import termios
import time

from sauda import ENGINECTL, ENGINED, ENV, PATIENCE, TABLES, TOP, Tap

sys.path.insert(0, os.path.join(TOP, "tests", "live"))
from broker import ACCOUNT, NEOSIM, Broker  # noqa: E402

tap = Tap()
AWKWARD = 'a "q\' $HOME `id` \\ z'


def init(folder, *words, env=None):
    return subprocess.run([ENGINECTL, "init", "--out", os.path.join(folder, "new"), *words], env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE * 2, cwd=folder)


def at(folder, name):
    return os.path.join(folder, "new", name)


def text(folder, name):
    with open(at(folder, name)) as f:
        return f.read()


def mode_of(path):
    return os.stat(path).st_mode & 0o777


def as_a_shell_has_it(folder, *variables):
    script = f"set -a; . {shlex.quote(at(folder, 'environment'))}; set +a; env -0"
    out = subprocess.run(["sh", "-c", script], env=ENV, capture_output=True, text=True).stdout
    return [dict(x.split("=", 1) for x in out.split("\0") if x).get(v) for v in variables]


def checks(folder):
    """engined's own word on both files."""
    script = f"set -a; . {shlex.quote(at(folder, 'environment'))}; set +a; exec {shlex.quote(ENGINED)} --check --config {shlex.quote(at(folder, 'sauda.conf'))}"
    return subprocess.run(["sh", "-c", script], env=ENV, capture_output=True, text=True)


# -- without a person ---------------------------------------------------------------------------------------------------------


def demo(folder):
    run = init(folder, "--from-environment", "--set", "account.capital=50000", "--strategies", "amd ema_cross")
    tap.equal((run.returncode, run.stderr), (0, ""), "demo: written without a question")
    tap.has(run.stdout, ["new/sauda.conf", "engined --config", "Next:"], "demo: says what was written and what comes next")
    tap.has(text(folder, "sauda.conf"), ["[engine]", "mode = demo", "[account]", "capital = 50000.00", "[limits]", "day_loss_pct = 4.00", "[strategy.amd]", "[strategy.ema_cross]", "live = no"], "demo: the settings")
    tap.equal((mode_of(at(folder, "sauda.conf")), mode_of(at(folder, "environment"))), (0o644, 0o600), "demo: the secrets' file is its owner's alone")
    tap.equal(checks(folder).returncode, 0, "demo: engined takes them")
    before = text(folder, "sauda.conf")
    again = init(folder, "--from-environment")
    tap.ok(again.returncode == 1 and "is there already" in again.stderr and "--force" in again.stderr and text(folder, "sauda.conf") == before, "what is there is not overwritten", again.stderr)
    forced = init(folder, "--from-environment", "--force", "--json", "--strategies", "none")
    tap.equal((forced.returncode, json.loads(forced.stdout)["written"]), (0, True), "--force writes")
    tap.ok(text(folder, "sauda.conf.old") == before and "[strategy." not in text(folder, "sauda.conf") and mode_of(at(folder, "environment.old")) == 0o600, "--force keeps the old ones")
    tap.equal(sorted(os.listdir(os.path.join(folder, "new"))), ["environment", "environment.old", "sauda.conf", "sauda.conf.old"], "nothing else is left")
    os.mkdir(os.path.join(folder, "new", "sauda.conf.new"))
    was = {n: text(folder, n) for n in ("environment", "sauda.conf")}
    half = init(folder, "--from-environment", "--force", env={"KOTAK_MPIN": "739182"})
    tap.ok(half.returncode == 1 and was == {n: text(folder, n) for n in was} and not os.path.exists(at(folder, "environment.new")), "one file cannot be made: neither is changed, and no secret is left beside", half.stderr)
    os.rmdir(at(folder, "sauda.conf.new"))
    os.remove(at(folder, "sauda.conf.old"))
    os.mkdir(at(folder, "sauda.conf.old"))
    half = init(folder, "--from-environment", "--force", env={"KOTAK_MPIN": "739182"})
    tap.ok(half.returncode == 1 and "nothing was changed" in half.stderr and was == {n: text(folder, n) for n in was} and not os.path.exists(at(folder, "environment.new")),
           "one file cannot be put in place: the other is taken back", half.stderr)


def paper(folder):
    env = {**ACCOUNT, "KOTAK_PASSWORD": AWKWARD, "TELEGRAM_BOT_TOKEN": "123456:AAH-abcdefghijklmnopqrstuvw_xyz", "TELEGRAM_CHAT_ID": "-100314159", "KOTAK_REGISTERED_IP": "203.0.113.9",
           "MONGODB_URI": "mongodb://keeper:hunter2@127.0.0.1:1/sauda"}
    run = init(folder, "--mode", "paper", "--from-environment", "--offline", "--set", f"engine.tables_dir={TABLES}", "--set", f"engine.state_dir={folder}", env=env)
    tap.has(run.stdout, ["The doctor:", "all five are set", "gives codes"], "paper: the doctor looks")
    tap.equal(run.returncode, 0, "paper: and finds nothing wrong")
    tap.equal(as_a_shell_has_it(folder, *env), list(env.values()), "paper: each value comes back from the secrets' file as it was")
    conf = text(folder, "sauda.conf")
    tap.equal([v for v in env.values() if v in conf or v in run.stdout + run.stderr], [], "paper: no secret is in sauda.conf or was printed")
    tap.equal((checks(folder).returncode, checks(folder).stderr), (0, ""), "paper: engined takes them")


def refusals(folder):
    run = init(folder, "--mode", "paper", "--from-environment", "--json", env={"KOTAK_UCC": "QXZ98"})
    tap.ok(run.returncode == 1 and all(v in run.stderr for v in ("KOTAK_CONSUMER_KEY", "KOTAK_MOBILE_NUMBER", "KOTAK_MPIN", "KOTAK_TOTP_SECRET")) and "KOTAK_UCC" not in run.stderr,
           "paper without an account: every variable that lacks, at once", run.stderr)
    tap.ok("nothing was written" in run.stderr and not os.path.exists(at(folder, "sauda.conf")), "and nothing was written")
    run = init(folder, "--from-environment", env={"KOTAK_MPIN": "12ab56"})
    tap.ok(run.returncode == 1 and "environment KOTAK_MPIN" in run.stderr and "12ab56" not in run.stderr, "a wrong variable is named, its value is not", run.stderr)
    for words, said in ((("--mode", "lvie"), "demo|replay|paper|live"), (("--set", "limits.order_rate=11"), "from 1.00 to 10.00"), (("--set", "limits.order_rat=1"), "a key of"),
                        (("--set", "account.capital"), "SECTION.KEY=VALUE"), (("--set", "kotak.mpin=739182"), "takes no secret"), (("--strategies", "amdd"), "amdd is no strategy"),
                        (("--strategies", "manual"), "manual is no strategy"), (("--nosuch",), "enginectl init [--out"), (("--out",), "enginectl init [--out")):
        run = init(folder, "--from-environment", *words)
        tap.ok(run.returncode == 2 and said in run.stderr and "739182" not in run.stderr, f"init {' '.join(words)}: refused with 2, and why", run.stderr)
    run = init(folder)
    tap.ok(run.returncode == 2 and "--from-environment" in run.stderr, "without a terminal it says how to do without one", run.stderr)
    run = init(folder, "--from-environment", "--set", "kotak.ca_file=/etc/a ;b")
    tap.ok(run.returncode == 1 and "ca_file" in run.stderr and not os.path.exists(at(folder, "sauda.conf")), "a value that would be read as another is not written", run.stderr)
    run = init(os.path.join(folder), "--from-environment", "--out", os.path.join(folder, "none", "deeper"))
    tap.ok(run.returncode == 1 and "--out DIR" in run.stderr, "a folder that cannot be made is said", run.stderr)
    tap.equal(os.listdir(folder), [], "none of it left a file")
    tap.ok(init(folder, "--help", env={"PORT": "x"}).returncode == 0, "init --help")


def doctor_says_no(folder):
    """The files stand, and the status tells that something is to be mended."""
    run = init(folder, "--mode", "paper", "--from-environment", "--offline", "--set", "engine.tables_dir=/nowhere", env=ACCOUNT)
    tap.ok(run.returncode == 1 and "FAIL" in run.stdout and os.path.exists(at(folder, "sauda.conf")), "what the doctor finds is in the status", run.stdout)


def logs_in(folder):
    with Broker("2026-11-20T10:00:00+05:30", 1) as broker:
        env = broker.env()
        run = init(folder, "--mode", "live", "--from-environment", "--clock", broker.clock(), "--set", f"engine.tables_dir={TABLES}", "--set", f"engine.state_dir={folder}", env=env)
        tap.ok(run.returncode == 0 and "TOTP and MPIN were accepted" in run.stdout, "live: the doctor logs in with what was just written", run.stdout)
        tap.has(run.stdout, ["going-live.md", "live = no"], "live: the next step is the page")


# -- with a person --------------------------------------------------------------------------------------------------------------


class Person:
    """Sits at a pseudo-terminal: waits for a question, types, remembers the whole screen."""

    def __init__(self, folder, *words, env=None):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(ENGINECTL, [ENGINECTL, "init", "--out", os.path.join(folder, "new"), *words], {**ENV, "TERM": "dumb", **(env or {})})
        self.screen, self.read_to = "", 0

    def more(self, seconds):
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.screen += got.decode(errors="replace")
        return bool(got)

    def sees(self, part):
        end = time.monotonic() + PATIENCE
        while part not in self.screen[self.read_to:]:
            if time.monotonic() > end or not self.more(end - time.monotonic()):
                raise RuntimeError(f"waited for {part!r}, saw {self.screen[self.read_to:]!r}")
        self.read_to = self.screen.index(part, self.read_to) + len(part)

    def echoes(self):
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def answers(self, question, answer, hidden=False):
        self.sees(question)
        self.sees(": ")
        if hidden:
            end = time.monotonic() + PATIENCE
            while self.echoes() and time.monotonic() < end:
                time.sleep(0.01)
        os.write(self.terminal, answer.encode() + b"\n")

    def leaves(self):
        while self.more(PATIENCE):
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)


def person(folder):
    p = Person(folder, "--offline", "--set", f"engine.tables_dir={TABLES}", "--set", f"engine.state_dir={folder}")
    p.answers("Mode", "papr")
    p.sees("demo|replay|paper|live")
    p.answers("Mode", "paper")
    p.answers("consumer key", "", hidden=True)
    p.sees("it is needed")
    p.answers("consumer key", ACCOUNT["KOTAK_CONSUMER_KEY"], hidden=True)
    p.answers("mobile number", "98765")
    p.sees("+919876543210")
    p.answers("mobile number", "+918877665544")
    p.answers("Client code", "QXZ98")
    p.answers("MPIN", "73918x", hidden=True)
    p.sees("six digits")
    p.answers("MPIN", "739182", hidden=True)
    p.answers("TOTP secret", ACCOUNT["KOTAK_TOTP_SECRET"], hidden=True)
    p.answers("whitelisted", "")
    p.answers("Telegram: the bot's token", "123456:AAH-abcdefghijklmnopqrstuvw_xyz", hidden=True)
    p.answers("the chat that hears", "314159")
    p.answers("MongoDB", "", hidden=True)
    p.answers("Capital", "a lot")
    p.sees("account.capital")
    p.answers("Capital", "50000")
    p.answers("Loss of a day", "")
    p.answers("Most rupees", "40000")
    p.answers("Most entries", "")
    p.answers("Strategies", "amd, nosuch")
    p.sees("nosuch is no strategy")
    p.answers("Strategies", "amd, vwap_reversion")
    tap.equal(p.leaves(), 0, "a person: comes to an end that the doctor is content with")
    tap.has(text(folder, "sauda.conf"), ["mode = paper", "capital = 50000.00", "day_loss_pct = 4.00", "exposure_max = 40000.00", "[strategy.amd]", "[strategy.vwap_reversion]"], "a person: the settings")
    tap.equal(as_a_shell_has_it(folder, "KOTAK_MOBILE_NUMBER", "KOTAK_UCC", "KOTAK_MPIN", "TELEGRAM_CHAT_ID", "MONGODB_URI"), ["+918877665544", "QXZ98", "739182", "314159", None], "a person: the secrets")
    tap.equal([s for s in (ACCOUNT["KOTAK_CONSUMER_KEY"], "739182", "73918x", ACCOUNT["KOTAK_TOTP_SECRET"], "AAH-abcdef") if s in p.screen], [], "a person: no secret was on the screen")
    tap.equal(checks(folder).returncode, 0, "a person: engined takes them")
    tap.ok(re.search(r"The doctor:.*Start it:", p.screen, re.S), "a person: the doctor, then how to start it", p.screen[-500:])


def leaving(folder):
    for how, key in (("Ctrl-D", "\x04"), ("Ctrl-C while a secret is typed", "\x03")):
        p = Person(folder)
        if key == "\x04":
            p.sees("Mode")
            os.write(p.terminal, b"\x04")
        else:
            p.answers("Mode", "live")
            p.answers("consumer key", "abc\x03", hidden=True)
        status = p.leaves()
        tap.ok(status == 1 and "nothing was written" in p.screen and not os.path.exists(at(folder, "sauda.conf")), f"{how}: it leaves, and nothing was written", (status, p.screen[-200:]))
    p = Person(folder, env={"KOTAK_MPIN": "739182"})
    p.answers("Mode", "")
    for question in ("Telegram: the bot's", "MongoDB", "Capital", "Loss of a day", "Most rupees", "Most entries", "Strategies"):
        p.answers(question, "", hidden=question in ("Telegram: the bot's", "MongoDB"))
    tap.equal(p.leaves(), 0, "empty answers alone: a demo")
    tap.ok("consumer key" not in p.screen and as_a_shell_has_it(folder, "KOTAK_MPIN") == ["739182"], "a demo is asked for no account; what the environment holds is kept")
    tap.has(text(folder, "sauda.conf"), ["mode = demo", "[strategy.ema_cross]"], "a demo has a strategy")


tests = [demo, paper, refusals, doctor_says_no, person, leaving]
if os.path.exists(NEOSIM):
    tests.append(logs_in)
for test in tests:
    with tempfile.TemporaryDirectory(prefix="init-") as made:
        tap.run(test, made)
tap.done()

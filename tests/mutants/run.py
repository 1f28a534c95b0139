#!/usr/bin/env python3
"""Plants each bug of table.py in a copy of the tree, builds what must find it, and looks whether it does, by the name of the invariant that was broken (docs/mutants.md).

    run.py BUILD                    those marked quick; all of them with CHECK_FULL=yes or --all
    run.py BUILD NUMBER...          these
    run.py BUILD --survey NUMBER... what each killer says, whatever is expected
    run.py --table                  the rows of docs/mutants.md

A copy of a build folder whose paths are those of the copied tree builds only what an edit touches: no configure, no compiler cache."""
import contextlib
import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from table import BUGS

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORKERS = 2
LONG = 900       # seconds for a killer: the machine may be busy
SEEDS = 2000     # that a bug may take to be met
SHORT = 200      # events of a run that one can read
NOT_COPIED = {".git", "node_modules", "autom4te.cache", "logs", "www"}
WORK = "mutants."  # folders in the build folder


def say(text):
    print(text, flush=True)


# -- copies of the tree -------------------------------------------------------------------------------------------------------------------------

def left_out(folder, names):
    inside_build = os.path.exists(os.path.join(folder, "config.status"))
    return [n for n in names if n in NOT_COPIED or n.startswith(WORK) or (os.path.exists(os.path.join(folder, n, "config.status"))) or (inside_build and n in ("bench", "sdk"))]


def move_paths(folder, old, new):
    """Makefiles and what they include name the tree by its full path. Their times stay, or make would begin at configure."""
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.islink(path) or not (name in ("Makefile", "config.status", "libtool") or name.endswith(".Po")):
                continue
            times = os.stat(path)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            for o, n in zip(old, new):
                text = text.replace(o, n)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


class Copy:
    """A tree and its build folder; edits are taken back before the next."""

    def __init__(self, build, folder):
        self.top = os.path.join(folder, "tree")
        inside = os.path.relpath(build, TOP)  # make goes from one to the other by that way
        self.build = os.path.join(folder, "build") if inside.startswith("..") else os.path.join(self.top, inside)
        self.stale = set()  # folders whose objects are not those of the sources
        self.saved = {}
        shutil.copytree(TOP, self.top, symlinks=True, ignore=left_out)
        shutil.copytree(build, self.build, symlinks=True, ignore=left_out)
        move_paths(self.build, (build, TOP), (self.build, self.top))
        with open(os.path.join(self.build, "Makefile"), encoding="utf-8") as f:
            self.flags = "CFLAGS=" + re.search(r"^CFLAGS = (.*)$", f.read(), re.M).group(1) + " -w"  # what a bug leaves unused is no error

    def restore(self):
        for path, text in self.saved.items():
            with open(os.path.join(self.top, path), "w", encoding="utf-8") as f:
                f.write(text)
        self.saved = {}

    def plant(self, edits):
        """Why it cannot be planted, or None."""
        self.restore()
        for path, old, new in edits:
            with open(os.path.join(self.top, path), encoding="utf-8") as f:
                text = f.read()
            if text.count(old) != 1:
                return f"its text is {text.count(old)} times in {path}, not once: {old.strip().splitlines()[0]}"
            self.saved.setdefault(path, text)
            with open(os.path.join(self.top, path), "w", encoding="utf-8") as f:
                f.write(text.replace(old, new))
            self.stale.add(os.path.dirname(path))
        return None

    def make(self, targets):
        """targets: (folder, program). What the compiler says when it refuses, or None."""
        for folder, program in [(d, "") for d in sorted(self.stale)] + targets:
            done = subprocess.run(["make", "-s", "-C", os.path.join(self.build, folder), self.flags] + program.split(),
                                  capture_output=True, text=True, check=False)
            if done.returncode != 0:
                return (done.stderr or done.stdout)[-1500:]
        self.stale = {os.path.dirname(path) for path in self.saved}
        return None


# -- what finds them ----------------------------------------------------------------------------------------------------------------------------

class Verdict:
    def __init__(self, killed, text, seeds=None, output="", rules=()):
        self.killed, self.text, self.seeds, self.output, self.rules = killed, text, seeds, output, rules


def environment(copy, folder):
    return {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP", "srcdir": os.path.join(copy.top, folder), "abs_top_srcdir": copy.top, "SAUDA_TABLES": os.path.join(copy.top, "tables"),
            "SAUDA_ENGINECTL": os.path.join(copy.build, "engined/enginectl"), "SAUDA_PEER": os.path.join(copy.top, "tests/loop/peer.py"),
            "SAUDA_NEOSIM": os.path.join(copy.build, "tests/neosim/neosim")}


running = set()


@contextlib.contextmanager
def started(command, copy, folder):
    """In a session of its own, which ends with us."""
    with subprocess.Popen(command, cwd=os.path.join(copy.build, folder), env=environment(copy, folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          start_new_session=True) as p:
        running.add(p.pid)
        try:
            yield p
        finally:
            running.discard(p.pid)


def end_all(*_):
    for pid in list(running):
        os.killpg(pid, signal.SIGKILL)
    sys.exit(1)


def run(command, copy, folder):
    with started(command, copy, folder) as p:
        try:
            output, _ = p.communicate(timeout=LONG)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            output, _ = p.communicate()
            output += "\ntimed out\n"
    return p.returncode, output


class Killer:
    """Of one machine: what to build, how to run it, and by which words it names what was broken."""

    def __init__(self, words, invariant):
        self.machine, *self.args = words.split(" ", 2)
        self.invariants = invariant.split(", ")  # any of them
        self.any = "(?:" + "|".join(self.invariants) + ")"

    def builds(self):
        if self.machine == "unit":
            return [os.path.split(self.args[0])]
        return {"exhaustive": [("tests/core", "exhaustive")], "sim": [("tests/sim", "sim")], "scenario": [("tests/core", "scenario")], "crash": [("tests/crash", "sweep")]}[self.machine]

    def look(self, copy, seeds=None):
        return getattr(self, "look_" + self.machine)(copy, seeds)

    def judge(self, status, output, pattern, what):
        """Killed: it failed, by that name."""
        found = re.search(pattern, output, re.M)
        if status != 0 and found:
            return Verdict(True, f"{what}: {found.group(0).strip()}", output=output)
        return Verdict(False, "it passes" if status == 0 else f"it fails otherwise (status {status})", output=output)

    def look_exhaustive(self, copy, _):
        status, output = run(["./exhaustive", self.args[0] if self.args else "5"], copy, "tests/core")
        return self.judge(status, output, rf"\b{self.any} broken after .*", "exhaustive")

    def look_crash(self, copy, _):
        status, output = run(["./sweep"], copy, "tests/crash")
        return self.judge(status, re.split(r"^(?:not )?ok 1 -", output, maxsplit=1, flags=re.M)[0], rf"(?<=: ){self.any}: .*", "crash")  # then come its own plants

    def look_unit(self, copy, _):
        program, test = self.args
        folder = os.path.dirname(program)
        status, output = run(["./" + os.path.basename(program)], copy, folder)
        return self.judge(status, output, rf"^not ok \d+ - {re.escape(test)}$", program)

    def look_scenario(self, copy, _):
        status, output = run(["./scenario", os.path.join(copy.top, self.args[0])], copy, "tests/core")
        return self.judge(status, output, rf"{re.escape(os.path.basename(self.args[0]))}:\d+: .*", self.args[0])

    def look_sim(self, copy, seeds):
        """Seed after seed until one fails by that name; seeds: all of these must hold."""
        command = ["./sim", *" ".join(self.args).split(), "--seed", "1", "--seeds", str(seeds or SEEDS)]
        others = {}
        with started(command, copy, "tests/sim") as p:
            timer = threading.Timer(LONG, p.kill)
            timer.start()
            try:
                for line in p.stdout:
                    failed = re.match(r"FAIL (I\d+) .*--seed (\d+)", line)
                    if failed and failed.group(1) in self.invariants and not seeds:
                        p.kill()
                        number = int(failed.group(2))
                        return Verdict(True, f"sim: {line.strip()}", number, f"others before: {others}\n")
                    if failed:
                        others[failed.group(1)] = others.get(failed.group(1), 0) + 1
            finally:
                timer.cancel()
                p.wait()
                shutil.rmtree(f"/dev/shm/sauda-sim-{p.pid}", ignore_errors=True)
                shutil.rmtree(f"/tmp/sauda-sim-{p.pid}", ignore_errors=True)
        return Verdict(False, "it passes" if p.returncode == 0 else f"it fails otherwise (status {p.returncode}): {others}", output=str(others))

    def shrink(self, copy, seed):
        """(Events, what it prints, the command that does it again) or None."""
        _, output = run(["./sim", *" ".join(self.args).split(), "--seed", str(seed), "--shrink"], copy, "tests/sim")
        shrunk = re.search(rf"^shrunk: {self.any} at event (\d+) of \d+, with (\d+) faults", output, re.M)
        again = re.search(r"^repro: sim (.*)$", output, re.M)
        return (int(shrunk.group(1)), f"{shrunk.group(1)} events with {shrunk.group(2)} faults", shlex.split(again.group(1))) if shrunk and again else None

    def look_again(self, copy, command):
        status, output = run(["./sim", *command], copy, "tests/sim")
        rules = set(re.findall(r"^FAIL (I\d+)", output, re.M))
        return Verdict(status != 0, "it passes" if status == 0 else f"it fails (status {status}: {', '.join(sorted(rules)) or 'no rule named'})", output=output, rules=rules)


# -- the page ------------------------------------------------------------------------------------------------------------------------------------

def row(bug):
    machine, *rest = bug["killer"].split(" ", 2)
    killer = f"`{rest[0]}`: `{rest[1]}`" if machine == "unit" else f"`{rest[0]}`" if machine == "scenario" else f"`{bug['killer']}`"
    return f"| {bug['number']} | {bug['name']} | {bug['invariant']} | {killer} |"


def missing_rows():
    with open(os.path.join(TOP, "docs/mutants.md"), encoding="utf-8") as f:
        page = f.read().splitlines()
    return [row(b) for b in BUGS if row(b) not in page]


def misfits():
    """Bugs whose text is gone, of all and not only of those that are run: a table that rots is found by the change that lets it."""
    found = []
    for bug in BUGS:
        texts = {}
        for path, old, new in bug["edits"]:
            if path not in texts:
                with open(os.path.join(TOP, path), encoding="utf-8") as f:
                    texts[path] = f.read()
            if texts[path].count(old) != 1:
                found.append(f"{bug['number']}: {texts[path].count(old)} times in {path}, not once: {old.strip().splitlines()[0]}")
            texts[path] = texts[path].replace(old, new)
    return found


# -- all of them --------------------------------------------------------------------------------------------------------------------------------

class Suite:
    def __init__(self, build, bugs, survey):
        self.build, self.bugs, self.survey = build, bugs, survey
        self.work = queue.Queue()
        self.lock = threading.Lock()
        self.results, self.shrunk, self.seeds, self.unsound = {}, {}, 0, 0
        self.n = 0

    def result(self, good, text, detail=""):
        with self.lock:
            self.n += 1
            say(f"{'ok' if good else 'not ok'} {self.n} - {text}")
            if detail:
                say("\n".join("#   " + line for line in detail.strip().splitlines()[-25:]))
        return good

    def bug(self, copy, bug):
        began = time.time()
        why = copy.plant(bug["edits"])
        name = f"{bug['number']} {bug['name']}"
        if why:
            return self.result(False, f"{name}: cannot be planted: {why}")
        killer = Killer(bug["killer"], bug["invariant"])
        why = copy.make(killer.builds())
        if why:
            return self.result(False, f"{name}: does not compile", why)
        verdict = killer.look(copy)
        extra = ""
        if verdict.killed and verdict.seeds:
            with self.lock:
                self.seeds = max(self.seeds, verdict.seeds)
            extra = f" after {verdict.seeds} seed{'s' if verdict.seeds > 1 else ''}, " + self.shrink(copy, killer, verdict.seeds, name)
        return self.result(verdict.killed, f"{name}: {'killed' if verdict.killed else 'SURVIVES'} ({bug['invariant']}): {verdict.text}{extra} [{time.time() - began:.0f} s]",
                           "" if verdict.killed and not self.survey else verdict.output)

    def shrink(self, copy, killer, seed, name):
        shrunk = killer.shrink(copy, seed)
        if not shrunk:
            return "not shrunk"
        with self.lock:
            self.shrunk[name] = shrunk
        return f"shrunk to {shrunk[1]}"

    def holds(self, copy, name):
        """The run that was cut down to show one bug, without it: it must hold. But for I27, flat within a time: with faults made so loud and a day so short
        that no engine could be in time the cut shows nothing of the bug, so the uncut run stands and the cut counts as none."""
        copy.plant([])
        killer = Killer("sim", "I0")
        why = copy.make(killer.builds())
        verdict = killer.look_again(copy, self.shrunk[name][2]) if not why else Verdict(False, why)
        late = verdict.killed and verdict.rules == {"I27"}
        if late:
            with self.lock:
                del self.shrunk[name]
                self.unsound += 1
        return self.result(not why and (late or not verdict.killed), f"nothing planted: what {name} was shrunk to: {verdict.text}" +
                           (", so it is not shrunk" if late else ""), "" if late else why or verdict.output)

    def control(self, copy, words):
        """The same without any bug: it must hold, else a failure proves nothing."""
        copy.plant([])
        killer = Killer(words, "I0")
        why = copy.make(killer.builds())
        if why:
            return self.result(False, f"nothing planted: {words} does not build", why)
        verdict = killer.look(copy, seeds=self.seeds if killer.machine == "sim" else None)
        good = not verdict.killed and verdict.text == "it passes"
        return self.result(good, f"nothing planted: {words} passes" + (f" for seeds 1 to {self.seeds}" if killer.machine == "sim" else ""), "" if good else verdict.output)

    def worker(self, copy):
        while True:
            try:
                what, name, item = self.work.get_nowait()
            except queue.Empty:
                return
            try:
                good = what(copy, item)
            except Exception as error:  # one that cannot be tried is no kill
                good = self.result(False, f"{name}: {error!r}")
            with self.lock:
                self.results[name] = good

    def all_of(self, items):
        """items: (method, name, argument)"""
        for item in items:
            self.work.put(item)
        threads = [threading.Thread(target=self.worker, args=(copy,), daemon=True) for copy in self.copies]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    def run(self):
        folder = tempfile.mkdtemp(prefix=WORK, dir=self.build)
        try:
            return self.run_in(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run_in(self, folder):
        self.copies = [Copy(self.build, os.path.join(folder, str(i))) for i in range(min(WORKERS, len(self.bugs)))]
        self.all_of([(self.bug, b["number"], b) for b in sorted(self.bugs, key=lambda b: b["killer"].split()[0] != "sim")])  # the long ones first
        controls = sorted({b["killer"] if b["killer"].split()[0] != "unit" else " ".join(b["killer"].split()[:2]) + " any" for b in self.bugs})
        if not self.survey:
            self.all_of([(self.control, c, c) for c in controls] + [(self.holds, "shrunk " + name, name) for name in self.shrunk])
        self.result(not missing_rows(), "docs/mutants.md has a row of each", "\n".join(missing_rows()))
        self.result(not misfits(), "the text of each is in its file once", "\n".join(misfits()))
        numbers = {re.match(r"\d+", b["number"]).group(0) for b in self.bugs}
        alive = {re.match(r"\d+", b["number"]).group(0) for b in self.bugs if not self.results[b["number"]]}
        say(f"1..{self.n}")
        short = sum(events <= SHORT for events, _, _ in self.shrunk.values())
        say(f"# shrunk: {short} of {len(self.shrunk) + self.unsound} to at most {SHORT} events, the longest {max([events for events, _, _ in self.shrunk.values()], default=0)}")
        say(f"# mutants: {len(numbers - alive)}/{len(numbers)} killed")
        return 0 if all(self.results.values()) and not missing_rows() and not misfits() else 1


def main():
    survey = "--survey" in sys.argv
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    if "--table" in sys.argv:
        say("\n".join(row(b) for b in BUGS))
        return 0
    if not words:
        say(__doc__)
        return 2
    build, numbers = os.path.abspath(words[0]), words[1:]
    signal.signal(signal.SIGTERM, end_all)  # ./check's patience is over: the copies go all the same
    every = os.environ.get("CHECK_FULL") or "--all" in sys.argv
    chosen = [b for b in BUGS if (b["number"] in numbers if numbers else every or b.get("quick"))]
    return Suite(build, chosen, survey).run()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Man pages and completions are made from what the programs print of their own tables: every command and setting is in them, a shell takes them, man has no complaint."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from sauda import BUILD, ENGINECTL, ENV, Tap  # noqa: E402

tap = Tap()
MAN = ("engined.8", "engine-watchdog.8", "engine-api.8", "enginectl.1", "sauda.conf.5")


def made(script, folder):
    return subprocess.run([os.path.join(TOP, "packaging", script), BUILD, folder], env=ENV, capture_output=True, text=True)


def text(folder, name):
    with open(os.path.join(folder, name)) as f:
        return f.read()


def commands():
    out = subprocess.run([ENGINECTL, "help"], env=ENV, capture_output=True, text=True).stdout
    return re.findall(r"^  ([a-z][a-z.-]*)", out, re.M)


def man(folder):
    r = made("man.sh", folder)
    tap.equal((r.returncode, r.stderr, sorted(os.listdir(folder))), (0, "", sorted(MAN)), "man.sh writes five pages")
    page = text(folder, "enginectl.1").replace("\\-", "-")
    tap.equal([c for c in commands() if f"\n.SS {c}\n" not in page], [], "enginectl(1) has every command")
    tap.equal(re.findall(r"\n\.SS (.*)\n\.nf\n\.fi", page), [], "and none without words")
    with open(os.path.join(TOP, "engined", "config", "config.tbl.h")) as f:
        keys = re.findall(r"^CONFIG_\w+\(\w+, (\w+),", f.read(), re.M)
    conf = text(folder, "sauda.conf.5").replace("\\-", "-")
    tap.equal([k for k in keys if not re.search(rf"\n#?{k} =", conf)], [], "sauda.conf(5) has every setting")
    tap.has(text(folder, "engined.8"), ["NOT FLAT", "SIGTERM", r"\-\-print\-config"], "engined(8) has its options, signals and statuses")
    if not shutil.which("groff"):
        return tap.skip("groff has no complaint", "no groff here")
    for name in MAN:
        r = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", os.path.join(folder, name)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        tap.equal([line for line in r.stderr.splitlines() if "adjust" not in line and "break" not in line], [], f"{name}: groff has no complaint")
    return None


def bash(folder, *words):
    """What bash offers for the last of the words."""
    script = f'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _enginectl; echo "${{COMPREPLY[@]}}"'
    return subprocess.run(["bash", "-c", script, "bash", os.path.join(folder, "enginectl"), "enginectl", *words], env=ENV, capture_output=True, text=True).stdout.split()


def completion(folder):
    r = made("complete.sh", folder)
    tap.equal((r.returncode, r.stderr, sorted(os.listdir(folder))), (0, "", ["_enginectl", "enginectl", "enginectl.fish"]), "complete.sh writes three files")
    tap.equal(sorted(set(commands()) - set(bash(folder, ""))), [], "bash: every command")
    tap.equal(bash(folder, "strategy.p"), ["strategy.pause"], "bash: by its beginning")
    tap.equal(bash(folder, "--socket", "/x", "--json", "kill", "f"), ["flatten"], "bash: a choice, behind options")
    tap.equal(bash(folder, "shutdown", "--w"), ["--wait"], "bash: an option")
    tap.ok("kill" in bash(folder, "help", "k"), "bash: help of a command")
    for name, form in (("_enginectl", "'{}:"), ("enginectl.fish", "-a {} -d")):
        tap.equal([c for c in commands() if form.format(c) not in text(folder, name)], [], f"{name}: every command")
    for shell, name in (("zsh", "_enginectl"), ("fish", "enginectl.fish")):
        if shutil.which(shell):
            r = subprocess.run([shell, "-n", os.path.join(folder, name)], capture_output=True, text=True)
            tap.equal((r.returncode, r.stderr), (0, ""), f"{shell} takes it")
        else:
            tap.skip(f"{shell} takes it", f"no {shell} here")


for test in (man, completion):
    with tempfile.TemporaryDirectory() as made_in:
        tap.run(test, made_in)
tap.done()

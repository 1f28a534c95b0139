#!/usr/bin/env python3
"""What Grafana shows and Prometheus alarms about is there: every metric and label they name is in the engine's /metrics, whose text is what Prometheus reads."""
import json
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from sauda import Engine, Tap  # noqa: E402

tap = Tap()
FOLDER = os.path.join(TOP, "packaging", "monitoring")


def text(name):
    with open(os.path.join(FOLDER, name)) as f:
        return f.read()


def exposed(metrics):
    """Names by HELP and TYPE, and whether each sample reads as one."""
    named = set(re.findall(r"^# TYPE (\w+) (?:gauge|counter|histogram)$", metrics, re.M))
    bad = [line for line in metrics.splitlines() if not re.fullmatch(r'# (HELP|TYPE) .+|(\w+)(\{(\w+="[^"]*",?)+\})? -?[0-9.]+(e[+-]?\d+)?|(\w+)(\{.*\})? NaN', line)]
    return named, bad


def used(expressions):
    return set(re.findall(r"\bsauda_\w+", " ".join(expressions)))


with Engine() as e:
    e.start("--mode", "demo")
    metrics = e.call("metrics")
named, bad = exposed(metrics)
tap.ok(len(named) > 12 and not bad, "/metrics is what Prometheus reads", bad)
tap.equal([n for n in sorted(named) if f"# HELP {n} " not in metrics], [], "each metric says what it is")
board = json.loads(text("sauda.json"))
expressions = [t["expr"] for p in board["panels"] for t in p["targets"]]
tap.ok(len(expressions) > 12 and used(expressions) <= named, "the dashboard shows what there is", used(expressions) - named)
tap.equal(sorted(named - used(expressions)), [], "and all there is")
ids = [p["id"] for p in board["panels"]]
tap.equal(len(set(ids)), len(ids), "its panels are told apart")
cells = [(x, y) for p in board["panels"] for g in [p["gridPos"]] for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]
tap.ok(len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24, "and do not overlap")
rules = text("alerts.yml")
tap.ok(used([rules]) - {"sauda"} <= named and rules.count("- alert:") == rules.count("expr:") == rules.count("remedy:"), "the alarms ask what there is, and say what to do",
       used([rules]) - named)
if shutil.which("promtool"):
    r = subprocess.run(["promtool", "check", "rules", os.path.join(FOLDER, "alerts.yml")], capture_output=True, text=True)
    tap.equal((r.returncode, r.stderr), (0, ""), "promtool takes the alarms")
else:
    tap.skip("promtool takes the alarms", "no promtool here (package prometheus)")
tap.done()

#!/usr/bin/env python3
"""What Grafana shows and Prometheus alarms about is there: every metric and label they name is in the engine's /metrics, whose text is what Prometheus reads."""
import json
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from promtool import promtool  # noqa: E402
from sauda import Engine, Tap, wait_for  # noqa: E402

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


def used(expressions, named):
    """The metrics that are named; a histogram by any of its three series."""
    found = re.findall(r"\bsauda_\w+", " ".join(expressions))
    return {next((h for h in (re.sub(r"_(bucket|sum|count)$", "", n),) if h in named and n not in named), n) for n in found}


def series(metrics, name):
    """Of a histogram: {labels without le: ([(le, cumulative)], sum, count)}."""
    found = {}
    for part, labels, value in re.findall(rf"^{name}_(bucket|sum|count)(?:{{(.*?)}})? (\S+)$", metrics, re.M):
        le = re.search(r'(?:^|,)le="([^"]+)"$', labels)
        buckets, ends = found.setdefault(labels[: le.start()] if le else labels, ([], {}))
        if part == "bucket":
            buckets.append((float(le[1]), int(value)))
        else:
            ends[part] = float(value)
    return {k: (b, e.get("sum"), e.get("count")) for k, (b, e) in found.items()}


def sound(one):
    """Buckets rise, in bound and number, to one without a bound, which is the count; the sum can be of them."""
    buckets, total, count = one
    bounds, numbers = [b for b, _ in buckets], [n for _, n in buckets]
    least = sum((n - m) * b for (b, n), m, b in zip(buckets[1:-1], numbers[:-2], bounds[:-2]))
    return bounds == sorted(set(bounds)) and numbers == sorted(numbers) and bounds[-1] == float("inf") and numbers[-1] == count and total >= least - 1e-6


TIMINGS = {"sauda_decision_seconds": 1, "sauda_order_durable_seconds": 1, "sauda_order_round_trip_seconds": 3, "sauda_loop_turn_seconds": 1, "sauda_command_seconds": 1,
           "sauda_store_lag_seconds": 1, "sauda_feed_age_seconds": 2}


with Engine() as e:
    e.start("--mode", "demo", speed=1000)

    def traded():
        global metrics
        metrics = e.call("metrics")
        return series(metrics, "sauda_order_durable_seconds")[""][2] > 0 and series(metrics, "sauda_feed_age_seconds")['feed="market"'][2] > 0

    tap.ok(wait_for(traded), "a demo has decided something, and its orders left", metrics[-600:])
named, bad = exposed(metrics)
tap.ok(len(named) > 12 and not bad, "/metrics is what Prometheus reads", bad)
tap.equal([n for n in sorted(named) if f"# HELP {n} " not in metrics], [], "each metric says what it is")
board = json.loads(text("sauda.json"))
expressions = [t["expr"] for p in board["panels"] for t in p["targets"]]
tap.ok(len(expressions) > 12 and used(expressions, named) <= named, "the dashboard shows what there is", used(expressions, named) - named)
tap.equal(sorted(named - used(expressions, named)), [], "and all there is")
ids = [p["id"] for p in board["panels"]]
tap.equal(len(set(ids)), len(ids), "its panels are told apart")
cells = [(x, y) for p in board["panels"] for g in [p["gridPos"]] for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]
tap.ok(len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24, "and do not overlap")
rules = text("alerts.yml")
tap.ok(used([rules], named) - {"sauda"} <= named and rules.count("- alert:") == rules.count("expr:") == rules.count("remedy:"), "the alarms ask what there is, and say what to do",
       used([rules], named) - named)
with open(os.path.join(TOP, "docs", "monitoring.md")) as f:
    explained = re.findall(r"`(sauda_\w+)`", "".join(line.split(" | ")[0] for line in f if line.startswith("| `")))
tap.equal(sorted(explained), sorted(named), "the page explains each, once")
told = {n: series(metrics, n) for n in sorted(TIMINGS)}
tap.equal({n: len(s) for n, s in told.items()}, TIMINGS, "how long things take is told in a histogram each, by kind and feed where there are several")
tap.equal([n for n, s in told.items() if not all(map(sound, s.values()))], [], "each of which is one")
tap.equal(sorted(n for n in named if n.endswith("_seconds") and f"# TYPE {n} histogram" not in metrics), ["sauda_loop_lag_max_seconds"], "no other metric claims to be of seconds")
tap.equal([n for n in named if re.search(r"(_ms|_us|_ns|milliseconds|microseconds|_minutes|_paise)$", n)], [], "and none counts in other units")
asked = re.findall(r'(sauda_\w+)_bucket\{[^}]*le="([^"]+)"', rules)
tap.equal([(n, le) for n, le in asked if float(le) not in {b for s in told[n].values() for b, _ in s[0]}], [], "the alarms ask for bounds that there are")
tap.ok(len(asked) > 1 and len(metrics) < 60000, "all of it fits what engine-api reads it from", len(metrics))
with tempfile.TemporaryDirectory() as folder:
    tool = promtool(folder)
    for what, arguments, given in (("the alarms", ["rules", os.path.join(FOLDER, "alerts.yml")], None), ("/metrics", ["metrics"], metrics)):
        if not tool:
            tap.skip(f"promtool takes {what}", "no promtool here (package prometheus; --full fetches it)")
            continue
        r = subprocess.run([tool, "check", *arguments], input=given, capture_output=True, text=True)
        tap.equal((r.returncode, r.stderr), (0, ""), f"promtool takes {what}")
tap.done()

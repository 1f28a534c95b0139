#!/usr/bin/env python3
"""Each alarm of Prometheus speaks when it should and not before its time; none does in an ordinary day, in the night after it with a position carried, or on a holiday.
`promtool test rules` plays the series, so no engine and no server is needed."""
import json
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from promtool import promtool  # noqa: E402
from sauda import Tap  # noqa: E402

tap = Tap()
RULES = os.path.join(TOP, "packaging", "monitoring", "alerts.yml")
STEP, MINUTE = 5, 12  # seconds between scrapes, as in prometheus.yml; scrapes in a minute
OF = 'instance="sauda:5000",job="sauda"'
OPENS, CLOSES, ENDS = 15, 390, 450  # minutes; it begins at 09:00


def rules():
    with open(RULES) as f:
        text = f.read()
    found = re.findall(r"- alert: (\w+)(.*?)annotations: \{ summary: \"(.*?)\", remedy: \"(.*?)\" \}", text, re.S)
    return {name: (re.search(r"severity: (\w+)", body).group(1), {"summary": summary, "remedy": remedy}) for name, body, summary, remedy in found}


def flat(value, minutes):
    return f"{value}x{minutes * MINUTE - 1}"


def day(before, during, after, minutes=ENDS):
    """Constant, by market hours."""
    return f"{flat(before, OPENS)} {flat(during, CLOSES - OPENS)} {flat(after, minutes - CLOSES)}"


def rising(a_step, minutes, start=0):
    return f"{start}{a_step:+d}x{minutes * MINUTE - 1}"


def busy(a_step, idle=0, start=1000):
    """A counter that rises while the market trades."""
    opened = start + idle * OPENS * MINUTE
    closed = opened + a_step * (CLOSES - OPENS) * MINUTE
    return f"{rising(idle, OPENS, start)} {rising(a_step, CLOSES - OPENS, opened)} {rising(idle, ENDS - CLOSES, closed)}"


def histogram(name, bounds, counts, labels="", idle=False):
    """Cumulative counts a scrape for each bound, +Inf last, which is the count."""
    extra = labels and labels + ","
    series = {f'{name}_bucket{{{extra}{OF},le="{b}"}}': busy(n, n if idle else 0) for b, n in zip([*bounds, "+Inf"], counts)}
    series[f"{name}_count{{{extra}{OF}}}"] = busy(counts[-1], counts[-1] if idle else 0)
    return series


TURN, AGE = "0.134217728", "12.884901888"
ORDINARY = {
    f"up{{{OF}}}": flat(1, ENDS),
    f'sauda_info{{mode="live",state="running",{OF}}}': flat(1, ENDS),
    f"sauda_open_positions{{{OF}}}": day(0, 1, 1),
    f"sauda_ready{{{OF}}}": day(0, 1, 0),
    f"sauda_market_open{{{OF}}}": day(0, 1, 0),
    f"sauda_journal_sequence{{{OF}}}": busy(500, start=1003),
    f"sauda_journal_durable_sequence{{{OF}}}": f"{flat(1003, OPENS)} {rising(500, CLOSES - OPENS, 1000)} {flat(1003 + 500 * (CLOSES - OPENS) * MINUTE, ENDS - CLOSES)}",
    f"sauda_store_sequence{{{OF}}}": busy(500, start=900),
    f"sauda_checkpoints_failed_total{{{OF}}}": flat(0, ENDS),
    f"sauda_loop_lag_max_seconds{{{OF}}}": flat(0.04, ENDS),
    f"sauda_disk_free_bytes{{{OF}}}": busy(-380000, start=40000000000),
    **histogram("sauda_store_lag_seconds", ["0.016", "0.5"], [40, 50, 50]),
    **histogram("sauda_loop_turn_seconds", ["0.001", TURN], [4990, 5000, 5000], idle=True),
    **histogram("sauda_order_durable_seconds", ["0.001", "0.05"], [9, 10, 10]),
    **histogram("sauda_order_round_trip_seconds", ["0.1", "2.1"], [8, 10, 10], 'kind="place"'),
    **histogram("sauda_feed_age_seconds", ["1.0", AGE], [50, 50, 50], 'feed="market"'),
    **histogram("sauda_command_seconds", ["0.001", "1.1"], [49, 50, 50], idle=True),
}


def holiday():
    """Nothing moves but the loop."""
    series = {name: (values if "loop_turn" in name or "command" in name else flat(values.split("x")[0].split("+")[0].split("-")[0] or 0, ENDS)) for name, values in ORDINARY.items()}
    series[f"sauda_open_positions{{{OF}}}"] = flat(1, ENDS)
    return series


AT = 60  # the minute of the ordinary day at which something begins


def turns(name, value, labels=""):
    """A series of the ordinary day that has another value, or pace, from then on."""
    full = f"{name}{{{labels and labels + ','}{OF}}}"
    return {full: f"{flat(ORDINARY[full].split('x')[0].split('+')[0], AT)} {value}"}


def counts(name, bounds, before, after, labels=""):
    """A histogram whose counts a scrape change."""
    extra = labels and labels + ","
    keys = [f'{name}_bucket{{{extra}{OF},le="{b}"}}' for b in [*bounds, "+Inf"]] + [f"{name}_count{{{extra}{OF}}}"]
    return {k: f"{rising(b, AT, 1000)} {rising(a, 60, 1000 + b * AT * MINUTE)}" for k, b, a in zip(keys, [*before, before[-1]], [*after, after[-1]])}


# alarm: (what is otherwise than on an ordinary day, seconds after which it is still quiet, and after which it speaks, its labels)
SPEAKS = {
    "SaudaDown": ({f"up{{{OF}}}": f"{flat(1, AT)} {flat(0, 60)}", f'sauda_info{{mode="live",state="running",{OF}}}': f"{flat(1, AT)} stale"}, 25, 40, {}),
    "SaudaPositionsNotReady": ({f"sauda_ready{{{OF}}}": f"{flat(0, OPENS)} {flat(1, AT - OPENS)} {flat(0, 60)}"}, 110, 130, {}),
    "SaudaJournalBehind": ({f"sauda_journal_sequence{{{OF}}}": rising(500, 120, 1003), f"sauda_journal_durable_sequence{{{OF}}}": f"{rising(500, AT, 1000)} {flat(1000 + 500 * AT * MINUTE, 60)}"}, 110, 130, {}),
    "SaudaStoreBehind": ({f"sauda_journal_durable_sequence{{{OF}}}": rising(500, 120, 1000), f"sauda_journal_sequence{{{OF}}}": rising(500, 120, 1003),
                          f"sauda_store_sequence{{{OF}}}": f"{rising(500, AT, 900)} {flat(900 + 500 * AT * MINUTE, 60)}"}, 300, 430, {}),
    "SaudaCheckpointFailed": (turns("sauda_checkpoints_failed_total", flat(1, 60)), -5, 10, {}),
    "SaudaLoopLate": (turns("sauda_loop_lag_max_seconds", flat(1.5, 60)), -5, 10, {}),
    "SaudaLoopBusy": (counts("sauda_loop_turn_seconds", ["0.001", TURN], [4990, 5000, 5000], [4980, 4999, 5000]), -5, 15, {}),
    "SaudaDiskSlow": (counts("sauda_order_durable_seconds", ["0.001", "0.05", "0.1"], [9, 10, 10, 10], [5, 5, 10, 10]), -5, 600, {}),
    "SaudaDiskFilling": (turns("sauda_disk_free_bytes", flat(5900000000, 60)), 290, 310, {}),
    "SaudaBrokerSlow": (counts("sauda_order_round_trip_seconds", ["0.1", "2.1", "4.2"], [8, 10, 10, 10], [2, 5, 10, 10], 'kind="place"'), -5, 600, {"kind": "place"}),
    "SaudaPricesOld": (counts("sauda_feed_age_seconds", ["1.0", AGE], [50, 50, 50], [0, 0, 50], 'feed="market"'), 10, 30, {"feed": "market"}),
    "SaudaCommandsSlow": (counts("sauda_command_seconds", ["0.001", "1.1", "2.2"], [49, 50, 50, 50], [20, 20, 50, 50]), 300, 720, {}),
}
# Of the labels, those that an expression's aggregation leaves.
BARE = {"SaudaDiskSlow", "SaudaBrokerSlow", "SaudaCommandsSlow"}


def labels(name, severity, more):
    job = {} if name in BARE else {"job": "sauda"}
    return {"severity": severity, "instance": "sauda:5000", **job, **more}


def group(name, series, asked):
    return {"name": name, "interval": f"{STEP}s", "input_series": [{"series": k, "values": v} for k, v in series.items()],
            "alert_rule_test": [{"eval_time": f"{int(t)}s", "alertname": alarm, "exp_alerts": alerts} for t, alarm, alerts in asked]}


def speaks(name, severity, annotations):
    otherwise, quiet, loud, more = SPEAKS[name]
    heard = [{"exp_labels": labels(name, severity, more), "exp_annotations": annotations}]
    return group(name, {**ORDINARY, **otherwise}, [(AT * 60 + quiet, name, []), (AT * 60 + loud, name, heard)])


def silent(name, series, alarms):
    return {**group(name, series, [(minute * 60, alarm, []) for minute in (1, OPENS, OPENS + 1, OPENS + 7, 200, CLOSES - 1, CLOSES + 1, CLOSES + 7, ENDS - 1) for alarm in alarms]), "every": "20s"}


def once_late():
    """A delay of this morning is no news in the afternoon; nor is a service that was never there twice."""
    return group("late in the morning", {**ORDINARY, **turns("sauda_loop_lag_max_seconds", flat(1.5, 60))}, [((AT + 16) * 60, "SaudaLoopLate", [])])


def never_there(severity, annotations):
    return group("no series at all", {"other{}": flat(1, 5)}, [(120, "SaudaDown", [{"exp_labels": {"severity": severity}, "exp_annotations": annotations}])])


def play(tool, folder, one):
    path = os.path.join(folder, "test.yml")
    with open(path, "w") as f:
        json.dump({"rule_files": [RULES], "evaluation_interval": one.pop("every", f"{STEP}s"), "tests": [one]}, f)
    run = subprocess.run([tool, "test", "rules", path], capture_output=True, text=True)
    return run.returncode == 0, (run.stdout + run.stderr)[-1500:]


alarms = rules()
tap.ok(len(alarms) > 10, "the alarms are found", list(alarms))
tap.equal(sorted(SPEAKS), sorted(alarms), "each alarm has series that make it speak")
with tempfile.TemporaryDirectory() as place:
    tool = promtool(place)
    played = [(f"{n} speaks when it should, and not before", speaks(n, *alarms[n])) for n in SPEAKS if n in alarms]
    played += [("none speaks in an ordinary day and the night after it", silent("ordinary", ORDINARY, alarms)), ("nor on a holiday", silent("holiday", holiday(), alarms)),
               ("a delay is news for a quarter of an hour", once_late()), ("an engine that was never there is down, once", never_there(*alarms["SaudaDown"]))]
    for what, one in played:
        if tool:
            tap.ok(*[(ok, what, why) for ok, why in [play(tool, place, one)]][0])
        else:
            tap.skip(what, "no promtool here (package prometheus; --full fetches it)")
tap.done()

#!/usr/bin/env python3
"""How soon the engine answers after exec, and how much memory it holds, in paper mode on a whole scrip master, beside a Flask + Gunicorn hello world, by turns in one run. One JSON
line each; the last has the ratios.

bench_footprint.py BUILD_DIR [RUNS [PYTHON]]    PYTHON has flask and gunicorn; without it they are installed into a venv, or left out where that cannot be done

A first answer is one by HTTP. nginx and engine-api stand before the engine, as systemd's socket leaves them, and are not started; Gunicorn answers by itself. Memory is
told as resident, of that not backed by a file, and as the share of each process in what several use (Pss), which is what is compared: Gunicorn's workers share much."""
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "engined"), os.path.join(HERE, "..", "live")]
sys.dont_write_bytecode = True
from bench_start import ask  # noqa: E402
from broker import NEOSIM, STRATEGIES, Broker  # noqa: E402
from sauda import ENV, Engine, Front, free_port, spawn, wait_for  # noqa: E402

RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
ROWS, STRIKES = 100000, 200
UNDERLYINGS = ("NIFTY", "BANKNIFTY", "SENSEX", "NIFTY", "BANKNIFTY")
GOAL_MS, GOAL_KB = 10, 32 * 1024
HELLO = 'from flask import Flask\napp = Flask(__name__)\n@app.route("/")\ndef hello():\n    return "hello, world"\n'


def tell(**what):
    print(json.dumps({"bench": "footprint", **what}), flush=True)


def descendants(pid):
    found = [pid]
    for p in found:
        try:
            for task in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{task}/children") as f:
                    found += map(int, f.read().split())
        except OSError:
            pass
    return found


def field(path, name):
    with open(path) as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))


def memory(pid):
    all_of_it = descendants(pid)
    return {"processes": len(all_of_it), "pss_kb": sum(field(f"/proc/{p}/smaps_rollup", "Pss") for p in all_of_it),
            "rss_kb": sum(field(f"/proc/{p}/status", "VmRSS") for p in all_of_it), "rss_anon_kb": sum(field(f"/proc/{p}/status", "RssAnon") for p in all_of_it), "peak_kb": sum(field(f"/proc/{p}/status", "VmHWM") for p in all_of_it)}


def on_cpu(pid):
    """ms that its processes and threads have had of a processor: what a busy machine does not stretch."""
    total = 0
    for p in descendants(pid):
        for task in os.listdir(f"/proc/{p}/task"):
            with open(f"/proc/{p}/task/{task}/schedstat") as f:
                total += int(f.read().split()[0])
    return total / 1e6


def answers_told(what, answers):
    wall, cpu = zip(*answers)
    tell(what=what, runs=len(answers), min_ms=round(min(wall), 2), median_ms=round(statistics.median(wall), 2), cpu_median_ms=round(statistics.median(cpu), 2))
    return statistics.median(wall)


def first_answer(port, path, headers, began, good):
    """ms from `began` to the first whole answer that is good."""
    while time.perf_counter() - began < 60:
        try:
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            c.request("GET", path, headers=headers)
            r = c.getresponse()
            body = r.read()
            c.close()
            if good(r.status, body):
                return (time.perf_counter() - began) * 1e3
        except OSError:
            pass
    raise RuntimeError(f"no answer on port {port} in a minute")


def asked(path):
    try:
        return ask(path)
    except OSError:
        return None


def ended(p, number=15):
    p.send_signal(number)
    p.wait(60)


# -- the engine ---------------------------------------------------------------------------------------------------------------------


def settings(folder):
    path = os.path.join(folder, "sauda.conf")
    with open(path, "w") as f:
        f.write(f"[engine]\non_stop = keep\n[account]\ncapital = 300000\n[feed]\nstrikes = {STRIKES}\n")
        for name, underlying in zip(STRATEGIES, UNDERLYINGS):
            f.write(f"[strategy.{name}]\nunderlying = {underlying}\n")
    os.chmod(path, 0o600)
    return path


class Paper:
    """An engine on Kotak's data, which lie beside it; started again it finds its journal and the day's master."""

    def __init__(self, broker, engine):
        self.broker, self.engine = broker, engine
        self.args = ["--mode", "paper", "--config", settings(engine.folder), "--clock", broker.clock()]

    def start(self):
        self.engine.start(*self.args, env=self.broker.env(), wait=False)

    def subscriptions(self):
        return self.engine.call("debug")["feed"]["subscriptions"]

    def settled(self):
        """Prices of all of it come in."""
        seen = -1
        while self.engine.call("status")["feed"]["up"] is not True or self.subscriptions() != seen or seen == 0:
            seen = self.subscriptions()
            time.sleep(2)
        return seen

    def first(self, front):
        """By HTTP; without, on the control socket."""
        began = time.perf_counter()
        self.start()
        if front:
            token = {"Authorization": "Bearer " + front.token()}
            took = first_answer(front.port, "/api/status", token, began, lambda status, body: status in (200, 503) and b"engine_down" not in body)
        else:
            while not asked(self.engine.socket):
                pass
            took = (time.perf_counter() - began) * 1e3
        return took, on_cpu(self.engine.process.pid)


def paper():
    with Broker("2026-11-20T11:00:00+05:30", 1, master_rows=ROWS) as broker, Engine("footprint") as engine, Front(engine) as front:
        p = Paper(broker, engine)
        p.start()
        wait_for(engine.ready, 60)
        wait_for(lambda: engine.call("status")["feed"]["up"], 120)
        subscriptions = p.settled()
        held = memory(engine.process.pid)
        tell(what="engined paper", master_rows=ROWS, subscriptions=subscriptions, **held)
        by_http, by_socket = [], []
        for n in range(2 * RUNS):
            ended(engine.process)
            (by_socket if n % 2 else by_http).append(p.first(None if n % 2 else front))
            wait_for(engine.ready, 60)
        ended(engine.process)
        answers_told("engined paper, exec to the first answer on the control socket", by_socket)
        return answers_told("engined paper, exec to the first answer by HTTP", by_http), held


# -- its rival ----------------------------------------------------------------------------------------------------------------------


def python(folder):
    """One that has flask and gunicorn."""
    if len(sys.argv) > 3:
        return sys.argv[3]
    made = os.path.join(folder, "venv", "bin", "python")
    try:
        subprocess.run([sys.executable, "-m", "venv", os.path.join(folder, "venv")], check=True, capture_output=True)
        subprocess.run([made, "-m", "pip", "-q", "--disable-pip-version-check", "install", "flask", "gunicorn"], check=True, capture_output=True, timeout=300)
    except (subprocess.SubprocessError, OSError):
        return None
    return made


def flask():
    with tempfile.TemporaryDirectory() as folder:
        program = python(folder)
        if not program:
            tell(what="Flask + Gunicorn", skipped="they cannot be installed here")
            return None
        with open(os.path.join(folder, "app.py"), "w") as f:
            f.write(HELLO)
        answers, held = [], None
        for _ in range(RUNS):
            port = free_port()
            began = time.perf_counter()
            p = spawn([program, "-m", "gunicorn", "--chdir", folder, "-w", "2", "-b", f"127.0.0.1:{port}", "app:app"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV)
            answers.append((first_answer(port, "/", {}, began, lambda status, body: status == 200), on_cpu(p.pid)))
            if held is None:
                wait_for(lambda: len(descendants(p.pid)) == 3, 10)
                for _ in range(100):
                    first_answer(port, "/", {}, time.perf_counter(), lambda status, body: status == 200)
                held = memory(p.pid)
            ended(p)
        tell(what="Flask + Gunicorn, hello world, 2 workers", **held)
        return answers_told("Flask + Gunicorn, exec to the first answer by HTTP", answers), held


if __name__ == "__main__":
    if not os.path.exists(NEOSIM):
        sys.exit("bench_footprint: no simulated broker was built (make check TESTS=)")
    rival, ours = flask(), paper()
    tell(what="goals", first_ms=GOAL_MS, first_met=ours[0] <= GOAL_MS, rss_kb=GOAL_KB, rss_met=ours[1]["rss_kb"] <= GOAL_KB)
    if rival:
        tell(what="ratios, Flask + Gunicorn to Sauda", first_answer=round(rival[0] / ours[0], 1), memory_pss=round(rival[1]["pss_kb"] / ours[1]["pss_kb"], 2))

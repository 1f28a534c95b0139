#!/usr/bin/env python3
"""How soon engined answers after exec, and how much memory it and engine-api hold. One JSON line each.

bench_start.py BUILD_DIR [RUNS]    the first answer to `status` on the control socket may say `starting`; `ready_ms` is the first that does not.
With SAUDA_DATA the replay's figure is of a real option day, else of a made-up one."""
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "engined"))
sys.dont_write_bytecode = True
import market  # noqa: E402
from sauda import ENGINE_API, ENV, Engine, recording, spawn, wait_for  # noqa: E402

ASK = b'{"jsonrpc":"2.0","id":1,"method":"status"}\n'
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 40


def ask(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(path)
        s.sendall(ASK)
        data = b""
        while not data.endswith(b"\n"):
            chunk = s.recv(65536)
            if not chunk:
                raise OSError("the engine hung up")
            data += chunk
    return json.loads(data)["result"]["state"]


def first_answers(e, args):
    """ms from exec to the first answer, and to the first that is not `starting`."""
    null = os.open(os.devnull, os.O_RDWR)
    command = e.command(*args)
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, ENV, file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)])
    first = None
    try:
        while time.perf_counter() - began < 20:
            try:
                state = ask(e.socket)
            except OSError:
                continue
            first = first or time.perf_counter()
            if state != "starting":
                return (first - began) * 1e3, (time.perf_counter() - began) * 1e3
        raise RuntimeError("no answer in 20 s")
    finally:
        os.close(null)
        os.kill(pid, 15)
        os.waitpid(pid, 0)


def starts(name, args, keep):
    first, ready = [], []
    with Engine() as e:
        for _ in range(RUNS):
            a, b = first_answers(e, args)
            first.append(a)
            ready.append(b)
            if not keep:
                shutil.rmtree(e.state, ignore_errors=True)
    print(json.dumps({"bench": "start", "what": name, "runs": RUNS, "first_ms": {"min": round(min(first), 2), "median": round(statistics.median(first), 2),
                      "max": round(max(first), 2)}, "ready_ms": {"min": round(min(ready), 2), "median": round(statistics.median(ready), 2)}}), flush=True)


def resident(pid):
    with open(f"/proc/{pid}/status") as f:
        return {line.split(":")[0]: int(line.split()[1]) for line in f if line.startswith(("VmRSS", "VmHWM"))}


def memory(day):
    with Engine() as e:
        e.start("--mode", "demo")
        time.sleep(1)
        api = spawn([ENGINE_API, "--runtime", e.runtime], stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(os.path.join(e.runtime, "api.sock")))
        time.sleep(0.3)
        print(json.dumps({"bench": "memory", "what": "engined demo", "kB": resident(e.process.pid)}))
        print(json.dumps({"bench": "memory", "what": "engine-api", "kB": resident(api.pid)}))
        api.kill()
        api.wait()
    with Engine() as e:
        e.start("--data", day, speed="max")
        wait_for(lambda: e.call("status")["feed"]["ended"], 60)
        print(json.dumps({"bench": "memory", "what": "engined replay " + os.path.basename(day), "kB": resident(e.process.pid)}), flush=True)


if __name__ == "__main__":
    with Engine("sauda-data") as folder:
        made = os.path.join(folder.folder, "NIFTY_madeup.csv")
        market.option_days(made, 2, strikes=5)
        real = recording("options/BANKNIFTY_fno_1min_2023-04-10.csv.gz") or made
        starts("demo, new folders", ["--mode", "demo"], False)
        starts("demo, taken up", ["--mode", "demo"], True)
        starts("replay, new folders, " + os.path.basename(real), ["--data", real, "--speed", "1"], False)
        memory(real)

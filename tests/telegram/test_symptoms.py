#!/usr/bin/env python3
"""docs/symptoms.md, command by command, on the engine that the page tells of: each line of an answer that stands there is in the real one, in that order. Numbers, times and
the width of columns are free; `...` is whatever there is, lines or the rest of one."""
import os
import re
import subprocess
import time

from telegram import ENGINECTL, ENV, PATIENCE, TRADER, BotApi, Engine, Tap, settings, wait_for

import market  # noqa: E402  (on the path since telegram)
from sauda import TOP, pause_with_positions

tap = Tap()


def sections():
    """Of the page: [[(command, [lines])] of each heading]."""
    with open(os.path.join(TOP, "docs", "symptoms.md")) as f:
        parts = re.split(r"(?m)^## .*$", f.read())[1:]
    found = []
    for part in parts:
        said = []
        for line in "\n".join(re.findall(r"(?ms)^```\n(.*?)^```$", part)).splitlines():
            if line.startswith("$ "):
                said.append((line[2:], []))
            elif line:
                said[-1][1].append(line)
        found.append(said)
    return found


def plain(line):
    return re.sub(r"[-+]?\d[\d,.:]*", "N", " ".join(line.split()))


def missing(want, have):
    """The first line that is not there, behind those before it."""
    have = [plain(h) for h in have]
    for line in want:
        if line == "...":
            continue
        text, rest = (plain(line[:-3]), True) if line.endswith("...") else (plain(line), False)
        at = next((n for n, h in enumerate(have) if h == text or (rest and h.startswith(text))), None)
        if at is None:
            return line
        have = have[at + 1:]
    return None


def ask(e, command, config):
    if command.startswith("journalctl"):
        return e.said()
    words = command.split()[1:]
    more = ["--config", config] if words[0] == "doctor" else []
    r = subprocess.run([ENGINECTL, "--socket", e.socket, *words, *more], env=ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    return r.stdout + r.stderr


def shows(e, steps, config=None):
    """Asks again for a while: the database and the network have their own pace."""
    for command, lines in steps:
        text = ""

        def there():
            nonlocal text
            text = ask(e, command, config)
            return missing(lines, text.splitlines()) is None

        good = wait_for(there, 15) if lines else there()
        tap.ok(good, f"$ {command}", (missing(lines, text.splitlines()), text[-1500:]))


def cut(steps, command):
    """Before and from the first of that command on."""
    n = next(n for n, (c, _) in enumerate(steps) if c == command)
    return steps[:n], steps[n:]


def trades(e, data, steps):
    e.start("--data", data, speed=1)
    tap.ok(pause_with_positions(e), "a replay holds a position", e.said())
    shows(e, steps)


def restarted(e, data, steps):
    e.kill()
    e.start("--data", data, speed=1)
    e.call("replay.set", paused=True)
    shows(e, steps)


def exits(e, later):
    e.call("replay.set", paused=False)
    shows(e, later[:1])
    tap.ok(wait_for(lambda: e.call("status")["feed"]["ended"], PATIENCE), "the day goes on")
    shows(e, later[1:])


def telegram(steps):
    test = "enginectl notify test"
    with BotApi() as api, Engine() as e:
        config = settings(e.folder, api)
        e.start("--config", config, "--mode", "demo", speed=1)
        tap.ok(api.wait("started", TRADER), "the start is told", api.texts())
        _, well = cut(steps, test)
        down = cut(well[1:], test)[1]
        shows(e, well[: len(well) - len(down)])
        api.stop()
        time.sleep(0.5)
        shows(e, down[:1])
        e.call("pause", reason="so that there is something to tell")
        no_token = cut(down, "enginectl doctor --offline")[1]
        shows(e, down[1: len(down) - len(no_token)])
        bare = os.path.join(e.folder, "bare.conf")
        with open(bare, "w") as f:
            f.write("[engine]\nmode = demo\n")
        shows(e, no_token, bare)


pages = sections()
tap.equal([len(s) > 2 for s in pages], [True] * 4, "four symptoms, each with what the engine says")
with Engine() as engine:
    path = os.path.join(engine.folder, "NIFTY_madeup.csv")
    market.option_days(path, 2, strikes=5)
    held, later = cut(pages[1], "enginectl replay.set --speed max")
    tap.run(trades, engine, path, pages[0] + held)
    tap.run(restarted, engine, path, pages[2])
    tap.run(exits, engine, later)
tap.run(telegram, pages[3])
tap.done()

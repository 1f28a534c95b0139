"""Kills without a client: two signals and a file. They latch, nothing but an operator lifts them, and who may lift what is held."""
import os
import signal
import time

import market
from sauda import Engine, Refused, Tap, pause_with_positions, wait_for

tap = Tap()


def state(e):
    s = e.call("status")
    return s["state"], (s["kill"] or {}).get("by"), (s["kill"] or {}).get("reason")


def becomes(e, want, name):
    wait_for(lambda: state(e)[0] == want, 20)
    return tap.equal(state(e)[0], want, name)


def refused(call, code, name):
    try:
        call()
    except Refused as r:
        return tap.equal(r.error["data"]["code"], code, name)
    return tap.ok(False, name, "it was allowed")


def kill_file(e, text):
    with open(os.path.join(e.state, "kill"), "w") as f:
        f.write(text)


def held(e, path):
    e.start("--data", path, speed=1)
    e.call("replay.set", paused=True)


def again(e, path):
    e.kill()
    held(e, path)


def signals(path):
    with Engine() as e:
        e.start("--data", path, speed=1)
        assert pause_with_positions(e), e.said()
        e.terminate(signal.SIGUSR1)
        becomes(e, "stopped", "SIGUSR1: stopped")
        tap.equal(state(e)[1:], ("signal", "SIGUSR1"), "SIGUSR1: the latch says who and why")
        tap.ok(e.open_positions(), "SIGUSR1: positions stay")
        e.terminate(signal.SIGUSR2)
        becomes(e, "locked", "SIGUSR2: locked")
        e.terminate(signal.SIGUSR1)
        e.call("replay.set", paused=False, speed="max")
        tap.ok(wait_for(lambda: not e.open_positions(), 30), "SIGUSR2: all is closed")
        wait_for(lambda: e.call("history", limit=1)["items"], 20)
        tap.equal(e.call("history", limit=1)["items"][0]["exit_reason"], "kill", "SIGUSR2: the exit is in the history as a kill")
        again(e, path)
        tap.equal(state(e)[0], "locked", "SIGUSR2: latched after a restart, and SIGUSR1 lowered nothing")
        refused(lambda: e.call("resume"), "kill_latched", "resume without a reason is refused")
        refused(lambda: e.call("resume", reason="all is well", _auth={"principal": "token:t", "role": "trade"}), "kill_latched",
                "resume from a kill takes an admin")
        tap.equal(e.call("resume", reason="looked at it")["state"], "running", "an admin with a reason may")


def while_starting(path):
    """A signal before the engine is ready is a kill from its first moment on."""
    with Engine() as e:
        e.start("--data", path, speed=1, wait=False)
        ready = wait_for(lambda: os.path.exists(e.socket), 20)
        e.terminate(signal.SIGUSR2)
        wait_for(e.ready, 30)
        tap.ok(ready and becomes(e, "locked", "SIGUSR2 while starting: locked"), "SIGUSR2 while starting: it does not end the engine")


def by_file(path):
    with Engine() as e:
        held(e, path)
        tap.equal(state(e)[0], "running", "no kill file: running")
        kill_file(e, "pause\n")
        becomes(e, "paused", "kill file: pause")
        kill_file(e, "  stop  \n")
        becomes(e, "stopped", "kill file: stop")
        tap.equal(state(e)[1:], ("kill file", 'the kill file says "stop"'), "kill file: the latch says so")
        kill_file(e, "pause")
        time.sleep(2)
        tap.equal(state(e)[0], "stopped", "kill file: a lower word lowers nothing")
        kill_file(e, "flatten")
        becomes(e, "locked", "kill file: flatten")
        refused(lambda: e.call("resume", reason="looked at it"), "conflict", "kill file: nobody resumes against it")
        os.remove(os.path.join(e.state, "kill"))
        time.sleep(2)
        tap.equal(state(e)[0], "locked", "kill file: its end lifts nothing")
        again(e, path)
        tap.equal(state(e)[0], "locked", "kill file: latched after a restart")
        tap.equal(e.call("resume", reason="looked at it")["state"], "running", "kill file: gone, an admin resumes")
        e.kill()
        kill_file(e, "stop")
        held(e, path)
        tap.equal(state(e)[0], "stopped", "kill file: looked at before the start is through")


def hurried_files(path):
    """Whatever is there under that name is meant for a kill."""
    for name, make in (("empty", lambda p: open(p, "w").close()), ("of another word", lambda p: open(p, "w").write("flaten!")),
                       ("of bytes", lambda p: open(p, "wb").write(b"\xff\x00" * 200)), ("a folder", os.mkdir), ("a pipe", os.mkfifo)):
        with Engine() as e:
            held(e, path)
            make(os.path.join(e.state, "kill"))
            becomes(e, "stopped", f"kill file {name}: stopped")


def roles(path):
    trade = {"principal": "token:t", "role": "trade"}
    read = {"principal": "token:r", "role": "read"}
    with Engine() as e:
        held(e, path)
        e.call("kill", rung="pause", _auth=trade)
        tap.equal(state(e)[0], "paused", "role trade pauses")
        refused(lambda: e.call("resume", _auth=read), "forbidden", "role read does not resume")
        tap.equal(e.call("resume", _auth=trade)["state"], "running", "role trade resumes from a pause, without a reason")
        limit = lambda a: next(i["value"] for i in a["items"] if i["name"] == "drawdown_pct")  # noqa: E731
        tap.equal(limit(e.call("risk.set", limit="drawdown_pct", value="3", _auth=trade)), 3, "role trade sets a limit where there was none")
        tap.equal(limit(e.call("risk.set", limit="drawdown_pct", value="2.5", _auth=trade)), 2.5, "role trade tightens, at once and without a reason")
        refused(lambda: e.call("risk.set", limit="drawdown_pct", value="2.6", reason="r", _auth=trade), "forbidden", "role trade does not loosen")
        refused(lambda: e.call("risk.set", limit="drawdown_pct", value="2.6"), "bad_parameter", "an admin does not loosen without a reason")
        tap.equal(limit(e.call("risk.set", limit="drawdown_pct", value="2.6", reason="calmer")), 2.6, "an admin with a reason does")
        refused(lambda: e.call("risk.set", limit="drawdown_pct", value="1", _auth=read), "forbidden", "role read changes nothing")
        again(e, path)
        tap.equal(limit(e.call("risk")), 2.6, "who was told of a limit finds it after a power cut")


if __name__ == "__main__":
    with Engine("sauda-data") as folder:
        day = os.path.join(folder.folder, "NIFTY_madeup.csv")
        market.option_days(day, 2, strikes=5)
        tap.run(signals, day)
        tap.run(while_starting, day)
        tap.run(by_file, day)
        tap.run(hurried_files, day)
        tap.run(roles, day)
    tap.done()

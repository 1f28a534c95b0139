"""The ways to stop, and what they leave: flat and exit 0, or kept and found again. The shutdown of the control socket and the
signals are the same path."""
import os
import signal
import time

import market
from sauda import Engine, Tap, pause_with_positions, recording, wait_for
from test_crash import same_positions

tap = Tap()


def holding(e, path, *args):
    """A replay that is held with a position open."""
    e.start("--data", path, *args, speed=1)
    assert pause_with_positions(e), e.said()
    return e.open_positions()


def ended(e, status, name):
    got = e.wait()
    tap.equal(got, status, f"{name}: exit status {status}")
    tap.equal(e.left_behind(), [], f"{name}: socket and snapshot are gone")
    tap.equal(e.verify().returncode, 0, f"{name}: the journal is whole")
    if got is None:
        e.kill()


def flat_afterwards(e, path, name):
    e.start("--data", path, speed=1)
    e.call("replay.set", paused=True)
    history = e.call("history")["items"]
    tap.equal(e.open_positions(), [], f"{name}: no position is open at the next start")
    tap.equal(history[0]["exit_reason"], "shutdown", f"{name}: the exit is in the history as a shutdown")
    e.kill()


def kept_afterwards(e, path, before, name):
    e.start("--data", path, speed=1)
    e.call("replay.set", paused=True)
    after = e.open_positions()
    tap.ok(same_positions(before, after), f"{name}: the next start finds the position", (before, after))
    tap.equal(e.call("status")["state"], "running", f"{name}: and runs")
    e.kill()


def signalled(path, number, name):
    with Engine() as e:
        holding(e, path)
        e.terminate(number)
        ended(e, 0, f"{name} while paused")
        tap.has(e.said(), [name, "flattening"], f"{name} while paused: the log says why it leaves")
        tap.has(e.said(), ["stopped by signal: flat, nothing is open"], f"{name} while paused: and how it left")
        flat_afterwards(e, path, f"{name} while paused")


def in_real_time(path):
    """A clock that runs at the market's pace does not make the operator wait for the next minute."""
    with Engine() as e:
        holding(e, path)
        e.call("replay.set", paused=False)
        began = time.monotonic()
        e.terminate()
        status = e.wait(30)
        tap.equal(status, 0, "SIGTERM in a replay in real time: flat and gone")
        tap.ok(time.monotonic() - began < 30, "SIGTERM in a replay in real time: without waiting for the next minute")
        e.kill()


def kept(path):
    with Engine() as e:
        before = holding(e, path, "--keep")
        e.terminate()
        ended(e, 0, "SIGTERM with --keep")
        tap.has(e.said(), [f"kept: {p['symbol']} {p['qty']:+d}, strategy {p['strategy']}" for p in before] + [f"positions kept: {len(before)}, "], "SIGTERM with --keep: the log names what is kept")
        kept_afterwards(e, path, before, "SIGTERM with --keep")


def over_the_socket(path, positions):
    with Engine() as e:
        before = holding(e, path)
        r = e.ctl("--json", "shutdown", "--positions", positions)
        tap.ok(r.returncode == 0 and '"operation":"shutdown"' in r.stdout, f"enginectl shutdown --positions {positions}: is answered",
               r.stdout + r.stderr)
        ended(e, 0, f"shutdown --positions {positions}")
        if positions == "keep":
            kept_afterwards(e, path, before, "shutdown --positions keep")
        else:
            flat_afterwards(e, path, "shutdown --positions flatten")


def followed(path):
    with Engine() as e:
        holding(e, path)
        r = e.ctl("shutdown", "--wait")
        tap.equal(r.returncode, 0, "enginectl shutdown --wait: status 0 when all is flat")
        ended(e, 0, "shutdown --wait")


def at_once(path):
    """The answer of the last turn leaves, for whoever asks at the same time too."""
    with Engine() as e:
        holding(e, path)
        lines = e.line(b'{"jsonrpc":"2.0","id":1,"method":"shutdown"}\n{"jsonrpc":"2.0","id":2,"method":"balance"}\n'
                       b'{"jsonrpc":"2.0","id":3,"method":"history"}\n', answers=3)
        tap.equal(sorted(x["id"] for x in lines), [1, 2, 3], "shutdown, balance and history in one go: all are answered")
        ended(e, 0, "shutdown in one go")


def twice(path):
    with Engine() as e:
        holding(e, path)
        for _ in range(3):
            e.terminate()
        ended(e, 0, "three SIGTERMs")


def while_starting(path):
    """A signal before the engine is ready is not lost and does not cut a start in half."""
    with Engine() as e:
        before = holding(e, path)
        e.kill()
        for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.05):
            e.start("--data", path, "--keep", speed=1, wait=False)
            time.sleep(delay)
            e.terminate()
            status = e.wait(20)
            tap.ok(status in (0, -signal.SIGTERM), f"SIGTERM {delay * 1000:.0f} ms after exec: ends", f"{status}: {e.said()}")
            e.kill()
        kept_afterwards(e, path, before, "SIGTERM while starting")


def at_the_end(path):
    with Engine() as e:
        e.start("--data", path, speed="max")
        tap.ok(wait_for(lambda: e.call("status")["feed"]["ended"], 30), "a replay without --exit stays when the data has ended")
        tap.equal(e.call("positions")["total"]["unrealised"], 0, "after the end: nothing open")
        e.terminate()
        ended(e, 0, "SIGTERM after the end")


def at_full_speed(path):
    """A client is answered while the data runs as fast as it goes, not when it has ended."""
    with Engine() as e:
        e.start("--data", path, speed="max", wait=False)
        seen = []
        while not seen or not seen[-1].get("feed", {}).get("ended"):
            try:
                seen.append(e.call("status"))
            except OSError:
                if e.wait(0.001) is not None:
                    break
        between = [s for s in seen if 0 < s.get("feed", {}).get("rows", 0) < s["feed"]["rows_total"]]
        tap.ok(len(between) > 0, "at full speed: status is answered in the middle of the data", f"{len(seen)} answers")
        tap.ok(any(s["state"] == "starting" and s["step"] for s in seen), "and with its step while it starts", seen[:1])
        e.terminate()
        ended(e, 0, "after full speed")


def speed_change(path):
    with Engine() as e:
        e.start("--data", path, speed=1)
        first = e.call("status")["now"]
        r = e.ctl("replay.set", "--speed", "max")
        tap.ok(r.returncode == 0, "enginectl replay.set --speed max", r.stdout + r.stderr)
        tap.ok(wait_for(lambda: e.call("status")["feed"]["ended"], 30), "the faster clock reaches the end", e.call("status"))
        tap.ok(e.call("status")["now"] > first, "time went on")
        r = e.ctl("replay.set", "--speed", "0")
        tap.ok(r.returncode != 0 and "1 to 100000" in r.stdout + r.stderr, "a speed that is none is refused with the bounds", r.stdout + r.stderr)
        e.terminate()
        ended(e, 0, "after a change of speed")


def paused_steps(path):
    with Engine() as e:
        e.start("--data", path, speed=1)
        e.call("replay.set", paused=True)
        before = e.call("status")["feed"]["rows"]
        time.sleep(0.2)
        tap.equal(e.call("status")["feed"]["rows"], before, "a held clock lets nothing through")
        e.call("replay.set", step=500)
        tap.ok(wait_for(lambda: e.call("status")["feed"]["rows"] > before, 10), "a step does")
        e.terminate()
        ended(e, 0, "while paused and flat")


if __name__ == "__main__":
    with Engine("sauda-data") as folder:
        day = os.path.join(folder.folder, "NIFTY_madeup.csv")
        market.option_days(day, 2, strikes=5)
        long = os.path.join(folder.folder, "NIFTY_three_days.csv")
        market.option_days(long, 2, days=("2023-04-10", "2023-04-11", "2023-04-12"), strikes=8)
        tap.run(signalled, day, signal.SIGTERM, "SIGTERM")
        tap.run(signalled, day, signal.SIGINT, "SIGINT")
        tap.run(in_real_time, day)
        tap.run(kept, day)
        tap.run(over_the_socket, day, "flatten")
        tap.run(over_the_socket, day, "keep")
        tap.run(followed, day)
        tap.run(at_once, day)
        tap.run(twice, day)
        tap.run(while_starting, day)
        tap.run(at_the_end, day)
        tap.run(at_full_speed, long)
        tap.run(speed_change, day)
        tap.run(paused_steps, day)
        real = recording("options/BANKNIFTY_fno_1min_2023-04-10.csv.gz")
        if real:
            tap.run(signalled, real, signal.SIGTERM, "SIGTERM")
            tap.run(kept, real)
        else:
            tap.skip("stops on a real option day", "SAUDA_DATA does not name a folder with recordings")
    tap.done()

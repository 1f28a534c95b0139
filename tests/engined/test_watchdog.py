"""Goal: somebody hears when the engine is dead, wedged, blind or cannot journal; nobody is woken by a clean stop; and who listens from outside hears the
silence. Method: real processes, stopped and killed as life does it, with the waits shortened by settings."""
import errno
import os
import signal
import sys
import time

from sauda import ENV, PATIENCE, Engine, Tap, bad_disk, order_disk, wait_for
from watching import Receiver, Watchdog

tap = Tap()


def dead():
    with Receiver() as r, Engine() as e, Watchdog(e, r) as w:
        tap.ok(w.sees("waiting"), "before any engine: waiting", w.said())
        e.start()
        tap.ok(w.sees("well"), "an engine that runs is well", w.said())
        tap.ok(wait_for(lambda: len(r.at("/dead")) > 2, PATIENCE), "the dead man's address is pinged while all is well")
        first, second = r.at("/dead")[:2]
        tap.ok(first["digest"] != second["digest"] and second["beat"] > first["beat"], "each ping is of a newer beat, with its digest", (first, second))
        tap.ok(not r.alarms() and "ALARM" not in w.said(), "and nobody is alarmed", w.said())
        e.kill()
        tap.ok(wait_for(lambda: "dead" in r.states(), PATIENCE), "SIGKILL: the webhook hears of a dead engine", w.said())
        silent = len(r.at("/dead"))
        tap.ok(wait_for(lambda: r.alarms("repeat"), PATIENCE), "and again, until somebody acts", w.said())
        tap.ok(len(r.at("/dead")) == silent, "the dead man's address hears nothing any more")
        tap.ok(wait_for(lambda: os.path.exists(w.heard), PATIENCE), "the program is run")
        words = open(w.heard).readline().split("|")
        tap.ok(words[0] == "3" and "is dead" in words[1] and '"state":"dead"' in words[2], "with its own words, the sentence last, JSON on its input", words)
        tap.has(w.said(), ["ALARM: engined (demo", "is dead"], "the log says it")
        tap.ok(w.ctl("watchdog").returncode == 1 and "dead" in w.ctl("watchdog").stdout, "enginectl watchdog tells of it", w.ctl("watchdog"))
        tap.ok(w.ctl("watchdog", "ack").returncode == 0 and wait_for(lambda: w.status().get("acknowledged"), PATIENCE), "it can be acknowledged", w.said())
        repeats = len(r.alarms("repeat"))
        time.sleep(3)
        tap.ok(len(r.alarms("repeat")) <= repeats + 1, "and is quiet then", (repeats, len(r.alarms("repeat"))))
        e.start()
        tap.ok(wait_for(lambda: r.alarms("well"), PATIENCE), "a restart: well again is said", w.said())
        tap.ok(wait_for(lambda: len(r.at("/dead")) > silent, PATIENCE), "and the pings go on")
        tap.ok(w.ctl("watchdog").returncode == 0, "enginectl watchdog is content")


def wedged():
    with Receiver() as r, Engine() as e, Watchdog(e, r) as w:
        e.start()
        w.sees("well")
        e.process.send_signal(signal.SIGSTOP)
        tap.ok(wait_for(lambda: "wedged" in r.states(), PATIENCE), "SIGSTOP: wedged, though the process lives", w.said())
        pings = len(r.at("/dead"))
        time.sleep(2)
        tap.ok(len(r.at("/dead")) == pings, "no ping of a wedged engine")
        e.process.send_signal(signal.SIGCONT)
        tap.ok(wait_for(lambda: r.alarms("well"), PATIENCE), "SIGCONT: well again", w.said())


def clean():
    with Receiver() as r, Engine() as e, Watchdog(e, r) as w:
        e.start()
        w.sees("well")
        e.call("kill", rung="flatten", reason="test")
        wait_for(lambda: not e.open_positions(), PATIENCE)
        e.terminate()
        tap.ok(e.wait() == 0, "the engine stops flat")
        tap.ok(w.sees("stopped"), "it is seen as stopped", w.said())
        time.sleep(4)
        tap.ok(not r.alarms() and "ALARM" not in w.said(), "a clean stop is no alarm", w.said())
        tap.ok(w.stop() == 0, "the watchdog leaves with 0")
        tap.ok(w.ctl("watchdog").returncode == 1, "and enginectl says that nobody watches")


def start_fails():
    """An engine that cannot start is as good as dead, and a second one disturbs nothing."""
    with Receiver() as r, Engine() as e, Watchdog(e, r) as w:
        e.start()
        w.sees("well")
        second = e.run("--state", os.path.join(e.folder, "other"), speed=None)
        tap.ok(second.returncode == 1 and "another engine" in second.stderr, "a second engine in the runtime folder is refused", second.stderr)
        time.sleep(1)
        tap.ok(w.status()["state"] == "well", "and the first one's beat goes on", w.status())
        e.kill()
        e.run("--tables", e.folder, speed=None)
        tap.ok(wait_for(lambda: "dead" in r.states(), PATIENCE) and wait_for(lambda: "status 1" in w.said(), PATIENCE), "a start that fails is an alarm", w.said())


def journal_fails():
    """A failing disk: first it cannot journal and lives, then nothing can be written and it leaves with 4. Both are heard."""
    with Receiver() as r, Engine() as e, Watchdog(e, r) as w:
        library = bad_disk(e.folder)
        if library is None:
            tap.skip("a journal that cannot be written", "no C compiler to make the failing disk with")
            return
        e.start(env={**ENV, "LD_PRELOAD": library, "BAD_DISK": e.folder})
        w.sees("well")
        order_disk(e, "sync", errno.EIO)
        tap.ok(wait_for(lambda: "cannot_journal" in r.states(), PATIENCE), "a journal without a reserve is an alarm", w.said())
        order_disk(e, "dead", errno.EIO)
        tap.ok(e.wait() == 4 and wait_for(lambda: "status 4" in w.said(), PATIENCE), "an engine that its disk ended is another", w.said())


def channels_down():
    """An alarm does not depend on its channels, and one that hangs holds nothing up."""
    with Receiver() as r, Engine() as e:
        with Watchdog(e, r, webhook_url="http://127.0.0.1:1/alarm", command="/bin/sleep") as w:
            e.start()
            w.sees("well")
            e.kill()
            tap.ok(wait_for(lambda: w.status().get("posts_failed", 0) > 1 and "ALARM, still" in w.said(), PATIENCE), "with every channel down it goes on", w.said())
            tap.ok("127.0.0.1:1" not in w.said(), "and does not print the address, which may hold a key", w.said())


def refusals():
    with Receiver() as r, Engine() as e:
        for lines, words in (({"alarm_after_s": 61}, "alarm_after_s"), ({"command": "alarm.sh"}, "whole path"), ({"webhook_url": "ftp://x"}, "https://")):
            with Watchdog(e, r, **lines) as w:
                tap.ok(w.process.wait(PATIENCE) == 1 and words in w.said(), f"{lines} is refused", w.said())
        for args, words in ((["--mode", "fast"], "fast"), (["more"], "more"), (["--clock", "1,1,60"], "simulator")):
            with Watchdog(e, r, *args) as w:
                tap.ok(w.process.wait(PATIENCE) in (1, 2) and words in w.said(), f"{args} is refused", w.said())


def no_library():
    """libcurl and libwebsockets are loaded when they are used: who uses one that is not there says so, and who does not is none the worse."""
    with Receiver() as r, Engine() as e:
        for name in "libcurl.so.4", "libwebsockets.so.17":
            open(os.path.join(e.folder, name), "w").close()
        env = {**ENV, "LD_LIBRARY_PATH": e.folder}
        with Watchdog(e, r, env=env) as w:
            tap.ok(w.process.wait(PATIENCE) == 1 and "libcurl cannot be started" in w.said(), "a watchdog without libcurl does not start", w.said())
        e.start("--mode", "demo", env=env)
        tap.equal(e.call("status")["state"], "running", "a demo without both does")


if __name__ == "__main__":
    for test in sys.argv[2:] or ("dead", "wedged", "clean", "start_fails", "journal_fails", "channels_down", "refusals", "no_library"):
        tap.run(globals()[test])
    tap.done()

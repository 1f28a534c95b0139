"""The engine archives its journal by itself, by a process of its own, and trades on; told not to, it does not."""
import os
import subprocess
import time

from sauda import ENGINECTL, Engine, Tap, wait_for

tap = Tap()


def archives():
    with Engine() as e:
        e.start("--mode", "demo")
        tap.ok(wait_for(lambda: "old segments are archived" in e.said(), 60), "demo: archived soon after the start", e.said()[-500:])
        tap.has(e.said(), ["segments archived", "ticks pruned"], "demo: the figures are in the log")
        journal = os.path.join(e.state, "demo", "journal")
        tap.ok(os.path.exists(os.path.join(journal, "archive.lock")), "demo: it was this journal's folder")
        tap.ok(not e.call("debug")["errors"], "demo: no error")
        done = subprocess.run([ENGINECTL, "journal", "verify", journal], capture_output=True, text=True)
        tap.equal(done.returncode, 0, "demo: the journal is whole beside the running engine")


def told_not_to():
    with Engine() as e:
        settings = os.path.join(e.folder, "sauda.conf")
        with open(settings, "w") as f:
            f.write("[engine]\narchive = no\n")
        e.start("--mode", "demo", "--config", settings)
        time.sleep(25)
        tap.ok("archived" not in e.said(), "archive = no: it is left alone")


archives()
told_not_to()
tap.done()

"""The journal's disk fails or fills under a running engine: it goes on in its reserve, takes no entry, lets exits out, and says so; when that goes too it ends and says
what is open. reliability.md I18, rows 68 and 69."""
import errno
import json
import os
import subprocess

from sauda import ENGINECTL, ENV, Engine, PATIENCE, Tap, bad_disk, order_disk, wait_for

tap = Tap()


def reasons(e):
    return [r["code"] for r in e.call("ready")["reasons"]]


def start(e):
    lib = bad_disk(e.folder)
    if lib is None:
        return False
    e.start(env={**ENV, "LD_PRELOAD": lib, "BAD_DISK": e.folder})
    return True


def journal(e):
    return e.call("status")["journal"]


def went_over(e, number):
    order_disk(e, "sync", number)
    return wait_for(lambda: journal(e)["reserve"] is False, PATIENCE)


def failing():
    with Engine() as e:
        if not start(e):
            tap.skip("a failing disk", "no C compiler to make the failing disk with")
            return
        tap.ok(journal(e)["reserve"] is True and journal(e)["trouble"] is None, "a reserve stands by", journal(e))
        tap.ok(went_over(e, errno.EIO), "after a failed sync it has none", journal(e))
        tap.ok(journal(e)["trouble"] is not None, "and says why", journal(e))
        tap.ok("journal" in reasons(e) or reasons(e) == ["session_closed"], "entries are refused because of it", reasons(e))
        before = journal(e)["durable"]
        tap.ok(wait_for(lambda: journal(e)["durable"] > before, PATIENCE), "and what happens is written down all the same")
        tap.ok("no entries, exits go on" in e.said(), "the log says so", e.said()[-300:])
        e.kill()
        v = e.verify("demo")
        tap.ok(v.returncode == 0, "after kill -9 the journal is whole across the segment left behind", v.stdout + v.stderr)
        start(e)
        tap.ok(journal(e)["reserve"] is True, "the next start has a new reserve", journal(e))
        tap.ok("journal" not in reasons(e), "and may trade", reasons(e))
        tap.ok("taken up at record" in e.said(), "what was written there is taken up", e.said()[-300:])
        e.terminate()
        tap.ok(e.wait() in (0, 3), "it stops as ever", e.said()[-300:])
        tap.ok(e.verify("demo").returncode == 0, "and leaves a whole journal")


def full():
    with Engine() as e:
        if not start(e):
            tap.skip("a full disk", "no C compiler to make the failing disk with")
            return
        tap.ok(went_over(e, errno.ENOSPC), "a full disk takes the reserve", journal(e))
        tap.ok(wait_for(lambda: journal(e)["reserve"] is True, PATIENCE), "with room again a new one is made, without a restart", journal(e))
        tap.ok("journal" not in reasons(e), "and entries are allowed again", reasons(e))
        e.terminate()
        e.wait()
        tap.ok(e.verify("demo").returncode == 0, "the journal is whole")


def dead():
    with Engine() as e:
        if not start(e):
            tap.skip("a dead disk", "no C compiler to make the failing disk with")
            return
        order_disk(e, "dead", errno.EIO)
        status = e.wait()
        tap.ok(status == 4, "a disk that takes nothing at all ends the engine", status)
        tap.ok("stopped taking events" in e.said(), "it says why", e.said()[-300:])
        os.unlink(os.path.join(e.folder, "dead"))
        v = e.verify("demo")
        tap.ok(v.returncode == 0, "what was promised is there", v.stdout + v.stderr)
        start(e)
        tap.ok(e.call("status")["state"] != "starting", "and is taken up")


def doctor(e, lib):
    path = os.path.join(e.folder, "sauda.conf")
    with open(path, "w") as f:
        f.write(f"[engine]\nstate_dir = {e.state}\nticks_days = 30\n")
    run = subprocess.run([ENGINECTL, "--json", "doctor", "--offline", "--config", path], env={**ENV, "LD_PRELOAD": lib, "BAD_DISK": e.folder}, capture_output=True, text=True, timeout=PATIENCE)
    found = next(c for c in json.loads(run.stdout)["checks"] if c["check"] == "disk")
    return found["verdict"], found["detail"]


def room():
    """How long the disk lasts is told long before it is full: by the engine, its status, its metrics and the doctor."""
    with Engine() as e:
        order_disk(e, "room", 21000)
        if not start(e):
            return tap.skip("a disk that fills", "no C compiler to make the disk with")
        lib = bad_disk(e.folder)
        for mb, used, verdict, words in ((21000, 79, "ok", "21.0 GB free: full in 64 live days"), (6000, 94, "ok", "full in 14 live days"), (5999, 94, "warn", "full in 14 live days"),
                                         (1700, 98, "warn", "full in 0 live days"), (1699, 98, "FAIL", "1.7 GB free: full in 0")):
            order_disk(e, "room", mb)
            tap.equal(e.call("status")["disk"], {"used_pct": used, "free_bytes": mb * 1000000}, f"{mb} MB: status")
            tap.has(e.call("metrics"), [f"\nsauda_disk_free_bytes {mb * 1000000}\n"], f"{mb} MB: metrics")
            got = doctor(e, lib)
            tap.ok(got[0] == verdict and words in got[1] and "ticks stay 30" in got[1], f"{mb} MB: the doctor: {verdict}", got)
            if mb == 21000:
                tap.ok("% full" not in e.said(), "79 %: the engine says nothing of it")
        return tap.ok(wait_for(lambda: "% full" in e.said(), PATIENCE) and "GB are left: a live day needs about 2 GB" in e.said(), "above 90 %: it does", e.said()[-300:])


failing()
full()
room()
dead()
tap.done()

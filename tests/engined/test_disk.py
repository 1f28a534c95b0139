"""The journal's disk fails or fills under a running engine: it goes on in its reserve, takes no entry, lets exits out, and says so; when that goes too it ends and says
what is open. reliability.md I18, rows 68 and 69."""
import errno
import os

from sauda import ENV, Engine, PATIENCE, Tap, bad_disk, order_disk, wait_for

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


failing()
full()
dead()
tap.done()

"""A start takes as long as what came after the checkpoint, not as long as the journal: a demo that has run for weeks is up as soon as one of a day. What the kernel still
holds of the oldest segment tells whether anybody read it."""
import ctypes
import mmap
import os

from sauda import PATIENCE, Engine, Tap, wait_for

tap = Tap()
SEGMENTS = 3  # of 64 MiB; the last is under way
libc = ctypes.CDLL(None, use_errno=True)


def segments(e):
    journal = os.path.join(e.state, "demo", "journal")
    return sorted(os.path.join(journal, n) for n in os.listdir(journal) if n.endswith(".journal"))


def held(path):
    """Part of the file that is in memory."""
    with open(path, "r+b") as f, mmap.mmap(f.fileno(), 0) as m:
        pages = (len(m) + mmap.PAGESIZE - 1) // mmap.PAGESIZE
        found = (ctypes.c_ubyte * pages)()
        begin = ctypes.addressof(ctypes.c_char.from_buffer(m))
        if libc.mincore(ctypes.c_void_p(begin), ctypes.c_size_t(len(m)), found) != 0:
            raise OSError(ctypes.get_errno(), "mincore")
        return sum(x & 1 for x in found) / pages


def forget(path):
    with open(path, "rb") as f:
        os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return held(path) < 0.05


def stop(e):
    """When all that it wrote is in the database too: else the next start reads it for that."""
    wait_for(lambda: e.call("status")["store"]["lag"] < 100, PATIENCE)
    e.terminate()
    e.wait()


with Engine("start") as e:
    settings = os.path.join(e.folder, "sauda.conf")
    with open(settings, "w") as f:
        f.write("[engine]\narchive = no\n")
    e.start("--mode", "demo", "--config", settings, speed="max")
    tap.ok(wait_for(lambda: len(segments(e)) >= SEGMENTS, PATIENCE), "a journal of some segments", segments(e))
    e.call("replay.set", paused=True)
    stop(e)
    e.start("--mode", "demo", "--config", settings, speed=1)
    stop(e)
    first = segments(e)[0]
    if forget(first):
        e.start("--mode", "demo", "--config", settings, speed=1)
        tap.ok(held(first) < 0.25, "a start reads what came after the checkpoints, and of the oldest segment its first record", held(first))
        tap.ok("taken up at record" in e.said() and not os.path.exists(os.path.join(e.state, "demo.old-1")), "and takes the journal up", e.said()[-500:])
    else:
        tap.skip("what a start reads", "this file system keeps what it was told to forget")
tap.done()

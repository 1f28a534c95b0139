"""A backup of an engine that trades is whole, and an engine on a restored one is the same up to its last record; a damaged one, a hostile one, a newer one and a wrong
place are refused, and nothing is touched then."""
import datetime
import hashlib
import io
import json
import os
import re
import shutil
import struct
import subprocess
import tarfile
import time
import uuid

from sauda import ENGINECTL, ENV, TABLES, Engine, Tap, comment, wait_for

tap = Tap()


def ctl(*args):
    return subprocess.run([ENGINECTL, *args], env={**ENV, "SAUDA_TABLES": TABLES}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def told(run):
    """The one JSON object of a run, good or bad."""
    try:
        return json.loads(run.stdout)
    except ValueError:
        return {"ok": None, "stdout": run.stdout, "stderr": run.stderr}


def dump(journal, upto):
    got = ctl("journal", "dump", journal, "--limit", str(upto))
    return hashlib.sha256(got.stdout.encode()).hexdigest(), got.returncode


def rich(e):
    path = os.path.join(e.folder, "sauda.conf")
    with open(path, "w") as f:
        f.write("[account]\ncapital = 5000000\n[kotak]\nmpin = 135790\npassword = NOTINACOPY\n")
    os.chmod(path, 0o600)
    return path


def on_tick(price):
    return round(round(price / 0.05) * 0.05, 2)


def at_work(e):
    return [o for o in e.call("orders", limit=500)["items"] if o["can"]]


def buy(e, held=()):
    """At a price that the market does not run away from."""
    for c in e.call("instruments", limit=200)["items"]:
        if c["kind"] == "call" and c["symbol"] not in held:
            p = e.call("preview", symbol=c["symbol"], side="buy", qty=c["lot"])
            if p["allowed"] and p["price"] > 20:
                e.call("order.place", symbol=c["symbol"], side="buy", qty=c["lot"], price=on_tick(p["price"] * 1.03), key=uuid.uuid4().hex)
                return c["symbol"], c["lot"]
    return None, 0


def sell(e, symbol, lot):
    p = e.call("preview", symbol=symbol, side="sell", qty=lot)
    e.call("order.place", symbol=symbol, side="sell", qty=lot, price=on_tick(p["price"] * 0.97), key=uuid.uuid4().hex)


def trade(e):
    """A round trip and an open position, by hand: strategies may take hours."""
    first, lot = buy(e)
    tap.ok(wait_for(lambda: e.open_positions(), 60), "a position is open", e.call("orders"))
    sell(e, first, lot)
    tap.ok(wait_for(lambda: e.call("history")["items"], 60), "and closed", e.call("orders"))
    buy(e, (first,))
    tap.ok(wait_for(lambda: e.open_positions() and not at_work(e), 60), "and another is open", e.call("orders"))


def positions(items):
    return sorted((p["strategy"], p["symbol"], p["qty"]) for p in items)


def upto(e, method, seq):
    return [i for i in e.call(method, limit=1000)["items"] if i["seq"] <= seq]


def behind(e):
    """Seconds between the demo's clock and the wall's."""
    return time.time() - datetime.datetime.fromisoformat(e.call("status")["now"]).timestamp()


def catching_up(e, backups):
    """While it writes as fast as it can: each copy ends in a whole batch, and is what the engine has."""
    wait_for(lambda: e.call("status")["journal"]["durable"] > 0, 60)
    for n in range(3):
        path = os.path.join(e.folder, "busy", f"sauda-backup-2026010{n + 1}T000000Z.tar.zst")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        done = told(ctl("backup", "--state", e.state, "--out", path, "--json"))
        drill = told(ctl("backup", "--drill", "--state", e.state, "--out", os.path.dirname(path), "--json"))
        tap.ok(done["ok"] is True and drill["ok"] is True, f"beside a busy engine, up to record {done.get('journals', [{}])[0].get('last_seq')}", (done, drill))


def beside_an_engine():
    """Backed up while it trades, killed, wiped, restored, started: what was recorded is there."""
    with Engine() as e:
        config = rich(e)
        backups = os.path.join(e.folder, "elsewhere") + "/"
        e.start("--mode", "demo", "--config", config)
        catching_up(e, backups)
        tap.ok(wait_for(lambda: behind(e) < 60, 60), "the demo has caught up with the clock", e.said())
        trade(e)
        before = e.call("status")["journal"]["durable"]
        done = told(ctl("backup", "--state", e.state, "--config", config, "--out", backups, "--json"))
        if not tap.ok(done["ok"] is True, "backed up beside the engine", done):
            return
        held, made = e.open_positions(), done["journals"][0]
        tap.ok(made["last_seq"] >= before, "all that was durable is in it", (made, before))
        tap.ok(e.call("status")["journal"]["seq"] > made["last_seq"] - 1 and not e.call("debug")["errors"], "the engine trades on, without an error")
        mode = os.stat(done["file"]).st_mode & 0o777
        tap.equal((mode, os.listdir(backups)), (0o600, [os.path.basename(done["file"])]), "one file, for its owner alone")
        time.sleep(1)
        trades, history = upto(e, "trades", made["last_seq"]), upto(e, "history", made["last_seq"])
        drill = told(ctl("backup", "--drill", "--state", e.state, "--out", backups, "--json"))
        tap.ok(drill["ok"] is True and drill["journals"][0]["compared"], "the drill finds the engine's own state in it", drill)
        comment(f"drill: {drill.get('seconds')} s")
        e.kill()
        original = dump(os.path.join(e.state, "demo", "journal"), made["last_seq"])
        shutil.move(e.state, e.state + ".lost")
        begun = time.monotonic()
        back = told(ctl("restore", done["file"], "--into", e.state, "--json"))
        comment(f"backup of {done['bytes'] / 1e6:.1f} MB in {done['packed'] / 1e6:.1f} MB: {done['seconds']} s; restored in {time.monotonic() - begun:.1f} s")
        if not tap.ok(back["ok"] is True and back["journals"][0]["unknown"] is None, "restored", back):
            return
        tap.equal(positions(back["journals"][0]["positions"]), positions(held), "it tells the positions of that moment")
        tap.equal(dump(os.path.join(e.state, "demo", "journal"), made["last_seq"]), original, "record for record the same")
        tap.equal(sorted(os.listdir(e.state)), ["demo", "sauda.conf", "tokens"], "the state folder has what it should")
        with open(os.path.join(e.state, "sauda.conf")) as f:
            text = f.read()
        tap.ok("5000000" in text and "135790" not in text and "NOTINACOPY" not in text, "settings without secrets", text)
        e.start("--mode", "demo", "--config", config)
        tap.has(e.said(), ["taken up at record", ", 0 differences"], "an engine takes it up")
        tap.equal(positions(e.open_positions()), positions(held), "with the positions")
        tap.ok(wait_for(lambda: e.call("status")["store"]["lag"] == 0, 60), "the rows are made again", e.call("status"))
        tap.equal(upto(e, "trades", made["last_seq"]), trades, f"with the {len(trades)} fills")
        tap.equal(upto(e, "history", made["last_seq"]), history, f"and the {len(history)} round trips")
        tap.ok(not os.path.exists(os.path.join(e.state, "demo", "journal", "restored")), "and what was begun is durable")
        busy = told(ctl("restore", done["file"], "--into", e.state, "--force", "--json"))
        tap.ok(busy["ok"] is False and "an engine runs" in busy["error"], "a folder that an engine runs on is refused, --force or not", busy)
        e.terminate()
        tap.ok(e.wait() in (0, 3), "it ends", e.said())
        tap.equal(e.verify("demo").returncode, 0, "its journal is whole")


def without_an_engine(state):
    """One that stands still, and every option."""
    out = os.path.join(state, "..", "out")
    refused = told(ctl("backup", "--state", state, "--mode", "live", "--json"))
    tap.ok(refused["ok"] is False and "no journal of mode live" in refused["error"], "no journal of that mode", refused)
    with open(os.path.join(state, "admin.token"), "w") as f:
        f.write("secret\n")
    with open(os.path.join(state, "kill"), "w") as f:
        f.write("stop\n")
    os.makedirs(os.path.join(state, "watchdog"))
    with open(os.path.join(state, "watchdog", "2026-11-23.log"), "w") as f:
        f.write("nothing\n")
    for secrets in (False, True):
        made = told(ctl("backup", "--state", state, "--out", out + str(secrets), *(["--with-secrets"] if secrets else []), "--recent", "--json"))
        names = [m.name for m in unpacked(out + str(secrets))]
        tap.equal(("admin.token" in names, "kill" in names, "watchdog/2026-11-23.log" in names, made["ok"]), (secrets, True, True, True),
                  f"admin.token only with --with-secrets ({secrets}), a kill always")
    os.unlink(os.path.join(state, "kill"))
    again = told(ctl("backup", "--state", state, "--out", out + "True", "--json"))
    tap.ok(again["ok"] is False and "exists" in again["error"], "a file that is there is not written over", again)
    folder = os.path.join(state, "many")
    os.makedirs(folder)
    for day in range(1, 6):
        open(os.path.join(folder, f"sauda-backup-2026010{day}T000000Z.tar.zst"), "w").close()
    for other in ("sauda-backup-notes.tar.zst", "mine.tar.zst"):
        open(os.path.join(folder, other), "w").close()
    old, new = (os.path.join(folder, f"sauda-backup-2026010{n}T000000Z.tar.zst.new") for n in (7, 8))
    for path in (old, new):
        open(path, "w").close()
        os.makedirs(path + "-abcdef/demo/journal")
    for path in (old, old + "-abcdef"):
        os.utime(path, (1, 1))
    kept = told(ctl("backup", "--state", state, "--out", folder, "--keep", "3", "--json"))
    tap.equal([os.path.exists(p) for p in (old, old + "-abcdef", new, new + "-abcdef")], [False, False, True, True], "what a killed backup left goes after a day, not before")
    os.unlink(new)
    shutil.rmtree(new + "-abcdef")
    left = sorted(os.listdir(folder))
    tap.ok(kept["ok"] and kept["removed"] == 3 and left[:3] == ["mine.tar.zst", "sauda-backup-20260104T000000Z.tar.zst", "sauda-backup-20260105T000000Z.tar.zst"] and
           len(left) == 5, "--keep: the newest stay, and what is not ours", (kept, left))
    shutil.rmtree(folder)
    text = ctl("backup", "--state", state)
    tap.ok(text.returncode == 0 and "chains verified" in text.stdout and "copying: " in text.stderr and "\r" not in text.stderr, "plain lines where no terminal is", text.stderr)
    for words in (["--out"], ["--keep", "0"], ["--keep", "x"], ["--mode", "night"], ["--into", "x"], ["x"], ["--force"]):
        tap.equal(ctl("backup", *words).returncode, 2, f"usage: backup {' '.join(words)}")
    for words in ([], ["x"], ["--into", "x"], ["x", "y", "--into", "z"], ["x", "--into"], ["x", "--into", "y", "--keep", "3"]):
        tap.equal(ctl("restore", *words).returncode, 2, f"usage: restore {' '.join(words)}")


# -- what is made to harm -------------------------------------------------------------------------------------------------------------------

def raw(path):
    return subprocess.run(["zstd", "-dcq", path], stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout


def unpacked(path):
    with tarfile.open(fileobj=io.BytesIO(raw(path))) as t:
        return t.getmembers()


def sealed(tar, path):
    """A file with a right sum over whatever is in it."""
    packed = subprocess.run(["zstd", "-cq"], input=tar, capture_output=True, check=True).stdout
    with open(path, "wb") as f:
        f.write(packed + struct.pack("<II8s", 0x184D2A5B, 40, b"SAUDABK1") + hashlib.sha256(packed).digest())


def forged(good, path, change):
    """The backup with its members changed by `change`, which gets and gives a list of (name, bytes, type), and the manifest as a dict."""
    members = []
    with tarfile.open(fileobj=io.BytesIO(raw(good))) as t:
        for m in t.getmembers():
            members.append([m.name, t.extractfile(m).read(), tarfile.REGTYPE])
    manifest = json.loads(members.pop()[1])
    members, manifest = change(members, manifest)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data, kind in [*members, *([["manifest.json", json.dumps(manifest).encode(), tarfile.REGTYPE]] if manifest else [])]:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.size = kind, 0o600, len(data) if kind == tarfile.REGTYPE else 0
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            t.addfile(info, io.BytesIO(data) if kind == tarfile.REGTYPE else None)
    text = bytearray(out.getvalue())
    at = 0
    while text[at]:  # as our own writer has it: no names of users, the checksum's end
        info = tarfile.TarInfo.frombuf(bytes(text[at:at + 512]), "ascii", "strict")
        text[at + 329:at + 345] = bytes(16)
        total = sum(text[at:at + 148]) + 8 * 32 + sum(text[at + 156:at + 512])
        text[at + 148:at + 156] = b"%06o\0 " % total
        at += 512 + (info.size + 511) // 512 * 512
    sealed(bytes(text[:at]) + bytes(1024), path)


def entry(manifest, name, data):
    manifest["files"].append({"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})


def extra(name, data=b"x"):
    def change(members, manifest):
        entry(manifest, name, data)
        return [*members, [name, data, tarfile.REGTYPE]], manifest
    return change


def other(**more):
    return lambda members, manifest: (members, {**manifest, **more})


def broken_segment(members, manifest):
    """Right by every sum, and no chain."""
    for m, f in zip(members, manifest["files"]):
        if m[0].endswith(".journal"):
            m[1] = m[1][:5000] + bytes([m[1][5000] ^ 1]) + m[1][5001:]
            f["sha256"] = hashlib.sha256(m[1]).hexdigest()
    return members, manifest


def link(members, manifest):
    return [["tokens", b"", tarfile.SYMTYPE], *members], manifest


def twice(members, manifest):
    entry(manifest, members[0][0], members[0][1])
    return [*members, members[0]], manifest


HARM = [
    ("a name above the folder", extra("../tokens"), "lead out"), ("an absolute name", extra("/tmp/tokens"), "lead out"),
    ("a name within that goes up", extra("demo/journal/../../../x"), "lead out"), ("a link", link, "not a plain file"),
    ("a file that no backup has", extra("demo/sauda.db"), "no backup has"), ("an authority", extra("authority"), "no backup has"),
    ("a newer format", other(format=2), "newer build"), ("a newer core", other(core=1000), "newer build"),
    ("no manifest", lambda members, manifest: (members, None), "manifest"), ("a file twice", twice, "exists"),
    ("a file that the manifest does not name", lambda members, manifest: ([*members, ["kill", b"x", tarfile.REGTYPE]], manifest), "damaged"),
    ("a file that is missing", lambda members, manifest: (members[:-1], manifest), "damaged"),
    ("a broken chain under right sums", broken_segment, ""),
    ("a journal's end that is not there", lambda m, f: (m, {**f, "journals": [{**f["journals"][0], "last_seq": 10 ** 9}]}), "not the one"),
    ("a journal of a mode that leads elsewhere", lambda m, f: (m, {**f, "journals": [{**f["journals"][0], "mode": "../demo"}]}), "not whole"),
    ("a mode twice", lambda m, f: (m, {**f, "journals": f["journals"] * 2}), "not whole"),
    ("a manifest of nothing", other(journals=[], files=[]), "not whole"), ("a manifest of another kind", other(format="one"), "not one of a backup"),
]


def refused(path, folder, words, name):
    into = os.path.join(folder, "into")
    got = told(ctl("restore", path, "--into", into, "--json"))
    there = os.listdir(into) if os.path.exists(into) else []
    shutil.rmtree(into, ignore_errors=True)
    return tap.ok(got["ok"] is False and words in got["error"] and there == [], name, (got, there))


def hostile(good, folder):
    path = os.path.join(folder, "bad.tar.zst")
    forged(good, path, lambda members, manifest: (members, manifest))
    tap.ok(told(ctl("restore", path, "--into", os.path.join(folder, "same"), "--json"))["ok"], "forged as it was: taken, so the rest is refused for its fault")
    for name, change, words in HARM:
        forged(good, path, change)
        refused(path, folder, words, "refused: " + name)


def damaged(good, folder):
    """Bits and ends of the whole file; test_backup_file.c takes each one of a small file."""
    with open(good, "rb") as f:
        data = f.read()
    path = os.path.join(folder, "bad.tar.zst")
    wrong = 0
    places = sorted({0, 3, 4, 5, 100, *(len(data) * i // 11 for i in range(11)), *(len(data) - n for n in (1, 20, 32, 33, 40, 41, 44, 48, 49))})
    for at in places:
        with open(path, "wb") as f:
            f.write(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:])
        got = told(ctl("restore", path, "--into", os.path.join(folder, "into"), "--json"))
        wrong += got["ok"] is not False or os.path.exists(os.path.join(folder, "into"))
    tap.equal(wrong, 0, f"{len(places)} flipped bits, each refused before anything is made")
    for n in (0, 1, 47, 48, len(data) // 2, len(data) - 48, len(data) - 1):
        with open(path, "wb") as f:
            f.write(data[:n])
        refused(path, folder, "", f"cut after {n} bytes")
    with open(path, "wb") as f:
        f.write(data + b"\0")
    refused(path, folder, "", "one byte more")
    refused(ENGINECTL, folder, "not a backup", "another file")
    refused(os.path.join(folder, "nothing"), folder, "not found", "no file")


def places(good, folder):
    into = os.path.join(folder, "taken")
    os.makedirs(os.path.join(into, "demo"))
    with open(os.path.join(into, "demo", "mine"), "w") as f:
        f.write("x")
    got = told(ctl("restore", good, "--into", into, "--json"))
    tap.ok(got["ok"] is False and "--force" in got["error"] and os.listdir(into) == ["demo"], "a folder that is not empty is refused", got)
    got = told(ctl("restore", good, "--into", into, "--force", "--json"))
    tap.ok(got["ok"] and "demo.old-1" in got["moved_aside"] and os.path.exists(os.path.join(into, "demo.old-1", "mine")), "--force: what was there is aside, and still there", got)
    left = os.path.join(folder, "left", ".restoring", "demo")
    os.makedirs(left)
    got = told(ctl("restore", good, "--into", os.path.dirname(os.path.dirname(left)), "--json"))
    tap.ok(got["ok"] and not os.path.exists(left), "what a crash left of a restore is no hindrance", got)
    text = ctl("restore", good, "--into", os.path.join(folder, "words"))
    tap.has(text.stdout, ["equity", "compares its books with the broker's", "hours ago", "Secrets were left out"], "a person is told what it is worth")
    none = told(ctl("backup", "--drill", "--state", into, "--out", folder, "--json"))
    tap.ok(none["ok"] is False and "there is no backup" in none["error"], "a drill without a backup fails", none)


def demo_of(folder, keep=None):
    """A small journal, and a backup of it."""
    with Engine() as e:
        e.start("--mode", "demo", "--config", rich(e), speed=60)
        tap.ok(wait_for(lambda: e.call("status")["journal"]["durable"] > 3000, 60), "a demo of a minute", e.said())
        e.kill()
        shutil.copytree(e.state, folder)
        if keep:
            tap.ok(told(ctl("backup", "--state", e.state, "--out", keep, "--json"))["ok"], "backed up after a SIGKILL")


def drill_fails(good, folder):
    """A journal that is not the one that was backed up."""
    backups, state = os.path.join(folder, "backups"), os.path.join(folder, "another")
    os.makedirs(backups)
    shutil.copy(good, os.path.join(backups, "sauda-backup-20261123T000000Z.tar.zst"))
    demo_of(state)
    got = told(ctl("backup", "--drill", "--state", state, "--out", backups, "--json"))
    tap.ok(got["ok"] is False and "another one at that record" in got["error"], "a drill against another journal fails", got)
    got = told(ctl("backup", "--drill", "--state", os.path.join(folder, "nobody"), "--out", backups, "--json"))
    tap.ok(got["ok"] is True and got["journals"][0]["compared"] is False, "where there is none the copy alone is proven", got)
    tap.equal([n for n in os.listdir(backups) if not re.match("sauda-backup", n)], [], "a drill leaves nothing behind")


tap.run(beside_an_engine)
with Engine("sauda-backup") as place:
    good = os.path.join(place.folder, "good.tar.zst")
    demo_of(os.path.join(place.folder, "still"), good)
    tap.run(without_an_engine, os.path.join(place.folder, "still"))
    for test in (hostile, damaged, places, drill_fails):
        os.makedirs(os.path.join(place.folder, test.__name__))
        tap.run(test, good, os.path.join(place.folder, test.__name__))
tap.done()

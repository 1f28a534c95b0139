"""Bad input of every kind: a message with the place, the reason and the remedy; the engine keeps running, or refuses to start
saying why; nothing that is stored is lost. And folders that are taken, closed or damaged."""
import os
import shutil
import socket
import subprocess
import sys

import market
from sauda import ENV, Engine, ENGINED, Front, NGINX, PATIENCE, Refused, Tap, TOP, books, summary, wait_for

tap = Tap()


def write(e, name, text):
    path = os.path.join(e.folder, name)
    with open(path, "w" if isinstance(text, str) else "wb") as f:
        f.write(text)
    return path


def refuses(run, parts, name, status=1):
    tap.equal(run.returncode, status, f"{name}: refused with status {status}")
    tap.has(run.stderr, parts, f"{name}: place, reason and remedy")


# -- settings -----------------------------------------------------------------------------------------------------------


def settings():
    with Engine() as e:
        path = write(e, "sauda.conf", "[engine]\nmode = demo\nlog_level = loud\n[limits]\nday_los_pct = 4\norder_rate = 11\n"
                                      "[strategy.amd]\nkind = amd\nrsi_low = 900\n")
        r = e.run("--config", path)
        refuses(r, [path, "3", "log_level", "error|warn|info|debug", "day_los_pct", "did you mean", "day_loss_pct", "10", "rsi_low"],
                "settings with four faults")
        tap.ok(len(r.stderr.strip().splitlines()) >= 4, "settings with four faults: all of them are told at once", r.stderr)
        tap.ok(not os.path.exists(e.state), "settings with faults: nothing was touched")
        refuses(e.run("--config", os.path.join(e.folder, "none.conf")), ["none.conf", "cannot be read", "not found"], "settings that are not there")
        refuses(e.run("--speed", "fast", speed=None), ["--speed", "1 to 100000", "max"], "a speed that is none")
        refuses(e.run("--mode", "reply"), ["--mode", "demo", "replay", "reply"], "a mode that is none", 2)
        refuses(e.run("--mode", "live"), ["live", "kotak.consumer_key", "not set"], "live without an account")
        refuses(e.run("--mode", "replay"), ["--data"], "a replay of nothing")
        refuses(e.run("--nosuch"), ["--nosuch", "engined [--config"], "an option that is none", 2)
        refuses(e.run("file.csv"), ["file.csv", "--data"], "a file without its option", 2)
        good = e.run("--check", "--config", write(e, "good.conf", "[engine]\nmode = demo\n"))
        tap.equal(good.returncode, 0, "--check of good settings")


def environment():
    with Engine() as e:
        for name, value, parts in (("PORT", "web", ["PORT", "web", "65535"]),
                                   ("ALLOW_AFTER_MARKET", "perhaps", ["ALLOW_AFTER_MARKET", "perhaps", "yes"]),
                                   ("KOTAK_MPIN", "12x", ["KOTAK_MPIN", "six digits"]),
                                   ("MONGODB_URI", "http://db", ["MONGODB_URI", "mongodb://"])):
            r = e.run("--check", env={name: value})
            refuses(r, parts, f"{name}={value}")
            if name == "KOTAK_MPIN":
                tap.ok("12x" not in r.stderr, "a secret is not repeated in the complaint", r.stderr)


# -- recorded data --------------------------------------------------------------------------------------------------------


def data():
    with Engine() as e:
        head = "timestamp,open,high,low,close,volume\n"
        row = "2024-01-02T09:{:02d}:00+05:30,21700,21710,21690,21705,0\n"
        day = head + "".join(row.format(m) for m in range(15, 45))
        for name, text, parts in (
                ("NIFTY_empty.csv", "", ["NIFTY_empty.csv"]),
                ("NIFTY_head.csv", head, ["NIFTY_head.csv"]),
                ("NIFTY_columns.csv", "when,price\n1,2\n", ["NIFTY_columns.csv", "when"]),
                ("NIFTY_binary.csv", bytes(range(256)) * 20, ["NIFTY_binary.csv"]),
                ("NIFTY_cut.csv.gz", gzip_cut(day), ["NIFTY_cut.csv.gz"])):
            refuses(e.replay(write(e, name, text)), parts, name)
        refuses(e.replay(os.path.join(e.folder, "none.csv")), ["none.csv", "no such file"], "data that is not there")
        refuses(e.replay(e.folder), [os.path.basename(e.folder)], "a folder as data")
        broken = day + "2024-01-02T09:45:00+05:30,21700,abc,21690,21705,0\n2024-01-02T09:46,1,1,1,1,0\n" + row.format(47)
        r = e.run("--fresh", "--exit", "--data", write(e, "NIFTY_broken.csv", broken))
        s = summary(r)
        tap.ok(r.returncode == 0 and s.get("bad_rows") == 2 and s.get("rows") == 31,
               "two broken rows are counted and do not lose the day", r.stdout[:300] + r.stderr)


def gzip_cut(text):
    import gzip
    whole = gzip.compress(text.encode())
    return whole[:len(whole) // 2]


def changed_data(path):
    with Engine() as e:
        copy = os.path.join(e.folder, "NIFTY_day.csv")
        shutil.copy(path, copy)
        first = e.replay(copy)
        with open(copy) as f:
            lines = f.readlines()
        lines[200] = lines[200].replace(",5000", ",5500").replace("00,\n", "50,\n")
        with open(copy, "w") as f:
            f.writelines(lines[:-300])
        r = e.replay(copy)
        refuses(r, ["other data files", "--fresh"], "a replay whose file has changed")
        v = e.verify()
        tap.equal(v.returncode, 0, "a replay whose file has changed: the journal is as it was")
        shutil.copy(path, copy)
        tap.equal(books(summary(e.replay(copy))), books(summary(first)), "with the old file it goes on")


# -- the control socket and HTTP ----------------------------------------------------------------------------------------------


def control(path):
    with Engine() as e:
        e.start("--data", path, speed=1)
        for line, code in ((b"\n", None), (b"hello\n", "bad_json"), (b'{"jsonrpc":"2.0","id":1}\n', "bad_request"), (b"[1,2]\n", "bad_request"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"stauts"}\n', "unknown_method"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"kill","params":{"rung":"half"}}\n', "bad_parameter"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"orders","params":{"from":"yesterday"}}\n', "bad_parameter"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"orders","params":{"from":"2023-02-30"}}\n', "bad_parameter"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"strategy","params":{"id":"nosuch"}}\n', "not_found"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"risk.set","params":{"limit":"nosuch","value":1}}\n', "bad_parameter"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"balance","params":{"x":1}}\n', "bad_parameter"),
                           (b"x" * 70000 + b"\n", "too_large"), (b"\xff\xfe\n", "bad_json")):
            if code is None:
                continue
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(PATIENCE)
                s.connect(e.socket)
                s.sendall(line + b'{"jsonrpc":"2.0","id":"next","method":"health"}\n')
                f = s.makefile("rb")
                a, b = f.readline(), f.readline()
            error = __import__("json").loads(a)["error"]["data"]
            tap.ok(error["code"] == code and error["detail"] and error["remedy"] and b'"id":"next"' in b and b'"result"' in b,
                   f"control line {line[:60]!r}: {code}, and the connection lives", (a[:300], b))
        before = e.call("strategy", id="amd")["params"]
        try:
            e.call("strategy.set", id="amd", params={"rsi_low": "35", "rsi_high": "nonsense"})
            tap.ok(False, "a good and a bad parameter: refused")
        except Refused as r:
            tap.has(str(r), ["rsi_high", "nonsense", "to"], "a good and a bad parameter: refused with name, bounds and what was given")
        tap.equal(e.call("strategy", id="amd")["params"], before, "and none of them was changed")


def over_http(path):
    if not NGINX:
        tap.skip("bad HTTP requests", "nginx is not installed")
        return
    with Engine() as e:
        e.start("--data", path, speed=1)
        with Front(e) as f:
            for method, route, body, status in (("GET", "/api/nosuch", None, 404), ("POST", "/api/balance", None, 405),
                                                ("GET", "/api/orders?limit=many", None, 422), ("GET", "/api/orders?nosuch=1", None, 422),
                                                ("POST", "/api/kill", b'{"rung":', 400), ("POST", "/api/kill", {"rung": "half"}, 422),
                                                ("PATCH", "/api/strategies/nosuch", {"params": {"rsi_low": "3"}}, 404),
                                                ("POST", "/api/replay", {"speed": "backwards"}, 422)):
                got, problem = f.request(method, route, body)
                tap.ok(got == status and problem.get("code") and problem.get("detail") and problem.get("remedy"),
                       f"{method} {route}: {status} with code, detail and remedy", (got, problem))
            got, problem = f.get("/api/debug", auth=False)
            tap.ok(got == 401 and problem.get("code") == "unauthenticated", "without a token: 401", (got, problem))
            tap.equal(f.get("/healthz")[0], 200, "after all of that the engine is well")


# -- folders and sockets -------------------------------------------------------------------------------------------------------


def two_engines(path):
    with Engine() as e:
        e.start("--data", path, speed=1)
        mine = [ENGINED, "--state", e.state, "--runtime", os.path.join(e.folder, "other"), "--tables", os.path.join(TOP, "tables"), "--data", path]
        for more, name in (([], "a second engine on the same state folder"), (["--fresh"], "a second engine with --fresh")):
            r = subprocess.run(mine + more, env=ENV, capture_output=True, text=True, timeout=PATIENCE)
            refuses(r, ["another", "stop it"], name)
            tap.ok(not os.path.exists(os.path.join(e.folder, "other", "control.sock")), f"{name}: leaves no socket behind")
        r = subprocess.run([ENGINED, "--state", os.path.join(e.folder, "elsewhere"), "--runtime", e.runtime, "--tables", os.path.join(TOP, "tables"),
                            "--data", path], env=ENV, capture_output=True, text=True, timeout=PATIENCE)
        refuses(r, ["heartbeat", "another engine lives in this runtime folder", "stop it first"], "a second engine on the same runtime folder")
        tap.equal(e.call("status")["state"], "running", "the first one runs on")
        tap.ok(not os.path.exists(e.state + "/replay.old-1"), "and its journal was not moved")


def stale_files(path):
    with Engine() as e:
        e.start("--data", path, speed=1)
        e.kill()
        tap.equal(e.left_behind(), ["control.sock", "snapshot"], "kill -9 leaves socket and snapshot")
        e.start("--data", path, speed=1)
        tap.equal(e.call("status")["state"], "running", "the next start does not mind them")


def unwritable(path):
    with Engine() as e:
        write(e, "file", "")
        e.state = os.path.join(e.folder, "file", "state")
        refuses(e.replay(path), [e.state, "folder"], "a state folder that cannot be made")
        e.state = "/proc/sauda"
        refuses(e.replay(path), ["/proc/sauda", "can be written"], "a state folder where nothing can be written")
        if os.geteuid() != 0:
            e.state = os.path.join(e.folder, "closed")
            os.mkdir(e.state, 0o500)
            refuses(e.replay(path), ["closed", "Permission denied"], "a read-only state folder")
        else:
            tap.skip("a read-only state folder", "root writes anywhere")
        e.state = os.path.join(e.folder, "state")
        e.runtime = os.path.join(e.folder, "r" * 120)
        refuses(e.replay(path), ["control.sock", "long"], "a runtime folder too deep for a socket")


def damage(path):
    with Engine() as e:
        first = e.replay(path)
        journal = os.path.join(e.state, "replay", "journal")
        segment = os.path.join(journal, sorted(n for n in os.listdir(journal) if n.endswith(".journal"))[0])
        for name in os.listdir(journal):
            if name.startswith("checkpoint"):
                os.remove(os.path.join(journal, name))
        with open(segment, "r+b") as f:
            f.seek(300000)
            byte = f.read(1)
            f.seek(300000)
            f.write(bytes([byte[0] ^ 0x40]))
        before = open(segment, "rb").read()
        r = e.replay(path)
        refuses(r, ["00000001.journal at byte", "nothing was changed", "journal verify", "--fresh"], "a journal damaged in the middle")
        tap.ok(open(segment, "rb").read() == before, "a journal damaged in the middle: not a byte was changed")
        v = e.verify()
        tap.ok(v.returncode == 1 and "DAMAGED" in v.stdout, "journal verify tells where", v.stdout + v.stderr)
        tap.equal(e.left_behind(), [], "a journal damaged in the middle: the refused start leaves no socket")
        fresh = e.run("--fresh", "--exit", "--data", path)
        tap.ok(summary(fresh) == summary(first), "--fresh begins anew", fresh.stdout[:200] + fresh.stderr)
        old = os.path.join(e.state, "replay.old-1", "journal", os.path.basename(segment))
        tap.ok(os.path.exists(old) and open(old, "rb").read() == before, "and keeps the damaged one for whoever mends it")


def damaged_checkpoint(path):
    with Engine() as e:
        first = e.replay(path)
        journal = os.path.join(e.state, "replay", "journal")
        for name in os.listdir(journal):
            if name.startswith("checkpoint"):
                with open(os.path.join(journal, name), "r+b") as f:
                    f.seek(5000)
                    f.write(b"\xff" * 64)
        again = e.replay(path)
        tap.ok(again.returncode == 0 and books(summary(again)) == books(summary(first)), "damaged checkpoints: the journal alone is enough",
               again.stdout[:300] + again.stderr)


def damaged_store(path):
    """The database is a projection: what is in it can be made again."""
    with Engine() as e:
        trades = summary(e.replay(path))["trades"]
        write(e, "state/replay/sauda.db", b"this is no database" * 1000)
        e.start("--data", path, speed="max")
        tap.ok(wait_for(lambda: len(e.call("history")["items"]) == trades, PATIENCE), "a damaged database: the engine makes it again from the journal",
               e.said())
        tap.equal(e.verify().returncode, 0, "a damaged database: the journal is whole")


def port_taken():
    """./run says so instead of showing a page of somebody else's."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(1)
        with Engine() as e:
            try:
                with Front(e, s.getsockname()[1]):
                    tap.ok(False, "nginx on a taken port ends")
            except (RuntimeError, OSError) as x:
                tap.has(str(x), ["address already in use", str(s.getsockname()[1])], "a port that is taken is named")


def tables():
    with Engine() as e:
        r = subprocess.run([ENGINED, "--state", e.state, "--runtime", e.runtime, "--tables", e.folder, "--mode", "demo"], env=ENV,
                           capture_output=True, text=True, timeout=PATIENCE)
        refuses(r, ["charges.csv", "tables_dir"], "market tables that are not there")
        tap.equal(e.left_behind(), [], "a refused start leaves no socket")
        mine = os.path.join(e.folder, "tables")
        shutil.copytree(os.path.join(TOP, "tables"), mine)
        with open(os.path.join(mine, "charges.csv"), "a") as f:
            f.write("this,is,no,charge\n")
        r = subprocess.run([ENGINED, "--state", e.state, "--runtime", e.runtime, "--tables", mine, "--mode", "demo"], env=ENV,
                           capture_output=True, text=True, timeout=PATIENCE)
        refuses(r, ["charges.csv", "line", "mend"], "a broken line in a market table")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    with Engine("sauda-data") as folder:
        day = os.path.join(folder.folder, "NIFTY_madeup.csv")
        market.option_days(day, 2, strikes=5)
        for test in (settings, environment, data, tables):
            tap.run(test)
        for test in (changed_data, control, over_http, two_engines, stale_files, unwritable, damage, damaged_checkpoint, damaged_store):
            tap.run(test, day)
        if NGINX:
            tap.run(port_taken)
        else:
            tap.skip("a port that is taken", "nginx is not installed")
    tap.done()

"""Goal: an operator hands out and takes back access without stopping the engine, and a role is never exceeded.
Method: enginectl token writes the file, SIGHUP makes the engine read it, nginx and engine-api answer by it."""
import os
import signal
import subprocess
import sys

from sauda import ENGINECTL, ENV, Engine, Tap, Front, wait_for

tap = Tap()


def make(e, *args):
    return subprocess.run([ENGINECTL, "token", *args], capture_output=True, text=True, env=ENV, timeout=30)


def status_of(web, token, method="GET", path="/api/balance", body=None):
    return web.request(method, path, body, auth=False, Authorization="Bearer " + token)[0]


def roles():
    with Engine() as e:
        e.start()
        file = os.path.join(e.state, "tokens")
        with Front(e) as web:
            made = make(e, "dashboard", "read", "--file", file)
            token = made.stdout.strip()
            tap.ok(made.returncode == 0 and len(token) == 64, "a read token is made and printed", made.stderr)
            tap.ok(token not in open(file).read(), "the file holds its hash alone")
            tap.ok(status_of(web, token) == 401, "before SIGHUP the engine does not know it")
            e.process.send_signal(signal.SIGHUP)
            tap.ok(wait_for(lambda: status_of(web, token) == 200, 20), "after SIGHUP it reads")
            tap.ok(status_of(web, token, "POST", "/api/pause", {}) == 403, "and may not pause")
            again = make(e, "dashboard", "admin", "--file", file)
            tap.ok(again.returncode == 1, "a name is given once", again.returncode)
            tap.has(again.stderr, ["dashboard", "has a token already", "remove its line"], "and the refusal says why")
            for args, words in ((("x", "root", "--file", file), ["root", "read, trade and admin"]),
                                (("b d", "read", "--file", file), ["letters"]), (("x", "read"), ["enginectl token NAME"]),
                                (("x", "read", "--file", "/nowhere/tokens"), ["/nowhere/tokens", "state folder"])):
                r = make(e, *args)
                tap.ok(r.returncode in (1, 2), f"refused: {' '.join(args[:2])}", r.returncode)
                tap.has(r.stderr, words, f"with words: {' '.join(args[:2])}")
            with open(file) as f:
                lines = [line for line in f if not line.startswith("dashboard ")]
            with open(file, "w") as f:
                f.writelines(lines)
            e.process.send_signal(signal.SIGHUP)
            tap.ok(wait_for(lambda: status_of(web, token) == 401, 20), "without its line and after SIGHUP it is worth nothing")
            with open(file, "a") as f:
                f.write("this is no token\n")
            e.process.send_signal(signal.SIGHUP)
            tap.ok(wait_for(lambda: "tokens stay as they were" in e.said(), 20), "a wrong file is said", e.said()[-300:])
            tap.ok(web.get("/api/balance")[0] == 200, "and the old tokens stay")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    tap.run(roles)
    tap.done()

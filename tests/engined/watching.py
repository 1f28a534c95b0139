"""A watchdog beside an engine, and somebody who hears it: a receiver for its posts, a program for its alarms."""
import json
import os
import stat
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sauda import BUILD, ENGINECTL, ENV, PATIENCE, TABLES, spawn, wait_for, _read

WATCHDOG = os.path.join(BUILD, "engined", "engine-watchdog")


class Receiver:
    """Takes every post: a list of (path, body) with the moment it came."""

    def __init__(self):
        taken = self.taken = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                taken.append((self.path, body, time.monotonic()))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def at(self, path):
        return [body for p, body, _ in self.taken if p == path]

    def alarms(self, event="alarm"):
        return [b for b in self.at("/alarm") if b["event"] == event]

    def states(self):
        return [b["state"] for b in self.alarms()]


class Watchdog:
    """engine-watchdog on an engine's folders, with short times."""

    def __init__(self, engine, receiver, *args, env=None, **more):
        self.engine, self.folder = engine, tempfile.mkdtemp(prefix="watchdog-", dir=engine.folder)
        self.heard = os.path.join(self.folder, "heard")
        program = os.path.join(self.folder, "alarm")
        with open(program, "w") as f:
            f.write(f'#!/bin/sh\nfor last; do :; done\nprintf "%s|%s|" "$#" "$last" >>"{self.heard}"\ncat >>"{self.heard}"\necho >>"{self.heard}"\n')
        os.chmod(program, stat.S_IRWXU)
        lines = {"alarm_after_s": 2, "repeat_s": 1, "deadman_s": 1, "command": program + " one two", "webhook_url": receiver.url + "/alarm",
                 "deadman_url": receiver.url + "/dead", "restart_grace_s": 2, **more}
        self.config = os.path.join(self.folder, "sauda.conf")
        with open(self.config, "w") as f:
            f.write("[watchdog]\n" + "".join(f"{k} = {v}\n" for k, v in lines.items()))
        os.chmod(self.config, 0o600)
        self.args, self.env = args, env or ENV
        self.log = tempfile.TemporaryFile(dir=self.folder)

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.process = spawn([WATCHDOG, "--config", self.config, "--state", self.engine.state, "--runtime", self.engine.runtime, "--tables", TABLES, *self.args],
                             stdout=self.log, stderr=self.log, env=self.env)

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def said(self):
        return _read(self.log)

    def ctl(self, *args):
        return subprocess.run([ENGINECTL, "--socket", self.engine.socket, *args], env=ENV, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=PATIENCE)

    def status(self):
        try:
            return json.loads(self.ctl("--json", "watchdog").stdout)
        except json.JSONDecodeError:
            return {}

    def sees(self, state, seconds=PATIENCE):
        return wait_for(lambda: self.status().get("state") == state, seconds)

#!/usr/bin/env python3
"""Where the dashboard and the API listen is said in one place, [http] of the settings or PORT: `enginectl config listen` tells it to ./run, the container and the
package, whose script writes the line that the machine's nginx includes and takes it back when nginx refuses it."""
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from sauda import ENGINECTL, ENV, NGINX, PATIENCE, Tap, free_port, wait_for  # noqa: E402

tap = Tap()
LISTEN = os.path.join(TOP, "packaging", "listen.sh")


def write(folder, text, name="sauda.conf"):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def listen(*words, **env):
    run = subprocess.run([ENGINECTL, "config", "listen", *words], env={**ENV, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    return run.returncode, run.stdout.strip(), run.stderr


def told(folder):
    tap.equal(listen(), (0, "127.0.0.1:5000", ""), "nothing set: the defaults")
    path = write(folder, "[engine]\nmode = live\n[http]\nport = 6001\nbind = 192.0.2.7\n")
    tap.equal(listen(path), (0, "192.0.2.7:6001", ""), "as the file says; an account that is not there does not matter")
    tap.equal(listen(path, PORT="6002"), (0, "192.0.2.7:6002", ""), "PORT before the file")
    tap.equal(listen(path, "--bind", "0.0.0.0"), (0, "192.0.2.7:6001", ""), "--bind: not for a file that sets one")
    tap.equal(listen("--bind", "0.0.0.0"), (0, "0.0.0.0:5000", ""), "but where none is set")
    tap.equal(listen(write(folder, "[http]\nbind = ::1\n")), (0, "[::1]:5000", ""), "an IPv6 address in brackets, as nginx wants it")
    for text, words in (("[http]\nport = 0\n", "from 1 to 65535"), ("[http]\nbind = here\n", "IPv4 or IPv6"), ("[htp]\nport = 1\n", 'did you mean "http"')):
        path = write(folder, text)
        status, out, err = listen(path)
        tap.ok((status, out) == (1, "") and path in err and words in err, f"{text.split()[1]}: refused, nothing on standard output", err)
    tap.ok(listen(os.path.join(folder, "none"))[:2] == (1, "") and listen("--bind", "here")[0] == 1, "a file that is not there; an address that is none")
    tap.ok(listen("a", "b")[0] == listen("--json")[0] == listen("a", "--bind")[0] == 2, "wrong usage is 2")


def fake_nginx(folder, status):
    bin_ = os.path.join(folder, "bin")
    os.makedirs(bin_, exist_ok=True)
    with open(os.path.join(bin_, "nginx"), "w") as f:
        f.write(f"#!/bin/sh\nexit {status}\n")
    with open(os.path.join(bin_, "systemctl"), "w") as f:
        f.write(f'#!/bin/sh\necho "$@" >>"{folder}/asked"\n')
    for name in ("nginx", "systemctl"):
        os.chmod(os.path.join(bin_, name), 0o755)
    return bin_ + ":" + ENV["PATH"]


def package(folder):
    """packaging/listen.sh, as the package runs it."""
    def go(status=0):
        return subprocess.run(["sh", LISTEN], env={**ENV, "PATH": fake_nginx(folder, status), "SAUDA_ETC": folder, "SAUDA_CTL": ENGINECTL}, capture_output=True, text=True, timeout=PATIENCE)

    def line():
        with open(os.path.join(folder, "nginx-listen.conf")) as f:
            return f.read()
    tap.ok(go().returncode == 1 and not os.path.exists(os.path.join(folder, "nginx-listen.conf")), "without settings: refused, nothing written")
    write(folder, "[http]\nport = 6001\n")
    run = go()
    tap.equal((run.returncode, line()), (0, "listen 127.0.0.1:6001 backlog=4096;\n"), "the line of the site")
    tap.has(run.stdout, ["127.0.0.1:6001"], "is said")
    run = go(status=1)
    tap.equal((run.returncode, run.stdout), (0, ""), "again: nothing to do, nginx is not asked")
    write(folder, 'KOTAK_UCC=QXZ98\nPORT="6002"\n', "environment")
    run = go(status=1)
    tap.ok(run.returncode == 1 and line() == "listen 127.0.0.1:6001 backlog=4096;\n", "nginx refuses: it is taken back", run.stderr)
    tap.equal((go().returncode, line()), (0, "listen 127.0.0.1:6002 backlog=4096;\n"), "PORT of the environment file goes before the settings")
    write(folder, "PORT=web\n", "environment")
    run = go()
    tap.ok(run.returncode == 1 and "PORT" in run.stderr and "6002" in line(), "a port that is none: as before", run.stderr)
    tap.equal(sorted(n for n in os.listdir(folder) if n.startswith("nginx-listen")), ["nginx-listen.conf"], "no file is left beside it")


def site(folder):
    """The site with that line, in an nginx."""
    if NGINX is None:
        return tap.skip("the site", "no nginx here")
    port = free_port()
    os.makedirs(os.path.join(folder, "www"))
    write(os.path.join(folder, "www"), "<!doctype html>\n", "index.html")
    line = write(folder, f"listen 127.0.0.1:{port} backlog=4096;\n", "nginx-listen.conf")
    run = subprocess.run([os.path.join(TOP, "nginx", "render.sh"), "--site", "--www", f"{folder}/www", "--api-socket", f"{folder}/api.sock", "--listen-file", line, f"{folder}/site"],
                         env=ENV, capture_output=True, text=True)
    tap.equal((run.returncode, run.stderr), (0, ""), "render.sh --listen-file")
    user = "user root;" if os.getuid() == 0 else ""
    paths = "".join(f"{n}_temp_path {folder}/t-{n}; " for n in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi"))
    conf = write(folder, f"pid {folder}/pid; daemon off; {user}\nevents {{ }}\nhttp {{ {paths} include {folder}/site/site.conf; }}\n", "nginx.conf")
    nginx = subprocess.Popen([NGINX, "-e", "stderr", "-p", folder, "-c", conf], env=ENV, stderr=subprocess.DEVNULL)
    try:
        def answers():
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).status == 200
            except OSError:
                return False
        tap.ok(wait_for(answers, PATIENCE), "the site listens where the line says")
    finally:
        nginx.terminate()
        nginx.wait()


for test in (told, package, site):
    place = tempfile.mkdtemp(prefix="listen-")
    try:
        tap.run(test, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
tap.done()

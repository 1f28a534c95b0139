#!/usr/bin/env python3
"""The site for the nginx of a machine: as render.sh --site writes it, beside another site, in plain HTTP and, with the example's name and certificate filled in, over
TLS. The dashboard, an answer of the engine, the headers; and what must differ between the two."""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "engined"))
from sauda import ENGINE_API, ENV, NGINX, PATIENCE, Engine, Tap, free_port, spawn, wait_for  # noqa: E402

tap = Tap()
NAME = "sauda.example.com"
MAIN = """pid {0}/nginx.pid; error_log {0}/error.log; daemon off; {1}
events {{ }}
http {{
	client_body_temp_path {0}/t1; fastcgi_temp_path {0}/t2; proxy_temp_path {0}/t3; scgi_temp_path {0}/t4; uwsgi_temp_path {0}/t5;
	access_log off;
	server {{ listen 127.0.0.1:{2}; server_name other; return 204; }}
	include {0}/enabled/*;
}}
"""


def certificate(folder):
    run = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
                          "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], capture_output=True)
    return run.returncode == 0


def fill(path, to, changes):
    with open(path) as f:
        text = f.read()
    for old, new in changes:
        assert old in text, (path, old)
        text = text.replace(old, new)
    with open(to, "w") as f:
        f.write(text)


def render(e, port, tls):
    f = e.folder
    for name in ("www/assets", "enabled"):
        os.makedirs(os.path.join(f, name))
    with open(os.path.join(f, "www", "index.html"), "w") as page:
        page.write("<!doctype html><title>Sauda</title>\n")
    run = subprocess.run([os.path.join(TOP, "nginx", "render.sh"), "--site", "--www", f"{f}/www", "--api-socket", f"{e.runtime}/api.sock", "--listen",
                          f"127.0.0.1:{port}", f"{f}/site"], env=ENV, capture_output=True, text=True)
    tap.equal((run.returncode, run.stdout + run.stderr), (0, ""), "render.sh --site writes it")
    os.symlink(f"{f}/site/site.conf", f"{f}/enabled/sauda")
    fill(f"{f}/site/site-tls.conf", f"{f}/enabled/sauda-tls",
         [(f"/etc/letsencrypt/live/{NAME}/fullchain.pem", f"{f}/cert.pem"), (f"/etc/letsencrypt/live/{NAME}/privkey.pem", f"{f}/key.pem"),
          ("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl"), (f"listen [::]:443 ssl http2;", "")])
    with open(f"{f}/nginx.conf", "w") as conf:
        conf.write(MAIN.format(f, "user root;" if os.getuid() == 0 else "", free_port()))


def ask(url, token=None, data=None, context=None):
    r = urllib.request.Request(url, data=data, headers={"Host": NAME, **({"Authorization": "Bearer " + token} if token else {}),
                                                        **({"Content-Type": "application/json"} if data else {})})
    try:
        with urllib.request.urlopen(r, timeout=PATIENCE, context=context) as a:
            return a.status, a.headers, a.read().decode()
    except urllib.error.HTTPError as a:
        return a.code, a.headers, a.read().decode()


def served(base, token, name, context=None):
    status, headers, text = ask(base + "/", context=context)
    tap.ok(status == 200 and "Sauda" in text and "default-src 'none'" in headers["Content-Security-Policy"], f"{name}: the dashboard with its headers", (status, text))
    status, answer, text = ask(base + "/api/status", token, context=context)
    tap.ok(status == 200 and '"mode":"demo"' in text, f"{name}: an answer of the engine", (status, text))
    tap.equal(ask(base + "/api/status", context=context)[0], 401, f"{name}: none without a token")
    tap.has(ask(base + "/nothing", context=context)[2], ["not_found"], f"{name}: nginx's own errors are ours")
    return headers, answer


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def cookie(e, base, context=None):
    code = e.call("auth.new-link")["code"]
    return ask(base + "/api/login/link", data=f'{{"code":"{code}"}}'.encode(), context=context)[1]["Set-Cookie"] or ""


def both(e, plain, secure):
    with open(os.path.join(e.state, "admin.token")) as f:
        token = f.read().strip()
    trust = ssl.create_default_context(cafile=f"{e.folder}/cert.pem")
    trust.check_hostname = False
    for got in served(plain, token, "plain"):
        tap.equal(got["Strict-Transport-Security"], None, "plain: promises no TLS")
    for got in served(secure, token, "TLS", trust):
        tap.equal(got.get_all("Strict-Transport-Security"), ["max-age=31536000"], "TLS: promises it for a year")
    tap.ok("Secure" not in cookie(e, plain) and "HttpOnly" in cookie(e, plain), "plain: the cookie works without TLS")
    tap.has(cookie(e, secure, trust), ["Secure", "HttpOnly", "SameSite=Strict"], "TLS: the cookie never leaves it")
    old = ssl.create_default_context(cafile=f"{e.folder}/cert.pem")
    old.check_hostname = False
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    try:
        ask(secure + "/", context=old)
        tap.ok(False, "TLS: versions before 1.2 are refused")
    except (ssl.SSLError, urllib.error.URLError):
        tap.ok(True, "TLS: versions before 1.2 are refused")


def site():
    if not shutil.which("openssl"):
        return tap.skip("the site over TLS", "no openssl here")
    with Engine() as e:
        port, tls = free_port(), free_port()
        if not certificate(e.folder):
            return tap.skip("the site over TLS", "openssl cannot make a certificate")
        e.start("--mode", "demo")
        spawn([ENGINE_API, "--runtime", e.runtime])
        render(e, port, tls)
        check = subprocess.run([NGINX, "-t", "-q", "-p", e.folder, "-c", f"{e.folder}/nginx.conf"], capture_output=True, text=True)
        tap.equal((check.returncode, check.stderr), (0, ""), "nginx takes both files, beside another site")
        server = spawn([NGINX, "-p", e.folder, "-c", f"{e.folder}/nginx.conf"])
        wait_for(lambda: listens(port) and listens(tls), PATIENCE)
        try:
            both(e, f"http://127.0.0.1:{port}", f"https://127.0.0.1:{tls}")
        finally:
            server.terminate() # a worker outlives a master that is killed
        tap.equal(server.wait(PATIENCE), 0, "nginx ends with 0")


tap.run(site)
tap.done()

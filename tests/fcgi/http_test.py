"""Goal: what a stranger, a user, a faulty client or a dying engine can do over HTTP ends in one right answer, and nobody
else waits for it. Method: real nginx, real engine-api, a fake engined that misbehaves on demand (fake_engined.c).
Usage: http_test.py ENGINE_API FAKE_ENGINED"""
import concurrent.futures
import json
import os
import random
import re
import selectors
import socket
import stat
import sys
import threading
import time

import harness
from harness import fcgi_answer, fcgi_request, pair, record

CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
       "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'")
BODIES = {"strategy.set": {"params": {"rsi_low": "35"}}, "risk.set": {"limit": "day_loss_pct", "value": 4.5},
          "kill": {"rung": "pause"}, "preview": {"symbol": "NIFTY", "side": "buy", "qty": 75},
          "order.place": {"symbol": "NIFTY", "side": "buy", "qty": 75}, "auth.link": {"code": "good"},
          "acknowledge": {"symbol": "NIFTY24NOV24000CE", "reason": "my own hedge"},
          "stop.probe": {"outcome": "passed", "reason": "a one-lot trial"}}
ROLES = {"NONE": 0, "READ": 1, "TRADE": 2, "ADMIN": 3}
tap = harness.Tap()
addresses = (f"127.0.{a}.{b}" for a in range(1, 255) for b in range(1, 255))


def stranger():
    """An address that has not guessed yet."""
    return (next(addresses), 0)


def commands():
    with open(os.path.join(harness.TOP, "lib", "control", "commands.tbl.h")) as f:
        rows = re.findall(r'^COMMAND\(\w+,\s*"([^"]+)",\s*(\w+),\s*"([^"]*)",\s*"([^"]*)"', f.read(), re.M)
    return [(m, role, http, path.replace("/orders/{id}", "/orders/7").replace("{id}", "amd")) for m, role, http, path in rows if path]


def is_problem(r, status, code):
    try:
        p = json.loads(r.body)
    except ValueError:
        return False
    return (r.status == status == p["status"] and p["code"] == code and all(k in p for k in ("type", "title", "detail", "remedy"))
            and r.headers["Content-Type"].startswith("application/problem+json"))


def problem(r, status, code, name):
    return tap.ok(is_problem(r, status, code), name, (r.status, r.body))


def change(method):
    return None if method == "GET" else {}


# -- routes and rights --------------------------------------------------------------------------------------------------

def test_matrix(s):
    for method, role, http, path in commands():
        for who in ("none", "bad", "read", "trade", "admin"):
            r = s.request(http, path, BODIES.get(method, change(http)), token=None if who == "none" else who + "-token",
                          source=stranger())
            level = {"none": -1, "bad": -1, "read": 1, "trade": 2, "admin": 3}[who]
            good = 202 if method == "shutdown" else 200
            expected = good if role == "NONE" or level >= ROLES[role] else 401 if level < 0 else 403
            tap.equal(r.status, expected, f"{http} {path} by {who}")


def test_readyz(s):
    tap.equal(json.loads(s.get("/readyz").body), {"ready": True}, "a stranger learns one bit")
    tap.equal(json.loads(s.get("/readyz", token="read-token").body), {"ready": True, "reasons": []}, "a reader sees the reasons")
    s.get("/api/strategies/unready", token="read-token")
    r = s.get("/readyz", token="bad-token", source=stranger())
    tap.equal((r.status, r.body), (503, b'{"ready":false}'), "not ready is 503, and a bad token is a stranger's")
    r = s.get("/readyz", token="read-token")
    tap.ok(r.status == 503 and json.loads(r.body)["reasons"][0]["code"] == "paused", "the reason is there for a reader", r.body)
    s.get("/api/strategies/ready", token="read-token")


def test_csrf(s):
    for role, csrf, expected in (("trade", None, 403), ("trade", "csrf-admin", 403), ("trade", "csrf-trade", 200),
                                 ("read", "csrf-read", 403), ("bad", "csrf-bad", 401)):
        head = {"X-CSRF-Token": csrf} if csrf else {}
        r = s.request("POST", "/api/pause", {}, head, cookie=role + "-cookie", source=stranger())
        tap.equal(r.status, expected, f"pause by cookie of {role} with CSRF {csrf}")
    tap.equal(s.get("/api/status", cookie="read-cookie").status, 200, "a cookie may read without CSRF")
    for site, expected in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        r = s.request("POST", "/api/pause", {}, {"Sec-Fetch-Site": site}, token="trade-token")
        tap.equal(r.status, expected, f"a change from {site}")
    r = s.get("/api/status", headers={"Cookie": "sauda=read-cookie; sauda=admin-cookie"})
    tap.equal(r.status, 401, "two session cookies are refused")
    r = s.request("POST", "/api/pause", {}, {"Cookie": "sauda=trade-cookie"}, token="read-token")
    tap.equal(r.status, 403, "with a token and a cookie the token counts")


def test_login(s):
    r = s.request("POST", "/api/login/link", {"code": "good"}, source=stranger())
    cookie = r.headers["Set-Cookie"] or ""
    tap.equal(json.loads(r.body), {"role": "admin", "csrf": "csrf-admin"}, "a login answers role and CSRF and no secret")
    tap.ok(cookie.startswith("sauda=admin-cookie;") and "HttpOnly" in cookie and "SameSite=Strict" in cookie, "the cookie", cookie)
    problem(s.request("POST", "/api/login/link", {"code": "old"}, source=stranger()), 403, "link_used", "a used link")
    r = s.request("POST", "/api/logout", {}, {"X-CSRF-Token": "csrf-admin"}, cookie="admin-cookie")
    tap.ok(r.status == 200 and "Max-Age=0" in r.headers["Set-Cookie"], "logout ends the cookie", r.headers)


def test_guessing(s):
    source = stranger()
    seen = [s.get("/api/status", token=f"guess-{i}", source=source) for i in range(40)]
    late = [r for r in seen if r.status == 429]
    tap.ok(late and late[0].headers["Retry-After"] and is_problem(late[0], 429, "rate_limited"), "guessing is held back",
           [r.status for r in seen])
    tap.equal(s.get("/api/status", token="read-token", source=source).status, 200, "who is known is not")
    codes = [s.request("POST", "/api/login/link", {"code": f"x{i}"}, source=source).status for i in range(30)]
    tap.ok(429 in codes, "guessing links is held back", codes)


# -- methods, shapes, heads ---------------------------------------------------------------------------------------------

def test_methods(s):
    r = s.request("HEAD", "/api/balance", token="read-token")
    whole = s.get("/api/balance", token="read-token")
    tap.ok(r.status == 200 and r.body == b"" and r.headers["Content-Length"] == str(len(whole.body)), "HEAD", r.headers)
    tap.equal(s.request("HEAD", "/api/balance").status, 401, "HEAD needs the same rights")
    r = s.request("OPTIONS", "/api/risk")
    tap.equal((r.status, r.headers["Allow"], r.body), (204, "GET, HEAD, PATCH, OPTIONS", b""), "OPTIONS")
    for method, path, allow in (("DELETE", "/api/balance", "GET, HEAD, OPTIONS"), ("GET", "/api/kill", "POST, OPTIONS"),
                                ("PUT", "/api/risk", "GET, HEAD, PATCH, OPTIONS"), ("get", "/api/status", "GET, HEAD, OPTIONS"),
                                ("POST", "/healthz", "GET, HEAD, OPTIONS")):
        r = s.request(method, path, token="admin-token")
        if method != "get":
            tap.ok(is_problem(r, 405, "method_not_allowed") and r.headers["Allow"] == allow, f"{method} {path}", (r.headers["Allow"], r.body))
        else:
            tap.ok(r.status in (400, 405), "a method in small letters", r.status)
    tap.equal(s.raw(b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n"), 405, "TRACE")


def test_errors(s):
    problem(s.get("/api/nosuch"), 404, "not_found", "an unknown path")
    problem(s.get("/nosuch"), 404, "not_found", "an unknown page")
    problem(s.get("/problem/internal"), 404, "not_found", "nginx's own error pages are not pages")
    problem(s.get("/api/orders?limt=1", token="read-token"), 422, "bad_parameter", "a misspelt parameter")
    problem(s.get("/api/orders?limit=1&limit=2", token="read-token"), 422, "bad_parameter", "a parameter given twice")
    problem(s.get("/api/orders?limit=0", token="read-token"), 422, "bad_parameter", "a value out of bounds")
    problem(s.get("/api/orders?symbol=%zz", token="read-token"), 400, "bad_request", "a bad escape")
    problem(s.request("POST", "/api/kill", {"rung": "half"}, token="trade-token"), 422, "bad_parameter", "a wrong choice")
    problem(s.request("POST", "/api/kill", "{", token="trade-token"), 400, "bad_json", "half a body")
    problem(s.request("POST", "/api/kill", "rung=stop", {"Content-Type": "application/x-www-form-urlencoded"}, token="trade-token"),
            400, "bad_request", "a form")
    problem(s.request("POST", "/api/resume", {"reason": "latched"}, token="admin-token"), 409, "kill_latched", "the engine's refusal")
    problem(s.request("POST", "/api/pause", {}, {"Idempotency-Key": "a b"}, token="trade-token"), 400, "bad_request", "a bad key")
    problem(s.request("POST", "/api/pause?reason=x", {}, token="trade-token"), 400, "bad_request", "a query on a POST")
    problem(s.request("POST", "/api/pause", "x" * 65537, token="trade-token"), 413, "too_large", "a body over 64 KiB")
    big = json.dumps({"reason": "x" * 65000})
    tap.equal(s.request("POST", "/api/pause", big, token="trade-token").status, 422, "a body of nearly 64 KiB is read and judged")
    big = json.dumps({"params": {"p": "x" * 65300}})
    tap.ok(s.request("PATCH", "/api/strategies/amd", big, token="admin-token").status in (413, 422), "a value too long for the protocol")


def test_passing(s):
    r = json.loads(s.request("POST", "/api/kill", {"rung": "stop", "reason": 'say "no" € \\'}, {"Idempotency-Key": "k-1"},
                             token="trade-token").body)
    tap.equal((r["method"], r["params"]), ("kill", {"rung": "stop", "reason": 'say "no" € \\', "_request_id": "k-1", "_auth":
              {"principal": "token:trade", "role": "trade"}}), "what the engine is told")
    r = s.request("POST", "/api/kill", {"rung": "stop", "_auth": {"principal": "uid:0", "role": "admin"}}, token="trade-token")
    problem(r, 422, "bad_parameter", "a client cannot name itself")
    r = s.get("/api/orders?symbol=M%26M&limit=5", token="read-token")
    tap.ok(b'"exact":15000.00' in r.body, "digits pass unchanged", r.body)
    r = s.get("/api/balance", token="read-token")
    tap.ok(b'"capital":15000.00' in r.body and r.headers["X-Data-Age-Ms"].isdigit(), "the snapshot, with its age", r.body)
    r = s.get("/metrics", token="read-token")
    tap.ok(r.headers["Content-Type"].startswith("text/plain") and r.body.startswith(b"# TYPE"), "metrics are text", r.body)
    lines = json.loads(s.get("/api/trades", token="read-token").body)["lines"]
    for _ in range(20):
        s.get("/api/balance", token="read-token")
    tap.equal(json.loads(s.get("/api/trades", token="read-token").body)["lines"], lines + 1, "hot answers ask the engine nothing")
    s.get("/api/strategies/withdraw", token="read-token")
    tap.equal(s.get("/api/balance", token="read-token").status, 200, "what left the snapshot comes from the engine")
    r = s.get("/api/strategies/huge", token="read-token")
    tap.ok(r.status == 200 and len(json.loads(r.body)["items"]) > 100000, "an answer of 2 MiB", r.status)


def test_headers(s):
    rows = [("/", None), ("/assets/app.1a2b.js", None), ("/nosuch", None), ("/api/balance", "read-token"), ("/api/balance", None),
            ("/healthz", None), ("/api/nosuch", None), ("/metrics", "read-token"), ("/.git", None)]
    for path, token in rows:
        r = s.get(path, token=token)
        tap.ok(r.headers.get_all("Content-Security-Policy") == [CSP] and r.headers.get_all("X-Content-Type-Options") == ["nosniff"]
               and r.headers["Referrer-Policy"] == "no-referrer" and r.headers["Server"] == "nginx", f"headers of {path}", r.headers)
        if path.startswith("/api") or path in ("/healthz", "/metrics"):
            tap.ok(r.headers.get_all("Cache-Control") == ["no-store"] and r.headers["X-Request-Id"], f"{path} is not stored", r.headers)
    tap.equal(s.get("/").headers.get_all("Cache-Control"), ["no-cache"], "the page is asked for again")
    tap.ok("immutable" in s.get("/assets/app.1a2b.js").headers["Cache-Control"], "assets are kept")
    tap.equal([s.get(p).status for p in ("/.secret", "/assets/.x", "/.git/config")], [404] * 3, "dot-files are not there")
    mode = os.stat(os.path.join(s.runtime, "api.sock")).st_mode
    tap.equal(stat.S_IMODE(mode), 0o660, "the socket's mode")


# -- smuggling ----------------------------------------------------------------------------------------------------------

def test_smuggling(s):
    head = b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin-token\r\nConnection: close\r\n"
    post = b"POST /api/pause" + head + b"Content-Type: application/json\r\n"
    rows = [
        ("two lengths", post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        ("a length and chunks", post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a length that is too long", post + b"Content-Length: 20\r\n\r\n{}"),
        ("a negative length", post + b"Content-Length: -1\r\n\r\n{}"),
        ("a NUL in the path", b"GET /api/status%00" + head + b"\r\n"),
        ("a raw NUL", b"GET /api/sta\0tus" + head + b"\r\n"),
        ("an encoded slash", b"GET /api%2fstatus" + head + b"\r\n"),
        ("dots", b"GET /api/../api/status" + head + b"\r\n"),
        ("encoded dots", b"GET /api/%2e%2e/api/status" + head + b"\r\n"),
        ("two slashes", b"GET //api/status" + head + b"\r\n"),
        ("a line feed in the path", b"GET /api/status%0a" + head + b"\r\n"),
        ("a path of 8,000 bytes", b"GET /api/" + b"a" * 8000 + head + b"\r\n"),
        ("a query of 7,000 bytes", b"GET /api/orders?symbol=" + b"a" * 7000 + head + b"\r\n"),
        ("a header of 40,000 bytes", b"GET /api/status" + head + b"X: " + b"a" * 40000 + b"\r\n\r\n"),
        ("a header without a colon", b"GET /api/status" + head + b"broken\r\n\r\n"[:-4] + b"\x01: x\r\n\r\n"),
        ("a token of 4,000 bytes", b"GET /api/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"a" * 4000 + b"\r\n\r\n"),
    ]
    for name, data in rows:
        status = s.raw(data)
        tap.ok(status == 0 or 400 <= status < 500, f"{name} is refused", status)
    keys = "{" + ",".join(f'"k{i}":1' for i in range(6000)) + "}"
    tap.equal(s.request("POST", "/api/pause", keys, token="trade-token").status, 422, "6,000 keys in a body")
    keys = "&".join(f"k{i}=1" for i in range(200))
    tap.equal(s.get("/api/orders?" + keys, token="read-token").status, 422, "200 keys in a query")
    many = "".join(f"X-H{i}: 1\r\n" for i in range(20000)).encode()
    tap.ok(s.raw(b"GET /api/status" + head + many + b"\r\n") in (0, 400, 431), "20,000 headers")
    tap.equal(s.raw(b"GET /api/status" + head + b"Proxy: http://evil\r\n\r\n"), 200, "a Proxy header means nothing")
    chunked = post + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    tap.equal(s.raw(chunked), 200, "nginx turns chunks into a length")


# -- FastCGI ------------------------------------------------------------------------------------------------------------

def speak(s, data):
    """The status of the answer to these bytes; None when the connection was closed without one."""
    with s.fcgi() as c:
        try:
            c.sendall(data)
            return fcgi_answer(c)[0]
        except (OSError, EOFError):
            return None


def test_fastcgi(s):
    tap.equal(speak(s, fcgi_request()), 200, "a plain request")
    tap.equal(speak(s, fcgi_request(padding=7)), 200, "padded records")
    tap.equal(speak(s, fcgi_request(keep=False)), 200, "a connection that is not kept")
    with s.fcgi() as c:
        seen = []
        for _ in range(50):
            c.sendall(fcgi_request())
            seen.append(fcgi_answer(c)[0])
        tap.equal(seen, [200] * 50, "50 requests on one connection")
    with s.fcgi() as c:
        data = fcgi_request()
        for at in range(0, len(data), 7):
            c.sendall(data[at:at + 7])
        tap.equal(fcgi_answer(c)[0], 200, "a request in pieces of seven bytes")
    token = {"HTTP_AUTHORIZATION": "Bearer trade-token"}
    for sent, claimed in ((b"{}", "3"), (b"{}", "1"), (b"{}", "0"), (b"", "2"), (b"{}", "x"), (b"{}", "99999999999999999999")):
        status = speak(s, fcgi_request("POST", "/api/pause", sent, **token, **{"CONTENT_LENGTH": claimed, "CONTENT_TYPE": "application/json"}))
        tap.ok(status in (400, 413), f"{len(sent)} bytes that claim to be {claimed}", status)
    full = b"{}" + b" " * 65534
    tap.equal(speak(s, fcgi_request("POST", "/api/pause", full, **token)), 200, "a body of 64 KiB")
    tap.equal(speak(s, fcgi_request("POST", "/api/pause", full + b" ", **token)), None, "a byte more")
    begin = record(1, b"\0\1\1\0\0\0\0\0")
    rows = {"HTTP": b"GET / HTTP/1.1\r\n\r\n" * 3, "zeros": b"\0" * 64, "an unknown version": record(1, b"\0\1\1\0\0\0\0\0", version=2),
            "a management record": record(9, pair("FCGI_MAX_CONNS", ""), rid=0), "an unknown type": begin + record(77),
            "an abort": begin + record(2), "two requests at once": begin + record(1, b"\0\1\1\0\0\0\0\0", rid=2),
            "a lying pair": begin + record(4, b"\x7f\x7fab") + record(4) + record(5),
            "a pair of 2 GiB": begin + record(4, b"\xff\xff\xff\xff\xff\xff\xff\xffa") + record(4) + record(5),
            "100 parameters": begin + record(4, b"".join(pair(f"P{i}", "1") for i in range(100))) + record(4) + record(5),
            "a role that is not ours": record(1, b"\0\3\1\0\0\0\0\0") + record(4) + record(5),
            "a NUL in a value": begin + record(4, pair("REQUEST_METHOD", "G\0T")) + record(4) + record(5)}
    for name, data in rows.items():
        tap.equal(speak(s, data), None, f"{name} ends the connection")
    twice = begin + record(4, pair("REQUEST_METHOD", "GET") + pair("REQUEST_URI", "/healthz") + pair("REQUEST_URI", "/api/status"))
    tap.equal(speak(s, twice + record(4) + record(5)), 400, "a parameter given twice")
    tap.equal(speak(s, begin + record(4) + record(5)), 400, "no parameters at all")
    with s.fcgi() as c:
        c.sendall(fcgi_request() + fcgi_request())
        fcgi_answer(c)
        try:
            again = fcgi_answer(c)
        except (OSError, EOFError):
            again = None
        tap.equal(again, None, "a second request sent with the first is not answered, and the connection ends")


def test_fastcgi_fuzz(s):
    dice = random.Random(20261123)
    good = fcgi_request("POST", "/api/pause", b'{"reason":"x"}', HTTP_AUTHORIZATION="Bearer trade-token")
    for _ in range(400):
        data = bytearray(good[:dice.randrange(1, len(good) + 1)])
        for _ in range(dice.randrange(4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with s.fcgi(timeout=0.01) as c:
            try:
                c.sendall(data)
                if dice.random() < 0.5:
                    c.recv(100)
            except OSError:
                pass
    tap.ok(s.alive("engine-api") and speak(s, fcgi_request()) == 200, "400 broken requests later it answers")


def test_slow_peers(s):
    """Peers that send half, or never read, must cost the others nothing."""
    half = fcgi_request()
    peers = []
    for i in range(50):
        c = s.fcgi()
        c.sendall(half[:1 + i % (len(half) - 1)])
        peers.append(c)
    deaf = s.fcgi()
    deaf.sendall(fcgi_request(uri="/api/strategies/huge", HTTP_AUTHORIZATION="Bearer read-token"))
    time.sleep(0.3)
    statuses = [speak(s, fcgi_request()) for _ in range(50)]
    tap.equal(statuses, [200] * 50, "beside 50 half requests and one deaf reader all others are answered")
    deaf.settimeout(10)
    tap.equal(len(fcgi_answer(deaf)[2]) > 2000000, True, "the deaf reader gets its 2 MiB once it listens")
    closed = 0
    end = time.monotonic() + 9
    for c in peers:
        c.settimeout(max(0.1, end - time.monotonic()))
        try:
            closed += c.recv(1) == b""
        except ConnectionResetError: # closed with our half request unread
            closed += 1
        except OSError:
            pass
        c.close()
    deaf.close()
    tap.equal(closed, 50, "half requests are given up after five seconds")


def is_whole(answer):
    """An answer may come in pieces: the head, then as much as it announces."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)^content-length: (\d+)", head, re.M)
    return bool(end) and length is not None and len(body) >= int(length[1])


def test_many_clients(s, clients=1000, rounds=5):
    """Each of the clients keeps its connection and asks again as soon as it has its answer."""
    ask = b"GET /api/balance HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer read-token\r\n\r\n"
    poll = selectors.DefaultSelector()
    waits, bad, waiting = [], {}, clients
    for _ in range(clients):
        c = socket.create_connection(("127.0.0.1", s.port))
        c.setblocking(False)
        c.send(ask)
        poll.register(c, selectors.EVENT_READ, {"left": rounds, "asked": time.monotonic(), "got": b""})
    end = time.monotonic() + 60
    while waiting and time.monotonic() < end:
        for key, _ in poll.select(1):
            c, client, now = key.fileobj, key.data, time.monotonic()
            piece = c.recv(65536)
            client["got"] += piece
            if piece and not is_whole(client["got"]):
                continue
            first = client["got"].split(b"\r\n")[0].decode()
            waits.append(now - client["asked"])
            if not first.startswith("HTTP/1.1 200"):
                bad[first] = bad.get(first, 0) + 1
            client["left"] -= 1
            if client["left"] == 0 or not piece:
                poll.unregister(c)
                c.close()
                waiting -= 1
            else:
                client.update(asked=now, got=b"")
                c.send(ask)
    waits.sort()
    tap.equal((len(waits), bad, waiting), (clients * rounds, {}, 0), f"{clients} clients x {rounds} requests, kept alive")
    # Generous, since the machine may be busy: starving clients wait for seconds, until others close.
    tap.ok(waits[-1] < 20 * waits[len(waits) // 2] + 1, "nobody starves", f"median {waits[len(waits) // 2]:.3f} s, longest {waits[-1]:.3f} s")
    print(f"# {clients} clients: median wait {waits[len(waits) // 2] * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms")


# -- a failing engine ---------------------------------------------------------------------------------------------------

def test_slow_engine(s):
    answers = {}

    def ask(name, method, path, body=None):
        begun = time.monotonic()
        answers[name] = (s.request(method, path, body, token="admin-token"), time.monotonic() - begun)
    threads = [threading.Thread(target=ask, args=("slow", "GET", "/api/strategies/slow")),
               threading.Thread(target=ask, args=("garbage", "GET", "/api/strategies/garbage"))]
    for t in threads:
        t.start()
    time.sleep(0.3)
    others = [s.get("/api/orders", token="read-token").status for _ in range(20)]
    tap.equal((others, [t.is_alive() for t in threads]), ([200] * 20, [True, True]), "others are answered while two wait")
    for t in threads:
        t.join()
    for name in ("slow", "garbage"):
        r, seconds = answers[name]
        tap.ok(is_problem(r, 504, "timeout") and 4.5 < seconds < 9, f"{name}: 504 at the deadline", (r.body, seconds))


def test_killed_engine(s):
    r = s.get("/api/strategies/die", token="read-token")
    problem(r, 503, "engine_down", "the engine dies with the request")
    tap.ok(r.headers["Retry-After"], "and it says when to come back")
    s.running.pop("fake").wait()
    r = s.get("/healthz")
    tap.equal((r.status, r.body), (503, b'{"alive":false}'), "healthz tells the truth at once")
    tap.equal(s.get("/readyz").status, 503, "readyz too")
    tap.ok(harness.wait_for(lambda: s.get("/api/balance", token="read-token").status == 503, 8), "old answers stop with the heartbeat")
    problem(s.request("POST", "/api/pause", {}, token="trade-token"), 503, "engine_down", "a change without an engine")
    problem(s.get("/api/status"), 401, "unauthenticated", "a stranger is a stranger all the same")
    s.start_engine()
    tap.ok(harness.wait_for(lambda: s.get("/healthz").status == 200), "an engine that comes back is found")
    tap.equal(s.get("/api/orders", token="read-token").status, 200, "and asked")
    tap.equal(s.get("/api/balance", token="read-token").status, 200, "and its new snapshot is read")


def test_frozen_engine(s):
    s.get("/api/strategies/freeze", token="read-token")
    tap.ok(harness.wait_for(lambda: s.get("/api/balance", token="read-token").headers["X-Data-Age-Ms"] is None, 12),
           "without a heartbeat the snapshot is not believed")
    s.get("/api/strategies/thaw", token="read-token")
    tap.ok(harness.wait_for(lambda: s.get("/api/balance", token="read-token").headers["X-Data-Age-Ms"] is not None), "until it beats again")


def test_gone_clients(s):
    for _ in range(100):
        with s.fcgi() as c:
            c.sendall(fcgi_request(uri="/api/strategies/slow", HTTP_AUTHORIZATION="Bearer read-token"))
    tap.equal(speak(s, fcgi_request()), 200, "100 clients that leave while they wait")


def test_end(s):
    with open(s.api_log, "rb") as f:
        log = f.read()
    secret = re.search(rb"(read|trade|admin)-(token|cookie)|csrf-", log)
    tap.ok(not secret and b"access: GET /api/balance 200" in log, "the log tells requests and no secret", secret)
    tap.ok(b"AddressSanitizer" not in log and b"runtime error" not in log, "no sanitizer report", log[-600:])
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(s.get, "/api/strategies/slow", token="read-token")
        time.sleep(0.3)
        code = s.stop("engine-api")
        tap.equal((code, waiting.result().status), (0, 504), "SIGTERM: what has begun is answered, then exit 0")
    tap.ok(not os.path.exists(os.path.join(s.runtime, "api.sock")), "the socket is gone")
    problem(s.get("/api/status"), 503, "engine_down", "nginx without engine-api")
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(os.path.join(s.runtime, "api.sock"))
    stale.close()
    s.start_api()
    tap.equal(s.get("/healthz").status, 200, "a stale socket is replaced")
    second = harness.subprocess.run([s.programs["engine-api"], "--runtime", s.runtime], capture_output=True, timeout=10)
    tap.ok(second.returncode != 0 and b"another engine-api" in second.stderr, "a second worker does not take the first one's place", second)
    tap.equal(s.get("/healthz").status, 200, "which still answers")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if not harness.NGINX:
        print("1..0 # SKIP nginx is not installed")
        sys.exit(77)
    with harness.Stack(sys.argv[1], sys.argv[2]) as s:
        for test in (test_matrix, test_readyz, test_csrf, test_login, test_guessing, test_methods, test_errors, test_passing,
                     test_headers, test_smuggling, test_fastcgi, test_fastcgi_fuzz, test_slow_peers, test_many_clients,
                     test_gone_clients, test_slow_engine, test_frozen_engine, test_killed_engine, test_end):
            tap.run(test, s)
    tap.done()


main()

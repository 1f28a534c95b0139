"""The network half of neosim, byte by byte: HTTP/1.1 in pieces and in heaps, what must be refused, TLS, the CONNECT proxy, websocket frames.
Whatever comes, the server goes on serving."""
import json
import os
import socket
import ssl
import struct
import subprocess

from neosim import KEY, Neosim, Raw, Tap, WebSocket, http

tap = Tap()
CLOCK = http("GET", "/sim/clock")


def answers(sim, raw=None):
    return (raw or Raw(sim)).send(CLOCK).reply().status == 200


def refused(sim, data, status, name):
    raw = Raw(sim).send(data)
    try:
        got = raw.reply().status
    except (EOFError, ConnectionResetError):
        got = "closed"
    tap.equal(got, status, name)
    tap.ok(answers(sim), f"{name}: and it goes on")
    raw.close()


def whole_requests(sim):
    raw = Raw(sim)
    for byte in CLOCK:
        raw.send(bytes([byte]))
    tap.equal(raw.reply().status, 200, "a request byte by byte")
    raw.send(CLOCK * 5)
    tap.equal([raw.reply().status for _ in range(5)], [200] * 5, "five requests in one packet")
    body = json.dumps({"speed": 1}).encode()
    post = http("POST", "/sim/clock", {"Content-Type": "application/json"}, body)
    raw.send(post + CLOCK)
    tap.equal([raw.reply().status, raw.reply().status], [200, 200], "a body, and another request right behind it")
    raw.send(b"\r\n" + CLOCK)
    tap.equal(raw.reply().status, 200, "an empty line before a request is passed over")
    raw.send(http("HEAD", "/sim/clock"))
    tap.equal(raw.reply(head_only=True).status, 404, "HEAD is answered without a body")
    tap.ok(answers(sim, raw), "and the connection goes on behind it")
    raw.send(http("GET", "/sim/clock", {"Connection": "close"}))
    tap.equal((raw.reply().headers["connection"], raw.ended()), ("close", True), "Connection: close closes")
    raw = Raw(sim).send(b"GET /sim/clock HTTP/1.0\r\n\r\n")
    tap.equal((raw.reply().status, raw.ended()), (200, True), "HTTP/1.0 is answered and closed")
    raw = Raw(sim).send(CLOCK)
    raw.sock.shutdown(socket.SHUT_WR)
    tap.equal(raw.reply().status, 200, "a client that shut its side still gets its answer")


def chunked_bodies(sim):
    head = b"POST /sim/clock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    raw = Raw(sim).send(head)
    for piece in (b"5\r", b"\n{\"spe", b"\r\n6;x=y\r\ned\": 1\r\n1\r\n}\r\n0", b"\r\nTrailer: t\r\n", b"\r\n"):
        raw.send(piece)
    tap.equal(raw.reply().status, 200, "a body in chunks, in pieces, with an extension and a trailer")
    tap.ok(answers(sim, raw), "and the connection goes on behind it")
    refused(sim, head + b"zz\r\n", 400, "a chunk size that is none")
    refused(sim, head + b"5\r\nabcdeXX", 400, "a chunk without its end")
    refused(sim, head + b"fffffff\r\n", 413, "a chunk beyond the limit")
    refused(sim, head + b"1" * 2000, 400, "a chunk line without end")


def refusals(sim):
    base = b"GET /sim/clock HTTP/1.1\r\nHost: x\r\n"
    refused(sim, b"GET /sim/clock\r\nHost: x\r\n\r\n", 400, "a request line without a version")
    refused(sim, b"GET /sim/clock HTTP/2.0\r\nHost: x\r\n\r\n", 505, "another version")
    refused(sim, b"GET  /sim/clock HTTP/1.1\r\nHost: x\r\n\r\n", 400, "two blanks in the request line")
    refused(sim, b"G@T /sim/clock HTTP/1.1\r\nHost: x\r\n\r\n", 400, "a method of strange letters")
    refused(sim, b"GET sim HTTP/1.1\r\nHost: x\r\n\r\n", 400, "a path without a slash")
    refused(sim, b"GET /sim/clock HTTP/1.1\r\n\r\n", 400, "no Host")
    refused(sim, base + b"No colon\r\n\r\n", 400, "a header without a colon")
    refused(sim, base + b" folded: x\r\n\r\n", 400, "a header on a continuation line")
    refused(sim, base + b"Bad name: x\r\n\r\n", 400, "a blank in a header's name")
    refused(sim, base + b"X: a\0b\r\n\r\n", 400, "a NUL in a header")
    refused(sim, b"GET /sim/\0clock HTTP/1.1\r\nHost: x\r\n\r\n", 400, "a NUL in the path")
    refused(sim, b"GET /sim/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "an encoded NUL in the path")
    refused(sim, b"GET /sim/%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "a bad escape in the path")
    refused(sim, b"GET /sim/clock HTTP/1.1\nHost: x\n\n", 400, "lines that end with LF alone")
    refused(sim, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "TLS on the plain port")
    refused(sim, base + b"X: " + b"a" * 70000 + b"\r\n\r\n", 431, "a header of 70,000 bytes")
    refused(sim, b"GET /" + b"a" * 70000, 431, "a path of 70,000 bytes")
    refused(sim, base + b"".join(b"X-%d: y\r\n" % i for i in range(120)) + b"\r\n", 431, "120 headers")
    refused(sim, base + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400, "two lengths")
    refused(sim, base + b"Content-Length: -1\r\n\r\n", 400, "a negative length")
    refused(sim, base + b"Content-Length: 1x\r\n\r\n", 400, "a length that is none")
    refused(sim, base + b"Content-Length:\r\n\r\n", 400, "an empty length")
    refused(sim, base + b"Content-Length: 99999999999999999999\r\n\r\n", 413, "a length beyond all")
    refused(sim, base + b"Content-Length: 5000000\r\n\r\n", 413, "a length above the limit")
    refused(sim, base + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "a length beside chunks")
    refused(sim, base + b"Transfer-Encoding: gzip\r\n\r\n", 501, "another transfer encoding")
    refused(sim, b"CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n", 405, "CONNECT where there is no proxy")


def lengths_that_lie(sim):
    raw = Raw(sim).send(b"POST /sim/clock HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}garbage\r\n\r\n")
    tap.equal((raw.reply().status, raw.reply().status, raw.ended()), (200, 400, True), "a length too small: what remains is refused as a request")
    raw = Raw(sim).send(b"POST /sim/clock HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{}")
    raw.sock.shutdown(socket.SHUT_WR)
    tap.ok(raw.ended(), "a length too great and then the end: closed unanswered")
    tap.ok(answers(sim), "and it goes on")
    raw = Raw(sim).send(b"POST /sim/clock HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n")
    tap.equal(raw.head(), "HTTP/1.1 100 Continue", "Expect: 100-continue is answered before the body")
    tap.equal(raw.send(b'{"speed": 1}').reply().status, 200, "and the call after it")


def tls(sim):
    for name in ("mis.kotaksecurities.com", "cis.kotaksecurities.com", "lapi.kotaksecurities.com", "sfeed.kotaksecurities.com", "e21.kotaksecurities.com",
                 "localhost", "127.0.0.1"):
        raw = Raw(sim, port=sim.tls_port).start_tls(name)
        tap.ok(answers(sim, raw), f"TLS as {name}, checked against the CA")
        raw.close()
    raw = Raw(sim, tls=True)
    tap.equal(raw.sock.selected_alpn_protocol(), "http/1.1", "offered h2 and http/1.1 it chooses http/1.1")
    try:
        Raw(sim, port=sim.tls_port).start_tls("www.example.org")
        tap.ok(False, "another name is not in the certificate")
    except ssl.SSLCertVerificationError:
        tap.ok(True, "another name is not in the certificate")
    raw = Raw(sim, port=sim.tls_port).send(CLOCK)
    tap.ok(answers(sim) and raw.more() is not None, "plain bytes on the TLS port end that connection alone")
    big = sim.ask("GET", "/sim/requests", tls=True)
    tap.equal(big.status, 200, "a long answer over TLS")
    subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", sim.ca, os.path.join(os.path.dirname(sim.ca), "cert.pem")],
                   check=True, stdout=subprocess.DEVNULL)
    tap.ok(True, "the chain stands OpenSSL's strict check")
    tap.equal(os.stat(os.path.join(os.path.dirname(sim.ca), "key.pem")).st_mode & 0o777, 0o600, "the key is its owner's alone")


def proxy(sim):
    raw = Raw(sim, proxy=True).tunnel("mis.kotaksecurities.com")
    tap.ok(answers(sim, raw), "CONNECT, TLS inside, and a call")
    view = sim.login_step()
    tap.equal(view.status, 200, "a login beside it")
    ws = WebSocket(sim, "/feed", raw=Raw(sim, proxy=True).tunnel("127.0.0.1"))
    tap.ok(ws.accepted, "a websocket through the tunnel, over TLS")
    ws = WebSocket(sim, "/feed", raw=Raw(sim, proxy=True).tunnel("127.0.0.1", tls=False))
    tap.ok(ws.accepted, "a websocket through the tunnel, plain")
    raw = Raw(sim, proxy=True).send(b"GET http:" b"//mis.kotaksecurities.com/sim/clock HTTP/1.1\r\nHost: mis.kotaksecurities.com\r\n\r\n")
    tap.equal(raw.reply().status, 200, "a plain request sent to the proxy with its whole address")
    raw = Raw(sim, proxy=True).send(b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" + CLOCK)
    tap.equal((raw.head().split()[1], raw.reply().status), ("200", 200), "bytes that came together with the CONNECT are not lost")


def closes_with(sim, ws, code, name):
    seen = ws.until(lambda m: isinstance(m, tuple) and m[0] == 8)
    tap.equal(struct.unpack(">H", seen[-1][1][:2])[0] if seen else None, code, name)
    tap.ok(answers(sim), f"{name}: and it goes on")
    ws.close()


def websocket_frames(sim):
    def feed():
        return WebSocket(sim, "/realtime")
    ws = feed()
    tap.ok(ws.accepted and ws.plain, "the handshake's key is right, and no extension is taken")
    ws.frame(9, b"are you there")
    tap.equal(ws.next(), (10, b"are you there"), "ping is answered with its bytes")
    ws.frame(1, b"{hel", last=False).frame(9, b"x").frame(0, b"lo", last=False).frame(0, b"}")
    tap.equal([ws.next(), ws.next()], [(10, b"x"), "session message format incorrect"], "fragments are joined, with a ping between them")
    ws.frame(8, struct.pack(">H", 1000) + b"bye")
    closes_with(sim, ws, 1000, "a close is answered with its code")
    closes_with(sim, feed().frame(8), 1000, "a close without a code")
    closes_with(sim, feed().frame(8, b"x"), 1002, "a close of one byte")
    closes_with(sim, feed().frame(1, b"x", mask=None), 1002, "a frame without a mask")
    closes_with(sim, feed().frame(1, b"x", rsv=0x40), 1002, "a reserved bit")
    closes_with(sim, feed().frame(3, b"x"), 1002, "an opcode nobody defined")
    closes_with(sim, feed().frame(9, b"x" * 126), 1002, "a ping above 125 bytes")
    closes_with(sim, feed().frame(9, b"x", last=False), 1002, "a ping in fragments")
    closes_with(sim, feed().frame(0, b"x"), 1002, "a fragment of nothing")
    closes_with(sim, feed().frame(1, b"x", last=False).frame(1, b"y"), 1002, "a message inside another")
    closes_with(sim, feed().frame(2, b"x"), 1003, "a binary message")
    closes_with(sim, feed().frame(1, b"\xff\xfe"), 1007, "text that is not UTF-8")
    closes_with(sim, feed().frame(1, b"\xed\xa0\x80"), 1007, "a surrogate in UTF-8")
    ws = feed()
    ws.raw.send(b"\x81\xff" + struct.pack(">Q", 1 << 40))
    closes_with(sim, ws, 1009, "a frame of a terabyte")
    closes_with(sim, feed().frame(1, b"x" * 700000, last=False).frame(0, b"x" * 700000), 1009, "fragments beyond the limit together")
    ws = feed()
    ws.raw.send(b"\x81\x85\x01\x02")
    ws.close()
    tap.ok(answers(sim), "half a frame and the end")


def no_websocket(sim):
    tap.equal(WebSocket(sim, "/nowhere").answer.status, 404, "a websocket where none is: 404")
    tap.equal(WebSocket(sim, "/realtime?sId=x").answer.status, 404, "the old ?sId= address is a page, not a websocket")
    tap.equal(Raw(sim).send(http("GET", "/feed", {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"})).reply().status, 404,
              "a handshake without a key")
    tap.equal(Raw(sim).send(http("GET", "/feed", {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "8",
                                                  "Sec-WebSocket-Key": "x" * 24})).reply().status, 404, "a handshake of another version")


def much(sim):
    raws = [Raw(sim) for _ in range(200)]
    for raw in raws:
        raw.send(CLOCK[:20])
    for raw in raws:
        raw.send(CLOCK[20:])
    tap.equal(sum(raw.reply().status == 200 for raw in raws), 200, "200 connections at once, each in two pieces")
    for raw in raws:
        raw.close()
    raw = Raw(sim)
    for _ in range(300):
        raw.send(http("GET", "/5config/config?platform=api&environment=prod", {"Authorization": KEY}))
    raw.close()
    tap.ok(answers(sim), "300 questions by one who does not wait for the answers")


with Neosim() as it:
    whole_requests(it)
    chunked_bodies(it)
    refusals(it)
    lengths_that_lie(it)
    tls(it)
    proxy(it)
    websocket_frames(it)
    no_websocket(it)
    much(it)
    tap.equal(it.stop(), 0, "SIGTERM ends it with status 0")
tap.done()

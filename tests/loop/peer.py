#!/usr/bin/env python3
"""A peer that does what a test tells it: HTTP/1.1 and websockets, plain and over TLS. One thread per connection, blocking sockets: what leaves and when is
in plain sight. First line on stdout: {"port":N,"tls_port":N,"other_port":N,"h2_port":N,"mute_port":N,"ca":FILE}; it ends when stdin closes.

  port        plain           tls_port   a certificate for 127.0.0.1 signed by `ca`
  other_port  TLS, a certificate that nobody signed        h2_port    TLS, prefers h2 by ALPN (and cannot speak it)
  mute_port   takes connections and says nothing
  POST /script {"path":P,"steps":[STEP...]}   the answers for P in turn, the last one for ever; GET /requests, DELETE /requests
  STEP: status, headers{}, body or json, do: reset | close | silence | half | chunks | gzip | raw, delay_ms
  GET /ws/...  websockets, see websocket() below
"""
import base64
import gzip
import hashlib
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

lock = threading.Lock()
scripts, requests = {}, []
connections = 0


def make_certificates(where):
    def run(*args):
        subprocess.run(["openssl", *args], check=True, cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=peer CA")
    run("req", "-x509", *key, "-keyout", "other.key", "-out", "other.pem", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    run("req", *key, "-keyout", "good.key", "-out", "good.csr", "-subj", "/CN=peer")
    with open(os.path.join(where, "ext"), "w") as f:
        f.write("subjectAltName=IP:127.0.0.1\n")
    run("x509", "-req", "-in", "good.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", "good.pem")


def tls(where, name, alpn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(where, name + ".pem"), os.path.join(where, name + ".key"))
    context.set_alpn_protocols(alpn)
    return context


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def read_request(stream):
    line = stream.readline().decode("latin-1").split()
    if len(line) < 3:
        return None
    headers = {}
    while True:
        header = stream.readline().decode("latin-1").rstrip("\r\n")
        if not header:
            break
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return {"method": line[0], "target": line[1], "version": line[2], "headers": headers, "body": body.decode("latin-1")}


def next_step(request):
    path = request["target"].split("?")[0]
    with lock:
        steps = scripts.get(path)
        if not steps:
            return {"json": request}
        return steps.pop(0) if len(steps) > 1 else steps[0]


def control(request):
    if request["target"] == "/script":
        told = json.loads(request["body"])
        with lock:
            scripts[told["path"]] = told["steps"]
        return {"json": {}}
    with lock:
        told = {"json": list(requests)}
        if request["method"] == "DELETE":
            requests.clear()
        return told


def head(status, headers, length):
    lines = ["HTTP/1.1 %d Told" % status] + ["%s: %s" % pair for pair in headers.items()]
    if length is not None:
        lines.append("Content-Length: %d" % length)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(sock, step):
    """False: the connection is over."""
    time.sleep(step.get("delay_ms", 0) / 1000)
    do = step.get("do", "")
    if do == "reset":
        reset(sock)
        return False
    if do == "close":
        return False
    if do == "silence":
        time.sleep(60)
        return False
    if do == "raw":
        sock.sendall(step["body"].encode("latin-1"))
        return False
    body = json.dumps(step["json"]).encode() if "json" in step else step.get("body", "").encode("latin-1") * step.get("repeat", 1)
    headers = dict(step.get("headers", {}))
    headers.setdefault("Content-Type", "application/json" if "json" in step else "text/plain")
    status = step.get("status", 200)
    if do == "half":
        sock.sendall(head(status, headers, len(body)) + body[:len(body) // 2])
        return False
    if do == "chunks":
        sock.sendall(head(status, dict(headers, **{"Transfer-Encoding": "chunked"}), None))
        for at in range(0, len(body), 1000):
            part = body[at:at + 1000]
            sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        sock.sendall(b"0\r\n\r\n")
        return True
    if do == "gzip":
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    sock.sendall(head(status, headers, len(body)) + body)
    return True


def frame(op, payload, fin=True):
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size) if size < 65536 else b"\x7f" + struct.pack("!Q", size)
    return bytes([(0x80 if fin else 0) | op]) + length + payload


def read_frame(stream):
    start = stream.read(2)
    if len(start) < 2:
        return None, b""
    size = start[1] & 127
    if size == 126:
        size = struct.unpack("!H", stream.read(2))[0]
    elif size == 127:
        size = struct.unpack("!Q", stream.read(8))[0]
    mask = stream.read(4)
    return start[0] & 15, bytes(b ^ mask[i & 3] for i, b in enumerate(stream.read(size)))


def greet(sock, path):
    if path == "/ws/fragments":
        sock.sendall(frame(1, b"one ", False) + frame(9, b"") + frame(0, b"two ", False) + frame(0, b"three"))
    elif path == "/ws/binary":
        sock.sendall(frame(2, b"\0\1\2") + frame(2, b"x" * 200000))
    elif path == "/ws/big":
        sock.sendall(frame(1, b"y" * 5000))
    elif path == "/ws/close":
        sock.sendall(frame(8, struct.pack("!H", 4001) + b"go away"))
    elif path == "/ws/reset":
        time.sleep(0.1)
        reset(sock)
        return False
    return True


def websocket(sock, stream, request):
    """echo sends back what comes; mute never answers a ping; the others are in greet()."""
    path = request["target"]
    if path == "/ws/refuse":
        answer(sock, {"status": 200, "body": "no websocket here"})
        return
    if path == "/ws/silence":
        time.sleep(60)
        return
    key = request["headers"]["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key).digest()).decode()
    sock.sendall(head(101, {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}, None))
    if not greet(sock, path):
        return
    while True:
        op, payload = read_frame(stream)
        if op is None or op == 8:
            return
        if op == 9:
            with lock:
                requests.append({"method": "PING", "target": path})
            if path != "/ws/mute":
                sock.sendall(frame(10, payload))
        elif op in (1, 2):
            sock.sendall(frame(op, payload))


def talk(sock, number, alpn):
    stream = sock.makefile("rb")
    n = 0
    while True:
        request = read_request(stream)
        if not request:
            return
        if request["target"] in ("/script", "/requests"):
            if not answer(sock, control(request)):
                return
            continue
        n += 1
        request.update(connection=number, n=n, alpn=alpn, at_ns=time.monotonic_ns())
        with lock:
            requests.append(request)
        if "upgrade" in request["headers"]:
            websocket(sock, stream, request)
            return
        if not answer(sock, next_step(request)):
            return


def serve(sock, context, number):
    try:
        if context:
            sock = context.wrap_socket(sock, server_side=True)
        talk(sock, number, sock.selected_alpn_protocol() if context else None)
    except (OSError, ValueError, KeyError):
        pass
    finally:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        sock.close()


def listen(context, mute=False):
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        global connections
        kept = []
        while True:
            sock, _ = listener.accept()
            if mute:
                kept.append(sock)
                continue
            with lock:
                connections += 1
                number = connections
            threading.Thread(target=serve, args=(sock, context, number), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def main():
    with tempfile.TemporaryDirectory() as where:
        make_certificates(where)
        good = tls(where, "good", ["http/1.1"])
        told = {"port": listen(None), "tls_port": listen(good), "other_port": listen(tls(where, "other", ["http/1.1"])),
                "h2_port": listen(tls(where, "good", ["h2", "http/1.1"])), "mute_port": listen(None, True), "ca": os.path.join(where, "ca.pem")}
        print(json.dumps(told), flush=True)
        sys.stdin.read()


main()

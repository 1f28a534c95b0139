"""neosim for tests written in Python: the program, the account it knows, and clients that speak raw bytes to it, so that what goes over the
wire is what the test says and nothing a library thought better of."""
import base64
import hashlib
import hmac
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fcgi"))
from harness import BUILD, Tap, spawn, wait_for  # noqa: E402, F401

NEOSIM = os.path.join(BUILD, "tests", "neosim", "neosim")
KEY, MOBILE, UCC, MPIN = "11111111-2222-3333-4444-555555555555", "+919876543210", "ABC12", "123456"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def totp(now_ns, secret=SECRET):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", now_ns // 10**9 // 30), hashlib.sha1).digest()
    at = mac[19] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 10**6)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class Raw:
    """A connection: bytes out, whole HTTP answers in."""

    def __init__(self, sim, tls=False, proxy=False, port=None):
        self.sock = socket.create_connection(("127.0.0.1", port or (sim.proxy_port if proxy else sim.tls_port if tls else sim.port)), timeout=30)
        self.buffer = bytearray()  # grows in place: a scrip master comes in thousands of pieces
        self.sim = sim
        if tls and not proxy:
            self.start_tls("localhost")

    def start_tls(self, host):
        context = ssl.create_default_context(cafile=self.sim.ca)
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.sock = context.wrap_socket(self.sock, server_hostname=host)
        return self

    def tunnel(self, host, tls=True):
        self.send(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        head = self.head()
        assert head.startswith("HTTP/1.1 200 "), head
        return self.start_tls(host) if tls else self

    def send(self, data):
        self.sock.sendall(data)
        return self

    def more(self):
        got = self.sock.recv(65536)
        self.buffer += got
        return got

    def take(self, n):
        while len(self.buffer) < n:
            if not self.more():
                raise EOFError(self.buffer)
        out = bytes(self.buffer[:n])
        del self.buffer[:n]
        return out

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.more():
                raise EOFError(self.buffer)
        return self.take(self.buffer.index(b"\r\n") + 2)[:-2].decode("latin-1")

    def head(self):
        lines = [self.line()]
        while lines[-1]:
            lines.append(self.line())
        return "\n".join(lines[:-1])

    def chunks(self):
        out = bytearray()
        while True:
            size = int(self.line(), 16)
            out += self.take(size)
            self.take(2)
            if size == 0:
                return bytes(out)

    def reply(self, head_only=False):
        lines = self.head().split("\n")
        headers = {k.lower(): v.strip() for k, v in (x.split(":", 1) for x in lines[1:])}
        if headers.get("transfer-encoding") == "chunked":
            body = self.chunks()
        else:
            body = b"" if head_only else self.take(int(headers.get("content-length", 0)))
        return Reply(int(lines[0].split()[1]), headers, body)

    def ended(self):
        """True when the peer closed (or reset) and sent nothing more."""
        try:
            while self.more():
                pass
        except (ConnectionResetError, ssl.SSLError):
            pass
        return not self.buffer

    def was_reset(self):
        try:
            while self.more():
                pass
        except ConnectionResetError:
            return True
        return False

    def close(self):
        self.sock.close()


def http(method, path, headers=None, body=b"", host="127.0.0.1"):
    if isinstance(body, str):
        body = body.encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"] + [f"{k}: {v}" for k, v in (headers or {}).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class WebSocket:
    """The client's end of a websocket, frame by frame."""

    def __init__(self, sim, path, tls=False, raw=None):
        self.raw = raw or Raw(sim, tls=tls)
        key = base64.b64encode(os.urandom(16)).decode()
        self.raw.send(http("GET", path, {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13",
                                         "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}))
        self.answer = self.raw.reply(head_only=False)
        want = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        self.accepted = self.answer.status == 101 and self.answer.headers.get("sec-websocket-accept") == want
        self.plain = "sec-websocket-extensions" not in self.answer.headers
        self.fragments = 0

    def frame(self, op, data=b"", last=True, mask=b"\x12\x34\x56\x78", rsv=0):
        head = bytes([(0x80 if last else 0) | rsv | op])
        bit = 0x80 if mask else 0
        n = len(data)
        head += bytes([bit | n]) if n < 126 else bytes([bit | 126]) + struct.pack(">H", n) if n < 65536 else bytes([bit | 127]) + struct.pack(">Q", n)
        if mask:
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self.raw.send(head + (mask or b"") + data)
        return self

    def text(self, what):
        return self.frame(1, (what if isinstance(what, str) else json.dumps(what)).encode())

    def frame_in(self):
        first, second = self.raw.take(2)
        n = second & 127
        n = struct.unpack(">H", self.raw.take(2))[0] if n == 126 else struct.unpack(">Q", self.raw.take(8))[0] if n == 127 else n
        return bool(first & 0x80), first & 15, self.raw.take(n)

    def next(self, timeout=20):
        """The next whole message: str, bytes, or (op, data) of a control frame; None when nothing came in time."""
        self.raw.sock.settimeout(timeout)
        kind, data = None, b""
        try:
            while True:
                last, op, got = self.frame_in()
                if op >= 8:
                    return op, got
                kind = op or kind
                self.fragments += op == 0
                data += got
                if last:
                    return data.decode() if kind == 1 else data
        except (socket.timeout, TimeoutError):
            return None
        finally:
            self.raw.sock.settimeout(30)

    def json(self, timeout=20):
        got = self.next(timeout)
        return json.loads(got) if isinstance(got, str) else got

    def until(self, fits, seconds=20):
        """Everything up to the first message that fits (it comes last); None when it never came."""
        seen, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            got = self.next(max(0.01, end - time.monotonic()))
            if got is None:
                break
            seen.append(got)
            if fits(got):
                return seen
        return None

    def close(self):
        self.raw.close()


class Neosim:
    def __init__(self, *args, at="2026-11-23T10:00:00+05:30", program=None):
        self.process = spawn([program or NEOSIM] + (["--at", at] if at else []) + [str(a) for a in args], stdout=subprocess.PIPE)
        self.said = self.process.stdout.readline()
        self.ready = json.loads(self.said)
        for k, v in self.ready.items():
            setattr(self, k, v)
        self.sid = self.token = None
        self.codes = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        if self.alive():
            self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None

    def ask(self, method, path, headers=None, body=b"", tls=False):
        raw = Raw(self, tls=tls)
        try:
            return raw.send(http(method, path, headers, body)).reply()
        finally:
            raw.close()

    # -- control ---------------------------------------------------------------------------------------------------
    def sim(self, path, what=None, method=None):
        body = b"" if what is None else json.dumps(what).encode()
        return self.ask(method or ("GET" if what is None else "POST"), "/sim/" + path, {"Content-Type": "application/json"}, body).json

    def now(self):
        return self.sim("clock")["now_ns"]

    def fault(self, kind, **more):
        return self.sim("fault", {"kind": kind, **more})

    def calm(self):
        self.sim("faults", method="DELETE")

    def ledger(self):
        return self.sim("ledger")

    # -- the broker's calls ----------------------------------------------------------------------------------------
    def code(self):
        """A code that was not used yet: the clock goes on by a step when this one was."""
        clock = self.sim("clock")
        while clock["now_ns"] // 10**9 // 30 in self.codes:
            clock = self.forward(30)
        self.codes.add(clock["now_ns"] // 10**9 // 30)
        return totp(clock["now_ns"])

    def forward(self, seconds):
        clock = self.sim("clock")
        at = (clock["now_ns"] + seconds * 10**9) // 10**6
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000)) + ".%03dZ" % (at % 1000)
        return self.sim("clock", {"at": text, "speed": clock["speed"]})

    def login_step(self, tls=False, **body):
        whole = {"mobileNumber": MOBILE, "ucc": UCC, "totp": body["totp"] if "totp" in body else self.code(), **body}
        return self.ask("POST", "/login/1.0/tradeApiLogin", {"Authorization": KEY, "neo-fin-key": "neotradeapi", "Content-Type": "application/json"},
                        json.dumps(whole), tls)

    def validate_step(self, sid, token, mpin=MPIN, tls=False):
        return self.ask("POST", "/login/1.0/tradeApiValidate", {"Authorization": KEY, "neo-fin-key": "neotradeapi", "sid": sid, "Auth": token,
                                                                "Content-Type": "application/json"}, json.dumps({"mpin": mpin}), tls)

    def login(self, tls=False):
        view = self.login_step(tls).json["data"]
        trade = self.validate_step(view["sid"], view["token"], tls=tls).json["data"]
        self.sid, self.token = trade["sid"], trade["token"]
        return trade

    def headers(self, form=False):
        h = {"Sid": self.sid, "Auth": self.token, "accept": "application/json", "neo-fin-key": "neotradeapi", "Authorization": KEY}
        return {**h, "Content-Type": "application/x-www-form-urlencoded"} if form else h

    def get(self, path, **more):
        return self.ask("GET", path, {**self.headers(), **more} if self.sid else {"Authorization": KEY, **more})

    def form(self, path, jdata):
        return self.ask("POST", path, self.headers(True), "jData=" + urllib.parse.quote(json.dumps(jdata, separators=(",", ":"))))

    def place(self, symbol, side="B", qty=65, price="0", kind="L", segment="nse_fo", product="NRML", validity="DAY", trigger="0", tag=None, amo="NO", **more):
        return self.form("/quick/order/rule/ms/place", {"am": amo, "dq": "0", "es": segment, "mp": "0", "pc": product, "pf": "N", "pr": price, "pt": kind,
                                                        "qt": str(qty), "rt": validity, "tp": trigger, "ts": symbol, "tt": side, "ig": tag, **more})

    def modify(self, number, qty, price, kind="L", validity="DAY", trigger="0", **more):
        return self.form("/quick/order/vr/modify", {"no": number, "pr": price, "pt": kind, "qt": str(qty), "tp": trigger, "dq": "0", "vd": validity, "mp": "0",
                                                    "am": "NO", "os": "NEOTRADEAPI", **more})

    def cancel(self, number, amo="NO"):
        return self.form("/quick/order/cancel", {"on": number, "am": amo})

    def book(self):
        return self.get("/quick/user/orders").json

    def row(self, number):
        return next((r for r in self.book().get("data", []) if r["nOrdNo"] == number), None)

    def settled(self, number, *statuses):
        """The order's row once its status is one of these."""
        def fits():
            r = self.row(number)
            return r if r and r["ordSt"] in statuses else None
        return wait_for(fits)

    # -- feeds -----------------------------------------------------------------------------------------------------
    def order_feed(self, raw=True, tls=False):
        ws = WebSocket(self, "/realtime", tls)
        ws.text(f"{{type:cn,Authorization:{self.token},Sid:{self.sid},src:WEB}}" if raw else
                {"type": "cn", "Authorization": self.token, "Sid": self.sid, "src": "WEB"})
        return ws

    def market_feed(self, tls=False, **more):
        ws = WebSocket(self, "/feed", tls)
        ws.text({"user": UCC, "auth": self.sid, "format": "native_batch", "source": "NEOTRADEAPI", "platform": "Web", "version": "1.2.3", "sdk_version": 2,
                 "sdk_date": "2026-08-07T09:41:17.667Z", "conn_req_time": 1, "sessionValidation": False, **more})
        return ws


class Housed(Neosim):
    """One with a folder of its own, which goes when it ends; options as --name VALUE."""

    def __init__(self, at, speed, **options):
        self.folder = tempfile.TemporaryDirectory(prefix="neosim-")
        more = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), value)]
        super().__init__("--dir", self.folder.name, "--speed", speed, "--log", os.path.join(self.folder.name, "log"), *more, at=at)

    def clock(self):
        """What --clock takes."""
        return f"{self.virtual_ns},{self.real_ns},{self.speed}"

    def stop(self):
        status = super().stop()
        self.folder.cleanup()
        return status


def packets(frame):
    """The packets of a binary frame, as section 4.6 cuts them."""
    at, out = 0, []
    while at + 2 <= len(frame):
        size = struct.unpack_from("<H", frame, at)[0]
        if size < 9 or at + size > len(frame):
            break
        out.append(frame[at:at + size])
        at += size
    return out

#!/usr/bin/env python3
"""A Bot API server for tests, written from core.telegram.org/bots/api: getUpdates with long polling and offsets, sendMessage, sendPhoto,
answerCallbackQuery; and every way to fail that a test asks for. As a program it prints its address and every message; what is typed is said in chat 1.
Python's standard library alone."""
import email.parser
import email.policy
import http.server
import json
import socket
import struct
import sys
import threading
import time

TOKEN = "123456:AAH-abcdefghijklmnopqrstuvw_xyz"


class Message(dict):
    """One that was taken: chat, text, buttons, quiet, photo (bytes or None), seq."""


class BotApi:
    def __init__(self, token=TOKEN, port=0):
        self.token, self.port = token, port
        self.lock = threading.Condition()
        self.messages, self.pressed, self.updates, self.requests = [], [], [], []
        self.faults = []          # {"method", "times", "status", "body", "do"}
        self.blocked = {}         # chat -> description of its 403
        self.next_update = 1000
        self.confirmed = 0        # updates below it were taken and are forgotten
        self.polls_open = 0
        self.start()

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self):
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                api.serve(self)

            do_GET = do_POST

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that hang up are no news
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.down = False
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        """An outage: nobody listens, and what was open is cut."""
        with self.lock:
            self.down = True
            self.lock.notify_all()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.down:
            self.stop()

    # -- orders of a test -----------------------------------------------------------------------------------------

    def fail(self, method, times=1, **how):
        """The next requests of the method: status and body (JSON or text), or do: reset | silence | cut | late (taken, and then no answer)."""
        with self.lock:
            self.faults.append({"method": method, "times": times, **how})

    def give(self, update):
        with self.lock:
            update.setdefault("update_id", self.next_update)
            self.next_update = max(self.next_update, update["update_id"]) + 1
            self.updates.append(update)
            self.lock.notify_all()
        return update

    def say(self, chat, text, user=None, age=0, **more):
        user = chat if user is None else user
        sender = {"id": user, "is_bot": False, "first_name": f"user{user}"}
        return self.give({"message": {"message_id": 1, "date": int(time.time()) - age, "chat": {"id": chat}, "from": sender, "text": text, **more}})

    def press(self, chat, data, user=None):
        user = chat if user is None else user
        return self.give({"callback_query": {"id": f"q{self.next_update}", "from": {"id": user, "is_bot": False}, "data": data,
                                             "message": {"message_id": 1, "date": int(time.time()), "chat": {"id": chat}}}})

    def again(self, update):
        """Delivers it once more, though it was taken: what a server without its memory does."""
        with self.lock:
            self.updates.append({**update, "again": True})
            self.lock.notify_all()

    def texts(self, chat=None):
        with self.lock:
            return [m["text"] for m in self.messages if chat is None or m["chat"] == str(chat)]

    def wait(self, words, chat=None, seconds=30, after=0):
        """The first message (from number `after` on) that has all the words; None when it does not come."""
        words = [words] if isinstance(words, str) else words
        end = time.monotonic() + seconds
        with self.lock:
            while True:
                for m in self.messages[after:]:
                    if all(w in m["text"] for w in words) and (chat is None or m["chat"] == str(chat)):
                        return m
                left = end - time.monotonic()
                if left <= 0 or not self.lock.wait(min(left, 0.5)) and time.monotonic() >= end:
                    return None

    def count(self, method):
        with self.lock:
            return self.requests.count(method)

    # -- serving ----------------------------------------------------------------------------------------------------

    def fault_of(self, method):
        with self.lock:
            for f in self.faults:
                if f["method"] in (method, "*") and f["times"] > 0:
                    f["times"] -= 1
                    return f
        return None

    def serve(self, h):
        body = h.rfile.read(int(h.headers.get("Content-Length") or 0))
        head, _, method = h.path.lstrip("/").partition("/")
        with self.lock:
            self.requests.append(method)
            if self.down:
                return self.reset(h)
        fault = self.fault_of(method)
        if fault and fault.get("do") == "late":
            self.answer(method, h, body)
            return self.reset(h)
        if fault and "do" in fault:
            return self.misbehave(h, fault)
        if fault:
            return self.reply(h, fault["status"], fault.get("body", {"ok": False, "error_code": fault["status"], "description": "asked for by a test"}),
                              fault.get("headers", {}))
        if head != "bot" + self.token:
            return self.reply(h, 401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        status, answer = self.answer(method, h, body)
        if answer is None:
            return self.reset(h)
        return self.reply(h, status, answer)

    def answer(self, method, h, body):
        if method == "sendPhoto":
            return self.photo(h, body)
        try:
            p = json.loads(body or b"{}")
        except ValueError:
            return bad(400, "Bad Request: can't parse")
        if method == "sendMessage":
            return self.message(p)
        if method == "getUpdates":
            return self.poll(p)
        if method == "answerCallbackQuery":
            with self.lock:
                self.pressed.append(p["callback_query_id"])
            return good(True)
        return bad(404, "Not Found")

    def take(self, m):
        with self.lock:
            if m["chat"] in self.blocked:
                return bad(403, "Forbidden: " + self.blocked[m["chat"]])
            m["seq"], m["at"] = len(self.messages), time.monotonic()
            self.messages.append(m)
            self.lock.notify_all()
        return good({"message_id": m["seq"] + 1})

    def message(self, p):
        text = p.get("text", "")
        if not text or len(text.encode("utf-16-le")) // 2 > 4096:
            return bad(400, "Bad Request: message is too long" if text else "Bad Request: message text is empty")
        rows = p.get("reply_markup", {}).get("inline_keyboard", [])
        return self.take(Message(chat=str(p["chat_id"]), text=text, buttons=[b for r in rows for b in r], quiet=p.get("disable_notification", False), photo=None))

    def photo(self, h, body):
        head = f"Content-Type: {h.headers['Content-Type']}\r\n\r\n".encode()
        parts = {p.get_param("name", header="content-disposition"): p.get_payload(decode=True)
                 for p in email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body).iter_parts()}
        if not parts.get("photo", b"").startswith(b"\x89PNG\r\n"):
            return bad(400, "Bad Request: not a picture")
        return self.take(Message(chat=parts["chat_id"].decode(), text=parts["caption"].decode(), buttons=[], quiet=False, photo=parts["photo"]))

    def poll(self, p):
        offset, limit, until = p.get("offset", 0), p.get("limit", 100), time.monotonic() + p.get("timeout", 0)
        with self.lock:
            if self.polls_open:
                return bad(409, "Conflict: terminated by other getUpdates request")
            self.polls_open += 1
            try:
                if offset < 0:
                    self.updates = self.updates[offset:]
                else:
                    self.updates = [u for u in self.updates if u["update_id"] >= offset or u.pop("again", False)]
                while not self.updates and not self.down and time.monotonic() < until:
                    self.lock.wait(min(0.5, max(0.01, until - time.monotonic())))
                return good([{k: v for k, v in u.items() if k != "again"} for u in self.updates[:limit]]) if not self.down else (0, None)
            finally:
                self.polls_open -= 1

    def reply(self, h, status, answer, headers=()):
        text = answer if isinstance(answer, bytes) else answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        try:
            h.send_response(status)
            h.send_header("Content-Length", str(len(text)))
            for name, value in dict(headers).items():
                h.send_header(name, value)
            h.end_headers()
            h.wfile.write(text)
        except OSError:
            pass

    def reset(self, h):
        h.close_connection = True
        try:
            h.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            h.connection.close()
        except OSError:
            pass

    def misbehave(self, h, fault):
        if fault["do"] == "cut":
            self.reply(h, 200, '{"ok":true,"resu')
        elif fault["do"] == "silence":
            time.sleep(fault.get("seconds", 60))
        self.reset(h)


def good(result):
    return 200, {"ok": True, "result": result}


def bad(code, why, **more):
    return code, {"ok": False, "error_code": code, "description": why, **more}


def slow_down(seconds):
    """The body of a 429."""
    return {"ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {seconds}", "parameters": {"retry_after": seconds}}


if __name__ == "__main__":
    with BotApi(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0) as api:
        print(f"TELEGRAM_BOT_TOKEN={TOKEN} TELEGRAM_CHAT_ID=1, telegram.api_url = {api.url}", flush=True)
        shown = 0

        def show():
            global shown
            while True:
                with api.lock:
                    api.lock.wait()
                    new, shown = api.messages[shown:], len(api.messages)
                for one in new:
                    print(f"--- to {one['chat']}\n{one['text']}", flush=True)

        threading.Thread(target=show, daemon=True).start()
        for line in sys.stdin:
            api.say(1, line.strip())

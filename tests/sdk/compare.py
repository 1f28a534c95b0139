"""Our adapter's requests beside the official SDK's: the same calls by both against one neosim, what it captured decoded, and every
difference that is not in differences.txt is a failure. So is a line there that nothing needs.
    compare.py BUILD"""
import json
import os
import re
import selectors
import subprocess
import sys
import urllib.parse

import login
from sim import CREDENTIALS, DAY, PATIENCE, Sim
from suite import Suite
from tap import Tap

HERE = os.path.dirname(os.path.abspath(__file__))


class Driver:
    """kotak_drive: the adapter, one command a line, one line of JSON an answer."""

    def __init__(self, program, sim):
        credentials = os.path.join(sim.folder.name, "credentials")
        with open(os.open(credentials, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.writelines(f"{k}={v}\n" for k, v in CREDENTIALS.items())
        self.log = open(os.path.join(sim.folder.name, "kotak_drive.log"), "wb")
        base = f"https://127.0.0.1:{sim.ports['tls_port']}"
        clock = ",".join(str(sim.ports[k]) for k in ("virtual_ns", "real_ns", "speed"))
        self.process = subprocess.Popen([program, "--base", base, "--ca", sim.ports["ca"], "--credentials", credentials, "--clock", clock,
                                         "--config-url", base + "/5config/config"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, env={"PATH": os.environ["PATH"]})

    def do(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            if not ready.select(PATIENCE):
                raise TimeoutError(f"kotak_drive did not answer: {command}")
        return json.loads(self.process.stdout.readline() or "null")

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


# -- what a request says ----------------------------------------------------------------------------------------------

def flat(prefix, value):
    return {f"{prefix}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {}


def veil(place, value):
    """What must differ between two sessions is shown as what it is."""
    text = str(value)
    for pattern, name in ((r"[\w-]+\.[\w-]+\.[\w-]{20,}", "<jwt>"), (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"), (r"2\d{14}", "<number>"),
                          (r"cmp\d+-[ab]", "<tag>")):
        if re.fullmatch(pattern, text) and text != CREDENTIALS["consumer_key"]:
            return name
    return {"json.totp": "<totp>", "header.sid": "<sid>"}.get(place, value)


def places(request):
    """A request as a flat table: place -> value. Paths and queries decoded, header names in lower case."""
    target = urllib.parse.urlsplit(request["target"])
    said = {"method": request["method"], **flat("query", dict(urllib.parse.parse_qsl(target.query, keep_blank_values=True))),
            **flat("header", {k.lower(): v for k, v in request["headers"].items() if k.lower() not in ("host", "content-length", "connection")})}
    if request.get("jdata"):
        said.update(flat("jdata", request["jdata"]))
    elif request.get("body"):
        said.update(flat("json", json.loads(request["body"])))
    return {place: veil(place, value) for place, value in said.items()}


def path(request):
    return re.sub(r"/2\d{14}$", "/<number>", urllib.parse.unquote(urllib.parse.urlsplit(request["target"]).path))


def captured(sim):
    """Path -> places of the newest request to it, and how many there were."""
    said = {}
    for r in sim.requests():
        said[path(r)] = {**places(r), "times": said.get(path(r), {}).get("times", 0) + 1}
    return said


# -- what may differ --------------------------------------------------------------------------------------------------

class Reviewed:
    """differences.txt: CALL | PLACE | SDK | ADAPTER | why. CALL may name several by commas or all by *; a value is text, - (absent) or * (anything)."""

    def __init__(self, file):
        self.lines = []
        with open(file) as f:
            for number, line in enumerate(f, 1):
                if line.strip() and not line.startswith("#"):
                    parts = [p.strip() for p in line.split("|")]
                    assert len(parts) == 5 and parts[4], f"{file}:{number}: CALL | PLACE | SDK | ADAPTER | why"
                    self.lines.append({"number": number, "calls": parts[0].split(","), "place": parts[1], "values": parts[2:4], "used": False})

    def allows(self, call, place, ours, theirs):
        for line in self.lines:
            if (call in line["calls"] or "*" in line["calls"]) and line["place"] == place and all(map(fits, line["values"], (theirs, ours))):
                line["used"] = True
                return True
        return False

    def unused(self):
        return [f"line {line['number']}: {','.join(line['calls'])} {line['place']}" for line in self.lines if not line["used"]]


ABSENT = object()


def fits(pattern, value):
    if value is ABSENT:
        return pattern == "-"
    return pattern == "*" or pattern == ("null" if value is None else str(value))


def show(value):
    return "absent" if value is ABSENT else json.dumps(value)


def compare(tap, reviewed, call, sdk, adapter):
    """All requests of one call, matched by path. The name's first word is what differences.txt calls it."""
    call, name, wrong = call.split()[0], call, []
    for target in sorted(set(sdk) | set(adapter)):
        a, b = sdk.get(target), adapter.get(target)
        if a is None or b is None:
            if not reviewed.allows(call, target, "sent" if b else ABSENT, "sent" if a else ABSENT):
                wrong.append(f"{target}: only the {'SDK' if a else 'adapter'} sends it")
            continue
        for place in sorted(set(a) | set(b)):
            theirs, ours = a.get(place, ABSENT), b.get(place, ABSENT)
            tap.fields += 1
            if theirs != ours and not reviewed.allows(call, place, ours, theirs):
                wrong.append(f"{target} {place}: SDK {show(theirs)}, adapter {show(ours)}")
    tap.ok(sdk and not wrong, f"the same request: {name}", "\n".join(wrong) or "nothing was captured")


# -- the calls --------------------------------------------------------------------------------------------------------

def place_calls(s):
    """The forms the engine sends."""
    q = s.option
    for scrip, side, kind, product, validity in ((q, "B", "L", "NRML", "DAY"), (q, "S", "L", "MIS", "DAY"), (q, "S", "SL", "MIS", "DAY"),
                                                 (s.share, "B", "L", "MIS", "DAY"), (s.bse_option, "B", "L", "NRML", "DAY")):
        price, trigger = ("101.05", "101.00") if kind == "SL" else ("101.05", "0")
        s.tags += 1
        tag = f"cmp{s.tags}"  # the adapter's tags are short
        sdk = (scrip["segment"], product, price, kind, str(scrip["lot"]), validity, scrip["symbol"], side)
        yield (f"place {scrip['segment']} {side} {kind} {product}", ("place_order", sdk, {"trigger_price": trigger, "tag": tag + "-a"}),
               f"place {scrip['segment']} {scrip['symbol']} {side} {kind} {scrip['lot']} {price} {trigger} {product} {validity} {tag}-b")


def calls(s):
    """name, the SDK's call, the driver's command."""
    q = s.option
    name = f"{q['segment']}|{q['token']}"
    yield "client_ip", ("whatsmyip", (), {}), "client_ip"
    yield from place_calls(s)
    a, b = numbers(s)
    yield "modify", ("modify_order", (a, "101.10", "L", str(q["lot"]), "DAY"), {}), f"modify {b} {q['lot']} 101.10 0 L"
    yield "cancel", ("cancel_order", (a,), {}), f"cancel {b}"
    yield "book", ("order_report", (), {}), "book"
    yield "order", ("order_report", (a,), {}), f"order {b}"
    yield "history", ("order_history", (a,), {}), f"history {b}"
    for command, call in (("trades", "trade_report"), ("positions", "positions"), ("holdings", "holdings"), ("limits", "limits"), ("paths", "scrip_master")):
        yield command, (call, (), {}), command
    yield ("margin", ("margin_required", (q["segment"], "101.05", "L", "NRML", str(q["lot"]), str(q["token"]), "B"), {}),
           f"margin {q['segment']} {q['symbol']}:{q['token']} B L {q['lot']} 101.05 0 NRML DAY -")
    instruments = [{"exchange_segment": q["segment"], "instrument_token": str(q["token"])}, {"exchange_segment": "nse_cm", "instrument_token": "Nifty 50"}]
    yield "quotes", ("quotes", (instruments, "all"), {}), f"quotes {name},nse_cm|Nifty 50 all"
    yield "candles", ("historical_data", (name, "1min", DAY, DAY), {}), f"candles {name} 1min {DAY} {DAY}"
    yield "expiries", ("expiries", ("nse_fo", "NIFTY"), {}), "expiries nse_fo NIFTY"


def numbers(s):
    """An order of the SDK's and one of the adapter's, by their tags."""
    orders = [o for o in s.sim.ledger()["orders"] if o["tag"]]
    return [next(o["number"] for o in orders if o["tag"].endswith(end)) for end in ("-a", "-b")]


def both(s, driver, sdk, command):
    call, args, more = sdk
    s.sim.forget()
    s.call(call, *args, **more)
    theirs = captured(s.sim)
    s.sim.forget()
    answer = driver.do(command)
    s.tap.ok(answer["verdict"] in ("ok", "empty"), f"the adapter's {command} is answered", answer)
    return theirs, captured(s.sim)


def logins(s, driver, reviewed):
    """The adapter takes the code of the present step, the SDK that of a later one."""
    s.sim.forget()
    driver.do("login")
    ours = captured(s.sim)
    s.sim.forget()
    s.sim.totp_step = s.sim.now() // login.STEP
    s.log_in()
    compare(s.tap, reviewed, "login", captured(s.sim), ours)


def run(tap, build):
    program = os.path.join(build, "tests", "broker", "kotak", "kotak_drive")
    if not os.access(program, os.X_OK):
        tap.skip("the adapter's requests beside the SDK's", "tests/broker/kotak/kotak_drive is not built")
        return
    tap.say("compare")
    tap.run(against, tap, build, program)


def against(tap, build, program):
    reviewed = Reviewed(os.path.join(HERE, "differences.txt"))
    # The clock is never held or set here: the adapter was given it at the start.
    with Sim(build) as sim:
        login.enter(sim)
        s, driver = Suite(sim, tap), Driver(program, sim)
        try:
            logins(s, driver, reviewed)
            s.find_instruments()
            for name, sdk, command in calls(s):
                compare(tap, reviewed, name, *both(s, driver, sdk, command))
        finally:
            driver.end()
    tap.ok(not reviewed.unused(), "differences.txt names nothing that is no difference", "\n".join(reviewed.unused()))


if __name__ == "__main__":
    t = Tap()
    run(t, os.path.abspath(sys.argv[1]))
    t.done()

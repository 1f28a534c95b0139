#!/usr/bin/env python3
"""Telegram away, slow, wrong or talking nonsense: trading goes on as before, and afterwards every fill was told, once, in the order of the journal."""
import time
from collections import Counter
from datetime import datetime, timedelta, timezone

from telegram import ADMIN, PATIENCE, READER, TOKEN, TRADER, BotApi, Engine, Tap, comment, journal_fills, restless, settings, slow_down, told, told_fills, wait_for

tap = Tap()
SPEED = 200


def begin(e, api, **more):
    e.start("--config", settings(e.folder, api, **restless(), **more), "--mode", "demo", speed=SPEED)
    tap.ok(api.wait("FILLED", TRADER, seconds=PATIENCE), "it trades, and tells", api.texts())


def end(e, api, name, chats=(TRADER, ADMIN, READER)):
    """After the end what was told is what was journalled."""
    e.call("kill", rung="flatten", reason="end of the test")
    tap.ok(wait_for(lambda: e.call("status")["telegram"]["waiting"] == 0, PATIENCE), f"{name}: nothing waits in the end", told(e))
    d = told(e)
    tap.equal((d["turns_over_5ms"], d["lost"]), (0, 0), f"{name}: {d['turns']} turns of the loop, none held up for 5 ms (longest {d['longest_us']} us)")
    e.terminate()
    tap.equal(e.wait(), 0, f"{name}: the engine ends well")
    fills = journal_fills(e)
    for chat in chats:
        got = told_fills(api, chat)
        tap.ok(got == fills, f"{name}: {len(fills)} fills, each told once and in order to chat {chat}", (len(got), [f for f in fills if f not in got][:3], got[:3], fills[:3]))
    tap.ok(TOKEN not in e.said(), f"{name}: no token in the log", e.said()[-600:])
    return d


def trades_on(e, name):
    before = e.call("status")["journal"]["durable"]
    tap.ok(wait_for(lambda: e.call("status")["journal"]["durable"] > before + 2000, PATIENCE), f"{name}: the engine goes on")


def outage():
    with BotApi() as api, Engine() as e:
        begin(e, api)
        api.stop()
        tap.ok(wait_for(lambda: e.call("status")["telegram"]["state"] == "down", PATIENCE), "an outage is in the status", e.call("status")["telegram"])
        trades_on(e, "outage")
        messages = api.messages
        with BotApi(port=api.port) as back:
            back.messages[:0] = messages
            tap.ok(wait_for(lambda: e.call("status")["telegram"]["state"] == "ok", PATIENCE * 2), "and its end", told(e))
            end(e, back, "outage")


def unheard():
    """The message arrives and the answer does not: it comes again, and says so."""
    with BotApi() as api, Engine() as e:
        begin(e, api)
        api.fail("sendMessage", 1, do="late")
        m = api.wait("(perhaps told already)", seconds=PATIENCE)
        tap.ok(m, "what may have arrived says so when it comes again", api.texts()[-3:])
        d = told(e)
        tap.ok(d["unsure"] == 1, "and is counted", d)
        e.terminate()
        e.wait()
        got, fills = Counter(told_fills(api, int(m["chat"])) if m else []), Counter(journal_fills(e))
        tap.ok(fills and not fills - got, f"{fills.total()} fills: nothing is left out", (fills - got, got))


def slowed():
    with BotApi() as api, Engine() as e:
        begin(e, api)
        before = len(api.messages)
        api.fail("sendMessage", 3, status=429, body=slow_down(3))
        tap.ok(wait_for(lambda: told(e)["slowed"] == 3, PATIENCE), "Telegram says: slower", told(e))
        asked, sent = api.count("sendMessage"), len(api.messages)
        time.sleep(1.5)
        tap.ok(api.count("sendMessage") == asked and len(api.messages) == sent, "and nothing is asked before the time it told", (asked, api.count("sendMessage")))
        tap.ok(wait_for(lambda: len(api.messages) >= before + 3, PATIENCE), "then it goes on")
        end(e, api, "429")
    spaced = {c: [m["at"] for m in api.messages if m["chat"] == str(c)] for c in (TRADER, ADMIN, READER)}
    tap.ok(all(b - a > 0.9 for at in spaced.values() for a, b in zip(at[:-2], at[1:-1])), "never more than a message a second to a chat but for the last words", spaced)


def nonsense():
    with BotApi() as api, Engine() as e:
        begin(e, api)
        api.fail("getUpdates", 1, status=502, body="<html><h1>Bad Gateway</h1></html>")
        api.fail("getUpdates", 1, do="cut")
        api.fail("sendMessage", 1, status=200, body='{"ok":true,"result":' + "[" * 5000)
        api.fail("getUpdates", 2, status=200, body=b"x" * 3000000)
        api.fail("sendMessage", 1, status=400, body={"ok": False, "error_code": 400, "description": "Bad Request: message is strange"})
        tap.ok(wait_for(lambda: told(e)["giant"] == 2, PATIENCE * 2), "answers beyond all measure are counted", told(e))
        before = len(api.messages)
        api.say(TRADER, "/status")
        tap.ok(api.wait("state running", TRADER, after=before, seconds=PATIENCE), "and commands are heard again", told(e))
        tap.equal(told(e)["refused"], 1, "a message that is refused is counted and does not stand in the way of the next")


def blocked():
    """One chat blocks the bot: the others hear all, and it hears the rest when it lets the bot in."""
    with BotApi() as api, Engine() as e:
        begin(e, api)
        api.blocked[str(READER)] = "bot was blocked by the user"
        tap.ok(wait_for(lambda: e.call("status")["telegram"]["state"] == "chat", PATIENCE), "a chat that blocks the bot is in the status")
        trades_on(e, "blocked")
        tap.ok("blocked" in e.call("status")["telegram"]["reason"], "with Telegram's words", e.call("status")["telegram"])
        e.call("kill", rung="flatten", reason="end of the test")
        waits = {c["chat"]: c["waiting"] for c in told(e)["chats"]}
        wait_for(lambda: told(e)["chats"][0]["waiting"] == 0, PATIENCE)
        tap.ok(waits[str(READER)] > 0, "what it missed waits for it", waits)
        e.terminate()
        e.wait()
        tap.equal(told_fills(api, ADMIN), journal_fills(e), "the others heard all")


def no_bot():
    with BotApi(token="123456:another-token-of-twenty-letters") as api, Engine() as e:
        e.start("--config", settings(e.folder, api), "--mode", "demo", speed=1)
        tap.ok(wait_for(lambda: e.call("status")["telegram"]["state"] == "token", PATIENCE), "a token that is no bot's is in the status", e.call("status")["telegram"])
        asked = len(api.requests)
        time.sleep(3)
        tap.equal(len(api.requests), asked, "and Telegram is not stormed with it")
        tap.ok("Unauthorized" in e.said() and TOKEN not in e.said(), "the log says why, without the token", e.said())


def killed():
    """kill -9 while messages wait: the next start tells them, and none twice that was confirmed."""
    with BotApi() as api, Engine() as e:
        begin(e, api)
        config = e.process.args[e.process.args.index("--config") + 1]
        taken = api.say(TRADER, "/pause before the end")
        tap.ok(api.wait("Done: pause", TRADER), "a command before the end")
        api.say(TRADER, "/resume")
        api.wait("Done: resume", TRADER)
        near = datetime.now(timezone(timedelta(hours=5, minutes=30))) - timedelta(minutes=55)
        wait_for(lambda: datetime.fromisoformat(e.call("status")["now"]) > near, PATIENCE)  # a demo that lies further back begins anew
        api.fail("sendMessage", 1000, status=503, body={"ok": False, "error_code": 503, "description": "Service not available"})
        trades_on(e, "killed")
        waits = e.call("status")["telegram"]["waiting"]
        e.kill()
        api.faults.clear()
        before = len(api.messages)
        api.again(taken)
        e.start("--config", config, "--mode", "demo", speed=SPEED)
        tap.ok(api.wait("FILLED", TRADER, after=before, seconds=PATIENCE), f"{waits} messages waited; the next start tells them", api.texts(TRADER)[-2:])
        tap.ok(wait_for(lambda: told(e)["duplicates"] == 1, PATIENCE), "an update taken before it is known after it", told(e))
        tap.equal(e.call("status")["state"], "running", "and not done again")
        end(e, api, "killed")


if __name__ == "__main__":
    for test in (outage, unheard, slowed, nonsense, blocked, no_bot, killed):
        began = time.monotonic()
        tap.run(test)
        comment(f"{test.__name__}: {time.monotonic() - began:.0f} s")
    tap.done()

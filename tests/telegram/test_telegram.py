#!/usr/bin/env python3
"""Who may ask the bot for what: roles, strangers, the second word before a kill, and what is no command at all."""
import os
import subprocess
import time

from telegram import ADMIN, ENGINECTL, ENV, PATIENCE, READER, STRANGER, TOKEN, TRADER, BotApi, Engine, Front, Refused, Tap, settings, told, wait_for

tap = Tap()


def begin(e, api, **more):
    e.start("--config", settings(e.folder, api, **more), "--mode", "demo", speed=1)
    tap.ok(api.wait("started", TRADER), "the start is told", api.texts())


def state(e):
    return e.call("status")["state"]


def asked(api, chat, text, words, name, **more):
    """Says it and waits for an answer that has the words."""
    before = len(api.messages)
    api.say(chat, text, **more)
    m = api.wait(words, chat, after=before)
    tap.ok(m, name, api.texts(chat)[-3:])
    return m


def looks(e, api):
    for text, words in (("/status", "state running"), ("/balance", "equity"), ("/positions", "day "), ("/orders", ""), ("/pnl", "realised"), ("/strategies", "ema_cross"),
                        ("/why", "amd: "), ("/why amd", "amd: "), ("/why nobody", "there is no strategy"), ("/risk", "day_loss_pct 4.00"), ("/help", "role read")):
        m = asked(api, READER, text, words, f"{text} is answered")
        tap.ok(m and m["text"].startswith("DEMO (no money)\n"), f"{text}: the mode stands first", m)
    asked(api, READER, "/frobnicate", "no command", "another word is no command")


def roles(e, api):
    for text in ("/pause", "/resume", "/kill stop", "/shutdown"):
        asked(api, READER, text, ["NOT done", "has read"], f"{text} from a chat that reads is refused")
    asked(api, TRADER, "/shutdown", ["NOT done", "admin"], "a trader does not shut down")
    tap.equal(state(e), "running", "and nothing has changed")
    asked(api, TRADER, "/pause lunch", "Done: pause. Now: paused", "a trader pauses, at once")
    tap.equal(state(e), "paused", "paused it is")
    tap.ok(api.wait("ENGINE: paused (tg:1: lunch)", READER), "every chat hears who did it and why", api.texts(READER))
    asked(api, TRADER, "/resume", "Done: resume. Now: running", "and resumes, at once")


def strangers(e, api):
    before = told(e)["strangers"]
    for text in ("/kill flatten", "/status", "hello"):
        api.say(STRANGER, text)
    tap.ok(api.wait(["chat 66", "ignored"], ADMIN), "the admin hears of a stranger", api.texts(ADMIN))
    tap.ok(wait_for(lambda: told(e)["strangers"] == before + 3, PATIENCE), "each is counted", told(e))
    time.sleep(1.5)
    tap.equal(sum("chat 66" in t for t in api.texts()), 1, "told once, to one")
    tap.equal(api.texts(STRANGER), [], "a stranger gets no word")


def no_commands(e, api):
    asked(api, TRADER, "/kill stop", "forwarded", "a forwarded kill is none", forward_origin={"type": "user"})
    asked(api, TRADER, "/resume", "older than a minute", "what is older than a minute is not done", age=61)
    api.give({"edited_message": {"chat": {"id": TRADER}, "from": {"id": TRADER}, "text": "/kill pause"}})
    api.say(TRADER, "/kill pause", **{"from": {"id": 7, "is_bot": True}})
    asked(api, TRADER, "/pause " + "x" * 400, "too long", "a text beyond all measure is no command")
    tap.equal(state(e), "running", "none of them did anything")
    asked(api, TRADER, "/pause", "Done: pause", "but a late pause is a pause: it can only make things safer", age=7200)
    asked(api, TRADER, "/resume", "Done: resume", "resumed")


def unconfirmed(e, api):
    m = asked(api, TRADER, "/kill flatten enough", "Really kill flatten?", "a kill asks back")
    yes, no = [b["callback_data"] for b in m["buttons"]]
    asked(api, TRADER, "/yes 1", "another code", "a wrong code is none")
    api.press(TRADER, yes, user=77)
    tap.ok(api.wait("Nothing waits for a yes of yours", TRADER), "another person's press is none", api.texts(TRADER)[-2:])
    api.press(READER, yes, user=READER)
    tap.ok(api.wait("Nothing waits for a yes of yours", READER), "nor is one in another chat", api.texts(READER)[-2:])
    api.press(TRADER, no)
    tap.ok(api.wait("Not done.", TRADER), "No is no", api.texts(TRADER)[-2:])
    before = len(api.messages)
    api.press(TRADER, yes)
    tap.ok(api.wait("Nothing waits", TRADER, after=before), "a yes after it is none", api.texts(TRADER)[-2:])
    tap.equal(state(e), "running", "an unconfirmed kill kills nothing")
    tap.ok(len(api.pressed) >= 4, "each press is taken back from its button", api.pressed)


def confirmed(e, api):
    m = asked(api, TRADER, "/kill stop enough", "Really kill stop?", "asked back again")
    press = api.press(TRADER, m["buttons"][0]["callback_data"])
    tap.ok(api.wait("Done: kill stop. Now: stopped", TRADER), "confirmed, it is done", api.texts(TRADER)[-2:])
    kill = e.call("status")["kill"]
    tap.equal((kill["rung"], kill["by"], kill["reason"]), ("stop", "tg:1", "enough"), "the audit says who")
    asked(api, TRADER, "/resume", ["NOT done", "admin"], "a trader does not lift it")
    m = asked(api, ADMIN, "/resume looked at it", "Really resume?", "an admin is asked back")
    api.say(ADMIN, "/yes " + m["buttons"][0]["callback_data"][4:])
    tap.ok(api.wait("Done: resume. Now: running", ADMIN), "and lifts it, by a typed yes", api.texts(ADMIN)[-2:])
    before = told(e)["duplicates"]
    api.again(press)
    tap.ok(wait_for(lambda: told(e)["duplicates"] == before + 1, PATIENCE), "an update that comes again is counted", told(e))
    tap.equal(state(e), "running", "and does nothing")


def acknowledged(e, api):
    asked(api, TRADER, "/acknowledge not-flat looked", ["NOT done", "admin"], "a trader does not acknowledge")
    asked(api, ADMIN, "/acknowledge", ["NOT done: acknowledge nothing", "symbol"], "an acknowledgement of nothing is refused at once")
    asked(api, ADMIN, "/acknowledge not-flat", ["NOT done: acknowledge not-flat", "reason"], "so is one without a reason")
    m = asked(api, ADMIN, "/acknowledge Not-flat closed in the app", "Really acknowledge not-flat?", "a whole one asks back")
    before = len(api.messages)
    api.press(ADMIN, m["buttons"][0]["callback_data"])
    tap.ok(api.wait("NOT done: acknowledge not-flat: nothing was ordered flat and is not", ADMIN, after=before), "and is judged by the engine", api.texts(ADMIN)[-2:])
    m = asked(api, ADMIN, "/acknowledge nifty26nov24000ce my hedge", "Really acknowledge NIFTY26NOV24000CE?", "a contract has capital letters")
    before = len(api.messages)
    api.press(ADMIN, m["buttons"][0]["callback_data"])
    tap.ok(api.wait("holds nothing of that contract", ADMIN, after=before), "and is one that the account holds", api.texts(ADMIN)[-2:])


def tests(e, api):
    answer = e.call("notify.test")
    tap.equal((answer["sent"], answer["chats"], answer["reason"]), (3, 3, None), "notify.test reaches every chat")
    run = e.ctl("notify", "test")
    tap.ok(run.returncode == 0 and "3" in run.stdout, "enginectl notify test", (run.stdout, run.stderr))
    with Front(e) as front:
        tap.equal(front.request("POST", "/api/notify/test", {})[0], 200, "POST /api/notify/test")
    api.blocked[str(READER)] = "bot was blocked by the user"
    answer = e.call("notify.test")
    tap.ok(answer["sent"] == 2 and "chat 3" in answer["reason"] and "blocked" in answer["reason"], "and says which does not take it", answer)
    tap.equal(e.call("status")["telegram"]["state"], "chat", "so does status")


def secrets(e, api):
    said = e.said() + repr(e.call("debug")) + repr(e.call("status")) + e.ctl("debug").stdout
    tap.ok(TOKEN not in said and TOKEN.split(":")[1] not in said, "the token is in no log and no answer")
    d = told(e)
    tap.equal((d["turns_over_5ms"], d["lost"]), (0, 0), f"{d['turns']} turns, none held up for 5 ms (longest {d['longest_us']} us)")
    with open(f"/proc/{e.process.pid}/environ", "rb") as f:
        tap.ok(TOKEN.encode() not in f.read(), "nor in its environment")


def shutdown(e, api):
    m = asked(api, ADMIN, "/shutdown", "Really shutdown, closing positions?", "a shutdown asks back")
    api.press(ADMIN, m["buttons"][0]["callback_data"])
    tap.equal(e.wait(), 0, "and ends the engine, flat")
    tap.ok(api.wait("ENGINE: flat", TRADER, seconds=1), "its last word arrives", api.texts(TRADER)[-2:])


def whole():
    with BotApi() as api, Engine() as e:
        begin(e, api)
        for part in (looks, roles, strangers, no_commands, unconfirmed, confirmed, acknowledged, tests, secrets, shutdown):
            tap.run(part, e, api)


def not_configured():
    with Engine() as e:
        e.start("--mode", "demo", speed=1)
        try:
            e.call("notify.test")
            tap.ok(False, "without a token there is no test")
        except Refused as r:
            tap.equal(r.error["data"]["code"], "unavailable", "without a token notify.test says so")
        tap.equal(e.call("status")["telegram"], {"state": "off", "reason": None, "waiting": 0}, "and status: off")


def bad_settings():
    with BotApi() as api, Engine() as e:
        path = settings(e.folder, api)
        for old, new, words in (("2:admin, 3:read", "2:owner", "role"), ("2:admin, 3:read", "me:read", "must be chats"), (TOKEN, "bad", "@BotFather"),
                                (api.url, "ftp://x", "must be an address")):
            with open(path) as f:
                text = f.read().replace(old, new)
            other = os.path.join(e.folder, "bad.conf")
            with open(other, "w") as f:
                f.write(text)
            os.chmod(other, 0o600)
            run = e.run("--config", other, "--check", speed=None)
            tap.ok(run.returncode == 1 and words in run.stderr, f"settings with {new} are refused", run.stderr)
        run = subprocess.run([ENGINECTL, "--socket", e.socket, "--json", "doctor", "--offline", "--config", path], env=ENV, capture_output=True, text=True, timeout=PATIENCE)
        tap.ok('"check":"telegram"' in run.stdout and TOKEN not in run.stdout, "the doctor looks at Telegram", run.stdout[-800:])


if __name__ == "__main__":
    tap.run(whole)
    tap.run(not_configured)
    tap.run(bad_settings)
    tap.done()

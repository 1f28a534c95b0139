"""enginectl replay: any record of a journal, lived again to that point, gives the decisions that were recorded and the state then."""
import json
import os
import shutil
import subprocess

import market
from sauda import ENGINECTL, ENV, PATIENCE, TABLES, Engine, Tap, summary

tap = Tap()


def ask(*args, tables=TABLES):
    return subprocess.run([ENGINECTL, *args], env={**ENV, "SAUDA_TABLES": tables}, capture_output=True, text=True, timeout=PATIENCE)


def records(journal):
    return [json.loads(line) for line in ask("journal", "dump", journal, "--json").stdout.splitlines()]


def lived():
    with Engine() as e:
        path = os.path.join(e.folder, "NIFTY_made_up.csv")
        market.option_days(path, 2, strikes=5)
        ended = summary(e.replay(path))
        journal = os.path.join(e.state, "replay", "journal")
        all_of_it = records(journal)
        orders = [r for r in all_of_it if r["kind_number"] == 64]
        assert len(orders) > 10, len(orders)
        for r in (orders[0], orders[len(orders) // 2], orders[-1]):
            told(journal, r)
        last = all_of_it[-1]
        why = json.loads(ask("replay", last["stamp"][:10], "--until", str(last["seq"]), "--journal", journal).stdout)
        state = why["state"]
        tap.equal((state["equity"], state["positions"], state["orders"]), (ended["equity"], [], []), "at the journal's end: the day's result, flat")
        decisions = [d for d in all_of_it if d["kind"] == "decision"]
        refused = [c for d in decisions[:40] for c in at(journal, d)["caused"] if c["kind"] == "decision" and c["refusal"]]
        tap.ok(refused and all(c["because"] for c in refused), "a refusal says why", refused[:1])
        wrong(journal, orders[0])
        differs(e.folder, journal, last)
        e.replay(path) # begins behind the checkpoint that the first run left
        again = records(journal)[-1]
        why = at(journal, again)
        tap.ok(again["seq"] > why["checkpoint"] >= last["seq"] and why["state"]["equity"] == ended["equity"], "from a checkpoint the same", why["state"])
        tap.equal(at(journal, last)["checkpoint"], 0, "but not from one that lies behind the record")


def at(journal, r):
    return json.loads(ask("replay", r["stamp"][:10], "--until", str(r["seq"]), "--journal", journal).stdout)


def told(journal, r):
    got = ask("replay", r["stamp"][:10], "--until", str(r["seq"]), "--journal", journal)
    tap.ok(got.returncode == 0, f"record {r['seq']}: the same decisions again", got.stdout[:600] + got.stderr)
    why = json.loads(got.stdout)
    mine = [c for c in why["caused"] if c["seq"] == r["seq"]]
    tap.ok(len(mine) == 1 and mine[0]["kind"] == r["kind"] and mine[0]["qty"] > 0, "the order is among what its event caused", why["caused"])
    tap.ok(why["event"]["seq"] < r["seq"] <= why["state"]["seq"] and why["differences"] == 0, "behind the event that led to it", why)
    tap.ok(any(o["order"] == mine[0]["order"] for o in why["state"]["orders"]), "and at work in the state then", why["state"])


def differs(folder, journal, r):
    """Not what was recorded: other market tables, so other charges."""
    tables = shutil.copytree(TABLES, os.path.join(folder, "tables"))
    path = os.path.join(tables, "charges.csv")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("gst,charges,both,0.18", "gst,charges,both,0.28"))
    got = ask("replay", r["stamp"][:10], "--until", str(r["seq"]), "--journal", journal, tables=tables)
    tap.ok(got.returncode == 1 and json.loads(got.stdout)["differences"] > 0, "what differs from the record is counted, and status 1", got.stdout[:200])


def wrong(journal, r):
    day, seq = r["stamp"][:10], str(r["seq"])
    for args, status, words in ((("2031-01-01", "--until", seq, "--journal", journal), 1, "another day: " + day),
                                ((day, "--until", "99999999", "--journal", journal), 1, "no such record"),
                                ((day, "--until", seq, "--journal", journal + "x"), 1, "journal"),
                                ((day, "--until", seq, "--journal", journal, "--tables", "/nowhere"), 1, "/nowhere"),
                                ((day, "--until", "0", "--journal", journal), 2, "usage"), ((day, "--until", seq), 2, "usage"),
                                (("tomorrow", "--until", seq, "--journal", journal), 2, "usage"), ((), 2, "usage")):
        got = ask("replay", *args)
        tap.ok(got.returncode == status and words in got.stderr and got.stdout == "", f"refused: {' '.join(args[:3])}", (got.returncode, got.stderr))


if __name__ == "__main__":
    tap.run(lived)
    tap.done()

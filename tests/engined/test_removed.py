"""Goal: settings may be edited between two starts, with positions open. A strategy that was taken out enters nothing any more, and what it holds is managed to its
end; the others keep their slots, and with them their positions, wherever they stand in the file.
Method: an engine is killed with a position open, its settings are changed, and it is started again."""
import os

import market
from sauda import Engine, PATIENCE, Refused, Tap, pause_with_positions, wait_for

tap = Tap()
KINDS = {"one": ("ema_cross", "MIS"), "two": ("vwap_reversion", "NRML"), "three": ("amd", "MIS")}


def write(path, ids, products=None):
    with open(path, "w") as f:
        for i in ids:
            kind, product = KINDS[i]
            f.write(f"[strategy.{i}]\nkind = {kind}\nunderlying = NIFTY\nbar = 3\nproduct = {(products or {}).get(i, product)}\n")
    return path


def items(e):
    return {s["id"]: s for s in e.call("strategies")["items"]}


def param(e, strategy, name):
    return next(p["value"] for p in e.call("strategy", id=strategy)["params"] if p["name"] == name)


def facts(positions):
    return sorted([p[k] for k in ("strategy", "symbol", "side", "qty", "average", "product")] for p in positions)


def to_the_end(e):
    e.call("replay.set", speed="max", paused=False)
    tap.ok(wait_for(lambda: e.call("status")["feed"]["ended"], PATIENCE), "the day goes on to its end")


def again(e, path, config):
    e.kill()
    e.start("--data", path, "--config", config, speed=1)
    e.call("replay.set", paused=True)


def with_a_position(path):
    with Engine() as e:
        config = write(os.path.join(e.folder, "sauda.conf"), list(KINDS))
        e.start("--data", path, "--config", config, speed=1)
        if not tap.ok(pause_with_positions(e), "a strategy holds a position"):
            return
        held = e.open_positions()
        owner, before = held[0]["strategy"], items(e)
        others = [i for i in KINDS if i != owner]
        again(e, path, write(config, others))
        tap.equal(facts(e.open_positions()), facts(held), "taken out of the settings, it holds what it held")
        now = items(e)
        tap.equal({i: now[i]["kind"] for i in now}, {i: before[i]["kind"] for i in before}, "each strategy has its name and its rules")
        tap.equal([param(e, i, "product") for i in others], [KINDS[i][1] for i in others], "the others have their own product")
        tap.equal(now[owner]["state"], "removed", "it is said in the status")
        tap.equal(now[owner]["why_not"]["code"], "removed", "and why")
        tap.equal([now[i]["state"] for i in others], ["running", "running"], "the others run")
        tap.has(e.said(), [f"the strategy {owner} is in the settings no longer", held[0]["symbol"], "managed to its end"], "and in the log")
        try:
            e.call("strategy.resume", id=owner, reason="a try")
            tap.ok(False, "it cannot be resumed")
        except Refused as refused:
            tap.has(str(refused), ["settings", "put it back"], "it cannot be resumed")
        again(e, path, config)
        tap.equal((facts(e.open_positions()), items(e)[owner]["state"]), (facts(held), "removed"), "the same after another start")
        to_the_end(e)
        after = items(e)
        tap.equal((after[owner]["position"], after[owner]["trades"]), (None, before[owner]["trades"] + 1), "its position was closed, and it entered nothing more")
        tap.ok(sum(after[i]["trades"] for i in others) > sum(before[i]["trades"] for i in others), "the others traded on", after)
        again(e, path, write(config, list(reversed(KINDS))))
        tap.equal({i: (s["state"], s["trades"]) for i, s in items(e).items()}, {i: ("running", after[i]["trades"]) for i in KINDS},
                  "put back, in another order, it may enter again, and each has its own past")


def moved_up(path):
    """The first section is taken out while a later one holds: it keeps its position although it is first now."""
    with Engine() as e:
        config = write(os.path.join(e.folder, "sauda.conf"), ["three", "two", "one"])
        e.start("--data", path, "--config", config, speed=1)
        held, owner = [], "three"
        while pause_with_positions(e):
            held = e.open_positions()
            owner = held[0]["strategy"]
            if owner != "three":
                break
            e.call("replay.set", step=400)
        if not tap.ok(owner != "three", "a later strategy holds a position"):
            return
        product = param(e, owner, "product")
        try:
            e.call("strategy.set", id=owner, params={"product": "NRML" if product == "MIS" else "MIS"})
            tap.ok(False, "its product cannot be changed meanwhile")
        except Refused as refused:
            tap.has(str(refused), ["product", "position is open"], "its product cannot be changed meanwhile")
        others = [i for i in ("two", "one") if i != owner]
        again(e, path, write(config, [owner, *others], {owner: "NRML" if product == "MIS" else "MIS"}))
        tap.equal(facts(e.open_positions()), facts(held), "it holds what it held, in the product it was entered in")
        tap.has(e.said(), [f"{owner} keeps its product", f"enginectl strategy set {owner} product="], "and the log says how to change it")
        now = items(e)
        tap.equal((now[owner]["state"], now["three"]["state"]), ("running", "removed"), "it runs, and the first does not")
        tap.ok(now[owner]["position"], "the position is its own", now)


def without_a_position(path):
    with Engine() as e:
        config = write(os.path.join(e.folder, "sauda.conf"), list(KINDS))
        e.start("--data", path, "--config", config, speed=1)
        e.call("replay.set", paused=True)
        tap.equal(e.open_positions(), [], "nothing is held yet")
        again(e, path, write(config, ["two"]))
        tap.equal({i: s["state"] for i, s in items(e).items()}, {"one": "removed", "two": "running", "three": "removed"}, "two of three are taken out")
        tap.has(e.said(), ["the strategy one is in the settings no longer: it enters nothing"], "and it is said")
        to_the_end(e)
        tap.equal([items(e)[i]["trades"] for i in ("one", "three")], [0, 0], "they entered nothing")
        KINDS["four"] = KINDS["one"]
        again(e, path, write(config, ["two", "four"]))
        tap.equal(sorted(items(e)), ["four", "three", "two"], "a new one takes the place of one that holds nothing")


if __name__ == "__main__":
    with Engine() as place:
        os.makedirs(place.state, exist_ok=True)
        data = os.path.join(place.state, "NIFTY_2023-04-10.csv")
        market.option_days(data, 7, days=("2023-04-10", "2023-04-11"))
        for part in (with_a_position, moved_up, without_a_position):
            tap.run(part, data)
    tap.done()

"""Years of index minutes, the tick files with all their faults, and the depth files through the whole daemon and through
`enginectl backtest`. Figures are printed as comments; nothing is judged by the clock."""
import os
import subprocess
import sys
import time

from sauda import ENGINECTL, ENV, Engine, PATIENCE, TABLES, Tap, books, comment, recording, summary

tap = Tap()
YEARS = ("NIFTY50_1min_2021", "NIFTY50_1min_2022", "NIFTY50_1min_2024", "NIFTY50_1min_2025",
         "BANKNIFTY_1min_2021", "BANKNIFTY_1min_2022", "BANKNIFTY_1min_2024-01_2024-08")
KINDS = ("failed_auction", "amd", "opening_range_breakout", "ema_cross", "vwap_reversion")
TICKS = ("BANKNIFTY", "HDFCBANK", "ICICIBANK", "NIFTY50", "RELIANCE", "SBIN")
DEPTH = ("depth5_2025-12-15_NSE_EQ_INE118H01025", "depth5_2025-12-15_NSE_FO_51460", "depth5_2025-12-15_NSE_FO_51461",
         "depth5_2025-12-15_NSE_FO_60166")


def measured(e, args):
    """The run with its time and its peak memory in kB. What wait4 gives would begin with this program's own peak."""
    began, peak = time.monotonic(), 0
    e.start("--exit", *args, speed="max", wait=False)
    while e.process.poll() is None:
        try:
            with open(f"/proc/{e.process.pid}/status") as f:
                peak = max([peak] + [int(line.split()[1]) for line in f if line.startswith("VmHWM")])
        except (OSError, ValueError):
            pass
        time.sleep(0.002)
        if time.monotonic() - began > 5 * PATIENCE:
            e.kill()
    took = time.monotonic() - began
    return type("Run", (), {"returncode": e.wait(), "stdout": e.printed(), "stderr": e.said()}), took, peak


def backtest(paths):
    return subprocess.run([ENGINECTL, "backtest", "--timing", "--tables", TABLES, *paths], env=ENV, capture_output=True, text=True,
                          timeout=PATIENCE * 5)


def whole(paths, name, settings=None):
    with Engine() as e:
        args = [a for p in paths for a in ("--data", p)]
        if settings:
            args += ["--config", os.path.join(e.folder, "sauda.conf")]
            with open(args[-1], "w") as f:
                f.write(settings)
        run, took, peak = measured(e, args)
        s = summary(run)
        if not tap.ok(bool(s), f"{name}: one JSON summary", run.stdout[:200] + run.stderr[-300:]):
            return {}
        tap.ok(run.returncode == (0 if s["flat"] else 3), f"{name}: the exit status tells whether it is flat", (run.returncode, s["flat"]))
        tap.ok(s["flat"], f"{name}: ends flat", run.stderr[-300:])
        v = e.verify()
        tap.equal(v.returncode, 0, f"{name}: journal verify passes")
        events = s["bars"] + s["ticks"]
        comment(f"{name}: engined {events / took:,.0f} market events/s from exec to exit ({events} in {took:.2f} s, journal and store "
                f"included), peak {peak / 1024:.1f} MB, {s['sessions']} sessions, {s['trades']} trades, gross {s['gross']}, bad rows {s['bad_rows']}")
        return s


def same_in_backtest(paths, name, s):
    r = backtest(paths)
    b = summary(r)
    differ = {k: (v, books(b)[k]) for k, v in books(s).items() if books(b)[k] != v} if b else r.stderr
    tap.ok(b and differ == {}, f"{name}: backtest comes to the same books", differ)
    comment(f"{name}: backtest {r.stderr.split(',')[0].strip()}")


def year(name):
    path = recording(f"index_1min/{name}.csv.gz")
    if not path:
        tap.skip(name, "SAUDA_DATA does not name a folder with this recording")
        return
    s = whole([path], name)
    if s:
        tap.ok(s["bars"] >= 50000 and s["bad_rows"] == 0, f"{name}: every minute of it", (s["rows"], s["bars"], s["bad_rows"]))
        tap.ok(all(x["evaluations"] > 0 for x in s["strategies"].values()) and len(s["strategies"]) == 5, f"{name}: all strategies looked at it")
        same_in_backtest([path], name, s)


def paths_of(folder, names, title):
    paths = [p for p in (recording(f"{folder}/{n}.csv.gz") for n in names) if p]
    if len(paths) == len(names):
        return paths
    tap.skip(title, "SAUDA_DATA does not name a folder with these recordings")
    return []


def files(folder, names, title):
    paths = paths_of(folder, names, title)
    s = whole(paths, title) if paths else {}
    if s:
        tap.ok(s["ticks"] + s["bars"] > 10000, f"{title}: the market arrived", s["ticks"])
        same_in_backtest(paths, title, s)


def six_tick_files():
    """Every strategy on every instrument; times that go back, repeats and falling volumes are in the data."""
    title = "six tick files of 2021-05-28"
    paths = paths_of("ticks", [f"{t}_ltp_ticks_2021-05-28" for t in TICKS], title)
    if not paths:
        return
    silent = whole(paths, title + ", no strategy named")
    tap.ok(silent["trades"] == 0, f"{title}: without a strategy for one of them nothing is traded")
    sections = [f"[strategy.{kind[:8]}_{t}]\nkind = {kind}\nunderlying = {t.removesuffix('50')}\nenabled = yes\n" for kind in KINDS for t in TICKS]
    s = whole(paths, title, "".join(sections))
    if s:
        tap.equal(len(s["strategies"]), 30, f"{title}: five strategies on each of six instruments")
        tap.ok(all(x["evaluations"] > 100 for x in s["strategies"].values()), f"{title}: all of them are evaluated",
               {k: x["evaluations"] for k, x in s["strategies"].items()})
        comment(f"{title}: signals {sum(x['signals'] for x in s['strategies'].values())}, refusals {s['refusals']}")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    for y in YEARS:
        tap.run(year, y)
    tap.run(files, "index_1min", ("NIFTY50_1min_2021", "NIFTY50_1min_2022"), "two years in one run")
    tap.run(six_tick_files)
    for d in DEPTH:
        tap.run(files, "ticks", [d], d)
    tap.done()

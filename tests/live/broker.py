"""The simulated broker beside an engine, with the account that it knows."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "engined"), os.path.join(HERE, "..", "neosim")]
from neosim import KEY, MOBILE, MPIN, NEOSIM, SECRET, UCC, Housed  # noqa: E402, F401
from sauda import ENV  # noqa: E402

ACCOUNT = {"KOTAK_CONSUMER_KEY": KEY, "KOTAK_MOBILE_NUMBER": MOBILE, "KOTAK_UCC": UCC, "KOTAK_MPIN": MPIN, "KOTAK_TOTP_SECRET": SECRET}
STRATEGIES = ("failed_auction", "amd", "opening_range_breakout", "ema_cross", "vwap_reversion")


def need_broker():
    """The whole program is skipped where none was built."""
    if not os.path.exists(NEOSIM):
        print("1..0 # SKIP no simulated broker was built")
        sys.exit(0)


class Broker(Housed):
    def __init__(self, at, speed=60, **options):
        super().__init__(at, speed, **options)

    def env(self):
        """What engined and enginectl need to reach it, over TLS."""
        return {**ENV, **ACCOUNT, "KOTAK_SESSION_URL": f"https://127.0.0.1:{self.tls_port}", "KOTAK_CA_FILE": self.ca}

    def feed(self, feed, kind, **more):
        return self.sim("feed", {"feed": feed, "kind": kind, **more})


def settings(folder, capital=300000, live="yes", strategies=STRATEGIES, each="", **more):
    """A settings file with every strategy on NIFTY."""
    path = os.path.join(folder, "sauda.conf")
    with open(path, "w") as f:
        f.write(f"[account]\ncapital = {capital}\n")
        for section, lines in more.items():
            f.write(f"[{section}]\n{lines}\n")
        for name in strategies:
            f.write(f"[strategy.{name}]\nunderlying = NIFTY\nlive = {live}\n{each}\n")
    os.chmod(path, 0o600)
    return path


UNDERLYINGS = ("NIFTY", "BANKNIFTY", "SENSEX")
# No limit of its own keeps a strategy out, and no target or trailing stop takes it out.
FREE = {"reward": 100, "trail_bars": 0, "cooldown": 0, "stopout_cooldown": 0, "entries_per_day": 1000, "loss_streak": 1000, "risk_pct": 20, "risk_cap_pct": 50,
        "lots_max": 1, "cost_pct": 1000, "stop_pct": 100, "entry_from": "09:16", "entry_to": "15:00", "atr_length": 2}
# Averages that cross at every turn of the market: in and out all day.
RESTLESS = {**FREE, "kind": "ema_cross", "fast": 1, "warm_bars": 3, "adx_length": 1, "adx_min": 0, "stop_atr": 3}
# In at the next bar that turns to the average, and out by a far stop alone: soon all hold a position.
HOLDING = {**FREE, "kind": "vwap_reversion", "from": "09:16", "deviations": 0, "rsi_length": 2, "rsi_low": 100, "rsi_high": 0, "stop_atr": 12, "target_reward": 0}


def many_settings(folder, strategies):
    """A settings file with these strategies, each a dict of its keys, on the three indices by turns."""
    path = os.path.join(folder, "sauda.conf")
    with open(path, "w") as f:
        f.write("[account]\ncapital = 20000000\n[limits]\nday_loss_pct = 100\nopen_orders = 100\norder_rate = 10\norder_reserve = 1\n")
        for n, keys in enumerate(strategies):
            f.write(f"[strategy.s{n}]\nunderlying = {UNDERLYINGS[n % 3]}\nlive = yes\n")
            f.writelines(f"{k} = {v}\n" for k, v in keys.items())
    os.chmod(path, 0o600)
    return path

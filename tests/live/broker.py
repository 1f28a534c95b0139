"""The simulated broker beside an engine, with the account that it knows."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "engined"), os.path.join(HERE, "..", "neosim")]
from neosim import KEY, MOBILE, MPIN, NEOSIM, SECRET, UCC, Housed  # noqa: E402, F401
from sauda import ENV  # noqa: E402

ACCOUNT = {"KOTAK_CONSUMER_KEY": KEY, "KOTAK_MOBILE_NUMBER": MOBILE, "KOTAK_UCC": UCC, "KOTAK_MPIN": MPIN, "KOTAK_TOTP_SECRET": SECRET}
STRATEGIES = ("failed_auction", "amd", "opening_range_breakout", "ema_cross", "vwap_reversion")


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

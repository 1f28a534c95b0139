"""Made-up recordings for tests that must run without market data: a random walk, its near future and an option chain priced
by Black and Scholes, in the contract-bars layout. The same arguments give the same bytes."""
import datetime
import math
import random

MINUTES = 375
HEAD = "timestamp,symbol,expiry,strike,side,open,high,low,close,cum_volume,oi\n"


def _n(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def premium(spot, strike, years, sigma, call):
    s = sigma * math.sqrt(max(years, 1e-6))
    d1 = math.log(spot / strike) / s + s / 2
    value = spot * _n(d1) - strike * _n(d1 - s)
    return max(0.05, value if call else value - spot + strike)


def _tick(x):
    return max(0.05, round(round(x / 0.05) * 0.05, 2))


def _bar(open_, close, wiggle, rng):
    high = max(open_, close) + rng.random() * wiggle
    low = min(open_, close) - rng.random() * wiggle
    return [_tick(open_), _tick(high), _tick(max(0.05, low)), _tick(close)]


def walk(seed, spot=17600.0, minutes=MINUTES, step=3.2):
    """A day of minute closes: drifts that last a while, so that there are trends to follow and turns to lose on."""
    rng, out, drift = random.Random(seed), [], 0.0
    for _ in range(minutes):
        if rng.random() < 0.03:
            drift = rng.gauss(0, 1.6)
        spot += drift + rng.gauss(0, step)
        out.append(spot)
    return out


def option_days(path, seed, days=("2023-04-10",), expiry="2023-04-13", strikes=8, symbol="NIFTY", minutes=MINUTES):
    """Writes the file and returns its number of rows."""
    rng, rows, spot = random.Random(seed), 0, 17600.0
    end = datetime.datetime.fromisoformat(expiry + "T15:30:00")
    code = end.strftime("%d%b%y").upper()
    with open(path, "w") as f:
        f.write(HEAD)
        for day in days:
            closes = walk(f"{seed} {day}", spot, minutes)
            middle = round(spot / 50) * 50
            chain = [(middle + 50 * k, side) for k in range(-strikes, strikes + 1) for side in ("CE", "PE")]
            last, volume = {}, 0
            at = datetime.datetime.fromisoformat(day + "T09:15:00")
            for close in closes:
                stamp, volume = at.strftime("%Y-%m-%dT%H:%M:00+05:30"), volume + 5000
                years = (end - at).total_seconds() / (365 * 86400)
                o, h, l, c = _bar(last.get("fut", spot), close, 4, rng)
                f.write(f"{stamp},{symbol}-I,,0,FUT,{o},{h},{l},{c},{volume},\n")
                last["fut"] = close
                for strike, side in chain:
                    p = premium(close, strike, years, 0.13, side == "CE")
                    o, h, l, c = _bar(last.get((strike, side), p), p, 0.4 + p / 200, rng)
                    f.write(f"{stamp},{symbol}{code}{strike}{side},{expiry},{strike},{side},{o},{h},{l},{c},{volume},\n")
                    last[strike, side] = p
                rows += 1 + len(chain)
                at += datetime.timedelta(minutes=1)
            spot = closes[-1]
    return rows

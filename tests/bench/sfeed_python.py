#!/usr/bin/env python3
"""SFeed decoding by Kotak's own client on the bytes bench_sfeed decodes, alternately with it. Every field both read must be equal.
Usage: sfeed_python.py BENCH_SFEED     run by a Python that has the package kotakneoapi; prints one JSON line."""
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

os.chdir(tempfile.gettempdir())  # the package makes a folder "logs" where it is imported
from neo_api_client.websocket.feed.protocol import decode_packet, split_batch

ROUNDS = 3
DIVIDERS = {2: 100}
EXCHANGES = {"nse_fo": 2}


def frames(path):
    with open(path, "rb") as f:
        data = f.read()
    at, out = 0, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        out.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return out


def decode_all(batches):
    return [decode_packet(packet, DIVIDERS) for frame in batches for packet in split_batch(frame)]


def line(p):
    """One packet as bench_sfeed prints it: prices in 1/10,000 rupee."""
    def price(x):
        return round(x * 10000)
    head = [EXCHANGES[p.exchange_segment], int(p.level), p.instrument_token, p.last_trade_time]
    head += map(price, (p.last_traded_price, p.open_price, p.high_price, p.low_price, p.close_price, p.average_trade_price))
    head += [p.last_trade_qty, p.volume_traded_today, p.open_interest, p.total_buy_quantity, p.total_sell_quantity]
    head += [price(p.lower_circuit_limit), price(p.upper_circuit_limit), p.market_lot]
    return " ".join(map(str, head + [f"{price(r.price)}x{r.quantity}" for r in list(p.buy) + list(p.sell)]))


def main():
    bench = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        raw, fields = os.path.join(folder, "frames"), os.path.join(folder, "fields")
        subprocess.run([bench, "write", raw], check=True)
        subprocess.run([bench, "fields", fields], check=True)
        batches = frames(raw)
        with open(fields) as f:
            ours = f.read().splitlines()
    theirs = [line(p) for p in decode_all(batches)]
    for a, b in zip(ours, theirs):
        if a != b:
            sys.exit(f"the decoders differ:\n  ours   {a}\n  theirs {b}")
    if len(ours) != len(theirs):
        sys.exit(f"{len(ours)} packets against {len(theirs)}")
    sdk, c = [], []
    for _ in range(ROUNDS):
        began, n = time.perf_counter(), 0
        while time.perf_counter() - began < 0.5:
            n += len(decode_all(batches))
        sdk.append(n / (time.perf_counter() - began))
        c.append(json.loads(subprocess.run([bench], check=True, capture_output=True, text=True).stdout)["packets_per_s"])
    print(json.dumps({"bench": "sfeed-sdk", "packets": len(ours), "equal_fields": True, "sdk_packets_per_s": round(statistics.median(sdk)),
                      "packets_per_s": round(statistics.median(c)), "ratio": round(statistics.median(a / b for a, b in zip(c, sdk)))}))


if __name__ == "__main__":
    main()

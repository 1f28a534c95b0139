"""W1 in plain Python, written apart from the C: the rival for speed and the judge of the trade hash.
Usage: w1_python.py [BARS] [BENCH_CORE]     prints one JSON line; with BENCH_CORE runs it too and compares hashes."""
import hashlib
import json
import subprocess
import sys
import time

MASK = (1 << 64) - 1
SEED, GOLDEN = 20260101, 0x9E3779B97F4A7C15


def rand(i, k):
    z = (SEED + (4 * i + k + 1) * GOLDEN) & MASK
    z ^= z >> 30
    z = z * 0xBF58476D1CE4E5B9 & MASK
    z ^= z >> 27
    z = z * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def fold(x):
    y = (x - 20000) % 160000
    return (160000 - y if y > 80000 else y) + 20000


def closes(n):
    x, out = 40000, []
    for i in range(n):
        x += rand(i, 0) % 13 - 6
        out.append(fold(x) * 5)  # paise
    return out


def run(close):
    fast = slow = float(close[0])
    kf, ks = 2 / 13, 2 / 27
    held, fills, cash = False, [], 100_000_000_00
    for i in range(1, len(close) - 1):
        price, f0, s0 = close[i], fast, slow
        fast += kf * (price - fast)
        slow += ks * (price - slow)
        if i < 1000:
            continue
        if fast > slow and f0 <= s0 and not held:
            fills.append((i + 1, "B", price))
            cash -= 10 * price + 2000
            held = True
        elif fast < slow and f0 >= s0 and held:
            fills.append((i + 1, "S", price))
            cash += 10 * price - 2000
            held = False
    return fills, cash + (10 * close[-1] if held else 0)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    close = closes(n)
    began = time.perf_counter()
    fills, equity = run(close)
    took = time.perf_counter() - began
    digest = hashlib.sha256("".join(f"{i},{s},{p}\n" for i, s, p in fills).encode()).hexdigest()
    out = {"bench": "w1_python", "bars": n, "fills": len(fills), "hash": digest, "equity": equity / 100, "bars_per_s": round(n / took)}
    ok = True
    if len(sys.argv) > 2:
        ours = json.loads(subprocess.run([sys.argv[2], "w1", str(n)], capture_output=True, text=True, check=True).stdout)
        ok = ours["hash"] == digest and ours["fills"] == len(fills)
        out.update(hash_equal=ok, ours_per_s=ours["events_per_s"], ours_to_python=round(ours["events_per_s"] * took / n, 1))
    print(json.dumps(out))
    return 0 if ok else 1


sys.exit(main())

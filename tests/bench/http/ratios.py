"""Reads `round side requests_per_s p50_us p99_us max_us errors` lines; prints the medians and ranges of the per-round
ratios and one JSON line. Ratios, since the machine may be shared; ranges, since one round proves nothing."""
import json
import statistics
import sys

rounds = {}
for line in sys.stdin:
    number, side, *figures = line.split()
    rounds.setdefault(int(number), {})[side] = [float(x) for x in figures]

REQUESTS, P50, P99, MAX, ERRORS = range(5)


def ratio(name, top, bottom, figure, goal, at_least):
    values = sorted(r[top][figure] / r[bottom][figure] for r in rounds.values() if top in r and bottom in r and r[bottom][figure])
    if not values:
        return None
    median = statistics.median(values)
    met = median >= goal if at_least else median <= goal
    print(f"{name:34} {median:7.3f}  [{values[0]:.3f} to {values[-1]:.3f}]  goal {'>=' if at_least else '<='} {goal:.3g}"
          f"  {'met' if met else 'MISSED'}")
    return round(median, 3)


def median(side, figure):
    values = [r[side][figure] for r in rounds.values() if side in r]
    return statistics.median(values) if values else None


for side in ("static", "api", "flask", "api1000"):
    if median(side, REQUESTS):
        print(f"{side:8} {median(side, REQUESTS):9.0f} req/s  p50 {median(side, P50) / 1000:7.2f} ms  p99 {median(side, P99) / 1000:7.2f} ms"
              f"  max {median(side, MAX) / 1000:7.1f} ms  errors {sum(r[side][ERRORS] for r in rounds.values() if side in r):.0f}")
out = {"bench": "http_balance", "rounds": len(rounds),
       "api_vs_static_req": ratio("req/s api / static, 64 clients", "api", "static", REQUESTS, 0.5, True),
       "api_vs_flask_req": ratio("req/s api / flask, 64 clients", "api", "flask", REQUESTS, 6, True),
       "api_vs_static_p99": ratio("p99 api / static, 64 clients", "api", "static", P99, 1.5, False),
       "api_vs_flask_p99": ratio("p99 api / flask, 64 clients", "api", "flask", P99, 1 / 7, False),
       "api_rps": median("api", REQUESTS), "static_rps": median("static", REQUESTS), "flask_rps": median("flask", REQUESTS),
       "api1000_max_ms": median("api1000", MAX) and median("api1000", MAX) / 1000}
print(json.dumps(out))

#!/usr/bin/env python3
"""The scrip master by pandas.read_csv, alternately with bench_master on the same file; rows, lots and strikes must add up to the same.
Usage: master_python.py BENCH_MASTER [ROWS]     run by a Python that has pandas; prints one JSON line."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import pandas

ROUNDS = 5


def main():
    bench, rows = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "100000"
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nse_fo.csv")
        subprocess.run([bench, "write", path, rows], check=True)
        for _ in range(ROUNDS):
            began = time.perf_counter()
            frame = pandas.read_csv(path, low_memory=False)
            theirs.append((time.perf_counter() - began) * 1e3)
            ours.append(json.loads(subprocess.run([bench, rows], check=True, capture_output=True, text=True).stdout))
    frame.columns = [c.strip().rstrip(";") for c in frame.columns]
    sums = {"tokens": int(frame["pSymbol"].sum()), "lots": int(frame["lLotSize"].sum()), "strikes_paise": round(float(frame["dStrikePrice"].sum()))}
    if len(frame) != ours[0]["rows"] or any(ours[0]["sums"][k] != v for k, v in sums.items()):
        sys.exit(f"the readings differ: {len(frame)} rows {sums}, ours {ours[0]['rows']} rows {ours[0]['sums']}")
    print(json.dumps({"bench": "master-pandas", "rows": len(frame), "equal_sums": True, "pandas": pandas.__version__, "pandas_ms": round(statistics.median(theirs), 1),
                      "load_ms": round(statistics.median(o["load_ms"] for o in ours), 2), "map_ms": round(statistics.median(o["map_ms"] for o in ours), 3),
                      "ratio": round(statistics.median(t / o["load_ms"] for t, o in zip(theirs, ours)), 1)}))


if __name__ == "__main__":
    main()

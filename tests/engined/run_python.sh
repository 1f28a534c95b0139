#!/bin/sh
# Runs one of the daemon's tests for `make check`; 77 = skipped.
command -v python3 >/dev/null || { echo "1..0 # SKIP python3 is not installed"; exit 77; }
exec python3 -B "$@"

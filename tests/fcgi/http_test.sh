#!/bin/sh
# Run by `make check` in the build folder; what it does is told in http_test.py. 77 = skipped.
command -v python3 >/dev/null || { echo "1..0 # SKIP python3 is not installed"; exit 77; }
exec python3 -B "${srcdir:-$(dirname "$0")}/http_test.py" ../../fcgi/engine-api ./fake_engined

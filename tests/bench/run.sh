#!/bin/bash
# The benchmarks as a suite: each prints its figures beside its rival's in the same run. A run whose trades differ fails; time never does.
#   tests/bench/run.sh BUILD     CHECK_FULL=yes for the full sizes
set -u
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
full=${CHECK_FULL:-}
n=0
bench() { # NAME COMMAND...
	local name=$1 out status
	shift
	out=$("$@" 2>&1)
	status=$?
	n=$((n + 1))
	printf '%s\n' "$out" | grep '^{' | sed "s/^/# $name /"
	if [ $status -eq 0 ]; then echo "ok $n - $name"; else echo "not ok $n - $name"; printf '%s\n' "$out" | grep -v '^{' | tail -5 | sed 's/^/    /'; fi
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

core=$build/tests/bench/bench_core
bench w1 "$core" w1 1000000
bench w1-python python3 "$here/w1_python.py" 200000 "$core"
bench w2 "$core" w2 1000000
for m in 1 10 100 1000 3000; do
	bench "w3-$m" "$core" w3 $m $([ -n "$full" ] && echo 3000000 || echo 600000)
done
bench strategies "$core" strategies 1000
bench chain "$build/tests/bench/bench_chain"
bench journal "$build/tests/bench/bench_journal"
# Kotak's own client and pandas, the rivals of decoder and master: the SDK suite's environment, else one of our own; without either they are skipped.
rivals() (
	local venv
	cd "${TMPDIR:-/tmp}" || exit # the package makes a folder "logs" where it is imported
	for venv in "$build/tests/sdk/venv" "$build/tests/bench/venv"; do
		"$venv/bin/python" -c 'import neo_api_client, pandas' 2>/dev/null && echo "$venv/bin/python" && exit
	done
	python3 -m venv "$venv" >/dev/null 2>&1 && "$venv/bin/pip" install -q --retries 1 --timeout 10 kotakneoapi==3.0.9 pandas >/dev/null 2>&1 &&
		"$venv/bin/python" -c 'import neo_api_client, pandas' 2>/dev/null && echo "$venv/bin/python"
)
bench sfeed "$build/tests/bench/bench_sfeed"
bench master "$build/tests/bench/bench_master"
bench books "$build/tests/bench/bench_books"
if python=$(rivals) && [ -n "$python" ]; then
	bench sfeed-sdk "$python" "$here/sfeed_python.py" "$build/tests/bench/bench_sfeed"
	bench master-pandas "$python" "$here/master_python.py" "$build/tests/bench/bench_master"
else
	skip sfeed-sdk "kotakneoapi cannot be installed here"
	skip master-pandas "pandas cannot be installed here"
fi
export SAUDA_TABLES=${SAUDA_TABLES:-$here/../../tables}
bench order-path "$build/tests/bench/bench_order_path" "${TMPDIR:-/tmp}" "$here/../loop/peer.py"
control() { # the control socket of a demo engine, beside a bare epoll server; all on one core, so that neither pays for waking another
	local dir status pin=
	command -v taskset >/dev/null && pin='taskset -c 0'
	dir=$(mktemp -d)
	$pin "$build/engined/engined" --mode demo --state "$dir" --runtime "$dir/run" --tables "$here/../../tables" 2>"$dir/log" &
	for _ in $(seq 100); do "$build/engined/enginectl" --socket "$dir/run/control.sock" --json ready 2>/dev/null | grep -q '"ready"' && break; sleep 0.1; done
	sleep 3 # the demo has caught up with its past
	$pin "$build/tests/bench/bench_control" "$dir/run/control.sock" balance 2000
	status=$?
	kill -TERM $! 2>/dev/null
	wait $! 2>/dev/null
	rm -rf "$dir"
	return $status
}
bench control control
[ ! -f "$here/bench_start.py" ] || bench start python3 "$here/bench_start.py" "$build"
bench footprint python3 "$here/bench_footprint.py" "$build" $([ -n "$full" ] && echo 20 || echo 5)
fake=$build/tests/fcgi/fake_engined
if command -v wrk >/dev/null && [ -x "$fake" ]; then
	if [ -n "$full" ]; then bench http "$here/http_bench.sh" "$build/fcgi/engine-api" "$fake" 5 3
	else bench http "$here/http_bench.sh" "$build/fcgi/engine-api" "$fake" 3 1; fi
else
	skip http "wrk or the fake engine is missing"
fi
echo "1..$n"

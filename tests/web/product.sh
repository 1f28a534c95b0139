#!/bin/sh
# The browser tests against the real product: product.sh BUILD_DIR. Starts engined, engine-api and nginx twice, with the demo
# market and with a replay (a made-up session, or a recorded one when SAUDA_DATA names the data), runs run.mjs against each
# and prints TAP. Bounded in time; everything it started is stopped. Needs chromium, nginx and the packages of this folder.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: product.sh BUILD_DIR" >&2; exit 2; }
build=$(cd "$1" && pwd)
modules=${SAUDA_TEST_MODULES:-$here}
chromium=${CHROMIUM:-/usr/bin/chromium}
nginx=$(command -v nginx || echo /usr/sbin/nginx)
recorded=${SAUDA_DATA:+$SAUDA_DATA/options/BANKNIFTY_fno_1min_2023-04-10.csv.gz}
limit_s=240 # of one run of the tests

skip() {
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit 0
}
[ -x "$chromium" ] || skip "no chromium at $chromium; set CHROMIUM"
[ -x "$nginx" ] || skip "no nginx"
[ -d "$modules/node_modules/playwright-core" ] || skip "no playwright-core in $modules/node_modules; run npm ci --ignore-scripts there or set SAUDA_TEST_MODULES"
[ -f "$build/www/dist/index.html" ] || skip "no dashboard in $build/www/dist; build it with npm present"
for program in engined/engined engined/enginectl fcgi/engine-api; do
	[ -x "$build/$program" ] || { echo "product.sh: $build/$program is not built" >&2; exit 2; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/sauda-web.XXXXXX")
pids=
stop_all() {
	for pid in $pids; do kill -TERM "$pid" 2>/dev/null || true; done
	for pid in $pids; do wait "$pid" 2>/dev/null || true; done
	pids=
}
finish() {
	stop_all
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

printf '[account]\ncapital = 500000\n' >"$work/replay.conf" # no loss of the day locks the strategies before the tests press their buttons

# A session of minute bars that rises and falls: enough to draw, to step and to trade.
made_up() {
	awk 'BEGIN {
		print "timestamp,open,high,low,close,volume"
		price = 24000; seed = 7
		for (m = 0; m < 375; m++) {
			seed = (seed * 1103515245 + 12345) % 2147483648
			move = (seed / 2147483648 - 0.5) * 16 + (int(m / 45) % 2 ? -2 : 2)
			open = price; price += move
			high = (open > price ? open : price) + 3; low = (open < price ? open : price) - 3
			t = 555 + m
			printf "2023-04-10T%02d:%02d:00+05:30,%.2f,%.2f,%.2f,%.2f,%d\n", t / 60, t % 60, open, high, low, price, 1000 + m
		}
	}'
}

free_port() {
	node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

ctl() {
	"$build/engined/enginectl" --socket "$runtime/control.sock" --json "$@"
}

login_code() {
	ctl auth new-link 2>/dev/null | sed -n 's/.*"code":"\([0-9a-f]*\)".*/\1/p'
}

# start NAME ENGINED_ARGUMENTS...: sets url and code
start() {
	runtime=$work/$1
	mkdir -p "$runtime"
	chmod 0750 "$runtime"
	shift
	port=$(free_port)
	url=http://127.0.0.1:$port
	"$build/engined/engined" --state "$runtime" --runtime "$runtime" --tables "$top/tables" "$@" >"$runtime/engined.log" 2>&1 &
	pids="$pids $!"
	"$build/fcgi/engine-api" --runtime "$runtime" >"$runtime/api.log" 2>&1 &
	pids="$pids $!"
	"$top/nginx/render.sh" --runtime "$runtime" --www "$build/www/dist" --listen "127.0.0.1:$port" "$runtime/nginx" >"$runtime/nginx.log" 2>&1
	"$nginx" -e stderr -p "$runtime" -c "$runtime/nginx/engine.conf" >>"$runtime/nginx.log" 2>&1 &
	pids="$pids $!"
	n=0
	until code=$(login_code) && [ -n "$code" ] && curl -fsS -o /dev/null "$url/healthz" 2>/dev/null; do
		n=$((n + 1))
		[ $n -lt 200 ] || { echo "product.sh: the product did not come up:" >&2; cat "$runtime"/*.log >&2; exit 1; }
		sleep 0.1
	done
}

failed=0
# run_tests NUMBER NAME: the tests as TAP's subtest
run_tests() {
	status=0
	echo "# Subtest: $2"
	BASE_URL=$url LOGIN_CODE=$code SAUDA_WWW=$build/www/dist SAUDA_TEST_MODULES=$modules CHROMIUM=$chromium \
		timeout "$limit_s" node --test-reporter=tap "$here/run.mjs" >"$work/tap" 2>&1 || status=$?
	sed 's/^/    /' "$work/tap"
	[ "$status" -ne 124 ] || echo "# not done within $limit_s s"
	if [ "$status" -eq 0 ]; then
		echo "ok $1 - $2"
	else
		echo "not ok $1 - $2"
		sed 's/^/# /' "$runtime/engined.log"
		failed=1
	fi
	stop_all
}

echo "TAP version 13"
echo "1..2"
start demo --mode demo --config "$top/packaging/demo.conf"
run_tests 1 "demo market"

if [ -n "$recorded" ] && [ -f "$recorded" ]; then
	start replay --config "$work/replay.conf" --data "$recorded" --speed 600
	run_tests 2 "replay of $(basename "$recorded")"
else
	made_up >"$work/NIFTY_1min_2023.csv"
	start replay --config "$work/replay.conf" --data "$work/NIFTY_1min_2023.csv" --speed 600
	run_tests 2 "replay of a made-up session"
fi
exit $failed

#!/bin/bash
# /api/balance through nginx and engine-api, beside a static file of the same size and Flask + Gunicorn (2 sync workers) with the
# same bytes, all through nginx, alternating. One wrk thread, 64 kept-alive clients; then 1,000 on the api alone, and 1,000 that come
# at once, with how many others overtook one of them.
# Usage: http_bench.sh ENGINE_API FAKE_ENGINED [ROUNDS [SECONDS]]     NO_FLASK=1 leaves Flask out (it is installed by pip)
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
engine_api=$(realpath "$1") fake=$(realpath "$2") rounds=${3:-5} seconds=${4:-3}
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d /tmp/sauda-bench-XXXXXX)
pids=()
cleanup() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
start() { "$@" >>"$dir/log" 2>&1 & pids+=($!); }
wait_for() {
	for _ in $(seq 100); do curl -fsS -o /dev/null "$@" 2>/dev/null && return; sleep 0.1; done
	echo "http_bench: ${*: -1} does not answer" >&2
	tail -20 "$dir/log" >&2
	exit 1
}

nginx=$(command -v nginx || echo /usr/sbin/nginx)
port=$(free_port) token='Authorization: Bearer read-token' url_flask=
mkdir -p "$dir/run" "$dir/www"
"$here/../../nginx/render.sh" --runtime "$dir/run" --www "$dir/www" --listen "127.0.0.1:$port" "$dir/conf"
start "$fake" "$dir/run"
start "$engine_api" --runtime "$dir/run"
start "$nginx" -c "$dir/conf/engine.conf" -p "$dir/run"
url_api=http://127.0.0.1:$port/api/balance url_static=http://127.0.0.1:$port/balance.json
wait_for -H "$token" "$url_api"
curl -fsS -H "$token" "$url_api" >"$dir/www/balance.json"

if [ -n "${NO_FLASK:-}" ]; then
	:
elif ! { python3 -m venv "$dir/venv" && "$dir/venv/bin/pip" -q --disable-pip-version-check install flask gunicorn; } >>"$dir/log" 2>&1; then
	echo "http_bench: Flask could not be installed; measured without it" >&2
else
	flask_port=$(free_port)
	user_line=
	[ "$(id -u)" -ne 0 ] || user_line="user root;"
	sed -e "s|@dir@|$dir|g" -e "s|@port@|$flask_port|g" -e "s|@user@|$user_line|g" "$here/http/gunicorn.conf.in" >"$dir/flask.conf"
	BENCH_BODY=$dir/www/balance.json start "$dir/venv/bin/gunicorn" --chdir "$here/http" -w 2 -b "unix:$dir/gunicorn.sock" app:app
	start "$nginx" -c "$dir/flask.conf" -p "$dir"
	url_flask=http://127.0.0.1:$flask_port/api/balance
	wait_for "$url_flask"
fi

# round side url clients -> one line for ratios.py
measure() {
	wrk -t1 -c"$4" -d"${seconds}s" --latency -H "$token" "$3" | awk -v head="$1 $2" '
		function us(t) { return t ~ /us$/ ? t + 0 : t ~ /ms$/ ? t * 1000 : t * 1000000 }
		/^ +Latency +[0-9]/ { max = us($4) }
		/^ +50%/ { p50 = us($2) }
		/^ +99%/ { p99 = us($2) }
		/Requests\/sec/ { rate = $2 }
		/Non-2xx/ { errors += $NF }
		/Socket errors/ { gsub(",", ""); errors += $4 + $6 + $8 + $10 }
		END { print head, rate, p50, p99, max, errors + 0 }'
}

measure 0 warm "$url_api" 64 >/dev/null
for round in $(seq "$rounds"); do
	measure "$round" static "$url_static" 64
	measure "$round" api "$url_api" 64
	[ -z "$url_flask" ] || measure "$round" flask "$url_flask" 64
	measure "$round" api1000 "$url_api" 1000
done | tee "$dir/rounds" >&2
python3 "$here/http/ratios.py" <"$dir/rounds"
clients=$(dirname "$engine_api")/../tests/bench/bench_clients
if [ -x "$clients" ]; then
	"$clients" "$port" /api/balance 1000 "$seconds"
	"$clients" "$port" /balance.json 1000 "$seconds"
fi
echo "engine-api resident: $(awk '/VmRSS/ { print $2 }' "/proc/${pids[1]}/status") kB" >&2

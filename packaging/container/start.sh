#!/bin/sh
# The first process of a container: nginx, engine-api, engine-watchdog and engined in one, without root. nginx answers at once; a part that dies is begun
# again; SIGTERM stops the engine first and waits for it, and the watchdog goes last. It leaves with the engine's status, and by itself only when nothing can be open.
set -u
mode=${SAUDA_MODE:-}
state=${SAUDA_STATE:-/var/lib/sauda} runtime=${SAUDA_RUNTIME:-/run/sauda} config=${SAUDA_CONFIG:-/etc/sauda/sauda.conf}
# Where the parts lie; a test has them elsewhere.
engined=${SAUDA_ENGINED:-/usr/sbin/engined} watchdog=${SAUDA_WATCHDOG:-/usr/sbin/engine-watchdog} ctl=${SAUDA_CTL:-/usr/bin/enginectl} api=${SAUDA_API:-/usr/libexec/sauda/engine-api}
share=${SAUDA_SHARE:-/usr/share/sauda}

say() { echo "start: $*" >&2; }

engine= stopping=
stop() {
	stopping=yes
	[ -z "$engine" ] || kill -TERM "$engine" 2>/dev/null
}
trap stop TERM INT

# Whoever gave no account gets the market that is made up.
[ -n "$mode" ] || { [ -n "${KOTAK_CONSUMER_KEY:-}${KOTAK_ACCESS_TOKEN:-}" ] && mode=paper || mode=demo; }
case $mode in
demo | paper) ;;
live)
	# Hosts that lend an address to many are the rule; the broker refuses orders from any but the registered one.
	if [ -z "${KOTAK_REGISTERED_IP:-}" ]; then
		say "SAUDA_MODE=live needs KOTAK_REGISTERED_IP: the static address of this host that is registered with the broker. Without one use paper"
		exit 1
	fi ;;
*) say "SAUDA_MODE takes demo, paper or live; \"$mode\" was given"; exit 2 ;;
esac

set -- --mode "$mode" --state "$state" --runtime "$runtime" --tables "$share/tables"
[ ! -r "$config" ] || set -- "$@" --config "$config"
"$engined" "$@" --check >/dev/null || exit 1
# From outside a container its loopback cannot be reached.
[ -r "$config" ] || config=
listen=$("$ctl" config listen --bind 0.0.0.0 ${config:+"$config"}) || exit 1
mkdir -p "$runtime" && chmod 0750 "$runtime" || exit 1
"$share/nginx/render.sh" --runtime "$runtime" --www "$share/www" --listen "$listen" ${SAUDA_BEHIND_TLS:+--behind-tls} "$runtime/nginx" || exit 1
nginx=$(command -v nginx || echo /usr/sbin/nginx)

# What nginx and engine-api need not know they are not told.
bare() { exec env -i PATH="$PATH" "$@"; }

# Runs a part for ever; its own TERM ends the part and then this.
keep() {
	trap 'trap "" TERM; kill -TERM "$child" 2>/dev/null; wait "$child"; exit 0' TERM
	while :; do
		"$@" &
		child=$!
		wait "$child"
		say "$1: ended with $?; begun again"
		sleep 1 &
		child=$!
		wait "$child"
	done
}

keep bare "$nginx" -e stderr -p "$runtime" -c "$runtime/nginx/engine.conf" &
web=$!
keep bare "$api" --runtime "$runtime" &
web="$web $!"
keep "$watchdog" "$@" &
guard=$!

# Ended by a signal or by an error while running: again, at most five times in five minutes. Every other end is one: flat, a start that cannot succeed, NOT FLAT.
begun=0 since=$(date +%s) status=0
while [ -z "$stopping" ]; do
	"$engined" "$@" &
	engine=$!
	[ -z "$stopping" ] || stop
	wait "$engine"
	status=$?
	while kill -0 "$engine" 2>/dev/null; do # a signal of ours ended the waiting, not the engine
		wait "$engine"
		status=$?
	done
	engine=
	[ "$status" -eq 4 ] || [ "$status" -gt 128 ] || break
	[ $(($(date +%s) - since)) -le 300 ] || { begun=0; since=$(date +%s); }
	begun=$((begun + 1))
	[ "$begun" -le 5 ] || { say "engined ended five times in five minutes"; break; }
	[ -n "$stopping" ] || say "engined ended with $status; begun again"
	sleep 0.25
done
# Ended before it had begun, when it does not catch the signal yet.
[ -z "$stopping" ] || [ "$status" -ne 143 ] || status=0
[ "$status" -ne 3 ] || say "NOT FLAT: positions remain; see the lines above"
# What is left open is the watchdog's, and a person's: whoever restarts containers would only take it away.
case $status in
0 | 1 | 2) ;;
*)
	[ -n "$stopping" ] || say "engined ended with $status and is not begun again; the watchdog goes on until this container is stopped"
	while [ -z "$stopping" ]; do
		sleep 1 &
		wait $!
	done ;;
esac

trap '' TERM INT
kill -TERM $web 2>/dev/null
wait $web
kill -TERM "$guard" 2>/dev/null
wait "$guard"
exit "$status"

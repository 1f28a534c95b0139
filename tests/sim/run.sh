#!/bin/bash
# The simulator as a suite (docs/simulator.md): many seeds, the planted bugs, and one trace whatever the compiler.
#   tests/sim/run.sh BUILD            CHECK_FULL=yes for the full size; SIM_SEED=N for other seeds than the standard ones
#   tests/sim/run.sh BUILD OTHER      only: the programs of two builds, of other compilers or flags, make the same traces
set -u
here=$(cd "$(dirname "$0")" && pwd)
sim=$(cd "$1" && pwd)/tests/sim/sim
export SAUDA_TABLES=${SAUDA_TABLES:-$here/../../tables}
seed=${SIM_SEED:-1} jobs=$(nproc)
n=0 status=0

result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; status=1; fi
}
trace() { "$1" --seed "$seed" --seeds "$2" --jobs "$jobs" | sed -n 's/.*; trace //p'; }

if [ $# -gt 1 ]; then
	echo 1..1
	one=$(trace "$sim" 60) other=$(trace "$(cd "$2" && pwd)/tests/sim/sim" 60)
	echo "# traces of 60 seeds: $one $other"
	[ -n "$one" ] && [ "$one" = "$other" ]
	result $? "60 seeds make the same trace in both builds"
	exit $status
fi

plants='eager forget deaf echo rash hasty twice blind'
hosts=$((1000000 + seed)) # days from there on lose their host
orders=${SIM_ORDERS:-${CHECK_FULL:+1000000}}
echo 1..$((4 + $(echo $plants | wc -w)))
"$sim" --seed "$seed" --orders "${orders:-200000}" --jobs "$jobs" --rerun 50
result $? "every invariant held"
"$sim" --seed "$hosts" --orders "$((${orders:-200000} / 10))" --jobs "$jobs" --rerun 50
result $? "every invariant held on days that lose their host"
for plant in $plants; do
	"$sim" --seed "$seed" --seeds 500 --plant "$plant" --shrink
	result $? "the planted bug \"$plant\" is found by its name"
done
"$sim" --seed "$hosts" --seeds 500 --plant idle
result $? "the planted bug \"idle\" is found by its name"
"$sim" --seed "$hosts" --seeds 500 --plant rush --shrink
result $? "the planted bug \"rush\" is found by its name"
exit $status

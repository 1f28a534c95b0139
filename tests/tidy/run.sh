#!/bin/sh
# The house rules, held by a test and not by reviewers' memory. TAP: one line a script, its faults as comments.
# run.sh [BUILD]: purity looks at the objects of that build folder, docs asks its engined. make check says it by TIDY_BUILD.
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-${TIDY_BUILD:-$(cd "$here/../.." && pwd)/build}}
status=0 n=0
echo 1..8
for rule in purity layers magic style docs rows self tap; do
	n=$((n + 1))
	faults=$("$here/$rule.sh" "$build" 2>&1)
	case $?,$faults in
	0,) echo "ok $n - $rule" ;;
	77,*) echo "ok $n - $rule # SKIP $faults" ;;
	*) echo "not ok $n - $rule"
	   printf '%s\n' "$faults" | sed 's/^/# /'
	   status=1 ;;
	esac
done
exit $status

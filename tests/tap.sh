# Sourced by ./check: runs programs that speak TAP, reads their logs, counts their results. Needs $logs.
passed=0 failed=0 skipped=0 tests_of_suite=
findings= # what failed and why, in its own words

say() { printf '%s\n' "$*"; }

log_of() { printf %s "$logs/$(printf %s "$1" | tr '/ ' '__').log"; }

# One program that speaks TAP: runs it, counts its results, shows what failed. tap NAME COMMAND...
tap() { run_logged "$@"; tap_ended "$1"; }

# The same for programs that live by the clock: a machine that stood still for seconds fails them. They get one more try, alone; both are shown, and told again at the end.
tap_twice() {
	run_logged "$@"
	! failed_once "$1" || run_logged "$@"
	tap_ended "$1"
}

run_logged() {
	local name=$1 began=$SECONDS
	shift
	rm -f "$(log_of "$name").end"
	timeout "${CHECK_TIMEOUT:-900}" "$@" >"$(log_of "$name")" 2>&1
	echo $? $((SECONDS - began)) >"$(log_of "$name").end"
}

# Tells what something else runs, once it has ended.
tap_await() {
	local name
	for name in "$@"; do
		await "$name"
		tap_ended "$name"
	done
}
await() { until [ -s "$(log_of "$1").end" ]; do sleep 0.1; done; }

# The processes that a process began, and those they began.
descendants() {
	local child
	for child in $(ps -o pid= --ppid "$1"); do
		descendants "$child"
		echo "$child"
	done
}

# What a program's log says: sets ok bad skip status seconds.
tap_read() {
	local log
	log=$(log_of "$1")
	read -r status seconds <"$log.end"
	read -r ok bad skip < <(awk 'toupper($0) ~ /^(NOT )?OK .*# *SKIP/ { s++; next } # cmocka says "not ok" of what it skipped
	              /^ok / { o++ }
	              /^not ok / { b++ }
	              /^1\.\.0 *# *[Ss][Kk][Ii][Pp]/ { s++ }
	              END { print o + 0, b + 0, s + 0 }' "$log")
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
	case $1 in *fuzz_*) [ "$status" -ne 0 ] || ok=1 ;; esac # a fuzzer's verdict is its status
	if [ $((ok + bad + skip)) -eq 0 ]; then bad=1; fi # a program that ran no test proves nothing
}

tap_show() {
	printf '  %-44s %4d ok %3d failed %3d skipped  %3d s\n' "$1" "$ok" "$bad" "$skip" "$seconds"
	[ "$skip" -eq 0 ] || grep -iE '^(not )?ok .*# *skip|^1\.\.0 *# *skip' "$(log_of "$1")" | head -3 | sed 's/^/      skipped: /'
	[ "$bad" -eq 0 ] || { say "      status $status, log $(log_of "$1")"; grep -vE '^ok ' "$(log_of "$1")" | tail -25 | sed 's/^/      | /'; }
}

# Kept for the end, where a reader of the last lines finds it: what failed and why.
tap_blame() {
	findings="$findings$1 ($2)
$(grep -E -A1 '^not ok ' "$(log_of "$1")" | head -12 | cut -c1-300 | sed 's/^/  | /')
"
}

tap_ended() {
	local ok bad skip status seconds
	tap_read "$1"
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip)) suite_ok=$((suite_ok + ok)) suite_bad=$((suite_bad + bad)) suite_skip=$((suite_skip + skip))
	tap_show "$1"
	[ "$bad" -eq 0 ] || tap_blame "$1" "failed, status $status"
}

failed_once() {
	local ok bad skip status seconds
	tap_read "$1"
	[ "$bad" -gt 0 ] || return 1
	tap_show "$1"
	tap_blame "$1" "failed at first, status $status; tried again"
	say "      second try"
}

# Side by side, at most JOBS at once, each told in turn, and what failed once more, alone: side_by_side JOBS START NAME..., where START NAME runs that one.
side_by_side() {
	local jobs=$1 start=$2 name again=()
	shift 2
	for name in "$@"; do rm -f "$(log_of "$name").end"; done
	start_all "$jobs" "$start" "$@" &
	for name in "$@"; do
		await "$name"
		if failed_once "$name"; then again+=("$name"); else tap_ended "$name"; fi
	done
	wait $!
	for name in "${again[@]}"; do
		"$start" "$name"
		tap_ended "$name"
	done
}

start_all() {
	local jobs=$1 start=$2 name
	shift 2
	for name in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
		"$start" "$name" &
	done
	wait
}

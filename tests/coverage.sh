#!/bin/bash
# Line and branch coverage of lib/core from the unit, scenario, engine and broker tests.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build-coverage
"$top/packaging/build.sh" "$build" --enable-coverage CFLAGS=-O0 SAUDA_WWW=no || exit 1
make -s -C "$build" -j"$(nproc)" check TESTS= SAUDA_WWW=no >/dev/null 2>&1 || exit 1
find "$build" -name '*.gcda' -delete
for program in $(cd "$build" && find tests/core tests/engine tests/broker -type f -perm -u+x -name 'test_*' ! -name '*.*'); do
	(cd "$build/$(dirname "$program")" && srcdir=$top/$(dirname "$program") "./$(basename "$program")" >/dev/null 2>&1)
done
"$build/tests/core/scenario" "$top"/tests/core/*.scn >/dev/null 2>&1
lcov -q --rc lcov_branch_coverage=1 -c -d "$build/lib/core" -o "$build/core.info" --no-external -b "$top" 2>/dev/null
summary=$(lcov --rc lcov_branch_coverage=1 --summary "$build/core.info" 2>&1 | grep -E 'lines|branches|functions')
printf '%s\n' "$summary" | sed 's/^ */# lib\/core /'
lcov --rc lcov_branch_coverage=1 --list "$build/core.info" 2>/dev/null | grep -E '\.c' | sed 's/^/# /'
lines=$(printf '%s\n' "$summary" | sed -n 's/.*lines[.: ]*\([0-9]*\)\..*/\1/p')
[ "${lines:-0}" -ge 90 ] && echo "ok 1 - at least 90 % of the lines of lib/core run" || echo "not ok 1 - only ${lines:-0} % of the lines of lib/core run"
echo 1..1

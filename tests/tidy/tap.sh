#!/bin/bash
# tests/tap.sh counts as it says: what fails is failed, what passes at the second try is passed and told, what tests nothing is failed.
top=$(cd "$(dirname "$0")/../.." && pwd)
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
. "$top/tests/tap.sh"
suite_ok=0 suite_bad=0 suite_skip=0

program() { # NAME LINE...: a program that prints these lines, and ends with 1 when one of them is a failure
	local name=$1
	shift
	printf '#!/bin/sh\nprintf "%%s\\n" %s\n' "$(printf "'%s' " "$@")" >"$logs/$name"
	case $* in *'not ok'*) echo 'exit 1' >>"$logs/$name" ;; esac
	chmod 755 "$logs/$name"
}
program good 'ok 1 - a' 'ok 2 - b' 'ok 3 - c # SKIP no such thing'
program fine 'ok 1 - a'
program skips 'ok 1 - a' 'not ok 2 # SKIP b' && sed -i '$d' "$logs/skips" # as cmocka tells it, with status 0
program bad 'ok 1 - a' 'not ok 2 - b' '# got 1, expected 2'
program empty 'nothing'
program dies 'ok 1 - a'
echo 'exit 3' >>"$logs/dies"
printf '#!/bin/sh\n[ -e "$0.seen" ] && { echo ok 1 - a; exit 0; }\n: >"$0.seen"\necho not ok 1 - a; exit 1\n' >"$logs/late"
chmod 755 "$logs/late"

expect() { # WHAT GOT EXPECTED
	[ "$2" = "$3" ] || echo "tests/tap.sh: $1: got \"$2\", expected \"$3\""
}
counts() { passed=0 failed=0 skipped=0 findings=; "$@" >"$logs/printed"; echo "$passed $failed $skipped"; }
one() { counts "$@"; }

expect "a program that passes" "$(one tap good "$logs/good")" "2 0 1"
expect "a program that skips as cmocka does" "$(one tap skips "$logs/skips")" "1 0 1"
expect "a program that fails" "$(one tap bad "$logs/bad")" "1 1 0"
expect "a program that tests nothing" "$(one tap empty "$logs/empty")" "0 1 0"
expect "a program that dies" "$(one tap dies "$logs/dies")" "1 1 0"
expect "a program that fails twice" "$(one tap_twice bad "$logs/bad")" "1 1 0"
expect "a program that passes at the second try" "$(one tap_twice late "$logs/late")" "1 0 0"
rm -f "$logs/late.seen"
start() { run_logged "$1" "$logs/$1"; }
expect "side by side" "$(one side_by_side 2 start good late bad fine)" "5 1 1"
rm -f "$logs/late.seen"
side_by_side 2 start late bad >"$logs/printed"
expect "what is told at the end" "$(printf '%s' "$findings")" "late (failed at first, status 1; tried again)
  | not ok 1 - a
bad (failed at first, status 1; tried again)
  | not ok 2 - b
  | # got 1, expected 2
bad (failed, status 1)
  | not ok 2 - b
  | # got 1, expected 2"
exit 0

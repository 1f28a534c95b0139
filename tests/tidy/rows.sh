#!/bin/sh
# docs/invariants.md: every number has its row, every row names a test, and what it names is there.
. "$(dirname "$0")/common.sh"
page=docs/invariants.md
[ -f "$page" ] || { echo "$page: it is missing"; exit 0; }
table=$(mktemp) || exit 1
trap 'rm -f "$table"' EXIT

# number:line:what:held by, of each row whose first cell is a number, I1 or 1.
sed -n '/^| *I\{0,1\}[0-9][0-9]* *|/=' "$page" | while read -r line; do
	sed -n "${line}s/^| *\([^ |]*\) *| *\([^|]*[^ |]\)\{0,1\} *| *\(.*[^ ]\)\{0,1\} *|\$/\1	$line	\2	\3/p" "$page"
done >"$table"

i=1
while [ $i -le 90 ]; do
	for number in $i $([ $i -gt 28 ] || echo "I$i"); do
		n=$(cut -f1 "$table" | grep -cxF "$number")
		[ "$n" -eq 1 ] || echo "$page: number $number has $n rows; it must have one"
	done
	i=$((i + 1))
done

# Of a row's last cell, each word in backquotes: line, file, name (a bar is in no cell); the file is the last one before it, and stands alone when it is a story.
awk -F '\t' -v OFS='|' '
	$3 == "" { print $2, "", "NO WORDS" }
	{
		n = split($4, part, "`"); file = ""; named = 1; tests = 0
		for (i = 2; i <= n; i += 2) {
			if (part[i] ~ /^tests\//) {
				if (!named) print $2, file, "NO NAME"
				file = part[i]; named = file ~ /\.scn$/; tests += named
				if (named) print $2, file, ""
			} else {
				print $2, file, part[i]; named = 1; tests++
			}
		}
		if (!named) print $2, file, "NO NAME"
		if (!tests) print $2, "", "NO TEST"
	}' "$table" | while IFS='|' read -r line file name; do
	case $name in
	"NO WORDS") echo "$page:$line: does not say what"; continue ;;
	"NO TEST") echo "$page:$line: names no test; what nothing holds is no row"; continue ;;
	"NO NAME") echo "$page:$line: names no test of $file"; continue ;;
	esac
	[ -n "$file" ] || { echo "$page:$line: $name is in no file"; continue; }
	# shellcheck disable=SC2086 # a pattern stands for several files
	if ! ls $file >/dev/null 2>&1; then
		echo "$page:$line: there is no $file"
	elif [ -n "$name" ] && ! grep -qF -e "$name" $file; then
		echo "$page:$line: $file has no $name"
	fi
done
exit 0

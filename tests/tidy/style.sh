#!/bin/sh
# The code style as far as a machine can see it (docs/testing.md says what each rule is for).
. "$(dirname "$0")/common.sh"
files=$(sources)
code=$(c_sources)
[ "$(printf '%s\n' "$code" | wc -l)" -gt 150 ] || echo "tests/tidy/style.sh: found hardly any C; its pattern no longer fits the tree"
words() { printf '%s\n' "$files" | grep -vE '(^|/)package-lock\.json$|^tests/tidy/|\.png$'; }
head_of() { LC_ALL=C head -c 2 "$1"; }

# Length: one sitting a file, one thought a function.
printf '%s\n' "$files" | grep -E '\.([ch]|sh|py|js|mjs|css|am|ac)$|^(run|check)$' | xargs wc -l | awk '$2 != "total" && $1 > 900 { print $2 ": " $1 " lines; split it (900 at most)" }'
printf '%s\n' "$code" | xargs awk '
	FNR == 1 { from = 0 }
	/^\{/ { from = FNR; head = before }
	/^\}/ { if (from && FNR - from - 1 > 70) print FILENAME ":" from ": a function of " FNR - from - 1 " lines (70 at most): " head; from = 0 }
	/^\t/ || /^$/ || /^#/ || /^[A-Za-z_]+:$/ { before = $0; next }
	from && FNR > from { print FILENAME ":" FNR ": indent with tabs" }
	{ before = $0 }'

# Blanks, leftovers, and what belongs to one machine.
words | xargs grep -nE '[ 	]+$' /dev/null | sed 's/:\([0-9]*\):.*/:\1: blanks at the end of the line/'
words | xargs grep -nE "$(printf '\r')\$" /dev/null | sed 's/:\([0-9]*\):.*/:\1: a carriage return at the end of the line/'
words | xargs grep -nwE 'TODO|FIXME|XXX|HACK' /dev/null | sed 's/$/ <- do it, or write down why not/'
words | xargs grep -nE '(^|[^A-Za-z0-9_.$})/-])/(work|root|home|tmp/[a-z]-|tmp/[a-z]/)([^A-Za-z]|$)' /dev/null | sed 's/$/ <- a path of one machine/'
# Hosts: the project talks to this machine; anything else is named here once. Test doubles, specifications, credits.
words | grep -vE '^(docs/|README\.md|THIRD_PARTY\.md|LICENSE)' | xargs grep -noE 'https?://[A-Za-z0-9.-]+' /dev/null |
	grep -viE '://(127(\.[0-9]+){3}|localhost|db|evil|flask|h|host|mock|user|192\.0\.2\.[0-9]+|([a-z0-9.-]+\.)?(example\.com|invalid)|www\.w3\.org|www\.tradingview\.com|www\.debian\.org|prometheus|[a-z0-9-]+\.kotaksecurities\.com|api\.telegram\.org)$' | sed 's/$/ <- a host this tree need not know (tests\/tidy\/style.sh lists those it does)/'
printf '%s\n' "$files" | grep -E '(^|/)package-lock\.json$' | xargs grep -n '"resolved"' /dev/null | sed 's/:\([0-9]*\):.*/:\1: a lock names versions and hashes, not one registry'"'"'s address; remove "resolved"/'
printf '%s\n' "$files" | grep -E '(^|/)\.npmrc$|(^|/)pip\.conf$' | sed 's/$/: settings of one machine/'

# Headers once, own header first.
for file in $(printf '%s\n' "$code" | grep '\.h$' | grep -v '\.tbl\.h$'); do
	[ "$(grep -c '^#pragma once$' "$file")" -eq 1 ] || echo "$file: needs #pragma once"
done
for file in $(printf '%s\n' "$code" | grep '\.c$'); do
	[ -f "${file%.c}.h" ] || continue
	first=$(grep -m1 '^#include' "$file")
	case $first in
	"#include \"${file%.c}.h\"" | "#include \"$(basename "${file%.c}").h\"") ;;
	*) echo "$file: includes ${first#"#include "} before its own header" ;;
	esac
done
for file in $(printf '%s\n' "$code" | grep -E '^(lib|engined|fcgi)/'); do
	[ "${file%.c}" = "$file" ] || [ ! -f "${file%.c}.h" ] || continue # its header does
	grep -m1 -q '/\*' "$file" || echo "$file: nothing says what it is for"
done

# Money code is integers. Indicators are doubles and are rounded before they can become an order.
printf '%s\n' "$code" | grep '^lib/core/' | grep -vE '^lib/core/(indicator\.|strategy/)' | xargs grep -nwE 'double|float|long double' /dev/null |
	sed 's/:\([0-9]*\):.*/:\1: a floating point number in money code/'

# Modes: what can be run is a program, what is a program can be run, nobody else may write.
printf '%s\n' "$files" | while read -r file; do
	if [ -x "$file" ] && [ "$(head_of "$file")" != '#!' ]; then
		echo "$file: is executable but no program; chmod 644"
	fi
done
for file in run check $(printf '%s\n' "$files" | grep '\.sh$'); do
	[ "$(head_of "$file")" != '#!' ] || [ -x "$file" ] || echo "$file: a program that cannot be run; chmod 755"
done
find $(printf '%s\n' "$files" | sed 's|/.*||' | sort -u) \( -name node_modules -o -name '*.o' \) -prune -o -type f -perm /6022 -print | sed 's/$/: others may write it, or it is setuid/'
exit 0

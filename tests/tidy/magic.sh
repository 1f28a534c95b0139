#!/bin/sh
# Every X_MAGIC has a name and a value of its own in the whole tree, so that a wrong pointer cannot pass for a right one.
. "$(dirname "$0")/common.sh"
all=$(c_sources | xargs grep -nE '^#define [A-Z0-9_]*MAGIC[ 	]' /dev/null)
[ "$(printf '%s\n' "$all" | wc -l)" -gt 20 ] || echo "tests/tidy/magic.sh: found hardly any magic; its pattern no longer fits the tree"
printf '%s\n' "$all" | sed -E 's/:#define ([A-Z0-9_]+)[ 	]+/ \1 /' | awk '
	{
		place = $1; name = $2; value = tolower($3)
		sub(/^uint(32|64)_c\(/, "", value); sub(/\)$/, "", value); sub(/u?l?l?$/, "", value); sub(/^0x0*/, "0x", value)
		if (value !~ /^(0x[0-9a-f]+|".*")$/) print place ": " name " is not a plain number or text: " $3
		if (name in by_name) print place ": " name " is also the name at " by_name[name] "; put the module before it"
		if (value in by_value) print place ": " name " has the value of " by_value[value] "; choose another"
		by_name[name] = place; by_value[value] = name " at " place
	}'
c_sources | xargs grep -nE '[.>]magic = *[1-9]' /dev/null | sed 's/$/ <- give the number a name, X_MAGIC/'
exit 0

#!/bin/sh
# What the pages say is what the tables and the files say: links, routes, refusals, settings, strategies.
. "$(dirname "$0")/common.sh"
pages=$(sources | grep '\.md$')
[ "$(printf '%s\n' "$pages" | wc -l)" -gt 10 ] || echo "tests/tidy/docs.sh: found hardly any pages"

# Links between pages, with their anchors.
anchors() { sed -n 's/^##* //p' "$1" | tr 'A-Z' 'a-z' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'; }
for page in $pages; do
	grep -noE '\]\([^)[:space:]]+\)' "$page" | sed -E 's/^([0-9]+):\]\((.*)\)$/\1 \2/' | while read -r line target; do
		case $target in http://* | https://* | mailto:*) continue ;; esac
		file=${target%%#*}
		path=$page
		[ -z "$file" ] || path=$(dirname "$page")/$file
		if [ ! -e "$path" ]; then
			echo "$page:$line: the link $target leads nowhere"
		elif [ "$file" != "$target" ] && ! anchors "$path" | grep -qxF -e "${target#*#}"; then
			echo "$page:$line: $path has no heading for $target"
		fi
	done
done
# Files that are named by their path exist.
printf '%s\n' "$pages" | xargs grep -noE '`(lib|engined|fcgi|tests|docs|nginx|www|packaging|tables)/[A-Za-z0-9_./-]+\.[a-z]+`' | tr -d '\140' |
	while IFS=: read -r page line path; do
		[ -e "$path" ] || echo "$page:$line: there is no $path"
	done

# A bar inside a cell, even in code, begins another cell: every row of a table has as many as its head.
printf '%s\n' "$pages" | xargs awk '
	function cells(row) { gsub(/\\\|/, "", row); return gsub(/\|/, "", row) }
	FNR == 1 { fenced = head = 0 }
	/^```/ { fenced = !fenced }
	fenced || !/^\|/ { head = 0; next }
	!head { head = cells($0); next }
	cells($0) != head { print FILENAME ":" FNR ": a row of another number of cells than its head; write \\| for a bar inside a cell" }'

# Every route of the commands' table is a row of api.md, and the other way round.
routes() { rows COMMAND lib/control/commands.tbl.h | awk -F, '{ gsub(/[ "]/, "", $4); gsub(/[ "]/, "", $5); if ($5 != "") print $4 " " $5 }' | sort; }
[ "$(routes | wc -l)" -gt 20 ] || echo "lib/control/commands.tbl.h: found hardly any routes; its form changed"
spoken=$(sed -n 's/^| *\(`.*`\) *|.*/\1/p' docs/api.md | cut -d'|' -f1 | grep -oE '`(GET|POST|PUT|PATCH|DELETE) [^ `]+`' | tr -d '\140' | sort)
routes | while read -r route; do
	printf '%s\n' "$spoken" | grep -qxF "$route" || echo "docs/api.md: has no row for \`$route\`"
done
printf '%s\n' "$spoken" | while read -r route; do
	routes | grep -qxF "$route" || echo "docs/api.md: \`$route\` is not in lib/control/commands.tbl.h"
done

# Every refusal, in the order of the gate, in its own words.
refusals() { rows REFUSAL lib/core/refusal.tbl.h | sed -n 's/^[A-Z_]*, *"\([a-z_]*\)", *"\(.*\)"$/\1|\2/p' | grep -v '^none|'; }
[ "$(refusals | wc -l)" -gt 20 ] || echo "lib/core/refusal.tbl.h: found hardly any refusals; its form changed"
written=$(sed -n 's/^| `\([a-z_]*\)` | \([^|]*\) | [^|]* |$/\1|\2/p' docs/refusals.md)
[ "$written" = "$(refusals)" ] || {
	echo "docs/refusals.md: differs from lib/core/refusal.tbl.h (< the page, > the table)"
	printf '%s\n' "$written" >"${TMPDIR:-/tmp}/tidy.$$"
	refusals | diff "${TMPDIR:-/tmp}/tidy.$$" -
	rm -f "${TMPDIR:-/tmp}/tidy.$$"
}

# Every control code a program may rely on is told to its author.
rows CODE lib/control/codes.tbl.h | sed -n 's/^[A-Z_]*, *"\([a-z_]*\)", *\([0-9]*\),.*/\1 \2/p' | while read -r code status; do
	grep -qE "^\| \`$code\` \| $status \|" docs/refusals.md || echo "docs/refusals.md: has no row for the code \`$code\` ($status)"
done

# So is every other word that stands for something in a log, a record or an answer, in the part of the page that is for its kind.
explained() { sed -n "/^## $1\$/,/^## /p" docs/words.md | grep -qE "^\|(.*[^a-z_])?\`$2\`" || echo "docs/words.md: $1 do not explain \`$2\`"; }
said=$(rows ERR lib/base/err.tbl.h | sed 's/.*, *"\(.*\)"$/\1/')
[ "$(printf '%s\n' "$said" | wc -l)" -gt 15 ] || echo "lib/base/err.tbl.h: found hardly any errors; its form changed"
printf '%s\n' "$said" | while read -r text; do explained "The last words of a log line" "$text"; done
names() { sed -n "/^static .* $1\[/,/^};/p" "$2" | tail -n +2 | grep -oE '"[a-z_]+"' | tr -d '"' | grep -vx none; }
for list in "Alerts:alert_names:action.c" "Why a position was closed:exit_texts:action.c" "States:state_names:action.c" "States:state_names:event.c"; do
	part=${list%%:*} list=${list#*:}
	words=$(names "${list%:*}" "lib/core/${list#*:}")
	[ "$(printf '%s\n' "$words" | wc -l)" -gt 5 ] || echo "lib/core/${list#*:}: found hardly any of ${list%:*}; its form changed"
	for word in $words; do explained "$part" "$word"; done
done

# Every strategy has its page and is on the list.
strategies=$(sed -n 's/.*&\{0,1\}strategy_\([a-z_]*\).*/\1/p' lib/core/strategy/registry.c | grep -vx builtin | sort -u)
strategies=$(for s in $strategies; do [ ! -f "lib/core/strategy/$s.c" ] || echo "$s"; done)
[ -n "$strategies" ] || echo "lib/core/strategy/registry.c: found no strategies; its form changed"
for strategy in $strategies; do
	[ -f "docs/strategies/$strategy.md" ] || echo "docs/strategies/$strategy.md: every strategy has a page; this one is missing"
	grep -qF "($strategy.md)" docs/strategies/README.md || echo "docs/strategies/README.md: does not list $strategy"
done

# The parameters that all have, in the table's order and words.
params=$(rows PARAM lib/core/common_params.tbl.h | sed -E 's/^([a-z_]+), .*, "([^"]*)", (NULL|"[^"]*")$/\1|\2/')
[ -n "$params" ] || echo "lib/core/common_params.tbl.h: found no parameters; its form changed"
listed=$(sed -nE 's/^\| `([a-z_]+)` \| [a-z]+ \|.*\| ([^|]*) \|$/\1|\2/p' docs/strategies/README.md)
[ "$params" = "$listed" ] || echo "docs/strategies/README.md: its table of parameters differs from lib/core/common_params.tbl.h"

# The example settings are what the program prints; folders depend on the prefix.
same() { grep -vE '^(state|runtime|tables)_dir = '; }
if [ -x "$build/engined/engined" ]; then
	printed=$("$build/engined/engined" --print-config | same) || echo "$build/engined/engined: --print-config failed"
	[ "$printed" = "$(same <engined/sauda.conf)" ] || echo "engined/sauda.conf: differs from engined --print-config; write it anew with that"
else
	echo "$build/engined/engined: not built; run make first"
fi

# A page that no other page links to is never found. (strategies/ is listed by its own README.)
for page in $pages; do
	case $page in README.md) continue ;; esac
	name=${page##*/}
	[ "$name" != README.md ] || name=$(basename "$(dirname "$page")")/
	printf '%s\n' "$pages" | grep -vxF "$page" | xargs grep -qF "$name" || echo "$page: no page links to it; add it to docs/README.md"
done
exit 0

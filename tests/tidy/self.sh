#!/bin/sh
# A rule that finds nothing proves nothing: plants each fault in a copy of the tree and expects the rule to name it.
. "$(dirname "$0")/common.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tree=$work/tree
mkdir "$tree"
sources | tar -cf - -T - | tar -xf - -C "$tree" --no-same-permissions
chmod -R u+w "$tree"
mkdir -p "$work/build/lib/core" "$work/build/lib/base" "$work/build/engined"
printf '#!/bin/sh\ncat "%s/engined/sauda.conf"\n' "$tree" >"$work/build/engined/engined"
chmod 755 "$work/build/engined/engined"

# planted RULE FILE TEXT EXPECTED: with TEXT at the end of FILE the rule speaks of EXPECTED; the file is put back.
expect() { # RULE FILE EXPECTED
	TIDY_TOP=$tree sh "$tidy/$1.sh" "$work/build" 2>&1 | grep -qF -e "$3" || echo "$1.sh: did not find the fault planted in $2 ($3)"
}
planted() {
	cp -p "$tree/$2" "$work/saved" 2>/dev/null || rm -f "$work/saved"
	printf '%b' "$3" >>"$tree/$2"
	expect "$1" "$2" "$4"
	if [ -f "$work/saved" ]; then mv "$work/saved" "$tree/$2"; else rm -f "$tree/$2"; fi
}
# changed RULE FILE SED-SCRIPT EXPECTED: the same with an edit.
changed() {
	cp -p "$tree/$2" "$work/saved"
	sed -i "$3" "$tree/$2"
	! cmp -s "$tree/$2" "$work/saved" || echo "self.sh: $2 did not change: $3"
	expect "$1" "$2" "$4"
	mv "$work/saved" "$tree/$2"
}

planted layers lib/base/buf.c '#include "lib/core/core.h"\n' 'lib/base must not see lib/core'
planted layers fcgi/api.c '#include "lib/engine/engine.h"\n' 'fcgi must not see lib/engine'
planted layers lib/engine/engine.c '#include "lib/broker/paper/paper.h"\n' 'lib/engine must not see lib/broker/paper'
planted layers lib/store/text.c '#include <sqlite3.h>\n' '<sqlite3.h> stays behind'
planted layers engined/run.c '#include "lib/core/core_priv.h"\n' 'is private to lib/core'
planted layers engined/run.c '#include "app.h"\n' 'by its full path'
planted layers lib/base/num.h '#include "lib/control/table.h"\n' 'cycle'
mkdir "$tree/lib/orbit"
planted layers lib/orbit/loop.h '#include "lib/base/num.h"\n' 'has no row'
changed layers lib/Makefile.am 's/^SUBDIRS = base core/SUBDIRS = core base/' 'must build lib/base before lib/core'

planted magic lib/base/buf.h '#define ENGINE_MAGIC 0x12345678u\n' 'is also the name at'
planted magic lib/base/buf.h '#define OTHER_MAGIC UINT32_C(0x434f5245)\n' 'has the value of OTHER_MAGIC'
planted magic lib/base/buf.c 'void f(struct x *x) { x->magic = 17; }\n' 'give the number a name'

planted style lib/base/buf.c 'int blank; \n' 'blanks at the end'
planted style lib/base/buf.c '\r\n' 'carriage return'
planted style lib/base/buf.c '/* TO''DO: later */\n' 'do it, or write down why not'
planted style engined/sauda.conf '#state_dir = /ro''ot/state\n' 'a path of one machine'
planted style run 'cd /ho''me/somebody\n' 'a path of one machine'
planted style www/src/app.js '// https://registry.somewhere.example/x\n' 'a host this tree need not know'
planted style www/package-lock.json '"resolved": "x"\n' 'remove "resolved"'
planted style lib/base/fresh.h 'int x;\n' 'needs #pragma once'
planted style lib/base/fresh.h '/* no head */\n#pragma once\n' 'TIDY-NOTHING' >"$work/quiet" # this one is tidy
[ -s "$work/quiet" ] || echo "style.sh: complains of a tidy header"
changed style lib/base/buf.c '1s/.*/#include <stdio.h>/' 'before its own header'
planted style lib/core/plan.c 'double money;\n' 'a floating point number'
planted style lib/base/buf.c 'int f(void)\n{\n    return 1;\n}\n' 'indent with tabs'
planted style lib/base/buf.c "int f(void)\\n{\\n$(yes '\tf();\n' | head -71 | tr -d '\n')}\\n" 'a function of 71 lines'
planted style lib/base/buf.c "$(yes '\n' | head -900 | tr -d '\n')" '900 at most'
chmod 755 "$tree/lib/base/buf.c"
expect style lib/base/buf.c 'is executable but no program'
chmod 646 "$tree/lib/base/buf.c"
expect style lib/base/buf.c 'others may write it'
chmod 644 "$tree/lib/base/buf.c" "$tree/run"
expect style run 'a program that cannot be run'
chmod 755 "$tree/run"

planted docs docs/store.md '[x](nowhere.md)\n' 'leads nowhere'
planted docs docs/store.md '[x](api.md#no-such-heading)\n' 'has no heading for'
planted docs docs/store.md '`lib/base/nothing.c`\n' 'there is no lib/base/nothing.c'
planted docs docs/store.md '\n| a | b |\n|---|---|\n| `x|y` | z |\n' 'another number of cells'
planted docs docs/orphan.md '# Alone\n' 'no page links to it'
planted docs lib/control/commands.tbl.h 'COMMAND(NEW, "new", READ, "GET", "/api/new", 0, "new")\n' 'has no row for `GET /api/new`'
planted docs docs/api.md '| `GET /api/imagined` | x |\n' 'is not in lib/control/commands.tbl.h'
planted docs lib/core/refusal.tbl.h 'REFUSAL(NEW, "new", "not there")\n' '> new|not there'
changed docs docs/refusals.md '/^| `killed`/d' '> killed|'
planted docs lib/base/err.tbl.h 'ERR(NEW, -99, "new trouble")\n' 'do not explain `new trouble`'
planted docs lib/core/action.c 'static const char *const alert_names[] = {\n\t"newly",\n};\n' 'Alerts do not explain `newly`'
planted docs lib/control/codes.tbl.h 'CODE(NEW, "new_code", 418, -32000, "New", "do")\n' 'has no row for the code `new_code`'
changed docs docs/strategies/README.md 's/(amd.md)/(x.md)/' 'does not list amd'
changed docs docs/strategies/README.md '/^| `cooldown`/d' 'table of parameters differs'
rm "$tree/docs/strategies/amd.md"
expect docs docs/strategies 'this one is missing'
printf '#!/bin/sh\necho [engine]\n' >"$work/build/engined/engined"
expect docs engined/sauda.conf 'differs from engined --print-config'

changed rows docs/invariants.md '/^| I28 /d' 'number I28 has 0 rows'
changed rows docs/invariants.md '/^| 17 /p' 'number 17 has 2 rows'
changed rows docs/invariants.md 's/^\(| 90 | [^|]*\)|.*/\1| |/' 'names no test; what nothing holds'
changed rows docs/invariants.md 's/^\(| 90 | [^|]*\)|.*/\1| a person looks |/' 'names no test; what nothing holds'
changed rows docs/invariants.md 's/^| 89 | [^|]*|/| 89 | |/' 'does not say what'
changed rows docs/invariants.md 's/`every_transition`//; s/`nonsense`//' 'names no test of tests/core/test_order.c'
changed rows docs/invariants.md 's/`every_transition`/`every_translation`/' 'has no every_translation'
changed rows docs/invariants.md 's|`tests/core/runaway.scn`|`tests/core/run_away.scn`|' 'there is no tests/core/run_away.scn'
changed rows docs/invariants.md 's|`tests/sim/check\*.c` `leaves before|`leaves before|' 'has no leaves before'

# Purity: a core with a global that asks for the time, on a base that reads a file.
cat >"$work/core.c" <<'C'
#include <stdlib.h>
int helper(void);
int counter = 1, other;
int core_step(void) { return counter++ + other++ + rand() + helper(); }
C
printf '#include <stdio.h>\nint helper(void) { return getchar(); }\n' >"$work/base.c"
(cd "$work" && ${CC:-cc} -c core.c -o build/lib/core/core.o && ${CC:-cc} -c base.c -o build/lib/base/base.o &&
	ar -rc build/lib/core/libcore.a build/lib/core/core.o && ar -rc build/lib/base/libbase.a build/lib/base/base.o) || exit 1
expect purity core.c 'calls rand'
expect purity core.c 'through lib/base'
expect purity core.c 'bytes of .data'
expect purity core.c 'bytes of .bss'
planted purity lib/core/core.c '#include <time.h>\n' '<time.h> has no place in the core'
exit 0

#!/bin/sh
# lib/core is a pure state machine: no I/O, no clock, no allocation, no globals. That is read off its object code.
. "$(dirname "$0")/common.sh"
core=$build/lib/core/libcore.a base=$build/lib/base/libbase.a
for library in "$core" "$base"; do
	[ -f "$library" ] || { echo "$library: not built; run make first"; exit 1; }
done
if nm "$core" "$base" 2>/dev/null | grep -qE '__(asan|tsan|ubsan|msan|gcov|llvm_gcov)_'; then
	echo "instrumented objects call their instrument; look at a plain build"
	exit 77
fi
one=$(mktemp) || exit 1
trap 'rm -f "$one"' EXIT

undefined() { nm -u "$1" | awk '$1 == "U" { print $2 } $1 ~ /^[wv]$/ { print $2 }' | sort -u; }
defined() { nm -g --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort -u; }

# What C itself is made of. Memory and bounded text: the compiler makes calls of them from assignments and loops.
allowed='memchr memcmp memcpy memmove memset strchr strcmp strlen strncmp strnlen
__memcpy_chk __memmove_chk __memset_chk
__assert_fail __stack_chk_fail
_GLOBAL_OFFSET_TABLE_
__divti3 __udivti3 __modti3 __umodti3 __multi3 __muloti4
sqrt'
# 1: asserts, the stack protector, position-independent code; 128-bit arithmetic of the compiler's runtime; the square root
# of an indicator, a machine instruction but for -O0 builds.
# Through base, core reaches a little more, never by its own call: numbers and stamps are printed by the same objects that
# compute with them, a decimal is cut at its point.
through_base='snprintf __snprintf_chk strcspn bcmp'

outside() { # SYMBOLS-OF ALLOWED...
	undefined "$1" | while read -r symbol; do
		case " $(echo $2) " in *" $symbol "*) ;; *) echo "$symbol" ;; esac
	done
}

known="$allowed bcmp $(defined "$core" "$base")"
for symbol in $(outside "$core" "$known"); do
	echo "libcore.a: calls $symbol, which is neither in lib/base nor on the allow-list of tests/tidy/purity.sh; hand it in as data or an event"
done

# Together with just those objects of base that it needs: base must not lend it a clock or a file.
ld -r --whole-archive "$core" --no-whole-archive "$base" -o "$one" || exit 1
for symbol in $(outside "$one" "$allowed $through_base"); do
	echo "libcore.a: reaches $symbol through lib/base; the core may use only what computes"
done
[ "$(nm -g --defined-only "$one" | grep -c ' T core_step$')" -eq 1 ] || echo "libcore.a: core_step is not in it; did the build finish?"

# Constant tables are .rodata or .data.rel.ro; anything writable is a global.
find "$build/lib/core" -name '*.o' | sort | while read -r object; do
	size -A "$object" | awk -v object="${object#"$build"/}" '
		/^\.(data|bss|tdata|tbss)(\.|[ \t])/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
			print object ": " $2 " bytes of " $1 ": the core has no globals; keep it in struct core_state, or make it const" }'
	nm "$object" | awk -v object="${object#"$build"/}" '$(NF - 1) == "C" { print object ": " $NF " is a common symbol, a global" }'
done
size -A "$one" | awk '/^\.(data|bss|tdata|tbss)[ \t]/ && $2 > 0 { print "libcore.a with its part of libbase.a: " $2 " bytes of " $1 "; base lends it a global" }'

# What includes cannot do, calls cannot either; this says it earlier and with a line.
grep -nE '^#include <' lib/core/*.[ch] lib/core/*/*.[ch] | grep -vE '<(assert|float|inttypes|limits|math|stdalign|stdbool|stddef|stdint|string)\.h>' |
	sed 's/:\([0-9]*\):#include \(.*\)/:\1: \2 has no place in the core/'
exit 0

# Sourced by the tidy scripts. Each takes the build folder as its argument (default: build/ at the top), prints a line for
# each fault as "place: what is wrong; what to do", and nothing when the tree is tidy. run.sh makes TAP of them.
# TIDY_TOP names another tree to look at (self.sh plants faults in a copy).
set -u
LC_ALL=C
export LC_ALL
tidy=$(cd "$(dirname "$0")" && pwd)
top=${TIDY_TOP:-$(cd "$tidy/../.." && pwd)}
build=${1:-$top/build}
[ ! -d "$build" ] || build=$(cd "$build" && pwd)
cd "$top" || exit 1

# Every file that is written by hand, one a line; what configure, make, npm and the engine make is left out.
sources() {
	find . \( -name .git -o -name node_modules -o -name __pycache__ -o -path ./autom4te.cache -o -path ./build-aux -o -path './build*' \
		-o -path ./_build -o -path ./_inst -o -path ./state -o -path ./www/dist -o -path './sauda-[0-9]*' \) -prune \
		-o -type f ! -name Makefile ! -name Makefile.in ! -name 'configure~' ! -path ./configure ! -path ./aclocal.m4 \
		! -name '*.o' ! -name '*.a' ! -name '*.log' ! -name '*.trs' ! -name config.status ! -name '*~' ! -name '*.swp' -print | sed 's|^\./||' | sort
}
c_sources() { sources | grep '\.[ch]$'; }

# Rows of a table header: rows NAME FILE prints the arguments of every NAME(...) line.
rows() { sed -n "s/^$1(\(.*\))\$/\1/p" "$2"; }

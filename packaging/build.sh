#!/bin/sh
# Configures (once) and builds in a folder of its own: build.sh DIR [configure arguments]. Prints little, fails loudly.
# SAUDA_WWW=no among the arguments leaves the dashboard out.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$1
shift
www=
for argument in "$@"; do
	[ "$argument" != SAUDA_WWW=no ] || www=$argument
done
# Two ./run begun together would configure over each other.
exec 9<"$top"
flock -n 9 || { echo "build.sh: another build of $top is under way; waiting for it" >&2; flock 9; }
[ -x "$top/configure" ] && [ "$top/configure" -nt "$top/configure.ac" ] || (cd "$top" && autoreconf -fi >/dev/null 2>"$top/autoreconf.log") || { cat "$top/autoreconf.log" >&2; exit 1; }
rm -f "$top/autoreconf.log"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
# What configure found missing may have come since: ./run needs no cmocka, and without it no unit test is built.
arguments="$(printf "%s " "$@" | sed "s/SAUDA_WWW=no //")cmocka=$(pkg-config --modversion cmocka 2>/dev/null || true)"
if [ ! -f "$dir/config.status" ] || [ "$(cat "$dir/.arguments" 2>/dev/null)" != "$arguments" ]; then
	(cd "$dir" && "$top/configure" -q --prefix=/usr --sysconfdir=/etc --localstatedir=/var --runstatedir=/run "$@" >config.out 2>&1) || { cat "$dir/config.out" >&2; exit 1; }
	printf "%s" "$arguments" >"$dir/.arguments"
fi
make -s -C "$dir" -j"$(nproc)" V=0 $www >"$dir/make.out" 2>&1 || { tail -40 "$dir/make.out" >&2; exit 1; }

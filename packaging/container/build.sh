#!/bin/sh
# The Dockerfile's first stage: from the tree in the present folder to an installed one below OUT, as root in a bare Debian 12. build.sh [--built BUILD] OUT [SAUDA_WWW=no];
# with --built nothing is built, what is in that folder is installed.
set -eu
built=
if [ "$1" = --built ]; then
	built=$2
	shift 2
fi
out=$1
shift
if [ -z "$built" ]; then
	built=_image
	packaging/install.sh packaging/apt-build.txt
	packaging/build.sh "$built" "$@"
fi
make -s -C "$built" install DESTDIR="$out" "$@" >/dev/null
for program in bin/enginectl sbin/engined sbin/engine-watchdog libexec/sauda/engine-api libexec/sauda/neosim; do strip "$out/usr/$program"; done
install -D -m 755 packaging/container/start.sh "$out/usr/libexec/sauda/start"
install -D -m 755 packaging/container/setup.sh "$out/usr/libexec/sauda/setup"
install -D -m 644 packaging/sauda.conf "$out/etc/sauda/sauda.conf"
install -D -m 644 packaging/apt-run.txt "$out/usr/share/sauda/apt-run.txt"

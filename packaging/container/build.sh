#!/bin/sh
# The Dockerfile's first stage: from the tree in the present folder to an installed one below OUT. build.sh OUT [SAUDA_WWW=no]. As root in a bare Debian 12.
set -eu
out=$1
shift
packaging/install.sh packaging/apt-build.txt
packaging/build.sh _image --libexecdir=/usr/libexec "$@"
make -s -C _image install DESTDIR="$out" "$@" >/dev/null
strip "$out"/usr/bin/* "$out"/usr/sbin/* "$out"/usr/libexec/sauda/*
install -D -m 755 packaging/container/start.sh "$out/usr/libexec/sauda/start"
install -D -m 644 packaging/sauda.conf "$out/etc/sauda/sauda.conf"
install -D -m 755 packaging/container/setup.sh "$out/usr/libexec/sauda/setup"
install -D -m 644 packaging/apt-run.txt "$out/usr/share/sauda/apt-run.txt"

#!/bin/sh
# The Dockerfile's second stage, once the programs are in place: what they need, their user, their folders. As root in a bare Debian 12.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2046 # one word a package
apt-get -qq install -y --no-install-recommends $(grep -v '^#' /usr/share/sauda/apt-run.txt) >/dev/null
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /usr/share/sauda/apt-run.txt
groupadd --gid 10001 sauda
useradd --uid 10001 --gid sauda --home-dir /var/lib/sauda --no-create-home --shell /usr/sbin/nologin sauda
install -d -o sauda -g sauda -m 700 /var/lib/sauda
install -d -o sauda -g sauda -m 750 /run/sauda
rm -f "$0"

#!/bin/sh
# Installs the Debian packages of the named lists that are missing; nothing to do takes a moment. Root, or a user with sudo.
set -eu
missing=$(cat "$@" | grep -v '^#' | while read -r package; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
done)
# Another source of the same programs serves as well as Debian's.
keep=
for package in $missing; do
	case $package in
	nodejs) command -v node >/dev/null 2>&1 && continue ;;
	npm) command -v npm >/dev/null 2>&1 && continue ;;
	nginx-light) command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] && continue ;;
	esac
	keep="$keep $package"
done
[ -n "$keep" ] || exit 0
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || { echo "install: these packages are missing and there is no sudo:$keep" >&2; exit 1; }
	sudo=sudo
fi
echo "installing:$keep"
export DEBIAN_FRONTEND=noninteractive
for try in 1 2 3; do
	$sudo apt-get -qq update >/dev/null && $sudo apt-get -qq install -y --no-install-recommends $keep >/dev/null && exit 0
	echo "install: apt-get failed (try $try of 3)" >&2
	sleep 2
done
exit 1

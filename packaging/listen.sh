#!/bin/sh
# Where the nginx of this machine listens for Sauda: [http] of the settings, or PORT of the environment file, becomes the line that the site includes, and nginx takes it
# up. The package does this when it is configured; after a change of those settings: sudo /usr/libexec/sauda/listen
set -eu
etc=${SAUDA_ETC:-/etc/sauda} # a test has it elsewhere
line=$etc/nginx-listen.conf
if [ -r "$etc/environment" ]; then
	PORT=$(sed -n "s/^PORT=[\"']\\{0,1\\}\\([^\"']*\\).*/\\1/p" "$etc/environment" | tail -n 1)
	export PORT
fi
listen=$("${SAUDA_CTL:-/usr/bin/enginectl}" config listen "$etc/sauda.conf")
printf 'listen %s backlog=4096;\n' "$listen" >"$line.new"
if [ -e "$line" ] && cmp -s "$line" "$line.new"; then
	rm -f "$line.new"
	exit 0
fi
[ ! -e "$line" ] || cp -p "$line" "$line.old"
mv "$line.new" "$line"
nginx=$(command -v nginx || echo /usr/sbin/nginx)
if [ -x "$nginx" ] && ! "$nginx" -t -q; then
	[ ! -e "$line.old" ] || mv "$line.old" "$line"
	echo "listen: nginx refuses $listen; it goes on as before" >&2
	exit 1
fi
rm -f "$line.old"
[ ! -d /run/systemd/system ] || systemctl try-reload-or-restart nginx.service
echo "listen: nginx listens on $listen for Sauda"

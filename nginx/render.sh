#!/bin/sh
# Writes nginx's configuration for Sauda into a folder and tests it. No root needed: nginx -c OUT/engine.conf -p RUNTIME
# runs as whoever starts it, in the foreground. With --site it writes what the nginx of a machine includes instead.
set -eu

usage() {
	cat <<-'END'
	Usage: render.sh --runtime DIR --www DIR [--listen ADDRESS:PORT] [--api-socket PATH] [--mime-types FILE]
	                 [--user NAME] [--behind-tls] OUTDIR
	       render.sh --site --www DIR --api-socket PATH [--listen ADDRESS:PORT | --listen-file PATH] [--conf DIR] OUTDIR
	  --runtime DIR      for nginx's pid and temporary files, and api.sock
	  --www DIR          the built dashboard
	  --listen A:P       default 127.0.0.1:${PORT:-5000}; what the settings say: enginectl config listen FILE
	  --listen-file PATH site.conf takes its listen line from there, which is not written here
	  --api-socket PATH  default RUNTIME/api.sock
	  --mime-types FILE  default /etc/nginx/mime.types
	  --behind-tls       another server ends TLS before this one: cookies are Secure
	  --site             site.conf and site-tls.conf for sites-available, and what they include; nothing is run
	  --conf DIR         where OUTDIR will lie in the end, default OUTDIR
	  --user NAME        started as root: whom the worker runs as, who must reach the socket and DIR (default: root)
	END
}

here=$(cd "$(dirname "$0")" && pwd)
runtime= www= out= conf= site= https='$https if_not_empty' listen=127.0.0.1:${PORT:-5000} api_socket= mime_types=/etc/nginx/mime.types user=root listen_file=
while [ $# -gt 0 ]; do
	case $1 in
	--runtime | --www | --listen | --api-socket | --mime-types | --user | --conf | --listen-file)
		[ $# -ge 2 ] || { echo "render.sh: $1 needs a value" >&2; exit 2; } ;;
	esac
	case $1 in
	--runtime) runtime=$2; shift 2 ;;
	--www) www=$2; shift 2 ;;
	--listen) listen=$2; shift 2 ;;
	--api-socket) api_socket=$2; shift 2 ;;
	--mime-types) mime_types=$2; shift 2 ;;
	--user) user=$2; shift 2 ;;
	--conf) conf=$2; shift 2 ;;
	--listen-file) listen_file=$2; shift 2 ;;
	--site) site=yes; shift ;;
	--behind-tls) https=on; shift ;;
	--help) usage; exit 0 ;;
	-*) echo "render.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
	*) out=$1; shift ;;
	esac
done
[ -n "$www" ] && [ -n "$out" ] && [ -n "${site:+$api_socket}$runtime" ] || { usage >&2; exit 2; }
mkdir -p "$out"
out=$(cd "$out" && pwd)
conf=${conf:-$out}
if [ -z "$site" ]; then
	mkdir -p "$runtime"
	runtime=$(cd "$runtime" && pwd) www=$(cd "$www" && pwd)
	api_socket=${api_socket:-$runtime/api.sock}
fi

# nginx would complain of a line that nobody wrote.
port=${listen##*:}
case $port in
'' | *[!0-9]* | 0* | ??????*) port=99999 ;;
esac
[ "$port" -le 65535 ] || { echo "render.sh: $listen: the port (--listen, or the variable PORT) must be a whole number from 1 to 65535" >&2; exit 2; }

# A character that means something to nginx or to sed would change the file's sense.
for value in "$runtime" "$www" "$conf" "$listen" "$api_socket" "$mime_types" "$user" "$listen_file"; do
	case $value in
	*[!A-Za-z0-9_./:+@,=[\]-]*)
		echo "render.sh: '$value' holds a character that cannot stand in nginx's configuration; choose another path" >&2
		exit 2 ;;
	esac
done

# Anybody else cannot change the user, and nginx would complain of the line.
user_line=
[ "$(id -u)" -ne 0 ] || user_line="user $user;"
listen_line="listen $listen backlog=4096;"
[ -z "$listen_file" ] || listen_line="include $listen_file;"

fill() {
	sed -e "s|@runtime@|$runtime|g" -e "s|@www@|$www|g" -e "s|@conf@|$conf|g" -e "s|@https@|$https|g" -e "s|@listen_line@|$listen_line|g" \
		-e "s|@api_socket@|$api_socket|g" -e "s|@mime_types@|$mime_types|g" -e "s|@user@|$user_line|g" "$here/$1" >"$out/$2.new"
	mv "$out/$2.new" "$out/$2"
}
for part in http server fastcgi problems; do fill $part.conf.in $part.conf; done
fill security_headers.conf security_headers.conf
if [ -n "$site" ]; then
	fill site.conf.in site.conf
	fill site-tls.conf.in site-tls.conf
	exit 0
fi
fill engine.conf.in engine.conf

nginx=$(command -v nginx || echo /usr/sbin/nginx)
"$nginx" -t -q -c "$out/engine.conf" -p "$runtime"

#!/bin/sh
# Arrows between folders go one way. The #include lines are the truth; this table is what they may be.
. "$(dirname "$0")/common.sh"

# folder: the folders it may include from, besides itself
arrows='
lib/base:
lib/core: lib/base
lib/core/strategy: lib/base lib/core
lib/journal: lib/base lib/core
lib/feed: lib/base lib/core
lib/broker: lib/base lib/core
lib/broker/paper: lib/base lib/core lib/broker
lib/loop: lib/base
lib/telegram: lib/base lib/loop
lib/kotak: lib/base lib/core lib/loop
lib/broker/kotak: lib/base lib/core lib/broker lib/kotak lib/loop
lib/feed/kotak: lib/base lib/core lib/feed lib/kotak lib/loop
lib/engine: lib/base lib/core lib/journal lib/feed lib/broker
lib/store: lib/base lib/core lib/journal
lib/store/sqlite: lib/base lib/store
lib/store/mongo: lib/base lib/store
lib/control: lib/base
engined/drill: lib/base lib/core lib/journal lib/loop lib/control
engined/notify: lib/base lib/core lib/journal lib/loop lib/telegram lib/control
engined/config: lib/base lib/core lib/feed lib/broker lib/broker/paper lib/kotak lib/control engined/notify
engined: lib/base lib/core lib/journal lib/feed lib/feed/kotak lib/broker lib/broker/kotak lib/broker/paper lib/kotak lib/loop lib/engine lib/store lib/store/mongo lib/control engined/config engined/notify
engined/answer: engined engined/config engined/notify lib/base lib/core lib/journal lib/feed lib/broker lib/kotak lib/loop lib/engine lib/store lib/control
engined/backup: engined engined/config lib/base lib/core lib/engine lib/journal lib/store
engined/ctl: engined engined/backup engined/config engined/drill lib/base lib/core lib/journal lib/feed lib/broker lib/broker/paper lib/kotak lib/loop lib/engine lib/store lib/store/mongo lib/control
engined/watchdog: engined engined/config lib/base lib/core lib/journal lib/kotak lib/broker/kotak lib/loop
fcgi: lib/base lib/control'
# Another project's library stays behind the folders named here; each is in docs/dependencies.md.
foreign='
cjson/cJSON.h: lib/control lib/telegram lib/kotak lib/broker/kotak lib/feed/kotak fcgi engined engined/answer engined/ctl engined/drill engined/notify engined/backup
curl/curl.h: lib/loop
liboath/oath.h: lib/kotak
libwebsockets.h: lib/loop
fcgi: fcgi
ini.h: engined/config
mongoc/mongoc.h: lib/store/mongo
pthread.h: lib/base lib/journal lib/store lib/store/mongo engined
sodium.h: lib/journal lib/kotak lib/control fcgi engined engined/backup engined/ctl engined/notify engined/watchdog
sqlite3.h: lib/store/sqlite
uv.h: lib/control lib/loop lib/kotak lib/broker/kotak lib/feed/kotak engined engined/notify engined/watchdog
zlib.h: lib/feed lib/telegram
zstd.h: lib/feed lib/journal lib/store engined/backup'

# file:line:folder of the file:included text
includes() { c_sources | grep -E '^(lib|engined|fcgi)/' | xargs grep -nE '^[ 	]*#[ 	]*include' /dev/null |
	sed -nE 's/^(.*)\/([^/:]*):([0-9]+):[^<"]*([<"][^>"]*[>"]).*/\1\/\2:\3:\1:\4/p'; }
seen=$(mktemp) || exit 1
trap 'rm -f "$seen"' EXIT
includes >"$seen"
[ "$(wc -l <"$seen")" -gt 300 ] || echo "tests/tidy/layers.sh: found only $(wc -l <"$seen") includes; its pattern no longer fits the tree"

printf '%s\n=\n%s\n' "$arrows" "$foreign" | awk -F: '
	FNR == NR {
		if ($0 == "=") foreign = 1
		else if (foreign) { outside[$1] = 1; n = split($2, list, " "); for (i = 1; i <= n; i++) ok[list[i] "<" $1] = 1 }
		else if ($1 != "") { known[$1] = 1; n = split($2, list, " "); for (i = 1; i <= n; i++) ok[$1 ">" list[i]] = 1 }
		next
	}
	{
		place = $1 ":" $2 ": "; folder = $3; text = substr($4, 2, length($4) - 2)
		if (!known[folder]) { print place folder " has no row in tests/tidy/layers.sh; add one with its arrows"; known[folder] = 1 }
		if ($4 ~ /^</) {
			name = text ~ /^(fcgi|fastcgi)/ ? "fcgi" : text
			if (outside[name] && !ok[folder "<" name]) print place "<" text "> stays behind the folders named in tests/tidy/layers.sh"
			next
		}
		to = text; if (!sub(/\/[^\/]*$/, "", to)) to = ""
		file = substr(text, length(to) + 2)
		if (to !~ /^(lib\/|engined|fcgi)/) { print place "include \"" text "\" by its full path from the top"; next }
		if (to != folder && !ok[folder ">" to]) print place folder " must not see " to
		if (file ~ /(^|_)priv\.h$/ && index(folder "/", to "/") != 1) print place text " is private to " to
	}' - "$seen"

# No cycles, neither in what may be nor in what is, and lib/Makefile.am builds from the bottom up.
{
	printf '%s\n' "$arrows" | awk -F: '$1 { n = split($2, to, " "); for (i = 1; i <= n; i++) print $1, to[i] }'
	awk -F: '$4 ~ /^"/ { to = substr($4, 2); sub(/\/[^\/]*$/, "", to); if (to != $3) print $3, to }' "$seen"
} | tsort 2>&1 >/dev/null | sed 's/^tsort: -: /cycle: /'
subdirs=$(sed -n 's/^SUBDIRS = //p' lib/Makefile.am)
printf '%s\n' "$arrows" | awk -F: -v order="$subdirs" '
	BEGIN { n = split(order, at, " "); for (i = 1; i <= n; i++) place["lib/" at[i]] = i }
	$1 ~ /^lib\/[^\/]*$/ {
		n = split($2, to, " ")
		if (!place[$1]) print "lib/Makefile.am: SUBDIRS does not build " $1
		for (i = 1; i <= n; i++) if (place[to[i]] > place[$1]) print "lib/Makefile.am: SUBDIRS must build " to[i] " before " $1
	}'
exit 0

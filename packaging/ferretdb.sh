#!/bin/sh
# Prints the path of a MongoDB-compatible server for the tests; builds it (FerretDB with SQLite behind it, some minutes the first time) into the
# user's cache when it is not there. Exit status 77 and a sentence when this machine cannot: Go is missing or too old, or its modules are not to be had.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
source=$top/tests/store/ferretdb
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sauda
server=$cache/ferretdb-$(cat "$source/main.go" "$source/go.sum" | cksum | tr -d ' ')
[ ! -x "$server" ] || { echo "$server"; exit 0; }
command -v go >/dev/null 2>&1 || { echo "ferretdb: no go here to build it with" >&2; exit 77; }
mkdir -p "$cache"
work=$(mktemp -d "$cache/build-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$source/main.go" "$source/go.mod" "$source/go.sum" "$work"
(cd "$work" && go build -trimpath -o server . >build.log 2>&1) || { echo "ferretdb: $(go version 2>/dev/null | cut -d' ' -f3) cannot build it: $(tail -1 "$work/build.log")" >&2; exit 77; }
mv "$work/server" "$server"
echo "$server"

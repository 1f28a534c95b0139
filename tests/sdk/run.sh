#!/bin/sh
# Kotak's official SDK against neosim, and our adapter's requests beside the SDK's. TAP on stdout.
#   tests/sdk/run.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: run.sh BUILD}" && pwd) || exit 2
venv=$build/tests/sdk/venv
log=$build/tests/sdk/pip.log

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

# The stamp is written last: a venv that was left half made is made again.
install() {
	cmp -s "$here/requirements.txt" "$venv/installed.txt" && return 0
	rm -rf "$venv"
	mkdir -p "$(dirname "$venv")"
	python3 -m venv "$venv" >"$log" 2>&1 &&
		"$venv/bin/pip" install --quiet --no-input --disable-pip-version-check -r "$here/requirements.txt" >>"$log" 2>&1 &&
		cp "$here/requirements.txt" "$venv/installed.txt"
}

command -v python3 >/dev/null || skip "python3 is not installed"
[ -x "$build/tests/neosim/neosim" ] || skip "neosim is not built in $build/tests/neosim"
install || skip "pip cannot install Kotak's SDK: $(tail -1 "$log" | cut -c1-200)"
exec "$venv/bin/python" -B "$here/test_sdk.py" "$build"

#!/bin/sh
# Man pages from what the built programs say of themselves, which they print from the tables that they run on: man.sh BUILD OUTDIR.
set -eu
build=$1 out=$2
mkdir -p "$out"
ctl=$build/engined/enginectl
version=$("$ctl" --version | cut -d' ' -f2)

# Text as it stands: no character of it is a command of roff.
plain() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\&&/"; }
verbatim() { echo .nf; plain; echo .fi; }
head_of() { printf '.TH %s %s "" "sauda %s"\n.SH NAME\n%s \\- %s\n' "$(echo "$1" | tr a-z A-Z)" "$2" "$version" "$1" "$3"; }
see() { printf '.SH SEE ALSO\n%s\n.PP\nThe pages in /usr/share/doc/sauda/docs, beginning with operating.md.\n' "$1"; }

program() { # NAME SECTION WHAT COMMAND-THAT-PRINTS-ITS-USAGE
	head_of "$1" "$2" "$3"
	echo .SH SYNOPSIS
	"$4" --help | verbatim
}

{
	program engined 8 'trading engine for Indian markets' "$build/engined/engined"
	cat <<-'END'
	.SH DESCRIPTION
	The daemon, in the foreground; it logs to standard error. SIGTERM and SIGINT stop it: positions are closed, or kept as engine.on_stop says. SIGUSR1 kills entries,
	SIGUSR2 closes everything too, SIGHUP reads the tokens again.
	.SH EXIT STATUS
	.TP
	.B 0
	flat, or kept as configured
	.TP
	.B 1
	could not start
	.TP
	.B 2
	wrong command line
	.TP
	.B 3
	NOT FLAT: positions remain that were to be closed
	.TP
	.B 4
	stopped by an error while running
	END
	see 'enginectl(1), engine\-watchdog(8), engine\-api(8), sauda.conf(5)'
} >"$out/engined.8"
{
	program engine-watchdog 8 'hears when the trading engine is dead, wedged or blind' "$build/engined/engine-watchdog"
	see 'engined(8), enginectl(1), sauda.conf(5)'
} >"$out/engine-watchdog.8"
{
	program engine-api 8 'HTTP API of the trading engine, behind nginx' "$build/fcgi/engine-api"
	see 'engined(8)'
} >"$out/engine-api.8"
{
	head_of sauda.conf 5 'settings of the trading engine'
	echo .SH DESCRIPTION
	"$build/engined/engined" --print-config | verbatim
	see 'engined(8), engine\-watchdog(8)'
} >"$out/sauda.conf.5"
{
	head_of enginectl 1 'asks and steers a running trading engine'
	echo .SH SYNOPSIS
	"$ctl" --help | verbatim
	echo .SH COMMANDS
	"$ctl" help | sed -n 's/^  \([a-z][a-z.-]*\) .*/\1/p' | while read -r command; do
		printf '.SS %s\n' "$(echo "$command" | plain)"
		text=$("$ctl" help "$command" 2>/dev/null || "$ctl" "$command" --help 2>&1 | grep -v 'no such command')
		printf '%s\n' "$text" | verbatim
	done
	see 'engined(8)'
} >"$out/enginectl.1"

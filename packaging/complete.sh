#!/bin/sh
# Completion for bash, zsh and fish from what the built enginectl says of its own table of commands: complete.sh BUILD OUTDIR writes enginectl, _enginectl, enginectl.fish.
set -eu
ctl=$1/engined/enginectl out=$2
mkdir -p "$out"

# command, option or "", choices or "", what it does; one tab between.
table() {
	"$ctl" help | sed -n 's/^  \([a-z][a-z.-]*\)\( DATE\)\{0,1\}  *\(.*\)$/\1\t\3/p' | while IFS='	' read -r command what; do
		printf '%s\t\t\t%s\n' "$command" "$what"
		"$ctl" help "$command" 2>/dev/null | sed -nE 's/^  --([a-z_-]+) +(.*) \([^()]*\)$/\1\t\2/p; s/^  --(keep|wait) +(.*)$/\1\t\2/p' | while IFS='	' read -r option text; do
			choices=$(printf %s "$text" | grep -xE '[A-Za-z0-9_]+(\|[A-Za-z0-9_]+)+' | tr '|' ' ' || :)
			printf '%s\t%s\t%s\t%s\n' "$command" "$option" "$choices" "$text"
		done
	done | awk -F'\t' '!seen[$1 FS $2]++'
}
words=$(mktemp)
trap 'rm -f "$words"' EXIT
table >"$words"

awk -F'\t' '
	$2 == "" { names = names " " $1; next }
	{ options[$1] = options[$1] " --" $2 ($3 != "" ? " " $3 : "") }
	END {
		print "# Completion of enginectl for bash; made from its own table of commands."
		print "_enginectl() {"
		print "\tlocal word=${COMP_WORDS[COMP_CWORD]} command= words= i"
		print "\tfor ((i = 1; i < COMP_CWORD; i++)); do"
		print "\t\tcase ${COMP_WORDS[i]} in --socket) i=$((i + 1)) ;; -*) ;; *) command=${COMP_WORDS[i]}; break ;; esac"
		print "\tdone"
		print "\tcase $command in"
		print "\t\"\") words=\"--socket --json --help --version help" names "\" ;;"
		print "\thelp) words=\"" names "\" ;;"
		fflush()
		for (c in options) print "\t" c ") words=\"--json" options[c] "\" ;;" | "sort"
		close("sort")
		print "\tesac"
		print "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")"
		print "}"
		print "complete -o default -F _enginectl enginectl"
	}' "$words" >"$out/enginectl"

awk -F'\t' -v quote="'" '
	function plain(text) { gsub(quote, "", text); gsub(/[:\\]/, "\\\\&", text); return text }
	$2 == "" { names = names "\n\t" quote $1 ":" plain($4) quote; next }
	{ options[$1] = options[$1] " --" $2 ($3 != "" ? " " $3 : "") }
	END {
		print "#compdef enginectl\n# Completion of enginectl for zsh; made from its own table of commands."
		print "local -a commands=(" names "\n)"
		print "if (( CURRENT == 2 )); then\n\t_describe command commands\n\treturn\nfi\ncase $words[2] in\nhelp) _describe command commands ;;"
		fflush()
		for (c in options) print c ") compadd -- --json" options[c] " ;;" | "sort"
		close("sort")
		print "*) _files ;;\nesac"
	}' "$words" >"$out/_enginectl"

awk -F'\t' -v quote="'" '
	function plain(text) { gsub(quote, "", text); gsub(/\\/, "", text); return text }
	BEGIN { print "# Completion of enginectl for fish; made from its own table of commands."
	        print "complete -c enginectl -l json -d " quote "the answer as it is" quote
	        print "complete -c enginectl -l socket -r -d " quote "the control socket" quote }
	$2 == "" { print "complete -c enginectl -n __fish_use_subcommand -f -a " $1 " -d " quote plain($4) quote; next }
	{ print "complete -c enginectl -n " quote "__fish_seen_subcommand_from " $1 quote " -l " $2 ($3 != "" ? " -xa " quote $3 quote : "") " -d " quote plain($4) quote }' "$words" >"$out/enginectl.fish"

#!/bin/bash
# The tables "Honest result on real data" of docs/strategies: each strategy alone on each recorded file.
#   tests/bench/strategies.sh BUILD STRATEGY     prints markdown rows; SAUDA_DATA names the folder of recorded data
set -eu
ctl=$(realpath "$1")/enginectl
[ -x "$ctl" ] || ctl=$(realpath "$1")/engined/enginectl
top=$(cd "$(dirname "$0")/../.." && pwd)
data=${SAUDA_DATA:-$top/../shared/data}
row() { # LABEL FILE
	"$ctl" backtest --tables "$top/tables" --strategy "$strategy" "$data/$2" | jq -r --arg f "$1" '.strategies | to_entries[0].value |
		def two: . * 100 | round / 100;
		"| \($f) | \(.signals) | \(.trades) | \(if .trades > 0 then (.wins * 100 / .trades | two) else "-" end) | \(.gross | two) | \(
		if .trades > 0 then (.gross / .trades | two) else "-" end) | \(.charges | two) |"'
}
strategy=$2
echo "| data | signals | trades | wins % | gross | gross a trade | known charges |"
echo "|---|---|---|---|---|---|---|"
for year in 2021 2022 2024 2025; do row "NIFTY $year, index unit" "index_1min/NIFTY50_1min_$year.csv.gz"; done
row "BANKNIFTY 2023-04-10, options" options/BANKNIFTY_fno_1min_2023-04-10.csv.gz
row "BANKNIFTY 2023-04-11, options" options/BANKNIFTY_fno_1min_2023-04-11.csv.gz
row "NIFTY 2025-08-29, options" options/NIFTY_chain_1min_2025-08-29.csv.gz
row "NIFTY 2026-08-18, options" options/NIFTY_chain_ltp_1min_2026-08-18.csv.gz
row "NIFTY January 2021 expiry, 15 min" options/NIFTY_opt_15min_exp2021-01-28.csv.gz
row "NIFTY January 2025 expiry, 15 min" options/NIFTY_opt_15min_exp2025-01-30_atm10.csv.gz

# Read by ./run: starts the simulated broker below $state and sets what engined must know of it. The day is the next that trades
# at 09:05 unless --at says otherwise; --speed is the pace of its clock (60).
mkdir -p "$state/neosim"
if [ -z "$at" ]; then
	day=$(TZ=Asia/Kolkata date +%F)
	while [ "$(date -d "$day" +%u)" -gt 5 ] || grep -q "^$day," "$top/tables/holidays.csv"; do
		day=$(date -d "$day + 1 day" +%F)
	done
	at=${day}T09:05:00+05:30
fi
rm -f "$state/neosim/ready" # an earlier run's would be taken for this one's
"$top/build/tests/neosim/neosim" --dir "$state/neosim" --at "$at" --speed "${speed:-60}" --master-rows 100000 --cash 1000000 \
	--log "$state/neosim/log" >"$state/neosim/ready" &
neosim=$!
n=0
until [ -s "$state/neosim/ready" ]; do
	n=$((n + 1))
	kill -0 "$neosim" 2>/dev/null && [ $n -lt 300 ] || { echo "run: the simulated broker did not start; see $state/neosim/log" >&2; exit 1; }
	sleep 0.1
done
fact() { sed -n "1s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" "$state/neosim/ready"; }
clock=$(fact virtual_ns),$(fact real_ns),$(fact speed)
neosim_url=http://127.0.0.1:$(fact port)
# The account that neosim knows (tests/neosim/README.md); nobody's secrets.
export KOTAK_SESSION_URL="https://127.0.0.1:$(fact tls_port)" KOTAK_CA_FILE="$(fact ca)"
export KOTAK_CONSUMER_KEY=11111111-2222-3333-4444-555555555555 KOTAK_MOBILE_NUMBER=+919876543210 KOTAK_UCC=ABC12 KOTAK_MPIN=123456
export KOTAK_TOTP_SECRET=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ

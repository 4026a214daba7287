#!/usr/bin/env bash
# TCP of this stack beside Linux's on the same path: goodput in Mbit/s of kernel to kernel, Millrace to kernel and kernel to Millrace,
# alternating, through `millrace link` between two namespaces of its own.
#
#   sudo modules/bench/measure-linux.sh [RUNS [CONGESTION-CONTROL [LOSSES [RTTS [SECONDS]]]]]     such as 3 cubic "0 0.1 1 5" "1 20 100" 5
#
# 200 Mbit/s each way, 1000 packets wait at most, losses both ways. About half a minute for each run of a cell.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-3} cc=${2:-cubic} losses=${3:-"0 0.1 1 5"} rtts=${4:-"1 20 100"} seconds=${5:-5}
warmup=4
left=mr-bench-$$-l right=mr-bench-$$-r
log=$(mktemp -d)
pids=()

finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  ip netns del "$left" 2>/dev/null || true
  ip netns del "$right" 2>/dev/null || true
  pids=()
}
trap 'finish; rm -rf "$log"' EXIT

./millrace --version >/dev/null
export MILLRACE_SKIP_BUILD=1

open() { # loss rtt
  ip netns add "$left"
  ip netns add "$right"
  for ns in "$left" "$right"; do ip -n "$ns" link set lo up; done
  ip netns exec "$left" sysctl -qw net.ipv4.ip_forward=1
  for device in wa wb t0; do
    ip -n "$left" tuntap add "$device" mode tun $([ "$device" = t0 ] && echo vnet_hdr)
    ip -n "$left" link set "$device" up
  done
  ip netns exec "$left" ./millrace link --between tun:wa,tun:wb --delay "$(awk "BEGIN { print $2 / 2 }")ms" --rate 200Mbit/s \
    --queue 1000 --loss "$1%" >/dev/null 2>"$log/link" &
  pids+=($!)
  for _ in $(seq 200); do grep -q joined "$log/link" && break; sleep 0.1; done
  grep -q joined "$log/link" || { cat "$log/link" >&2; exit 1; }
  ip -n "$left" link set wb netns "$right"
  ip -n "$left" addr add 10.0.0.1/24 dev wa
  ip -n "$right" addr add 10.0.0.2/24 dev wb
  ip -n "$right" link set wb up
  ip -n "$left" addr add 10.9.0.1/24 dev t0
  ip -n "$left" route change 10.0.0.0/24 dev wa src 10.0.0.1 congctl "$cc"
  ip -n "$right" route change 10.0.0.0/24 dev wb src 10.0.0.2 congctl "$cc"
  ip -n "$right" route add 10.9.0.0/24 dev wb congctl "$cc"
  ip netns exec "$right" ./millrace bench peer >/dev/null 2>&1 &
  pids+=($!)
  for _ in $(seq 200); do ip netns exec "$right" ss -ltn | grep -q :5001 && break; sleep 0.1; done
}

stream() { # arguments of bench stream
  ip netns exec "$left" timeout 60 ./millrace bench stream --peer 10.0.0.2 --seconds $seconds --warm-up $warmup --json "$@" \
    | tail -1 | sed 's/.*"gbit_per_s":\([0-9.E-]*\).*/\1/' | awk '{ printf "%.2f\n", $1 * 1000 }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

echo "$cc, 200 Mbit/s, $runs runs of $seconds s each: medians in Mbit/s, the ratio to the kernel's, all runs in brackets"
for rtt in $rtts; do
  for loss in $losses; do
    open "$loss" "$rtt"
    rm -f "$log"/kk "$log"/mk "$log"/km
    stack=(--tun t0 --address 10.9.0.2/24 --gateway 10.9.0.1 --set "tcp.congestion-control=$cc")
    for _ in $(seq "$runs"); do
      stream --link jdk >>"$log/kk"
      stream "${stack[@]}" >>"$log/mk"
      stream "${stack[@]}" --direction in >>"$log/km"
    done
    finish
    kk=$(median <"$log/kk") mk=$(median <"$log/mk") km=$(median <"$log/km")
    printf '| %s %% | %s ms | %s | %s (%.2f) | %s (%.2f) | %s / %s / %s\n' "$loss" "$rtt" "$kk" "$mk" \
      "$(awk "BEGIN { print $mk / $kk }")" "$km" "$(awk "BEGIN { print $km / $kk }")" \
      "$(paste -sd' ' "$log/kk")" "$(paste -sd' ' "$log/mk")" "$(paste -sd' ' "$log/km")"
  done
done

#!/usr/bin/env bash
# Compares this checkout with another one, both built, in one go: the works of measure.sh and, as root, those of TUN, each
# on the one and on the other in turn. What a change has cost or gained is the ratio.
# Usage: modules/bench/compare.sh OTHER_CHECKOUT [RUNS] [SECONDS] [PATTERN]      only rows whose label has the pattern in it
# Prints a Markdown table; 5 runs of 2 seconds take about 15 minutes. Leave the machine alone meanwhile.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
other=$(cd "${1:?usage: compare.sh OTHER_CHECKOUT [RUNS] [SECONDS] [PATTERN]}" && pwd)
runs=${2:-5}
seconds=${3:-2}
only=${4:-}
export MILLRACE_JAVA_OPTS="-Xms2g -Xmx2g -XX:+AlwaysPreTouch ${MILLRACE_JAVA_OPTS:-}"
"$here/millrace" --version >/dev/null # builds if need be
"$other/millrace" --version >/dev/null
export MILLRACE_SKIP_BUILD=1
near=mrcmp-$$
peer=

clean() {
  [ -z "$peer" ] || kill "$peer" 2>/dev/null || true
  wait 2>/dev/null || true
  ip netns del "$near" 2>/dev/null || true
}
trap clean EXIT

one() { # checkout, prefix, arguments -> the JSON object of one run
  local checkout=$1 prefix=$2
  shift 2
  (cd "$checkout" && timeout 180 $prefix ./millrace bench "$@" --seconds "$seconds" --warm-up 2 --json | tail -n 1)
}

row() { # label, figure, better (more or less), prefix, arguments
  local label=$1 figure=$2 better=$3 prefix=$4 a=() b=()
  shift 4
  [[ $label == *"$only"* ]] || return 0
  for _ in $(seq "$runs"); do
    a+=("$(one "$here" "$prefix" "$@")")
    b+=("$(one "$other" "$prefix" "$@")")
  done
  python3 - "$label" "$figure" "$better" "$(printf '%s\n' "${a[@]}")" "$(printf '%s\n' "${b[@]}")" <<'PY'
import json, statistics, sys
label, figure, better, a, b = sys.argv[1:]
a, b = ([json.loads(x)[figure] for x in s.split('\n')] for s in (a, b))
f = lambda x: f"{x:.2f}" if x < 100 else f"{x:,.0f}"
text = lambda v: f"{f(statistics.median(v))} ({f(min(v))}–{f(max(v))})"
ratio = statistics.median(a) / statistics.median(b)
pairs = sorted(x / y for x, y in zip(a, b))
print(f"| {label}, {figure} ({better} is better) | {text(a)} | {text(b)} | {ratio:.2f} ({pairs[0]:.2f}–{pairs[-1]:.2f}) |", flush=True)
PY
}

printf '%s, %s cores, Linux %s; %s against %s; median of %s runs of %s s (range)\n\n' "$(date +%F)" "$(nproc)" "$(uname -r)" \
  "$(git -C "$here" rev-parse --short HEAD)" "$(git -C "$other" rev-parse --short HEAD)" "$runs" "$seconds"
echo "| work | this | the other | ratio (of each pair) |"
echo "|---|---|---|---|"
row "stream, loopback" gbit_per_s more "" stream
row "stream, vnic, MTU 1500" gbit_per_s more "" stream --link vnic --mtu 1500
row "rr, loopback, one CPU" p50_us less "taskset -c 0" rr
row "rr, loopback" p50_us less "" rr
row "connect + close, loopback" per_s more "" connect
row "udp-rr, loopback" p50_us less "" udp-rr
row "udp-flood, loopback" per_s more "" udp-flood
row "idle pair" bytes_per_pair less "" idle
if [ "$(id -u)" != 0 ] || [ ! -e /dev/net/tun ]; then
  echo "TUN: needs root and /dev/net/tun" >&2
  exit 0
fi
ip netns add "$near"
ip -n "$near" link set lo up
ip netns exec "$near" sysctl -qw net.ipv4.tcp_tw_reuse=1 net.ipv4.ip_local_port_range="1024 65000"
ip -n "$near" tuntap add dev mr0 mode tun
ip -n "$near" addr add 10.7.0.1/24 dev mr0
ip -n "$near" link set mr0 up
timeout 7200 ip netns exec "$near" ./millrace bench peer >/dev/null &
peer=$!
sleep 3
tun() { # label, figure, better, arguments
  local label=$1 figure=$2 better=$3
  shift 3
  row "TUN: $label" "$figure" "$better" "ip netns exec $near" "$@" --tun mr0 --address 10.7.0.2/24 --peer 10.7.0.1
}
tun "kernel → stack" gbit_per_s more stream --direction in
tun "stack → kernel" gbit_per_s more stream --direction out
tun "kernel → stack, no offload" gbit_per_s more stream --direction in --set offload=false
tun "stack → kernel, no offload" gbit_per_s more stream --direction out --set offload=false
tun "TCP 1 byte" p50_us less rr
tun "UDP 64 B" p50_us less udp-rr
tun "connect + close" per_s more connect --threads platform

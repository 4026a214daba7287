#!/usr/bin/env bash
# Measures the device tables of docs/performance.md: a stack on a TUN or TAP device, or on one end of a veth pair, against
# kernel sockets, beside the kernel's own sockets over a veth pair, alternating, in one go, in network namespaces that the
# script makes and removes. Needs root.
# Usage: sudo modules/bench/measure-tun.sh [RUNS] [SECONDS] [PATTERN] [tun|tap|packet]     only rows with the pattern in the label
# Prints a Markdown table; 5 runs of 2 seconds, the default, take about 15 minutes. Leave the machine alone meanwhile.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-5}
seconds=${2:-2}
only=${3:-}
kind=${4:-tun}
export MILLRACE_JAVA_OPTS="-Xms1g -Xmx1g -XX:+AlwaysPreTouch ${MILLRACE_JAVA_OPTS:-}"
./millrace --version >/dev/null # builds if need be
export MILLRACE_SKIP_BUILD=1
near=mrbench-a-$$ far=mrbench-b-$$
pids=()

clean() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  ip netns del "$near" 2>/dev/null || true
  ip netns del "$far" 2>/dev/null || true
}
trap clean EXIT

ip netns add "$near"
ip netns add "$far"
for ns in "$near" "$far"; do
  ip -n "$ns" link set lo up
  ip netns exec "$ns" sysctl -qw net.ipv4.tcp_tw_reuse=1 net.ipv4.ip_local_port_range="1024 65000"
done
case $kind in
  tun) device=(--tun mr0) ;;
  tap) device=(--link tap:mr0) ;;
  packet) device=(--link packet:mr1) ;;
  *) echo "a device is tun, tap or packet, not $kind" >&2; exit 2 ;;
esac
# mr0 is the kernel's: what the stack is on, or the other end of it.
if [ "$kind" = packet ]; then
  kernel=$far
  ip -n "$near" link add mr1 type veth peer name mr0 netns "$far"
  ip -n "$near" link set mr1 up
else
  kernel=$near
  ip -n "$near" tuntap add dev mr0 mode "$kind"
fi
ip -n "$kernel" addr add 10.7.0.1/24 dev mr0
ip -n "$kernel" link set mr0 up
ip -n "$near" link add v0 type veth peer name v1 netns "$far"
ip -n "$near" addr add 10.8.0.1/24 dev v0
ip -n "$far" addr add 10.8.0.2/24 dev v1
ip -n "$near" link set v0 up
ip -n "$far" link set v1 up

congestion() { # algorithm, or nothing for the kernel's default; for what the kernel sends
  ip -n "$kernel" route change 10.7.0.0/24 dev mr0 src 10.7.0.1 ${1:+congctl "$1"}
  ip -n "$near" route change 10.8.0.0/24 dev v0 src 10.8.0.1 ${1:+congctl "$1"}
  ip -n "$far" route change 10.8.0.0/24 dev v1 src 10.8.0.2 ${1:+congctl "$1"}
}

for ns in "$near" "$far"; do
  timeout 7200 ip netns exec "$ns" ./millrace bench peer >/dev/null & pids+=($!)
done
sleep 3

last() { tail -n 1; }
ours() { timeout 120 ip netns exec "$near" ./millrace bench "$@" "${device[@]}" --address 10.7.0.2/24 --peer 10.7.0.1 \
  --seconds "$seconds" --warm-up 2 --json | last; }
veth() { timeout 120 ip netns exec "$near" ./millrace bench "$@" --link jdk --peer 10.8.0.2 \
  --seconds "$seconds" --warm-up 2 --json | last; }
pings() { # the average of a flood, in microseconds, as JSON
  timeout 60 ip netns exec "$2" ping -q -f -c 50000 "$1" | sed -n 's|^rtt min/avg/max/mdev = [^/]*/\([0-9.]*\)/.*|{"avg_us": \1e3}|p'
}

wanted() { [[ $1 == *"$only"* ]]; }

row() { # label, figure, unit, our arguments, the baseline's arguments
  local a=() b=()
  wanted "$1" || return 0
  for _ in $(seq "$runs"); do
    a+=("$(ours $4)"); b+=("$(veth $5)")
  done
  table "$1" "$2" "$3"
}

table() { # label, figure, unit; reads a and b of the caller
  python3 - "$1" "$2" "$3" "$(printf '%s\n' "${a[@]}")" "$(printf '%s\n' "${b[@]}")" <<'PY'
import collections, json, statistics, sys
label, figure, unit, a, b = sys.argv[1:]
a = [json.loads(x) for x in a.split('\n')]
b = [json.loads(x) for x in b.split('\n')]
f = lambda x: f"{x:.2f}" if x < 100 else f"{x:,.0f}"
def summary(rows):
    v = sorted(r[figure] for r in rows)
    return statistics.median(v), f"{f(statistics.median(v))} ({f(v[0])}–{f(v[-1])})"
ma, ta = summary(a)
mb, tb = summary(b)
how = collections.Counter(r.get('threads', '') for r in a).most_common(1)[0][0]
print(f"| {label}{', ' + how if how and figure == 'p50_us' else ''} | {ta} {unit} | {tb} | {ma / mb:.2f} |", flush=True)
PY
}

echo "| work | Millrace on $kind | kernel over veth | ratio |"
echo "|---|---|---|---|"
congestion cubic
row "kernel → stack, cubic" gbit_per_s Gb/s "stream --direction in" "stream --direction in"
row "stack → kernel" gbit_per_s Gb/s "stream --direction out" "stream --direction out"
row "kernel → stack, no offload" gbit_per_s Gb/s "stream --direction in --set offload=false" "stream --direction in"
row "stack → kernel, no offload" gbit_per_s Gb/s "stream --direction out --set offload=false" "stream --direction out"
congestion
row "kernel → stack, the kernel's default ($(sysctl -n net.ipv4.tcp_congestion_control))" gbit_per_s Gb/s "stream --direction in" "stream --direction in"
congestion cubic
row "TCP 1 byte to and fro, p50" p50_us µs "rr" "rr"
row "TCP 1 byte, without busy-poll" p50_us µs "rr --set busy-poll=0us" "rr"
row "TCP 1 byte, with busy-poll=1ms" p50_us µs "rr --set busy-poll=1ms" "rr"
row "UDP 64 B to and fro, p50" p50_us µs "udp-rr" "udp-rr"
row "connect + close" per_s /s "connect --threads platform" "connect --threads platform"
timeout 7200 ip netns exec "$near" ./millrace services "${device[@]}" --address 10.7.0.2/24 >/dev/null & pids+=($!)
sleep 4
if wanted "ping -f, average"; then
  a=() b=()
  for _ in $(seq "$runs"); do a+=("$(pings 10.7.0.2 "$kernel")"); b+=("$(pings 10.8.0.2 "$near")"); done
  table "ping -f, average" avg_us µs
fi
if wanted "connect + close, the kernel connects"; then
  a=() b=()
  for _ in $(seq "$runs"); do
    for target in 10.7.0.2 10.8.0.2; do
      from=$near
      [ $target = 10.7.0.2 ] && from=$kernel
      r=$(timeout 120 ip netns exec "$from" ./millrace bench connect --threads platform --link jdk --peer $target \
        --seconds "$seconds" --warm-up 2 --json | last)
      if [ $target = 10.7.0.2 ]; then a+=("$r"); else b+=("$r"); fi
    done
  done
  table "connect + close, the kernel connects" per_s /s
fi

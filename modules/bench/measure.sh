#!/usr/bin/env bash
# Measures the table of docs/performance.md: each work on ours and on the kernel's loopback (jdk), alternating, in one go.
# Usage: modules/bench/measure.sh [RUNS] [SECONDS]
# Prints a Markdown table; 5 runs of 2 seconds, the default, take about 12 minutes. Leave the machine alone meanwhile:
# a row says so if something else ran.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-5}
seconds=${2:-2}
export MILLRACE_JAVA_OPTS="-Xms3g -Xmx3g -XX:+AlwaysPreTouch ${MILLRACE_JAVA_OPTS:-}"
./millrace --version >/dev/null # builds if need be

one() { # prefix, arguments -> the JSON object of one run
  local prefix=$1; shift
  MILLRACE_SKIP_BUILD=1 $prefix ./millrace bench "$@" --seconds "$seconds" --warm-up 2 --json | tail -n 1
}

busy() { # the cores that others keep busy right now, sampled for a second
  python3 - <<'PY'
import os, time
def used():
    t = [int(x) for x in open('/proc/stat').readline().split()[1:9]]
    return sum(t) - t[3] - t[4]
a = used(); time.sleep(1); b = used()
print((b - a) / os.sysconf('SC_CLK_TCK'))
PY
}

note() { # cores kept busy before and after a row -> a remark for the table
  python3 -c 'import sys; b = max(map(float, sys.argv[1:])); print(f" (others kept {b:.1f} cores busy)" if b > 0.15 else "")' "$@"
}

field() { python3 -c 'import json, sys; print(json.loads(sys.argv[2]).get(sys.argv[1], 0))' "$1" "$2"; }

row() { # label, figure, unit, prefix, our arguments, the kernel's arguments
  local label=$1 figure=$2 unit=$3 prefix=$4 ours=$5 jdk=$6
  local a=() b=() before r
  extra=()
  before=$(busy)
  for _ in $(seq "$runs"); do
    r=$(one "$prefix" $ours); a+=("$(field "$figure" "$r")"); extra+=("$(field alloc_bytes_per_packet "$r")")
    r=$(one "$prefix" $jdk); b+=("$(field "$figure" "$r")")
  done
  python3 - "$label$(note "$before" "$(busy)")" "$unit" "${a[*]}" "${b[*]}" <<'PY'
import sys, statistics
label, unit, a, b = sys.argv[1:]
a = sorted(map(float, a.split())); b = sorted(map(float, b.split()))
ma, mb = statistics.median(a), statistics.median(b)
f = lambda x: f"{x:.2f}" if x < 100 else f"{x:,.0f}"
print(f"| {label} | {f(ma)} ({f(a[0])}–{f(a[-1])}) {unit} | {f(mb)} ({f(b[0])}–{f(b[-1])}) | {ma / mb:.2f} |")
PY
}

allocation() { # the row of the allocation of the runs before
  python3 -c '
import sys, statistics
v = sorted(map(float, sys.argv[1:]))
print(f"| … bytes allocated per packet | {statistics.median(v):.3f} ({v[0]:.3f}–{v[-1]:.3f}) B | – | |")' "${extra[@]}"
}

printf '%s, %s × %s, Linux %s, %s; median of %s runs of %s s (range)\n\n' "$(date +%F)" "$(nproc)" \
  "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" "$(uname -r)" \
  "$(./millrace --version | tail -n 1)" "$runs" "$seconds"
echo "| work | Millrace: median (range) | kernel loopback, JDK | ratio |"
echo "|---|---|---|---|"
row "stream, loopback, MTU 65536" gbit_per_s Gb/s "" "stream" "stream --link jdk"
allocation
row "stream, vnic, two stacks, MTU 1500, checksums on" gbit_per_s Gb/s "" "stream --link vnic --mtu 1500" "stream --link jdk"
allocation
row "rr 1 byte, loopback, one CPU, p50" p50_us µs "taskset -c 0" "rr" "rr --link jdk"
row "rr 1 byte, loopback, all CPUs, p50" p50_us µs "" "rr" "rr --link jdk"
row "connect + close, loopback" per_s /s "" "connect" "connect --link jdk"
row "udp-rr 64 B, loopback, p50" p50_us µs "" "udp-rr" "udp-rr --link jdk"
row "udp-flood 64 B, loopback, received" per_s /s "" "udp-flood" "udp-flood --link jdk"
for _ in $(seq "$runs"); do one "" idle; done | python3 -c '
import json, sys, statistics
v = sorted(json.loads(l)["bytes_per_pair"] for l in sys.stdin)
print(f"| idle established pair, heap, 20 000 pairs | {statistics.median(v):,.0f} ({v[0]:,.0f}–{v[-1]:,.0f}) B | – | |")'

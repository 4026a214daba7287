#!/usr/bin/env bash
# Two network namespaces: in one a host with a TUN device and NAT, in the other "the Internet" with a web server. A stack of
# Millrace on the device fetches a page from it, and serves one to the host's curl. Removes everything at the end, whatever
# happens; nothing outside the two namespaces is touched. Needs root and /dev/net/tun.
set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
millrace=$root/millrace
host=millrace-host-$$       # where the TUN device and the stack are
world=millrace-world-$$     # the Internet
device=mill0
stack=10.77.0.2
inside=10.77.0.1            # the host's address on the device
outside=192.0.2.1           # the host's address towards the world (RFC 5737: no real network has it)
server=192.0.2.2
port=8080
tmp=
pids=()
failures=0
settings=()

die() { printf 'run.sh: %s\n' "$*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }
check() { # check WHAT COMMAND...: says whether the command succeeded, and counts
  local what=$1
  shift
  if "$@"; then printf '   yes: %s\n' "$what"; else printf '   NO:  %s\n' "$what"; failures=$((failures + 1)); fi
}
on_host() { # with exec in front, so that a process in the background has the number that $! says
  if [ "$1" = exec ]; then set -- "${@:2}"; exec ip netns exec "$host" env "${settings[@]}" "$@"; fi
  ip netns exec "$host" env "${settings[@]}" "$@"
}
await() { # await SECONDS COMMAND...: until the command succeeds
  local tries=$(($1 * 10))
  shift
  for ((i = 0; i < tries; i++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  return 1
}

cleanup() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  for pid in "${pids[@]}"; do
    await 5 bash -c "! kill -0 $pid" || kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  # The namespaces take their devices, rules and settings with them.
  for namespace in "$host" "$world"; do
    if [ -e "/run/netns/$namespace" ]; then ip netns del "$namespace" || true; fi
  done
  if [ -n "$tmp" ]; then rm -rf "$tmp"; fi
  exit "$code"
}

[ "$(id -u)" = 0 ] || die "this makes network namespaces and needs root: sudo $0"
[ -c /dev/net/tun ] || die "/dev/net/tun is not there: modprobe tun, or docker run --device /dev/net/tun --cap-add NET_ADMIN"
for program in ip iptables curl; do
  command -v "$program" >/dev/null || die "$program is missing; on Debian: apt-get install iproute2 iptables curl"
done
"$millrace" --version >/dev/null # builds if need be
commands=$("$millrace" --help)
for command in get serve tun doctor; do
  grep -qE "^ +$command " <<<"$commands" || die "this build of millrace has no \"$command\""
done

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
tmp=$(mktemp -d)
settings=(MILLRACE_SKIP_BUILD=1 "MILLRACE_STATE_DIR=$tmp/state")

say "two namespaces, joined by a cable"
ip netns add "$host"
ip netns add "$world"
ip -n "$host" link add up0 type veth peer name down0 netns "$world"
ip -n "$host" link set lo up
ip -n "$world" link set lo up
ip -n "$host" addr add "$outside/24" dev up0
ip -n "$world" addr add "$server/24" dev down0
ip -n "$host" link set up0 up
ip -n "$world" link set down0 up
printf '   %s: %s on up0    %s: %s\n' "$host" "$outside" "$world" "$server"

say "a web server in the world"
mkdir "$tmp/www"
printf 'Hello from the other side.\n' >"$tmp/www/index.html"
head -c 1000000 /dev/urandom >"$tmp/www/big"
chmod -R a+rX "$tmp"
if command -v nginx >/dev/null; then
  cat >"$tmp/nginx.conf" <<EOF
daemon off; master_process off; pid $tmp/nginx.pid; error_log stderr;
events { }
http { access_log $tmp/access.log; server { listen $server:$port; root $tmp/www; } }
EOF
  ip netns exec "$world" nginx -e stderr -c "$tmp/nginx.conf" -p "$tmp" 2>"$tmp/server.log" &
elif command -v python3 >/dev/null; then
  (cd "$tmp/www" && exec ip netns exec "$world" python3 -u -m http.server --bind "$server" "$port") >"$tmp/access.log" 2>&1 &
else
  die "neither nginx nor python3 is there to be the server"
fi
pids+=($!)
await 10 ip netns exec "$world" curl -sf -o /dev/null "http://$server:$port/" || { cat "$tmp"/*.log >&2; die "the server did not start"; }
printf '   http://%s:%s/\n' "$server" "$port"

say "millrace tun up"
on_host "$millrace" tun up $device --address $inside/24 --nat up0
check "the doctor finds no problem" on_host "$millrace" doctor --tun $device

say "millrace get, through the host's NAT"
on_host timeout 60 "$millrace" get "http://$server:$port/" --tun $device --address $stack/24 --gateway $inside || true
on_host timeout 60 "$millrace" get "http://$server:$port/big" --tun $device --address $stack/24 --gateway $inside \
  --output "$tmp/big" || true
check "the megabyte arrived unharmed" cmp "$tmp/www/big" "$tmp/big"
check "the server saw the host's address, $outside, and not the stack's" \
  bash -c "grep -q '^$outside ' '$tmp/access.log' && ! grep -q '^$stack ' '$tmp/access.log'"

say "millrace serve, and the host's curl"
on_host exec "$millrace" serve --tun $device --address $stack/24 >"$tmp/serve.log" 2>&1 &
pids+=($!)
await 20 grep -qE 'https?://' "$tmp/serve.log" || true
url=$(grep -oE 'http://[0-9][0-9.:]*' "$tmp/serve.log" | head -n 1 || true)
url=${url:-http://$stack}
on_host curl -sS --max-time 20 -i "$url/" | tee "$tmp/answer" || true
check "curl got an answer from the stack" grep -q 'Hello, World!' "$tmp/answer"
kill "${pids[-1]}" 2>/dev/null || true
wait "${pids[-1]}" 2>/dev/null || true
unset 'pids[-1]'

say "millrace tun down"
on_host "$millrace" tun down $device
check "the device is gone" bash -c "! ip -n $host link show $device 2>/dev/null"
check "the NAT rule is gone" bash -c "! ip netns exec $host iptables-save | grep millrace"
check "forwarding is off again" [ "$(ip netns exec "$host" cat /proc/sys/net/ipv4/ip_forward)" = 0 ]

say "$([ $failures = 0 ] && echo "all as it should be" || echo "$failures checks failed")"
[ $failures = 0 ]

#!/bin/sh
# One machine's share of a search over seeds:
#   share.sh SHARE SHARES FIRST LAST CLASS[#METHOD] [option of millrace explore ...]
# SHARE is 0 to SHARES - 1, and the shares of all of them together are the seeds FIRST to LAST, each once. What is done is kept in
# share-SHARE.json, so that a job that was stopped goes on where it was. MILLRACE: the command, if it is not on the PATH.
# Exits as explore does: 0 all pass, 1 some fail, 2 wrong usage, 3 some seed is not the same run twice, 130 interrupted.
set -eu

if [ $# -lt 5 ]; then
  sed -n '2,4s/^# *//p' "$0" >&2
  exit 2
fi
share=$1 shares=$2 first=$3 last=$4 class=$5
shift 5
count=$((last - first + 1))
if [ "$shares" -lt 1 ] || [ "$share" -lt 0 ] || [ "$share" -ge "$shares" ] || [ "$count" -lt "$shares" ]; then
  echo "share.sh: there is no share $share of $shares of $count seeds" >&2
  exit 2
fi
from=$((first + share * count / shares))
to=$((first + (share + 1) * count / shares - 1))
exec ${MILLRACE:-millrace} explore --keep-going --seeds "$from..$to" --resume "share-$share.json" "$@" "$class"

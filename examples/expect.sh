#!/bin/sh
# expect.sh LINE... -- COMMAND...: runs the command in an empty folder; it must succeed and print these lines, in this
# order and among others.
set -eu
expected=$(mktemp)
printed=$(mktemp)
trap 'rm -f "$expected" "$printed"' EXIT
while [ "$1" != -- ]; do
  printf '%s\n' "$1" >>"$expected"
  shift
done
shift
folder=$(mktemp -d)
trap 'rm -rf "$expected" "$printed" "$folder"' EXIT
(cd "$folder" && exec "$@") >"$printed" || { cat "$printed"; echo "expect.sh: it failed" >&2; exit 1; }
cat "$printed"
awk 'NR == FNR { line[NR] = $0; count = NR; next }
     found < count && $0 == line[found + 1] { ++found }
     END { if (found < count) { print "expect.sh: not printed, or not in this order: " line[found + 1]; exit 1 } }' \
  "$expected" "$printed" >&2

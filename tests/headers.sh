#!/usr/bin/env bash
# Usage: headers.sh COMPILER FLAG...
# Compiles the C headers alone, together in either order, and twice, in the language that the flags choose.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

for headers in \
  'bccast' \
  'bccast_ext' \
  'bccast bccast_ext' \
  'bccast_ext bccast' \
  'bccast bccast bccast_ext bccast_ext'; do
  echo "$headers"
  for header in $headers; do
    printf '#include <bccast/%s.h>\n' "$header"
  done | "$@" -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$root/capi/include" -
done

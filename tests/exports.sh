#!/usr/bin/env bash
# Usage: exports.sh LIBRARY              compare capi/exports.txt with what LIBRARY exports and the headers declare
#        exports.sh --write              write capi/exports.txt anew from the headers
#        exports.sh --self-test LIBRARY  show that a symbol too many or too few is found
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "$0")/.." && pwd)
list=$root/capi/exports.txt

# The functions that the C headers declare: without comments and macros, a statement a line, neither typedefs nor
# inline bodies.
declared() {
  local header
  for header in "$root"/capi/include/bccast/*.h; do
    "${CC:-cc}" -E -P -std=c99 -I"$root/capi/include" "$header"
  done | tr '\n' ' ' | tr ';' '\n' | grep -vE '\b(typedef|static)\b' | grep -oE '\bbccast_[a-z0-9_]+ *\(' |
    tr -d ' (' | sort -u
}

exported() {
  "${NM:-nm}" -D --defined-only "$1" | awk '{ print $3 }' | sort
}

# compare NAME EXPECTED NAME FOUND: says which lines differ.
compare() {
  diff --label "$1" --label "$3" -u <(printf '%s\n' "$2") <(printf '%s\n' "$4")
}

check() {
  local listed=$1 symbols=$2 functions=$3 result=0
  compare capi/exports.txt "$listed" libbccast.so "$symbols" || result=1
  compare capi/exports.txt "$listed" capi/include/bccast "$functions" || result=1
  return $result
}

case ${1:-} in
  --write)
    declared >"$list"
    echo "$(wc -l <"$list") functions in capi/exports.txt"
    ;;
  --self-test)
    symbols=$(exported "$2")
    functions=$(declared)
    more=$(printf '%s\nbccast_zzz\n' "$functions")
    fewer=$(sed 1d <<<"$functions")
    for planted in "$more" "$fewer"; do
      if check "$planted" "$symbols" "$functions" >/dev/null ||
        check "$functions" "$planted" "$functions" >/dev/null ||
        check "$functions" "$functions" "$planted" >/dev/null; then
        echo "a planted difference was not found" >&2
        exit 1
      fi
    done
    check "$functions" "$functions" "$functions"
    ;;
  '' | -*)
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
    ;;
  *)
    if ! sort -uc "$list"; then
      echo "capi/exports.txt is not sorted" >&2
      exit 1
    fi
    if ! check "$(cat "$list")" "$(exported "$1")" "$(declared)"; then
      echo "tests/exports.sh --write makes the list anew from the headers" >&2
      exit 1
    fi
    echo "$(wc -l <"$list") functions: listed, exported and declared"
    ;;
esac

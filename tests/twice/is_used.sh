#!/bin/sh
# Whether a program that is linked to libbccast.so runs with the store that runs all work twice where
# LD_LIBRARY_PATH names the folder of that library, and with the usual one where it does not.
# Usage: is_used.sh <program> <folder>
set -eu
program=$1
folder=$2

library_of() { ldd "$program" | sed -n 's/^.*libbccast[.]so[^ ]* => \([^ ]*\) .*$/\1/p'; }
runs_twice() { nm --demangle "$1" | grep -q 'TwiceStore::run_write'; }

usual=$(library_of)
if runs_twice "$usual"; then
  echo "$usual runs all work twice" >&2
  exit 1
fi
twice=$(LD_LIBRARY_PATH=$folder library_of)
if [ "${twice%/*}" != "$folder" ] || ! runs_twice "$twice"; then
  echo "$twice does not run work twice, or is not in $folder" >&2
  exit 1
fi

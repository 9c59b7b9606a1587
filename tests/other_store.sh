#!/bin/sh
# Whether a program that is linked to libbccast.so runs with another store where LD_LIBRARY_PATH names the folder
# of a library that has it, and with the usual one where it does not.
# Usage: other_store.sh <program> <folder> <class of the store>
set -eu
program=$1
folder=$2
class=$3

library_of() { ldd "$program" | sed -n 's/^.*libbccast[.]so[^ ]* => \([^ ]*\) .*$/\1/p'; }
has_it() { nm --demangle "$1" | grep -q "$class::run_write"; }

usual=$(library_of)
if has_it "$usual"; then
  echo "$usual has $class" >&2
  exit 1
fi
other=$(LD_LIBRARY_PATH=$folder library_of)
if [ "${other%/*}" != "$folder" ] || ! has_it "$other"; then
  echo "$other has no $class, or is not in $folder" >&2
  exit 1
fi

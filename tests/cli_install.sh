#!/usr/bin/env bash
# Usage: cli_install.sh BUILD. Installs into a new folder, and looks at what belongs to the command-line program.
set -euo pipefail
build=$1
root=$(cd "$(dirname "$0")/.." && pwd)
prefix=$(mktemp -d "${TMPDIR:-/tmp}/bccast-install.XXXXXX")
trap 'rm -rf "$prefix"' EXIT
"${CMAKE:-cmake}" --install "$build" --prefix "$prefix" >/dev/null
cd "$prefix"

bin/bccast version >/dev/null # it finds its library
cmp "$root/docs/cli.schema.json" share/bccast/cli.schema.json
bash -uc '. ./share/bash-completion/completions/bccast; complete -p bccast' >/dev/null
if command -v scdoc >/dev/null; then
  grep -q '^\.TH "bccast" "1"' share/man/man1/bccast.1
fi

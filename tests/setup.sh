# shellcheck shell=bash disable=SC2034
# Sourced, never run: brings what a build needs onto a Debian 12 machine. Where nothing is missing it changes nothing
# and needs no root.
#
# An entry is command:package, where the command is enough wherever it came from, or a Debian package.

# For the libraries and the programs; for the tests besides; for Clang's builds besides.
build_needs=(cmake:cmake ninja:ninja-build g++:g++ pkg-config:pkg-config libsqlite3-dev libsodium-dev libxxhash-dev
  libicu-dev libfmt-dev libcli11-dev nlohmann-json3-dev libhowardhinnant-date-dev scdoc:scdoc)
test_needs=(python3:python3 python3-jsonschema doctest-dev)
# For the examples on real chat servers, the page, and their tests: servers, clients and a browser. Where these are
# missing their tests are left out.
server_needs=(mosquitto mosquitto-clients mosquitto-dev libmosquitto-dev libcjson-dev prosody:prosody liblua5.4-dev
  python3-slixmpp node:nodejs npm:npm chromium:chromium)
clang_needs=(clang++:clang libclang-rt-14-dev)

is_there() {
  case $1 in
    *:*) command -v "${1%%:*}" >/dev/null ;;
    *) dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed' ;;
  esac
}

# install_needs ENTRY...: installs those that are missing, as root.
install_needs() {
  local entry missing=()
  for entry; do
    is_there "$entry" || missing+=("${entry#*:}")
  done
  if ((${#missing[@]} == 0)); then
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    echo "No apt-get here, so not looked for: ${missing[*]}" >&2
    return 0 # CMake says what it cannot find
  fi

  local install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if ((EUID != 0)); then
    echo "Missing packages. As root: apt-get update && ${install[*]}" >&2
    return 1
  fi
  echo "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && "${install[@]}" -qq >/dev/null
}

#!/usr/bin/env bash
# From a fresh clone to the page in one go: installs what is missing (Debian 12, as root), builds the plugin in
# build/quickstart, takes mqtt.js from npm into build/web, and starts a broker and the page until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh

install_needs "${build_needs[@]}" "${server_needs[@]}"
cmake -S . -B build/quickstart --log-level=NOTICE -G Ninja -DBCCAST_BUILD_TESTS=OFF -DBCCAST_BUILD_BENCH=OFF
cmake --build build/quickstart --target bccast_cli bccast_mosquitto -- --quiet

mkdir -p build/web
cp examples/web/package.json examples/web/package-lock.json build/web/
npm ci --prefix build/web --omit=dev --no-audit --no-fund --silent

exec python3 -B examples/web/demo.py build/quickstart/examples/mosquitto/bccast_mosquitto.so \
  build/quickstart/examples/cli/bccast build/web/node_modules/mqtt/dist/mqtt.min.js

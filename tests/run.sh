#!/usr/bin/env bash
# Usage: tests/run.sh [PRESET [CMAKE_OPTION...]]
# Installs what is missing (Debian 12, as root), builds a preset of CMakePresets.json (dev unless named: release,
# asan, tsan, clang, fuzz) in build/PRESET, and runs its tests in parallel, in random order. May be run again at once.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh

preset=${1:-dev}
shift $(($# > 0))
jobs=$(nproc)

needs=("${build_needs[@]}" "${test_needs[@]}" "${server_needs[@]}")
if [[ $preset == clang || $preset == fuzz ]]; then
  needs+=("${clang_needs[@]}")
fi

echo "== $preset: set up"
install_needs "${needs[@]}"
echo "== $preset: build in build/$preset"
cmake --preset "$preset" --log-level=NOTICE "$@"
cmake --build --preset "$preset" --parallel "$jobs" -- --quiet
echo "== $preset: test"
ctest --preset "$preset" --parallel "$jobs"

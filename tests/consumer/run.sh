#!/usr/bin/env bash
# Usage: run.sh find_package|add_subdirectory|pkg_config BUILD_FOLDER
# Builds a consumer's programs in C and C++ the way that is named, and runs them. The first and the last use what
# BUILD_FOLDER installs: into a folder of its own, which is then moved, as packagers do.
set -euo pipefail
way=$1
build=$2
here=$(cd "$(dirname "$0")" && pwd)
cmake=${CMAKE:-cmake}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

install_bccast() {
  "$cmake" --install "$build" --prefix "$work/elsewhere" >"$work/install.log" || {
    cat "$work/install.log"
    return 1
  }
  mv "$work/elsewhere" "$work/prefix"
  ! grep -rlI -e "$work" -e "$build" "$work/prefix" || {
    echo "these installed files name a folder of the build machine" >&2
    return 1
  }
  if [[ -e $work/prefix/bin/bccast ]]; then
    "$work/prefix/bin/bccast" --version
  fi
}

# expect_version PROGRAM...: each says the version of this project.
expect_version() {
  local program said
  for program; do
    said=$("$program")
    echo "${program##*/}: $said"
    [[ $said == "${VERSION:-$said}" ]] || {
      echo "expected $VERSION" >&2
      return 1
    }
  done
}

build_with_cmake() {
  "$cmake" -S "$here/$way" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_C_COMPILER_LAUNCHER="${LAUNCHER:-}" -DCMAKE_CXX_COMPILER_LAUNCHER="${LAUNCHER:-}"
  "$cmake" --build "$work/build"
  expect_version "$work"/build/{version_c,version_cpp,core}
}

case $way in
  find_package)
    install_bccast
    build_with_cmake
    ;;
  add_subdirectory)
    build_with_cmake
    ;;
  pkg_config)
    install_bccast
    libdir=$(dirname "$(find "$work/prefix" -name libbccast.so)")
    export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir
    [[ $(pkg-config --modversion bccast) == "${VERSION:-$(pkg-config --modversion bccast)}" ]]
    read -ra flags <<<"$(pkg-config --cflags --libs bccast)"
    warnings=(-Wall -Wextra -pedantic -Werror)
    "${CC:-cc}" -std=c99 "${warnings[@]}" "$here/version.c" "${flags[@]}" -o "$work/version_c"
    "${CXX:-c++}" -std=c++17 "${warnings[@]}" "$here/version.cpp" "${flags[@]}" -o "$work/version_cpp"
    expect_version "$work"/version_c "$work"/version_cpp
    ;;
  *)
    sed -n '2s/^# //p' "$0" >&2
    exit 2
    ;;
esac

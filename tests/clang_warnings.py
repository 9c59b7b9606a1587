#!/usr/bin/env python3
"""Compiles what a build folder has not built yet as far as its warnings: no code is made, which is most of the time.

Usage: clang_warnings.py BUILD_FOLDER   (with a compile_commands.json; the flags are the build's, -Werror among them)
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys


def is_built(entry):
    words = shlex.split(entry["command"])
    return (pathlib.Path(entry["directory"]) / words[words.index("-o") + 1]).exists()


def look(entry):
    """The number of the compiler's result; it writes its warnings itself."""
    words = shlex.split(entry["command"])
    return subprocess.run([*words[:words.index("-o")], "-fsyntax-only", entry["file"]],
                          cwd=entry["directory"], check=False).returncode


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    entries = json.loads((folder / "compile_commands.json").read_text())
    left = [one for one in entries if not is_built(one)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = sum(code != 0 for code in pool.map(look, left))
    print(f"{len(left)} of {len(entries)} sources looked at for warnings alone, {failed} with some")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The rooms of the source and their one-way arrows: fails on an #include that points the wrong way.

Usage: arrows.py              check the tree
       arrows.py --self-test  plant wrong lines, one for every rule at least, and fail if one is not found
"""

import re
import sys
from pathlib import Path

# A file belongs to the room with the longest matching prefix. A room may include itself and what is named here;
# "adapters/" stands for every adapter. "door" is the C++ library's front, "values" the types that it speaks in.
ROOMS = {
    "src/base/": {"values"},
    "src/model/": {"values", "src/base/"},
    "src/ports/": {"values", "src/model/", "src/base/"},
    "src/core/": {"values", "src/ports/", "src/model/", "src/base/"},
    "src/adapters/": {"values", "src/ports/", "src/model/", "src/base/"},
    "src/engine/": {"door", "values", "src/core/", "src/adapters/", "src/ports/", "src/model/", "src/base/"},
    "values": set(),
    "door": {"values"},
    "capi/include/": set(),
    "capi/src/": {"capi/include/", "door", "values", "src/engine/", "src/ports/", "src/model/", "src/base/"},
    "examples/": {"capi/include/", "door", "values"},
    "bench/": {"capi/include/", "door", "values"},
    "tests/": {"capi/include/", "door", "values"},
    "tests/unit/": None,  # may look anywhere
    # Any store, whatever it is made of: by its URL alone.
    "tests/store/": {"values", "src/engine/", "src/ports/", "src/model/", "src/base/", "tests/"},
    "tests/twice/": None,
    "tests/memory/": {"values", "src/engine/", "src/ports/", "src/model/", "src/base/"},
    "tests/beside/": None,
    "tests/fuzz/": None,
}
# Of the engine only these know adapters: they say which one is meant.
CHOOSES_ADAPTERS = (
    "src/engine/stores.cpp",
    "src/engine/restore.cpp",
    "src/engine/notifiers.cpp",
    "src/engine/maildir_notifier.",
    "src/engine/parts.hpp",
)
DOOR = "include/bccast/engine.hpp"
VALUES = "include/bccast/"
LIBRARY = ("src/", "include/", "capi/")

# Other people's headers: what they look like, and the only places that may include them.
FAMILIES = {
    "SQLite": (r"sqlite3(ext)?\.h", ["src/adapters/sqlite/", "bench/", "tests/"]),
    "libsodium": (r"sodium(\.h|/.*)", ["src/base/", "tests/"]),
    "ICU": (r"unicode/.*", ["src/base/unicode.cpp", "tests/"]),
    "xxHash": (r"(xxhash|xxh3)\.h", ["src/base/", "src/model/", "tests/"]),
    "date": (r"date/.*", ["src/adapters/tz/", "examples/cli/", "tests/"]),
    "fmt": (r"fmt/.*", ["src/", "capi/src/", "tests/"]),
    "Boost": (r"boost/.*", ["src/", "capi/src/", "tests/"]),
    "doctest": (r"doctest(/.*|\.h)", ["tests/"]),
    "CLI11": (r"CLI/.*", ["examples/cli/"]),
    "nlohmann-json": (r"nlohmann/.*", ["examples/cli/", "tests/"]),
}

# The languages' own headers, and those of the operating system.
STANDARD = re.compile(
    r"[a-z_]+|(assert|ctype|errno|float|inttypes|limits|math|signal|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|time)\.h"
)
SYSTEM = re.compile(
    r"(sys|linux|arpa|net|netinet)/.*|(dirent|fcntl|netdb|poll|pthread|sched|semaphore|signal|spawn|syslog|termios|unistd)\.h"
)
# The rules of blasting know nothing of threads, files or the operating system.
PURE = ("src/model/", "src/ports/", "src/core/")
IMPURE = re.compile(
    r"condition_variable|filesystem|fstream|future|iostream|mutex|semaphore|shared_mutex|stop_token|syncstream|thread"
)
C_HEADER_MAY_USE = {"stddef.h", "stdint.h"}

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>|(\S+))', re.MULTILINE)
SUFFIXES = {".h", ".hpp", ".c", ".cpp"}


def room_of(path):
    if path == DOOR:
        return "door"
    if path.startswith(VALUES):
        return "values"
    return max((room for room in ROOMS if path.startswith(room)), key=len, default=None)


def own_file(path, name, quoted, files):
    """The file of this project that an include names, or None."""
    folders = [path.rpartition("/")[0] + "/"] if quoted else []
    for folder in [*folders, "src/", "include/", "capi/include/", "capi/src/"]:
        parts = []
        for part in (folder + name).split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in ("", "."):
                parts.append(part)
        if "/".join(parts) in files:
            return "/".join(parts)
    return None


def wrong_arrow(path, target):
    here, there = room_of(path), room_of(target)
    if here is None:
        return "this folder is in no room"
    if here == "src/adapters/" == there:
        here_folder, there_folder = path.split("/")[2], target.split("/")[2]
        return None if here_folder == there_folder else f"adapter {here_folder} knows adapter {there_folder}"
    if here == "src/engine/" and there == "src/adapters/" and not path.startswith(CHOOSES_ADAPTERS):
        return "adapter known outside of where it is chosen"
    allowed = ROOMS[here]
    if allowed is None or here == there or there in allowed:
        return None
    return f"arrow {here} -> {there}"


def wrong_header(path, name):
    """The rule that including a header from outside this project breaks, or None."""
    room = room_of(path)
    for family, (pattern, places) in FAMILIES.items():
        if re.fullmatch(pattern, name):
            return None if path.startswith(tuple(places)) else f"{family} outside its place"
    if not path.startswith(LIBRARY):
        return None
    if room == "capi/include/":
        return None if name in C_HEADER_MAY_USE else "C header that does not stand alone"
    if room in PURE and (IMPURE.fullmatch(name) or SYSTEM.fullmatch(name)):
        return "pure room with threads, files or the operating system"
    if SYSTEM.fullmatch(name):
        return None if room not in ("door", "values") else "public header with the operating system"
    return None if STANDARD.fullmatch(name) else "header of an unknown library"


def violations(files):
    """Yields (path, line number, included name, rule) for each wrong include in {path: text}."""
    for path, text in sorted(files.items()):
        text = COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), text)
        for match in INCLUDE.finditer(text):
            quoted, angled, computed = match.groups()
            name = quoted or angled or computed
            target = own_file(path, name, quoted is not None, files)
            if computed:
                rule = "include that cannot be read"
            elif target:
                rule = wrong_arrow(path, target)
            else:
                rule = wrong_header(path, name)
            if rule:
                yield path, text.count("\n", 0, match.start()) + 1, name, rule


def read_tree(root):
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for top in ("src", "include", "capi", "examples", "bench", "tests")
        for path in sorted((root / top).rglob("*"))
        if path.suffix in SUFFIXES and path.is_file()
    }


def self_test():
    tree = {
        path: ""
        for path in (
            "src/base/id.hpp src/model/blast.hpp src/ports/store.hpp src/core/inbox.hpp src/adapters/sqlite/store.hpp "
            "src/adapters/smtp/mail.hpp src/engine/engine.hpp include/bccast/engine.hpp include/bccast/values.hpp "
            "capi/include/bccast/bccast.h capi/src/guard.hpp examples/cli/main.cpp bench/drain.cpp tests/send_test.cpp "
            "tests/unit/blast_test.cpp tests/store/lines_test.cpp tests/memory/work.hpp tests/fuzz/slice_fuzz.cpp"
        ).split()
    }
    right = """
        src/base/id.hpp                  <sodium.h>
        src/base/id.hpp                  <sys/random.h>
        src/base/unicode.cpp             <unicode/utrans.h>
        src/adapters/tz/system_zones.cpp <date/tz.h>
        src/model/blast.hpp              "base/id.hpp"
        src/model/blast.hpp              <xxhash.h>
        src/ports/store.hpp              "model/blast.hpp"
        src/core/inbox.hpp               "ports/store.hpp"
        src/core/inbox.hpp               <boost/container/flat_map.hpp>
        src/adapters/sqlite/store.hpp    <sqlite3.h>
        src/adapters/sqlite/store.hpp    "../../ports/store.hpp"
        src/engine/stores.cpp            "adapters/sqlite/store.hpp"
        src/engine/engine.hpp            "core/inbox.hpp"
        src/engine/engine.hpp            <thread>
        include/bccast/engine.hpp        <bccast/values.hpp>
        include/bccast/engine.hpp        <string_view>
        capi/include/bccast/bccast.h     <stdint.h>
        capi/src/guard.hpp               "engine/engine.hpp"
        capi/src/guard.hpp               <bccast/bccast.h>
        examples/cli/main.cpp            <bccast/bccast.h>
        examples/cli/main.cpp            <CLI/CLI.hpp>
        examples/cli/main.cpp            <nlohmann/json.hpp>
        examples/cli/moment.cpp          <date/tz.h>
        bench/drain.cpp                  <bccast/bccast.h>
        tests/send_test.cpp              <bccast/bccast.h>
        tests/unit/blast_test.cpp        "model/blast.hpp"
        tests/unit/blast_test.cpp        <doctest/doctest.h>
        tests/store/lines_test.cpp       "ports/store.hpp"
        tests/memory/work.hpp            "ports/store.hpp"
        tests/fuzz/slice_fuzz.cpp        "model/blast.hpp"
    """
    wrong = """
        src/base/id.hpp                  "model/blast.hpp"             arrow
        src/model/blast.hpp              "ports/store.hpp"             arrow
        src/model/blast.hpp              <bccast/engine.hpp>           arrow
        src/ports/store.hpp              "core/inbox.hpp"              arrow
        src/core/inbox.hpp               "adapters/sqlite/store.hpp"   arrow
        src/core/inbox.hpp               "../engine/engine.hpp"        arrow
        src/core/inbox.hpp               <bccast/bccast.h>             arrow
        src/adapters/sqlite/store.hpp    "core/inbox.hpp"              arrow
        src/adapters/sqlite/store.hpp    "adapters/smtp/mail.hpp"      adapter
        src/adapters/sqlite/store.hpp    "../smtp/mail.hpp"            adapter
        src/engine/engine.hpp            "guard.hpp"                   arrow
        src/engine/engine.hpp            "adapters/sqlite/store.hpp"   adapter
        include/bccast/values.hpp        <bccast/engine.hpp>           arrow
        include/bccast/values.hpp        "base/id.hpp"                 arrow
        include/bccast/engine.hpp        "engine/engine.hpp"           arrow
        capi/include/bccast/bccast.h     <bccast/values.hpp>           arrow
        capi/src/guard.hpp               "core/inbox.hpp"              arrow
        capi/src/guard.hpp               "adapters/sqlite/store.hpp"   arrow
        examples/cli/main.cpp            "engine/engine.hpp"           arrow
        bench/drain.cpp                  "model/blast.hpp"             arrow
        tests/send_test.cpp              "model/blast.hpp"             arrow
        tests/store/lines_test.cpp       "adapters/sqlite/store.hpp"   arrow
        tests/memory/work.hpp            "adapters/sqlite/store.hpp"   arrow
        src/core/inbox.hpp               <sqlite3.h>                   SQLite
        src/engine/engine.hpp            "sqlite3.h"                   SQLite
        src/adapters/smtp/mail.hpp       <sqlite3.h>                   SQLite
        src/model/blast.hpp              <sodium.h>                    libsodium
        src/adapters/sqlite/store.hpp    <sodium/crypto_hash.h>        libsodium
        src/adapters/sqlite/store.hpp    <xxhash.h>                    xxHash
        src/core/inbox.hpp               <unicode/uchar.h>             ICU
        src/base/fold.cpp                <unicode/uchar.h>             ICU
        include/bccast/values.hpp        <fmt/format.h>                fmt
        src/core/quiet.hpp               <date/tz.h>                   date
        include/bccast/engine.hpp        <boost/container/flat_map.hpp> Boost
        capi/include/bccast/bccast.h     <boost/version.hpp>           Boost
        src/base/id.hpp                  <doctest/doctest.h>           doctest
        src/engine/engine.hpp            <CLI/CLI.hpp>                 CLI11
        capi/src/guard.hpp               <nlohmann/json.hpp>           nlohmann-json
        src/core/inbox.hpp               <date/tz.h>                   date
        capi/include/bccast/bccast.h     <time.h>                      C header
        capi/include/bccast/bccast.h     <string>                      C header
        src/model/blast.hpp              <mutex>                       pure
        src/core/inbox.hpp               <unistd.h>                    pure
        src/ports/store.hpp              <fstream>                     pure
        include/bccast/engine.hpp        <unistd.h>                    public header
        include/bccast/engine.hpp        <curl/curl.h>                 header of an unknown
        src/engine/engine.hpp            "no/such.hpp"                 header of an unknown
        src/engine/engine.hpp            NAME                          include that cannot
        include/other.hpp                "bccast/values.hpp"           this folder
    """

    def found(path, include):
        planted = f"/* #include <sqlite3.h>\n*/\n// #include <sqlite3.h>\n  #  include {include}  // why\n"
        return [(line, rule) for _, line, _, rule in violations({**tree, path: planted})]

    failures = []
    fired = set()
    for line in right.strip().splitlines():
        path, include = line.split()
        if found(path, include):
            failures.append(f"{path} may include {include}: {found(path, include)}")
    for line in wrong.strip().splitlines():
        path, include, rule = line.split(maxsplit=2)
        broken = found(path, include)
        if len(broken) != 1 or broken[0][0] != 4 or not broken[0][1].startswith(rule):
            failures.append(f"{path} must not include {include} ({rule}): {broken}")
        fired.update((room_of(path), rule))
    unproven = {room for room, allowed in ROOMS.items() if allowed is not None} | set(FAMILIES)
    failures += [f"no planted line for {rule}" for rule in sorted(unproven - fired)]
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        failures = self_test()
    elif not sys.argv[1:]:
        files = read_tree(Path(__file__).resolve().parent.parent)
        failures = [f"{path}:{line}: {name}: {rule}" for path, line, name, rule in violations(files)]
        print(f"{len(files)} files read")
    else:
        sys.exit(__doc__)
    print(*failures, sep="\n", end="\n" if failures else "")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

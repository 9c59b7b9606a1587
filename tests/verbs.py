#!/usr/bin/env python3
"""The store is changed in one place (Context::write): nobody else starts a transaction that writes, or rings those
who wait because one was committed. And each verb of core/verb.hpp is used; those that are calls are functions of the
C API.

Usage: verbs.py               say what is wrong
       verbs.py --self-test   show that what is planted is found
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("src/core", "src/engine")
VERBS = "src/core/verb.hpp"
PLACE = "src/core/context.hpp"

WRITES = re.compile(r"\bstore(?:_|\(\))?(?:\.|->)write\(")
# What is worth having only if it costs nobody anything, and leaves no work.
TRIES = re.compile(r"\btry_write\(")
MAY_TRY = {"src/core/inbox.cpp"}
RINGS = re.compile(r"\bring(?:_who_waits)?\(\)")
# The bells themselves; and the engine's own loop, which tells itself that it is not done.
MAY_RING = {
    "src/engine/doorbell.hpp",
    "src/engine/doorbell.cpp",
    "src/engine/parts.hpp",
    "src/engine/pump.cpp",
    "src/engine/workers.cpp",
    # What could not be given back comes up again when its lease is over.
    "src/core/work.cpp",
}
VERB = re.compile(r'constexpr VerbKind (\w+)\{\s*"([^"]+)"')
OWN = "own:"


def read_rooms():
    files = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.[ch]pp")):
            files[str(path.relative_to(ROOT))] = path.read_text()
    return files


def faults(files, functions):
    """A line for each."""
    found = []
    for path, text in files.items():
        for pattern, allowed, what in (
            (WRITES, {PLACE}, "starts a transaction that writes"),
            (TRIES, MAY_TRY, "starts a transaction that may be left out"),
            (RINGS, MAY_RING | {PLACE}, "rings"),
        ):
            if path not in allowed and pattern.search(text):
                found.append(f"{path}: {what}, which is for {PLACE}")
    others = "\n".join(text for path, text in files.items() if path != VERBS)
    names = set()
    for verb, name in VERB.findall(files[VERBS]):
        if not name.startswith(OWN) and "bccast_" + name not in functions:
            found.append(f"{VERBS}: {verb}: there is no function bccast_{name}")
        if name in names:
            found.append(f"{VERBS}: {verb}: {name} is another's name")
        names.add(name)
        if not re.search(rf"\bverb::{verb}\b", others):
            found.append(f"{VERBS}: {verb} is nobody's")
    return found


def self_test(files, functions):
    assert not faults(files, functions)

    def found(path, more):
        return [line for line in faults({**files, path: files[path] + more}, functions)]

    for path, more in (
        ("src/core/sending.cpp", "context_.store.write([](Tables&) {});"),
        ("src/engine/agenda.cpp", "store->write(work);"),
        ("src/core/sending.cpp", "context.store.try_write(work);"),
        ("src/core/control.cpp", "context_.queue->ring();"),
        ("src/engine/blast_verbs.cpp", "parts_->bells.ring();"),
        (VERBS, 'inline constexpr VerbKind zzz{"blast_zzz"};'),
        (VERBS, 'inline constexpr VerbKind unused{"own:unused"};'),
    ):
        assert found(path, more), (path, more)
    twice = files[VERBS].replace('"blast_pause"', '"blast_resume"')
    assert any("another's name" in line for line in faults({**files, VERBS: twice}, functions))


def main():
    files = read_rooms()
    functions = set((ROOT / "capi" / "exports.txt").read_text().split())
    if sys.argv[1:] == ["--self-test"]:
        self_test(files, functions)
        return 0
    wrong = faults(files, functions)
    count = len(VERB.findall(files[VERBS]))
    print("\n".join(wrong) or f"{count} verbs, each done in one place")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

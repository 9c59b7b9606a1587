#!/usr/bin/env python3
"""docs/semantics.md and its tests: fails when a section names no test case, or one that is not there, or a command
that does not run it; or when its table of states is not the one of src/model/blast.hpp.

Usage: semantics_doc.py              check the tree
       semantics_doc.py --self-test  plant mistakes, one of every kind, and fail if one is not found
"""

import re
import sys
from pathlib import Path

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
# The end of a section: the names of its test cases, and the command that runs them, which is the last line.
TESTS = re.compile(r'^Tests: (.+);\n`ctest --preset dev -R ("?)(\S+)\2`\s*\Z', re.MULTILINE | re.DOTALL)
NAME = re.compile(r"`([^`]+)`")
TEST_CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)')


def test_cases(sources):
    """{name: the ctest entries that have it}, from {file name: text}."""
    cases = {}
    for file, text in sources.items():
        entry = "capi." + file.removesuffix("_test.cpp")
        for match in TEST_CASE.finditer(text):
            name = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', match.group(1)))
            cases.setdefault(name, set()).add(entry)
    return cases


def mistakes(document, cases):
    parts = SECTION.split(document)[1:]
    sections = list(zip(parts[::2], parts[1::2]))
    if not sections:
        yield "there is no section"
    for title, body in sections:
        tests = TESTS.search(body)
        if not tests:
            yield f"{title}: does not end with its tests and the command that runs them"
            continue
        if not body[: tests.start()].strip():
            yield f"{title}: says nothing"
        names = NAME.findall(tests.group(1).replace("\n", " "))
        if not names or NAME.sub("", tests.group(1)).strip(" ,\n"):
            yield f"{title}: the tests are not names in ``, with commas between them"
        entries = set()
        for name in names:
            if name not in cases:
                yield f"{title}: there is no test case `{name}`"
            entries |= cases.get(name, set())
        everything = {entry for of_case in cases.values() for entry in of_case}
        run = {entry for entry in everything if re.search(tests.group(3), entry)}
        if run != entries:
            yield f"{title}: the command runs {sorted(run)}, its tests are in {sorted(entries)}"
    titles = [title for title, _ in sections]
    for title in sorted({title for title in titles if titles.count(title) > 1}):
        yield f"{title}: there are two of it"


# The table of states, in the document and in the code.
ROW = re.compile(r"^\| (\w+) \| (\w+) \| (\w+) \|$", re.MULTILINE)
TRANSITION = re.compile(r"BlastTransition\{BlastState::(\w+), BlastVerb::(\w+), BlastState::(\w+)\}")


def other_states(document, code):
    told = [row for row in ROW.findall(document) if row != ("from", "verb", "to")]
    true = TRANSITION.findall(code)
    if not true:
        yield "the code has no table of states"
    yield from (f"not in the code's table of states: {row}" for row in told if row not in true)
    yield from (f"not in the document's table of states: {row}" for row in true if row not in told)
    if len(told) != len(set(told)):
        yield "a row of the table of states stands twice"


def self_test():
    cases = test_cases(
        {
            "one_test.cpp": 'TEST_CASE("one: first") {}\nTEST_CASE(\n    "one: "\n    "second") {}\n',
            "two_test.cpp": 'TEST_CASE("two: \\"quoted\\"") {}\nTEST_CASE("shared") {}\n',
        }
    )
    right = (
        "# Title\nAn introduction.\n\n## First\nIt is so.\n\nTests: `one: first`, `one:\nsecond`;\n"
        "`ctest --preset dev -R capi.one`\n\n"
        '## Second\nIt is so.\n\nTests: `one: first`,\n`shared`;\n`ctest --preset dev -R "capi.(one|two)"`\n'
    )
    planted = {
        "no section": ("## ", "# "),
        "no tests": ("Tests: `one: first`, `one:\nsecond`;\n`ctest --preset dev -R capi.one`\n", ""),
        "an unknown test case": ("`one: first`, `one:", "`one: third`, `one:"),
        "nothing said": ("## First\nIt is so.\n", "## First\n"),
        "a command that runs another file": ("-R capi.one`", "-R capi.two`"),
        "a command that runs too little": ("(one|two)", "(one|twice)"),
        "a command that runs too much": ("-R capi.one`", "-R capi`"),
        "a name without ``": ("`one: first`,\n", "one: first,\n"),
        "a title twice": ("## Second", "## First"),
        "something after the command": ("-R capi.one`\n", "-R capi.one`\n\nAnd more.\n"),
    }
    failures = [f"found where nothing is wrong: {mistake}" for mistake in mistakes(right, cases)]
    for what, (good, bad) in planted.items():
        if good not in right:
            failures.append(f"can not be planted: {what}")
        elif not list(mistakes(right.replace(good, bad), cases)):
            failures.append(f"not found: {what}")
    table = "| from | verb | to |\n|---|---|---|\n| draft | send | sent |\n| sent | pause | paused |\n"
    code = (
        "BlastTransition{BlastState::draft, BlastVerb::send, BlastState::sent},\n"
        "BlastTransition{BlastState::sent, BlastVerb::pause, BlastState::paused},\n"
    )
    failures += [f"found where nothing is wrong: {mistake}" for mistake in other_states(table, code)]
    for what, document in {
        "a row less": table.replace("| sent | pause | paused |\n", ""),
        "a row more": table + "| sent | resume | sent |\n",
        "another state": table.replace("| paused |", "| recalled |"),
        "a row twice": table + "| draft | send | sent |\n",
    }.items():
        if not list(other_states(document, code)):
            failures.append(f"not found in the table of states: {what}")
    if not list(other_states(table, "")):
        failures.append("not found in the table of states: no code")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        failures = self_test()
    elif not sys.argv[1:]:
        tests = Path(__file__).resolve().parent
        document = (tests.parent / "docs" / "semantics.md").read_text(encoding="utf-8")
        sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(tests.glob("*_test.cpp"))}
        failures = list(mistakes(document, test_cases(sources)))
        code = (tests.parent / "src" / "model" / "blast.hpp").read_text(encoding="utf-8")
        failures += other_states(document, code)
        print(f"{len(SECTION.findall(document))} sections read")
    else:
        sys.exit(__doc__)
    print(*failures, sep="\n", end="\n" if failures else "")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

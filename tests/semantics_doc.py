#!/usr/bin/env python3
"""docs/semantics.md and its tests: fails when a section names no test case, or one that is not there, or a command
that does not run it; or when its table of states is not the one of src/model/blast.hpp.

Usage: semantics_doc.py              check the tree
       semantics_doc.py --self-test  plant mistakes, one of every kind, and fail if one is not found
"""

import re

import documents

# The end of a section: the names of its test cases, and the command that runs them, which is the last line.
TESTS = re.compile(r'^Tests: (.+);\n`ctest --preset dev -R ("?)(\S+)\2`\s*\Z', re.MULTILINE | re.DOTALL)


def test_cases(sources):
    """{name: the ctest entries that have it}, from {file name: text}."""
    cases = {}
    for file, text in sources.items():
        entry = "capi." + file.removesuffix("_test.cpp")
        for name in documents.test_cases(text):
            cases.setdefault(name, set()).add(entry)
    return cases


def mistakes(document, cases):
    sections = documents.sections(document, "##")
    if not sections:
        yield "there is no section"
    for title, body in sections:
        tests = TESTS.search(body)
        if not tests:
            yield f"{title}: does not end with its tests and the command that runs them"
            continue
        if not body[: tests.start()].strip():
            yield f"{title}: says nothing"
        names = documents.NAME.findall(tests.group(1).replace("\n", " "))
        if not names or documents.NAME.sub("", tests.group(1)).strip(" ,\n"):
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
    yield from documents.titled_twice(sections)


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
    failures = list(documents.not_found(right, planted, lambda document: mistakes(document, cases)))
    table = "| from | verb | to |\n|---|---|---|\n| draft | send | sent |\n| sent | pause | paused |\n"
    code = (
        "BlastTransition{BlastState::draft, BlastVerb::send, BlastState::sent},\n"
        "BlastTransition{BlastState::sent, BlastVerb::pause, BlastState::paused},\n"
    )
    failures += documents.not_found(
        table,
        {
            "a row less": ("| sent | pause | paused |\n", ""),
            "a row more": ("| sent | pause", "| sent | resume | sent |\n| sent | pause"),
            "another state": ("| paused |", "| recalled |"),
            "a row twice": ("| draft | send", "| draft | send | sent |\n| draft | send"),
        },
        lambda document: other_states(document, code),
    )
    if not list(other_states(table, "")):
        failures.append("not found in the table of states: no code")
    return failures


def check():
    document = (documents.DOCS / "semantics.md").read_text(encoding="utf-8")
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(documents.TESTS.glob("*_test.cpp"))}
    print(f"{len(documents.sections(document, '##'))} sections read")
    yield from mistakes(document, test_cases(sources))
    code = (documents.TESTS.parent / "src" / "model" / "blast.hpp").read_text(encoding="utf-8")
    yield from other_states(document, code)


if __name__ == "__main__":
    documents.main(__doc__, check, self_test)

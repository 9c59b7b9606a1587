#!/usr/bin/env python3
"""docs/faults.md and its tests: fails when an entry lacks one of its four parts, or names no test or one that is not
there.

A test is the name of a test case, or of a function of one of the Python tests.

Usage: faults_doc.py              check the tree
       faults_doc.py --self-test  plant mistakes, one of every kind, and fail if one is not found
"""

import re

import documents

PARTS = ("What", "How found", "Cause", "Kept away by")
PYTHON_TEST = re.compile(r"^ *def (\w+)\(", re.MULTILINE)


def tests_of(sources):
    """The names of all tests, from {file name: text}."""
    names = set()
    for file, text in sources.items():
        if file.endswith(".cpp"):
            names |= set(documents.test_cases(text))
        else:
            names |= set(PYTHON_TEST.findall(text))
    return names


def mistakes(document, tests):
    entries = documents.sections(document, "###")
    if not entries:
        yield "there is no entry"
    yield from documents.titled_twice(entries)
    for title, body in entries:
        body = body.split("\n## ")[0]
        places = [body.find(f"**{part}:**") for part in PARTS]
        if -1 in places or places != sorted(places):
            yield f"{title}: has not the parts {', '.join(PARTS)}, in this order"
            continue
        # The tests are the last lines of the last part: names alone, with commas between them.
        last = body[places[-1] :].rstrip()
        listed = re.search(r"(?:`[^`]+`[,\s]*)+\Z", last)
        if not listed:
            yield f"{title}: does not end with the names of its tests"
            continue
        for name in documents.NAME.findall(listed.group(0)):
            if " ".join(name.split()) not in tests:
                yield f"{title}: there is no test `{name}`"


def self_test():
    tests = tests_of({"one_test.cpp": 'TEST_CASE("first") {}\nTEST_CASE(\n "sec" "ond") {}\n', "a.py": "def third():\n"})
    right = (
        "# Faults\n\n## Some\n"
        + "".join(
            f"### {title}\n**What:** it.\n**How found:** so.\n**Cause:** that.\n**Kept away by:** `this`.\n{names}\n\n"
            for title, names in (("One", "`first`,\n`second`"), ("Two", "`third`"))
        )
        + "## More\n"
    )
    planted = {
        "no entry": ("### ", "## "),
        "a part that is missing": ("**Cause:** that.\n", ""),
        "parts in another order": ("**What:** it.\n**How found:** so.\n", "**How found:** so.\n**What:** it.\n"),
        "no test": ("`first`,\n`second`\n", ""),
        "an unknown test": ("`second`", "`fourth`"),
        "a title twice": ("### Two", "### One"),
    }
    return documents.not_found(right, planted, lambda document: mistakes(document, tests))


def check():
    document = (documents.DOCS / "faults.md").read_text(encoding="utf-8")
    files = [*documents.TESTS.rglob("*_test.cpp"), *documents.TESTS.glob("*_test.py")]
    print(f"{len(documents.sections(document, '###'))} entries read")
    yield from mistakes(document, tests_of({str(path): path.read_text(encoding="utf-8") for path in files}))


if __name__ == "__main__":
    documents.main(__doc__, check, self_test)

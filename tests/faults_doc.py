#!/usr/bin/env python3
"""docs/faults.md and its tests: fails when an entry lacks one of its four parts, or names no test or one that is not
there.

A test is the name of a test case, or of a function of one of the Python tests.

Usage: faults_doc.py              check the tree
       faults_doc.py --self-test  plant mistakes, one of every kind, and fail if one is not found
"""

import re
import sys
from pathlib import Path

ENTRY = re.compile(r"^### (.+)$", re.MULTILINE)
PARTS = ("What", "How found", "Cause", "Kept away by")
NAME = re.compile(r"`([^`]+)`")
TEST_CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
PYTHON_TEST = re.compile(r"^ *def (\w+)\(", re.MULTILINE)


def tests_of(sources):
    """The names of all tests, from {file name: text}."""
    names = set()
    for file, text in sources.items():
        if file.endswith(".cpp"):
            names |= {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found)) for found in TEST_CASE.findall(text)}
        else:
            names |= set(PYTHON_TEST.findall(text))
    return names


def mistakes(document, tests):
    pieces = ENTRY.split(document)[1:]
    entries = list(zip(pieces[::2], pieces[1::2]))
    if not entries:
        yield "there is no entry"
    titles = [title for title, _ in entries]
    yield from (f"{title}: there are two of it" for title in sorted(set(titles)) if titles.count(title) > 1)
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
        for name in NAME.findall(listed.group(0)):
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
    failures = [f"found where nothing is wrong: {mistake}" for mistake in mistakes(right, tests)]
    for what, (good, bad) in planted.items():
        if good not in right:
            failures.append(f"cannot be planted: {what}")
        elif not list(mistakes(right.replace(good, bad), tests)):
            failures.append(f"not found: {what}")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        failures = self_test()
    elif not sys.argv[1:]:
        folder = Path(__file__).resolve().parent
        document = (folder.parent / "docs" / "faults.md").read_text(encoding="utf-8")
        files = [*folder.rglob("*_test.cpp"), *folder.glob("*_test.py")]
        failures = list(mistakes(document, tests_of({str(path): path.read_text(encoding="utf-8") for path in files})))
        print(f"{len(ENTRY.findall(document))} entries read")
    else:
        sys.exit(__doc__)
    print(*failures, sep="\n", end="\n" if failures else "")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

"""What the checks of documents share: their sections, the tests they name, and the self-test of a check."""

import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
DOCS = TESTS.parent / "docs"
NAME = re.compile(r"`([^`]+)`")
TEST_CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')


def test_cases(text):
    """The names of the test cases in a C++ source."""
    return ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found)) for found in TEST_CASE.findall(text)]


def sections(document, level):
    """[(title, body)] of the headings of this level ("##")."""
    pieces = re.split(rf"^{level} (.+)$", document, flags=re.MULTILINE)[1:]
    return list(zip(pieces[::2], pieces[1::2]))


def titled_twice(found):
    titles = [title for title, _ in found]
    yield from (f"{title}: there are two of it" for title in sorted(set(titles)) if titles.count(title) > 1)


def not_found(right, planted, check):
    """`planted`: {what: (what is right, the mistake instead)}; `check` is to find each of them, and nothing in `right`."""
    for mistake in check(right):
        yield f"found where nothing is wrong: {mistake}"
    for what, (good, bad) in planted.items():
        if good not in right:
            yield f"cannot be planted: {what}"
        elif not list(check(right.replace(good, bad))):
            yield f"not found: {what}"


def main(usage, check, self_test):
    """`check`: says what is wrong, after a line about what it has read; both give failures."""
    if sys.argv[1:] == ["--self-test"]:
        failures = list(self_test())
    elif not sys.argv[1:]:
        failures = list(check())
    else:
        sys.exit(usage)
    print(*failures, sep="\n", end="\n" if failures else "")
    sys.exit(1 if failures else 0)

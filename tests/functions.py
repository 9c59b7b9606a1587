#!/usr/bin/env python3
"""Every function of capi/exports.txt is used by a test of the C API, and by an example. And the contents of bccast.h,
above its rules, name its sections, in their order.

Usage: functions.py               say which are not
       functions.py --self-test   show that one that is not used is found
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "capi" / "include" / "bccast" / "bccast.h"

# What is no use of a function: its name in a comment, in a text, or where only its type is asked for.
NO_USE = {
    ".py": re.compile(r"#[^\n]*"),
    "": re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\bdecltype\(&?\w+\)', re.DOTALL),
}
# In C and C++ it is called, or given to somebody who will; in Python it is called by its name without the prefix.
USE = {
    ".py": re.compile(r"""\b(bccast_\w+)\(|(?:\b(?:call|fetch)\(|\bto_thread\(call,)\s*"(\w+)\""""),
    "": re.compile(r"\b(bccast_\w+)\b(?!\s*\*)"),
}


# A clock of one's own is for tests: an example of it would teach the wrong thing.
FOR_TESTS = {"bccast_config_clock"}


def used_in(text, kind=""):
    """The functions that a source text uses."""
    names = USE[kind].findall(NO_USE[kind].sub("", text))
    return {name[0] or "bccast_" + name[1] for name in names} if kind else set(names)


def used(*patterns):
    """The functions that any file with such a name uses."""
    found = set()
    for pattern in patterns:
        for path in ROOT.glob(pattern):
            found |= used_in(path.read_text(), ".py" if path.suffix == ".py" else "")
    return found


def missing(functions, places):
    """A line for each function and place where it is not used."""
    return [f"{name} is used by no {place}" for place, found in places.items() for name in sorted(functions - found)]


def look():
    functions = set((ROOT / "capi" / "exports.txt").read_text().split())
    places = {
        "test (tests/*_test.cpp, tests/support, tests/consumer)": used(
            "tests/*_test.cpp", "tests/support/*", "tests/consumer/*.c", "tests/consumer/*.cpp"),
        "example (examples)": FOR_TESTS
        | used("examples/**/*.c", "examples/**/*.[ch]pp", "examples/**/*.py"),
    }
    return functions, places


def contents_faults(header):
    """A line where the contents of the header are not its sections; of those the part before the colon counts."""
    contents = re.search(r"\n \* CONTENTS\n \*\n(.*?)\n \*\n", header, re.DOTALL)[1]
    told = [re.split(r" {2,}", line.removeprefix(" *     "))[0] for line in contents.split("\n")]
    sections = [title.split(":")[0] for title in re.findall(r"(?m)^/\* ---- (.+?) -+ \*/$", header)]
    return [] if told == sections else [f"bccast.h: the contents are {told}, the sections {sections}"]


def self_test():
    functions, places = look()
    assert "bccast_blast_send" in functions and not missing({"bccast_blast_send"}, places)
    assert len(missing({"bccast_zzz"}, places)) == 2
    for place in places:
        planted = {**places, place: places[place] - {"bccast_blast_send"}}
        assert missing({"bccast_blast_send"}, planted) == [f"bccast_blast_send is used by no {place}"]
    header = HEADER.read_text()
    for planted in (header.replace("\n *     Rows ", "\n *     Row "), re.sub(r"(?m)^/\* ---- Events -+ \*/$", "", header)):
        assert planted != header and contents_faults(planted)
    for text in ("bccast_x(e);", "check(bccast_x(e, 1));", "act(bccast_x, e)", "auto f = &bccast_x;"):
        assert used_in(text) == {"bccast_x"}, text
    for text in ("// bccast_x(e);", "/* one\n bccast_x(e) */", 'say("bccast_x(e)");', "decltype(&bccast_x) f",
                 "bccast_x_many(e);", "bccast_x *e;"):
        assert "bccast_x" not in used_in(text), text
    assert used_in('call("x", e)', ".py") == used_in("LIBRARY.bccast_x(e)", ".py") == {"bccast_x"}
    for text in ('# call("x")', 'ARGUMENTS = {"x": []}', "LIBRARY.bccast_x.restype = None"):
        assert not used_in(text, ".py"), text


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    functions, places = look()
    faults = missing(functions, places) + contents_faults(HEADER.read_text())
    print("\n".join(faults) or f"{len(functions)} functions, each used by a test and by an example")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The tables of docs/design.md and those of the store: the same ones, with the same keys.

Usage: tables_doc.py              check the tree
       tables_doc.py --self-test  plant mistakes, one of every kind, and fail if one is not found
"""

import re

import documents

SCHEMA = documents.TESTS.parent / "src" / "adapters" / "sqlite" / "schema.cpp"
DOCUMENT = documents.DOCS / "design.md"
TABLE = re.compile(r"CREATE TABLE (\w+)\((.*?)\n\) STRICT", re.DOTALL)
KEY = re.compile(r"^ *PRIMARY KEY \(([^)]*)\)|^ *(\w+) +\w+ PRIMARY KEY", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| `([^`]*)` \| .+ \|$", re.MULTILINE)
SECTION = "Tables and their keys"


def keys_of(schema):
    """{table: its key's columns} of the schema."""
    keys = {}
    for table, body in TABLE.findall(schema):
        key = KEY.search(body)
        keys[table] = key and (key[1] or key[2])
    return keys


def mistakes(document, schema):
    told = ROW.findall(dict(documents.sections(document, "##")).get(SECTION, ""))
    keys = keys_of(schema)
    names = [table for table, _ in told]
    yield from (f"{table} is told of twice" for table in sorted(set(names)) if names.count(table) > 1)
    yield from (f"{table} is not told of" for table in keys if table not in names)
    for table, key in told:
        if table not in keys:
            yield f"there is no table {table}"
        elif keys[table] != key:
            yield f"the key of {table} is {keys[table]}, not {key}"


def check():
    print(f"{len(keys_of(SCHEMA.read_text()))} tables")
    return mistakes(DOCUMENT.read_text(), SCHEMA.read_text())


def self_test():
    schema = SCHEMA.read_text()
    row = "| `line` | `line_no` |"
    planted = {
        "a table that is not told of": (row, "| line | line_no |"),
        "a table that is not there": (row, "| `lines` | `line_no` |"),
        "a wrong key": (row, "| `line` | `blast_no` |"),
        "a table that is told of twice": ("| `item` | `item_no` |", row),
        "no such section": (f"## {SECTION}", "## Tables"),
    }
    yield from documents.not_found(DOCUMENT.read_text(), planted, lambda document: mistakes(document, schema))
    if not list(mistakes(DOCUMENT.read_text(), schema + "CREATE TABLE more(\n  no INTEGER PRIMARY KEY\n) STRICT;")):
        yield "not found: a new table"


if __name__ == "__main__":
    documents.main(__doc__, check, self_test)

#!/usr/bin/env python3
"""The man page and the completion for bash say what the program's --help says: no more, and no less."""

import re
import shutil
import subprocess
import unittest

from cli_support import ROOT, all_help, commands

MAN_PAGE = ROOT / "docs" / "bccast.1.scd"
COMPLETION = ROOT / "examples" / "cli" / "bccast.bash"
EVERYWHERE = {"--help", "--help-all"}


def program():
    """For each command, the options with whether they take a value, and the positional arguments."""
    return {path: ({name: takes for name, takes in entry.options.items() if name not in EVERYWHERE}, entry.positionals)
            for path, entry in commands().items()}


def man_page(text):
    """The same from the man page: lines as `*bccast blast set* _BLAST_ [*--actor* _ID_]`."""
    found = {}
    for line in re.sub(r"\n\\\[", " [", text).splitlines():
        if match := re.match(r"\*bccast ([a-z -]+)\*(.*)", line):
            options = {name: bool(value) for name, value in re.findall(r"\*(--[\w-]+)\*( _[^_]+_)?", match[2])}
            positionals = re.findall(r"_([A-Z]+)(?:\.\.\.)?_", re.sub(r"\*--[\w-]+\* _[^_]+_", "", match[2]))
            found[tuple(match[1].split())] = (options, positionals)
    return found


def complete(*words, script=COMPLETION, folder=None):
    """What bash would offer for the last of the words."""
    line = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bccast; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-uc", line, "bash", script, "bccast", *words],
                          capture_output=True, text=True, check=True, timeout=60, cwd=folder)
    return set(done.stdout.split())


class ManPage(unittest.TestCase):
    def test_commands_and_options(self):
        self.assertEqual(man_page(MAN_PAGE.read_text()), program())

    def test_can_fail(self):
        text = MAN_PAGE.read_text()
        for planted in (text.replace("[*--except* _ID_]...", ""), text.replace("[*--except* _ID_]", "[*--except*]"),
                        text.replace("*bccast erase* _CLIENT_ [", "*bccast erase* ["), text + "\n*bccast more*\n",
                        re.sub(r"(?m)^\*bccast why\*.*\n", "", text)):
            self.assertNotEqual(planted, text)
            self.assertNotEqual(man_page(planted), program())

    def test_options_of_all_commands(self):
        section = MAN_PAGE.read_text().split("\n# OPTIONS\n")[1].split("\n# ")[0]
        found = {name: bool(value) for name, value in re.findall(r"(?m)^\*(--[\w-]+)\*( _[A-Z]+_)?$", section)}
        self.assertEqual(found, all_help()[()].options)

    def test_exit_codes(self):
        section = MAN_PAGE.read_text().split("\n# EXIT STATUS\n")[1].split("\n# ")[0]
        self.assertEqual(re.findall(r"(?m)^\*(\d+)\*$", section),
                         re.findall(r"\b(\d+) [a-z]", re.search(r"Exit codes: .*", all_help()[()].text)[0]))

    @unittest.skipUnless(shutil.which("scdoc"), "there is no scdoc")
    def test_it_is_a_man_page(self):
        page = subprocess.run(["scdoc"], input=MAN_PAGE.read_bytes(), capture_output=True, check=True).stdout.decode()
        self.assertIn('.TH "bccast" "1"', page)
        self.assertIn("\\fBbccast blast recipients\\fR", page)


class Completion(unittest.TestCase):
    def test_commands_and_verbs(self):
        shown = {"--store", "--json", "--help"}
        for path, entry in all_help().items():
            if entry.verbs:
                offered = complete(*path, "")
                self.assertEqual({word for word in offered if not word.startswith("-")}, set(entry.verbs), path)
        self.assertEqual(complete("-"), set(all_help()[()].options) | {"--help"})
        self.assertEqual(complete("blast", "-"), shown)
        self.assertEqual(complete("bl"), {"blast"})
        self.assertEqual(complete("blast", "se"), {"select", "selection", "send", "set"})

    def test_options_of_each_command(self):
        for path, (options, _) in program().items():
            with self.subTest(path=path):
                self.assertEqual(complete(*path, "--"), set(options) | {"--store", "--json", "--help"})

    def test_values_are_passed_over(self):
        for path, (options, _) in program().items():
            for name, takes_value in {**options, "--store": True, "--json": False}.items():
                before = [name, "x"] if takes_value else [name]
                with self.subTest(path=path, option=name):
                    self.assertEqual(complete(*before, *path, "--js"), {"--json"})
                    self.assertEqual(complete(*path, *before, "--js"), {"--json"})

    def test_values(self):
        self.assertEqual(complete("blast", "recipients", "x", "--opened", ""), {"yes", "no"})
        self.assertEqual(complete("roster", "list", "dr-lee", "--state", "a"), {"active", "archived"})
        self.assertEqual(complete("blast", "list", "--state", ""),
                         {"draft", "scheduled", "sent", "paused", "finished", "recalled"})
        self.assertEqual(complete("send", "--file", "cli_ref", folder=ROOT / "tests"), {"cli_reference_test.py"})
        self.assertEqual(complete("import", "cli_ref", folder=ROOT / "tests"), {"cli_reference_test.py"})
        self.assertEqual(complete("run", "--maildir", "cli_ref", folder=ROOT / "tests"), set())
        self.assertEqual(complete("status", "--as-provider", ""), set())

    def test_states_are_those_of_the_program(self):
        for path, entry in commands().items():
            if "--state" in entry.options:
                told = re.search(r"--state .*?that are: ([a-z_, \n]+)\n", entry.text)[1]
                self.assertEqual(complete(*path, "--state", ""), set(re.findall(r"\w+", told)), path)


if __name__ == "__main__":
    unittest.main()

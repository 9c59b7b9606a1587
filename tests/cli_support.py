"""What the tests of the command-line program share.

Each tests/cli_<name>_test.py is run as: cli_<name>_test.py PROGRAM [unittest's arguments]
"""

import functools
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import unicodedata
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "docs" / "cli.schema.json").read_text())
PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve()) if len(sys.argv) > 1 else ""

CLIENTS = """id,name,email,status
c1,Ana,ana@example.org,active
c2,Björn,b@example.org,
c3,Chiara,c@example.org,archived
"""
CANARY = "7f1c9be2d4a8430f"  # stands for what must not be shown
UNKNOWN = "0123456789abcdef" * 2  # an id of nothing
ONE_LINE = r"\Abccast: [^\n]+\n\Z"  # what an error is on stderr


def cells(text):
    """How many cells of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Cf")
        else 2 if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


@functools.cache
def validator(name):
    """For the documents of one command ("blast-list"), or for "error"."""
    if name not in SCHEMA["$defs"]:
        raise AssertionError(f"docs/cli.schema.json does not describe {name}")
    return jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{name}"}]})


def describes(name, document):
    """Whether the schema takes the document for one of that command."""
    return validator(name).is_valid(document)


class Help:
    """What `--help` says of a command, or of a group of commands."""

    def __init__(self, path):
        self.path = path
        self.text = subprocess.run(
            [PROGRAM, *path, "--help"], capture_output=True, check=True, timeout=60).stdout.decode()
        self.options, self.positionals, self.verbs = {}, [], []
        heading = ""
        for line in self.text[self.text.index("\nUsage:"):].splitlines():
            if match := re.fullmatch(r"(\w[\w ]*):", line):
                heading = match[1]
            elif not line.startswith("  "):
                heading = ""
            elif heading == "Options" and (match := re.match(r"  (?:-\w,)?(--[\w-]+)( TEXT| UINT| INT)?", line)):
                self.options[match[1]] = bool(match[2])  # whether it takes a value
            elif heading == "Positionals" and (match := re.match(r"  ([A-Z]+)", line)):
                self.positionals.append(match[1])
            elif heading and heading not in ("Options", "Positionals") and (match := re.match(r"  ([a-z-]+)  ", line)):
                self.verbs.append(match[1])


@functools.cache
def all_help():
    """The help of the program, of all groups and of all commands, by path."""
    found = {}

    def look(path):
        found[path] = Help(path)
        for verb in found[path].verbs:
            look((*path, verb))

    look(())
    return found


def commands():
    """The help of all commands, by path: ("blast", "list") and so on. A group with options is a command as well."""
    return {path: entry for path, entry in all_help().items()
            if path and (not entry.verbs or set(entry.options) - {"--help", "--help-all"})}


class CliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "practice.db"
        self.maildir = self.folder / "practice.db.maildir"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("BCCAST_")}

    def run_program(self, *arguments, text=None, exit_code=0, environment=None, store=True):
        """Runs a command without a terminal. `exit_code` None: whatever it is."""
        command = [PROGRAM, *(["--store", str(self.store)] if store else []), *map(str, arguments)]
        done = subprocess.run(
            command, input=(text or "").encode(), capture_output=True, cwd=self.folder, timeout=120,
            env={**self.environment, **(environment or {})}, start_new_session=True, check=False,
        )
        done.out = done.stdout.decode()
        done.err = done.stderr.decode()
        if exit_code is not None:
            self.assertEqual(done.returncode, exit_code, f"{command}\n{done.out}\n{done.err}")
        return done

    def get(self, *arguments, name=None, **options):
        """The JSON document that a command answers with. The schema must describe it."""
        group = all_help().get(arguments[:1])
        path = arguments[:2] if group and group.verbs else arguments[:1]
        return self.document(name or "-".join(path), self.run_program("--json", *arguments, **options).out)

    def document(self, name, output):
        """The one document of an output, which the schema must describe under that name."""
        document = json.loads(output)
        if fault := jsonschema.exceptions.best_match(validator(name).iter_errors(document)):
            self.fail(f"{name}, at {fault.json_path}: {fault.message[:500]}\n{output[:2000]}")
        return document

    def get_error(self, *arguments, exit_code, **options):
        """The error document of a command that fails."""
        error = self.get(*arguments, name="error", exit_code=exit_code, **options)["error"]
        self.assertEqual(error["exit_code"], exit_code)
        return error

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def import_csv(self, content=CLIENTS, exit_code=0, *more):
        """The document and what was said on stderr; None for a file that was not taken at all."""
        done = self.run_program(
            "--json", "import", self.write("in.csv", content), "--provider", "dr-lee", *more, exit_code=exit_code)
        if exit_code in (0, 3):
            return self.document("import", done.out), done.err
        self.document("error", done.out)
        return None, done.err

    def send(self, *arguments, text="Hello, all of you", hold=0, **options):
        return self.get("send", "--as-provider", "dr-lee", "--file", "-", "--yes", "--hold", hold, *arguments,
                        text=text, **options)

    def thread_of(self, client):
        return self.get("threads", "--as-client", client)["threads"][0]["thread"]

    def mails(self):
        return [path.read_text() for path in (self.maildir / "new").iterdir()]

    def items(self):
        """The ids of the notifications that mails were made of."""
        return [re.search(r"(?m)^Message-ID: <([0-9a-f]{32})@", mail)[1] for mail in self.mails()]

    def ask(self, answer, *arguments, meanwhile=lambda: None):
        """Runs a command on a terminal, answers its question, and gives what was shown and the exit code.

        `meanwhile` is called when it has asked, before the answer."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, [PROGRAM, "--store", str(self.store), *map(str, arguments)], self.environment)
        shown = b""
        try:
            while b"[y/N]" not in shown and select.select([terminal], [], [], 60)[0]:
                shown += os.read(terminal, 4096)
            meanwhile()
            os.write(terminal, answer)
            while select.select([terminal], [], [], 60)[0]:
                shown += os.read(terminal, 4096)
        except OSError:
            pass  # the terminal is closed once the program has ended
        os.close(terminal)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

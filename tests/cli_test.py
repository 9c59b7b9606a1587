#!/usr/bin/env python3
"""The command-line program, from outside. Usage: cli_test.py PROGRAM [unittest's arguments]"""

import json
import os
import pathlib
import pty
import re
import select
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import unicodedata
import unittest

PROGRAM = ""
CLIENTS = """id,name,email,status
c1,Ana,ana@example.org,active
c2,Björn,b@example.org,
c3,Chiara,c@example.org,archived
"""
CANARY = "7f1c9be2d4a8430f"  # stands for what must not be shown


def cells(text):
    """How many cells of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Cf")
        else 2 if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


class CliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "practice.db"
        self.maildir = self.folder / "practice.db.maildir"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("BCCAST_")}

    def run_program(self, *arguments, text=None, exit_code=0, environment=None, store=True):
        """Runs a command without a terminal."""
        command = [PROGRAM, *(["--store", str(self.store)] if store else []), *map(str, arguments)]
        done = subprocess.run(
            command, input=(text or "").encode(), capture_output=True, cwd=self.folder, timeout=120,
            env={**self.environment, **(environment or {})}, start_new_session=True, check=False,
        )
        done.out = done.stdout.decode()
        done.err = done.stderr.decode()
        self.assertEqual(done.returncode, exit_code, f"{command}\n{done.out}\n{done.err}")
        return done

    def get(self, *arguments, **options):
        """The JSON document that a command answers with."""
        return json.loads(self.run_program("--json", *arguments, **options).out)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def import_csv(self, content, exit_code=0, *more):
        done = self.run_program(
            "--json", "import", self.write("in.csv", content), "--provider", "dr-lee", *more, exit_code=exit_code)
        return (json.loads(done.out) if done.out else None), done.err

    def send(self, *arguments, text="Hello, all of you", **options):
        return self.get("send", "--as-provider", "dr-lee", "--file", "-", "--yes", *arguments, text=text, **options)

    def thread_of(self, client):
        return self.get("threads", "--as-client", client)["threads"][0]["thread"]

    def mails(self):
        return [path.read_text() for path in (self.maildir / "new").iterdir()]


class Story(CliTest):
    """From an import to a reply, as in examples/quickstart.sh."""

    def test_a_blast_from_start_to_end(self):
        self.assertEqual(
            self.import_csv(CLIENTS, 0, "--name", "Dr. Lee")[0],
            {"read": 3, "new_on_roster": 3, "already_there": 0, "archived": 1, "skipped": 0})
        sent = self.send("--all-active")
        self.assertEqual((sent["recipients"], sent["sent_before"]), (2, False))

        worked = self.get("run")
        self.assertEqual((worked["done"], worked["pending"], worked["next_at_ms"]), (2, 0, None))
        self.assertEqual(len(self.mails()), 2)

        status = self.get("status", "--as-provider", "dr-lee")
        self.assertEqual(status["blast"], sent["blast"])
        self.assertFalse(status["status"][-1]["channel"])
        self.assertEqual(status["status"][-1]["done"], 2)
        self.assertEqual(
            [b["blast"] for b in self.get("blasts", "--as-provider", "dr-lee")["blasts"]], [sent["blast"]])
        recipients = self.get("recipients", sent["blast"], "--as-provider", "dr-lee", "--filter", "state=done")
        self.assertEqual([r["client"] for r in recipients["recipients"]], ["c1", "c2"])

        thread = self.thread_of("c1")
        [message] = self.get("messages", thread, "--as-client", "c1")["messages"]
        self.assertEqual((message["seq"], message["text"]), (1, "Hello, all of you"))
        self.assertEqual(len(self.get("threads", "--as-client", "c1", "--unread")["threads"]), 1)
        self.assertEqual(self.get("read", thread, "--as-client", "c1"), {"thread": thread, "up_to_seq": 1})
        self.assertEqual(self.get("threads", "--as-client", "c1", "--unread")["threads"], [])
        reply = self.get("reply", thread, "--as-client", "c1", "--file", "-", "--key", "r1", text="Thanks")
        self.assertEqual(reply["seq"], 2)
        again = self.get("reply", thread, "--as-client", "c1", "--file", "-", "--key", "r1", text="Thanks")
        self.assertEqual(again, reply)

        [seen] = self.get("threads", "--as-provider", "dr-lee", "--unread")["threads"]
        self.assertEqual((seen["client"], seen["last_text"], seen["blast"]), ("c1", "Thanks", sent["blast"]))
        [first, second] = self.get("messages", seen["thread"], "--as-provider", "dr-lee")["messages"]
        self.assertEqual((first["text"], second["text"]), ("Hello, all of you", "Thanks"))
        self.assertEqual(len(self.get("messages", self.thread_of("c2"), "--as-client", "c2")["messages"]), 1)
        self.assertEqual(self.get("threads", "--as-client", "c3")["threads"], [])
        self.assertEqual(self.get("verify"), {"faults": []})

    def test_archive_restore_and_direct(self):
        self.import_csv(CLIENTS)
        entry = {"client": "c1", "provider": "dr-lee", "state": "archived"}
        self.assertEqual(self.get("archive", "c1", "--provider", "dr-lee"), entry)
        self.assertEqual(self.get("archive", "c1", "--provider", "dr-lee"), entry)
        self.assertEqual(self.get("restore", "c1", "--provider", "dr-lee")["state"], "active")
        self.assertEqual(self.get("provider", "dr-lee"), {"provider": "dr-lee", "active": 2, "archived": 1})
        thread = self.get("direct", "c1", "--as-provider", "dr-lee")["thread"]
        self.assertEqual(self.run_program("direct", "c1", "--as-provider", "dr-lee").out, thread + "\n")
        self.get("reply", thread, "--as-provider", "dr-lee", "--file", self.write("m.txt", "Only you"))
        self.assertEqual(self.get("messages", thread, "--as-client", "c1")["messages"][0]["text"], "Only you")


class Screens(CliTest):
    def roster(self, *arguments):
        return [r["client"] for r in self.get("roster", "--as-provider", "dr-lee", *arguments)["roster"]]

    def test_roster(self):
        self.import_csv("id,name,email,status\nc1,Zoe Lee,z@example.org,\nc2,Björn,,\nc3,anna-maria lee,,archived\n")
        self.assertEqual(self.roster(), ["c3", "c2", "c1"])
        self.assertEqual(self.roster("--all"), ["c3", "c2", "c1"])
        self.assertEqual(self.roster("--limit", "2"), ["c3", "c2"])
        self.assertEqual(self.roster("--state", "active"), ["c2", "c1"])
        self.assertEqual(self.roster("--search", "bjorn"), ["c2"])
        self.assertEqual(self.roster("--search", "LEE"), ["c1", "c3"])  # the same word: in the order of the roster
        self.assertEqual(self.roster("--state", "archived", "--search", "lee"), ["c3"])
        self.assertEqual(
            [{k: v for k, v in row.items() if k != "since_ms"}
             for row in self.get("roster", "--as-provider", "dr-lee", "--search", "zoe")["roster"]],
            [{"client": "c1", "client_name": "Zoe Lee", "state": "active", "chosen": None, "contact": "ok"}])
        lines = self.run_program("roster", "--as-provider", "dr-lee").out.splitlines()
        self.assertEqual(lines[0].split(), ["client", "client_name", "state", "contact"])
        self.assertEqual(len(lines), 4)
        self.run_program("roster", "--as-provider", "dr-lee", "--state", "gone", exit_code=2)
        self.run_program("roster", "--as-provider", "dr-lee", "--all", "--limit", "2", exit_code=2)

    def test_show_and_why(self):
        self.import_csv(CLIENTS)
        blast = self.send("--all-active", text="One\ntwo\n")["blast"]
        self.import_csv("id\nc4\n")
        shown = self.get("show", blast, "--as-provider", "dr-lee")
        self.assertEqual(
            (shown["blast"], shown["state"], shown["text"], shown["all_active"], shown["recipients"], shown["actor"]),
            (blast, "sent", "One\ntwo", 1, 2, None))
        lines = self.run_program("show", blast, "--as-provider", "dr-lee").out.splitlines()
        self.assertEqual(lines[2:], ["    One", "    two"])
        self.assertNotIn("text", lines[0].split())

        def why(client):
            return [(r["state"], r["reason"])
                    for r in self.get("why", blast, client, "--as-provider", "dr-lee")["why"]]

        self.assertEqual(why("c1"), [("pending", None)])
        self.assertEqual(why("c3"), [("left_out", "archived")])
        self.assertEqual(why("c4"), [("left_out", "added_later")])
        self.get("run")
        self.assertEqual(why("c1"), [("done", None)])
        self.run_program("why", blast, "c99", "--as-provider", "dr-lee", exit_code=4)

    def test_providers(self):
        self.import_csv(CLIENTS)
        self.get("provider", "dr-kim", "--name", "Dr. Kim", "--email", "kim@example.org")
        self.assertEqual(self.get("providers")["providers"], [
            {"provider": "dr-kim", "provider_name": "Dr. Kim", "locale": None, "timezone": None,
             "address": "kim@example.org", "clients": 0, "archived": 0},
            {"provider": "dr-lee", "provider_name": "dr-lee", "locale": None, "timezone": None,
             "address": None, "clients": 3, "archived": 0}])


class Import(CliTest):
    def test_rfc_4180(self):
        content = (
            b'\xef\xbb\xbfstatus,email,"name",id\r\n'
            b'active,a@example.org,"Lee, ""Ana""\r\n the second",c1\r\n'.replace(b"\r\n the", b" the")
            + b'"archived","","",c2\r\n'
            b"\r\n"
            b',b@example.org,Bo,"c,3"\r\n'
            b',,"",c4'
        )
        answer, err = self.import_csv(content)
        self.assertEqual(err, "")
        self.assertEqual(
            answer, {"read": 4, "new_on_roster": 4, "already_there": 0, "archived": 1, "skipped": 0})
        self.send("--client", "c1", "--client", "c,3")
        names = {r["client"]: r["client_name"] for r in self.get(
            "recipients", self.get("status", "--as-provider", "dr-lee")["blast"], "--as-provider", "dr-lee",
        )["recipients"]}
        self.assertEqual(names, {"c1": 'Lee, "Ana" the second', "c,3": "Bo"})

    def test_lines_in_quotes_are_counted_and_refused_in_names(self):
        answer, err = self.import_csv('id,name\nc1,"Two\nlines"\nc2,B"ad\nc3,Good\n', 3)
        self.assertEqual((answer["new_on_roster"], answer["skipped"]), (1, 2))
        self.assertEqual([line.split(":")[1] for line in err.splitlines()], [" line 2", " line 4"])

    def test_bad_lines_by_number_and_without_content(self):
        rows = [
            "id,name,email,status",
            "c1,Good,g@example.org,active",
            f"c2,{CANARY}",  # too few fields
            f"c3,{CANARY},x@example.org,active,{CANARY}",  # too many
            f"c4,N,{CANARY}@example.org,{CANARY}",  # no such status
            f",{CANARY},,",  # no id
            f"c1,{CANARY},{CANARY}@example.org,",  # twice
            f'c5,{CANARY}"x,,',  # a quote inside
            f'c6,"{CANARY}"x,,',  # something behind a quote
            "c7," + CANARY * 40 + ",,",  # too long
            f"c8,{CANARY}\x07,,",  # a control character
            "c9,Good,,archived",
            f'c10,"{CANARY},,',  # never closed
            f"c11,{CANARY},,",
        ]
        content = "\n".join(rows).encode() + b"\n"
        content = content.replace(b"c9,Good", b"c12,\xff" + CANARY.encode() + b",,\nc9,Good")
        answer, err = self.import_csv(content, 3)
        self.assertNotIn(CANARY, err)
        lines = [int(re.match(r"bccast: line (\d+): ..", line)[1]) for line in err.splitlines()]
        self.assertEqual(lines, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14])
        self.assertIn("same as on line 2", err)
        self.assertEqual(answer["new_on_roster"], 2)
        self.assertEqual(answer["skipped"], 11)
        self.assertEqual(answer["read"], 13)

    def test_headers(self):
        for header in ("name,email", "id,phone", "id,id", "", f'"id'):
            answer, err = self.import_csv(header + "\nc1,x\n" if header else "", 1)
            self.assertIsNone(answer)
            self.assertEqual(len(err.splitlines()), 1)
        self.assertEqual(self.import_csv("id\nc1\n")[0]["new_on_roster"], 1)

    def test_again_changes_names_and_keeps_what_is_archived(self):
        self.import_csv(CLIENTS)
        answer, _ = self.import_csv("id,name\nc1,Anna\nc3,\n")
        self.assertEqual((answer["new_on_roster"], answer["already_there"]), (0, 2))
        self.assertEqual(self.get("provider", "dr-lee"), {"provider": "dr-lee", "active": 2, "archived": 1})
        self.send("--all-active")
        self.get("run")
        self.assertEqual(len(self.mails()), 2)  # a column that is missing takes no address away

    def test_archived_from_the_first_moment_and_who_was_active_too(self):
        self.import_csv("id,status\nc1,\nc2,\n")
        answer, _ = self.import_csv("id,status\nc2,archived\nc3,archived\nc4,\nc1,\n")
        self.assertEqual(
            answer, {"read": 4, "new_on_roster": 2, "already_there": 2, "archived": 2, "skipped": 0})
        roster = self.get("roster", "--as-provider", "dr-lee")["roster"]
        self.assertEqual(
            {r["client"]: r["state"] for r in roster},
            {"c1": "active", "c2": "archived", "c3": "archived", "c4": "active"})

    def test_many(self):
        rows = "".join(f"c{i},N{i},c{i}@example.org,{'archived' if i % 10 == 0 else ''}\n" for i in range(120_000))
        answer, _ = self.import_csv("id,name,email,status\n" + rows)
        self.assertEqual((answer["new_on_roster"], answer["archived"]), (120_000, 12_000))
        self.assertEqual(self.send("--all-active")["recipients"], 108_000)


class Send(CliTest):
    def setUp(self):
        super().setUp()
        self.import_csv("id,name,email,status\n" + "".join(
            f"c{i},N{i},{f'c{i}@example.org' if i != 4 else ''},{'archived' if i == 5 else ''}\n" for i in range(1, 7)))

    def test_preview_tells_who_is_left_out(self):
        done = self.run_program(
            "send", "--as-provider", "dr-lee", "--all-active", "--except", "c6", "--file", "-", "--yes", text="Hi")
        for count, what in ((4, "will receive"), (1, "no address"), (1, "archived"), (1, "--except")):
            self.assertRegex(done.err, rf"(?m)^ +{count}  .*{what}")
        sent = self.send("--client", "c1", "--client", "c2", "--client", "c5", "--except", "c1", "--client", "c3")
        self.assertEqual(
            {k: sent[k] for k in ("recipients", "no_address", "archived", "off", "not_on_roster", "deselected")},
            {"recipients": 2, "no_address": 0, "archived": 1, "off": 0, "not_on_roster": 0, "deselected": 1})

    def test_clients_from_a_file(self):
        ids = self.write("ids.txt", b"\xef\xbb\xbfc1\r\n\r\nc2\n")
        self.assertEqual(self.send("--clients-from", ids, "--client", "c3")["recipients"], 3)

    def test_the_same_key_sends_once(self):
        first = self.send("--all-active", "--key", "k")
        again = self.send("--all-active", "--key", "k", text="Something else")
        self.assertEqual((again["blast"], again["recipients"]), (first["blast"], first["recipients"]))
        self.assertTrue(again["sent_before"])
        self.assertEqual(len(self.get("threads", "--as-client", "c1")["threads"]), 1)

    def test_nothing_is_sent_and_no_draft_is_left(self):
        def refused(exit_code, *arguments, text="Hi"):
            done = self.run_program("send", "--as-provider", "dr-lee", "--file", "-", *arguments, text=text,
                                    exit_code=exit_code)
            self.assertEqual(done.out, "")
            self.assertTrue(done.err.splitlines()[-1].startswith("bccast: "), done.err)
            self.assertEqual(self.get("blasts", "--as-provider", "dr-lee")["blasts"], [])

        refused(2, "--all-active")  # no terminal, no --yes
        refused(2, "--yes")  # to nobody
        refused(2, "--yes", "--all-active", "--client", "c1")
        refused(4, "--yes", "--all-active", "--except", "c99")
        refused(4, "--yes", "--client", "c1", "--client", "c99")
        refused(1, "--yes", "--client", "c1")  # too few
        refused(1, "--yes", "--client", "c1", "--client", "c5")  # one of them archived
        refused(1, "--yes", "--all-active", text="x" * (1 << 20) + "x")
        self.assertEqual(self.send("--all-active", "--key", "k2")["recipients"], 5)

    def ask(self, answer):
        """Sends from a terminal, and gives what was shown and the exit code."""
        text = self.write("text.txt", "Hi")
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, [PROGRAM, "--store", str(self.store), "send", "--as-provider", "dr-lee", "--all-active",
                                "--file", str(text)], self.environment)
        shown = b""
        try:
            while b"[y/N]" not in shown and select.select([terminal], [], [], 60)[0]:
                shown += os.read(terminal, 4096)
            os.write(terminal, answer)
            while select.select([terminal], [], [], 60)[0]:
                shown += os.read(terminal, 4096)
        except OSError:
            pass  # the terminal is closed once the program has ended
        os.close(terminal)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def test_asks_on_a_terminal(self):
        for no in (b"n\n", b"\n", b"\x03", b"\x04"):
            shown, code = self.ask(no)
            self.assertEqual(code, 1, shown)
            self.assertIn("Send it to 5 clients now?", shown)
            self.assertEqual(self.get("blasts", "--as-provider", "dr-lee")["blasts"], [])
        shown, code = self.ask(b"y\n")
        self.assertEqual(code, 0, shown)
        self.assertEqual(len(self.get("blasts", "--as-provider", "dr-lee")["blasts"]), 1)

    def test_send_and_run_in_one(self):
        self.send("--all-active", "--maildir", self.maildir)
        self.assertEqual(len(self.mails()), 4)


class Run(CliTest):
    def fill(self, n):
        self.import_csv("id,email\n" + "".join(f"c{i},c{i}@example.org\n" for i in range(n)))
        self.send("--all-active")

    def test_where_mails_go(self):
        self.fill(2)
        self.get("run", environment={"BCCAST_MAILDIR": str(self.folder / "other")})
        self.assertEqual(len(list((self.folder / "other" / "new").iterdir())), 2)
        self.assertFalse(self.maildir.exists())
        self.assertEqual(stat.S_IMODE(self.store.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE((self.folder / "other").stat().st_mode), 0o700)

    def test_quiet_in_json_and_no_raw_terminal_codes_without_a_terminal(self):
        self.fill(3000)
        self.assertEqual(self.run_program("--json", "run").err, "")
        self.assertEqual(self.get("run")["done"], 0)
        self.assertNotIn("\r", self.run_program("run").err)

    def test_interrupted_and_taken_up_again(self):
        n = 20_000
        self.fill(n)
        child = subprocess.Popen(
            [PROGRAM, "--store", str(self.store), "--json", "run"], env=self.environment, stdout=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not (self.maildir / "new").exists() or not any((self.maildir / "new").iterdir()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)
        child.send_signal(signal.SIGINT)
        first = json.loads(child.communicate(timeout=300)[0])
        self.assertEqual(child.returncode, 3)
        self.assertEqual(first["done"] + first["pending"], n)
        rest = self.get("run")
        self.assertEqual(first["done"] + rest["done"], n)
        self.assertEqual(rest["pending"], 0)
        self.assertEqual(sum(1 for _ in (self.maildir / "new").iterdir()), n)


class ExitCodes(CliTest):
    def test_usage(self):
        for arguments in (
            [], ["nonsense"], ["status"], ["threads"], ["threads", "--as-client", "a", "--as-provider", "b"],
            ["import", "x.csv"], ["send", "--as-provider", "p", "--all-active"], ["channels", "--no-such-option"],
            ["recipients", "x", "--as-provider", "p", "--limit", "many"],
        ):
            done = self.run_program(*arguments, exit_code=2)
            self.assertEqual(done.out, "")
            self.assertRegex(done.err, r"\Abccast: [^\n]+\n\Z")

    def test_no_text_on_the_command_line(self):
        self.import_csv(CLIENTS)
        self.send("--all-active")
        thread = self.thread_of("c1")
        for arguments in (
            ["reply", thread, "--as-client", "c1", CANARY],
            ["reply", thread, "--as-client", "c1", "--text", CANARY],
            ["reply", thread, "--as-client", "c1", f"--text={CANARY}"],
            ["reply", thread, "--as-client", "c1", "--file", "x", CANARY],
            ["send", "--as-provider", "dr-lee", "--all-active", "--yes", "--file", "x", CANARY],
            ["channels", CANARY],
        ):
            self.assertNotIn(CANARY, self.run_program(*arguments, exit_code=2).err)
        for command in ("send", "reply"):
            self.assertNotIn("--text", self.run_program(command, "--help").out)

    def test_not_found(self):
        self.assertIn("no store", self.run_program("status", "--as-provider", "dr-lee", exit_code=4).err)
        self.assertFalse(self.store.exists())
        self.import_csv(CLIENTS)
        unknown = "0123456789abcdef" * 2
        for arguments in (
            ["status", "--as-provider", "nobody"], ["status", "--as-provider", "dr-lee"],
            ["status", unknown, "--as-provider", "dr-lee"], ["recipients", unknown, "--as-provider", "dr-lee"],
            ["threads", "--as-client", "nobody"], ["messages", unknown, "--as-client", "c1"],
            ["messages", unknown, "--as-provider", "dr-lee"], ["reply", unknown, "--as-client", "c1", "--file", "-"],
            ["read", unknown, "--as-client", "c1"], ["direct", "c99", "--as-provider", "dr-lee"],
            ["archive", "c99", "--provider", "dr-lee"], ["restore", "c1", "--provider", "nobody"],
            ["roster", "--as-provider", "nobody"], ["show", unknown, "--as-provider", "dr-lee"],
            ["why", unknown, "c1", "--as-provider", "dr-lee"],
            ["provider", "nobody"], ["provider", "nobody", "--email", "a@example.org"],
        ):
            done = self.run_program(*arguments, exit_code=4, text="x")
            self.assertRegex(done.err, r"\Abccast: [^\n]+\n\Z")
            self.assertEqual(done.out, "")

    def test_error(self):
        self.run_program("import", self.folder / "none.csv", "--provider", "dr-lee", exit_code=1)
        self.write("practice.db", "This is no store, but some text that is long enough to look at." * 20)
        self.assertRegex(self.run_program("channels", exit_code=1).err, r"\Abccast: [^\n]+\n\Z")

    def test_busy(self):
        self.import_csv(CLIENTS)
        lock = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("BEGIN IMMEDIATE")
        done = self.run_program("archive", "c1", "--provider", "dr-lee", exit_code=75)
        self.assertRegex(done.err, r"\Abccast: [^\n]+\n\Z")
        self.assertEqual(self.get("provider", "dr-lee")["active"], 2)  # reading goes on
        lock.execute("ROLLBACK")
        self.run_program("archive", "c1", "--provider", "dr-lee")

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "version"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"bccast: ", done.stderr)


class Output(CliTest):
    def test_json_for_every_command(self):
        self.import_csv(CLIENTS)
        blast = self.send("--all-active")["blast"]
        thread = self.thread_of("c1")
        commands = {
            "import": ["in.csv", "--provider", "dr-lee"],
            "send": ["--as-provider", "dr-lee", "--all-active", "--file", "-", "--yes"],
            "run": [], "status": ["--as-provider", "dr-lee"], "blasts": ["--as-provider", "dr-lee"],
            "recipients": [blast, "--as-provider", "dr-lee"], "threads": ["--as-provider", "dr-lee"],
            "messages": [thread, "--as-client", "c1"], "reply": [thread, "--as-client", "c1", "--file", "-"],
            "read": [thread, "--as-client", "c1", "--up-to", "1"], "direct": ["c1", "--as-provider", "dr-lee"],
            "archive": ["c1", "--provider", "dr-lee"], "restore": ["c1", "--provider", "dr-lee"],
            "roster": ["--as-provider", "dr-lee"], "why": [blast, "c1", "--as-provider", "dr-lee"],
            "show": [blast, "--as-provider", "dr-lee"], "providers": [],
            "provider": ["dr-lee", "--name", "Dr. Lee", "--email", "lee@example.org"], "channels": [], "verify": [],
            "version": [],
        }
        listed = re.findall(r"(?m)^  ([a-z]+) {2,}\S", self.run_program("--help").out)
        self.assertEqual(set(listed), set(commands))
        for name, arguments in commands.items():
            self.assertIsInstance(self.get(name, *arguments, text="Hi"), dict)
            help_text = self.run_program(name, "--help").out
            self.assertIn(f"Example: bccast {name}", help_text)
            self.run_program(name, *arguments, text="Hi")

    def test_tables_are_aligned_in_all_scripts(self):
        names = ["Ana", "歐陽 美玲", "Noe\u0301mie", "남궁도윤", "हरि ओम", "שירה"]
        rows = "".join(f"c{i},{name},\n" for i, name in enumerate(names))
        self.import_csv("id,name,email\n" + rows)
        blast = self.send("--all-active")["blast"]
        lines = self.run_program("recipients", blast, "--as-provider", "dr-lee").out.splitlines()
        place = lines[0].index("thread")
        for line in lines[1:]:
            at = re.search(r"[0-9a-f]{32}", line).start()
            if "ह" not in line:  # how wide Devanagari's vowels are is a matter of taste
                self.assertEqual(cells(line[:at]), place, line)
            self.assertEqual(line, line.rstrip())

    def test_nothing_reaches_a_terminal_raw(self):
        self.import_csv(CLIENTS)
        text = "one\ttab\r\ntwo \u202ereversed \u2028#9  2026-01-01T00:00:00Z  Dr. Lee"
        self.send("--all-active", text=text)
        thread = self.thread_of("c1")
        for output in (
            self.run_program("messages", thread, "--as-client", "c1").out,
            self.run_program("threads", "--as-client", "c1").out,
            self.run_program("--json", "messages", thread, "--as-client", "c1").out,
        ):
            self.assertFalse(set(output) & set("\t\r\u202e\u2028\x1b\x9b"), ascii(output))
        self.assertEqual(
            self.get("messages", thread, "--as-client", "c1")["messages"][0]["text"], text)
        self.assertNotIn("\n#9", self.run_program("messages", thread, "--as-client", "c1").out)
        self.assertNotIn("\x1b", self.run_program("threads", "--as-client", "\x1b[31m", exit_code=2).err)

    def test_times_are_iso_8601_in_utc(self):
        self.import_csv(CLIENTS)
        self.send("--all-active")
        for zone in ("Pacific/Auckland", "America/Lima"):
            table = self.run_program("blasts", "--as-provider", "dr-lee", environment={"TZ": zone}).out
            shown = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", table)
            self.assertEqual(len(shown), 2)
        at = self.get("blasts", "--as-provider", "dr-lee")["blasts"][0]["sent_at_ms"]
        self.assertEqual(shown[1], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at // 1000)))

    def test_all_pages_unless_limited(self):
        n = 2345
        self.import_csv("id\n" + "".join(f"c{i}\n" for i in range(n)))
        blast = self.send("--all-active")["blast"]
        command = ["recipients", blast, "--as-provider", "dr-lee"]
        self.assertEqual(len(self.get(*command)["recipients"]), n)
        self.assertEqual(len(self.get(*command, "--all")["recipients"]), n)
        self.assertEqual(len(self.get(*command, "--limit", "1200")["recipients"]), 1200)
        self.assertEqual(len(self.get(*command, "--limit", "3")["recipients"]), 3)
        self.assertEqual(len(self.run_program(*command).out.splitlines()), n + 1)
        thread = self.thread_of("c1")
        for i in range(5):
            self.get("reply", thread, "--as-client", "c1", "--file", "-", text=f"reply {i}")
        last = self.get("messages", thread, "--as-client", "c1", "--limit", "2")["messages"]
        self.assertEqual([m["text"] for m in last], ["reply 3", "reply 4"])

    def test_store_by_environment(self):
        self.import_csv(CLIENTS)
        done = self.run_program(
            "provider", "dr-lee", store=False, environment={"BCCAST_STORE": str(self.store)})
        self.assertRegex(done.out, r"dr-lee +2 +1\n")

    def test_text_ends_without_line_ends(self):
        self.import_csv(CLIENTS)
        self.send("--all-active", text="\ufeffline\n\nline\r\n\n")
        [message] = self.get("messages", self.thread_of("c1"), "--as-client", "c1")["messages"]
        self.assertEqual(message["text"], "line\n\nline")


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()

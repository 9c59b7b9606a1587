#!/usr/bin/env python3
"""How a command ends: exit codes, and one line on stderr."""

import sqlite3
import subprocess
import unittest

from cli_support import CANARY, ONE_LINE, PROGRAM, UNKNOWN, CliTest, commands


class ExitCodes(CliTest):
    def test_usage(self):
        for arguments in (
            [], ["nonsense"], ["blast"], ["blast", "nonsense"], ["status"], ["threads"],
            ["threads", "--as-client", "a", "--as-provider", "b"], ["threads", "--as-client", "a", "--blast", "b"],
            ["reply", "x", "--as-client", "a", "--actor", "b", "--file", "-"],
            ["import", "x.csv"], ["send", "--as-provider", "p", "--file"],
            ["send", "--as-provider", "p", "--all-active"],
            ["channel", "list", "--no-such-option"],
            ["blast", "recipients", "x", "--as-provider", "p", "--limit", "many"],
            ["blast", "recipients", "x", "--as-provider", "p", "--opened", "perhaps"],
            ["blast", "create", "--as-provider", "p", "--actor", ""], ["blast", "select", "x", "--as-provider", "p"],
            ["blast", "list", "--as-provider", "p", "--state", ""], ["status", "", "--as-provider", "p"],
            ["blast", "select", "x", "[c1,c2]", "--as-provider", "p"], ["roster", "add", "p"],
            ["erase", "c1"], ["community", "create", "--title", "T", "--as-provider", "p"],
            ["blast", "send", "x", "--as-provider", "p"],
        ):
            with self.subTest(arguments=arguments):
                self.refused(2, *arguments)
                self.assertFalse(self.store.exists())

    def test_no_text_on_the_command_line(self):
        self.import_csv()
        self.send("--all-active")
        thread = self.thread_of("c1")
        for arguments in (
            ["reply", thread, "--as-client", "c1", CANARY],
            ["reply", thread, "--as-client", "c1", "--text", CANARY],
            ["reply", thread, "--as-client", "c1", f"--text={CANARY}"],
            ["reply", thread, "--as-client", "c1", "--file", "x", CANARY],
            ["send", "--as-provider", "dr-lee", "--all-active", "--yes", "--file", "x", CANARY],
            ["blast", "write", UNKNOWN, CANARY, "--as-provider", "dr-lee", "--file", "x"],
            ["threads", "--as-client", "c1", "--limit", CANARY], ["channel", "list", CANARY],
            ["threads", "--as-provider", "dr-lee", "--replied", CANARY],
        ):
            self.assertNotIn(CANARY, self.run_program(*arguments, exit_code=2).err)
            error = self.get_error(*arguments, exit_code=2)
            self.assertNotIn(CANARY, error["message"])
        for entry in commands().values():
            self.assertNotIn("--text", entry.options)

    def refused(self, exit_code, *arguments, text="x"):
        """The command ends with one line on stderr, and in JSON with the same message."""
        done = self.run_program(*arguments, exit_code=exit_code, text=text)
        self.assertRegex(done.err, ONE_LINE)
        self.assertEqual(done.out, "")
        error = self.get_error(*arguments, exit_code=exit_code, text=text)
        self.assertEqual(f"bccast: {error['message']}\n", done.err)
        return error

    def test_an_id_that_is_wrong_is_not_found(self):
        self.import_csv()
        self.send("--all-active")
        for wrong in (UNKNOWN, self.thread_of("c1"), "c1", UNKNOWN[1:]):
            for arguments in (
                ["status", wrong], ["why", wrong, "c1"], ["blast", "show", wrong], ["blast", "recipients", wrong],
                ["blast", "find", wrong, "c1"], ["blast", "selection", wrong], ["blast", "preview", wrong],
                ["blast", "select", wrong, "c1"], ["blast", "deselect", wrong, "c1", "c2"],
                ["blast", "all-active", wrong], ["blast", "none", wrong], ["blast", "set", wrong, "deadline_ms"],
                ["blast", "write", wrong, "--file", "-"], ["blast", "discard", wrong],
                ["blast", "send", wrong, "--yes"],
                ["community", "set", wrong, "title", "T"], ["community", "add", wrong, "c1"],
                ["community", "add", wrong, "c1", "c2"], ["community", "remove", wrong, "c1"], ["members", wrong],
            ):
                with self.subTest(arguments=arguments):
                    error = self.refused(4, *arguments, "--as-provider", "dr-lee")
                    self.assertEqual(error["code"], "BCCAST_E_NOT_FOUND")
        for wrong in (UNKNOWN, "c1", UNKNOWN[1:]):
            self.refused(4, "thread", "bind", wrong, "name")
            for arguments in (["messages", wrong], ["members", wrong], ["read", wrong],
                              ["reply", wrong, "--file", "-"]):
                for actor in (["--as-client", "c1"], ["--as-provider", "dr-lee"], ["--as-client", "c9"],
                              ["--as-provider", "nobody"]):
                    with self.subTest(arguments=arguments, actor=actor):
                        self.refused(4, *arguments, *actor)

    def test_who_is_not_there_is_not_found(self):
        self.assertIn("no store", self.run_program("status", "--as-provider", "dr-lee", exit_code=4).err)
        self.assertFalse(self.store.exists())
        self.import_csv()
        self.refused(4, "status", "--as-provider", "dr-lee")  # no blasts yet
        blast = self.send("--all-active")["blast"]
        for arguments in (
            ["status", "--as-provider", "nobody"], ["status", blast, "--as-provider", "nobody"],
            ["why", blast, "c99", "--as-provider", "dr-lee"], ["threads", "--as-client", "nobody"],
            ["threads", "--as-provider", "nobody"], ["direct", "c99", "--as-provider", "dr-lee"],
            ["blast", "list", "--as-provider", "nobody"], ["blast", "create", "--as-provider", "nobody"],
            ["community", "create", "--title", "T", "--members-see-each-other", "--as-provider", "nobody"],
            ["roster", "list", "nobody"], ["roster", "count", "nobody"], ["roster", "add", "nobody", "c1"],
            ["roster", "add", "nobody", "c1", "c2"], ["roster", "add", "dr-lee", "c99"],
            ["roster", "archive", "dr-lee", "c99"], ["roster", "restore", "nobody", "c1"],
            ["roster", "set", "dr-lee", "c99", "chat", "off"], ["roster", "list", "dr-lee", "--draft", UNKNOWN],
            ["provider", "set", "nobody", "locale", "de"], ["provider", "archive", "nobody"],
            ["provider", "restore", "nobody"], ["provider", "unread", "nobody"],
            ["client", "set", "c99", "chat", "off"], ["client", "archive", "c99"], ["client", "restore", "c99"],
            ["client", "show", "c99"], ["client", "unread", "c99"], ["export", "c99"], ["erase", "c99", "--yes"],
            ["thread", "find", "room"],
        ):
            with self.subTest(arguments=arguments):
                self.refused(4, *arguments)

    def test_of_several_some_are_refused(self):
        self.import_csv()
        for verb in ("archive", "restore", "add"):
            arguments = ["roster", verb, "dr-lee", "c1", "c99", "c98"]
            changes = self.get(*arguments, exit_code=3)
            self.assertEqual((changes["changed"] + changes["unchanged"], changes["refused"]), (1, [
                {"client": "c99", "code": "BCCAST_E_NOT_FOUND"}, {"client": "c98", "code": "BCCAST_E_NOT_FOUND"}]))
            done = self.run_program(*arguments, exit_code=3)
            self.assertEqual(done.err, "bccast: c99: there is no such client here\n"
                                       "bccast: c98: there is no such client here\n")
        changes = self.get("roster", "archive", "dr-lee", "c99", "c98", exit_code=4)
        self.assertEqual((changes["changed"], len(changes["refused"])), (0, 2))

    def test_error(self):
        self.refused(1, "import", self.folder / "none.csv", "--provider", "dr-lee")
        self.write("practice.db", "This is no store, but some text that is long enough to look at." * 20)
        self.assertEqual(self.refused(1, "channel", "list")["code"], "BCCAST_E_CORRUPT")
        self.store.unlink()
        self.import_csv()
        thread = self.get("direct", "c1", "--as-provider", "dr-lee")["thread"]
        self.get("thread", "bind", thread, "room")
        other = self.get("direct", "c2", "--as-provider", "dr-lee")["thread"]
        self.assertEqual(self.refused(1, "thread", "bind", other, "room")["code"], "BCCAST_E_CONFLICT")

    def test_busy(self):
        self.import_csv()
        lock = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("BEGIN IMMEDIATE")
        error = self.refused(75, "roster", "archive", "dr-lee", "c1")
        self.assertEqual((error["code"], error["retriable"]), ("BCCAST_E_BUSY", True))
        self.assertEqual(self.get("roster", "count", "dr-lee")["active"], 2)  # reading goes on
        lock.execute("ROLLBACK")
        self.run_program("roster", "archive", "dr-lee", "c1")

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "version"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), ONE_LINE)


if __name__ == "__main__":
    unittest.main()

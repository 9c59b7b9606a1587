#!/usr/bin/env python3
"""bccast provider, client, roster, export, erase: who there is."""

import sqlite3
import unittest

from cli_support import CANARY, CLIENTS, CliTest


class Providers(CliTest):
    def test_put_set_and_list(self):
        self.get("provider", "put", "dr-kim", "--name", "Dr. Kim", "--email", "kim@example.org")  # makes the store
        self.import_csv()
        self.get("provider", "set", "dr-kim", "timezone", "Europe/Berlin")
        self.assertEqual(self.get("provider", "list")["providers"], [
            {"provider": "dr-kim", "provider_name": "Dr. Kim", "locale": None, "timezone": "Europe/Berlin",
             "address": "kim@example.org", "clients": 0, "archived": 0},
            {"provider": "dr-lee", "provider_name": "dr-lee", "locale": None, "timezone": None,
             "address": None, "clients": 3, "archived": 0}])
        self.get("provider", "set", "dr-kim", "timezone")
        self.get("provider", "put", "dr-kim", "--name", "Dr. A. Kim", "--email", "")
        [kim] = self.get("provider", "list", "--limit", "1")["providers"]
        self.assertEqual((kim["provider_name"], kim["timezone"], kim["address"]), ("Dr. A. Kim", None, None))
        self.assertEqual(self.get("provider", "show", "dr-kim"), kim)
        self.assertEqual(self.get_error("provider", "show", "nobody", exit_code=4)["code"], "BCCAST_E_NOT_FOUND")
        self.assertEqual(self.get_error("provider", "set", "dr-kim", "shoes", "9", exit_code=2)["code"],
                         "BCCAST_E_ARGUMENT")

    def test_archive_and_restore(self):
        self.import_csv()
        draft = self.get("blast", "create", "--as-provider", "dr-lee")["blast"]
        self.send("--all-active")
        self.assertEqual(self.get("provider", "archive", "dr-lee"),
                         {"provider": "dr-lee", "state": "archived", "changed": True})
        self.assertFalse(self.get("provider", "archive", "dr-lee")["changed"])
        self.assertEqual(self.get("provider", "list")["providers"][0]["archived"], 1)
        self.get_error("blast", "show", draft, "--as-provider", "dr-lee", exit_code=4)
        self.assertEqual(self.get_error("blast", "create", "--as-provider", "dr-lee", exit_code=1)["code"],
                         "BCCAST_E_STATE")
        [seen] = self.get("threads", "--as-client", "c1")["threads"]
        self.assertEqual(seen["closed"], 1)
        self.get_error("reply", seen["thread"], "--as-client", "c1", "--file", "-", text="x", exit_code=1)
        self.assertEqual(self.get("provider", "restore", "dr-lee")["state"], "active")
        self.get("reply", seen["thread"], "--as-client", "c1", "--file", "-", text="Thanks")
        self.assertEqual(self.get("provider", "unread", "dr-lee"), {"provider": "dr-lee", "threads": 1, "messages": 1})


class Clients(CliTest):
    def test_put_and_set(self):
        made = self.get("client", "put", "c1", "--name", "Ana", "--email", "ana@example.org")  # makes the store
        self.assertEqual(made, {
            "client": "c1", "client_name": "Ana", "locale": None, "timezone": None, "archived": 0, "chat": 1,
            "notify": 1, "address": "ana@example.org", "rosters": 0})
        self.assertEqual(self.get("client", "put", "c1"), made)
        self.get("client", "set", "c1", "locale", "de")
        self.assertEqual(self.get("client", "set", "c1", "notify", "off"), {**made, "locale": "de", "notify": 0})
        self.get("client", "set", "c1", "locale")
        self.get("client", "put", "c1", "--email", "")
        self.assertEqual(self.get("client", "show", "c1"), {**made, "notify": 0, "address": None})

    def test_archive_restore_and_unread(self):
        self.import_csv()
        self.assertEqual(self.get("client", "archive", "c1")["archived"], 1)
        self.assertIn("before", self.run_program("client", "archive", "c1").err)
        self.assertEqual(self.get("roster", "count", "dr-lee"), {"provider": "dr-lee", "active": 1, "archived": 2})
        self.assertEqual(self.get("client", "restore", "c1")["archived"], 0)
        self.send("--all-active")
        self.assertEqual(self.get("client", "unread", "c1"), {"client": "c1", "threads": 1, "messages": 1})


class Roster(CliTest):
    def names(self, *arguments):
        return [r["client"] for r in self.get("roster", "list", "dr-lee", *arguments)["roster"]]

    def test_list(self):
        self.import_csv("id,name,email,status\nc1,Zoe Lee,z@example.org,\nc2,Björn,,\nc3,anna-maria lee,,archived\n")
        self.assertEqual(self.names(), ["c3", "c2", "c1"])
        self.assertEqual(self.names("--limit", "2"), ["c3", "c2"])
        self.assertEqual(self.names("--state", "active"), ["c2", "c1"])
        self.assertEqual(self.names("--search", "bjorn"), ["c2"])
        self.assertEqual(self.names("--search", "LEE"), ["c1", "c3"])  # the same word: in the order of the roster
        self.assertEqual(self.names("--state", "archived", "--search", "lee"), ["c3"])
        self.assertEqual(self.names("--search", "lee&state=active"), [])  # no way into the rest of the filter
        [zoe] = self.get("roster", "list", "dr-lee", "--search", "zoe")["roster"]
        zoe.pop("since_ms")
        self.assertEqual(
            zoe, {"client": "c1", "client_name": "Zoe Lee", "state": "active", "chosen": None, "contact": "ok"})
        lines = self.run_program("roster", "list", "dr-lee").out.splitlines()
        self.assertEqual(lines[0].split(), ["client", "client_name", "state", "contact", "since"])
        self.assertEqual(len(lines), 4)
        self.assertRegex(lines[1], r" \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.get_error("roster", "list", "dr-lee", "--state", "gone", exit_code=2)

    def test_what_a_draft_has_chosen(self):
        self.import_csv()
        draft = self.get("blast", "create", "--as-provider", "dr-lee")["blast"]
        self.get("blast", "select", draft, "c1", "c3", "--as-provider", "dr-lee")
        rows = self.get("roster", "list", "dr-lee", "--draft", draft)["roster"]
        self.assertEqual([(r["client"], r["chosen"]) for r in rows], [("c1", 1), ("c2", 0), ("c3", 0)])
        lines = self.run_program("roster", "list", "dr-lee", "--draft", draft).out.splitlines()
        self.assertIn("chosen", lines[0])

    def test_add_archive_restore_and_set(self):
        self.get("provider", "put", "dr-lee", "--name", "Dr. Lee")
        for client in "abcde":
            self.get("client", "put", client, "--name", client)
        changed = {"provider": "dr-lee", "changed": 1, "unchanged": 0, "refused": []}
        self.assertEqual(self.get("roster", "add", "dr-lee", "a"), changed)
        self.assertEqual(self.get("roster", "add", "dr-lee", "a"), {**changed, "changed": 0, "unchanged": 1})
        self.assertEqual(self.get("roster", "add", "dr-lee", "a", "--file", self.write("ids", "b\nc\n")),
                         {**changed, "changed": 2, "unchanged": 1})
        self.assertEqual(self.get("roster", "add", "dr-lee", "d", "--archived"), changed)
        self.assertEqual(self.get("roster", "add", "dr-lee", "--archived", "a", "e"),
                         {**changed, "unchanged": 1})
        self.assertEqual(self.names("--state", "active"), ["a", "b", "c"])
        self.assertEqual(self.get("roster", "archive", "dr-lee", "a"), changed)
        self.assertEqual(self.get("roster", "archive", "dr-lee", "a", "b", "b")["changed"], 1)
        self.assertEqual(self.names("--state", "active"), ["c"])
        self.assertEqual(self.get("roster", "restore", "dr-lee", "a", "d", "c"),
                         {**changed, "changed": 2, "unchanged": 1})
        self.get("roster", "set", "dr-lee", "c", "chat", "off")
        self.assertEqual([r["client"] for r in self.get("roster", "list", "dr-lee")["roster"] if r["contact"] == "off"],
                         ["c"])
        self.assertEqual(self.run_program("roster", "count", "dr-lee").out.split()[-3:], ["dr-lee", "3", "2"])

    def test_many(self):
        n = 150_000
        self.get("provider", "put", "dr-kim", "--name", "Dr. Kim")
        self.import_csv("id\n" + "".join(f"c{i}\n" for i in range(n)))
        ids = self.write("ids", "".join(f"c{i}\n" for i in range(n)) + "nobody\n")
        changes = self.get("roster", "add", "dr-kim", "--file", ids, exit_code=3)
        self.assertEqual((changes["changed"], [r["client"] for r in changes["refused"]]), (n, ["nobody"]))


class ExportAndErase(CliTest):
    def setUp(self):
        super().setUp()
        self.import_csv(CLIENTS, 0, "--name", "Dr. Lee")
        self.blast = self.send("--all-active", text=f"To all\n{CANARY}")["blast"]
        self.thread = self.thread_of("c1")
        self.get("reply", self.thread, "--as-client", "c1", "--file", "-", text="Ana was here")

    def test_export(self):
        rows = self.get("export", "c1")["export"]
        profile = {r["name"]: r["text"] for r in rows if r["record"] == "profile"}
        self.assertEqual((profile["client"], profile["display_name"], profile["address.email"]),
                         ("c1", "Ana", "ana@example.org"))
        messages = [(r["thread"], r["seq"], r["text"]) for r in rows if r["record"] == "message"]
        self.assertEqual(messages, [(self.thread, 1, f"To all\n{CANARY}"), (self.thread, 2, "Ana was here")])
        shown = self.run_program("export", "c1").out
        self.assertIn("display_name: Ana\n", shown)
        self.assertIn(f"\nThread {self.thread} with Dr. Lee\n#1  ", shown)
        self.assertTrue(shown.endswith("    Ana was here\n"), shown)
        self.assertIn(f"    {CANARY}\n", shown)  # in full
        self.assertEqual([r["record"] for r in self.get("export", "c3")["export"] if r["record"] != "profile"], [])

    def test_export_of_many_pages(self):
        for _ in range(10):  # a page ends at 8 MiB
            self.get("reply", self.thread, "--as-client", "c1", "--file", "-", text="x" * 1_000_000)
        rows = self.get("export", "c1")["export"]
        self.assertEqual([r["seq"] for r in rows if r["record"] == "message"], list(range(1, 13)))

    def test_erase(self):
        self.assertEqual(self.get("erase", "c1", "--yes"), {"client": "c1", "erased": True, "log_empty": True})
        self.assertEqual(self.get_error("erase", "c1", "--yes", exit_code=4)["code"], "BCCAST_E_NOT_FOUND")
        command = ["blast", "recipients", self.blast, "--as-provider", "dr-lee"]
        self.assertEqual([r["client"] for r in self.get(*command)["recipients"]], [None, "c2"])
        self.assertRegex(self.run_program(*command).out, r"(?m)^\(erased\) +- ")
        threads = ["threads", "--as-provider", "dr-lee"]
        self.assertEqual([t["client"] for t in self.get(*threads)["threads"]], [None])
        self.assertIn("  (erased)  ", self.run_program(*threads).out)
        shown = self.run_program("messages", self.thread, "--as-provider", "dr-lee").out
        self.assertRegex(shown, r"(?m)^#2  \S+  \(erased\)\n    \(removed\)\n")
        for path in self.folder.glob("practice.db*"):
            self.assertNotIn(b"Ana was here", path.read_bytes())
        self.assertEqual(self.get("store", "verify"), {"faults": []})

    def test_erase_asks(self):
        for no in (b"n\n", b"\n", b"\x03"):
            shown, code = self.ask(no, "erase", "c1")
            self.assertEqual(code, 1, shown)
            self.assertIn("c1 (Ana)", shown)
            self.assertIn("nothing was erased", shown)
        self.get("client", "show", "c1")
        self.assertEqual(self.ask(b"y\n", "erase", "c1")[1], 0)
        self.get_error("client", "show", "c1", exit_code=4)
        self.get_error("erase", "c2", exit_code=2)  # no terminal, no --yes
        self.get("client", "show", "c2")

    def test_erase_in_part(self):
        reader = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        done = self.run_program("--json", "erase", "c1", "--yes", exit_code=3)
        self.assertEqual(self.document("erase", done.out), {"client": "c1", "erased": True, "log_empty": False})
        self.assertIn("PARTIAL", done.err)
        self.assertEqual(self.get_error("store", "checkpoint", exit_code=75)["code"], "BCCAST_E_BUSY")
        reader.execute("ROLLBACK")
        self.assertEqual(self.get("store", "checkpoint"), {"log_empty": True})
        for path in self.folder.glob("practice.db*"):
            self.assertNotIn(b"Ana was here", path.read_bytes())


if __name__ == "__main__":
    unittest.main()

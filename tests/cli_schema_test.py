#!/usr/bin/env python3
"""Every command answers with one JSON document, and docs/cli.schema.json describes it.

All tests of the command line check each document they get; here is one of every command there is.
"""

import sqlite3
import unittest

import jsonschema

from cli_support import ONE_LINE, SCHEMA, UNKNOWN, CliTest, commands, describes

AS = ["--as-provider", "dr-lee"]


class EveryCommand(CliTest):
    def setUp(self):
        super().setUp()
        self.get("channel", "put", "email")
        self.import_csv()
        self.get("client", "put", "c8", "--name", "Hye", "--email", "hye@example.org")
        self.get("client", "put", "c9", "--name", "Ida")
        self.blast = self.send("--all-active")["blast"]
        self.thread = self.thread_of("c1")
        self.community = self.get("community", "create", "--title", "T", "--members-see-each-other", *AS)["thread"]
        self.get("community", "add", self.community, "c2", *AS)
        self.get("thread", "bind", self.thread, "room")
        self.draft, self.later = self.draft_with_text(), self.draft_with_text()
        self.get("run")
        self.item = self.items()[0]
        self.get("events", "list", "billing")  # from here on

    def draft_with_text(self):
        draft = self.get("blast", "create", *AS)["blast"]
        self.get("blast", "select", draft, "c1", "c2", "c3", *AS)
        self.get("blast", "write", draft, "--file", "-", *AS, text="Hi")
        return draft

    def sent(self, *verbs):
        """A blast that is under way, after those verbs."""
        blast = self.send("--all-active")["blast"]
        for verb in verbs:
            self.get(verb, blast, *AS)
        return [blast, *AS]

    def arguments(self):
        """For each command, what to call it with: in this order, and each more than once."""
        return {
            "import": ["in.csv", "--provider", "dr-lee"],
            "send": [*AS, "--all-active", "--file", "-", "--yes", "--hold", "0", "--key", "k"],
            "run": [], "status": AS, "why": [self.blast, "c3", *AS], "overdue": [],
            "watch": None, "doctor": [], "events": None,
            "schedule": [self.later, "--at", "+1d", *AS], "unschedule": [self.later, *AS],
            "blast schedule": [self.later, "--at", "+1d", *AS], "blast unschedule": [self.later, *AS],
            "pause": None, "resume": None, "recall": None, "purge": None,
            "blast pause": None, "blast resume": None, "blast recall": None, "blast purge": None,
            "retry": [self.blast, *AS],
            "threads": ["--as-client", "c1"], "messages": [self.thread, "--as-client", "c1"],
            "reply": [self.thread, "--as-client", "c1", "--file", "-"], "read": [self.thread, "--as-client", "c1"],
            "direct": ["c1", *AS], "members": [self.community, "--as-client", "c2"],
            "community create": ["--title", "U", "--members-see-each-other", *AS],
            "community set": [self.community, "title", "V", *AS], "community add": [self.community, "c1", "c2", *AS],
            "community members": [self.community, *AS], "community remove": None,
            "provider put": ["dr-lee", "--name", "Dr. Lee", "--email", "lee@example.org"],
            "provider set": ["dr-lee", "locale", "de"], "provider archive": ["dr-lee"], "provider restore": ["dr-lee"],
            "provider list": [], "provider show": ["dr-lee"], "provider unread": ["dr-lee"],
            "client put": ["c1", "--name", "Anna"], "client set": ["c1", "timezone", "Europe/Berlin"],
            "client archive": ["c2"], "client restore": ["c2"], "client show": ["c1"], "client unread": ["c1"],
            "roster list": ["dr-lee", "--draft", self.draft], "roster count": ["dr-lee"],
            "roster add": ["dr-lee", "c8"], "roster archive": ["dr-lee", "c8"], "roster restore": ["dr-lee", "c8"],
            "roster set": ["dr-lee", "c8", "notify", "off"],
            "blast create": [*AS, "--key", "l"], "blast write": [self.draft, "--file", "-", *AS],
            "blast set": [self.draft, "deadline_ms", "60000", *AS], "blast show": [self.blast, *AS], "blast list": AS,
            "blast select": [self.draft, "c1", "c2", *AS], "blast deselect": [self.draft, "c8", *AS],
            "blast selection": [self.draft, *AS], "blast preview": [self.draft, *AS], "blast none": [self.draft, *AS],
            "blast all-active": [self.draft, *AS], "blast send": [self.draft, *AS, "--yes"],
            "blast status": [self.blast, *AS], "blast recipients": [self.blast, *AS],
            "blast find": [self.blast, "c1", "c2", *AS], "blast why": [self.blast, "c1", *AS], "blast discard": None,
            "blast retry-failed": [self.blast, *AS], "report": None,
            "events list": ["billing"], "events ack": None,
            "channel put": ["push"], "channel list": [], "channel set": ["push", "paused", "on"],
            "channel remove": None,
            "thread bind": [self.thread, "room"], "thread find": ["room"],
            "export": ["c1"], "erase": None, "store verify": [], "store checkpoint": [], "store settings": [],
            "store status": [], "store backup": None, "store release": [], "store restore": None,
            "version": [],
        }

    def test_one_document_and_one_table(self):
        arguments = self.arguments()
        self.assertEqual(set(arguments), {" ".join(path) for path in commands()})
        # Before provider archive, which discards all drafts; and a store that was restored is of an earlier time.
        order = sorted(arguments, key=lambda name: name.startswith(("provider", "store re")))
        for name in ("events", "watch"):  # a document a line: tests/cli_watch_test.py
            order.remove(name)
        for name in order:
            for json_wanted in (True, False):
                path, rest = name.split(), arguments[name]
                if path[-1] in ("pause", "recall"):
                    rest = self.sent()
                elif path[-1] in ("resume", "purge"):
                    rest = self.sent("pause" if path[-1] == "resume" else "recall")
                elif name == "blast discard":
                    rest = [self.draft_with_text(), *AS]
                elif name == "community remove":
                    self.get("community", "add", self.community, "c1", "c2", *AS)
                    rest = [self.community, "c1", "c2", *AS]
                elif name == "channel remove":
                    self.get("channel", "put", "fax", "--role", "deliver")
                    rest = ["fax"]
                elif name == "report":
                    rest = [self.item, "failed"]
                elif name == "events ack":
                    self.get("client", "put", "c1", "--name", "Ann" if json_wanted else "Anna")
                    rest = ["billing", self.get("events", "list", "billing")["events"][-1]["event"]]
                elif name in ("store backup", "store restore"):  # in this order
                    rest = [str(self.folder / f"copy-{json_wanted}.db")]
                    rest += ["--yes"] if name == "store restore" else []
                elif name == "erase":
                    self.get("client", "put", "c9", "--name", "Ida")
                    rest = ["c9", "--yes"]
                with self.subTest(name=name, json=json_wanted):
                    if json_wanted:
                        self.get(*path, *rest, text="Hi")
                    else:
                        shown = self.run_program(*path, *rest, text="Hi").out
                        self.assertFalse(shown.startswith("{"))

    def test_help_has_an_example(self):
        for path, entry in commands().items():
            self.assertRegex(entry.text, rf"(?m)^Example: bccast {' '.join(path)}( |$)")

    def test_every_command_fails_with_the_error_document(self):
        for path in commands():
            with self.subTest(path=path):
                error = self.get_error(*path, "--no-such-option", exit_code=2)
                self.assertIn("--no-such-option", error["message"])
                self.assertEqual(error["code"], None)

    def damage(self, place):
        """Damages an entry of the roster."""
        store = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(store.close)
        [entry] = store.execute("SELECT entry FROM roster WHERE place = ?", [place]).fetchone()
        entry = entry[:-1] + bytes([entry[-1] ^ 1])
        store.execute("UPDATE roster SET entry = ? WHERE place = ?", [entry, place])

    def test_a_list_that_breaks_off(self):
        n = 2500
        self.import_csv("id\n" + "".join(f"d{i}\n" for i in range(n)))
        blast = self.send("--all-active")["blast"]
        self.damage(1500)
        done = self.run_program("--json", "blast", "recipients", blast, *AS, exit_code=1)
        document = self.document("blast-recipients", done.out)
        self.assertEqual(document["error"]["code"], "BCCAST_E_CORRUPT")
        self.assertEqual(len(document["recipients"]), 1000)
        self.assertRegex(done.err, ONE_LINE)

    def test_a_store_with_faults(self):
        self.damage(1)
        done = self.run_program("--json", "store", "verify", exit_code=1)
        self.assertTrue(self.document("store-verify", done.out)["faults"])
        self.assertRegex(self.run_program("store", "verify", exit_code=1).out, r"^kind +object +detail\n\S")


class Schema(unittest.TestCase):
    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        self.assertEqual(SCHEMA["$schema"], "https://json-schema.org/draft/2020-12/schema")

    def test_it_describes_each_command_and_nothing_else(self):
        described = set(SCHEMA["$defs"]) - {"parts"}
        self.assertEqual(described, {"-".join(path) for path in commands()} | {"error"})
        self.assertEqual({entry["$ref"].removeprefix("#/$defs/") for entry in SCHEMA["anyOf"]}, described)

    def test_nothing_may_be_added_to_any_object(self):
        def look(part):
            if isinstance(part, list):
                return sum(map(look, part))
            if not isinstance(part, dict):
                return 0
            closed = 0
            if part.get("type") == "object":
                self.assertIs(part.get("additionalProperties"), False, part)
                self.assertLessEqual(set(part["required"]), set(part["properties"]), part)
                closed = 1
            return closed + sum(map(look, part.values()))

        self.assertGreater(look(SCHEMA), len(commands()))

    def test_it_can_refuse(self):
        good = {"blasts": [{"blast": UNKNOWN, "state": "sent", "created_at_ms": 1, "sent_at_ms": 1, "recipients": 2,
                            "key_given": 0, "actor": None, "sent_by": None, "text": "Hi", "done": None, "failed": None,
                            "skipped": 0, "pending": 0, "opened": 0, "replied": 0}]}
        self.assertTrue(describes("blast-list", good))
        [row] = good["blasts"]
        error = {"exit_code": 1, "code": None, "message": "m", "retriable": False, "native": 0}
        for planted in (
            {}, [], good["blasts"], {**good, "more": 1}, {"blasts": None}, {"blasts": [{**row, "more": 1}]},
            {"blasts": [{**row, "blast": "5f3a"}]}, {"blasts": [{**row, "state": "lost"}]},
            {"blasts": [{**row, "sent_at_ms": "2026-11-23"}]}, {"blasts": [{**row, "recipients": -1}]},
            {"blasts": [{**row, "actor": ""}]}, {"blasts": [{k: v for k, v in row.items() if k != "text"}]},
            {**good, "error": {}}, {**good, "error": {**error, "exit_code": 0}}, {"error": error},
        ):
            self.assertFalse(describes("blast-list", planted), planted)
        self.assertTrue(describes("blast-list", {**good, "error": error}))
        self.assertTrue(describes("error", {"error": error}))
        self.assertFalse(describes("error", {"error": {**error, "code": "E_BUSY"}}))
        self.assertFalse(describes("version", {"version": "0", "api_date": 1}))
        with self.assertRaises(AssertionError):
            describes("blast-lost", {})


if __name__ == "__main__":
    unittest.main()

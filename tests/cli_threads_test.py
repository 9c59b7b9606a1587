#!/usr/bin/env python3
"""Conversations: threads, messages, direct, communities, and the host's names for threads."""

import unittest

from cli_support import CliTest

AS = ["--as-provider", "dr-lee"]


class Threads(CliTest):
    def setUp(self):
        super().setUp()
        self.import_csv()

    def reply(self, thread, *actor, text):
        return self.get("reply", thread, *actor, "--file", "-", text=text)

    def test_direct(self):
        thread = self.get("direct", "c1", *AS)["thread"]
        self.assertEqual(self.run_program("direct", "c1", *AS).out, thread + "\n")
        self.assertEqual(self.get("threads", "--as-client", "c1")["threads"], [])
        self.reply(thread, *AS, "--actor", "anna", text="Only you")
        [message] = self.get("messages", thread, "--as-client", "c1")["messages"]
        self.assertEqual(message["text"], "Only you")
        self.assertNotIn("actor", message)
        self.assertEqual(self.get("messages", thread, *AS)["messages"][0]["actor"], "anna")
        self.assertRegex(self.run_program("messages", thread, *AS).out,
                         r"^#1  \S+  dr-lee \(by anna\)\n    Only you\n$")
        self.assertNotIn("anna", self.run_program("messages", thread, "--as-client", "c1").out)

    def test_a_providers_filters(self):
        blast = self.send("--all-active")["blast"]
        self.reply(self.thread_of("c1"), "--as-client", "c1", text="Thanks")
        self.reply(self.get("direct", "c2", *AS)["thread"], *AS, text="Hello")

        def who(*arguments):
            return [t["client"] for t in self.get("threads", *AS, *arguments)["threads"]]

        self.assertEqual(who(), ["c2", "c1"])
        self.assertEqual(who("--limit", "1"), ["c2"])
        self.assertEqual(who("--unread"), ["c1"])
        self.assertEqual((who("--replied", "yes"), who("--replied", "no")), (["c1"], ["c2"]))
        self.assertEqual((who("--client", "c2"), who("--blast", blast)), (["c2"], ["c1"]))
        self.get("read", self.get("threads", *AS, "--client", "c1")["threads"][0]["thread"], *AS)
        self.assertEqual(who("--unread"), [])

    def test_names(self):
        thread = self.get("direct", "c1", *AS)["thread"]
        self.assertEqual(self.get("thread", "bind", thread, "room-1"),
                         {"thread": thread, "name": "room-1", "changed": True})
        self.assertFalse(self.get("thread", "bind", thread, "room-1")["changed"])
        self.assertEqual(self.get("thread", "find", "room-1"), {"thread": thread})
        self.assertEqual(self.run_program("thread", "find", "room-1").out, thread + "\n")
        self.assertEqual(self.get("thread", "bind", thread), {"thread": thread, "name": None, "changed": True})
        self.get_error("thread", "find", "room-1", exit_code=4)


class Community(CliTest):
    def setUp(self):
        super().setUp()
        self.import_csv()
        self.thread = self.get(
            "community", "create", "--title", "Parents", "--members-see-each-other", *AS)["thread"]

    def community(self, verb, *arguments, **options):
        return self.get("community", verb, self.thread, *arguments, *AS, **options)

    def test_asks_before_members_see_each_other(self):
        create = ["community", "create", "--title", "Fathers", *AS]
        self.get_error(*create, exit_code=2)  # nobody to ask
        for no in (b"n\n", b"\n", b"\x03"):
            shown, code = self.ask(no, *create)
            self.assertEqual(code, 1, shown)
            self.assertIn("Its members will see each other's names and messages; go on? [y/N]", shown)
        self.assertEqual(len(self.get("threads", *AS)["threads"]), 1)
        self.assertEqual(self.ask(b"y\n", *create)[1], 0)
        self.assertEqual({t["title"] for t in self.get("threads", *AS)["threads"]}, {"Parents", "Fathers"})

    def test_members_see_each_other(self):
        self.assertEqual(self.community("add", "c1", "c2", "--actor", "anna"),
                         {"thread": self.thread, "changed": 2, "unchanged": 0, "refused": []})
        self.assertEqual(self.community("add", "c1")["unchanged"], 1)
        members = self.community("members")["members"]
        self.assertEqual([(m["client"], m["client_name"], m["actor"]) for m in members],
                         [("c1", "Ana", "anna"), ("c2", "Björn", "anna")])
        self.assertEqual(self.get("members", self.thread, *AS)["members"], members)
        seen = self.get("members", self.thread, "--as-client", "c1")["members"]
        self.assertEqual([(m["member"], m["member_name"], m["me"]) for m in seen],
                         [("c1", "Ana", 1), (members[1]["member"], "Björn", 0)])
        self.get("reply", self.thread, "--as-client", "c2", "--file", "-", text="Hello, Ana")
        [message] = self.get("messages", self.thread, "--as-client", "c1")["messages"]
        self.assertEqual((message["author"], message["author_name"]), (members[1]["member"], "Björn"))
        self.assertRegex(self.run_program("messages", self.thread, "--as-client", "c1").out, r"^#1  \S+  Björn\n")
        [listed] = self.get("threads", "--as-client", "c1")["threads"]
        self.assertEqual((listed["kind"], listed["title"], listed["last_author_name"]),
                         ("community", "Parents", "Björn"))
        self.assertNotIn("(erased)", self.run_program("threads", *AS).out)

        self.assertEqual(self.community("remove", "c2")["changed"], 1)
        self.get_error("messages", self.thread, "--as-client", "c2", exit_code=4)
        self.assertEqual([m["client"] for m in self.community("members")["members"]], ["c1"])

    def test_who_can_not_be_a_member(self):
        changes = self.community("add", "c1", "c3", "c9", exit_code=3)
        self.assertEqual(changes["refused"], [{"client": "c3", "code": "BCCAST_E_STATE"},
                                              {"client": "c9", "code": "BCCAST_E_NOT_FOUND"}])
        self.assertEqual(self.get_error("community", "add", self.thread, "c3", *AS, exit_code=1)["code"],
                         "BCCAST_E_STATE")
        changes = self.community("remove", "c1", "c2", exit_code=3)
        self.assertEqual((changes["changed"], changes["refused"]),
                         (1, [{"client": "c2", "code": "BCCAST_E_NOT_FOUND"}]))
        self.assertEqual(self.community("set", "max_members", "1"),
                         {"thread": self.thread, "key": "max_members", "value": "1"})
        changes = self.community("add", "--file", self.write("ids", "c1\nc2\n"), exit_code=3)
        self.assertEqual((changes["changed"], changes["refused"]), (1, [{"client": "c2", "code": "BCCAST_E_LIMIT"}]))

    def test_title(self):
        self.community("add", "c1")
        self.community("set", "title", "Mothers", "--actor", "anna")
        self.get("reply", self.thread, *AS, "--file", "-", text="Welcome")
        self.assertEqual(self.get("threads", "--as-client", "c1")["threads"][0]["title"], "Mothers")
        self.assertIn("Mothers", self.run_program("export", "c1").out)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""bccast blast: a blast step by step; and status and why."""

import unittest

from cli_support import CliTest

AS = ["--as-provider", "dr-lee"]


class Blast(CliTest):
    def setUp(self):
        super().setUp()
        self.import_csv("id,name,email,status\n" + "".join(
            f"c{i},N{i},{f'c{i}@example.org' if i != 4 else ''},{'archived' if i == 5 else ''}\n" for i in range(1, 7)))

    def blast(self, verb, *arguments, **options):
        return self.get("blast", verb, *arguments, *AS, **options)

    def draft(self, *clients):
        blast = self.blast("create")["blast"]
        if clients:
            self.blast("select", blast, *clients)
        return blast

    def test_step_by_step(self):
        self.get("channel", "put", "email")
        blast = self.run_program("blast", "create", *AS).out.strip()
        self.assertEqual(self.blast("select", blast, "c1", "c2", "c3", "c5"),
                         {"blast": blast, "changed": 4, "unchanged": 0, "refused": []})
        self.assertEqual(self.blast("deselect", blast, "c3")["changed"], 1)
        self.assertEqual(self.blast("write", blast, "--file", "-", text="Hello\n\n"), {"blast": blast, "bytes": 5})
        self.assertEqual(self.blast("selection", blast)["selection"], [
            {"client": "c1", "client_name": "N1", "chosen": 1, "reason": None},
            {"client": "c2", "client_name": "N2", "chosen": 1, "reason": None},
            {"client": "c3", "client_name": "N3", "chosen": 0, "reason": "deselected"},
            {"client": "c5", "client_name": "N5", "chosen": 0, "reason": "archived"}])
        for chosen, expected in (("yes", ["c1", "c2"]), ("no", ["c3", "c5"])):
            rows = self.blast("selection", blast, "--chosen", chosen)["selection"]
            self.assertEqual([r["client"] for r in rows], expected)
        self.assertEqual(len(self.blast("selection", blast, "--limit", "1")["selection"]), 1)
        preview = self.blast("preview", blast)
        digest = preview.pop("digest")
        self.assertEqual(preview, {"blast": blast, "recipients": 2, "archived": 1, "off": 0, "not_on_roster": 0,
                                   "no_address": 0, "deselected": 1})
        self.blast("select", blast, "c4")
        error = self.get_error("blast", "send", blast, "--digest", digest, *AS, exit_code=1)
        self.assertEqual(error["code"], "BCCAST_E_CONFLICT")
        digest = self.blast("preview", blast)["digest"]
        self.assertEqual(self.blast("send", blast, "--digest", digest),
                         {"blast": blast, "recipients": 3, "sent_before": False, "scheduled_at_ms": None})
        self.assertTrue(self.blast("send", blast, "--yes")["sent_before"])
        self.get("run")
        self.assertEqual(len(self.mails()), 2)

    def test_the_last_act_decides(self):
        blast = self.draft("c1", "c2")
        self.assertEqual(self.blast("all-active", blast), {"blast": blast, "recipients": 5})
        self.blast("deselect", blast, "c1", "c2")
        self.assertEqual(self.blast("preview", blast)["recipients"], 3)
        self.blast("select", blast, "--file", self.write("ids", "c1\n"))
        self.assertEqual(self.blast("preview", blast)["recipients"], 4)
        self.assertEqual(self.blast("none", blast), {"blast": blast, "recipients": 0})
        changes = self.blast("select", blast, "c1", "c9", "c1", exit_code=3)
        self.assertEqual((changes["changed"], changes["unchanged"], changes["refused"]),
                         (1, 1, [{"client": "c9", "code": "BCCAST_E_NOT_FOUND"}]))

    def test_select_from(self):
        self.get("channel", "put", "email")
        earlier = self.draft("c1", "c2", "c3")
        self.blast("write", earlier, "--file", "-", text="Hello")
        self.blast("send", earlier, "--yes")
        for client, verb in (("c1", "read"), ("c1", "reply"), ("c2", "read")):
            [found] = self.blast("find", earlier, client)["found"]
            more = ["--file", "-"] if verb == "reply" else []
            self.get(verb, found["thread"], "--as-client", client, *more, text="Yes")
        for options, clients in (([], ["c1", "c2", "c3"]), (["--opened", "no"], ["c3"]), (["--opened", "yes"], ["c1", "c2"]),
                                 (["--opened", "yes", "--replied", "no"], ["c2"]), (["--replied", "yes"], ["c1"])):
            draft = self.draft()
            self.assertEqual(self.blast("select", draft, "--from", earlier, *options),
                             {"blast": draft, "recipients": len(clients)})
            self.assertEqual([r["client"] for r in self.blast("selection", draft)["selection"]], clients)
        for wrong in (["c1", "--from", earlier], ["--opened", "no", "c1"], ["--from", ""],
                      ["--from", earlier, "--opened", "maybe"], ["--from", earlier, "--file", "ids"]):
            self.get_error("blast", "select", draft, *wrong, *AS, exit_code=2)
        self.get_error("blast", "select", draft, "--from", draft, *AS, exit_code=1)
        self.get_error("blast", "select", draft, "--from", "0" * 32, *AS, exit_code=4)

    def test_draft_set_show_list_discard(self):
        blast = self.blast("create", "--key", "k")["blast"]
        self.assertEqual(self.blast("create", "--key", "k")["blast"], blast)
        self.assertEqual(self.blast("set", blast, "deadline_ms", "1800000"),
                         {"blast": blast, "key": "deadline_ms", "value": "1800000"})
        self.get("channel", "put", "email")
        self.get("channel", "put", "push")
        self.blast("set", blast, "channels", "push")
        self.get_error("blast", "set", blast, "channels", "pigeon", *AS, exit_code=4)
        shown = self.blast("show", blast)
        self.assertEqual((shown["state"], shown["text"], shown["deadline_ms"], shown["channels"], shown["sent_at_ms"]),
                         ("draft", None, 1800000, "push", None))
        self.blast("set", blast, "channels")
        self.assertIsNone(self.blast("show", blast)["channels"])
        self.assertRegex(self.run_program("blast", "show", blast, *AS).out, r"deadline_after_s +hold_s\n.* 1800 +0\n")
        sent = self.send("--all-active")["blast"]
        self.assertEqual([b["blast"] for b in self.blast("list")["blasts"]], [sent, blast])
        self.assertEqual([b["blast"] for b in self.blast("list", "--state", "draft")["blasts"]], [blast])
        self.assertEqual([b["blast"] for b in self.blast("list", "--limit", "1")["blasts"]], [sent])
        self.assertEqual(self.blast("discard", blast), {"blast": blast, "discarded": True})
        self.assertEqual([b["blast"] for b in self.blast("list")["blasts"]], [sent])
        self.assertEqual(self.get_error("blast", "discard", sent, *AS, exit_code=1)["code"], "BCCAST_E_STATE")

    def test_show_prints_the_text(self):
        blast = self.send("--all-active", text="One\ntwo\n")["blast"]
        shown = self.blast("show", blast)
        self.assertEqual(
            (shown["blast"], shown["state"], shown["text"], shown["all_active"], shown["recipients"], shown["actor"]),
            (blast, "sent", "One\ntwo", 1, 5, None))
        lines = self.run_program("blast", "show", blast, *AS).out.splitlines()
        self.assertEqual(lines[2:], ["    One", "    two"])
        self.assertNotIn("text", lines[0].split())

    def test_sending_asks(self):
        self.get("channel", "put", "email")
        blast = self.draft("c1", "c2", "c5")
        self.blast("write", blast, "--file", "-", text="Hi")
        self.get_error("blast", "send", blast, *AS, exit_code=2)
        shown, code = self.ask(b"n\n", "blast", "send", blast, *AS)
        self.assertEqual(code, 1, shown)
        self.assertIn("Send it to 2 clients now?", shown)
        self.assertRegex(shown, r"1  left out: archived")
        shown, code = self.ask(b"y\n", "blast", "send", blast, *AS,
                               meanwhile=lambda: self.blast("select", blast, "c3"))
        self.assertEqual(code, 1, shown)  # not to others than were shown
        self.assertEqual(self.blast("show", blast)["state"], "draft")
        self.assertEqual(self.ask(b"y\n", "blast", "send", blast, *AS)[1], 0)
        self.assertEqual(self.blast("show", blast)["state"], "sent")

    def test_a_store_without_a_channel_is_told(self):
        blast = self.draft("c1", "c2")
        self.blast("write", blast, "--file", "-", text="Hi")
        self.assertIn("no channel", self.run_program("blast", "send", blast, "--yes", *AS).err)
        self.get("channel", "put", "email")
        blast = self.draft("c1", "c2")
        self.blast("write", blast, "--file", "-", text="Hi")
        self.assertEqual(self.run_program("blast", "send", blast, "--yes", *AS).err, "")

    def test_recipients_find_and_status(self):
        blast = self.send("--all-active")["blast"]
        self.get("run")
        thread = self.thread_of("c1")
        self.get("read", thread, "--as-client", "c1")
        self.get("reply", thread, "--as-client", "c1", "--file", "-", text="Thanks")

        def who(*arguments):
            return [r["client"] for r in self.blast("recipients", blast, *arguments)["recipients"]]

        self.assertEqual(who(), ["c1", "c2", "c3", "c4", "c6"])
        self.assertEqual(who("--state", "skipped"), ["c4"])
        self.assertEqual(who("--channel", "email", "--state", "done"), ["c1", "c2", "c3", "c6"])
        self.assertEqual((who("--opened", "yes"), who("--replied", "yes")), (["c1"], ["c1"]))
        self.assertEqual(who("--opened", "no", "--replied", "no", "--limit", "2"), ["c2", "c3"])
        self.get_error("blast", "recipients", blast, "--state", "lost", *AS, exit_code=2)
        found = self.blast("find", blast, "c9", "c5", "c6", "c1")["found"]
        self.assertEqual([(f["client"], f["thread"] == thread) for f in found], [("c6", False), ("c1", True)])
        self.assertEqual(self.blast("status", blast), self.get("status", *AS))
        people = self.get("status", blast, *AS)["status"][-1]
        self.assertEqual((people["done"], people["skipped"], people["opened"], people["replied"]), (4, 1, 1, 1))

    def test_why(self):
        blast = self.send("--all-active", "--except", "c3")["blast"]
        self.import_csv("id\nc7\n")

        def why(client, which=blast):
            return [(r["state"], r["reason"]) for r in self.get("why", which, client, *AS)["why"]]

        self.assertEqual(why("c1"), [("pending", None)])
        self.assertEqual(why("c3"), [("left_out", "deselected")])
        self.assertEqual(why("c5"), [("left_out", "archived")])
        self.assertEqual(why("c7"), [("left_out", "added_later")])
        self.get("run")
        self.assertEqual(why("c1"), [("done", None)])
        self.assertEqual(self.blast("why", blast, "c1"), self.get("why", blast, "c1", *AS))
        draft = self.draft("c1", "c5")
        self.assertEqual([why(client, draft)[0][0] for client in ("c1", "c2", "c5")],
                         ["chosen", "left_out", "left_out"])

    def test_what_came_back_is_sent_again(self):
        blast = self.send("--client", "c1", "--client", "c2")["blast"]
        self.get("run")
        for mail, item in zip(self.mails(), self.items()):
            if "To: c1@" in mail:
                report = ["report", item, "failed", "--reason", "no_such_mailbox"]
                self.assertEqual(self.get(*report), {"item": item, "status": "failed", "changed": True})
                self.assertFalse(self.get(*report)["changed"])
        [failed] = self.blast("recipients", blast, "--state", "failed")["recipients"]
        self.assertEqual((failed["client"], failed["reason"]), ("c1", "no_such_mailbox"))
        self.assertEqual(self.blast("retry-failed", blast), {"blast": blast, "retried": 1})
        self.assertEqual(self.blast("retry-failed", blast)["retried"], 0)
        self.get("run")
        # A mail that still lies there is not put there twice: it has the same id.
        self.assertEqual(len(self.mails()), 2)
        states = {r["client"]: r["state"] for r in self.blast("recipients", blast)["recipients"]}
        self.assertEqual(states, {"c1": "done", "c2": "done"})
        self.assertEqual(self.blast("recipients", blast, "--state", "failed")["recipients"], [])
        self.get_error("report", "0" * 32, "failed", exit_code=4)
        self.get_error("report", failed["thread"], "lost", exit_code=2)

    def test_who_acted_for_the_provider(self):
        def by(actor, verb, *arguments, **options):
            return self.blast(verb, *arguments, "--actor", actor, **options)

        blast = by("anna", "create")["blast"]
        by("anna", "select", blast, "c1", "c2")
        by("anna", "write", blast, "--file", "-", text="Hi")
        by("bert", "send", blast, "--yes")
        shown = self.blast("show", blast)
        self.assertEqual((shown["actor"], shown["sent_by"]), ("anna", "bert"))
        [listed] = self.blast("list")["blasts"]
        self.assertEqual((listed["actor"], listed["sent_by"]), ("anna", "bert"))
        whole = self.send("--all-active", "--actor", "carl")["blast"]
        shown = self.blast("show", whole)
        self.assertEqual((shown["actor"], shown["sent_by"]), ("carl", "carl"))


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""bccast send."""

import unittest

from cli_support import CliTest


class Send(CliTest):
    def setUp(self):
        super().setUp()
        self.import_csv("id,name,email,status\n" + "".join(
            f"c{i},N{i},{f'c{i}@example.org' if i != 4 else ''},{'archived' if i == 5 else ''}\n" for i in range(1, 7)))

    def test_preview_tells_who_is_left_out(self):
        done = self.run_program(
            "send", "--as-provider", "dr-lee", "--all-active", "--except", "c6", "--file", "-", "--yes", "--hold", "0",
            text="Hi")
        for count, what in ((4, "will receive"), (1, "no address"), (1, "archived"), (1, "deselected")):
            self.assertRegex(done.err, rf"(?m)^ +{count}  .*{what}")
        sent = self.send("--client", "c1", "--client", "c2", "--client", "c5", "--except", "c1", "--client", "c3")
        self.assertEqual(
            {k: sent[k] for k in ("recipients", "no_address", "archived", "off", "not_on_roster", "deselected")},
            {"recipients": 2, "no_address": 0, "archived": 1, "off": 0, "not_on_roster": 0, "deselected": 1})

    def test_clients_from_a_file(self):
        ids = self.write("ids.txt", b"\xef\xbb\xbfc1\r\n\r\nc2\n")
        self.assertEqual(self.send("--clients-from", ids, "--client", "c3")["recipients"], 3)

    def test_ids_are_taken_as_they_are(self):
        odd = ["[c1]", "[c1,c2]", "send", "-x", "a&b=c%20", "c1,c2", '"c1"']
        for client in odd:
            self.get("client", "put", "--name", "Odd", "--", client)
        self.get("roster", "add", "dr-lee", "--file", self.write("odd.txt", "\n".join(odd)))
        blast = self.send(*(f"--client={client}" for client in odd))["blast"]
        found = self.get("blast", "recipients", blast, "--as-provider", "dr-lee")["recipients"]
        self.assertEqual({r["client"] for r in found}, set(odd))

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
            self.assertEqual(self.get("blast", "list", "--as-provider", "dr-lee")["blasts"], [])

        refused(2, "--all-active")  # no terminal, no --yes
        refused(2, "--yes")  # to nobody
        refused(2, "--yes", "--all-active", "--client", "c1")
        refused(4, "--yes", "--all-active", "--except", "c99")
        refused(4, "--yes", "--client", "c1", "--client", "c99")
        refused(1, "--yes", "--client", "c1")  # too few
        refused(1, "--yes", "--client", "c1", "--client", "c5")  # one of them archived
        refused(1, "--yes", "--all-active", text="x" * (1 << 20) + "x")
        self.assertEqual(self.send("--all-active", "--key", "k2")["recipients"], 5)

    def test_asks_on_a_terminal(self):
        text = self.write("text.txt", "Hi")
        send = ["send", "--as-provider", "dr-lee", "--all-active", "--hold", "0", "--file", text]
        for no in (b"n\n", b"\n", b"\x03", b"\x04"):
            shown, code = self.ask(no, *send)
            self.assertEqual(code, 1, shown)
            self.assertIn("Send it to 5 clients now?", shown)
            self.assertEqual(self.get("blast", "list", "--as-provider", "dr-lee")["blasts"], [])
        shown, code = self.ask(b"y\n", *send, meanwhile=lambda: self.get("roster", "archive", "dr-lee", "c1"))
        self.assertEqual(code, 1, shown)
        self.assertEqual(self.get("blast", "list", "--as-provider", "dr-lee")["blasts"], [])
        shown, code = self.ask(b"y\n", *send)
        self.assertEqual(code, 0, shown)
        self.assertEqual(len(self.get("blast", "list", "--as-provider", "dr-lee")["blasts"]), 1)

    def test_send_and_run_in_one(self):
        self.send("--all-active", "--maildir", self.maildir)
        self.assertEqual(len(self.mails()), 4)


if __name__ == "__main__":
    unittest.main()

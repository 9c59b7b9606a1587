#!/usr/bin/env python3
"""From an import to a reply, as in examples/quickstart.sh; and the queue."""

import signal
import stat
import subprocess
import time
import unittest

from cli_support import CLIENTS, PROGRAM, CliTest


class Story(CliTest):
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
            [b["blast"] for b in self.get("blast", "list", "--as-provider", "dr-lee")["blasts"]], [sent["blast"]])
        recipients = self.get("blast", "recipients", sent["blast"], "--as-provider", "dr-lee", "--state", "done")
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
        self.assertEqual(self.get("store", "verify"), {"faults": []})


class Run(CliTest):
    def fill(self, n):
        self.import_csv("id,email\n" + "".join(f"c{i},c{i}@example.org\n" for i in range(n)))
        self.send("--all-active")

    def start(self, *arguments):
        child = subprocess.Popen([PROGRAM, "--store", str(self.store), "--json", "run", *arguments],
                                 env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(child.kill)
        return child

    def wait_for_mails(self, n):
        deadline = time.monotonic() + 60
        while not (self.maildir / "new").exists() or len(self.mails()) < n:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    def test_where_mails_go(self):
        self.fill(2)
        self.get("run", environment={"BCCAST_MAILDIR": str(self.folder / "other")})
        self.assertEqual(len(list((self.folder / "other" / "new").iterdir())), 2)
        self.assertFalse(self.maildir.exists())
        self.assertEqual(stat.S_IMODE(self.store.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE((self.folder / "other").stat().st_mode), 0o700)

    def test_settings(self):
        self.fill(2)
        known = {s["key"]: s["default"] for s in self.get("store", "settings")["settings"]}
        self.assertEqual(known["mail.subject"], "You have a new message")
        self.get_error("run", "--set", "mail.subject", exit_code=2)
        self.get_error("run", "--set", "no.such=thing", exit_code=4)
        self.get("run", "--set", "mail.from=practice@example.org", "--set", "mail.subject=A [new], message")
        for mail in self.mails():
            self.assertIn("From: practice@example.org", mail)
            self.assertIn("Subject: A [new], message", mail)

    def test_quiet_in_json_and_no_raw_terminal_codes_without_a_terminal(self):
        self.fill(3000)
        self.assertEqual(self.run_program("--json", "run").err, "")
        self.assertEqual(self.get("run")["done"], 0)
        self.assertNotIn("\r", self.run_program("run").err)

    def test_interrupted_and_taken_up_again(self):
        n = 20_000
        self.fill(n)
        child = self.start()
        self.wait_for_mails(1)
        child.send_signal(signal.SIGINT)
        first = self.document("run", child.communicate(timeout=300)[0])
        self.assertEqual(child.returncode, 3)
        self.assertEqual(first["done"] + first["pending"], n)
        rest = self.get("run")
        self.assertEqual(first["done"] + rest["done"], n)
        self.assertEqual(rest["pending"], 0)
        self.assertEqual(sum(1 for _ in (self.maildir / "new").iterdir()), n)

    def test_watching_goes_on_with_what_others_put_in(self):
        self.fill(3)
        child = self.start("--watch")
        self.wait_for_mails(3)
        self.send("--client", "c0", "--client", "c1")
        self.wait_for_mails(5)
        self.assertIsNone(child.poll())
        child.send_signal(signal.SIGTERM)
        worked = self.document("run", child.communicate(timeout=60)[0])
        self.assertEqual(child.returncode, 0)
        self.assertEqual((worked["done"], worked["pending"]), (5, 0))


if __name__ == "__main__":
    unittest.main()

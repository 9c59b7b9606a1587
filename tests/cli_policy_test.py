#!/usr/bin/env python3
"""Sending later, holding up, taking back: schedule, pause, recall, purge, overdue; and the hold of send."""

import datetime
import os
import pty
import re
import select
import sqlite3
import time
import unittest

from cli_support import PROGRAM, CliTest

AS = ["--as-provider", "dr-lee"]


class PolicyTest(CliTest):
    def setUp(self):
        super().setUp()
        self.get("channel", "put", "email")
        self.import_csv("id,name,email\n" + "".join(f"c{i},N{i},c{i}@example.org\n" for i in range(1, 5)))

    def draft(self, text="Hi"):
        blast = self.get("blast", "create", *AS)["blast"]
        self.get("blast", "all-active", blast, *AS)
        self.get("blast", "write", blast, "--file", "-", *AS, text=text)
        return blast

    def show(self, blast):
        return self.get("blast", "show", blast, *AS)

    def state(self, blast):
        return self.show(blast)["state"]

    def wait_for(self, condition, what):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"not in a minute: {what}")
            time.sleep(0.05)


class Schedule(PolicyTest):
    def at(self, text, zone=None, environment=None):
        """What is scheduled when `text` is said, as ISO 8601 in UTC, and the local time that is shown."""
        blast = self.draft()
        said = self.get("schedule", blast, "--at", text, *(["--zone", zone] if zone else []), *AS,
                        environment=environment)
        self.assertEqual(self.show(blast)["scheduled_at_ms"], said["scheduled_at_ms"])
        utc = datetime.datetime.fromtimestamp(said["scheduled_at_ms"] / 1000, datetime.timezone.utc)
        self.assertEqual(datetime.datetime.fromisoformat(said["local"]), utc)
        return utc.strftime("%Y-%m-%dT%H:%M:%SZ"), said["local"]

    def next_switch(self, month):
        """The last Sunday of a month in the next year, when the clocks of Berlin change."""
        today = datetime.datetime.now(datetime.timezone.utc).date()
        for year in (today.year, today.year + 1):
            day = datetime.date(year, month, 31)
            day -= datetime.timedelta((day.weekday() + 1) % 7)
            if day > today + datetime.timedelta(1):
                return day
        raise AssertionError("there is none")

    def test_a_time_in_a_zone(self):
        day = datetime.date.today() + datetime.timedelta(30)
        self.assertEqual(self.at(f"{day}T09:00", "UTC"), (f"{day}T09:00:00Z", f"{day}T09:00:00+00:00"))
        self.assertEqual(self.at(f"{day}T09:00:30", "Asia/Kolkata"), (f"{day}T03:30:30Z", f"{day}T09:00:30+05:30"))
        self.assertEqual(self.at(f"{day}T09:00Z", "Asia/Kolkata"), (f"{day}T09:00:00Z", f"{day}T14:30:00+05:30"))
        self.assertEqual(self.at(f"{day}T09:00-02:30", "UTC")[0], f"{day}T11:30:00Z")
        for zone in ("Asia/Kolkata", ":Asia/Kolkata"):  # as the system has it
            self.assertEqual(self.at(f"{day}T09:00", environment={"TZ": zone})[0], f"{day}T03:30:00Z")

    def test_a_time_that_the_clocks_skip_or_repeat(self):
        day = self.next_switch(3)
        for skipped in ("02:00", "02:30", "02:59:59"):
            self.assertEqual(self.at(f"{day}T{skipped}", "Europe/Berlin"),
                             (f"{day}T01:00:00Z", f"{day}T03:00:00+02:00"))
        self.assertEqual(self.at(f"{day}T01:59", "Europe/Berlin")[0], f"{day}T00:59:00Z")
        day = self.next_switch(10)
        self.assertEqual(self.at(f"{day}T02:30", "Europe/Berlin"), (f"{day}T00:30:00Z", f"{day}T02:30:00+02:00"))
        self.assertEqual(self.at(f"{day}T03:00", "Europe/Berlin")[0], f"{day}T02:00:00Z")

    def test_a_span(self):
        for span, length in (("+90s", 90), ("+10m", 600), ("+2h", 7200), ("+3d", 259200)):
            before = time.time()
            at = self.get("schedule", self.draft(), "--at", span, *AS)["scheduled_at_ms"] / 1000
            self.assertTrue(before + length - 0.001 <= at <= time.time() + length, span)

    def test_what_is_no_time_or_no_zone(self):
        blast = self.draft()
        for text in ("tomorrow", "09:00", "2026-13-01T09:00", "2026-02-30T09:00", "2026-12-01T24:00",
                     "2026-12-01T09:60", "2026-12-01T09:00+25:00", "2026-12-01T09:00z", "2026-12-01 09:00", "+10",
                     "+m", "10m", "+10m3", "+1234567d", "2026-12-01T09:00:00Z "):
            error = self.get_error("schedule", blast, "--at", text, *AS, exit_code=2)
            self.assertIn("a time is given as", error["message"], text)
        for zone in ("Europe/Berlim", "../UTC", "CEST7"):
            error = self.get_error("schedule", blast, "--at", "+1h", "--zone", zone, *AS, exit_code=2)
            self.assertIn("no time zone of that name", error["message"])
        self.get_error("schedule", blast, "--at", "+1h", *AS, exit_code=2, environment={"TZ": "CET-1CEST"})
        for text in ("+0s", "2001-01-01T09:00Z", "+367d"):
            self.assertEqual(self.get_error("schedule", blast, "--at", text, *AS, exit_code=2)["code"],
                             "BCCAST_E_ARGUMENT")
        self.assertEqual(self.state(blast), "draft")

    def test_it_goes_when_it_is_time(self):
        blast = self.draft()
        self.get("schedule", blast, "--at", "+1s", *AS)
        self.assertEqual(self.state(blast), "scheduled")
        self.assertEqual(self.get("run")["done"], 4)  # it waits for it
        self.assertEqual((self.state(blast), len(self.mails())), ("finished", 4))
        self.get_error("schedule", blast, "--at", "+1h", *AS, exit_code=1)
        self.get_error("unschedule", blast, *AS, exit_code=1)

    def test_moved_and_taken_back(self):
        blast = self.draft()
        first = self.get("schedule", blast, "--at", "+1h", *AS)["scheduled_at_ms"]
        moved = self.get("blast", "schedule", blast, "--at", "+2h", *AS)["scheduled_at_ms"]
        self.assertGreater(moved, first + 3_000_000)
        listed = self.get("blast", "list", "--state", "scheduled", *AS)["blasts"]
        self.assertEqual([b["blast"] for b in listed], [blast])
        before = time.monotonic()
        self.assertEqual(self.get("run")["done"], 0)  # that is too long to wait for
        self.assertLess(time.monotonic() - before, 30)
        self.assertEqual(self.get("unschedule", blast, *AS), {"blast": blast, "state": "draft", "changed": True})
        self.assertFalse(self.get("blast", "unschedule", blast, *AS)["changed"])
        self.assertIsNone(self.show(blast)["scheduled_at_ms"])

    def test_only_what_was_looked_at(self):
        blast = self.draft()
        digest = self.get("blast", "preview", blast, *AS)["digest"]
        self.get("schedule", blast, "--at", "+1s", "--digest", digest, *AS)
        self.get("roster", "archive", "dr-lee", "c1")
        self.get("run")
        shown = self.show(blast)
        self.assertEqual((shown["state"], shown["missed_reason"]), ("draft", "changed"))
        error = self.get_error("schedule", blast, "--at", "+1h", "--digest", digest, *AS, exit_code=1)
        self.assertEqual(error["code"], "BCCAST_E_CONFLICT")

    def test_sent_ahead_of_its_time(self):
        blast = self.draft()
        self.get("schedule", blast, "--at", "+1h", *AS)
        sent = self.get("blast", "send", blast, "--yes", *AS)
        self.assertEqual((sent["sent_before"], sent["scheduled_at_ms"], sent["recipients"]), (False, None, 4))
        self.assertEqual(self.state(blast), "sent")


class Control(PolicyTest):
    def test_pause_and_resume(self):
        blast = self.send("--all-active")["blast"]
        self.assertEqual(self.get("pause", blast, *AS), {"blast": blast, "state": "paused", "changed": True})
        self.assertFalse(self.get("blast", "pause", blast, *AS)["changed"])
        self.assertEqual(self.get("run")["done"], 0)
        self.assertEqual({r["state"] for r in self.get("status", blast, *AS)["status"]}, {"paused"})
        self.assertEqual(self.get("resume", blast, *AS), {"blast": blast, "state": "sent", "changed": True})
        self.assertFalse(self.get("blast", "resume", blast, *AS)["changed"])
        self.assertEqual(self.get("run")["done"], 4)
        self.get_error("pause", blast, *AS, exit_code=1)

    def test_recall_in_time(self):
        blast = self.send("--all-active")["blast"]
        self.assertEqual(self.get("recall", blast, *AS),
                         {"blast": blast, "state": "recalled", "changed": True,
                          "channels": [{"channel": "email", "removed": 4, "on_device": 0}]})
        self.assertFalse(self.get("blast", "recall", blast, *AS)["changed"])
        self.assertEqual(self.get("threads", "--as-client", "c1")["threads"], [])
        self.get("run")
        self.assertEqual(self.mails(), [])
        table = self.run_program("status", blast, *AS).out
        self.assertRegex(table, r"(?m)^channel .* removed +on_device$")

    def test_recall_and_purge(self):
        text = "Strictly between us two"
        blast = self.send("--all-active", text=text)["blast"]
        self.get("run")
        self.get_error("purge", blast, *AS, exit_code=1)
        self.assertEqual(self.get("recall", blast, *AS)["channels"],
                         [{"channel": "email", "removed": 0, "on_device": 4}])
        [thread] = self.get("threads", "--as-client", "c1")["threads"]
        self.assertEqual((thread["removed"], thread["last_text"]), (1, None))
        self.assertEqual((self.show(blast)["text"], self.show(blast)["purged"]), (text, 0))
        self.assertEqual(self.get("purge", blast, *AS),
                         {"blast": blast, "before_at_ms": None, "purged": 1, "log_empty": True})
        self.assertEqual(self.get("blast", "purge", blast, *AS)["purged"], 0)
        self.assertEqual((self.show(blast)["text"], self.show(blast)["purged"]), (None, 1))
        for file in self.folder.glob("practice.db*"):
            if file.is_file():
                self.assertNotIn(text.encode(), file.read_bytes(), file)

    def test_purge_all_before_a_time(self):
        blasts = [self.send("--all-active")["blast"] for _ in range(2)]
        for blast in blasts:
            self.get("recall", blast, *AS)
        self.assertEqual(self.get("purge", "--before", "2001-01-01T00:00Z")["purged"], 0)
        self.assertEqual(self.get("purge", "--before=-1d")["purged"], 0)
        done = self.get("purge", "--before", "+1s")
        self.assertEqual((done["blast"], done["purged"], done["log_empty"]), (None, 2, True))
        self.assertEqual([self.show(blast)["purged"] for blast in blasts], [1, 1])
        for arguments in ([], [blasts[0]], ["--before", ""], [blasts[0], *AS, "--before", "+1s"], ["--before", "now"]):
            self.get_error("purge", *arguments, exit_code=2)

    def test_purged_but_for_a_reader(self):
        blast = self.send("--all-active")["blast"]
        self.get("recall", blast, *AS)
        reader = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM blast").fetchone()
        done = self.run_program("--json", "purge", blast, *AS, exit_code=3)
        self.assertFalse(self.document("purge", done.out)["log_empty"])
        self.assertIn("store checkpoint", done.err)
        reader.execute("COMMIT")
        self.get("store", "checkpoint")

    def test_acts_on_what_is_damaged(self):
        for act in ("pause", "recall"):
            blast = self.send("--all-active")["blast"]
            with sqlite3.connect(self.store) as store:
                store.execute("UPDATE line SET sum = sum + 1")
            done = self.run_program(act, blast, *AS, exit_code=3)
            self.assertIn("PARTIAL", done.err)
            self.assertEqual(self.state(blast), {"pause": "paused", "recall": "recalled"}[act])
            again = self.get(act, blast, *AS, exit_code={"pause": 0, "recall": 3}[act])
            self.assertFalse(again["changed"])
            with sqlite3.connect(self.store) as store:
                store.execute("UPDATE line SET sum = sum - 1")
        done = self.run_program("channel", "remove", "email")
        self.assertEqual(done.err, "")

    def test_overdue(self):
        self.assertEqual(self.get("overdue"), {"overdue": []})
        blast = self.draft()
        self.get("blast", "set", blast, "deadline_ms", "1", *AS)
        self.get("blast", "send", blast, "--yes", *AS)
        self.wait_for(lambda: self.run_program("overdue", exit_code=None).returncode == 3, "overdue")
        [late] = self.get("overdue", exit_code=3)["overdue"]
        self.assertEqual((late["provider"], late["blast"], late["state"], late["pending"]),
                         ("dr-lee", blast, "sent", 4))
        self.assertIn("no worker was ever seen", late["why"])
        self.assertEqual(self.get("overdue", *AS, "--limit", "1", exit_code=3)["overdue"], [late])
        self.get_error("overdue", "--as-provider", "nobody", exit_code=4)
        self.get("run")
        self.assertEqual(self.get("overdue")["overdue"], [])


class Hold(PolicyTest):
    def send_held(self, *arguments, **options):
        return self.send("--all-active", *arguments, hold=600, **options)

    def test_without_a_terminal_it_returns_at_once(self):
        before = time.time()
        done = self.run_program("--json", "send", *AS, "--all-active", "--file", "-", "--yes", text="Hi")
        sent = self.document("send", done.out)
        self.assertTrue(before + 9 < sent["scheduled_at_ms"] / 1000 < time.time() + 10.1)
        self.assertEqual((sent["recipients"], self.state(sent["blast"])), (4, "scheduled"))
        self.assertIn(f"bccast unschedule {sent['blast']} --as-provider dr-lee", done.err)
        self.assertEqual(self.get("threads", "--as-client", "c1")["threads"], [])
        self.assertTrue(self.get("unschedule", sent["blast"], *AS)["changed"])
        self.assertEqual(self.get("run")["done"], 0)
        self.assertEqual((self.state(sent["blast"]), self.mails()), ("draft", []))

    def test_the_next_run_lets_it_go(self):
        blast = self.send("--all-active", hold=1)["blast"]
        self.assertEqual(self.get("run")["done"], 4)
        self.assertEqual((self.state(blast), len(self.mails())), ("finished", 4))
        blast = self.send("--all-active", "--maildir", self.maildir, hold=1)["blast"]
        self.assertEqual((self.state(blast), len(self.mails())), ("finished", 8))

    def test_the_same_key(self):
        first = self.send_held("--key", "k")
        again = self.send_held("--key", "k")
        self.assertEqual((again["blast"], again["sent_before"], again["scheduled_at_ms"], again["recipients"]),
                         (first["blast"], True, first["scheduled_at_ms"], 4))
        # What was taken back may be sent after all.
        self.get("unschedule", first["blast"], *AS)
        sent = self.send("--all-active", "--key", "k", text="Better so")
        self.assertEqual((sent["blast"], sent["sent_before"], self.state(first["blast"])),
                         (first["blast"], False, "sent"))

    def test_a_hold_that_can_not_be(self):
        for hold in ("3601", "99999999999999999999", "-1", "1.5", "x"):
            self.get_error("send", *AS, "--all-active", "--file", "-", "--yes", f"--hold={hold}", text="Hi",
                           exit_code=2)
        self.assertEqual(self.get("blast", "list", *AS)["blasts"], [])

    def test_a_draft_with_a_hold(self):
        blast = self.draft()
        self.get("blast", "set", blast, "hold_ms", "600000", *AS)
        done = self.run_program("--json", "blast", "send", blast, "--yes", *AS)
        sent = self.document("blast-send", done.out)
        self.assertEqual((sent["sent_before"], sent["recipients"]), (False, 4))
        self.assertGreater(sent["scheduled_at_ms"], time.time() * 1000 + 500_000)
        self.assertIn("bccast unschedule", done.err)
        again = self.get("blast", "send", blast, "--yes", *AS)
        self.assertEqual((again["sent_before"], again["scheduled_at_ms"]), (True, sent["scheduled_at_ms"]))
        self.assertRegex(self.run_program("blast", "show", blast, *AS).out, r" hold_s\n.* 600\n")

    def on_a_terminal(self, *arguments, meanwhile):
        """Runs `send` on a terminal; calls `meanwhile` with the terminal once it counts down."""
        text = self.write("text.txt", "Hi")
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, [PROGRAM, "--store", str(self.store), "send", *AS, "--all-active", "--yes", "--file",
                                str(text), *arguments], self.environment)
        self.addCleanup(os.close, terminal)
        shown = b""
        told = False
        try:
            while select.select([terminal], [], [], 60)[0]:
                shown += os.read(terminal, 4096)
                if not told and b"Ctrl-C takes it back" in shown:
                    told = True
                    meanwhile(terminal)
        except OSError:
            pass  # the terminal is closed once the program has ended
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        self.assertTrue(told, shown)
        return shown.decode(), code

    def test_on_a_terminal_it_counts_down_and_goes(self):
        shown, code = self.on_a_terminal("--hold", "2", meanwhile=lambda _: None)
        self.assertEqual(code, 0, shown)
        self.assertEqual(re.findall(r"It goes in (\d+) s", shown), ["2", "1"])
        [blast] = self.get("blast", "list", *AS)["blasts"]
        self.assertEqual((blast["state"], blast["recipients"]), ("sent", 4))
        self.assertIn(blast["blast"], shown)
        self.assertEqual(len(self.get("threads", "--as-client", "c1")["threads"]), 1)

    def test_on_a_terminal_ctrl_c_takes_it_back(self):
        shown, code = self.on_a_terminal("--hold", "600", meanwhile=lambda terminal: os.write(terminal, b"\x03"))
        self.assertEqual(code, 1, shown)
        self.assertIn("taken back; nothing was sent", shown)
        self.assertEqual(self.get("blast", "list", *AS)["blasts"], [])
        self.assertEqual(self.get("threads", "--as-client", "c1")["threads"], [])

    def test_on_a_terminal_somebody_else_takes_it_back(self):
        def take_back(_):
            [blast] = self.get("blast", "list", *AS)["blasts"]
            self.get("unschedule", blast["blast"], *AS)

        shown, code = self.on_a_terminal("--hold", "3", meanwhile=take_back)
        self.assertEqual(code, 1, shown)
        self.assertIn("taken back meanwhile", shown)

    def test_on_a_terminal_the_audience_changes(self):
        shown, code = self.on_a_terminal(
            "--hold", "2", meanwhile=lambda _: self.get("roster", "archive", "dr-lee", "c1"))
        self.assertEqual(code, 1, shown)
        self.assertIn("it could not go: changed", shown)
        self.assertEqual(self.get("threads", "--as-client", "c2")["threads"], [])


if __name__ == "__main__":
    unittest.main()

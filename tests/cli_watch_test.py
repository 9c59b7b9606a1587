#!/usr/bin/env python3
"""Looking on: watch, events --follow, run --workers, doctor."""

import contextlib
import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import time
import unittest
import unittest.mock

import cli_support
from cli_support import PROGRAM, CliTest

AS = ["--as-provider", "dr-lee"]


class LookingOn(CliTest):
    def setUp(self):
        super().setUp()
        self.get("channel", "put", "email")
        self.import_clients(4)

    def import_clients(self, n):
        self.import_csv("id,name,email\n" + "".join(f"c{i},N{i},c{i}@example.org\n" for i in range(1, n + 1)))

    def start(self, *arguments):
        """A command that goes on, and what it prints."""
        child = subprocess.Popen([PROGRAM, "--store", str(self.store), *arguments], env=self.environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        child.shown = b""
        return child

    def lines(self, child, n, until=lambda lines: True):
        """Its first lines, `n` or more; waits for them, and until the condition holds."""
        deadline = time.monotonic() + 60
        while child.shown.count(b"\n") < n or not until(child.shown.decode().splitlines()):
            self.assertLess(time.monotonic(), deadline, child.shown)
            if select.select([child.stdout], [], [], 1)[0]:
                more = os.read(child.stdout.fileno(), 65536)
                if not more:
                    self.fail(f"it has ended: {child.shown} {child.stderr.read()}")
                child.shown += more
        return child.shown.decode().splitlines()

    def end(self, child, code, by=signal.SIGINT):
        if by:
            child.send_signal(by)
        self.assertEqual(child.wait(timeout=60), code, child.stderr.read())
        child.shown += child.stdout.read() or b""
        return child.shown.decode()


class Watch(LookingOn):
    def test_a_document_for_each_change(self):
        blast = self.send("--all-active")["blast"]
        child = self.start("--json", "watch", blast, *AS)
        first = [self.document("watch", line) for line in self.lines(child, 2)]
        self.assertEqual([(r["channel"], r["state"], r["pending"]) for r in first],
                         [("email", "open", 4), (None, "sent", 4)])
        self.get("pause", blast, *AS)
        self.get("resume", blast, *AS)
        self.get("run")
        last = [self.document("watch", line) for line in self.end(child, 0, by=None).splitlines()][-2:]
        self.assertEqual([(r["channel"], r["state"], r["done"], r["pending"]) for r in last],
                         [("email", "finished", 4, 0), (None, "finished", 4, 0)])

    def test_a_line_for_each_change(self):
        blast = self.send("--all-active")["blast"]
        child = self.start("watch", blast, *AS)
        lines = self.lines(child, 3)
        self.assertRegex(lines[0], r"^at +channel +state +recipients +done .* rate +left_ms$")
        self.get("recall", blast, *AS)
        self.assertIn("recalled", self.end(child, 3, by=None).splitlines()[-1])

    def test_how_it_ends(self):
        blast = self.send("--all-active")["blast"]
        child = self.start("watch", blast, *AS)
        self.lines(child, 3)
        self.end(child, 3)  # Ctrl-C
        self.get("run")
        self.run_program("watch", blast, *AS)
        self.get("report", self.items()[0], "failed")
        self.run_program("watch", blast, *AS, exit_code=3)
        held = self.send("--all-active", hold=600)["blast"]
        child = self.start("watch", held, *AS)
        self.assertIn("scheduled", self.lines(child, 2)[1])
        self.get("unschedule", held, *AS)
        self.end(child, 1, by=None)
        self.assertIn("it is a draft", self.get_error("watch", held, *AS, exit_code=1)["message"])

    def test_a_table_on_a_terminal(self):
        blast = self.send("--all-active")["blast"]
        child, terminal = pty.fork()
        if child == 0:
            os.execve(PROGRAM, [PROGRAM, "--store", str(self.store), "watch", blast, *AS], self.environment)
        self.addCleanup(os.close, terminal)
        shown, has_run = "", False
        try:
            while select.select([terminal], [], [], 60)[0]:
                shown += os.read(terminal, 4096).decode()
                if not has_run and shown.count("\033[J") >= 2:  # drawn anew
                    has_run = True
                    self.get("run")
        except OSError:
            pass  # the terminal is closed once the program has ended
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0, shown)
        first, last = shown.split("\033[J")[0], shown.split("\033[J")[-1]
        self.assertRegex(first, r"channel +state +done +failed +skipped +deferred +pending +rate/s +left")
        self.assertRegex(first, r"email +open +0 +0 +0 +0 +4 +0 ")
        self.assertRegex(last, r"email +finished +4 +0 +0 +0 +0 ")


class Follow(LookingOn):
    def test_events_as_they_come(self):
        child = self.start("--json", "events", "--follow", "--reader", "billing")
        blast = self.blast_when_it_looks(child)
        self.get("run")
        lines = self.lines(child, 2, lambda lines: any("finished" in line for line in lines))
        events = [self.document("events", line) for line in lines]
        self.assertEqual([(e["kind"], e["object"]) for e in events], [("blast.sent", blast), ("blast.finished", blast)])
        self.end(child, 0)
        # It did not acknowledge.
        self.assertEqual(self.get("events", "list", "billing")["events"], events)

    def blast_when_it_looks(self, child):
        """Sends once the reader is there: it sees what happens after its first look."""
        deadline = time.monotonic() + 60
        while True:
            error = json.loads(self.run_program("--json", "events", "ack", "billing", "0" * 32, exit_code=4).out)
            if "reader" not in error["error"]["message"]:
                return self.send("--all-active")["blast"]
            self.assertLess(time.monotonic(), deadline)
            self.assertIsNone(child.poll())

    def test_acknowledged_after_printing(self):
        self.get("events", "list", "billing")
        blast = self.send("--all-active")["blast"]
        child = self.start("events", "--follow", "--reader", "billing", "--ack")
        self.assertRegex(self.lines(child, 2)[0], r"^event +provider +kind +object +at$")
        deadline = time.monotonic() + 60
        while self.get("events", "list", "billing")["events"]:
            self.assertLess(time.monotonic(), deadline)
        self.get("recall", blast, *AS)
        lines = self.lines(child, 3, lambda lines: any("blast.recalled" in line for line in lines))
        self.assertRegex(lines[1], rf"dr-lee +blast\.sent +{blast}")
        self.assertEqual(sum("blast.sent" in line for line in lines), 1)
        self.end(child, 0, by=signal.SIGTERM)

    def test_wrong_use(self):
        for arguments in ([], ["--follow"], ["--reader", "billing"], ["--follow", "--reader", ""],
                          ["list", "billing", "--follow"], ["ack", "billing", "0" * 32, "--ack"]):
            self.get_error("events", *arguments, exit_code=2)


class Workers(LookingOn):
    def test_until_nothing_is_due(self):
        self.import_clients(3000)
        blast = self.send("--all-active")["blast"]
        self.assertEqual(self.get("run", "--workers", "4"), {"done": None, "pending": 0, "next_at_ms": None})
        people = self.get("status", blast, *AS)["status"][-1]
        self.assertEqual((people["state"], people["done"], len(self.mails())), ("finished", 3000, 3000))
        held = self.send("--all-active", hold=1)["blast"]
        self.get("run", "--workers", "2")
        self.assertEqual(self.get("blast", "show", held, *AS)["state"], "finished")

    def test_until_ctrl_c(self):
        child = self.start("--json", "run", "--workers", "2", "--watch")
        for n in (1, 2):
            blast = self.send("--all-active")["blast"]
            deadline = time.monotonic() + 60
            while self.get("blast", "show", blast, *AS)["state"] != "finished":
                self.assertLess(time.monotonic(), deadline)
            self.assertEqual(len(self.mails()), 4 * n)
        self.assertEqual(self.document("run", self.end(child, 0)), {"done": None, "pending": 0, "next_at_ms": None})

    def test_how_many(self):
        for workers in ("65", "-1", "x", "99999999999"):
            self.get_error("run", f"--workers={workers}", exit_code=2)


class Doctor(LookingOn):
    def examine(self, *arguments):
        """The checks that are not ok, but for the disk of the machine."""
        done = self.run_program("--json", "doctor", *arguments, exit_code=None)
        checks = self.document("doctor", done.out)["checks"]
        worst = {check["state"] for check in checks}
        self.assertEqual(done.returncode, 0 if worst == {"ok"} else 3, checks)
        self.seen = {check["check"]: check for check in checks}
        return {c["check"]: c["state"] for c in checks if c["state"] != "ok" and c["check"] != "disk"}

    def test_all_is_well(self):
        self.send("--all-active")
        self.get("run")
        self.assertEqual(self.examine("--deep"), {})
        self.assertEqual(self.seen["store"]["detail"], "nothing is wrong")
        self.assertLessEqual({"version", "store", "channel email", "overdue", "file practice.db", "disk"},
                             set(self.seen))
        self.assertRegex(self.seen["disk"]["detail"], r"^\d+ MiB free, the store has \d+ MiB$")

    def test_files_that_others_may_read(self):
        self.store.chmod(0o644)
        # A log is made with the mode of its file.
        self.assertEqual(self.examine(), {f"file practice.db{end}": "warn" for end in ("", "-wal", "-shm")})
        self.assertIn("0644", self.seen["file practice.db"]["detail"])

    def test_work_without_a_worker(self):
        blast = self.send("--all-active")["blast"]
        self.assertEqual(self.examine(), {"channel email": "warn"})
        self.assertIn("no worker was ever seen", self.seen["channel email"]["detail"])
        self.get("run")
        self.get("channel", "set", "email", "paused", "on")
        self.assertEqual(self.examine(), {"channel email": "warn"})
        self.get("channel", "remove", "email")
        self.assertEqual(self.examine(), {"channels": "warn"})
        self.assertEqual(self.get("blast", "show", blast, *AS)["state"], "finished")

    def test_work_that_waits_for_the_morning_needs_no_worker_by_night(self):
        now = time.gmtime()
        self.get("channel", "set", "email", "quiet_hours",
                 f"{(now.tm_hour - 2) % 24:02}:00-{(now.tm_hour + 2) % 24:02}:00")
        self.send("--all-active")
        self.get("run")
        self.seen_hours_ago()
        self.assertEqual(self.examine(), {})
        self.assertRegex(self.seen["channel email"]["detail"], r"^\d+ pending, the next is due \S+$")
        self.get("channel", "set", "email", "quiet_hours", "")
        self.send("--all-active")
        self.assertEqual(self.examine(), {"channel email": "warn"})
        self.assertIn("no worker was seen since", self.seen["channel email"]["detail"])

    def test_a_time_zone_that_this_machine_does_not_know(self):
        self.get("provider", "set", "dr-lee", "timezone", "Europe/Berlin")
        self.get("channel", "set", "email", "quiet_hours", "21:00-08:00")
        self.assertEqual(self.examine(), {})
        # A machine without tzdata: the program, where nobody has put any.
        elsewhere = self.folder / "elsewhere"
        elsewhere.write_text("#!/bin/sh\nexec unshare -rm sh -c "
                             f"'mount -t tmpfs none /usr/share/zoneinfo && exec {cli_support.PROGRAM} \"$@\"' - \"$@\"\n")
        elsewhere.chmod(0o700)
        if subprocess.run([elsewhere, "--version"], capture_output=True, check=False).returncode != 0:
            self.skipTest("folders cannot be hidden from a program here")
        with unittest.mock.patch.object(cli_support, "PROGRAM", str(elsewhere)):
            self.assertEqual(self.examine(), {"channel email": "warn"})
            self.assertIn("does not know the time zones Europe/Berlin", self.seen["channel email"]["detail"])
            blast = self.send("--all-active")["blast"]
            self.assertEqual(self.get("run")["done"], 0)
            recipients = self.get("blast", "recipients", blast, *AS)["recipients"]
            self.assertEqual({(r["state"], r["reason"]) for r in recipients}, {("pending", "unknown_zone")})
        self.assertEqual(self.examine(), {})

    def seen_hours_ago(self):
        """As if that were so; a test does not wait for it."""
        with contextlib.closing(sqlite3.connect(self.store)) as store, store:
            # The sum counts this column three times (src/adapters/sqlite/mapping.hpp).
            store.execute("UPDATE channel_work SET worker_seen = worker_seen - 7200000, sum = sum - 7200000")

    def test_a_blast_that_is_late(self):
        blast = self.get("blast", "create", *AS)["blast"]
        self.get("blast", "all-active", blast, *AS)
        self.get("blast", "write", blast, "--file", "-", *AS, text="Hi")
        self.get("blast", "set", blast, "deadline_ms", "1", *AS)
        self.get("blast", "send", blast, "--yes", *AS)
        deadline = time.monotonic() + 60
        while self.examine() != {"channel email": "warn", f"blast {blast}": "bad"}:
            self.assertLess(time.monotonic(), deadline)
        self.assertRegex(self.seen[f"blast {blast}"]["detail"], r"^since .*, of provider dr-lee: .*no worker")

    def test_a_channel_that_fails(self):
        child = self.start("run", "--watch")
        deadline = time.monotonic() + 60
        while not self.maildir.is_dir() or len(list(self.maildir.iterdir())) < 3:
            self.assertLess(time.monotonic(), deadline)
        for part in ("tmp", "new"):
            (self.maildir / part).rmdir()
        self.send("--all-active")
        while self.examine() != {"channel email": "bad"}:
            self.assertLess(time.monotonic(), deadline)
        self.assertIn("failing since", self.seen["channel email"]["detail"])
        self.assertIsNone(child.poll())

    def test_a_log_that_grows_since_somebody_reads_an_older_state(self):
        self.send("--all-active")
        self.get("run")
        with contextlib.closing(sqlite3.connect(self.store, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM store").fetchone()
            self.assertEqual(self.examine(), {})
            self.get("blast", "create", *AS)
            os.truncate(self.folder / "practice.db-wal", 65 << 20)  # as after many more of those
            self.assertEqual(self.examine(), {"log": "warn"})
            self.assertRegex(self.seen["log"]["detail"], r"^65 MiB: it grows while a process reads an older state")
        self.get("store", "checkpoint")
        self.assertEqual(self.examine(), {})

    def test_a_damaged_store(self):
        for companion in ("-wal", "-shm"):
            (self.folder / f"practice.db{companion}").unlink(missing_ok=True)
        self.store.write_text("This is no store, but some text that is long enough to look at." * 20)
        self.assertEqual(self.examine(), {"store": "bad"})
        self.store.unlink()
        self.get_error("doctor", exit_code=4)


if __name__ == "__main__":
    unittest.main()

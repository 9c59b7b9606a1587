#!/usr/bin/env python3
"""What commands print for people."""

import re
import time
import unittest

from cli_support import CliTest, cells


class Output(CliTest):
    def test_tables_are_aligned_in_all_scripts(self):
        names = ["Ana", "歐陽 美玲", "Noe\u0301mie", "남궁도윤", "हरि ओम", "שירה"]
        rows = "".join(f"c{i},{name},\n" for i, name in enumerate(names))
        self.import_csv("id,name,email\n" + rows)
        blast = self.send("--all-active")["blast"]
        lines = self.run_program("blast", "recipients", blast, "--as-provider", "dr-lee").out.splitlines()
        place = lines[0].index("thread")
        for line in lines[1:]:
            at = re.search(r"[0-9a-f]{32}", line).start()
            if "ह" not in line:  # how wide Devanagari's vowels are is a matter of taste
                self.assertEqual(cells(line[:at]), place, line)
            self.assertEqual(line, line.rstrip())

    def test_settings_are_aligned(self):
        lines = self.run_program("store", "settings").out.splitlines()
        places = [lines[0].index(name) for name in ("key", "type", "default", "help")]
        for line in lines[1:]:
            for place in places[1:]:
                self.assertRegex(line[place - 2:place + 1], r"^  \S$", line)

    def test_nothing_reaches_a_terminal_raw(self):
        self.import_csv()
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
        self.import_csv()
        self.send("--all-active")
        for zone in ("Pacific/Auckland", "America/Lima"):
            table = self.run_program("blast", "list", "--as-provider", "dr-lee", environment={"TZ": zone}).out
            shown = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", table)
            self.assertEqual(len(shown), 2)
        at = self.get("blast", "list", "--as-provider", "dr-lee")["blasts"][0]["sent_at_ms"]
        self.assertEqual(shown[1], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at // 1000)))

    def test_all_pages_unless_limited(self):
        n = 2345
        self.import_csv("id\n" + "".join(f"c{i}\n" for i in range(n)))
        blast = self.send("--all-active")["blast"]
        command = ["blast", "recipients", blast, "--as-provider", "dr-lee"]
        self.assertEqual(len(self.get(*command)["recipients"]), n)
        self.assertEqual(len(self.get(*command, "--limit", "1200")["recipients"]), 1200)
        self.assertEqual(len(self.get(*command, "--limit", "3")["recipients"]), 3)
        self.assertEqual(len(self.run_program(*command).out.splitlines()), n + 1)
        thread = self.thread_of("c1")
        for i in range(5):
            self.get("reply", thread, "--as-client", "c1", "--file", "-", text=f"reply {i}")
        last = self.get("messages", thread, "--as-client", "c1", "--limit", "2")["messages"]
        self.assertEqual([m["text"] for m in last], ["reply 3", "reply 4"])

    def test_store_by_environment(self):
        self.import_csv()
        done = self.run_program(
            "roster", "count", "dr-lee", store=False, environment={"BCCAST_STORE": str(self.store)})
        self.assertRegex(done.out, r"dr-lee +2 +1\n")

    def test_text_ends_without_line_ends(self):
        self.import_csv()
        self.send("--all-active", text="\ufeffline\n\nline\r\n\n")
        [message] = self.get("messages", self.thread_of("c1"), "--as-client", "c1")["messages"]
        self.assertEqual(message["text"], "line\n\nline")


if __name__ == "__main__":
    unittest.main()

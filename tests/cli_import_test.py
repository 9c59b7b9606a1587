#!/usr/bin/env python3
"""bccast import: what a CSV file may hold, and what is told of what it may not."""

import re
import unittest

from cli_support import CANARY, CliTest


class Import(CliTest):
    def test_rfc_4180(self):
        content = (
            b'\xef\xbb\xbfstatus,email,"name",id\r\n'
            b'active,a@example.org,"Lee, ""Ana""\r\n the second",c1\r\n'.replace(b"\r\n the", b" the")
            + b'"archived","","",c2\r\n'
            b"\r\n"
            b',b@example.org,Bo,"c,3"\r\n'
            b',,"",c4'
        )
        answer, err = self.import_csv(content)
        self.assertEqual(err, "")
        self.assertEqual(
            answer, {"read": 4, "new_on_roster": 4, "already_there": 0, "archived": 1, "skipped": 0})
        self.send("--client", "c1", "--client", "c,3")
        blast = self.get("status", "--as-provider", "dr-lee")["blast"]
        names = {r["client"]: r["client_name"]
                 for r in self.get("blast", "recipients", blast, "--as-provider", "dr-lee")["recipients"]}
        self.assertEqual(names, {"c1": 'Lee, "Ana" the second', "c,3": "Bo"})

    def test_lines_in_quotes_are_counted_and_refused_in_names(self):
        answer, err = self.import_csv('id,name\nc1,"Two\nlines"\nc2,B"ad\nc3,Good\n', 3)
        self.assertEqual((answer["new_on_roster"], answer["skipped"]), (1, 2))
        self.assertEqual([line.split(":")[1] for line in err.splitlines()], [" line 2", " line 4"])

    def test_bad_lines_by_number_and_without_content(self):
        rows = [
            "id,name,email,status",
            "c1,Good,g@example.org,active",
            f"c2,{CANARY}",  # too few fields
            f"c3,{CANARY},x@example.org,active,{CANARY}",  # too many
            f"c4,N,{CANARY}@example.org,{CANARY}",  # no such status
            f",{CANARY},,",  # no id
            f"c1,{CANARY},{CANARY}@example.org,",  # twice
            f'c5,{CANARY}"x,,',  # a quote inside
            f'c6,"{CANARY}"x,,',  # something behind a quote
            "c7," + CANARY * 40 + ",,",  # too long
            f"c8,{CANARY}\x07,,",  # a control character
            "c9,Good,,archived",
            f'c10,"{CANARY},,',  # never closed
            f"c11,{CANARY},,",
        ]
        content = "\n".join(rows).encode() + b"\n"
        content = content.replace(b"c9,Good", b"c12,\xff" + CANARY.encode() + b",,\nc9,Good")
        answer, err = self.import_csv(content, 3)
        self.assertNotIn(CANARY, err)
        lines = [int(re.match(r"bccast: line (\d+): ..", line)[1]) for line in err.splitlines()]
        self.assertEqual(lines, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14])
        self.assertIn("same as on line 2", err)
        self.assertEqual(answer["new_on_roster"], 2)
        self.assertEqual(answer["skipped"], 11)
        self.assertEqual(answer["read"], 13)

    def test_headers(self):
        for header in ("name,email", "id,phone", "id,id", "", f'"id'):
            answer, err = self.import_csv(header + "\nc1,x\n" if header else "", 1)
            self.assertIsNone(answer)
            self.assertEqual(len(err.splitlines()), 1)
        self.assertEqual(self.import_csv("id\nc1\n")[0]["new_on_roster"], 1)

    def test_again_changes_names_and_keeps_what_is_archived(self):
        self.import_csv()
        answer, _ = self.import_csv("id,name\nc1,Anna\nc3,\n")
        self.assertEqual((answer["new_on_roster"], answer["already_there"]), (0, 2))
        self.assertEqual(self.get("roster", "count", "dr-lee"), {"provider": "dr-lee", "active": 2, "archived": 1})
        self.send("--all-active")
        self.get("run")
        self.assertEqual(len(self.mails()), 2)  # a column that is missing takes no address away

    def test_archived_from_the_first_moment_and_who_was_active_too(self):
        self.import_csv("id,status\nc1,\nc2,\n")
        answer, _ = self.import_csv("id,status\nc2,archived\nc3,archived\nc4,\nc1,\n")
        self.assertEqual(
            answer, {"read": 4, "new_on_roster": 2, "already_there": 2, "archived": 2, "skipped": 0})
        roster = self.get("roster", "list", "dr-lee")["roster"]
        self.assertEqual(
            {r["client"]: r["state"] for r in roster},
            {"c1": "active", "c2": "archived", "c3": "archived", "c4": "active"})

    def test_many(self):
        rows = "".join(f"c{i},N{i},c{i}@example.org,{'archived' if i % 10 == 0 else ''}\n" for i in range(120_000))
        answer, _ = self.import_csv("id,name,email,status\n" + rows)
        self.assertEqual((answer["new_on_roster"], answer["archived"]), (120_000, 12_000))
        self.assertEqual(self.send("--all-active")["recipients"], 108_000)


if __name__ == "__main__":
    unittest.main()

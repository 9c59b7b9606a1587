#!/usr/bin/env python3
"""A store is backed up, lost, restored, looked at, and let go, as docs/operating.md says."""

import sqlite3
import stat
import unittest

from cli_support import CliTest

AS = ["--as-provider", "dr-lee"]


class Backup(CliTest):
    def setUp(self):
        super().setUp()
        self.get("channel", "put", "email")
        self.import_csv()
        self.copy = self.folder / "copy.db"

    def examine(self):
        checks = self.document("doctor", self.run_program("--json", "doctor", exit_code=None).out)["checks"]
        return {check["check"]: check for check in checks}

    def test_from_a_backup_to_a_store_that_works(self):
        waiting = self.send("--all-active")["blast"]
        self.assertEqual(self.get("store", "backup", str(self.copy)),
                         {"file": str(self.copy), "held": True, "damaged": False})
        self.assertEqual(stat.S_IMODE(self.copy.stat().st_mode), 0o600)
        self.get("run")
        told = len(self.mails())
        self.assertGreater(told, 0)
        self.send("--all-active", text="Lost")  # and then the disk
        self.get("store", "restore", str(self.copy), "--yes")
        self.assertEqual(self.get("store", "status"), {"held": True, "debts": 0, "indexing": False})

        # It is looked at; nothing leaves it; everybody is told why.
        self.assertEqual(len(self.get("blast", "list", *AS)["blasts"]), 1)
        done = self.run_program("--json", "run", exit_code=3)
        self.assertIn("store release", done.err)
        self.assertEqual(len(self.mails()), told)
        found = self.examine()["held"]
        self.assertEqual(found["state"], "warn")
        self.assertIn("bccast store release", found["detail"])
        waits = self.examine()["channel email"]["detail"]
        self.assertIn("pending, held until `bccast store release`", waits)
        self.assertNotIn("paused", waits)

        self.assertEqual(self.get("store", "release"), {"released": True})
        self.assertEqual(self.get("store", "release"), {"released": False})
        self.assertNotIn("held", self.examine())
        self.get("run")
        # Who was told after the backup is told once more: the restored store cannot know.
        self.assertEqual(self.get("blast", "show", waiting, *AS)["state"], "finished")

    def test_what_was_told_is_taken_back_before_the_release(self):
        waiting = self.send("--all-active")["blast"]
        self.get("store", "backup", str(self.copy))
        self.get("run")
        told = len(self.mails())
        self.get("store", "restore", str(self.copy), "--yes")
        self.get("recall", waiting, *AS)
        self.get("store", "release")
        self.get("run")
        self.assertEqual(len(self.mails()), told)

    def test_a_damaged_store_is_backed_up_and_it_is_said(self):
        with sqlite3.connect(self.store) as store:
            store.execute("UPDATE client SET sum = sum + 1 WHERE client_no = 1")
        store.close()
        made = self.run_program("--json", "store", "backup", str(self.copy), exit_code=3)
        self.assertTrue(self.document("store-backup", made.out)["damaged"])
        self.assertIn("bccast store verify", made.err)
        self.assertTrue(self.copy.exists())
        self.assertEqual(self.get_error("store", "restore", str(self.copy), "--yes", exit_code=1)["code"],
                         "BCCAST_E_CORRUPT")

    def test_a_backup_replaces_no_file(self):
        self.copy.write_text("mine")
        self.assertEqual(self.get_error("store", "backup", str(self.copy), exit_code=1)["code"], "BCCAST_E_CONFLICT")
        self.assertEqual(self.copy.read_text(), "mine")

    def test_a_restore_asks_and_is_refused_while_somebody_has_the_store_open(self):
        self.get("store", "backup", str(self.copy))
        before = self.store.read_bytes()
        self.assertIn("--yes", self.run_program("store", "restore", str(self.copy), exit_code=2).err)
        reader = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("SELECT count(*) FROM blast").fetchone()
        error = self.get_error("store", "restore", str(self.copy), "--yes", exit_code=75)
        self.assertEqual(error["code"], "BCCAST_E_BUSY")
        self.assertEqual(self.store.read_bytes(), before)
        reader.close()
        self.get("store", "restore", str(self.copy), "--yes")

    def test_no_backup_and_no_store(self):
        self.get_error("store", "restore", str(self.copy), "--yes", exit_code=4)
        self.get("store", "backup", str(self.copy))
        self.store.unlink()
        self.get("store", "restore", str(self.copy))  # nothing is replaced: nobody is asked
        self.assertTrue(self.get("store", "status")["held"])
        self.copy.write_bytes(self.copy.read_bytes()[:5000])
        self.assertEqual(self.get_error("store", "restore", str(self.copy), "--yes", exit_code=1)["code"],
                         "BCCAST_E_CORRUPT")

    def test_a_copy_by_another_tool_is_a_warning(self):
        self.store.chmod(0o644)
        found = self.examine()["file practice.db"]
        self.assertEqual(found["state"], "warn")
        self.assertIn("chmod 600", found["detail"])


if __name__ == "__main__":
    unittest.main()

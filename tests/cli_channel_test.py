#!/usr/bin/env python3
"""bccast channel, events: the ways out, and what has happened."""

import unittest

from cli_support import UNKNOWN, CliTest


class Channels(CliTest):
    def channel(self, name):
        return {c["channel"]: c for c in self.get("channel", "list")["channels"]}.get(name)

    def test_put_pause_and_remove(self):
        made = self.get("channel", "put", "email")  # makes the store
        self.assertEqual(made, {"channel": "email", "role": "notify", "changed": True})
        self.assertFalse(self.get("channel", "put", "email")["changed"])
        self.assertEqual(self.get_error("channel", "put", "email", "--role", "deliver", exit_code=1)["code"],
                         "BCCAST_E_CONFLICT")
        self.import_csv()
        blast = self.send("--all-active")["blast"]
        self.get("channel", "set", "email", "paused", "on")
        self.assertEqual((self.channel("email")["paused"], self.get("run")["done"]), (1, 0))
        self.get("channel", "set", "email", "paused", "off")
        self.assertEqual(self.get("run")["done"], 2)
        self.send("--all-active")
        self.assertEqual(self.channel("email")["pending"], 2)
        self.assertEqual(self.get("channel", "remove", "email"), {"channel": "email", "removed": True})
        self.assertIsNone(self.channel("email"))
        self.assertEqual(self.get("blast", "status", blast, "--as-provider", "dr-lee")["status"][-1]["done"], 2)
        for arguments in (["set", "email", "paused", "on"], ["remove", "email"]):
            self.get_error("channel", *arguments, exit_code=4)
        self.get_error("channel", "put", "fax", "--role", "sing", exit_code=2)

    def test_settings(self):
        self.get("channel", "put", "email")
        self.assertEqual(self.get("channel", "set", "email", "rate", "0.50"),
                         {"channel": "email", "key": "rate", "value": "0.50"})
        self.get("channel", "set", "email", "concurrency", "4")
        self.assertEqual((self.channel("email")["rate"], self.channel("email")["concurrency"]), ("0.5", 4))
        self.assertEqual(self.get("channel", "set", "email", "rate"), {"channel": "email", "key": "rate", "value": None})
        self.get("channel", "set", "email", "concurrency", "0")
        self.assertEqual((self.channel("email")["rate"], self.channel("email")["concurrency"]), (None, None))
        self.get("channel", "set", "email", "fail_action", "pause")
        self.get("channel", "set", "email", "quiet_hours", "21:00-08:00")
        self.assertEqual(self.channel("email")["quiet_hours"], "21:00-08:00")
        email = self.channel("email")
        self.assertEqual((email["fail_percent"], email["fail_window"], email["fail_action"]), (50, 200, "pause"))
        for key, value in (("rate", "fast"), ("concurrency", "1.5"), ("speed", "1"), ("fail_percent", "101"),
                           ("fail_window", "10"), ("fail_action", "stop"), ("quiet_hours", "21")):
            self.get_error("channel", "set", "email", key, value, exit_code=2)


class Events(CliTest):
    def kinds(self, *arguments):
        return [e["kind"] for e in self.get("events", "list", "billing", *arguments)["events"]]

    def test_a_reader_sees_them_until_it_acknowledges(self):
        self.import_csv()
        self.assertEqual(self.kinds(), [])  # from here on
        blast = self.send("--all-active")["blast"]
        self.get("run")
        events = self.get("events", "list", "billing")["events"]
        self.assertEqual([(e["kind"], e["object"]) for e in events],
                         [("blast.sent", blast), ("blast.finished", blast)])
        self.assertEqual(self.kinds("--limit", "1"), ["blast.sent"])
        first, last = events[0]["event"], events[1]["event"]
        self.assertEqual(self.get("events", "ack", "billing", first),
                         {"reader": "billing", "event": first, "changed": True})
        self.assertEqual(self.kinds(), ["blast.finished"])
        self.get("events", "ack", "billing", last)
        self.assertFalse(self.get("events", "ack", "billing", last)["changed"])
        self.assertEqual(self.kinds(), [])
        self.get_error("events", "ack", "billing", UNKNOWN, exit_code=4)
        self.get_error("events", "ack", "nobody", last, exit_code=4)
        self.assertRegex(self.run_program("events", "list", "nobody").out, r"^event +provider +kind +object +at\n$")


if __name__ == "__main__":
    unittest.main()

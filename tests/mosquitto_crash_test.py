#!/usr/bin/env python3
"""The broker killed in the middle of a blast: nobody loses it, and what comes twice has the same id."""

import unittest

from mosquitto_support import MosquittoTest, properties, publish, thread_of, wait_for

COUNT = 20000
LEASE = 60  # seconds until what was in flight is handed out again
WATCHED = [f"c{i}" for i in range(0, COUNT, COUNT // 20)]


class Crash(MosquittoTest):
    def test_killed_in_the_middle_it_loses_nobody(self):
        clients = [f"c{i}" for i in range(COUNT)]
        broker = self.broker(clients, users=[], budget_ms=1)
        provider = self.provider(broker)
        inboxes = {user: self.subscribe(broker, user) for user in WATCHED}
        blast = provider.send("Hello")

        def done():
            return broker.program("blast", "status", blast, "--as-provider", "dr-lee")["status"][0]["done"]

        wait_for(lambda: done() > 0, "the first batch")
        broker.kill()
        before = done()
        self.assertLess(before, COUNT, "killed too late to tell")
        first = {user: list(inbox.messages) for user, inbox in inboxes.items()}

        broker.start()  # on other ports: everybody comes back by itself, and subscribes
        provider = self.provider(broker)
        again = {user: self.subscribe(broker, user) for user in WATCHED}
        # What was in flight is handed out when its lease is over; nobody waits for that who subscribes.
        for user, inbox in again.items():
            thread = provider.ask("blast-why", blast=blast, client=user)["why"][0]["thread"]
            inbox.wait_count(1)
            for message in first[user] + inbox.messages:
                self.assertEqual((message["payload"], thread_of(message)), ("Hello", thread))
                self.assertEqual(properties(message)["id"], f"{thread}-1")
        people = wait_for(lambda: self.finished(broker, blast), "the blast's end", patience=2 * LEASE)
        self.assertEqual((people["recipients"], people["done"], people["failed"]), (COUNT, COUNT, 0))
        # After all that each has the one thread, and one message in it.
        for user in WATCHED:
            [row] = broker.program("threads", "--as-client", user)["threads"]
            self.assertEqual(row["unread"], 1)

    def finished(self, broker, blast):
        people = broker.program("blast", "status", blast, "--as-provider", "dr-lee")["status"][-1]
        return people["state"] == "finished" and people

    def test_what_a_provider_was_told_is_sent_stays_sent(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        blast = provider.ask("blast-create")["blast"]
        provider.ask("blast-all-active", blast=blast)
        provider.ask("blast-write", blast=blast, text="Hello")
        self.assertEqual(provider.ask("blast-send", blast=blast)["recipients"], 2)
        broker.kill()
        broker.start()
        self.assertEqual(self.subscribe(broker, "ana").wait_count(1)[0]["payload"], "Hello")

    def test_a_reply_sent_again_after_a_crash_is_written_once(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        ana = self.subscribe(broker, "ana")
        provider.send("Hello")
        thread = thread_of(ana.wait_count(1)[0])
        self.assertTrue(publish(broker, "ana", f"bccast/ana/reply/{thread}", "Hi", key="k"))
        broker.kill()
        broker.start()
        self.assertTrue(publish(broker, "ana", f"bccast/ana/reply/{thread}", "Hi", key="k"))
        seen = self.provider(broker).ask("messages", thread=thread)["messages"]
        self.assertEqual([m["text"] for m in seen], ["Hello", "Hi"])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""The Mosquitto plugin, with mosquitto_sub and mosquitto_pub: blasts, replies, and who may do what."""

import json
import time
import unittest

from mosquitto_support import (CONTROL, MosquittoTest, check, encode, properties, publish, thread_of, wait_for)


class Blast(MosquittoTest):
    def test_each_gets_one_message_in_a_thread_of_its_own(self):
        broker = self.broker(["ana", "ben", "cleo"], archived=["cleo"])
        provider = self.provider(broker)
        inboxes = {user: self.subscribe(broker, user) for user in ("ana", "ben", "cleo")}
        first = provider.send("We are closed on Monday.")
        second = provider.send("Open again.")
        for blast in (first, second):
            people = provider.finished(blast)
            self.assertEqual((people["recipients"], people["done"]), (2, 2))
        got = {user: inboxes[user].wait_count(2) for user in ("ana", "ben")}
        self.assertEqual(len({thread_of(m) for messages in got.values() for m in messages}), 4)
        for messages in got.values():
            self.assertEqual([m["payload"] for m in messages], ["We are closed on Monday.", "Open again."])
            for message in messages:
                self.assertEqual(message["qos"], 1)
                self.assertEqual(message["retain"], 0)
                self.assertEqual(properties(message)["id"], thread_of(message) + "-1")
                self.assertEqual(properties(message)["author"], "dr-lee")
                self.assertEqual(properties(message)["author_name"], "Dr. Lee")
                self.assertEqual(int(properties(message)["at_ms"]) % 1000, 0)
        self.assertEqual(inboxes["cleo"].messages, [])

    def test_a_reply_reaches_its_provider_alone(self):
        broker = self.broker(["ana", "ben"], providers=("dr-lee", "dr-may"))
        provider, other = self.provider(broker), self.provider(broker, "dr-may")
        ana, ben = (self.subscribe(broker, user, f"bccast/{user}/#") for user in ("ana", "ben"))
        provider.send("Hello")
        thread = thread_of(ana.wait_count(1)[0])
        ben.wait_count(1)
        for _ in range(2):  # the same key: written once
            self.assertTrue(publish(broker, "ana", f"bccast/ana/reply/{thread}", "Thank you!", key="k1"))
        [reply] = provider.desk.wait_count(1)
        self.assertEqual((reply["payload"], thread_of(reply)), ("Thank you!", thread))
        self.assertEqual(properties(reply)["author"], "ana")
        answers = [json.loads(m["payload"]) for m in ana.wait_count(3)[1:]]
        self.assertEqual(answers[0], answers[1])
        check("reply", answers[0])
        self.assertEqual(answers[0]["seq"], 2)

        provider.ask("reply", thread=thread, text="You are welcome.")
        self.assertEqual(ana.wait_count(4)[3]["payload"], "You are welcome.")
        [row] = provider.ask("threads", filter="replied=1")["threads"]
        self.assertEqual((row["client"], row["unread"]), ("ana", 1))
        seen = provider.ask("messages", thread=thread)["messages"]
        self.assertEqual([m["text"] for m in seen], ["Hello", "Thank you!", "You are welcome."])
        provider.ask("read", thread=thread, up_to_seq=2)
        self.assertEqual(provider.ask("provider-unread")["messages"], 0)
        # A blast to ben, after all that: what would have come to him, or to another provider, has come.
        provider.send("The end", "ana", "ben")
        self.assertEqual([m["payload"] for m in ben.wait_count(2)], ["Hello", "The end"])
        self.assertEqual(len(provider.desk.messages), 1)
        other.ask("roster-count")
        self.assertEqual(other.desk.messages, [])

    def test_who_was_away_gets_unread_threads_when_it_subscribes(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        for text in ("first", "second"):
            provider.finished(provider.send(text))
        ana = self.subscribe(broker, "ana")
        first, second = ana.wait_count(2)
        self.assertEqual([first["payload"], second["payload"]], ["first", "second"])
        # What is read does not come again; what is not comes with the same id.
        topic = f"bccast/ana/read/{thread_of(first)}"
        self.assertTrue(publish(broker, "ana", topic, "1"))
        again = self.subscribe(broker, "ana")
        [message] = again.wait_count(1)
        self.assertEqual(properties(message), properties(second))
        [row] = provider.ask("blast-list", filter="state=finished", limit=1)["blasts"]
        self.assertEqual(row["text"], "second")
        provider.finished(provider.send("third"))
        self.assertEqual([m["payload"] for m in again.wait_count(2)], ["second", "third"])
        # A provider who comes back gets what clients wrote, and not what it has written itself before that.
        publish(broker, "ana", f"bccast/ana/reply/{thread_of(first)}", "here I am")
        wait_for(lambda: provider.ask("provider-unread")["messages"] == 1, "the reply")
        desk = self.subscribe(broker, "dr-lee", "bccast/dr-lee/desk/+")
        self.assertEqual(desk.wait_count(1)[0]["payload"], "here I am")

    def test_what_comes_again_begins_where_the_reader_stopped(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        provider.send("1")
        thread = thread_of(self.subscribe(broker, "ana").wait_count(1)[0])
        for i in range(2, 26):  # in a thread, and more than a few
            provider.ask("reply", thread=thread, text=str(i))
        for read, expected in ((0, range(1, 26)), (3, range(4, 26))):
            if read:
                self.assertTrue(publish(broker, "ana", f"bccast/ana/read/{thread}", str(read)))
            again = self.subscribe(broker, "ana").wait_count(len(expected))
            self.assertEqual([int(m["payload"]) for m in again], list(expected))
            self.assertEqual([int(properties(m)["seq"]) for m in again], list(expected))

    def test_clients_of_mqtt_3_read_and_reply(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        ana = self.subscribe(broker, "ana", version="311")
        provider.send("Hello")
        [message] = ana.wait_count(1)
        self.assertEqual(message["payload"], "Hello")
        publish(broker, "ana", f"bccast/ana/reply/{thread_of(message)}", "Hi", version="311")
        self.assertEqual(provider.desk.wait_count(1)[0]["payload"], "Hi")


class Commands(MosquittoTest):
    def test_choosing_and_looking(self):
        broker = self.broker(["ana", "ben", "cleo", "dora"], archived=["dora"])
        provider = self.provider(broker)
        self.assertEqual(provider.ask("roster-count"), {"provider": "dr-lee", "active": 3, "archived": 1})
        page, following = provider.ask_page("roster-list", limit=3)
        last, end = provider.ask_page("roster-list", limit=3, cursor=following)
        self.assertEqual([r["client"] for r in page["roster"] + last["roster"]], ["ana", "ben", "cleo", "dora"])
        self.assertIsNone(end)
        self.assertEqual(provider.ask("roster-list", filter="search=cl")["roster"][0]["client"], "cleo")

        blast = provider.ask("blast-create", key="once")["blast"]
        self.assertEqual(provider.ask("blast-create", key="once")["blast"], blast)
        self.assertEqual(provider.ask("blast-all-active", blast=blast)["recipients"], 3)
        self.assertEqual(provider.ask("blast-none", blast=blast)["recipients"], 0)
        chosen = provider.ask("blast-select", blast=blast, clients=["ana", "ben", "dora", "nobody"])
        self.assertEqual(chosen["changed"], 3)
        self.assertEqual(chosen["refused"], [{"client": "nobody", "code": "BCCAST_E_NOT_FOUND"}])
        provider.ask("blast-select", blast=blast, clients=["cleo"])
        provider.ask("blast-deselect", blast=blast, clients=["ben"])
        reasons = {r["client"]: r["reason"] for r in provider.ask("blast-selection", blast=blast)["selection"]}
        self.assertEqual(reasons, {"ana": None, "ben": "deselected", "cleo": None, "dora": "archived"})
        self.assertEqual(provider.ask("blast-write", blast=blast, text="Björn")["bytes"], 6)
        provider.ask("blast-set", blast=blast, key="deadline_ms", value="60000")
        preview = provider.ask("blast-preview", blast=blast)
        self.assertEqual((preview["recipients"], preview["archived"], preview["deselected"]), (2, 1, 1))
        provider.ask("blast-write", blast=blast, text="Other")
        provider.ask("blast-send", error="CONFLICT", blast=blast, digest=preview["digest"])
        digest = provider.ask("blast-preview", blast=blast)["digest"]
        sent = provider.ask("blast-send", blast=blast, digest=digest)
        self.assertEqual((sent["recipients"], sent["sent_before"]), (2, False))
        self.assertTrue(provider.ask("blast-send", blast=blast)["sent_before"])
        self.assertEqual(provider.finished(blast)["recipients"], 2)
        self.assertEqual(provider.ask("blast-show", blast=blast)["text"], "Other")
        self.assertEqual(len(provider.ask("blast-recipients", blast=blast)["recipients"]), 2)
        self.assertEqual(provider.ask("blast-why", blast=blast, client="dora")["why"][0]["reason"], "archived")
        self.assertEqual(provider.ask("blast-retry-failed", blast=blast)["retried"], 0)
        draft = provider.ask("blast-create")["blast"]
        provider.ask("blast-discard", blast=draft)
        provider.ask("direct", client="ana")
        self.assertEqual(provider.ask("provider-show")["provider_name"], "Dr. Lee")

    def test_choosing_who_has_an_earlier_blast(self):
        broker = self.broker(["ana", "ben", "cleo"])
        provider = self.provider(broker)
        first = provider.send("Hello", "ana", "ben")
        found = provider.ask("blast-find", blast=first, clients=["cleo", "ben", "nobody"])["found"]
        self.assertEqual([row["client"] for row in found], ["ben"])
        provider.finished(first)
        broker.program("read", found[0]["thread"], "--as-client", "ben")
        draft = provider.ask("blast-create")["blast"]
        self.assertEqual(provider.ask("blast-select", blast=draft, **{"from": first}, filter="opened=1")["recipients"], 1)
        self.assertEqual(provider.ask("blast-select", blast=draft, **{"from": first})["recipients"], 2)
        provider.ask("blast-select", error="NOT_FOUND", blast=draft, **{"from": "0" * 32})
        for wrong in ({}, {"clients": ["ana"], "from": first}, {"filter": "opened=1"},
                      {"clients": ["ana"], "filter": "opened=1"}):
            provider.ask("blast-select", error="ARGUMENT", blast=draft, **wrong)
        [row] = [r for r in provider.ask("blast-list")["blasts"] if r["blast"] == first]
        self.assertEqual((row["done"], row["pending"], row["opened"]), (2, 0, 1))

    def test_what_is_late_is_said(self):
        broker = self.broker(["ana", "ben"])
        broker.program("channel", "put", "push")  # on which nobody works
        provider = self.provider(broker)
        self.assertEqual(provider.ask("overdue")["overdue"], [])
        blast = provider.ask("blast-create")["blast"]
        provider.ask("blast-all-active", blast=blast)
        provider.ask("blast-write", blast=blast, text="Hello")
        provider.ask("blast-set", blast=blast, key="deadline_ms", value="1")
        provider.ask("blast-send", blast=blast)
        [late] = wait_for(lambda: provider.ask("overdue")["overdue"], "the deadline")
        self.assertEqual((late["blast"], late["provider"]), (blast, "dr-lee"))

    def test_communities(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        ana = self.subscribe(broker, "ana")
        thread = provider.ask("community-create", title="Monday group")["thread"]
        added = provider.ask("community-add", thread=thread, clients=["ana", "ben", "nobody"])
        self.assertEqual((added["changed"], [r["client"] for r in added["refused"]]), (2, ["nobody"]))
        self.assertEqual(provider.ask("community-set", thread=thread, key="title", value="Group")["value"], "Group")
        provider.ask("reply", thread=thread, text="Welcome")
        self.assertEqual(properties(ana.wait_count(1)[0])["title"], "Group")
        gone = provider.ask("community-remove", thread=thread, clients=["ben", "nobody", "x" * 2000])
        self.assertEqual((gone["changed"], [r["code"] for r in gone["refused"]]),
                         (1, ["BCCAST_E_NOT_FOUND", "BCCAST_E_LIMIT"]))
        self.assertEqual([m["client"] for m in provider.ask("members", thread=thread)["members"]], ["ana"])
        provider.ask("members", error="NOT_FOUND", thread="0" * 32)
        provider.ask("community-remove", error="NOT_FOUND", thread="0" * 32, clients=["ana"])

    def test_what_is_wrong_gets_an_answer(self):
        broker = self.broker(["ana", "ben"], providers=("dr-lee", "dr-may"))
        provider = self.provider(broker)
        blast = provider.ask("blast-create")["blast"]
        for payload in ("", "x", "[]", "null", "{", '{"command":"nothing"}', '{"command":7}', '{"command":"blast-show"}',
                        '{"command":"blast-create","zzz":"1"}', '{"command":"blast-create","key":7}',
                        '{"command":"roster-list","limit":-1}', '{"command":"roster-list","limit":1.5}',
                        '{"command":"roster-list","limit":1001}', '{"command":"roster-list","limit":1,"limit":2}',
                        '{"command":"blast-select","blast":"%s","clients":"ana"}' % blast,
                        '{"command":"blast-select","blast":"%s","clients":[1]}' % blast,
                        '{"command":"blast-write","blast":"%s","text":"a\\u0000b"}' % blast,
                        "[" * 5000):
            document = json.loads(provider.ask_raw(payload)["payload"])
            check("error", document)
            self.assertEqual(document["error"]["code"], "BCCAST_E_ARGUMENT", payload[:60])
        provider.ask("blast-write", blast=blast, text="not a NUL: \\u0000")
        self.assertEqual(provider.ask("blast-show", blast=blast)["text"], "not a NUL: \\u0000")
        provider.ask("blast-send", error="TOO_FEW", blast=blast)
        provider.ask("blast-show", error="NOT_FOUND", blast="0" * 32)
        # Another provider's blast does not exist for this one, and is answered alike.
        theirs = self.provider(broker, "dr-may").ask("blast-create")["blast"]
        foreign = provider.ask("blast-show", error="NOT_FOUND", blast=theirs)
        unknown = provider.ask("blast-show", error="NOT_FOUND", blast="0123456789abcdef" * 2)
        self.assertEqual(json.dumps(foreign).replace(theirs, "?"),
                         json.dumps(unknown).replace("0123456789abcdef" * 2, "?"))


class States(MosquittoTest):
    def test_what_is_held_can_be_taken_back_and_what_is_scheduled_goes(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        ana = self.subscribe(broker, "ana")
        blast = provider.ask("blast-create")["blast"]
        provider.ask("blast-all-active", blast=blast)
        provider.ask("blast-write", blast=blast, text="Oh no")
        provider.ask("blast-set", blast=blast, key="hold_ms", value="3600000")
        provider.ask("blast-send", blast=blast)
        self.assertEqual(provider.ask("blast-unschedule", blast=blast)["state"], "draft")
        self.assertFalse(provider.ask("blast-unschedule", blast=blast)["changed"])
        provider.ask("blast-schedule", error="ARGUMENT", blast=blast, at_ms=1)
        self.assertEqual(ana.messages, [])
        provider.ask("blast-write", blast=blast, text="Better")
        at_ms = int(time.time() * 1000) + 300
        scheduled = provider.ask("blast-schedule", blast=blast, at_ms=at_ms)
        self.assertEqual((scheduled["scheduled_at_ms"], scheduled["zone"]), (at_ms, "UTC"))
        self.assertEqual(scheduled["local"], time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(at_ms // 1000)))
        self.assertEqual(ana.wait_count(1)[0]["payload"], "Better")

    def test_a_recall_reaches_devices_that_are_there_and_those_that_come_back(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        ana = self.subscribe(broker, "ana")
        blast = provider.send("Oh no")
        message = ana.wait_count(1)[0]
        provider.finished(blast)
        recalled = provider.ask("blast-recall", blast=blast)
        self.assertEqual((recalled["state"], recalled["changed"]), ("recalled", True))
        self.assertEqual([(c["channel"], c["removed"] + c["on_device"]) for c in recalled["channels"]], [("mqtt", 2)])
        self.assertFalse(provider.ask("blast-recall", blast=blast)["changed"])
        back = ana.wait_count(2)[1]
        for one in (back, self.subscribe(broker, "ana").wait_count(1)[0], self.subscribe(broker, "ben").wait_count(1)[0]):
            self.assertEqual((one["payload"], properties(one)["removed"]), (None, "1"))
        self.assertEqual(back["topic"], message["topic"])
        self.assertEqual(properties(back)["id"], properties(message)["id"])
        purged = provider.ask("blast-purge", blast=blast)
        self.assertEqual((purged["purged"], purged["before_at_ms"]), (1, None))
        self.assertEqual(provider.ask("blast-purge", blast=blast)["purged"], 0)
        self.assertEqual(provider.ask("blast-show", blast=blast)["text"], None)

    def test_pause_and_resume(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        blast = provider.send("Hello")
        provider.finished(blast)
        provider.ask("blast-pause", error="STATE", blast=blast)
        provider.ask("blast-resume", error="STATE", blast=blast)


class Rights(MosquittoTest):
    ALL = "topic readwrite #\ntopic read $SYS/#\ntopic readwrite $CONTROL/#\n"

    def test_a_client_has_its_own_inbox_and_nothing_else(self):
        # An ACL file that allows everything opens none of the plugin's topics, nor the broker's counters.
        for acl in ("", self.ALL):
            with self.subTest(acl=acl):
                self.setUp()
                broker = self.broker(["ana", "ben"], acl=acl, users=["nobody"])
                provider = self.provider(broker)
                for user, denied in (
                        ("ben", ["bccast/ana/inbox/+", "bccast/+/inbox/+", "bccast/#", "bccast/ana/#", "bccast/dr-lee/#",
                                 "$SYS/#", "$SYS/broker/messages/sent", "$CONTROL/bccast/v1", "$CONTROL/bccast/#"]),
                        ("nobody", ["bccast/ana/inbox/+", "$SYS/#"]), ("dr-lee", ["bccast/ana/#", "$SYS/#"])):
                    for one in denied:
                        self.assertEqual(self.subscribe(broker, user, one).granted, [135], (user, one))
                # Filters that lie outside are the ACL file's matter; what comes through them is not.
                wide = [self.subscribe(broker, "ben", one)
                        for one in ("#", "+/ana/inbox/+", "+/+/+/+", "$share/g/bccast/ana/inbox/+", "bccast/ben/#")]
                ana = self.subscribe(broker, "ana")
                thread = thread_of((provider.send("Hello, ben and ana"), ana.wait_count(1))[1][0])
                self.assertTrue(publish(broker, "ana", f"bccast/ana/reply/{thread}", "secret"))
                provider.desk.wait_count(1)
                provider.send("The end")
                wide[4].wait_count(2)
                for subscriber in wide:
                    for message in subscriber.messages:
                        self.assertTrue(message["topic"].startswith("bccast/ben/inbox/"), message)

                for user, topic in (
                        ("ben", f"bccast/ana/reply/{thread}"), ("ben", f"bccast/ben/reply/{thread}"),
                        ("ben", f"bccast/ana/inbox/{thread}"), ("ben", f"bccast/ben/inbox/{thread}"),
                        ("ben", f"bccast/dr-lee/desk/{thread}"), ("ben", "bccast/ben/answers"), ("ben", "bccast/x"),
                        ("ben", f"bccast/ben/reply/{thread}/x"), ("ben", "bccast/ben/reply/x"), ("ben", CONTROL),
                        ("nobody", CONTROL), ("nobody", f"bccast/nobody/reply/{thread}"),
                        ("dr-lee", "$CONTROL/bccast/v2"), ("dr-lee", f"bccast/ana/inbox/{thread}")):
                    payload = '{"command":"roster-count"}' if topic == CONTROL else "x"
                    self.assertFalse(publish(broker, user, topic, payload), (user, topic))
                for topic in (f"bccast/ana/reply/{thread}", CONTROL):
                    self.assertFalse(publish(broker, "ana", topic, "x", "-r"), topic)
                for payload in ("", "x", "-1", "1x", "9" * 30):
                    self.assertFalse(publish(broker, "ana", f"bccast/ana/read/{thread}", payload), payload)
                self.assertEqual(len(provider.ask("messages", thread=thread)["messages"]), 2)
                broker.stop()

    def test_what_is_not_there_and_what_is_anothers_look_the_same(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        ana, ben = self.subscribe(broker, "ana"), self.subscribe(broker, "ben", "bccast/ben/answers")
        provider.send("Hello")
        foreign = thread_of(ana.wait_count(1)[0])
        for branch in ("reply", "read"):
            for thread in (foreign, "0123456789abcdef" * 2):
                self.assertFalse(publish(broker, "ben", f"bccast/ben/{branch}/{thread}", "1"))
        answers = ben.wait_count(4)
        self.assertEqual(len({m["payload"] for m in answers}), 1, answers)
        self.assertEqual(json.loads(answers[0]["payload"])["error"]["code"], "BCCAST_E_NOT_FOUND")

    def test_counters_are_for_the_one_who_is_named(self):
        broker = self.broker(["ana", "ben"], users=["ops"], sys_user="ops")
        self.assertEqual(self.subscribe(broker, "ana", "$SYS/broker/messages/sent").granted, [135])
        ops = self.subscribe(broker, "ops", "$SYS/broker/version")
        self.assertIn("2.0", ops.wait_count(1)[0]["payload"])

    def test_other_topics_are_the_acl_files_matter(self):
        broker = self.broker(["ana", "ben"], acl="user ana\ntopic readwrite garden/#\n")
        ana = self.subscribe(broker, "ana", "garden/#")
        self.assertTrue(publish(broker, "ana", "garden/gate", "open"))
        self.assertEqual(ana.wait_count(1)[0]["payload"], "open")
        self.assertFalse(publish(broker, "ben", "garden/gate", "open"))


class Ids(MosquittoTest):
    NAMES = ["a/b", "a", "+", "a#", "..", "$SYS", "%2f", "%", "a%2Fb", "Björn Å", "*", "a b", "\"", "\\", "{}", "\u2028a"]

    def test_no_id_escapes_into_another_topic(self):
        # A file of passwords takes # at the beginning of a line for a comment: such a client receives and cannot log in.
        broker = self.broker([*self.NAMES, "#"], providers=("dr-lee", "+/#"))
        self.assertEqual(len({encode(name) for name in self.NAMES}), len(self.NAMES))
        inboxes = {name: self.subscribe(broker, name) for name in self.NAMES}
        self.assertEqual({name: inbox.granted for name, inbox in inboxes.items() if inbox.granted != [1]}, {})
        for user in ("dr-lee", "+/#"):
            provider = self.provider(broker, user)
            provider.finished(provider.send(f"From {user}"))
            count = 1 if user == "dr-lee" else 2
            for name, inbox in inboxes.items():
                message = inbox.wait_count(count)[count - 1]
                self.assertEqual(message["payload"], f"From {user}")
                self.assertEqual(message["topic"].split("/")[:3], ["bccast", encode(name), "inbox"])
                topic = f"bccast/{encode(name)}/reply/{thread_of(message)}"
                self.assertTrue(publish(broker, name, topic, f"I am {name}"), name)
            replies = provider.desk.wait_count(len(self.NAMES))
            self.assertEqual({m["payload"] for m in replies}, {f"I am {name}" for name in self.NAMES})
            self.assertEqual({properties(m)["author"] for m in replies}, set(self.NAMES))
        self.assertEqual({len(inbox.messages) for inbox in inboxes.values()}, {2})
        # Not encoded, or encoded in another way, it is not one's own.
        for user, topic in (("a/b", "bccast/a/b/#"), ("%2f", "bccast/%2f/#"), ("+", "bccast/+/#"), ("a#", "bccast/#"),
                            ("a/b", "bccast/a%2fb/#"), ("$SYS", "$SYS/#"), ("a", "bccast/%61/#")):
            self.assertEqual(self.subscribe(broker, user, topic).granted, [135], topic)


class Limits(MosquittoTest):
    def test_without_a_tick_the_log_says_that_nothing_is_sent(self):
        broker = self.broker(["ana", "ben"], per_listener=True)
        provider = self.provider(broker)
        blast = provider.send("Hello")
        self.assertIn("nothing is sent: with per_listener_settings", broker.log())
        self.assertEqual(provider.ask("blast-status", blast=blast)["status"][0]["pending"], 2)

    def test_more_unread_than_the_broker_queues_comes_in_parts(self):
        broker = self.broker(["ana", "ben"])
        provider = self.provider(broker)
        for i in range(105):
            provider.send(f"number {i}")
        wait_for(lambda: broker.program("client", "unread", "ana")["threads"] == 105, "the threads")
        wait_for(lambda: not provider.ask("blast-list", filter="state=sent")["blasts"], "the end of all")
        first = self.subscribe(broker, "ana").wait_count(100)
        self.assertEqual([m["payload"] for m in first], [f"number {i}" for i in range(5, 105)])
        for message in first:
            publish(broker, "ana", f"bccast/ana/read/{thread_of(message)}", "1")
        rest = self.subscribe(broker, "ana").wait_count(5)
        self.assertEqual([m["payload"] for m in rest], [f"number {i}" for i in range(5)])


class Logs(MosquittoTest):
    def test_no_text_and_no_name_in_the_log(self):
        canary = "7f1c9be2d4a8430f"
        broker = self.broker(["ana", "ben"])
        broker.program("client", "put", "ana", "--name", f"Ana {canary}")
        provider = self.provider(broker)
        ana = self.subscribe(broker, "ana")
        provider.send(f"a text {canary}")
        thread = thread_of(ana.wait_count(1)[0])
        publish(broker, "ana", f"bccast/ana/reply/{thread}", canary)
        publish(broker, "ana", f"bccast/ana/reply/{'0' * 32}", canary)
        provider.desk.wait_count(1)
        provider.ask_raw('{"command":"%s"}' % canary)
        self.assertEqual(broker.stop(), 0)
        self.assertIn("mosquitto version 2.0", broker.log())
        self.assertNotIn(canary, broker.log())


if __name__ == "__main__":
    unittest.main()

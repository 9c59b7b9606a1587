"""Real Prosody, real clients (slixmpp): what mod_bccast promises.

Usage: prosody_test.py BCCAST_PROGRAM LUA_MODULE [unittest's arguments]
"""

import asyncio
import pathlib
import re
import signal
import sys
import tempfile
import unittest

import slixmpp

from prosody_support import PROVIDER, Person, Server, notes, until, values

PROGRAM, MODULE = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
TEXT = "The practice is closed on Monday.\n\nYours, Dr. Lee <lee@example.org>"


def names(first, last):
    return [f"c{n}" for n in range(first, last + 1)]


class ProsodyTest(unittest.IsolatedAsyncioTestCase):
    def server(self, more=""):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        server = Server(folder.name, PROGRAM, MODULE, more)
        self.addCleanup(server.end)
        return server

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # a thousand clients are slow to trace
        self.maxDiff = None

    async def person(self, server, name, resource="phone"):
        person = Person(server, name, resource)
        self.addCleanup(person.abort)
        return await person.come()

    async def people(self, server, wanted):
        return await asyncio.gather(*(self.person(server, name) for name in wanted))

    def threads(self, server, blast=None):
        """The thread of each recipient of the newest blast, as the store has it."""
        blast = blast or server.run("blast", "list", "--as-provider", PROVIDER)["blasts"][0]["blast"]
        rows = server.run("blast", "recipients", blast, "--as-provider", PROVIDER)["recipients"]
        return {row["client"].partition("@")[0]: row["thread"] for row in rows}


class Thousand(ProsodyTest):
    async def test_each_gets_one_message_in_a_thread_of_its_own_now_or_later(self):
        server = self.server("  push_notification_with_body = true\n")
        active, archived = names(1, 1000), names(1001, 1020)
        server.clients(active, archived)
        await server.start(daemon=True)
        self.assertIn("push_notification_with_body is set", server.log())
        desk, tablet = [await self.person(server, "dr-lee", device) for device in ("desk", "tablet")]
        online = await self.people(server, names(1, 27))
        left_out = await self.people(server, names(1001, 1003))

        shown = await desk.send_blast(TEXT, {"all": "1", "except": ["c1000@localhost"]})
        self.assertIn("999 will receive it; left out: 20 archived, 0 do not want messages, 1 deselected",
                      shown["recipients"])
        self.assertIn("c1000@localhost: deselected by you", shown["left_out"])
        status = await desk.finished()
        self.assertEqual((status["recipients"], status["done"], status["failed"], status["skipped"]),
                         ("999", "999", "0", "0"))

        threads = self.threads(server)
        self.assertEqual(len(set(threads.values())), 999)
        await asyncio.gather(*(person.settle() for person in [*online, *left_out, desk, tablet]))
        for person in online:
            self.assertEqual([(t, body) for t, _, body in person.blasts()], [(threads[person.name], TEXT)])
            self.assertEqual(str(person.got[0]["from"]), PROVIDER)
            self.assertEqual(len(person.got), 1)
        self.assertEqual(len({person.got[0]["id"] for person in online}), 27)
        for person in [*left_out, desk, tablet]:
            self.assertEqual(person.got, [], person.name)  # no copies for the provider's devices either

        # Who was offline finds the same thread: all as it is stored, some as they see it.
        waiting = server.stored_offline()
        self.assertEqual(set(waiting), set(names(28, 999)))
        for name, messages in waiting.items():
            self.assertEqual(len(messages), 1, name)
            self.assertIn(threads[name], messages[0])
        later = await self.people(server, names(28, 40))
        for person in later:
            self.assertEqual([(t, body) for t, _, body in person.blasts()], [(threads[person.name], TEXT)])
        server.end()
        self.assertNotIn("\terror\t", server.log())

    async def test_replies_reach_the_provider_alone_and_belong_to_the_blast(self):
        server = self.server()
        server.clients(names(1, 3))
        await server.start()
        desk, tablet = [await self.person(server, "dr-lee", device) for device in ("desk", "tablet")]
        ana, ben, cal = await self.people(server, names(1, 3))
        await desk.send_blast(TEXT, {"to": ["c1@localhost", "c2@localhost"]})
        await desk.finished()
        thread = self.threads(server)["c1"]

        ana.write(PROVIDER, thread, "Thank you!")
        status = await until(lambda: self.replied(desk, "1"), "the reply belongs to the blast")
        self.assertEqual(status["unread"], "c1@localhost")
        for device in (desk, tablet):
            await until(lambda: device.got, "the provider has the reply")
            self.assertEqual([(m["body"], m["thread"]) for m in device.got], [("Thank you!", thread)])
        desk.write("c1@localhost", thread, "You are welcome")
        await until(lambda: len(ana.got) == 2, "the answer arrived")
        self.assertEqual((ana.got[1]["body"], ana.got[1]["thread"]), ("You are welcome", thread))
        await tablet.settle()
        self.assertEqual(tablet.got[-1]["carbon_sent"]["body"], "You are welcome")  # as any message of hers
        self.assertEqual((await desk.status())["unread"], "")

        # In another's thread, or to somebody else in one's own, nothing is recorded; Prosody delivers it as ever.
        may = await self.person(server, "dr-may")
        ben.write(PROVIDER, thread, "Not mine")
        ana.write("c3@localhost", thread, "To a friend")
        ana.write("dr-may@localhost", thread, "To another provider")
        await until(lambda: cal.got and may.got and len(desk.got) == 2, "all were delivered")
        self.assertEqual((await desk.status())["replied"], "1")
        said = server.run("messages", thread, "--as-provider", PROVIDER)["messages"]
        self.assertEqual([row["text"] for row in said], [TEXT, "Thank you!", "You are welcome"])
        for person in (ben, cal):
            self.assertNotIn(b"Thank you", person.traffic)
            self.assertNotIn(b"welcome", person.traffic)

        # What is written through another door arrives here, once.
        server.run("reply", thread, "--as-client", "c1@localhost", "--file", "-", text="By another way")
        await until(lambda: desk.got[-1]["body"] == "By another way", "it arrived")
        await desk.settle()
        self.assertEqual([m["body"] for m in desk.got], ["Thank you!", "Not mine", "By another way"])
        said = server.run("messages", thread, "--as-provider", PROVIDER)["messages"]
        self.assertEqual(len(said), 4)

    async def replied(self, desk, number):
        status = await desk.status()
        return status if status["replied"] == number else None

    async def test_taking_back_before_and_after_it_went_out(self):
        server = self.server()
        server.clients(names(1, 40))
        await server.start()
        desk = await self.person(server, "dr-lee", "desk")
        online = await self.people(server, names(1, 10))

        await desk.send_blast("Too early", {"all": "1"}, hold="600")
        self.assertEqual((await desk.status())["state"], "scheduled")
        self.assertEqual(notes(await desk.about("bccast#recall")), ["Taken back"])
        self.assertEqual((await desk.status())["state"], "draft")

        await desk.send_blast(TEXT, {"all": "1"})
        await desk.finished()
        threads = self.threads(server)
        self.assertEqual(notes(await desk.about("bccast#recall")), ["Taken back"])
        for person in online:
            await until(lambda p=person: len(p.got) == 2, "it was taken back")
            sent, back = person.got
            self.assertEqual((sent["body"], back["body"]), (TEXT, ""))
            self.assertEqual(sent["thread"], threads[person.name])
            self.assertEqual(back["thread"], threads[person.name])
            self.assertEqual(back.xml.find("{urn:xmpp:message-retract:1}retract").get("id"), sent["id"])
            self.assertEqual(back.xml.find("{urn:xmpp:fasten:0}apply-to").get("id"), sent["id"])
        await until(lambda: not any(server.stored_offline().values()), "nothing waits for those who were offline")
        late = await self.person(server, "c40")
        self.assertEqual((late.got, desk.got), ([], []))
        self.assertEqual((await desk.status())["state"], "recalled")
        refused = notes(await desk.about("bccast#recall"))
        self.assertEqual(refused, ["Taken back"])  # once more is the same

    async def test_only_providers_have_the_commands(self):
        server = self.server()
        server.clients(names(1, 2))
        await server.start()
        desk = await self.person(server, "dr-lee", "desk")
        ana = await self.person(server, "c1")
        for person, expected in ((desk, ["bccast#send", "bccast#status", "bccast#recall"]), (ana, [])):
            asked = person.make_iq_get(ito="localhost")
            asked.xml.append(slixmpp.xmlstream.ET.Element(
                "{http://jabber.org/protocol/disco#items}query", node="http://jabber.org/protocol/commands"))
            answer = await asked.send(timeout=30)
            items = answer.xml.iter("{http://jabber.org/protocol/disco#items}item")
            self.assertEqual([i.get("node") for i in items if "bccast" in i.get("node")], expected)
        refusals = []
        for node in ("bccast#send", "no such command"):
            with self.assertRaises(slixmpp.exceptions.IqError) as refused:
                await ana.command(node)
            refusals.append((refused.exception.condition, refused.exception.etype, refused.exception.text))
        self.assertEqual(refusals[0], refusals[1])

        # A session is its provider's; a form that is wrong says so and may be sent again.
        shown = await desk.command("bccast#send")
        session = shown.get("sessionid")
        for to, complaint in ((["x@localhost"], "x@localhost"), (["a b@@"], "a b@@"),
                              (["c1@localhost/phone"], "c1@localhost/phone")):
            shown = await desk.command("bccast#send", {"to": to}, "next", session)
            self.assertEqual(shown.get("status"), "executing")
            self.assertIn(complaint, notes(shown)[0])
        self.assertEqual(server.run("blast", "list", "--as-provider", PROVIDER)["blasts"], [])
        shown = await desk.command("bccast#send", {"all": "1"}, "next", session)
        shown = await desk.command("bccast#send", {"text": ""}, "next", session)
        self.assertTrue(notes(shown))
        shown = await desk.command("bccast#send", {"text": "Hello"}, "next", session)
        self.assertEqual(values(shown)["hold"], "10")
        server.run("roster", "archive", PROVIDER, "c2@localhost")
        shown = await desk.command("bccast#send", {"hold": "0"}, "complete", session)
        self.assertIn("look again", notes(shown)[0])
        shown = await desk.command("bccast#send", action="cancel", session=session)
        self.assertEqual(shown.get("status"), "canceled")
        self.assertEqual(server.run("blast", "list", "--as-provider", PROVIDER)["blasts"], [])

    async def test_an_address_that_is_none_fails_alone(self):
        server = self.server()
        server.clients(names(1, 2), more=["not a jid", "Upper@localhost", "c3@localhost/phone", "ghost@localhost",
                                          "o\\27hara@localhost", "björn@localhost", "<c4>@localhost"])
        server.accounts("o\\27hara", "björn")
        await server.start()
        desk = await self.person(server, "dr-lee", "desk")
        await desk.send_blast(TEXT, {"all": "1"})
        status = await desk.finished()
        self.assertEqual((status["done"], status["failed"]), ("4", "5"))
        blast = server.run("blast", "list", "--as-provider", PROVIDER)["blasts"][0]["blast"]
        rows = server.run("blast", "recipients", blast, "--as-provider", PROVIDER, "--state", "failed")["recipients"]
        self.assertEqual({row["client"]: row["reason"].partition(":")[0] for row in rows}, {
            "not a jid": "not_a_jid", "Upper@localhost": "not_a_jid", "c3@localhost/phone": "not_a_jid",
            "<c4>@localhost": "not_a_jid", "ghost@localhost": "undeliverable"})
        await desk.settle()
        self.assertEqual(desk.got, [])  # no error for each of them


class Worlds(ProsodyTest):
    """What two clients get, one online and one who comes later, among few and among many."""

    async def trace(self, others):
        server = self.server()
        server.clients([*names(1, 2), *others[:len(others) // 2]], others[len(others) // 2:])
        await server.start()
        desk = await self.person(server, "dr-lee", "desk")
        ana = await self.person(server, "c1")
        beside = await self.people(server, others[:10])
        await desk.send_blast(TEXT, {"all": "1"})
        await desk.finished()
        threads = self.threads(server)
        for person in [*beside, ana]:
            person.write(PROVIDER, threads[person.name], "Thank you!")
        await until(lambda: len(desk.got) == len(beside) + 1, "the replies arrived")
        desk.write("c1@localhost", threads["c1"], "You are welcome")
        await until(lambda: len(ana.got) == 2, "the answer arrived")
        ben = await self.person(server, "c2")
        await desk.about("bccast#recall")
        await until(lambda: len(ana.got) == 3 and len(ben.got) == 2, "it was taken back")
        await asyncio.gather(ana.settle(), ben.settle())
        traces = [self.normal(person.traffic.decode()) for person in (ana, ben)]
        server.end()
        return traces

    def normal(self, text):
        """Ids by their first appearance; attributes, and what is offered before the login is done, by the alphabet."""
        text = re.sub(r"(<(?:challenge|success) [^>]*>)[^<]*", r"\1", text)  # random in every session
        text = re.sub(r"stamp='[^']*'", "stamp=''", text)
        text = re.sub(r"<([\w:-]+)((?: [\w:-]+='[^']*')+)", lambda m: " ".join(
            ["<" + m[1], *sorted(re.findall(r"[\w:-]+='[^']*'", m[2]))]), text)
        known = {}
        pattern = r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})"
        text = re.sub(pattern, lambda m: known.setdefault(m[0], f"id{len(known)}"), text)
        offered, logged_in, rest = text.replace("><", ">\n<").partition("<iq")
        return "\n".join(sorted(offered.split("\n"))) + logged_in + rest

    async def test_one_clients_traffic_is_the_same_among_few_and_among_many(self):
        few, many = await self.trace([]), await self.trace(names(3, 302))
        for alone, among in zip(few, many):
            self.assertIn("closed on Monday", alone)
            self.assertEqual(alone, among)


class Killed(ProsodyTest):
    async def test_nothing_is_lost_and_what_comes_again_has_the_same_id(self):
        server = self.server()
        server.clients(names(1, 1000))
        await server.start()
        everybody = names(1, 1000)
        for attempt in range(5):
            desk = await self.person(server, "dr-lee", "desk")
            online = await self.people(server, names(1, 20))
            text = f"{TEXT} ({attempt})"
            await desk.send_blast(text, {"all": "1"})
            folder = server.folder / "data" / "localhost" / "offline"
            await until(lambda f=folder: sum(1 for _ in f.glob("*.list")) >= 100, "a tenth has it", every=0)
            server.end(signal.SIGKILL)
            for person in online:
                await person.cut_off()
            blast = server.run("blast", "list", "--as-provider", PROVIDER)["blasts"][0]["blast"]
            rows = server.run("blast", "recipients", blast, "--as-provider", PROVIDER)["recipients"]
            if any(row["state"] != "done" for row in rows):
                break
        else:
            self.fail("it was too quick to be killed in the middle, five times")
        before = {person.name: [b for b in person.blasts() if b[2] == text] for person in online}
        await server.start()
        desk = await self.person(server, "dr-lee", "desk")
        again = await self.people(server, names(1, 20))
        status = await desk.finished()
        self.assertEqual((status["done"], status["failed"]), ("1000", "0"))
        threads = self.threads(server)
        await asyncio.gather(*(person.settle() for person in again))
        for person in again:
            got = before[person.name] + [b for b in person.blasts() if b[2] == text]
            self.assertEqual(set(got), {(threads[person.name], got[0][1], text)})
        waiting = server.stored_offline()
        self.assertEqual(set(waiting) | {person.name for person in again}, set(everybody))
        for name, messages in waiting.items():
            copies = [message for message in messages if f"({attempt})" in message]
            self.assertTrue(copies or name in before, name)
            for message in copies:
                self.assertIn(threads[name], message)
            self.assertLessEqual(len({tuple(sorted(re.findall("[0-9a-f]{32}", m))) for m in copies}), 1, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)

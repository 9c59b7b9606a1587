#!/usr/bin/env python3
"""All that goes over one client's connection is the same, byte for byte, whether few or many got what it got."""

import re
import socket
import threading
import time
import unittest

from mosquitto_support import MosquittoTest, publish, thread_of, wait_for

MANY = 3000
ID = re.compile(rb"[0-9a-f]{32}")
TIME = re.compile(rb"1[0-9]{9}000")


class Tap:
    """Stands between one client and the broker, and keeps what each says."""

    def __init__(self, port):
        self.said = {"client": b"", "broker": b""}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, args=(port,), daemon=True).start()

    def serve(self, port):
        client, _ = self.listener.accept()
        self.listener.close()
        broker = socket.create_connection(("127.0.0.1", port))
        for name, source, target in (("client", client, broker), ("broker", broker, client)):
            threading.Thread(target=self.copy, args=(name, source, target), daemon=True).start()

    def copy(self, name, source, target):
        try:
            while part := source.recv(65536):
                self.said[name] += part
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of them has ended
        finally:
            source.close()

    def record(self):
        """What was said, with ids and times numbered in the order in which they first came."""
        names = {}
        shown = {}
        for who in ("broker", "client"):
            text = ID.sub(lambda m: names.setdefault(m[0], b"id-%025d" % len(names)), self.said[who])
            shown[who] = TIME.sub(lambda m: b"at-%010d" % len(names.setdefault(m[0], b"")), text)
        return shown


class Alike(MosquittoTest):
    def world(self, others):
        """A history of ana's, among so many others; what went over her connection."""
        self.setUp()
        broker = self.broker(["ana", "ben", *others], providers=("dr-lee",))
        provider = self.provider(broker)
        if others:  # of whom some do not receive, and who are not chosen in the second blast
            broker.program("roster", "archive", "dr-lee", *others[:100])
        tap = Tap(broker.port)
        real = broker.port
        broker.port = tap.port
        ana = self.subscribe(broker, "ana", "bccast/ana/#", client_id="ana-phone")
        broker.port = real
        self.finish_second()
        first = provider.send("First")
        thread = thread_of(ana.wait_count(1)[0])
        self.finish_second()
        if others:
            provider.send("Not for ana", *others[200:])
        provider.send("Second", "ana", "ben", *others[100:200])
        ana.wait_count(2)
        for user in others[100:110]:
            broker.program("reply", self.thread(broker, user), "--as-client", user, "--file", "-", text="Noise")
        self.finish_second()
        self.assertTrue(publish(broker, "ana", f"bccast/ana/reply/{thread}", "Thank you"))
        ana.wait_count(3)
        provider.finished(first)
        provider.ask("blast-recall", blast=first)
        ana.wait_count(4)
        provider.send("The end")
        ana.wait_count(5)
        ana.close()
        broker.stop()
        return tap.record()

    def thread(self, broker, user):
        return broker.program("threads", "--as-client", user)["threads"][0]["thread"]

    def finish_second(self):
        """So that what follows bears the time of another second, in both worlds."""
        begun = int(time.time())
        wait_for(lambda: int(time.time()) > begun, "the next second")

    def test_few_and_many(self):
        few = self.world([])
        many = self.world([f"c{i}" for i in range(MANY)])
        for who in ("broker", "client"):
            self.assertEqual(few[who], many[who])
        self.assertIn(b"The end", few["broker"])
        self.assertEqual(few["broker"].count(b"removed"), 1)

    def test_the_comparison_can_fail(self):
        tap = Tap.__new__(Tap)
        tap.said = {"client": b"", "broker": b"0123456789abcdef" * 4 + b"1795620446000 of 7"}
        other = Tap.__new__(Tap)
        other.said = {"client": b"", "broker": b"fedcba9876543210" * 4 + b"1795620999000 of 8"}
        self.assertNotEqual(tap.record(), other.record())
        other.said["broker"] = other.said["broker"].replace(b"of 8", b"of 7")
        self.assertEqual(tap.record(), other.record())


if __name__ == "__main__":
    unittest.main()

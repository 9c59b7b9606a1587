#!/usr/bin/env python3
"""A blast through a real Mosquitto: how fast it goes out, and what another client notices of it.

Usage: mosquitto.py PLUGIN PROGRAM [RECIPIENTS [ONLINE [BUDGET_MS [EVERY_MS]]]]
RECIPIENTS (100,000 unless given), of whom ONLINE (1,000) are connected. The side client publishes to a topic of its own,
one message EVERY_MS (1) after the other, and measures until each is back.
"""

import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

RECIPIENTS, ONLINE, BUDGET_MS, EVERY_MS = (
    int(one) for one in sys.argv[3:] + ["100000", "1000", "20", "1"][len(sys.argv) - 3:])
del sys.argv[3:]
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from mosquitto_support import Broker, Provider, wait_for  # noqa: E402

QUIET_SECONDS = 5


def field(text):
    return len(text).to_bytes(2, "big") + text.encode()


def packet(kind, body):
    length, size = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | (128 if length else 0)])
        if not length:
            return bytes([kind]) + size + body


class Client:
    """MQTT 3.1.1, as much of it as is needed here."""

    def __init__(self, port, user, one_filter):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(packet(0x10, field("MQTT") + b"\x04\xc2\x00\x00" + field(user) + field(user) + field(user)))
        assert self.read() == (0x20, b"\x00\x00"), "not connected"
        self.socket.sendall(packet(0x82, b"\x00\x01" + field(one_filter) + b"\x00"))
        assert self.read() == (0x90, b"\x00\x01\x00"), "not subscribed"

    def bytes(self, count):
        found = b""
        while len(found) < count:
            part = self.socket.recv(count - len(found))
            if not part:
                raise ConnectionError
            found += part
        return found

    def read(self):
        kind, length, shift = self.bytes(1)[0], 0, 0
        while True:
            digit = self.bytes(1)[0]
            length += (digit & 127) << shift
            shift += 7
            if digit < 128:
                return kind, self.bytes(length)

    def round_trip(self, topic):
        begin = time.perf_counter()
        self.socket.sendall(packet(0x30, field(topic) + b"x"))
        self.read()
        return (time.perf_counter() - begin) * 1000


def shown(milliseconds):
    ordered = sorted(milliseconds)
    return (f"median {statistics.median(ordered):.2f} ms, 99 of 100 below {ordered[int(len(ordered) * .99)]:.1f} ms, "
            f"longest {ordered[-1]:.1f} ms, of {len(ordered)}")


def collect(people, arrived):
    """Counts who has got something, on a thread of its own."""
    selector = selectors.DefaultSelector()
    for person in people:
        selector.register(person.socket, selectors.EVENT_READ, person)
    while selector.get_map():
        for key, _ in selector.select():
            key.data.read()
            arrived.append(time.perf_counter())
            selector.unregister(key.fileobj)


def main():
    with tempfile.TemporaryDirectory() as folder:
        online = [f"c{i * (RECIPIENTS // max(ONLINE, 1))}" for i in range(ONLINE)]
        broker = Broker(folder, ["dr-lee", "side", *online], acl="user side\ntopic readwrite side\n", budget_ms=BUDGET_MS)
        broker.log_type = "error"
        broker.fill([f"c{i}" for i in range(RECIPIENTS)])
        broker.start()
        try:
            provider = Provider(broker)
            people = [Client(broker.port, user, f"bccast/{user}/inbox/+") for user in online]
            arrived, side, before, during = [], Client(broker.port, "side", "side"), [], []
            threading.Thread(target=collect, args=(people, arrived), daemon=True).start()
            end = time.perf_counter() + QUIET_SECONDS
            while time.perf_counter() < end:
                before.append(side.round_trip("side"))
                time.sleep(EVERY_MS / 1000)
            blast = provider.ask("blast-create")["blast"]
            provider.ask("blast-all-active", blast=blast)
            provider.ask("blast-write", blast=blast, text="We are closed on Monday.")
            began = time.perf_counter()
            provider.ask("blast-send", blast=blast)
            accepted = time.perf_counter() - began
            finished = []

            def watch():
                wait_for(lambda: broker.program("blast", "status", blast, "--as-provider", "dr-lee")["status"][-1]
                         ["state"] == "finished", "the end", 600)
                finished.append(True)

            watcher = threading.Thread(target=watch)
            watcher.start()
            while not finished:
                during.append(side.round_trip("side"))
                time.sleep(EVERY_MS / 1000)
            watcher.join()
            times = provider.ask("blast-show", blast=blast)
            seconds = (times["finished_at_ms"] - times["sent_at_ms"]) / 1000
            wait_for(lambda: len(arrived) == len(people), "all who are connected")
            print(f"{RECIPIENTS} recipients, {ONLINE} connected, budget {BUDGET_MS} ms, a message each {EVERY_MS} ms")
            print(f"answered after {accepted * 1000:.0f} ms; all published {seconds:.2f} s after sending, "
                  f"{RECIPIENTS / seconds:,.0f} a second")
            if arrived:
                print(f"the last of the connected had it {max(arrived) - began:.2f} s after the command")
            print(f"side client before: {shown(before)}")
            print(f"side client during: {shown(during)}")
            provider.close()
        finally:
            broker.stop()


if __name__ == "__main__":
    main()

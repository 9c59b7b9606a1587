#!/usr/bin/env python3
"""A host with asyncio that sends by itself: it claims batches, sends their items concurrently, and reports in parts.

Nothing but Python's own ctypes and asyncio. Finds the library by BCCAST_LIBRARY, or else by its usual name.
"""

import asyncio
import ctypes
import ctypes.util
import os
import tempfile
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_void_p

LIBRARY = ctypes.CDLL(os.environ.get("BCCAST_LIBRARY") or ctypes.util.find_library("bccast") or "libbccast.so.0")
DONE, ITEM_DONE, ITEM_RETRY = 1, 0, 1
PROTOTYPES = {
    "open": (c_int32, c_char_p, c_void_p, POINTER(c_void_p)),
    "close": (c_int32, c_void_p, c_int64),
    "fd": (c_int32, c_void_p, POINTER(c_int32)),
    "channel_put": (c_int32, c_void_p, c_char_p, c_char_p),
    "directory_provider_put": (c_int32, c_void_p, c_char_p, c_char_p),
    "directory_client_put": (c_int32, c_void_p, c_char_p, c_char_p, c_char_p),
    "directory_roster_add": (c_int32, c_void_p, c_char_p, c_char_p),
    "blast_create": (c_int32, c_void_p, c_char_p, c_char_p, c_char_p),
    "blast_select_all_active": (c_int32, c_void_p, c_char_p, c_char_p),
    "blast_write": (c_int32, c_void_p, c_char_p, c_char_p, c_char_p, c_size_t),
    "blast_send": (c_int32, c_void_p, c_char_p, c_char_p, c_char_p),
    "claim": (c_int32, c_void_p, c_char_p, c_uint32, POINTER(c_void_p)),
    "batch_rows": (c_void_p, c_void_p),
    "batch_set": (c_int32, c_void_p, c_size_t, c_int32, c_char_p, c_int64),
    "batch_complete": (c_int32, c_void_p, c_size_t, POINTER(c_int32)),
    "batch_free": (None, c_void_p),
    "rows_count": (c_size_t, c_void_p),
    "rows_get_text": (c_int32, c_void_p, c_size_t, c_char_p, POINTER(c_char_p), POINTER(c_size_t)),
    "error_copy": (c_size_t, c_char_p, c_size_t),
}
for name, (result, *types) in PROTOTYPES.items():
    function = getattr(LIBRARY, "bccast_" + name)
    function.restype, function.argtypes = result, types


def call(name, *arguments):
    """Calls bccast_<name>; below 0 is an error. What it says is the calling thread's, and is asked for at once."""
    result = getattr(LIBRARY, "bccast_" + name)(*(a.encode() if isinstance(a, str) else a for a in arguments))
    if result is not None and result < 0:
        message = ctypes.create_string_buffer(500)
        LIBRARY.bccast_error_copy(message, 500)
        raise RuntimeError(f"{result}: {message.value.decode()}")
    return result


def addresses_of(batch):
    rows, text, addresses = LIBRARY.bccast_batch_rows(batch), c_char_p(), []
    for row in range(LIBRARY.bccast_rows_count(rows)):
        call("rows_get_text", rows, row, "address", byref(text), None)
        addresses.append(text.value.decode())
    return addresses


class Mailer:
    """Stands for a mail server: each mail takes a while, many may be on their way at once, one fails at first."""

    def __init__(self):
        self.sent, self.on_their_way, self.most_at_once = [], 0, 0

    async def send(self, address):
        self.on_their_way += 1
        self.most_at_once = max(self.most_at_once, self.on_their_way)
        await asyncio.sleep(0.01)
        self.on_their_way -= 1
        if address == "c7@example.org" and not hasattr(self, "failed"):
            self.failed = True
            return ITEM_RETRY
        self.sent.append(address)
        return ITEM_DONE


async def work_off(engine, mailer):
    """Takes what is due, batch by batch. What may wait for the disk runs in a thread, and not in the loop."""
    while True:
        batch = c_void_p()
        if await asyncio.to_thread(call, "claim", engine, "email", 0, byref(batch)) == DONE:
            return
        try:
            addresses = await asyncio.to_thread(addresses_of, batch)
            for begin in range(0, len(addresses), 10):  # in parts: a crash repeats ten mails at most
                part = addresses[begin : begin + 10]
                for i, status in enumerate(await asyncio.gather(*map(mailer.send, part))):
                    if status == ITEM_RETRY:
                        call("batch_set", batch, begin + i, ITEM_RETRY, "greylisted", 100)  # in 100 ms
                await asyncio.to_thread(call, "batch_complete", batch, len(part), None)
        finally:
            await asyncio.to_thread(call, "batch_free", batch)  # what was not reported is given back


async def serve(engine, mailer, people):
    wake, fd = asyncio.Event(), c_int32()
    call("fd", engine, byref(fd))

    def readable():  # quiet again once somebody claims
        wake.set()
        loop.remove_reader(fd.value)

    loop = asyncio.get_running_loop()
    while len(mailer.sent) < people:
        wake.clear()
        loop.add_reader(fd.value, readable)
        await asyncio.wait_for(wake.wait(), 10)
        await work_off(engine, mailer)


def main():
    with tempfile.TemporaryDirectory() as folder:
        engine, blast = c_void_p(), ctypes.create_string_buffer(33)
        call("open", os.path.join(folder, "practice.db"), None, byref(engine))
        call("channel_put", engine, "email", "notify")
        call("directory_provider_put", engine, "dr-lee", "Dr. Lee")
        for i in range(50):
            call("directory_client_put", engine, f"c{i}", None, f"c{i}@example.org")
            call("directory_roster_add", engine, "dr-lee", f"c{i}")
        call("blast_create", engine, "dr-lee", None, blast)
        call("blast_select_all_active", engine, "dr-lee", blast)
        call("blast_write", engine, "dr-lee", blast, "We are closed on Monday.", 24)
        call("blast_send", engine, "dr-lee", blast, None)
        mailer = Mailer()
        asyncio.run(serve(engine, mailer, people=50))
        call("close", engine, 1000)
    print(f"sent {len(mailer.sent)}, to {len(set(mailer.sent))} people, {mailer.most_at_once} at once")
    print("the last one is the one that failed at first:", mailer.sent[-1])


if __name__ == "__main__":
    main()

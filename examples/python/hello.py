#!/usr/bin/env python3
"""A blast from start to end, with nothing but Python's own ctypes: one provider, three clients, one of them archived.

Finds the library by BCCAST_LIBRARY, or else by its usual name.
"""

import ctypes
import ctypes.util
import os
from ctypes import POINTER, byref, c_char_p, c_int32, c_size_t, c_uint32, c_uint64, c_int64, c_void_p

LIBRARY = ctypes.CDLL(os.environ.get("BCCAST_LIBRARY") or ctypes.util.find_library("bccast") or "libbccast.so.0")
LIBRARY.bccast_error_message.restype = c_char_p
LIBRARY.bccast_code_name.restype = c_char_p
LIBRARY.bccast_batch_rows.restype = c_void_p
LIBRARY.bccast_rows_count.restype = c_size_t

HANDLE = c_void_p
OUT_HANDLE = POINTER(c_void_p)
ARGUMENTS = {
    "code_name": [c_int32],
    "config_new": [OUT_HANDLE],
    "config_notifier": [HANDLE, c_char_p, c_void_p, c_void_p],
    "config_free": [HANDLE],
    "open": [c_char_p, HANDLE, OUT_HANDLE],
    "close": [HANDLE, c_int64],
    "directory_provider_put": [HANDLE, c_char_p, c_char_p],
    "directory_provider_set": [HANDLE, c_char_p, c_char_p, c_char_p],
    "directory_client_put": [HANDLE, c_char_p, c_char_p, c_char_p],
    "directory_roster_add": [HANDLE, c_char_p, c_char_p],
    "directory_roster_archive": [HANDLE, c_char_p, c_char_p],
    "blast_create": [HANDLE, c_char_p, c_char_p, c_char_p],
    "blast_select_all_active": [HANDLE, c_char_p, c_char_p],
    "blast_write": [HANDLE, c_char_p, c_char_p, c_char_p, c_size_t],
    "blast_send": [HANDLE, c_char_p, c_char_p, c_char_p],
    "pump": [HANDLE, c_uint32, c_uint32, POINTER(c_uint64), POINTER(c_int64)],
    "client_threads": [HANDLE, c_char_p, c_char_p, c_char_p, c_uint32, OUT_HANDLE],
    "client_messages": [HANDLE, c_char_p, c_char_p, c_int64, c_int32, c_uint32, OUT_HANDLE],
    "client_read": [HANDLE, c_char_p, c_char_p, c_int64],
    "client_reply": [HANDLE, c_char_p, c_char_p, c_char_p, c_char_p, c_size_t, POINTER(c_int64), POINTER(c_int64)],
    "provider_threads": [HANDLE, c_char_p, c_char_p, c_char_p, c_uint32, OUT_HANDLE],
    "batch_rows": [HANDLE],
    "rows_count": [HANDLE],
    "rows_get_text": [HANDLE, c_size_t, c_char_p, POINTER(c_char_p), POINTER(c_size_t)],
    "rows_free": [HANDLE],
}
for name, types in ARGUMENTS.items():
    getattr(LIBRARY, "bccast_" + name).argtypes = types
LIBRARY.bccast_config_free.restype = None
LIBRARY.bccast_rows_free.restype = None

NOTIFY = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p)


class NotifierVtbl(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("notify", NOTIFY), ("destroy", c_void_p)]


def call(name, *arguments):
    """Calls bccast_<name>. Below 0 is an error, and the library says which."""
    given = [argument.encode() if isinstance(argument, str) else argument for argument in arguments]
    result = getattr(LIBRARY, "bccast_" + name)(*given)
    if result < 0:
        code = LIBRARY.bccast_code_name(result).decode()
        raise RuntimeError(f"{code}: {LIBRARY.bccast_error_message().decode()}")
    return result


def read_rows(handle, *columns):
    """The rows of an open table as dictionaries."""
    table = []
    for row in range(LIBRARY.bccast_rows_count(handle)):
        cells = {}
        for column in columns:
            text = c_char_p()
            call("rows_get_text", handle, row, column, byref(text), None)
            cells[column] = text.value.decode()
        table.append(cells)
    return table


def fetch(name, *arguments, columns):
    """Calls a function that gives a table, and frees the table."""
    rows = c_void_p()
    call(name, *arguments, byref(rows))
    try:
        return read_rows(rows, *columns)
    finally:
        LIBRARY.bccast_rows_free(rows)


told = []


@NOTIFY  # kept by its name here for as long as the engine may call it
def notify(_self, batch):
    """Who is to be told that there is a new message. What it says is not in here."""
    for item in read_rows(LIBRARY.bccast_batch_rows(batch), "to_kind", "to", "address"):
        print(f"telling {item['to_kind']} {item['to']} at {item['address']}")
        told.append(item["to"])
    return 0  # all of them are done


def main():
    notifier = NotifierVtbl(ctypes.sizeof(NotifierVtbl), 0, notify, None)
    config, engine = c_void_p(), c_void_p()
    call("config_new", byref(config))
    call("config_notifier", config, "email", byref(notifier), None)
    call("open", ":memory:", config, byref(engine))  # or a path
    LIBRARY.bccast_config_free(config)

    call("directory_provider_put", engine, "dr-lee", "Dr. Lee")
    call("directory_provider_set", engine, "dr-lee", "address.email", "lee@example.org")
    for client, name, address in (
        ("c1", "Ana", "ana@example.org"),
        ("c2", "Björn", "bjorn@example.org"),
        ("c3", "Chiara", "chiara@example.org"),
    ):
        call("directory_client_put", engine, client, name, address)
        call("directory_roster_add", engine, "dr-lee", client)
    call("directory_roster_archive", engine, "dr-lee", "c3")

    # First who receives it, then what, then send.
    blast = ctypes.create_string_buffer(33)
    message = "We are closed on Monday.".encode()
    call("blast_create", engine, "dr-lee", None, blast)
    call("blast_select_all_active", engine, "dr-lee", blast)
    call("blast_write", engine, "dr-lee", blast, message, len(message))
    call("blast_send", engine, "dr-lee", blast, None)

    # The messages are there; now those who have one are told.
    call("pump", engine, 0, 0, None, None)
    assert sorted(told) == ["c1", "c2"], "two clients were told, not the archived one"

    # Ana reads and replies.
    [thread] = fetch("client_threads", engine, "c1", None, None, 0, columns=["thread"])
    [first] = fetch("client_messages", engine, "c1", thread["thread"], 0, 1, 0, columns=["text"])
    print(f"Ana reads: {first['text']}")
    call("client_read", engine, "c1", thread["thread"], 1)
    reply = "Thank you!".encode()
    call("client_reply", engine, "c1", thread["thread"], None, reply, len(reply), None, None)

    # Her provider sees it, and is told of it. Nobody else is.
    [seen] = fetch("provider_threads", engine, "dr-lee", "unread=1", None, 0, columns=["client_name", "last_text"])
    print(f"Dr. Lee reads: {seen['client_name']}: {seen['last_text']}")
    assert seen["last_text"] == "Thank you!", "it is the one that Ana wrote"
    call("pump", engine, 0, 0, None, None)
    assert told[2:] == ["dr-lee"], "Dr. Lee was told"

    call("close", engine, 0)


if __name__ == "__main__":
    main()

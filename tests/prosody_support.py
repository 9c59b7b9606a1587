"""A Prosody with mod_bccast on a free port, and people who chat there, for prosody_test.py."""

import asyncio
import csv
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
from xml.etree import ElementTree as ET

import slixmpp

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = "http://jabber.org/protocol/commands"
FORMS = "jabber:x:data"
PROVIDER = "dr-lee@localhost"
PASSWORD = "a password of the test"
PATIENCE = 60  # seconds for anything that is waited for, on a machine that has much else to do

CONFIG = """
run_as_root = true
plugin_paths = {{ "{plugins}" }}
data_path = "{folder}/data"
pidfile = "{folder}/prosody.pid"
log = {{ info = "{folder}/prosody.log" }}
modules_enabled = {{ "disco", "saslauth", "adhoc", "carbons", "roster" }}
modules_disabled = {{ "s2s" }}
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
c2s_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
VirtualHost "localhost"
  modules_enabled = {{ "bccast" }}
  bccast_providers = {{ ["{provider}"] = "Dr. Lee"; ["dr-may@localhost"] = "Dr. May" }}
  bccast_store = "{folder}/practice.db"
"""


async def until(holds, what, seconds=PATIENCE, every=0.02):
    """Waits for something to hold, and gives it. What it looks at may be asynchronous."""
    end = time.monotonic() + seconds
    while True:
        value = holds()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"in {seconds} s it did not come about that {what}")
        await asyncio.sleep(every)


class Server:
    """One Prosody in a folder of its own. The program `bccast` works on the same store."""

    def __init__(self, folder, program, module, more=""):
        self.folder, self.program, self.module = pathlib.Path(folder), program, module
        self.config = self.folder / "prosody.cfg.lua"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (self.folder / "data").mkdir()
        (self.folder / "certs").mkdir()
        self.config.write_text(CONFIG.format(
            plugins=ROOT / "examples" / "prosody", folder=self.folder, port=self.port, provider=PROVIDER) + more)
        self.accounts("dr-lee", "dr-may")
        self.process = self.pid = None

    def accounts(self, *names):
        folder = self.folder / "data" / "localhost" / "accounts"
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            file = re.sub(rb"\W|_", lambda m: b"%%%02x" % ord(m[0]), name.encode()).decode()
            (folder / f"{file}.dat").write_text(f'return {{ ["password"] = "{PASSWORD}" }};\n')

    def clients(self, active, archived=(), more=()):
        """Gives them accounts, and puts them on the provider's roster; `more` are addresses without an account."""
        self.accounts(*active, *archived)
        path = self.folder / "clients.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "name", "status"])
            rows.writerows([f"{name}@localhost", name, "active"] for name in active)
            rows.writerows([f"{name}@localhost", name, "archived"] for name in archived)
            rows.writerows([address, "", "active"] for address in more)
        self.run("import", path, "--provider", PROVIDER)

    def run(self, *arguments, text=""):
        """The document that the program answers with, as another process beside the server."""
        done = subprocess.run(
            [self.program, "--store", self.folder / "practice.db", "--json", *arguments],
            input=text.encode(), capture_output=True, timeout=PATIENCE, check=False)
        if done.returncode:
            raise AssertionError(f"{arguments}: {done.stdout.decode()}{done.stderr.decode()}")
        return json.loads(done.stdout)

    async def start(self, daemon=False):
        environment = {**os.environ, "LUA_CPATH_5_4": f"{self.module.parent}/?.so;;"}
        command = ["prosody", "-D" if daemon else "-F", "--config", self.config]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        if daemon:
            self.process.wait(PATIENCE)
        self.pid = await until(self.pid_written, "the daemon runs") if daemon else self.process.pid
        await until(lambda: self.listens() and re.search(r"bccast \S+ on ", self.log()[self.seen:]), "the store is open")

    seen = 0  # of the log, when it was started last

    def pid_written(self):
        path = self.folder / "prosody.pid"
        return int("0" + path.read_text()) if path.exists() else 0

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        path = self.folder / "prosody.log"
        return path.read_text() if path.exists() else ""

    def end(self, how=signal.SIGTERM):
        """Ends the server by its process id, and waits for its end."""
        if self.pid is None:
            return
        pid, self.pid = self.pid, None
        self.seen = len(self.log())
        os.kill(pid, how)
        if pid == self.process.pid:
            self.process.wait(PATIENCE)
            return
        end = time.monotonic() + PATIENCE
        while pathlib.Path(f"/proc/{pid}/stat").exists() and time.monotonic() < end:
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return  # nobody is there to collect it
            time.sleep(0.01)

    def stored_offline(self):
        """What waits for each account that is not online: the messages as they are stored."""
        folder = self.folder / "data" / "localhost" / "offline"
        return {path.stem: path.read_text().split("item(")[1:] for path in folder.glob("*.list")}


class Person(slixmpp.ClientXMPP):
    """Somebody's device: keeps what it got, as it came over the wire and as messages."""

    def __init__(self, server, name, resource="phone"):
        super().__init__(f"{name}@localhost/{resource}", PASSWORD)
        self.prosody, self.name, self.traffic, self.got, self.ready = server, name, b"", [], False
        self.add_event_handler("session_start", self.begin)
        self.register_handler(slixmpp.xmlstream.handler.Callback(
            "all", slixmpp.xmlstream.matcher.MatchXPath("{jabber:client}message"), self.got.append))
        self.register_plugin("xep_0280")
        self["feature_mechanisms"].unencrypted_plain = True  # on loopback

    def data_received(self, data):
        self.traffic += data
        super().data_received(data)

    async def begin(self, _):
        if self.boundjid.user == "dr-lee":
            await self["xep_0280"].enable()
        self.send_presence()
        self.ready = True

    async def come(self):
        self.connect(("127.0.0.1", self.prosody.port), disable_starttls=True)
        await until(lambda: self.ready, f"{self.name} is online")
        await self.settle()
        return self

    async def settle(self):
        """All that the server has sent so far is here: it answers in the order of asking."""
        await self.make_iq_get(queryxmlns="http://jabber.org/protocol/disco#items", ito="localhost").send(
            timeout=PATIENCE)

    async def cut_off(self):
        """Reads what had arrived before the server ended, up to the end."""
        await until(lambda: self.transport is None, f"{self.name} noticed the end")

    def write(self, to, thread, text):
        message = self.make_message(mto=to, mbody=text, mtype="chat")
        message["thread"] = thread
        message.send()

    def blasts(self):
        """(thread, id, text) of what the provider has written in threads."""
        return [(m["thread"], m["id"], m["body"]) for m in self.got
                if m["type"] == "chat" and m["body"] and m["thread"]]

    # ---- The provider's commands

    async def command(self, node, fields=None, action="execute", session=None):
        """Runs one step; gives the answer's <command/>."""
        iq = self.make_iq_set(ito="localhost")
        command = ET.SubElement(iq.xml, f"{{{COMMANDS}}}command", node=node, action=action)
        if session:
            command.set("sessionid", session)
        if fields is not None:
            form = ET.SubElement(command, f"{{{FORMS}}}x", type="submit")
            for name, values in fields.items():
                field = ET.SubElement(form, f"{{{FORMS}}}field", var=name)
                for value in [values] if isinstance(values, str) else values:
                    ET.SubElement(field, f"{{{FORMS}}}value").text = value
        return (await iq.send(timeout=PATIENCE)).xml.find(f"{{{COMMANDS}}}command")

    async def send_blast(self, text, choice, hold="0"):
        """Choose, write, confirm. Gives what was shown before sending."""
        shown = await self.command("bccast#send")
        session = shown.get("sessionid")
        shown = await self.command("bccast#send", choice, "next", session)
        if notes(shown):
            raise AssertionError(notes(shown))
        shown = await self.command("bccast#send", {"text": text.split("\n")}, "next", session)
        preview = values(shown)
        done = await self.command("bccast#send", {"hold": hold}, "complete", session)
        if done.get("status") != "completed" or "Sent" not in notes(done):
            raise AssertionError(notes(done))
        return preview

    async def blasts_listed(self):
        """The ids that the commands offer, newest first; the list takes nothing."""
        shown = await self.command("bccast#status")
        session = shown.get("sessionid")
        offered = [o.find(f"{{{FORMS}}}value").text for o in shown.iter(f"{{{FORMS}}}option")]
        return session, offered

    async def about(self, node, blast=0):
        """Status or recall of a blast, the newest unless named."""
        session, offered = await self.blasts_listed()
        await self.command("bccast#status", action="cancel", session=session)
        shown = await self.command(node)
        return await self.command(node, {"blast": blast or offered[0]}, "complete", shown.get("sessionid"))

    async def status(self):
        return values(await self.about("bccast#status"))

    async def finished(self):
        """The status, once nothing is left to do."""
        async def look():
            status = await self.status()
            return status if status["pending"] == "0" and status["recipients"] != "0" else None
        return await until(look, "the blast is finished")


def values(command):
    """The fields of a form: each a text, or the lines of it."""
    return {field.get("var"): "\n".join(v.text or "" for v in field.findall(f"{{{FORMS}}}value"))
            for field in command.iter(f"{{{FORMS}}}field")}


def notes(command):
    return [note.text for note in command.iter(f"{{{COMMANDS}}}note")]

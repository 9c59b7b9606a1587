"""What the tests of the Mosquitto plugin share: a broker with the plugin, and Mosquitto's own clients.

Each tests/mosquitto_<name>_test.py is run as: mosquitto_<name>_test.py PLUGIN PROGRAM [unittest's arguments]
PLUGIN: bccast_mosquitto.so. PROGRAM: the command-line program, which fills the stores.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "docs" / "cli.schema.json").read_text())
PLUGIN, PROGRAM = (str(pathlib.Path(sys.argv.pop(1)).resolve()) for _ in range(2))
BROKER = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
PATIENCE = 30  # seconds that anything may take; nothing waits that long when all is well
CONTROL = "$CONTROL/bccast/v1"


def encode(user):
    """A user's level in the topics."""
    return urllib.parse.quote(user, safe="!~*'()")


def wait_for(condition, what, patience=PATIENCE):
    """Waits until condition() is true, and gives what it gave."""
    end = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A Mosquitto with the plugin, on free ports, with its files in `folder`. Users' passwords are their names."""

    def __init__(self, folder, users, acl="", **options):
        self.folder, self.options, self.process = pathlib.Path(folder), options, None
        self.store = self.folder / "practice.db"
        self.passwords, self.acl = self.folder / "passwords", self.folder / "acl"
        self.passwords.write_text("".join(f"{user}:{user}\n" for user in users))
        self.passwords.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", self.passwords], check=True, timeout=PATIENCE)
        self.acl.write_text(acl)
        self.acl.chmod(0o600)

    log_type = "all"
    per_listener = False  # what the plugin cannot work with

    def config(self):
        security = [
            "allow_anonymous false", f"password_file {self.passwords}", f"plugin {PLUGIN}", f"plugin_opt_store {self.store}",
            *(f"plugin_opt_{key} {value}" for key, value in self.options.items()),
            *([f"acl_file {self.acl}"] if self.acl.read_text() else []),
        ]
        lines = [
            f"per_listener_settings {str(self.per_listener).lower()}", "persistence false", "log_dest stderr",
            f"log_type {self.log_type}", "user root", *([] if self.per_listener else security),
            f"listener {self.port} 127.0.0.1", *(security if self.per_listener else []),
            *([] if self.per_listener else [f"listener {self.websocket} 127.0.0.1", "protocol websockets"]),
        ]
        path = self.folder / "mosquitto.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    def start(self):
        """Starts it, on other ports when somebody was faster."""
        for _ in range(5):
            self.port, self.websocket = free_port(), free_port()
            with open(self.folder / "broker.log", "ab") as log:
                self.process = subprocess.Popen([BROKER, "-c", self.config()], stdout=log, stderr=log)
            if wait_for(lambda: self.process.poll() is not None or (self.answers() and "up"), "the broker") == "up":
                return self
        raise AssertionError(self.log()[-2000:])

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def log(self):
        return (self.folder / "broker.log").read_text(errors="replace")

    def kill(self):
        """As a loss of power would end it."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(PATIENCE)
        return None

    def program(self, *arguments, text=""):
        """Runs the command-line program on the store, and gives its JSON."""
        done = subprocess.run([PROGRAM, "--store", self.store, "--json", *arguments], input=text.encode(),
                              capture_output=True, timeout=PATIENCE, check=False)
        if done.returncode not in (0, 3):
            raise AssertionError(done.stderr.decode())
        return json.loads(done.stdout)

    def fill(self, clients, provider="dr-lee", archived=()):
        """A roster of these clients, by id; their names are their ids."""
        path = self.folder / "clients.csv"
        quoted = [(c.replace('"', '""'), "archived" if c in archived else "active") for c in clients]
        path.write_text("id,name,email,status\n" + "".join(f'"{c}","{c}",,{state}\n' for c, state in quoted))
        return self.program("import", str(path), "--provider", provider, "--name", "Dr. Lee")


class Subscriber:
    """mosquitto_sub. What comes is in `messages`, in its order."""

    def __init__(self, broker, user, *filters, client_id=None, version="5", password=None):
        command = ["stdbuf", "-oL", "mosquitto_sub", "-p", str(broker.port), "-u", user, "-P", password or user, "-V", version,
                   "-q", "1", "-d", "-F", "%j", *(["-i", client_id] if client_id else [])]
        for one in filters:
            command += ["-t", one]
        self.messages, self.granted, self.changed = [], None, threading.Condition()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        threading.Thread(target=self.read, daemon=True).start()
        self.wait(lambda: self.granted, "an answer to the subscription")

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                if line.startswith("Subscribed "):
                    self.granted = [int(code) for code in line.split(":")[-1].split(",")]
                elif line.startswith("{"):
                    self.messages.append(json.loads(line))
                elif "denied" in line or "refused" in line or "not authorised" in line.lower():
                    self.granted = self.granted or [135]
                self.changed.notify_all()
        with self.changed:
            self.granted = self.granted or [128]
            self.changed.notify_all()
        self.process.stdout.close()

    def wait(self, condition, what):
        with self.changed:
            if not self.changed.wait_for(condition, PATIENCE):
                raise AssertionError(f"waited in vain for {what}; there is {self.messages}")
        return condition()

    def wait_count(self, count):
        self.wait(lambda: len(self.messages) >= count, f"{count} messages")
        return list(self.messages)

    def close(self):
        self.process.kill()
        self.process.wait(PATIENCE)


def properties(message):
    """The user properties of a message, as mosquitto_sub shows them."""
    return message["properties"]["user-properties"]


def thread_of(message):
    return message["topic"].rsplit("/", 1)[1]


def relaxed(part):
    """A schema that takes more columns, states and settings than it lists: later versions may add them."""
    if isinstance(part, list):
        return [relaxed(one) for one in part]
    if isinstance(part, dict):
        return {key: relaxed(one) for key, one in part.items() if key not in ("additionalProperties", "enum")}
    return part


def check(name, document):
    """Fails unless the schema of the program's answers describes the document under that name."""
    import jsonschema  # it takes long to load

    parts = {**relaxed(SCHEMA), "anyOf": [{"$ref": f"#/$defs/{name}"}]}
    fault = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(parts).iter_errors(document))
    if fault:
        raise AssertionError(f"{name}, at {fault.json_path}: {fault.message[:300]}\n{document}")


def publish(broker, user, topic, payload, *more, key=None, password=None, correlation=None, version="5"):
    """mosquitto_pub. True when the broker took it."""
    command = ["mosquitto_pub", "-p", str(broker.port), "-u", user, "-P", password or user, "-V", version, "-q", "1",
               "-t", topic, *more]
    if key:
        command += ["-D", "publish", "user-property", "key", key]
    if correlation:
        command += ["-D", "publish", "correlation-data", correlation]
    command.append("-s" if payload else "-n")
    done = subprocess.run(command, input=payload.encode(), capture_output=True, timeout=PATIENCE, check=False)
    return done.returncode == 0 and b"failed" not in done.stdout + done.stderr


class Provider:
    """Commands of a provider, and what it is answered."""

    def __init__(self, broker, user="dr-lee"):
        self.broker, self.user, self.count = broker, user, 0
        self.answers = Subscriber(broker, user, f"bccast/{encode(user)}/answers")
        self.desk = Subscriber(broker, user, f"bccast/{encode(user)}/desk/+")

    def ask(self, command, error=None, **arguments):
        """The answer to a command, which the schema of the program's answers must describe."""
        document, _ = self.ask_page(command, error, **arguments)
        return document

    def ask_page(self, command, error=None, **arguments):
        """The same, and the cursor of the next page."""
        answer = self.ask_raw(json.dumps({"command": command, **arguments}))
        document = json.loads(answer["payload"])
        check("error" if error else command, document)
        if error:
            assert document["error"]["code"] == f"BCCAST_E_{error}", document
        return document, properties(answer).get("next") if "user-properties" in answer["properties"] else None

    def ask_raw(self, payload):
        self.count += 1
        tag = f"{self.user}-{self.count}"
        if not publish(self.broker, self.user, CONTROL, payload, correlation=tag):
            raise AssertionError(f"{self.user} may not command")
        found = lambda: [m for m in self.answers.messages if m["properties"].get("correlation-data") == tag]
        return self.answers.wait(found, f"an answer to {payload[:100]}")[0]

    def send(self, text, *clients):
        """Sends a blast to these clients; to all active ones when none is named."""
        blast = self.ask("blast-create")["blast"]
        if clients:
            self.ask("blast-select", blast=blast, clients=list(clients))
        else:
            self.ask("blast-all-active", blast=blast)
        self.ask("blast-write", blast=blast, text=text)
        self.ask("blast-send", blast=blast)
        return blast

    def finished(self, blast):
        """The people's row of a blast that is done."""
        def look():
            people = self.ask("blast-status", blast=blast)["status"][-1]
            return people["state"] == "finished" and people
        return wait_for(look, "the blast's end")

    def close(self):
        self.answers.close()
        self.desk.close()


class MosquittoTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def broker(self, clients, providers=("dr-lee",), archived=(), acl="", users=(), per_listener=False, **options):
        """A running broker; each provider has all clients on its roster."""
        broker = Broker(self.folder, [*clients, *providers, *users], acl, **options)
        broker.per_listener = per_listener
        for provider in providers:
            broker.fill(clients, provider, archived)
        broker.start()
        self.addCleanup(broker.stop)
        return broker

    def provider(self, broker, user="dr-lee"):
        provider = Provider(broker, user)
        self.addCleanup(provider.close)
        return provider

    def subscribe(self, broker, user, *filters, **options):
        """Somebody's inbox, unless filters say otherwise."""
        subscriber = Subscriber(broker, user, *(filters or [f"bccast/{encode(user)}/inbox/+"]), **options)
        self.addCleanup(subscriber.close)
        return subscriber

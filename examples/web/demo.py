#!/usr/bin/env python3
"""A broker with the plugin, a sample practice, and the page, on free ports of this machine alone, until Ctrl-C.

Usage: demo.py PLUGIN PROGRAM MQTT_JS
PLUGIN: bccast_mosquitto.so. PROGRAM: the command-line program. MQTT_JS: mqtt.min.js of npm's mqtt.
"""

import functools
import http.server
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS_CSV = HERE.parent / "data" / "clients.csv"
PROVIDER = {"id": "dr-lee", "name": "Dr. Lee"}
# A page that logs in as several people is for showing; the fourth is archived.
CLIENTS = [{"id": "c7", "name": "Ana Ionescu"}, {"id": "c8", "name": "Björn Kowalczuk"},
           {"id": "c4", "name": "Noémie Ozoliņš"}, {"id": "c10", "name": "Tomás Lefèvre-Blanc"}]
CONFIG = """per_listener_settings false
allow_anonymous false
password_file {folder}/passwords
persistence false
user {user}
plugin {plugin}
plugin_opt_store {folder}/practice.db
listener {port} 127.0.0.1
listener {websocket} 127.0.0.1
protocol websockets
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_broker(folder, plugin):
    """The broker, and the port of its websockets."""
    port, websocket = free_port(), free_port()
    (folder / "mosquitto.conf").write_text(CONFIG.format(
        folder=folder, plugin=plugin, port=port, websocket=websocket, user="root" if os.geteuid() == 0 else "mosquitto"))
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    broker = subprocess.Popen([program, "-c", folder / "mosquitto.conf"], stderr=subprocess.DEVNULL)
    for _ in range(1000):
        if broker.poll() is not None:
            sys.exit("the broker did not start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", websocket)) == 0:
                return broker, websocket
        time.sleep(0.01)
    broker.kill()
    sys.exit("the broker does not answer")


def make_practice(folder, program):
    subprocess.run([program, "--store", folder / "practice.db", "import", CLIENTS_CSV, "--provider", PROVIDER["id"],
                    "--name", PROVIDER["name"]], check=True, stdout=subprocess.DEVNULL)
    people = [{**one, "password": secrets.token_hex(16)} for one in (PROVIDER, *CLIENTS)]
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    passwords.write_text("".join(f"{one['id']}:{one['password']}\n" for one in people))
    subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
    return people


class Page(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def log_message(self, *_):
        pass


def main():
    plugin, program, mqtt_js = (pathlib.Path(one).resolve() for one in sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="bccast-demo.") as name:
        folder = pathlib.Path(name)
        people = make_practice(folder, program)
        broker, websocket = start_broker(folder, plugin)
        try:
            site = folder / "site"
            site.mkdir()
            for source in (*HERE.glob("*.html"), *HERE.glob("*.css"), *HERE.glob("*.js"), mqtt_js):
                shutil.copy(source, site)
            practice = {"port": websocket, "provider": people[0], "clients": people[1:]}
            (site / "practice.json").write_text(json.dumps(practice))
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Page, directory=site))
            print(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)", flush=True)
            server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            broker.terminate()
            broker.wait(10)


if __name__ == "__main__":
    main()

"""port-forward with readers that stall, `logs -f` and `pods -w` for a long time: what they use has to stay the same."""

import json
import os
import random
import shutil
import socket
import threading
import time
import urllib.parse

import kill_verbs
import process_samples
from sandbox_home import CLUSTER, Home, Sandbox

POD = "web-0"
STALLED = 8
EVERY = 5
"""Seconds between samples."""


class Load:
    """What the sandbox and local clients do meanwhile. Everything is slow enough for a shared machine."""

    def __init__(self, sandbox, ports, rng):
        self.sandbox, self.ports, self.rng = sandbox, ports, rng
        self.stalled, self.answered, self.failures, self.turns = [], 0, [], 0
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.end.wait(0.5):
            self.turns += 1
            self.echo()
            self.sandbox.cluster("log", pod=POD, text=f"line {self.turns}\n" * 20)
            if self.turns % 10 == 0:
                self.sandbox.cluster("ready", pod=POD, ready=self.turns % 20 == 0)
            if self.turns % 4 == 0:
                self.stall()

    def echo(self):
        data, back = self.rng.randbytes(64 * 1024), b""
        begun, how = time.monotonic(), "other bytes"
        try:
            with socket.create_connection(("127.0.0.1", self.ports["9000"]), 30) as connection:
                threading.Thread(target=connection.sendall, args=(data,)).start()
                while len(back) < len(data) and (piece := connection.recv(65536)):
                    back += piece
            if len(back) < len(data):
                how = "closed"
        except OSError as error:
            how = repr(error)
        if back == data:
            self.answered += 1
        else:
            at = f"turn {self.turns}, load {os.getloadavg()[0]:.1f}"
            same = "as sent" if data.startswith(back) else "not as sent"
            self.failures.append(f"{how} after {time.monotonic() - begun:.1f} s and {len(back)} bytes {same} ({at})")

    def stall(self):
        """A reader of an endless download that reads a little, and then nothing until it is replaced."""
        connection = socket.create_connection(("127.0.0.1", self.ports["9001"]), 30)
        connection.recv(1000)
        self.stalled.append(connection)
        if len(self.stalled) > STALLED:
            self.stalled.pop(0).close()

    def stop(self):
        self.end.set()
        self.thread.join()
        for connection in self.stalled:
            connection.close()


def ports_of(forward):
    """The local port of each remote one, from the lines `ready`."""
    lines = [json.loads(line) for line in forward.out.decode().splitlines() if line.endswith("}")]
    ready = {str(line["remote"]): line["port"] for line in lines if line.get("event") == "ready"}
    return ready if len(ready) == 2 else None


def run(campaign):
    folder = campaign.folder / "soak"
    (folder / "home").mkdir(parents=True)
    sandbox = Sandbox(folder, folder / "home")
    home = Home(folder, sandbox, campaign.binary)
    sandbox.control("auto-approve", on=True)
    home.nsaccess(*kill_verbs.words(kill_verbs.LOGIN, sandbox))
    sandbox.cluster("listen", pod=POD, ports="9000=echo,9001=firehose")
    runs = {
        "port-forward": home.start("nsaccess", "port-forward", f"pod/{POD}", ":9000", ":9001", "-n", "idp-dev", "-o", "json"),
        "logs -f": home.start("nsaccess", "logs", "-f", POD, "-n", "idp-dev"),
        "pods -w": home.start("nsaccess", "pods", "-w", "-n", "idp-dev"),
    }
    ports = runs["port-forward"].until("ready", lambda: ports_of(runs["port-forward"]))
    load = Load(sandbox, ports, random.Random(campaign.options.seed))
    cluster_port = urllib.parse.urlsplit(sandbox.clusters[CLUSTER]["endpoint"]).port
    samples = {name: [] for name in runs}
    end = time.monotonic() + campaign.options.minutes * 60
    while time.monotonic() < end:
        time.sleep(EVERY)
        for name, started in runs.items():
            if started.process.poll() is not None:
                campaign.breaks(name, f"it ended: {started!r}"[-2000:])
                end = 0
                break
            samples[name].append(process_samples.look(started.process.pid, cluster_port))
    load.stop()
    campaign.figure("connections", f"{load.answered} echoed, {len(load.failures)} failed, {load.turns // 4} stalled readers")
    for name, taken in samples.items():
        report(campaign, name, taken)
    for failure in load.failures:
        campaign.breaks("port-forward", f"a connection failed: {failure}")
    for started in runs.values():
        started.stop()
    sandbox.stop()
    shutil.rmtree(folder)


def report(campaign, name, samples):
    first, last = samples[0], samples[-1]
    for field in first._fields:
        per_hour = process_samples.slope(samples, field, EVERY)
        campaign.figure(f"{name}, {field}", f"first {getattr(first, field)}, last {getattr(last, field)}, {per_hour:+.1f} an hour")
    for growth in process_samples.growing(samples):
        campaign.breaks(name, growth)

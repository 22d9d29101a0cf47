#!/usr/bin/env python3
"""port-forward against kubectl's, on the same server, in turn.

A pod with four TCP servers is needed: HTTP (answers GET / shortly), a source that sends without end, and a sink that
reads without end. Both programs forward to the same pod, one after the other, in every round.

    benches/port_forward.py --nsaccess target/release/nsaccess --namespace demo --pod web-0 \\
        --http 8080 --source 9002 --sink 9001 [--kubectl kubectl] [--rounds 3] [--megabytes 400]

--address ADDRESS, the pod's own, also measures a relay without TLS or frames (benches/relay.py): what the kernel alone takes.
--service svc/NAME:PORT --admin KUBECONFIG also deletes the pod behind a service and measures how long new connections go
unanswered. kubectl uses the current context, so `nsaccess use demo` first. Printed are medians over the rounds, and ratios.
"""
import argparse, http.client, os, re, resource, socket, statistics, subprocess, sys, threading, time

TICK = os.sysconf("SC_CLK_TCK")


class Forward:
    """One program that forwards, with what it costs."""

    def __init__(self, name, arguments, env, ports=3):
        self.name = name
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
        self.ports, began = {}, time.time()
        while len(self.ports) < ports:
            line = self.process.stdout.readline()
            if not line:
                sys.exit(f"{name} ended: {arguments}")
            found = re.search(r"(?:127\.0\.0\.1|localhost):(\d+).*?(?:->|port) (\d+)", line)
            if found:
                self.ports[int(found[2])] = int(found[1])
        self.started = time.time() - began
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def peak_mib(self):
        text = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def bulk(forward, port, connections, megabytes, download):
    """MB/s and CPU seconds per GiB."""
    each, buffer = megabytes * 1_000_000 // connections, bytes(1 << 18)

    failures = []

    def one():
        try:
            move()
        except OSError as error:
            failures.append(error)

    def move():
        with connect(forward.ports[port]) as stream:
            left, space = each, bytearray(1 << 18)
            while left > 0:
                moved = stream.recv_into(space) if download else stream.send(buffer[: min(left, len(buffer))])
                if moved == 0:
                    raise ConnectionAbortedError("the connection ended early")
                left -= moved

    cpu, began = forward.cpu(), time.time()
    threads = [threading.Thread(target=one) for _ in range(connections)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    spent = time.time() - began
    for failure in failures:
        print(f"{forward.name}: {len(failures)} of {connections} connections failed: {failure}", file=sys.stderr)
        break
    return each * connections / 1e6 / spent, (forward.cpu() - cpu) / (each * connections / 2**30)


def first_byte(forward, port, times=60):
    """Milliseconds from connect to the first byte of an answer, median."""
    taken = []
    for _ in range(times):
        began = time.time()
        connection = http.client.HTTPConnection("127.0.0.1", forward.ports[port], timeout=60)
        connection.request("GET", "/")
        connection.getresponse().read()
        taken.append((time.time() - began) * 1000)
        connection.close()
    return statistics.median(taken)


def keep_alive(forward, port, seconds=2):
    """Requests a second on one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", forward.ports[port], timeout=60)
    count, end = 0, time.time() + seconds
    while time.time() < end:
        connection.request("GET", "/")
        connection.getresponse().read()
        count += 1
    connection.close()
    return count / seconds


def held(forward, port, connections):
    """Peak MiB with so many idle connections that were used once."""
    kept = []
    for _ in range(connections):
        connection = http.client.HTTPConnection("127.0.0.1", forward.ports[port], timeout=60)
        connection.request("GET", "/")
        connection.getresponse().read()
        kept.append(connection)
    peak = forward.peak_mib()
    [connection.close() for connection in kept]
    return peak


def measure(forward, options):
    figures = {"ready after s": forward.started}
    figures["first byte ms"] = first_byte(forward, options.http)
    figures["requests/s kept alive"] = keep_alive(forward, options.http)
    for connections in options.connections:
        for download, port in ((True, options.source), (False, options.sink)):
            way = "down" if download else "up"
            speed, cost = bulk(forward, port, connections, options.megabytes, download)
            figures[f"{way} x{connections} MB/s"] = speed
            figures[f"{way} x{connections} cpu s/GiB"] = cost
    return figures


def failover(forward, options):
    """Milliseconds of the longest time without an answer on new connections while the pod that answers is deleted.

    Ends when answers come from another pod. Connections that are refused, reset or unanswered are counted.
    """
    pod_of = lambda body: re.search(rb"[a-z0-9-]+-[a-z0-9]+-[a-z0-9]{5}", body)[0].decode()

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", next(iter(forward.ports.values())), timeout=60)
        connection.request("GET", "/")
        body = connection.getresponse().read()
        connection.close()
        return pod_of(body)

    first, failed, longest = ask(), 0, 0.0
    subprocess.run([options.kubectl, "--kubeconfig", options.admin, "-n", options.namespace, "delete", "pod", first,
                    "--grace-period=1", "--wait=false"], check=True, stdout=subprocess.DEVNULL)
    answered = began = time.time()
    while time.time() - began < 60:
        try:
            pod = ask()
        except (OSError, http.client.HTTPException):
            failed += 1
            if forward.process.poll() is not None:
                return float("inf"), failed
            continue
        longest, answered = max(longest, time.time() - answered), time.time()
        if pod != first:
            break
    return longest * 1000, failed


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nsaccess", required=True)
    parser.add_argument("--kubectl", default="kubectl")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--pod", required=True)
    for name in ("http", "source", "sink"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=400)
    parser.add_argument("--held", type=int, default=1000)
    parser.add_argument("--service", metavar="svc/NAME:PORT", help="the HTTP service of the pod: also measure what deleting it does")
    parser.add_argument("--admin", help="a kubeconfig that may delete pods, for --service")
    parser.add_argument("--address", help="the pod's address: also measure a plain relay to it")
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 8, 64])
    options = parser.parse_args()
    ports = [f":{port}" for port in (options.http, options.source, options.sink)]
    spdy = {**os.environ, "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}
    kubectl = [options.kubectl, "-n", options.namespace, "port-forward", f"pod/{options.pod}", *ports]
    forwards = {
        "nsaccess": ([options.nsaccess, "-n", options.namespace, "port-forward", f"pod/{options.pod}", *ports], os.environ),
        "kubectl websocket": (kubectl, os.environ),
        "kubectl spdy": (kubectl, spdy),
    }
    programs = dict(forwards)
    if options.address:
        relay = [sys.executable, os.path.join(os.path.dirname(__file__), "relay.py"), options.address]
        programs["plain relay"] = (relay + [port[1:] for port in ports], os.environ)
    results = {name: [] for name in programs}
    for _ in range(options.rounds):
        for name, (arguments, env) in programs.items():
            forward = Forward(name, arguments, env)
            figures = measure(forward, options)
            forward.stop()
            if name not in forwards:
                results[name].append(figures)
                continue
            forward = Forward(name, arguments, env)
            figures[f"peak MiB, {options.held} held"] = held(forward, options.http, options.held)
            forward.stop()
            results[name].append(figures)
    for name, (arguments, env) in (forwards if options.service else {}).items():
        service, port = options.service.split(":")
        for figures in results[name]:
            forward = Forward(name, arguments[:-4] + [service, f":{port}"], env, ports=1)
            figures["ms without answer, deleted"], figures["… failed connections"] = failover(forward, options)
            forward.stop()
    middle = {name: {key: statistics.median(one[key] for one in runs) for key in runs[0]} for name, runs in results.items()}
    ratios_of = [f"ours/{name.removeprefix('kubectl ')}" for name in programs if name != "nsaccess"]
    print(f"{'':28}" + "".join(f"{name:>20}" for name in programs) + "".join(f"{name:>18}" for name in ratios_of))
    for key in middle["nsaccess"]:
        values = [middle[name].get(key, 0) for name in programs]
        ratios = [values[0] / other if other else float("nan") for other in values[1:]]
        print(f"{key:28}" + "".join(f"{value:20.3f}" for value in values) + "".join(f"{ratio:18.2f}" for ratio in ratios))


main()

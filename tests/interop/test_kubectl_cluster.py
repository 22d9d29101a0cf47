"""kubectl against the sandbox's cluster: forwards over both transports, questions of rights, tables."""

import re
import socket
import urllib.request

import pytest

FORWARD = ("get pods", "create pods/portforward")
WIDE = (*FORWARD, "get pods/portforward", "get services", "list pods", "watch pods", "get deployments.apps")

TRANSPORTS = {
    # A role with both rights, and the transport that kubectl takes by itself.
    "websocket": (WIDE, {}),
    "spdy": (WIDE, {"KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}),
    # It begins with the WebSocket, is refused, and goes on with SPDY.
    "fallback": ((*FORWARD, "get services", "list pods"), {}),
}


@pytest.fixture(params=TRANSPORTS)
def forwarding(request, signed_in):
    """A home, how kubectl is run in it, and the transport that it must take."""
    rights, env = TRANSPORTS[request.param]
    signed_in.sandbox.grant(*rights)
    return signed_in, env, "websocket" if request.param == "websocket" else "spdy"


def forward(home, target, port, env):
    """Starts a forward; the local port."""
    started = home.start("kubectl", "port-forward", target, f":{port}", env=env)
    pattern = rb"Forwarding from 127\.0\.0\.1:(\d+) -> "
    found = started.until("the forward", lambda: re.search(pattern, started.out) or started.process.poll() is not None)
    assert found is not True, repr(started)
    return started, int(found[1])


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return answer.read()


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def read_all(client):
    data = b""
    while chunk := client.recv(65536):
        data += chunk
    return data


def test_a_pod_answers(forwarding):
    home, env, transport = forwarding
    _, port = forward(home, "pod/web-0", 8080, env)
    assert fetch(port, "/name") == b"web-0\n"
    assert len(fetch(port, "/bytes/3000000")) == 3_000_000
    request = urllib.request.Request(f"http://127.0.0.1:{port}/upload", data=b"x" * 2_000_000, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert b'"bytes":2000000' in answer.read()
    sessions = home.sandbox.read("forwards")["sessions"]
    assert list(sessions) == [transport]


def test_a_service_leads_to_one_of_its_pods(forwarding):
    home, env, _ = forwarding
    started, port = forward(home, "svc/api", 80, env)
    assert b"-> 8080" in started.out
    assert fetch(port, "/name").startswith(b"api-")


def test_an_app_that_closes_its_half_first_has_its_words_heard(forwarding):
    home, env, _ = forwarding
    _, port = forward(home, "pod/servers", 9005, env)
    with connect(port) as client:
        client.sendall(b"hello")
        assert read_all(client) == b"bye from servers\n"


def test_many_connections_share_a_forward(forwarding):
    home, env, _ = forwarding
    _, port = forward(home, "pod/servers", 9000, env)
    clients = [connect(port) for _ in range(8)]
    for number, client in enumerate(clients):
        client.sendall(f"number {number}".encode())
    for number, client in enumerate(clients):
        assert client.recv(100) == f"number {number}".encode()
        client.close()


def test_a_refused_connection_is_told_in_the_runtimes_words(forwarding):
    home, env, _ = forwarding
    started, port = forward(home, "pod/servers", 9008, env)
    with connect(port) as client:
        client.sendall(b"hello")
        try:
            assert read_all(client) == b""
        except ConnectionResetError:
            pass
    started.says("connection refused")
    started.says("error forwarding port 9008 to pod ")
    assert started.ends() == 1
    started.says("lost connection to pod")


def test_a_forward_that_is_not_allowed_is_refused(signed_in):
    signed_in.sandbox.grant("get pods")
    refused = signed_in.kubectl("port-forward", "pod/web-0", ":8080", code=1)
    assert 'cannot create resource "pods/portforward"' in refused.err


def test_from_1_35_on_a_websocket_takes_both_rights(signed_in):
    signed_in.sandbox.control("cluster/idp-nonprod-1", version="1.35")
    signed_in.sandbox.grant("get pods", "get pods/portforward")
    assert "is forbidden" in signed_in.kubectl("port-forward", "pod/web-0", ":8080", code=1).err
    signed_in.sandbox.grant(*FORWARD, "get pods/portforward")
    _, port = forward(signed_in, "pod/web-0", 8080, {})
    assert fetch(port, "/name") == b"web-0\n"
    assert "websocket" in signed_in.sandbox.read("forwards")["sessions"]


def test_requests_are_lines_of_the_pods_log(signed_in):
    signed_in.sandbox.grant(*WIDE, "get pods/log")
    _, port = forward(signed_in, "pod/web-0", 8080, {})
    fetch(port, "/healthz")
    assert signed_in.kubectl("logs", "web-0", "--tail=1").out == "GET /healthz 200\n"


def test_questions_of_rights_are_answered(signed_in):
    signed_in.sandbox.grant(*FORWARD, "get pods/log", "list deployments.apps")

    def can_i(*words):
        done = signed_in.kubectl("auth", "can-i", *words, code=None)
        assert (done.code, done.out.strip()) in ((0, "yes"), (1, "no")), repr(done)
        return done.code == 0

    assert can_i("get", "pods") and can_i("get", "pods/web-0")
    assert can_i("get", "pods", "--subresource=log") and can_i("create", "pods", "--subresource=portforward")
    assert can_i("list", "deployments.apps") and can_i("list", "deploy")
    assert not can_i("list", "pods") and not can_i("get", "pods", "--subresource=portforward")
    assert not can_i("get", "pods", "-n", "shop-dev") and not can_i("get", "nodes")


def test_all_rights_are_listed(signed_in):
    signed_in.sandbox.grant(*FORWARD, "list deployments.apps")
    listed = {}
    for line in signed_in.kubectl("auth", "can-i", "--list").out.splitlines()[1:]:
        resource, *_, verbs = re.split(r"\s{2,}", line.strip())
        listed[resource] = verbs
    assert listed["pods"] == "[get]"
    assert listed["pods/portforward"] == "[create]"
    assert listed["deployments.apps"] == "[list]"
    assert listed["selfsubjectaccessreviews.authorization.k8s.io"] == "[create]"


def test_pods_are_a_table(signed_in):
    signed_in.sandbox.grant("get pods", "list pods")
    header, *rows = (line.split() for line in signed_in.kubectl("get", "pods").out.splitlines())
    assert header == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    by_name = {row[0]: row[1:4] for row in rows}
    assert by_name["web-0"] == ["1/1", "Running", "0"] and by_name["broken-0"] == ["0/1", "Running", "0"]
    ours = signed_in.nsaccess("pods", "-o", "json").json()
    assert sorted(pod["name"] for pod in ours) == sorted(by_name)
    labelled = signed_in.kubectl("get", "pods", "-l", "app=db", "-o", "name").out.split()
    assert labelled == ["pod/db-0", "pod/db-1"]
    (row,) = signed_in.kubectl("get", "pod", "web-0", "-o", "wide", "--no-headers").out.splitlines()
    assert "ip-10-20-31-7" in row

"""Logs: what the sandbox serves is a log to kubectl, and what we print is what kubectl prints."""

import datetime
import re

import pytest

ALL = (
    "get pods/log", "get pods", "list pods", "watch pods", "get services", "get deployments.apps",
    "list replicasets.apps", "get statefulsets.apps", "get jobs.batch",
)  # fmt: skip


@pytest.fixture
def reader(signed_in):
    """A home whose role may read logs and all that leads to them."""
    signed_in.sandbox.grant(*ALL)
    return signed_in


def write(home, text, pod="web-0", **more):
    home.sandbox.cluster("log", pod=pod, text=text, **more)


def ago(**span):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%S.5Z")


def same(home, *words):
    """What kubectl prints; we print the same."""
    theirs, ours = home.kubectl("logs", *words), home.nsaccess("logs", *words)
    assert ours.out == theirs.out
    return theirs.out


def two_containers(home):
    """A pod `two` with two containers and an init container that is over."""
    pod = home.kubectl("get", "pod", "web-0", "-o", "json").json()
    (status,) = pod["status"]["containerStatuses"]
    over = {"terminated": {"exitCode": 0, "containerID": "containerd://1"}}
    pod["metadata"] = {"namespace": pod["metadata"]["namespace"], "name": "two"}
    pod["spec"]["containers"] = [{"name": "app"}, {"name": "mesh"}]
    pod["spec"]["initContainers"] = [{"name": "setup"}]
    pod["status"]["containerStatuses"] = [{**status, "name": "app"}, {**status, "name": "mesh"}]
    pod["status"]["initContainerStatuses"] = [{**status, "name": "setup", "state": over}]
    home.sandbox.control("cluster/idp-nonprod-1/object", **pod)
    for name in ("setup", "app", "mesh"):
        write(home, f"{name} speaks\n", pod="two", container=name)


def test_a_log_is_the_same_byte_for_byte(reader):
    write(reader, "one\n\n \ttwo \u2713 \x1b[31mred\x1b[0m\n" + "x" * 70_000 + "\n")
    assert same(reader, "web-0").startswith("web-0 starts\none\n\n")
    write(reader, "no end")
    assert same(reader, "web-0").endswith("\nno end")
    assert same(reader, "pod/web-0", "-c", "web").endswith("\nno end")


def test_parts_of_a_log_are_the_same(reader):
    for text, minutes in (("long ago\n", 90), ("a while ago\n", 20), ("now\n", 0)):
        write(reader, text, at=ago(minutes=minutes))
    assert same(reader, "web-0", "--tail=2") == "a while ago\nnow\n"
    assert same(reader, "web-0", "--tail=0") == ""
    assert same(reader, "web-0", "--tail=-1").endswith("long ago\na while ago\nnow\n")
    assert same(reader, "web-0", "--since=30m") == "a while ago\nnow\n"
    assert same(reader, "web-0", "--since=30m", "--tail=1") == "now\n"
    assert same(reader, "web-0", f"--since-time={ago(minutes=60)}") == "a while ago\nnow\n"
    stamped = same(reader, "web-0", "--timestamps", "--tail=1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.5000{6}Z now\n", stamped)


def test_only_kubectl_counts_bytes(reader):
    write(reader, "abcdef\n")
    assert reader.kubectl("logs", "web-0", "--tail=1", "--limit-bytes=4").out == "abcd"


def test_the_run_before_is_the_same(reader):
    missing = 'previous terminated container "web" in pod "web-0" not found'
    assert missing in reader.kubectl("logs", "web-0", "-p", code=1).err
    assert missing in reader.nsaccess("logs", "web-0", "-p", code=5).err
    write(reader, "panic: first")
    reader.sandbox.cluster("end-container", pod="web-0", exit_code=2)
    for state in ("back-off-container", "start-container"):
        reader.sandbox.cluster(state, pod="web-0")
        assert same(reader, "web-0", "-p") == "web-0 starts\npanic: first"
    write(reader, "second\n")
    assert same(reader, "web-0") == "web-0 starts\nsecond\n"
    assert reader.kubectl("get", "pod", "web-0").out.split("\n")[1].split()[:4] == ["web-0", "1/1", "Running", "1"]


def test_containers_are_the_same(reader):
    two_containers(reader)
    assert same(reader, "two") == "two starts\napp speaks\n"
    assert same(reader, "two", "-c", "mesh") == "two starts\nmesh speaks\n"
    assert same(reader, "two", "-c", "setup") == "two starts\nsetup speaks\n"
    for words in (("two", "-c", "nope"), ("two", "-p", "-c", "nope")):
        assert "container nope is not valid for pod two" in reader.kubectl("logs", *words, code=1).err
        assert "nope" in reader.nsaccess("logs", *words, code=5).err
    ours = reader.nsaccess("logs", "two", "--all-containers").out
    theirs = reader.kubectl("logs", "two", "--all-containers").out
    assert sorted(re.sub(r"^\[two/\w+\] ", "", line) for line in ours.splitlines()) == sorted(theirs.splitlines())


def test_what_owns_pods_leads_to_one_of_them(reader):
    (pod,) = reader.kubectl("get", "pods", "-l", "app=migrate", "-o", "name").out.split()
    write(reader, "migrated\n", pod=pod.removeprefix("pod/"))
    for target in ("job/migrate", pod):
        assert same(reader, target).endswith("\nmigrated\n")
    done = reader.kubectl("logs", "deploy/api")
    assert "Found 2 pods, using pod/api-" in done.err and done.out.endswith(" starts\n")
    everything = reader.kubectl("logs", "-l", "app=api", "--prefix").out
    assert sorted(reader.nsaccess("logs", "-l", "app=api").out.replace("[", "[pod/").splitlines()) == sorted(
        everything.splitlines()
    )


def test_a_log_is_followed_until_its_container_ends(reader):
    (pod,) = reader.kubectl("get", "pods", "-l", "app=migrate", "-o", "name").out.split()
    name = pod.removeprefix("pod/")
    followers = [reader.start(program, "logs", "-f", name) for program in ("kubectl", "nsaccess")]
    for number in range(3):
        write(reader, f"line {number}\n", pod=name)
        for follower in followers:
            follower.says(f"line {number}\n")
    write(reader, "last", pod=name)
    reader.sandbox.cluster("end-container", pod=name)
    for follower in followers:
        assert follower.ends() == 0
    kubectl, nsaccess = followers
    kubectl.until("the last line", lambda: kubectl.out.endswith(b"\nlast"))
    nsaccess.until("the same", lambda: nsaccess.out == kubectl.out)


def test_kubectl_ends_where_we_go_on(reader):
    kubectl, nsaccess = (reader.start(program, "logs", "-f", "web-0") for program in ("kubectl", "nsaccess"))
    write(reader, "one\n")
    for follower in (kubectl, nsaccess):
        follower.says("one\n")
    reader.sandbox.control("logs/cut", after=0)
    kubectl.ends()
    write(reader, "two\n")
    nsaccess.says("two\n")
    assert kubectl.out.endswith(b"one\n") and nsaccess.out.endswith(b"one\ntwo\n")


def test_what_has_not_started_has_no_log(reader):
    pod = reader.kubectl("get", "pod", "web-0", "-o", "json").json()
    pod["metadata"] = {"namespace": pod["metadata"]["namespace"], "name": "new"}
    pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ImagePullBackOff"}}
    reader.sandbox.control("cluster/idp-nonprod-1/object", **pod)
    words = 'container "web" in pod "new" is waiting to start: trying and failing to pull image'
    assert f"Error from server (BadRequest): {words}" in reader.kubectl("logs", "new", code=1).err
    assert words in reader.nsaccess("logs", "new", code=1).err


def test_what_may_not_be_read_is_refused(reader):
    reader.sandbox.grant("get pods")
    words = 'cannot get resource "pods/log" in API group "" in the namespace "idp-dev"'
    assert words in reader.kubectl("logs", "web-0", code=1).err
    assert words in reader.nsaccess("logs", "web-0", code=4).err


def test_nonsense_is_refused_in_the_servers_words(reader):
    ask = "/api/v1/namespaces/idp-dev/pods/web-0/log?"
    for query, words in (
        ("tailLines=-2", "tailLines: Invalid value: -2: must be greater than or equal to 0"),
        ("sinceSeconds=0", "sinceSeconds: Invalid value: 0: must be greater than 0"),
    ):
        assert f'PodLogOptions "web-0" is invalid: {words}' in reader.kubectl("get", "--raw", ask + query, code=1).err

"""What can be on the way to the sandbox's services: judged by Python's own clients and by kubectl."""

import socket
import ssl
import sys
import urllib.error
import urllib.request

import pytest
from conftest import ACCOUNT, CLUSTER, NAME, NAMESPACE
from sandbox_clients import client


def start_page(sandbox, url="https://d-0123456789.awsapps.com/start"):
    """The page behind a URL, through the proxy."""
    proxy = urllib.request.ProxyHandler({"https": sandbox.addresses["start_page_proxy"]})
    context = ssl.create_default_context(cadata=sandbox.addresses["start_page_ca_pem"])
    opener = urllib.request.build_opener(proxy, urllib.request.HTTPSHandler(context=context))
    with opener.open(url, timeout=10) as answer:
        return answer.read().decode()


def test_every_hosts_start_page_names_the_region(sandbox):
    assert '<meta name="region" content="eu-west-1">' in start_page(sandbox)
    sandbox.control("start-page", region="us-west-2")
    assert '<meta name="region" content="us-west-2">' in start_page(sandbox, sandbox.start_url)
    sandbox.control("start-page", silent=True)
    assert "region" not in start_page(sandbox)
    sandbox.control("start-page", missing=True)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        start_page(sandbox)


def ask(sandbox, path, body=None):
    """The answer of the cluster to a developer."""
    token = sandbox.control(f"cluster/{CLUSTER}/token", account=ACCOUNT, permission_set=NAME)["token"]
    cluster = sandbox.clusters[CLUSTER]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = urllib.request.Request(cluster["endpoint"] + path, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cadata=cluster["ca_pem"])) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_self_review_can_be_refused_and_be_absent(sandbox):
    def whoami():
        return ask(sandbox, "/apis/authentication.k8s.io/v1/selfsubjectreviews", b'{"kind": "SelfSubjectReview"}')

    assert whoami()[0] == 201
    sandbox.cluster("self-review", kind="forbidden")
    status, text = whoami()
    assert status == 403 and "cannot create resource" in text
    sandbox.cluster("self-review", kind="absent")
    assert whoami()[0] == 404
    review = b'{"spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "idp-dev"}}}'
    assert ask(sandbox, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)[0] == 201


def test_the_version_is_the_clusters(sandbox):
    assert '"minor":"33"' in ask(sandbox, "/version")[1]
    sandbox.control(f"cluster/{CLUSTER}", version="1.30")
    assert '"minor":"30"' in ask(sandbox, "/version")[1]


def test_a_deleted_namespace_takes_its_rights_with_it(sandbox):
    pod = f"/api/v1/namespaces/{NAMESPACE}/pods/web-0"
    assert ask(sandbox, pod)[0] == 200
    sandbox.cluster("delete-namespace")
    assert ask(sandbox, pod)[0] == 403


def test_aws_auth_is_an_object_that_rbac_guards(sandbox):
    path = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
    sandbox.cluster("aws-auth", map_roles="- rolearn: arn:aws:iam::111122223333:role/x\n")
    assert ask(sandbox, path)[0] == 403
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"], "resourceNames": ["aws-auth"]}]
    metadata = {"namespace": "kube-system", "name": "read-aws-auth"}
    api = "rbac.authorization.k8s.io/v1"
    sandbox.control(f"cluster/{CLUSTER}/object", apiVersion=api, kind="Role", metadata=metadata, rules=rules)
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "read-aws-auth"}
    group = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": NAME}
    sandbox.control(
        f"cluster/{CLUSTER}/object", apiVersion=api, kind="RoleBinding", metadata=metadata, roleRef=role, subjects=[group]
    )
    status, text = ask(sandbox, path)
    assert status == 200 and "role/x" in text


def test_an_access_policy_gives_rights_that_no_list_shows(sandbox):
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    assert ask(sandbox, pods)[0] == 403
    arn = sandbox.control("mint", account=ACCOUNT, permission_set=NAME)["role_arn"]
    policy = {"policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "namespaces": ["idp-d*"]}
    sandbox.control(f"cluster/{CLUSTER}", access_entries=[{"principal_arn": arn, "username": "x", "policies": [policy]}])
    assert ask(sandbox, pods)[0] == 200
    assert ask(sandbox, "/api/v1/namespaces/idp-test/pods")[0] == 403
    review = b'{"spec": {"namespace": "idp-dev"}}'
    status, text = ask(sandbox, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review)
    assert status == 201 and '"pods"' not in text and '"incomplete":true' in text


def answers(sandbox):
    try:
        return ask(sandbox, "/version")[0] == 200
    except OSError:
        return False


def until(there):
    """A port opens and closes a moment after the control says so."""
    while not there():
        pass


def test_a_cluster_can_be_out_of_reach_while_eks_describes_it(sandbox):
    def way(kind):
        answer = sandbox.control("way", account=ACCOUNT, kind=kind)
        assert answer["clusters"] == [CLUSTER, "tools-1"]

    def connect(seconds):
        host, port = sandbox.clusters[CLUSTER]["endpoint"].removeprefix("https://").split(":")
        socket.create_connection((host, int(port)), timeout=seconds).close()

    eks = client(sandbox, "eks")
    way("silent")
    if sys.platform == "linux":
        with pytest.raises(TimeoutError):
            connect(0.3)
    assert eks.describe_cluster(name=CLUSTER)["cluster"]["endpoint"] == sandbox.clusters[CLUSTER]["endpoint"]
    way("open")
    until(lambda: answers(sandbox))
    sandbox.cluster("way", kind="refused")
    until(lambda: not answers(sandbox))
    sandbox.control("clear-faults")
    until(lambda: answers(sandbox))

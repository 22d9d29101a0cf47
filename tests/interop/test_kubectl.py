"""kubectl lives from the context that nsaccess wrote, with `nsaccess token` as its credential plugin."""

import json

from conftest import CLUSTER, NAME, NAMESPACE


def test_kubectl_gets_a_pod(signed_in):
    pod = signed_in.kubectl("get", "pod", "web-0", "-o", "json").json()
    assert (pod["metadata"]["namespace"], pod["metadata"]["name"]) == (NAMESPACE, "web-0")
    assert signed_in.kubectl("get", "pod", "web-0").out.startswith("NAME")


def test_kubectl_knows_who_we_are(signed_in):
    info = signed_in.kubectl("auth", "whoami", "-o", "json").json()["status"]["userInfo"]
    assert info["username"] == "sso:ada-example.com"
    assert NAME in info["groups"]


def test_kubectl_and_login_agree_on_what_we_may(signed_in):
    permissions = signed_in.nsaccess("login", NAMESPACE, "-o", "json").json()["permissions"]

    def question_of(row):
        parts = [row["resource"], row["subresource"]]
        return f"{row['verb']} {'/'.join(part for part in parts if part)}"

    may = {question_of(row): row["allowed"] for row in permissions}
    questions = {
        "get pods": ("get", "pods"),
        "get services": ("get", "services"),
        "create pods/portforward": ("create", "pods", "--subresource=portforward"),
        "get pods/portforward": ("get", "pods", "--subresource=portforward"),
    }
    for question, words in questions.items():
        done = signed_in.kubectl("auth", "can-i", *words, code=None)
        assert (done.out.strip() == "yes") == may[question], (question, done, may)
    assert signed_in.kubectl("auth", "can-i", "delete", "pods", code=1).out.strip() == "no"


def test_what_is_not_allowed_is_forbidden(signed_in):
    assert "Forbidden" in signed_in.kubectl("get", "pods", "-n", "shop-dev", code=1).err


def test_kubectl_reads_what_we_wrote(signed_in):
    view = signed_in.kubectl("config", "view", "--raw", "-o", "json").json()
    assert view["current-context"] == NAME
    (context,) = view["contexts"]
    assert context["context"] == {"cluster": NAME, "user": NAME, "namespace": NAMESPACE}
    (user,) = view["users"]
    exec_ = user["user"]["exec"]
    assert exec_["apiVersion"] == "client.authentication.k8s.io/v1"
    assert exec_["interactiveMode"] == "IfAvailable"
    assert exec_["command"] == str(signed_in.commands / "nsaccess")
    assert "install" in exec_["installHint"].lower()
    (cluster,) = view["clusters"]
    assert cluster["cluster"]["server"] == signed_in.sandbox.clusters[CLUSTER]["endpoint"]


def test_kubectl_reads_the_standalone_kubeconfig(signed_in):
    alone = signed_in.path / "alone.yaml"
    alone.write_text(signed_in.nsaccess("kubeconfig", NAMESPACE, "--print").out)
    signed_in.kubeconfig.unlink()
    signed_in.kubectl("--kubeconfig", alone, "get", "pod", "web-0")


def test_kubectl_tells_the_person_what_helps_when_nobody_is_signed_in(signed_in):
    signed_in.nsaccess("logout")
    refused = signed_in.kubectl("get", "pod", "web-0", code=1)
    assert "not signed in" in refused.err
    assert "nsaccess login idp-dev" in refused.err


def test_kubectl_names_what_is_missing_when_we_are_gone(signed_in):
    (signed_in.commands / "nsaccess").unlink()
    assert str(signed_in.commands / "nsaccess") in signed_in.kubectl("get", "pod", "web-0", code=1).err
    # client-go shows the hint for a command that it looks up on the PATH only.
    signed_in.kubectl("config", "set-credentials", NAME, "--exec-command=nsaccess")
    assert "nsaccess gives access to this namespace" in signed_in.kubectl("get", "pod", "web-0", code=1).err


def test_v1beta1_is_answered_when_kubectl_asks_for_it(signed_in):
    text = signed_in.kubeconfig.read_text()
    signed_in.kubeconfig.write_text(text.replace("client.authentication.k8s.io/v1\n", "client.authentication.k8s.io/v1beta1\n"))
    signed_in.kubectl("get", "pod", "web-0")


def test_one_login_serves_many_kubectls_without_another_call(signed_in):
    before = json.loads(json.dumps(signed_in.sandbox.read("calls")))["calls"]
    for _ in range(3):
        signed_in.kubectl("get", "pod", "web-0")
    after = signed_in.sandbox.read("calls")["calls"]
    for operation in ("CreateToken", "GetRoleCredentials", "DescribeCluster", "ListClusters"):
        assert after.get(operation) == before.get(operation), operation

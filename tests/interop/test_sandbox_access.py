"""The sandbox's side of granting access, judged by kubectl and the AWS CLI: an administrator's writes to a cluster."""

import json

import pytest
from conftest import ACCOUNT, CLUSTER, NAMESPACE, REGION

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: team, namespace: idp-dev, labels: {a: "1"}}
rules:
- apiGroups: [""]
  resources: [pods]
  verbs: [get]
"""
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: team, namespace: idp-dev}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: team}
subjects:
- {kind: Group, name: team, apiGroup: rbac.authorization.k8s.io}
"""


class Person:
    """Somebody with keys in the environment, and a kubeconfig that `aws eks update-kubeconfig` wrote."""

    def __init__(self, home, keys):
        self.home = home
        # The address of STS is in a token, and a cluster accepts only the real one.
        self.env = {"AWS_SESSION_TOKEN": None, "AWS_ENDPOINT_URL_STS": None, "AWS_DEFAULT_REGION": REGION, **keys}
        home.aws("eks", "update-kubeconfig", "--name", CLUSTER, env=self.env)
        # Once for all: kubectl would run the AWS CLI for every command.
        self.token = home.aws("eks", "get-token", "--cluster-name", CLUSTER, env=self.env).json()["status"]["token"]

    def __call__(self, *args, **options):
        return self.home.kubectl("--token", self.token, *args, **options)

    def get(self, kind, name):
        return self("get", kind, name, "-n", NAMESPACE, "-o", "json", "--show-managed-fields").json()

    def apply(self, manifest, manager, *more, code=0):
        return self("apply", "--server-side", "--field-manager", manager, *more, "-f", "-", input=manifest, code=code)


@pytest.fixture
def admin(sandbox, home):
    return Person(home, sandbox.control("administrator", account=ACCOUNT))


def owners(thing):
    return {(entry["manager"], entry["operation"]): entry["fieldsV1"] for entry in thing["metadata"]["managedFields"]}


def test_an_apply_conflicts_with_other_managers(admin):
    assert admin.apply(ROLE + "---\n" + BINDING, "nsaccess").out.count("serverside-applied") == 2
    before = admin.get("role", "team")
    admin.apply(ROLE, "nsaccess")
    assert admin.get("role", "team") == before, "the same again changes nothing"
    wider = ROLE.replace("[get]", "[get, list]")
    refused = admin.apply(wider, "other", code=1)
    assert 'Apply failed with 1 conflict: conflict with "nsaccess": .rules' in refused.err
    admin.apply(wider, "other", "--force-conflicts")
    both = owners(admin.get("role", "team"))
    assert "f:rules" in both["other", "Apply"] and "f:rules" not in both["nsaccess", "Apply"]
    shown = admin("diff", "--server-side", "--force-conflicts", "--field-manager", "nsaccess", "-f", "-", input=ROLE, code=1)
    assert "-  - list" in shown.out
    assert "- list" in admin("get", "role", "team", "-n", NAMESPACE, "-o", "yaml").out, "a diff writes nothing"


def test_client_side_apply_edit_patch_replace_and_delete(admin):
    admin("apply", "-f", "-", input=ROLE)
    assert "unchanged" in admin("apply", "-f", "-", input=ROLE).out
    admin("apply", "-f", "-", input=ROLE.replace("[get]", "[get, watch]"))
    admin("edit", "role", "team", "-n", NAMESPACE, env={"KUBE_EDITOR": "sed -i s/watch/list/"})
    for kind, patch in [
        ("merge", '{"metadata": {"labels": {"b": "2"}}}'),
        ("strategic", '{"metadata": {"labels": {"c": "3"}}}'),
        ("json", '[{"op": "add", "path": "/metadata/labels/d", "value": "4"}]'),
    ]:
        admin("patch", "role", "team", "-n", NAMESPACE, "--type", kind, "-p", patch)
    role = admin.get("role", "team")
    assert role["metadata"]["labels"] == {"a": "1", "b": "2", "c": "3", "d": "4"}
    assert role["rules"][0]["verbs"] == ["get", "list"]
    assert ("kubectl-edit", "Update") in owners(role) and ("kubectl-patch", "Update") in owners(role)
    stale = json.dumps(role)
    admin("label", "role", "team", "-n", NAMESPACE, "e=5")
    refused = admin("replace", "-f", "-", input=stale, code=1)
    assert "the object has been modified; please apply your changes to the latest version and try again" in refused.err
    role["metadata"].pop("resourceVersion")
    admin("replace", "-f", "-", input=json.dumps(role))
    assert "e" not in admin.get("role", "team")["metadata"]["labels"]
    assert "deleted" in admin("delete", "role", "team", "-n", NAMESPACE).out
    assert "NotFound" in admin("delete", "role", "team", "-n", NAMESPACE, code=1).err


def test_a_dry_run_on_the_server_says_what_is_wrong(admin):
    dry = ("--dry-run=server",)
    assert "server dry run" in admin.apply(ROLE, "m", *dry).out
    assert "NotFound" in admin("get", "role", "team", "-n", NAMESPACE, code=1).err
    for manifest, words in [
        (ROLE.replace("apiGroups", "apigroups"), '.rules[0].apigroups: field not declared in schema'),
        (ROLE.replace("  verbs: [get]\n", ""), "rules[0].verbs: Required value: verbs must contain at least one value"),
        (BINDING.replace("kind: Role,", "kind: Rule,"), 'roleRef.kind: Unsupported value: "Rule"'),
        (ROLE.replace("idp-dev", "nowhere"), 'namespaces "nowhere" not found'),
    ]:
        assert words in admin.apply(manifest, "m", *dry, code=1).err
    misspelt = admin("create", "--dry-run=server", "-f", "-", input=ROLE.replace("apiGroups", "apigroups"), code=1)
    assert 'strict decoding error: unknown field "rules[0].apigroups"' in misspelt.err


def test_a_binding_keeps_its_role(admin):
    admin.apply(BINDING, "m")
    refused = admin.apply(BINDING.replace("kind: Role, name: team", "kind: ClusterRole, name: view"), "m", code=1)
    assert "cannot change roleRef" in refused.err
    admin("delete", "rolebinding", "team", "-n", NAMESPACE)
    admin.apply(BINDING.replace("kind: Role, name: team", "kind: ClusterRole, name: view"), "m")


def test_a_namespace_that_ends_takes_nothing_new(sandbox, admin):
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n"
    admin.apply(namespace, "m")
    admin.apply(ROLE.replace("idp-dev", "fresh"), "m")
    sandbox.control(f"cluster/{CLUSTER}/terminating", namespace="fresh")
    assert "Terminating" in admin("get", "namespace", "fresh", "-o", "yaml").out
    refused = admin.apply(BINDING.replace("idp-dev", "fresh"), "m", code=1)
    assert "unable to create new content in namespace fresh because it is being terminated" in refused.err
    sandbox.control(f"cluster/{CLUSTER}/terminating", namespace="fresh", on=False)
    admin("delete", "namespace", "fresh")
    assert "NotFound" in admin("get", "role", "team", "-n", "fresh", code=1).err


def test_nobody_grants_what_they_do_not_hold(sandbox, admin):
    verbs = ["create", "update", "patch", "get"]
    rules = [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": verbs}]
    api = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "writers", "namespace": NAMESPACE}}
    admin("apply", "-f", "-", input=json.dumps({**api, "kind": "Role", "rules": rules}))
    role, subjects = {"kind": "Role", "name": "writers"}, [{"kind": "Group", "name": "viewers"}]
    binding = {**api, "kind": "RoleBinding", "roleRef": role, "subjects": subjects}
    admin("apply", "-f", "-", input=json.dumps(binding))
    viewer = Person(admin.home, sandbox.control("keys", account=ACCOUNT, permission_set="ReadOnly"))
    viewer("create", "-f", "-", input=ROLE)
    refused = viewer("apply", "-f", "-", input=ROLE.replace("[get]", "[get, delete]"), code=1)
    assert 'is attempting to grant RBAC permissions not currently held:' in refused.err
    assert '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}' in refused.err


def test_the_user_facing_roles_are_kubernetes_own(admin):
    rules = {name: admin("get", "clusterrole", name, "-o", "json").json()["rules"] for name in ("admin", "edit", "view")}
    assert [len(rules[name]) for name in ("admin", "edit", "view")] == [29, 27, 12]
    for name, can in (("admin", "yes"), ("edit", "no"), ("view", "no")):
        api = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name, "namespace": NAMESPACE}}
        role, subjects = {"kind": "ClusterRole", "name": name}, [{"kind": "User", "name": name}]
        binding = {**api, "kind": "RoleBinding", "roleRef": role, "subjects": subjects}
        admin("create", "-f", "-", input=json.dumps(binding))
        answer = admin("auth", "can-i", "create", "rolebindings", "-n", NAMESPACE, "--as", name, code=None)
        assert answer.out.strip() == can, name


def test_lists_come_in_chunks(sandbox, admin):
    sandbox.control(f"cluster/{CLUSTER}/namespaces", prefix="many-", count=120, bindings=10)
    names = admin("get", "rolebindings", "-A", "--chunk-size=250", "-o", "name").out.split()
    assert len(names) == 1203
    assert sandbox.calls("list%20rolebindings") >= 5
    labelled = admin("get", "rolebindings", "-A", "-l", "none=x", "--chunk-size=10", "-o", "name").out
    assert labelled == ""


def test_an_iam_user_is_mapped_by_aws_auth_and_by_an_entry(sandbox, admin):
    look = {"Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [look]}
    made = sandbox.control("user", account=ACCOUNT, name="deployer", path="/ci/", policy=policy)
    user = Person(admin.home, sandbox.control("user-keys", account=ACCOUNT, name="deployer"))
    assert user.env["AWS_ACCESS_KEY_ID"].startswith("AKIA")
    at_sts = {**user.env, "AWS_ENDPOINT_URL_STS": sandbox.env["AWS_ENDPOINT_URL_STS"]}
    who = user.home.aws("sts", "get-caller-identity", env=at_sts).json()
    assert who["Arn"] == made["arn"] and who["UserId"].startswith("AIDA")
    config_map = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        "data": {"mapUsers": f"- userarn: {made['arn']}\n  username: from-map\n  groups: [viewers]\n"},
    }  # fmt: skip
    assert "Unauthorized" in user("auth", "whoami", code=1).err
    admin("apply", "-f", "-", input=json.dumps(config_map))
    assert user("auth", "whoami", "-o", "json").json()["status"]["userInfo"]["username"] == "from-map"
    admin.home.aws("eks", "create-access-entry", "--cluster-name", CLUSTER, "--principal-arn", made["arn"], env=admin.env)
    info = user("auth", "whoami", "-o", "json").json()["status"]["userInfo"]
    assert (info["username"], info["groups"]) == (made["arn"], ["system:authenticated"]), "the entry hides the map"

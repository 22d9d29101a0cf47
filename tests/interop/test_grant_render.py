"""`nsaccess grant render`, judged by those that it is for: kubectl, the AWS CLI, a parser of HCL, the fields of eksctl,
a linter of IAM policies. What is applied gives the developer what the preset says, and nothing else."""

import json
import re
from pathlib import Path

import hcl2
import parliament
import pytest
import yaml
from conftest import ACCOUNT, CLUSTER, DATA, NAME, NAMESPACE, REGION, VENV_BIN

PRESETS = ("floor", "viewer", "developer", "admin")
DOCS = Path(__file__).parent.parent.parent / "docs"
WHERE = ("--account", ACCOUNT, "--cluster", CLUSTER, "--region", REGION)
SET = f"permission-set:{NAME}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/teams/deployers"

FILE = f"""
preset: viewer
grants:
  - namespaces: [{NAMESPACE}, shop-dev]
    to: ["{SET}", "{ROLE}"]
    create_namespace: true
  - {{namespace: pay-dev, to: "{ROLE}", policy: AmazonEKSViewPolicy}}
  - {{namespace: shop-dev, to: "arn:aws:iam::{ACCOUNT}:user/teams/ada", preset: admin, for: 8h}}
  - namespace: pay-dev
    to: "{ROLE}"
    rules: [{{apiGroups: ["apps"], resources: [deployments], resourceNames: ['odd "${{name}}" %{{x}}\\'], verbs: [get]}}]
"""


def render(home, *words, **options):
    return home.nsaccess("grant", "render", *words, **options).out


def render_one(home, *words, **options):
    return render(home, NAMESPACE, "--to", SET, *WHERE, *words, **options)


@pytest.fixture
def file(home):
    (home.path / "grants.yaml").write_text(FILE)
    return ("--from", "grants.yaml", *WHERE)


@pytest.fixture
def admin(home):
    """The environment of an administrator, with a kubeconfig of the AWS CLI's."""
    env = {**home.sandbox.control("administrator", account=ACCOUNT), "KUBECONFIG": str(home.path / "admin")}
    # With an endpoint of its own the AWS CLI signs for the region that it is told, and not for IAM's only one.
    (home.commands / "aws").write_text(
        f'#!/bin/sh\nif [ "$1" = iam ]; then set -- "$@" --region us-east-1; fi\nexec "{VENV_BIN}/aws" "$@"\n'
    )
    # Tokens are signed for the STS of AWS, without asking it.
    env["AWS_ENDPOINT_URL_STS"] = None
    home.aws("eks", "update-kubeconfig", "--region", REGION, "--name", CLUSTER, "--kubeconfig", home.path / "admin", env=env)
    return env


def may(home, *words):
    """What kubectl says of a developer's right in the namespace."""
    return home.kubectl("auth", "can-i", *words, "-n", NAMESPACE, code=None).out.strip()


def rights(home):
    return {
        right: may(home, *right.split())
        for right in ("get pods", "list pods", "get pods/log", "create pods/exec", "delete deployments", "get secrets")
    }


EXPECTED = {
    "viewer": ("yes", "yes", "yes", "no", "no", "no"),
    "admin": ("yes", "yes", "yes", "yes", "yes", "yes"),
}


# --- kubectl


def test_kubectl_and_the_server_take_the_manifests_of_every_preset(home, admin):
    grants = [{"namespace": f"team-{preset}", "to": SET, "preset": preset} for preset in PRESETS]
    (home.path / "grants.yaml").write_text(json.dumps({"create_namespace": True, "for": "8h", "grants": grants}))
    manifests = render(home, "--from", "grants.yaml", *WHERE, "--with-expiry-job", "--format", "manifests")
    kinds = {document["kind"] for document in yaml.safe_load_all(manifests)}
    assert kinds == {"Namespace", "Role", "RoleBinding", "CronJob", "ServiceAccount"}
    home.kubectl("create", "--dry-run=client", "-f", "-", input=manifests, env=admin)
    for _ in range(2):
        home.kubectl("apply", "--server-side", "--field-manager=nsaccess", "-f", "-", input=manifests, env=admin)


def test_kustomize_builds_the_folder(home, file):
    render(home, *file, "--format", "kustomize", "--out", "access")
    built = list(yaml.safe_load_all(home.kubectl("kustomize", "access").out))
    plain = list(yaml.safe_load_all(render(home, *file, "--format", "manifests")))

    def key(document):
        return (document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"])

    def without_times(documents):
        for document in documents:
            document["metadata"].get("annotations", {}).pop("nsaccess/until", None)
        return sorted(documents, key=lambda document: list(map(str, key(document))))

    assert without_times(built) == without_times(plain) and len(built) > 8


# --- The AWS CLI


def apply(home, admin, script, code=0):
    """Runs a script. It starts the AWS CLI a dozen times, which takes its time where others work, too."""
    return home.run("sh", "-", input=script, env=admin, code=code, timeout=240)


def test_the_script_gives_what_the_preset_says_and_can_run_again(home, admin):
    arn = home.sandbox.control("mint", account=ACCOUNT, permission_set=NAME)["role_arn"]
    entry = ("--region", REGION, "--cluster-name", CLUSTER, "--principal-arn", arn)
    home.aws("eks", "delete-access-entry", *entry, env=admin)
    for preset, expected in EXPECTED.items():
        script = render_one(home, "--preset", preset, "--format", "aws-cli")
        apply(home, admin, script)
        home.login(NAMESPACE)
        assert tuple(rights(home).values()) == expected
    apply(home, admin, script)
    found = described(home, admin, arn)
    assert found["kubernetesGroups"] == [group(script)] and found["tags"] == {"managed-by": "nsaccess"}
    # What is bound to another Role is bound anew.
    bindings = home.kubectl("get", "rolebindings", "-n", NAMESPACE, "-o", "json", env=admin).json()["items"]
    roles = [item["roleRef"]["name"] for item in bindings if item["subjects"][0]["name"] == group(script)]
    assert roles == ["admin"]


def described(home, admin, arn):
    words = ("--region", REGION, "--cluster-name", CLUSTER, "--principal-arn", arn)
    return home.aws("eks", "describe-access-entry", *words, env=admin).json()["accessEntry"]


def group(text):
    return re.search(rf"nsaccess:{NAMESPACE}:[a-z0-9-]+", text)[0]


def test_the_script_keeps_what_others_gave(home, admin):
    home.sandbox.control("role", account=ACCOUNT, name="deployers", path="/teams/")
    entry = ("--region", REGION, "--cluster-name", CLUSTER, "--principal-arn", ROLE)
    home.aws("eks", "create-access-entry", *entry, "--kubernetes-groups", "theirs", env=admin)
    view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    scope = ("--policy-arn", view, "--access-scope", "type=namespace,namespaces=theirs")
    home.aws("eks", "associate-access-policy", *entry, *scope, env=admin)
    for words in (("--preset", "floor"), ("--policy", "AmazonEKSViewPolicy", "--for", "8h")):
        script = render(home, NAMESPACE, "--to", ROLE, *WHERE, *words, "--format", "aws-cli")
        apply(home, admin, script)
    found = described(home, admin, ROLE)
    assert found["kubernetesGroups"][0] == "theirs" and len(found["kubernetesGroups"]) == 2
    assert list(found["tags"]) == [f"nsaccess/{NAMESPACE}"]
    (policy,) = home.aws("eks", "list-associated-access-policies", *entry, env=admin).json()["associatedAccessPolicies"]
    assert sorted(policy["accessScope"]["namespaces"]) == sorted([NAMESPACE, "theirs"])
    # A policy in the whole cluster is not made smaller.
    scope = ("--policy-arn", view, "--access-scope", "type=cluster")
    home.aws("eks", "associate-access-policy", *entry, *scope, env=admin)
    done = apply(home, admin, script)
    assert "in the whole cluster already" in done.err
    (policy,) = home.aws("eks", "list-associated-access-policies", *entry, env=admin).json()["associatedAccessPolicies"]
    assert policy["accessScope"]["type"] == "cluster"


def test_a_permission_set_without_a_role_stops_the_script(home, admin):
    script = render(home, NAMESPACE, "--to", "permission-set:nobody", *WHERE, "--format", "aws-cli")
    done = apply(home, admin, script, code=1)
    assert "the permission set nobody has no role in this account" in done.err


def test_the_script_for_aws_auth_looks_and_says_what_is_missing(home, admin):
    script = render_one(home, "--via", "aws-auth", "--format", "aws-cli")
    done = apply(home, admin, script, code=1)
    item = yaml.safe_load(done.err.split("--namespace kube-system\n", 1)[1])[0]
    arn = home.sandbox.control("mint", account=ACCOUNT, permission_set=NAME)["role_arn"]
    name = arn.rsplit("/", 1)[1]
    assert item["rolearn"] == f"arn:aws:iam::{ACCOUNT}:role/{name}"
    assert item["username"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{{{{SessionName}}}}"
    assert item["groups"] == [group(script)]
    home.sandbox.cluster("aws-auth", map_roles=yaml.safe_dump([item]))
    apply(home, admin, script)


# --- Terraform


def plain(value):
    """Values without the quotes that the parser keeps, and templates as Terraform would read them."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items() if key != "__is_block__"}
    if isinstance(value, str) and value.startswith('"') and value.endswith('"'):
        return value[1:-1]
    return value


def resources(text):
    """Resources by kind and name."""
    found = {}
    for block in plain(hcl2.loads(text))["resource"]:
        for kind, named in block.items():
            for name, body in named.items():
                assert (kind, name) not in found, f"{kind}.{name} is there twice"
                found[kind, name] = body
    return found


def test_terraform_reads_what_kubernetes_gets(home, file):
    text = render(home, *file, "--format", "terraform")
    found = resources(text)
    kinds = {"Namespace": "kubernetes_namespace_v1", "Role": "kubernetes_role_v1", "RoleBinding": "kubernetes_role_binding_v1"}
    manifests = list(yaml.safe_load_all(render(home, *file, "--format", "manifests")))
    names = sorted((kinds[document["kind"]], document["metadata"]["name"]) for document in manifests)
    assert names == sorted((kind, body["metadata"][0]["name"]) for (kind, _), body in found.items() if kind in kinds.values())
    entries = [body for (kind, _), body in found.items() if kind == "aws_eks_access_entry"]
    groups = {name for body in entries for name in body["kubernetes_groups"]}
    assert groups == {document["subjects"][0]["name"] for document in manifests if document["kind"] == "RoleBinding"}
    # Every reference leads to a resource of the text.
    for kind, name in re.findall(r"[^\w.\"]((?:aws|kubernetes)_\w+)\.([\w-]+)\.(?:metadata|principal_arn|cluster_name)", text):
        assert (kind, name) in found
    assert hcl2.loads(text)["data"], "the role of a permission set is looked up"


def test_terraform_has_only_arguments_that_the_providers_have(home, file):
    known = json.loads((DATA / "grant_render" / "terraform_arguments.json").read_text())

    def check(where, body):
        for name, value in body.items():
            assert name in known[where], f"{where} has no {name}"
            if isinstance(value, list) and value and isinstance(value[0], dict):
                for block in value:
                    check(f"{where}.{name}", block)

    for (kind, _), body in resources(render(home, *file, "--format", "terraform")).items():
        check(kind, body)


# --- eksctl


def test_eksctl_knows_every_field(home, file):
    (home.path / "grants.yaml").write_text(FILE.replace(f'"{SET}", ', ""))
    known = json.loads((DATA / "grant_render" / "eksctl_fields.json").read_text())

    def check(kind, value):
        for name, inner in value.items():
            assert name in known[kind], f"{kind} has no {name}"
            of = known[kind][name]
            for one in inner if isinstance(inner, list) else [inner]:
                assert isinstance(one, dict) == (of in known), f"{kind}.{name} is a {of}"
                if of in known:
                    check(of, one)

    config = yaml.safe_load(render(home, *file, "--format", "eksctl"))
    check("ClusterConfig", config)
    assert len(config["accessConfig"]["accessEntries"]) == 2
    (home.path / "grants.yaml").write_text("\n".join(line for line in FILE.splitlines() if "policy:" not in line).replace(f'"{SET}", ', ""))
    config = yaml.safe_load(render(home, *file, "--via", "aws-auth", "--format", "eksctl"))
    check("ClusterConfig", config)
    assert len(config["iamIdentityMappings"]) == 2


# --- IAM


def findings(text, is_trust=False):
    """What parliament finds, but for what it does not know."""
    (eks,) = [service for service in parliament.iam_definition if service["prefix"] == "eks"]
    (entry,) = [resource for resource in eks["resources"] if resource["resource"] == "access-entry"]

    def is_known(finding):
        # It judges policies of identities: a trust policy has a principal in the place of the resource.
        if is_trust and "neither Resource nor NotResource" in finding:
            return True
        # Keys of the entry that is there are listed at the resource, where it does not look.
        return any(f"Unknown condition {key} for action eks:" in finding for key in entry["condition_keys"])

    found = map(str, parliament.analyze_policy_string(text).findings)
    return [finding for finding in found if not is_known(finding)]


def test_a_linter_finds_nothing_in_the_policies(home, file):
    render(home, *file, "--format", "iam", "--out", "iam")
    files = sorted((home.path / "iam").iterdir())
    assert len(files) == 5
    for path in files:
        assert findings(path.read_text(), "trust" in path.name) == [], path.name
    # So that it is known to look.
    wrong = (home.path / "iam" / files[0].name).read_text().replace("eks:DescribeCluster", "eks:DescribeClutser")
    assert findings(wrong)


def test_a_linter_finds_nothing_in_the_policies_of_the_documents():
    blocks = re.findall(r"```json\n(.*?)```", (DOCS / "grant.md").read_text(), re.S)
    assert len(blocks) == 2
    for block in blocks:
        assert findings(block) == []


def test_the_roles_of_the_documents_are_roles(home, admin):
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / "grant.md").read_text(), re.S)
    assert len(blocks) == 2
    for block in blocks:
        home.kubectl("create", "--dry-run=client", "-f", "-", input=block, env=admin)

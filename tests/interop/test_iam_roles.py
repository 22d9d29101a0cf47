"""Access by an IAM role, and by a user's own keys: what `login` writes, as the AWS CLI, boto3 and kubectl read it."""

import json

import pytest
from conftest import ACCOUNT, CLUSTER, NAME, NAMESPACE, REGION
from test_moto import MAKE_CLUSTERS, moto  # noqa: F401, a fixture
from test_eks_token import environment
from test_sandbox_roles import ADA, DEVS, LOOK, Ada, policy

WHOAMI = """
import boto3
tell(boto3.Session(profile_name=sys.argv[1]).client("sts", region_name="eu-west-1").get_caller_identity()["Arn"])
"""


def write_keys(home, keys):
    folder = home.aws_config.parent
    folder.mkdir(exist_ok=True)
    (folder / "credentials").write_text(
        f"[corp]\naws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n"
    )


@pytest.fixture
def ada(sandbox, home):
    """The user of the guides: keys in the profile corp, and a cluster that maps the role and the user in aws-auth."""
    ada = Ada(sandbox)
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    sandbox.control("user", account=ACCOUNT, name="ada", policy=policy(LOOK, may))
    keys = sandbox.control("user-keys", account=ACCOUNT, name="ada")
    write_keys(home, keys)
    ada.key_id = keys["AWS_ACCESS_KEY_ID"]
    groups = f"  groups: [{NAME}]\n"
    sandbox.control(f"cluster/{CLUSTER}/aws-auth", data={
        "mapRoles": f"- rolearn: {DEVS}\n  username: developer\n{groups}",
        "mapUsers": f"- userarn: {ADA}\n  username: ada\n{groups}",
    })  # fmt: skip
    return ada


def by_role(home, *more):
    place = ("--cluster", CLUSTER, "--region", REGION)
    return home.nsaccess("login", NAMESPACE, "--source-profile", "corp", *place, *more)


def test_the_aws_cli_and_boto3_act_as_the_role_of_the_profile(sandbox, home, ada):
    ada.role(external_id="corp-1", max_session_duration=7200)
    by_role(home, "--role-arn", DEVS, "--external-id", "corp-1", "--session-name", "ada.l", "--duration", "2h")
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/k8s-devs-role/ada.l"
    before = sandbox.calls("AssumeRole")
    assert json.loads(home.aws("sts", "get-caller-identity", "--profile", NAME).out)["Arn"] == session
    assert sandbox.calls("AssumeRole") == before, "the AWS CLI uses the session that login kept"
    assert home.python(WHOAMI, NAME) == session
    assert home.aws("configure", "get", "region", "--profile", NAME).out.strip() == REGION
    assert home.aws("configure", "get", "duration_seconds", "--profile", NAME).out.strip() == "7200"


def test_a_session_that_the_aws_cli_assumed_serves_us(sandbox, home, ada):
    by_role(home, "--role-arn", DEVS)
    home.nsaccess("logout")
    home.aws("sts", "get-caller-identity", "--profile", NAME)
    before = sandbox.calls("AssumeRole")
    home.nsaccess("token", NAMESPACE)
    assert sandbox.calls("AssumeRole") == before


def test_kubectl_works_with_the_context(home, ada):
    by_role(home, "--role-arn", DEVS)
    assert home.kubectl("get", "pod", "web-0", "-o", "name").out.strip() == "pod/web-0"
    assert home.kubectl("config", "current-context").out.strip() == NAME
    assert "developer" in home.kubectl("auth", "whoami").out


def test_kubectl_works_as_the_user_itself(home, ada):
    by_role(home)
    assert home.kubectl("get", "pod", "web-0", "-o", "name").out.strip() == "pod/web-0"
    written = "".join(path.read_text() for path in (home.path / ".cache").rglob("*.json"))
    assert ada.key_id not in written and "AKIA" not in written


def test_the_console_signs_in_and_leads_to_the_page(sandbox, home, ada):
    by_role(home, "--role-arn", DEVS)
    url = home.nsaccess("console", "--print", "--service", "eks").out.strip()
    page = home.python(
        """
        import urllib.request, urllib.error
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *args): return None
        try:
            urllib.request.build_opener(Stay).open(sys.argv[1])
        except urllib.error.HTTPError as answer:
            tell([answer.code, answer.headers["location"]])
        """,
        url,
    )
    assert page == [302, f"https://{REGION}.console.aws.amazon.com/eks/clusters/{CLUSTER}?region={REGION}"]


def test_a_login_assumes_a_role_at_motos_sts(home, moto):  # noqa: F811
    home.python(MAKE_CLUSTERS, REGION, "demo", env=environment("session"))
    write_keys(home, {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"})
    role = "arn:aws:iam::123456789012:role/deployer"
    words = ("--cluster", "demo", "--region", REGION, "--external-id", "corp-1", "--duration", "1h", "--no-verify")
    home.nsaccess("login", NAMESPACE, "--role-arn", role, "--source-profile", "corp", *words)
    assert home.python(WHOAMI, NAME).startswith("arn:aws:sts::123456789012:assumed-role/deployer/")
    assert json.loads(home.nsaccess("credentials", NAMESPACE).out)["SessionToken"]
    home.nsaccess("login", "other", "--source-profile", "corp", "--cluster", "demo", "--region", REGION, "--no-verify")
    assert json.loads(home.nsaccess("credentials", "other").out)["SessionToken"]

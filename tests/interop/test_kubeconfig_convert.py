"""`kubeconfig convert` on what `aws eks update-kubeconfig` writes, judged by kubectl: the same access, and the way back."""

import copy
import json

import pytest
from conftest import ACCOUNT, CLUSTER, NAME, NAMESPACE, REGION
from test_kubeconfig import ARN, view
from test_sandbox_roles import DEVS, Ada

# The AWS CLI would put the endpoint of the environment into its token, which no cluster accepts.
REAL_STS = {"AWS_ENDPOINT_URL_STS": None}
POD = ("-n", NAMESPACE, "get", "pod", "web-0", "-o", "name")


def update_kubeconfig(home, *words, **options):
    home.aws("eks", "update-kubeconfig", "--name", CLUSTER, "--region", REGION, *words, **options)


def convert(home, *words, **options):
    document = home.nsaccess("kubeconfig", "convert", *words, "-o", "json", **options).json()
    return {row["context"]: row["result"] for row in document["contexts"]}


def without_calls(view):
    """The kubeconfig without what a conversion may change."""
    rest = copy.deepcopy(view)
    for user in rest["users"]:
        for field in ("apiVersion", "command", "args"):
            user["user"].get("exec", {}).pop(field, None)
    return rest


@pytest.fixture
def theirs(signed_in):
    """A home that is signed in, whose kubeconfig is the AWS CLI's alone."""
    signed_in.kubeconfig.unlink()
    update_kubeconfig(signed_in, "--profile", NAME)
    update_kubeconfig(signed_in, "--profile", NAME, "--alias", "short", "--user-alias", "me")
    return signed_in


def test_kubectl_gets_the_same_before_and_after_and_the_bytes_come_back(theirs):
    before, text = view(theirs), theirs.kubeconfig.read_bytes()
    for context in (ARN, "short"):
        assert theirs.kubectl("--context", context, *POD, env=REAL_STS).out == "pod/web-0\n"
    who = ("auth", "whoami", "-o", "json")
    was = theirs.kubectl(*who, env=REAL_STS).json()["status"]["userInfo"]["username"]
    assert convert(theirs, "--all") == {ARN: "converted", "short": "converted"}
    assert without_calls(view(theirs)) == without_calls(before)
    # Without the AWS CLI, and once the credentials are there without a call.
    (theirs.commands / "aws").unlink()
    for context in (ARN, "short"):
        assert theirs.kubectl("--context", context, *POD).out == "pod/web-0\n"
    calls = theirs.sandbox.calls("GetRoleCredentials")
    for context in (ARN, "short"):
        theirs.kubectl("--context", context, *POD)
    assert theirs.sandbox.calls("GetRoleCredentials") == calls
    assert theirs.kubectl(*who).json()["status"]["userInfo"]["username"] == was
    assert convert(theirs, "--all") == {ARN: "unchanged", "short": "unchanged"}
    assert convert(theirs, "--revert", "--all") == {ARN: "reverted", "short": "reverted"}
    assert theirs.kubeconfig.read_bytes() == text


def test_only_the_context_that_is_named(theirs):
    before = {user["name"]: user for user in view(theirs)["users"]}
    assert convert(theirs, "--context", "short") == {"short": "converted"}
    after = {user["name"]: user for user in view(theirs)["users"]}
    assert after[ARN] == before[ARN] and after["me"] != before["me"]
    assert after["me"]["user"]["exec"]["env"] == [{"name": "AWS_PROFILE", "value": NAME}]


def test_keys_in_the_environment_go_before_the_profile_of_env_as_before(theirs):
    """botocore looks at AWS_PROFILE after the keys, and at --profile before them."""
    keys = theirs.sandbox.control("mint", account=ACCOUNT, permission_set="idp-ns-idp-test")
    env = {"AWS_ACCESS_KEY_ID": keys["access_key_id"], "AWS_SECRET_ACCESS_KEY": keys["secret_access_key"],
           "AWS_SESSION_TOKEN": keys["session_token"]}  # fmt: skip
    who = ("auth", "whoami", "-o", "json")
    was = [theirs.kubectl(*who, env={**REAL_STS, **more}).json()["status"]["userInfo"]["groups"] for more in ({}, env)]
    assert was[0] != was[1]
    convert(theirs, "--all")
    now = [theirs.kubectl(*who, env=more).json()["status"]["userInfo"]["groups"] for more in ({}, env)]
    assert now == was


def test_the_aws_cli_writes_its_entry_anew_and_it_is_converted_again(theirs):
    convert(theirs, "--all")
    update_kubeconfig(theirs, "--profile", NAME)
    # It replaces the user, and writes the rest of the file in its own way.
    commands = {user["name"]: user["user"]["exec"]["command"] for user in view(theirs)["users"]}
    assert commands[ARN] == "aws" and commands["me"].endswith("/nsaccess")
    for context in (ARN, "short"):
        theirs.kubectl("--context", context, *POD, env=REAL_STS)
    assert convert(theirs, "--revert", "--context", ARN) == {ARN: "unchanged"}
    assert convert(theirs, "--all") == {ARN: "converted", "short": "unchanged"}
    theirs.kubectl("--context", ARN, *POD)


def test_after_kubectl_wrote_the_file_anew_the_old_values_come_back(theirs):
    before = view(theirs)
    convert(theirs, "--all")
    theirs.kubectl("config", "set-context", "new", "--cluster=c", "--user=u")
    assert convert(theirs, "--revert", "--all") == {ARN: "reverted", "short": "reverted"}
    theirs.kubectl("config", "delete-context", "new")
    # kubectl writes out what it takes for the defaults.
    after = view(theirs)
    assert after["users"] == before["users"] and after["contexts"] == before["contexts"]
    theirs.kubectl("--context", "short", *POD, env=REAL_STS)


def test_a_role_is_assumed_by_the_name_that_the_aws_cli_gives(sandbox, home):
    ada = Ada(sandbox)
    ada.profiles(home)
    mapped = f"- rolearn: {DEVS}\n  username: dev:{{{{SessionName}}}}\n  groups: [{NAME}]\n"
    sandbox.control(f"cluster/{CLUSTER}/aws-auth", data={"mapRoles": mapped})
    home.aws("eks", "update-kubeconfig", "--name", CLUSTER, "--region", REGION, "--profile", "devs", "--alias", "by-profile")
    # The user may not describe the cluster, which `--role-arn` of `update-kubeconfig` would do as her: what it would write.
    args = view(home)["users"][0]["user"]["exec"]["args"]
    home.kubectl("config", "set-credentials", "by-role", "--exec-api-version=client.authentication.k8s.io/v1beta1",
                 "--exec-command=aws", *(f"--exec-arg={arg}" for arg in [*args, "--role", DEVS]), "--exec-env=AWS_PROFILE=corp")  # fmt: skip
    home.kubectl("config", "set-context", "by-role", f"--cluster={ARN}", "--user=by-role")
    assert convert(home, "--all") == {"by-profile": "converted", "by-role": "converted"}
    shown = home.nsaccess("kubeconfig", "convert", "--context", "by-role", "-o", "json").json()["contexts"][0]
    assert (shown["role_arn"], shown["cluster"], shown["region"]) == (DEVS, CLUSTER, REGION)
    who = home.kubectl("--context", "by-role", "auth", "whoami", "-o", "json").json()["status"]["userInfo"]
    assert who["username"] == "dev:EKSGetTokenAuth" and NAME in who["groups"]
    chained = home.kubectl("--context", "by-profile", "auth", "whoami", "-o", "json").json()["status"]["userInfo"]
    assert chained["username"].startswith("dev:")


def test_the_external_id_and_the_session_name_of_the_authenticator(sandbox, home):
    ada = Ada(sandbox)
    ada.role(external_id="corp-1")
    ada.profiles(home)
    mapped = f"- rolearn: {DEVS}\n  username: dev:{{{{SessionName}}}}\n  groups: [{NAME}]\n"
    sandbox.control(f"cluster/{CLUSTER}/aws-auth", data={"mapRoles": mapped})
    admin = sandbox.control("administrator", account=ACCOUNT)
    update_kubeconfig(home, env={"AWS_SESSION_TOKEN": None, **admin})
    args = ("token", "--cluster-id", CLUSTER, "-r", DEVS, "-e", "corp-1", "-s", "ada", "--region", REGION)
    home.kubectl("config", "set-credentials", ARN, "--exec-command=aws-iam-authenticator", "--exec-env=AWS_PROFILE=corp",
                 "--exec-api-version=client.authentication.k8s.io/v1beta1", *(f"--exec-arg={arg}" for arg in args))  # fmt: skip
    assert convert(home, "--context", ARN) == {ARN: "converted"}
    who = home.kubectl("auth", "whoami", "-o", "json").json()["status"]["userInfo"]
    assert who["username"] == "dev:ada" and NAME in who["groups"]
    assumed = sandbox.calls("AssumeRole")
    home.kubectl("auth", "whoami")
    assert sandbox.calls("AssumeRole") == assumed


def test_what_eksctl_writes_for_the_authenticator(theirs):
    """pkg/utils/kubeconfig/kubeconfig.go: the region and the profile are in env."""
    env = {"AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_DEFAULT_REGION": REGION, "AWS_PROFILE": NAME}
    theirs.kubectl("config", "set-credentials", "ada@eksctl", "--exec-api-version=client.authentication.k8s.io/v1beta1",
                   "--exec-command=aws-iam-authenticator", "--exec-arg=token", "--exec-arg=-i", f"--exec-arg={CLUSTER}",
                   *(f"--exec-env={name}={value}" for name, value in env.items()))  # fmt: skip
    theirs.kubectl("config", "set-context", "ada@eksctl", f"--cluster={ARN}", "--user=ada@eksctl")
    assert convert(theirs, "--context", "ada@eksctl") == {"ada@eksctl": "converted"}
    user = next(user for user in view(theirs)["users"] if user["name"] == "ada@eksctl")
    assert user["user"]["exec"]["args"] == ["token", "--cluster-name", CLUSTER, "--region", REGION]
    assert {entry["name"]: entry["value"] for entry in user["user"]["exec"]["env"]} == env
    assert theirs.kubectl("--context", "ada@eksctl", *POD).out == "pod/web-0\n"


def test_an_api_version_that_kubectl_no_longer_takes(theirs):
    text = theirs.kubeconfig.read_text()
    old = text.replace("client.authentication.k8s.io/v1beta1", "client.authentication.k8s.io/v1alpha1")
    theirs.kubeconfig.write_text(old)
    refused = theirs.kubectl("--context", "short", *POD, env=REAL_STS, code=None)
    assert refused.code != 0 and "v1alpha1" in refused.err
    convert(theirs, "--all")
    theirs.kubectl("--context", "short", *POD)
    convert(theirs, "--revert", "--all")
    assert theirs.kubeconfig.read_text() == old


def test_what_is_kept_is_private_json(theirs):
    convert(theirs, "--all")
    kept = theirs.path / ".config" / "nsaccess" / "converted.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    users = json.loads(kept.read_text())["users"]
    assert {user["user"]: user["before"]["command"] for user in users} == {ARN: "aws", "me": "aws"}

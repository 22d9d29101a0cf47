"""Roles that `nsaccess assume-irsa` assumes: what it exports and the profiles that it writes, used by boto3 and the AWS CLI
against the sandbox; and `--role-arn` at moto's STS, which was not written here."""

import json
import sys

import pytest
from conftest import ACCOUNT, CLUSTER, NAME, NAMESPACE, REGION
from test_moto import login, moto  # noqa: F401, fixtures

PROFILE = "idp-irsa-idp-dev-"
SECRET = ["secretsmanager", "get-secret-value", "--secret-id", "demo/billing/dynamodb", "--query", "SecretString"]


def arn(name):
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/idp-demo-{name}/ada@example.com"


def grant(sandbox, *more):
    """Workloads may be seen, and whatever else is named as (group, resource, verb)."""
    rules = [{"apiGroups": ["", "apps", "batch"], "resources": ["pods", "serviceaccounts", "deployments", "jobs"], "verbs": ["get"]}]
    rules += [{"apiGroups": [group], "resources": [resource], "verbs": [verb]} for group, resource, verb in more]
    sandbox.control(f"cluster/{CLUSTER}/object", apiVersion="rbac.authorization.k8s.io/v1", kind="Role",
                    metadata={"name": "idp-ns-floor", "namespace": NAMESPACE}, rules=rules)  # fmt: skip


WHO = "import boto3; tell(boto3.client('sts').get_caller_identity()['Arn'])"


def test_a_written_profile_serves_boto3_and_the_aws_cli(sandbox, signed_in):
    grant(sandbox)
    signed_in.nsaccess("assume-irsa", "deploy/billing", "--profile", "--duration", "20m")
    profile = PROFILE + "billing"
    assert signed_in.who(profile)["Arn"] == arn("billing")
    assert signed_in.aws("--profile", profile, "sts", "get-caller-identity").json()["Arn"] == arn("billing")
    assert signed_in.aws("--profile", profile, *SECRET).json() == "sandbox-of-the-role"
    assert signed_in.aws("configure", "get", "region", "--profile", profile).out.strip() == REGION
    left = signed_in.python(
        """
        import boto3, datetime
        credentials = boto3.Session(profile_name=sys.argv[1]).get_credentials()
        credentials.get_frozen_credentials()
        tell((credentials._expiry_time - datetime.datetime.now(datetime.timezone.utc)).total_seconds())
        """,
        profile,
    )
    assert 1100 < left <= 1200, "duration_seconds counts"
    # The caller's own profile still cannot.
    assert "AccessDenied" in signed_in.aws("--profile", NAME, *SECRET, code=None).err


def test_a_profile_by_token_is_a_credential_process_that_boto3_and_the_aws_cli_run(sandbox, signed_in):
    grant(sandbox, ("", "serviceaccounts/token", "create"))
    signed_in.nsaccess("assume-irsa", "job/reports", "--profile")
    profile = PROFILE + "reports"
    assert "credential_process" in signed_in.aws_config.read_text()
    assert signed_in.who(profile)["Arn"] == arn("reports")
    assert signed_in.aws("--profile", profile, "sts", "get-caller-identity").json()["Arn"] == arn("reports")
    assert sandbox.calls("AssumeRoleWithWebIdentity") == 1, "the cache serves them all"
    # It renews itself: AWS no longer takes the session, and the next process after its end gets another.
    (stored,) = (signed_in.path / ".cache/nsaccess/v1/roles").iterdir()
    file = json.loads(stored.read_text())
    stored.write_text(json.dumps(file | {"obtained_at": "2020-01-01T00:00:00Z", "expires_at": "2020-01-01T01:00:00Z"}))
    assert signed_in.who(profile)["Arn"] == arn("reports")
    assert sandbox.calls("AssumeRoleWithWebIdentity") == 2


def test_a_program_on_a_path_with_blanks_is_found_by_both(sandbox, signed_in):
    grant(sandbox, ("", "serviceaccounts/token", "create"))
    folder = signed_in.path / "my programs"
    folder.mkdir()
    (folder / "nsaccess").symlink_to(signed_in.commands / "nsaccess")
    path = {"PATH": f"{folder}:/usr/bin:/bin"}
    signed_in.run(folder / "nsaccess", "assume-irsa", "job/reports", "--profile", env=path)
    assert f'credential_process = "{folder}/nsaccess" assume-irsa' in signed_in.aws_config.read_text()
    assert signed_in.who(PROFILE + "reports")["Arn"] == arn("reports")
    assert signed_in.aws("--profile", PROFILE + "reports", "sts", "get-caller-identity").json()["Arn"] == arn("reports")


def test_the_files_stay_readable_for_others_and_other_profiles_work_on(sandbox, signed_in):
    before = signed_in.aws_config.read_text()
    signed_in.nsaccess("assume-irsa", "ledger-0", "--profile")
    assert signed_in.aws_config.read_text().startswith(before)
    assert signed_in.who()["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_{NAME}_")
    assert sorted(signed_in.python("import boto3; tell(boto3.Session().available_profiles)")) == [f"{PROFILE}ledger", NAME]


@pytest.mark.parametrize("profile", [None, "other"])
def test_a_command_is_the_role_whatever_the_environment_says(sandbox, signed_in, profile):
    env = {"AWS_PROFILE": profile, "AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "other", "AWS_SESSION_TOKEN": "other"}
    words = ["assume-irsa", "ledger-0", "--"]
    assert signed_in.nsaccess(*words, "aws", "sts", "get-caller-identity", env=env).json()["Arn"] == arn("ledger")
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'], boto3.Session().region_name)"
    done = signed_in.nsaccess(*words, sys.executable, "-c", script, env=env)
    assert done.out.split() == [arn("ledger"), REGION]
    refused = signed_in.nsaccess(*words, "aws", *SECRET, code=None)
    assert refused.code == 255 and arn("ledger") in refused.err, "what it may not do, its exit status tells"


def test_an_evaluated_export_is_the_role(sandbox, signed_in):
    script = 'eval "$(nsaccess assume-irsa ledger-0 --export=bash)" && aws sts get-caller-identity'
    assert signed_in.run("bash", "-c", script, env={"AWS_PROFILE": NAME}).json()["Arn"] == arn("ledger")


def test_a_credential_process_by_hand(sandbox, signed_in):
    signed_in.aws_config.write_text(
        signed_in.aws_config.read_text()
        + f"\n[profile by-hand]\ncredential_process = nsaccess assume-irsa ledger-0 -n {NAMESPACE} -o json\nregion = {REGION}\n"
    )
    assert signed_in.who("by-hand")["Arn"] == arn("ledger")
    assert signed_in.aws("--profile", "by-hand", "sts", "get-caller-identity").json()["Arn"] == arn("ledger")
    assert sandbox.calls("AssumeRole") == 1


def test_a_purge_leaves_what_the_aws_cli_reads(sandbox, signed_in):
    signed_in.nsaccess("assume-irsa", "ledger-0", "--profile")
    signed_in.nsaccess("logout", "--purge")
    assert signed_in.python("import boto3; tell(boto3.Session().available_profiles)") == []


def test_a_role_is_assumed_at_motos_sts(home, moto):  # noqa: F811, the fixture
    home.python(
        """
        import boto3
        boto3.client("eks", region_name="eu-west-1").create_cluster(
            name="demo", roleArn="arn:aws:iam::123456789012:role/eks", resourcesVpcConfig={"subnetIds": ["subnet-1"]})
        """,
        env={"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "any"},
    )
    login(home)
    words = ["assume-irsa", "--role-arn", "arn:aws:iam::123456789012:role/deployer", "-n", NAMESPACE]
    who = home.nsaccess(*words).out
    assert "arn:aws:sts::123456789012:assumed-role/deployer/" in who
    keys = home.nsaccess(*words, "-o", "json").json()
    assert keys["Version"] == 1 and keys["SessionToken"] and keys["Expiration"].endswith("Z")
    # Whose keys those are, moto knows.
    inside = home.nsaccess(*words, "--", "aws", "sts", "get-caller-identity").json()
    assert inside["Arn"] in who
    assert inside["Account"] == "123456789012"
    env = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"], "AWS_SESSION_TOKEN": keys["SessionToken"]}
    assert home.python(WHO, env=env | {"AWS_DEFAULT_REGION": REGION}) == inside["Arn"]
    short = home.nsaccess(*words, "-o", "json", "--duration", "15m").json()
    assert short["Expiration"] < keys["Expiration"]

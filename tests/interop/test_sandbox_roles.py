"""IAM users who assume roles in the sandbox, and the console's federation endpoint: judged by boto3 and the AWS CLI."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import ACCOUNT, CLUSTER, REGION
from sandbox_clients import client, refused

ADA = f"arn:aws:iam::{ACCOUNT}:user/ada"
DEVS = f"arn:aws:iam::{ACCOUNT}:role/k8s-devs-role"
WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
NO_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and "
    "associated with this user."
)
DENIED = f"User: {ADA} is not authorized to perform: sts:AssumeRole on resource: {DEVS}"
LOOK = {"Effect": "Allow", "Action": ["eks:DescribeCluster", "eks:ListClusters"], "Resource": "*"}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


class Ada:
    """An IAM user with a virtual MFA device, and a role that trusts her."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        sandbox.control("user", account=ACCOUNT, name="ada")
        self.env = sandbox.control("user-keys", account=ACCOUNT, name="ada")
        self.serial = sandbox.control("mfa-device", account=ACCOUNT, user="ada", name="phone")["serial"]
        self.role()

    def role(self, **more):
        self.sandbox.control("role", account=ACCOUNT, name="k8s-devs-role", trusts=[ADA], policy=policy(LOOK), **more)

    def keys(self):
        return {"AccessKeyId": self.env["AWS_ACCESS_KEY_ID"], "SecretAccessKey": self.env["AWS_SECRET_ACCESS_KEY"],
                "SessionToken": None}  # fmt: skip

    def code(self):
        return self.sandbox.control("mfa-codes", serial=self.serial)["codes"][0]

    def sts(self, keys=None):
        return client(self.sandbox, "sts", keys or self.keys())

    def assume(self, keys=None, **more):
        return self.sts(keys).assume_role(RoleArn=DEVS, RoleSessionName="ada", **more)

    def profiles(self, home, **more):
        """Profiles as people write them, with the user's keys in the file of credentials."""
        lines = {"role_arn": DEVS, "source_profile": "corp", "region": REGION, **more}
        devs = "".join(f"{name} = {value}\n" for name, value in lines.items())
        home.aws_config.parent.mkdir(exist_ok=True)
        home.aws_config.write_text(f"[profile corp]\nregion = {REGION}\n\n[profile devs]\n{devs}")
        (home.aws_config.parent / "credentials").write_text(
            f"[corp]\naws_access_key_id = {self.env['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {self.env['AWS_SECRET_ACCESS_KEY']}\n"
        )


@pytest.fixture
def ada(sandbox):
    return Ada(sandbox)


def test_a_role_wants_its_external_id(ada):
    ada.role(external_id="corp-1")
    assert ada.assume(ExternalId="corp-1")["AssumedRoleUser"]["Arn"].endswith(":assumed-role/k8s-devs-role/ada")
    for wrong in ({}, {"ExternalId": "corp-2"}):
        error = refused(lambda wrong=wrong: ada.assume(**wrong), "AccessDenied", DENIED)
        assert error.response["Error"]["Message"] == DENIED
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_code_is_good_once_and_for_its_own_user(sandbox, ada):
    ada.role(mfa=True)
    refused(ada.assume, "AccessDenied", DENIED)
    code = ada.code()
    assert ada.assume(SerialNumber=ada.serial, TokenCode=code)["Credentials"]["SessionToken"]
    for wrong in (code, "000000" if code != "000000" else "000001"):
        error = refused(lambda wrong=wrong: ada.assume(SerialNumber=ada.serial, TokenCode=wrong), "AccessDenied")
        assert error.response["Error"]["Message"] == WRONG_CODE
    both = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
    refused(lambda: ada.assume(SerialNumber=ada.serial), "AccessDenied", both)
    refused(lambda: ada.assume(TokenCode="123456"), "AccessDenied", both)
    refused(lambda: ada.assume(SerialNumber=ada.serial, TokenCode="abcdef"), "ValidationError", "at 'tokenCode'")
    sandbox.control("user-keys", account=ACCOUNT, name="bob")
    other = sandbox.control("mfa-device", account=ACCOUNT, user="bob", serial="GAHT12345678")["serial"]
    error = refused(lambda: ada.assume(SerialNumber=other, TokenCode="123456"), "AccessDenied")
    assert error.response["Error"]["Message"] == NO_DEVICE
    assert sandbox.calls("AssumeRole") == 8


def test_a_users_own_session_carries_its_code(ada):
    ada.role(mfa=True, max_session_duration=7200)
    session = ada.sts().get_session_token(SerialNumber=ada.serial, TokenCode=ada.code())["Credentials"]
    assert ada.sts(session).get_caller_identity()["Arn"] == ADA
    assert ada.assume(session)["Credentials"]
    words = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    refused(lambda: ada.assume(session, DurationSeconds=7200), "ValidationError", words)
    refused(ada.sts(session).get_session_token, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    without = ada.sts().get_session_token()["Credentials"]
    refused(lambda: ada.assume(without), "AccessDenied", DENIED)


def test_a_session_is_as_long_as_the_role_allows(sandbox, ada):
    ada.role(max_session_duration=7200)
    expires = ada.assume(DurationSeconds=7200)["Credentials"]["Expiration"].timestamp()
    assert 7190 <= expires - sandbox.control("clock")["now"] <= 7200
    words = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    refused(lambda: ada.assume(DurationSeconds=7201), "ValidationError", words)


def test_keys_that_are_no_longer_good(sandbox, ada):
    session = ada.sts().get_session_token()["Credentials"]
    sandbox.control("expire-role-credentials")
    refused(lambda: ada.assume(session), "ExpiredToken", "The security token included in the request is expired")
    assert ada.assume()["Credentials"]
    sandbox.control("disable-keys", access_key_id=ada.env["AWS_ACCESS_KEY_ID"])
    refused(ada.assume, "InvalidClientTokenId", "The security token included in the request is invalid.")


def test_across_accounts_the_caller_needs_a_policy_too(sandbox, ada):
    arn = "arn:aws:iam::444455556666:role/deployer"
    sandbox.control("role", account="444455556666", name="deployer", trusts=[f"arn:aws:iam::{ACCOUNT}:root"])

    def assume():
        return ada.sts().assume_role(RoleArn=arn, RoleSessionName="ada")

    refused(assume, "AccessDenied", f"User: {ADA} is not authorized to perform: sts:AssumeRole on resource: {arn}")
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    sandbox.control("user", account=ACCOUNT, name="ada", policy=policy(statement))
    ada.env = sandbox.control("user-keys", account=ACCOUNT, name="ada")
    assert assume()["AssumedRoleUser"]["Arn"] == "arn:aws:sts::444455556666:assumed-role/deployer/ada"


def test_the_aws_cli_assumes_the_role_of_a_profile_and_asks_for_the_code(sandbox, home, ada):
    ada.role(external_id="corp-1", mfa=True)
    ada.profiles(home, external_id="corp-1", mfa_serial=ada.serial, role_session_name="ada")

    def who(typed, **options):
        # Without a terminal of its own the AWS CLI reads the code from standard input.
        words = ("setsid", "--wait", "aws", "sts", "get-caller-identity", "--profile", "devs")
        return home.run(*words, input=f"{typed}\n", **options)

    done = who(ada.code())
    assert f"Enter MFA code for {ada.serial}" in done.err + done.out
    answer = json.loads(done.out[done.out.index("{"):])
    assert answer["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/k8s-devs-role/ada"
    assert sandbox.calls("AssumeRole") == 1
    # The AWS CLI keeps what it got.
    assert who("").code == 0 and sandbox.calls("AssumeRole") == 1
    for kept in (home.path / ".aws" / "cli" / "cache").iterdir():
        kept.unlink()
    failed = who("000000", code=None)
    assert failed.code != 0 and f"(AccessDenied) when calling the AssumeRole operation: {WRONG_CODE.strip()}" in failed.err
    ada.profiles(home, external_id="corp-2", mfa_serial=ada.serial, role_session_name="ada")
    failed = who(ada.code(), code=None)
    assert failed.code != 0 and DENIED in failed.err


def test_boto3_reads_the_same_profile(sandbox, home, ada):
    ada.role(mfa=True, max_session_duration=7200)
    ada.profiles(home, mfa_serial=ada.serial, duration_seconds=7200)
    arn = home.python(
        """
        import boto3, botocore.session
        session = botocore.session.Session(profile="devs")
        provider = session.get_component("credential_provider").get_provider("assume-role")
        provider._prompter = lambda prompt: sys.argv[1]
        tell(boto3.Session(botocore_session=session).client("sts").get_caller_identity()["Arn"])
        """,
        ada.code(),
    )
    assert arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/k8s-devs-role/botocore-session-")
    assert sandbox.calls("AssumeRole") == 1


@pytest.mark.parametrize("by", ["the role", "the user"])
def test_a_cluster_takes_the_role_and_the_user_by_aws_auth(sandbox, home, ada, by):
    sandbox.control("user", account=ACCOUNT, name="ada", policy=policy(LOOK))
    ada.env = sandbox.control("user-keys", account=ACCOUNT, name="ada")
    ada.profiles(home)
    profile = "devs" if by == "the role" else "corp"
    mapped = {
        "mapRoles": f"- rolearn: {DEVS}\n  username: dev:{{{{SessionName}}}}\n  groups: [idp-ns-idp-dev]\n",
        "mapUsers": f"- userarn: {ADA}\n  username: ada\n  groups: [idp-ns-idp-dev]\n",
    }
    keys = {"AWS_PROFILE": profile}
    home.aws("eks", "describe-cluster", "--name", CLUSTER, env=keys)
    home.aws("eks", "update-kubeconfig", "--name", CLUSTER, env=keys)
    if by == "the role":
        session = ada.assume()["Credentials"]
        keys = {"AWS_ACCESS_KEY_ID": session["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
                "AWS_SESSION_TOKEN": session["SessionToken"], "AWS_DEFAULT_REGION": REGION}  # fmt: skip
    # The AWS CLI takes the token's host from this variable, and a cluster accepts only the real one.
    keys["AWS_ENDPOINT_URL_STS"] = None
    token = home.aws("eks", "get-token", "--cluster-name", CLUSTER, env=keys).json()["status"]["token"]

    def who(**options):
        return home.kubectl("--token", token, "auth", "whoami", "-o", "json", **options)

    assert "Unauthorized" in who(code=1).err
    sandbox.control(f"cluster/{CLUSTER}/aws-auth", data=mapped)
    user = who().json()["status"]["userInfo"]
    assert user["username"] == ("dev:ada" if by == "the role" else "ada")
    assert "idp-ns-idp-dev" in user["groups"]


def federation(sandbox, **parameters):
    url = f"{sandbox.env['AWS_ENDPOINT_URL_SIGNIN']}/federation?{urllib.parse.urlencode(parameters)}"

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        with urllib.request.build_opener(Stay).open(url, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def session_of(keys):
    return json.dumps({"sessionId": keys["AccessKeyId"], "sessionKey": keys["SecretAccessKey"],
                       "sessionToken": keys["SessionToken"]})  # fmt: skip


def test_a_session_becomes_one_of_the_console(sandbox, ada):
    session = session_of(ada.assume()["Credentials"])
    status, _, body = federation(sandbox, Action="getSigninToken", SessionDuration=43200, Session=session)
    assert status == 200
    page = f"https://{REGION}.console.aws.amazon.com/eks/home?region={REGION}#/clusters/{CLUSTER}"
    token = json.loads(body)["SigninToken"]
    status, headers, _ = federation(sandbox, Action="login", Issuer="nsaccess", Destination=page, SigninToken=token)
    assert (status, headers["location"]) == (302, page)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/k8s-devs-role/ada"
    signed_in = {"caller_arn": arn, "destination": page, "issuer": "nsaccess", "seconds": 43200}
    assert sandbox.read("console")["console"] == [signed_in]
    assert (sandbox.calls("GetSigninToken"), sandbox.calls("ConsoleLogin")) == (1, 1)


def test_what_the_federation_endpoint_refuses(sandbox, ada):
    first = ada.assume()["Credentials"]
    trusts = [f"arn:aws:iam::{ACCOUNT}:role/k8s-devs-role"]
    sandbox.control("role", account=ACCOUNT, name="chained", trusts=trusts)
    arn = f"arn:aws:iam::{ACCOUNT}:role/chained"
    chained = ada.sts(first).assume_role(RoleArn=arn, RoleSessionName="ada")["Credentials"]
    own = ada.sts().get_session_token()["Credentials"]

    def ask(keys, **more):
        return federation(sandbox, Action="getSigninToken", Session=session_of(keys), **more)[0]

    assert (ask(first), ask(chained)) == (200, 200)
    assert ask(chained, SessionDuration=3600) == 400, "a chain of roles"
    assert (ask(first, SessionDuration=899), ask(first, SessionDuration=43201)) == (400, 400)
    assert (ask(ada.keys()), ask(own)) == (400, 400), "a user has the console's own sign-in"
    assert ask({**first, "SessionToken": "x"}) == 400
    sandbox.control("expire-role-credentials")
    assert ask(first) == 400

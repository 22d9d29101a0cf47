"""~/.aws/config: what boto3 and the AWS CLI read of others' sections is the same before and after we wrote ours."""

import configparser

import pytest
from conftest import ACCOUNT, NAME, NAMESPACE, REGION

RICH = """\
# mine -- keep the order!
[default]
region=us-west-2
output   =   json
s3 =
    max_concurrent_requests = 20
    addressing_style=path
; old style comment

[profile work]   ; a comment behind the header
role_arn = arn:aws:iam::123456789012:role/work
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me   # not a comment for everybody

[profile "with spaces"]
region = ap-southeast-2
\t
[profile base]
credential_process = /opt/bin/give --for "base" --x=#1
cli_pager =

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start/#/
sso_region = us-east-1
sso_registration_scopes = sso:account:access

[profile corp-dev]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev
services = local

[services local]
dynamodb =
  endpoint_url = http://127.0.0.1:8000
[preview]
cloudsearch=true
"""

VARIANTS = {
    "plain": RICH,
    "crlf": RICH.replace("\n", "\r\n"),
    "no-newline-at-the-end": RICH.rstrip("\n"),
    "blank-lines-at-the-end": RICH + "\n\n\n",
}

FULL_CONFIG = "import botocore.session; tell(botocore.session.Session().full_config)"


def read(home):
    """What botocore reads, without our profile and session."""
    config = home.python(FULL_CONFIG)
    ours = config["profiles"].pop(NAME, None)
    session = config.get("sso_sessions", {}).pop("nsaccess", None)
    return config, ours, session


@pytest.fixture(params=VARIANTS)
def rich(request, home):
    home.aws_config.parent.mkdir()
    with home.aws_config.open("w", newline="") as file:
        file.write(VARIANTS[request.param])
    return home


def test_others_profiles_read_the_same(rich):
    before, _, _ = read(rich)
    assert {"work", "with spaces", "corp-dev"} <= set(before["profiles"])
    text = rich.aws_config.read_bytes()
    rich.login()
    after, ours, session = read(rich)
    assert after == before
    assert ours == {"sso_session": "nsaccess", "sso_account_id": ACCOUNT, "sso_role_name": NAME, "region": REGION}
    assert session["sso_start_url"] == rich.sandbox.start_url
    assert rich.aws_config.read_bytes().startswith(text.rstrip(b"\r\n"))
    assert rich.aws("configure", "get", "region", "--profile", "with spaces").out.strip() == "ap-southeast-2"
    assert rich.aws("configure", "get", "s3.addressing_style").out.strip() == "path"
    assert "_idp-ns-idp-dev_" in rich.who()["Arn"]


def test_purge_gives_back_the_file_as_it_was(rich):
    text = rich.aws_config.read_bytes()
    rich.login()
    rich.nsaccess("logout", "--purge")
    _, ours, session = read(rich)
    assert ours is None
    assert rich.aws_config.read_bytes().startswith(text.rstrip(b"\r\n"))
    if session is None:
        assert rich.aws_config.read_bytes() == text


def test_what_aws_configure_set_wrote_survives_login(signed_in):
    for name, value in {"output": "yaml", "cli_pager": "", "s3.addressing_style": "path", "retry_mode": "adaptive"}.items():
        signed_in.aws("configure", "set", name, value, "--profile", NAME)
    signed_in.aws("configure", "set", "region", "us-east-1", "--profile", "another")
    text = signed_in.aws_config.read_bytes()
    before = signed_in.python(FULL_CONFIG)
    signed_in.forget_credentials()
    signed_in.login()
    assert signed_in.python(FULL_CONFIG) == before
    assert signed_in.aws_config.read_bytes() == text
    # What belongs to us is put right, what does not stays.
    signed_in.aws("configure", "set", "sso_role_name", "ReadOnly", "--profile", NAME)
    signed_in.login(NAMESPACE, "--role", NAME)
    assert signed_in.python(FULL_CONFIG) == before


def test_aws_configure_edits_what_we_wrote(signed_in):
    signed_in.aws("configure", "set", "region", "eu-central-1", "--profile", NAME)
    config = configparser.RawConfigParser()
    config.read(signed_in.aws_config)
    assert config[f"profile {NAME}"]["region"] == "eu-central-1"
    assert config["sso-session nsaccess"]["sso_region"] == REGION
    assert "_idp-ns-idp-dev_" in signed_in.who()["Arn"]


def test_aws_config_file_elsewhere(home):
    elsewhere = home.path / "elsewhere.ini"
    home.env["AWS_CONFIG_FILE"] = str(elsewhere)
    home.login()
    assert not home.aws_config.exists()
    assert "_idp-ns-idp-dev_" in home.who()["Arn"]
    assert "_idp-ns-idp-dev_" in home.aws("--profile", NAME, "sts", "get-caller-identity").out

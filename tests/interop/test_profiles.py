"""The AWS CLI's cache of role credentials, shared in both directions: neither asks AWS for what the other has."""

import json
import os

import pytest
from conftest import ACCOUNT, CLUSTER, NAME, REGION

AWS2 = os.environ.get("INTEROP_AWS2")
TOKEN = ("token", "--cluster-name", CLUSTER, "--region", REGION, "--profile")


@pytest.fixture
def profiles(signed_in):
    """A role that the person's permission set may assume, one that an IAM user may, and profiles of both."""
    keys = signed_in.sandbox.control("user-keys", account=ACCOUNT, name="ada")
    keys = keys.get("env", keys)
    (signed_in.path / ".aws" / "credentials").write_text(
        f"[corp]\naws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n"
    )
    user = f"arn:aws:iam::{ACCOUNT}:user/ada"
    signed_in.sandbox.control("role", account=ACCOUNT, name="partner", trusts=[user], external_id="corp-1", max_session_duration=7200)
    with signed_in.aws_config.open("a") as config:
        config.write(
            f"\n[profile partner]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/partner\nsource_profile = corp\n"
            f"external_id = corp-1\nduration_seconds = 7200\nregion = {REGION}\n"
            f"\n[profile billing]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/idp-demo-billing\nsource_profile = {NAME}\nregion = {REGION}\n"
        )
    return signed_in


def files(home):
    return {file.name: json.loads(file.read_text()) for file in (home.path / ".aws" / "cli" / "cache").glob("*.json")}


def arn(home, profile, program="aws"):
    return home.run(program, "--profile", profile, "sts", "get-caller-identity", "--output", "json").json()["Arn"]


@pytest.mark.parametrize("profile", ["partner", "billing"])
def test_the_aws_cli_takes_what_we_wrote(profiles, profile):
    profiles.nsaccess(*TOKEN, profile)
    assumed = profiles.sandbox.calls("AssumeRole")
    before = files(profiles)
    role = "partner" if profile == "partner" else "idp-demo-billing"
    assert f":assumed-role/{role}/" in arn(profiles, profile)
    assert profiles.sandbox.calls("AssumeRole") == assumed == 1
    assert files(profiles) == before


@pytest.mark.parametrize("profile", ["partner", "billing"])
def test_we_take_what_the_aws_cli_wrote(profiles, profile):
    arn(profiles, profile)
    assumed, asked = (profiles.sandbox.calls(name) for name in ("AssumeRole", "GetRoleCredentials"))
    before = files(profiles)
    profiles.nsaccess(*TOKEN, profile)
    assert (profiles.sandbox.calls("AssumeRole"), profiles.sandbox.calls("GetRoleCredentials")) == (assumed, asked)
    assert files(profiles) == before


def test_our_file_is_the_aws_clis_but_for_http_headers(profiles):
    profiles.nsaccess(*TOKEN, "partner")
    ours = files(profiles)
    for file in (profiles.path / ".aws" / "cli" / "cache").glob("*.json"):
        file.unlink()
    arn(profiles, "partner")
    theirs = files(profiles)
    assert ours.keys() == theirs.keys()
    for name, file in theirs.items():
        file.pop("ResponseMetadata", None)
        assert {key: set(value) for key, value in ours[name].items()} == {key: set(value) for key, value in file.items()}
        assert len(ours[name]["Credentials"]["Expiration"]) == len(file["Credentials"]["Expiration"])


@pytest.mark.skipif(not AWS2, reason="there is no version 2 of the AWS CLI here; INTEROP_AWS2 names one")
def test_version_2_shares_a_permission_sets_credentials(profiles):
    profiles.nsaccess(*TOKEN, NAME)
    asked = profiles.sandbox.calls("GetRoleCredentials")
    assert f"_{NAME}_" in arn(profiles, NAME, AWS2)
    assert profiles.sandbox.calls("GetRoleCredentials") == asked
    assert [file["ProviderType"] for file in files(profiles).values()] == ["sso"]

"""boto3 and the AWS CLI live from what nsaccess wrote: the profile and the token cache."""

import re

from conftest import ACCOUNT, NAME, REGION

ROLE_ARN = re.compile(
    rf"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_{NAME}_[0-9a-f]{{16}}/ada@example\.com"
)


def test_boto3_uses_the_profile(signed_in):
    assert ROLE_ARN.fullmatch(signed_in.who()["Arn"])


def test_boto3_has_the_region_of_the_cluster(signed_in):
    assert signed_in.python("import boto3; tell(boto3.Session(profile_name=sys.argv[1]).region_name)", NAME) == REGION


def test_the_aws_cli_uses_the_profile(signed_in):
    identity = signed_in.aws("--profile", NAME, "sts", "get-caller-identity").json()
    assert identity["Account"] == ACCOUNT
    assert ROLE_ARN.fullmatch(identity["Arn"])


def test_boto3_lists_the_profile(signed_in):
    assert signed_in.python("import boto3; tell(boto3.Session().available_profiles)") == [NAME]


def test_the_aws_cli_reads_the_same_values(signed_in):
    read = {
        key: signed_in.aws("configure", "get", key, "--profile", NAME).out.strip()
        for key in ("sso_session", "sso_account_id", "sso_role_name", "region")
    }
    assert read == {
        "sso_session": "nsaccess", "sso_account_id": ACCOUNT, "sso_role_name": NAME, "region": REGION,
    }  # fmt: skip


def test_several_namespaces_share_one_session(signed_in):
    signed_in.login("idp-test")
    assert signed_in.sandbox.calls("StartDeviceAuthorization") == 1
    assert "AWSReservedSSO_idp-ns-idp-test_" in signed_in.who("idp-ns-idp-test")["Arn"]
    assert f"AWSReservedSSO_{NAME}_" in signed_in.who()["Arn"]


def test_after_logout_they_say_themselves_that_nobody_is_signed_in(signed_in):
    signed_in.aws("--profile", NAME, "sts", "get-caller-identity")
    signed_in.nsaccess("logout")
    refused = signed_in.aws("--profile", NAME, "sts", "get-caller-identity", code=None)
    assert refused.code != 0
    assert "Token for nsaccess does not exist" in refused.err


def test_after_the_end_of_the_session_on_the_portal_they_are_refused(signed_in):
    signed_in.sandbox.control("end-session")
    refused = signed_in.aws("--profile", NAME, "sts", "get-caller-identity", code=None)
    assert refused.code != 0
    signed_in.forget_credentials()
    assert "nsaccess login idp-dev" in signed_in.nsaccess("credentials", "idp-dev", code=3).err


def test_credential_process_gives_boto3_credentials_that_it_renews(signed_in):
    signed_in.aws_config.write_text(
        signed_in.aws_config.read_text()
        + f"\n[profile by-process]\nregion = {REGION}\n"
        + f"credential_process = {signed_in.commands}/nsaccess credentials idp-dev\n"
    )
    got = signed_in.python(
        """
        import boto3
        session = boto3.Session(profile_name="by-process")
        credentials = session.get_credentials()
        credentials.get_frozen_credentials()
        tell({
            "kind": type(credentials).__name__, "method": credentials.method,
            "expires": credentials._expiry_time.isoformat(),
            "arn": session.client("sts").get_caller_identity()["Arn"],
        })
        """
    )
    assert got["kind"] == "RefreshableCredentials"
    assert got["method"] == "custom-process"
    assert ROLE_ARN.fullmatch(got["arn"])
    written = signed_in.nsaccess("credentials", "idp-dev").json()
    assert got["expires"].replace("+00:00", "Z") == written["Expiration"]


def test_the_aws_cli_uses_credential_process(signed_in):
    signed_in.aws("configure", "set", "credential_process", f"{signed_in.commands}/nsaccess credentials idp-dev",
                  "--profile", "by-process")  # fmt: skip
    done = signed_in.aws("--profile", "by-process", "--region", REGION, "sts", "get-caller-identity")
    assert ROLE_ARN.fullmatch(done.json()["Arn"])


def test_exported_variables_serve_the_aws_cli(signed_in):
    # The region too: this AWS CLI and boto3 read AWS_DEFAULT_REGION only, the SDKs for other languages AWS_REGION.
    script = 'eval "$(nsaccess credentials idp-dev --export=bash)" && exec aws sts get-caller-identity'
    assert ROLE_ARN.fullmatch(signed_in.run("/bin/sh", "-c", script).json()["Arn"])

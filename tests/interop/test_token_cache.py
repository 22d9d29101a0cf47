"""One token cache for all: either side uses, renews and rotates what the other wrote.

Version 2 of the AWS CLI is not on PyPI. The parts of it that write the cache (`SSOTokenLoader`, `JSONFileCache` and
the OIDC client) are botocore's and are used here; `test_aws_cli_v2.py` has the program itself where there is one.
"""

import datetime
import json

from conftest import NAME, NAMESPACE

# What `aws sso login` does, with botocore's own parts, for the session that argv names.
BOTOCORE_SIGN_IN = """
import datetime, os, time, urllib.request
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.utils import JSONFileCache, SSOTokenLoader
from botocore.tokens import _sso_json_dumps

name, start_url, region, control = sys.argv[1:]
oidc = botocore.session.Session().create_client(
    "sso-oidc", region_name=region, config=Config(signature_version=UNSIGNED))
client = oidc.register_client(
    clientName="botocore-client-" + name, clientType="public", scopes=["sso:account:access"])
device = oidc.start_device_authorization(
    clientId=client["clientId"], clientSecret=client["clientSecret"], startUrl=start_url)
urllib.request.urlopen(control + "/approve", b"{}")
answer = oidc.create_token(
    grantType="urn:ietf:params:oauth:grant-type:device_code", deviceCode=device["deviceCode"],
    clientId=client["clientId"], clientSecret=client["clientSecret"])
now = datetime.datetime.now(datetime.timezone.utc)
token = {
    "startUrl": start_url,
    "region": region,
    "accessToken": answer["accessToken"],
    "expiresAt": now + datetime.timedelta(seconds=answer["expiresIn"]),
    "clientId": client["clientId"],
    "clientSecret": client["clientSecret"],
    "registrationExpiresAt": datetime.datetime.fromtimestamp(
        client["clientSecretExpiresAt"], datetime.timezone.utc),
    "refreshToken": answer["refreshToken"],
}
cache = JSONFileCache(os.path.expanduser("~/.aws/sso/cache"), dumps_func=_sso_json_dumps)
SSOTokenLoader(cache=cache).save_token(start_url, token, session_name=name)
"""


def botocore_signs_in(home, session):
    """A home that the AWS CLI was used in: its sso-session, and a token that botocore wrote."""
    sandbox = home.sandbox
    home.aws_config.parent.mkdir(exist_ok=True)
    home.aws_config.write_text(
        f"[sso-session {session}]\nsso_start_url = {sandbox.start_url}\nsso_region = {sandbox.addresses['sso_region']}\n"
        "sso_registration_scopes = sso:account:access\n"
    )
    home.python(BOTOCORE_SIGN_IN, session, sandbox.start_url, sandbox.addresses["sso_region"],
                sandbox.addresses["control"])  # fmt: skip


def pass_the_hour(home, session="nsaccess"):
    """The access token's time is over, here and on the portal; the session's is not."""
    home.sandbox.control("expire-access-tokens")
    token = home.token(session)
    token["expiresAt"] = "2026-01-01T00:00:00Z"
    home.token_file(session).write_text(json.dumps(token))
    home.forget_credentials()


def end_of(token):
    return datetime.datetime.fromisoformat(token["expiresAt"].replace("Z", "+00:00"))


def test_nsaccess_uses_the_token_that_botocore_wrote(home):
    botocore_signs_in(home, "corp")
    started, tokens = home.sandbox.calls("StartDeviceAuthorization"), home.sandbox.calls("CreateToken")
    done = home.nsaccess("login", NAMESPACE, "--region", "eu-west-1")
    assert "code" not in done.err.split("session")[0]
    assert home.sandbox.calls("StartDeviceAuthorization") == started
    assert home.sandbox.calls("CreateToken") == tokens
    assert home.sandbox.calls("RegisterClient") == 1
    assert "sso_session = corp" in home.aws_config.read_text()
    home.kubectl("get", "pod", "web-0")
    assert "_idp-ns-idp-dev_" in home.who()["Arn"]


def test_nsaccess_renews_the_token_that_botocore_wrote(home):
    botocore_signs_in(home, "corp")
    home.nsaccess("login", NAMESPACE, "--region", "eu-west-1")
    before = home.token("corp")
    pass_the_hour(home, "corp")
    home.nsaccess("credentials", NAMESPACE)
    after = home.token("corp")
    assert home.sandbox.calls("StartDeviceAuthorization") == 1
    assert after["refreshToken"] != before["refreshToken"]
    assert after["accessToken"] != before["accessToken"]
    assert set(after) == set(before)
    assert "_idp-ns-idp-dev_" in home.who()["Arn"]


def test_botocore_renews_the_token_that_we_wrote(signed_in):
    before = signed_in.token()
    pass_the_hour(signed_in)
    assert "_idp-ns-idp-dev_" in signed_in.who()["Arn"]
    after = signed_in.token()
    assert after["refreshToken"] != before["refreshToken"]
    assert end_of(after) > end_of(before) - datetime.timedelta(minutes=1)


def test_either_side_goes_on_with_what_the_other_renewed(signed_in):
    seen = [signed_in.token()["refreshToken"]]
    for renew in [
        signed_in.who,
        lambda: signed_in.nsaccess("credentials", NAMESPACE),
        lambda: signed_in.aws("--profile", NAME, "sts", "get-caller-identity"),
        lambda: signed_in.nsaccess("token", NAMESPACE),
        signed_in.who,
    ]:
        signed_in.nsaccess("credentials", NAMESPACE)
        pass_the_hour(signed_in)
        renewals = signed_in.sandbox.calls("CreateToken:refresh_token")
        renew()
        assert signed_in.sandbox.calls("CreateToken:refresh_token") == renewals + 1
        seen.append(signed_in.token()["refreshToken"])
    assert len(set(seen)) == len(seen)
    assert signed_in.sandbox.refresh_token_reuses() == 0
    assert signed_in.sandbox.calls("StartDeviceAuthorization") == 1


def test_one_that_another_renewed_needs_no_renewal(signed_in):
    pass_the_hour(signed_in)
    signed_in.who()
    renewals = signed_in.sandbox.calls("CreateToken:refresh_token")
    signed_in.nsaccess("credentials", NAMESPACE)
    assert signed_in.sandbox.calls("CreateToken:refresh_token") == renewals


def test_botocore_loads_every_field_that_we_write(signed_in):
    loaded = signed_in.python(
        """
        import os
        from botocore.utils import JSONFileCache, SSOTokenLoader
        cache = JSONFileCache(os.path.expanduser("~/.aws/sso/cache"))
        tell(SSOTokenLoader(cache=cache)(sys.argv[1], session_name="nsaccess"))
        """,
        signed_in.sandbox.start_url,
    )
    assert loaded == signed_in.token()
    assert set(loaded) == {
        "startUrl", "region", "accessToken", "expiresAt", "clientId", "clientSecret", "registrationExpiresAt",
        "refreshToken",
    }  # fmt: skip
    assert signed_in.token_file().stat().st_mode & 0o777 == 0o600


def test_a_token_of_a_legacy_profile_is_left_alone(home):
    """A profile with sso_start_url of its own has a cache file by that address; ours goes by the session's name."""
    home.aws_config.parent.mkdir()
    home.aws_config.write_text(
        f"[profile old]\nsso_start_url = {home.sandbox.start_url}\nsso_region = eu-west-1\n"
        "sso_account_id = 111122223333\nsso_role_name = ReadOnly\nregion = eu-west-1\n"
    )
    home.python(BOTOCORE_SIGN_IN, home.sandbox.start_url, home.sandbox.start_url, "eu-west-1",
                home.sandbox.addresses["control"])  # fmt: skip
    old = home.token_file(home.sandbox.start_url).read_bytes()
    home.login()
    home.nsaccess("logout")
    home.login()
    assert home.token_file(home.sandbox.start_url).read_bytes() == old
    assert "_idp-ns-idp-dev_" in home.who()["Arn"]
    assert home.aws("configure", "get", "sso_start_url", "--profile", "old").out.strip() == home.sandbox.start_url


def test_logout_ends_what_botocore_wrote(home):
    botocore_signs_in(home, "corp")
    home.nsaccess("login", NAMESPACE, "--region", "eu-west-1")
    home.nsaccess("logout")
    assert not home.token_file("corp").exists()
    assert home.aws("--profile", NAME, "sts", "get-caller-identity", code=None).code != 0

"""Version 2 of the AWS CLI, where there is one: it has `aws sso login` and a cache of role credentials of its own.

It is not on PyPI, so `tests/run` uses the system's `aws` if that is version 2, or what INTEROP_AWS2 names.
"""

import json
import os
import subprocess
import time

import pytest
from conftest import NAME, NAMESPACE, REGION
from test_token_cache import pass_the_hour

AWS2 = os.environ.get("INTEROP_AWS2")
pytestmark = pytest.mark.skipif(not AWS2, reason="there is no version 2 of the AWS CLI here; INTEROP_AWS2 names one")


def sso_login(home, *words):
    """`aws sso login` by device code, with the person at the browser played by the sandbox."""
    process = subprocess.Popen([AWS2, "sso", "login", "--use-device-code", "--no-browser", *words], env=home.env, cwd=home.path,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
    for _ in range(600):
        if home.sandbox.read("pending")["pending"] or process.poll() is not None:
            break
        time.sleep(0.1)
    home.sandbox.control("approve")
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output


def who(home, profile=NAME):
    return home.run(AWS2, "--profile", profile, "sts", "get-caller-identity", "--output", "json").json()["Arn"]


def test_it_uses_what_we_wrote(signed_in):
    assert f"_{NAME}_" in who(signed_in)
    assert signed_in.run(AWS2, "configure", "list-profiles").out.split() == [NAME]


def test_its_sign_in_serves_us(home):
    home.aws_config.parent.mkdir()
    home.aws_config.write_text(
        f"[sso-session corp]\nsso_start_url = {home.sandbox.start_url}\nsso_region = {REGION}\n"
        "sso_registration_scopes = sso:account:access\n"
    )
    sso_login(home, "--sso-session", "corp")
    started = home.sandbox.calls("StartDeviceAuthorization")
    home.nsaccess("login", NAMESPACE, "--region", REGION)
    assert home.sandbox.calls("StartDeviceAuthorization") == started
    home.kubectl("get", "pod", "web-0")
    assert f"_{NAME}_" in who(home)


def test_our_sign_in_serves_it_and_its_new_one_serves_us(signed_in):
    names = {file.name for file in signed_in.sso_cache.iterdir()}
    registered = signed_in.sandbox.calls("RegisterClient")
    sso_login(signed_in, "--profile", NAME)
    # It found our registration under the name that it expects, and wrote the token over ours.
    assert signed_in.sandbox.calls("RegisterClient") == registered
    assert {file.name for file in signed_in.sso_cache.iterdir()} == names
    signed_in.forget_credentials()
    started = signed_in.sandbox.calls("StartDeviceAuthorization")
    signed_in.nsaccess("credentials", NAMESPACE)
    assert signed_in.sandbox.calls("StartDeviceAuthorization") == started


def test_token_files_have_the_same_fields_and_forms(signed_in):
    ours = signed_in.token()
    sso_login(signed_in, "--profile", NAME)
    theirs = signed_in.token()
    assert list(ours) == list(theirs)
    for field in ("expiresAt", "registrationExpiresAt"):
        assert len(ours[field]) == len(theirs[field]) == len("2026-11-22T02:07:47Z")
    for field in ("startUrl", "region", "clientId", "clientSecret"):
        assert ours[field] == theirs[field]


def test_both_renew_in_turns(signed_in):
    for renew in (lambda: who(signed_in), lambda: signed_in.nsaccess("token", NAMESPACE)) * 2:
        signed_in.nsaccess("credentials", NAMESPACE)
        pass_the_hour(signed_in)
        for file in (signed_in.path / ".aws" / "cli" / "cache").glob("*.json"):
            file.unlink()
        renewals = signed_in.sandbox.calls("CreateToken:refresh_token")
        renew()
        assert signed_in.sandbox.calls("CreateToken:refresh_token") == renewals + 1
    assert signed_in.sandbox.refresh_token_reuses() == 0


def test_its_logout_signs_us_out_and_ours_signs_it_out(signed_in):
    signed_in.run(AWS2, "sso", "logout")
    signed_in.forget_credentials()
    assert "not signed in" in signed_in.nsaccess("credentials", NAMESPACE, code=3).err
    signed_in.login()
    who(signed_in)
    signed_in.nsaccess("logout")
    refused = signed_in.run(AWS2, "--profile", NAME, "sts", "get-caller-identity", code=None)
    assert refused.code != 0
    assert "Token for nsaccess does not exist" in refused.err


def test_its_documents_are_ours(signed_in):
    words = ("--cluster-name", "demo", "--region", REGION)
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL_STS": None}
    for info in (None, json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "spec": {}})):
        theirs = signed_in.run(AWS2, "eks", "get-token", *words, "--output", "json", env={**keys, "KUBERNETES_EXEC_INFO": info}).json()
        ours = signed_in.nsaccess("token", *words, env={**keys, "KUBERNETES_EXEC_INFO": info}).json()
        for document in (ours, theirs):
            document["status"] = sorted(document["status"])
        assert ours == theirs


def test_update_kubeconfig_and_we_share_a_file(signed_in):
    signed_in.run(AWS2, "eks", "update-kubeconfig", "--name", "idp-nonprod-1", "--region", REGION, "--profile", NAME, "--alias", "theirs")
    signed_in.login()
    assert {context["name"] for context in signed_in.kubectl("config", "view", "-o", "json").json()["contexts"]} == {NAME, "theirs"}
    signed_in.kubectl("get", "pod", "web-0")

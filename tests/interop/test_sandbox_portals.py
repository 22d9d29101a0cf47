"""Two organisations, and one in two regions, in the sandbox: judged by boto3, with and without addresses of its own."""

import boto3
import botocore
import botocore.config
import botocore.exceptions
import pytest
from conftest import ACCOUNT, REGION
from sandbox_clients import refused

OTHER = "https://other.awsapps.com/start"
ELSEWHERE = "us-east-1"
PAY = "222233334444"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Portal:
    """IAM Identity Center in a region, as boto3 gets there: by the sandbox's addresses, or by the names of AWS through its
    proxy."""

    def __init__(self, sandbox, region, env=None, ca=None):
        options = {"retries": {"max_attempts": 1}, "signature_version": botocore.UNSIGNED}
        if ca:
            options["proxies"] = {"https": sandbox.addresses["start_page_proxy"]}
        self.sandbox = sandbox
        self.oidc, self.sso = (
            boto3.Session(region_name=region).client(
                service, endpoint_url=env and env[variable], verify=ca, config=botocore.config.Config(**options)
            )
            for service, variable in (("sso-oidc", "AWS_ENDPOINT_URL_SSO_OIDC"), ("sso", "AWS_ENDPOINT_URL_SSO"))
        )

    def sign_in(self, start_url):
        """A client and its token, as `aws sso login` gets them."""
        client = self.oidc.register_client(clientName="test", clientType="public", scopes=["sso:account:access"])
        of_client = {name: client[name] for name in ("clientId", "clientSecret")}
        device = self.oidc.start_device_authorization(startUrl=start_url, **of_client)
        self.sandbox.control("approve", user_code=device["userCode"])
        return of_client, self.oidc.create_token(grantType=GRANT, deviceCode=device["deviceCode"], **of_client)

    def refresh(self, client, token):
        return self.oidc.create_token(grantType="refresh_token", refreshToken=token["refreshToken"], **client)

    def accounts(self, token):
        pages = self.sso.get_paginator("list_accounts").paginate(accessToken=token["accessToken"])
        return [account["accountId"] for page in pages for account in page["accountList"]]

    def refuses(self, token):
        refused(lambda: self.accounts(token), "UnauthorizedException", "Session token not found or invalid")


@pytest.fixture
def second(sandbox):
    accounts = [{"id": PAY, "name": "pay", "permission_sets": ["idp-ns-pay"]}]
    sandbox.control("portal", start_url=OTHER, region=ELSEWHERE, accounts=accounts)


def test_two_organisations_at_the_same_addresses(sandbox, second):
    portal = Portal(sandbox, REGION, sandbox.env)
    (our_client, ours), (their_client, theirs) = portal.sign_in(sandbox.start_url), portal.sign_in(OTHER)
    assert portal.accounts(theirs) == [PAY]
    assert ACCOUNT in portal.accounts(ours) and PAY not in portal.accounts(ours)
    with pytest.raises(portal.sso.exceptions.ClientError, match="No access"):
        portal.sso.get_role_credentials(accountId=PAY, roleName="idp-ns-pay", accessToken=ours["accessToken"])
    keys = portal.sso.get_role_credentials(accountId=PAY, roleName="idp-ns-pay", accessToken=theirs["accessToken"])
    assert keys["roleCredentials"]["accessKeyId"].startswith("ASIA")
    with pytest.raises(portal.oidc.exceptions.InvalidGrantException):
        portal.refresh(their_client, ours)
    with pytest.raises(portal.oidc.exceptions.InvalidClientException):
        portal.oidc.start_device_authorization(startUrl=OTHER, **our_client)
    with pytest.raises(portal.oidc.exceptions.InvalidRequestException):
        portal.sign_in("https://none.awsapps.com/start")
    portal.sso.logout(accessToken=ours["accessToken"])
    portal.refuses(ours)
    assert portal.accounts(portal.refresh(their_client, theirs)) == [PAY]


@pytest.fixture(params=["addresses", "names of AWS"])
def at(sandbox, tmp_path, request):
    """Identity Center in a region."""
    if request.param == "addresses":
        return lambda region: Portal(sandbox, region, sandbox.control("regional-env", region=region))
    ca = tmp_path / "ca.pem"
    ca.write_text(sandbox.addresses["start_page_ca_pem"])
    return lambda region: Portal(sandbox, region, ca=str(ca))


def test_each_organisation_is_in_its_region(sandbox, second, at):
    here, there = at(REGION), at(ELSEWHERE)
    (_, ours), (_, theirs) = here.sign_in(sandbox.start_url), there.sign_in(OTHER)
    assert there.accounts(theirs) == [PAY] and ACCOUNT in here.accounts(ours)
    here.refuses(theirs)
    there.refuses(ours)
    with pytest.raises(here.oidc.exceptions.InvalidRequestException):
        here.sign_in(OTHER)


def test_a_replica_takes_only_what_it_issued(sandbox, at):
    here, there = at(REGION), at(ELSEWHERE)
    with pytest.raises(there.oidc.exceptions.InvalidRequestException):
        there.sign_in(sandbox.start_url)
    sandbox.control("portal/replicate", start_url=sandbox.start_url, region=ELSEWHERE)
    (our_client, ours), (their_client, theirs) = here.sign_in(sandbox.start_url), there.sign_in(sandbox.start_url)
    assert here.accounts(ours) == there.accounts(theirs)
    here.refuses(theirs)
    there.refuses(ours)
    with pytest.raises(there.oidc.exceptions.InvalidClientException):
        there.refresh(our_client, ours)
    with pytest.raises(there.oidc.exceptions.InvalidGrantException):
        there.refresh(their_client, ours)
    assert there.accounts(there.refresh(their_client, theirs))
    sandbox.control("portal/end-session", start_url=sandbox.start_url)
    here.refuses(ours)
    there.refuses(theirs)

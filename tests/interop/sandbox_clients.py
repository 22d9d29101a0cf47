"""boto3's clients of the sandbox, and what their refusals must say."""

import boto3
import botocore.config
import botocore.exceptions
import pytest
from conftest import ACCOUNT, NAME, REGION

ONCE = botocore.config.Config(retries={"max_attempts": 1})


def client(sandbox, service, credentials=None, region=REGION):
    """A client with credentials as the sandbox's control mints them, or as STS gives them."""
    minted = credentials or sandbox.control("mint", account=ACCOUNT, permission_set=NAME)
    keys = [minted.get(name) or minted[other] for name, other in (
        ("access_key_id", "AccessKeyId"), ("secret_access_key", "SecretAccessKey"), ("session_token", "SessionToken"),
    )]  # fmt: skip
    variable = "AWS_ENDPOINT_URL_" + {"secretsmanager": "SECRETS_MANAGER"}.get(service, service.upper())
    session = boto3.Session(*keys, region_name=region)
    return session.client(service, endpoint_url=sandbox.env[variable], config=ONCE)


@pytest.fixture
def secrets(sandbox):
    return client(sandbox, "secretsmanager")


@pytest.fixture
def sts(sandbox):
    return client(sandbox, "sts")


@pytest.fixture
def eks(sandbox):
    return client(sandbox, "eks")


def refused(call, code, *words):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    for word in words:
        assert word in error["Message"], error
    return caught.value


def names(pages):
    return [entry["Name"] for page in pages for entry in page["SecretList"]]


def role(name):
    return f"arn:aws:iam::{ACCOUNT}:role/idp-demo-{name}"

"""The sandbox's Secrets Manager, judged by boto3."""

import base64
import json

import pytest
from conftest import ACCOUNT, NAME, REGION
from sandbox_clients import client, names, refused, secrets  # noqa: F401, a fixture

TEXT = "customer/idp-dev/api-key"
JSON = "customer/idp-dev/billing/database"
BINARY = "customer/idp-dev/keystore"
GOING = "customer/idp-dev/old-token"
LOCKED = "customer/idp-dev/locked"
FOREIGN = "platform/grafana/admin"


def by_hand(call, **arguments):
    """The pages of what boto3 has no paginator for."""
    while True:
        page = call(**arguments)
        yield page
        if "NextToken" not in page:
            return
        arguments["NextToken"] = page["NextToken"]


def test_a_paginator_lists_five_thousand_secrets_once(sandbox, secrets):
    sandbox.control("clear-secrets")
    sandbox.control("secrets", account=ACCOUNT, region=REGION, prefix="customer/idp-dev/many-", count=5000)
    pages = list(secrets.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 100}))
    listed = names(pages)
    assert (len(pages), len(listed), len(set(listed))) == (50, 5000, 5000)
    assert listed == sorted(listed)
    assert names([secrets.list_secrets(SortOrder="desc", MaxResults=1)]) == ["customer/idp-dev/many-4999"]


def test_another_region_has_other_secrets(sandbox):
    assert client(sandbox, "secretsmanager", region="us-east-1").list_secrets()["SecretList"] == []


def test_a_list_entry_has_dates_and_stages_and_no_value(secrets):
    filters = [{"Key": "name", "Values": [JSON]}]
    (entry,) = secrets.list_secrets(Filters=filters)["SecretList"]
    assert entry["ARN"].startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{JSON}-")
    assert entry["Description"] == "Database of billing"
    assert entry["RotationEnabled"] and entry["LastRotatedDate"] == entry["LastChangedDate"]
    assert entry["LastAccessedDate"].strftime("%H:%M:%S") == "00:00:00"
    assert sorted(stages for (stages,) in entry["SecretVersionsToStages"].values()) == ["AWSCURRENT", "AWSPREVIOUS"]
    assert "sandbox-" not in str(entry)


def test_planned_deletions_are_listed_on_demand_only(secrets):
    assert GOING not in names([secrets.list_secrets()])
    (entry,) = secrets.list_secrets(
        IncludePlannedDeletion=True, Filters=[{"Key": "name", "Values": [GOING]}]
    )["SecretList"]  # fmt: skip
    assert entry["DeletedDate"]


def test_values_are_text_or_bytes(secrets):
    assert secrets.get_secret_value(SecretId=TEXT)["SecretString"] == "sandbox-api-key"
    value = secrets.get_secret_value(SecretId=BINARY)
    assert value["SecretBinary"] == bytes([0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0xFF])
    assert "SecretString" not in value
    assert json.loads(secrets.get_secret_value(SecretId=JSON, VersionStage="AWSPREVIOUS")["SecretString"])["password"] == "sandbox-second"


def test_a_large_value_comes_whole(sandbox, secrets):
    text = "ä\u2028\n\"x\\" * 8000
    sandbox.control("secret", account=ACCOUNT, region=REGION, name="customer/idp-dev/large", text=text)
    assert secrets.get_secret_value(SecretId="customer/idp-dev/large")["SecretString"] == text
    data = bytes(range(256)) * 256
    encoded = base64.b64encode(data).decode()
    sandbox.control("secret", account=ACCOUNT, region=REGION, name="customer/idp-dev/bytes", binary=encoded)
    assert secrets.get_secret_value(SecretId="customer/idp-dev/bytes")["SecretBinary"] == data


def test_versions_come_in_pages(sandbox, secrets):
    made = sandbox.control(
        "secret", account=ACCOUNT, region=REGION, name="customer/idp-dev/old", text="3", previous=["0", "1", "2"]
    )
    pages = by_hand(secrets.list_secret_version_ids, SecretId="customer/idp-dev/old", IncludeDeprecated=True, MaxResults=3)
    listed = [version["VersionId"] for page in pages for version in page["Versions"]]
    assert listed == made["versions"][::-1]
    staged = secrets.list_secret_version_ids(SecretId="customer/idp-dev/old")["Versions"]
    assert [version["VersionStages"] for version in staged] == [["AWSCURRENT"], ["AWSPREVIOUS"]]
    assert set(secrets.describe_secret(SecretId="customer/idp-dev/old")["VersionIdsToStages"]) == set(made["versions"][2:])


def test_what_is_refused_is_an_exception_of_boto3(sandbox, secrets):
    exceptions = secrets.exceptions
    other = "0" * 32
    for call, kind, words in [
        (lambda: secrets.get_secret_value(SecretId="customer/idp-dev/none"), exceptions.ResourceNotFoundException,
         "Secrets Manager can't find the specified secret."),
        (lambda: secrets.get_secret_value(SecretId=TEXT, VersionStage="AWSPREVIOUS"), exceptions.ResourceNotFoundException,
         "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS"),
        (lambda: secrets.get_secret_value(SecretId=TEXT, VersionId=other), exceptions.ResourceNotFoundException,
         f"Secrets Manager can't find the specified secret value for VersionId: {other}"),
        (lambda: secrets.get_secret_value(SecretId=GOING), exceptions.InvalidRequestException,
         "You can't perform this operation on the secret because it was marked for deletion."),
        (lambda: secrets.list_secrets(NextToken="bm9uc2Vuc2U="), exceptions.InvalidNextTokenException, "NextToken"),
        (lambda: secrets.batch_get_secret_value(SecretIdList=[TEXT], Filters=[{"Key": "name", "Values": ["x"]}]),
         exceptions.InvalidParameterException, "but not both"),
    ]:  # fmt: skip
        with pytest.raises(kind) as caught:
            call()
        assert words in caught.value.response["Error"]["Message"]
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    sandbox.control("secret", account=ACCOUNT, region=REGION, name="customer/idp-dev/broken", text="x", encryption="broken")
    with pytest.raises(exceptions.DecryptionFailure):
        secrets.get_secret_value(SecretId="customer/idp-dev/broken")


def test_refusals_without_an_exception_of_their_own(secrets):
    refused(lambda: secrets.get_secret_value(SecretId=LOCKED), "AccessDeniedException", "Access to KMS is not allowed")
    refused(lambda: secrets.get_secret_value(SecretId="customer/idp-dev/a b"), "ValidationException", "Invalid name.")
    refused(lambda: secrets.list_secrets(MaxResults=101), "ValidationException", "less than or equal to 100")


@pytest.mark.parametrize("name", [FOREIGN, "platform/none", "customer/idp-dev-tools/api-key", "customer/idp-dev"])
def test_outside_the_prefix_everything_but_the_name_is_denied(sandbox, secrets, name):
    caller = sandbox.control("mint", account=ACCOUNT, permission_set=NAME)["caller_arn"]
    for operation, call in [
        ("GetSecretValue", secrets.get_secret_value),
        ("DescribeSecret", secrets.describe_secret),
        ("ListSecretVersionIds", secrets.list_secret_version_ids),
    ]:
        error = refused(lambda call=call: call(SecretId=name), "AccessDeniedException").response["Error"]
        assert error["Message"] == (
            f"User: {caller} is not authorized to perform: secretsmanager:{operation} on resource: {name} because no "
            f"identity-based policy allows the secretsmanager:{operation} action"
        )


def test_a_batch_by_name_and_by_filter(secrets):
    batch = secrets.batch_get_secret_value(SecretIdList=[TEXT, FOREIGN, GOING, LOCKED, BINARY])
    assert [value["Name"] for value in batch["SecretValues"]] == [TEXT, BINARY]
    assert [(error["SecretId"], error["ErrorCode"]) for error in batch["Errors"]] == [
        (FOREIGN, "AccessDeniedException"),
        (GOING, "InvalidRequestException"),
        (LOCKED, "AccessDeniedException"),
    ]
    pages = by_hand(secrets.batch_get_secret_value, Filters=[{"Key": "name", "Values": ["customer/"]}], MaxResults=2)
    values, errors = [], []
    for page in pages:
        assert len(page["SecretValues"]) + len(page["Errors"]) <= 2
        values += [value["Name"] for value in page["SecretValues"]]
        errors += [error["ErrorCode"] for error in page["Errors"]]
    assert sorted(values) == [TEXT, JSON, BINARY]
    assert set(errors) == {"AccessDeniedException"}


def test_a_batch_can_be_denied_as_a_whole(sandbox, secrets):
    sandbox.control("deny-action", permission_set=NAME, action="secretsmanager:BatchGetSecretValue")
    error = refused(lambda: secrets.batch_get_secret_value(SecretIdList=[TEXT]), "AccessDeniedException").response["Error"]
    assert " on resource" not in error["Message"], "the action has no resource"
    assert secrets.get_secret_value(SecretId=TEXT)["SecretString"]


def test_throttling_and_expiry_come_between_two_pages(sandbox, secrets):
    pages = iter(secrets.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 3}))
    assert len(next(pages)["SecretList"]) == 3
    sandbox.control("throttle", service="secretsmanager", per_second=0)
    refused(lambda: secrets.list_secrets(), "ThrottlingException", "Rate exceeded")
    sandbox.control("clear-faults")
    sandbox.control("expire-role-credentials")
    refused(lambda: next(pages), "ExpiredTokenException", "The security token included in the request is expired")


def test_a_wrong_signature_is_refused(sandbox):
    minted = sandbox.control("mint", account=ACCOUNT, permission_set=NAME)
    wrong = client(sandbox, "secretsmanager", minted | {"secret_access_key": "x" * 40})
    refused(wrong.list_secrets, "InvalidSignatureException", "does not match the signature you provided")
    unknown = client(sandbox, "secretsmanager", minted | {"session_token": "x"})
    refused(unknown.list_secrets, "UnrecognizedClientException")

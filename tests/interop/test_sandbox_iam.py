"""The sandbox's IAM, judged by boto3."""

from datetime import timezone

import pytest
from conftest import ACCOUNT, NAME, REGION
from sandbox_clients import client, refused


def as_global(sandbox, credentials=None, region="us-east-1"):
    """With an endpoint of our own boto3 signs for its region, not for IAM's only one."""
    return client(sandbox, "iam", credentials, region)


@pytest.fixture
def iam(sandbox):
    sandbox.control("allow-action", permission_set=NAME, action="iam:GetRole")
    return as_global(sandbox)


def test_a_role_has_its_path_its_id_and_its_date(sandbox, iam):
    minted = sandbox.control("mint", account=ACCOUNT, permission_set=NAME)
    name = minted["role_arn"].rsplit("/", 1)[1]
    role = iam.get_role(RoleName=name)["Role"]
    assert (role["Arn"], role["RoleName"]) == (minted["role_arn"], name)
    assert role["Path"] == f"/aws-reserved/sso.amazonaws.com/{REGION}/"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    assert role["MaxSessionDuration"] == 43200
    who = client(sandbox, "sts", minted).get_caller_identity()
    assert who["UserId"] == f"{role['RoleId']}:ada@example.com"
    sandbox.control("recreate-role", account=ACCOUNT, permission_set=NAME)
    refused(lambda: iam.get_role(RoleName=name), "InvalidClientTokenId", "The security token included in the request")
    again = as_global(sandbox).get_role(RoleName=name)["Role"]
    assert again["Arn"] == role["Arn"] and again["RoleId"] != role["RoleId"]
    assert again["CreateDate"].astimezone(timezone.utc) > role["CreateDate"]


def test_other_roles_are_there_too(iam):
    assert iam.get_role(RoleName="idp-demo-billing")["Role"]["MaxSessionDuration"] >= 3600


def test_refusals(sandbox, iam):
    with pytest.raises(iam.exceptions.NoSuchEntityException, match="The role with name none cannot be found."):
        iam.get_role(RoleName="none")
    sandbox.control("deny-action", permission_set=NAME, action="iam:GetRole")
    error = refused(lambda: iam.get_role(RoleName="none"), "AccessDenied", "iam:GetRole on resource: role none because")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    wrong = sandbox.control("mint", account=ACCOUNT, permission_set=NAME) | {"secret_access_key": "x" * 40}
    refused(lambda: as_global(sandbox, wrong).get_role(RoleName="x"), "SignatureDoesNotMatch")
    elsewhere = as_global(sandbox, region=REGION)
    refused(lambda: elsewhere.get_role(RoleName="x"), "SignatureDoesNotMatch", "scoped to a valid region")
    sandbox.control("expire-role-credentials")
    refused(lambda: iam.get_role(RoleName="none"), "ExpiredToken")

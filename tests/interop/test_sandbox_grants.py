"""The sandbox's IAM and access entries as an administrator uses them, judged by boto3; IAM's answers beside moto's."""

import json

import boto3
import botocore.config
import pytest
from conftest import ACCOUNT, CLUSTER, REGION
from sandbox_clients import refused
from test_moto import moto  # noqa: F401, a fixture
from test_sandbox_moto import at_moto, shape

VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
RESERVED = "/aws-reserved/sso.amazonaws.com/"


class Administrator:
    """boto3's clients with the keys of an administrator."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.keys = sandbox.control("administrator", account=ACCOUNT)

    def client(self, service, attempts=1):
        session = boto3.Session(
            self.keys["AWS_ACCESS_KEY_ID"], self.keys["AWS_SECRET_ACCESS_KEY"], self.keys.get("AWS_SESSION_TOKEN"),
            region_name="us-east-1" if service == "iam" else REGION,
        )  # fmt: skip
        config = botocore.config.Config(retries={"total_max_attempts": attempts, "mode": "standard"})
        return session.client(service, endpoint_url=self.sandbox.env[f"AWS_ENDPOINT_URL_{service.upper()}"], config=config)


@pytest.fixture
def admin(sandbox):
    return Administrator(sandbox)


@pytest.fixture
def eks(admin):
    return admin.client("eks")


@pytest.fixture
def role(sandbox):
    """A role with a path, which has no entry yet."""
    return sandbox.control("role", account=ACCOUNT, name="deployers", path="/teams/")["arn"]


def test_roles_are_listed_in_pages_by_path(sandbox, admin):
    iam = admin.client("iam")
    pages = list(iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2}))
    names = [role["RoleName"] for page in pages for role in page["Roles"]]
    assert len(pages) > 3 and names == sorted(set(names))
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]
    found = iam.list_roles(PathPrefix=RESERVED)["Roles"]
    assert {role["Path"] for role in found} == {f"{RESERVED}{REGION}/"}
    sandbox.control("provision", account=ACCOUNT, permission_set="Auditors")
    later = iam.list_roles(PathPrefix=RESERVED)["Roles"]
    (new,) = [role for role in later if role not in found]
    assert new["RoleName"].startswith("AWSReservedSSO_Auditors_")
    assert iam.get_role(RoleName=new["RoleName"])["Role"]["Arn"] == new["Arn"]
    sandbox.control("deny-action", action="iam:ListRoles")
    refused(iam.list_roles, "AccessDenied", f"iam:ListRoles on resource: arn:aws:iam::{ACCOUNT}:role/ because")


def test_iam_answers_have_the_shape_of_motos(sandbox, admin, moto):  # noqa: F811, the fixture
    ours, theirs = admin.client("iam"), at_moto(moto, "iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    for number in range(3):
        theirs.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=json.dumps(trust))
    theirs.create_user(UserName="deployer")
    sandbox.control("user", account=ACCOUNT, name="deployer")

    def known(answer):
        """What moto adds, AWS leaves out where there is nothing: descriptions, tags, the last use."""
        members = {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument", "MaxSessionDuration"}
        roles = [{name: value for name, value in role.items() if name in members} for role in answer["Roles"]]
        return shape({**answer, "Roles": [{**role, "AssumeRolePolicyDocument": {}} for role in roles]})

    assert known(ours.list_roles(MaxItems=2)) == known(theirs.list_roles(MaxItems=2))
    mine, their = ours.get_user(UserName="deployer")["User"], theirs.get_user(UserName="deployer")["User"]
    assert set(mine) <= set(their) and mine["UserId"].startswith("AIDA")
    for iam in (ours, theirs):
        with pytest.raises(iam.exceptions.NoSuchEntityException, match="The user with name none cannot be found."):
            iam.get_user(UserName="none")


def test_an_entry_from_its_creation_to_its_end(eks, role):
    made = eks.create_access_entry(
        clusterName=CLUSTER, principalArn=role, kubernetesGroups=["nsaccess:idp-dev:x"], tags={"managed-by": "nsaccess"}
    )["accessEntry"]
    assert made["username"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployers/{{{{SessionName}}}}"
    with pytest.raises(eks.exceptions.ResourceInUseException, match="already in use on this cluster"):
        eks.create_access_entry(clusterName=CLUSTER, principalArn=role)
    changed = eks.update_access_entry(clusterName=CLUSTER, principalArn=role, kubernetesGroups=["a", "b"])["accessEntry"]
    assert (changed["kubernetesGroups"], changed["username"]) == (["a", "b"], made["username"])
    assert changed["modifiedAt"] >= made["createdAt"] and changed["type"] == "STANDARD"
    scope = {"type": "namespace", "namespaces": ["idp-dev"]}
    eks.associate_access_policy(clusterName=CLUSTER, principalArn=role, policyArn=VIEW, accessScope=scope)
    (policy,) = eks.list_associated_access_policies(clusterName=CLUSTER, principalArn=role)["associatedAccessPolicies"]
    assert (policy["policyArn"], policy["accessScope"]) == (VIEW, scope)
    listed = eks.list_access_entries(clusterName=CLUSTER, associatedPolicyArn=VIEW)["accessEntries"]
    assert listed == [role]
    eks.disassociate_access_policy(clusterName=CLUSTER, principalArn=role, policyArn=VIEW)
    eks.delete_access_entry(clusterName=CLUSTER, principalArn=role)
    with pytest.raises(eks.exceptions.ResourceNotFoundException, match="The specified principalArn could not be found"):
        eks.describe_access_entry(clusterName=CLUSTER, principalArn=role)


def test_what_aws_refuses(sandbox, eks, role):
    for arguments, words in [
        ({"principalArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/ada"}, "principalArn parameter format is not valid"),
        ({"principalArn": f"arn:aws:iam::{ACCOUNT}:role/deployers"}, "invalid principal"),
        ({"principalArn": role, "kubernetesGroups": ["system:masters"]}, "it cannot start with system:"),
        ({"principalArn": role, "username": "system:x"}, "The username must not begin with system:"),
        ({"principalArn": role, "tags": {f"key-{number}": "" for number in range(51)}}, "50 tags"),
    ]:
        refused(lambda: eks.create_access_entry(clusterName=CLUSTER, **arguments), "InvalidParameterException", words)
    sandbox.control(f"cluster/{CLUSTER}", authentication_mode="CONFIG_MAP")
    words = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."
    refused(lambda: eks.create_access_entry(clusterName=CLUSTER, principalArn=role), "InvalidRequestException", words)


def test_entries_have_tags(eks, role):
    arn = eks.create_access_entry(clusterName=CLUSTER, principalArn=role)["accessEntry"]["accessEntryArn"]
    key = "nsaccess/idp-dev"
    eks.tag_resource(resourceArn=arn, tags={"managed-by": "nsaccess", key: "viewer until 2026-11-26T18:00:00Z"})
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"][key].startswith("viewer until")
    eks.untag_resource(resourceArn=arn, tagKeys=[key, "none"])
    shown = eks.describe_access_entry(clusterName=CLUSTER, principalArn=role)["accessEntry"]
    assert shown["tags"] == eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"managed-by": "nsaccess"}
    many = {f"key-{number}": "x" for number in range(50)}
    refused(lambda: eks.tag_resource(resourceArn=arn, tags=many), "BadRequestException", "50 tags")
    eks.delete_access_entry(clusterName=CLUSTER, principalArn=role)
    with pytest.raises(eks.exceptions.NotFoundException):
        eks.list_tags_for_resource(resourceArn=arn)


def test_access_policies_are_listed(admin, eks):
    pages = eks.get_paginator("list_access_policies").paginate(PaginationConfig={"PageSize": 3})
    policies = [policy for page in pages for policy in page["accessPolicies"]]
    assert {"name": "AmazonEKSViewPolicy", "arn": VIEW} in policies and len(policies) == 7


def test_an_entry_is_seen_late(sandbox, eks, role):
    sandbox.control("settings", entry_delay_milliseconds=120_000)
    eks.create_access_entry(clusterName=CLUSTER, principalArn=role)
    assert eks.describe_access_entry(clusterName=CLUSTER, principalArn=role)["accessEntry"]["principalArn"] == role

    def associate():
        scope = {"type": "cluster"}
        return eks.associate_access_policy(clusterName=CLUSTER, principalArn=role, policyArn=VIEW, accessScope=scope)

    refused(associate, "ResourceNotFoundException", "The specified principalArn could not be found")
    # Signatures may be off by five minutes.
    sandbox.control("clock", offset_seconds=121)
    associate()


def test_a_client_waits_when_it_is_throttled(sandbox, admin, role):
    patient = admin.client("eks", attempts=4)
    sandbox.control("fault", service="eks", operation="CreateAccessEntry", times=2, kind="throttled")
    patient.create_access_entry(clusterName=CLUSTER, principalArn=role)
    assert sandbox.calls("CreateAccessEntry") == 3
    sandbox.control("fault", service="eks", operation="DeleteAccessEntry", times=1, kind="throttled")
    error = refused(lambda: admin.client("eks").delete_access_entry(clusterName=CLUSTER, principalArn=role), "ThrottlingException", "Rate exceeded")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_an_administrator_is_denied_what_a_control_denies(sandbox, eks, role):
    for action in ("CreateAccessEntry", "TagResource", "AssociateAccessPolicy", "ListAccessEntries"):
        sandbox.control("deny-action", permission_set="AdministratorAccess", action=f"eks:{action}")
    refused(lambda: eks.create_access_entry(clusterName=CLUSTER, principalArn=role), "AccessDeniedException", "eks:CreateAccessEntry on resource")
    refused(lambda: eks.list_access_entries(clusterName=CLUSTER), "AccessDeniedException", "eks:ListAccessEntries")
    sandbox.control("allow-actions")
    eks.create_access_entry(clusterName=CLUSTER, principalArn=role)

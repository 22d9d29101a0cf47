"""The sandbox's EKS, judged by boto3."""

import base64
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import ACCOUNT, CLUSTER, NAME
from sandbox_clients import client, eks, refused  # noqa: F401, a fixture


@pytest.fixture
def reader(sandbox):
    """A client that may read access entries and versions."""
    for action in ("eks:*Access*", "eks:DescribeClusterVersions"):
        sandbox.control("allow-action", permission_set=NAME, action=action)
    return client(sandbox, "eks")


def role_arn(sandbox):
    return sandbox.control("mint", account=ACCOUNT, permission_set=NAME)["role_arn"]


def test_a_cluster_is_shown_as_it_is_said_to_be(sandbox, eks):
    issue = {"code": "KmsKeyDisabled", "message": "the key is disabled", "resource_ids": ["key-1"]}
    sandbox.control(
        f"cluster/{CLUSTER}", endpoint_public_access=False, public_access_cidrs=["203.0.113.0/24"],
        support_type="STANDARD", health_issues=[issue], shown_endpoint="https://private.example.com",
        shown_authority_pem="another",
    )  # fmt: skip
    cluster = eks.describe_cluster(name=CLUSTER)["cluster"]
    network = cluster["resourcesVpcConfig"]
    assert not network["endpointPublicAccess"] and network["endpointPrivateAccess"]
    assert network["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert cluster["upgradePolicy"] == {"supportType": "STANDARD"}
    assert cluster["health"]["issues"] == [
        {"code": "KmsKeyDisabled", "message": "the key is disabled", "resourceIds": ["key-1"]}
    ]
    assert cluster["endpoint"] == "https://private.example.com"
    assert base64.b64decode(cluster["certificateAuthority"]["data"]) == b"another"
    sandbox.control(f"cluster/{CLUSTER}", shown_endpoint=None)
    assert eks.describe_cluster(name=CLUSTER)["cluster"]["endpoint"] == sandbox.clusters[CLUSTER]["endpoint"]


def test_versions_have_a_status_and_dates(sandbox, reader):
    sandbox.control("cluster-version", version="1.27", status="EXTENDED_SUPPORT", end_of_standard_support=1721779200)
    (old, new) = sorted(
        reader.describe_cluster_versions(clusterVersions=["1.33", "1.27"])["clusterVersions"],
        key=lambda version: version["clusterVersion"],
    )
    assert (new["versionStatus"], new["endOfStandardSupportDate"].year) == ("STANDARD_SUPPORT", 2099)
    assert (old["versionStatus"], old["endOfStandardSupportDate"].date().isoformat()) == ("EXTENDED_SUPPORT", "2024-07-24")
    pages = reader.get_paginator("describe_cluster_versions").paginate(PaginationConfig={"PageSize": 5})
    assert [len(page["clusterVersions"]) for page in pages] == [5, 5, 2]


def test_access_entries_are_listed_and_described(sandbox, reader):
    arn = role_arn(sandbox)
    pages = list(reader.get_paginator("list_access_entries").paginate(clusterName=CLUSTER, PaginationConfig={"PageSize": 3}))
    listed = [principal for page in pages for principal in page["accessEntries"]]
    assert (len(pages), len(listed)) == (2, 4) and arn in listed
    entry = reader.describe_access_entry(clusterName=CLUSTER, principalArn=arn)["accessEntry"]
    assert (entry["principalArn"], entry["type"], entry["kubernetesGroups"]) == (arn, "STANDARD", [NAME])
    assert entry["createdAt"].year == 2025
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    sandbox.control(f"cluster/{CLUSTER}", access_entries=[
        {"principal_arn": arn, "username": "x", "policies": [{"policy_arn": policy, "namespaces": ["idp-*"]}]}
    ])  # fmt: skip
    answer = reader.list_associated_access_policies(clusterName=CLUSTER, principalArn=arn)
    (associated,) = answer["associatedAccessPolicies"]
    assert (associated["policyArn"], associated["accessScope"]) == (policy, {"type": "namespace", "namespaces": ["idp-*"]})
    assert reader.list_access_entries(clusterName=CLUSTER, associatedPolicyArn=policy)["accessEntries"] == [arn]


def test_refusals_are_exceptions_of_boto3(sandbox, reader):
    exceptions = reader.exceptions
    with pytest.raises(exceptions.ResourceNotFoundException, match="The specified principalArn could not be found"):
        reader.describe_access_entry(clusterName=CLUSTER, principalArn="arn:aws:iam::111122223333:role/none")
    sandbox.control(f"cluster/{CLUSTER}", authentication_mode="CONFIG_MAP")
    with pytest.raises(exceptions.InvalidRequestException, match="must be set to one of"):
        reader.list_access_entries(clusterName=CLUSTER)


def test_a_namespaces_developer_may_read_none_of_it(eks, sandbox):
    arn = role_arn(sandbox)
    for call in [
        lambda: eks.describe_cluster_versions(),
        lambda: eks.list_access_entries(clusterName=CLUSTER),
        lambda: eks.describe_access_entry(clusterName=CLUSTER, principalArn=arn),
        lambda: eks.list_associated_access_policies(clusterName=CLUSTER, principalArn=arn),
    ]:
        refused(call, "AccessDeniedException", "no identity-based policy allows")
    assert eks.describe_cluster(name=CLUSTER)["cluster"]["status"] == "ACTIVE"


def handshake(sandbox, seconds=10):
    """Begins TLS as a client does that trusts the cluster's authority."""
    cluster = sandbox.read("addresses")["clusters"][0]
    address = urllib.parse.urlsplit(cluster["endpoint"])
    context = ssl.create_default_context(cadata=cluster["ca_pem"])
    with socket.create_connection((address.hostname, address.port), timeout=seconds) as plain:
        with context.wrap_socket(plain, server_hostname=address.hostname) as stream:
            return stream.version()


def test_tls_fails_as_it_is_told_to(sandbox):
    assert handshake(sandbox) == "TLSv1.3"
    for kind, words in [
        ("other-name", "IP address mismatch"), ("other-authority", "unable to get local issuer certificate"),
        ("expired", "certificate has expired"),
    ]:  # fmt: skip
        sandbox.control(f"cluster/{CLUSTER}/handshake", kind=kind)
        with pytest.raises(ssl.SSLCertVerificationError, match=words):
            handshake(sandbox)
    sandbox.control(f"cluster/{CLUSTER}/handshake", kind="hang")
    with pytest.raises(TimeoutError):
        handshake(sandbox, seconds=0.5)
    sandbox.control(f"cluster/{CLUSTER}/handshake", kind="fine")
    assert handshake(sandbox) == "TLSv1.3"


def test_a_cluster_that_was_made_again_is_elsewhere(sandbox, eks):
    old = sandbox.clusters[CLUSTER]
    sandbox.control(f"cluster/{CLUSTER}/move")
    shown = eks.describe_cluster(name=CLUSTER)["cluster"]
    assert shown["endpoint"] != old["endpoint"]
    assert base64.b64decode(shown["certificateAuthority"]["data"]).decode() != old["ca_pem"]
    address = urllib.parse.urlsplit(old["endpoint"])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=10)
    assert handshake(sandbox) == "TLSv1.3"


def test_a_role_that_was_made_again_is_not_let_in(sandbox, reader):
    def user():
        token = sandbox.control(f"cluster/{CLUSTER}/token", account=ACCOUNT, permission_set=NAME)["token"]
        cluster = sandbox.clusters[CLUSTER]
        request = urllib.request.Request(f"{cluster['endpoint']}/version", headers={"authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, context=ssl.create_default_context(cadata=cluster["ca_pem"])) as answer:
            return answer.status

    assert user() == 200
    arn = sandbox.control("recreate-role", account=ACCOUNT, permission_set=NAME)["role_arn"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        user()
    fresh = client(sandbox, "eks")
    entry = fresh.describe_access_entry(clusterName=CLUSTER, principalArn=arn)["accessEntry"]
    assert entry["principalArn"] == arn, "EKS shows nothing of it"
    renamed = sandbox.control("rename-role", account=ACCOUNT, permission_set=NAME)["role_arn"]
    assert renamed.rsplit("_", 1)[0] == arn.rsplit("_", 1)[0] and renamed != arn


def test_an_entry_is_made_changed_and_deleted(sandbox):
    for action in ("eks:*", "iam:GetRole"):
        sandbox.control("allow-action", permission_set=NAME, action=action)
    eks, cluster = client(sandbox, "eks"), "idp-nonprod-1"
    arn = role_arn(sandbox)
    with pytest.raises(eks.exceptions.ResourceInUseException, match="already in use on this cluster"):
        eks.create_access_entry(clusterName=cluster, principalArn=arn)
    eks.delete_access_entry(clusterName=cluster, principalArn=arn)
    with pytest.raises(eks.exceptions.InvalidParameterException, match="it cannot start with system:"):
        eks.create_access_entry(clusterName=cluster, principalArn=arn, kubernetesGroups=["system:masters"])
    made = eks.create_access_entry(clusterName=cluster, principalArn=arn, kubernetesGroups=["a"], tags={"by": "us"})
    assert made["accessEntry"]["username"].endswith("/{{SessionName}}")
    eks.update_access_entry(clusterName=cluster, principalArn=arn, kubernetesGroups=["b"], username="sso:{{SessionName}}")
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    scope = {"type": "namespace", "namespaces": ["idp-*"]}
    eks.associate_access_policy(clusterName=cluster, principalArn=arn, policyArn=policy, accessScope=scope)
    shown = eks.describe_access_entry(clusterName=cluster, principalArn=arn)["accessEntry"]
    assert (shown["kubernetesGroups"], shown["username"], shown["tags"]) == (["b"], "sso:{{SessionName}}", {"by": "us"})
    assert eks.list_associated_access_policies(clusterName=cluster, principalArn=arn)["associatedAccessPolicies"]
    eks.disassociate_access_policy(clusterName=cluster, principalArn=arn, policyArn=policy)
    with pytest.raises(eks.exceptions.ResourceNotFoundException):
        eks.disassociate_access_policy(clusterName=cluster, principalArn=arn, policyArn=policy)

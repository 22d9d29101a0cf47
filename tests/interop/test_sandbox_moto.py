"""The sandbox's Secrets Manager and STS beside moto's: the same questions, answers of the same shape."""

import inspect

import boto3
import botocore.exceptions
import pytest
from conftest import ACCOUNT, REGION
from sandbox_clients import ONCE, names, role, secrets, sts  # noqa: F401, fixtures
from test_moto import moto  # noqa: F401, a fixture

MOTO = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "secret", "session_token": "session"}


def at_moto(url, service):
    keys = (MOTO["access_key_id"], MOTO["secret_access_key"], MOTO["session_token"])
    return boto3.Session(*keys, region_name=REGION).client(service, endpoint_url=url, config=ONCE)


def shape(value):
    """The members of an answer and their kinds, without what every answer has."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def versionless(answer):
    """The versions are keys there, and differ."""
    shown = shape(answer)
    for name in ("VersionIdsToStages", "SecretVersionsToStages"):
        if name in shown:
            shown[name] = sorted(map(str, shown[name].values()))
    return shown


@pytest.fixture
def both(sandbox, secrets, moto):
    """Secrets Manager here and at moto, with the same two secrets."""
    theirs = at_moto(moto, "secretsmanager")
    sandbox.control("clear-secrets")
    for name, text in (("customer/idp-dev/a", "one"), ("customer/idp-dev/B", "two")):
        theirs.create_secret(Name=name, SecretString="old", Description="Some words")
        theirs.put_secret_value(SecretId=name, SecretString=text)
        sandbox.control("secret", account=ACCOUNT, region=REGION, name=name, text=text, previous=["old"], description="Some words")
    return secrets, theirs


def test_answers_have_the_shape_of_motos(both):
    ours, theirs = both
    first = "customer/idp-dev/a"
    for ask in [
        lambda it: it.get_secret_value(SecretId=first),
        lambda it: it.get_secret_value(SecretId=first, VersionStage="AWSPREVIOUS"),
        lambda it: it.batch_get_secret_value(SecretIdList=[first, "customer/idp-dev/none"]),
    ]:
        assert shape(ask(ours)) == shape(ask(theirs))
    # What moto always names, AWS (and the sandbox) leaves out: an empty list of tags, rotation that never was. And moto
    # does not remember that a value was read.
    extra = {"Tags", "RotationEnabled", "ReplicationStatus", "LastAccessedDate"}
    for ask in [
        lambda it: it.describe_secret(SecretId=first),
        lambda it: it.list_secrets(Filters=[{"Key": "name", "Values": [first]}])["SecretList"][0],
    ]:
        shapes = [versionless(ask(it)) for it in both]
        shown = [{name: kind for name, kind in one.items() if name not in extra} for one in shapes]
        assert shown[0] == shown[1]


FILTERS = [
    ["customer/"], ["customer/idp-dev/a"], ["customer/idp-dev/A"], ["CUSTOMER/"], ["idp-dev"], ["!customer/idp-dev/a"],
    ["!nothing"], ["customer/idp-dev/a", "customer/idp-dev/B"], ["nothing"],
]  # fmt: skip


@pytest.mark.parametrize("values", FILTERS, ids=",".join)
def test_the_name_filter_finds_what_motos_finds(both, values):
    found = [sorted(names([it.list_secrets(Filters=[{"Key": "name", "Values": values}])])) for it in both]
    assert found[0] == found[1]


def test_description_filters_find_what_motos_find(both):
    for values in (["some"], ["WORDS"], ["nothing"], ["some words"]):
        found = [sorted(names([it.list_secrets(Filters=[{"Key": "description", "Values": values}])])) for it in both]
        assert found[0] == found[1], values


def test_refusals_have_motos_codes(both):
    """Without ListSecretVersionIds: moto answers 500 for a secret that is not there."""
    first = "customer/idp-dev/a"
    for ask in [
        lambda it: it.get_secret_value(SecretId="customer/idp-dev/none"),
        lambda it: it.describe_secret(SecretId="customer/idp-dev/none"),
        lambda it: it.get_secret_value(SecretId=first, VersionId="0" * 32),
        lambda it: it.get_secret_value(SecretId=first, VersionStage="NONE"),
        lambda it: it.list_secrets(Filters=[{"Key": "nonsense", "Values": ["x"]}]),
        lambda it: it.batch_get_secret_value(SecretIdList=[first], Filters=[{"Key": "name", "Values": ["x"]}]),
        lambda it: it.batch_get_secret_value(SecretIdList=[first], MaxResults=2),
    ]:
        codes = [refused_code(lambda it=it: ask(it)) for it in both]
        assert codes[0] == codes[1], inspect.getsource(ask)


def refused_code(call):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_an_assumed_role_has_the_shape_of_motos(sts, moto):
    theirs = at_moto(moto, "sts")
    arguments = {"RoleArn": role("billing"), "RoleSessionName": "ada", "DurationSeconds": 900}
    ours, their = shape(sts.assume_role(**arguments)), shape(theirs.assume_role(**arguments))
    # Only with a session policy there is a size of one.
    their.pop("PackedPolicySize", None)
    assert ours == their
    long = arguments | {"RoleSessionName": "a" * 65}
    assert refused_code(lambda: sts.assume_role(**long)) == refused_code(lambda: theirs.assume_role(**long)) == "ValidationError"

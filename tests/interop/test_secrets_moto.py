"""`nsaccess secrets` with moto's Secrets Manager, and boto3 as the judge of every byte."""

import base64
import json
import subprocess
import textwrap

import pytest
from conftest import NAMESPACE, REGION
from test_moto import moto  # noqa: F401, a fixture

PREFIX = f"customer/{NAMESPACE}/"

BOTO = """\
import base64, boto3
sm = boto3.client("secretsmanager", region_name=sys.argv[1])
"""


class Moto:
    """Moto's secrets, through boto3 in a process of its own with keys of the namespace's account."""

    def __init__(self, home, url):
        self.home, self.url = home, url
        credentials = json.loads(home.nsaccess("credentials", NAMESPACE).out)
        self.keys = {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": url,
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        }

    def ask(self, code, *args):
        return self.home.python(BOTO + textwrap.dedent(code), REGION, *args, env=self.keys)

    def create(self, name, *values, **facts):
        """A secret; each further value is a version more. Bytes are binary."""
        shown = [
            {"SecretBinary": base64.b64encode(value).decode()} if isinstance(value, bytes) else {"SecretString": value}
            for value in values
        ]
        return self.ask(
            """
            name, values, facts = sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
            def given(value):
                binary = value.get("SecretBinary")
                return {"SecretBinary": base64.b64decode(binary)} if binary is not None else value
            sm.create_secret(Name=name, **given(values[0]), **facts)
            for value in values[1:]:
                sm.put_secret_value(SecretId=name, **given(value))
            tell(sm.describe_secret(SecretId=name))
            """,
            PREFIX + name,
            json.dumps(shown),
            json.dumps(facts),
        )

    def value(self, name, **version):
        """What boto3 reads."""
        read = self.ask(
            """
            read = sm.get_secret_value(SecretId=sys.argv[2], **json.loads(sys.argv[3]))
            binary = read.get("SecretBinary")
            tell(base64.b64encode(binary if binary is not None else read["SecretString"].encode()).decode())
            """,
            PREFIX + name,
            json.dumps(version),
        )
        return base64.b64decode(read)


@pytest.fixture
def secrets(signed_in, moto):  # noqa: F811
    signed_in.env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = moto
    return Moto(signed_in, moto)


def printed(home, *args):
    """Standard output as bytes."""
    command = [home.commands / "nsaccess", "secrets", *args]
    return subprocess.run(command, env=home.env, cwd=home.path, capture_output=True, check=True, timeout=60).stdout


VALUES = {
    "plain": "plain",
    "line": "with an end\n",
    "unicode": "ü € \U0001f511",
    "json": '{"user": "u", "password": "it\'s $(here)", "port": 5432}',
    "large": "x" * 65536,
    "bytes": bytes(range(256)) * 8,
    "text-in-bytes": b"text in bytes",
}


def test_every_value_is_what_boto3_reads(signed_in, secrets):
    for name, value in VALUES.items():
        secrets.create(name, value)
        expected = value if isinstance(value, bytes) else value.encode()
        assert secrets.value(name) == expected
        assert printed(signed_in, "get", name) == expected, name
        printed(signed_in, "get", name, "--out", name)
        assert (signed_in.path / name).read_bytes() == expected, name
        shown = json.loads(printed(signed_in, "get", name, "-o", "json"))
        decoded = base64.b64decode(shown["value"]) if shown["encoding"] == "base64" else shown["value"].encode()
        assert decoded == expected, name


def test_versions_by_stage_and_id(signed_in, secrets):
    described = secrets.create("many", "first", "second", "third")
    stages = {stage: id for id, stages in described["VersionIdsToStages"].items() for stage in stages}
    assert printed(signed_in, "get", "many", "--version-stage", "AWSPREVIOUS") == b"second"
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        expected = secrets.value("many", VersionStage=stage)
        assert printed(signed_in, "get", "many", "--version-stage", stage) == expected
        assert printed(signed_in, "get", "many", "--version-id", stages[stage]) == expected
    listed = json.loads(printed(signed_in, "versions", "many", "-o", "json"))
    found = {stage: version["id"] for version in listed for stage in version["stages"]}
    assert {stage: found[stage] for stage in stages} == stages


def test_the_list_is_that_of_boto3_below_the_prefix(signed_in, secrets):
    secrets.ask(
        """
        for number in range(120):
            sm.create_secret(Name=f"{sys.argv[2]}item-{number:03}", SecretString="x")
        for name in sys.argv[3:]:
            sm.create_secret(Name=name, SecretString="x")
        """,
        PREFIX, f"customer/{NAMESPACE}-tools/a", "customer/other/b", "platform/c",
    )  # fmt: skip
    theirs = secrets.ask(
        """
        pages = sm.get_paginator("list_secrets").paginate()
        tell(sorted(one["Name"] for page in pages for one in page["SecretList"]))
        """
    )
    ours = json.loads(printed(signed_in, "list", "-o", "json"))
    assert [one["full_name"] for one in ours] == [name for name in theirs if name.startswith(PREFIX)]
    assert len(ours) == 120 and all(one["readable"] for one in ours)
    everything = json.loads(printed(signed_in, "list", "--all", "-o", "json"))
    assert sorted(one["full_name"] for one in everything) == theirs
    assert sorted(one["full_name"] for one in everything if not one["readable"]) == sorted(set(theirs) - {one["full_name"] for one in ours})


def test_what_is_known_of_a_secret(signed_in, secrets):
    described = secrets.create("known", "x", Description="Some words", Tags=[{"Key": "team", "Value": "a"}])
    shown = json.loads(printed(signed_in, "describe", "known", "-o", "json"))
    assert (shown["arn"], shown["full_name"]) == (described["ARN"], described["Name"])
    assert (shown["description"], shown["tags"]) == ("Some words", [{"key": "team", "value": "a"}])
    assert {one["id"]: one["stages"] for one in shown["versions"]} == described["VersionIdsToStages"]


def test_a_diff_of_two_versions(signed_in, secrets):
    secrets.create("changed", '{"a": 1, "b": {"c": "x", "d": 2}}', '{"b": {"d": 2, "c": "y"}, "e": 3}')
    shown = json.loads(printed(signed_in, "diff", "changed", "-o", "json"))
    assert shown["changes"] == [
        {"key": "a", "change": "removed", "values": None},
        {"key": "b.c", "change": "changed", "values": None},
        {"key": "e", "change": "added", "values": None},
    ]


def test_a_program_has_the_values(signed_in, secrets):
    secrets.create("db", '{"user": "u", "password": "it\'s $(here)\\n", "port": 5432}')
    secrets.create("api-key", "plain\nvalue")
    code = "import os, json; print(json.dumps({name: os.environ[name] for name in ('user', 'password', 'port', 'API_KEY')}))"
    seen = json.loads(printed(signed_in, "exec", "db", "api-key", "--", "python3", "-c", code))
    assert seen == {"user": "u", "password": "it's $(here)\n", "port": "5432", "API_KEY": "plain\nvalue"}


def test_what_is_not_there_or_going(signed_in, secrets):
    secrets.create("going", "x")
    secrets.ask("sm.delete_secret(SecretId=sys.argv[2], RecoveryWindowInDays=7)", PREFIX + "going")
    going = signed_in.nsaccess("secrets", "get", "going", code=5)
    assert "scheduled for deletion" in going.err.splitlines()[0]
    assert "Deletion" in signed_in.nsaccess("secrets", "describe", "going").out
    (listed,) = json.loads(printed(signed_in, "list", "-o", "json"))
    assert listed["deleted_at"]
    missing = signed_in.nsaccess("secrets", "get", "nothing", code=5)
    assert 'secret "nothing" not found' in missing.err
    secrets.create("once", "x")
    previous = signed_in.nsaccess("secrets", "get", "once", "--version-stage", "AWSPREVIOUS", code=5)
    assert "has no version at stage AWSPREVIOUS" in previous.err

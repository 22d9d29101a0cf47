"""`nsaccess token` against `aws eks get-token`: the same credentials, cluster, region and second give the same token."""

import base64
import json
import urllib.parse

import pytest
from conftest import CLUSTER, NAMESPACE, REGION

KEYS = {
    "long-lived": ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None),
    "session": ("ASIAIOSFODNN7EXAMPLE", "abc/def+ghi=jkl0123456789ABCDEFGHIJKLMNO", "IQoJb3//wEa+Example/To~ken_-.=="),
}

# The AWS CLI's own token generator at given times. Its endpoint rules come from its own copy of botocore.
AWS_CLI_TOKENS = """
import datetime
import awscli  # first: it puts its own botocore before the other one
import botocore.auth, botocore.session
from awscli.customizations.eks.get_token import STSClientFactory, TokenGenerator

tokens = []
session = botocore.session.get_session()
for cluster, region, time in json.loads(sys.argv[1]):
    at = datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ")
    botocore.auth.get_current_datetime = lambda **_: at
    tokens.append(TokenGenerator(STSClientFactory(session).get_sts_client(region_name=region)).get_token(cluster))
tell(tokens)
"""

AWS_REGIONS = """
import botocore.session
session = botocore.session.get_session()
tell(sorted({region for partition in session.get_available_partitions()
             for region in session.get_available_regions("eks", partition)}))
"""


def opened(token):
    """A token's URL: scheme and host, path, parameters."""
    prefix, encoded = token.rsplit(".", 1)
    assert prefix == "k8s-aws-v1"
    assert "=" not in encoded
    url = urllib.parse.urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    pairs = urllib.parse.parse_qsl(url.query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return f"{url.scheme}://{url.netloc}", url.path, dict(pairs)


def environment(keys):
    key, secret, session = KEYS[keys]
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": session,
        # Version 1 of the AWS CLI would sign for the global endpoint in some regions, which EKS does not want.
        "AWS_STS_REGIONAL_ENDPOINTS": "regional",
    }


@pytest.mark.parametrize("keys", KEYS)
def test_tokens_equal_the_aws_clis_in_every_region(home, keys):
    variables = environment(keys)
    regions = home.python(AWS_REGIONS)
    assert {"eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"} <= set(regions)
    ours, wanted = [], []
    for number, region in enumerate(regions):
        cluster = ["demo", "shop_prod-eks.2", "a" * 100][number % 3]
        answer = home.nsaccess("token", "--cluster-name", cluster, "--region", region, env=variables).json()
        ours.append(opened(answer["status"]["token"]))
        wanted.append((cluster, region, ours[-1][2]["X-Amz-Date"]))
    # Ours had AWS_ENDPOINT_URL_STS set all the time; the AWS CLI would put it into the token.
    theirs = home.python(AWS_CLI_TOKENS, json.dumps(wanted), env={**variables, "AWS_ENDPOINT_URL_STS": None})
    for (cluster, region, _), one, other in zip(wanted, ours, theirs, strict=True):
        assert one == opened(other), (cluster, region)


def test_no_endpoint_of_the_environment_gets_into_a_token(home):
    variables = {
        **environment("session"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
    }
    token = home.nsaccess("token", "--cluster-name", "demo", "--region", "eu-central-1", env=variables).json()
    assert opened(token["status"]["token"])[:2] == ("https://sts.eu-central-1.amazonaws.com", "/")


def test_the_document_is_the_aws_clis(home):
    for version in ("v1", "v1beta1"):
        info = {"apiVersion": f"client.authentication.k8s.io/{version}", "kind": "ExecCredential", "spec": {"interactive": False}}
        variables = {**environment("session"), "KUBERNETES_EXEC_INFO": json.dumps(info)}
        words = ("--cluster-name", "demo", "--region", REGION)
        ours = home.nsaccess("token", *words, env=variables).json()
        theirs = home.aws("eks", "get-token", *words, env=variables).json()
        for document in (ours, theirs):
            assert document["status"].pop("token").startswith("k8s-aws-v1.")
            assert document["status"].pop("expirationTimestamp").endswith("Z")
        assert ours == theirs


def test_without_exec_info_the_version_is_the_aws_clis(home):
    words = ("--cluster-name", "demo", "--region", REGION)
    theirs = home.aws("eks", "get-token", *words, env=environment("session")).json()
    assert home.nsaccess("token", *words, env=environment("session")).json()["apiVersion"] == theirs["apiVersion"]


def minted(home):
    return home.sandbox.control("mint", account="111122223333", permission_set="idp-ns-idp-dev")


def context_with(home, *words, **variables):
    """A context that kubectl itself wrote, with `nsaccess token` where `aws eks get-token` would stand."""
    cluster = home.sandbox.clusters[CLUSTER]
    (home.path / "ca.pem").write_text(cluster["ca_pem"])
    home.kubectl("config", "set-cluster", "c", f"--server={cluster['endpoint']}", f"--certificate-authority={home.path}/ca.pem")
    home.kubectl("config", "set-credentials", "u", "--exec-api-version=client.authentication.k8s.io/v1beta1",
                 "--exec-command=nsaccess", "--exec-arg=token", f"--exec-arg=--cluster-name={CLUSTER}",
                 f"--exec-arg=--region={REGION}", *(f"--exec-arg={word}" for word in words),
                 *(f"--exec-env={name}={value}" for name, value in variables.items()))  # fmt: skip
    home.kubectl("config", "set-context", "c", "--cluster=c", "--user=u", f"--namespace={NAMESPACE}")
    home.kubectl("config", "use-context", "c")


def store(home, profile, keys):
    for name in ("access_key_id", "secret_access_key", "session_token"):
        home.aws("configure", "set", f"aws_{name}", keys[name], "--profile", profile)


def test_drop_in_with_keys_of_the_environment(home):
    keys = minted(home)
    context_with(home)
    home.kubectl("get", "pod", "web-0", env={f"AWS_{name.upper()}": keys[name] for name in ("access_key_id", "secret_access_key", "session_token")})


def test_drop_in_with_a_profile(home):
    store(home, "mine", minted(home))
    context_with(home, "--profile=mine")
    home.kubectl("get", "pod", "web-0")
    # A profile that is named wins over keys of the environment.
    home.kubectl("get", "pod", "web-0", env=environment("session"))


def test_drop_in_with_aws_profile(home):
    store(home, "mine", minted(home))
    context_with(home, AWS_PROFILE="mine")
    home.kubectl("get", "pod", "web-0")


def test_drop_in_with_the_default_profile(home):
    store(home, "default", minted(home))
    context_with(home)
    home.kubectl("get", "pod", "web-0")


def test_drop_in_with_a_credential_process_that_boto3_wrote_for(home):
    keys = minted(home)
    script = home.path / "give"
    script.write_text("#!/bin/sh\ncat <<'END'\n" + json.dumps({
        "Version": 1, "AccessKeyId": keys["access_key_id"], "SecretAccessKey": keys["secret_access_key"],
        "SessionToken": keys["session_token"], "Expiration": "2030-01-01T00:00:00Z",
    }) + "\nEND\n")  # fmt: skip
    script.chmod(0o755)
    home.aws("configure", "set", "credential_process", str(script), "--profile", "mine")
    context_with(home, "--profile=mine")
    home.kubectl("get", "pod", "web-0")


def test_for_a_namespace_keys_of_the_environment_do_not_matter(signed_in):
    foreign = {**environment("session"), "AWS_PROFILE": "nobody", "AWS_REGION": "us-east-1"}
    signed_in.kubectl("get", "pod", "web-0", env=foreign)
    token = signed_in.nsaccess("token", NAMESPACE, env=foreign).json()["status"]["token"]
    host, _, parameters = opened(token)
    assert host == f"https://sts.{REGION}.amazonaws.com"
    assert not parameters["X-Amz-Credential"].startswith("ASIAIOSFODNN7EXAMPLE")

"""The sandbox's STS and the way to it through Kubernetes, judged by boto3, the AWS CLI and kubectl."""

import base64
import json
import ssl
import urllib.request

import boto3
import botocore.config
import pytest
from conftest import ACCOUNT, CLUSTER, NAME, NAMESPACE, REGION
from sandbox_clients import client, refused, role, secrets, sts  # noqa: F401, fixtures


def test_a_role_is_assumed_and_reads_what_its_caller_cannot(sandbox, sts, secrets):
    secret = "demo/billing/dynamodb"
    refused(lambda: secrets.get_secret_value(SecretId=secret), "AccessDeniedException")
    answer = sts.assume_role(RoleArn=role("billing"), RoleSessionName="ada@example.com", DurationSeconds=900)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/idp-demo-billing/ada@example.com"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    who = client(sandbox, "sts", answer["Credentials"]).get_caller_identity()
    assert (who["Arn"], who["Account"]) == (arn, ACCOUNT)
    assert who["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    chained = client(sandbox, "secretsmanager", answer["Credentials"])
    assert chained.get_secret_value(SecretId=secret)["SecretString"] == "sandbox-of-the-role"
    refused(chained.list_secrets, "AccessDeniedException", arn)


def test_assumed_credentials_end(sandbox, sts):
    answer = sts.assume_role(RoleArn=role("billing"), RoleSessionName="ada", DurationSeconds=900)
    left = answer["Credentials"]["Expiration"].timestamp() - sandbox.control("clock")["now"]
    assert 890 <= left <= 900
    chained = client(sandbox, "sts", answer["Credentials"])
    assert chained.get_caller_identity()["Account"] == ACCOUNT
    sandbox.control("expire-role-credentials")
    refused(chained.get_caller_identity, "ExpiredToken", "The security token included in the request is expired")


def test_who_is_not_trusted_is_refused(sandbox, sts):
    caller = sts.get_caller_identity()["Arn"]
    for target in ("reports", "mailer", "none"):
        error = refused(lambda: sts.assume_role(RoleArn=role(target), RoleSessionName="ada"), "AccessDenied")
        assert error.response["Error"]["Message"] == (
            f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role(target)}"
        )
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_chain_is_an_hour_long_at_most(sts):
    refused(
        lambda: sts.assume_role(RoleArn=role("billing"), RoleSessionName="ada", DurationSeconds=7200),
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    )


def post(sandbox, path, body):
    """A request to the cluster by an administrator of it."""
    cluster = sandbox.clusters[CLUSTER]
    sandbox.control(f"cluster/{CLUSTER}/object", apiVersion="rbac.authorization.k8s.io/v1", kind="Role",
                    metadata={"name": "idp-ns-floor", "namespace": NAMESPACE},
                    rules=[{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}])  # fmt: skip
    token = sandbox.control(f"cluster/{CLUSTER}/token", account=ACCOUNT, permission_set=NAME)["token"]
    request = urllib.request.Request(cluster["endpoint"] + path, json.dumps(body).encode(), {
        "authorization": f"Bearer {token}", "content-type": "application/json",
    })  # fmt: skip
    context = ssl.create_default_context(cadata=cluster["ca_pem"])
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        return json.load(answer)


def service_account_token(sandbox, name, audience="sts.amazonaws.com"):
    spec = {"audiences": [audience], "expirationSeconds": 600}
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{name}/token"
    return post(sandbox, path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})["status"]["token"]


def test_a_service_accounts_token_is_worth_its_role(sandbox, sts):
    token = service_account_token(sandbox, "reports")
    unsigned = boto3.Session(region_name=REGION).client(
        "sts", endpoint_url=sandbox.env["AWS_ENDPOINT_URL_STS"], config=botocore.config.Config(signature_version=botocore.UNSIGNED)
    )
    answer = unsigned.assume_role_with_web_identity(RoleArn=role("reports"), RoleSessionName="ada", WebIdentityToken=token)
    assert answer["SubjectFromWebIdentityToken"] == f"system:serviceaccount:{NAMESPACE}:reports"
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"].startswith(f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/")
    who = client(sandbox, "sts", answer["Credentials"]).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/idp-demo-reports/ada"


def test_a_token_that_is_not_good_enough(sandbox, sts):
    def assume(token, name="reports"):
        return lambda: sts.assume_role_with_web_identity(
            RoleArn=role(name), RoleSessionName="ada", WebIdentityToken=token
        )

    exceptions = sts.exceptions
    good = service_account_token(sandbox, "reports")
    header, claims, signature = good.split(".")
    forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(claims + "==").replace(b"reports", b"billing")).decode()
    for token, kind, words in [
        (service_account_token(sandbox, "reports", "kubernetes"), exceptions.InvalidIdentityTokenException, "Incorrect token audience"),
        ("not-a-token", exceptions.InvalidIdentityTokenException, "is not a valid JWT"),
        (f"{header}.{forged.rstrip('=')}.{signature}", exceptions.InvalidIdentityTokenException, "could not be validated"),
    ]:
        with pytest.raises(kind) as caught:
            assume(token)()
        assert words in caught.value.response["Error"]["Message"]
    refused(assume(good, "billing"), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    sandbox.control("clock", offset_seconds=601)
    with pytest.raises(exceptions.ExpiredTokenException) as caught:
        assume(good)()
    assert "Token expired: current date/time" in caught.value.response["Error"]["Message"]


def test_kubectl_asks_for_a_token(sandbox, signed_in):
    post(sandbox, f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/ledger/token", {"spec": {}})
    token = signed_in.kubectl("create", "token", "ledger", "--audience", "sts.amazonaws.com", "--duration", "10m").out.strip()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["aud"], claims["exp"] - claims["iat"]) == (["sts.amazonaws.com"], 600)
    assert claims["sub"] == f"system:serviceaccount:{NAMESPACE}:ledger"


def test_a_profile_chains_from_the_sso_profile(signed_in):
    signed_in.aws_config.write_text(
        signed_in.aws_config.read_text()
        + f"\n[profile chained]\nsource_profile = {NAME}\nrole_arn = {role('billing')}\nrole_session_name = ada\nregion = {REGION}\n"
    )
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/idp-demo-billing/ada"
    assert signed_in.who("chained")["Arn"] == arn
    assert signed_in.aws("--profile", "chained", "sts", "get-caller-identity").json()["Arn"] == arn
    words = ["secretsmanager", "get-secret-value", "--secret-id", "demo/billing/dynamodb", "--query", "SecretString"]
    assert signed_in.aws("--profile", "chained", *words).json() == "sandbox-of-the-role"


def test_a_pods_own_variables_lead_to_its_role(sandbox, signed_in):
    """botocore reads what the webhook put into the pod, with the token in a file."""
    pod = signed_in.kubectl("get", "pod", "ledger-0", "-o", "json").json()
    variables = {it["name"]: it["value"] for it in pod["spec"]["containers"][0]["env"]}
    assert variables["AWS_ROLE_ARN"] == role("ledger")
    (volume,) = [it for it in pod["spec"]["volumes"] if it["name"] == "aws-iam-token"]
    source = volume["projected"]["sources"][0]["serviceAccountToken"]
    assert variables["AWS_WEB_IDENTITY_TOKEN_FILE"].endswith("/" + source["path"])
    file = signed_in.path / "token"
    file.write_text(service_account_token(sandbox, pod["spec"]["serviceAccountName"], source["audience"]))
    variables |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(file), "AWS_ROLE_SESSION_NAME": "pod"}
    arn = signed_in.python("import boto3; tell(boto3.client('sts').get_caller_identity()['Arn'])", env=variables)
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/idp-demo-ledger/pod"


def test_pod_identity_is_found_by_its_association(signed_in):
    found = signed_in.aws("--profile", NAME, "eks", "list-pod-identity-associations", "--cluster-name", CLUSTER,
                          "--namespace", NAMESPACE, "--service-account", "mailer").json()["associations"]  # fmt: skip
    assert [(it["namespace"], it["serviceAccount"]) for it in found] == [(NAMESPACE, "mailer")]
    none = signed_in.aws("--profile", NAME, "eks", "list-pod-identity-associations", "--cluster-name", CLUSTER,
                         "--service-account", "billing").json()["associations"]  # fmt: skip
    assert none == []

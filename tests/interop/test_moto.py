"""EKS and STS as moto plays them: another reading of the AWS documentation than the sandbox's."""

import socket
import subprocess
import time
import urllib.request

import pytest
from conftest import NAME, NAMESPACE, REGION, VENV_BIN
from test_eks_token import environment, opened


@pytest.fixture
def moto(tmp_path, home):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(tmp_path / "moto.log", "w") as log:
        server = subprocess.Popen([VENV_BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()
            break
        except OSError:
            assert server.poll() is None, (tmp_path / "moto.log").read_text()
            time.sleep(0.1)
    home.env |= {"AWS_ENDPOINT_URL_EKS": url, "AWS_ENDPOINT_URL_STS": url}
    yield url
    server.terminate()
    server.wait(20)


MAKE_CLUSTERS = """
import boto3
eks = boto3.client("eks", region_name=sys.argv[1])
for name in sys.argv[2:]:
    eks.create_cluster(name=name, roleArn="arn:aws:iam::123456789012:role/eks",
                       resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]})
tell([eks.describe_cluster(name=name)["cluster"] for name in sys.argv[2:]])
"""


def login(home, *args):
    """The authority that moto makes up is no certificate: the cluster cannot be asked, so the person has to insist."""
    return home.login(NAMESPACE, "--no-verify", *args)


def test_login_describes_motos_cluster_and_writes_it(home, moto):
    (cluster,) = home.python(MAKE_CLUSTERS, REGION, "demo", env=environment("session"))
    done = login(home)
    assert "certificate authority" in done.err and '"demo"' in done.err
    view = home.kubectl("config", "view", "--raw", "-o", "json").json()
    (written,) = view["clusters"]
    assert written["name"] == NAME
    assert written["cluster"]["server"] == cluster["endpoint"]
    assert written["cluster"]["certificate-authority-data"] == cluster["certificateAuthority"]["data"]
    assert view["current-context"] == NAME
    args = view["users"][0]["user"]["exec"]["args"]
    assert args[args.index("--cluster-name") + 1] == "demo"
    assert home.aws("configure", "get", "region", "--profile", NAME).out.strip() == REGION
    token = home.nsaccess("token", NAMESPACE).json()["status"]["token"]
    assert opened(token)[0] == f"https://sts.{REGION}.amazonaws.com"


def test_one_of_motos_clusters_is_named(home, moto):
    names = [f"demo-{number:03}" for number in range(12)]
    home.python(MAKE_CLUSTERS, REGION, *names, env=environment("session"))
    login(home, "--cluster", "demo-007")
    assert "demo-007" in home.kubeconfig.read_text()


def test_a_cluster_that_moto_does_not_have(home, moto):
    done = home.login(NAMESPACE, "--cluster", "nowhere", code=5)
    assert "nowhere" in done.err


@pytest.mark.parametrize("named", ["--role-arn", "profile"])
def test_a_role_is_assumed_at_motos_sts(home, moto, named):
    role = "arn:aws:iam::123456789012:role/deployer"
    words = ["token", "--cluster-name", "demo", "--region", REGION]
    if named == "profile":
        for name, value in {"role_arn": role, "source_profile": "base"}.items():
            home.aws("configure", "set", name, value, "--profile", "assuming")
        for name, value in {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}.items():
            home.aws("configure", "set", name, value, "--profile", "base")
        answer = home.nsaccess(*words, "--profile", "assuming").json()
    else:
        answer = home.nsaccess(*words, "--role-arn", role, env=environment("long-lived")).json()
    host, path, parameters = opened(answer["status"]["token"])
    assert (host, path) == (f"https://sts.{REGION}.amazonaws.com", "/")
    assert parameters["X-Amz-Security-Token"]
    # Whose key that is, moto knows.
    key = parameters["X-Amz-Credential"].split("/")[0]
    identity = home.python(
        """
        import boto3
        tell(boto3.client("sts", region_name="eu-west-1").get_caller_identity())
        """,
        env={"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "any", "AWS_SESSION_TOKEN": parameters["X-Amz-Security-Token"]},
    )
    assert identity["Arn"].startswith("arn:aws:sts::123456789012:assumed-role/deployer/")


def test_kubectl_and_the_aws_cli_do_the_same_with_motos_cluster(home, moto):
    """The same cluster, written by `aws eks update-kubeconfig` and by us: the same server and authority."""
    home.python(MAKE_CLUSTERS, REGION, "demo", env=environment("session"))
    home.aws("eks", "update-kubeconfig", "--name", "demo", "--region", REGION, env=environment("session"))
    login(home)
    theirs, ours = sorted(home.kubectl("config", "view", "--raw", "-o", "json").json()["clusters"], key=lambda one: one["name"] == NAME)
    for field in ("server", "certificate-authority-data"):
        assert ours["cluster"][field] == theirs["cluster"][field]

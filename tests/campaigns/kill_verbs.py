"""The verbs that write, each with what there is before it. Found by following src/disk/atomic.rs to its callers."""

import dataclasses
import json
import os

from sandbox_home import REGION

OLD = "2020-01-01T00:00:00Z"

KUBECONFIG = """\
# mine, by hand
apiVersion: v1
kind: Config
preferences: {}
current-context: "home"   # not a namespace
contexts:
    - context: {cluster: home, user: home}
      name: home
clusters:
    - name: home
      cluster:
          server: https://127.0.0.1:1   # at home
users:
    - name: home
      user: {token: "0000"}
    - name: corp
      user:
        exec:
          apiVersion: client.authentication.k8s.io/v1beta1
          command: aws
          args: [--region, eu-west-1, eks, get-token, --cluster-name, prod-eks-cluster, --output, json]
          env:
          - {name: AWS_PROFILE, value: corp}
"""
AWS_CONFIG = "# mine, by hand\r\n[profile   home]\r\nregion=eu-central-1\r\n; the end of mine\r\n\r\n"


@dataclasses.dataclass
class Verb:
    name: str
    command: str
    before: tuple = ()
    """Commands, and functions of the home, that make what there is before it."""
    again: str | None = None
    """What is run afterwards, and has to succeed; else the same command."""
    codes: tuple = (0,)
    """How it may end when it is run again: a second removal finds nothing."""
    undone: tuple = ()
    """Files that have their old content after `again`."""
    faults: tuple = ()
    """Answers of the sandbox that keep it as it is, so that one sign-in serves every run."""
    varies: tuple = ()
    """Files of the user whose new content differs from run to run."""
    steps: bool = False
    """Whether it changes a file of the user more than once, as for each portal: what it is in between is allowed, too."""
    weight: float = 1
    """Its share of the kills; what takes long gets less."""
    linked: bool = False
    """Whether the kubeconfig is a symbolic link, as to a folder of dotfiles."""


def age(*folders):
    """Makes cached credentials or tokens old."""

    def change(home):
        for folder in folders:
            for path in (home.path / folder).glob("*.json"):
                kept = json.loads(path.read_text())
                changed = {name: OLD for name in ("obtained_at", "expires_at", "expiresAt") if name in kept}
                if "clientSecret" in kept and "accessToken" not in kept:
                    continue
                path.write_text(json.dumps({**kept, **changed}))

    return change


def write(name, text, mode=0o644):
    def change(home):
        path = home.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")
        path.chmod(mode)

    return change


def link_kubeconfig(home):
    target = home.path / "dotfiles" / "kubeconfig"
    target.parent.mkdir()
    os.rename(home.kubeconfig, target)
    home.kubeconfig.symlink_to("../dotfiles/kubeconfig")


def fault(operation, **kind):
    return {"operation": operation, **kind}


def refreshed(home):
    """The answer to a refresh, with the token that there is: refreshing for real would use up the one of the image."""
    token = home.token()
    answer = {"accessToken": token["accessToken"], "refreshToken": token["refreshToken"], "tokenType": "Bearer", "expiresIn": 3600}
    return fault("CreateToken", kind="body", status=200, content_type="application/json", body=json.dumps(answer))


LOGIN_ROLE = (
    "login dev --role-arn arn:aws:iam::123456789012:role/k8s-devs-role --source-profile corp "
    f"--cluster prod-eks-cluster --region {REGION}"
)
LOGIN = "login idp-dev --start-url {start_url} --sso-region " + REGION
ONE = (LOGIN,)
TWO = (LOGIN, "login idp-test", "use idp-dev")
THREE = (*TWO, LOGIN_ROLE, "use idp-dev")
CREDENTIALS = age(".cache/nsaccess/v1/credentials", ".aws/cli/cache", ".cache/nsaccess/v1/roles", ".cache/nsaccess/v1/shared")
SIGNED_OUT = (fault("Logout", kind="body", status=200, body=""),)
CONFIG = write(".config/nsaccess/config.toml", "# mine\nflow   =  'device' # on servers\n\n[namespace.x]\nregion = 'eu-west-1'\n", 0o640)
PROJECT = write("nsaccess.toml", "namespace = 'idp-dev'\n")

VERBS = [
    Verb("login-first", LOGIN, weight=0.3),
    Verb("login-second", "login idp-test", ONE, weight=0.3),
    Verb("login-second-linked", "login idp-test", ONE, weight=0.3, linked=True),
    Verb("login-role", LOGIN_ROLE, ONE, weight=0.3),
    Verb("logout", "logout", THREE, codes=(0, 3), faults=SIGNED_OUT),
    Verb("logout-purge", "logout --all --purge", THREE, codes=(0, 3), faults=SIGNED_OUT, steps=True),
    Verb("kubeconfig", "kubeconfig idp-dev", (*TWO, "kubeconfig idp-dev --remove")),
    Verb("kubeconfig-remove", "kubeconfig idp-dev --remove", TWO, codes=(0, 5)),
    Verb("convert", "kubeconfig convert --all", ONE, again="kubeconfig convert --revert --all", undone=(".kube/config",)),
    Verb("convert-revert", "kubeconfig convert --revert --all", (*ONE, "kubeconfig convert --all")),
    Verb("use", "use idp-test", TWO),
    Verb("use-linked", "use idp-test", TWO, linked=True),
    Verb("use-back", "use -", (*TWO, "use idp-test")),
    Verb("config-set", "config set regions eu-west-1", (CONFIG,)),
    Verb("config-unset", "config unset flow", (CONFIG,)),
    Verb("config-trust", "config trust", (CONFIG, PROJECT)),
    Verb("token-fetch", "token idp-dev", (*TWO, CREDENTIALS)),
    Verb("token-refresh", "token idp-dev", (*TWO, CREDENTIALS, age(".aws/sso/cache")), faults=(refreshed,)),
    Verb("token-role", f"token --cluster-name prod-eks-cluster --region {REGION} --profile corp --role-arn arn:aws:iam::123456789012:role/k8s-devs-role"),
    Verb("token-warm", "token idp-dev", TWO),
    Verb("credentials", "credentials idp-dev -o json", (*TWO, CREDENTIALS)),
    Verb("assume-irsa-profile", "assume-irsa deploy/billing -n idp-dev --profile", TWO),
    Verb("assume-irsa", "assume-irsa deploy/billing -n idp-dev -- true", TWO),
    Verb("secrets-out", "secrets get api-key -n idp-dev --out key.txt", (*TWO, write("key.txt", "old\n", 0o600))),
    Verb("secrets-out-new", "secrets get api-key -n idp-dev --out key.txt", TWO),
    Verb("grant-render", "grant render --from grants.yaml --format kustomize --out deploy"),
    Verb("doctor-report", "doctor idp-dev --offline --report report.md", TWO, codes=(0, 1), weight=0.1, varies=("report.md",)),
    Verb("complete", "__complete fish 2 -- pods -n idp-dev {empty}", TWO),
    Verb("complete-secrets", "__complete fish 4 -- secrets get -n idp-dev {empty}", TWO),
    Verb("exec", "exec -n idp-dev -- true", TWO),
    Verb("list", "list --refresh", TWO),
    Verb("secrets-exec", "secrets exec -n idp-dev api-key -- true", TWO),
]


def words(verb_command, sandbox):
    return [word.format(start_url=sandbox.start_url, empty="") for word in verb_command.split()]


def prepare(verb, home, sandbox):
    """Makes what there is before a verb, with files as people have them."""
    write(".kube/config", KUBECONFIG, 0o640)(home)
    home.aws_config.write_text(AWS_CONFIG + home.aws_config.read_text(), newline="")
    home.aws_config.chmod(0o644)
    for step in verb.before:
        if callable(step):
            step(home)
        else:
            home.nsaccess(*words(step, sandbox))
    if verb.linked:
        link_kubeconfig(home)
    for change in verb.faults:
        sandbox.control("fault", **(change(home) if callable(change) else change))



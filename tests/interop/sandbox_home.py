"""A running sandbox, and a sealed HOME that leads every AWS client to it.

Everything that reads a home folder runs as a process of its own, boto3 too, so that no test sees the real one or another
test's. The campaigns (tests/campaigns) stand on this too.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request

BIN = pathlib.Path(os.environ["INTEROP_BIN"])
KUBECTL = pathlib.Path(os.environ["INTEROP_KUBECTL"])
VENV_BIN = pathlib.Path(sys.executable).parent

NAMESPACE = "idp-dev"
NAME = "idp-ns-idp-dev"
ACCOUNT = "111122223333"
CLUSTER = "idp-nonprod-1"
REGION = "eu-west-1"


class Done:
    """How a command ended."""

    def __init__(self, args, process):
        self.args = args
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        shown = " ".join(map(str, self.args))
        return f"\n$ {shown}\n{self.out}{self.err}(exit code {self.code})"


class Started:
    """A command that is still running; its lines of both streams as they come."""

    def __init__(self, args, process):
        self.args = args
        self.process = process
        self.out = b""
        self.err = b""
        for name in ("out", "err"):
            threading.Thread(target=self._collect, args=(name, getattr(process, f"std{name}")), daemon=True).start()

    def _collect(self, name, stream):
        while chunk := stream.read1(65536):
            setattr(self, name, getattr(self, name) + chunk)

    def until(self, what, there, seconds=60):
        """Waits for a condition; the limit only turns a test that would hang into one that fails."""
        end = time.monotonic() + seconds
        while not (found := there()):
            assert time.monotonic() < end, f"{what} did not happen\n{self!r}"
            time.sleep(0.01)
        return found

    def says(self, words):
        """Waits until one of the streams has these words."""
        self.until(words, lambda: words.encode() in self.out or words.encode() in self.err)

    def ends(self):
        """Waits for its end by itself; the exit code."""
        return self.process.wait(60)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def __repr__(self):
        return f"$ {' '.join(map(str, self.args))}\n{self.out.decode()}{self.err.decode()}(exit code {self.process.poll()})"


class Sandbox:
    """The sandbox as a process; it ends when its standard input closes."""

    def __init__(self, folder, demo_home=None):
        """The world of the tests, or with `demo_home` that of `cargo run -p sandbox`, whose files are written there."""
        addresses = folder / "addresses.json"
        world = ["--home", demo_home] if demo_home else ["--plain"]
        self.process = subprocess.Popen(
            [BIN / "sandbox", "--serve", *world, "--until-stdin-closes", "--addresses", addresses],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stdout:
            if line.startswith("export SANDBOX_ADDRESSES="):
                break
        self.addresses = json.loads(addresses.read_text())
        self.env = self.addresses["env"]
        self.start_url = self.addresses["start_url"]
        self.clusters = {cluster["name"]: cluster for cluster in self.addresses["clusters"]}

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def control(self, path, /, **body):
        """POST /_control/<path>"""
        return self._ask(urllib.request.Request(
            f"{self.addresses['control']}/{path}",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method="POST",
        ))

    def read(self, path):
        """GET /_control/<path>"""
        return self._ask(f"{self.addresses['control']}/{path}")

    def calls(self, operation):
        return self.read(f"calls?operation={operation}")["calls"]

    def refresh_token_reuses(self):
        return self.read("calls")["refresh_token_reuses"]

    def cluster(self, verb, name="idp-nonprod-1", **body):
        """POST /_control/cluster/<name>/<verb>, in the namespace of all these tests."""
        return self.control(f"cluster/{name}/{verb}", namespace=NAMESPACE, **body)

    def grant(self, *rights):
        """Replaces the rules of our role by these: "get pods/log", "list deployments.apps", …"""
        rules = []
        for right in rights:
            verb, resource = right.split(" ")
            resource, _, group = resource.partition(".")
            rules.append({"apiGroups": [group], "resources": [resource], "verbs": [verb]})
        metadata = {"namespace": NAMESPACE, "name": "idp-ns-floor"}
        api = "rbac.authorization.k8s.io/v1"
        self.control(f"cluster/{CLUSTER}/object", apiVersion=api, kind="Role", metadata=metadata, rules=rules)

    def refusals(self):
        """What was answered with an error, for the message of an assertion that failed."""
        return [call for call in self.read("journal")["journal"] if call["status"] >= 400]

    @staticmethod
    def _ask(request):
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


class Home:
    """A sealed home folder with nsaccess, kubectl and the AWS CLI on the PATH, and nothing of ours in the environment."""

    def __init__(self, folder, sandbox, nsaccess=BIN / "nsaccess"):
        self.path = folder / "home"
        self.path.mkdir(exist_ok=True)
        self.sandbox = sandbox
        commands = folder / "bin"
        commands.mkdir()
        for name, program in {"nsaccess": nsaccess, "kubectl": KUBECTL}.items():
            (commands / name).symlink_to(program)
        # Not a link: Python finds its environment by the folder that it is called in.
        (commands / "aws").write_text(f'#!/bin/sh\nexec "{VENV_BIN}/aws" "$@"\n')
        (commands / "aws").chmod(0o755)
        self.commands = commands
        self.env = {
            "HOME": str(self.path),
            "PATH": f"{commands}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "AWS_EC2_METADATA_DISABLED": "true",
            **sandbox.env,
        }
        self.aws_config = self.path / ".aws" / "config"
        self.sso_cache = self.path / ".aws" / "sso" / "cache"
        self.kubeconfig = self.path / ".kube" / "config"
        self.started = []

    def run(self, *args, env=None, code=0, input=None, timeout=60):
        """Runs a command; `code` is the exit code that it must have (None: any). A variable set to None is absent."""
        variables = {name: value for name, value in {**self.env, **(env or {})}.items() if value is not None}
        if (self.commands / str(args[0])).exists():
            args = (self.commands / str(args[0]), *args[1:])
        process = subprocess.run(
            args, env=variables, cwd=self.path, input=input or "", capture_output=True, text=True, timeout=timeout
        )
        done = Done(args, process)
        assert code is None or done.code == code, f"{done!r}\nrefused: {self.sandbox.refusals()}"
        return done

    def start(self, *args, env=None):
        """Starts a command that runs beside the test, and ends with it."""
        variables = {**self.env, **(env or {})}
        program = self.commands / str(args[0])
        process = subprocess.Popen(
            [program, *args[1:]], env=variables, cwd=self.path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        started = Started(args, process)
        self.started.append(started)
        return started

    def nsaccess(self, *args, **options):
        return self.run("nsaccess", *args, **options)

    def kubectl(self, *args, **options):
        return self.run("kubectl", *args, **options)

    def aws(self, *args, **options):
        return self.run("aws", *args, **options)

    def python(self, code, *args, env=None):
        """Runs code that has boto3 and botocore; what it hands to `tell` comes back."""
        prelude = "import json, sys\ndef tell(value): print(json.dumps(value, default=str))\n"
        done = self.run(sys.executable, "-c", prelude + textwrap.dedent(code), *args, env=env)
        return json.loads(done.out.splitlines()[-1]) if done.out else None

    def login(self, namespace=NAMESPACE, *args, **options):
        """`nsaccess login`, with the person at the browser played by the sandbox."""
        self.sandbox.control("auto-approve", on=True)
        done = self.nsaccess(
            "login", namespace, "--start-url", self.sandbox.start_url, "--sso-region", REGION,
            "--region", REGION, *args, **options,
        )  # fmt: skip
        self.sandbox.control("auto-approve", on=False)
        return done

    def forget_credentials(self):
        """Role credentials and everything else that nsaccess caches; the session stays."""
        shutil.rmtree(self.path / ".cache" / "nsaccess")

    def token_file(self, session="nsaccess"):
        return self.sso_cache / f"{hashlib.sha1(session.encode()).hexdigest()}.json"

    def token(self, session="nsaccess"):
        return json.loads(self.token_file(session).read_text())

    def who(self, profile=NAME):
        """Who boto3 is with a profile."""
        return self.python(
            """
            import boto3
            tell(boto3.Session(profile_name=sys.argv[1]).client("sts").get_caller_identity())
            """,
            profile,
        )

"""Many programs that write the same files at once: ours, kubectl, and the AWS CLI."""

import collections
import concurrent.futures
import configparser
import random
import re
import shutil
import subprocess
import threading

import home_image
import kill_checks
import kill_verbs
import writers_logout
from sandbox_home import ACCOUNT, CLUSTER, REGION, Home, Sandbox

AT_ONCE = 6


class Shared:
    """A home with one sign-in that many programs write to, and which entries they say that they wrote."""

    def __init__(self, campaign, name):
        self.folder = campaign.folder / name
        self.folder.mkdir()
        self.sandbox = Sandbox(self.folder)
        self.home = Home(self.folder, self.sandbox, campaign.binary)
        self.home.login()
        kill_verbs.write(".kube/config", kill_verbs.KUBECONFIG, 0o640)(self.home)
        self.home.aws_config.write_text(kill_verbs.AWS_CONFIG + self.home.aws_config.read_text(), newline="")
        self.written = set()
        self.refused = collections.Counter()
        self.lock = threading.Lock()
        self.campaign = campaign

    def writes(self, entry, *command, prefix=()):
        """Runs a writer; an entry counts as written if its program said so."""
        program = self.home.commands / command[0]
        ended = subprocess.run(
            [*prefix, program, *command[1:]], env=self.home.env, cwd=self.home.path, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        with self.lock:
            if ended.returncode == 0:
                self.written.add(entry)
            else:
                self.refused[f"{command[0]}: {reason_of(ended)}"] += 1
        return ended

    def namespaces(self, count):
        names = [f"load-{index:03}" for index in range(count)]
        for name in names:
            self.sandbox.control("assign", account=ACCOUNT, permission_set=f"idp-ns-{name}")
        return names

    def lost(self, there):
        return sorted(self.written - there)

    def breaks(self, case, why):
        self.campaign.breaks(case, why, self.home.path)

    def end(self):
        self.sandbox.stop()
        shutil.rmtree(self.folder)


def reason_of(ended):
    """Why a writer failed, in few words."""
    lines = ended.stderr.strip().splitlines() or ["killed"]
    return re.sub(r"/\S+/|\d+", "…", " ".join(lines[:2]))[:140]


def contexts(home):
    """The contexts of the kubeconfig, as kubectl reads them."""
    found = home.kubectl("config", "view", "-o", "json").json()
    return {entry["name"] for entry in found["contexts"] or []}, {entry["name"] for entry in found["clusters"] or []}


def profiles(home):
    """The profiles, as Python's parser (the AWS CLI's) reads them."""
    parser = configparser.RawConfigParser()
    parser.read_string(home.aws_config.read_text())
    return {section.removeprefix("profile").strip() for section in parser.sections()}


def at_once(jobs):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def of_kubectl(shared, index):
    """One of the three commands of `kubectl config` that people and scripts run."""
    if index % 3 == 0:
        shared.writes(f"of-kubectl-{index}", "kubectl", "config", "set-context", f"of-kubectl-{index}", "--cluster=c", "--user=u")
    elif index % 3 == 1:
        shared.writes(f"of-kubectl-{index}", "kubectl", "config", "set-cluster", f"of-kubectl-{index}", "--server=https://x")
    else:
        shared.writes("home", "kubectl", "config", "use-context", "home")


def ours(shared, name, prefix=()):
    return shared.writes(f"idp-ns-{name}", "nsaccess", "kubeconfig", name, "--cluster", CLUSTER, prefix=prefix)


def beside_kubectl(campaign, count, several):
    """Half of the writers are ours. kubectl reads before it locks, and under the lock removes what was written in between,
    by us or by another kubectl. What one kubectl at a time wrote could only be lost by us."""
    case = "several-kubectls" if several else "one-kubectl"
    shared = Shared(campaign, case)
    names = shared.namespaces(count // 2)
    our_jobs = [lambda name=name: ours(shared, name) for name in names]
    kubectl_jobs = [lambda index=index: of_kubectl(shared, index) for index in range(count // 2)]
    if several:
        jobs = our_jobs + kubectl_jobs
        random.Random(campaign.options.seed).shuffle(jobs)
        at_once(jobs)
    else:
        kubectl = threading.Thread(target=lambda: [job() for job in kubectl_jobs])
        kubectl.start()
        at_once(our_jobs)
        kubectl.join()
    report(shared, case, set().union(*contexts(shared.home)), may_lose=lambda entry: several or entry.startswith("idp-ns-"))


def kubectl_alone(campaign, count):
    """What kubectl loses without us, to compare."""
    shared = Shared(campaign, "kubectl-alone")
    at_once([lambda index=index: of_kubectl(shared, index) for index in range(count)])
    report(shared, "kubectl-alone", set().union(*contexts(shared.home)), may_lose=lambda entry: True)


def beside_the_aws_cli(campaign, count):
    """Our logins beside one `aws configure set` at a time, which takes no lock and overwrites in place."""
    shared = Shared(campaign, "aws-cli")
    names = shared.namespaces(count // 2)

    def login(name):
        shared.writes(f"idp-ns-{name}", "nsaccess", "login", name, "--no-verify", "--cluster", CLUSTER, "--region", REGION)

    def of_the_cli():
        for index in range(count // 2):
            shared.writes(f"of-cli-{index}", "aws", "configure", "set", f"profile.of-cli-{index}.region", "eu-west-1")

    shared.writes("home", "aws", "configure", "set", "profile.home.output", "json")
    cli = threading.Thread(target=of_the_cli)
    cli.start()
    at_once([lambda name=name: login(name) for name in names])
    cli.join()
    report(shared, "aws-cli", profiles(shared.home), may_lose=lambda entry: entry != "home")


def in_containers(campaign, count):
    """Writers with a process number of their own, 1 each, that share a home; some are killed."""
    shared = Shared(campaign, "pid-namespaces")
    rng = random.Random(campaign.options.seed)
    apart = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*apart, "true"], capture_output=True).returncode:
        campaign.figure("pid-namespaces", "not run: PID namespaces need root")
        return shared.end()

    def killed(name):
        limit = ["timeout", "-s", "KILL", f"{rng.uniform(0.01, 0.4):.3f}"]
        ours(shared, name, prefix=[*limit, *apart])

    jobs = []
    for name in shared.namespaces(count):
        kind = rng.random()
        if kind < 0.3:
            jobs.append(lambda name=name: killed(name))
        else:
            prefix = apart if kind < 0.7 else []
            jobs.append(lambda name=name, prefix=prefix: ours(shared, name, prefix))
    at_once(jobs)
    shared.home.nsaccess("kubeconfig", "idp-dev", "--cluster", CLUSTER)
    report(shared, "pid-namespaces", set().union(*contexts(shared.home)), may_lose=lambda entry: False)


def report(shared, case, there, may_lose):
    """Says what was written and lost, and what may not be."""
    lost = shared.lost(there)
    ours_lost = [entry for entry in lost if entry.startswith("idp-ns-")]
    theirs_lost = [entry for entry in lost if entry not in ours_lost]
    figures = f"{len(shared.written)} entries written, lost {len(ours_lost)} of ours, {len(theirs_lost)} of others"
    shared.campaign.figure(case, figures)
    for reason, number in shared.refused.most_common(5):
        shared.campaign.figure("  refused", f"{number} × {reason}")
    forbidden = [entry for entry in lost if not may_lose(entry)]
    left = [
        name for name in home_image.capture(shared.home.path)
        if kill_checks.is_temporary(name) or (kill_checks.is_kubectl_lock(name) and name.startswith(".kube"))
    ]  # fmt: skip
    if forbidden or "home" not in there or left:
        shared.breaks(case, f"lost {forbidden}, left behind {left}")
    shared.end()


def run(campaign):
    size = campaign.options.size
    phases = {
        "one-kubectl": lambda: beside_kubectl(campaign, int(size * 0.3), several=False),
        "several-kubectls": lambda: beside_kubectl(campaign, int(size * 0.2), several=True),
        "kubectl-alone": lambda: kubectl_alone(campaign, int(size * 0.1)),
        "aws-cli": lambda: beside_the_aws_cli(campaign, int(size * 0.2)),
        "pid-namespaces": lambda: in_containers(campaign, int(size * 0.2)),
        "logout": lambda: writers_logout.run(campaign, max(1, int(size * 0.05))),
    }
    for name, phase in phases.items():
        if (campaign.options.case or name) == name and (campaign.options.only or "") in name:
            phase()

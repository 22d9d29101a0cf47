#!/usr/bin/env python3
"""The warm `nsaccess token` against the bare process and against `aws eks get-token`, interleaved, in one run."""

import argparse
import ctypes
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

NAMESPACE, CLUSTER, REGION = "idp-dev", "idp-nonprod-1", "eu-west-1"
PROFILE = f"idp-ns-{NAMESPACE}"
ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def once(command, env):
    """Wall time and CPU time of one run, in seconds."""
    quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, flags, 0) for fd, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY))]
    begin = time.perf_counter_ns()
    pid = os.posix_spawn(command[0], command, env, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter_ns() - begin
    if status != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return wall / 1e9, usage.ru_utime + usage.ru_stime


def peak_memory(command, env):
    """Peak resident memory of one run, in MiB.

    The kernel counts the memory that a process had before exec too, and here that would be Python's. So a small shell
    forks it, and we adopt it (PR_SET_CHILD_SUBREAPER) when the shell is gone.
    """
    if ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) != 0:
        return float("nan")
    reader, writer = os.pipe()
    script = f'{{ read _; exec "$@" </dev/null; }} <&{reader} >/dev/null 2>&1 & echo $!'
    shell = subprocess.run(["/bin/sh", "-c", script, "sh", *command], env=env, stdout=subprocess.PIPE, pass_fds=[reader], check=True)
    os.write(writer, b"\n")
    os.close(writer)
    os.close(reader)
    _, status, usage = os.wait4(int(shell.stdout), 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return usage.ru_maxrss / 1024


class Warm:
    """A home in which `nsaccess login` was done against the sandbox."""

    def __init__(self, nsaccess, sandbox, folder):
        self.env = {"HOME": folder, "PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
        addresses = os.path.join(folder, "addresses.json")
        self.server = subprocess.Popen(
            [sandbox, "--serve", "--plain", "--auto-approve", "--until-stdin-closes", "--addresses", addresses],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        served = {}
        for line in self.server.stdout:
            name, _, value = line.removeprefix("export ").strip().partition("=")
            served[name] = value
            if name == "SANDBOX_ADDRESSES":
                break
        login = [nsaccess, "login", NAMESPACE, "--start-url", served["SANDBOX_START_URL"],
                 "--sso-region", served["SANDBOX_SSO_REGION"], "--region", REGION]  # fmt: skip
        endpoints = {name: value for name, value in served.items() if name.startswith("AWS_")}
        subprocess.run(login, env={**self.env, **endpoints}, check=True, stderr=subprocess.DEVNULL)
        # What `kubeconfig convert` writes for a profile; the first call fetches, and keeps it for the AWS CLI too.
        self.by_profile = ["token", "--cluster-name", CLUSTER, "--region", REGION, "--profile", PROFILE]
        subprocess.run([nsaccess, *self.by_profile], env={**self.env, **endpoints}, check=True, stdout=subprocess.DEVNULL)
        # From here on nobody answers: whatever is not warm fails.
        self.server.stdin.close()
        self.server.wait()
        exec_info = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}'
        self.env["KUBERNETES_EXEC_INFO"] = exec_info


def find_aws():
    for candidate in (TARGET / "interop-venv/bin/aws", shutil.which("aws")):
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def shown(seconds):
    return f"{seconds * 1000:9.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nsaccess", type=os.path.abspath, help="the binary, built with --release")
    parser.add_argument("--sandbox", default=TARGET / "debug/sandbox", help="the sandbox's binary")
    parser.add_argument("--aws", default=find_aws(), help="the AWS CLI")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of one aws and --pairs of the others [10]")
    parser.add_argument("--pairs", type=int, default=50, help="runs of the small commands in a round [50]")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        warm = Warm(options.nsaccess, options.sandbox, folder)
        commands = {
            "/bin/true": ["/bin/true"],
            "nsaccess token": [options.nsaccess, "token", NAMESPACE, "--cluster-name", CLUSTER, "--region", REGION],
            "  … --profile": [options.nsaccess, *warm.by_profile],
        }
        keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"}
        aws = [options.aws, "eks", "get-token", "--cluster-name", CLUSTER, "--region", REGION] if options.aws else None
        aws_env = {**warm.env, **keys}
        runs = {name: [] for name in (*commands, *(["aws eks get-token"] if aws else []))}
        for command in commands.values():
            for _ in range(20):
                once(command, warm.env)
        if aws:
            once(aws, aws_env)
        pairs = []
        for _ in range(options.rounds):
            if aws:
                runs["aws eks get-token"].append(once(aws, aws_env))
            for _ in range(options.pairs):
                pair = [once(command, warm.env) for command in commands.values()]
                pairs.append(pair[1][0] / pair[0][0])
                for name, run in zip(commands, pair):
                    runs[name].append(run)
        memory = {name: statistics.median(peak_memory(command, warm.env) for _ in range(5)) for name, command in commands.items()}
        if aws:
            memory["aws eks get-token"] = peak_memory(aws, aws_env)

    print(f"{'':20} {'runs':>5} {'wall ms':>9} {'best':>9} {'cpu ms':>9} {'peak MiB':>9}")
    medians = {}
    for name, measured in runs.items():
        wall, cpu = (statistics.median(values) for values in zip(*measured))
        medians[name] = wall, cpu
        print(f"{name:20} {len(measured):5} {shown(wall)} {shown(min(run[0] for run in measured))} {shown(cpu)} {memory[name]:9.1f}")
    ours, bare = medians["nsaccess token"], medians["/bin/true"]
    print(f"\nnsaccess token takes {ours[0] / bare[0]:.2f} times the wall time of /bin/true"
          f" (median of {len(pairs)} pairs: {statistics.median(pairs):.2f})")  # fmt: skip
    if aws:
        theirs = medians["aws eks get-token"]
        version = subprocess.run([options.aws, "--version"], capture_output=True, text=True, check=True)
        print(f"aws eks get-token takes {theirs[1] / ours[1]:.0f} times the CPU and {theirs[0] / ours[0]:.0f} times the wall time"
              f" of nsaccess token ({(version.stdout or version.stderr).strip()})")  # fmt: skip
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs; nsaccess is {os.path.getsize(options.nsaccess) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

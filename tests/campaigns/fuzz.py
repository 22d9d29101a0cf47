"""The targets of fuzz/, each for its share of the time. It needs cargo-fuzz."""

import pathlib
import re
import resource
import shutil
import subprocess

from figures import ROOT

TARGETS = sorted(path.stem for path in (ROOT / "fuzz" / "fuzz_targets").glob("*.rs"))
KUBECONFIGS = pathlib.Path("crates/kubeconfig-edit/tests/data")


def fuzz(campaign, target, seconds):
    corpus = campaign.folder / target
    corpus.mkdir()
    seeds = KUBECONFIGS if target == "kubeconfig_edit" else pathlib.Path("fuzz") / "seeds" / target
    folders = [corpus, *([seeds] if (ROOT / seeds).exists() else [])]
    limits = [f"-max_total_time={seconds}", f"-seed={campaign.options.seed}", f"-artifact_prefix={campaign.folder}/{target}-"]
    # There is no unsafe code to sanitize, and so the stable toolchain will do.
    command = ["cargo", "fuzz", "run", "-s", "none", "--fuzz-dir", "fuzz", target, *map(str, folders), "--", *limits]
    before = processor_seconds()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    worked = processor_seconds() - before
    counted = re.findall(r"#(\d+)\s+DONE.*?cov: (\d+)", ended.stderr)
    if ended.returncode or not counted:
        campaign.breaks(target, ended.stderr[-1500:])
        return
    executions, covered = counted[-1]
    campaign.figure(target, f"{executions} inputs, {covered} edges, {seconds} s, {worked:.0f} s of a processor")


def processor_seconds():
    """What the processes that ended have used. On a busy machine it is less than the time that passed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(campaign):
    if not shutil.which("cargo-fuzz"):
        campaign.breaks("fuzz", "cargo-fuzz is missing: cargo install cargo-fuzz")
        return
    built = subprocess.run(["cargo", "fuzz", "build", "-s", "none", "--fuzz-dir", "fuzz"], cwd=ROOT, capture_output=True, text=True)
    if built.returncode:
        campaign.breaks("fuzz", built.stderr[-1500:])
        return
    chosen = [target for target in TARGETS if (campaign.options.case or campaign.options.only or "") in target]
    for target in chosen:
        fuzz(campaign, target, int(campaign.options.minutes * 60 / len(chosen)))

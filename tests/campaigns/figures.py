"""What a campaign prints, and how it ends when something broke."""

import datetime
import os
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Broken(Exception):
    """An invariant that does not hold."""


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return f"{os.cpu_count()} × {model}, {memory} GiB, Linux {platform.release()}"


class Campaign:
    """A run of a campaign: where it works, what it counted, and what broke."""

    def __init__(self, name, options, binary):
        self.name = name
        self.options = options
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"nsaccess-{name}-"))
        self.broken = []
        self.begun = datetime.datetime.now()
        print(f"campaign  {name}, {self.begun:%Y-%m-%d %H:%M}, seed {options.seed}")
        print(f"machine   {machine()}")
        print(f"nsaccess  {self._build()}")

    def _build(self):
        version = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
        return f"{version}, {self.binary.parent.name}, commit {commit.stdout.strip() or '?'}"

    def figure(self, name, value):
        print(f"  {name:<44} {value}", flush=True)

    def breaks(self, case, why, home=None):
        """Notes what broke, keeps the HOME, and says how to see it again."""
        kept = self.folder / f"broken-{len(self.broken)}"
        if home:
            shutil.copytree(home, kept, symlinks=True)
        self.broken.append(case)
        print(f"BROKEN    {case}: {why}")
        if home:
            print(f"  home:   {kept}")
        print(f"  again:  tests/campaigns/run {self.name} --seed {self.options.seed} --case {shlex.quote(case)}", flush=True)
        if len(self.broken) >= self.options.most_broken:
            raise Broken(f"{len(self.broken)} broken cases are enough")

    def end(self):
        seconds = (datetime.datetime.now() - self.begun).seconds
        print(f"{'BROKEN' if self.broken else 'held'}: {len(self.broken)} broken, {seconds // 60} min {seconds % 60} s")
        if not self.broken:
            shutil.rmtree(self.folder, ignore_errors=True)
        sys.exit(1 if self.broken else 0)

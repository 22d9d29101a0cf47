"""Kills every verb that writes, at every system call that changes a file, and at random moments.

strace sends the signal when the n-th such call is entered, so these cases can be repeated exactly.
"""

import collections
import dataclasses
import math
import random
import re
import shutil
import signal
import subprocess
import time

import home_image
import kill_checks
import kill_verbs
from sandbox_home import Home, Sandbox

CALLS = (
    "rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,write,pwrite64,"
    "fsync,fdatasync,fchmod,fchown,chmod,chown,ftruncate,fallocate,flock,fsetxattr"
)
SIGNALS = [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
AT_CALLS = 0.7
"""How much of the cases are kills at system calls, where there are enough of these."""


@dataclasses.dataclass(frozen=True)
class Case:
    verb: str
    signal: signal.Signals
    call: int = 0
    milliseconds: float = 0

    def __str__(self):
        moment = f"call-{self.call}" if self.call else f"after-{self.milliseconds:.2f}ms"
        return f"{self.verb}/{self.signal.name[3:]}/{moment}"

    @staticmethod
    def parse(text):
        verb, name, moment = text.split("/")
        number = float(re.search(r"[\d.]+", moment)[0])
        moment = {"call": int(number)} if moment.startswith("call") else {"milliseconds": number}
        return Case(verb, signal.Signals[f"SIG{name}"], **moment)


class Stage:
    """A verb with its sandbox, and its HOME before it and after it."""

    def __init__(self, verb, campaign):
        self.verb = verb
        self.folder = campaign.folder / verb.name
        self.folder.mkdir(parents=True)
        (self.folder / "home").mkdir()
        self.sandbox = Sandbox(self.folder, self.folder / "home")
        self.home = Home(self.folder, self.sandbox, campaign.binary)
        self.sandbox.control("auto-approve", on=True)
        kill_verbs.prepare(verb, self.home, self.sandbox)
        self.command = [str(self.home.commands / "nsaccess"), *kill_verbs.words(verb.command, self.sandbox)]
        self.old = home_image.capture(self.home.path)
        self.new, self.seconds = self.undisturbed()
        self.undisturbed_twice()
        self.calls = self.count_calls()
        self.between = list(self.steps()) if verb.steps else []
        assert is_ended_by(signal.SIGKILL, self.kill_at(CALLS, signal.SIGKILL, 1)), "strace sends no signals here"

    def undisturbed(self):
        home_image.restore(self.home.path, self.old)
        begun = time.monotonic()
        ended = self.run(self.command)
        seconds = time.monotonic() - begun
        assert ended.returncode == 0, f"{self.verb.name} fails undisturbed: {ended.stderr.decode()}"
        return home_image.capture(self.home.path), seconds

    def undisturbed_twice(self):
        """What varies from run to run cannot be compared."""
        again, _ = self.undisturbed()
        for name in filter(kill_checks.is_of_the_user, self.new):
            assert name in self.verb.varies or again[name] == self.new[name], f"{self.verb.name}: {name} varies"
        lost = list(kill_checks.foreign_lines_lost(self.old, self.new))
        assert not lost, lost

    def count_calls(self):
        """How many calls the thread with the most of them makes."""
        record = self.folder / "calls"
        home_image.restore(self.home.path, self.old)
        self.run(["strace", "-f", "--seccomp-bpf", "-qq", "-o", record, "-e", f"trace={CALLS}", *self.command])
        threads = collections.Counter(line.split()[0] for line in record.read_text().splitlines() if "resumed>" not in line)
        return max(threads.values())

    def steps(self):
        """The HOME as it is before each rename, after which a file is complete."""
        for number in range(1, 100):
            home_image.restore(self.home.path, self.old)
            if not is_ended_by(signal.SIGKILL, self.kill_at("rename,renameat,renameat2", signal.SIGKILL, number)):
                return
            yield home_image.capture(self.home.path)

    def kill_at(self, calls, number, call):
        inject = f"inject={calls}:signal={number.name}:when={call}"
        # With --seccomp-bpf strace 6.1 injects nothing.
        quiet = ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject]
        return self.run([*quiet, *self.command]).returncode

    def run(self, command):
        return subprocess.run(
            command, env=self.home.env, cwd=self.home.path, stdin=subprocess.DEVNULL, capture_output=True, timeout=120
        )

    def kill(self, case):
        """Runs the verb and kills it. Whether the signal ended it."""
        home_image.restore(self.home.path, self.old)
        if case.call:
            code = self.kill_at(CALLS, case.signal, case.call)
        else:
            process = subprocess.Popen(
                self.command, env=self.home.env, cwd=self.home.path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(case.milliseconds / 1000)
            process.send_signal(case.signal)
            code = process.wait(120)
        return is_ended_by(case.signal, code)

    def wrong_after_a_kill(self, case):
        now = home_image.capture(self.home.path)
        gently = case.signal != signal.SIGKILL
        return now, list(kill_checks.after_a_kill(self.old, self.new, now, gently, self.between, self.verb.varies))

    def wrong_after_the_next_run(self):
        ended = self.run([self.command[0], *kill_verbs.words(self.verb.again or self.verb.command, self.sandbox)])
        if ended.returncode not in {*self.verb.codes, 0}:
            return [f"the next run failed with {ended.returncode}: {ended.stderr.decode()}"]
        return list(kill_checks.after_the_next_run(self.old, home_image.capture(self.home.path), self.verb.undone))

    def end(self):
        self.sandbox.stop()
        shutil.rmtree(self.folder)


def is_ended_by(number, code):
    return code in (-number, 128 + number)


def cases_of(stage, share, rng):
    """A share of the cases of a verb: all calls and signals if there are not too many, and random moments."""
    at_calls = [Case(stage.verb.name, number, call=call) for number in SIGNALS for call in range(1, stage.calls + 1)]
    rng.shuffle(at_calls)
    at_calls = at_calls[: int(share * AT_CALLS)]
    for _ in range(share - len(at_calls)):
        milliseconds = rng.uniform(0, stage.seconds * 1000)
        at_calls.append(Case(stage.verb.name, rng.choice(SIGNALS), milliseconds=milliseconds))
    return at_calls


def run_verb(campaign, verb, share, totals):
    rng = random.Random(f"{campaign.options.seed} {verb.name}")
    stage = Stage(verb, campaign)
    only = campaign.options.case
    count = collections.Counter()
    for case in [Case.parse(only)] if only else cases_of(stage, share, rng):
        count["kills"] += 1
        count["at calls"] += bool(case.call)
        count["ended by it"] += stage.kill(case)
        now, wrong = stage.wrong_after_a_kill(case)
        changed = any(now.get(name) != stage.old.get(name) for name in filter(kill_checks.is_of_the_user, now))
        count["new files"] += changed
        count["left overs"] += any(map(kill_checks.is_temporary, now))
        if not wrong and (case.signal == signal.SIGKILL or rng.random() < 0.2):
            count["next runs"] += 1
            wrong = stage.wrong_after_the_next_run()
            count["left overs without a secret"] += any(map(kill_checks.is_temporary, home_image.capture(stage.home.path)))
        if wrong:
            campaign.breaks(str(case), "; ".join(wrong), stage.home.path)
    figures = ", ".join(f"{number} {name}" for name, number in count.items() if number)
    campaign.figure(f"{verb.name} ({stage.seconds * 1000:.0f} ms, {stage.calls} calls)", figures)
    totals.update(count)
    stage.end()


def run(campaign):
    chosen = [verb for verb in kill_verbs.VERBS if (campaign.options.only or "") in verb.name]
    if campaign.options.case:
        chosen = [verb for verb in chosen if verb.name == campaign.options.case.split("/")[0]]
    totals = collections.Counter()
    weights = sum(verb.weight for verb in chosen)
    for verb in chosen:
        run_verb(campaign, verb, math.ceil(campaign.options.size * verb.weight / weights), totals)
    campaign.figure("all", ", ".join(f"{number} {name}" for name, number in totals.items()))

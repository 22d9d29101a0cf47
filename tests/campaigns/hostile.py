"""Servers that mean harm, for every operation of every service that a verb calls.

For each: the time until the verb ends, its peak memory, and that nothing it shows on a terminal steers that.
"""

import collections
import os
import re
import shutil
import zlib

import home_image
import kill_verbs
import measured
from sandbox_home import Home, Sandbox

# Sets the title, clears the screen, fills the clipboard, C1's CSI, reads backwards, isolates, a carriage return.
WORDS = "x\x1b]0;title\x07\x1b[2J\x1b]52;c;eA==\x07\x9b2J\u202eb\u2066c\rd\x08"
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MOST_SECONDS = 75
"""A call ends after 60 seconds, retries included."""
MOST_MEBIBYTES = 160
"""An answer may have 32 MiB, and is parsed."""
STRINGS = 40
"""How many strings of an answer are changed, each alone."""

FAULTS = {
    "endless": {"kind": "endless", "status": 200},
    "endless-refusal": {"kind": "endless", "status": 500},
    "dripping": {"kind": "dripping", "status": 200, "milliseconds": 200},
    "pages-again": {"kind": "pages-without-end"},
    "pages-fresh": {"kind": "pages-without-end", "fresh": True},
    "redirect-circle": {"kind": "redirect"},
    "redirect-away": {"kind": "redirect", "status": 307, "location": "http://127.0.0.1:1/"},
    "too-short": {"kind": "too-short"},
    "too-long": {"kind": "cut-mid-body"},
    "cut-chunks": {"kind": "cut-chunks"},
    "cut-before": {"kind": "cut-before"},
    "garbage": {"kind": "garbage"},
    "error-words": {"kind": "error", "status": 400, "code": f"Bad{WORDS}", "message": WORDS},
    "refusal-words": {"kind": "error", "status": 403, "code": "AccessDenied", "message": WORDS},
    "all-words": {"kind": "words", "words": WORDS},
}
SLOW = ("dripping",)

COLD = kill_verbs.CREDENTIALS
VERBS = {
    "login": (kill_verbs.LOGIN, None),
    "login-role": (kill_verbs.LOGIN_ROLE, COLD),
    "login-again": ("login idp-test", COLD),
    "token": ("token idp-dev", COLD),
    "list": ("list --refresh", None),
    "whoami": ("whoami -n idp-dev", None),
    "can-i": ("can-i -n idp-dev", None),
    "can-i-list": ("can-i -n idp-dev --list", None),
    "pods": ("pods -n idp-dev", None),
    "pods-wide": ("pods -n idp-dev -o wide", None),
    "pod": ("pods web-0 -n idp-dev", None),
    "logs": ("logs web-0 deploy/web -n idp-dev --tail 3", None),
    "secrets": ("secrets list -n idp-dev", None),
    "secret-versions": ("secrets versions api-key -n idp-dev", None),
    "secret-describe": ("secrets describe api-key -n idp-dev", None),
    "secret-diff": ("secrets diff api-key -n idp-dev", None),
    "assume-irsa": ("assume-irsa deploy/billing -n idp-dev", None),
    "doctor": ("doctor idp-dev", None),
    "console": ("console dev --print", COLD),
    "audit": ("audit payments", None),
    "grant": ("grant --from grants.yaml --dry-run", None),
    "logout": ("logout", None),
    "complete": ("__complete fish 4 -- pods -n idp-dev {empty}", None),
}


class Stage:
    """A signed-in home, given back before each case."""

    def __init__(self, campaign):
        self.folder = campaign.folder / "stage"
        (self.folder / "home").mkdir(parents=True)
        self.sandbox = Sandbox(self.folder, self.folder / "home")
        self.home = Home(self.folder, self.sandbox, campaign.binary)
        self.sandbox.control("auto-approve", on=True)
        self.fresh = home_image.capture(self.home.path)
        for step in kill_verbs.THREE:
            self.home.nsaccess(*kill_verbs.words(step, self.sandbox))
        self.signed_in = home_image.capture(self.home.path)
        self.env = {**self.home.env, "NO_COLOR": "1", "TERM": "xterm", "BROWSER": "true", "AWS_PROFILE": "platform"}

    def before(self, verb):
        self.sandbox.control("clear-faults")
        # Nobody is told of a sign-out, so that the next case has a session.
        if verb == "logout":
            self.sandbox.control("fault", operation="Logout", kind="body", status=200, body="", times=1)
        home_image.restore(self.home.path, self.fresh if verb == "login" else self.signed_in)
        make_old = VERBS[verb][1]
        if make_old:
            make_old(self.home)

    def run(self, verb):
        command = [str(self.home.commands / "nsaccess"), *kill_verbs.words(VERBS[verb][0], self.sandbox)]
        os.chdir(self.home.path)
        return measured.on_a_terminal(command, self.env, self.home.path, MOST_SECONDS + 15)

    def operations(self, verb):
        """What a verb calls when nothing is wrong."""
        self.before(verb)
        self.sandbox.control("reset-calls")
        ended = self.run(verb)
        calls = self.sandbox.read("calls")["calls"]
        return ended, [name for name in calls if ":" not in name]


# A log goes on for as long as it comes, however slowly.
WITHOUT_END = ("get pods/log", ("endless", "dripping"))


def wrong_with(ended, may_go_on):
    if not may_go_on and (ended.code == -9 or ended.seconds > MOST_SECONDS):
        yield f"it took {ended.seconds:.0f} s"
    if ended.mebibytes > MOST_MEBIBYTES:
        yield f"it took {ended.mebibytes:.0f} MiB"
    text = ended.output.decode(errors="replace")
    # What our status line and questions do on a terminal: move, erase a line, hide and show the cursor.
    text = re.sub(r"\r?\x1b\[(2?K|\?25[lh]|\?2004[lh]|\d*[ABCDG]|J|0?m)|\r(?=\x1b|$)", "", text)
    if found := STEERS.search(text):
        around = text[max(0, found.start() - 80) : found.end() + 40]
        yield f"it shows {found[0]!r} in {around!r}"
    is_killed = ended.code < 0 and not (may_go_on and ended.code == -9)
    if is_killed or ended.code == 101 or "panicked" in text:
        yield f"it ended with {ended.code}: {text[-300:]}"


# A person is waited for until the code ends, in ten minutes, whatever the answers are.
WAITS_FOR_A_PERSON = ("login", "CreateToken")


def cases(verb, operations):
    for operation in operations:
        waits = (verb, operation) == WAITS_FOR_A_PERSON
        for name in ("error-words", "refusal-words") if waits else FAULTS:
            yield f"{verb}/{operation}/{name}", {"operation": operation, **FAULTS[name]}
        for only in range(0 if waits else STRINGS):
            yield f"{verb}/{operation}/word-{only}", {"operation": operation, "kind": "words", "words": WORDS, "only": only}


def is_of_part(part, name):
    """Whether a case is one of this run, when several share the cases: `2/4` is the second of four."""
    number, parts = map(int, part.split("/"))
    return zlib.crc32(str(name).encode()) % parts == number - 1


def run_verb(campaign, stage, verb, slow_done, totals):
    undisturbed, operations = stage.operations(verb)
    if not operations:
        campaign.breaks(verb, "it calls nothing, so that nothing is tried")
    most = collections.Counter()
    shown = undisturbed.output
    for name, fault in cases(verb, operations):
        # An operation may have a slash in its name: get pods/log.
        kind = name.rsplit("/", 1)[1]
        if campaign.options.case and campaign.options.case != name:
            continue
        # Each takes a minute, so one verb for each operation is enough.
        slow = (fault["operation"], kind)
        if not campaign.options.case and (
            (slow in slow_done if kind in SLOW else campaign.options.only_slow)
            or (kind in SLOW and not campaign.options.slow)
            or not is_of_part(campaign.options.part, slow if kind in SLOW else name)
        ):
            continue
        slow_done.add(slow)
        stage.before(verb)
        stage.sandbox.control("fault", **fault)
        ended = stage.run(verb)
        most["cases"] += 1
        most["shown"] += b"title" in ended.output and ended.output != shown
        most["seconds"] = max(most["seconds"], ended.seconds)
        most["MiB"] = max(most["MiB"], ended.mebibytes)
        wrong = list(wrong_with(ended, fault["operation"] == WITHOUT_END[0] and kind in WITHOUT_END[1]))
        if wrong:
            campaign.breaks(name, "; ".join(wrong), stage.home.path)
    campaign.figure(
        f"{verb} (exit code {undisturbed.code}, {len(operations)} operations)",
        f"{most['cases']} cases, words shown in {most['shown']}, longest {most['seconds']:.1f} s, most {most['MiB']:.0f} MiB",
    )
    totals["cases"] += most["cases"]
    totals["seconds"] = max(totals["seconds"], most["seconds"])
    totals["MiB"] = max(totals["MiB"], most["MiB"])


def run(campaign):
    stage = Stage(campaign)
    totals, slow_done = collections.Counter(), set()
    wanted = (campaign.options.case or "").split("/")[0]
    for verb in VERBS:
        if (wanted or verb) == verb and any(word in verb for word in (campaign.options.only or "").split(",")):
            run_verb(campaign, stage, verb, slow_done, totals)
    campaign.figure("all", f"{totals['cases']} cases, longest {totals['seconds']:.1f} s, most {totals['MiB']:.0f} MiB")
    os.chdir("/")
    stage.sandbox.stop()
    shutil.rmtree(stage.folder)

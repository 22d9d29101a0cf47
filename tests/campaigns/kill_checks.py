"""What has to hold after a kill, and after the next run."""

import json
import re

TEMPORARY = re.compile(r"/?\.[^/]*\.nsaccess-[0-9a-f]{16}$")
CACHES = (".cache/", ".aws/sso/cache/", ".aws/cli/cache/", ".kube/cache/")
CACHE = ".cache/nsaccess/v1/"
WITHOUT_SECRETS = tuple(CACHE + name for name in (".previous-context", "handed/", "clusters/", "candidates/", "portal/"))
OUR_LOCK = re.compile(rb"nsaccess \d+\n")


def is_temporary(name):
    return bool(TEMPORARY.search(name))


def is_kubectl_lock(name):
    return name.endswith(".lock") and not name.startswith(".cache/")


def is_of_the_user(name):
    return not (name.startswith(CACHES) or is_temporary(name) or is_kubectl_lock(name))


def after_a_kill(old, new, now, gently, between=(), varies=()):
    """What is wrong with a HOME after a kill. `gently`: by a signal that can be caught. `between`: what it may be besides
    the old one and the new one."""
    yield from users_files(old, new, now, between, varies)
    yield from caches(now)
    for name, file in now.items():
        if not (is_temporary(name) or is_kubectl_lock(name)):
            continue
        if gently:
            yield f"{name} was left behind by a signal that can be caught"
        if is_kubectl_lock(name) and not OUR_LOCK.fullmatch(file.content):
            yield f"the lock {name} does not say whose it is: {file.content!r}"
        if is_temporary(name) and file.mode & ~may_be_open(name, old, new):
            yield f"{name} has mode {file.mode:o}"


def may_be_open(name, old, new):
    """The bits that a temporary file may have: those of the file that it becomes."""
    target = TEMPORARY.sub("", name) + "/" * ("/" in name) + name.rsplit("/")[-1].rsplit(".nsaccess-", 1)[0][1:]
    found = new.get(target) or old.get(target)
    return 0o600 | (found.mode if found else 0)


def users_files(old, new, now, between, varies):
    names = filter(is_of_the_user, old.keys() | new.keys() | now.keys())
    for name in sorted(names):
        before, after, found = old.get(name), new.get(name), now.get(name)
        if found in (before, after) or any(found == image.get(name) for image in between):
            continue
        if name in varies and found and found.mode == after.mode and len(found.content) >= len(after.content) // 2:
            continue
        if found and (found.mode not in {file.mode for file in (before, after) if file}):
            yield f"{name} has mode {found.mode:o}"
        else:
            yield f"{name} has neither its old content nor its new content: {found and found.content!r}"


def caches(now):
    for name, file in now.items():
        if not name.startswith(CACHES) or name.startswith(".kube/") or is_temporary(name):
            continue
        if file.mode & 0o077:
            yield f"{name} has mode {file.mode:o}"
        if name.endswith(".json"):
            try:
                json.loads(file.content)
            except ValueError:
                yield f"{name} is half a file: {file.content[:80]!r}"


def may_hold_a_secret(name, file):
    """Whether a temporary file that is left must go. Some caches have no secrets, and are not written by every run."""
    is_lock = bool(OUR_LOCK.fullmatch(file.content))
    # Which processes were given a token, wherever it is.
    without = name.startswith(WITHOUT_SECRETS) or ".handed.nsaccess-" in name
    return bool(file.content) and not is_lock and not without


def after_the_next_run(old, now, undone):
    """What is wrong after the verb was run again, and succeeded."""
    for name, file in now.items():
        if is_kubectl_lock(name) or (is_temporary(name) and may_hold_a_secret(name, file)):
            yield f"{name} is still there after the next run, {len(file.content)} bytes"
    for name in undone:
        if now.get(name) != old.get(name):
            yield f"{name} is not what it was before"


def foreign_lines_lost(old, new):
    """Lines of the user's files that a run which nobody disturbed has lost."""
    for name in filter(is_of_the_user, old.keys() & new.keys()):
        before, after = old[name].content, new[name].content
        if isinstance(before, bytes):
            for line in before.splitlines():
                if any(sign in line for sign in (b"mine", b"at home", b"profile   home")) and line not in after:
                    yield f"{name} has lost {line!r}"

"""A sign-out while other processes renew: what was fetched before it is never written after it.

The sandbox holds an answer back, the person signs out, the answer is released. The portal is told nothing of the sign-out,
so that what was fetched would still work.
"""

import random
import shutil
import threading

import home_image
import kill_verbs
from sandbox_home import Home, Sandbox

# What is fetched, by which command, after what was made old.
FETCHES = {
    "credentials": ("GetRoleCredentials", "token idp-dev", kill_verbs.CREDENTIALS),
    "refresh": ("CreateToken", "token idp-dev", kill_verbs.age(".cache/nsaccess/v1/credentials", ".aws/cli/cache", ".aws/sso/cache")),
    "login": ("GetRoleCredentials", "login idp-test", lambda home: None),
    "exec": ("GetRoleCredentials", "exec -n idp-dev -- true", kill_verbs.CREDENTIALS),
    "secrets": ("GetRoleCredentials", "secrets list -n idp-dev", kill_verbs.CREDENTIALS),
}
SECRETS = (b'"accessToken"', b'"refreshToken"', b"SecretAccessKey", b"secret_access_key", b"SessionToken")


def secrets_in(home):
    image = home_image.capture(home.path)
    return [name for name, file in image.items() if name.startswith(".") and any(word in file.content for word in SECRETS)]


def once(campaign, name, rng, stage):
    operation, command, make_old = FETCHES[name]
    sandbox, home = stage
    sandbox.control("clear-faults")
    home.login()
    assert secrets_in(home), "the check would find nothing"
    make_old(home)
    sandbox.control("fault", operation="Logout", kind="body", status=200, body="")
    sandbox.control("fault", operation=operation, kind="hold", times=1)
    sandbox.control("reset-calls")
    fetcher = home.start("nsaccess", *command.split())
    fetcher.until("the call", lambda: sandbox.calls(operation) >= 1)
    logout = home.start("nsaccess", "logout")
    release = threading.Timer(rng.choice([0, 0.05, 0.3, 1]), lambda: sandbox.control("release-answers"))
    release.start()
    codes = logout.ends(), fetcher.ends()
    release.join()
    found = secrets_in(home)
    if codes[0] != 0:
        campaign.breaks(f"logout/{name}", f"logout ended with {logout!r}", home.path)
    if found:
        campaign.breaks(f"logout/{name}", f"after the sign-out there is {found}; {logout!r} {fetcher!r}", home.path)
    return codes[1]


def run(campaign, rounds):
    rng = random.Random(campaign.options.seed)
    folder = campaign.folder / "logout"
    folder.mkdir()
    sandbox = Sandbox(folder)
    home = Home(folder, sandbox, campaign.binary)
    for name in FETCHES:
        codes = [once(campaign, name, rng, (sandbox, home)) for _ in range(rounds)]
        campaign.figure(f"logout while {name} is fetched", f"{rounds} times, the fetch ended with {sorted(set(codes))}")
    sandbox.stop()
    shutil.rmtree(folder)

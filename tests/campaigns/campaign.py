"""The words of tests/campaigns/run."""

import argparse
import importlib
import os
import pathlib
import random
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
sys.dont_write_bytecode = True

import figures  # noqa: E402  after the path

NAMES = {"kills": 10_000, "writers": 1_000, "hostile": 1, "soak": 1, "fuzz": 1}


def options():
    parser = argparse.ArgumentParser(prog="tests/campaigns/run", description="Long runs that produce figures.")
    parser.add_argument("campaign", choices=NAMES)
    parser.add_argument("--size", type=int, help="how many cases [kills: 10000, writers: 1000]")
    parser.add_argument("--minutes", type=float, default=30, help="how long soak and fuzz run [default: 30]")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32), help="repeats the choices")
    parser.add_argument("--case", help="only this case, as a broken one names it")
    parser.add_argument("--no-slow", dest="slow", action="store_false", help="leave out the hostile answers that take a minute")
    parser.add_argument("--only-slow", action="store_true", help="only those hostile answers")
    parser.add_argument("--part", default="1/1", help="a share of the hostile cases, so that runs can go on side by side [1/1]")
    parser.add_argument("--only", help="only cases with this in their names")
    parser.add_argument("--most-broken", type=int, default=20, help="gives up after so many broken cases [default: 20]")
    return parser.parse_args()


def default_signals():
    """A shell ignores SIGINT for what it starts in the background, and our children would inherit that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def main():
    chosen = options()
    chosen.size = chosen.size or NAMES[chosen.campaign]
    default_signals()
    os.nice(10)
    run = importlib.import_module(chosen.campaign)
    from sandbox_home import BIN

    campaign = figures.Campaign(chosen.campaign, chosen, pathlib.Path(os.environ.get("CAMPAIGN_BIN", BIN)).resolve() / "nsaccess")
    try:
        run.run(campaign)
    except figures.Broken as broken:
        print(f"gave up: {broken}")
    campaign.end()


if __name__ == "__main__":
    main()

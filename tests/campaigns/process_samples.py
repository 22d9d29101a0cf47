"""What a running process uses, from /proc, and whether that stays the same."""

import os
import statistics
import typing


class Sample(typing.NamedTuple):
    kib: int
    descriptors: int
    threads: int
    sessions: int
    """Connections to the cluster that stand."""


def look(pid, cluster_port):
    status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status"))
    folder = f"/proc/{pid}/fd"
    links = [read_link(os.path.join(folder, name)) for name in os.listdir(folder)]
    sockets = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:[")}
    return Sample(
        int(status["VmRSS"].split()[0]), len(links), int(status["Threads"]), len(sockets & connections_to(pid, cluster_port))
    )


def read_link(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""


def connections_to(pid, port):
    """The inodes of sockets that are connected to a port."""
    wanted = f":{port:04X}"
    lines = [line.split() for name in ("tcp", "tcp6") for line in open(f"/proc/{pid}/net/{name}").readlines()[1:]]
    return {words[9] for words in lines if words[2].endswith(wanted) and words[3] == "01"}


# How much more the last quarter may have than the second: a share, and a number.
MAY_GROW = {"kib": (0.05, 3072), "descriptors": (0, 3), "threads": (0, 1), "sessions": (0, 3)}


def quarter(samples, name, index):
    size = len(samples) // 4
    return statistics.median(getattr(sample, name) for sample in samples[index * size : (index + 1) * size])


def slope(samples, name, seconds):
    """By least squares over all samples but the first quarter, for an hour."""
    rest = samples[len(samples) // 4 :]
    times = [index * seconds for index in range(len(rest))]
    fit = statistics.linear_regression(times, [getattr(sample, name) for sample in rest])
    return fit.slope * 3600


def growing(samples):
    """What grew, of what should stay the same."""
    for name, (share, number) in MAY_GROW.items():
        before, after = quarter(samples, name, 1), quarter(samples, name, 3)
        if after > before * (1 + share) + number:
            yield f"{name} grew from {before} to {after}"

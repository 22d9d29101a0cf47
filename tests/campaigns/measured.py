"""A command with its time, its peak memory and its output, on a terminal or into pipes."""

import os
import pty
import select
import signal
import time
import typing


class Measured(typing.NamedTuple):
    code: int
    seconds: float
    mebibytes: float
    output: bytes
    """Both streams, as a terminal gets them."""


# Python's own memory would count as the child's, so a small shell starts it; `ulimit` catches what runs away.
LIMIT_KIB = 4 << 20

# Where a question begins: what is pasted is told from what is typed.
QUESTION = b"\x1b[?2004h"


def on_a_terminal(command, env, cwd, seconds):
    """Runs a command on a terminal until it ends, or until the time is up (the code is then -9). Whoever is asked
    something presses Ctrl-C."""
    main, side = pty.openpty()
    begun = time.monotonic()
    pid = os.posix_spawn(
        "/bin/sh", ["/bin/sh", "-c", f'ulimit -v {LIMIT_KIB}; exec "$@"', "sh", *command], env,
        file_actions=[(os.POSIX_SPAWN_DUP2, side, fd) for fd in (0, 1, 2)] + [(os.POSIX_SPAWN_CLOSE, main)],
        setsid=True,
    )  # fmt: skip
    os.close(side)
    output = b""
    killed = asked = False
    while True:
        if not killed and time.monotonic() - begun > seconds:
            os.kill(pid, signal.SIGKILL)
            killed = True
        if not select.select([main], [], [], 0.2)[0]:
            continue
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece[: max(0, (8 << 20) - len(output))]
        if QUESTION in output and not asked:
            os.write(main, b"\x03")
            asked = True
    os.close(main)
    _, status, usage = os.wait4(pid, 0)
    # A terminal turns \n into \r\n.
    return Measured(
        os.waitstatus_to_exitcode(status), time.monotonic() - begun, usage.ru_maxrss / 1024, output.replace(b"\r\n", b"\n")
    )

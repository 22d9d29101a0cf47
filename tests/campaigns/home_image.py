"""A HOME as a value: what every file below it is, to give it back before each run and to compare afterwards."""

import os
import stat
import typing


class File(typing.NamedTuple):
    mode: int
    content: bytes | str
    """The bytes; of a symbolic link, where it leads."""


def capture(home):
    """Every file and link below a folder, by its path from there."""
    image = {}
    for folder, _, names in os.walk(home):
        for name in names:
            path = os.path.join(folder, name)
            try:
                image[os.path.relpath(path, home)] = look(path)
            except FileNotFoundError:
                continue
    return image


def look(path):
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return File(0o777, os.readlink(path))
    if not stat.S_ISREG(found.st_mode):
        return File(stat.S_IMODE(found.st_mode), b"")
    with open(path, "rb") as file:
        return File(stat.S_IMODE(found.st_mode), file.read())


def restore(home, image):
    """Makes the folder what it was, without folders that nothing is in."""
    now = capture(home)
    for name in now.keys() - image.keys():
        os.unlink(os.path.join(home, name))
    for folder, _, _ in os.walk(home, topdown=False):
        if folder != str(home) and not os.listdir(folder):
            os.rmdir(folder)
    for name, file in image.items():
        if now.get(name) == file:
            continue
        path = os.path.join(home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        if isinstance(file.content, str):
            os.symlink(file.content, path)
            continue
        with open(path, "wb") as opened:
            os.fchmod(opened.fileno(), file.mode)
            opened.write(file.content)

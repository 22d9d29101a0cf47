"""Packs the files of a release into a tar.gz or a zip, the same byte for byte whenever it runs.

    archive.py FOLDER ARCHIVE
"""

import gzip
import io
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path

DOCUMENTS = ["LICENSE", "README.md", "CHANGELOG.md"]


def contents(folder: Path) -> list[tuple[str, Path, int]]:
    """Names in the archive, files, and rights."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    named = [(path.relative_to(folder).as_posix(), path) for path in files]
    named += [(name, Path(name)) for name in DOCUMENTS]
    return [(name, path, 0o755 if name in ("nsaccess", "nsaccess.exe") else 0o644) for name, path in sorted(named)]


def main() -> None:
    folder, archive = Path(sys.argv[1]), Path(sys.argv[2])
    made = int(os.environ["SOURCE_DATE_EPOCH"])
    if archive.name.endswith(".zip"):
        root = archive.name.removesuffix(".zip")
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, path, mode in contents(folder):
                entry = zipfile.ZipInfo(f"{root}/{name}", time.gmtime(made)[:6])
                entry.external_attr = mode << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())
        return
    root = archive.name.removesuffix(".tar.gz")
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        for name, path, mode in contents(folder):
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.mode, entry.mtime, entry.size = mode, made, path.stat().st_size
            with path.open("rb") as file:
                packed.addfile(entry, file)
    with archive.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=made) as packed:
        packed.write(tar.getvalue())


main()

"""Prints the SHA-256 of every package in this folder, as sha256sum does."""

import hashlib
from pathlib import Path

for path in sorted(Path().iterdir()):
    if path.name.endswith((".tar.gz", ".zip", ".deb", ".rpm", ".cdx.json")):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")

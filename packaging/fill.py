"""Fills the templates of package managers with version, repository and checksums.

    fill.py [--partial] VERSION REPOSITORY PACKAGES OUT

@VERSION@, @REPOSITORY@ and @SHA256:ARCHIVE@ are replaced. An archive that is not in PACKAGES is an error; with --partial its
checksum is zeros.
"""

import hashlib
import re
import sys
from pathlib import Path

TEMPLATES = ["homebrew/nsaccess.rb", "scoop/nsaccess.json", "krew/nsaccess.yaml"]


def main() -> None:
    partial = "--partial" in sys.argv
    version, repository, packages, out = [word for word in sys.argv[1:] if word != "--partial"]
    missing = set()

    def checksum(found: re.Match) -> str:
        archive = Path(packages, found[1])
        if archive.is_file():
            return hashlib.sha256(archive.read_bytes()).hexdigest()
        missing.add(archive.name)
        return "0" * 64

    here = Path(__file__).parent
    templates = [here / name for name in TEMPLATES] + sorted((here / "winget").glob("*.yaml"))
    for template in templates:
        text = template.read_text().replace("@VERSION@", version).replace("@REPOSITORY@", repository)
        text = text.replace("@OWNER@", repository.removeprefix("https://github.com/").split("/")[0])
        text = re.sub(r"@SHA256:([^@]+)@", checksum, text)
        if "@" in re.sub(r"@(?:example\.com)", "", text):
            sys.exit(f"fill.py: {template}: a placeholder is left")
        file = Path(out, template.relative_to(here))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    if missing and not partial:
        sys.exit("fill.py: missing: " + ", ".join(sorted(missing)))
    for name in sorted(missing):
        print(f"fill.py: no {name}: its checksum is zeros", file=sys.stderr)


main()

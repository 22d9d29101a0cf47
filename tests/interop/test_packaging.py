"""What describes nsaccess to others: the workflows of GitHub Actions, and the templates of package managers."""

import hashlib
import json
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
REPOSITORY = "https://github.com/example/nsaccess"
TRIPLES = [f"{cpu}-{system}" for cpu in ("x86_64", "aarch64")
           for system in ("unknown-linux-gnu", "unknown-linux-musl", "apple-darwin", "pc-windows-msvc")]


def test_workflows_have_the_form_that_github_reads():
    assert len(WORKFLOWS) == 2
    # GitHub's schema comes with the program, so that nothing is fetched.
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_release_builds_what_the_templates_name():
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    built = {entry["target"] for entry in release["jobs"]["build"]["strategy"]["matrix"]["include"]}
    assert built == set(TRIPLES)


def archive(triple):
    return f"nsaccess-1.2.3-{triple}.{'zip' if 'windows' in triple else 'tar.gz'}"


def fill(packages, *words):
    command = [sys.executable, str(ROOT / "packaging/fill.py"), *words, "1.2.3", REPOSITORY, str(packages), str(packages / "out")]
    return subprocess.run(command, capture_output=True, text=True)


def test_templates_are_filled(tmp_path):
    for triple in TRIPLES:
        (tmp_path / archive(triple)).write_text(triple)
    done = fill(tmp_path)
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    files = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}
    assert len(files) == 6, files.keys()
    named = set()
    for name, text in files.items():
        if name.endswith((".json", ".yaml")):
            yaml.safe_load(text)
        named |= set(re.findall(r"nsaccess-1\.2\.3-[a-z0-9_-]+\.(?:zip|tar\.gz)", text))
    json.loads(files["scoop/nsaccess.json"])
    assert named <= set(map(archive, TRIPLES)) and len(named) == len(TRIPLES), named
    checksum = hashlib.sha256(b"aarch64-apple-darwin").hexdigest()
    assert f'{archive("aarch64-apple-darwin")}"\n      sha256 "{checksum}"' in files["homebrew/nsaccess.rb"]
    krew = yaml.safe_load(files["krew/nsaccess.yaml"])
    assert krew["spec"]["version"] == "v1.2.3" and len(krew["spec"]["platforms"]) == 6
    assert all(platform["bin"] in platform["files"][0]["from"] for platform in krew["spec"]["platforms"])
    assert yaml.safe_load(files["winget/nsaccess.yaml"])["PackageIdentifier"] == "example.nsaccess"


def test_a_missing_archive_is_an_error(tmp_path):
    done = fill(tmp_path)
    assert done.returncode == 1 and "missing: nsaccess-1.2.3-" in done.stderr
    done = fill(tmp_path, "--partial")
    assert done.returncode == 0 and "its checksum is zeros" in done.stderr

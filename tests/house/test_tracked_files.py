"""What is in git can be read by a stranger on another machine."""

import os
import re
from pathlib import Path

from tests.house.tree import ROOT, tracked_files

# Put together here, so that this file does not name what it looks for.
REGISTRIES = ["pypi" + ".org", "python" + "hosted", "npmjs" + ".", "crates" + ".io", "proxy.golang" + ".org"]
MACHINE = re.compile(r"(?<![\w./-])/(?:work|root|opt/(?:pypi|wheels)|tmp/bash_jobs)(?=[/\s\"'`)]|$)", re.MULTILINE)
LOCK_FILES = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "package-lock.json", "yarn.lock"}
MAILS = {".eml", ".mbox"}


def test_no_tracked_file_names_a_registry() -> None:
    found = [f"{path}: {host}" for path, text in _texts() for host in REGISTRIES if host in text]

    assert found == []


def test_no_tracked_file_names_a_path_of_a_machine() -> None:
    found = [f"{path}: {match.group()}" for path, text in _texts() for match in MACHINE.finditer(text)]

    assert found == []


def test_no_lock_file_with_download_addresses_is_tracked() -> None:
    assert [path.name for path in tracked_files() if path.name in LOCK_FILES] == []


def test_nothing_big_or_secret_is_tracked() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.stat().st_size > 2_000_000 or path.suffix in {".pem", ".key", ".pyc", ".whl"}
    ]

    assert found == []


def test_the_scripts_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_each_open_end_names_its_issue() -> None:
    word = "TO" + "DO"
    found = [
        f"{path}" for path, text in _texts() if re.search(rf"\b{word}\b(?!\(#\d+\))", text) and path.suffix == ".py"
    ]

    assert found == []


def _texts() -> list[tuple[Path, str]]:
    """Each tracked text with its path in the tree; mails are other people's words and may name what they like."""
    kept = [path for path in tracked_files() if path.suffix not in MAILS]
    return [(path.relative_to(ROOT), path.read_text(encoding="utf-8", errors="replace")) for path in kept]

"""What a sysadmin gets: a wheel with all its parts, a sample config that loads as it stands, letters that are whole."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mailagent.core.model import LetterKind
from tests.house.tree import ROOT

LETTER_PARTS = {"subject.j2", "txt.j2", "html.j2"}


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True, timeout=50
    )
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize("folder", ["templates", "config", "systemd"])
def test_the_wheel_carries_each_file_of(folder: str, wheel_names: set[str]) -> None:
    wanted = {f"mailagent/_data/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*") if path.is_file()}

    assert wanted
    assert wanted - wheel_names == set()


def test_the_wheel_carries_the_package_and_its_licence(wheel_names: set[str]) -> None:
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "mailagent").rglob("*.py")}

    assert (sources | {"mailagent/py.typed"}) - wheel_names == set()
    assert any(name.endswith("licenses/LICENSE") for name in wheel_names)
    assert any(name.endswith("entry_points.txt") for name in wheel_names)


def test_the_wheel_carries_nothing_else(wheel_names: set[str]) -> None:
    assert [name for name in wheel_names if not name.startswith(("mailagent/", "mailagent-"))] == []


def test_the_sample_config_loads_as_it_stands() -> None:
    from mailagent.edge.config import load

    assert load(ROOT / "config" / "mailagent.toml")


def test_each_letter_has_subject_text_and_html() -> None:
    parts: dict[str, set[str]] = {}
    for path in _letters():
        stem, _, part = path.relative_to(ROOT / "templates").as_posix().partition(".")
        parts.setdefault(stem, set()).add(part)

    assert {kind.value for kind in LetterKind} - parts.keys() == set()
    assert {stem: found for stem, found in parts.items() if found != LETTER_PARTS} == {}


def test_each_golden_mail_has_its_pair() -> None:
    golden = ROOT / "tests" / "golden"
    mails = {path.relative_to(golden).with_suffix("") for path in golden.rglob("*.eml")}
    expected = {path.relative_to(golden).with_suffix("") for path in golden.rglob("*.json")}

    assert mails
    assert mails ^ expected == set()


def _letters() -> list[Path]:
    """Each template that is part of a letter; what starts with an underscore is shared by several."""
    return [path for path in (ROOT / "templates").rglob("*.j2") if not path.name.startswith("_")]

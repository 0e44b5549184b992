"""The pins are whole: exact, hashed, and the same in every file."""

import re
import tomllib

import pytest

from tests.house.tree import ROOT

PINS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_each_pin_has_its_hashes(path) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", path.read_text(encoding="utf-8"))

    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_no_pin_file_names_where_to_fetch_from(path) -> None:
    text = path.read_text(encoding="utf-8")

    assert [word for word in ("://", "--index-url", "--find-links", "--trusted-host") if word in text] == []


def test_the_tests_run_on_what_the_daemon_runs_on() -> None:
    run, test = _versions("run.txt"), _versions("test.txt")

    assert {name: version for name, version in run.items() if test.get(name) != version} == {}


def test_each_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[<>=~!\[ ;]", requirement)[0].lower() for requirement in project["dependencies"]}

    assert named - _versions("run.txt").keys() == set()


def _versions(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements" / name).read_text(encoding="utf-8")))

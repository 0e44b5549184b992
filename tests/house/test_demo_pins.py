"""The demo leans on the insides of its two servers: their versions are exact, and they are those that are tested."""

import tomllib
from importlib.metadata import version

from tests.house.tree import ROOT


def test_the_demos_servers_are_pinned_to_the_versions_that_are_tested() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    pins = (ROOT / "requirements" / "demo.txt").read_text("utf-8")

    assert sorted(extras["demo"]) == [f"{name}=={version(name)}" for name in ("aiosmtpd", "pymap")]
    assert set(extras["demo"]) <= set(extras["test"])
    assert all(f"{pin} \\" in pins for pin in extras["demo"])

"""`init` makes a folder that a first start can be made from; `MAILAGENT_CONFIG` spares naming it each time."""

import stat
import tomllib
from pathlib import Path

import pytest

from mailagent.cli import main
from mailagent.edge import config
from mailagent.errors import EXIT_STATE, EXIT_USAGE
from tests.servers.embedded import embedded


def test_the_folder_has_all_that_a_first_start_takes(tmp_path: Path, repository: Path) -> None:
    folder = tmp_path / "desk"

    code = main(["init", str(folder)])

    settings = config.load(folder / "mailagent.toml")
    assert code == 0
    assert settings.agent.state_dir == folder / "state"
    assert settings.imap.credential == folder / "credentials" / "imap-password"
    assert stat.S_IMODE((folder / "credentials").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "credentials" / "smtp-password").stat().st_mode) == 0o600
    assert (folder / "briefs" / "leads.md").read_bytes() == (repository / "config/briefs/leads.md").read_bytes()
    assert (folder / "systemd" / "mailagent.service").is_file()


def test_it_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mailagent.toml").write_text("mine")

    code = main(["init", str(tmp_path)])

    assert code == EXIT_USAGE
    assert "is there already, and nothing was changed" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mailagent.toml"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "desk").write_text("a file")

    assert main(["init", str(tmp_path / "desk" / "inside")]) == EXIT_STATE
    assert "Not a directory" in capsys.readouterr().err


def test_the_environment_may_name_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", str(tmp_path / "desk")])
    main(["init", str(tmp_path / "other")])
    monkeypatch.setenv("MAILAGENT_CONFIG", str(tmp_path / "desk" / "mailagent.toml"))
    capsys.readouterr()

    main(["config", "show"])
    by_environment = tomllib.loads(capsys.readouterr().out)
    main(["config", "show", "--config", str(tmp_path / "other" / "mailagent.toml")])
    by_option = tomllib.loads(capsys.readouterr().out)

    assert by_environment["agent"]["state_dir"] == str(tmp_path / "desk" / "state")
    assert by_option["agent"]["state_dir"] == str(tmp_path / "other" / "state")


def test_each_missing_password_is_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tmp_path / "desk")])
    path = tmp_path / "desk" / "mailagent.toml"
    path.write_text(path.read_text().replace(".example.com", ".invalid"))  # nobody is to be asked
    capsys.readouterr()

    code = main(["check", "--config", str(path)])

    (line,) = (one for one in capsys.readouterr().out.splitlines() if "secrets" in one)
    assert code == EXIT_STATE
    assert "imap-password: gives no password" in line
    assert "smtp-password: gives no password" in line


def test_the_folder_with_its_example_lines_changed_passes_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "desk"
    main(["init", str(folder)])
    with embedded(domain="example.com") as world:
        path = folder / "mailagent.toml"
        text = path.read_text().replace("mailagent@example.com", world.agent.address)
        for name, port in (("imap", world.imap.port), ("smtp", world.smtp.port)):
            host = f'host = "{name}.example.com"'
            assert host in text
            text = text.replace(host, f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"')
            (folder / "credentials" / f"{name}-password").write_text(world.agent.password + "\n")
        path.write_text(text)
        capsys.readouterr()

        code = main(["check", "--config", str(path)])

    assert code == 0, capsys.readouterr().out

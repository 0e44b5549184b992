"""The door itself: help, exit codes, one sentence for whoever slipped, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from mailagent import __version__
from mailagent.cli import COMMANDS, main
from mailagent.errors import EXIT_STATE, EXIT_UNREACHABLE, EXIT_USAGE
from tests.cli.conftest import Door


def test_the_version_is_told() -> None:
    done = subprocess.run([sys.executable, "-m", "mailagent", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout == f"mailagent {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, door: Door) -> None:
    said = door(command, "--help")

    assert said.code == 0
    assert COMMANDS[command].split()[0] in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["statsu"], "there is no 'statsu'; did you mean status?"),
        (["owner"], "missing: add|list"),
        (["owner", "add", "dana"], "missing: --name, --address, --zone"),
        (["worker", "add", "ana", "--zone", "Manila"], "--zone: 'Manila' is no time zone; did you mean Asia/Manila?"),
    ],
)
def test_whoever_slips_reads_one_sentence(words: list[str], sentence: str, door: Door) -> None:
    said = door(*words)

    assert said.code == EXIT_USAGE
    assert sentence in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [["--config", "@", "owner", "list"], ["owner", "--config", "@", "list"], ["owner", "list", "--config", "@"]],
    ids=" ".join,
)
def test_the_config_may_be_named_anywhere(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "there-is-none.toml"

    code = main([str(path) if word == "@" else word for word in words])

    assert (code, str(path) in capsys.readouterr().err) == (EXIT_STATE, True)


def test_all_mistakes_of_the_config_are_told(door: Door, config_path: Path) -> None:
    config_path.write_text('[agent]\naddress = "x"\nnmae = "y"\n')

    said = door("status")

    assert said.code == EXIT_STATE
    assert len(said.err.splitlines()) >= 5
    assert all(line.startswith("mailagent: ") for line in said.err.splitlines())


def test_a_missing_config_says_how_to_name_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", str(tmp_path / "gone.toml")]) == EXIT_STATE
    assert "name one with --config" in capsys.readouterr().err


def test_the_config_may_be_named_before_or_behind_the_command(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, behind = ["--config", str(config_path), "config", "show"], ["config", "show", "--config", str(config_path)]

    assert main(before) == main(behind) == 0
    first, second = capsys.readouterr().out.split("[agent]")[1:]
    assert first == second


def test_config_show_shows_no_secret(door: Door) -> None:
    said = door("config", "show")

    assert said.code == 0
    assert 'password_env = "HOME"' in said.out
    assert str(Path.home()) not in said.out.replace('password_env = "HOME"', "")


def test_a_reload_without_a_daemon_says_so(door: Door) -> None:
    said = door("reload")

    assert said.code == EXIT_UNREACHABLE
    assert said.err == "mailagent: no daemon runs that could reload its configuration; start it instead\n"


def test_a_reader_that_leaves_is_no_traceback(config_path: Path) -> None:
    command = f"{sys.executable} -m mailagent --config {config_path} config show | true; exit ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert done.stderr == ""

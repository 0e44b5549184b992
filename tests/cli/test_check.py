"""`check` against real servers: a line each, and how to mend what does not work."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailagent.edge.config import Config
from mailagent.errors import EXIT_STATE, EXIT_UNREACHABLE
from tests.cli.conftest import Door
from tests.conftest import needs
from tests.servers.embedded import embedded
from tests.servers.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with embedded() as running:
        yield running


@pytest.fixture
def connected(world: World, config_path: Path) -> World:
    _write(config_path, world, world.agent.password)
    return world


def test_what_works_is_said_in_a_line_each(connected: World, door: Door, config_path: Path) -> None:
    said = door("check")

    assert said.code == 0, said
    assert [line.split()[:2] for line in said.out.splitlines()] == [
        ["warning" if name == "identity" else "ok", name]
        for name in ("clock", "secrets", "state", "token", "templates", "imap", "smtp", "identity", "daemon")
    ]
    assert "an owner cannot accept work" in said.out
    assert not (config_path.parent / "state").exists()


def test_a_wrong_password_is_a_thing_to_mend(connected: World, door: Door, config_path: Path) -> None:
    _write(config_path, connected, "hunter2")

    said = door("check", "--json")

    found = {one["name"]: one["ok"] for one in json.loads(said.out)["checks"]}
    assert said.code == EXIT_STATE
    assert (found["imap"], found["smtp"], found["state"]) == (False, False, True)
    assert "hunter2" not in said.out


def test_servers_that_do_not_answer_are_out_of_reach(door: Door) -> None:
    said = door("check")

    assert said.code == EXIT_UNREACHABLE
    assert "not ok  imap" in said.out
    assert "not ok  smtp" in said.out


def test_a_password_that_everybody_can_read_is_named(connected: World, door: Door, config_path: Path) -> None:
    (config_path.parent / "password").chmod(0o644)

    said = door("check")

    assert said.code == EXIT_STATE
    assert f"chmod 600 {config_path.parent / 'password'}" in said.out


def _write(config_path: Path, world: World, password: str) -> None:
    """The world's ports, and a password file."""
    secret = config_path.parent / "password"
    secret.touch(0o600)
    secret.write_text(password)
    config_path.write_text(
        f"""
[agent]
address = "{world.agent.address}"
state_dir = "state"
[imap]
host = "{world.imap.host}"
port = {world.imap.port}
security = "none"
user = "{world.agent.address}"
password_file = "password"
[smtp]
host = "{world.smtp.host}"
port = {world.smtp.port}
security = "none"
user = "{world.agent.address}"
password_file = "password"
"""
    )


def test_each_line_is_tried_whatever_became_of_the_others(
    connected: World, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_: object) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", "/etc/token.key")

    monkeypatch.setattr(Config, "token_key", refuses)

    said = door("check")

    lines = {line[8:20].strip(): line for line in said.out.splitlines()}
    assert said.code == EXIT_STATE
    assert lines["token key"].split(None, 4)[-1] == "/etc/token.key: Permission denied"
    assert [name for name, line in lines.items() if line.startswith("not ok")] == ["token key"]
    assert list(lines)[-1] == "daemon"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [("state", "is not a folder; set `state_dir`"), ("state/inside", "what should be a folder above it is a file")],
)
def test_a_state_folder_that_is_a_file_is_said_to_be_one(
    connected: World, door: Door, config_path: Path, state: str, sentence: str
) -> None:
    (config_path.parent / "state").touch()
    config_path.write_text(config_path.read_text().replace('state_dir = "state"', f'state_dir = "{state}"'))

    said = door("check")

    assert said.code == EXIT_STATE
    assert sentence in said.out + said.err


@needs("root")
def test_a_read_only_file_system_is_said_to_be_one(connected: World, door: Door, config_path: Path) -> None:
    state = config_path.parent / "state"
    state.mkdir(mode=0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=700", "none", state], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        said = door("check")
    finally:
        subprocess.run(["umount", state], check=True, timeout=10)

    assert said.code == EXIT_STATE
    assert "its file system is read-only: mount it for writing" in said.out


@needs("root")
@pytest.mark.parametrize("command", ["check", "once"])
def test_a_program_that_the_agents_user_cannot_read_is_named(command: str, config_path: Path) -> None:
    state = config_path.parent / "state"
    state.mkdir(mode=0o700)
    os.chown(state, 65534, 65534)
    hidden = config_path.parent / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "python").touch(0o755)
    code = f"import sys; sys.executable = {str(hidden / 'python')!r}; import mailagent.cli as c; sys.exit(c.main())"

    done = subprocess.run(
        [sys.executable, "-c", code, "--config", config_path, command],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert done.returncode == EXIT_STATE, done
    assert done.stderr.startswith(f"mailagent: {hidden / 'python'} cannot be read by nobody: install")
    assert done.stderr.count("\n") == 1


def test_the_name_that_vouches_is_proposed_from_the_newest_mails(
    connected: World, door: Door, config_path: Path
) -> None:
    ana, agent = connected.ana, connected.agent.address
    silent = _line_of(door("check").out, "identity")
    connected.send(ana, agent, connected.letter(ana, agent, "Hello", "one"))
    connected.send_from_outside(ana.address, agent, connected.letter(ana, agent, "Hello", "two"))
    connected.wait_for(connected.agent, count=2)
    proposed = _line_of(door("check").out, "identity")
    with config_path.open("a") as file:
        file.write(f'[identity]\nauthserv_id = "{connected.authserv_id}"\n')
    believed = _line_of(door("check").out, "identity")
    config_path.write_text(config_path.read_text().replace(connected.authserv_id, "mx.elsewhere.example"))
    doubted = _line_of(door("check").out, "identity")

    assert f"send a mail to {agent} from elsewhere" in silent
    assert "an owner cannot accept work" in proposed
    assert f"1 of the 2 newest mails here have Authentication-Results of {connected.authserv_id}" in proposed
    assert f'authserv_id = "{connected.authserv_id}"' in proposed
    assert believed.endswith(f"Authentication-Results of {connected.authserv_id} are believed")
    assert f"the newest mails have {connected.authserv_id}: see that authserv_id is right" in doubted


def _line_of(out: str, name: str) -> str:
    (line,) = (line for line in out.splitlines() if line[8:].startswith(name))
    return line

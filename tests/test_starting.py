"""What a start, a reload and `once` say of a configuration that cannot work: one sentence, and 78."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from mailagent.edge import config
from mailagent.edge.imap import AuthenticationRefused, MailboxRefused, MailboxUnreachable
from mailagent.edge.smtp import QueueRefused, QueueStopped
from mailagent.errors import EXIT_STATE, EXIT_UNREACHABLE, ConfigError
from mailagent.reachability import Reachability
from tests.factories import NOW
from tests.flow.agent import Agent, environment
from tests.test_daemon import NOBODY, an_office


@pytest.mark.parametrize("command", ["run", "once"])
def test_a_password_that_is_not_there_is_refused_at_the_start(tmp_path: Path, command: str) -> None:
    with an_office(NOBODY, NOBODY, tmp_path) as agent:
        (agent.folder / "password").unlink()

        done = agent.run(command)

        assert (done.returncode, done.stdout) == (EXIT_STATE, "")
        assert done.stderr.count("\n") == 1
        assert f"{agent.folder / 'password'}: there is no such file" in done.stderr
        assert not agent.state.exists() or not list(agent.state.iterdir())


def test_a_reload_without_the_password_keeps_the_old_configuration(tmp_path: Path) -> None:
    with an_office(NOBODY, NOBODY, tmp_path) as agent, agent.running() as daemon:
        (agent.folder / "password").unlink()

        done = agent.run("reload")

        assert done.returncode == EXIT_STATE
        assert "The old configuration stays" in done.stderr
        assert "there is no such file" in done.stderr
        daemon.wait_for("fate=reload-refused")


def test_once_with_servers_out_of_reach_says_so(tmp_path: Path) -> None:
    with an_office(NOBODY, NOBODY, tmp_path) as agent:
        assert agent.run("once").returncode == EXIT_UNREACHABLE


def test_a_password_command_is_not_run_at_the_start(tmp_path: Path) -> None:
    with an_office(NOBODY, NOBODY, tmp_path) as agent:
        _with_command(agent)

        config.prove_secrets(config.load(agent.config))


def test_all_passwords_that_are_missing_are_named_at_once(tmp_path: Path) -> None:
    with an_office(NOBODY, NOBODY, tmp_path) as agent:
        text = agent.config.read_text().replace('password_file = "password"', 'password_file = "other"', 1)
        agent.config.write_text(text)
        (agent.folder / "password").unlink()

        with pytest.raises(ConfigError) as told:
            config.prove_secrets(config.load(agent.config))

        assert [Path(one.partition(":")[0]).name for one in told.value.problems] == ["other", "password"]


@pytest.mark.parametrize(
    ("problem", "exit_code"),
    [
        (AuthenticationRefused("no", answer="no"), EXIT_STATE),
        (MailboxRefused("no", answer="no"), EXIT_STATE),
        (ConfigError(("no",)), EXIT_STATE),
        (QueueRefused("no"), EXIT_STATE),
        (QueueStopped("no"), EXIT_UNREACHABLE),
        (MailboxUnreachable("no", host="h", port=1, stage="connect"), EXIT_UNREACHABLE),
    ],
)
def test_what_a_person_must_mend_has_its_exit_code_and_is_an_error(
    problem: Exception, exit_code: int, caplog: pytest.LogCaptureFixture
) -> None:
    line = Reachability("imap")

    line.failed(problem, NOW)

    assert line.exit_code == exit_code
    assert [one.levelno for one in caplog.records] == [logging.ERROR if exit_code == EXIT_STATE else logging.WARNING]

    line.worked()
    assert line.exit_code == 0


def test_who_leaves_by_force_says_so() -> None:
    code = (
        "import os, signal, time\n"
        "from mailagent import signals\n"
        "signals.LAST_MOMENT_S = 0.05\n"
        "with signals.Signals():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(10)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), timeout=30)

    assert (done.returncode, done.stderr) == (0, "fate=stopped by=force\n")


def _with_command(agent: Agent) -> None:
    lines = agent.config.read_text().splitlines()
    agent.config.write_text(
        "\n".join('password_command = ["/bin/false"]' if "password" in line else line for line in lines)
    )

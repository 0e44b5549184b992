"""The house: all rooms from one configuration, taken down in order, and furnished anew without losing the old."""

from pathlib import Path

import pytest

from mailagent.core.model import Fate
from mailagent.edge import config
from mailagent.edge.config import Config
from mailagent.edge.keys import Keys
from mailagent.errors import Busy, ConfigError, StateError
from mailagent.house import House, folders_of
from tests.factories import NOW
from tests.rooms import ANA, a_mail

CONFIG = """\
[agent]
address = "agent@studio.example"
state_dir = "{state}"
[imap]
host = "127.0.0.1"
port = 1
security = "none"
user = "agent@studio.example"
password_env = "NONE"
{imap}
[smtp]
host = "127.0.0.1"
port = 1
security = "none"
{more}
"""


def settings_in(folder: Path, *, state: str = "state", imap: str = "", more: str = "") -> Config:
    path = folder / "mailagent.toml"
    path.write_text(CONFIG.format(state=folder / state, imap=imap, more=more))
    return config.load(path)


def test_the_first_start_makes_what_it_needs_for_us_alone(tmp_path: Path) -> None:
    with House.open(settings_in(tmp_path)) as house:
        state = house.settings.agent.state_dir

        assert (state.stat().st_mode & 0o777, (state / "token.key").stat().st_mode & 0o777) == (0o700, 0o600)
        assert house.notes == ()


def test_there_is_one_at_a_time(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with House.open(settings), pytest.raises(Busy):
        House.open(settings)

    House.open(settings).close()


def test_a_start_that_fails_lets_go_of_the_state(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(StateError):
        House.open(settings_in(tmp_path, more='[identity]\ntoken_key_file = "key"'))

    House.open(settings_in(tmp_path)).close()


def test_a_key_that_is_named_and_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        House.open(settings_in(tmp_path, more='[identity]\ntoken_key_file = "key"'))

    assert not (tmp_path / "key").exists()


def test_a_key_that_every_user_may_read_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    House.open(settings).close()
    key = tmp_path / "state" / "token.key"
    key.chmod(0o644)

    with pytest.raises(ConfigError, match=f"can be read by every user of this machine; run `chmod 600 {key}`"):
        House.open(settings)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o444])
def test_a_key_from_systemd_is_taken_as_it_comes(tmp_path: Path, mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
    Keys.create(tmp_path / "token-key")
    (tmp_path / "token-key").chmod(mode)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    House.open(settings_in(tmp_path, more='[identity]\ntoken_key_credential = "token-key"')).close()


def test_the_same_key_is_found_again(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with House.open(settings):
        first = (tmp_path / "state" / "token.key").read_bytes()
    with House.open(settings):
        assert (tmp_path / "state" / "token.key").read_bytes() == first


def test_the_inbox_is_read_last_and_each_fate_has_its_place(tmp_path: Path) -> None:
    filed = '[imap.filed]\nprocessed = "Done"\nautomatic = ""'
    junk, inbox = folders_of(settings_in(tmp_path, imap=f'junk = "Junk"\n{filed}'))

    assert (junk.name, inbox.name) == ("Junk", "INBOX")
    assert dict(inbox.targets) == {
        Fate.PROCESSED: "Done",
        Fate.DUPLICATE: "Done",
        Fate.PARTLY: "mailagent/Unclear",
        Fate.QUARANTINED: "mailagent/Unclear",
        Fate.AUTOMATIC: "",
        Fate.LEFT_ALONE: "",
        Fate.VANISHED: "",
    }


def test_a_reload_takes_the_new_settings(tmp_path: Path) -> None:
    with House.open(settings_in(tmp_path)) as house:
        more = '[policy]\nrepeat_hours = 3\n[identity]\nauthserv_id = "mx.example.com"'
        house.reload(settings_in(tmp_path, imap='mailbox = "Work"', more=more))

        assert house.store.policy.repeat_hours == 3
        assert [folder.name for folder in house.folders] == ["Work"]


@pytest.mark.parametrize(
    "wrong",
    [{"state": "elsewhere"}, {"more": '[identity]\ntoken_key_file = "key"'}],
    ids=["another state folder", "a key that is not there"],
)
def test_a_reload_that_is_refused_leaves_all_as_it_was(tmp_path: Path, wrong: dict[str, str]) -> None:
    with House.open(settings_in(tmp_path)) as house:
        before = (house.settings, house.mailbox, house.outbox, house.intake, house.understanding)

        with pytest.raises((StateError, ConfigError)):
            house.reload(settings_in(tmp_path, **wrong))

        assert (house.settings, house.mailbox, house.outbox, house.intake, house.understanding) == before
        assert house.understanding.concern([a_mail(ANA)], NOW) == [False]
    assert not (tmp_path / "elsewhere").exists()


def test_after_it_is_closed_nothing_of_it_runs(tmp_path: Path) -> None:
    before = children()
    house = House.open(settings_in(tmp_path))
    house.open_control()
    house.understanding.concern([a_mail(ANA)], NOW)
    assert len(children() - before) == 1

    house.close()

    assert not (tmp_path / "state" / "control.sock").exists()
    assert children() == before


def children() -> set[str]:
    """Name the processes that this one has started and not ended."""
    return set(Path("/proc/thread-self/children").read_text().split())

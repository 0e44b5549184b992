"""The configuration: the reference loads, every mistake is named at once with its line, no secret is ever shown."""

import errno
import re
from pathlib import Path
from unittest.mock import Mock

import pytest

from mailagent.core.model import Fate
from mailagent.edge import config, secrets
from mailagent.edge.config_text import as_toml
from mailagent.errors import EXIT_STATE, ConfigError

GOOD = """
[agent]
address = "agent@example.com"
[imap]
host = "imap.example.com"
user = "agent@example.com"
password_env = "IMAP_PASSWORD"
[smtp]
host = "localhost"
security = "none"
"""


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUNTIME_DIRECTORY", "CREDENTIALS_DIRECTORY", "IMAP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    secrets.forget_held()


def load(folder: Path, text: str) -> config.Config:
    path = folder / "mailagent.toml"
    path.write_text(text, "utf-8")
    return config.load(path)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert caught.value.exit_code == EXIT_STATE
    return [one.removeprefix(f"{folder}/mailagent.toml:").strip() for one in caught.value.problems]


# --- the reference ---


def test_the_reference_loads_as_it_stands(repository: Path) -> None:
    read = config.load(repository / "config" / "mailagent.toml")

    assert read.agent.address == "mailagent@example.com"
    assert read.policy().repeat_hours == 24


def test_every_default_in_the_reference_is_the_real_one(repository: Path, tmp_path: Path) -> None:
    text = (repository / "config" / "mailagent.toml").read_text("utf-8")
    examples = ("authserv_id", "ca_file", "address", "token_key_", "control_socket", "clock_file", "[demo]")
    shown = re.compile(rf"^# (?!{'|'.join(map(re.escape, examples))})([a-z_]+ = .*)$", re.MULTILINE)

    assert load(tmp_path, shown.sub(r"\1", text)) == load(tmp_path, text)


def test_the_reference_names_every_setting(repository: Path) -> None:
    text = (repository / "config" / "mailagent.toml").read_text("utf-8")
    shown = as_toml(config.load(repository / "config" / "mailagent.toml"))

    names = set(re.findall(r"^([a-z_]+) = ", shown, re.MULTILINE))

    assert {name for name in names if not re.search(rf"^(# )?{name} = ", text, re.MULTILINE)} == set()


# --- mistakes ---


def test_every_mistake_is_named_at_once_with_its_line_and_the_nearest_right_name(tmp_path: Path) -> None:
    text = """[agent]
address = "Work desk <agent@example.com>"
nmae = "x"
[imap]
host = "imap.example.com"
prot = 993
port = "993"
security = "tsl"
idle = 1
batch = 900
timeout_s = 3
password_env = "P"
filed = { procesed = "x" }
[smpt]
host = 1
[smtp]
host = "mail.example.com"
security = "none"
user = "x"
credential = "a"
password_env = "b"
"""

    assert problems(tmp_path, text) == [
        '2: agent.address is "Work desk <agent@example.com>"; write the bare address, agent@example.com',
        "3: agent.nmae is no setting; did you mean agent.name?",
        '4: imap.user is missing: the login name, user = "agent@example.com"',
        "6: imap.prot is no setting; did you mean imap.port?",
        '7: imap.port is "993"; write a whole number from 1 to 65535',
        '8: imap.security is "tsl"; did you mean "tls"?',
        "9: imap.idle is 1; write true or false",
        "10: imap.batch is 900; write a whole number from 1 to 500",
        "11: imap.timeout_s is no setting; did you mean imap.read_timeout_s?",
        "13: imap.filed.procesed is no setting; did you mean imap.filed.processed?",
        "14: smpt is no setting; did you mean smtp?",
        '18: smtp.security is "none", which is for this machine only; write "tls" or "starttls"',
        "20: smtp.credential is one source too many beside password_env; keep one",
    ]


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (sentence,) = problems(
        tmp_path, GOOD.replace('password_env = "IMAP_PASSWORD"', 'password = "hunter2"\npassword_env = "P"')
    )

    assert sentence.startswith("7: imap.password does not stand in this file; name a password_file")
    assert "hunter2" not in sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[agent\n", "1: is not TOML: Expected ']' at the end of a table declaration"),
        ("a = 1\na = 2\n", "2: is not TOML: Cannot overwrite a value"),
        (GOOD + "imap = 3\n", "11: smtp.imap is no setting; [smtp] knows password_file, "),
        ("imap = 3\n" + GOOD.replace("[imap]", "[sysadmin]"), "1: imap must be a table, [imap]"),
        (GOOD + "poll_seconds = 3\n", "11: smtp.poll_seconds is no setting here; it belongs into [imap]"),
        (GOOD + 'local_hostname = """a\nb"""\n', "11: smtp.local_hostname holds a line break"),
        (GOOD.replace('password_env = "IMAP_PASSWORD"', ""), "4: imap has no password for agent@"),
        (GOOD + 'password_env = "X"', "8: smtp.user is missing beside the password"),
        (GOOD + 'user = "x"\npassword_command = "pass show"', "12: smtp.password_command must be a list of words"),
        (GOOD + 'user = "x"\ncredential = "../x"', '12: smtp.credential is "../x"; write the bare name'),
        (GOOD + "xyzzy = 3", "11: smtp.xyzzy is no setting; [smtp] knows"),
        (GOOD.replace("[smtp]", "filed = 3\n[smtp]"), "8: imap.filed must be a table, [imap.filed]"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_and_says_what_to_do(text: str, sentence: str, tmp_path: Path) -> None:
    assert any(one.startswith(sentence) for one in problems(tmp_path, text)), problems(tmp_path, text)


def test_lines_are_found_behind_values_of_many_lines(tmp_path: Path) -> None:
    text = GOOD.replace("[smtp]", '[sysadmin]\nname = """\nport = 3\n[smtp]\n"""\n[smtp]\nprot = 2')

    assert problems(tmp_path, text)[-1].startswith("14: smtp.prot")


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; name one with --config"):
        config.load(tmp_path / "gone.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mailagent.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        config.load(tmp_path / "mailagent.toml")


# --- values ---


@pytest.mark.parametrize(("security", "imap", "smtp"), [("tls", 993, 465), ("starttls", 143, 587), ("none", 143, 25)])
def test_the_port_follows_from_the_security(security: str, imap: int, smtp: int, tmp_path: Path) -> None:
    text = GOOD.replace('security = "none"', "").replace("imap.example.com", "127.0.0.1")
    text = text.replace('host = "l', f'security = "{security}"\nhost = "l').replace(
        'host = "1', f'security = "{security}"\nhost = "1'
    )

    read = load(tmp_path, text)

    assert (read.imap.port, read.smtp.port) == (imap, smtp)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_clear_text_may_go_to_this_machine(host: str, tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace("localhost", host)).smtp.host == host


@pytest.mark.parametrize("host", ["localhost.example.com", "10.0.0.1", "0.0.0.0", "2130706433", "fe80::1"])
def test_clear_text_goes_nowhere_else(host: str, tmp_path: Path) -> None:
    assert "for this machine only" in problems(tmp_path, GOOD.replace("localhost", host))[0]


def test_relative_paths_start_at_the_files_own_folder(tmp_path: Path) -> None:
    read = load(tmp_path, GOOD.replace("[imap]", 'state_dir = "state"\n[imap]'))

    assert read.agent.state_dir == tmp_path / "state"
    assert read.control_path() == tmp_path / "state" / "control.sock"
    assert read.token_key_path() == tmp_path / "state" / "token.key"


def test_the_control_socket_is_in_systemds_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/mailagent:/run/other")

    assert load(tmp_path, GOOD).control_path() == Path("/run/mailagent/control.sock")


def test_each_fate_has_its_folder() -> None:
    filed = config.Filed(automatic="")

    assert [filed.folder(fate) for fate in Fate] == [
        "mailagent/Processed", "mailagent/Unclear", "mailagent/Unclear", "mailagent/Processed", "", "", "",
    ]  # fmt: skip


def test_the_policy_takes_the_numbers_of_all_sections(tmp_path: Path) -> None:
    read = load(
        tmp_path,
        GOOD + '[identity]\nconfirm_days_worker = 7\n[policy]\nrepeat_hours = 3\n[sysadmin]\naddress = "a@b.example"',
    )

    assert (read.policy().confirm_days, read.policy().repeat_hours, read.policy().has_sysadmin) == (7, 3, True)


# --- secrets ---


def test_a_password_comes_from_the_first_line_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes("gehe im pässe \r\nsecond line\n".encode())

    assert _imap(tmp_path, 'password_file = "password"').secret() == "gehe im pässe "


def test_a_password_comes_from_a_command_without_a_shell(tmp_path: Path) -> None:
    assert _imap(tmp_path, 'password_command = ["echo", "a b; $HOME"]').secret() == "a b; $HOME"


def test_a_password_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", "sesame")

    assert _imap(tmp_path, 'password_env = "IMAP_PASSWORD"').secret() == "sesame"


def test_a_password_comes_from_a_systemd_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "imap-password").write_text("sesame")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "given"))

    assert _imap(tmp_path, 'credential = "imap-password"').secret() == "sesame"


def test_in_a_shell_a_credential_is_looked_up_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "imap-password").write_text("sesame\n")

    assert _imap(tmp_path, 'credential = "imap-password"').secret() == "sesame"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('password_file = "gone"', "gone: there is no such file"),
        ('password_file = "."', "the secret cannot be read: Is a directory"),
        ('password_command = ["false"]', "password_command: false ended with 1"),
        ('password_command = ["/no/such/program"]', "password_command: /no/such/program cannot be run: No such file"),
        ('password_command = ["true"]', "true: gives no password"),
        ('password_env = "NOT_SET_ANYWHERE"', "the variable NOT_SET_ANYWHERE: gives no password"),
    ],
)
def test_a_secret_that_is_not_there_is_told_with_its_place(source: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        _imap(tmp_path, source).secret()


def test_what_root_read_before_is_still_known_when_the_file_is_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("sesame")
    read = load(tmp_path, GOOD.replace('password_env = "IMAP_PASSWORD"', 'password_file = "password"'))

    config.hold_secrets(read)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", Mock(side_effect=PermissionError(errno.EACCES, "Permission denied")))
        assert read.imap.secret() == "sesame"

    (tmp_path / "password").write_text("changed")
    assert read.imap.secret() == "changed"


def test_shown_settings_load_again_and_hold_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", "hunter2")
    text = GOOD + 'user = "x"\npassword_command = ["curl", "https://x.example/?token=hunter2"]\n'
    read = load(tmp_path, text)

    shown = as_toml(read)

    assert "hunter2" not in shown
    assert 'password_command = ["curl", "***"]' in shown
    assert load(tmp_path, shown).agent == read.agent
    assert "hunter2" not in repr(load(tmp_path, GOOD))


def _imap(folder: Path, source: str) -> config.Imap:
    return load(folder, GOOD.replace('password_env = "IMAP_PASSWORD"', source)).imap

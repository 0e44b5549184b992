"""The configuration: one TOML file -> frozen values; every mistake at once, with its line and the nearest right name.

config/mailagent.toml is the commented reference. This is the only room that reads the environment. Secrets are read
when they are asked for, never kept in a `Config`, never logged.
"""

import os
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import attrs
from attrs import field, frozen
from cattrs.errors import ClassValidationError

from mailagent.core.model import Fate
from mailagent.core.settings import Policy
from mailagent.edge import secrets
from mailagent.edge.config_kinds import Address, Between, Command, Credential, Some, make_converter
from mailagent.edge.config_text import Problem, explain, find_places, section_name, syntax_problem, tell, unknown
from mailagent.edge.tls import is_loopback
from mailagent.errors import ConfigError

DEFAULT_STATE = Path("/var/lib/mailagent")
SYSTEM_CONFIG = Path("/etc/mailagent/mailagent.toml")
SYSTEM_RUNTIME = Path("/run/mailagent")
PASSWORD_SOURCES = ("password_file", "password_command", "password_env", "credential")


def environment(name: str) -> str | None:
    """Return a variable of the environment, None where it is not set."""
    return os.environ.get(name)


def default_path() -> Path:
    """Where the configuration is looked for when --config names none: MAILAGENT_CONFIG, else the service's place."""
    return Path(environment("MAILAGENT_CONFIG") or SYSTEM_CONFIG)


class Security(StrEnum):
    """How a connection to a mail server is kept private. NONE is for loopback only."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


Port = Annotated[int, Between(1, 65535)]


# --- the sections, as they stand in the file ---


@frozen(kw_only=True)
class Login:
    """Where a password comes from; at most one of the four. `credential` is its file, found by name."""

    password_file: Path | None = None
    password_command: Annotated[tuple[str, ...], Command()] | None = None
    password_env: Annotated[str, Some("the name of a variable")] | None = None
    credential: Annotated[Path, Credential()] | None = None

    def sources(self) -> tuple[str, ...]:
        """Return the names of the sources that are set."""
        return tuple(name for name in PASSWORD_SOURCES if getattr(self, name) is not None)

    def secret(self) -> str:
        """Read the password. Raises ConfigError where its source gives none."""
        if self.password_command is not None:
            return secrets.from_command(self.password_command)
        if self.password_env is not None:
            return secrets.one_line(environment(self.password_env) or "", f"the variable {self.password_env}")
        path = self.password_file or self.credential
        if path is None:
            return ""
        return secrets.one_line(secrets.from_file(path).decode("utf-8", "replace"), str(path))


@frozen(kw_only=True)
class Agent:
    address: Annotated[str, Address()] = field(
        metadata={"help": 'the agent\'s own address, address = "agent@example.com"'}
    )
    name: Annotated[str, Some("the name in From")] = "Work desk"
    domain: str = ""
    state_dir: Path = DEFAULT_STATE
    control_socket: Path | None = None


@frozen(kw_only=True)
class Filed:
    """Folders for mails that have their fate; an empty one leaves the mail where it lies."""

    processed: str = "mailagent/Processed"
    automatic: str = "mailagent/Automatic"
    unclear: str = "mailagent/Unclear"

    def folder(self, fate: Fate) -> str:
        """Return the folder for a mail with this fate; empty: leave it."""
        if fate in (Fate.PROCESSED, Fate.DUPLICATE):
            return self.processed
        if fate in (Fate.PARTLY, Fate.QUARANTINED):
            return self.unclear
        return self.automatic if fate is Fate.AUTOMATIC else ""


@frozen(kw_only=True)
class Imap(Login):
    host: Annotated[str, Some("the server's name")] = field(metadata={"help": 'the server, host = "imap.example.com"'})
    port: Port = 0
    security: Security = Security.TLS
    user: Annotated[str, Some("the login name")] = field(
        metadata={"help": 'the login name, user = "agent@example.com"'}
    )
    ca_file: Path | None = None
    mailbox: Annotated[str, Some("a folder's name")] = "INBOX"
    junk: str = ""
    filed: Filed = Filed()
    batch: Annotated[int, Between(1, 500)] = 500
    idle: bool = True
    idle_seconds: Annotated[int, Between(1, 25 * 60)] = 25 * 60
    poll_seconds: Annotated[int, Between(1, 3600)] = 60
    connect_timeout_s: Annotated[int, Between(1, 300)] = 20
    read_timeout_s: Annotated[int, Between(1, 600)] = 60


@frozen(kw_only=True)
class Smtp(Login):
    host: Annotated[str, Some("the server's name")] = field(metadata={"help": 'the server, host = "smtp.example.com"'})
    port: Port = 0
    security: Security = Security.TLS
    user: str = ""
    ca_file: Path | None = None
    local_hostname: str = ""
    group: Annotated[int, Between(1, 50)] = 50
    timeout_s: Annotated[int, Between(1, 600)] = 60


@frozen(kw_only=True)
class Identity:
    """How it is known who wrote. `token_key_credential` is its file, found by name."""

    authserv_id: str = ""
    plus_addressing: bool = False
    token_key_file: Path | None = None
    token_key_credential: Annotated[Path, Credential()] | None = None
    token_days: Annotated[int, Between(30, 3650)] = 400
    confirm_days_worker: Annotated[int, Between(1, 90)] = 14


@frozen(kw_only=True)
class PolicyNumbers:
    """The numbers of core/settings that an owner may set."""

    day_limit_minutes: Annotated[int, Between(60, 24 * 60)] = 16 * 60
    repeat_hours: Annotated[int, Between(1, 24 * 7)] = 24
    letters_kept_days: Annotated[int, Between(1, 3650)] = 14
    resend_unknown_minutes: Annotated[int, Between(1, 24 * 60)] = 15
    give_up_days: Annotated[int, Between(1, 30)] = 5


@frozen(kw_only=True)
class Chasing:
    """When a worker's word is due and what follows where none comes: the numbers of core/settings of these names."""

    start_minutes: Annotated[int, Between(15, 5 * 24 * 60)] = 240
    first_report_minutes: Annotated[int, Between(15, 24 * 60)] = 120
    first_report_at_least: Annotated[int, Between(5, 24 * 60)] = 30
    next_report_minutes: Annotated[int, Between(15, 24 * 60)] = 240
    report_before_close: Annotated[int, Between(0, 12 * 60)] = 60
    grace_minutes: Annotated[int, Between(0, 24 * 60)] = 30
    second_nudge_minutes: Annotated[int, Between(5, 24 * 60)] = 120
    owner_told_minutes: Annotated[int, Between(5, 24 * 60)] = 120
    first_owner_told_minutes: Annotated[int, Between(5, 24 * 60)] = 60
    morning_nudges: Annotated[int, Between(0, 20)] = 3
    answered_within_minutes: Annotated[int, Between(15, 5 * 24 * 60)] = 240


@frozen(kw_only=True)
class Sysadmin:
    address: Annotated[str, Address(may_be_empty=True)] = ""
    name: str = "Sysadmin"


@frozen(kw_only=True)
class Reader:
    """Limits of the child that reads mails, for each mail."""

    cpu_s: Annotated[int, Between(1, 60)] = 5
    wall_s: Annotated[int, Between(1, 120)] = 10
    memory_mib: Annotated[int, Between(128, 4096)] = 256
    message_mib: Annotated[int, Between(1, 100)] = 25
    header_kib: Annotated[int, Between(16, 1024)] = 100


@frozen(kw_only=True)
class Demo:
    clock_file: Path | None = None


@frozen(kw_only=True)
class Log:
    level: Level = Level.INFO


@frozen(kw_only=True)
class Config:
    """Everything a sysadmin sets; a section a field."""

    agent: Agent
    imap: Imap
    smtp: Smtp
    identity: Identity
    numbers: PolicyNumbers = field(metadata={"section": "policy"})
    chasing: Chasing
    sysadmin: Sysadmin
    reader: Reader
    demo: Demo
    log: Log

    def policy(self) -> Policy:
        """Return the numbers that decide something, for core."""
        numbers = self.numbers
        return Policy(
            day_limit_minutes=numbers.day_limit_minutes,
            repeat_hours=numbers.repeat_hours,
            letters_kept_days=numbers.letters_kept_days,
            confirm_days=self.identity.confirm_days_worker,
            resend_unknown_minutes=numbers.resend_unknown_minutes,
            give_up_days=numbers.give_up_days,
            has_sysadmin=bool(self.sysadmin.address),
            **attrs.asdict(self.chasing),
        )

    def control_path(self) -> Path:
        """Return where the control socket is: as set, else in systemd's runtime folder, else in the state folder."""
        if self.agent.control_socket is not None:
            return self.agent.control_socket
        runtime = (environment("RUNTIME_DIRECTORY") or "").split(":")[0]
        if runtime:
            return Path(runtime) / "control.sock"
        # A shell has no RUNTIME_DIRECTORY, but has to find the daemon that systemd started.
        if self.agent.state_dir == DEFAULT_STATE and SYSTEM_RUNTIME.is_dir():
            return SYSTEM_RUNTIME / "control.sock"
        return self.agent.state_dir / "control.sock"

    def token_key_path(self) -> Path:
        """Return where the key of the reply tokens lies: as set, else `token.key` in the state folder."""
        identity = self.identity
        return identity.token_key_file or identity.token_key_credential or self.agent.state_dir / "token.key"

    def may_make_token_key(self) -> bool:
        """Whether a missing key is made at the first start: only where the config names no other place for it."""
        return self.identity.token_key_file is None and self.identity.token_key_credential is None

    def token_key(self) -> bytes | None:
        """Read the key of the reply tokens; None where it is still to be made.

        Raises ConfigError where it should be there and is not, or where every user of this machine may read it.
        """
        path = self.token_key_path()
        if self.may_make_token_key() and not path.exists():
            return None
        # The mode of a credential is systemd's business: it lies in a folder that nobody else gets into.
        return secrets.from_file(path, ours=self.identity.token_key_credential is None)


_PORTS = {
    Imap: {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143},
    Smtp: {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25},
}


def load(path: Path) -> Config:
    """Read `path`. Raises ConfigError with every mistake; nothing secret is read or told."""
    try:
        text = path.read_bytes().decode("utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(
            (f"{path}: there is no such file; name one with --config, or make a folder with `mailagent init DIR`",)
        ) from None
    except OSError as error:
        raise ConfigError((f"{path}: cannot be read: {error.strerror}",)) from None
    except UnicodeDecodeError:
        raise ConfigError((f"{path}: is not UTF-8 text",)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(tell([syntax_problem(error)], path, find_places(""))) from None
    read, problems = _sections(tables, path.parent.absolute())
    problems += _across(read)
    if problems:
        raise ConfigError(tell(problems, path, find_places(text)))
    return Config(**read)


def hold_secrets(config: Config) -> None:
    """Read the files of all secrets now, so that they are still known after root has become the agent's user.

    What cannot be read is left for whoever asks for it later.
    """
    for path in (config.imap.password_file, config.imap.credential, config.smtp.password_file, config.smtp.credential):
        secrets.hold(path)
    secrets.hold(config.token_key_path())


def prove_secrets(config: Config) -> None:
    """See that the passwords can be had. Raises ConfigError, with what to do, for all that cannot.

    A password_command is not run for that: it may need a network that is still coming up.
    """
    problems: list[str] = []
    for server in (config.imap, config.smtp):
        try:
            if server.password_command is None:
                server.secret()
        except ConfigError as error:
            problems += [one for one in error.problems if one not in problems]
    if problems:
        raise ConfigError(tuple(problems))


# --- reading sections ---


def _sections(tables: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Read each section for itself, so that a mistake in one does not hide those in the others."""
    credentials = Path(environment("CREDENTIALS_DIRECTORY") or folder / "credentials")
    converter, read, problems = make_converter(folder, credentials), {}, []
    fields = {section_name(one): one for one in attrs.fields(Config)}
    shapes: list[Any] = [one.type for one in fields.values()]
    for name in tables.keys() - fields.keys():
        problems.append(Problem((name,), unknown(name, (), Config, shapes)))
    for (name, one), shape in zip(fields.items(), shapes, strict=True):
        table = tables.get(name, {})
        if not isinstance(table, dict):
            problems.append(Problem((name,), f"must be a table, [{name}]"))
            continue
        try:
            read[one.name] = converter.structure(table, shape)
        except ClassValidationError as error:
            problems += explain(error, (name,), shapes)
    return _completed(read), problems


def _completed(read: dict[str, Any]) -> dict[str, Any]:
    """Fill what follows from other settings: the ports, the domain."""
    for name in ("imap", "smtp"):
        if (server := read.get(name)) is not None and server.port == 0:
            read[name] = attrs.evolve(server, port=_PORTS[type(server)][server.security])
    if (agent := read.get("agent")) is not None and not agent.domain:
        read["agent"] = attrs.evolve(agent, domain=agent.address.rpartition("@")[2].lower())
    return read


def _across(read: dict[str, Any]) -> list[Problem]:
    """Name what only two settings together make wrong."""
    problems = []
    for name in ("imap", "smtp"):
        if (server := read.get(name)) is not None:
            problems += _server_problems(name, server)
    identity = read.get("identity")
    if identity is not None and identity.token_key_file and identity.token_key_credential:
        problems.append(
            Problem(("identity", "token_key_credential"), "is one source too many beside token_key_file; keep one")
        )
    return problems


def _server_problems(name: str, server: Imap | Smtp) -> list[Problem]:
    problems, sources = [], server.sources()
    if server.security is Security.NONE and not is_loopback(server.host):
        sentence = 'is "none", which is for this machine only; write "tls" or "starttls"'
        problems.append(Problem((name, "security"), sentence))
    if len(sources) > 1:
        problems.append(Problem((name, sources[1]), f"is one source too many beside {sources[0]}; keep one"))
    if server.user and not sources:
        sentence = (
            f"has no password for {server.user}; add {', '.join(PASSWORD_SOURCES[:-1])} or {PASSWORD_SOURCES[-1]}"
        )
        problems.append(Problem((name,), sentence))
    if sources and not server.user:
        problems.append(Problem((name, "user"), "is missing beside the password"))
    return problems

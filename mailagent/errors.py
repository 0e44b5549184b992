"""What can go wrong, as one small tree; imports nothing.

Every error carries its facts as attributes. `UserError` is one clear sentence for a person at a terminal, with the exit
code of the process (STYLE: 2 wrong use, 69 server not reachable, 75 another daemon runs, 78 configuration or state).
"""

EXIT_USAGE = 2
EXIT_UNREACHABLE = 69
EXIT_BUSY = 75
EXIT_STATE = 78


class MailagentError(Exception):
    """The root of all errors that mailagent raises on purpose."""


class UserError(MailagentError):
    """A person can mend this: one clear sentence that says what to do, no traceback."""

    exit_code = EXIT_USAGE


class ConfigError(UserError):
    """The configuration cannot be used; `problems` names every mistake at once, each with its place."""

    exit_code = EXIT_STATE

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class StateError(UserError):
    """The state folder cannot be used as it is (damage, owner, mode, a newer format, a full or read-only disk)."""

    exit_code = EXIT_STATE


class Busy(UserError):
    """Another mailagent holds the state folder."""

    exit_code = EXIT_BUSY


class Unreachable(UserError):
    """A server that the command needs does not answer."""

    exit_code = EXIT_UNREACHABLE


class TransientError(MailagentError):
    """Try again later (RFC 5321 section 4.2.1: 4yz; connections; full disks)."""


class PermanentError(MailagentError):
    """Trying again will not help (RFC 5321 section 4.2.1: 5yz); a person must be told."""


class Refused(MailagentError):
    """The event does not fit what stands in the office; nothing was changed. `sentence` tells a person why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)

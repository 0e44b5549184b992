"""Reads secrets from a file or a command. Nothing of them is logged, put into an error or kept longer than asked."""

import os
import stat
import subprocess
from pathlib import Path

from mailagent.errors import ConfigError

LARGEST_SECRET = 64 * 1024
COMMAND_WAIT_S = 30.0

# What root read before it became the agent's user, by path (`hold`); it counts where that user may not read the file.
_held: dict[Path, bytes] = {}


def from_file(path: Path, *, ours: bool = False) -> bytes:
    """Return the bytes of `path`; one that is `ours` may not be open to every user of this machine.

    Raises ConfigError, with what to do, where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            if ours and os.fstat(file.fileno()).st_mode & stat.S_IRWXO:
                raise ConfigError((f"{path}: can be read by every user of this machine; run `chmod 600 {path}`",))
            content = file.read(LARGEST_SECRET + 1)
    except FileNotFoundError:
        raise ConfigError(
            (f"{path}: there is no such file; put the secret there, readable by the agent alone",)
        ) from None
    except OSError as error:
        if isinstance(error, PermissionError) and path in _held:
            return _held[path]
        raise ConfigError((f"{path}: the secret cannot be read: {error.strerror}",)) from None
    if len(content) > LARGEST_SECRET:
        raise ConfigError((f"{path}: is too large for a secret",))
    return content


def from_command(command: tuple[str, ...]) -> str:
    """Run `command` without a shell; return the first line it prints. Raises ConfigError where it fails or hangs."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_WAIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConfigError((f"password_command: {command[0]} did not end within {COMMAND_WAIT_S:.0f} s",)) from None
    except OSError as error:
        raise ConfigError((f"password_command: {command[0]} cannot be run: {error.strerror}",)) from None
    if done.returncode != 0:
        raise ConfigError((f"password_command: {command[0]} ended with {done.returncode}; run it by hand to see why",))
    return one_line(done.stdout.decode("utf-8", "replace"), command[0])


def one_line(text: str, source: str) -> str:
    """Return the first line of `text`, as password files are written. Raises ConfigError where it is empty."""
    line = text.split("\n", 1)[0].rstrip("\r")
    if not line:
        raise ConfigError((f"{source}: gives no password; write it on the first line",))
    return line


def hold(path: Path | None) -> None:
    """Read `path` now and remember it for `from_file`; where that fails, nothing is remembered."""
    if path is not None:
        try:
            _held[path] = from_file(path)
        except ConfigError:
            return


def forget_held() -> None:
    """Forget what `hold` remembered."""
    _held.clear()

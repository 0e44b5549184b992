"""Files that survive: the state folder's owner and lock, appends that are whole or undone, files replaced whole.

One append is one write and one fdatasync. Where any of it fails, what was written of it is cut off again before
anything else is appended.
"""

import errno
import fcntl
import os
import pwd
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mailagent.errors import Busy, StateError, TransientError

FOLDER_MODE = 0o700
FILE_MODE = 0o600
RESERVE_BYTES = 1 << 20


class DiskTrouble(TransientError):
    """Nothing was written; `errno` says why (ENOSPC: the disk is full)."""

    def __init__(self, doing: str, error: OSError) -> None:
        self.errno = error.errno
        super().__init__(f"{doing}: {error.strerror or error}; nothing of it was kept")


def own_folder(path: Path) -> None:
    """Make the folder (0700) where there is none, and see that it is ours alone. Raises: StateError."""
    try:
        path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except FileExistsError:
        pass  # a file; what is wrong with that is said below
    except OSError as error:
        raise unusable(path, error) from error
    check_owner(path)


def check_owner(path: Path) -> None:
    """See that the folder belongs to who runs us and that nobody else may get into it. Raises: StateError."""
    try:
        found = path.stat()
    except OSError as error:
        raise unusable(path, error) from error
    me = os.geteuid()
    if not stat.S_ISDIR(found.st_mode):
        raise StateError(f"{path} is not a folder; set `state_dir` in the configuration to one.")
    if found.st_uid != me:
        raise StateError(
            f"{path} belongs to {user_name(found.st_uid)}, but mailagent runs as {user_name(me)}: run it as "
            f"{user_name(found.st_uid)}, "
            f"or hand the folder over with `chown -R {user_name(me)} {path}`."
        )
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StateError(f"Others may get into {path} (mode {found.st_mode & 0o7777:04o}): run `chmod 700 {path}`.")


def unusable(path: Path, error: OSError) -> StateError:
    """Say in one sentence why the state cannot be used, and what to do."""
    remedies = {
        errno.EROFS: "its file system is read-only: mount it for writing, then start again",
        errno.EACCES: f"{user_name(os.geteuid())} may not use it: check owner and mode of it and of the folders above",
        errno.EPERM: f"{user_name(os.geteuid())} may not use it: check owner and mode of it and of the folders above",
        errno.ENOSPC: "the disk is full: free some space, then start again",
        errno.EDQUOT: "the disk quota is used up: free some space, then start again",
        errno.ENOTDIR: "what should be a folder above it is a file: check `state_dir` in the configuration",
        errno.ENOENT: "it is not there: run `mailagent once` or check `state_dir` in the configuration",
    }
    remedy = remedies.get(error.errno or 0, f"{error.strerror or error}: check the disk (`dmesg`), then start again")
    return StateError(f"{path} cannot be used; {remedy}.")


def user_name(uid: int) -> str:
    """Name a user, by number where the system knows no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


class Lock:
    """The right to write to a state folder; the kernel frees it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises: Busy, StateError."""
        path = folder / "lock"
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            raise unusable(path, error) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise unusable(path, error) from error
            who = f" (process {holder})" if holder.isdigit() else ""
            raise Busy(f"Another mailagent{who} runs on {folder}: stop it first, or let it do the work.") from error
        with suppress(OSError):  # only for the sentence above; a full disk must not keep us from starting
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let others have the folder."""
        os.close(self._fd)


def sync_folder(folder: Path) -> None:
    """Make the names in the folder durable. Raises: OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of it. Raises: OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def replace_file(path: Path, chunks: Iterable[bytes], *, sync_each: bool = False) -> None:
    """Put the chunks in place of the file: the old file or the whole new one, never neither (0600). Raises: OSError.

    `sync_each` brings each chunk to the disk by itself, so that a big file never holds up the commits of others.
    """
    beside = path.with_name(f"{path.name}.new")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
    try:
        for chunk in chunks:
            write_all(fd, chunk)
            if sync_each:
                os.fdatasync(fd)
        os.fsync(fd)
    except BaseException:
        os.close(fd)
        with suppress(OSError):
            beside.unlink()  # on a full disk the half written file is in the way of everything else
        raise
    os.close(fd)
    beside.rename(path)
    sync_folder(path.parent)


class AppendFile:
    """A file that only grows, by appends that are whole and durable or did not happen."""

    def __init__(self, path: Path) -> None:
        """Open for appending, making the file (0600) and its name durable. Raises: OSError."""
        self.path = path
        self._fd = self._open()
        self.size = os.fstat(self._fd).st_size
        # Empty, not new: a first try may have made the file and failed to make its name durable.
        if self.size == 0:
            try:
                sync_folder(path.parent)
            except OSError:
                os.close(self._fd)
                raise
        self._must_mend = False
        self._io_errors = 0

    def append(self, data: bytes) -> int:
        """Write and sync; give the offset it lies at.

        Raises: DiskTrouble, and StateError when the disk keeps failing.
        """
        try:
            self.settle()
            write_all(self._fd, data)
            os.fdatasync(self._fd)
        except OSError as error:
            self._cut_back()
            self._give_up_on_a_dying_disk(error)
            raise DiskTrouble(f"writing to {self.path}", error) from error
        offset = self.size
        self.size += len(data)
        self._io_errors = 0
        return offset

    def settle(self) -> None:
        """Cut off what a failed append may have left. Raises: OSError."""
        if self._must_mend:
            self._mend()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)

    def _open(self) -> int:
        return os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)

    def _cut_back(self) -> None:
        self._must_mend = True
        with suppress(OSError):
            self._mend()

    def _mend(self) -> None:
        """Open anew and cut off what a failed append left. Raises: OSError.

        After a failed sync the kernel may call the old descriptor's pages clean: only a new one tells the truth again.
        """
        fresh = self._open()
        os.close(self._fd)
        self._fd = fresh
        size = os.fstat(self._fd).st_size
        if size < self.size:
            raise StateError(
                f"{self.path} became shorter than what was written to it ({size} of {self.size} bytes): check the disk."
            )
        if size > self.size:
            os.ftruncate(self._fd, self.size)
            os.fsync(self._fd)
        self._must_mend = False

    def _give_up_on_a_dying_disk(self, error: OSError) -> None:
        self._io_errors = self._io_errors + 1 if error.errno == errno.EIO else 0
        if self._io_errors >= 2:
            raise StateError(
                f"{self.path} cannot be made durable ({error.strerror}): check the disk (`dmesg`), then start again; "
                "what was acknowledged before is safe."
            ) from error


class Reserve:
    """A mebibyte kept free for the alert that the disk is full."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "reserve"

    def hold(self) -> bool:
        """Set the space aside; False where there is none to set aside."""
        try:
            if self._path.exists() and self._path.stat().st_size >= RESERVE_BYTES:
                return True
            replace_file(self._path, [bytes(RESERVE_BYTES)])
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Give the space back for what must be written now."""
        with suppress(OSError):
            self._path.unlink()

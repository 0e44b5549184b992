"""The parent's side of the reader: starts the child, limits it, replaces it, and streams questions to it. Bytes only.

One child for each mail costs 80 ms, so one stays warm. What it reads is hostile: it gets no key, no file, no descriptor
and no environment of ours, and whatever it does, it can spoil only its own answers (HOUSE, Keys and the child).
"""

import fcntl
import logging
import os
import select
import signal
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from mailagent.edge import clock, memory
from mailagent.errors import TransientError

log = logging.getLogger(__name__)

DIED, TOO_SLOW, TOO_LARGE = "died", "too slow", "too large"
_QUESTION = struct.Struct(">II")  # length of head, length of body
_ANSWER = struct.Struct(">BI")  # 0 good or 1 failed, length of body; as in mailagent/reader.py
_GOOD = 0
_ANSWER_LIMIT = 1024 * 1024
_WINDOW = 250  # questions under way
_AHEAD_BYTES = 512 * 1024
_PIPE_BYTES = 1024 * 1024  # what any user may ask for (pipe(7)); a part of a batch fits in
_PIECES = 128  # written at once; IOV_MAX is 1024 (writev(2))
_CHUNK = 256 * 1024
_LOOK_UP_S = 0.5  # how often `stop` is asked
_START_S = 20.0

_CODE = "import sys; sys.path.extend({path!r}); from mailagent.reader import main; main({cpu_s}, {memory_mib})"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one mail may cost the child. `wall_s` counts from the answer before it."""

    cpu_s: int = 5
    wall_s: float = 10.0
    memory_mib: int = 256
    grown_mib: int = 96  # a child that keeps more than this between two batches is replaced


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question: its body, or why there is none (DIED, TOO_SLOW, TOO_LARGE, or the child's words)."""

    body: bytes | None
    failure: str | None = None


class Interrupted(TransientError):
    """`stop` said so; nothing is known of what was asked, and it can be asked again."""


class ReaderBroken(TransientError):
    """The child cannot be started: that is no mail's fault."""


Questions = Sequence[tuple[bytes, bytes]]


class Reader:
    """A warm child that answers questions in order. One that dies, hangs or grows is replaced.

    What is asked `ahead` the child answers while we do something else; no thread is needed for that, only pipes that
    hold enough.
    """

    def __init__(self, bounds: Bounds = Bounds(), *, stop: Callable[[], bool] = lambda: False) -> None:
        self._bounds = bounds
        self._stop = stop
        self._child: _Child | None = None
        self._is_warm = False
        self._ahead: dict[int, _Batch] = {}  # by the identity of the questions, which the batch keeps alive

    def start(self) -> None:
        """Let a child begin to start, without waiting for it: it takes a tenth of a second of another core."""
        if self._child is None:
            self._child, self._is_warm = _Child(self._bounds), False

    def ahead(self, questions: Questions) -> None:
        """Send as many of `questions` as the pipe takes; `ask` with the very same sequence gets the answers later.

        Raises: Interrupted, ReaderBroken.
        """
        child = self._warm_child()
        batch = self._ahead[id(questions)] = _Batch(questions)
        child.put_some(batch)
        child.exchange(0)

    def forget_ahead(self) -> None:
        """Nobody will ask for what is still ahead."""
        self._ahead.clear()

    def ask(self, questions: Questions) -> tuple[Answer, ...]:
        """Ask all `questions` (head and body each) and give the answers in the same order.

        A question that breaks the child fails alone: those under way with it are asked again, one by one.
        Raises: Interrupted when `stop` turns true, ReaderBroken where no child can be started.
        """
        batch = self._ahead.pop(id(questions), None) or _Batch(questions)
        suspects = 0  # so many of the next ones were under way when a child broke: one at a time
        while not batch.is_done:
            broke = self._stream(batch, alone=suspects > 0)
            suspects = max(0, suspects - 1)
            if broke is not None and broke.under_way == 1:
                batch.answers[batch.todo.popleft()] = Answer(None, broke.failure)
            elif broke is not None:
                suspects = broke.of_this_batch
        self._let_go_if_grown()
        return tuple(batch.answers[number] for number in range(len(questions)))

    def close(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _stream(self, batch: "_Batch", *, alone: bool) -> "_Broke | None":
        """Ask what is left of the batch, several under way at a time, or its next question `alone`."""
        child = self._warm_child()
        enough = len(batch.answers) + 1 if alone else len(batch.questions)
        due = clock.monotonic() + self._bounds.wall_s
        while len(batch.answers) < enough:
            self._obey_stop()
            child.put_some(batch, at_most=0 if alone and child.under_way else 1 if alone else _WINDOW)
            if child.exchange(min(_LOOK_UP_S, max(0.0, due - clock.monotonic()))):
                due = clock.monotonic() + self._bounds.wall_s
            elif child.failure or clock.monotonic() >= due:
                return self._replace(child, batch)
        return None

    def _replace(self, child: "_Child", batch: "_Batch") -> "_Broke":
        """Let go of a child that broke. What it had not answered is to be asked again, in the old order."""
        failure, under_way = child.failure or TOO_SLOW, list(child.under_way)
        log.warning("reader=replaced why=%s under_way=%d", failure.replace(" ", "_"), len(under_way))
        self.close()
        for asked, number in reversed(under_way):
            asked.todo.appendleft(number)
        return _Broke(failure, len(under_way), sum(asked is batch for asked, _ in under_way))

    def _warm_child(self) -> "_Child":
        self.start()
        child = self._child
        assert child is not None, "start makes one"
        due = clock.monotonic() + _START_S
        while not self._is_warm:
            self._is_warm = child.exchange(_LOOK_UP_S)
            self._obey_stop()
            if not self._is_warm and (child.failure or clock.monotonic() >= due):
                self.close()
                raise ReaderBroken("the program that reads mail does not start")
        return child

    def _obey_stop(self) -> None:
        if self._stop():
            self.close()
            raise Interrupted("told to stop")

    def _let_go_if_grown(self) -> None:
        """Replace a child that has grown; what it remembered will be asked for again with its bytes."""
        if (
            self._child is not None
            and not self._ahead
            and self._child.resident_bytes() > self._bounds.grown_mib * 1024 * 1024
        ):
            log.info("reader=replaced why=grown")
            self.close()


@dataclass(eq=False, slots=True)
class _Batch:
    """Questions that belong together: what is still to be sent, and the answers so far."""

    questions: Questions
    answers: dict[int, Answer] = field(default_factory=dict)
    todo: deque[int] = field(init=False)

    def __post_init__(self) -> None:
        self.todo = deque(range(len(self.questions)))

    @property
    def is_done(self) -> bool:
        return len(self.answers) == len(self.questions)


@dataclass(frozen=True, slots=True)
class _Broke:
    """How a child broke, and how many questions it had not answered."""

    failure: str
    under_way: int
    of_this_batch: int


class _Child:
    """One process and its two pipes; never blocks."""

    def __init__(self, bounds: Bounds) -> None:
        code = _CODE.format(path=_import_path(), cpu_s=bounds.cpu_s, memory_mib=bounds.memory_mib)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            close_fds=True,
            cwd="/",
            env={"LC_ALL": "C.UTF-8", **dict(memory.CHILD_ENVIRONMENT)},
            start_new_session=True,  # the terminal's signals are for the parent
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._write_fd, self._read_fd = self._process.stdin.fileno(), self._process.stdout.fileno()
        _widen(self._write_fd)
        _widen(self._read_fd)
        os.set_blocking(self._write_fd, False)
        os.set_blocking(self._read_fd, False)
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray()
        self._unsent = 0
        self.under_way: deque[tuple[_Batch, int]] = deque()
        self.failure: str | None = None

    def put_some(self, batch: _Batch, at_most: int = _WINDOW) -> None:
        """Queue some of what is left of the batch."""
        for _ in range(at_most):
            if not batch.todo or len(self.under_way) >= _WINDOW or self._unsent >= _AHEAD_BYTES:
                break
            number = batch.todo.popleft()
            self.under_way.append((batch, number))
            self._put(*batch.questions[number])

    def _put(self, head: bytes, body: bytes) -> None:
        for piece in (_QUESTION.pack(len(head), len(body)) + head, body):
            if piece:
                self._outgoing.append(memoryview(piece))
                self._unsent += len(piece)

    def exchange(self, wait_s: float) -> bool:
        """Send and receive what can be without waiting longer than `wait_s` for either; tell whether answers came."""
        poll = select.poll()
        poll.register(self._read_fd, select.POLLIN)
        if self._outgoing:
            poll.register(self._write_fd, select.POLLOUT)
        for fd, _ in poll.poll(wait_s * 1000):
            if fd == self._read_fd:
                self._receive()
            else:
                self._send()
        answers = self._take_answers()
        for state, body in answers:
            if self.under_way:  # the first answer of all is only a greeting
                batch, number = self.under_way.popleft()
                batch.answers[number] = Answer(body) if state == _GOOD else Answer(None, body.decode())
        return bool(answers)

    def resident_bytes(self) -> int:
        """Memory in use now; 0 where the system does not say."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def end(self) -> None:
        """Kill it and wait for it: it has nothing to finish."""
        self._process.kill()
        self._process.communicate()

    def _send(self) -> None:
        try:
            while self._outgoing:
                self._sent(os.writev(self._write_fd, list(islice(self._outgoing, _PIECES))))
        except BlockingIOError:
            return
        except OSError:
            self._lost()

    def _sent(self, count: int) -> None:
        """Take `count` bytes off what is to be written."""
        self._unsent -= count
        while count and count >= len(self._outgoing[0]):
            count -= len(self._outgoing.popleft())
        if count:
            self._outgoing[0] = self._outgoing[0][count:]

    def _receive(self) -> None:
        try:
            chunk = os.read(self._read_fd, _CHUNK)
        except OSError:
            chunk = b""
        self._incoming += chunk
        if not chunk:
            self._lost()

    def _lost(self) -> None:
        """The pipe is closed: find out how it ended."""
        try:
            code = self._process.wait(timeout=_LOOK_UP_S)
        except subprocess.TimeoutExpired:
            code = 0
        self.failure = TOO_SLOW if code == -signal.SIGXCPU else DIED

    def _take_answers(self) -> list[tuple[int, bytes]]:
        taken = []
        start = 0
        while len(self._incoming) - start >= _ANSWER.size:
            state, length = _ANSWER.unpack_from(self._incoming, start)
            if length > _ANSWER_LIMIT:
                self.failure = TOO_LARGE
                break
            end = start + _ANSWER.size + length
            if len(self._incoming) < end:
                break
            taken.append((state, bytes(self._incoming[start + _ANSWER.size : end])))
            start = end
        del self._incoming[:start]
        return taken


def _widen(fd: int) -> None:
    """Let a pipe hold as much as it may: a child whose pipe runs dry waits until our thread gets its turn again."""
    with suppress(AttributeError, OSError):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _import_path() -> list[str]:
    """Where the child finds mailagent and the two libraries it needs, in a wheel as in a source tree."""
    specs = (find_spec(name) for name in ("mailagent", "orjson", "selectolax"))
    return list(dict.fromkeys(str(Path(spec.origin).parent.parent) for spec in specs if spec and spec.origin))

"""The child that reads hostile bytes: questions in on stdin, answers out on stdout, nothing else open.

edge/sandbox starts it with a clean environment and no inherited descriptors. It has no key, no network use and no file
of ours; time and memory are limited for each mail. It imports mail/ only, and ends when its parent does (end of input).

A question is `head length, body length, head, body`, an answer `state, length, body`; both lengths and order as in
edge/sandbox. A failure names its kind and never the mail.
"""

import gc
import os
import resource
import struct
import sys
from collections import OrderedDict

from mailagent.mail import wire
from mailagent.mail.message import Body
from mailagent.mail.reading import glance, read, sift, text_of

QUESTION = struct.Struct(">II")
ANSWER = struct.Struct(">BI")
GOOD, FAILED = 0, 1
HELLO = ANSWER.pack(GOOD, 0)

_CHUNK = 256 * 1024
_FLUSH_BYTES = 16 * 1024
_FLUSH_CPU_S = 0.05
_KEPT_CHARS = 16 * 1024 * 1024
_SIFTED = 500  # a batch: header blocks whose mails come next
_SIFTED_BYTES = 4 * 1024
_COLLECT_EVERY = 200
_FILES = 16  # selectolax and a few stdlib modules are imported when the first mail needs them


def main(cpu_s: int, memory_mib: int) -> None:
    """Answer questions until the input ends."""
    _enter(memory_mib)
    child = _Child(cpu_s)
    _write(HELLO)
    pending = bytearray()
    while chunk := os.read(0, _CHUNK):
        pending += chunk
        child.answer_all(pending)
    os._exit(0)


class _Child:
    """What lasts from mail to mail: the texts glanced at, and the answers not yet written."""

    def __init__(self, cpu_s: int) -> None:
        self._cpu_s = cpu_s
        self._kept: OrderedDict[str, Body] = OrderedDict()
        self._kept_chars = 0
        self._sifted: OrderedDict[tuple[wire.Ours, bytes], wire.Sifted] = OrderedDict()
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._written_at = 0.0  # seconds of CPU of this process
        self._answered = 0

    def answer_all(self, pending: bytearray) -> None:
        """Answer each whole question in `pending` and take it away."""
        while True:
            question = _take(pending)
            if question is None:
                break
            self._limit_cpu()
            state, body = self._answer(*question)
            del question
            self._out += (ANSWER.pack(state, len(body)), body)
            self._out_bytes += len(body)
            self._tidy()
        self._flush()

    def _limit_cpu(self) -> None:
        """Give the next mail its CPU seconds: the limit counts the whole life of a process (setrlimit(2))."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        spent = usage.ru_utime + usage.ru_stime
        resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + 1 + self._cpu_s, resource.RLIM_INFINITY))
        if self._out_bytes > _FLUSH_BYTES or spent - self._written_at > _FLUSH_CPU_S:
            self._flush()
            self._written_at = spent

    def _answer(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        """Answer one question; whatever breaks is this mail's failure alone."""
        try:
            return GOOD, self._understand(head, body)
        except _Forgotten:
            return FAILED, wire.FORGOTTEN.encode()
        except (MemoryError, RecursionError) as error:
            self._kept.clear()
            self._kept_chars = 0
            return FAILED, f"too large ({type(error).__name__})".encode()
        except Exception as error:
            return FAILED, f"broken ({type(error).__name__})".encode()

    def _understand(self, head: bytes, body: bytes) -> bytes:
        asked = wire.decode_question(head)
        if isinstance(asked, wire.SiftAsked):
            return wire.encode_sifted(self._sift(body, asked.ours))
        if isinstance(asked, wire.GlanceAsked):
            block = body[: body.find(b"\r\n\r\n") + 4]
            seen = glance(body, asked.ours, asked.limits, self._sifted.pop((asked.ours, block), None))
            if seen.body is not None:
                self._keep(asked.mail_id, seen.body)
            return wire.encode_glanced(seen.glanced)
        text = self._recall(asked.mail_id)
        if text is None and body:
            text = text_of(body, asked.limits)
        if text is None:
            raise _Forgotten
        return wire.encode_understood(read(text, asked.context))

    def _sift(self, block: bytes, ours: wire.Ours) -> wire.Sifted:
        """Sift a header block, and remember it: the mail with this very block is mostly glanced at soon."""
        sifted = sift(block, ours)
        if len(block) <= _SIFTED_BYTES:
            self._sifted[ours, block] = sifted
            if len(self._sifted) > _SIFTED:
                self._sifted.popitem(last=False)
        return sifted

    def _keep(self, mail_id: str, body: Body) -> None:
        self._recall(mail_id)
        self._kept[mail_id] = body
        self._kept_chars += body.size
        while self._kept_chars > _KEPT_CHARS:
            self._kept_chars -= self._kept.popitem(last=False)[1].size

    def _recall(self, mail_id: str) -> Body | None:
        """Give the text of a mail glanced at, once."""
        body = self._kept.pop(mail_id, None)
        if body is not None:
            self._kept_chars -= body.size
        return body

    def _tidy(self) -> None:
        """Collect the cycles that the stdlib parser leaves behind; by count, so that no mail pays for the others."""
        self._answered += 1
        if self._answered % _COLLECT_EVERY == 0:
            gc.collect()

    def _flush(self) -> None:
        if self._out:
            _write(b"".join(self._out))
            self._out.clear()
            self._out_bytes = 0


class _Forgotten(Exception):
    """The text of a glance is gone and the question brought no mail."""


def _enter(memory_mib: int) -> None:
    """Limit this process for its life, after the imports: it may open nothing more and write no file."""
    sys.dont_write_bytecode = True
    memory = memory_mib * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    gc.collect()
    gc.freeze()
    gc.disable()


def _take(pending: bytearray) -> tuple[bytes, bytes] | None:
    """Take the first question out of `pending`, if it is there whole."""
    if len(pending) < QUESTION.size:
        return None
    head_length, body_length = QUESTION.unpack_from(pending)
    end = QUESTION.size + head_length + body_length
    if len(pending) < end:
        return None
    head = bytes(pending[QUESTION.size : QUESTION.size + head_length])
    with memoryview(pending) as view:
        body = bytes(view[QUESTION.size + head_length : end])
    del pending[:end]  # before the mail is read: a large one stands in memory once
    return head, body


def _write(content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(1, view) :]

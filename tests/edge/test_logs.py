"""Logging: one event a line, nothing that steers a terminal, and never a wait."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailagent.edge.logs import LONGEST_LINE, LineHandler, escape


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_an_event_is_one_line_with_its_level(pipe: tuple[int, int]) -> None:
    reader, writer = pipe

    LineHandler(writer).emit(_record("fate=filed subject=%s", "a\nb\x1b[31m"))

    assert os.read(reader, 4096) == b"INFO fate=filed subject=a\\nb\\x1b[31m\n"


def test_the_journal_gets_priorities(pipe: tuple[int, int]) -> None:
    reader, writer = pipe

    LineHandler(writer, for_journal=True).emit(_record("imap=lost", level=logging.WARNING))

    assert os.read(reader, 4096) == b"<4>imap=lost\n"


def test_a_full_pipe_drops_lines_and_tells_so_later(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    handler = LineHandler(writer)
    for _ in range(200):
        handler.emit(_record("x" * 1000))
    dropped = handler.dropped
    while _read(reader):
        pass

    handler.emit(_record("fate=filed"))

    assert dropped > 100
    assert os.read(reader, 4096).decode() == f"WARNING logs=dropped lines={dropped}\nINFO fate=filed\n"


def test_our_parents_stderr_keeps_its_own_mode(pipe: tuple[int, int]) -> None:
    _, writer = pipe

    LineHandler(writer).emit(_record("fate=filed"))

    assert os.get_blocking(writer)


def test_in_a_file_the_next_writer_goes_on_behind_us(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as file:
        LineHandler(file.fileno()).emit(_record("fate=filed"))
        file.write(b"next\n")

    assert (tmp_path / "log").read_bytes() == b"INFO fate=filed\nnext\n"


def test_a_traceback_is_lines_of_its_own(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    try:
        raise ValueError("no\nluck")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "fate=broke", (), sys.exc_info())

    LineHandler(writer).emit(record)

    lines = os.read(reader, 65536).decode().splitlines()
    assert lines[0] == "ERROR fate=broke"
    assert lines[1] == "ERROR Traceback (most recent call last):"


def test_a_line_has_an_end(pipe: tuple[int, int]) -> None:
    reader, writer = pipe

    LineHandler(writer).emit(_record("ü" * 10_000))

    assert len(os.read(reader, 65536)) == LONGEST_LINE + 1


def test_a_process_with_a_closed_reader_goes_on() -> None:
    code = "\n".join(
        [
            "import logging; from mailagent.edge import logs; logs.set_up('info')",
            "for _ in range(9): logging.info('x')",
            "print('alive')",
        ]
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stderr.close()

        assert process.stdout.read() == b"alive\n"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain – ü 漢", "plain – ü 漢"),
        ("\x1b]0;x\x07", "\\x1b]0;x\\x07"),
        ("a\u202eb\x9b", "a\\u202eb\\x9b"),
        ("a\tb", "a\\tb"),
    ],
)
def test_what_does_not_print_is_escaped(text: str, safe: str) -> None:
    assert escape(text) == safe


def _record(text: str, *args: object, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("x", level, "", 0, text, args, None)


def _read(fileno: int) -> bytes:
    try:
        return os.read(fileno, 65536)
    except BlockingIOError:
        return b""

"""The child: what it answers, and what becomes of a mail that breaks it."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailagent.edge.sandbox import TOO_SLOW, Bounds, Interrupted, Reader, ReaderBroken
from mailagent.mail import wire
from tests.mail.mails import BRIEF, OURS, a_mail, parts

SLOW = Bounds(cpu_s=30, wall_s=1.0)


_others: set[int] = set()  # children of this process that are no business of the test


@pytest.fixture(autouse=True)
def know_the_others() -> None:
    """Other tests of this process may keep a child of their own."""
    _others.clear()
    _others.update(_all_children())


@pytest.fixture
def reader() -> Iterator[Reader]:
    one = Reader()
    yield one
    one.close()


def glance(mail_id: str, raw: bytes) -> tuple[bytes, bytes]:
    return wire.glance_question(mail_id, raw, OURS)


def read(mail_id: str, raw: bytes = b"") -> tuple[bytes, bytes]:
    return wire.read_question(mail_id, wire.ReadContext((BRIEF,)), raw)


def child_of(reader: Reader) -> int:
    reader.ask([wire.sift_question("x", b"From: a@example.org", OURS)])
    (pid,) = _children()
    return pid


def _children() -> list[int]:
    return [pid for pid in _all_children() if pid not in _others]


def _all_children() -> list[int]:
    found = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children").read_text().split()
    return [int(pid) for pid in found]


def test_mails_are_sifted_glanced_at_and_read(reader: Reader) -> None:
    raw = a_mail("Hours: 1.5\n")

    sifted, glanced, understood = reader.ask(
        [wire.sift_question("1", raw.partition(b"\r\n\r\n")[0], OURS), glance("1", raw), read("1")]
    )

    assert sifted.body is not None
    assert glanced.body is not None
    assert understood.body is not None
    assert wire.decode_sifted(sifted.body).addr_spec == "ana@example.org"
    assert wire.decode_glanced(glanced.body).nature == wire.PERSON
    assert wire.decode_understood(understood.body).reports[0].minutes == 90


def test_many_answers_come_in_the_order_of_the_questions(reader: Reader) -> None:
    raws = [a_mail(f"Hours: {n}m\n" + "x\n" * (n % 7 * 10)) for n in range(300)]

    reader.ask([glance(str(n), raw) for n, raw in enumerate(raws)])
    answers = reader.ask([read(str(n)) for n in range(300)])

    assert [wire.decode_understood(one.body or b"").reports[0].minutes for one in answers] == list(range(300))


def test_what_is_asked_ahead_is_answered_in_its_turn(reader: Reader) -> None:
    raws = [a_mail(f"Hours: {n}m\n" + "word " * 4000) for n in range(120)]  # more than a pipe holds
    parts_ahead = [[glance(str(n), raws[n]) for n in range(at, at + 40)] for at in (0, 40, 80)]
    for part in parts_ahead:
        reader.ahead(part)

    between = reader.ask([glance("x", raws[7]), read("x")])
    answers = [reader.ask(part) for part in parts_ahead]

    assert wire.decode_understood(between[1].body or b"").reports[0].minutes == 7
    assert [len(one) for one in answers] == [40, 40, 40]
    last = reader.ask([read(str(n)) for n in (0, 40, 119)])
    assert [wire.decode_understood(one.body or b"").reports[0].minutes for one in last] == [0, 40, 119]


def test_what_was_asked_ahead_of_a_child_that_died_is_asked_again(reader: Reader) -> None:
    pid = child_of(reader)
    first, second = ([glance(name, a_mail(f"Hours: {hours}\n"))] for name, hours in (("1", 1), ("2", 2)))
    os.kill(pid, signal.SIGSTOP)
    reader.ahead(first)
    reader.ahead(second)
    os.kill(pid, signal.SIGKILL)

    answers = (*reader.ask(first), *reader.ask(second))

    assert [wire.decode_glanced(one.body or b"").nature for one in answers] == [wire.PERSON, wire.PERSON]


def test_what_nobody_comes_back_for_spoils_nothing(reader: Reader) -> None:
    reader.ahead([glance("lost", a_mail("Hours: 3\n"))])
    reader.forget_ahead()

    (answer,) = reader.ask([glance("1", a_mail("Hours: 1\n"))])

    assert wire.decode_glanced(answer.body or b"").envelope.addr_spec == "ana@example.org"


def test_a_mail_is_glanced_at_alike_with_and_without_its_header_sifted_before(reader: Reader) -> None:
    raw = a_mail("Hours: 1.5\n")
    block = raw[: raw.index(b"\r\n\r\n") + 4]

    before, _, after = reader.ask([glance("1", raw), wire.sift_question("0", block, OURS), glance("2", raw)])

    assert before.body == after.body


def test_nothing_asked_is_nothing_answered(reader: Reader) -> None:
    assert reader.ask([]) == ()


def test_a_glance_is_read_once_and_then_needs_its_bytes(reader: Reader) -> None:
    raw = a_mail("Hours: 1\n")

    _, once, twice, again = reader.ask([glance("1", raw), read("1"), read("1"), read("1", raw)])

    assert (once.failure, twice.failure, again.failure) == (None, wire.FORGOTTEN, None)
    assert once.body == again.body


def test_a_later_glance_takes_the_place_of_an_earlier(reader: Reader) -> None:
    *_, last = reader.ask([glance("1", a_mail("Hours: 1")), glance("1", a_mail("Hours: 2")), read("1")])

    assert wire.decode_understood(last.body or b"").reports[0].minutes == 120


def test_old_glances_are_let_go(reader: Reader) -> None:
    large = a_mail("x" * 80 + "\n" + "word " * 50_000 + ("\n" * 4000))
    reader.ask([glance(str(n), large) for n in range(60)])

    first, last = reader.ask([read("0"), read("59")])

    assert (first.failure, last.failure) == (wire.FORGOTTEN, None)


def test_a_question_that_is_none_fails_alone(reader: Reader) -> None:
    good = wire.sift_question("1", b"From: a@example.org", OURS)

    answers = reader.ask([good, (b'["dance","x"]', b""), (b"\xff", b""), good])

    assert [one.failure and one.failure.split()[0] for one in answers] == [None, "broken", "broken", None]


def test_a_mail_too_large_for_the_memory_fails_alone() -> None:
    reader = Reader(Bounds(memory_mib=64))
    bomb = a_mail(b"x" * 76 + b"\n" + b"y\n" * 200_000 + b"z" * 24_000_000)
    ordinary = a_mail("Hours: 1")

    answers = reader.ask([glance("1", ordinary), glance("2", bomb), glance("3", ordinary), read("3", ordinary)])
    reader.close()

    assert answers[1].failure is not None
    assert tuple(answers[n].failure for n in (0, 2, 3)) == (None, None, None)


def _stopped_child(reader: Reader) -> int:
    pid = child_of(reader)
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_a_child_that_hangs_is_replaced() -> None:
    reader = Reader(SLOW)
    pid = _stopped_child(reader)

    (answer,) = reader.ask([glance("1", a_mail())])
    (after,) = reader.ask([glance("1", a_mail())])
    (new,) = _children()
    reader.close()

    assert (answer.body, answer.failure) == (None, TOO_SLOW)
    assert after.failure is None
    assert new != pid


def test_a_child_that_dies_is_replaced_and_the_others_are_asked_again(reader: Reader) -> None:
    pid = child_of(reader)
    os.kill(pid, signal.SIGKILL)

    answers = reader.ask([glance(str(n), a_mail(f"Hours: {n}m")) for n in range(100)])

    assert [one.failure for one in answers] == [None] * 100
    assert _children() != [pid]


def test_one_question_that_takes_too_long_fails_alone() -> None:
    """With hardly a second of CPU and no limit on lines, a mail of very many lines is too slow, and it alone."""
    reader = Reader(Bounds(cpu_s=0, wall_s=30))
    greedy = wire.glance_question(
        "3", a_mail(**parts("\n" * 12_000_000)), OURS, replace(wire.Limits(), lines=100_000_000)
    )
    quick = a_mail("Hours: 1")

    answers = reader.ask([glance("1", quick), glance("2", quick), greedy, glance("4", quick)])
    reader.close()

    assert [one.failure for one in answers] == [None, None, TOO_SLOW, None]


def test_a_stop_is_obeyed_while_a_child_hangs() -> None:
    is_told = threading.Event()
    reader = Reader(Bounds(wall_s=60), stop=is_told.is_set)
    _stopped_child(reader)
    threading.Timer(0.2, is_told.set).start()

    with pytest.raises(Interrupted):
        reader.ask([glance("1", a_mail())])

    assert _children() == []


def test_a_child_that_does_not_start_is_nobodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(ReaderBroken):
        Reader().ask([glance("1", a_mail())])


def test_a_child_that_has_grown_is_let_go() -> None:
    reader = Reader(Bounds(grown_mib=1))

    first = [reader.ask([glance("1", a_mail())])[0].failure, _children()]
    second = [reader.ask([glance("1", a_mail())])[0].failure, _children()]

    assert [None, []] == first == second


def test_the_child_has_nothing_of_ours(reader: Reader, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        pid = child_of(reader)

        open_files = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}

    assert all(name.startswith("pipe:") or name == "/dev/null" for name in open_files), open_files
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    assert {name.partition("=")[0].partition("_")[0] for name in environment if name} <= {"LC", "MALLOC"}
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert os.getsid(pid) == pid


def test_the_child_is_limited(reader: Reader) -> None:
    limits = Path(f"/proc/{child_of(reader)}/limits").read_text()

    soft = {line[:26].strip(): line[26:47].strip() for line in limits.splitlines()}
    assert soft["Max address space"] == str(256 * 1024 * 1024)
    assert soft["Max file size"] == "0"
    assert int(soft["Max open files"]) <= 16
    assert int(soft["Max cpu time"]) <= 10


def test_the_child_ends_when_its_parent_does() -> None:
    code = (
        "import sys; from mailagent.edge.sandbox import Reader; from mailagent.mail import wire;"
        "r = Reader(); r.ask([wire.sift_question('x', b'', wire.Ours('a@b', 'b'))]);"
        "print(open(f'/proc/self/task/{__import__(\"os\").getpid()}/children').read(), flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdin is not None
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    watched = os.pidfd_open(child)
    parent.kill()
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()

    assert _ends(watched)
    os.close(watched)


def _ends(pidfd: int) -> bool:
    return bool(select.select([pidfd], [], [], 10)[0])

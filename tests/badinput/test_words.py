"""FAULTS section 2, hours and content: B40 to B58, as far as reading decides them."""

import pytest

from mailagent.mail.wire import Fields
from tests.mail.mails import BRIEF, quoted, report, understood


@pytest.mark.parametrize(
    "hours",
    [
        "-5",
        "− 2",
        "+5",
        "1e9",
        "1e400",
        "NaN",
        "inf",
        "-inf",
        "0x10",
        "1_000",
        "9" * 400,
        "25",
        "24.5",
        "1441m",
        "48:00",
    ],
)
def test_b40_b42_hours_that_cannot_be_are_asked_back(hours: str) -> None:
    found = understood(f"Done: x\nHours: {hours}")

    assert (Fields(done="x"),) == found.reports
    assert len(found.unclear) == 1


@pytest.mark.parametrize("hours", ["1.5", "1,5", "1:30", "90m", "1h30", "1.5h", "1½", "one and a half hours", "１．５"])
def test_b41_hours_are_read_in_each_form(hours: str) -> None:
    assert report(f"Hours: {hours}").minutes == 90


@pytest.mark.parametrize("hours", ["1.5.2", "1.30", "about", "1-2", "lots", "٢", "two or three"])
def test_b41_what_is_not_sure_is_asked(hours: str) -> None:
    found = understood(f"Hours: {hours}")

    assert found.reports == ()
    assert [hours] == [one.text for one in found.unclear]


@pytest.mark.parametrize("hours", ["0", "0.0", "0h", "none", "0m"])
def test_b42_nothing_is_booked_as_nothing(hours: str) -> None:
    assert report(f"Hours: {hours}").minutes == 0


def test_b43_tenths_of_an_hour_are_exact() -> None:
    assert [6 * n for n in range(1, 10)] == [report(f"Hours: 0.{n}").minutes for n in range(1, 10)]


def test_b45_two_lines_of_hours_are_asked_and_a_quoted_one_is_not_there() -> None:
    assert understood("Hours: 1\nHours: 2").reports == ()
    assert report("Hours: 1\n\n> Hours: 2\n").minutes == 60
    assert report("Hours: 1\nHours: 60m").minutes == 60


def test_b48_each_job_needs_its_key() -> None:
    assert [one.job_key for one in understood("J12:\nHours: 1\nJ13:\nHours: 2").reports] == ["J12", "J13"]
    assert understood("Hours: 1\n\nHours: 2").reports == ()


@pytest.mark.parametrize("status", ["purple", "🚀", "fini", "50 cents"])
def test_b49_an_unknown_status_is_asked(status: str) -> None:
    found = understood(f"Status: {status}\nHours: 1")

    assert (Fields(minutes=60),) == found.reports
    assert [status] == [one.text for one in found.unclear]


@pytest.mark.parametrize(
    "text",
    [
        quoted("Hours: 5\nStatus: done"),
        "-----Original Message-----\nFrom: Ana\nSubject: x\n\nHours: 5",
        "Begin forwarded message:\n\nFrom: Raj\nHours: 5",
        "---------- Forwarded message ---------\nFrom: Raj <raj@example.org>\nDate: Mon\nTo: Ana\n\nHours: 5",
        "-- \nHours: 5",
        "CONFIDENTIALITY NOTICE: This e-mail is confidential.\nHours: 5",
        "This message is intended for the recipient only.\nStatus: done",
        "____________________\nx mailing list\nHours: 5",
    ],
)
def test_b50_to_b52_what_is_not_the_writers_own_is_no_report(text: str) -> None:
    assert understood(f"see below\n\n{text}\n").reports == ()


@pytest.mark.parametrize(
    "text",
    [
        "I am nearly done: two left",
        "see https://x.example/Done:1",
        "well Hours: 5",
        "`Hours: 5` is the line",
        "x = Hours: 5",
    ],
)
def test_b53_a_label_counts_only_at_the_start_of_a_line(text: str) -> None:
    assert understood(text).reports == ()


def test_b54_answers_below_and_between_the_quote_are_kept() -> None:
    below = quoted(BRIEF) + "\nHours: 1\n"
    between = "> Done:\nten\n> Hours:\n1\n"

    assert report(below).minutes == 60
    assert report(between) == Fields(done="ten", minutes=60)


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{% for x in y %}", "<script>alert(1)</script>", "javascript:x", "=HYPERLINK()"]
)
def test_b57_b58_whatever_is_written_is_words(text: str) -> None:
    assert report(f"Done: {text}").done == text

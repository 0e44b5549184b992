"""What a worker may say at any time: a question, more hours, days off, a pause, giving the job back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.mail import wire
from mailagent.mail.languages import form_hint, form_lines
from mailagent.mail.wire import Fields
from mailagent.mail.wishes import read_need
from tests.mail.mails import BRIEF, report, understood

EN = ("en",)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Question: which logo?", Fields(question="which logo?")),
        ("My question: which logo?\n- the blue one?", Fields(question="which logo?\n- the blue one?")),
        ("Question: no", None),
        ("Need: +2h because the list is longer", Fields(need_minutes=120, need_words="because the list is longer")),
        ("Need: +2h\nbecause the list\nis longer", Fields(need_minutes=120, need_words="because the list\nis longer")),
        ("Done: x; Need: 1h30", Fields(done="x", need_minutes=90)),
        ("Snooze: 2h", Fields(snooze_minutes=120)),
        ("snooze - 90 min", Fields(snooze_minutes=90)),
        ("Away: until Thursday, my son is ill", Fields(away_until=date(2026, 11, 26), away_why="my son is ill")),
        ("Away: tomorrow", Fields(away_from=date(2026, 11, 24), away_until=date(2026, 11, 25))),
        ("decline: too much work", Fields(gives_up="decline", gives_up_why="too much work")),
        ("Decline.", Fields(gives_up="decline")),
        ("I decline, because I am ill", Fields(gives_up="decline", gives_up_why="because I am ill")),
        (
            "Hello Petra,\n\nquit: I move house\nnext week",
            Fields(gives_up="quit", gives_up_why="I move house\nnext week"),
        ),
        ("Hours: 1\nQuit: no time", Fields(minutes=60, gives_up="quit", gives_up_why="no time")),
        ("J12: Question: which?", Fields("J12", question="which?")),
    ],
)
def test_a_wish_is_read_beside_a_report_or_alone(text: str, fields: Fields | None) -> None:
    found = understood(text, today="2026-11-23")

    assert found.reports == (() if fields is None else (fields,))
    assert found.unclear == ()


@pytest.mark.parametrize(
    ("text", "asked", "question"),
    [
        ("Need: 90", "90", "90 minutes more, which is 1 h 30?"),
        ("Need: 2h or 3h", "2h or 3h", "How many more hours"),
        ("Need: access to the drive", "access to the drive", "How many more hours"),
        ("Need: 1h\nNeed: 2h", "1h / 2h", "How many more hours"),
        ("Snooze: a while", "a while", "For how long?"),
        ("Snooze: 30", "30", "For how long?"),
        ("Snooze: 0", "0", "For how long?"),
        ("Snooze: until 15:00", "until 15:00", "For how long?"),
        ("Snooze: 1h\nSnooze: 2h", "1h", "For how long?"),
        ("Away: sick", "sick", "From which day"),
        ("Away: tomorrow\nAway: 8 Dec", "tomorrow / 8 Dec", "From which day"),
        ("decline: x\nquit: x", "x / x", "give this job back"),
        ("Done: x\ndecline: y", "decline y", "give the job back"),
    ],
)
def test_a_wish_that_is_not_sure_is_asked_about(text: str, asked: str, question: str) -> None:
    found = understood(text, today="2026-11-23")

    assert all(one.other_words == (None,) * 4 and not one.gives_up for one in found.reports)
    assert [(one.text, question in one.question) for one in found.unclear] == [(asked, True)]


@pytest.mark.parametrize(
    ("value", "minutes", "words"),
    [
        ("2", 120, ""),
        ("+ 1.5 hours", 90, ""),
        ("2 more hours: second sheet", 120, "second sheet"),
        ("half an hour more", 30, ""),
        ("2h more because x", 120, "because x"),
        ("2 because x", 120, "because x"),
        ("2h. The list", 120, "The list"),
        ("two hours", 120, ""),
        ("more time", 0, "more time"),
        ("a few more hours, the list grew", 0, "a few more hours, the list grew"),
        ("more time because the list grew", 0, "more time because the list grew"),
    ],
)
def test_more_hours_are_read_with_the_reason(value: str, minutes: int, words: str) -> None:
    need = read_need(value, EN)

    assert (need.minutes, need.words, need.doubt) == (minutes, words, None)


@pytest.mark.parametrize("value", ["", "-", "no", "none, thanks", "(e.g. +2h or +3h)", "n/a"])
def test_no_need_is_none(value: str) -> None:
    need = read_need(value, EN)

    assert (need.minutes, need.doubt) == (None, None) or value == "none, thanks"


@pytest.mark.parametrize("value", ["0", "1.30", "5000h", "2 the list", "lots", "2-3h", "2 to 3 h"])
def test_an_amount_that_is_not_one_length_is_asked_about(value: str) -> None:
    need = read_need(value, EN)

    assert need.minutes is None
    assert need.doubt is not None


@pytest.mark.parametrize(
    "text",
    [
        "Done:\n- quit: five customers\n- decline: two",
        "Done: I asked\n  decline in sales was 5 %",
        "Done: quit and started the program again",
    ],
)
def test_a_job_is_not_given_back_by_words_about_the_work(text: str) -> None:
    (fields,) = understood(text).reports

    assert fields.gives_up == ""
    assert "decline" in (fields.done or "") or "quit" in (fields.done or "")


@pytest.mark.parametrize("text", ["quit smoking", "Decline in sales", "declined 3 invoices"])
def test_a_line_that_only_starts_like_it_gives_nothing_back(text: str) -> None:
    assert understood(text).reports == ()


def test_unanswered_lines_of_the_longer_form_say_nothing() -> None:
    form = "\n\n".join((*form_lines("en", with_need=True), "Question:"))
    sent = BRIEF.replace("\n\n".join(form_lines("en")), form)

    assert understood(form.replace("Blocked: no", "Blocked:").replace("Status: working", "Status:")).reports == ()
    assert report(f"Hours: 1\n\n{sent}", sent) == Fields(minutes=60)


def test_the_form_asks_for_more_hours_before_its_answered_lines() -> None:
    assert form_lines("en", with_need=True) == ("Done:", "Hours:", "Next:", "Need:", "Blocked: no", "Status: working")
    assert form_hint("en", with_need=True).startswith(form_hint("en"))


def test_an_absence_note_says_a_day_or_nothing() -> None:
    said = understood("Done: x\nI am away until Thursday.", today="2026-11-23", is_absence=True)
    silent = understood("Done: x\nHours: 2", today="2026-11-23", is_absence=True)

    assert said.reports == (Fields(away_until=date(2026, 11, 26)),)
    assert silent.reports == ()


@given(st.text(alphabet=st.sampled_from("quitdeclnN:+2h \n-?,becausAwytmorJ1.30/8D"), max_size=120))
def test_reading_a_wish_never_raises(text: str) -> None:
    understood(f"Need: {text}\nAway: {text}\nSnooze: {text}", today="2026-11-23")
    understood(text, today="2026-11-23")


def test_what_was_wished_comes_back_from_the_child() -> None:
    fields = Fields("J12", question="q", need_minutes=0, away_until=date(2026, 11, 26), gives_up="quit")
    value = wire.Understood((fields,), (), (), "", "", "", truncated=False)

    assert value == wire.decode_understood(wire.encode_understood(value))

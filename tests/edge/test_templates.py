"""Templates: values are data, mistakes are told, a digest stays small."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mailagent.core.answers import answers
from mailagent.core.letters import AlertContents, HoursStand, Reason, ReceiptContents, SettledContents
from mailagent.core.model import LetterKind, Status
from mailagent.edge.templates import LetterBroken, Templates, plain_alert, shipped_folder
from mailagent.edge.templates.prose import prose
from mailagent.edge.templates.shown import (
    bar,
    day,
    hours,
    line,
    lines,
    local_clock,
    local_day,
    mailto,
    quoted,
    sentence,
)
from tests.house.letters_full_and_bare import BARE, BARE_FRAME, FULL, OWNER_FRAME, a_digest, a_line

TEMPLATES = Templates()
HOSTILE = "<script>alert(1)</script> {{ 7*7 }} {% raw %} </div> & \"quotes\" 'too'"


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(0, "0 h"), (5, "0 h 05"), (30, "0 h 30"), (60, "1 h"), (90, "1 h 30"), (6000, "100 h"), (-90, "-1 h 30")],
)
def test_minutes_are_shown_as_hours(minutes: int, shown: str):
    assert hours(minutes) == shown


def test_instants_are_shown_in_the_readers_zone():
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)

    assert (local_clock(late, "Asia/Manila"), local_day(late, "Asia/Manila")) == ("06:30", "Tue 24 Nov")
    assert (local_clock(late, "America/Lima"), local_day(late, "America/Lima")) == ("17:30", "Mon 23 Nov")
    assert day(date(2026, 3, 1)) == "Sun 1 Mar"


def test_words_are_cut_and_made_one_line():
    assert line("a\n b\t c") == "a b c"
    assert line("x" * 300) == "x" * 199 + "…"
    assert quoted("two\nlines") == '"two lines"'
    assert sentence("no such job") == "No such job."
    assert sentence("Which one?") == "Which one?"
    assert sentence("") == ""


def a_receipt(**changes) -> ReceiptContents:
    contents = FULL[LetterKind.RECEIPT][0]
    assert isinstance(contents, ReceiptContents)
    return replace(contents, **changes)


def test_hostile_words_are_only_words():
    rendered = TEMPLATES.render(LetterKind.RECEIPT, a_receipt(done=HOSTILE, title=HOSTILE), BARE_FRAME)

    assert "<script>" not in rendered.html
    assert "&lt;script&gt;" in rendered.html
    assert "{{ 7*7 }}" in rendered.text
    assert "49" not in rendered.text
    assert "<script>" in rendered.text


def test_a_subject_is_always_one_line():
    alert = AlertContents("Dana", "It broke\r\nBcc: x@example.org", (), ())

    assert TEMPLATES.render(LetterKind.ALERT, alert, OWNER_FRAME).subject == "It broke Bcc: x@example.org"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold**", '<p style="margin:0 0 16px"><strong>bold</strong></p>\n'),
        ("one\ntwo", '<p style="margin:0 0 16px">one<br />\ntwo</p>\n'),
        ("<b>raw</b>", '<p style="margin:0 0 16px">&lt;b&gt;raw&lt;/b&gt;</p>\n'),
        ("![x](https://example.com/x.png)", None),
        ("[x](javascript:alert(1))", '<p style="margin:0 0 16px">[x](javascript:alert(1))</p>\n'),
        (
            "see https://example.com/a?b=1&c=2, please",
            '<p style="margin:0 0 16px">see <a href="https://example.com/a?b=1&amp;c=2">'
            "https://example.com/a?b=1&amp;c=2</a>, please</p>\n",
        ),
        ("# no heading", '<p style="margin:0 0 16px"># no heading</p>\n'),
    ],
)
def test_a_briefs_markdown_is_tame(text: str, html: str | None):
    found = str(prose(text))

    assert html is None or found == html
    assert "<img" not in found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": Status.STARTED, "blocked": None}, "You have started."),
        ({"status": Status.NOT_STARTED, "blocked": None}, "You have not started yet."),
        ({"status": Status.WORKING, "blocked": None}, "The work is under way."),
        ({"status": Status.BLOCKED, "blocked": None}, "Please write in one line what you need."),
        ({"status": Status.DONE, "blocked": None}, "Dana Reed will look at the result."),
        ({"minutes": None, "unclear": ()}, "You gave no hours."),
        ({"undecided_why": "unproven"}, "waits until it is sure that the mail was from you"),
        (
            {"undecided": 0, "over_cap": 0, "stand": HoursStand(480, 270, 0, 0, 210)},
            "4 h 30 of 8 h is used on this job",
        ),
        ({"stand": HoursStand(None, 270, 0, 0, None)}, "There is no cap."),
        ({"stand": HoursStand(480, 480, 0, 0, 0)}, "Please stop here"),
    ],
)
def test_a_receipt_says_what_was_understood(changes, words: str):
    assert words in TEMPLATES.render(LetterKind.RECEIPT, a_receipt(**changes), BARE_FRAME).text


def test_a_plain_receipt_does_not_speak_of_limits_that_were_kept():
    text = TEMPLATES.render(
        LetterKind.RECEIPT,
        a_receipt(week_left=None, over_cap=0, undecided=0, payable=150, stand=HoursStand(480, 270, 0, 0, 210)),
        BARE_FRAME,
    ).text

    assert "over the cap" not in text
    assert "not decided" not in text
    assert "stop here" not in text


# --- the digest ---


def needing(what: str, **facts: Any) -> dict[str, Any]:
    return {"section": "needs you", "reasons": (Reason(what, **facts),)}


@pytest.mark.parametrize(
    ("lines", "changes", "subject"),
    [
        ((), {}, "Tue 24 Nov: no open jobs"),
        ((a_line(1),), {}, "Tue 24 Nov: all well, 1 report, 1 h 30"),
        ((a_line(1), a_line(2)), {}, "Tue 24 Nov: all well, 2 reports, 3 h"),
        ((a_line(1),), {"reports": 0}, "Tue 24 Nov: all quiet"),
        ((a_line(1, **needing("done")),), {}, "Tue 24 Nov: 1 needs you - Ana done"),
        (
            (a_line(1, **needing("blocked"), called="Raj"), a_line(2, **needing("at cap", minutes=60)), a_line(3)),
            {},
            "Tue 24 Nov: 2 need you - Raj blocked, Ana at cap",
        ),
        (
            tuple(a_line(n, **needing("blocked"), called=f"W{n}") for n in range(1, 6)),
            {},
            "Tue 24 Nov: 5 need you - W1 blocked, W2 blocked, W3 blocked...",
        ),
        ((a_line(1, section="at risk", reasons=(Reason("late"),)),), {}, "Tue 24 Nov: 1 at risk - Ana late"),
    ],
)
def test_the_subject_of_a_digest_is_the_news(lines, changes, subject: str):
    assert TEMPLATES.render(LetterKind.DIGEST, a_digest(*lines, **changes), OWNER_FRAME).subject == subject


def test_what_needs_the_owner_comes_first_and_each_job_has_a_number():
    lines = (a_line(1, **needing("blocked")), a_line(2), a_line(3, section="closed", phase="accepted"))

    text = TEMPLATES.render(LetterKind.DIGEST, a_digest(*lines), OWNER_FRAME).text

    numbered = [row.split(".")[0] for row in text.split("\n") if row[:1].isdigit() and ". " in row[:4]]
    assert numbered == ["1", "2", "3"]
    heads = ["NEEDS YOU", "1. Ana Cruz", "GOING WELL", "2. Ana Cruz", "CLOSED SINCE", "3. Ana Cruz"]
    assert sorted(heads, key=text.index) == heads


def test_answers_are_typed_in_text_and_links_in_html():
    line = a_line(7, **needing("done"), answers=(("Accept it", "ok J7"), ("Send it back", "back J7: ")))

    rendered = TEMPLATES.render(LetterKind.DIGEST, a_digest(line), OWNER_FRAME)

    assert "\n- Accept it: ok J7\n- Send it back: back J7: your words\n" in rendered.text
    links = re.findall(r'href="([^"]+)"', rendered.html)
    assert links == [
        "mailto:desk@example.com?subject=%5BJ7%5D%20Accept%20it&amp;body=ok%20J7",
        "mailto:desk@example.com?subject=%5BJ7%5D%20Send%20it%20back&amp;body=back%20J7%3A%20",
    ]


def test_without_an_address_to_answer_to_there_are_no_links():
    line = a_line(7, **needing("done"), answers=(("Accept it", "ok J7"),))

    html = TEMPLATES.render(LetterKind.DIGEST, a_digest(line), BARE_FRAME).html

    assert "mailto" not in html
    assert "ok J7" in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ()),
        ("one", ("one",)),
        (" one \r\n\n  two  words\n", ("one", "", "two words")),
        ("x" * 1000, ("x" * 900, "x" * 100)),
        ("word " * 300, (" ".join(["word"] * 180), " ".join(["word"] * 120))),
        ("y\n" * 3000, (*(["y"] * 1999), "y…")),
    ],
)
def test_words_keep_their_lines(text: str, shown: tuple[str, ...]):
    assert lines(text) == shown


def test_a_link_is_encoded_and_never_too_long():
    link = mailto("one\ntwo + \U0001f600&<" + "ж" * 1000, "desk+abc@example.com", "[J1] a\nb")

    assert link.startswith("mailto:desk%2Babc@example.com?subject=%5BJ1%5D%20a%20b&body=one%0D%0Atwo%20%2B%20%F0%9F")
    assert 900 < len(link) <= 1000
    assert not set(link) & set(' +<>"\n')


@pytest.mark.parametrize(
    ("payable", "cap", "shown"),
    [
        (0, 300, "[----------]"),
        (1, 300, "[#---------]"),
        (150, 300, "[#####-----]"),
        (299, 300, "[#########-]"),
        (300, 300, "[##########]"),
        (900, 300, "[##########]"),
        (0, 0, "[##########]"),
    ],
)
def test_a_bar_is_full_only_at_the_cap(payable: int, cap: int, shown: str):
    assert bar(HoursStand(cap, payable, 0, 0, 0)) == shown


def test_a_digest_of_a_thousand_jobs_folds_and_stays_small():
    lines = tuple(
        a_line(
            n,
            title="Überlanger Titel " * 9,
            worker_name="Ж" * 80,
            **(needing("blocked", words="слово " * 60) if n < 500 else {}),
            answers=answers(f"J{n}", "at cap"),
        )
        for n in range(1, 1001)
    )

    rendered = TEMPLATES.render(LetterKind.DIGEST, a_digest(*lines), OWNER_FRAME)

    assert len(rendered.html.encode()) < 80_000
    shown = rendered.text.count("Blocked:")
    assert 20 < shown < 1000
    assert f"And {1000 - shown} more." in rendered.text


# --- templates that are wrong ---


def test_an_own_template_goes_before_the_shipped_one(tmp_path: Path):
    (tmp_path / "alert.subject.j2").write_text("Hey: {{ c.headline }}")

    own = Templates([tmp_path])

    assert own.render(LetterKind.ALERT, *BARE[LetterKind.ALERT]).subject == "Hey: H"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        pytest.param("{{ c.nothing }}", "nothing", id="unknown name"),
        pytest.param("{{ nowhere }}", "nowhere", id="unknown variable"),
        pytest.param("{% if %}", "line 1", id="syntax"),
        pytest.param("{{ c.headline.__class__.__mro__ }}", "unsafe", id="forbidden attribute"),
        pytest.param("{{ c.__class__ }}", "unsafe", id="forbidden attribute of a value"),
        pytest.param("{{ c.headline|nofilter }}", "nofilter", id="unknown filter"),
        pytest.param("{{ 1 / 0 }}", "ZeroDivisionError", id="arithmetic"),
        pytest.param("{{ c.headline|hours }}", "TypeError", id="wrong type"),
        pytest.param("{% include 'gone.j2' %}", "gone.j2", id="missing part"),
        pytest.param("{{ range(10**9)|list }}", "Overflow", id="endless"),
    ],
)
def test_a_wrong_template_is_told_by_name(tmp_path: Path, source: str, why: str):
    (tmp_path / "alert.txt.j2").write_text(source)

    with pytest.raises(LetterBroken, match="the letter alert cannot be written") as caught:
        Templates([tmp_path]).render(LetterKind.ALERT, *BARE[LetterKind.ALERT])

    assert why in caught.value.why


def test_an_alert_can_be_told_without_any_template():
    contents, frame = FULL[LetterKind.ALERT]
    assert isinstance(contents, AlertContents)

    rendered = plain_alert(replace(contents, headline="It <broke>"), frame)

    assert rendered.subject == "It <broke>"
    assert "Please ask for another." in rendered.text
    assert "It &lt;broke&gt;" in rendered.html


def test_the_shipped_templates_are_found():
    assert (shipped_folder() / "brief.txt.j2").is_file()


@pytest.mark.parametrize(
    ("payable", "over_cap", "subject"),
    [
        (60, 30, "Thank you, your hours count now"),
        (0, 30, "Thank you for your answer"),
        (0, 0, "Thank you for your answer"),
    ],
)
def test_nobody_is_told_that_hours_count_where_none_do(payable: int, over_cap: int, subject: str) -> None:
    contents = SettledContents("Ana", "Dana", (), payable, over_cap)

    assert Templates().render(LetterKind.SETTLED, contents, BARE_FRAME).subject == subject

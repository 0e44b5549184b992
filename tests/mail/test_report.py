"""The report grammar: what is booked, what is asked, and what never becomes a report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.mail import wire
from mailagent.mail.wire import Fields
from tests.mail.mails import BRIEF, quoted, report, understood

WHOLE = "Done: ten photos\nHours: 1.5\nNext: the rest\nBlocked: no\nStatus: working\n"
READ = Fields(None, "ten photos", 90, "the rest", "", "working")


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        WHOLE.upper().replace("TEN PHOTOS", "ten photos").replace("THE REST", "the rest"),
        WHOLE.replace("\n", "\n\n"),
        WHOLE.replace(": ", ":\n"),
        WHOLE.replace(":", " :"),
        WHOLE.replace(": ", "："),
        WHOLE.replace(": ", " = "),
        WHOLE.replace(": ", " - "),
        WHOLE.replace(": ", " – "),
        WHOLE.replace(": ", ":- "),
        "".join(f"**{label}:** {rest}\n" for label, rest in (line.split(": ") for line in WHOLE.splitlines())),
        "".join(f"*{label}*: {rest}\n" for label, rest in (line.split(": ") for line in WHOLE.splitlines())),
        "".join(f"- {line}\n" for line in WHOLE.splitlines()),
        "".join(f"{n}. {line}\n" for n, line in enumerate(WHOLE.splitlines(), 1)),
        "".join(f"{line}\n" for line in reversed(WHOLE.splitlines())),
        "Hi Petra,\n\n" + WHOLE + "\nBest regards,\nAna\n",
        WHOLE + "\n-- \nAna Cruz\nDone: nothing\n",
        WHOLE + "\nSent from my iPhone\n",
        WHOLE + "\nOn Mon, 23 Nov 2026 at 15:27, Example Studio <a@agent.example> wrote:\n\n" + quoted(BRIEF),
        "Done: ten photos; Hours: 1.5; Next: the rest; Blocked: no; Status: working",
        "Done: ten photos | Hours: 1.5 | Next: the rest | Blocked: no | Status: working",
        WHOLE + WHOLE,
    ],
)
def test_the_form_is_read_however_it_is_written(text: str) -> None:
    assert report(text) == READ
    assert understood(text).unclear == ()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("started", Fields(status="started")),
        ("Started.", Fields(status="started")),
        ("done", Fields(status="done")),
        ("blocked", Fields(status="blocked")),
        ("done 1.5", Fields(status="done", minutes=90)),
        ("done, 1h30", Fields(status="done", minutes=90)),
        ("1.5h done", Fields(status="done", minutes=90)),
        ("not done yet 2h", Fields(status="working", minutes=120)),
        ("1h30", Fields(minutes=90)),
        ("1.5", Fields(minutes=90)),
        ("Hi, done 1.5", Fields(status="done", minutes=90)),
        ("Hello Petra,\nstarted", Fields(status="started")),
        ("Hours: 2", Fields(minutes=120)),
        ("Status: not started", Fields(status="not started")),
        ("Status: 70%", Fields(status="working")),
        ("Status: 100 % done", Fields(status="done")),
        ("Status: Done!", Fields(status="done")),
        ("Status: done, waiting for your review", Fields(status="done")),
        ("Status: working on the other 60", Fields(status="working")),
        ("Status: waiting for the logo", Fields(status="blocked")),
        ("Status: blocked :(", Fields(status="blocked")),
        ("Status: not finished", Fields(status="working")),
        ("Status: working (started, working, blocked or done)", Fields(status="working")),
        ("Hours: 2h on the photos of today", Fields(minutes=120)),
        ("What I did: ten\nTime spent: 2h\nNext steps: rest\nBlockers: none", Fields(None, "ten", 120, "rest", "")),
        ("Blocked: no, all good", Fields(blocked="")),
        ("Blocked: no, but the logo is missing", Fields(blocked="no, but the logo is missing")),
        ("Blocked: N/A\nHours: 1", Fields(minutes=60)),
        ("Hours: - (see below)\nDone: x", Fields(done="x")),
        ("Blocked: the drive is full", Fields(blocked="the drive is full")),
    ],
)
def test_a_short_answer_is_read(text: str, fields: Fields) -> None:
    assert fields == report(text)
    assert understood(text).unclear == ()


@pytest.mark.parametrize(
    ("text", "fields", "asked", "question"),
    [
        ("Done: x\nHours: 90", Fields(done="x"), "90", "90 minutes, which is 1 h 30?"),
        ("Done: x\nHours: 3000", Fields(done="x"), "3000", "more than a day"),
        ("Done: x\nHours: 25 h", Fields(done="x"), "25 h", "more than a day"),
        ("Done: x\nHours: -2", Fields(done="x"), "-2", "below zero"),
        ("Done: x\nHours: NaN", Fields(done="x"), "NaN", "1.5, 1h30 or 90m"),
        ("Done: x\nHours: a while", Fields(done="x"), "a while", "1.5, 1h30 or 90m"),
        ("Done: x\nHours: 1.30", Fields(done="x"), "1.30", "1 h 30 or 1 h 18?"),
        ("Done: x\nHours: 1\nHours: 2", Fields(done="x"), "1 / 2", "two lines with hours"),
        ("Done: x\nHours: 1\nHours: soon", Fields(done="x"), "1 / soon", "two lines with hours"),
        ("Done: x\nStatus: purple", Fields(done="x"), "purple", "started, working, blocked or done"),
        ("Done: x\nStatus: done except the last", Fields(done="x"), "done except the last", "Which one"),
        ("Done: x\nStatus: done\nStatus: blocked", Fields(done="x"), "done / blocked", "two lines with a status"),
        ("Blocked: yes", Fields(blocked="yes"), "yes", "What blocks you?"),
    ],
)
def test_what_is_unclear_is_asked_and_the_rest_is_booked(text: str, fields: Fields, asked: str, question: str) -> None:
    found = understood(text)

    assert (fields,) == found.reports
    assert any(asked == one.text and question in one.question for one in found.unclear), found.unclear


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "Done:\n\nHours:\n\nNext:\n\nBlocked:\n\nStatus:\n",
        "Done: -\nHours: n/a\nStatus: ...",
        "Done: (what you finished)\nHours: (e.g. 1.5)\nStatus: (started / working / done)",
        quoted(BRIEF),
        "On Mon, 23 Nov 2026, Studio <a@agent.example> wrote:\n" + quoted(WHOLE),
        "-----Original Message-----\nFrom: Studio\n\n" + WHOLE,
        "-- \n" + WHOLE,
    ],
)
def test_nothing_said_is_no_report_and_no_question(text: str) -> None:
    found = understood(text)

    assert (found.reports, found.unclear) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, I will look at it tomorrow.",
        "the page https://shop.example/Done:list is broken",
        "I think we are done with hours: two people said so",
        "2",
        "start over from page 1 please",
    ],
)
def test_words_without_a_label_are_asked_about_and_never_booked(text: str) -> None:
    found = understood(text)

    assert found.reports == ()
    assert [text] == [one.text for one in found.unclear]
    assert text == found.remark


@pytest.mark.parametrize(
    "text",
    [
        "Quick question: under Hours do I count the call?",
        "Hello Petra,\n\nI opened the sheet.\n\nWhich logo is the right one?\n\nBest\nAna",
        "which logo? (the old one?)",
    ],
)
def test_words_without_a_label_that_ask_are_a_question(text: str) -> None:
    found = understood(text)

    (fields,) = found.reports
    assert not fields.is_about_work
    assert "?" in str(fields.question)
    assert (found.remark, found.unclear) == ("", ())


def test_a_question_beside_a_report_is_one_paragraph() -> None:
    one = understood("Done: ten\nHours: 1\n\nWhich logo is it?")
    more = understood("Done: ten\nHours: 1\n\nThanks\n\nFrom: somebody\n\nHello, how are you?")

    assert [fields.question for fields in one.reports] == ["Which logo is it?"]
    assert [fields.question for fields in more.reports] == [None]


def test_values_go_on_over_lines_and_paragraphs() -> None:
    done = "Done: first\n- second\n\n- third\n\n  fourth\n\nfifth\n\n"
    text = done + "Hours: 1\nmore about it\nNext:\n\nrest\n\nbye for now\n"

    found = understood(text)

    assert (Fields(None, "first\n- second\n- third\nfourth\nfifth", 60, "rest"),) == found.reports
    assert found.remark == "more about it\n\nbye for now"


def test_each_job_has_its_block() -> None:
    text = "J12:\nHours: 1\nDone: photos\n\n[J13] Captions\nHours: 2\n\nJob J14: done 1.5\n\nJ15: later maybe\n"

    found = understood(text)

    assert (
        Fields("J12", "photos", 60),
        Fields("J13", minutes=120),
        Fields("J14", minutes=90, status="done"),
    ) == found.reports
    assert found.body_keys == ("J12", "J13", "J14", "J15")
    assert "later maybe" in found.remark


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("J12: 1h30", Fields("J12", minutes=90)),
        ("J12: done", Fields("J12", status="done")),
        ("J12: done 2h", Fields("J12", minutes=120, status="done")),
    ],
)
def test_a_key_may_have_a_short_answer(text: str, fields: Fields) -> None:
    assert fields == report(text)


def test_a_paragraph_before_a_quote_belongs_to_no_label() -> None:
    found = understood("Done: ten\n\nby the way\n> old\nHours: 1")

    assert (Fields(done="ten", minutes=60),) == found.reports
    assert found.remark == "by the way"


def test_a_key_and_a_label_may_share_a_line() -> None:
    assert Fields("J12", minutes=60, status="done") == report("J12 - Hours: 1\nStatus: done")


def test_no_more_than_twenty_blocks_are_read() -> None:
    found = understood("".join(f"J{n}: done\n" for n in range(1, 60)))

    assert len(found.reports) == 20
    assert found.truncated


def test_answers_below_the_quote_are_read() -> None:
    assert report("On Mon, 23 Nov 2026, Studio wrote:\n" + quoted(BRIEF) + "\n" + WHOLE) == READ


def test_an_answer_right_below_a_quoted_label_is_read() -> None:
    text = "> Done:\nten photos\nand two more\n> Hours:   (1.5 or 1h30)\n1.5\n> Next:\n\n> Blocked: no\n> Status:\n"

    assert Fields(done="ten photos\nand two more", minutes=90) == report(text)


def test_a_quoted_answer_is_nobodys_now() -> None:
    found = understood("> Hours: 3\nthat was last week\n")

    assert (found.reports, found.remark) == ((), "that was last week")


def test_another_label_ends_the_splitting_of_a_line() -> None:
    assert report("Done: photos; Done: again; x").done == "photos; Done: again; x"


def test_a_line_of_very_many_pieces_stays_one_answer() -> None:
    text = "Done: a; " + "b; " * 40 + "Hours: 1"

    assert report(text).minutes is None


def test_long_texts_are_cut_and_said_to_be() -> None:
    found = understood("".join(f"Done: {n} {'x' * 7000}\nHours: {n}m\nJ{n}:\n" for n in range(1, 20)))

    assert found.truncated
    assert len(wire.encode_understood(found)) <= wire.ANSWER_LIMIT_BYTES


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", "yes"),
        ("Yes, that was me. Sorry!", "yes"),
        ("Hi,\n\nyes it was me\n\nBest\nAna", "yes"),
        ("No!", "no"),
        ("Hi, yes", "yes"),
        ("no, it was not me", "no"),
        ("maybe", ""),
        ("yes " + "and more " * 20, ""),
        ("", ""),
    ],
)
def test_a_plain_yes_or_no_is_told(text: str, answer: str) -> None:
    assert answer == understood(text).answer


@given(st.text(alphabet=st.sampled_from("DoneHurs:Nxt J12\n>-[]().,;|0159½ 時한\t*"), max_size=300))
def test_reading_never_raises_and_accounts_for_each_line(text: str) -> None:
    found = understood(text)

    assert len(found.lines) == text.replace("\t", " ").count("\n") + 1
    assert all(line.kind and line.why for line in found.lines)


@given(st.permutations(WHOLE.splitlines()))
def test_the_order_of_the_labels_does_not_matter(lines: list[str]) -> None:
    assert report("\n".join(lines)) == READ

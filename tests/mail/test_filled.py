"""Answers typed into the quoted form itself; what is quoted and not answered, or older, stays nobody's."""

import pytest

from mailagent.mail.wire import Fields
from tests.mail.mails import BRIEF, kinds, quoted, report, understood

SIGNED = BRIEF + "\n-- \nStudio work desk\na program that works for Dana Reed\nRef: J12\n"
HEAD = "On Mon, Dec 07, 2026 at 06:06:00AM +0000, Studio work desk wrote:\n"
READ = Fields(done="ten photos", minutes=90, next="the rest")


def filled(sent: str = SIGNED, **answers: str) -> str:
    """The mail quoted as mutt does, with words behind the labels of its form."""
    text = quoted(sent)
    for label, words in answers.items():
        head, found, tail = text.rpartition(f"> {label}:")
        assert found
        text = f"{head}> {label}: {words}{tail[tail.index(chr(10)) :]}"
    return HEAD + text


WHOLE = {"Done": "ten photos", "Hours": "1.5", "Next": "the rest"}


@pytest.mark.parametrize("mark", ["> ", ">", ">  ", "\t", " > "])
def test_answers_behind_the_quote_marks_are_his(mark: str) -> None:
    text = filled(**WHOLE).replace("\n> ", f"\n{mark}")

    assert report(text, SIGNED) == READ


def test_only_what_was_answered_counts() -> None:
    assert report(filled(Hours="2"), SIGNED) == Fields(minutes=120)
    assert report(filled(Status="blocked", Blocked="no login"), SIGNED) == Fields(blocked="no login", status="blocked")


def test_the_form_as_we_sent_it_answers_nothing() -> None:
    found = understood(filled(), SIGNED)

    assert (found.reports, found.unclear, found.remark) == ((), (), "")


def test_a_long_answer_goes_on_below_its_label_and_in_further_quoted_lines() -> None:
    text = filled(Done="ten photos cut out,\n> two of them again")

    assert report(text, SIGNED).done == "ten photos cut out,\ntwo of them again"
    below = filled().replace("> Done:\n", "> Done:\n> ten photos\n")
    assert report(below, SIGNED).done == "ten photos"


def test_answers_in_the_quote_and_between_it_count_alike() -> None:
    text = filled(Hours="1.5").replace("> Next:\n", "> Next:\nthe rest\n").replace(HEAD, "Done: ten photos\n" + HEAD)

    assert report(text, SIGNED) == READ


def test_the_signature_below_the_form_is_not_an_answer() -> None:
    assert kinds(filled(**WHOLE), SIGNED)[-4:] == ["quoted"] * 4


def test_a_signature_that_lost_its_delimiter_is_not_an_answer() -> None:
    """As the HTML of our mails has it."""
    text = filled(**WHOLE).replace("> --\n", "").replace("> -- \n", "")

    assert "> Ref: J12" in text
    assert "--" not in text
    assert report(text, SIGNED) == READ


def test_the_wrapped_hint_is_known_by_its_pieces() -> None:
    text = filled(**WHOLE).replace(" Leave out what", "\n> Leave out what").replace("; one line", ";\n> one line")

    assert report(text, SIGNED) == READ


@pytest.mark.parametrize(
    "text",
    [
        filled(**WHOLE).replace("\n> ", "\n> > "),  # an older report, quoted in what is answered
        HEAD + "> Done: ten photos\n> Hours: 1.5\n",  # nothing says that this is our form
        filled(**WHOLE).replace("> Hours as", "> Heures"),
    ],
)
def test_what_is_not_our_form_stays_quoted(text: str) -> None:
    sent = SIGNED.replace("Hours as 1.5, 1h30 or 90m. Status: started, working, blocked or done. Leave out what", "Xy")
    if "Heures" in text:
        assert understood(text, sent).reports == ()
    else:
        assert understood(text, SIGNED).reports == ()


def test_labels_of_the_brief_itself_are_the_owners_words() -> None:
    sent = SIGNED.replace(
        "please cut out", "Done: means that all of the hundred pictures are there and named;\nplease cut out"
    )
    rewrapped = filled(sent, Hours="2").replace(
        "> Done: means that all of the hundred", "> Done: means that all of\n> the hundred"
    )

    assert report(rewrapped, sent) == Fields(minutes=120)


def test_each_key_of_a_mail_about_two_jobs_has_its_own_answers() -> None:
    form = "[{}]\n\nDone:\n\nHours:\n\nStatus: working\n\n"
    hint = BRIEF[BRIEF.index("Hours as") : BRIEF.index("Done:")]
    sent = "Hello Ana,\n\n" + hint + form.format("J5") + form.format("J7") + "-- \nStudio work desk\n"
    text = quoted(sent).replace("> Hours:\n", "> Hours: 1\n", 1)
    head, _, tail = text.rpartition("> Hours:\n")

    found = understood(HEAD + head + "> Hours: 2\n" + tail, sent).reports

    assert [(one.job_key, one.minutes) for one in found] == [("J5", 60), ("J7", 120)]


def test_a_second_mail_of_ours_quoted_below_is_not_read() -> None:
    older = quoted(SIGNED).replace("> Hours:", "> Hours: 3")

    assert report(filled(Hours="1") + older, SIGNED) == Fields(minutes=60)

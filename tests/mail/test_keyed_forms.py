"""A reminder about several jobs has a form under each key: what is answered there belongs to that job."""

from tests.mail.mails import quoted, understood

FORM = "Done:\n\nHours:\n\nNext:\n\nBlocked: no\n\nStatus: working\n"
NUDGE = (
    "Hello Ana,\n\nA short reminder, in case it slipped your mind.\n\n"
    '- J12 "Cut out photos": your report was due at 15:00 on Mon 23 Nov your time. 3 h of 4 h is left.\n'
    '- J15 "Product texts": have you started? I had hoped to know by 15:00 on Mon 23 Nov your time. 2 h is left.\n\n'
    "Hours as 1.5, 1h30 or 90m. Status: started, working, blocked or done. Leave out what you like.\n\n"
    f"[J12]\n\n{FORM}\n[J15]\n\n{FORM}\n-- \nStudio work desk\n"
)


def said(text: str) -> list[tuple[str | None, str | None, int | None, str | None]]:
    return [(one.job_key, one.done, one.minutes, one.status) for one in understood(text, NUDGE).reports]


def test_answers_between_the_quoted_lines_go_to_the_key_above_them() -> None:
    answered = quoted(NUDGE).replace("> Done:\n", "> Done:\n40 photos\n", 1).replace("> Hours:\n", "> Hours:\n1.5\n", 1)
    head, _, tail = answered.rpartition("> Hours:\n")

    assert said(f"{head}> Hours:\n2\n{tail}") == [("J12", "40 photos", 90, None), ("J15", None, 120, None)]


def test_answers_in_a_copy_without_quote_marks_go_to_the_key_above_them() -> None:
    filled = NUDGE.replace("Done:\n", "Done: 40 photos\n", 1)
    head, _, tail = filled.rpartition("Status: working\n")

    assert said(f"{head}Status: started\n{tail}") == [("J12", "40 photos", None, None), ("J15", None, None, "started")]


def test_an_answer_on_top_belongs_to_no_key_of_the_quoted_mail() -> None:
    text = "Done: 40 photos\nHours: 2\n\nOn Mon, Work desk wrote:\n"

    assert said(text + quoted(NUDGE)) == [(None, "40 photos", 120, None)]


def test_an_unanswered_form_says_nothing() -> None:
    assert said("On Mon, Work desk wrote:\n" + quoted(NUDGE)) == []

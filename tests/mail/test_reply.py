"""Whose words each line is, and why."""

import pytest

from mailagent.mail.markup import SAID_ATTRIBUTION, SAID_QUOTE, SAID_SIGNATURE
from mailagent.mail.message import Body, plain_body
from mailagent.mail.reply import Sent, mark_lines, own_text
from tests.mail.mails import BRIEF, LIMITS, kinds, quoted, understood

ATTRIBUTIONS = [
    "On 11/23/26 15:15, Example Studio wrote:",
    "On 2026-11-23 15:27, Example Studio wrote:",
    "On Mon, 2026-11-23 at 15:32 +0000, Example Studio wrote:",
    "On Mon, Nov 23 2026 at 03:34:28 PM +00:00:00, Example Studio \n<agent@example.test> wrote:",
    "On Mon, Nov 23, 2026 at 3:17 PM Example Studio <studio+abcdefgh@agent.example>\nwrote:",
    "On Mon, Nov 23, 2026 at 03:17:58PM +0000, Example Studio wrote:",
    "On Mon, 23 Nov 2026, Example Studio wrote:",
    "Example Studio <studio@agent.example> wrote:",
    "2026-11-23 15:28 GMT+03:00 Example Studio <studio@agent.example>:",
    "Le 23 nov. 2026 à 15:11, Example Studio <studio@agent.example> a écrit :",
    "Am 23.11.2026 um 15:15 schrieb Example Studio:",
    "On Mon, 23 Nov 2026 15:14:43 -0200 Example Studio <studio@agent.example> wrote",
    "------On 23/11/2026 15:32 PM, Example Studio wrote-----",
]
HEADERS = [
    "From: Example Studio <studio@agent.example>\nSent: Monday, November 23, 2026 3:15 PM\nTo: Ana\nSubject: x",
    "*From:* Example Studio\n*Date:* Monday, 23 November 2026\n*To:* ana@example.org\n*Subject:* RE: Test",
    "From: Example Studio\n\nSent: Monday\n\nTo: Ana\n\nSubject: Photos",
    "From: Human Resources\n<a-really-long-address@example.com>\nSent: Monday\nTo: Ana <ana@example.org>\nSubject: x",
    "Von: Studio <studio@agent.example>\nGesendet: Montag, 23. November 2026 15:15\nAn: Ana\nBetreff: Fotos",
    "发件人: Studio <studio@agent.example>\n发送时间: 2026-11-23 15:37\n收件人: Ana\n主题: x",
]
SEPARATORS = [
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "______Reply Message______",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("quote", [quoted(BRIEF), "\n" + quoted(BRIEF)])
def test_an_attribution_above_a_quote_is_nobodys_word(attribution: str, quote: str) -> None:
    found = kinds(f"ten photos are done\n\n{attribution}\n{quote}", sent="")

    assert found[0] == "own"
    assert {"attribution"} == set(found[1 : 2 + attribution.count("\n")])
    assert {"quoted"} == set(found[2 + attribution.count("\n") :])


@pytest.mark.parametrize("attribution", [one for one in ATTRIBUTIONS if "schrieb" not in one])
def test_below_an_attribution_without_quote_marks_all_is_quoted(attribution: str) -> None:
    assert understood(f"ten\n\n{attribution}\n\n{BRIEF}", sent="").own_words == "ten"


@pytest.mark.parametrize("block", HEADERS)
def test_below_a_header_block_all_is_quoted(block: str) -> None:
    found = understood(f"Hours: 1\n\n{block}\n\nHours: 2\nfree text", sent="")

    assert found.own_words == "Hours: 1"
    assert {"header"} == {line.kind for line in found.lines[2 : 3 + block.count("\n")]} - {"blank"}


@pytest.mark.parametrize("separator", SEPARATORS)
def test_below_an_original_message_all_is_quoted(separator: str) -> None:
    assert kinds(f"ten\n\n{separator}\n\nHours: 2\nx", sent="") == ["own", "separator", "quoted", "quoted"]


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote the summary:\n- first\n- second",
        "Done: mailed bob@example.org\nHours: 2\nNext: meet on 2026-11-24 at 10:30\nStatus: working",
        "I asked them:\nwhat is it",
        "From: the left side\nto the right",
        "--- photos ---",
        "----- " + "photos " * 30 + "-----",
        "We shall see: 12:30 or 14:00",
        "To: do\nthe rest",
    ],
)
def test_the_writers_own_lines_are_no_quote(text: str) -> None:
    assert {"own"} == set(kinds(text))


def test_what_we_sent_is_ours_without_any_quote_mark() -> None:
    text = "Hours: 2\n\n" + BRIEF.replace("Done:", "Done: ten photos")

    found = understood(text)

    assert found.reports[0].done == "ten photos"
    assert found.reports[0].status is None
    marked = {line.text: line.kind for line in found.lines}
    assert marked["please cut out the hundred photos of the spring catalogue."] == "quoted"
    assert (marked["Status: working"], marked["Blocked: no"], marked["Done: ten photos"]) == ("form", "form", "own")


def test_a_line_of_ours_that_he_typed_once_more_is_his() -> None:
    text = "Status: working\n\n" + BRIEF

    assert [line.kind for line in understood(text).lines if line.text == "Status: working"] == ["own", "form"]


def test_a_wrapped_or_indented_line_of_ours_is_ours() -> None:
    wrapped = "\tplease cut out the hundred photos\n\tof the spring catalogue. Shops\n\torder from the pictures alone\n"
    text = "Hours: 2\n\n" + wrapped

    assert kinds(text) == ["own", "quoted", "quoted", "quoted"]


def test_a_form_line_typed_above_the_quote_is_his() -> None:
    found = understood("Status: working\n\n> Status: working\n")

    assert found.reports[0].status == "working"


def test_a_form_line_is_his_where_nothing_else_of_ours_is_repeated() -> None:
    assert understood("Hours: 1\nStatus: working\n").reports[0].status == "working"


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        ("-- \nAna Cruz\nPhoto works", "signature"),
        ("--\nAna", "signature"),
        ("—\nAna", "signature"),
        ("---\nAna\nPhoto works\n+44 7700 900123", "signature"),
        ("___\nAna", "signature"),
        ("Sent from my iPhone", "footer"),
        ("Get Outlook for Android<https://aka.ms/AAb9ysg>", "footer"),
        ("Sent from Outlook\n\nand what it quotes", "footer"),
        ("Enviado a partir do Outlook<https://aka.ms/x>", "footer"),
        ("CONFIDENTIALITY NOTICE: This e-mail is confidential.\nStatus: internal use only.", "notice"),
        ("This message is intended solely for the addressee.\nOffice hours: 9-17", "notice"),
        ("______________________________\nlist mailing list\nlist@example.org", "notice"),
        ("Thanks,\nAna Cruz\nPhoto works", "closing"),
        ("Best regards", "closing"),
    ],
)
def test_what_stands_around_the_words_is_told_from_them(tail: str, kind: str) -> None:
    found = kinds(f"Hours: 1\nDone: x\n\n{tail}\n\n> quoted\n")

    assert ["own", "own", *[kind] * (len(found) - 3), "quoted"] == found
    assert len(found) - 2 > 1


@pytest.mark.parametrize(
    "text",
    [
        "Done: x\n---\nHours: 1",
        "Thanks,\nDone: x",
        "Thanks for the pictures which I have looked at in the meantime\nand so on",
        "Sent from my desk, it is easier\nthan from the phone",
        "Warning: the staging environment is down\nagain",
        "This mail took me an hour to write\nreally",
    ],
)
def test_words_that_only_look_like_it_stay_the_writers(text: str) -> None:
    assert {"own"} == set(kinds(text))


def test_a_tab_may_be_the_quote_mark() -> None:
    text = "Studio <studio@agent.example> wrote:\n\n\tHello Ana,\n\n\tHours:\nHours: 1\n"

    assert kinds(text, sent="") == ["attribution", "quoted", "quoted", "own"]


def test_nothing_but_tabs_below_an_attribution_is_all_quoted() -> None:
    assert kinds("Studio <studio@agent.example> wrote:\n\tHello\n\tHours: 1", sent="") == [
        "attribution",
        "quoted",
        "quoted",
    ]


def test_an_answer_below_an_empty_signature_is_read() -> None:
    assert kinds("> old\n\n-- \n\nHours: 1\nDone: x\n") == ["quoted", "own", "own", "own"]
    assert kinds("> old\n\n-- \nAna\nHours: 1\n") == ["quoted", "signature", "signature", "signature"]


def test_a_footer_above_an_answer_is_none() -> None:
    assert kinds("Sent from my desk\n\nHours: 1") == ["own", "own"]


def test_the_writers_own_name_ends_the_letter() -> None:
    body = Body(("Next: the rest", "", "Ana"), False, "Ana Cruz")

    assert mark_lines(body, Sent(()), ("en",)).kinds == ("own", "blank", "closing")


def test_a_banner_of_a_gateway_ends_at_the_blank_line() -> None:
    text = "[EXTERNAL] Exercise caution.\nDo not click.\n\nHi Petra,\n\nHours: 1\n"

    assert kinds(text) == ["notice", "notice", "greeting", "own"]


def test_a_banner_ends_where_an_answer_starts() -> None:
    assert kinds("CAUTION: external sender\nHours: 1") == ["notice", "own"]


def test_a_greeting_is_only_at_the_top() -> None:
    assert kinds("Hello Petra!\nHours: 1\nHello again") == ["greeting", "own", "own"]


@pytest.mark.parametrize("line", ["Hi, done", "Hello 1.5", "Dear all the people who read this", "Hi yes"])
def test_a_greeting_that_says_more_is_none(line: str) -> None:
    assert kinds(line) == ["own"]


def test_what_the_program_says_of_a_line_counts() -> None:
    said = ("", SAID_ATTRIBUTION, SAID_QUOTE, SAID_SIGNATURE, "")
    body = Body(("mine", "yesterday", "old", "Ana", ""), False, "", said)

    assert mark_lines(body, Sent(()), ("en",)).kinds == ("own", "attribution", "quoted", "signature", "blank")


def test_own_text_keeps_greeting_and_closing() -> None:
    text = "Hi Petra,\n\nHours: 1\n\nThanks,\nAna\n\n-- \nAna Cruz\n> old\n"

    marks = mark_lines(plain_body(text, LIMITS), Sent(()), ("en",))

    assert own_text(marks) == "Hi Petra,\n\nHours: 1\n\nThanks,\nAna"


def test_a_lone_mark_at_the_end_of_an_address_is_no_quote() -> None:
    text = "ten\n\ntir. 23. nov. 2026 kl. 13:09 skrev Studio <studio@agent.example\n>:\n\n> old\n"

    assert kinds(text, sent="") == ["own", "attribution", "attribution", "quoted"]

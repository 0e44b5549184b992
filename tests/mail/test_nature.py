"""What kind of mail it is, before any word is read (FAULTS B68 to B71)."""

import pytest

from mailagent.mail import wire
from mailagent.mail.headers import Headers
from mailagent.mail.nature import has_bounce_sign
from tests.mail.mails import OTHER_TOKEN, TOKEN, a_mail, parts, seen

NOTICE = "Content-Type: text/plain\n\nYour mail could not be delivered."
STATUS = """Content-Type: message/delivery-status

Reporting-MTA: dns; mx.agent.example
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; Ana@Example.ORG
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ana@example.org>: Recipient address rejected:
 User unknown
"""
RETURNED = f"""Content-Type: message/rfc822

Message-ID: <t.{TOKEN}.1@agent.example>
Reply-To: mailagent+{OTHER_TOKEN}@agent.example
Subject: [J12] Photos

text
"""


def nature(raw: bytes) -> str:
    return seen(raw).glanced.nature


def bounce(*content: str, **fields: str) -> wire.BounceFacts:
    fields = {"From": "Mail Delivery System <MAILER-DAEMON@mx.agent.example>"} | fields
    found = seen(a_mail(**parts(*content, kind="multipart/report; report-type=delivery-status"), **fields)).glanced
    assert found.nature == wire.BOUNCE
    assert found.bounce is not None
    return found.bounce


def test_a_persons_mail_is_a_persons() -> None:
    assert nature(a_mail()) == wire.PERSON
    assert nature(a_mail(Auto_Submitted="no")) == wire.PERSON
    assert nature(a_mail(X_Auto_Response_Suppress="OOF")) == wire.PERSON
    assert nature(a_mail(Subject="Re: out of office next week?")) == wire.PERSON


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-replied (vacation); x=y"},
        {"Auto_Submitted": "auto-generated", "Subject": "Automatic reply: [J12] Photos"},
        {"Auto_Submitted": "no", "X_Autoreply": "yes"},
        {"X_Autorespond": "[J12]"},
        {"Precedence": "auto_reply"},
        {"Preference": "auto_reply"},
        {"Precedence": "bulk", "Subject": "I am on vacation"},
        {"X_Auto_Response_Suppress": "All", "Subject": "Re: out of office"},
        {"Subject": "Automatic reply: [J12] Photos"},
    ],
)
def test_an_absence_is_recognised_by_its_fields(fields: dict[str, str]) -> None:
    assert nature(a_mail(**fields)) == wire.OUT_OF_OFFICE


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"Auto_Submitted": "auto-generated"}, wire.AUTOMATIC),
        ({"Auto_Submitted": "auto-notified"}, wire.AUTOMATIC),
        ({"Precedence": "bulk"}, wire.AUTOMATIC),
        ({"Precedence": "junk"}, wire.AUTOMATIC),
        ({"Precedence": "list"}, wire.LIST),
        ({"List_Id": "<x.example.org>"}, wire.LIST),
        ({"List_Post": "<mailto:x@example.org>"}, wire.LIST),
        ({"List_Unsubscribe": "<mailto:x@example.org>"}, wire.LIST),
        ({"X_Autoreply": "no"}, wire.PERSON),
        ({"From": "mailagent@agent.example"}, wire.OURS),
        ({"From": "Desk <MailAgent@agent.example>"}, wire.OURS),
        ({"Message_ID": f"<t.{TOKEN}.3@agent.example>"}, wire.OURS),
        ({"Message_ID": f"<t.{TOKEN}.3@other.example>"}, wire.PERSON),
    ],
)
def test_what_else_is_no_persons_mail(fields: dict[str, str], kind: str) -> None:
    assert kind == nature(a_mail(**fields))


def test_a_read_receipt_is_told_by_its_part() -> None:
    receipt = "Content-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n"

    assert nature(a_mail(**parts(NOTICE, receipt, kind="multipart/report"))) == wire.READ_RECEIPT


@pytest.mark.parametrize(
    ("method", "disposition", "kind"),
    [
        ("REPLY", "", wire.CALENDAR),
        ("reply", "", wire.CALENDAR),
        ("CANCEL", "", wire.CALENDAR),
        ("PUBLISH", "", wire.PERSON),
        ("REPLY", "Content-Disposition: attachment; filename=a.ics\n", wire.PERSON),
    ],
)
def test_a_calendars_mail_is_told_by_its_method(method: str, disposition: str, kind: str) -> None:
    calendar = f"Content-Type: text/calendar; method={method}\n{disposition}\nBEGIN:VCALENDAR\n"

    assert kind == nature(a_mail(**parts(NOTICE, calendar, kind="multipart/alternative")))


def test_a_bounce_tells_whom_and_what_it_is_about() -> None:
    assert bounce(NOTICE, STATUS, RETURNED) == wire.BounceFacts(
        "ana@example.org",
        True,
        "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown",
        f"<t.{TOKEN}.1@agent.example>",
        (TOKEN, OTHER_TOKEN),
    )


@pytest.mark.parametrize(
    ("change", "permanent"),
    [
        (("Status: 5.1.1", "Status: 4.4.1"), False),
        (("Status: 5.1.1\n", ""), True),
        (("Action: failed", "Action: delayed"), False),
        (("Action: failed", "Action: FAILED"), True),
        (("5.1.1", "x"), True),
    ],
)
def test_permanent_is_told_by_action_and_status(change: tuple[str, str], permanent: bool) -> None:
    assert permanent == bounce(NOTICE, STATUS.replace(*change), RETURNED).permanent


def test_the_failed_recipient_counts_before_the_delayed() -> None:
    delayed = "\nFinal-Recipient: rfc822; raj@example.org\nAction: delayed\nStatus: 4.4.1\n"

    assert bounce(NOTICE, STATUS.replace("\nFinal", delayed + "\nFinal"), RETURNED).address == "ana@example.org"


def test_the_original_recipient_is_the_one_we_wrote_to() -> None:
    status = STATUS.replace("Final-Recipient", "Original-Recipient: rfc822;<ana@old.example>\nFinal-Recipient")

    assert bounce(NOTICE, status, RETURNED).address == "ana@old.example"


@pytest.mark.parametrize("recipient", ["unknown", "x400; /s=ana", "rfc822; ana"])
def test_a_recipient_that_is_no_address_is_none(recipient: str) -> None:
    assert bounce(NOTICE, STATUS.replace("rfc822; Ana@Example.ORG", recipient), RETURNED).address is None


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_good_news_is_no_bounce(action: str) -> None:
    content = parts(NOTICE, STATUS.replace("failed", action), kind="multipart/report")

    assert nature(a_mail(**content)) == wire.AUTOMATIC


def test_a_status_without_a_recipient_is_no_bounce() -> None:
    content = parts(NOTICE, "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n", kind="multipart/report")

    assert nature(a_mail(**content)) == wire.AUTOMATIC


def test_returned_headers_alone_are_enough() -> None:
    fields = f"Content-Type: text/rfc822-headers\n\nMessage-ID: <t.{TOKEN}.1@agent.example>\nSubject: x\n"

    assert bounce(NOTICE, STATUS, fields).message_id == f"<t.{TOKEN}.1@agent.example>"


def test_without_the_returned_mail_the_thread_tells() -> None:
    facts = bounce(NOTICE, STATUS, In_Reply_To=f"<t.{TOKEN}.1@agent.example>", To="mailagent@agent.example")

    assert (f"<t.{TOKEN}.1@agent.example>", (TOKEN,)) == (facts.message_id, facts.tokens)
    assert bounce(NOTICE, STATUS, To="x@agent.example").message_id is None


def test_a_returned_mail_without_an_id_has_none() -> None:
    facts = bounce(NOTICE, STATUS, "Content-Type: message/rfc822\n\nSubject: x\n\ny")

    assert (facts.message_id, facts.tokens) == (None, ())


@pytest.mark.parametrize(
    "fields",
    [
        {"From": "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"},
        {"From": "postmaster@example.org"},
        {"From": "MAILER-DAEMON (Mail System)"},
        {"X_Failed_Recipients": "Ana@example.org, raj@example.org"},
    ],
)
def test_a_mail_servers_own_words_are_a_bounce(fields: dict[str, str]) -> None:
    found = seen(a_mail("550 unknown user", **fields)).glanced

    assert found.nature == wire.BOUNCE
    assert found.bounce is not None
    assert found.bounce.permanent is False
    assert found.bounce.address == ("ana@example.org" if "X_Failed_Recipients" in fields else None)


@pytest.mark.parametrize(
    ("block", "is_one"),
    [
        ("Content-Type: multipart/report; report-type=delivery-status", True),
        ("Content-Type: multipart/report", True),
        ("Content-Type: multipart/report; report-type=disposition-notification", False),
        ("X-Failed-Recipients: ana@example.org", True),
        ("From: <MAILER-DAEMON>", True),
        ("From: Postmaster <postmaster@example.org>", True),
        ("From: ana@example.org", False),
    ],
)
def test_the_header_alone_may_look_like_a_bounce(block: str, is_one: bool) -> None:
    assert is_one == has_bounce_sign(Headers(block.encode()), None)

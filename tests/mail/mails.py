"""Mails for tests, as bytes, with good defaults; and the short way through the reader."""

from typing import Any

from mailagent.mail import wire
from mailagent.mail.message import Body, plain_body
from mailagent.mail.reading import Glance, glance, read, text_of

OURS = wire.Ours("mailagent@agent.example", "agent.example", "mx.agent.example")
LIMITS = wire.Limits()
TOKEN = "abcdefghijklmnopqrstuvwxyz23"
OTHER_TOKEN = "zyxwvutsrqponmlkjihgfedcba76"

BRIEF = """Hello Ana,

please cut out the hundred photos of the spring catalogue.
Shops order from the pictures alone, so every photo counts.

Hours as 1.5, 1h30 or 90m. Status: started, working, blocked or done. Leave out what you like; one line is enough.

Done:

Hours:

Next:

Blocked: no

Status: working
"""


def a_mail(body: str | bytes = "Done: ten photos\n", **fields: str) -> bytes:
    """One mail from Ana; `fields` add to or replace the defaults, underscores stand for hyphens, "" takes one away."""
    block = {
        "From": "Ana Cruz <ana@example.org>",
        "To": f"mailagent+{TOKEN}@agent.example",
        "Subject": "Re: [J12] Cut out photos",
        "Date": "Mon, 23 Nov 2026 15:27:11 +0100",
        "Message-ID": "<1@example.org>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in block.items() if value)
    content = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + content


def parts(*content: str, kind: str = "multipart/mixed") -> dict[str, str | bytes]:
    """The body and Content-Type of a mail of several parts, each given as its fields, a blank line and its content."""
    body = "".join(f"--=_b\n{one}\n" for one in content) + "--=_b--\n"
    return {"body": body, "Content_Type": f'{kind}; boundary="=_b"'}


def quoted(text: str) -> str:
    """A text as a mail program quotes it."""
    return "".join(f"> {line}".rstrip() + "\n" for line in text.splitlines())


def seen(raw: bytes) -> Glance:
    """A glance at a mail."""
    return glance(raw, OURS, LIMITS)


def lines_of(raw: bytes) -> list[str]:
    """The text that is looked at, blank lines apart."""
    return [line for line in text_of(raw, LIMITS).texts if line.strip()]


def understood(
    text: str, sent: str = BRIEF, *, languages: tuple[str, ...] = ("en",), **context_of: Any
) -> wire.Understood:
    """What a plain text says."""
    context = wire.ReadContext((sent,) if sent else (), languages, ("J12",), want_lines=True, **context_of)
    return read(plain_body(text, LIMITS), context)


def kinds(text: str, sent: str = BRIEF) -> list[str]:
    """The kind of each line that is not blank."""
    return [line.kind for line in understood(text, sent).lines if line.kind != "blank"]


def report(text: str, sent: str = BRIEF) -> wire.Fields:
    """The only report in a text."""
    found = understood(text, sent).reports
    assert len(found) == 1, found
    return found[0]


def a_body(*texts: str) -> Body:
    """A body of these lines."""
    return Body(texts, False)

"""Replies as workers write them: the form filled in above, the brief quoted below, made from the bytes sent to them.

The same reply serves us and the peer; only subject and thread headers differ, by which each finds its own record.
"""

import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime

_PARSER = BytesParser(policy=email.policy.default)
_FILLER = "Walked through the screens once more and wrote down what a stranger would stumble over, with pictures."


@dataclass(frozen=True, slots=True)
class Sent:
    """What a reply takes from the letter it answers."""

    message_id: str
    reply_to: str
    subject: str
    recipient: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the worker says. `serial` makes every reply another one; minutes are whole."""

    serial: int
    minutes: int
    done: str = "Drew the second sketch of the start page"
    status: str = "working"


def read_letter(raw: bytes) -> Sent:
    """Take out of a letter of ours what its reply needs."""
    message = _PARSER.parsebytes(raw)
    body = message.get_body(("plain",))
    assert body is not None, "a letter without text"
    reply_to = message["Reply-To"] or message["From"]
    return Sent(
        message_id=message["Message-ID"].strip(),
        reply_to=reply_to.addresses[0].addr_spec,
        subject=str(message["Subject"]),
        recipient=message["To"].addresses[0].addr_spec,
        text=body.get_content(),
    )


def reply(sent: Sent, said: Said, *, at: datetime, size: int = 3000) -> bytes:
    """Write the reply to `sent`: about `size` bytes as they lie in the mailbox, trace headers on top."""
    headers = _trace(sent.reply_to, sent.recipient, at) + _headers(sent, said, at)
    body = _answer(said) + _quote(sent, at)
    missing = size - len(headers) - len(body.encode()) - 2
    body += "".join(f"> {_FILLER}\n" for _ in range(max(0, missing // (len(_FILLER) + 4) + 1)))
    raw = headers + b"\r\n" + body.replace("\n", "\r\n").encode()
    return raw[: max(size, len(headers) + 600)].rstrip() + b"\r\n"


def for_the_peer(raw: bytes, *, ticket: int, address: str) -> bytes:
    """Return the same mail as the peer would get it: its own key in the subject, its own address, no thread of ours."""
    headers, blank, body = raw.partition(b"\r\n\r\n")
    own = {
        b"to": f"To: {address}",
        b"subject": f"Subject: Re: [bench-{ticket}] A job",
        b"delivered-to": f"Delivered-To: {address}",
    }
    dropped = {b"in-reply-to", b"references"}
    lines = [line for line in headers.split(b"\r\n") if _name(line) not in dropped]
    return b"\r\n".join(own[_name(line)].encode() if _name(line) in own else line for line in lines) + blank + body


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].lower()


def _trace(reply_to: str, writer: str, at: datetime) -> bytes:
    date = format_datetime(at)
    return (
        f"Return-Path: <{writer}>\r\n"
        f"Delivered-To: {reply_to}\r\n"
        f"Received: from mx.example.test ([127.0.0.1]) by mail.example.test with LMTP id bench; {date}\r\n"
        f"Received: from phone.example.test ([192.0.2.7]) by mx.example.test with ESMTPSA id 4Bench; {date}\r\n"
    ).encode()


def _headers(sent: Sent, said: Said, at: datetime) -> bytes:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = f"Worker <{sent.recipient}>"
    message["To"] = f"Studio work desk <{sent.reply_to}>"
    message["Subject"] = sent.subject if sent.subject.startswith("Re:") else f"Re: {sent.subject}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<reply.{said.serial}@phone.example.test>"
    message["In-Reply-To"] = sent.message_id
    message["References"] = sent.message_id
    message["User-Agent"] = "Bench/1.0"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = "text/plain; charset=utf-8"
    message["Content-Transfer-Encoding"] = "8bit"
    return message.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n"


def _answer(said: Said) -> str:
    hours, minutes = divmod(said.minutes, 60)
    return (
        f"Done: {said.done}, no. {said.serial}\n"
        f"Hours: {hours}:{minutes:02d}\n"
        "Next: The colours, then the page for phones\n"
        "Blocked: no\n"
        f"Status: {said.status}\n\n"
    )


def _quote(sent: Sent, at: datetime) -> str:
    attribution = f"On {at:%a, %d %b %Y at %H:%M}, Studio work desk <{sent.reply_to}> wrote:\n"
    return attribution + "".join(f"> {line}\n" for line in sent.text.splitlines())

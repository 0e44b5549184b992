"""Letters of the agent as a mail program sees them, and answers as mail programs write them."""

import email.policy
import email.utils
import html
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser

from tests.servers.world import Person, World

_PARSER = BytesParser(policy=email.policy.default)
_TOKEN = re.compile(r"<t\.([a-z2-7]{28})\.")


@dataclass(frozen=True)
class Letter:
    """One letter as it lies in a mailbox."""

    message: EmailMessage
    text: str
    html: str

    @classmethod
    def of(cls, raw: bytes) -> "Letter":
        message = _PARSER.parsebytes(raw)
        assert isinstance(message, EmailMessage)
        plain, rich = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None
        return cls(message, plain.get_content(), rich.get_content() if rich is not None else "")

    def __getitem__(self, name: str) -> str:
        return str(self.message[name] or "").strip()

    @property
    def message_id(self) -> str:
        return self["Message-ID"]

    @property
    def token(self) -> str:
        """The reply token that its Message-ID carries."""
        found = _TOKEN.match(self.message_id)
        assert found, self.message_id
        return found[1]

    @property
    def answers_go_to(self) -> str:
        """The address a mail program writes the answer to."""
        return self.message["Reply-To" if self.message["Reply-To"] else "From"].addresses[0].addr_spec

    @property
    def references(self) -> list[str]:
        return self["References"].split()


def answer(world: World, sender: Person, letter: Letter, text: str) -> EmailMessage:
    """Answer on top, the letter quoted below, as a plain mail program does."""
    quoted = "".join(f"> {line}\n" for line in letter.text.splitlines())
    head = f"\nOn Mon, 23 Nov 2026 at 10:00, Studio work desk <{letter.answers_go_to}> wrote:\n"
    return _threaded(world.letter(sender, letter.answers_go_to, _re(letter), text + head + quoted), letter)


def answer_in_html(world: World, sender: Person, letter: Letter, text: str) -> EmailMessage:
    """Answer on top in HTML alone, as webmail does; no plain part."""
    lines = "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.splitlines())
    inner = re.sub(r"(?is)^.*?<body[^>]*>|</body>.*$", "", letter.html)
    body = (
        f'<html><head><meta charset="utf-8"></head><body><div dir="ltr">{lines}</div><br>'
        '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 23, 2026 at 10:00 AM Studio work desk '
        f'&lt;<a href="mailto:{letter.answers_go_to}">{letter.answers_go_to}</a>&gt; wrote:<br></div>'
        f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;padding-left:1ex">{inner}</blockquote></div>'
        "</body></html>"
    )
    message = world.letter(sender, letter.answers_go_to, _re(letter), "")
    message.clear_content()
    message.set_content(body, subtype="html")
    return _threaded(message, letter)


def bare(world: World, sender: Person, letter: Letter, text: str) -> EmailMessage:
    """Answer without quoting, and to the agent's plain address: what is left is the thread."""
    return _threaded(world.letter(sender, world.agent.address, _re(letter), text), letter)


def _threaded(message: EmailMessage, letter: Letter) -> EmailMessage:
    message["In-Reply-To"] = letter.message_id
    message["References"] = " ".join([*letter.references, letter.message_id])
    return message


def _re(letter: Letter) -> str:
    subject = letter["Subject"]
    return subject if subject.startswith("Re:") else f"Re: {subject}"

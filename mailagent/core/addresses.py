"""What a bare mail address must look like before we keep it or write to it (RFC 5321 section 4.1.2, its plain part)."""

import re

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")


def address_problem(text: str) -> str | None:
    """Say what is wrong with `text` as an address and what to write, or None where it is one.

    Quoted local parts and address literals are refused: nobody has one, and each is a way to be misread.
    """
    if "<" in text and text.rstrip().endswith(">"):
        return f"write the bare address, {text[text.rindex('<') + 1 :].rstrip().rstrip('>').strip()}"
    if text != text.strip() or any(one.isspace() for one in text):
        return "an address has no spaces; write it like name@example.com"
    local_part, at, domain = text.rpartition("@")
    if not at or not local_part or not domain:
        return "write it like name@example.com"
    if not _LOCAL_PART.fullmatch(local_part) or len(local_part) > 64:
        return f"the part before the @ cannot be {local_part[:70]!r}; write it like name@example.com"
    if not _DOMAIN.fullmatch(domain) or len(domain) > 253:
        return f"the part behind the @ cannot be {domain[:70]!r}; write it like name@example.com"
    return None

"""Who claims to have sent it, and what the trusted receiving server says about that (FAULTS sections 3.2 and 3.3).

The claim is a strict From: one field, one plain address, and three parsers that agree; they differ on hostile input,
and each alone has been fooled (CVE-2023-27043, VU#517845). The word of the server is taken by the twelve rules.
"""

import re
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.utils import parseaddr
from functools import lru_cache

from mailagent.mail.authres import Result, Results, leading_id, parse_results
from mailagent.mail.headers import VALUE_LIMIT, Headers, plain
from mailagent.mail.wire import AuthVerdict

_FROM_LIMIT = 1000
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDR_SPEC = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
# A display name is atoms, dots and encoded words, or one quoted string: nothing that another parser reads otherwise.
_QUOTED = r"""\"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*\"[ \t]*"""
_NAMED = re.compile(rf"({_QUOTED}|[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~. \t-]*)<([^<>\s]*)>")

# Second-level names under which anybody can register (the public suffix list says the same at length).
_SHARED_SECOND_LEVEL = frozenset(
    ["ac", "co", "com", "edu", "firm", "gov", "id", "ltd", "me", "mil", "ne", "net", "nom", "or", "org", "sch"]
)
_NOT_PUBLIC = frozenset(["internal", "local", "lan", "localdomain", "localhost", "home", "corp", "arpa"])
_BY = re.compile(r"\bby\s+([A-Za-z0-9.-]+)")


@dataclass(frozen=True, slots=True)
class Claim:
    """The address in a strict From, in lower case; None with the reason where there is none."""

    addr_spec: str | None
    why: str


def claimed_sender(headers: Headers) -> Claim:
    """Read the From field by rule 8: anything but one plain address is no claim at all."""
    values = headers.all("from")
    if len(values) != 1:
        return Claim(None, "there is no From field" if not values else "there is more than one From field")
    if headers.is_broken:
        return Claim(None, "the header has a line that is no field")
    return _claim(values[0])


def trusted_verdict(headers: Headers, addr_spec: str | None, authserv_id: str, own_domain: str) -> AuthVerdict:
    """Tell what the server `authserv_id` says about the domain of `addr_spec` (rules 1 to 7)."""
    if not authserv_id:
        return _nothing("no trusted server is configured")
    if addr_spec is None:
        return _nothing("there is no plain From to vouch for")
    found = _topmost(headers, authserv_id.lower(), own_domain)
    if isinstance(found, AuthVerdict):
        return found
    return _verdict(found, addr_spec.rpartition("@")[2])


@lru_cache(maxsize=1024)
def _claim(value: bytes) -> Claim:
    """Let three parsers read one value; pure, and the same few workers write all day."""
    if len(value) > _FROM_LIMIT or not value.isascii():
        return Claim(None, "From is too long" if len(value) > _FROM_LIMIT else "From is not plain ASCII")
    text = re.sub("\n[ \t]", " ", value.decode("ascii")).strip()
    named = _NAMED.fullmatch(text)
    strict = _strict(named[2] if named else text)
    if strict is None:
        return Claim(None, "From is not one plain address")
    if not strict == _by_parseaddr(text) == _by_policy(text):
        return Claim(None, "parsers disagree about From")
    is_odd = named is not None and "@" in named[1]
    return Claim(strict.lower(), "From is one plain address" + (", its name looks like another" if is_odd else ""))


def _strict(addr_spec: str) -> str | None:
    local, _, domain = addr_spec.rpartition("@")
    is_good = ADDR_SPEC.fullmatch(addr_spec) and len(local) <= 64 and len(domain) <= 253
    return addr_spec if is_good else None


def _by_parseaddr(text: str) -> str:
    return parseaddr(text)[1]


def _by_policy(text: str) -> str | None:
    try:
        addresses = policy.default.header_factory("From", text).addresses
    except (MessageError, ValueError, IndexError, LookupError, AttributeError, TypeError, RecursionError):
        return None  # it raises on some hostile input; what it raises differs by version
    return str(addresses[0].addr_spec) if len(addresses) == 1 else None


def _topmost(headers: Headers, authserv_id: str, own_domain: str) -> Results | AuthVerdict:
    """Find the topmost field of the trusted server, above whatever a foreign server wrote (rules 3 to 5)."""
    ours = {_organisation(authserv_id), _organisation(own_domain)}
    hops = 0
    for name, value in headers.items:
        if name == "received":
            hops += 1
            host = _written_by(value)
            if hops == 1:
                ours.add(_organisation(host))  # the topmost one was written by our own provider
            elif _is_public(host) and _organisation(host) not in ours:
                return _nothing("no result of the trusted server above what a foreign server wrote")
        elif name == "authentication-results" and leading_id(value) == authserv_id.encode():
            whole = plain(value) if len(value) < VALUE_LIMIT else ""
            return parse_results(whole) or _nothing("the trusted server's result has a syntax error")
    return _nothing("the trusted server said nothing")


def _verdict(results: Results, domain: str) -> AuthVerdict:
    """Weigh what it says: DMARC for just this domain, or a DKIM signature aligned with it; SPF alone never (rule 7)."""
    dmarc = [one for one in results.results if one.method == "dmarc"]
    dkim = any(_is_aligned(one, domain) for one in results.results if one.method == "dkim" and one.result == "pass")
    said = "DKIM passed for the From domain" if dkim else "neither DMARC nor aligned DKIM passed"
    if len(dmarc) > 1:
        return AuthVerdict("none", False, "the trusted server gives more than one DMARC result")
    if not dmarc:
        return AuthVerdict("none", dkim, said)
    about = dmarc[0].get("header.from").removeprefix("@").rstrip(".")
    if dmarc[0].result == "fail" and about in ("", domain):
        return AuthVerdict("fail", dkim, "DMARC failed for the From domain")
    if dmarc[0].result == "pass" and about == domain:
        return AuthVerdict("pass", dkim, "DMARC passed for the From domain")
    if dmarc[0].result == "pass":
        said = "DMARC passed, but not for the From domain" if not dkim else said
    return AuthVerdict("none", dkim, said)


def _is_aligned(one: Result, domain: str) -> bool:
    signer = one.get("header.d") or one.get("header.i").rpartition("@")[2]
    return signer == domain or (domain.endswith("." + signer) and signer == _organisation(domain))


def _organisation(domain: str) -> str:
    """The organisational domain (RFC 7489 section 3.2), by a short rule in place of the public suffix list."""
    labels = domain.lower().rstrip(".").split(".")
    wide = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED_SECOND_LEVEL
    return ".".join(labels[-3 if wide else -2 :])


def _written_by(value: bytes) -> str:
    found = _BY.search(value[:1000].decode("ascii", "replace"))
    return found[1].rstrip(".").lower() if found else ""


def _is_public(host: str) -> bool:
    """Tell whether it is a name that the whole net knows; inside a provider any name may do."""
    labels = host.split(".")
    return len(labels) > 1 and not labels[-1].isdigit() and labels[-1] not in _NOT_PUBLIC


def _nothing(why: str) -> AuthVerdict:
    return AuthVerdict("none", False, why)

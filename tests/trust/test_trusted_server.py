"""What the trusted server says of the From domain: the twelve rules of FAULTS 3.3, as far as reading decides them."""

import pytest

from mailagent.mail.authres import leading_id, parse_results
from mailagent.mail.headers import Headers
from mailagent.mail.sender import trusted_verdict
from mailagent.mail.wire import AuthVerdict
from tests.mail.mails import a_mail, seen

ID = "mx.agent.example"
PASS = f"{ID}; dmarc=pass header.from=example.org"


def verdict(*fields: str, addr_spec: str | None = "ana@example.org", authserv_id: str = ID) -> AuthVerdict:
    block = "\n".join(field if field.startswith("Received") else f"Authentication-Results: {field}" for field in fields)
    return trusted_verdict(Headers(block.encode()), addr_spec, authserv_id, "agent.example")


def test_rule_1_without_an_id_nothing_counts() -> None:
    assert verdict(PASS, authserv_id="") == AuthVerdict("none", False, "no trusted server is configured")


@pytest.mark.parametrize("written", [ID, ID.upper(), f"\n {ID}", f"{ID} (x) 1", f"{ID}\n\t1"])
def test_rule_1_the_id_is_exact_and_without_case(written: str) -> None:
    assert verdict(f"{written}; dmarc=pass header.from=example.org").proves_domain


@pytest.mark.parametrize("written", ["agent.example", f"x{ID}", f"{ID}x", f"{ID}.evil.example", "", f"{ID} {ID}"])
def test_rule_1_any_other_id_is_ignored(written: str) -> None:
    assert not verdict(f"{written}; dmarc=pass header.from=example.org").proves_domain


@pytest.mark.parametrize(
    "written",
    [
        f"(c) {ID}",
        f"(c){ID}",
        f"\n\t(c)\n {ID}",
        f'"{ID}"',
        f'"{ID[:-1]}\\{ID[-1]}"',
        f"=?utf-8?q?{ID}?=",
        f"\x00{ID}",
        f"\x0b{ID}",
        f"\u00a0{ID}",
        f"\u200b{ID}",
        f"mx.\u200b{ID[3:]}",
        f"\uff4d{ID[1:]}",
    ],
)
def test_rule_1_an_id_that_a_stripper_may_not_see_is_ignored(written: str) -> None:
    forged = f"{written}; dmarc=pass header.from=example.org"

    assert verdict(forged).why == "the trusted server said nothing"
    assert verdict(forged, PASS).proves_domain, "a trick does not hide the true word below it"
    assert verdict(forged, f"{ID}; dmarc=fail header.from=example.org").dmarc == "fail"


@pytest.mark.parametrize("blank", [" ", "\t"])
def test_rule_1_a_name_that_a_stripper_may_not_see_is_ignored(blank: str) -> None:
    block = f"Authentication-Results{blank}: {PASS}".encode()

    found = trusted_verdict(Headers(block), "ana@example.org", ID, "agent.example")

    assert found.why == "the trusted server said nothing"


def test_rule_3_only_the_topmost_counts() -> None:
    failed = f"{ID}; dmarc=fail header.from=example.org"

    assert verdict(failed, PASS).dmarc == "fail"
    assert verdict(PASS, failed).dmarc == "pass"
    assert verdict("other.example; dmarc=pass header.from=example.org", failed).dmarc == "fail"


def test_rule_3_below_a_foreign_server_nothing_counts() -> None:
    ours = f"Received: from a.example by {ID} with ESMTPS"
    foreign = "Received: from b.example by relay.evil.example with ESMTP"

    assert verdict(ours, PASS, foreign).proves_domain
    assert not verdict(ours, foreign, PASS).proves_domain
    assert verdict(foreign, PASS).proves_domain, "the topmost Received is always our own provider's"


@pytest.mark.parametrize("host", ["store1.internal", "10.2.3.4", "localhost", "mx2.agent.example", "2002:a05::1", ""])
def test_rule_3_inside_a_provider_any_name_may_do(host: str) -> None:
    assert verdict(f"Received: from x by {ID}", f"Received: by {host} with LMTP", PASS).proves_domain


@pytest.mark.parametrize(
    "value",
    [
        f"{ID}; spf=pass smtp.mailfrom=example.org (dmarc=pass header.from=example.org)",
        f'{ID}; spf=pass smtp.mailfrom="dmarc=pass header.from=example.org"',
        f"{ID} (; dmarc=pass header.from=example.org); none",
        f"{ID}; none",
    ],
)
def test_rule_5_comments_and_quotes_are_no_results(value: str) -> None:
    assert verdict(value) == AuthVerdict("none", False, "neither DMARC nor aligned DKIM passed")


@pytest.mark.parametrize(
    "value",
    [
        ID,
        f"{ID}; dmarc",
        f"{ID}; dmarc=",
        f"{ID}; =pass",
        f"{ID}; dmarc=pass header.from",
        f"{ID}; dmarc=pass header.from=example.org extra",
        f"{ID}; dmarc=pass header.from=example.org; (",
        f"{ID}; dmarc=pass header.from=example.org; )",
        f"{ID}; dmarc=pass header.from=example.org (\\",
        f'{ID}; dmarc=pass header.from=example.org; x="',
        f"{ID}; dmarc=pass header.from=example.org;; spf=none",
        f"{ID}; none; dmarc=pass header.from=example.org",
        f"{ID}; dmarc==pass header.from=example.org",
        f"{ID}; dm arc=pass header.from=example.org",
        f"{ID}; dmarc=pass header.from.x.y=example.org",
        f"{ID}; dmarc=pass header.from=example.org \\",
        f"{ID} 1 2; dmarc=pass header.from=example.org",
        f"{ID}; dmarc=pass header.from=example.org; x=y " + "a.b=c " * 2000,
        f"{ID}; " + "(" * 4000,
    ],
)
def test_rule_5_any_syntax_error_is_no_result(value: str) -> None:
    assert not verdict(value).proves_domain


def test_rule_5_a_broken_topmost_field_hides_those_below() -> None:
    assert verdict(f"{ID}; dmarc", PASS).why == "the trusted server's result has a syntax error"
    assert verdict(f"{ID}; (unclosed", PASS).why == "the trusted server's result has a syntax error"


@pytest.mark.parametrize(
    "value",
    [
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.org; dmarc=pass action=none header.from=example.org",
        "dmarc=pass header.from=example.org",
    ],
)
def test_rule_6_a_field_without_an_id_is_nobodys(value: str) -> None:
    assert verdict(value).why == "the trusted server said nothing"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("dmarc=pass header.from=example.org", ("pass", False)),
        ("DMARC=PASS (p=reject) Header.From=EXAMPLE.org", ("pass", False)),
        ("dmarc/1=pass reason=good header.from=example.org", ("pass", False)),
        ("dmarc=pass header.from=evil.example", ("none", False)),
        ("dmarc=pass header.from=sub.example.org", ("none", False)),
        ("dmarc=pass", ("none", False)),
        ("dmarc=pass header.from=example.org header.from=evil.example", ("none", False)),
        ("dmarc=pass header.from=example.org; dmarc=fail header.from=example.org", ("none", False)),
        ("dmarc=bestguesspass header.from=example.org", ("none", False)),
        ("dmarc=none header.from=example.org; dkim=pass header.d=example.org", ("none", True)),
        ("dkim=pass header.d=example.org header.s=x", ("none", True)),
        ("dkim=pass header.i=@example.org", ("none", True)),
        ("dkim=pass header.i=ana@example.org", ("none", True)),
        ("dkim=fail header.d=example.org; dkim=pass header.d=list.example", ("none", False)),
        ("dkim=fail header.d=example.org; dkim=pass header.d=example.org", ("none", True)),
        ("dkim=pass header.d=evil.example; dmarc=pass header.from=evil.example", ("none", False)),
        ("dkim=pass header.d=org", ("none", False)),
        ("dkim=pass header.d=xample.org", ("none", False)),
        ("dkim=pass", ("none", False)),
        ("spf=pass smtp.mailfrom=ana@example.org", ("none", False)),
        ("spf=pass; dkim=none;", ("none", False)),
        ("dmarc=fail (p=none) header.from=example.org; dkim=pass header.d=example.org", ("fail", True)),
        ("dmarc=fail", ("fail", False)),
        ("dmarc=fail header.from=evil.example", ("none", False)),
    ],
)
def test_rule_7_only_dmarc_or_aligned_dkim_for_this_domain(results: str, expected: tuple[str, bool]) -> None:
    found = verdict(f"{ID}; {results}")

    assert expected == (found.dmarc, found.dkim_aligned)


@pytest.mark.parametrize(
    ("domain", "signer", "is_aligned"),
    [
        ("mail.example.org", "example.org", True),
        ("a.b.example.org", "example.org", True),
        ("a.b.example.org", "b.example.org", False),
        ("mail.example.co.uk", "example.co.uk", True),
        ("example.co.uk", "co.uk", False),
        ("x.com.au", "com.au", False),
        ("example.de", "mail.example.de", False),
    ],
)
def test_rule_7_a_parent_counts_where_it_is_the_organisations(domain: str, signer: str, is_aligned: bool) -> None:
    assert is_aligned == verdict(f"{ID}; dkim=pass header.d={signer}", addr_spec=f"ana@{domain}").dkim_aligned


def test_rule_7_a_failed_dmarc_outweighs_a_signature() -> None:
    assert not verdict(f"{ID}; dmarc=fail header.from=example.org; dkim=pass header.d=example.org").proves_domain


def test_rule_8_without_a_strict_from_nothing_is_vouched_for() -> None:
    assert verdict(PASS, addr_spec=None).why == "there is no plain From to vouch for"


def test_rule_11_the_verdict_says_why() -> None:
    assert verdict(PASS).why == "DMARC passed for the From domain"
    assert verdict(f"{ID}; dkim=pass header.d=example.org").why == "DKIM passed for the From domain"
    assert verdict(f"{ID}; dmarc=fail").why == "DMARC failed for the From domain"
    assert verdict().why == "the trusted server said nothing"


def test_a_field_longer_than_any_server_writes_is_no_result() -> None:
    assert verdict(PASS + " (" + "x" * 9000 + ")").why == "the trusted server's result has a syntax error"


def test_a_value_longer_than_the_grammar_takes_is_none() -> None:
    assert parse_results(f"{ID}; dkim=pass" + " x.y=z" * 3000) is None


def test_a_glance_carries_the_verdict() -> None:
    assert seen(a_mail(Authentication_Results=PASS)).glanced.auth.proves_domain
    assert not seen(a_mail()).glanced.auth.proves_domain


@pytest.mark.parametrize(("value", "found"), [("; x=y", ""), ("= x", ""), ("", ""), ("A (b); c=d", "a"), (")", "")])
def test_the_leading_id_is_found_whatever_follows(value: str, found: str) -> None:
    assert found.encode() == leading_id(value.encode())


def test_nested_comments_and_quoted_pairs_are_read() -> None:
    parsed = parse_results(r'mx (a (b \) c) d) 1; dkim=pass (ok) header.i="\@example.org"')

    assert parsed is not None
    assert parsed.results[0].get("header.i") == "@example.org"

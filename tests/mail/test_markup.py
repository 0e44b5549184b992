"""HTML to the lines that a reader sees."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailagent.mail import markup
from mailagent.mail.markup import SAID_ATTRIBUTION, SAID_QUOTE, SAID_SIGNATURE, Marked


def lines(page: str, most: int = 1000) -> list[str]:
    return [line.text for line in marked(page, most)]


def marked(page: str, most: int = 1000) -> list[Marked]:
    root = LexborHTMLParser(page).root
    assert root is not None
    return markup.lines_of(root, most)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>one<p>two", ["one", "two"]),
        ("<div>one<div>two</div>three</div>", ["one", "two", "three"]),
        ("one<br>two<br><br>three", ["one", "two", "", "three"]),
        ("<div>one<br></div><div><br></div><div>two</div>", ["one", "", "two"]),
        ("<p>one</p><p>&nbsp;</p><p>two</p>", ["one", "", "two"]),
        ("one\n  two<b> three </b>four", ["one two three four"]),
        ("<b>Hours:</b> 1<i>,5</i>", ["Hours: 1,5"]),
        ("<table><tr><td>Hours:</td><td>1</td></tr><tr><td>Next:</td></tr></table>", ["Hours: 1", "Next:"]),
        ("<ul><li>one<li><p>two</p></ul>", ["- one", "- two"]),
        ("<ol><li></li><li>two</ol>", ["- two"]),
        ("<pre>one\n  two\n</pre>", ["one", "two"]),
        ("one<!-- not --><script>no()</script><style>p{}</style>two", ["onetwo"]),
        ("<title>[J12]</title><body>x", ["x"]),
        ("<img alt='👍'> ok <img alt='a long description of it'><img>", ["👍 ok"]),
        ("<blockquote>old<blockquote>older</blockquote></blockquote>new", ["> old", ">> older", "new"]),
        ("<blockquote>a<br><br>b</blockquote>", ["> a", ">", "> b"]),
        ("a<span style='display:none'>no</span><span hidden>no</span>b", ["ab"]),
        ("<div style='font-size:0px'>no</div><div style='font-size:0.9em'>yes</div>", ["yes"]),
        ("<div style='VISIBILITY: hidden'>no</div><p style='mso-hide:all'>no</p>x", ["x"]),
        ("<div style='color:#ffffff'>no</div>x", ["x"]),
        ("<div style='color:white;background:#000'>yes</div>", ["yes"]),
        ("<body bgcolor=black><p style='color:#fff'>yes</p>", ["yes"]),
        ("<td>a</td><td></td>", ["a"]),
        ("", []),
    ],
)  # fmt: skip
def test_a_page_reads_as_its_reader_sees_it(page: str, expected: list[str]) -> None:
    assert expected == [line.strip() for line in lines(page)]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ('<div class="gmail_attr">On Monday Ana wrote:</div>', SAID_ATTRIBUTION),
        ('<div class="moz-cite-prefix">On Monday Ana wrote:</div>', SAID_ATTRIBUTION),
        ('<p id="reply-intro">On Monday Ana wrote:</p>', SAID_ATTRIBUTION),
        ('<div id="x_divRplyFwdMsg"><b>From:</b> Ana</div>', SAID_ATTRIBUTION),
        ('<div class="ydp yahoo_quoted"><div>old</div></div>', SAID_QUOTE),
        ('<div class="gmail_signature">Ana</div>', SAID_SIGNATURE),
        ('<div id="ms-outlook-mobile-signature"><i>Ana</i></div>', SAID_SIGNATURE),
        ('<div data-smartmail="gmail_signature">Ana</div>', SAID_SIGNATURE),
        ('<div class="anything">Ana</div>', ""),
    ],
)
def test_what_the_program_says_of_a_piece_is_kept(page: str, said: str) -> None:
    assert [said] == [line.said for line in marked(page)]


def test_walking_stops_above_the_limit() -> None:
    assert len(lines("<p>x" * 1000, most=10)) in range(10, 13)


@pytest.mark.parametrize(
    ("page", "is_too_nested"),
    [
        ("<div>" * 200 + "</div>" * 200, False),
        ("<div>" * 300, True),
        ("<p>" * 3000 + "<br>" * 3000, False),
        ("<div></div>" * 3000, False),
        ("<b>" * 200 + "<p>x" * 600, True),
        ("</div>" * 300 + "</b>" * 300, False),
        ("<b>x</b><p>" * 3000, False),
    ],
)
def test_depth_is_counted_before_parsing(page: str, is_too_nested: bool) -> None:
    assert is_too_nested == markup.is_too_nested(page)


def test_a_page_too_deep_is_read_flat() -> None:
    assert markup.flat_lines("<div>a &lt; b<br>c\n\n</div>") == [Marked("a < b"), Marked("c")]

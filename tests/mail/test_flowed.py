"""format=flowed (RFC 3676): wrapped lines become the lines that were typed, form lines stay apart."""

import pytest

from mailagent.mail.flowed import unflow

LONG = "a line that is long enough to have been wrapped by a mail program"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{LONG} \nhere", [f"{LONG} here"]),
        (f"> {LONG} \n> here", [f"> {LONG} here"]),
        (f"{LONG} \n> here", [f"{LONG} ", "> here"]),
        (f">> {LONG} \n> here", [f">> {LONG} ", "> here"]),
        (f"{LONG} \n\nhere", [f"{LONG} ", "", "here"]),
        ("Hours: \nNext: ", ["Hours: ", "Next: "]),
        (" >stuffed\n From here", [">stuffed", "From here"]),
        (f"{LONG} \n stuffed", [f"{LONG} stuffed"]),
        ("-- \nAna Cruz", ["-- ", "Ana Cruz"]),
        ("plain\n stuffed", ["plain", "stuffed"]),
    ],
)
def test_soft_breaks_are_joined(text: str, lines: list[str]) -> None:
    assert lines == unflow(text, is_delsp=False)


def test_with_delsp_the_blank_goes() -> None:
    assert unflow("日本 \n語", is_delsp=True) == ["日本語"]

"""The house tests find what they look for: each rule against a few lines that break it, and a few that do not."""

import ast

import pytest

from tests.house.tree import Module, depth, is_broad, mentions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import datetime\ndatetime.datetime.now()", "datetime.datetime.now"),
        ("from datetime import datetime as dt\ndt.now()", "datetime.datetime.now"),
        ("import time as t\nt.time()", "time.time"),
        ("from time import time\nread = time", "time.time"),
        ("from os import environ\nenviron['HOME']", "os.environ"),
        ("from mailagent.edge import clock\nclock.now()", "mailagent.edge.clock.now"),
        ("from mailagent.edge.clock import now\nnow()", "mailagent.edge.clock.now"),
    ],
)
def test_a_name_is_followed_through_its_import(text: str, expected: str) -> None:
    module = Module(name="core/x", text=text, syntax=ast.parse(text))

    assert expected in {name for _, name in mentions(module)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", 0),
        ("if a:\n b()", 1),
        ("if a:\n b()\nelif c:\n d()\nelse:\n e()", 1),
        ("for a in b:\n with c:\n  if d:\n   e()", 3),
        ("try:\n a()\nexcept E:\n for b in c:\n  if d:\n   e()", 3),
        ("match a:\n case 1:\n  if b:\n   c()", 2),
        ("if a:\n b()\nelse:\n for c in d:\n  e()", 2),
        ("if a:\n def b():\n  if c:\n   d()", 1),
    ],
)
def test_depth_is_counted_as_it_reads(text: str, expected: int) -> None:
    assert depth(ast.parse(text).body) == expected


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("except:\n pass", True),
        ("except Exception:\n pass", True),
        ("except (OSError, BaseException):\n pass", True),
        ("except OSError:\n pass", False),
        ("except BaseException:\n undo()\n raise", False),
    ],
)
def test_a_broad_catch_is_one_that_does_not_raise_again(clause: str, expected: bool) -> None:
    (statement,) = ast.parse(f"try:\n a()\n{clause}").body

    assert isinstance(statement, ast.Try)
    assert is_broad(statement.handlers[0]) is expected

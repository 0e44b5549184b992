"""The benchmarks' adapter calls the product and holds no rule of its own."""

import ast

import pytest

from tests.house.tree import ROOT, dotted, imports

ADAPTER = ROOT / "benchmarks" / "adapter.py"
PROMISED = {"visible_text", "visible_text_of_message", "parse_report"}
READS_TEXT = {
    "re",
    "regex",
    "email",
    "html",
    "string",
    "difflib",
    "textwrap",
    "fnmatch",
    "quopri",
    "base64",
    "selectolax",
}
TAKES_TEXT_APART = {
    *(
        "split",
        "rsplit",
        "splitlines",
        "partition",
        "rpartition",
        "startswith",
        "endswith",
        "find",
        "rfind",
        "index",
        "replace",
    ),
    *(
        "removeprefix",
        "removesuffix",
        "translate",
        "match",
        "search",
        "sub",
        "findall",
        "finditer",
        "fullmatch",
        "compile",
    ),
}


@pytest.fixture(scope="module")
def source() -> str:
    return ADAPTER.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def syntax(source: str) -> ast.Module:
    return ast.parse(source)


def test_it_is_under_sixty_lines(source: str) -> None:
    assert len(source.splitlines()) < 60


def test_it_offers_what_the_scorers_call(syntax: ast.Module) -> None:
    offered = {node.name for node in syntax.body if isinstance(node, ast.FunctionDef)}

    assert offered >= PROMISED


def test_it_imports_nothing_that_reads_text(syntax: ast.Module) -> None:
    assert [name for _, name in imports(syntax) if name.split(".")[0] in READS_TEXT] == []


def test_it_takes_no_text_apart(syntax: ast.Module) -> None:
    calls = [node.func for node in ast.walk(syntax) if isinstance(node, ast.Call)]

    assert [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in TAKES_TEXT_APART] == []


def test_its_only_words_are_names(syntax: ast.Module) -> None:
    docstrings = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(syntax)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
    }
    words = [node.value for node in ast.walk(syntax) if isinstance(node, ast.Constant) and isinstance(node.value, str)]

    assert [word for word in words if word not in docstrings and not word.isidentifier()] == []


def test_it_has_one_table_and_that_maps_phases(syntax: ast.Module) -> None:
    tables = [
        node
        for node in syntax.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        and isinstance(node.value, (ast.Dict, ast.Set, ast.List, ast.Tuple))
    ]
    mapped = {
        dotted(key).split(".")[-1].lower() or getattr(key, "value", "")
        for table in tables
        for key in getattr(table.value, "keys", [])
        if key
    }

    assert len(tables) == 1
    assert {"working", "started"} <= mapped

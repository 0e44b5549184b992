"""A room one can see across: small functions, small modules, shallow nesting."""

import ast

from tests.house.tree import FunctionNode, depth, functions, modules

FUNCTION_LINES = 50
MODULE_LINES = 400
NESTING = 3


def test_no_function_is_longer_than_a_page() -> None:
    too_long = [
        f"{module.name}:{function.lineno} {function.name} has {_lines(function)} lines"
        for module in modules()
        for function in functions(module.syntax)
        if _lines(function) > FUNCTION_LINES and not _is_a_table(function)
    ]

    assert too_long == []


def test_no_module_is_longer_than_a_chapter() -> None:
    counted = {module.name: len(module.text.splitlines()) for module in modules()}

    assert {name: lines for name, lines in counted.items() if lines > MODULE_LINES} == {}


def test_nothing_is_nested_deeper_than_three() -> None:
    too_deep = [
        f"{module.name}:{function.lineno} {function.name} nests {deep} deep"
        for module in modules()
        for function in functions(module.syntax)
        if (deep := depth(function.body)) > NESTING
    ]

    assert too_deep == []


def test_mail_in_fits_on_one_screen() -> None:
    intake = next(module for module in modules() if module.name == "intake")

    assert len(intake.text.splitlines()) <= 250


def _lines(function: FunctionNode) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _is_a_table(function: FunctionNode) -> bool:
    """One statement below the docstring, and that one plain data."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    value = getattr(body[0], "value", None) if len(body) == 1 else None
    return isinstance(value, (ast.Dict, ast.List, ast.Tuple, ast.Set))

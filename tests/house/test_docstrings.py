"""Each public thing says what it is for."""

import ast
from collections.abc import Iterator

from tests.house.tree import FunctionNode, Module, dotted, modules


def test_each_module_says_what_it_is_for() -> None:
    silent = [module.name or "mailagent" for module in modules() if not ast.get_docstring(module.syntax)]

    assert silent == []


def test_each_public_class_and_function_has_a_docstring() -> None:
    silent = [missing for module in modules() for missing in _silent(module, module.syntax.body, "")]

    assert silent == []


def test_no_public_name_is_a_bag() -> None:
    bags = {"utils", "util", "helpers", "helper", "manager", "misc"}

    assert [module.name for module in modules() if module.name.split("/")[-1] in bags] == []


def _silent(module: Module, body: list[ast.stmt], owner: str) -> Iterator[str]:
    for node in body:
        if (
            not isinstance(node, (*FunctionNode.__args__, ast.ClassDef))
            or node.name.startswith("_")
            or _is_overload(node)
        ):
            continue
        if not ast.get_docstring(node) and not _is_a_plain_value(node):
            yield f"{module.name}:{node.lineno} {owner}{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _silent(module, node.body, f"{node.name}.")


def _is_a_plain_value(node: ast.stmt) -> bool:
    """A class of fields and nothing else is a table: its name and its module say what it is."""
    return isinstance(node, ast.ClassDef) and not any(isinstance(inner, FunctionNode) for inner in node.body)


def _is_overload(node: ast.stmt) -> bool:
    """An overload's words stand at the function itself, an override's at what it overrides."""
    return any(
        dotted(decorator).split(".")[-1] in {"overload", "override"}
        for decorator in getattr(node, "decorator_list", [])
    )

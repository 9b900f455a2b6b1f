"""Every label of the reading room has its German, and no German is without a label."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, nodes

import newsarchive.web
from newsarchive.web import names
from newsarchive.web.labels import GERMAN

_WEB = Path(newsarchive.web.__file__).parent
_TRANSLATING = {"label", "translate", "answer", "_refuse", "error_page"}


def test_every_label_has_its_german() -> None:
    asked = {*_asked_in_templates(), *_asked_in_python(), *_names()}
    assert len(asked) > 50
    assert sorted(asked - GERMAN.keys()) == []


def test_no_german_is_without_a_label() -> None:
    said = {*_asked_in_templates(), *_names(), *_strings_in_python()}
    assert sorted(GERMAN.keys() - said) == []


def test_both_languages_are_filled_with_the_same() -> None:
    assert {english: german for english, german in GERMAN.items() if _holes(english) != _holes(german)} == {}


def _holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


def _names() -> Iterator[str]:
    for name, held in vars(names).items():
        if name.isupper() and isinstance(held, Mapping):
            yield from held.values()


def _asked_in_templates() -> Iterator[str]:
    environment = Environment(loader=PackageLoader("newsarchive.web"), autoescape=True)
    for name in environment.list_templates():
        assert environment.loader is not None
        source, _, _ = environment.loader.get_source(environment, name)
        for call in environment.parse(source).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in {"_", "_n"}:
                for argument in call.args[: 2 if call.node.name == "_n" else 1]:
                    yield from _constants(argument)


def _constants(node: nodes.Node) -> Iterator[str]:
    """What an argument can be: a string, or one of two."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from _constants(node.expr1)
        if node.expr2 is not None:
            yield from _constants(node.expr2)


def _asked_in_python() -> Iterator[str]:
    """String constants, by themselves or by the name of a variable, that a function which translates is given."""
    for tree in _modules():
        named = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in _TRANSLATING:
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        if argument.value not in {"de", "en"}:
                            yield argument.value
                    elif isinstance(argument, ast.Name) and argument.id in named:
                        yield named[argument.id]


def _strings_in_python() -> Iterator[str]:
    for tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _modules() -> Iterator[ast.Module]:
    for path in sorted(_WEB.glob("*.py")):
        if path.name != "labels.py":
            yield ast.parse(path.read_text(encoding="utf-8"))


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")

"""docs/schema.md and docs/article.schema.json say what the code does, no more and no less."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pytest

import newsarchive
from newsarchive.export.columns import arrow_schema
from newsarchive.model.article import Article, Extraction
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import article_schema

PACKAGE = Path(newsarchive.__file__).parent
DOCS = PACKAGE.parent / "docs"
SECTIONS = dict(
    re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", (DOCS / "schema.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
)
"""The sections of docs/schema.md whose title is one word: the records, and the problems."""

NAMES = {str: "string", int: "integer", float: "number", datetime: "time", Digest: "digest"}


def rows(section: str) -> list[list[str]]:
    """The cells of the table rows of a section that begin with a name in code."""
    lines = (line for line in SECTIONS[section].splitlines() if line.startswith("| `"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def type_name(hint: Any) -> str:
    """A type of the code as the tables name it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_name(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in {Union, UnionType}:
        return " or ".join([type_name(part) for part in arguments if part is not NoneType] + ["null"])
    if origin is tuple:
        return f"list of {type_name(arguments[0])}"
    return NAMES.get(hint) or f"[{hint.__name__}](#{hint.__name__.lower()})"


def records_in(kind: type) -> list[type]:
    """``kind`` and every record that it holds, each once."""
    found, waiting = [kind], list(get_type_hints(kind).values())
    while waiting:
        part = waiting.pop(0)
        waiting += get_args(part)
        if isinstance(part, type) and is_dataclass(part) and part not in found:
            found.append(part)
            waiting += get_type_hints(part).values()
    return found


RECORDS = records_in(Article)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_is_described_in_its_order_with_its_type(record: type) -> None:
    hints = get_type_hints(record, include_extras=True)
    described = [(name.strip("`"), kind) for name, kind, *_ in rows(record.__name__)]

    assert described == [(field.name, type_name(hints[field.name])) for field in fields(record)]
    assert all(meaning for _, _, meaning, *_ in rows(record.__name__))


def test_no_other_record_is_described() -> None:
    assert set(SECTIONS) == {record.__name__ for record in RECORDS} | {"Problems", "Reasons"}


def codes_in(path: Path) -> set[str]:
    """The codes that a module gives to problems."""
    found = set()
    for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
        if not isinstance(call.func, ast.Name) or call.func.id not in {"Problem", "Unreadable", "CannotDecode"}:
            continue
        said = [keyword.value for keyword in call.keywords if keyword.arg == "code"] or call.args[:1]
        found |= {value.value for value in said if isinstance(value, ast.Constant) and isinstance(value.value, str)}
    return found


def test_every_code_of_a_problem_is_described() -> None:
    described = [code.strip("`") for code, *_ in (*rows("Problems"), *rows("Reasons"))]

    assert set(described) == set().union(*map(codes_in, PACKAGE.rglob("*.py")))


def test_published_schema_is_the_one_of_the_code() -> None:
    published = json.dumps(article_schema(), ensure_ascii=False, indent=2) + "\n"

    assert (DOCS / "article.schema.json").read_text("utf-8") == published


def columns(fields_of: Iterable[pa.Field], depth: int = 0) -> Iterator[str]:
    """A schema as the published file has it: a line a field, those of records below them."""
    for field in fields_of:
        kind, lists = field.type, 0
        while pa.types.is_list(kind):
            kind, lists = kind.value_type, lists + 1
        parts = kind if pa.types.is_struct(kind) else ()
        name = f"{'list<' * lists}{'struct' if parts else kind}{'>' * lists}"
        yield f"{'  ' * depth}{field.name}: {name}{'' if field.nullable else ' not null'}\n"
        yield from columns(parts, depth + 1)


def test_published_columns_are_those_of_the_code() -> None:
    assert (DOCS / "article.columns.txt").read_text("utf-8") == "".join(columns(arrow_schema()))


def test_every_type_of_a_column_is_described() -> None:
    section = (DOCS / "schema.md").read_text("utf-8").partition("## Columns in Parquet\n")[2].partition("\n## ")[0]
    kinds = {line.rpartition(": ")[2].strip() for line in columns(arrow_schema())}
    described = {kind.removesuffix("<…>") for kind in re.findall(r"^\|[^|]*\| `([^`]+)`", section, re.MULTILINE)}

    assert {
        part for kind in kinds for part in re.findall(r"[a-z0-9]+\[[^]]*\]|[a-z0-9]+", kind.removesuffix(" not null"))
    } == described


def test_an_extraction_holds_nothing_but_what_is_described() -> None:
    assert [field.name for field in fields(Extraction)] == ["article", "reason", "problems"]

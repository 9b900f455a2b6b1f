"""The table of exit codes for users and the error classes say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from newsarchive import errors
from newsarchive.cli import BROKEN_PIPE, INTERRUPTED
from newsarchive.errors import NewsarchiveError

PAGE = Path(__file__).parents[2] / "docs" / "exit-codes.md"


def _table() -> list[tuple[int, str]]:
    rows = re.findall(r"^\| (\d+) \| (?:`(\w+)`)? ?\|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [(int(code), name) for code, name in rows]


def _classes(base: type[NewsarchiveError]) -> Iterator[type[NewsarchiveError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _classes(kind)


def test_every_error_class_has_its_row_and_every_row_its_class() -> None:
    documented = {name: code for code, name in _table() if name}
    defined = {kind.__name__: kind.exit_code for kind in _classes(NewsarchiveError)}

    assert documented == defined


def test_the_tree_in_the_module_says_it_too() -> None:
    drawn = re.findall(r"([A-Z]\w+) +(\d+)", errors.__doc__ or "")

    assert {name: int(code) for name, code in drawn} == {name: code for code, name in _table() if name}


def test_no_code_means_two_things() -> None:
    codes = [code for code, _ in _table()]

    assert codes == sorted(set(codes))
    assert {0, 3, INTERRUPTED, BROKEN_PIPE} < set(codes)


def test_every_message_is_filled_from_the_facts_it_names() -> None:
    for kind in _classes(NewsarchiveError):
        facts = {name: f"<{name}>" for name in re.findall(r"\{(\w+)\}", kind.__doc__ or "")}
        message = str(kind(**facts))

        assert message
        assert all(value in message for value in facts.values())

"""How a listing is shown: a table on a terminal, tab-separated lines into a pipe, JSON lines where asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime

import click

Row = Mapping[str, object]


def print_listing(rows: Iterable[Row], columns: tuple[str, ...], *, as_json: bool) -> None:
    """Print ``rows`` to stdout; ``columns`` are the keys shown to people, all keys go into JSON.

    Tab-separated lines have no heading and no line breaks or tabs inside a value.
    """
    if as_json:
        from newsarchive.model.serialize import to_line

        for row in rows:
            click.echo(to_line(row), nl=False)
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*(column.replace("_", " ") for column in columns), box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(Text(_shown(row[column], minutes=True)) for column in columns))
        Console(highlight=False).print(table)
    else:
        for row in rows:
            click.echo("\t".join(" ".join(_shown(row[column]).split()) for column in columns))


def counted(number: int, noun: str) -> str:
    """``1 run``, ``2,000 runs``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(share: float) -> str:
    """``share`` (0 to 1) for people; never 100 for what is not all."""
    return f"{int(share * 1000) / 10:.1f} %"


def _shown(value: object, *, minutes: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if minutes else value.isoformat()
    return str(value)

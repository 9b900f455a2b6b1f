"""What a command says on stderr besides its log: one line, in the form that its log has."""

from __future__ import annotations

import click

_LINES = "newsarchive.log_format"


def set_form(ctx: click.Context, _param: click.Parameter, lines: str) -> str:
    """Callback of the option ``--log-format``: from now on lines are ``plain`` or ``json``."""
    ctx.find_root().meta[_LINES] = lines
    return lines


def say(ctx: click.Context, message: str, event: str, *, level: str = "error", **facts: int) -> None:
    """Print ``message``; of ``event`` and the others only a line of JSON has something."""
    if ctx.find_root().meta.get(_LINES) != "json":
        click.echo(f"newsarchive: {message}", err=True)
        return
    from logging import makeLogRecord

    from newsarchive.log_lines import JsonLines

    record = {"name": "newsarchive.cli", "levelname": level, "msg": message, "event": event}
    click.echo(JsonLines().format(makeLogRecord({**record, **facts})), err=True)

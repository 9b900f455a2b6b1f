"""What stands behind ``?`` in an address, held to what it can be. What cannot be is answered with 400, and why."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request

from newsarchive.web.pages import label

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

MOST_REVISIONS = 10**9
"""The largest number of a revision that is looked for."""


def text(request: Request, name: str) -> str | None:
    """A parameter without the white space around it; ``None`` when it is not given or empty."""
    return request.query_params.get(name, "").strip() or None


def whole_number(request: Request, name: str, *, least: int, most: int) -> int | None:
    """A whole number from ``least`` to ``most``; ``None`` when it is not given. Raises ``HTTPException`` 400."""
    value = text(request, name)
    if value is None:
        return None
    if re.fullmatch(r"-?[0-9]{1,18}", value) and least <= int(value) <= most:
        return int(value)
    message = "“{name}” cannot be {value}. It is a whole number from {least} to {most}."
    raise HTTPException(400, label(request, message, name=name, value=_short(value), least=least, most=most))


def one_of(request: Request, name: str, choices: Collection[str]) -> str | None:
    """One of ``choices``; ``None`` when it is not given. Raises ``HTTPException`` 400."""
    value = text(request, name)
    if value is None or value in choices:
        return value
    message = "“{name}” cannot be {value}. It is one of: {choices}."
    raise HTTPException(400, label(request, message, name=name, value=_short(value), choices=", ".join(choices)))


def day(request: Request, name: str) -> date | None:
    """A day; ``None`` when it is not given. Raises ``HTTPException`` 400."""
    value = text(request, name)
    if value is None:
        return None
    try:
        # Python reads more forms than a date field sends.
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    message = "“{name}” cannot be {value}. It is a day such as 2026-11-22."
    raise HTTPException(400, label(request, message, name=name, value=_short(value)))


def _short(value: str) -> str:
    return f"“{value[:60]}…”" if len(value) > 60 else f"“{value}”"

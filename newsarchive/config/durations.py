"""Durations as people write them: ``10m``, ``1h30m``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LONGEST_S = 36_525 * 86_400  # times that lie further ahead cannot be reckoned with
_PARTS = re.compile(r"(?:([0-9]+)([wdhms]))")
_WHOLE = re.compile(r"(?:[0-9]+[wdhms])+")


class Duration(timedelta):
    """A span of time that was read by ``parse_duration``; a type of its own, so that files name it."""


def parse_duration(text: str) -> Duration:
    """Weeks, days, hours, minutes and seconds, each a whole number with its letter, largest first: ``1h30m``.

    Raises ``ValueError`` for anything else, also for a unit said twice.
    """
    units = [unit for _, unit in _PARTS.findall(text)]
    if not _WHOLE.fullmatch(text) or units != sorted(set(units), key=list(_SECONDS).index):
        raise ValueError(f"{text!r} is no duration such as 30s, 10m, 1h30m or 7d")
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in _PARTS.findall(text))
    if seconds > _LONGEST_S:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return Duration(seconds=seconds)


def format_duration(span: timedelta) -> str:
    """``span`` as ``parse_duration`` reads it; parts of a second are dropped."""
    left = int(span.total_seconds())
    parts = []
    for unit, seconds in _SECONDS.items():
        count, left = divmod(left, seconds)
        if count and (unit != "w" or not left):
            parts.append(f"{count}{unit}")
        elif count:
            left += count * seconds
    return "".join(parts) or "0s"

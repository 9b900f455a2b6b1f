"""Which days are fetched next of a site's past: newest first, and none twice. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

_DAY = timedelta(days=1)


def next_days(first: date, last: date, *, at_most: int, done: Iterable[tuple[date, date]]) -> tuple[date, date] | None:
    """The newest days from ``first`` to ``last`` that are not ``done`` yet, ``at_most`` so many, as first and last day.

    ``None`` when all are done. ``done`` are days, both inclusive, in any order; they may overlap.
    """
    newest = last
    ranges = sorted(done, key=lambda days: days[1], reverse=True)
    for since, until in ranges:
        if since <= newest <= until:
            newest = since - _DAY
    if newest < first:
        return None
    oldest = max(first, newest - (at_most - 1) * _DAY)
    for since, until in ranges:
        if since <= newest and until >= oldest:
            oldest = until + _DAY
    return oldest, newest

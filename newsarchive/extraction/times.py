"""Printed and machine-written times into aware datetimes. Pure: the zone and every hint are arguments.

A wall-clock time that occurs twice (the hour repeated in autumn) is decided by a ``near`` time from the same
page, else it is the first of the two; one that never occurs (the hour left out in spring) is no time.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar jan jänner",
            "februar feb",
            "märz mär maerz",
            "april apr",
            "mai",
            "juni jun",
            "juli jul",
            "august aug",
            "september sep sept",
            "oktober okt",
            "november nov",
            "dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}

_DATE = (
    r"(?P<day>\d{1,2})(?:\.\s?(?P<month>\d{1,2})\.\s?|\.?\s?(?P<month_name>[A-Za-zäÄ]{3,9})\.?\s)"
    r"(?P<year>\d{4}|\d{2}(?!\d|:))"
)
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?"
_BETWEEN = r"[\s,;|•·–-]*(?:um\s+)?"

_DATE_THEN_CLOCK = re.compile(rf"(?<!\d){_DATE}{_BETWEEN}{_CLOCK}(?!\d)(?:\s*Uhr)?")
_CLOCK_THEN_DATE = re.compile(rf"(?<!\d){_CLOCK}(?:\s*Uhr)?{_BETWEEN}(?:am\s+)?{_DATE}(?!\d)")
_STAND = re.compile(rf"Stand:?\s*{_DATE}{_BETWEEN}{_CLOCK}(?!\d)\s*Uhr", re.IGNORECASE)
_PERIOD = re.compile(r"(?:(?P<day>\d{1,2})\.\s*)?(?P<month>[A-Za-zäÄ]{3,9})\s+(?P<year>\d{4})")
_ISO_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.\d+)?S)?)?"
)


@dataclass(frozen=True, slots=True)
class PrintedTime:
    """A time found in running text: the ``span`` of characters it takes and what it means."""

    span: tuple[int, int]
    at: datetime | None


def parse_stand(line: str, zone: ZoneInfo, near: datetime | None = None) -> datetime | None:
    """The time of a Stand line: ``Stand: 28.04.2023 17:23 Uhr`` or ``Stand: 31.01.2026 • 06:03 Uhr``."""
    found = _STAND.search(line)
    return _from_match(found, zone, near) if found else None


def find_times(text: str, zone: ZoneInfo, near: datetime | None = None) -> Iterator[PrintedTime]:
    """Every date with a clock time in German text, in order: ``03. April 2023 um 09:23 Uhr``, ``06.01.2026 | 21:45
    Uhr``, ``3.4.2023 · 08:07 Uhr``, ``12:00 Uhr, 20.10.2018``."""
    forms = (_DATE_THEN_CLOCK, _CLOCK_THEN_DATE)
    position = 0
    ahead = [form.search(text) for form in forms]
    while any(ahead):
        first = min((match for match in ahead if match is not None), key=lambda match: match.start())
        yield PrintedTime(first.span(), _from_match(first, zone, near))
        position = first.end()
        # Only a match that reaches into the one just taken is looked for again: a long text is read once per form.
        ahead = [
            form.search(text, position) if match is not None and match.start() < position else match
            for form, match in zip(forms, ahead, strict=True)
        ]


def parse_iso(text: str, zone: ZoneInfo, *, false_z: bool = False, near: datetime | None = None) -> datetime | None:
    """An ISO 8601 time; without an offset it is a wall-clock time in ``zone``, decided by ``near`` where it is two.

    ``false_z``: the source writes local times with a ``Z`` that is not true, so the ``Z`` is ignored.
    """
    text = text.strip()
    if false_z and text[-1:] in {"Z", "z"}:
        text = text[:-1]
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) < len("2026-01-06T22:45"):
        return None  # a day is not a time; a midnight nobody wrote must not be invented
    if parsed.year in {MINYEAR, MAXYEAR}:
        return None  # what programs write for no time at all; on the clocks of other zones there is no such year
    if parsed.tzinfo is None:
        return localise(parsed, zone, near)
    # An offset that names itself oddly (tzinfo from seconds, say) is kept as a plain one.
    try:
        return parsed.replace(tzinfo=timezone(parsed.utcoffset() or timedelta()))
    except ValueError:
        return None


def parse_period(text: str) -> tuple[date, date] | None:
    """The first and last day of ``4. November 2023`` (one day) or ``Januar 2022`` (a month); ``None`` for anything
    else."""
    found = _PERIOD.fullmatch(text.strip())
    month = _MONTHS.get(found["month"].casefold()) if found else None
    if found is None or month is None:
        return None
    try:
        first = date(int(found["year"]), month, int(found["day"] or 1))
    except ValueError:
        return None
    return first, first if found["day"] else last_day_of_month(first)


def last_day_of_month(day: date) -> date:
    """The last day of the month that ``day`` is in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def parse_duration(text: str) -> int | None:
    """Seconds of an ISO 8601 duration such as ``PT15M37S``."""
    found = _ISO_DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(found[name] or 0) for name in ("days", "hours", "minutes", "seconds"))
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def localise(wall: datetime, zone: ZoneInfo, near: datetime | None = None) -> datetime | None:
    """The instant a wall clock in ``zone`` showed ``wall``; with its plain offset. See the module docstring."""
    first, second = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    try:
        if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
            return None
        chosen = first
        if near is not None and first.utcoffset() != second.utcoffset():
            # Aware datetimes with the same tzinfo are subtracted as wall clocks, so both go to UTC first.
            chosen = min((first, second), key=lambda candidate: abs(candidate.astimezone(UTC) - near))
    except OverflowError:
        return None
    return chosen.replace(tzinfo=timezone(chosen.utcoffset() or timedelta()), fold=0)


def occurs_twice(at: datetime, zone: ZoneInfo) -> bool:
    """Whether the wall clock in ``zone`` shows the time of ``at`` twice that night."""
    wall = at.astimezone(zone).replace(tzinfo=None, fold=0)
    return wall.replace(tzinfo=zone).utcoffset() != wall.replace(tzinfo=zone, fold=1).utcoffset()


def _from_match(found: re.Match[str], zone: ZoneInfo, near: datetime | None) -> datetime | None:
    name = found["month_name"]
    month = _MONTHS.get(name.lower()) if name else int(found["month"])
    if month is None:
        return None
    year = int(found["year"])
    try:
        wall = datetime(
            year if year > 99 else 2000 + year,
            month,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            int(found["second"] or 0),
            tzinfo=zone,
        )
    except ValueError:
        return None
    return localise(wall.replace(tzinfo=None), zone, near)

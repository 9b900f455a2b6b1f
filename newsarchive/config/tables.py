"""``newsarchive.toml``: every table and key that may stand in it, with its type and its default.

Anything else is refused with file, key and what is allowed there, so that a misspelt key is not a setting that
silently does nothing.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from newsarchive.config.durations import Duration, parse_duration
from newsarchive.errors import UsageError
from newsarchive.log_lines import LogLines

MAX_DELAY_S = 3600.0
"""The longest pause between two requests; a longer one is a slip, and a crawl with it never comes to an end."""

_CONTACT = re.compile(r"https?://[!-~]+|[!-~]+@[!-~]+")

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of the file. No other keys than its fields."""


class CrawlTable(Table, frozen=True):
    """``[crawl]``: seconds between two requests, articles at most per run, whether pictures are fetched too, whether
    links inside articles are followed."""

    delay_s: Annotated[float, Meta(ge=0, le=MAX_DELAY_S)] = 1.0
    limit: Count | None = None
    with_images: bool = False
    follow_links: bool = False


class BackfillTable(Table, frozen=True):
    """``[schedule.backfill]``: the days from ``since`` to ``until`` (yesterday if not given), newest first, ``days`` of
    them in one run, a run ``every`` so often."""

    since: date
    until: date | None = None
    days: Count = 1
    every: Duration = parse_duration("1h")

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise ValueError(f"until {self.until} lies before since {self.since}")


class ScheduleTable(Table, frozen=True):
    """``[schedule]``: which sites are crawled how often, up to ``jitter`` later. A crawl that takes longer than
    ``max_runtime`` is ended, and killed if it has not ended after ``grace``."""

    sites: tuple[str, ...] = ()
    every: Duration = parse_duration("10m")
    jitter: Duration = parse_duration("30s")
    max_runtime: Duration = parse_duration("6h")
    grace: Duration = parse_duration("2m")
    backfill: BackfillTable | None = None


class LadderTable(Table, frozen=True):
    """``[sites.NAME.ladder]``: when articles are looked at again. What is not given stays as the site has it.

    ``rungs`` are pairs of an age and an interval: ``["6h", "30m"]`` is every 30 minutes up to an age of 6 hours.
    """

    rungs: Annotated[tuple[tuple[Duration, Duration], ...], Meta(min_length=1)] | None = None
    after_removal: tuple[Duration, ...] | None = None
    after_miss: tuple[Duration, ...] | None = None
    last_look_before: Duration | None = None
    look_after: Duration | None = None
    spread: Share | None = None


class SiteTable(Table, frozen=True):
    """``[sites.NAME]``: where the site is if not at its own address, its ladder, and what it is expected to give.

    The keys of ``expect`` are the fields of ``sites.site.Expectations``; ``config.sites`` holds them to it.
    """

    base_url: Annotated[str, Meta(pattern="^https?://[^/]")] | None = None
    ladder: LadderTable = LadderTable()
    expect: dict[str, Any] = {}


class SettingsTable(Table, frozen=True):
    """The whole file. Relative paths are relative to the directory that it lies in."""

    archive: str = "archive"
    contact: str = ""
    metrics: str | None = None
    log_format: LogLines = "plain"
    crawl: CrawlTable = CrawlTable()
    schedule: ScheduleTable = ScheduleTable()
    sites: dict[str, SiteTable] = {}


Kind = TypeVar("Kind")


def read_table(path: Path) -> tuple[SettingsTable, dict[str, Any]]:
    """What stands in the settings file at ``path``: checked, and as TOML gives it. Raises ``UsageError``."""
    try:
        given = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise UsageError(message=f"Cannot read the settings in {path}: {error.strerror or error}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(message=f"{path} is no TOML file: {error}.") from error
    sites = given.get("sites", {})
    if isinstance(sites, dict):
        # One by one, for the reader of them all does not say which one is wrong.
        for name, table in sites.items():
            convert(table, SiteTable, path=path, key=f"sites.{name}")
    return convert(given, SettingsTable, path=path), given


def convert(value: object, kind: type[Kind], *, path: Path, key: str = "") -> Kind:
    """``value``, which stands in the file at ``path`` under ``key``, as a ``kind``. Raises ``UsageError``."""
    try:
        return msgspec.convert(value, kind, dec_hook=_read)
    except msgspec.ValidationError as error:
        raise UsageError(message=f"{path}: {_explain(str(error), kind, key)}.") from error


def parse_contact(printed: str) -> str:
    """``printed``, a web or e-mail address that fits into a header, or nothing. Raises ``ValueError``."""
    if printed and not _CONTACT.fullmatch(printed):
        raise ValueError(f"{printed!r} is no web or e-mail address such as https://example.org/bot or you@example.org")
    return printed


def _read(kind: type, value: object) -> object:
    if kind is not Duration:
        raise NotImplementedError(kind)
    if not isinstance(value, str):
        raise ValueError("expected a duration in quotes such as 30s, 10m, 1h30m or 7d")
    span = parse_duration(value)
    if span <= timedelta(0):
        raise ValueError("a duration must be longer than nothing")
    return span


_WORDS = {
    "`str` matching regex '^https?://[^/]'": "a web address, with https:// or http://",
    "`str`": "text in quotes",
    "`int`": "a whole number",
    "`float`": "a number",
    "`bool`": "true or false",
    "`object`": "a table",
    "`array` of length >= 1": "a list that is not empty",
    "`array`": "a list",
    "`date`": "a day such as 2026-01-31 without quotes",
    "`datetime`": "a point in time",
    " | `null`": "",
}
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_NO_CHOICE = re.compile(r"Invalid enum value (?P<value>.*)")
_WHERE = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?\$\.?(?P<where>.*)`)?", re.DOTALL)


def _explain(error: str, kind: type, key: str) -> str:
    """What msgspec says of a wrong value, in words for whoever wrote the file: key, and what is allowed there."""
    match = _WHERE.fullmatch(error)
    what, where = (match["what"], match["where"] or "") if match else (error, "")
    place = ".".join(part for part in (key, where) if part)
    if unknown := _UNKNOWN.fullmatch(what):
        name = ".".join(part for part in (place, unknown["name"]) if part)
        return f"there is no setting {name}; allowed here: {', '.join(_allowed(kind, where))}"
    if missing := _MISSING.fullmatch(what):
        return f"{place}.{missing['name']} must be given"
    if choice := _NO_CHOICE.fullmatch(what):
        return f"{place}: there is no {choice['value']}; allowed: {', '.join(_allowed(kind, where))}"
    for name, word in _WORDS.items():
        what = what.replace(name, word)
    return f"{place or 'the file'}: {what[:1].lower()}{what[1:]}"


def _allowed(kind: Any, where: str) -> tuple[str, ...]:
    """What may stand at ``where`` below ``kind``: keys of a table, or the values of a choice."""
    for part in filter(None, where.split(".")):
        kind = _without_none(get_type_hints(_without_none(kind), include_extras=False)[part])
    if isinstance(kind, type) and issubclass(kind, Struct):
        return tuple(field.encode_name for field in msgspec.structs.fields(kind))
    return tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()


def _without_none(kind: Any) -> Any:
    """The one type of ``kind | None``."""
    return next((part for part in get_args(kind) if isinstance(part, type) and part is not type(None)), kind)

"""The ``Sitemap`` channel: sitemaps and sitemap indexes (sitemaps.org protocol 0.9), with the times of news sitemaps
(Google News sitemap 0.9). Pure: bytes in, links out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsarchive.extraction.coding import CannotDecode, undo_coding
from newsarchive.extraction.elements import Element
from newsarchive.extraction.page import Document, absolute
from newsarchive.extraction.times import last_day_of_month, parse_iso
from newsarchive.extraction.xml_tree import BrokenXml, local_name, parse_xml
from newsarchive.sites.channels import Listed, Listing, is_at

MAX_SITEMAP_BYTES = 50 * 1024 * 1024
"""The most a sitemap may have without its compression, by the protocol."""

MAX_ENTRIES = 50_000
"""The most entries a sitemap or an index may have, by the protocol; what follows is left out."""

_GZIP_MAGIC = b"\x1f\x8b"
_PRINTED_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_NAMED_MONTH = re.compile(
    r"(?<!\d)(20\d{2})(?:[-_/.]|&mm=)?(0[1-9]|1[0-2])(?:(?:[-_/.]|&dd=)?(0[1-9]|[12]\d|3[01]))?(?!\d)"
)
"""A month or a day in the name of a file. A year alone is not taken for one: it may be the number of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """Sitemaps or sitemap indexes at ``paths``, XML, plain text or either in gzip; ``timezone``: whose days are meant.

    When no days are asked for, it lists what was published or changed in the last ``recent_days`` before it was
    fetched; a link that gives no time is always listed. Of an index only the files that can hold such links are gone
    into, newest first and ``max_files`` at most: those whose ``lastmod`` and name allow it. ``file``: what the paths of
    the files of an index look like.
    """

    name: str
    paths: tuple[str, ...]
    timezone: str
    recent_days: int = 7
    max_files: int = 500
    file: str = r".*sitemap.*\.(?:xml|txt)(?:\.gz)?"

    def starts(self, base_url: str, since: date | None, until: date | None) -> Iterator[str]:
        """Every path; what it lists says of which day it is."""
        return (base_url + path for path in self.paths)

    def lists(self, url: str, base_url: str) -> bool:
        """Whether ``url`` is one of the paths, or looks like a file of an index."""
        if is_at(url, base_url, self.paths):
            return True
        try:
            found, home = urlsplit(url), urlsplit(base_url)
        except ValueError:
            return False
        return found.netloc == home.netloc and re.fullmatch(self.file, found.path, re.IGNORECASE) is not None

    def read(self, document: Document, since: date | None = None, until: date | None = None) -> Listing:
        """The articles of a sitemap, or the files of an index as further pages.

        ``at`` of a link is the publication date of a news sitemap, ``changed_at`` its ``lastmod``, where they are given
        to the minute. Raises ``ValueError`` when the document is no sitemap.
        """
        zone = ZoneInfo(self.timezone)
        if changed_too := since is None or until is None:
            until = document.captured_at.astimezone(zone).date()
            since = until - timedelta(days=self.recent_days)
            # The clock of the server may be ahead, and what it published after this was fetched is wanted too.
            until += timedelta(days=1)
        days = _Days(since, until, changed_too)
        sitemap = _parse(_unpacked(document.body), document.url, zone)
        doubts = list(sitemap.doubts)
        if not sitemap.entries:
            doubts.append("the sitemap lists nothing")
        if not sitemap.is_index:
            links = (entry.link for entry in sitemap.entries if days.may_include(entry))
            return Listing(links=tuple(dict.fromkeys(links)), doubts=tuple(doubts))
        wanted = [entry for entry in sitemap.entries if days.may_be_in(entry)]
        # Those without a date come last: nothing says that they are new.
        wanted.sort(key=lambda entry: entry.newest or date.min, reverse=True)
        if len(wanted) > self.max_files:
            doubts.append(f"the index lists {len(wanted)} files that are wanted; the newest {self.max_files} are read")
        files = dict.fromkeys(entry.url for entry in wanted[: self.max_files])
        return Listing(links=(), more=tuple(files), doubts=tuple(doubts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dated:
    """A time as a sitemap gives it, to the year, month, day or better: the days it may mean, and the time if it is
    one."""

    first: date
    last: date
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    url: str
    published: _Dated | None
    changed: _Dated | None

    @property
    def link(self) -> Listed:
        return Listed(
            url=self.url,
            at=self.published.at if self.published else None,
            changed_at=self.changed.at if self.changed else None,
        )

    @property
    def newest(self) -> date | None:
        """The newest day that it speaks of."""
        named = _named_days(self.url)
        return self.changed.last if self.changed else named[1] if named else None


@dataclass(frozen=True, slots=True)
class _Days:
    """The days wanted: what was published in them and, with ``changed_too``, what was changed since the first."""

    since: date
    until: date
    changed_too: bool

    def may_include(self, entry: _Entry) -> bool:
        """Whether it may have been published, or changed, in these days. Nothing is published after its last change."""
        changed_since = entry.changed is not None and self.since <= entry.changed.last
        if entry.published is None:
            return changed_since or entry.changed is None
        return self._meet(entry.published.first, entry.published.last) or (self.changed_too and changed_since)

    def may_be_in(self, file: _Entry) -> bool:
        """Whether a file of an index may hold such entries, by its last change and its name."""
        named = _named_days(file.url)
        # Of what an old month published something may have changed today.
        by_name = named is None or (self.changed_too and file.changed is not None) or self._meet(*named)
        return by_name and self.may_include(file)

    def _meet(self, first: date, last: date) -> bool:
        return first <= self.until and self.since <= last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sitemap:
    is_index: bool
    entries: tuple[_Entry, ...]
    doubts: tuple[str, ...]


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP_MAGIC):
        return body
    try:
        unpacked, problems = undo_coding(body, "gzip", max_bytes=MAX_SITEMAP_BYTES)
    except CannotDecode as error:
        raise ValueError(f"the sitemap cannot be unpacked: {error.problem.message}") from None
    if problems:
        raise ValueError(f"the sitemap cannot be unpacked: {problems[0].message}")
    return unpacked


def _parse(body: bytes, url: str, zone: ZoneInfo) -> _Sitemap:
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"http://", b"https://")):
        return _parse_text(body, url)
    try:
        root = parse_xml(body)
    except BrokenXml as error:
        raise ValueError(f"the document is no sitemap: {error}") from None
    kind = local_name(root)
    if kind not in {"urlset", "sitemapindex"}:
        raise ValueError(f"the document is no sitemap: its root element is {kind}")
    is_index = kind == "sitemapindex"
    children = [child for child in root if local_name(child) == ("sitemap" if is_index else "url")]
    entries = [entry for child in children[:MAX_ENTRIES] if (entry := _read_entry(child, url, zone))]
    return _checked(is_index, entries, url, found=len(children))


def _parse_text(body: bytes, url: str) -> _Sitemap:
    """A sitemap in plain text: one address a line."""
    lines = body.decode("utf-8-sig", "replace").split()
    addresses = [address for line in lines[:MAX_ENTRIES] if (address := absolute(url, line))]
    entries = [_Entry(url=address, published=None, changed=None) for address in addresses]
    return _checked(False, entries, url, found=len(lines))


def _checked(is_index: bool, entries: list[_Entry], url: str, *, found: int) -> _Sitemap:
    doubts = []
    if found > MAX_ENTRIES:
        doubts.append(f"the sitemap has {found} entries, more than {MAX_ENTRIES}; those after them are left out")
    if unusable := min(found, MAX_ENTRIES) - len(entries):
        doubts.append(f"{unusable} of {found} entries have no address")
    if is_index:
        # By the protocol the files of an index are on its own host; a crawl of a site does not leave it.
        here = [entry for entry in entries if urlsplit(entry.url).netloc == urlsplit(url).netloc]
        if len(here) < len(entries):
            doubts.append(f"{len(entries) - len(here)} of {found} files of the index are on another host")
        entries = here
    return _Sitemap(is_index=is_index, entries=tuple(entries), doubts=tuple(doubts))


def _read_entry(element: Element, url: str, zone: ZoneInfo) -> _Entry | None:
    said: dict[str, str] = {}
    for child in element.iter():
        name = local_name(child)
        # The address of a picture or a video is a "loc" too, within an element of its own.
        if name == "publication_date" or (name in {"loc", "lastmod"} and child.getparent() is element):
            said.setdefault(name, (child.text or "").strip())
    address = absolute(url, said.get("loc"))
    if address is None:
        return None
    published, changed = (_read_date(said.get(name), zone) for name in ("publication_date", "lastmod"))
    return _Entry(url=address, published=published, changed=changed)


def _read_date(text: str | None, zone: ZoneInfo) -> _Dated | None:
    """A W3C date (https://www.w3.org/TR/NOTE-datetime): a year, a month, a day or a time."""
    if not text:
        return None
    if (at := parse_iso(text, zone)) is not None:
        day = at.astimezone(zone).date()
        return _Dated(first=day, last=day, at=at)
    printed = _PRINTED_DAY.fullmatch(text)
    days = _days(*printed.groups()) if printed else None
    return _Dated(first=days[0], last=days[1], at=None) if days else None


def _named_days(url: str) -> tuple[date, date] | None:
    parts = urlsplit(url)
    named = _NAMED_MONTH.search(f"{parts.path}?{parts.query.replace('yyyy=', '')}")
    return _days(*named.groups()) if named else None


def _days(year: str, month: str | None, day: str | None) -> tuple[date, date] | None:
    """The first and last day of a day, a month or a year; ``None`` for one that is in no calendar."""
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if day:
        return first, first
    return first, last_day_of_month(first if month else first.replace(month=12))

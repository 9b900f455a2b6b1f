"""Channels: the places where a site lists its articles, and how each is read. Pure: documents in, links out.

A channel says where to begin (``starts``) and what a fetched document lists (``read``). What it cannot read it says:
a document that is not what the channel expects raises ``ValueError``, one that is so in part carries ``doubts``.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Protocol
from urllib.parse import parse_qsl, urldefrag, urlsplit
from xml.sax import SAXException  # only the exception that feedparser reports; nothing is parsed by it
from zoneinfo import ZoneInfo

import feedparser

from newsarchive.extraction.elements import Element, classes_of, text_of, with_class
from newsarchive.extraction.page import Document, Page, absolute, parse
from newsarchive.extraction.times import find_times, parse_period
from newsarchive.model.capture import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One link a channel declares: absolute ``url``, when it says the article was published (``at``) and when it was
    last changed, if it says so."""

    url: str
    at: Instant | None = None
    changed_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one document of a channel says.

    ``links`` it declares, in its order; ``more``: addresses of its further pages; ``total``: the number of links it
    announces for all pages together, where it does; ``doubts``: what is odd about it, for people; ``broken``: why links
    may be missing that it was meant to have, ``None`` where it is whole.
    """

    links: tuple[Listed, ...]
    more: tuple[str, ...] = ()
    total: int | None = None
    doubts: tuple[str, ...] = ()
    broken: str | None = None


class Channel(Protocol):
    """A place where a site lists articles."""

    @property
    def name(self) -> str:
        """Stable name, used in the funnel of a run."""
        ...

    def starts(self, base_url: str, since: date | None, until: date | None) -> Iterator[str]:
        """The addresses to begin with, newest first.

        ``since`` and ``until``, both inclusive and given together or not at all, ask for the articles of these days;
        a channel that cannot tell days apart then has nothing to offer.
        """
        ...

    def lists(self, url: str, base_url: str) -> bool:
        """Whether ``url`` is the address of a page of this channel, whenever it was: one to begin with, of any day,
        or a further page of it. ``base_url`` is where the site is, as for ``starts``."""
        ...

    def read(self, document: Document, since: date | None = None, until: date | None = None) -> Listing:
        """What one fetched document lists. Raises ``ValueError`` when it is not what the channel expects, and
        ``Unreadable`` when a page is expected and it cannot be parsed.

        A channel whose documents lead to further ones of other days leaves out those that hold nothing of the days
        asked for.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RssFeed:
    """RSS or Atom feeds at ``paths``: links with their publication times."""

    name: str
    paths: tuple[str, ...]

    def starts(self, base_url: str, since: date | None, until: date | None) -> Iterator[str]:
        """Every feed; its links carry times, so that days can be told apart afterwards."""
        return (base_url + path for path in self.paths)

    def lists(self, url: str, base_url: str) -> bool:
        """Whether ``url`` is one of the feeds."""
        return is_at(url, base_url, self.paths)

    def read(self, document: Document, since: date | None = None, until: date | None = None) -> Listing:
        """Links and times of the entries. Raises ``ValueError`` when the document is no feed."""
        # Handed over as a file: feedparser takes a string for an address or a file name first.
        feed = feedparser.parse(BytesIO(document.body), resolve_relative_uris=False, sanitize_html=False)
        if not feed.get("version"):
            raise ValueError("the document is no RSS or Atom feed")
        entries = ((absolute(document.url, entry.get("link")), _entry_time(entry)) for entry in feed.entries)
        links = tuple(Listed(url=url, at=at) for url, at in entries if url)
        doubts, broken = [], None
        if feed.bozo and isinstance(feed.bozo_exception, SAXException):
            broken = f"the feed is no XML: {feed.bozo_exception}"
        elif feed.bozo:
            doubts.append(f"the feed is malformed: {feed.bozo_exception}")
        if not links:
            doubts.append("the feed lists nothing")
        return Listing(links=links, doubts=tuple(doubts), broken=broken)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPages:
    """Front and section pages at ``paths``: every link on them, without times."""

    name: str
    paths: tuple[str, ...]

    def starts(self, base_url: str, since: date | None, until: date | None) -> Iterator[str]:
        """Every page, or none when days are asked for: a section page shows today and does not say so."""
        return (base_url + path for path in self.paths if since is None)

    def lists(self, url: str, base_url: str) -> bool:
        """Whether ``url`` is one of the pages."""
        return is_at(url, base_url, self.paths)

    def read(self, document: Document, since: date | None = None, until: date | None = None) -> Listing:
        """All links of the page, in page order. Raises ``ValueError`` when it has none."""
        page = parse(document)
        urls = dict.fromkeys(url for link in page.tree.iter("a") if (url := page.absolute(link.get("href"))))
        if not urls:
            raise ValueError("the page has no links")
        return Listing(links=tuple(Listed(url=url) for url in urls))


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """A page made for people that lists the articles of now, at ``path``: the links in its content.

    What stands in its head, menu and foot is none of them. A time printed in the same list item, row or paragraph as
    a link is the link's, on the clocks of ``timezone``.
    """

    name: str
    path: str
    timezone: str
    least_links: int = 10
    """With fewer links in its content the page is not the overview it was."""

    def starts(self, base_url: str, since: date | None, until: date | None) -> Iterator[str]:
        """The page, or none when days are asked for: it shows those of now alone."""
        return iter((base_url + self.path,) if since is None else ())

    def lists(self, url: str, base_url: str) -> bool:
        """Whether ``url`` is the page."""
        return is_at(url, base_url, (self.path,))

    def read(self, document: Document, since: date | None = None, until: date | None = None) -> Listing:
        """The links of the content with their times, in page order, each once. Raises ``ValueError`` when they are
        fewer than there should be."""
        page, zone = parse(document), ZoneInfo(self.timezone)
        links: dict[str, Listed] = {}
        for link in page.tree.iter("a"):
            url = page.absolute(link.get("href"))
            url = urldefrag(url).url if url else None
            if url and url != document.url and next(link.iterancestors(*_AROUND_CONTENT), None) is None:
                listed = Listed(url=url, at=_printed_time(next(link.iterancestors("li", "tr", "p"), link), zone))
                if url not in links or links[url].at is None:
                    links[url] = listed
        if len(links) < self.least_links:
            raise ValueError(f"the overview shows {len(links)} links, fewer than {self.least_links}")
        return Listing(links=tuple(links.values()))


_AROUND_CONTENT = ("header", "nav", "footer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePages:
    """One listing per day at ``path``, where ``{day}`` stands for the ISO date, with further pages.

    Links are the ``a`` elements of class ``link_class`` (any of them); the time of a link is the
    ``data-teaserdate`` (epoch seconds) of an element around it, else what is printed in it, on the clocks of
    ``timezone``. ``total_class`` marks the announced number of links, ``paging_class`` the box with further pages,
    ``period_class`` the heading that says which days the page lists.

    ``filters``: the sections wanted, each asked for by ``filter_query`` behind the path; all of them when empty.
    Some archives answer the first day of a month with the whole month. That is no fault: every link is one, whatever
    day stands beside it.
    """

    name: str
    path: str
    timezone: str
    link_class: tuple[str, ...]
    total_class: str
    paging_class: str
    period_class: str | None = None
    filters: tuple[str, ...] = ()
    filter_query: str = "&filter={filter}"

    def starts(self, base_url: str, since: date | None, until: date | None) -> Iterator[str]:
        """The page of every day asked for, newest first, or one for each filter; none when no days are asked for."""
        if since is not None and until is not None:
            for back in range((until - since).days + 1):
                page = base_url + self.path.format(day=(until - timedelta(days=back)).isoformat())
                yield page if not self.filters else page + self.filter_query.format(filter=self.filters[0])
                yield from (page + self.filter_query.format(filter=name) for name in self.filters[1:])

    def lists(self, url: str, base_url: str) -> bool:
        """Whether ``url`` is the page of a day, of any filter, or a further page of one."""
        return self._day_asked(url, base_url) is not None

    def _day_asked(self, url: str, base_url: str | None = None) -> date | None:
        """The day whose page is at ``url``; ``None`` when none is. Without ``base_url`` on whatever host."""
        found = _address(url)
        wanted = _address((base_url or "") + self.path.format(day=_ANY_DAY))
        if found is None or wanted is None or (base_url is not None and found.host != wanted.host):
            return None
        pattern = re.escape(wanted.path).replace(re.escape(_ANY_DAY), r"(\d{4}-\d{2}-\d{2})")
        in_path = re.fullmatch(pattern, found.path)
        if in_path is None:
            return None
        asked = list(in_path.groups())
        for name, value in wanted.query.items():
            if value == _ANY_DAY:
                asked.append(found.query.get(name, ""))
            elif found.query.get(name) != value:
                return None
        try:
            return date.fromisoformat(asked[0])
        except (IndexError, ValueError):
            return None

    def read(self, document: Document, since: date | None = None, until: date | None = None) -> Listing:
        """Links, times, further pages and announced total. A page that says it lists other days than the one its
        address asks for is doubted.

        Raises ``ValueError`` when the page shows neither links nor a total, or announces links and shows none.
        """
        page = parse(document)
        links = tuple(self._links(page))
        total = self._total(page)
        if not links and total is None:
            raise ValueError("the page has no archive listing")
        if not links and total:
            raise ValueError(f"the page announces {total} links and shows none that can be read")
        more = dict.fromkeys(
            url
            for box in page.tree.iter("div")
            if self.paging_class in classes_of(box)
            for link in box.iter("a")
            if (url := page.absolute(link.get("href"))) and url != document.url
        )
        undated = sum(link.at is None for link in links)
        doubts = [f"{undated} of {len(links)} links have no readable time"] if undated else []
        asked, period = self._day_asked(document.url), self._period(page)
        if asked is not None and period is not None and not period[0] <= asked <= period[1]:
            doubts.append(f"the page asked for {asked} lists {period[0]} to {period[1]}")
        return Listing(links=links, more=tuple(more), total=total, doubts=tuple(doubts))

    def _links(self, page: Page) -> Iterator[Listed]:
        wanted = set(self.link_class)
        zone = ZoneInfo(self.timezone)
        seen = set()
        for link in page.tree.iter("a"):
            url = page.absolute(link.get("href"))
            if url and wanted & classes_of(link) and url not in seen:
                seen.add(url)
                yield Listed(url=url, at=_link_time(link, zone))

    def _period(self, page: Page) -> tuple[date, date] | None:
        heading = next(with_class(page.tree, self.period_class), None) if self.period_class else None
        return parse_period(text_of(heading) or "") if heading is not None else None

    def _total(self, page: Page) -> int | None:
        for element in page.tree.iter("span"):
            if self.total_class in classes_of(element):
                digits = "".join(filter(str.isdecimal, text_of(element) or ""))
                return int(digits) if digits else None
        return None


@dataclass(frozen=True, slots=True)
class _Address:
    """An address as listings are told apart: its ``path`` without a last slash, its ``query`` by name. Whether it was
    asked for by http or https is the same."""

    host: str
    path: str
    query: dict[str, str]


# Stands for the day in an address that is compared with others; no day is called so.
_ANY_DAY = "any-day"


def _address(url: str) -> _Address | None:
    """The parts of ``url``; ``None`` when it is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return _Address(parts.netloc, parts.path.rstrip("/"), dict(parse_qsl(parts.query, keep_blank_values=True)))


def is_at(url: str, base_url: str, paths: tuple[str, ...]) -> bool:
    """Whether ``url`` is the address of one of ``paths``, whatever its scheme, fragment or last slash."""
    found = _address(url)
    return found is not None and any(found == _address(base_url + path) for path in paths)


def _entry_time(entry: feedparser.FeedParserDict) -> datetime | None:
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None


def _link_time(link: Element, zone: ZoneInfo) -> datetime | None:
    for element in (link, *link.iterancestors("div", "li", "article")):
        epoch = element.get("data-teaserdate")
        if epoch:
            try:
                return datetime.fromtimestamp(int(epoch), UTC)
            except (ValueError, OverflowError, OSError):
                break
    return _printed_time(link, zone)


def _printed_time(element: Element, zone: ZoneInfo) -> datetime | None:
    return next((printed.at for printed in find_times(text_of(element) or "", zone)), None)

"""What a crawl is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsarchive.errors import UsageError
from newsarchive.sites.site import Site

Recrawl = Literal["no", "yes", "only"]
"""Whether known pages that are due are looked at again: not, beside what is new, or nothing but these."""

RECRAWLS: tuple[Recrawl, ...] = ("no", "yes", "only")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOrder:
    """Which ``site``, which days (``since`` to ``until``, both inclusive, together or not at all), and at most how many
    article pages (``limit``); whether known pages are looked at again (``recrawl``), links inside articles followed
    (``follow_links``), pictures archived too (``with_images``), and whether listings of days long over are asked for
    ``again`` although the collection holds them."""

    site: Site
    since: date | None = None
    until: date | None = None
    limit: int | None = None
    recrawl: Recrawl = "no"
    follow_links: bool = False
    with_images: bool = False
    again: bool = False

    @classmethod
    def of(
        cls,
        site: Site,
        *,
        now: datetime,
        base_url: str | None = None,
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
        recrawl: Recrawl | None = None,
        follow_links: bool = False,
        with_images: bool = False,
        again: bool = False,
    ) -> Self:
        """An order with what was not said filled in: ``until`` is the day of ``now``, and known pages are looked at
        again unless certain days are asked for. Raises ``UsageError`` for what makes no sense.
        """
        if base_url:
            parts = urlsplit(base_url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise UsageError(message=f"--base-url {base_url}: not an address such as {site.base_url}.")
            site = site.at(base_url)
        if since is None and until is not None:
            raise UsageError(message="--until needs --since, the first day wanted.")
        if since is not None and until is None:
            until = now.astimezone(ZoneInfo(site.timezone)).date()
        if since is not None and until is not None and since > until:
            raise UsageError(message=f"--since {since} lies after {until}, the last day wanted.")
        if since is not None and recrawl == "only":
            raise UsageError(message="--recrawl-due looks at known pages whatever their day; it goes without --since.")
        return cls(
            site=site,
            since=since,
            until=until,
            limit=limit,
            recrawl=recrawl or ("yes" if since is None else "no"),
            follow_links=follow_links,
            with_images=with_images,
            again=again,
        )

    @classmethod
    def parse(cls, site: Site, words: Mapping[str, str | None], *, now: datetime) -> Self:
        """Read what users write: ISO days, a number, an address, yes or no. Raises ``UsageError``."""
        unknown = sorted(words.keys() - _WORDS)
        if unknown:
            # Scrapy would take any name, and a misspelt base_url would send the crawl to the live site.
            raise UsageError(message=f"a crawl of a news site has no argument {', '.join(unknown)}.")
        return cls.of(
            site,
            now=now,
            base_url=words.get("base_url"),
            since=_read_day("since", words.get("since")),
            until=_read_day("until", words.get("until")),
            limit=_read_limit(words.get("limit")),
            recrawl=_read_recrawl(words.get("recrawl")),
            follow_links=_read_choice("follow-links", words.get("follow_links")),
            with_images=_read_choice("with-images", words.get("with_images")),
            again=_read_choice("again", words.get("again")),
        )

    @property
    def host(self) -> str:
        """Name or IP address of the host that is crawled."""
        return urlsplit(self.site.base_url).hostname or ""

    def wants(self, at: datetime | None) -> bool:
        """Whether an article of this time is wanted; one without a time is."""
        if at is None or self.since is None or self.until is None:
            return True
        return self.since <= at.astimezone(ZoneInfo(self.site.timezone)).date() <= self.until


_WORDS = frozenset({"base_url", "since", "until", "limit", "recrawl", "follow_links", "with_images", "again"})


def _read_day(name: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(message=f"--{name} {text}: not a day of the form 2026-01-31.") from None


def _read_limit(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(message=f"--limit {text}: not a number of pages.")
    return int(text)


def _read_recrawl(text: str | None) -> Recrawl | None:
    if text and text not in RECRAWLS:
        raise UsageError(message=f"recrawl={text}: none of {', '.join(RECRAWLS)}.")
    return next((choice for choice in RECRAWLS if choice == text), None)


def _read_choice(name: str, text: str | None) -> bool:
    if text and text not in {"yes", "no"}:
        raise UsageError(message=f"--{name} {text}: neither yes nor no.")
    return text == "yes"

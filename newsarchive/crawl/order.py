"""What a crawl is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsarchive.errors import UsageError
from newsarchive.sites.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOrder:
    """Which ``site``, which days (``since`` to ``until``, both inclusive, together or not at all), and at most how many
    article pages (``limit``)."""

    site: Site
    since: date | None = None
    until: date | None = None
    limit: int | None = None

    @classmethod
    def parse(
        cls, site: Site, *, base_url: str | None, since: str | None, until: str | None, limit: str | None, now: datetime
    ) -> Self:
        """Read what users write: ISO days, a number, an address. ``until`` is the day of ``now`` if not given.

        Raises ``UsageError`` for what makes no sense.
        """
        if base_url:
            parts = urlsplit(base_url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise UsageError(message=f"--base-url {base_url}: not an address such as {site.base_url}.")
            site = site.at(base_url)
        first, last = _read_day("since", since), _read_day("until", until)
        if first is None and last is not None:
            raise UsageError(message="--until needs --since, the first day wanted.")
        if first is not None and last is None:
            last = now.astimezone(ZoneInfo(site.timezone)).date()
        if first is not None and last is not None and first > last:
            raise UsageError(message=f"--since {first} lies after {last}, the last day wanted.")
        return cls(site=site, since=first, until=last, limit=_read_limit(limit))

    @property
    def host(self) -> str:
        """Name or IP address of the host that is crawled."""
        return urlsplit(self.site.base_url).hostname or ""

    def wants(self, at: datetime | None) -> bool:
        """Whether an article of this time is wanted; one without a time is."""
        if at is None or self.since is None or self.until is None:
            return True
        return self.since <= at.astimezone(ZoneInfo(self.site.timezone)).date() <= self.until


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

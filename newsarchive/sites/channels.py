"""Channels: the places where a site lists its articles, and how each is read. Pure: pages in, links out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from newsarchive.extraction.page import Page
from newsarchive.model.capture import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One link a channel declares: absolute ``url`` and the time printed beside it, if any."""

    url: str
    at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one page of a channel says: the links it declares and the addresses of its further pages."""

    links: tuple[Listed, ...]
    more: tuple[str, ...] = ()


class Channel(Protocol):
    """A place where a site lists articles."""

    @property
    def name(self) -> str:
        """Stable name, used in the funnel of a run."""
        ...

    def starts(self, base_url: str, since: date | None, until: date | None) -> Iterator[str]:
        """The addresses to begin with; ``since`` and ``until`` (both inclusive) matter to dated channels only."""
        ...

    def read(self, page: Page) -> Listing:
        """The links of one fetched page. Raises ``ValueError`` when the page is not what the channel expects."""
        ...

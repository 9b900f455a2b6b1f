"""A site whose reader differs from the real one, as after an upgrade; importable by the processes that read pages."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from newsarchive.model.article import Problem
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site
from newsarchive.sites.tagesschau import E3Reader

SPRING = datetime(2026, 3, 2, 12, tzinfo=UTC)
_BEGUN_S = time.monotonic()


class ShoutingReader(E3Reader):
    """Reads headlines in capitals."""

    def headline(self) -> str | None:
        headline = super().headline()
        return headline and headline.upper()


class LosingReader(E3Reader):
    """Takes articles about the town hall for none."""

    def no_article(self) -> Problem | None:
        if "rathaus" in self.page.url:
            return Problem(code="lost", message="It was lost.")
        return super().no_article()


class DeadlyReader(E3Reader):
    """Never comes to an end with some pages, and takes all memory for others."""

    def headline(self) -> str | None:
        headline = super().headline()
        if "Neuer Anlauf" in (headline or ""):
            while True:
                pass
        if "wächst" in (headline or ""):
            return str(bytearray(8 * 1024**3))
        return headline


def site_read_by(reader: type[E3Reader]) -> Site:
    """tagesschau with ``reader`` for its newest layout."""
    site = get_site("tagesschau")
    return replace(site, readers=(reader, *(other for other in site.readers if other is not E3Reader)))


def at_first() -> datetime:
    """A clock that begins in spring."""
    return SPRING + timedelta(seconds=time.monotonic() - _BEGUN_S)


def much_later() -> datetime:
    """A clock that begins so much later that every page of spring is due."""
    return at_first() + timedelta(days=40)

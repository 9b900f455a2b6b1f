"""A crawl run: what was crawled when, with which versions, how it ended, and what each channel gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsarchive.model.capture import Instant
from newsarchive.model.digest import Digest

Outcome = Literal["finished", "interrupted", "limited", "failed", "recovered"]
"""How a run ended. ``recovered``: it was killed, and what it left was made whole and committed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcFile:
    """One sealed WARC of a run: path relative to the collection, its size and digest."""

    path: str
    length_bytes: int
    records: int
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """What became of the links one channel declared.

    ``declared`` counts distinct articles of this run, each at the channel that declared it first:
    ``declared = known + fetched + failed + skipped`` and ``fetched = extracted + no_article``. Skipped are those
    that were not wanted: outside the days asked for, beyond the limit, disallowed by robots.txt, left over when the
    crawl was stopped.
    """

    channel: str
    declared: int = 0
    known: int = 0
    fetched: int = 0
    extracted: int = 0
    no_article: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRun:
    """One execution with one id; a crawl is committed when this record is on disk.

    ``ended_at`` is when it was committed, so for a recovered run when it was recovered: the order of these times is the
    order in which revisions were numbered.
    """

    format: int = 1
    run: str
    site: str
    base_url: str
    started_at: Instant
    ended_at: Instant
    outcome: Outcome
    reason: str
    versions: dict[str, str]
    settings: dict[str, str | int | float | bool | None]
    warcs: tuple[WarcFile, ...]
    articles_file: str | None
    captures: int
    articles: int
    problems: dict[str, int]
    funnel: tuple[Funnel, ...]

"""A crawl run: what was crawled when, with which versions, how it ended, and what each channel gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from newsarchive.model.capture import Instant
from newsarchive.model.digest import Digest
from newsarchive.model.finding import Finding

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
    """What became of the articles that one channel declared for one day.

    ``day`` is that of the time printed beside the link, on the clocks of the site, else that of the run; ``None`` where
    it was not kept. ``declared`` counts distinct articles of this run, each at the channel that declared it first:
    ``declared = known + fetched + not_modified + gone + failed + skipped`` and ``fetched = extracted + no_article``.
    Gone are those that were removed or moved away. Skipped are those that were not wanted: outside the days asked for,
    beyond the limit, disallowed by robots.txt, left over when the crawl was stopped. ``reasons`` says by code why
    articles are counted under ``no_article``, ``gone``, ``failed`` or ``skipped``.

    Two names are of no channel: ``recrawl`` (known articles that were due) and ``left`` (links that earlier runs could
    not end).
    """

    channel: str
    day: date | None = None
    declared: int = 0
    known: int = 0
    fetched: int = 0
    not_modified: int = 0
    extracted: int = 0
    no_article: int = 0
    gone: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def count_collected(funnel: Iterable[Funnel]) -> tuple[int, int]:
    """(collected, wanted) of the articles that the channels of a run declared.

    Collected are those read now or before, also those that turned out to hold no article or to be gone: the archive
    can have no more of them. Skipped links of days that were not asked for were not wanted, and known articles that
    were due for another look were not declared, so neither count.
    """
    rows = tuple(row for row in funnel if row.channel != "recrawl")
    collected = sum(row.known + row.fetched + row.not_modified + row.gone for row in rows)
    return collected, collected + sum(row.failed + row.skipped - row.reasons.get("not-wanted", 0) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRun:
    """One execution with one id; a crawl is committed when this record is on disk.

    ``ended_at`` is when it was committed, so for a recovered run when it was recovered: the order of these times is the
    order in which revisions were numbered.

    ``articles`` counts lines, ``revised`` those of them that are a later revision than the first; ``removed`` articles
    went from the site and ``returned`` to it; ``received_bytes`` came over the wire (0 where that is not known, after a
    recovery). ``findings`` say what is wrong with the run as a whole. ``generation`` is the one its lines were written
    into.
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
    findings: tuple[Finding, ...] = ()
    revised: int = 0
    removed: int = 0
    returned: int = 0
    received_bytes: int = 0
    generation: int = 1

    @property
    def is_import(self) -> bool:
        """Whether it took in captures that others made, at other times than its own."""
        return self.settings.get("import") == "warc"

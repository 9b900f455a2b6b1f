"""Revisions: an article's text as distinct from the one before, and sightings of pages that brought no new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from newsarchive.model.article import Article
from newsarchive.model.capture import Instant
from newsarchive.model.digest import Digest

_EDITORIAL: dict[str, Callable[[Any], object]] = {
    "label": lambda label: label,
    "topline": lambda topline: topline,
    "headline": lambda headline: headline,
    "lead": lambda lead: lead,
    "authors": lambda authors: [byline.raw for byline in authors],
    "body": lambda body: [
        (block.kind, block.text, block.level, block.items, block.rows, block.title, block.url) for block in body
    ],
    "media": lambda media: [(item.kind, item.role, item.title, item.raw) for item in media],
    "images": lambda images: [(image.role, image.alt, image.caption, image.credit) for image in images],
    "updates": lambda updates: [(update.id, update.time_raw, update.heading, update.text) for update in updates],
    "corrections": lambda corrections: corrections,
}
"""What of each field an editor wrote: what the content digest covers, in the order of the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision of one article: what the catalog knows of a line in ``articles/``.

    ``run`` wrote it, ``changed`` names the editorial fields that differ from the revision before (none for the first).
    """

    article_id: str
    revision: int
    url: str
    content_digest: Digest
    run: str
    captured_at: Instant
    stand: Instant | None
    headline: str | None
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A capture that was read and brought no new revision.

    Either the article unchanged (``article_id`` and ``revision`` say which), or no article (``reason`` is the code
    of the problem that says why).
    """

    url: str
    record_id: str
    captured_at: Instant
    article_id: str | None = None
    revision: int | None = None
    reason: str | None = None


def compare(old: Article, new: Article) -> tuple[str, ...]:
    """The editorial fields in which ``new`` differs from ``old``, in the order of the record.

    Looks at what the content digest covers and at nothing else: a new player token or teaser changes no field.
    """
    return tuple(
        name for name, written in _EDITORIAL.items() if written(getattr(old, name)) != written(getattr(new, name))
    )

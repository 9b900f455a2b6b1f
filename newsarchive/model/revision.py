"""Revisions: an article's text as distinct from the one before, and sightings of pages that brought no new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from newsarchive.model.article import Article, Block
from newsarchive.model.capture import Instant
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import to_line


def _written(blocks: tuple[Block, ...]) -> list[object]:
    """What blocks say: pictures and players are described in their own fields."""
    return [
        (block.kind, block.text, block.level, block.items, block.rows, block.title, block.url)
        for block in blocks
        if block.ref is None
    ]


_EDITORIAL: dict[str, Callable[[Any], object]] = {
    "label": lambda label: label,
    "topline": lambda topline: topline,
    "headline": lambda headline: headline,
    "lead": lambda lead: lead,
    "authors": lambda authors: [byline.raw for byline in authors],
    "body": _written,
    "media": lambda media: [(item.kind, item.role, item.title, item.raw) for item in media],
    "images": lambda images: [(image.role, image.alt, image.caption, image.credit) for image in images],
    "updates": lambda updates: [
        (update.id, update.time_raw, update.heading, update.text, _written(update.parts)) for update in updates
    ],
    "corrections": lambda corrections: corrections,
}
"""What of each field an editor wrote: what the content digest covers, in the order of the record.

Left out on purpose: all times (the Stand may move over an unchanged text), teasers, tags, SEO title and description,
the place of a picture or player between paragraphs, and the addresses, sizes and tokens of pictures and streams. They
change without an edit of what is said.
"""


GONE = frozenset({"http-404", "http-410", "moved-away", "moved", "depublished"})
"""Reasons why a page is not, or not any more, at its address."""


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

    - ``article_id`` and ``revision``: the article, unchanged. After an answer 304 the capture is that answer.
    - these and ``reason``, one of ``GONE``: a removal. The article was there as that revision and is gone:
      ``http-404``, ``http-410``, ``moved-away`` (a redirect to what is no article), ``moved`` (a redirect to another
      article address) or ``depublished`` (a page that says so). A later sighting without reason, or a
      new revision, is its return.
    - ``reason`` alone: no article. The code of the problem that says why, or one of ``GONE``.
    """

    url: str
    record_id: str
    captured_at: Instant
    article_id: str | None = None
    revision: int | None = None
    reason: str | None = None

    @property
    def is_removal(self) -> bool:
        """Whether it says that an article is gone."""
        return self.article_id is not None and self.reason is not None


def compare(old: Article, new: Article) -> tuple[str, ...]:
    """The editorial fields in which ``new`` differs from ``old``, in the order of the record.

    Looks at what the content digest covers and at nothing else: a new player token or teaser changes no field.
    """
    return tuple(
        name for name, written in _EDITORIAL.items() if written(getattr(old, name)) != written(getattr(new, name))
    )


def content_digest(article: Article) -> Digest:
    """The digest over what an editor wrote: two captures with the same one say the same."""
    return Digest.of(to_line([pick(getattr(article, name)) for name, pick in _EDITORIAL.items()]))


def number(article: Article, last: Revision | None) -> tuple[Article, bool]:
    """(article with its revision number, whether it is a new revision), given the last one in the collection."""
    if last is None:
        return replace(article, revision=1), True
    is_new = last.content_digest != article.content_digest
    return replace(article, revision=last.revision + is_new), is_new

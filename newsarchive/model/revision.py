"""Revisions: an article's text as distinct from the one before, and sightings of pages that brought no new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from newsarchive.model.article import Article, Block, Update
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


def _entry(update: Update) -> tuple[object, ...]:
    return update.id, update.time_raw, update.heading, update.text, _written(update.parts)


_EDITORIAL: dict[str, Callable[[Any], object]] = {
    "label": lambda label: label,
    "topline": lambda topline: topline,
    "headline": lambda headline: headline,
    "lead": lambda lead: lead,
    "authors": lambda authors: [byline.raw for byline in authors],
    "body": _written,
    "media": lambda media: [(item.kind, item.role, item.title, item.raw) for item in media],
    "images": lambda images: [(image.role, image.alt, image.caption, image.credit) for image in images],
    "updates": lambda updates: list(map(_entry, updates)),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryName:
    """What a reader knows an entry of a live blog by."""

    id: str | None
    time_raw: str | None
    heading: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How one revision differs from an earlier one.

    ``fields``: the editorial fields that differ, in the order of the record. ``silent``: they do though the Stand,
    which both print, did not move. ``headline_only``: nothing but headline or topline. ``added``, ``removed`` and
    ``edited`` name the entries of a live blog, in the order of their page.
    """

    fields: tuple[str, ...]
    silent: bool
    headline_only: bool
    added: tuple[EntryName, ...] = ()
    removed: tuple[EntryName, ...] = ()
    edited: tuple[EntryName, ...] = ()

    @property
    def entries_only(self) -> bool:
        """Whether nothing changed but entries of a live blog."""
        return self.fields == ("updates",)


def compare(old: Article, new: Article) -> tuple[str, ...]:
    """The editorial fields in which ``new`` differs from ``old``, in the order of the record.

    Looks at what the content digest covers and at nothing else: a new player token or teaser changes no field.
    """
    return tuple(
        name for name, written in _EDITORIAL.items() if written(getattr(old, name)) != written(getattr(new, name))
    )


def changes(old: Article, new: Article) -> Changes:
    """How ``new`` differs from ``old``, an earlier revision of the same article."""
    fields = compare(old, new)
    pairs = pair_entries(old.updates, new.updates)
    return Changes(
        fields=fields,
        silent=bool(fields) and old.stand is not None and old.stand == new.stand,
        headline_only=bool(fields) and set(fields) <= {"headline", "topline"},
        added=tuple(_name(after) for before, after in pairs if before is None and after is not None),
        removed=tuple(_name(before) for before, after in pairs if before is not None and after is None),
        edited=tuple(
            _name(after)
            for before, after in pairs
            if before is not None and after is not None and _entry(before) != _entry(after)
        ),
    )


def pair_entries(old: tuple[Update, ...], new: tuple[Update, ...]) -> tuple[tuple[Update | None, Update | None], ...]:
    """Each entry of a live blog beside what it was before: those of ``new`` in their order, then the removed ones.

    An entry is the same by its id, else by time and heading, else by its text: ids can be made of the heading and
    change with it. Of several that look alike the first goes with the first.
    """
    partners: dict[int, int] = {}
    for key in _ENTRY_KEYS:
        taken = set(partners.values())
        waiting: dict[object, list[int]] = {}
        for position in reversed(range(len(old))):
            if position not in taken and (alike := key(old[position])) is not None:
                waiting.setdefault(alike, []).append(position)
        for position, entry in enumerate(new):
            if position not in partners and (candidates := waiting.get(key(entry))):
                partners[position] = candidates.pop()
    kept = set(partners.values())
    return (
        *((old[partners[position]] if position in partners else None, entry) for position, entry in enumerate(new)),
        *((entry, None) for position, entry in enumerate(old) if position not in kept),
    )


_ENTRY_KEYS: tuple[Callable[[Update], object], ...] = (
    lambda entry: entry.id,
    lambda entry: (entry.time_raw, entry.heading) if entry.time_raw or entry.heading else None,
    lambda entry: entry.text or None,
)


def _name(entry: Update) -> EntryName:
    return EntryName(id=entry.id, time_raw=entry.time_raw, heading=entry.heading)


def content_digest(article: Article) -> Digest:
    """The digest over what an editor wrote: two captures with the same one say the same."""
    return Digest.of(to_line([pick(getattr(article, name)) for name, pick in _EDITORIAL.items()]))


def number(article: Article, last: Revision | None) -> tuple[Article, bool]:
    """(article with its revision number, whether it is a new revision), given the last one in the collection."""
    if last is None:
        return replace(article, revision=1), True
    is_new = last.content_digest != article.content_digest
    return replace(article, revision=last.revision + is_new), is_new

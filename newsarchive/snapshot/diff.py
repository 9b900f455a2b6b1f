"""diff(a, b): what became of the articles between two snapshots of one site."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from newsarchive.collection.tables import stamp
from newsarchive.errors import UsageError
from newsarchive.model.article import Article
from newsarchive.model.capture import Instant
from newsarchive.model.revision import Changes, Sighting, changes
from newsarchive.model.serialize import from_json, to_line
from newsarchive.snapshot.opened import Chain
from newsarchive.warc.cdxj import Sorter

Kind = Literal["added", "revised", "removed", "returned", "reread", "absent"]
"""What became of an article from the first to the second snapshot.

- ``added``: it is new; ``absent``: it was in the first and is not in the second.
- ``revised``: it has newer revisions.
- ``removed``: it went from the site, ``returned``: it came back, by what was last seen of it in each.
- ``reread``: the same revision says something else, or in another form: another program read it.
"""

_SEPARATOR = b"\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleChange:
    """One thing that became of one article.

    ``before`` and ``after`` are the numbers of its last revision in each snapshot, 0 where it has none. ``changes``
    says how these differ, where it is ``revised`` or ``reread``; ``reason`` why it is ``removed``, ``at`` when that was
    seen.
    """

    kind: Kind
    article_id: str
    url: str
    headline: str | None
    before: int
    after: int
    changes: Changes | None = None
    reason: str | None = None
    at: Instant | None = None


def diff(old: Chain, new: Chain) -> Iterator[ArticleChange]:
    """What became of each article from ``old`` to ``new``, in order of article ids.

    Each chain is a snapshot with those it requires. Memory does not grow with them; temporary files do. Raises
    ``UsageError`` for snapshots of different sites, ``UnreadableInput`` for one that cannot be read.
    """
    sites = {snapshot.manifest.site for chain in (old, new) for snapshot in chain.snapshots}
    if len(sites) > 1:
        raise UsageError(message=f"These are snapshots of different sites: {', '.join(sorted(sites))}.")
    with (
        tempfile.TemporaryDirectory(prefix="newsarchive-diff-") as scratch,
        Sorter(Path(scratch)) as sorter,
    ):
        for side, chain in ((b"a", old), (b"b", new)):
            _collect(sorter, side, chain)
        for _, group in groupby(sorter.sorted(), key=lambda line: line.partition(_SEPARATOR)[0]):
            yield from _changes_of(_Sides.of(group))


def _collect(sorter: Sorter, side: bytes, chain: Chain) -> None:
    for snapshot in chain.snapshots:
        for line, article in snapshot.articles():
            key = (article.article_id.encode(), side, b"%09d" % article.revision)
            sorter.add(_SEPARATOR.join((*key, b"article", line)))
        for sighting in snapshot.sightings():
            if sighting.article_id is not None:
                key = (sighting.article_id.encode(), side, b"sighting")
                sorter.add(_SEPARATOR.join((*key, stamp(sighting.captured_at).encode(), to_line(sighting))))


@dataclass(slots=True)
class _Sides:
    """The last revision of one article on each side, its line, and its last removal if it is still gone."""

    lines: dict[bytes, bytes]
    gone: dict[bytes, Sighting | None]

    @classmethod
    def of(cls, group: Iterator[bytes]) -> _Sides:
        sides = cls({}, {b"a": None, b"b": None})
        for entry in group:
            _, side, kind, _, line = entry.split(_SEPARATOR, 4)
            if kind != b"sighting":
                sides.lines[side] = line  # sorted by revision: the last one stays
                continue
            sighting = from_json(line, Sighting)
            sides.gone[side] = sighting if sighting.is_removal else None
        return sides

    def article(self, side: bytes) -> Article | None:
        return from_json(self.lines[side], Article) if side in self.lines else None

    def removal(self, side: bytes, article: Article | None) -> Sighting | None:
        """Its removal, unless it was seen again or revised after that."""
        gone = self.gone[side]
        return gone if gone is not None and article and article.capture.captured_at < gone.captured_at else None


def _changes_of(sides: _Sides) -> Iterator[ArticleChange]:
    if sides.lines.get(b"a") == sides.lines.get(b"b") and not any(sides.gone.values()):
        return
    old, new = sides.article(b"a"), sides.article(b"b")
    either = new or old
    if either is None:
        return

    def told(kind: Kind, how: Changes | None = None, sighting: Sighting | None = None) -> ArticleChange:
        return ArticleChange(
            kind=kind,
            article_id=either.article_id,
            url=either.url,
            headline=either.headline,
            before=old.revision if old else 0,
            after=new.revision if new else 0,
            changes=how,
            reason=sighting.reason if sighting else None,
            at=sighting.captured_at if sighting else None,
        )

    if new is None:
        yield told("absent")
        return
    if old is None:
        yield told("added")
    elif old.revision != new.revision:
        yield told("revised", changes(old, new))
    elif sides.lines[b"a"] != sides.lines[b"b"]:
        yield told("reread", changes(old, new))
    was_gone, is_gone = sides.removal(b"a", old), sides.removal(b"b", new)
    if is_gone is not None and was_gone is None:
        yield told("removed", sighting=is_gone)
    elif was_gone is not None and is_gone is None:
        yield told("returned")

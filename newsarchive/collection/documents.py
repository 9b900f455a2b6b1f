"""What is searched: the words of each revision, what it is filed under, and how its article stands.

The stems of an article line wait, beside its row, until its run is committed, and are entered then: what was entered
into a full text index cannot be taken back without the words themselves. Documents are numbered in the order in which
they are entered, so that a catalog made anew has the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from newsarchive.collection.stems import stems
from newsarchive.collection.tables import GONE_SINCE
from newsarchive.model.article import Article, Block, Media

Facet = Literal["section", "tag", "kind", "author", "state"]
"""What documents are filed under."""

State = Literal["revised", "silent", "removed"]
"""What became of an article: it has more than one revision; one of them under the Stand of the one before; its page is
gone."""

_MAX_VALUE = 200
"""So many characters of a tag or a name count."""

_GAP = " ¶ "
"""Stands between pieces of text, so that no phrase is found across them; as no letter it cannot be searched for."""

_REVISIONS = "SELECT revision, captured_at FROM revisions WHERE article_id = ? ORDER BY revision"

_SILENT = "SELECT count(*) FROM events WHERE article_id = ? AND kind = 'silent'"

# An article that is found unchanged stands as before, unless it was gone.
_TOUCHED = """
SELECT article_id FROM revisions WHERE run = :run
UNION SELECT article_id FROM sightings CROSS JOIN articles USING (article_id)
    WHERE run = :run AND (reason IS NOT NULL OR gone_at IS NOT NULL)
ORDER BY article_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The pieces of an article that are searched, the weightiest first."""

    title: tuple[str, ...]
    lead: tuple[str, ...]
    body: tuple[str, ...]
    rest: tuple[str, ...]


def texts_of(article: Article) -> Texts:
    """Everything that the page itself says, in the order of the page; ``rest`` is what stands around the text."""
    lead = article.lead or ""
    text = article.text.removeprefix(lead) if lead else article.text
    return Texts(
        title=_pieces((article.topline, article.headline)),
        lead=_pieces((article.lead,)),
        body=_pieces(text.split("\n\n")),
        rest=_pieces(_around(article)),
    )


def dated_at(article: Article) -> datetime:
    """The time that an article is of: its Stand, else when it was published, else when it was captured first."""
    return article.stand or article.published_at or article.first_published_at or article.capture.captured_at


def filed_under(article: Article) -> tuple[tuple[Facet, str], ...]:
    """What a revision is filed under, each once."""
    values: list[tuple[Facet, str | None]] = [("kind", article.kind)]
    values.extend(("section", section) for section in article.section)
    values.extend(("tag", tag.name) for tag in article.tags)
    values.extend(("author", author.name or author.organisation or author.raw) for author in article.authors)
    known: dict[tuple[Facet, str], tuple[Facet, str]] = {}
    for facet, value in values:
        if value is not None and (shown := " ".join(value.split())[:_MAX_VALUE]):
            known.setdefault((facet, value_key(shown)), (facet, shown))
    return tuple(known.values())


def value_key(value: str) -> str:
    """What two spellings of a section, tag or name have in common."""
    return " ".join(value.split())[:_MAX_VALUE].casefold()


def wait(connection: sqlite3.Connection, run: str, article: Article) -> None:
    """Keep what is to be entered of an article line of ``run`` when that is committed."""
    texts = texts_of(article)
    connection.execute(
        "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(run, article.article_id, article.revision),
            *(_GAP.join(" ".join(stems(piece)) for piece in part) for part in _parts(texts)),
            int(dated_at(article).timestamp()),
            json.dumps(filed_under(article), ensure_ascii=False),
        ),
    )


def enter_documents(connection: sqlite3.Connection, run: str) -> None:
    """Enter what waits of ``run``, which was just committed, and say anew how the articles stand that it touched.

    What happened to them is entered already.
    """
    filing = _Filing(connection)
    rows = connection.execute("SELECT * FROM waiting WHERE run = ? ORDER BY article_id, revision", (run,))
    for _, article_id, revision, *texts, at, filed in rows:
        _enter(connection, filing, (article_id, revision, at), texts, json.loads(filed))
    connection.execute("DELETE FROM waiting WHERE run = ?", (run,))
    # All of them before the first is restated, which changes what is asked.
    for (article_id,) in connection.execute(_TOUCHED, {"run": run}).fetchall():
        _restate(connection, filing, article_id)
    filing.count()


@dataclass(slots=True)
class _Filing:
    """The numbers of values, and by how much more or less articles have each now."""

    connection: sqlite3.Connection
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    changes: Counter[int] = field(default_factory=Counter)

    def number(self, facet: Facet, value: str) -> int:
        """The number of a value, a new one where nothing has been filed under it."""
        place = (facet, value_key(value))
        if place not in self.numbers:
            row = self.connection.execute("SELECT number FROM filings WHERE facet = ? AND key = ?", place).fetchone()
            if row is None:
                statement = "INSERT INTO filings (facet, key, value, articles) VALUES (?, ?, ?, 0)"
                number = self.connection.execute(statement, (*place, value)).lastrowid
            else:
                (number,) = row
            self.numbers[place] = int(number or 0)
        return self.numbers[place]

    def count(self) -> None:
        """Enter how many articles have each value."""
        self.connection.executemany(
            "UPDATE filings SET articles = articles + ? WHERE number = ?",
            ((change, number) for number, change in sorted(self.changes.items()) if change),
        )


def _enter(
    connection: sqlite3.Connection,
    filing: _Filing,
    revision: tuple[str, int, int],
    texts: Iterable[str],
    filed: Iterable[tuple[Facet, str]],
) -> None:
    numbers = [filing.number(facet, value) for facet, value in filed]
    *_, at = revision
    document = connection.execute(
        "INSERT INTO documents (article_id, revision, at, newest, filed) VALUES (?, ?, ?, 0, ?)",
        (*revision, _joined(numbers)),
    ).lastrowid
    connection.execute("INSERT INTO texts (rowid, title, lead, body, rest) VALUES (?, ?, ?, ?, ?)", (document, *texts))
    connection.executemany("INSERT INTO filed VALUES (?, ?, ?)", ((number, at, document) for number in numbers))


def _restate(connection: sqlite3.Connection, filing: _Filing, article_id: str) -> None:
    """Say anew how an article stands, and what its documents are filed under for it."""
    revisions = connection.execute(_REVISIONS, (article_id,)).fetchall()
    if not revisions:
        return
    (silent,) = connection.execute(_SILENT, (article_id,)).fetchone()
    gone = connection.execute(GONE_SINCE, {"id": article_id}).fetchone()
    gone_at = None if gone is None else gone[0]
    states: list[State] = []
    if len(revisions) > 1:
        states.append("revised")
    if silent:
        states.append("silent")
    if gone_at is not None:
        states.append("removed")
    _refile(connection, filing, article_id, revisions[-1][0], [filing.number("state", state) for state in states])
    found_at = min(captured_at for _, captured_at in revisions)
    connection.execute(
        "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?)",
        (article_id, len(revisions), silent, found_at, gone_at),
    )


def _refile(connection: sqlite3.Connection, filing: _Filing, article_id: str, last: int, states: list[int]) -> None:
    """File the documents of an article under ``states`` and no others; that of revision ``last`` is the newest."""
    every_state = {filing.number("state", state) for state in ("revised", "silent", "removed")}
    statement = "SELECT document, revision, at, newest, filed FROM documents WHERE article_id = ?"
    for document, revision, at, was_newest, filed in connection.execute(statement, (article_id,)).fetchall():
        before = [int(number) for number in filed.split()]
        after = [number for number in before if number not in every_state] + states
        is_newest = revision == last
        if before == after and bool(was_newest) == is_newest:
            continue
        filing.changes.subtract(before if was_newest else ())
        filing.changes.update(after if is_newest else ())
        connection.execute(
            "UPDATE documents SET newest = ?, filed = ? WHERE document = ?", (is_newest, _joined(after), document)
        )
        gone, come = set(before) - set(after), set(after) - set(before)
        connection.executemany(
            "DELETE FROM filed WHERE number = ? AND at = ? AND document = ?",
            ((number, at, document) for number in sorted(gone)),
        )
        connection.executemany(
            "INSERT INTO filed VALUES (?, ?, ?)", ((number, at, document) for number in sorted(come))
        )


def _joined(numbers: Iterable[int]) -> str:
    """Numbers between spaces, so that one can be looked for with those around it."""
    return "".join(f" {number}" for number in numbers) + " "


def _parts(texts: Texts) -> tuple[tuple[str, ...], ...]:
    return texts.title, texts.lead, texts.body, texts.rest


def _pieces(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stripped for text in texts if text and (stripped := text.strip())))


def _around(article: Article) -> Iterator[str | None]:
    yield from (article.label, article.seo_title, article.description, *article.section)
    yield from (tag.name for tag in article.tags)
    yield from (author.raw for author in article.authors)
    yield from _boxes(article.body)
    for update in article.updates:
        yield from _boxes(update.parts)
    for image in article.images:
        yield from (image.alt, image.caption, image.credit)
    for media in article.media:
        yield from _of_media(media)
    yield from (broadcast.raw for broadcast in article.broadcasts)
    yield from article.corrections


def _boxes(blocks: Iterable[Block]) -> Iterator[str | None]:
    for block in blocks:
        if block.kind in {"table", "infobox"}:
            yield block.title
            yield from (block.text or "").split("\n\n")
            yield from (" ".join(row) for row in block.rows)
        elif block.kind == "embed":
            yield from (block.title, block.text)


def _of_media(media: Media) -> Iterator[str | None]:
    yield from (media.title, media.caption, media.programme, media.station)
    if media.poster is not None:
        yield from (media.poster.alt, media.poster.credit)
    for subtitle in media.subtitles:
        yield " ".join(" ".join(cue.text.split()) for cue in subtitle.cues)

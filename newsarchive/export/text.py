"""Plain text, one file a revision, with a table of what each file is."""

from __future__ import annotations

import csv
from io import StringIO

from newsarchive.export.folder import ExportFolder
from newsarchive.export.names import file_name, row_id
from newsarchive.export.portion import Portion
from newsarchive.model.article import Article
from newsarchive.model.capture import Instant

COLUMNS = (
    *("file", "id", "site", "article_id", "revision", "url", "language", "kind", "label", "section", "tags", "authors"),
    *("topline", "headline", "stand", "published_at", "modified_at", "captured_at", "characters"),
)
"""The columns of the table; several sections, tags or authors are parted by ``|``, times are ISO 8601."""


def write_text(portion: Portion, folder: ExportFolder) -> None:
    """Add ``data/<site>/2026-11/<id>@<revision>.txt`` for each, and its row to ``documents-<site>.csv`` (RFC 4180)."""
    table = f"documents-{portion.site}.csv"
    with folder.append(table) as rows, folder.adding():
        if not rows.length_bytes:
            rows.write(_csv_line(COLUMNS))
        for article in portion.articles:
            name = f"data/{article.site}/{file_name(article)}.txt"
            folder.add(name, plain_text(article).encode())
            rows.write(_csv_line((name, *_facts(article))))


def plain_text(article: Article) -> str:
    """What is read of an article: topline, headline, and its ``text``, parted by blank lines, with a line end."""
    parts = (article.topline, article.headline, article.text)
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(article: Article) -> tuple[str, ...]:
    authors = dict.fromkeys(author.name or author.organisation or author.raw for author in article.authors)
    return (
        row_id(article),
        article.site,
        article.article_id,
        str(article.revision),
        article.url,
        article.language or "",
        article.kind,
        article.label or "",
        "|".join(article.section),
        "|".join(tag.name for tag in article.tags),
        "|".join(authors),
        article.topline or "",
        article.headline or "",
        *(_time(at) for at in (article.stand, article.published_at, article.modified_at, article.capture.captured_at)),
        str(len(article.text)),
    )


def _time(at: Instant | None) -> str:
    return "" if at is None else at.isoformat()


def _csv_line(cells: tuple[str, ...]) -> bytes:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()

"""Reading what the catalog points to: articles off their lines, captures off their WARCs."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.layout import Layout
from newsarchive.collection.lines import read_line
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.warc import reader
from newsarchive.warc.resolve import RevisitTarget
from newsarchive.warc.writer import OPEN_SUFFIX


def read_article(layout: Layout, catalog: Catalog, article_id: str, revision: int | None = None) -> Article | None:
    """One revision of an article, the newest unless said otherwise; ``None`` when there is none.

    Raises ``UnreadableInput`` when its line is not where the catalog says.
    """
    if revision is None:
        last = catalog.last_revision(article_id)
        if last is None:
            return None
        revision = last.revision
    where = catalog.line_of(article_id, revision)
    if where is None:
        return None
    file, span = where
    return read_line(layout.locate(file), span, Article)


def read_capture(layout: Layout, catalog: Catalog, ref: CaptureRef) -> StoredCapture:
    """The capture ``ref`` points to, with the payload that a revisit repeats.

    Raises ``UnreadableInput`` when it is not there as ``ref`` says.
    """
    resolve = partial(read_original, layout, catalog)
    try:
        path = layout.locate(ref.warc)
    except ValueError as error:
        raise UnreadableInput(path=layout.root, reason=str(error)) from error
    if not path.exists():
        # It may be the file that is being written, or was a moment ago.
        with suppress(UnreadableInput):
            return reader.read_capture(path.with_name(path.name + OPEN_SUFFIX), ref, resolve=resolve)
    return reader.read_capture(path, ref, resolve=resolve)


def read_original(layout: Layout, catalog: Catalog, target: RevisitTarget) -> StoredCapture | None:
    """The capture that a revisit repeats; ``None`` where it is not known. Raises ``UnreadableInput``."""
    ref = catalog.response(target.record_id) if target.record_id else None
    return read_capture(layout, catalog, ref) if ref else None

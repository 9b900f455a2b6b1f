"""Text as WARC ``conversion`` records, in the manner of Common Crawl's WET files, for programs that read those.

One record a revision, one gzip member each (WARC 1.1 section 6.8). ``WARC-Refers-To`` is the record that the text was
extracted from, whose date it bears.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from newsarchive.collection.versions import SOFTWARE
from newsarchive.export.folder import ExportFolder
from newsarchive.export.names import row_id
from newsarchive.export.portion import Portion
from newsarchive.export.text import plain_text
from newsarchive.model.article import Article
from newsarchive.model.digest import Digest
from newsarchive.warc.records import Record, conversion_record, warcinfo_record
from newsarchive.warc.writer import encode_record

MAX_FILE_BYTES = 1_000_000_000
"""Once a file is longer, the next begins."""


def write_wet(portion: Portion, folder: ExportFolder, max_file_bytes: int = MAX_FILE_BYTES) -> None:
    """Append to ``data/<site>-00000.warc.wet.gz`` and so on."""
    stem = f"data/{portion.site}-"
    serial = max(0, len(folder.names(stem)) - 1)
    article = next(portion.articles, None)
    while article is not None:
        name = f"{stem}{serial:05}.warc.wet.gz"
        with folder.append(name) as file:
            if not file.length_bytes:
                file.write(encode_record(_warcinfo(portion, name.rpartition("/")[2])))
            while article is not None and file.length_bytes <= max_file_bytes:
                file.write(encode_record(_conversion(article)))
                article = next(portion.articles, None)
        serial += 1


def _warcinfo(portion: Portion, file_name: str) -> Record:
    fields = {"software": SOFTWARE, "description": f"Text of articles of {portion.site}"}
    return warcinfo_record(file_name, portion.since, fields, new_id=lambda: _identity(file_name))


def _conversion(article: Article) -> Record:
    payload = plain_text(article).encode()
    return conversion_record(
        url=article.url,
        captured_at=article.capture.captured_at,
        refers_to=article.capture.record_id,
        content_type="text/plain",
        payload=payload,
        new_id=lambda: _identity(f"{row_id(article)} {Digest.of(payload)}"),
    )


def _identity(name: str) -> UUID:
    """The same record id for the same text, always."""
    return uuid5(NAMESPACE_URL, f"newsarchive:{name}")

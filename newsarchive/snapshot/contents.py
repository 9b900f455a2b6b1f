"""What lies where in a snapshot, and what of it is made of articles.

::

    tagesschau-20261122T093000Z.wacz
    ├── archive/<name>.warc.gz             the WARC files of its runs, byte for byte
    ├── indexes/index.cdx.gz, index.idx    index of the captures that a player can show
    ├── pages/pages.jsonl                  a page for each revision of an article, with its text
    ├── articles/articles.jsonl            the article lines of the runs, in the order these were committed
    ├── articles/sightings.jsonl           what was found unchanged, gone, or no article
    ├── crawls/<run>.json                  the records of the runs
    ├── newsarchive/collection.json        what the collection decided for good
    ├── newsarchive/manifest.json          SnapshotManifest
    ├── datapackage.json                   every file with size and sha256
    └── datapackage-digest.json            the sha256 of that, and the signature

Of the collection the truth is here whole, with the articles and sightings made of it. Left out are logs and plans for
later crawls; and of the index, captures that only say that nothing changed: they would hide what they speak of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from newsarchive.model.article import Article
from newsarchive.warc.wacz import ARCHIVE

ARTICLES = "articles/articles.jsonl"
SIGHTINGS = "articles/sightings.jsonl"
CRAWLS = "crawls/"
COLLECTION = "newsarchive/collection.json"
MANIFEST = "newsarchive/manifest.json"
SUFFIX = ".wacz"
TIME_STAMP_SUFFIX = ".tsr"


def packed_warc(collection_path: str) -> str:
    """Path in a snapshot of the WARC that the collection has at ``collection_path``: its name says its run."""
    return ARCHIVE + collection_path.rpartition("/")[2]


def packed_run(run: str) -> str:
    """Path of the record of a run."""
    return f"{CRAWLS}{run}.json"


def snapshot_name(site: str, cutoff: datetime, since: datetime | None = None) -> str:
    """What a snapshot is called, whatever its file is: ``tagesschau-20261122T093000Z``.

    One that goes on from another tells the cut-off of that too: ``…-since-20261115T093000Z``.
    """
    name = f"{site}-{_printed(cutoff)}"
    return name if since is None else f"{name}-since-{_printed(since)}"


def _printed(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def package_description(site: str, software: str, requires: Iterable[tuple[str, str]]) -> dict[str, object]:
    """What the data package says of the whole, ``requires`` being file names and digests of other snapshots."""
    required = [{"filename": filename, "hash": digest} for filename, digest in requires]
    return {
        "title": f"{site}: news pages as they were published",
        "description": "A snapshot of a newsarchive collection: WARC files, index, pages and extracted articles. "
        f"`{MANIFEST}` says what is in it.",
        "software": software,
        **({"relation": {"requires": required}} if required else {}),
    }


def pages(articles: Iterable[Article]) -> Iterator[bytes]:
    """The lines of ``pages.jsonl``: a head, then a page for each revision of an article."""
    yield PAGES_HEAD
    yield from map(page, articles)


def page(article: Article) -> bytes:
    """The page of one revision, with the text that players search in."""
    return _line(
        {
            "id": f"{article.article_id}.{article.revision}",
            "url": article.url,
            "ts": f"{article.capture.captured_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "title": article.headline or article.url,
            "text": article.text,
        }
    )


def _line(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


PAGES_HEAD = _line({"format": "json-pages-1.0", "id": "pages", "title": "Articles", "hasText": True})
"""The first line of ``pages.jsonl``."""

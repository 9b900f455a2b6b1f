"""Files that programs of other makers wrote (``make_foreign``) give the articles that a crawl of the pages gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsarchive.extraction.extract import extract
from newsarchive.model.capture import StoredCapture
from newsarchive.model.finding import Finding
from newsarchive.sites.registry import get_site
from newsarchive.warc.foreign import read_foreign_capture, read_foreign_captures
from newsarchive.warc.resolve import RevisitTarget
from tests.corpus import stored_page
from tests.interop.foreign_pages import PAGES

FOREIGN = Path(__file__).parent / "foreign"
FILES = sorted(path.name for path in FOREIGN.glob("*.warc*"))
NAMES = [
    "pywb.warc.gz", "warcio-1.0.warc.gz", "warcio-1.1.warc.gz", "warcio-plain.warc", "warcprox.warc.gz",
    "wget-dedup.warc.gz", "wget-plain.warc", "wget.warc.gz",
]  # fmt: skip


def read(name: str, resolve: Callable[[RevisitTarget], StoredCapture | None]) -> list[StoredCapture]:
    """Every capture of a file in which nothing is odd."""
    findings: list[Finding] = []
    captures = list(read_foreign_captures(FOREIGN / name, name, report=findings.append, resolve=resolve))
    assert findings == []
    return captures


@pytest.fixture(scope="module")
def originals() -> dict[str | None, StoredCapture]:
    """What the file holds that the revisits of ``wget-dedup`` refer to, by record id."""
    return {capture.ref.record_id: capture for capture in read("wget.warc.gz", lambda target: None)}


def test_every_file_is_tested() -> None:
    assert FILES == NAMES


@pytest.mark.parametrize("name", FILES)
def test_article_is_that_of_the_page(name: str, originals: dict[str | None, StoredCapture]) -> None:
    def resolve(target: RevisitTarget) -> StoredCapture | None:
        return originals.get(target.record_id)

    captures = read(name, resolve)
    site = get_site("tagesschau")

    rounds = 2 if name == "warcprox.warc.gz" else 1
    assert [urlsplit(capture.url).path for capture in captures] == [*PAGES] * rounds
    kinds = ["revisit" if name == "wget-dedup.warc.gz" else "response"] * len(PAGES) + ["revisit"] * len(PAGES)
    assert [capture.record_type for capture in captures] == kinds[: len(captures)]
    for capture in captures:
        page = PAGES[urlsplit(capture.url).path]
        crawled = extract(stored_page(page, url=capture.url, captured_at=capture.ref.captured_at), site)
        extraction = extract(capture, site)
        assert crawled.article is not None
        assert extraction.article is not None
        assert replace(extraction.article, capture=crawled.article.capture) == crawled.article
        assert read_foreign_capture(FOREIGN / name, capture.ref, resolve=lambda target: captures[0]).url == capture.url

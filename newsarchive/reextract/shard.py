"""extract_warc: the articles in one WARC file of whatever program, without a collection.

The unit of work that other schedulers spread over machines: the same file gives the same lines, in the order of the
file. Revisions are not numbered, and what hangs on an article is not looked for, since that takes a collection.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from newsarchive.extraction.extract import extract
from newsarchive.extraction.reader import AnyPageReader
from newsarchive.model.capture import StoredCapture
from newsarchive.model.serialize import to_line
from newsarchive.reextract.pool import PageLimits, WorkFailed, read_each
from newsarchive.sites.registry import all_sites
from newsarchive.sites.site import Site, UrlRules
from newsarchive.warc.foreign import Report, read_foreign_captures

STDIN = "-"
"""The name of standard input."""

_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(slots=True)
class Tally:
    """What became of captures: how many there were, how many gave an article, and why the others did not, by code."""

    captures: int = 0
    articles: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def extract_warc(
    path: Path,
    name: str,
    site: Site | None = None,
    limits: PageLimits | None = None,
    *,
    report: Report,
    tally: Tally | None = None,
    every: bool = False,
) -> Iterator[bytes]:
    """The article lines of the WARC file ``path``, in the order of the file; ``name`` is what their captures call it.

    ``site`` reads every page, wherever it was captured. Without it, pages of known sites are read where their address
    is that of an article (or ``every`` page of them), all others by what pages in general say of themselves. Damage
    goes to ``report``. Raises ``UnreadableInput`` for what holds no WARC record.
    """
    tally = tally if tally is not None else Tally()
    captures = read_foreign_captures(path, name, report=report)
    for _, line in read_each(_read, _pages(captures, site, tally, every=every), limits or PageLimits()):
        if isinstance(line, WorkFailed):
            tally.reasons[f"extraction-{line.code}"] += 1
        elif isinstance(line, str):
            tally.reasons[line] += 1
        else:
            tally.articles += 1
            yield line


@contextmanager
def spooled(name: str, stdin: BinaryIO) -> Iterator[Path]:
    """The file called ``name``; standard input is copied to a temporary one, since revisits refer back."""
    if name != STDIN:
        yield Path(name)
        return
    with tempfile.NamedTemporaryFile(prefix="newsarchive-", suffix=".warc") as file:
        shutil.copyfileobj(stdin, file)
        file.flush()
        yield Path(file.name)


def site_for(url: str) -> tuple[Site, bool]:
    """The site that reads the page at ``url``, and whether it knows which addresses are articles.

    A site that nobody described is made on the spot: named for its host, in UTC where pages print no zone.
    """
    parts = urlsplit(url)
    known = next((site for site in all_sites().values() if site.host == parts.netloc), None)
    return (known, True) if known is not None else (any_site(f"{parts.scheme}://{parts.netloc}"), False)


def any_site(base_url: str) -> Site:
    """A site of which nothing is known but its address."""
    host = urlsplit(base_url).netloc
    return Site(
        name="".join(c if c.isascii() and c.isalnum() else "_" for c in host.lower()).strip("_") or "unknown",
        title=host,
        base_url=base_url,
        language="und",
        timezone="UTC",
        readers=(AnyPageReader,),
        channels=(),
        urls=UrlRules(article=r".*"),
    )


def _pages(
    captures: Iterator[StoredCapture], site: Site | None, tally: Tally, *, every: bool
) -> Iterator[tuple[StoredCapture, Site]]:
    for stored in captures:
        tally.captures += 1
        if stored.ref.status != 200 or not _is_page(stored):
            continue
        if site is not None:
            parts = urlsplit(stored.url)
            yield stored, site.at(f"{parts.scheme}://{parts.netloc}")
            continue
        found, knows_articles = site_for(stored.url)
        if every or not knows_articles or found.article_url(stored.url) is not None:
            yield stored, found


def _is_page(stored: StoredCapture) -> bool:
    return not stored.content_type or stored.content_type.partition(";")[0].strip().lower() in _PAGES


def _read(stored: StoredCapture, site: Site) -> bytes | str:
    """The article line, or the code of the reason why there is none."""
    extraction = extract(stored, site)
    if extraction.article is not None:
        return to_line(extraction.article)
    return extraction.reason.code if extraction.reason else "no-article"

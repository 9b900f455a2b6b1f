"""The collection that is damaged: three runs with everything in them that a collection may hold.

Articles of the sample site, one with two revisions, one that was removed, pages that hold none, revisits, answers 304,
links that a channel declared and that were left, errors, chunked, cut and odd exchanges (those of tests/wirecases),
TLS, and an imported text.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import trustme

from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.collection.versions import versions
from newsarchive.extraction.extract import extract
from newsarchive.imports.text import CONTENT_TYPE
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.crawl import Funnel
from newsarchive.model.links import LeftLink, Link
from newsarchive.model.revision import number
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.story import Story
from newsarchive.sites.registry import get_site
from newsarchive.warc.records import Resource
from tests.kept import START, ticking
from tests.wirecases import CASES, Case

SITE = "tagesschau"
BASE_URL = "https://nachrichten.example"
TEXT = (
    "Seeblick\n\nDer Steg ist wieder offen\n\nStand: 22.11.2026 09:15 Uhr\n\n"
    "Nach drei Wochen ist der Steg am Nordufer wieder begehbar.\n\n"
    "Die Bretter wurden erneuert, das Geländer gestrichen.\n"
)

LARGE_CASES = {"3-mb", "3-mb-chunked", "size-cap-declared", "size-cap-endless", "endless-head"}
"""Odd exchanges that would make each copy of the sample large."""

SMALL_CASES = tuple(case for case in CASES if case.name not in LARGE_CASES)

_GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
_CERTIFICATE = ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode())


def build(root: Path, *, cases: Sequence[Case] = SMALL_CASES) -> None:
    """Make the sample collection in ``root``."""
    site = SampleSite(invent_stories(5, 4), base_url=BASE_URL, weight_bytes=0)
    ids = new_ids()
    stories = site.stories
    with run(root, START, "00aa", ids) as writer:
        clock = ticking(START)
        _append(writer, fetch(site, "/robots.txt", clock()))
        front = _append(writer, fetch(site, "/", clock(), chunked=True))
        for story in stories:
            declare(writer, story, front)
        writer.leave(LeftLink(url=f"{BASE_URL}/seeblick/spaeter-100.html", reason="limit", tried=False))
        _append(writer, fetch(site, "/gibt-es-nicht.html", clock()))
        _append(writer, Capture(url=f"{BASE_URL}/still", started_at=clock(), sent=_request("/still"), received=b""))
        for story in stories:
            read(writer, _append(writer, fetch(site, story.path, clock())))
        for case in cases:
            _append(writer, odd(case, clock()))
    later = START + timedelta(hours=1)
    site.edit(stories[0].slug, _edited, later)
    with run(root, later, "00bb", ids) as writer:
        clock = ticking(later)
        robots = fetch(site, "/robots.txt", clock())
        _append(writer, robots)
        _append(writer, replace(robots, url=f"{BASE_URL}/robots.txt?noch-einmal", started_at=clock()))
        for story in stories[:3]:
            read(writer, _append(writer, fetch(site, story.path, clock())))
        tag = site.respond(stories[1].path, "", {"accept-encoding": "gzip"}).header("ETag") or ""
        unchanged = _append(writer, fetch(site, stories[1].path, clock(), headers={"if-none-match": tag}))
        assert unchanged is not None
        assert writer.unmodified(unchanged) is not None
        gone = _append(writer, replace(fetch(site, stories[3].path, clock()), received=_GONE))
        assert gone is not None
        assert writer.gone(gone, "http-410").is_removal
        writer.leave(LeftLink(url=f"{BASE_URL}/seeblick/spaeter-100.html", reason="timeout"))
    last = START + timedelta(hours=2)
    with run(root, last, "00cc", ids) as writer:
        resource = Resource(
            url=f"{BASE_URL}/seeblick/steg-100.html",
            captured_at=last,
            content_type=CONTENT_TYPE,
            payload=TEXT.encode(),
        )
        read(writer, writer.append_resource(resource).result(timeout=30))


@contextmanager
def run(root: Path, start: datetime, token: str, ids: Callable[[], UUID]) -> Iterator[CrawlWriter]:
    """A run of the sample that begins at ``start``, finished at the end."""
    now = ticking(start)
    with (
        Collection.open_or_create(root, SITE, now=now) as collection,
        collection.lock(),
        collection.begin_crawl(
            base_url=BASE_URL,
            versions=versions("trafilatura"),
            settings={},
            warcinfo={"software": "newsarchive/0"},
            now=now,
            token=lambda: token,
            new_id=ids,
        ) as writer,
    ):
        yield writer
        for _ in range(600):  # ten minutes
            now()
        funnel = Funnel(channel="feed", declared=9, known=1, fetched=6, extracted=5, no_article=1, failed=1, skipped=1)
        writer.finish("finished", "finished", funnel=[funnel])


def fetch(
    site: SampleSite, path: str, at: datetime, *, chunked: bool = False, headers: Mapping[str, str] | None = None
) -> Capture:
    """What a crawl would have of ``path``, over TLS."""
    asked = {"accept-encoding": "gzip", **(headers or {})}
    answer = site.respond(path, "", asked)
    body = answer.body
    if chunked:
        framing = "Transfer-Encoding: chunked"
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        framing = f"Content-Length: {len(body)}"
    lines = (
        f"HTTP/1.1 {answer.status} Gut",
        *(f"{name}: {value}" for name, value in answer.headers),
        *([framing] if answer.status != 304 else []),
    )
    return Capture(
        url=BASE_URL + path,
        started_at=at,
        sent=_request(path, asked),
        received="\r\n".join((*lines, "", "")).encode() + (body if answer.status != 304 else b""),
        ip_address="127.0.0.1",
        protocols=("http/1.1", "tls/1.3"),
        cipher_suite="TLS_AES_256_GCM_SHA384",
        certificates=(_CERTIFICATE,),
    )


def odd(case: Case, at: datetime) -> Capture:
    """The last exchange of one of the cases of tests/wirecases, as the download handler would hand it over."""
    received = b"".join(piece for piece in case.script if isinstance(piece, bytes))
    path = f"/{case.name}?q=%C3%BC"
    return Capture(
        url=BASE_URL + path,
        started_at=at,
        sent=_request(path, method=case.method),
        received=received,
        surplus=len(case.surplus),
        ip_address="127.0.0.1",
        truncated=case.truncated,
    )


def read(writer: CrawlWriter, stored: StoredCapture | None) -> None:
    """Do with a stored page what the pipelines of a crawl do."""
    assert stored is not None
    extraction = extract(stored, get_site(SITE))
    if extraction.article is None:
        writer.no_article(stored, extraction.reason.code if extraction.reason else "no-article")
        return
    article, is_new = number(extraction.article, writer.last_revision(extraction.article.article_id))
    if is_new:
        writer.write_article(article)
    else:
        writer.seen(article)


def declare(writer: CrawlWriter, story: Story, listing: StoredCapture | None) -> None:
    """Note that a listing has a link to a story."""
    assert listing is not None
    link = Link(
        url=BASE_URL + story.path,
        channel="sections",
        declared_at=listing.ref.captured_at,
        listed_at=None,
        record_id=listing.ref.record_id,
    )
    assert writer.declare(link)


def _append(writer: CrawlWriter, capture: Capture) -> StoredCapture | None:
    return writer.append(capture).result(timeout=30)


def _request(path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: nachrichten.example"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join((*lines, "", "")).encode()


def _edited(story: Story) -> Story:
    return replace(story, headline=f"{story.headline} – mit Nachtrag")


def new_ids() -> Callable[[], UUID]:
    """Record ids that are the same each time."""
    numbers = count(1)
    return lambda: UUID(f"{next(numbers):08x}-0000-4000-8000-000000000000")

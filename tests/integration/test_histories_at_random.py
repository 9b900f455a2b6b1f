"""Whatever happens to pages in whatever order: the catalog of a live crawl says what a rebuild says, and what reading
all lines from the first to the last gives."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.collection.events import read_happenings
from newsarchive.collection.layout import articles_name, seen_name
from newsarchive.collection.lines import read_lines
from newsarchive.collection.onlooker import Onlooker
from newsarchive.history.timeline import noted_changes, timeline
from newsarchive.model.article import Article
from newsarchive.model.links import LeftLink, Link
from newsarchive.model.recrawl import Ladder, PageHistory, due_at
from newsarchive.model.revision import GONE, Sighting
from newsarchive.reextract.recovery import recover
from newsarchive.sites.registry import get_site
from tests.kept import BASE_URL, SITE, START, archive, begin, catalog_rows, exchange, keep, ticking

HOUR = timedelta(hours=1)
EVEN = Ladder(spread=0)
PATHS = ("/eins-100.html", "/zwei-100.html")
LATE = START + timedelta(days=99)

Deed = Literal["same", "changed", "unmodified", "http-404", "moved", "listing", "failed", "declared", "unread"]
DEEDS = st.sampled_from(get_args(Deed))
RUNS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from(PATHS), DEEDS), max_size=4, unique_by=lambda done: done[0]),
        st.sampled_from(["finished", "finished", "finished", "killed"]),
    ),
    min_size=1,
    max_size=7,
)


def do(writer: CrawlWriter, path: str, deed: Deed, at: datetime, number: int) -> None:
    """What a crawl does when this happens."""
    tag = 'ETag: "a"'
    if deed in {"same", "changed"}:
        text = f"Fassung {number}" if deed == "changed" else "Moin"
        stored = archive(writer, exchange(path, text.encode(), headers=(tag,), at=at))
        keep(writer, stored, text, article_id=path[1:-5])
    elif deed == "unmodified":
        writer.unmodified(archive(writer, exchange(path, b"", status="304 Not Modified", headers=(tag,), at=at)))
    elif deed in GONE:
        writer.gone(archive(writer, exchange(path, b"", status="404 Not Found", at=at)), deed)
    elif deed == "listing":
        writer.no_article(archive(writer, exchange(path, b"Liste", at=at)), "listing")
    elif deed == "failed":
        archive(writer, exchange(path, b"", status="503 Aua", at=at))
        writer.leave(LeftLink(url=BASE_URL + path, reason="http-503"))
    elif deed == "unread":
        archive(writer, exchange(path, b"nie gelesen", at=at))
    else:
        ref = archive(writer, exchange("/feed.xml", at=at)).ref
        link = Link(
            url=BASE_URL + path,
            channel="feed",
            declared_at=ref.captured_at,
            listed_at=None,
            record_id=ref.record_id,
        )
        writer.declare(link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A line of an article or a sighting."""

    at: datetime
    article: Article | None
    sighting: Sighting | None


def readings(root: Path, url: str) -> list[Read]:
    """All that committed runs read at ``url``, by time."""
    found: list[Read] = []
    with Collection.open(root) as collection:
        for run in collection.runs():
            articles, seen = (root / name(run.run, run.started_at) for name in (articles_name, seen_name))
            if articles.exists():
                found += [
                    Read(at=article.capture.captured_at, article=article, sighting=None)
                    for _, article in read_lines(articles, Article)
                    if article.url == url
                ]
            if seen.exists():
                found += [
                    Read(at=sighting.captured_at, article=None, sighting=sighting)
                    for _, sighting in read_lines(seen, Sighting)
                    if sighting.url == url
                ]
    return sorted(found, key=lambda one: one.at)


def expected(root: Path, url: str) -> PageHistory | None:
    """The history of a page, told from its first reading to its last."""
    found = readings(root, url)
    if not found:
        return None
    reasons = [one.sighting.reason if one.sighting else None for one in found]
    has_article = [
        one.article is not None or (one.sighting is not None and one.sighting.article_id is not None) for one in found
    ]
    there = [one.at for one, reason, has in zip(found, reasons, has_article, strict=True) if has and reason is None]
    gone_at = None
    for one, reason in zip(reversed(found), reversed(reasons), strict=True):
        if reason not in GONE:
            break
        gone_at = one.at
    revisions = {}
    for path in PATHS:
        revisions |= {
            (one.article.article_id, one.article.revision): one.article
            for one in readings(root, BASE_URL + path)
            if one.article is not None
        }
    last = [one for one, has in zip(found, has_article, strict=True) if has]
    newest = None
    if last:
        line = last[-1].article or last[-1].sighting
        assert line is not None
        newest = revisions[line.article_id or "", line.revision or 0]
    changed_at = None
    if newest is not None:
        changed_at = newest.capture.captured_at if newest.revision > 1 else newest.stand
    return PageHistory(
        url=url,
        published_at=None,
        first_seen_at=min(there, default=None),
        changed_at=changed_at,
        checked_at=found[-1].at,
        unavailable_after=None,
        gone_at=gone_at,
        reason=reasons[-1],
    )


def happened(root: Path) -> set[tuple[datetime, str, str]]:
    """Time, article and kind of all that the changes page lists."""
    with Onlooker(root) as onlooker, onlooker.look() as view:
        return {(one.at, one.article_id, one.kind) for one in read_happenings(view.catalog, most=999)}


def told(root: Path) -> set[tuple[datetime, str, str]]:
    """The same, by the histories of the articles."""
    found = set()
    with Collection.open(root) as collection:
        for last in collection.last_revisions():
            revisions = collection.revisions(last.article_id)
            sightings, moves = collection.sightings(last.article_id), collection.moves(last.article_id)
            for event in timeline(revisions, sightings, noted_changes(revisions), moves):
                if event.kind in {"removed", "returned"} or event.returned:
                    found.add(
                        (event.captured_at, last.article_id, "removed" if event.kind == "removed" else "returned")
                    )
                if event.kind == "revision":
                    silent = event.changes is not None and event.changes.silent
                    found.add((event.captured_at, last.article_id, "silent" if silent else "edit"))
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(RUNS)
def test_live_and_rebuilt_catalogs_agree_with_the_lines(runs: list[tuple[list[tuple[str, Deed]], str]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory, SITE)
        Collection.create(root, SITE)
        site = get_site("tagesschau").at(BASE_URL)
        for number, (deeds, end) in enumerate(runs):
            now = ticking(START + number * HOUR)
            with Collection.open(root) as collection, collection.lock(), begin(collection, now=now) as writer:
                for path, deed in deeds:
                    do(writer, path, deed, now(), number)
                if end == "finished":
                    writer.finish("finished", "")
                list(collection.due(EVEN, START))
        live = catalog_rows(root)
        with Collection.open(root) as collection, collection.lock():
            if any(end == "killed" for _, end in runs):
                # What was never read is no news of this site, so nothing is read here, only counted in.
                recover(collection, site, now=ticking(LATE))
                live = catalog_rows(root)
            for path in PATHS:
                page = collection.page(BASE_URL + path)
                assert page == expected(root, BASE_URL + path)
                due = {one.url: one.due_at for one in collection.due(EVEN, LATE + timedelta(days=999))}
                known_due = due_at(page, EVEN) if page else None
                if known_due is not None:
                    assert due[BASE_URL + path] >= known_due
                else:
                    assert BASE_URL + path not in due
            collection.rebuild()
        assert catalog_rows(root) == live
        assert happened(root) == told(root)
        assert {finding.code for finding in check(root)} <= {"article-digest"}

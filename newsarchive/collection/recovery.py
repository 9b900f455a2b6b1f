"""What a killed or aborted run left behind, made whole and committed.

Its WARCs keep their whole records and become sealed files. Of its lines those stay whose captures are there and whose
revisions follow one another; what other captures hold is read again by whoever recovers. Nothing of a committed run is
touched.

Each step leaves something the next attempt can begin with, so a recovery that is killed is simply done again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from newsarchive.collection.catalog import Catalog, WrittenCapture
from newsarchive.collection.durable import make_directory, storing, write_atomically
from newsarchive.collection.layout import Layout, run_of_warc
from newsarchive.collection.lines import LineWriter
from newsarchive.collection.mending import MendedLines, MendedWarc, Verdict, mend_lines, mend_warc
from newsarchive.collection.rebuild import load_articles, load_captures, load_links, load_sightings
from newsarchive.collection.run_facts import RunFacts, read_facts
from newsarchive.collection.run_lines import RunLines
from newsarchive.errors import StorageFailed
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.links import LeftLink, Link, parse_link_line
from newsarchive.model.revision import Sighting
from newsarchive.model.serialize import from_json, to_document
from newsarchive.warc.writer import OPEN_SUFFIX

Line = TypeVar("Line", Article, Sighting)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftRun:
    """A run without a record, that began at ``started_at``, and its WARCs, sealed or not, in order."""

    run: str
    started_at: datetime
    warcs: tuple[Path, ...]


def left_runs(layout: Layout, *, everywhere: bool = False) -> tuple[LeftRun, ...]:
    """The runs that left files and no record, in order of their ids; one that is under way is among them.

    Every run recovers what those before it left, so only days are looked at from the one before the newest committed
    run began; unless ``everywhere`` is asked for, as when files were put back from a backup.
    """
    committed = layout.committed_runs()
    since = None if everywhere or not committed else _began(committed[-1]).date() - timedelta(days=1)
    known = set(committed)
    found: dict[str, tuple[datetime, list[Path]]] = {}
    for path in layout.warc_files(since):
        of = run_of_warc(path.name)
        if of is not None and of[0] not in known:
            found.setdefault(of[0], (of[1], []))[1].append(path)
    for run, _ in layout.line_files(since):
        if run not in known and run not in found:
            found[run] = (_began(run), [])
    return tuple(
        LeftRun(run=run, started_at=started_at, warcs=tuple(warcs))
        for run, (started_at, warcs) in sorted(found.items())
    )


def _began(run: str) -> datetime:
    """When a run began, to the second."""
    return datetime.strptime(run[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


class RunRecovery:
    """Recovers one run; made by ``Collection.begin_recovery``, inside the lock.

    Once it is made, the files are mended and the catalog knows them. ``unread`` then says what is still to be read and
    ``lines`` takes what was read. Nothing counts until ``finish`` has written ``crawls/<run>.json``; left before that,
    the recovery is to be done again. Raises ``StorageFailed``, and ``UnreadableInput`` for a whole record that is none
    of ours.
    """

    def __init__(
        self, layout: Layout, catalog: Catalog, left: LeftRun, *, site: str, now: Callable[[], datetime]
    ) -> None:
        self.run = left.run
        self.closed = False
        """Whether it has ended, one way or the other."""
        self.problems: Counter[str] = Counter()
        """How often each problem code stands in the lines that were kept; whoever writes more lines adds theirs."""
        self._layout = layout
        self._catalog = catalog
        self._site = site
        self._started_at = left.started_at
        self._now = now
        for path in left.warcs:
            if path.with_name(path.name + OPEN_SUFFIX) in left.warcs:
                raise StorageFailed(path=path, reason="it is there twice, sealed and open, and nothing is overwritten")
        mended = [mend_warc(layout, path) for path in left.warcs]
        self.mended_warcs: tuple[MendedWarc, ...] = tuple(warc for warc, _, _ in mended)
        """What became of its WARCs."""
        self._warcs = tuple(listed for _, listed, _ in mended if listed is not None)
        self._facts = next(
            (read_facts(warcinfo) for _, _, warcinfo in mended if warcinfo), RunFacts(versions={}, settings={})
        )
        catalog.begin_run(left.run)
        for listed in self._warcs:
            load_captures(catalog, layout, left.run, listed.path)
        # Sightings name revisions, so articles come first.
        articles = self._mend(layout.articles_path(left.run, left.started_at), self._judge_articles())
        if articles is not None and articles.kept:
            load_articles(catalog, layout, left.run, articles.name)
        seen = self._mend(layout.seen_path(left.run, left.started_at), self._judge_sightings())
        if seen is not None and seen.kept:
            load_sightings(catalog, layout, left.run, seen.name)
        links = self._mend(layout.links_path(left.run, left.started_at), self._judge_links())
        if links is not None and links.kept:
            load_links(catalog, layout, left.run, links.name)
        self.mended_lines: tuple[MendedLines, ...] = tuple(
            lines for lines in (articles, seen, links) if lines is not None
        )
        """What became of its articles, sightings and links."""
        self.lines = RunLines(
            layout,
            catalog,
            left.run,
            articles=self._resume(layout.articles_path(left.run, left.started_at), articles),
            seen=self._resume(layout.seen_path(left.run, left.started_at), seen),
            links=self._resume(layout.links_path(left.run, left.started_at), links),
        )
        """Takes what is read in captures that no line mentions."""

    @property
    def base_url(self) -> str | None:
        """Where the site was, ``None`` where that is not known."""
        return self._facts.base_url or None

    @property
    def settings(self) -> Mapping[str, str | int | float | bool | None]:
        """What the run was asked to do, as far as that is known."""
        return self._facts.settings

    def captures(self) -> tuple[WrittenCapture, ...]:
        """The captures that were not cut, in the order in which they were written."""
        return self._catalog.written(self.run)

    def unread(self) -> tuple[WrittenCapture, ...]:
        """Those of which no line says what was read in them."""
        return self._catalog.unread(self.run)

    def was_article(self, url: str) -> bool:
        """Whether an article was read at this address, whatever has become of it."""
        return self._catalog.last_article(url) is not None

    def links(self) -> tuple[Link | LeftLink, ...]:
        """What the lines say that channels declared, and that was left."""
        return tuple(self._catalog.links(self.run))

    def is_settled(self, url: str) -> bool:
        """Whether nothing has to be done for this address: it was read, or is among the open links already."""
        return self._catalog.knows(url) or self._catalog.is_open(url)

    def finish(self, reason: str) -> CrawlRun | None:
        """Make the lines durable and commit the run; ``None`` where no exchange of it is left."""
        self._close()
        if not self._warcs:
            return None
        is_known = self.lines.put_in_order()
        turns = self._catalog.turns(self.run)
        record = CrawlRun(
            run=self.run,
            site=self._site,
            base_url=self._facts.base_url,
            started_at=self._started_at,
            ended_at=self._now(),
            outcome="recovered",
            reason=reason,
            versions=self._facts.versions,
            settings=self._facts.settings,
            warcs=self._warcs,
            articles_file=self.lines.articles_file,
            captures=self._catalog.count_captures(self.run),
            articles=self.lines.articles,
            problems=dict(sorted(self.problems.items())),
            funnel=(),
            revised=turns.revised,
            removed=turns.removed,
            returned=turns.returned,
            generation=self._layout.generation,
        )
        path = self._layout.crawl(self.run)
        with storing(path):
            make_directory(path.parent)
            write_atomically(path, to_document(record))
        if is_known:
            self._catalog.commit_run(record)
        return record

    def abort(self) -> None:
        """Stop without committing; what was done stays, for the next attempt to go on from."""
        if not self.closed:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def _close(self) -> None:
        self.closed = True
        self.lines.close()

    def _mend(self, path: Path, judge: Callable[[bytes], Verdict]) -> MendedLines | None:
        return mend_lines(self._layout, path, judge) if path.exists() else None

    def _resume(self, path: Path, mended: MendedLines | None) -> LineWriter:
        with storing(path):
            return LineWriter.resume(path, mended.kept if mended else 0)

    def _judge_articles(self) -> Callable[[bytes], Verdict]:
        """Keeps articles that are as the live crawl would write them after what is committed."""
        last: dict[str, tuple[int, Digest]] = {}

        def judge(line: bytes) -> Verdict:
            article = _parse(line, Article)
            if article is None:
                return "broken"
            if self._catalog.capture(self.run, article.capture.record_id) != article.capture:
                return "orphaned"
            revision, digest = last.get(article.article_id) or self._last_revision(article.article_id)
            if article.revision != revision + 1 or article.content_digest == digest:
                return "outdated"
            last[article.article_id] = (article.revision, article.content_digest)
            self.problems.update(problem.code for problem in article.problems)
            return "kept"

        return judge

    def _last_revision(self, article_id: str) -> tuple[int, Digest | None]:
        last = self._catalog.last_revision(article_id)
        return (last.revision, last.content_digest) if last else (0, None)

    def _judge_sightings(self) -> Callable[[bytes], Verdict]:
        """Keeps sightings of revisions that are there, and those that say why there was no article."""
        sighted: set[str] = set()

        def judge(line: bytes) -> Verdict:
            sighting = _parse(line, Sighting)
            if sighting is None:
                return "broken"
            if self._catalog.capture(self.run, sighting.record_id) is None:
                return "orphaned"
            if sighting.record_id in sighted or self._catalog.is_read(sighting.record_id):
                return "outdated"
            if sighting.article_id is not None and not self._catalog.line_of(
                sighting.article_id, sighting.revision or 0
            ):
                return "outdated"
            sighted.add(sighting.record_id)
            if sighting.reason is not None:
                self.problems[sighting.reason] += 1
            return "kept"

        return judge

    def _judge_links(self) -> Callable[[bytes], Verdict]:
        """Keeps links whose listing is there and that no committed run has, and left links that were not read."""
        declared: set[tuple[str, str]] = set()

        def judge(line: bytes) -> Verdict:
            try:
                link = parse_link_line(line)
            except ValueError:
                return "broken"
            if isinstance(link, LeftLink):
                return "outdated" if self._catalog.is_read_in(self.run, link.url) else "kept"
            if self._catalog.capture(self.run, link.record_id) is None:
                return "orphaned"
            pair = (link.url, link.channel)
            if pair in declared or self._catalog.holds_link(*pair):
                return "outdated"
            declared.add(pair)
            return "kept"

        return judge


def _parse(line: bytes, kind: type[Line]) -> Line | None:
    try:
        return from_json(line, kind)
    except ValueError:
        return None

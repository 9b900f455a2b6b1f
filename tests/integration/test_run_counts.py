"""What runs leave for an overview: events, days, delays, reasons; by whatever way they came into the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.collection.events import count_happenings, last_happening, read_happenings, read_most_changed
from newsarchive.collection.lines import Span
from newsarchive.collection.onlooker import Onlooker
from newsarchive.collection.overview import (
    Period,
    Tallies,
    last_success,
    periods_until,
    quantile,
    read_channels,
    read_due,
    read_newest_runs,
    read_periods,
    read_reasons,
    read_totals,
)
from newsarchive.collection.run_lines import revision_of
from newsarchive.model.crawl import Funnel
from newsarchive.model.links import LeftLink, Link
from newsarchive.model.recrawl import Ladder
from newsarchive.model.revision import number
from tests.kept import (
    BASE_URL,
    SITE,
    START,
    archive,
    article_of,
    begin,
    crawling,
    exchange,
    keep,
    ticking,
)

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 11, 22)


@contextmanager
def catalog_of(root: Path) -> Iterator[Catalog]:
    with Onlooker(root) as onlooker, onlooker.look() as view:
        yield view.catalog


def write(
    writer: CrawlWriter, text: str, at: datetime, *, stand: datetime | None, article_id: str = "moin-100"
) -> None:
    stored = archive(writer, exchange(f"/{article_id}.html", text.encode(), at=at))
    article = replace(article_of(stored, text, article_id=article_id), stand=stand)
    numbered, is_new = number(article, writer.last_revision(article_id))
    assert is_new
    writer.write_article(numbered)


def gone(writer: CrawlWriter, at: datetime) -> None:
    writer.gone(archive(writer, exchange("/moin-100.html", b"", status="404 Not Found", at=at)), "http-404")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An article that is edited, edited silently, removed and back; another one that nothing happens to."""
    root = tmp_path / SITE
    with crawling(root, start=START - DAY):
        pass
    with crawling(root, start=START) as writer:
        write(writer, "eins", START, stand=START - timedelta(minutes=10))
        write(writer, "ruhig", START, stand=START - timedelta(hours=2), article_id="ruhig-100")
    with crawling(root, start=START + DAY) as writer:
        write(writer, "zwei", START + DAY, stand=START + DAY)
    with crawling(root, start=START + 2 * DAY) as writer:
        write(writer, "drei", START + 2 * DAY, stand=START + DAY)
        keep(writer, archive(writer, exchange("/neu-100.html", at=START + 2 * DAY)), "neu", article_id="neu-100")
    for day in (3, 4):
        with crawling(root, start=START + day * DAY) as writer:
            gone(writer, START + day * DAY)
    with crawling(root, start=START + 5 * DAY) as writer:
        write(writer, "vier", START + 5 * DAY, stand=None)
    return root


def test_events_say_once_what_happened(root: Path) -> None:
    with catalog_of(root) as catalog:
        happenings = read_happenings(catalog, most=10)

        assert [(each.kind, each.revision, each.at - START) for each in happenings] == [
            ("returned", 4, 5 * DAY),
            ("edit", 4, 5 * DAY),
            ("removed", 3, 3 * DAY),
            ("silent", 3, 2 * DAY),
            ("edit", 2, DAY),
        ]
        assert {each.article_id for each in happenings} == {"moin-100"}
        assert [each.reason for each in happenings] == [None, None, "http-404", None, None]
        assert [each.changed for each in happenings] == [(), ("body",), (), ("body",), ("body",)]
        assert [each.kind for each in read_happenings(catalog, kinds=("silent",), most=10)] == ["silent"]
        assert [each.revision for each in read_happenings(catalog, kinds=("edit", "silent"), skip=1, most=1)] == [3]
        assert [count_happenings(catalog), count_happenings(catalog, ("silent", "removed"))] == [5, 2]
        assert last_happening(catalog) == START + 5 * DAY


def test_a_return_without_an_edit_is_an_event(tmp_path: Path) -> None:
    for day in range(3):
        with crawling(tmp_path, start=START + day * DAY) as writer:
            if day == 1:
                gone(writer, START + day * DAY)
            else:
                keep(writer, archive(writer, exchange("/moin-100.html", at=START + day * DAY)), "Moin")

    with catalog_of(tmp_path) as catalog:
        assert [each.kind for each in read_happenings(catalog, most=10)] == ["returned", "removed"]
        assert [(run.removed, run.returned) for run in read_newest_runs(catalog, 3)] == [(0, 1), (1, 0), (0, 0)]


def test_as_many_events_are_counted_as_there_are(tmp_path: Path) -> None:
    for day, path in enumerate(("/moin-100.html", "/auch-moin-100.html")):
        with crawling(tmp_path, start=START + day * DAY) as writer:
            keep(writer, archive(writer, exchange(path, at=START + day * DAY)), "Moin")
    with crawling(tmp_path, start=START + 2 * DAY) as writer:
        for path in ("/moin-100.html", "/auch-moin-100.html"):
            missing = exchange(path, b"", status="404 Not Found", at=START + 2 * DAY)
            writer.gone(archive(writer, missing), "http-404")
    with catalog_of(tmp_path) as catalog:
        assert len(read_happenings(catalog, kinds=("removed",), most=10)) == 1
        assert count_happenings(catalog, ("removed",)) == 1


def test_runs_count_as_their_records_do(root: Path) -> None:
    with Collection.open(root) as collection, catalog_of(root) as catalog:
        records = {record.run: record for record in collection.runs()}
        for run in read_newest_runs(catalog, 10):
            record = records[run.run]
            assert (run.articles, run.edits) == (record.articles - record.revised, record.revised)
            assert (run.removed, run.returned) == (record.removed, record.returned)
            assert (run.captures, run.received_bytes) == (record.captures, record.received_bytes)
        totals = read_totals(catalog)
        assert (totals.articles, totals.revisions) == collection.count_articles()
        assert (totals.runs, totals.captures) == (len(records), collection.count_captures())
        assert totals.warc_bytes == sum(warc.length_bytes for record in records.values() for warc in record.warcs)
        paths = [collection.articles_path(record) for record in records.values()]
        assert totals.line_bytes == sum(path.stat().st_size for path in paths if path is not None)
        assert last_success(catalog) == max(record.ended_at for record in records.values())


def test_days_have_what_came_on_them(root: Path) -> None:
    with catalog_of(root) as catalog:
        days = read_periods(catalog, periods_until(FIRST + 6 * DAY, 7, 1), BERLIN)

    assert [day.period.first for day in days] == [FIRST + at * DAY for at in range(7)]
    assert [day.articles for day in days] == [2, 0, 1, 0, 0, 0, 0]
    assert [(day.edits, day.silent) for day in days] == [(0, 0), (1, 0), (1, 1), (0, 0), (0, 0), (1, 0), (0, 0)]
    assert [day.removed for day in days] == [0, 0, 0, 1, 0, 0, 0]
    assert [day.runs for day in days] == [1, 1, 1, 1, 1, 1, 0]
    assert [(day.delay_median_s, day.delay_90th_s) for day in days[:2]] == [(600, 7200), (None, None)]
    assert days[-1].held_bytes == sum(day.warc_bytes for day in days) > 0


def test_days_are_those_of_the_zone(tmp_path: Path) -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=BERLIN)
    with crawling(tmp_path, start=late) as writer:
        write(writer, "spät", late, stand=late)

    with catalog_of(tmp_path) as catalog:
        for zone, articles in (("Europe/Berlin", [1, 0]), ("Asia/Kathmandu", [0, 1])):
            periods = periods_until(FIRST + DAY, 2, 1)
            assert [day.articles for day in read_periods(catalog, periods, ZoneInfo(zone))] == articles


def test_an_import_from_before_shows_that_a_later_revision_was_silent(tmp_path: Path) -> None:
    """Its run is committed later and has the lower number; by itself the later revision could not be told silent."""
    with crawling(tmp_path / SITE) as writer:
        stored = archive(writer, exchange("/moin-100.html"))
    with Collection.open(tmp_path / SITE) as collection:
        (record,) = collection.runs()
    with closing(Catalog.create(tmp_path / "catalog.sqlite")) as catalog:

        def enter(run: str, revision: int) -> list[str]:
            at = START + revision * DAY
            article = replace(article_of(stored), revision=revision, capture=replace(stored.ref, captured_at=at))
            catalog.begin_run(run)
            catalog.add_revision(article, revision_of(article, run, None), "x.jsonl", Span(offset=0, length=1))
            catalog.change_revision(article.article_id, revision + 1, ("body",))
            catalog.commit_run(replace(record, run=run))
            return [each.kind for each in read_happenings(catalog, most=9)]

        assert enter("first", 2) == ["edit"]
        assert enter("imported", 1) == ["silent"]
        (day,) = read_periods(catalog, periods_until(FIRST + 2 * DAY, 1, 1), BERLIN)
        assert (day.edits, day.silent) == (1, 1)


@pytest.mark.parametrize("settings", [{}, {"since": "2020-01-01"}, {"import": "warc"}, {"import": "text"}])
def test_what_is_older_than_the_archive_or_fetched_of_the_past_says_nothing_of_the_delay(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with (
        Collection.open_or_create(tmp_path, SITE) as collection,
        collection.lock(),
        collection.begin_crawl(base_url=BASE_URL, versions={}, settings=settings, warcinfo={}, now=ticking()) as writer,
    ):
        write(writer, "alt", START, stand=START - 2000 * DAY)
        writer.finish("finished", "")

    with catalog_of(tmp_path) as catalog:
        (day,) = read_periods(catalog, periods_until(FIRST, 1, 1), BERLIN)
        assert (day.articles, day.delayed, day.delay_median_s) == (1, 0, None)


def test_channels_reasons_and_what_is_next(tmp_path: Path) -> None:
    urls = [f"{BASE_URL}/{name}-100.html" for name in ("gelesen", "offen", "weg")]
    with (
        Collection.open_or_create(tmp_path, SITE) as collection,
        collection.lock(),
        begin(collection, now=ticking()) as writer,
    ):
        for url in urls:
            writer.declare(Link(url=url, channel="feed", declared_at=START, listed_at=None, record_id="<urn:uuid:0>"))
        keep(writer, archive(writer, exchange("/gelesen-100.html")), "Moin", article_id="gelesen-100")
        writer.leave(LeftLink(url=urls[1], reason="timeout"))
        writer.gone(archive(writer, exchange("/weg-100.html", status="404 X")), "http-404")
        funnel = Funnel(
            channel="feed",
            day=FIRST,
            declared=3,
            fetched=1,
            extracted=1,
            gone=1,
            failed=1,
            reasons={"timeout": 1, "http-404": 1},
        )
        writer.finish("finished", "", funnel=(funnel,))

    with catalog_of(tmp_path) as catalog:
        today, before = Period(first=FIRST, last=FIRST), Period(first=FIRST - DAY, last=FIRST - DAY)
        (channel,) = read_channels(catalog, today, BERLIN)
        assert (channel.channel, channel.declared, channel.open, channel.given_up) == ("feed", 3, 1, 0)
        assert channel.completeness == pytest.approx(2 / 3)
        assert read_channels(catalog, before, BERLIN) == ()
        assert read_reasons(catalog, today, BERLIN) == (("http-404", 1), ("timeout", 1))
        assert read_reasons(catalog, before, BERLIN) == ()
        (run,) = read_newest_runs(catalog, 5)
        assert run.completeness == pytest.approx(2 / 3)
        due = read_due(catalog, START + timedelta(hours=1))
        assert (due.now, due.not_planned, due.open_links, due.given_up) == (0, 2, 1, 0)
        assert due.next_try_at is not None

    with Collection.open(tmp_path) as collection:
        assert len(list(collection.due(Ladder(), START + timedelta(hours=1)))) == 2
    with catalog_of(tmp_path) as catalog:
        due = read_due(catalog, START + timedelta(hours=1))
        assert (due.now, due.not_planned) == (2, 0)


def test_the_links_of_a_run_that_is_written_do_not_count_yet(tmp_path: Path) -> None:
    with crawling(tmp_path):
        pass
    with (
        Collection.open(tmp_path) as collection,
        collection.lock(),
        begin(collection, now=ticking(START + DAY)) as writer,
    ):
        writer.declare(Link(url=BASE_URL, channel="feed", declared_at=START, listed_at=None, record_id="<urn:uuid:0>"))
        with catalog_of(tmp_path) as catalog:
            assert read_channels(catalog, Period(first=FIRST, last=FIRST), BERLIN) == ()
        writer.finish("finished", "")
    with catalog_of(tmp_path) as catalog:
        assert len(read_channels(catalog, Period(first=FIRST, last=FIRST), BERLIN)) == 1


def test_the_most_changed_come_first_and_by_silent_edits_if_asked(root: Path) -> None:
    with crawling(root, start=START + 6 * DAY) as writer:
        for text in ("a", "b"):
            write(writer, text, START + 6 * DAY, stand=START - timedelta(hours=2), article_id="ruhig-100")

    with catalog_of(root) as catalog:

        def found(since: datetime, order: str) -> list[tuple[str, int, int]]:
            rows = read_most_changed(
                catalog, since, START + 9 * DAY, order="silent" if order == "silent" else "edits", most=5
            )
            return [(row.article_id, row.edits, row.silent) for row in rows]

        assert found(START, "edits") == [("moin-100", 3, 1), ("ruhig-100", 2, 2)]
        assert found(START, "silent") == [("ruhig-100", 2, 2), ("moin-100", 3, 1)]
        assert found(START + 4 * DAY, "silent") == [("ruhig-100", 2, 2)]


def test_the_headline_of_a_changed_article_is_one_of_a_committed_run(root: Path) -> None:
    now = ticking(START + 6 * DAY)
    with Collection.open(root) as collection, collection.lock(), begin(collection, now=now) as writer:
        stored = archive(writer, exchange("/moin-100.html", b"neu", at=START + 6 * DAY))
        article, _ = number(article_of(stored, "neu"), writer.last_revision("moin-100"))
        writer.write_article(replace(article, headline="Noch nicht zu sehen"))

        with catalog_of(root) as catalog:
            most = read_most_changed(catalog, START, START + 6 * DAY, most=1)
        assert [each.headline for each in most] == ["Das Wetter wird besser"]
        writer.finish("finished", "finished")


def test_what_was_counted_is_remembered_until_another_run_is_committed(root: Path) -> None:
    tallies = Tallies()
    with catalog_of(root) as catalog:
        before = tallies.count(catalog, FIRST + 6 * DAY, 7, 7, BERLIN)
    with catalog_of(root) as catalog:
        assert tallies.count(catalog, FIRST + 6 * DAY, 7, 7, BERLIN) is before
    with crawling(root, start=START + 6 * DAY) as writer:
        write(writer, "noch eins", START + 6 * DAY, stand=None, article_id="noch-100")
    with catalog_of(root) as catalog:
        (after,) = tallies.count(catalog, FIRST + 6 * DAY, 7, 7, BERLIN).periods

    assert after.articles == before.periods[0].articles + 1


def test_periods_are_counted_back_from_the_last_day() -> None:
    assert [(period.first.day, period.last.day) for period in periods_until(date(2026, 11, 22), 10, 7)] == [
        (13, 15),
        (16, 22),
    ]


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([], 0.5) is None
    assert [quantile([1, *(2,) * 8, 60], share) for share in (0, 0.1, 0.5, 0.9, 1)] == [1, 1, 2, 2, 60]


def test_days_of_any_zone_are_counted_to_the_minute(tmp_path: Path) -> None:
    """Whole days in UTC are summed up beforehand; what is before and after them is not."""
    times = [START + timedelta(hours=7 * turn, minutes=turn) for turn in range(20)]
    for turn, at in enumerate(times):
        with (
            Collection.open_or_create(tmp_path, SITE) as collection,
            collection.lock(),
            begin(collection, now=lambda at=at: at) as writer,
        ):
            url = f"{BASE_URL}/{turn}.html"
            writer.declare(Link(url=url, channel="feed", declared_at=at, listed_at=None, record_id="<urn:uuid:0>"))
            writer.finish("finished", "", funnel=(Funnel(channel="feed", reasons={"timeout": turn}),))

    with catalog_of(tmp_path) as catalog:
        for name in ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Marquesas"):
            zone = ZoneInfo(name)
            on = [at.astimezone(zone).date() for at in times]
            for first, last in ((0, 0), (1, 1), (0, 1), (1, 3), (-3, -1), (-2, 20)):
                period = Period(first=FIRST + first * DAY, last=FIRST + last * DAY)
                within = [turn for turn, day in enumerate(on) if period.first <= day <= period.last]
                assert sum(each.declared for each in read_channels(catalog, period, zone)) == len(within)
                assert sum(count for _, count in read_reasons(catalog, period, zone)) == sum(within)
                (counts,) = read_periods(catalog, (period,), zone)
                assert counts.runs == len(within)

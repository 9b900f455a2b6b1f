"""The names of files are decided for good: what a collection calls its files today must be found in ten years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from newsarchive.collection.layout import Layout, articles_name, log_name, run_id, seen_name, warc_name

START = datetime(2026, 11, 22, 9, 30, 0, 123999, tzinfo=UTC)
RUN = "20261122T093000Z-0a1b"
LAYOUT = Layout(Path("archive/tagesschau"))


def test_every_name() -> None:
    assert run_id(START, "0a1b") == RUN
    assert warc_name("tagesschau", RUN, START, 7) == (
        "warc/2026/11/22/tagesschau-20261122093000123-20261122T093000Z-0a1b-00007.warc.gz"
    )
    assert articles_name(RUN, START) == "articles/2026/11/22/20261122T093000Z-0a1b.jsonl"
    assert seen_name(RUN, START) == "articles/2026/11/22/20261122T093000Z-0a1b.seen.jsonl"
    assert log_name(RUN) == "logs/20261122T093000Z-0a1b.log"
    assert Path("archive/tagesschau/collection.json") == LAYOUT.descriptor
    assert Path("archive/tagesschau/catalog.sqlite") == LAYOUT.catalog
    assert Path("archive/tagesschau/crawls/20261122T093000Z-0a1b.json") == LAYOUT.crawl(RUN)


def test_paths_are_where_the_names_say() -> None:
    assert LAYOUT.warc_path("tagesschau", RUN, START, 0) == LAYOUT.locate(warc_name("tagesschau", RUN, START, 0))
    assert LAYOUT.articles_path(RUN, START) == LAYOUT.locate(articles_name(RUN, START))
    assert LAYOUT.seen_path(RUN, START) == LAYOUT.locate(seen_name(RUN, START))
    assert LAYOUT.log_path(RUN) == LAYOUT.locate(log_name(RUN))
    assert LAYOUT.name_of(LAYOUT.articles_path(RUN, START)) == articles_name(RUN, START)


def test_days_are_days_of_utc() -> None:
    just_after_midnight_in_berlin = datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))

    run = run_id(just_after_midnight_in_berlin, "0000")

    assert run == "20261231T233000Z-0000"
    assert articles_name(run, just_after_midnight_in_berlin).startswith("articles/2026/12/31/")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../other/catalog.sqlite", "warc/../../x", "warc\\x"])
def test_a_name_never_leads_out_of_the_collection(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a file in a collection"):
        LAYOUT.locate(name)


@pytest.mark.parametrize("site", ["", "Tages schau", "a/b", "..", "straße", "_x"])
def test_a_site_that_cannot_be_part_of_a_name(site: str) -> None:
    with pytest.raises(ValueError, match="site name"):
        warc_name(site, RUN, START, 0)


@pytest.mark.parametrize("token", ["", "123", "12345", "ABCD", "../x"])
def test_a_token_that_is_not_four_hex_digits(token: str) -> None:
    with pytest.raises(ValueError, match="four lower-case hex digits"):
        run_id(START, token)


def test_only_crawl_records_are_taken_for_crawl_records(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.crawls.mkdir()
    for name in (
        "20261122T093000Z-0a1b.json",
        "20261121T093000Z-ffff.json",
        ".20261122T093000Z-0a1b.json.new",
        "x.json",
    ):
        (layout.crawls / name).touch()

    assert [path.stem for path in layout.crawl_records()] == ["20261121T093000Z-ffff", "20261122T093000Z-0a1b"]

"""Metrics: what a crawl adds to them, and that Prometheus' own parser reads the file as it was meant."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from newsarchive.errors import StorageFailed
from newsarchive.model.crawl import CrawlRun, Funnel
from newsarchive.model.finding import Finding
from newsarchive.operation.history import completeness
from newsarchive.operation.metrics import CrawlEnd, metrics_path, record_crawl
from tests.kept import SITE, crawling

START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

RUN = CrawlRun(
    run="20261122T093000Z-0000",
    site=SITE,
    base_url="https://seeblick.example",
    started_at=START,
    ended_at=START + timedelta(minutes=2),
    outcome="finished",
    reason="finished",
    versions={},
    settings={},
    warcs=(),
    articles_file=None,
    captures=40,
    articles=12,
    problems={},
    funnel=(
        Funnel(channel="feed", declared=10, known=3, fetched=5, extracted=5, failed=2, reasons={"timeout": 2}),
        Funnel(
            channel="front",
            declared=6,
            fetched=4,
            not_modified=1,
            extracted=3,
            no_article=1,
            gone=1,
            reasons={"x": 1},
        ),
        Funnel(channel="recrawl", declared=7, not_modified=6, failed=1, reasons={"timeout": 1}),
        Funnel(channel="front", declared=2, skipped=2, reasons={"not-wanted": 2}),
    ),
    findings=(Finding(severity="error", code="channel-silent", where="feed", message="m", remedy="r"),) * 2,
    revised=4,
    removed=2,
    returned=1,
    received_bytes=123_456,
)


def end(record: CrawlRun | None = RUN, *, exit_code: int = 0, minutes: float = 0, site: str = SITE) -> CrawlEnd:
    """A crawl of two minutes that began so many minutes after the start."""
    at = START + timedelta(minutes=minutes)
    return CrawlEnd(site=site, started_at=at, ended_at=at + timedelta(minutes=2), exit_code=exit_code, record=record)


def read(directory: Path, site: str = SITE) -> dict[str, float]:
    """Samples as Prometheus reads them, by name and labels but for the site, which all must have."""
    text = metrics_path(directory, site).read_text(encoding="utf-8")
    samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type in {"gauge", "counter"}
        for sample in family.samples:
            assert sample.labels["site"] == site
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()) if name != "site")
            samples[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return samples


def test_what_a_crawl_brought_stands_in_the_file(tmp_path: Path) -> None:
    path = record_crawl(tmp_path / "made", end(), tmp_path / "none")
    samples = read(tmp_path / "made")

    assert path == tmp_path / "made" / "newsarchive-seeblick.prom"
    assert samples == {
        "newsarchive_last_run_timestamp_seconds": (START + timedelta(minutes=2)).timestamp(),
        "newsarchive_last_success_timestamp_seconds": (START + timedelta(minutes=2)).timestamp(),
        "newsarchive_last_run_exit_code": 0,
        "newsarchive_last_run_duration_seconds": 120,
        "newsarchive_last_run_completeness_ratio": 14 / 16,
        "newsarchive_last_run_findings{code=channel-silent}": 2,
        "newsarchive_runs_total{exit_code=0}": 1,
        "newsarchive_links_total{end=known}": 3,
        "newsarchive_links_total{end=not_modified}": 7,
        "newsarchive_links_total{end=extracted}": 8,
        "newsarchive_links_total{end=no_article}": 1,
        "newsarchive_links_total{end=gone}": 1,
        "newsarchive_links_total{end=failed}": 3,
        "newsarchive_links_total{end=skipped}": 2,
        "newsarchive_not_collected_total{reason=timeout}": 3,
        "newsarchive_not_collected_total{reason=x}": 1,
        "newsarchive_not_collected_total{reason=not-wanted}": 2,
        "newsarchive_articles_total": 8,
        "newsarchive_revisions_total": 4,
        "newsarchive_removals_total": 2,
        "newsarchive_returns_total": 1,
        "newsarchive_captures_total": 40,
        "newsarchive_not_modified_total": 7,
        "newsarchive_received_bytes_total": 123_456,
    }


def test_counters_add_up_over_crawls_and_gauges_are_of_the_last(tmp_path: Path) -> None:
    record_crawl(tmp_path, end(), tmp_path)
    record_crawl(tmp_path, end(replace(RUN, findings=(), articles=5, revised=5), minutes=10), tmp_path)
    samples = read(tmp_path)

    assert samples["newsarchive_runs_total{exit_code=0}"] == 2
    assert samples["newsarchive_articles_total"] == 8
    assert samples["newsarchive_revisions_total"] == 9
    assert samples["newsarchive_links_total{end=known}"] == 6
    assert samples["newsarchive_last_run_timestamp_seconds"] == (START + timedelta(minutes=12)).timestamp()
    assert not [name for name in samples if "findings" in name]


@pytest.mark.parametrize(("exit_code", "record"), [(18, RUN), (13, None), (130, RUN), (1, None)])
def test_a_crawl_that_failed_or_was_refused_leaves_the_last_success(
    tmp_path: Path, exit_code: int, record: CrawlRun | None
) -> None:
    record_crawl(tmp_path, end(), tmp_path)
    record_crawl(tmp_path, end(record, exit_code=exit_code, minutes=10), tmp_path)
    samples = read(tmp_path)

    assert samples["newsarchive_last_success_timestamp_seconds"] == (START + timedelta(minutes=2)).timestamp()
    assert samples["newsarchive_last_run_timestamp_seconds"] == (START + timedelta(minutes=12)).timestamp()
    assert samples["newsarchive_last_run_exit_code"] == exit_code
    assert samples[f"newsarchive_runs_total{{exit_code={exit_code}}}"] == 1


def test_a_crawl_beside_another_one_is_counted_and_says_nothing_else(tmp_path: Path) -> None:
    record_crawl(tmp_path, end(), tmp_path)
    before = read(tmp_path)
    record_crawl(tmp_path, end(None, exit_code=12, minutes=10), tmp_path)

    assert read(tmp_path) == {**before, "newsarchive_runs_total{exit_code=12}": 1}


def test_without_a_file_the_last_success_is_that_of_the_collection(tmp_path: Path) -> None:
    with crawling(tmp_path / SITE, start=START):
        pass
    record_crawl(tmp_path / "metrics", end(None, exit_code=13, minutes=60), tmp_path / SITE)

    success = read(tmp_path / "metrics")["newsarchive_last_success_timestamp_seconds"]
    assert START.timestamp() < success < START.timestamp() + 60


def test_where_there_never_was_a_success_none_is_claimed(tmp_path: Path) -> None:
    record_crawl(tmp_path, end(None, exit_code=11), tmp_path / "none")
    samples = read(tmp_path)

    assert "newsarchive_last_success_timestamp_seconds" not in samples
    assert "newsarchive_last_run_completeness_ratio" not in samples
    assert samples["newsarchive_articles_total"] == 0


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    metrics_path(tmp_path, SITE).write_text("newsarchive_articles_total{site= 7\n")
    record_crawl(tmp_path, end(), tmp_path)

    assert read(tmp_path)["newsarchive_articles_total"] == 8


def test_sites_that_end_together_lose_nothing_of_each_other(tmp_path: Path) -> None:
    def crawl(site: str) -> None:
        for _ in range(20):
            record_crawl(tmp_path, end(site=site), tmp_path)

    threads = [threading.Thread(target=crawl, args=(site,)) for site in ("one", "one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read(tmp_path, "one")["newsarchive_runs_total{exit_code=0}"] == 40
    assert read(tmp_path, "two")["newsarchive_runs_total{exit_code=0}"] == 20
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["newsarchive-one.prom", "newsarchive-two.prom"]


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match=r"newsarchive-seeblick\.prom"):
        record_crawl(tmp_path / "file", end(), tmp_path)


def test_completeness_is_of_what_channels_declared_and_was_wanted() -> None:
    assert completeness(RUN.funnel) == 14 / 16
    assert completeness(()) is None
    assert completeness([Funnel(channel="feed", declared=3, skipped=3, reasons={"not-wanted": 3})]) is None
    assert completeness([Funnel(channel="feed", declared=3, skipped=3, reasons={"robots-disallowed": 3})]) == 0

"""What is asked of a crawl, the books it keeps, and whether it was a success."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsarchive.crawl.ledger import Ledger
from newsarchive.crawl.order import CrawlOrder
from newsarchive.crawl.outcome import judge
from newsarchive.errors import NewsarchiveError, NothingExtracted, UnreachableHost, UsageError
from newsarchive.model.crawl import Funnel
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Expectations, Site

SITE = get_site("tagesschau")
# Half past midnight in Berlin, the day before in UTC.
NOW = datetime(2026, 2, 1, 23, 30, tzinfo=UTC)
LOG = Path("archive/tagesschau/logs/run.log")


def order(**wanted: str | None) -> CrawlOrder:
    words: dict[str, str | None] = dict.fromkeys(("base_url", "since", "until", "limit"))
    return CrawlOrder.parse(SITE, **(words | wanted), now=NOW)


def test_an_order_without_wishes_takes_everything() -> None:
    plain = order()

    assert (plain.site, plain.since, plain.until, plain.limit) == (SITE, None, None, None)
    assert plain.host == "www.tagesschau.de"
    assert plain.wants(None)
    assert plain.wants(datetime(1999, 1, 1, tzinfo=UTC))


def test_days_are_days_of_the_site() -> None:
    days = order(since="2026-02-01")

    assert days.until == date(2026, 2, 2)
    assert not days.wants(datetime(2026, 1, 31, 22, 59, tzinfo=UTC))
    assert days.wants(datetime(2026, 1, 31, 23, 0, tzinfo=UTC))
    assert days.wants(datetime(2026, 2, 2, 22, 59, tzinfo=UTC))
    assert not days.wants(datetime(2026, 2, 2, 23, 0, tzinfo=UTC))
    assert days.wants(None)


def test_another_address_is_the_same_site() -> None:
    moved = order(base_url="http://127.0.0.1:8000/", limit="3")

    assert moved.site == replace(SITE, base_url="http://127.0.0.1:8000")
    assert (moved.host, moved.limit) == ("127.0.0.1", 3)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"until": "2026-01-01"}, "needs --since"),
        ({"since": "2026-01-02", "until": "2026-01-01"}, "lies after"),
        ({"since": "2026-02-03"}, "lies after"),
        ({"since": "gestern"}, "not a day"),
        ({"limit": "0"}, "not a number of pages"),
        ({"limit": "-1"}, "not a number of pages"),
        ({"base_url": "localhost:8000"}, "not an address"),
        ({"base_url": "file:///etc"}, "not an address"),
    ],
)
def test_what_makes_no_sense_is_said(wanted: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        order(**wanted)


def test_every_declared_article_has_one_end() -> None:
    ledger = Ledger(["feed", "sections"])

    assert all(ledger.declare("feed", article) for article in "abcdef")
    assert not ledger.declare("sections", "a")
    assert ledger.claim("moved")
    assert not ledger.declare("sections", "moved")
    assert ledger.declare("sections", "g")
    for article, end in zip("abcd", ("extracted", "no_article", "known", "failed"), strict=True):
        ledger.settle(article, end)
    ledger.settle("a", "failed")
    ledger.settle("moved", "failed")
    before_the_end = ledger.funnel()
    ledger.settle_rest("skipped")

    assert [channel.declared for channel in before_the_end] == [6, 1]
    assert ledger.funnel() == (
        Funnel(channel="feed", declared=6, known=1, fetched=2, extracted=1, no_article=1, failed=1, skipped=2),
        Funnel(channel="sections", declared=1, skipped=1),
    )


def judge_run(site: Site, funnel: list[Funnel], *, asks_for_days: bool = False) -> NewsarchiveError | None:
    failures = ["/kultur: the server answered 404"]
    return judge(site, funnel, listings_read=3, listing_failures=failures, asks_for_days=asks_for_days, log=LOG)


@pytest.mark.parametrize(
    ("fetched", "failed", "extracted", "known", "fails"),
    [
        (0, 0, 0, 9, False),
        (1, 0, 0, 0, True),
        (0, 1, 0, 0, True),
        (4, 0, 0, 9, False),
        (0, 4, 0, 9, False),
        (4, 0, 1, 0, False),
        (10, 0, 4, 9, True),
        (10, 0, 5, 0, False),
        (0, 30, 0, 9, True),
        (5, 6, 5, 9, True),
    ],
)
def test_a_run_is_judged_by_what_the_site_expects(
    fetched: int, failed: int, extracted: int, known: int, *, fails: bool
) -> None:
    site = replace(SITE, expect=Expectations(extracted_share=0.5, judged_from=5))
    asked = fetched + failed
    funnel = [
        Funnel(channel="feed", declared=asked + known, known=known, fetched=fetched, extracted=extracted, failed=failed)
    ]
    error = judge_run(site, funnel)

    assert isinstance(error, NothingExtracted) == fails
    assert error is None or f"of {asked} article pages" in str(error)


def test_a_run_that_met_no_article_at_all_is_no_success_unless_it_asked_for_certain_days() -> None:
    funnel = [Funnel(channel="feed"), Funnel(channel="sections")]

    assert isinstance(judge_run(SITE, funnel), NothingExtracted)
    assert judge_run(SITE, funnel, asks_for_days=True) is None


def test_a_run_that_could_read_no_listing_reached_nothing() -> None:
    failures = ["/feed: timeout", "/: timeout"]
    error = judge(SITE, [], listings_read=0, listing_failures=failures, asks_for_days=False, log=LOG)

    assert isinstance(error, UnreachableHost)
    assert "/feed: timeout" in str(error)

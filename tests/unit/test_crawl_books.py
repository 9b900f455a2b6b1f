"""What is asked of a crawl, and the books it keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from newsarchive.crawl.ledger import Ledger
from newsarchive.crawl.order import CrawlOrder
from newsarchive.errors import UsageError
from newsarchive.model.crawl import Funnel
from newsarchive.sites.registry import get_site

SITE = get_site("tagesschau")
BERLIN = ZoneInfo("Europe/Berlin")
# Half past midnight in Berlin, the day before in UTC.
NOW = datetime(2026, 2, 1, 23, 30, tzinfo=UTC)


def order(**words: str | None) -> CrawlOrder:
    return CrawlOrder.parse(SITE, words, now=NOW)


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
        ({"bse_url": "http://127.0.0.1"}, "no argument bse_url"),
        ({"recrawl": "often"}, "none of no, yes, only"),
        ({"again": "ja"}, "neither yes nor no"),
        ({"since": "2026-01-01", "recrawl": "only"}, "goes without --since"),
    ],
)
def test_what_makes_no_sense_is_said(wanted: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        order(**wanted)


def test_every_declared_article_has_one_end() -> None:
    ledger = Ledger(["feed", "sections"], today=date(2026, 2, 2), zone=BERLIN)

    assert all(ledger.declare("feed", article) for article in "abcdefx")
    assert not ledger.declare("sections", "a")
    assert ledger.claim("moved")
    assert not ledger.declare("sections", "moved")
    assert ledger.declare("sections", "g", datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    for article, end, reason in (
        ("a", "extracted", None),
        ("b", "no_article", "listing"),
        ("c", "known", None),
        ("d", "failed", "timeout"),
        ("x", "gone", "http-404"),
    ):
        assert ledger.settle(article, end, reason)
    assert not ledger.settle("a", "failed", "timeout")
    assert not ledger.settle("moved", "failed", "timeout")
    before_the_end = ledger.funnel()
    left = ledger.open_articles()
    for article in left:
        ledger.settle(article, "skipped", "limit")

    assert left == ("e", "f", "g")
    assert [channel.declared for channel in before_the_end] == [7, 1]
    assert ledger.funnel() == (
        Funnel(
            channel="feed",
            day=date(2026, 2, 2),
            declared=7,
            known=1,
            fetched=2,
            extracted=1,
            no_article=1,
            gone=1,
            failed=1,
            skipped=2,
            reasons={"http-404": 1, "limit": 2, "listing": 1, "timeout": 1},
        ),
        Funnel(channel="sections", day=date(2026, 2, 1), declared=1, skipped=1, reasons={"limit": 1}),
    )


def test_what_is_known_may_be_taken_up_again_once() -> None:
    ledger = Ledger(["feed"], today=date(2026, 2, 2), zone=BERLIN)
    ledger.declare("feed", "known")
    ledger.declare("feed", "new")
    ledger.settle("known", "known", was_asked=False)

    assert ledger.take_up("known")
    assert not ledger.take_up("known")
    assert not ledger.take_up("new")
    ledger.declare("feed", "moved")
    ledger.settle("moved", "known")
    assert not ledger.take_up("moved")
    ledger.settle("known", "not_modified")
    ledger.settle("new", "extracted")
    assert not ledger.take_up("known")
    assert not ledger.take_up("new")
    assert [(account.channel, account.declared, account.not_modified) for account in ledger.funnel()] == [
        ("feed", 3, 0),
        ("recrawl", 1, 1),
    ]

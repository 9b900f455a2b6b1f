"""The ladder: when a page is looked at again, given what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsarchive.model.recrawl import Ladder, PageHistory, due_at

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVEN = Ladder(spread=0)
URL = "https://seeblick.example/moin-100.html"


def page(checked_after: timedelta = timedelta(0), **known: datetime | str | None) -> PageHistory:
    """An article published and first seen at noon, and last looked at so much later."""
    history = PageHistory(
        url=URL,
        published_at=NOON,
        first_seen_at=NOON,
        changed_at=None,
        checked_at=NOON + checked_after,
        unavailable_after=None,
        gone_at=None,
        reason=None,
    )
    return replace(history, **known)  # type: ignore[arg-type]  # names and values of its fields


@pytest.mark.parametrize(
    ("age", "interval"),
    [
        (timedelta(0), 10 * MINUTE),
        (HOUR - timedelta(seconds=1), 10 * MINUTE),
        (HOUR, 30 * MINUTE),
        (6 * HOUR - timedelta(seconds=1), 30 * MINUTE),
        (6 * HOUR, 2 * HOUR),
        (DAY, 6 * HOUR),
        (3 * DAY, DAY),
        (7 * DAY, 7 * DAY),
        (30 * DAY, 30 * DAY),
        (365 * DAY - timedelta(seconds=1), 30 * DAY),
        (365 * DAY, None),
        (3650 * DAY, None),
    ],
)
def test_a_page_is_looked_at_the_less_often_the_older_it_is(age: timedelta, interval: timedelta | None) -> None:
    assert due_at(page(age), EVEN) == (None if interval is None else NOON + age + interval)


def test_a_change_begins_the_ladder_anew() -> None:
    assert due_at(page(20 * DAY, changed_at=NOON + 20 * DAY), EVEN) == NOON + 20 * DAY + 10 * MINUTE
    assert due_at(page(20 * DAY, changed_at=NOON + 20 * DAY - 2 * HOUR), EVEN) == NOON + 20 * DAY + 30 * MINUTE


def test_an_old_article_that_is_found_late_is_old() -> None:
    assert due_at(page(published_at=NOON - 100 * DAY), EVEN) == NOON + 30 * DAY
    assert due_at(page(published_at=NOON - 4000 * DAY), EVEN) is None


def test_an_article_without_a_printed_time_is_as_old_as_its_first_capture() -> None:
    assert due_at(page(2 * HOUR, published_at=None), EVEN) == NOON + 2 * HOUR + 30 * MINUTE


def test_a_time_that_lies_ahead_is_not_believed() -> None:
    assert due_at(page(400 * DAY, published_at=NOON + 9999 * DAY), EVEN) is None
    assert due_at(page(4 * DAY, changed_at=NOON + 9999 * DAY), EVEN) == NOON + 4 * DAY + 10 * MINUTE
    assert due_at(page(4 * DAY, changed_at=NOON - 9999 * DAY), EVEN) == NOON + 5 * DAY


def test_what_was_missed_is_due_since_then() -> None:
    """A collection that nobody crawled for months asks for such a page once, and then as often as its age says."""
    forgotten = page(20 * MINUTE)
    assert due_at(forgotten, EVEN) == NOON + 30 * MINUTE
    assert due_at(replace(forgotten, checked_at=NOON + 90 * DAY), EVEN) == NOON + 120 * DAY


@pytest.mark.parametrize(
    ("checked_after", "due_after"),
    [
        (timedelta(0), DAY),
        (12 * HOUR, DAY),
        (DAY - timedelta(seconds=1), DAY),
        (DAY, 7 * DAY),
        (8 * DAY, 30 * DAY),
        (30 * DAY, None),
    ],
)
def test_what_is_gone_is_looked_at_again_three_times(checked_after: timedelta, due_after: timedelta | None) -> None:
    gone = page(checked_after, first_seen_at=NOON - 90 * DAY, gone_at=NOON, reason="http-404")

    assert due_at(gone, EVEN) == (None if due_after is None else NOON + due_after)


def test_an_address_that_never_had_an_article_is_asked_again_soon() -> None:
    missed = page(published_at=None, first_seen_at=None, gone_at=NOON, reason="http-404")
    looks = []
    while (due := due_at(missed, EVEN)) is not None:
        looks.append(due - NOON)
        missed = replace(missed, checked_at=due)

    assert looks == [10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY]


def test_a_page_without_article_is_not_looked_at_again() -> None:
    assert due_at(page(published_at=None, first_seen_at=None, reason="listing"), EVEN) is None


def test_an_article_that_cannot_be_read_any_more_is_looked_at_all_the_same() -> None:
    assert due_at(page(2 * DAY, reason="layout-unknown"), EVEN) == NOON + 2 * DAY + 6 * HOUR


def test_there_is_a_last_look_and_one_after_the_end() -> None:
    end = NOON + 400 * DAY
    old = page(366 * DAY, unavailable_after=end)

    last = due_at(old, EVEN)
    assert last is not None
    assert end - 2 * DAY <= last <= end - DAY
    after = due_at(replace(old, checked_at=last), EVEN)
    assert after == end + DAY
    assert due_at(replace(old, checked_at=after), EVEN) is None


def test_a_look_of_the_ladder_that_comes_at_the_right_time_is_the_last_one() -> None:
    end = NOON + 20 * DAY
    on_its_way = page(19 * DAY, unavailable_after=end)

    assert due_at(on_its_way, EVEN) == end + DAY
    assert due_at(replace(on_its_way, checked_at=NOON + 12 * DAY), EVEN) < end - DAY  # type: ignore[operator]
    assert due_at(replace(on_its_way, unavailable_after=NOON + 26 * DAY - 2 * HOUR), EVEN) < NOON + 26 * DAY  # type: ignore[operator]


def test_an_end_that_was_over_long_before_asks_for_nothing() -> None:
    assert due_at(page(366 * DAY, unavailable_after=NOON), EVEN) is None


def test_intervals_are_spread_by_a_few_per_cent_and_always_alike() -> None:
    pages = [replace(page(10 * DAY), url=f"{URL}?{number}") for number in range(1000)]
    dues = [due_at(one, Ladder()) for one in pages]

    assert [due_at(one, Ladder()) for one in pages] == dues
    waits = [due - NOON - 10 * DAY for due in dues if due is not None]
    assert min(waits) >= 7 * DAY
    assert max(waits) <= 7 * DAY * 1.05
    assert max(waits) - min(waits) > 7 * DAY * 0.04
    assert len(set(waits)) > 900


def test_looks_come_in_the_number_that_the_ladder_promises() -> None:
    history = page()
    looks = []
    while (due := due_at(history, EVEN)) is not None:
        looks.append(due)
        history = replace(history, checked_at=due)

    ages = [look - NOON for look in looks]
    assert len([age for age in ages if age <= HOUR]) == 6
    assert len([age for age in ages if HOUR < age <= 6 * HOUR]) == 10
    assert len([age for age in ages if age <= DAY]) == 25
    assert len(looks) == 52


def test_clocks_that_are_put_back_change_nothing() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 10, 25, 2, 50, tzinfo=berlin)
    local = page(published_at=before, first_seen_at=before, checked_at=before)
    utc = page(
        published_at=before.astimezone(UTC), first_seen_at=before.astimezone(UTC), checked_at=before.astimezone(UTC)
    )

    due, expected = due_at(local, EVEN), due_at(utc, EVEN)

    assert due is not None
    assert expected is not None
    assert due.astimezone(UTC) == expected == before.astimezone(UTC) + 10 * MINUTE


@pytest.mark.parametrize(
    "odd",
    [
        {"rungs": ((HOUR, MINUTE), (MINUTE, HOUR))},
        {"rungs": ((HOUR, MINUTE), (HOUR, HOUR))},
        {"rungs": ((HOUR, timedelta(0)),)},
        {"after_removal": (DAY, DAY)},
        {"after_miss": (timedelta(0),)},
        {"spread": 1.0},
        {"spread": -0.1},
    ],
)
def test_what_is_no_ladder_is_refused(odd: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"rise|above zero|spread"):
        Ladder(**odd)  # type: ignore[arg-type]  # the point of the test

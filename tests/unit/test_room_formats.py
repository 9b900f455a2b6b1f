"""Numbers, sizes, times and durations in the reading room."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from newsarchive.web import formats

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "digits", "english", "german"),
    [(0, 0, "0", "0"), (1234567, 0, "1,234,567", "1.234.567"), (1234.56, 1, "1,234.6", "1.234,6")],
)
def test_numbers_are_parted_as_each_language_does(value: float, digits: int, english: str, german: str) -> None:
    assert formats.number(value, "en", digits=digits) == english
    assert formats.number(value, "de", digits=digits) == german


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0, "100.0 %"), (0.9999, "99.9 %"), (0.57, "57.0 %"), (0.0, "0.0 %"), (None, "–")]
)
def test_shares_are_never_rounded_up_to_all(value: float | None, shown: str) -> None:
    assert formats.share(value, "en") == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (10**19, "10,000.0 PB")]
)
def test_sizes_are_in_the_largest_unit(count: int, shown: str) -> None:
    assert formats.size(count, "en") == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (83, "1:23"), (3723.4, "1:02:03"), (59.6, "1:00")])
def test_durations_are_as_players_show_them(seconds: float, shown: str) -> None:
    assert formats.duration(seconds) == shown


def test_times_are_on_the_clocks_of_the_site_and_in_utc_for_programs() -> None:
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    german = formats.instant(at, BERLIN, "de")
    assert german == (
        '<time datetime="2026-11-22T23:30:00Z" title="2026-11-22 23:30:00 UTC">23.11.2026, 00:30 MEZ</time>'
    )
    assert "2026-11-23, 00:30:00 CET" in formats.instant(at, BERLIN, "en", seconds=True)
    assert "MESZ" in formats.instant(datetime(2026, 7, 1, tzinfo=UTC), BERLIN, "de")


def test_days_are_written_as_each_language_does() -> None:
    assert formats.day(date(2026, 1, 2), "de") == "02.01.2026"
    assert formats.day(date(2026, 1, 2), "en") == "2026-01-02"

"""Printed and machine-written times."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.extraction.times import (
    find_times,
    localise,
    occurs_twice,
    parse_duration,
    parse_iso,
    parse_period,
    parse_stand,
)

BERLIN = ZoneInfo("Europe/Berlin")
SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Stand: 28.04.2023 17:23 Uhr", datetime(2023, 4, 28, 17, 23, tzinfo=SUMMER)),
        ("Stand: 31.01.2026 • 06:03 Uhr", datetime(2026, 1, 31, 6, 3, tzinfo=WINTER)),
        ("  Stand:  01.12.2018\xa000:00 Uhr ", datetime(2018, 12, 1, 0, 0, tzinfo=WINTER)),
        ("Stand: 31.02.2025 10:00 Uhr", None),
        ("Stand: 10.02.2025 99:99 Uhr", None),
        ("Stand: gestern", None),
        ("28.04.2023 17:23 Uhr", None),
    ],
)
def test_stand(line: str, expected: datetime | None) -> None:
    found = parse_stand(line, BERLIN)

    assert found == expected
    assert found is None or expected is None or found.utcoffset() == expected.utcoffset()


@pytest.mark.parametrize(
    ("near", "offset"),
    [
        (datetime(2025, 10, 26, 0, 30, 41, tzinfo=UTC), SUMMER),
        (datetime(2025, 10, 26, 1, 30, 41, tzinfo=UTC), WINTER),
        (None, SUMMER),
    ],
)
def test_hour_repeated_in_autumn_is_decided_by_a_time_nearby(near: datetime | None, offset: timezone) -> None:
    found = parse_stand("Stand: 26.10.2025 02:30 Uhr", BERLIN, near)

    assert found is not None
    assert found.isoformat() == datetime(2025, 10, 26, 2, 30, tzinfo=offset).isoformat()
    assert occurs_twice(found, BERLIN)


def test_hour_left_out_in_spring_is_no_time() -> None:
    assert parse_stand("Stand: 30.03.2025 02:30 Uhr", BERLIN) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("am 03. April 2023 um 09:23 Uhr", ["2023-04-03T09:23:00+02:00"]),
        ("am 15 April 2021 um 18:45 Uhr", ["2021-04-15T18:45:00+02:00"]),
        ("Das Erste | tagesthemen | 06.01.2026 | 21:45 Uhr", ["2026-01-06T21:45:00+01:00"]),
        ("3.4.2023 · 08:07 Uhr", ["2023-04-03T08:07:00+02:00"]),
        ("tagesschau24 12:00 Uhr, 20.10.2018", ["2018-10-20T12:00:00+02:00"]),
        ("03.04.23 14:08", ["2023-04-03T14:08:00+02:00"]),
        (
            "A | 1.3.2022 | 9:00 Uhr, B | 2.3.2022 | 10:00 Uhr",
            ["2022-03-01T09:00:00+01:00", "2022-03-02T10:00:00+01:00"],
        ),
        ("am 5. Brumaire 2022 um 9:00 Uhr", []),
        ("1.200 Kilometer, 12:00", []),
    ],
)
def test_times_in_running_text(text: str, expected: list[str]) -> None:
    found = [time.at.isoformat() for time in find_times(text, BERLIN) if time.at]

    assert found == expected


@pytest.mark.parametrize(
    ("text", "false_z", "expected"),
    [
        ("2027-12-13T00:00:00+01", False, "2027-12-13T00:00:00+01:00"),
        ("2006-01-30T19:00:00+0000", False, "2006-01-30T19:00:00+00:00"),
        ("2025-12-13T22:13:24.299Z", False, "2025-12-13T22:13:24.299000+00:00"),
        ("2025-12-13T23:00:24Z", True, "2025-12-13T23:00:24+01:00"),
        ("2022-03-01T22:26:00", False, "2022-03-01T22:26:00+01:00"),
        ("2022-03-01", False, None),
        ("soon", False, None),
        ("2022-13-01T22:26:00", False, None),
        ("0001-01-01T00:00:00+01:00", False, None),
        ("0001-01-01T00:00:00Z", True, None),
        ("9999-12-31T23:59:59-05:00", False, None),
    ],
)
def test_iso(text: str, false_z: bool, expected: str | None) -> None:
    found = parse_iso(text, BERLIN, false_z=false_z)

    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("PT15M37S", 937), ("PT1H", 3600), ("P1DT1S", 86401), ("PT", None), ("5 Min", None)]
)
def test_duration(text: str, expected: int | None) -> None:
    assert parse_duration(text) == expected


@given(st.integers(0, 10**8).map(lambda minutes: datetime(1980, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)))
def test_every_instant_comes_back_from_its_own_wall_clock(at: datetime) -> None:
    wall = at.astimezone(BERLIN).replace(tzinfo=None, fold=0)

    assert localise(wall, BERLIN, near=at) == at


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert all(0 <= time.span[0] < time.span[1] <= len(text) for time in find_times(text, BERLIN))
    parse_stand(text, BERLIN)
    parse_iso(text, BERLIN)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("4. November 2023", (date(2023, 11, 4), date(2023, 11, 4))),
        (" 1.März 2022 ", (date(2022, 3, 1), date(2022, 3, 1))),
        ("Februar 2024", (date(2024, 2, 1), date(2024, 2, 29))),
        ("Dezember 2021", (date(2021, 12, 1), date(2021, 12, 31))),
        ("30. Februar 2024", None),
        ("Brumaire 2024", None),
        ("2024", None),
        ("4. November 2023 - Inland", None),
    ],
)
def test_periods(text: str, days: tuple[date, date] | None) -> None:
    assert parse_period(text) == days

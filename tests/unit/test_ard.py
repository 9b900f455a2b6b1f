"""What the sites of the ARD share: lines under players, broadcast references, bylines, credits, players."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HTMLParser, document_fromstring

from newsarchive.extraction.page import Page
from newsarchive.sites import ard


def page() -> Page:
    tree = document_fromstring("<html><body><p>x</p></body></html>", parser=HTMLParser())
    url = "https://www.tagesschau.de/inland/a-100.html"
    return Page(url=url, captured_at=datetime(2026, 5, 1, tzinfo=UTC), tree=tree, json_ld=(), metas=())


@pytest.mark.parametrize(
    ("line", "station", "programme", "at"),
    [
        ("tagesthemen, Das Erste, 06.01.2026 21:45 Uhr", "Das Erste", "tagesthemen", "2026-01-06T21:45:00+01:00"),
        (
            "Serie vor 20 Jahren, Das Erste, 30.01.2006 • 20:00 Uhr",
            "Das Erste",
            "Serie vor 20 Jahren",
            "2006-01-30T20:00:00+01:00",
        ),
        ("tagesschau24 12:00 Uhr, 20.10.2018", "tagesschau24", None, "2018-10-20T12:00:00+02:00"),
        ("Eva Muster, ARD Brüssel, tagesschau 14:00 Uhr, 3.4.2023", None, "tagesschau", "2023-04-03T14:00:00+02:00"),
        ("Eva Muster, HR, 1.3.2022 · 09:40 Uhr", "HR", None, "2022-03-01T09:40:00+01:00"),
        ("Eva Muster, ARD Wien, 3.4.2023 · 08:07 Uhr", None, None, "2023-04-03T08:07:00+02:00"),
        ("Sportschau", None, "Sportschau", None),
        (None, None, None, None),
    ],
)
def test_air_line(line: str | None, station: str | None, programme: str | None, at: str | None) -> None:
    found = ard.read_air_line(line)

    assert (found.station, found.programme, found.at and found.at.isoformat()) == (station, programme, at)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Über dieses Thema berichtete das Nachtmagazin am 19. Oktober 2018 um 01:00 Uhr.",
            [(None, "Nachtmagazin", "2018-10-19T01:00:00+02:00")],
        ),
        (
            "Dieses Thema im Programm: Über dieses Thema berichtete DLF am 24. März 2023 um 05:20 Uhr.",
            [("DLF", None, "2023-03-24T05:20:00+01:00")],
        ),
        (
            "Über dieses Thema berichtete das Erste am 19. Oktober 2018 um 12:45 Uhr im Europamagazin.",
            [("Das Erste", "Europamagazin", "2018-10-19T12:45:00+02:00")],
        ),
        (
            "Es berichteten die tagesthemen am 19.4.21 um 22:15 Uhr und die Sendung DAS! am 15. Mai 21 um 8:45 Uhr.",
            [(None, "tagesthemen", "2021-04-19T22:15:00+02:00"), (None, "Sendung DAS!", "2021-05-15T08:45:00+02:00")],
        ),
        (
            "Bayern 2 | Um elf | 13.12.2025 | 23:00 Uhr, Das Erste | tagesthemen | 13.12.2025 | 23:30 Uhr",
            [
                ("Bayern 2", "Um elf", "2025-12-13T23:00:00+01:00"),
                ("Das Erste", "tagesthemen", "2025-12-13T23:30:00+01:00"),
            ],
        ),
        ("Dieses Thema im Programm: demnächst", [(None, None, None)]),
    ],
)
def test_broadcasts(line: str, expected: list[tuple[str | None, str | None, str | None]]) -> None:
    found = ard.read_broadcasts(line)

    assert [(each.station, each.programme, each.at and each.at.isoformat()) for each in found] == expected
    assert {each.raw for each in found} == {line}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Von Ada Muster, Bo Beispiel und Cem Vorbild, NDR",
            [("Ada Muster", "NDR"), ("Bo Beispiel", "NDR"), ("Cem Vorbild", "NDR")],
        ),
        ("Von Ada Muster, ARD-Studio Wien", [("Ada Muster", "ARD-Studio Wien")]),
        ("Von Ada Muster und Bo Beispiel, br", [("Ada Muster", "br"), ("Bo Beispiel", "br")]),
        ("Von Ada Muster, NDR, und Bo Beispiel, WDR", [("Ada Muster", "NDR"), ("Bo Beispiel", "WDR")]),
        ("Von Ada Muster", [("Ada Muster", None)]),
        ("Quelle: sid/dpa", [(None, "sid/dpa")]),
        ("", []),
    ],
)
def test_byline(line: str, expected: list[tuple[str | None, str | None]]) -> None:
    assert [(each.name, each.organisation) for each in ard.read_byline(line)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ein Haus | dpa", ("Ein Haus", "dpa")),
        ("Ein Haus | Bildquelle: dpa", ("Ein Haus", "dpa")),
        ("Ein Haus", ("Ein Haus", None)),
        (" | AP", (None, "AP")),
        (None, (None, None)),
    ],
)
def test_credit(text: str | None, expected: tuple[str | None, str | None]) -> None:
    assert ard.split_credit(text) == expected


def test_air_time_with_a_false_z_is_local() -> None:
    content = {
        "meta": {"title": "t"},
        "pluginData": {"trackingPiano@all": {"avContent": {"d:av_original_air_time": "2025-06-30T20:00:00Z"}}},
    }

    found = ard.read_player({"mc": content}, page(), "body")

    assert found is not None
    assert found.broadcast_at is not None
    assert found.broadcast_at.isoformat() == "2025-06-30T20:00:00+02:00"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "mc",
                    "pc",
                    "meta",
                    "streams",
                    "media",
                    "url",
                    "images",
                    "title",
                    "alt",
                    "subtitles",
                    "sources",
                    "pluginData",
                    "sharing@web",
                    "link",
                    "avContent",
                    "trackingPiano@all",
                    "durationSeconds",
                    "broadcastedOnDateTime",
                    "_mediaArray",
                    "_mediaStreamArray",
                    "_stream",
                    "_info",
                    "clipDate",
                    "channelTitle",
                    "_duration",
                    "_previewImage",
                    "xl",
                    "posterImage",
                    "imageTemplateConfig",
                    "size",
                    "value",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@given(st.fixed_dictionaries({"mc": json_values, "pc": json_values, "posterImage": json_values}))
def test_no_json_breaks_a_player(player: dict[str, Any]) -> None:
    for read in (ard.read_player, ard.read_old_player):
        found = read(player, page(), "body")
        assert found is None or (found.duration_s is None or found.duration_s >= 0)

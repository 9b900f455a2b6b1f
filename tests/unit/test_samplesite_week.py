"""The week that the demo lives through, and the pictures of a site that is to be looked at."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from newsarchive.samplesite.drawing import HEIGHT_PX, WIDTH_PX, draw
from newsarchive.samplesite.invent import IMAGE_HOST, invent_stories
from newsarchive.samplesite.life import Playback
from newsarchive.samplesite.listings import Features
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.week import DAYS, moments, plan_week

NIGHT, NOON, EVENING = (datetime(2026, 11, 22, hour, 30, tzinfo=UTC) for hour in (0, 12, 22))


@pytest.mark.parametrize("until", [NIGHT, NOON, EVENING], ids=["night", "noon", "evening"])
def test_a_week_can_be_played_to_its_end_whenever_that_is(until: datetime) -> None:
    life = plan_week(30, 1, until)
    site = SampleSite(())
    playback = Playback(life, site)
    for at in moments(until):
        playback.play(at)

    assert life.events[-1].at <= until
    assert len([event for event in life.events if event.kind == "publish"]) == len(life.stories) == 30
    (ferry,) = (story for story in site.stories if story.topline == "Fähre vor Ostermünde")
    assert ferry.headline == "Alle 212 Menschen an Bord gerettet"
    assert ferry.paragraphs[-1].startswith("Anmerkung der Redaktion")
    assert "Wenn der Brunnen nur noch morgens läuft" not in {story.headline for story in site.stories}


@pytest.mark.parametrize("until", [NIGHT, NOON, EVENING], ids=["night", "noon", "evening"])
def test_a_crawl_comes_by_between_any_two_edits_of_the_ferry(until: datetime) -> None:
    life = plan_week(3, 1, until)
    (slug,) = (slug for slug, story in life.stories.items() if story.topline == "Fähre vor Ostermünde")
    edited = sorted({event.at for event in life.events if event.slug == slug})
    passing = moments(until)

    assert len(edited) == 5
    for earlier, later in zip(edited, [*edited[1:], until + timedelta(seconds=1)], strict=True):
        assert any(earlier <= at < later for at in passing), earlier
    assert list(passing) == sorted(set(passing))
    assert until - timedelta(days=DAYS) < passing[0]
    assert passing[-1] == until


def test_the_same_week_is_told_twice_the_same() -> None:
    assert plan_week(40, 7, NOON) == plan_week(40, 7, NOON)
    assert plan_week(40, 7, NOON) != plan_week(40, 8, NOON)


def test_a_dressed_site_loads_nothing_from_elsewhere_and_draws_its_own_pictures() -> None:
    story = next(story for story in invent_stories(20, 1) if story.images)
    site = SampleSite([story], base_url="http://127.0.0.1:8080", features=Features(dressed=True), weight_bytes=0)
    page = site.respond(story.path, "", {}).body.decode()

    assert IMAGE_HOST not in page
    assert "<style>" in page
    assert '<link rel="stylesheet"' not in page
    assert "<script src=" not in page
    path = (story.images[0].url or "").removeprefix(IMAGE_HOST).partition("?")[0]
    assert f'src="http://127.0.0.1:8080{path}' in page
    answer = site.respond(path, "", {})
    assert (answer.status, answer.header("Content-Type")) == (200, "image/png")


def test_a_drawing_is_a_png_that_its_address_decides() -> None:
    picture = draw("/image/a/16x9/b.jpg")

    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (WIDTH_PX, HEIGHT_PX)
    (data,) = (content for kind, content in _chunks(picture) if kind == b"IDAT")
    assert len(zlib.decompress(data)) == HEIGHT_PX * (WIDTH_PX + 1)
    assert draw("/image/a/16x9/b.jpg") == picture
    assert draw("/image/a/16x9/c.jpg") != picture


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + content)
        found.append((kind, content))
        at += 12 + length
    return found

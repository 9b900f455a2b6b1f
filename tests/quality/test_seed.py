"""The article this project began with: as flat text, and as a page made of it, served, crawled and read again.

The text lies beside the corpus, in ``seed/``: ``article.txt`` and ``expected.json`` with what must come out of it.
"""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.model.article import Article, Block, Broadcast, Image, Media, Poster, Stream
from newsarchive.model.serialize import from_json
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.story import Story
from tests.corpus import VARIABLE, corpus_path
from tests.crawling import NEWSARCHIVE, PROJECT, crawl, environment

URL = "https://www.tagesschau.de/ausland/europa/seed-100.html"

pytestmark = pytest.mark.skipif(corpus_path() is None, reason=f"{VARIABLE} is not set")


def seed(name: str) -> str:
    root = corpus_path()
    assert root is not None
    return (root.parent.parent / "seed" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(seed("expected.json"))
    return loaded


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Article, Path]:
    """The seed read by the command a user would type."""
    archive = tmp_path_factory.mktemp("seed")
    text = archive / "article.txt"
    text.write_text(seed("article.txt"), encoding="utf-8")
    command = (*NEWSARCHIVE, "import", "text", str(text), "--url", URL, "--archive", str(archive), "--json")
    done = subprocess.run(
        (*command, "--captured-at", "2026-01-07T08:00"),
        capture_output=True,
        check=True,
        timeout=60,
        cwd=PROJECT,
        env=environment(),
    )
    return from_json(done.stdout, Article), archive / "tagesschau"


def assert_as_expected(article: Article, expected: dict[str, Any]) -> None:
    """Every value of ``expected.json``."""
    assert (article.topline, article.headline) == (expected["topline"], expected["headline"])
    assert article.stand is not None
    assert article.stand.isoformat() == expected["stand"]
    assert article.stand_raw == expected["stand_raw"]
    assert article.lead is not None
    assert article.lead.startswith(expected["lead_starts"])
    assert article.lead.endswith(expected["lead_ends"])
    assert [block.text for block in article.body if block.kind == "heading"] == expected["headings"]
    assert sum(block.kind == "paragraph" for block in article.body) == expected["paragraphs_after_lead"]
    assert [_media(item, wanted) for item, wanted in zip(article.media, expected["media"], strict=True)] == expected[
        "media"
    ]
    assert [image.alt for image in article.images] == expected["image_alts"]
    assert [
        {
            "station": each.station,
            "programme": each.programme,
            "at": each.at and each.at.isoformat(),
            "raw": each.raw,
        }
        for each in article.broadcasts
    ] == expected["broadcasts"]
    assert [part for part in expected["never_in_text"] if part in article.text] == []


def _media(item: Media, wanted: dict[str, Any]) -> dict[str, Any]:
    said = {
        "kind": item.kind,
        "role": item.role,
        "title": item.title,
        "duration_s": item.duration_s,
        "programme": item.programme,
        "station": item.station,
        "broadcast_at": item.broadcast_at and item.broadcast_at.isoformat(),
        "poster_alt": item.poster and item.poster.alt,
    }
    return {key: said[key] for key in wanted}


def test_flat_text_gives_the_expected_values(imported: tuple[Article, Path], expected: dict[str, Any]) -> None:
    assert_as_expected(imported[0], expected)


def test_flat_text_is_kept_as_it_came(imported: tuple[Article, Path]) -> None:
    article, directory = imported
    with Collection.open(directory) as collection:
        stored = collection.read_capture(article.capture)

    assert stored.record_type == "resource"
    assert stored.url == URL
    assert stored.payload.decode() == seed("article.txt")


def story_of(article: Article, expected: dict[str, Any]) -> Story:
    """A page of the current layout with the seed's text; what flat text cannot say is invented."""
    stand = datetime.fromisoformat(expected["stand"])
    head, body = article.media
    return Story(
        slug="seed-100",
        path="/ausland/europa/seed-100.html",
        external_id="00000000-0000-4000-8000-000000000000",
        era="e3",
        kind="article",
        section=(("Ausland", "/ausland"), ("Europa", "/ausland/europa")),
        topline=expected["topline"],
        headline=expected["headline"],
        seo_title=f"{expected['topline']}: {expected['headline']}",
        lead=article.lead,
        published=stand + timedelta(seconds=12),
        first_published=stand - timedelta(hours=2),
        modified=stand + timedelta(minutes=3),
        unavailable_after=None,
        stand_dotted=False,
        blocks=article.body,
        media=(_playable(head, 1), _playable(body, 2)),
        images=tuple(
            Image(
                url=f"https://bilder.example/image/0/1/16x9-1280/bild-{number}.jpg",
                alt=image.alt,
                caption=None,
                credit="dpa",
                role="body",
            )
            for number, image in enumerate(article.images)
        ),
        head_poster=Image(
            url="https://bilder.example/image/0/1/20x9-1280/kopf.jpg",
            alt=head.poster and head.poster.alt,
            caption=None,
            credit="AFP",
            role="head",
        ),
        broadcasts=tuple(
            Broadcast(station=each.station, programme=each.programme, at=each.at, raw=each.raw)
            for each in article.broadcasts
        ),
    )


def _playable(media: Media, number: int) -> Media:
    poster = Poster(
        url=f"https://bilder.example/image/0/1/16x9-1280/poster-{number}.jpg",
        alt=media.poster and media.poster.alt,
        credit="ARD-aktuell",
    )
    return Media(
        kind=media.kind,
        role=media.role,
        title=media.title,
        caption=media.caption,
        duration_s=media.duration_s,
        programme=media.programme,
        station=media.station,
        broadcast_at=media.broadcast_at,
        media_id=f"video-150000{number}",
        page_url=f"/multimedia/video/video-150000{number}.html",
        streams=(
            Stream(url=f"https://streams.example/{number}.mp4", mime_type="video/mp4", width_px=960, quality=None),
        ),
        poster=poster,
        raw=media.raw,
    )


def test_page_of_it_crawled_gives_the_same(
    imported: tuple[Article, Path], expected: dict[str, Any], tmp_path: Path
) -> None:
    story = story_of(imported[0], expected)
    with serve(SampleSite((story,))) as site:
        crawled = crawl(site.base_url, tmp_path)

    (article,) = (each for each in crawled.articles if each.article_id == "seed-100")
    assert_as_expected(article, expected)
    assert article.text == imported[0].text
    assert [(block.kind, block.text) for block in article.body] == [
        (block.kind, block.text) for block in imported[0].body
    ]
    assert article.problems == ()


def test_blocks_know_where_pictures_and_players_stand(imported: tuple[Article, Path]) -> None:
    placed = [block for block in imported[0].body if block.ref is not None]

    assert [block.kind for block in placed] == ["video", "image", "image"]
    assert all(isinstance(block, Block) and block.text is None for block in placed)

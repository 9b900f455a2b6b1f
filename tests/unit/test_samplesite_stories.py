"""Invented stories: the same on every machine, of every kind, and nobody's text but ours."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from newsarchive.errors import UsageError
from newsarchive.samplesite.drafts import DRAFTS
from newsarchive.samplesite.invent import DEFAULT_START, invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.story import BERLIN
from tests.corpus import VARIABLE, gold_cases

COUNT = 120

_DIGEST = """
import hashlib
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
site = SampleSite(invent_stories(40, seed=11), weight_bytes=2000)
pages = [site.respond(path, "", {"accept-encoding": "gzip"}).body
         for path in (*(story.path for story in site.stories), "/", "/archiv", "/index~rss2.xml")]
print(hashlib.sha256(b"".join(pages)).hexdigest())
"""


def _digest_in_another_process(hash_seed: str, zone: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone}
    done = subprocess.run([sys.executable, "-c", _DIGEST], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_same_seed_gives_same_bytes_in_every_process() -> None:
    site = SampleSite(invent_stories(40, seed=11), weight_bytes=2000)
    paths = (*(story.path for story in site.stories), "/", "/archiv", "/index~rss2.xml")
    here = hashlib.sha256(b"".join(site.respond(path, "", {"accept-encoding": "gzip"}).body for path in paths))
    assert _digest_in_another_process("1", "UTC") == here.hexdigest()
    assert _digest_in_another_process("2", "Pacific/Apia") == here.hexdigest()


def test_another_seed_gives_other_stories() -> None:
    headlines = [{story.headline for story in invent_stories(30, seed)} for seed in (1, 2)]
    assert headlines[0] != headlines[1]
    assert invent_stories(30, seed=1) != invent_stories(30, seed=2)


def test_stories_stay_the_same_when_the_run_grows() -> None:
    longer = {story.slug: story for story in invent_stories(COUNT, seed=3)}
    assert all(longer[story.slug] == story for story in invent_stories(30, seed=3))


def test_every_kind_of_content_occurs_in_both_eras() -> None:
    stories = invent_stories(76, seed=5)
    for era in ("e2b", "e3"):
        of_era = [story for story in stories if story.era == era]
        blocks = {block.kind for story in of_era for block in story.blocks}
        assert blocks == {
            "paragraph", "heading", "list", "quote", "table", "infobox", "image", "video", "audio", "embed",
        }  # fmt: skip
        assert {"article", "liveblog", "listing"} <= {story.kind for story in of_era}
        assert {medium.role for story in of_era for medium in story.media} == {"head", "body"}
        assert any(medium.subtitles for story in of_era for medium in story.media)
        assert any(story.lead is None for story in of_era)
        assert any(story.corrections for story in of_era)
        assert any(story.authors and story.label for story in of_era)
        assert any(story.source for story in of_era)
        assert any(teaser.player for story in of_era for teaser in story.teasers)
    assert any(story.kind == "video" for story in stories)
    assert {story.published.year for story in stories if story.era == "e2b"} >= {2023, 2025}


def test_written_articles_open_the_run() -> None:
    assert {draft.headline for draft in DRAFTS} == {story.headline for story in invent_stories(3, seed=99)}


def test_stand_is_printed_in_both_forms() -> None:
    printed = {story.stand_raw for story in invent_stories(76, seed=5) if story.era == "e3"}
    assert any(" • " in line for line in printed)
    assert any(" • " not in line for line in printed)
    assert all(line.startswith("Stand: ") and line.endswith(" Uhr") for line in printed)


def test_some_stands_lie_in_the_repeated_hour_each_time_round() -> None:
    offsets = set()
    for story in invent_stories(76, seed=5):
        naive = story.stand.replace(tzinfo=None)
        if naive.replace(tzinfo=BERLIN, fold=0).utcoffset() != naive.replace(tzinfo=BERLIN, fold=1).utcoffset():
            offsets.add((story.era, story.stand.utcoffset()))
    assert offsets == {("e3", timedelta(hours=2)), ("e2b", timedelta(hours=1))}


def test_times_come_from_the_start_alone() -> None:
    later = DEFAULT_START + timedelta(days=200)
    moved = {story.slug: story for story in invent_stories(24, seed=7, start=later)}
    for story in invent_stories(24, seed=7):
        if story.era == "e3" and story.published >= DEFAULT_START and story.kind == "article":
            assert moved[story.slug].published - story.published == timedelta(days=200)


def test_addresses_are_unique() -> None:
    stories = invent_stories(400, seed=1)
    assert len({story.slug for story in stories}) == len({story.path for story in stories}) == 400
    assert len({story.external_id for story in stories}) == 400
    clips = [medium.page_url for story in stories for medium in story.media]
    assert len(set(clips)) == len(clips)


@pytest.mark.parametrize("start", [datetime.fromisoformat("2026-01-01"), datetime(2025, 3, 1, tzinfo=UTC)])
def test_refuses_a_start_it_cannot_date(start: datetime) -> None:
    with pytest.raises(UsageError, match="December 2025"):
        invent_stories(1, seed=1, start=start)


def test_text_pieces_hold_no_box_caption_table_or_teaser() -> None:
    for story in invent_stories(COUNT, seed=4):
        text = " ".join(story.pieces())
        for block in story.blocks:
            if block.kind == "infobox":
                assert block.title is not None
                assert block.title not in text
        for image in story.images:
            assert image.caption is None or image.caption not in text
        assert not any(teaser.related.headline in text for teaser in story.teasers)


@pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"{VARIABLE} is not set")
def test_no_sentence_of_the_real_pages_is_used() -> None:
    ours = " ".join(" ".join(story.pieces()) for story in invent_stories(400, seed=1))
    real = [line.text for case in gold_cases() for line in case.gold if line.kind in {"lead", "p"}]
    sentences = {part.strip() for text in real for part in text.split(". ") if len(part.strip()) > 30}
    assert len(sentences) > 100
    assert not [sentence for sentence in sentences if sentence in ours]

"""What comes out of the sample site's pages is what went in, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Block
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.story import Story
from newsarchive.sites.registry import get_site

BASE = "http://127.0.0.1:8000"
STORIES = invent_stories(150, 4)


@cache
def sample_site() -> SampleSite:
    return SampleSite(STORIES, base_url=BASE)


@cache
def extracted(slug: str) -> Article:
    story = sample_site().story(slug)
    answer = sample_site().respond(story.path, "", {})
    ref = CaptureRef(
        record_id="urn:uuid:0",
        warc="w.warc.gz",
        offset=0,
        length=0,
        captured_at=datetime(2030, 1, 1, tzinfo=UTC),
        status=answer.status,
        payload_digest=Digest.of(answer.body),
    )
    stored = StoredCapture(
        ref=ref,
        url=BASE + story.path,
        record_type="response",
        content_type="text/html",
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        payload=answer.body,
    )
    article = extract(stored, get_site("tagesschau").at(BASE)).article

    assert article is not None
    return article


def wanted(story: Story) -> dict[str, object]:
    story = story.at(BASE)
    return {
        "article_id": story.slug,
        "kind": story.kind,
        "label": story.label,
        "topline": story.topline,
        "headline": story.headline,
        "seo_title": story.seo_title,
        "lead": story.lead,
        "description": story.description,
        "stand": story.stand,
        "stand_raw": story.stand_raw,
        "first_published_at": story.first_published_at and story.first_published_at.replace(microsecond=0),
        "unavailable_after": story.unavailable_after,
        "authors": story.bylines,
        "section": tuple(name for name, _ in story.section),
        "tags": story.tags,
        "body": above_entries(story),
        "media": story.media,
        "images": story.images,
        "broadcasts": story.broadcasts,
        "updates": story.updates,
        "related": story.related,
        "corrections": story.corrections,
        "problems": (),
    }


def above_entries(story: Story) -> tuple[Block, ...]:
    """A story keeps the text of its entries among its blocks too, an article does not."""
    of_entries = sum(1 + len(update.text.split("\n\n")) for update in story.updates)
    return story.blocks[: len(story.blocks) - of_entries]


@pytest.mark.parametrize("field", sorted(wanted(STORIES[0])))
def test_every_field_of_every_story(field: str) -> None:
    differing = {
        story.slug: getattr(extracted(story.slug), field)
        for story in STORIES
        if getattr(extracted(story.slug), field) != wanted(story)[field]
    }

    assert differing == {}


def test_text_is_lead_headings_paragraphs_lists_and_quotes() -> None:
    for story in STORIES:
        assert extracted(story.slug).text.split() == " ".join(story.pieces()).split(), story.slug


def test_both_eras_and_every_kind_are_among_them() -> None:
    assert {(story.era, story.kind) for story in STORIES} >= {
        (era, kind) for era in ("e2b", "e3") for kind in ("article", "liveblog", "listing")
    }
    assert {extracted(story.slug).extractor.reader for story in STORIES} == {"tagesschau-e2b", "tagesschau-e3"}


def test_new_tokens_and_teasers_leave_the_content_digest_alone() -> None:
    story = next(story for story in STORIES if story.media and story.teasers and story.kind == "article")
    before = extracted(story.slug).content_digest
    streams = tuple(replace(stream, url=f"{stream.url}?token=2") for stream in story.media[0].streams)
    site = SampleSite(STORIES, base_url=BASE)
    site.edit(
        story.slug,
        lambda old: replace(old, teasers=(), media=(replace(old.media[0], streams=streams), *old.media[1:])),
        story.modified,
    )
    answer = site.respond(story.path, "", {})
    stored = StoredCapture(
        ref=extracted(story.slug).capture,
        url=BASE + story.path,
        record_type="response",
        content_type="text/html",
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        payload=answer.body,
    )

    after = extract(stored, get_site("tagesschau").at(BASE)).article

    assert after is not None
    assert after.related == ()
    assert after.media != extracted(story.slug).media
    assert after.content_digest == before

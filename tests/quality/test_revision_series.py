"""Captures of one article over time: what changed between neighbours, and what only seems to have changed."""

from __future__ import annotations

from dataclasses import fields

import pytest

from newsarchive.model.article import Article
from newsarchive.model.revision import compare
from tests.corpus import Case, case_named, needs_corpus
from tests.quality.scoring import read

pytestmark = needs_corpus

NOT_EDITORIAL = {"content_digest", "capture", "extractor", "problems", "times_raw", "modified_at"}
"""What no editor writes: where and how it was read, and the technical time of modification."""

STEPS: list[tuple[str, str, set[str], tuple[str, ...]]] = [
    # The headline loses a word and the description is reworded; the Stand stays. Meta title moves with the headline.
    ("e1-khashoggi-0", "e1-khashoggi-1", {"headline", "description"}, ("headline",)),
    # The video moves up to the second paragraph, a teaser box and a list of links come in: not an edit of what is said.
    ("e1-khashoggi-1", "e1-khashoggi-2", {"body", "related"}, ()),
    # A name is corrected in the short text of the teaser; the right column has another day's news.
    ("e1-khashoggi-2", "e1-khashoggi-3", set(), ()),
    # Only the right column.
    ("e1-khashoggi-3", "e1-khashoggi-4", set(), ()),
    # The box with comments and tags is gone, because the page is old by now.
    ("e1-khashoggi-4", "e1-khashoggi-5", {"tags"}, ()),
    # One share button less.
    ("e1-khashoggi-5", "e1-khashoggi-6", set(), ()),
    # One subheading and two paragraphs reworded, one paragraph split, another clip, two of three teasers gone.
    ("e2a-thaci-0", "e2a-thaci-1", {"text", "body", "media", "related"}, ("body", "media")),
]
"""Capture, next capture, every field that differs but for the technical ones, and those of them an editor wrote."""


@pytest.mark.parametrize(("before", "after", "changed", "edited"), STEPS, ids=[step[1] for step in STEPS])
def test_step(before: str, after: str, changed: set[str], edited: tuple[str, ...]) -> None:
    old, new = _article(case_named(before)), _article(case_named(after))

    assert changed_fields(old, new) == changed
    assert compare(old, new) == edited
    assert (old.content_digest != new.content_digest) == bool(edited)
    assert old.stand == new.stand
    assert old.article_id == new.article_id


def test_silent_edit_shows_in_the_technical_time() -> None:
    old, new = _article(case_named("e2a-thaci-0")), _article(case_named("e2a-thaci-1"))

    assert old.modified_at is not None
    assert new.modified_at is not None
    assert old.modified_at < new.modified_at
    assert old.published_at == new.published_at


def test_what_the_silent_edit_changed() -> None:
    old, new = _article(case_named("e2a-thaci-0")), _article(case_named("e2a-thaci-1"))

    assert len(old.related) - len(new.related) == 2
    assert [media.duration_s for media in old.media] == [90, 272]
    assert [media.duration_s for media in new.media] == [171, 272]
    headings = [[block.text for block in article.body if block.kind == "heading"] for article in (old, new)]
    assert sum(before != after for before, after in zip(*headings, strict=True)) == 1


NOISE = [
    (
        "e2a-thaci-0",
        b"/res/assets/css/main-dbc0194e1456e1bc951d312319d278d2c6421770.css",
        b"/res/assets/css/main-0.css",
    ),
    ("e2a-thaci-0", b"teaser-absatz__shorttext", b"teaser-absatz__shorttext neu"),
    ("e2a-thaci-0", b"adaptive.tagesschau.de/i/video", b"adaptive2.tagesschau.de/i/video"),
    ("e2b-ahrtal", b"images.tagesschau.de/image/", b"bilder.tagesschau.de/image/"),
    ("e2b-ahrtal", b'<li class="taglist__element">', b'<li class="taglist__element neu">'),
    ("e3-terrorverdacht", b"isEnablePostMessage&quot;:false", b"isEnablePostMessage&quot;:true"),
    ("e3-terrorverdacht", b"ndr-podcast.ard-mcdn.de", b"ndr-podcast2.ard-mcdn.de"),
    ("e3-video", b"AAABnSSv", b"AAABnSSw"),
    ("e3-listing-overview", b"/resources/assets/", b"/resources/assets2/"),
]


@pytest.mark.parametrize(("name", "old", "new"), NOISE, ids=[f"{name}-{n}" for n, (name, _, _) in enumerate(NOISE)])
def test_tokens_are_no_edit(name: str, old: bytes, new: bytes) -> None:
    case = case_named(name)
    assert old in case.page

    assert _article(_with(case, case.page.replace(old, new))).content_digest == _article(case).content_digest


@pytest.mark.parametrize("name", ["e1-khashoggi-6", "e2a-thaci-1", "e2b-ahrtal", "e3-terrorverdacht"])
def test_one_word_is_an_edit(name: str) -> None:
    case = case_named(name)
    paragraph = next(block.text for block in reversed(_article(case).body) if block.kind == "paragraph" and block.text)
    opening = " ".join(paragraph.split()[:2]).encode()
    assert opening in case.page
    changed = case.page.replace(opening, opening + b" anders")

    assert _article(_with(case, changed)).content_digest != _article(case).content_digest


def changed_fields(old: Article, new: Article) -> set[str]:
    """The editorial fields in which two articles differ; the SEO title follows headline and title element."""
    ignored = NOT_EDITORIAL | {"seo_title"}
    return {
        field.name
        for field in fields(Article)
        if field.name not in ignored and getattr(old, field.name) != getattr(new, field.name)
    }


def _article(case: Case) -> Article:
    article = read(case).article
    assert article is not None
    return article


def _with(case: Case, page: bytes) -> Case:
    return Case(name=case.name, url=case.url, captured_at=case.captured_at, page=page, gold=case.gold)

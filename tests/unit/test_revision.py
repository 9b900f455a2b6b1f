"""Which fields a new revision changes: the same question the content digest answers with yes or no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from newsarchive.model.article import Block, Byline, Image, Media, Related, Stream, Tag, Update
from newsarchive.model.revision import Revision, compare, content_digest, number
from tests.corpus import stored_page
from tests.kept import START, article_of

ARTICLE = replace(
    article_of(stored_page(b"", url="https://seeblick.example/moin-100.html")),
    media=(Media(kind="video", role="head", title="Wetter", raw="Video: Wetter"),),
    images=(Image(url="https://images.example/1.jpg", alt="See", caption="Der See", credit="AP", role="body"),),
)

EDITED: dict[str, Any] = {
    "label": "Analyse",
    "topline": "Am See",
    "headline": "Das Wetter bleibt schön",
    "lead": "Die Sonne scheint.",
    "authors": (Byline(name="Jette Beispiel", organisation=None, url=None, raw="Von Jette Beispiel"),),
    "body": (Block(kind="heading", level=2, text="Moin"),),
    "media": (Media(kind="video", role="head", title="Wetter am Abend", raw="Video: Wetter"),),
    "images": (Image(url="https://images.example/1.jpg", alt="See", caption="Der See", credit="dpa", role="body"),),
    "updates": (Update(id="1", time=None, time_raw="10:15 Uhr", heading=None, text="Neu"),),
    "corrections": ("Anmerkung der Redaktion: Es war der See.",),
}

UNEDITED: dict[str, Any] = {
    "media": (
        Media(
            kind="video",
            role="head",
            title="Wetter",
            raw="Video: Wetter",
            streams=(Stream(url="https://media.example/?token=2", mime_type=None, width_px=None, quality=None),),
        ),
    ),
    "images": (Image(url="https://images.example/2.jpg", alt="See", caption="Der See", credit="AP", role="body"),),
    "authors": (),
    "stand": START,
    "stand_raw": "Stand: 22.11.2026 09:30 Uhr",
    "related": (Related(url="https://seeblick.example/x", label=None, topline=None, headline="Mehr"),),
    "tags": (Tag(name="Wetter", slug="wetter"),),
    "seo_title": "Wetter",
    "description": "Wetter",
}


@pytest.mark.parametrize("field", EDITED)
def test_an_edit_is_named_and_changes_thecontent_digest(field: str) -> None:
    edited = replace(ARTICLE, **{field: EDITED[field]})

    assert compare(ARTICLE, edited) == (field,)
    assert content_digest(edited) != content_digest(ARTICLE)


@pytest.mark.parametrize("field", UNEDITED)
def test_what_nobody_edited_is_not_named_and_leaves_thecontent_digest(field: str) -> None:
    later = replace(ARTICLE, **{field: UNEDITED[field]})

    assert compare(ARTICLE, later) == ()
    assert content_digest(later) == content_digest(ARTICLE)


def test_fields_are_named_in_the_order_of_the_record() -> None:
    assert compare(ARTICLE, replace(ARTICLE, **EDITED)) == tuple(EDITED)


def _revision(revision: int, lead: str) -> Revision:
    return Revision(
        article_id="moin-100",
        revision=revision,
        url=ARTICLE.url,
        content_digest=content_digest(replace(ARTICLE, lead=lead)),
        run="20261122T093000Z-0000",
        captured_at=START,
        stand=None,
        headline=None,
        changed=(),
    )


def test_revisions_are_numbered_from_one_and_only_when_something_changed() -> None:
    article = replace(ARTICLE, lead="Neu", content_digest=content_digest(replace(ARTICLE, lead="Neu")))

    assert number(article, None) == (replace(article, revision=1), True)
    assert number(article, _revision(4, "Alt")) == (replace(article, revision=5), True)
    assert number(article, _revision(4, "Neu")) == (replace(article, revision=4), False)

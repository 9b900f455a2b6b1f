"""Which fields a new revision changes: the same question the content digest answers with yes or no."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from newsarchive.model.article import Block, Byline, Image, Media, Related, Stream, Tag, Update
from newsarchive.model.revision import Revision, changes, compare, content_digest, number
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


def _entry(number: int, **differing: Any) -> Update:
    plain = Update(
        id=f"e{number}", time=None, time_raw=f"1{number}:00 Uhr", heading=f"Um {number}", text=f"Satz {number}"
    )
    return replace(plain, **differing)


def _live(*entries: Update) -> Any:
    return replace(ARTICLE, updates=entries)


def test_a_new_entry_is_named() -> None:
    found = changes(_live(_entry(1)), _live(_entry(3), _entry(2), _entry(1)))

    assert found.entries_only
    assert [entry.heading for entry in found.added] == ["Um 3", "Um 2"]
    assert (found.removed, found.edited) == ((), ())


def test_entries_that_go_and_entries_that_change_are_named() -> None:
    found = changes(_live(_entry(3), _entry(2), _entry(1)), _live(_entry(3, text="Anders"), _entry(1)))

    assert [entry.id for entry in found.edited] == ["e3"]
    assert [entry.id for entry in found.removed] == ["e2"]
    assert found.added == ()


@pytest.mark.parametrize(
    "after",
    [
        {"id": "neu"},
        {"id": "neu", "heading": "Neue Überschrift"},
        {"heading": "Neue Überschrift", "text": "Neuer Satz"},
        {"id": None, "text": "Neuer Satz"},
        {"parts": (Block(kind="embed", url="https://charts.example/"),)},
    ],
    ids=["id", "id and heading", "heading and text", "no id", "parts"],
)
def test_an_edited_entry_is_the_same_entry(after: dict[str, Any]) -> None:
    found = changes(_live(_entry(2), _entry(1)), _live(_entry(2), _entry(1, **after)))

    assert len(found.edited) == 1
    assert (found.added, found.removed) == ((), ())


def test_entries_that_look_alike_are_paired_in_their_order() -> None:
    alike = [_entry(1, id=None, text=text) for text in "abc"]

    found = changes(_live(*alike), _live(_entry(9), *alike))

    assert [entry.id for entry in found.added] == ["e9"]
    assert (found.removed, found.edited) == ((), ())


def test_an_edit_under_the_same_stand_is_silent() -> None:
    old = replace(ARTICLE, stand=START)
    edited = replace(old, lead="Anders.")

    assert changes(old, edited).silent
    assert not changes(old, replace(edited, stand=START + timedelta(minutes=1))).silent
    assert not changes(old, replace(edited, stand=None)).silent
    assert not changes(replace(old, stand=None), replace(edited, stand=None)).silent
    assert not changes(old, replace(old, tags=())).silent


def test_a_headline_alone() -> None:
    assert changes(ARTICLE, replace(ARTICLE, headline="Neu", topline="Neu")).headline_only
    assert not changes(ARTICLE, replace(ARTICLE, headline="Neu", lead="Neu")).headline_only
    assert not changes(ARTICLE, ARTICLE).headline_only

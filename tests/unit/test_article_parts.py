"""What the page of an article shows where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsarchive.model.article import Article, Block, Image, Media, Poster, Update
from newsarchive.web.article_parts import paragraphs, parts_of, pictures_of, web_address
from tests.corpus import stored_page
from tests.kept import article_of


def _article(**changed: object) -> Article:
    article = article_of(stored_page(b"Moin", url="https://seeblick.example/moin-100.html"))
    return replace(article, **{"body": (), **changed})


def _image(name: str, role: str = "body") -> Image:
    return Image(url=f"https://bilder.example/{name}.jpg", alt=name, caption=None, credit=None, role=role)


def test_pictures_and_players_stand_where_their_blocks_are_and_each_once() -> None:
    head, placed, loose = _image("kopf", "head"), _image("mitte"), _image("ohne Ort")
    clip = Media(kind="video", role="body")
    article = _article(
        images=(head, placed, loose),
        media=(clip,),
        body=(Block(kind="image", ref=1), Block(kind="paragraph", text="Moin")),
        updates=(
            Update(id=None, time=None, time_raw=None, heading=None, text="", parts=(Block(kind="video", ref=0),)),
        ),
    )
    parts = parts_of(article)
    assert parts.head == (head,)
    assert [shown.image for shown in parts.body] == [placed, None]
    assert [shown.media for shown in parts.entries[0].parts] == [clip]
    assert parts.rest == (loose,)


@pytest.mark.parametrize("ref", [None, 5, -1])
def test_a_block_without_its_picture_is_shown_without(ref: int | None) -> None:
    (shown,) = parts_of(_article(images=(_image("da"),), body=(Block(kind="image", ref=ref),))).body
    assert shown.image is None


@pytest.mark.parametrize(
    ("printed", "shown"), [((2, 3, 2), (2, 3, 2)), ((4, 6, 1, 3), (2, 3, 2, 3)), ((None, 2), (2, 2)), ((2, 9), (2, 3))]
)
def test_levels_of_headings_skip_none(printed: tuple[int | None, ...], shown: tuple[int, ...]) -> None:
    body = tuple(Block(kind="heading", level=level, text="Titel") for level in printed)
    assert tuple(block.level for block in parts_of(_article(body=body)).body) == shown


def test_headings_in_an_entry_stand_below_its_own() -> None:
    entry = Update(
        id=None,
        time=None,
        time_raw="10:15",
        heading="Eintrag",
        text="",
        parts=(Block(kind="heading", level=2, text="x"),),
    )
    parts = parts_of(_article(updates=(entry, entry)))
    assert [shown.level for shown in parts.entries[0].parts] == [4]
    assert [entry.anchor for entry in parts.entries] == ["entry-1", "entry-2"]


def test_pictures_are_those_of_the_text_and_the_stills_of_players_each_once() -> None:
    still = Poster(url="https://bilder.example/b.jpg", alt=None, credit=None)
    article = _article(
        images=(_image("a"), _image("b"), _image("a")), media=(Media(kind="video", role="head", poster=still),)
    )
    assert pictures_of(article) == ("https://bilder.example/a.jpg", "https://bilder.example/b.jpg")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//host.example/",
        "/path",
        "https:",
        "http://[::1",
        "",
        None,
    ],
)
def test_only_addresses_over_http_can_be_followed(address: str | None) -> None:
    assert web_address(address) is None


def test_addresses_over_http_can_be_followed() -> None:
    assert web_address("https://seeblick.example/a?b=c") == "https://seeblick.example/a?b=c"


def test_blank_lines_part_paragraphs() -> None:
    assert paragraphs("Eins\nnoch eins\n\n\n\nZwei\n\n") == ["Eins\nnoch eins", "Zwei"]
    assert paragraphs("") == []

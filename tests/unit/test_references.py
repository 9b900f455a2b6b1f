"""What a page and a style sheet load, and which pictures are the same in another form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.web.references import MAX_REFERENCES, picture_choices, picture_name, references

_PAGE = "https://seeblick.example/a/moin-100.html"
_IMAGE = "https://bilder.example/image/0f36d5a2-63a8-4c65-9c0f-0a7c5f9d3f11"


def stored(text: str, content_type: str | None = "text/html; charset=utf-8", url: str = _PAGE) -> StoredCapture:
    payload = text.encode()
    return StoredCapture(
        ref=CaptureRef(
            record_id="urn:uuid:00000000-0000-0000-0000-000000000000",
            warc="warc/a.warc.gz",
            offset=0,
            length=1,
            captured_at=datetime(2026, 11, 22, tzinfo=UTC),
            status=200,
            payload_digest=Digest.of(payload),
        ),
        url=url,
        record_type="response",
        content_type=content_type,
        headers=(("Content-Type", content_type),) if content_type else (),
        payload=payload,
    )


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<img src="b.png">', ["https://seeblick.example/a/b.png"]),
        ('<img src="/b.png#x"><img src="/b.png">', ["https://seeblick.example/b.png"]),
        (
            '<img srcset="a.png 1x, b,c.png 2x">',
            ["https://seeblick.example/a/a.png", "https://seeblick.example/a/b,c.png"],
        ),
        (
            '<img srcset=" a.png, b.png 320w,">',
            ["https://seeblick.example/a/a.png", "https://seeblick.example/a/b.png"],
        ),
        ('<link rel="preload stylesheet" href="//cdn.example/s.css">', ["https://cdn.example/s.css"]),
        ('<link rel="canonical" href="/x"><a href="/y">y</a>', []),
        ('<base href="/c/"><script src="s.js"></script>', ["https://seeblick.example/c/s.js"]),
        ('<video src="v.mp4" poster="p.jpg"><track src="t.vtt"></video>', ["v.mp4", "p.jpg", "t.vtt"]),
        ("<p style=\"background: url('b.png')\">x</p>", ["https://seeblick.example/a/b.png"]),
        ('<style>@import "s.css"; p { background: url( b.png ) }</style>', ["s.css", "b.png"]),
        ('<img src="data:image/gif;base64,R0lGOD"><iframe src="javascript:alert(1)"></iframe>', []),
        ('<img src="http://[::1">', []),
    ],
)
def test_what_a_page_loads(markup: str, expected: list[str]) -> None:
    found = references(stored(f"<html><body>{markup}</body></html>"))
    assert list(found) == [url if "://" in url else f"https://seeblick.example/a/{url}" for url in expected]


def test_what_a_style_sheet_loads() -> None:
    text = "@import url(a.css); @font-face { src: url(\"f.woff2\") } p { background: url('b.png') }"
    found = references(stored(text, "text/css", "https://cdn.example/s/s.css"))
    assert found == ("https://cdn.example/s/a.css", "https://cdn.example/s/f.woff2", "https://cdn.example/s/b.png")


@pytest.mark.parametrize("content_type", [None, "text/plain", "image/png", "application/json"])
def test_what_is_no_page_loads_nothing(content_type: str | None) -> None:
    capture = stored('<img src="b.png">', content_type)
    assert references(capture) == ()
    assert picture_choices(capture) == ()


def test_a_page_without_end_is_looked_at_in_part() -> None:
    pictures = "".join(f'<img srcset="{number}.png 1x, {number}-2.png 2x">' for number in range(MAX_REFERENCES))
    page = stored(f"<html><body>{pictures}</body></html>")
    assert len(references(page)) == MAX_REFERENCES
    assert sum(map(len, picture_choices(page))) == MAX_REFERENCES


@pytest.mark.parametrize("text", [" , " * 100_000, "url('" * 100_000, "a " * 100_000, "," * 200_000])
def test_odd_markup_takes_no_time(text: str) -> None:
    assert len(references(stored(f'<html><body><img srcset="{text}"><style>{text}</style></body></html>'))) < 3


def test_the_choices_of_a_picture_are_its_sources_and_its_image() -> None:
    markup = """<picture><source srcset="a.webp 640w, b.webp 960w"><img src="c.jpg"></picture>
        <img src="d.jpg"><img src="e.jpg" srcset="f.jpg 2x">"""
    choices = picture_choices(stored(f"<html><body>{markup}</body></html>"))
    names = [[url.rpartition("/")[2] for url in choice] for choice in choices]
    assert names == [["a.webp", "b.webp", "c.jpg"], ["e.jpg", "f.jpg"]]


def test_forms_of_a_picture_are_told_by_an_id_that_nothing_else_has() -> None:
    forms = [f"{_IMAGE}/AAA/16x9-big/hafen-1.webp?width=640", f"{_IMAGE}/AAA/16x7/hafen-1.jpg?width=1280"]
    assert len({picture_name(url) for url in forms}) == 1
    assert picture_name(forms[0]) is not None
    assert picture_name(f"{_IMAGE}/BBB/16x7/hafen-1.jpg") != picture_name(forms[0])
    assert picture_name(f"{_IMAGE}/AAA/16x7/hafen-2.jpg") != picture_name(forms[0])
    # A day is no id: these are two pictures.
    assert picture_name("https://bilder.example/2026/11/22/hafen.jpg") is None
    # Nor is there a form without a folder behind the id, or a name without an ending.
    for other in ("hafen.jpg", "16x7/hafen", "16x7/.jpg", "/hafen.jpg", "16x7/hafen.jpg#a"):
        assert picture_name(f"{_IMAGE}/{other}") is None


def test_a_picture_with_ids_without_end_takes_no_time() -> None:
    assert picture_name(f"{_IMAGE}/{_IMAGE.rpartition('/')[2]}/" * 50_000) is None

"""A capture is decoded and parsed once: content codings, character encodings, JSON-LD, meta elements, depth."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Callable

import brotli
import pytest

from newsarchive.extraction.elements import text_of
from newsarchive.extraction.page import MAX_BODY_BYTES, MAX_DEPTH, Document, Page, Unreadable, decode, parse, read_json
from newsarchive.model.capture import StoredCapture
from tests.corpus import stored_page

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}

URL = "https://bote.example/lokales/ulmen-4411.html"
UMLAUTS = "Grüße aus Öhr – für 5 €"


def stored(payload: bytes, content_type: str | None = "text/html", coding: str = "identity") -> StoredCapture:
    return stored_page(payload, url=URL, content_type=content_type, coding=coding)


def page_of(text: str) -> Page:
    return parse(decode(stored(text.encode(), "text/html; charset=utf-8")))


def codes(document: Document | Page) -> list[str]:
    return [problem.code for problem in document.problems]


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("identity", bytes),
        ("", bytes),
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        (" GZip ", gzip.compress),
        ("gzip", lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:])),
        ("gzip", lambda data: gzip.compress(data) + bytes(16)),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("br", brotli.compress),
        ("br", lambda data: brotli.compress(data) + bytes(16)),
        ("zstd", zstd.compress),
        ("zstd", lambda data: zstd.compress(data[:7]) + zstd.compress(data[7:])),
        ("zstd", lambda data: zstd.compress(data) + bytes(16)),
    ],
    ids=[
        "none",
        "empty",
        "gzip",
        "x-gzip",
        "case",
        "two members",
        "padding",
        "deflate",
        "raw deflate",
        "br",
        "br padding",
        "zstd",
        "two frames",
        "zstd padding",
    ],
)
def test_content_coding_is_undone(coding: str, pack: object) -> None:
    assert callable(pack)
    body = f"<p>{UMLAUTS}</p>".encode() * 50
    document = decode(stored(pack(body), coding=coding))

    assert document.body == body
    assert document.problems == ()


@pytest.mark.parametrize("coding", ["gzip, br", "compress", "utf-8"])
def test_content_coding_that_is_not_known(coding: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(stored(b"abc", coding=coding))

    assert caught.value.problem.code == "content-coding-unknown"
    assert repr(coding) in caught.value.problem.message


@pytest.mark.parametrize("coding", PACKERS)
def test_what_came_of_a_cut_body_is_read(coding: str) -> None:
    body = b"".join(b"<p>Absatz %d</p>" % number for number in range(50_000))
    document = decode(stored(PACKERS[coding](body)[:-2000], coding=coding))

    assert body.startswith(document.body)
    assert len(document.body) > 1000
    assert codes(document) == ["content-cut"]


@pytest.mark.parametrize("coding", PACKERS)
def test_body_that_is_not_coded_as_declared(coding: str) -> None:
    for text in ("<p>Klartext</p>", f"\r\n<!DOCTYPE html><p>{UMLAUTS}</p>" * 50):
        document = decode(stored(text.encode(), coding=coding))

        assert document.text == text
        assert codes(document) == ["content-coding-stale"]


@pytest.mark.parametrize("coding", PACKERS)
def test_body_that_decodes_to_too_much(coding: str) -> None:
    bomb = PACKERS[coding](bytes(MAX_BODY_BYTES + 1))
    assert len(bomb) < MAX_BODY_BYTES // 100

    with pytest.raises(Unreadable) as caught:
        decode(stored(bomb, coding=coding))

    assert caught.value.problem.code == "page-too-large"


@pytest.mark.parametrize("coding", PACKERS)
def test_empty_body_needs_no_decoding(coding: str) -> None:
    assert decode(stored(b"", coding=coding)).body == b""


@pytest.mark.parametrize(
    ("encoded", "content_type", "encoding"),
    [
        (UMLAUTS.encode(), "text/html; charset=utf-8", "utf-8"),
        (UMLAUTS.encode(), "text/html", "utf-8"),
        (UMLAUTS.encode(), None, "utf-8"),
        (UMLAUTS.encode("utf-8-sig"), "text/html; charset=iso-8859-1", "utf-8"),
        (b"\xff\xfe" + UMLAUTS.encode("utf-16-le"), "text/html", "utf-16-le"),
        (b"\xfe\xff" + UMLAUTS.encode("utf-16-be"), "text/html", "utf-16-be"),
        (UMLAUTS.encode("cp1252"), "text/html; charset=windows-1252", "cp1252"),
        (UMLAUTS.encode("cp1252"), 'text/html; charset="ISO-8859-1"', "cp1252"),
        (b'<meta charset="windows-1252">' + UMLAUTS.encode("cp1252"), "text/html", "cp1252"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=latin1">' + UMLAUTS.encode("cp1252"), None,
         "cp1252"),
    ],
    ids=["header", "nothing", "no type", "bom wins", "utf-16le", "utf-16be", "cp1252", "latin-1", "meta", "http-equiv"],
)  # fmt: skip
def test_character_encoding_is_found(encoded: bytes, content_type: str | None, encoding: str) -> None:
    document = decode(stored(encoded, content_type))

    assert document.text.endswith(UMLAUTS)
    assert document.encoding == encoding
    assert document.problems == ()


@pytest.mark.parametrize(
    ("encoded", "declared", "meant", "used"),
    [
        # The label means windows-1252, WHATWG Encoding section 4.2.
        (UMLAUTS.encode(), "iso-8859-1", "cp1252", "utf-8"),
        (UMLAUTS.encode("cp1252"), "utf-8", "utf-8", "cp1252"),
        (UMLAUTS.encode("cp1252"), "x-unbekannt", "none", "cp1252"),
    ],
)
def test_what_the_bytes_contradict_is_not_believed(encoded: bytes, declared: str, meant: str, used: str) -> None:
    document = decode(stored(encoded, f"text/html; charset={declared}"))

    assert document.text == UMLAUTS
    assert document.encoding == used
    assert codes(document) == ["charset-wrong"]
    assert document.problems[0].message == f"Declared character encoding: {meant}; read as {used}."


@pytest.mark.parametrize("head", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_the_head_of_the_page_stays_its_head(head: str) -> None:
    """A mark before the doctype must not be taken for text, which would close the head before it began."""
    page = page_of(
        f"{head}<!DOCTYPE html><html lang=de><head><meta name=date content=heute></head><body>x</body></html>"
    )

    assert page.meta("date") == "heute"
    assert [element.tag for element in page.tree] == ["head", "body"]
    assert text_of(page.tree) == "x"


def test_comments_and_processing_instructions_are_not_there() -> None:
    page = page_of("<body><!-- Kommentar --><p>Text<?php echo 1 ?></p></body>")

    assert {element.tag for element in page.tree.iter()} == {"html", "body", "p"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"", "empty-body"), (b" \r\n\t ", "empty-body"), (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not-html")],
)
def test_what_is_no_page(payload: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(decode(stored(payload)))

    assert caught.value.problem.code == code


ARTICLE = {"@type": "NewsArticle", "headline": "Ulmen"}
CLIP = {"@type": "VideoObject", "name": "So wird gepflanzt"}


@pytest.mark.parametrize(
    ("scripts", "found"),
    [
        ([ARTICLE], (ARTICLE,)),
        ([ARTICLE, CLIP], (ARTICLE, CLIP)),
        ([[ARTICLE, CLIP]], (ARTICLE, CLIP)),
        ([{"@context": "https://schema.org", "@graph": [ARTICLE, CLIP]}], (ARTICLE, CLIP)),
        ([[{"@graph": [ARTICLE]}, CLIP]], (ARTICLE, CLIP)),
        ([["NewsArticle", None, 3, ARTICLE]], (ARTICLE,)),
        ([{"@graph": [None, "x", CLIP]}], (CLIP,)),
        (["nur Text"], ()),
        ([], ()),
    ],
    ids=["one", "two", "list", "graph", "graph in list", "odd list", "odd graph", "text", "none"],
)
def test_json_ld_is_flattened_in_page_order(scripts: list[object], found: tuple[object, ...]) -> None:
    markup = "".join(f'<script type="application/ld+json">{json.dumps(script)}</script>' for script in scripts)
    page = page_of(f"<head>{markup}</head><body></body>")

    assert page.json_ld == found
    assert page.problems == ()


def test_broken_json_ld_costs_only_itself() -> None:
    page = page_of(
        '<head><script type="application/ld+json">{"@type": "NewsArticle", </script>'
        f'<script type="Application/LD+JSON ">{json.dumps(CLIP)}</script><script>var x = 1</script></head>'
    )

    assert page.json_ld == (CLIP,)
    assert codes(page) == ["json-ld-broken"]


def test_line_breaks_inside_json_strings_are_read() -> None:
    assert read_json('{"a": "eine\nund noch eine\tZeile"}') == {"a": "eine\nund noch eine\tZeile"}


@pytest.mark.parametrize("text", [None, "", "kein JSON", "{'a': 1}", "[" * 100_000])
def test_what_is_no_json(text: str | None) -> None:
    assert read_json(text) is None


def test_lone_surrogates_are_replaced() -> None:
    value = read_json('{"a": "vor \\ud800 nach", "b": "\\ud83d\\ude00"}')

    assert value == {"a": "vor ? nach", "b": "\N{GRINNING FACE}"}


def test_meta_elements_by_name_or_property() -> None:
    page = page_of(
        '<head><meta name="Robots" content=" index "><meta property="og:title" content="Ulmen">'
        '<meta name="robots" content="noarchive"><meta name="leer" content=""><meta name="leer" content="doch">'
        '<meta charset="utf-8"></head>'
    )

    assert page.metas == (
        ("robots", "index"),
        ("og:title", "Ulmen"),
        ("robots", "noarchive"),
        ("leer", ""),
        ("leer", "doch"),
    )
    assert page.meta("robots") == "index"
    assert page.meta("leer") == "doch"
    assert page.meta("fehlt") is None


@pytest.mark.parametrize(
    ("address", "resolved"),
    [
        ("/sport/", "https://bote.example/sport/"),
        ("handball.html", "https://bote.example/lokales/handball.html"),
        ("//bilder.example/a.jpg", "https://bilder.example/a.jpg"),
        (" https://anderswo.example/ ", "https://anderswo.example/"),
        ("?seite=2", f"{URL}?seite=2"),
        ("mailto:post@bote.example", None),
        ("javascript:void(0)", None),
        ("http://[", None),
        ("  ", None),
        (None, None),
    ],
)
def test_addresses_are_resolved_against_the_page(address: str | None, resolved: str | None) -> None:
    assert page_of("<p>x</p>").absolute(address) == resolved


@pytest.mark.parametrize(
    ("bases", "resolved"),
    [
        ("<base href='/archiv/'>", "https://bote.example/archiv/handball.html"),
        (
            "<base target='_top'><base href='https://neu.example/a/b'><base href='/c/'>",
            "https://neu.example/a/handball.html",
        ),
        ("<base href='javascript:x'>", "https://bote.example/lokales/handball.html"),
    ],
)
def test_a_page_may_say_what_its_addresses_are_relative_to(bases: str, resolved: str) -> None:
    assert page_of(f"<head>{bases}</head><p>x</p>").absolute("handball.html") == resolved


@pytest.mark.parametrize(("levels", "cut"), [(MAX_DEPTH - 3, False), (MAX_DEPTH * 3, True)])
def test_depth_is_cut(levels: int, cut: bool) -> None:
    page = page_of(f"<html><body>{'<div>' * levels}<i>unten</i>{'</div>' * levels}<p>daneben</p></body></html>")
    deepest = max(sum(1 for _ in element.iterancestors()) + 1 for element in page.tree.iter())

    assert deepest <= MAX_DEPTH
    assert codes(page) == (["nesting-too-deep"] if cut else [])
    assert ("unten" in (text_of(page.tree) or "")) != cut
    assert "daneben" in (text_of(page.tree) or "")

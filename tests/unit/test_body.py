"""Pieces in, blocks out: in order, complete, whatever trafilatura makes of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from newsarchive.extraction.body import Body, Part, Piece, read_metadata, read_page, read_pieces
from newsarchive.extraction.elements import Element
from newsarchive.extraction.normalize import fold_lines
from newsarchive.model.article import Block, Image, Media

MEDIA = Media(kind="video", role="body", title="Bagger am Deich")
IMAGE = Image(url="https://bilder.example/deich.jpg", alt="Ein Deich", caption=None, credit="dpa", role="body")
BOX = Block(kind="infobox", title="Der alte Deich", text="Er stammt aus dem Jahr 1871.")
EMBED = Block(kind="embed", url="https://charts.example/x/1/", service="datawrapper")


def pieces_of(markup: str) -> list[Element]:
    """The elements of ``markup``, as a reader would choose them."""
    tree = etree.fromstring(f"<html><body>{markup}</body></html>", etree.HTMLParser())
    return list(tree[0])


def paragraph(text: str) -> Element:
    element = etree.Element("p")
    element.text = text
    return element


def p(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def h(text: str, level: int = 2) -> Block:
    return Block(kind="heading", text=text, level=level)


@pytest.mark.parametrize(
    ("markup", "blocks"),
    [
        ("", []),
        ("<p> </p><h2></h2><ul><li></li></ul><table><tr><td></td></tr></table>", []),
        ("<p>Ein Absatz.</p>", [p("Ein Absatz.")]),
        ("<p>Ja.</p>", [p("Ja.")]),
        ("<p>A</p><p>B</p>", [p("A"), p("B")]),
        ("<p>Zweimal.</p><p>Zweimal.</p><p>Zweimal.</p>", [p("Zweimal."), p("Zweimal."), p("Zweimal.")]),
        ("<h2>Oben</h2><p>Text.</p><h3>Darunter</h3><p>Text.</p>",
         [h("Oben"), p("Text."), h("Darunter", 3), p("Text.")]),
        ("<p>Text.</p><h2>Am Ende</h2>", [p("Text."), h("Am Ende")]),
        ("<h2>Nur das</h2>", [h("Nur das")]),
        ("<h2>Eins</h2><h2>Zwei</h2><h2>Eins</h2>", [h("Eins"), h("Zwei"), h("Eins")]),
        ("<h2>Über<br>zwei Zeilen</h2>", [h("Über zwei Zeilen")]),
        ("<p>Stiftung<br>Postfach 12<br/><br/>Halmstedt</p>", [p("Stiftung\nPostfach 12\nHalmstedt")]),
        ("<p>Mit <a href='/x'>Link</a>, <em>Betonung</em> und <strong>fett</strong>.</p>",
         [p("Mit Link, Betonung und fett.")]),
        ("<ul><li>eins</li><li> </li><li>zwei<br>drei</li></ul>", [Block(kind="list", items=("eins", "zwei drei"))]),
        ("<ol><li>eins</li></ol><ul><li>eins</li></ul>",
         [Block(kind="list", items=("eins",)), Block(kind="list", items=("eins",))]),
        ("<blockquote><p>Niemand hat gefragt.</p><p>Niemand.</p></blockquote>",
         [Block(kind="quote", text="Niemand hat gefragt.\nNiemand.")]),
        ("<table><tr><th>Ort</th><th>Zahl</th></tr><tr><td>Kuben</td><td></td></tr></table>",
         [Block(kind="table", rows=(("Ort", "Zahl"), ("Kuben", "")))]),
        ("<table><caption>Orte</caption><tr><td>Kuben</td></tr></table>",
         [Block(kind="table", rows=(("Kuben",),), title="Orte")]),
        ("<p>Preise &amp; &lt;Löhne&gt; steigen um 5&nbsp;%</p>", [p("Preise & <Löhne> steigen um 5 %")]),
        ("<p>Soft­hyphen und Umlaut u\u0308</p>", [p("Softhyphen und Umlaut ü")]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_blocks(markup: str, blocks: list[Block]) -> None:
    assert read_pieces(pieces_of(markup)) == Body(parts=tuple(blocks))


@pytest.mark.parametrize(
    "text",
    [
        "Facebook",
        "Instagram",
        "dpa",
        "Mehr",
        "Drucken",
        "Teilen",
        "E-Mail",
        "Share this",
        "Quelle: sid/dpa",
        "(c) Bote",
        "© dpa-infocom, dpa:260101-99-1/2",
        "1",
        "-",
        "***",
        "31.01.2026",
        "Lesen Sie auch",
        "Mehr zum Thema",
        "[…]",
        "Von Jette Beispiel",
        "comments",
        "http://bote.example/",
        "{{ item }}",
        "piece-0.jpg",
    ],
)
@pytest.mark.parametrize("tag", ["p", "h2", "blockquote"])
def test_text_that_filters_would_drop_stays(tag: str, text: str) -> None:
    read = read_pieces(pieces_of(f"<p>Davor.</p><{tag}>{text}</{tag}><p>Danach.</p>"))

    assert [part.text for part in read.parts if isinstance(part, Block)] == ["Davor.", text, "Danach."]


def test_finished_parts_keep_their_place() -> None:
    first, second, third = pieces_of("<p>Eins.</p><h2>Zwei</h2><p>Drei.</p>")
    pieces: list[Piece] = [MEDIA, first, IMAGE, BOX, second, EMBED, third, MEDIA, IMAGE]

    assert read_pieces(pieces).parts == (MEDIA, p("Eins."), IMAGE, BOX, h("Zwei"), EMBED, p("Drei."), MEDIA, IMAGE)


def test_finished_parts_alone() -> None:
    parts: tuple[Part, ...] = (IMAGE, BOX, MEDIA)

    assert read_pieces(parts) == Body(parts=parts)


def test_pieces_are_not_changed() -> None:
    pieces = pieces_of("<p>Mit <em>Betonung</em><br>und Umbruch.</p>")
    before = etree.tostring(pieces[0])
    read_pieces(pieces)

    assert etree.tostring(pieces[0]) == before


def test_what_trafilatura_reads_otherwise_is_kept_as_shown_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_the_second(tree: Element, config: object, **options: object) -> object:
        return type("Found", (), {"body": etree.XML(
            '<body><graphic src="piece-0.jpg"/><p>Eins.</p><graphic src="piece-1.jpg"/><p>Zw</p>'
            '<graphic src="piece-end.jpg"/></body>'
        )})()  # fmt: skip

    monkeypatch.setattr("trafilatura.bare_extraction", lose_the_second)
    read = read_pieces(pieces_of("<p>Eins.</p><p>Zwei.</p><h2>Drei</h2>"))

    assert read.parts == (p("Eins."), p("Zwei."), h("Drei"))
    assert [problem.code for problem in read.problems] == ["body-differs"]
    assert "2 piece(s)" in read.problems[0].message


@pytest.mark.parametrize("nothing", [None, {}])
def test_trafilatura_that_finds_nothing_costs_no_text(monkeypatch: pytest.MonkeyPatch, nothing: object) -> None:
    monkeypatch.setattr("trafilatura.bare_extraction", lambda tree, config, **options: nothing)

    assert read_pieces(pieces_of("<p>Eins.</p>")).parts == (p("Eins."),)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x0b\x0c\x85\u2028\u2029"), max_size=60).filter(
    lambda text: all(ord(c) > 31 or c in "\t\n\r" for c in text)
)


@settings(deadline=None, max_examples=200)
@example(["Facebook", "", "dpa", "dpa"])
@example(["\u00ad", "a\u0308", "e\n\nf"])
@given(st.lists(TEXTS, max_size=12))
def test_every_character_comes_back_in_order(texts: list[str]) -> None:
    read = read_pieces([paragraph(text) for text in texts])
    found = "".join(part.text or "" for part in read.parts if isinstance(part, Block))
    wanted = "".join(fold_lines(text) or "" for text in texts)

    assert "".join(found.split()) == "".join(wanted.split())
    assert all(isinstance(part, Block) and part.kind == "paragraph" for part in read.parts)


KINDS = st.sampled_from(["p", "h2", "h3", "blockquote", "ul", "table"])
WORDS = st.lists(
    st.sampled_from(["Deich", "und", "Meer", "dpa", "5", "Ö.", '"Nein"', "Facebook"]), min_size=1, max_size=6
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(KINDS, WORDS), max_size=10))
def test_every_kind_comes_back_in_order(chosen: list[tuple[str, list[str]]]) -> None:
    inner = {"ul": "<ul><li>{}</li></ul>", "table": "<table><tr><td>{}</td></tr></table>"}
    kinds = {"p": "paragraph", "h2": "heading", "h3": "heading", "blockquote": "quote", "ul": "list", "table": "table"}
    pieces = [
        piece
        for tag, words in chosen
        for piece in pieces_of(inner.get(tag, f"<{tag}>{{}}</{tag}>").format(" ".join(words)))
    ]
    read = read_pieces(pieces)

    assert [part.kind for part in read.parts if isinstance(part, Block)] == [kinds[tag] for tag, _ in chosen]
    for part, (_, words) in zip(read.parts, chosen, strict=True):
        assert isinstance(part, Block)
        shown = part.text or " ".join(part.items) or " ".join(cell for row in part.rows for cell in row)
        assert shown == " ".join(words)


PAGE = """<html><head><title>Ulmen | Bote</title><meta name="author" content="Rena Vosskuhl">
<meta property="article:published_time" content="2026-02-03"></head><body>
<nav><ul><li><a href="/">Start</a></li></ul></nav><article><h1>Ulmen</h1>
<p>Vier Monate nach dem Sturm beginnt die Stadt mit der Aufforstung ihres Parks, zuerst am Mühlbach und dann im Tal.</p>
<img src="/bilder/ulmen.jpg" alt="Eine Ulme">
<h2>Spenden</h2><p>Bezahlt wird die Pflanzung zur Hälfte aus Spenden, die seit dem Herbst gesammelt worden sind.</p>
</article><footer><p>Impressum</p></footer></body></html>"""


def test_whole_page() -> None:
    tree = etree.fromstring(PAGE, etree.HTMLParser())
    before = etree.tostring(tree)
    read = read_page(tree)

    assert [part.text for part in read.parts if isinstance(part, Block) and part.kind == "heading"][-1] == "Spenden"
    assert [part.url for part in read.parts if isinstance(part, Image)] == ["/bilder/ulmen.jpg"]
    assert "Impressum" not in str(read.parts)
    assert "Start" not in str(read.parts)
    assert etree.tostring(tree) == before
    assert read_page(tree) == read


@pytest.mark.parametrize(("captured", "day"), [(2027, "2026-02-03"), (2025, None)])
def test_dates_after_the_capture_are_not_believed(captured: int, day: str | None) -> None:
    tree = etree.fromstring(PAGE, etree.HTMLParser())
    found = read_metadata(tree, "https://bote.example/ulmen.html", datetime(captured, 1, 1, tzinfo=UTC))

    assert found.author == "Rena Vosskuhl"
    assert found.date == day

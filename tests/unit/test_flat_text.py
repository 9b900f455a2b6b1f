"""Flat texts: which line is what, and where topline and headline part."""

from __future__ import annotations

import pytest

from newsarchive.extraction.extract import extract
from newsarchive.extraction.flat_text import FlatTextReader, is_sentence, lines_of, part_headline
from newsarchive.extraction.page import Document, Unreadable, decode
from newsarchive.extraction.reader import Reading
from newsarchive.model.article import Article, Block, Image, Media
from newsarchive.model.capture import StoredCapture
from newsarchive.sites.ard_text import ArdTextReader
from newsarchive.sites.registry import get_site
from tests.corpus import stored_page

URL = "https://www.tagesschau.de/inland/werft-104.html"


def stored(text: str | bytes) -> StoredCapture:
    """``text`` as an imported record."""
    payload = text.encode() if isinstance(text, str) else text
    page = stored_page(payload, url=URL, content_type=None)
    return StoredCapture(
        ref=page.ref,
        url=URL,
        record_type="resource",
        content_type="text/plain; charset=utf-8",
        headers=(),
        payload=payload,
    )


def document(text: str | bytes) -> Document:
    return decode(stored(text))


def read(text: str) -> Reading:
    return ArdTextReader().read(document(text))


@pytest.mark.parametrize(
    ("line", "topline", "headline"),
    [
        # The headline opens with a word that is otherwise small.
        ("Krise am Flusshafen Zwei Brücken bleiben gesperrt", "Krise am Flusshafen", "Zwei Brücken bleiben gesperrt"),
        ("Streit um Deichgeld Die Kreise wollen klagen", "Streit um Deichgeld", "Die Kreise wollen klagen"),
        ("Hochwasser in Kuben Wie geht es weiter?", "Hochwasser in Kuben", "Wie geht es weiter?"),
        ("Sturm über Nordkuben Mehr als hundert Einsätze", "Sturm über Nordkuben", "Mehr als hundert Einsätze"),
        ("Tarifrunde bei der Bahn Ohne Ergebnis vertagt", "Tarifrunde bei der Bahn", "Ohne Ergebnis vertagt"),
        # Two capitalised words side by side, once.
        ("Streit um die Werft Ministerin will vermitteln", "Streit um die Werft", "Ministerin will vermitteln"),
        ("Wahl in Kuben Sozialpartei liegt vorn", "Wahl in Kuben", "Sozialpartei liegt vorn"),
        # Headlines that begin with a quotation.
        ('Ausfall am Deich "Wir haben gewarnt"', "Ausfall am Deich", '"Wir haben gewarnt"'),
        ('Reform der Schulen "Ein Schritt zurück"', "Reform der Schulen", '"Ein Schritt zurück"'),
        ("Rede in Kuben „Niemand wird vergessen“", "Rede in Kuben", "„Niemand wird vergessen“"),
        ('Prozess um die Schleuse "Die Planer fehlen" auf der Anklagebank', "Prozess um die Schleuse",
         '"Die Planer fehlen" auf der Anklagebank'),
    ],
)  # fmt: skip
def test_topline_and_headline_are_parted(line: str, topline: str, headline: str) -> None:
    assert part_headline(line) == (topline, headline, None)


@pytest.mark.parametrize(
    "line",
    [
        "Seilbahn steht still seit gestern",
        "Fähre fährt wieder",
        "Werft",
        "Präsident Anton Meier besucht Kuben",
        "Bürgermeisterin Inken Holtmeyer Nachfolgerin gesucht",
        "Nach dem Sturm Die Aufräumarbeiten Die Kosten",
        '"Wir bleiben hier" sagen die Fischer',
    ],
)
def test_what_cannot_be_parted_stays_whole_and_is_said(line: str) -> None:
    topline, headline, doubt = part_headline(line)

    assert topline is None
    assert headline == line
    assert doubt is not None
    assert doubt.code == "headline-not-parted"
    assert repr(line) in doubt.message


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Es regnet.", True),
        ("Regnet es?", True),
        ('"Es regnet."', True),
        ("Es regnet (seit gestern).", True),
        ("Sie sagte:", True),
        ("Regen im Norden", False),
        ("Kuben, 3. Mai", False),
        ("Wort " * 30, True),
    ],
)
def test_sentences_and_headings(line: str, sentence: bool) -> None:
    assert is_sentence(line) == sentence


def test_lines_are_folded_and_empty_ones_dropped() -> None:
    assert lines_of(document("\ufeff Ein\u00a0Titel \r\n\r\n\n\u00ad\n  Ein  Satz.\t\n")) == ["Ein Titel", "Ein Satz."]


@pytest.mark.parametrize(("text", "code"), [("", "empty-body"), (" \n\t\n", "empty-body"), (b"PK\x00\x03", "not-text")])
def test_what_is_no_text(text: str | bytes, code: str) -> None:
    for reader in (FlatTextReader(), ArdTextReader()):
        with pytest.raises(Unreadable) as caught:
            reader.read(document(text))
        assert caught.value.problem.code == code


def test_any_text() -> None:
    reading = FlatTextReader().read(document("Der Titel\nEin Satz.\nZwischendurch\nNoch ein Satz."))

    assert reading.headline == "Der Titel"
    assert reading.slug == "werft-104"
    assert reading.body.parts == (
        Block(kind="paragraph", text="Ein Satz."),
        Block(kind="heading", text="Zwischendurch", level=2),
        Block(kind="paragraph", text="Noch ein Satz."),
    )


HEAD = "Streit um die Werft Ministerin will vermitteln\nStand: 12.03.2026 18:20 Uhr\nDer Vorspann steht hier.\n"


def test_short_lines_before_a_heading_describe_pictures() -> None:
    reading = read(HEAD + "Ein Satz.\nEin leeres Dock\nDie Werft bei Nacht\nLetzte Hoffnung\nNoch ein Satz.\nDas Tor")

    assert reading.lead == "Der Vorspann steht hier."
    assert [part.alt if isinstance(part, Image) else getattr(part, "text", None) for part in reading.body.parts] == [
        "Ein Satz.",
        "Ein leeres Dock",
        "Die Werft bei Nacht",
        "Letzte Hoffnung",
        "Noch ein Satz.",
        "Das Tor",
    ]
    assert [type(part) for part in reading.body.parts] == [Block, Image, Image, Block, Block, Image]


@pytest.mark.parametrize(
    ("printed", "seconds"),
    [("5 Min", 300), ("5 Min.", 300), ("1:20 Min", 80), ("45 Sek", 45), ("12 min", 720)],
)
def test_duration_of_a_player(printed: str, seconds: int) -> None:
    reading = read(f"Ein Kran\nPlayer: videoDer Kran dreht sich\n{printed}\n{HEAD}")
    media = reading.head[0]

    assert isinstance(media, Media)
    assert (media.kind, media.title, media.duration_s) == ("video", "Der Kran dreht sich", seconds)
    assert media.poster is not None
    assert media.poster.alt == "Ein Kran"
    assert reading.headline == "Ministerin will vermitteln"


def test_nothing_of_a_player_stays_in_the_text() -> None:
    text = HEAD + (
        "Ein Satz.\nEin Kran\nPlayer: audioWas nun kommt\n2 Min\nWas nun kommt\n"
        "Nachmittagsmagazin, NDR Info, 12.03.2026 15:10 Uhr\nNoch ein Satz.\n"
        "Dieses Thema im Programm: NDR Info | Nachrichten | 12.03.2026 | 23:00 Uhr"
    )
    article = extract(stored(text), get_site("tagesschau")).article

    assert isinstance(article, Article)
    assert article.text == "Der Vorspann steht hier.\n\nEin Satz.\n\nNoch ein Satz."
    assert [(media.kind, media.caption, media.station) for media in article.media] == [
        ("audio", "Was nun kommt", "NDR Info")
    ]
    assert [broadcast.programme for broadcast in article.broadcasts] == ["Nachrichten"]


@pytest.mark.parametrize(
    ("above", "media"),
    [
        ("", 0),
        ("Ein Kran\nPlayer: videoDer Kran dreht sich\n5 Min\n", 1),
        ("Ein Kran\nPlayer: videoDer Kran dreht sich\n5 Min\nDer Kran dreht sich\n", 1),
        ("Player: videoDer Kran dreht sich\n", 1),
    ],
)
def test_without_a_stand_the_headline_is_the_first_line_that_is_no_part_of_a_player(above: str, media: int) -> None:
    reading = read(f"{above}Streit um die Werft Ministerin will vermitteln\nEin Satz.\nNoch ein Satz.")

    assert (reading.topline, reading.headline) == ("Streit um die Werft", "Ministerin will vermitteln")
    assert len(reading.head) == media
    assert reading.lead is None
    assert [getattr(part, "text", None) for part in reading.body.parts] == ["Ein Satz.", "Noch ein Satz."]
    assert [problem.code for problem in reading.problems] == ["stand-missing"]


@pytest.mark.parametrize("text", ["Stand: 12.03.2026 18:20 Uhr\nEin Satz.", "Player: videoDer Kran\n5 Min"])
def test_text_without_a_headline(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text)

    assert caught.value.problem.code == "headline-missing"

"""One spelling for every text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.extraction.normalize import fold, fold_lines, plain_text
from newsarchive.model.article import Block


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  zwei \n\t Wörter ", "zwei Wörter"),
        ("fünf\xa0Meter", "fünf Meter"),
        ("Produktions\xadausfälle", "Produktionsausfälle"),
        ("Mo\u0308we", "Möwe"),
        ("Null\u200bbreite\ufeff", "Nullbreite"),
        ("Steuer\x07zeichen", "Steuerzeichen"),
        (" \n ", None),
        ("", None),
        (None, None),
    ],
)
def test_fold(text: str | None, expected: str | None) -> None:
    assert fold(text) == expected


def test_line_breaks_of_an_address_stay() -> None:
    assert fold_lines(" Verein e.V. \n\n IBAN:\xa0DE00 \n") == "Verein e.V.\nIBAN: DE00"


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)

    assert fold(once) == once
    assert once is None or (unicodedata.is_normalized("NFC", once) and once == " ".join(once.split()))


def test_text_holds_what_nlp_reads_and_nothing_else() -> None:
    body = (
        Block(kind="paragraph", text="Erster Absatz."),
        Block(kind="image", ref=0),
        Block(kind="heading", text="Zwischentitel", level=2),
        Block(kind="list", items=("eins", "zwei")),
        Block(kind="infobox", title="Kasten", text="Nebensache."),
        Block(kind="table", rows=(("a", "b"),)),
        Block(kind="quote", text="Ein Wort."),
        Block(kind="embed", url="https://example.org/"),
    )

    assert plain_text("Vorspann.", body) == ("Vorspann.\n\nErster Absatz.\n\nZwischentitel\n\neins\nzwei\n\nEin Wort.")

"""What is shown of an article that was found."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive.collection.documents import Texts
from newsarchive.collection.passages import PASSAGE_LENGTH, Marked, mark, passages
from newsarchive.collection.query import Query

_LONG = "Am Ufer lag Nebel. " * 40


def _texts(*, lead: str = "", body: tuple[str, ...] = (), rest: tuple[str, ...] = ()) -> Texts:
    return Texts(title=("Titel",), lead=(lead,) if lead else (), body=body, rest=rest)


def _shown(passage: Marked) -> str:
    return "".join(f"[{part.text}]" if part.is_hit else part.text for part in passage)


def test_a_short_piece_is_shown_whole() -> None:
    found = passages(Query.parse("Deich"), _texts(body=("Nichts.", "Der Deich hält.", "Ende.")))

    assert list(map(_shown, found)) == ["Der [Deich] hält."]


def test_of_a_long_piece_the_place_is_shown_that_says_most() -> None:
    text = f"Ein Deich. {_LONG}Dann kam der Wal zum Deich. {_LONG}"

    (passage,) = passages(Query.parse("Wal Deich"), _texts(body=(text,)))

    assert _shown(passage).startswith("… ")
    assert "Dann kam der [Wal] zum [Deich]. Am Ufer" in _shown(passage)
    assert _shown(passage).endswith(" …")
    assert len("".join(part.text for part in passage)) <= PASSAGE_LENGTH + 4


def test_the_best_pieces_come_in_the_order_of_the_article() -> None:
    body = ("Deich eins.", "Wal und Deich zwei.", "Nichts.", "Wal und Deich vier.")

    found = passages(Query.parse("Deich Wal"), _texts(body=body))

    assert list(map(_shown, found)) == ["[Wal] und [Deich] zwei.", "[Wal] und [Deich] vier."]


def test_what_stands_around_the_text_is_shown_where_the_text_says_nothing() -> None:
    query = Query.parse("Leuchtturm")

    (beside,) = passages(query, _texts(body=("Text.",), rest=("Bild: Leuchtturm",)))
    (inside,) = passages(query, _texts(body=("Leuchtturm.",), rest=("Bild: Leuchtturm",)))

    assert _shown(beside) == "Bild: [Leuchtturm]"
    assert _shown(inside) == "[Leuchtturm]."


def test_without_hits_in_the_text_it_begins_at_its_beginning() -> None:
    for typed in ("Titel", "", "-Wal"):
        (passage,) = passages(Query.parse(typed), _texts(lead=f"Anfang. {_LONG}", body=("Mitte",)))
        assert _shown(passage).startswith("Anfang. Am Ufer")
        assert _shown(passage).endswith(" …")
    assert passages(Query.parse("x"), _texts()) == ()


def test_a_word_without_end_is_cut() -> None:
    ((before, hit, after),) = passages(Query.parse("Deich"), _texts(body=(f"{'x' * 5000} Deich {'y' * 5000}",)))

    assert (before.text, hit.text, hit.is_hit) == ("… ", "Deich", True)
    assert len(after.text) < PASSAGE_LENGTH + 4


def test_a_piece_of_hits_alone_takes_no_time() -> None:
    (passage,) = passages(Query.parse("a"), _texts(body=("a " * 100_000,)))

    assert _shown(passage).startswith("[a] [a]")


@given(st.text(max_size=600), st.text(max_size=20))
@settings(deadline=None)
def test_a_marked_text_is_still_that_text(text: str, typed: str) -> None:
    assert "".join(part.text for part in mark(Query.parse(typed), text)) == text


@given(st.lists(st.text(max_size=300), max_size=4), st.text(max_size=20))
@settings(deadline=None)
def test_a_passage_is_a_stretch_of_a_piece(body: list[str], typed: str) -> None:
    for passage in passages(Query.parse(typed), _texts(body=tuple(body))):
        shown = "".join(part.text for part in passage).removeprefix("… ").removesuffix(" …")
        assert any(shown in piece for piece in body)
        assert len(shown) <= PASSAGE_LENGTH + 1

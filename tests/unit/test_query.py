"""What people type is understood, and never an error."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsarchive.collection.query import MAX_TERMS, MAX_TYPED, Query
from newsarchive.collection.stems import stems, words


@pytest.mark.parametrize(
    ("typed", "match"),
    [
        ("Deich", '("deich")'),
        ("Deiche Küsten", '("deich") AND ("kust")'),
        ('"neue Deiche"', '("neu deich")'),
        ("„neue Deiche“", '("neu deich")'),
        ("«neue Deiche»", '("neu deich")'),
        ('"neue Deiche', '("neu deich")'),
        ("Deich OR Wal Steg", '("deich" OR "wal") AND ("steg")'),
        ("Deich ODER Wal ODER Steg", '("deich" OR "wal" OR "steg")'),
        ("Deich | Wal", '("deich" OR "wal")'),
        ("Deich or Wal", '("deich") AND ("or") AND ("wal")'),
        ("OR Deich OR", '("deich")'),
        ("Deich -Wal", '(("deich")) NOT ("wal")'),
        ("-Wal OR Deich", '(("deich")) NOT ("wal")'),
        ('Deich -"der Wal" -Steg', '(("deich")) NOT ("der wal" OR "steg")'),
        ("Deich - Wal", '("deich") AND ("wal")'),
        ("Nord-Ostsee", '("nord ostse")'),
        ("regierun*", '(("regierun" * OR "regier"))'),
        ("Nord-Ost*", '(("nord" + "ost" *))'),
        ("EU*", '("eu")'),
        ("aaa* bbb* ccc* ddd* eee*", '(("aaa" *)) AND (("bbb" *)) AND (("ccc" *)) AND (("ddd" *)) AND ("eee")'),
        ("Deich*e", '("deich e")'),
        ('"Deich*"', '("deich")'),
        ("NEAR(Deich, 2) AND title:Wal", '("near deich") AND ("2") AND ("titl wal")'),
        ("Deich UND Wal", '("deich") AND ("wal")'),
        ("Deich und Wal", '("deich") AND ("und") AND ("wal")'),
        ('"UND" AND', '("und")'),
        ("-Deich", None),
        ("", None),
        ("- * OR (", None),
    ],
)
def test_what_is_typed_is_what_is_meant(typed: str, match: str | None) -> None:
    assert Query.parse(typed).match == match


def test_nothing_is_asked_where_there_are_no_words() -> None:
    assert not Query.parse('- "" * OR')
    assert Query.parse("-Wal")
    assert Query.parse("-Wal -Steg").mismatch == '"wal" OR "steg"'


def test_what_is_typed_beyond_measure_is_left_off_and_said() -> None:
    assert not Query.parse("Wal " * MAX_TERMS).left_off
    assert Query.parse("Wal " * (MAX_TERMS + 1)).left_off
    assert Query.parse("-Wal " * (MAX_TERMS + 1)).left_off
    assert Query.parse("x" * (MAX_TYPED + 1)).left_off
    assert len(Query.parse(" ".join(f"Wal{number}" for number in range(100))).needed) == MAX_TERMS


def test_the_words_of_a_phrase_count_one_by_one() -> None:
    long = Query.parse('"' + " ".join(f"Wal{number}" for number in range(3 * MAX_TERMS)) + '" Steg')
    ((term,),) = long.needed
    assert (len(term.stems), long.left_off) == (MAX_TERMS, True)
    assert not Query.parse('"Wal Steg"').left_off


def test_what_is_typed_twice_is_looked_for_once() -> None:
    assert Query.parse("Wal Steg Wal") == Query.parse("Wal Steg")
    assert Query.parse("Wal OR Wale OR Steg Wal OR Steg") == Query.parse("Wal OR Steg")
    assert Query.parse("Steg -Wal -Wale") == Query.parse("Steg -Wal")


@pytest.mark.parametrize(
    ("typed", "text", "hits"),
    [
        ("Deich", "Deiche, der Deich, Deichbau", ["Deiche", "Deich"]),
        ("Deich*", "Deiche, der Deich, Deichbau", ["Deiche", "Deich", "Deichbau"]),
        ('"neuer Deich"', "Der neue Deich ist kein neuer, aber ein Deich.", ["neue Deich"]),
        ("Nord-Ost*", "Nord, Ostsee und Nord-Ostsee-Kanal", ["Nord, Ostsee", "Nord-Ostsee"]),
        ("Wal OR Deich", "Wal und Deich", ["Wal", "Deich"]),
        ("Wal -Deich", "Wal und Deich", ["Wal"]),
        ("regierun*", "Regierung, regieren, registrieren", ["Regierung"]),
        ('"ein Deich"', "kein Ende: ein", []),
    ],
)
def test_hits_are_what_was_asked_for(typed: str, text: str, hits: list[str]) -> None:
    query, found = Query.parse(typed), tuple(words(text))

    assert [text[found[first].start : found[last - 1].end] for first, last, _ in query.hits(found)] == hits
    assert query.touches(stems(text)) or not hits


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    """A full text index with one document."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE VIRTUAL TABLE texts USING fts5(body, content='', tokenize='ascii')")
        connection.execute(
            "INSERT INTO texts (rowid, body) VALUES (1, ?)", (" ".join(stems("ein Wal or near and not")),)
        )
        yield connection


_PIECES = st.one_of(
    st.sampled_from(
        ['"', "OR", "ODER", "-", "*", "AND", "NOT", "NEAR(", ")", "^", "+", "body:", "{a b}", "\x00", "ein Wal"]
    ),
    st.text(max_size=8),
)


@given(st.lists(_PIECES, max_size=40).map(" ".join) | st.text(max_size=300))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_typed_is_an_error(index: sqlite3.Connection, typed: str) -> None:
    query = Query.parse(typed)

    for expression in filter(None, (query.match, query.mismatch)):
        index.execute("SELECT rowid, bm25(texts) FROM texts WHERE texts MATCH ?", (expression,)).fetchall()


_SAID = st.lists(st.sampled_from(["Wal", "Wale", "Deich", "Deichbau", "und", "neu"]), max_size=8)
_ASKED = st.lists(st.sampled_from(["Wal", '"und Wal"', "Deich*", "neu OR und", "und Deich*"]), min_size=1, max_size=3)


@given(_SAID.map(" ".join), _ASKED.map(" ".join))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_index_finds_is_what_is_marked(index: sqlite3.Connection, text: str, typed: str) -> None:
    query, found = Query.parse(typed), tuple(words(text))
    index.execute("BEGIN")
    index.execute("INSERT INTO texts (rowid, body) VALUES (2, ?)", (" ".join(stems(text)),))
    rows = index.execute("SELECT rowid FROM texts WHERE rowid = 2 AND texts MATCH ?", (query.match,)).fetchall()
    index.execute("ROLLBACK")

    groups = {group for _, _, group in query.hits(found)}
    assert (len(groups) == len(query.needed)) is bool(rows)

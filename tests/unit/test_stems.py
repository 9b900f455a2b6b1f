"""Words of German texts: where they stand, and which of them are one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive.collection.stems import MAX_WORD, stems, stems_beginning, words

_GERMAN = st.text(st.sampled_from("abcdefghiklmnoprstuvwzäöüßÄÖÜ"), min_size=1, max_size=20)


@pytest.mark.parametrize(
    "alike",
    [
        "Müller Mueller MÜLLER Muller mu\u0308ller",
        "Straße Strasse STRASSE Straßen",
        "Haus Häuser haeuser Hauses",
        "Regierung Regierungen",
        "Köln Koeln Koln",
        "Café Cafe cafe\u0301",
        "Zeitung Zei\u00adtung Zeitungen",
        "Goethe Göthe",
        "aeea aea aa",
        "finden ﬁnden",
    ],
)
def test_forms_and_spellings_of_a_word_are_one(alike: str) -> None:
    found = [stems(form) for form in alike.split()]

    assert {len(stem) for stem in found} == {1}
    assert len({stem for (stem,) in found}) == 1


@pytest.mark.parametrize(
    "apart", ["neue nur", "Mauer Maur", "Quelle Kelle", "Bauer Bär", "Masse Messe", "Wahl Wal", "Polen Pole?n"]
)
def test_other_words_are_others(apart: str) -> None:
    one, other = apart.split()

    assert stems(one) != stems(other)


def test_words_stand_where_they_stand() -> None:
    text = "„Bürger*innen“ von A–Z: 3,5 % _mehr_ in 2026!"

    assert [text[word.start : word.end] for word in words(text)] == [
        *("Bürger", "innen", "von", "A", "Z", "3", "5", "mehr", "in", "2026")
    ]


def test_a_text_without_words_has_none() -> None:
    assert list(words("\u0301 — … _ 🦀 \x00")) == []
    assert stems("") == []


def test_a_word_without_end_counts_by_its_beginning() -> None:
    (word,) = words("x" * 100_000)

    assert (word.start, word.end, len(word.form)) == (0, 100_000, MAX_WORD)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_stems_are_letters_and_digits_in_lower_case_and_those_of_the_words(text: str) -> None:
    found = list(words(text))

    assert [word.stem for word in found] == stems(text)
    for word in found:
        assert word.stem
        assert word.stem.isalnum()
        assert word.stem == word.stem.lower()
        assert word.form.startswith(word.stem)


@given(_GERMAN, st.integers(min_value=1, max_value=20))
@settings(deadline=None)
def test_a_beginning_leads_to_the_stem_of_what_begins_so(text: str, length: int) -> None:
    (word,) = words(text)
    start = word.form[:length]

    found = stems_beginning(start)

    assert all(start.startswith(stem) and stem != start for stem in found)
    # Endings of endings are left to be found by fewer letters.
    assert word.stem.startswith(start) or word.stem in found or len(word.form) - len(word.stem) > 3


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("regierun", "regier"),
        ("politisc", "polit"),
        ("hause", "haus"),
        ("ereigniss", "ereignis"),
        ("kanzlerinn", "kanzl"),
    ],
)
def test_a_beginning_of_a_form_leads_to_its_stem(start: str, found: str) -> None:
    assert found in stems_beginning(start)


def test_threads_get_the_same_stems() -> None:
    texts = [f"Regierungen{number} Häuser{number} Straßen{number}" for number in range(2_000)]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(stems, texts))

    assert together == [stems(text) for text in texts]

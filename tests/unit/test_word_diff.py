"""What changed inside a text: runs that give both texts again, in words, and short enough to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.history.words import MAX_WORDS, PARAGRAPH_BREAK, Run, compare_words, count_shared, words_of

WORDS = st.sampled_from(
    ["Deich", "See", "der", "die", ",", ".", "-", "40,7", "Stand-by", "„so“", "ä", "(", PARAGRAPH_BREAK]
)
TEXTS = st.lists(WORDS, max_size=30).map(" ".join)


def side(runs: tuple[Run, ...], left_out: str) -> list[str]:
    return "".join(run.text for run in runs if run.kind != left_out).split()


@given(TEXTS, TEXTS)
def test_runs_give_both_texts_again(old: str, new: str) -> None:
    runs = compare_words(old, new)

    assert "".join(side(runs, "added")) == "".join(old.split())
    assert "".join(side(runs, "removed")) == "".join(new.split())
    assert all(run.text for run in runs)


@pytest.mark.parametrize(
    ("old", "new", "runs"),
    [
        ("", "", ()),
        ("Der See", "Der See", (("same", "Der See"),)),
        ("Der See", "", (("removed", "Der See"),)),
        ("", "Der See", (("added", "Der See"),)),
        ("für kalten Mord", "für Mord", (("same", "für"), ("removed", " kalten"), ("same", " Mord"))),
        ("Er kam.", "Er ging.", (("same", "Er"), ("removed", " kam"), ("added", " ging"), ("same", "."))),
        ("40,7 Prozent", "40,8 Prozent", (("same", "40,"), ("removed", "7"), ("added", "8"), ("same", " Prozent"))),
        ("Ex-Präsident", "Präsident", (("removed", "Ex-Präsident"), ("added", "Präsident"))),
    ],
)
def test_words_are_the_unit(old: str, new: str, runs: tuple[tuple[str, str], ...]) -> None:
    assert tuple((run.kind, run.text) for run in compare_words(old, new)) == runs


def test_a_mark_between_two_changes_belongs_to_them() -> None:
    runs = compare_words("am Montag, spät, hier", "am Freitag, früh, hier")

    assert [(run.kind, run.text) for run in runs] == [
        ("same", "am"),
        ("removed", " Montag, spät"),
        ("added", " Freitag, früh"),
        ("same", ", hier"),
    ]


def test_very_long_texts_are_not_compared_word_by_word() -> None:
    old, new = "a " * (MAX_WORDS + 1), "a " * MAX_WORDS

    assert [run.kind for run in compare_words(old, new)] == ["removed", "added"]


@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=4))
def test_words_in_common_are_counted_as_often_as_both_have_them(old: list[str], new: list[str]) -> None:
    before, after = (list(map(words_of, texts)) for texts in (old, new))

    assert count_shared(before, after) == [
        {place: common for place, words in enumerate(after) if (common := (one & words).total())} for one in before
    ]

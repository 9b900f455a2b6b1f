"""Near-duplicates: what is alike is grouped with the first of its kind, the same in every run."""

from __future__ import annotations

from dataclasses import replace

from newsarchive.export.duplicates import Duplicate, NearDuplicates
from newsarchive.model.article import Article
from newsarchive.model.digest import Digest
from tests.corpus import stored_page
from tests.kept import START, article_of

WORDS = [f"wort{number}" for number in range(2000)]


def article(article_id: str, words: list[str], *, revision: int = 1) -> Article:
    stored = stored_page(b"", url=f"https://seeblick.example/{article_id}.html", captured_at=START)
    return replace(article_of(stored, " ".join(words), article_id=article_id), revision=revision)


def piece(seed: int, length: int = 300) -> list[str]:
    """Words in an order that no other piece has."""
    places = (Digest.of(f"{seed} {place}".encode()).value for place in range(length))
    return [WORDS[int(place[:8], 16) % len(WORDS)] for place in places]


def groups(*articles: Article) -> list[tuple[Duplicate, ...]]:
    grouping = NearDuplicates()
    for one in articles:
        grouping.add(one)
    return list(grouping.groups())


def ids(found: list[tuple[Duplicate, ...]]) -> list[list[str]]:
    return [[member.article_id for member in group] for group in found]


def test_copies_are_grouped_with_their_first_whatever_lies_between() -> None:
    agency = piece(1)
    found = groups(
        article("agentur", agency),
        article("anderes", piece(2)),
        article("zeitung", ["Kuben", "dpa", *agency]),
        article("drittes", piece(3)),
        article("funk", [*agency, "Mehr", "dazu", "am", "Abend"]),
        article("GROSS", [word.upper() for word in agency]),
    )

    assert ids(found) == [["agentur", "zeitung", "funk", "GROSS"]]
    assert {member.group for member in found[0]} == {"seeblick/agentur"}
    assert [member.similarity for member in found[0]][::3] == [1, 1]
    assert all(member.similarity > 0.9 for member in found[0])


def test_what_shares_half_of_its_text_is_not_alike() -> None:
    agency = piece(1)

    assert groups(article("agentur", agency), article("eigenes", agency[:150] + piece(2, 150))) == []


def test_small_changes_do_not_chain() -> None:
    text = piece(1)
    chain = [article(f"stufe-{step}", piece(2, 25 * step) + text[25 * step :]) for step in range(10)]

    for group in groups(*chain):
        assert all(member.similarity >= 0.7 for member in group)
        assert len(group) <= 3


def test_short_texts_are_not_compared() -> None:
    assert groups(article("a", piece(1, 19)), article("b", piece(1, 19))) == []
    assert len(groups(article("a", piece(1, 20)), article("b", piece(1, 20)))) == 1


def test_the_last_revision_of_an_article_counts() -> None:
    first, later = piece(1), piece(2)

    assert groups(article("a", first), article("a", first, revision=2)) == []
    assert ids(groups(article("a", first), article("b", later), article("a", later, revision=2))) == [["a", "b"]]
    assert groups(article("a", first), article("b", first), article("a", piece(1, 5), revision=2)) == []


def test_nine_of_ten_changed_copies_are_found() -> None:
    copies = []
    for number in range(200):
        text = piece(number)
        # Nine words of 300 are in 45 of its 296 runs of words, so that three quarters of all runs are shared.
        changed = ["anders" if place % 33 == 10 else word for place, word in enumerate(text)]
        copies += [article(f"a-{number:03}", text), article(f"b-{number:03}", changed)]
    found = groups(*copies)

    assert all(group[0].article_id[2:] == group[1].article_id[2:] and len(group) == 2 for group in found)
    assert len(found) > 160

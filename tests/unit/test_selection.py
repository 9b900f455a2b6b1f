"""The selection language: what it means, that it prints as it is read, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.errors import UsageError
from newsarchive.export.rights import POLICIES, WITHHELD, Policy, under
from newsarchive.export.selection import TIMES, VALUES, Selection
from newsarchive.model.article import Article, Tag
from tests.corpus import stored_page
from tests.kept import START as CAPTURED_AT
from tests.kept import article_of

BERLIN = ZoneInfo("Europe/Berlin")


def article(**changes: object) -> Article:
    made = article_of(stored_page(b"Moin", url="https://seeblick.example/moin-100.html", captured_at=CAPTURED_AT))
    return replace(made, **changes)


def holds(selection: str, **changes: object) -> bool:
    return Selection.parse(selection).holds(article(**changes), BERLIN)


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        ("", True),
        ("kind:article", True),
        ("kind:video,audio", False),
        ("-kind:video,audio", True),
        ("section:Inland", True),
        ("section:inland section:küste", True),
        ("section:inland section:ausland", False),
        ("-section:inland", False),
        ('tag:"der neue deich"', True),
        ("tag:neuer-deich", True),
        ("tag:deich", False),
        ("label:analyse", True),
        ("language:de", True),
        ("language:de-AT", True),
        ("language:d", False),
        ("language:en,de", True),
    ],
)
def test_words_are_compared_whole_and_without_case(selection: str, wanted: bool) -> None:
    tags = (Tag(name="Der neue Deich", slug="neuer-deich"),)
    facts = {"section": ("Inland", "Küste"), "tags": tags, "label": "Analyse", "language": "de-AT"}

    assert holds(selection, **facts) is wanted


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        ("2026", True),
        ("2026-03", True),
        ("2026-03-01", True),
        ("2026-02", False),
        ("2026-02-28", False),
        ("2026-03-01..", True),
        ("..2026-02", False),
        ("..2026-03-01", True),
        ("2025..2026-02", False),
        ("2026-02..2026-03", True),
    ],
)
@pytest.mark.parametrize("key", sorted(set(TIMES) - {"captured"}))
def test_days_are_those_on_the_clocks_of_the_site_and_both_ends_count(key: str, days: str, wanted: bool) -> None:
    field = key if key in {"stand", "unavailable_after"} else f"{key}_at"
    just_past_midnight = datetime(2026, 2, 28, 23, 5, tzinfo=UTC)

    assert holds(f"{key}:{days}", **{field: just_past_midnight}) is wanted
    assert not holds(f"{key}:{days}", **{field: None})


def test_days_of_capture() -> None:
    assert holds("captured:2026-11-22")
    assert not holds("captured:..2026-11-21")


def test_equal_selections_print_alike_and_have_one_digest() -> None:
    one = Selection.parse('tag:Deich,"Neuer Deich"   published:2026-01..2026-03 sportschau site:tagesschau -kind:video')
    other = Selection.parse(
        '-kind:video tagesschau,sportschau published:2026-01-01..2026-03-31 tag:"neuer deich",deich revision:latest'
    )

    assert one == other
    assert one.digest == other.digest
    assert str(one) == (
        'sportschau tagesschau -kind:video tag:deich,"neuer deich" '
        "published:2026-01-01..2026-03-31 revision:latest rights:keep"
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(set(VALUES) - {"kind"})),
            st.lists(st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"])), min_size=1, max_size=3),
            st.booleans(),
        ),
        max_size=4,
    ),
    st.sampled_from(["latest", "first", "all"]),
    st.sampled_from(sorted(POLICIES)),
)
def test_what_is_printed_reads_the_same(words: list[tuple[str, list[str], bool]], revision: str, rights: str) -> None:
    terms = [f"{'-' * none}{key}:" + ",".join(f'"{value}"' for value in values) for key, values, none in words]
    selection = Selection.parse(" ".join([*terms, f"revision:{revision}", f"rights:{rights}"]))

    assert Selection.parse(str(selection)) == selection
    settled = selection.settled(date(2026, 11, 22))
    assert Selection.parse(str(settled)) == settled


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ("colour:red", "there is no key colour"),
        ("kind:essay", "no kind of article is called essay; there are article, liveblog"),
        ("revision:some", "there is no revision some; there are latest, first, all"),
        ("rights:none", "there is no rights none; there are keep, drop-expired"),
        ("revision:all revision:first", "more than one revision"),
        ("rights:keep,drop-expired", "more than one rights"),
        ("published:2026-02-30", "'2026-02-30' is no year, month or day"),
        ("published:yesterday", "'yesterday' is no year, month or day"),
        ("published:2026..2025", "2025-12-31 is before 2026-01-01"),
        ("published:..", "say from when or until when"),
        ("published:2025,2026", "one span of days"),
        ("published:2025 published:2026", "twice for the days of one time"),
        ("-published:2025", "a minus goes before these keys only"),
        ("-tagesschau", "a minus goes before these keys only"),
        ('tag:"deich', "cannot read the selection from 'tag:\"deich'"),
        ("tag:", "cannot read the selection from 'tag:'"),
        ("tag:a, b", "cannot read the selection from"),
        ("as_of:soon", "'soon' is no year"),
    ],
)
def test_a_selection_that_cannot_be_read_is_refused_with_the_reason(selection: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        Selection.parse(selection)

    assert said in str(refused.value)


def test_a_day_is_settled_only_for_rights_that_depend_on_one() -> None:
    today = date(2026, 11, 22)

    assert Selection.parse("as_of:2020").settled(today).as_of is None
    assert Selection.parse("rights:drop-expired").settled(today).as_of == today
    assert Selection.parse("rights:drop-expired as_of:2020").settled(today).as_of == date(2020, 12, 31)


@pytest.mark.parametrize(
    ("policy", "expired", "noarchive", "neither"),
    [
        ("keep", "whole", "whole", "whole"),
        ("drop-expired", "none", "whole", "whole"),
        ("drop-restricted", "none", "none", "whole"),
        ("withhold-expired", "withheld", "whole", "whole"),
        ("withhold-restricted", "withheld", "withheld", "whole"),
    ],
)
def test_rights_policies(policy: Policy, expired: str, noarchive: str, neither: str) -> None:
    as_of = date(2026, 11, 22)
    last_minute = datetime(2026, 11, 22, 22, 59, tzinfo=UTC)
    one_later = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)

    def becomes(made: Article) -> str:
        passage = under(policy, made, as_of, BERLIN)
        if passage.article is None:
            return "none"
        if passage.article == made:
            return "whole"
        assert passage.article == replace(made, **WITHHELD)
        assert passage.article.text == ""
        return "withheld"

    assert becomes(article(unavailable_after=last_minute)) == expired
    assert becomes(article(robots=("index", "googlebot: NOARCHIVE, nosnippet"))) == noarchive
    assert becomes(article(unavailable_after=one_later, robots=("index,follow",))) == neither

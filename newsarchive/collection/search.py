"""Searching the articles of a collection: by words, days and what they are filed under; counted, and a page at a time.

What is found of a query is remembered for as long as no further run is committed.
"""

from __future__ import annotations

import json
import threading
from array import array
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import nlargest
from itertools import chain
from typing import Any, Literal, get_args

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.documents import Facet, value_key
from newsarchive.collection.query import Query

Sort = Literal["relevance", "newest", "oldest"]
"""In which order: the best match first, or by the time that articles are of."""

SORTS: tuple[Sort, ...] = get_args(Sort)

MAX_FOUND = 10_000
"""So many are counted and can be paged through."""

MAX_CHOICES = 50
"""So many values are offered of a facet, those that most articles have."""

_WEIGHTS = "8.0, 4.0, 1.0, 0.5"
"""What a word counts in the title, the lead, the text and around it."""

_AS_ENTERED = ("texts.rowid DESC", "0")

_COMMON = 5_000
"""More matches than this are many."""

_MAX_REMEMBERED = 32
_NUMBERS_AT_ONCE = 500

_MANY_VALUES: frozenset[Facet] = frozenset({"tag", "author"})
"""Facets with more values than one would go through."""

_MAX_LOOKED_UP = 2_000

_FACETS: tuple[Facet, ...] = get_args(Facet)

_HITS = """
SELECT documents.document, documents.article_id, documents.revision, at, headline, stand, url, captured_at,
    newest, articles.revisions, silent, found_at, gone_at, content_digest
FROM json_each(:documents) AS wanted CROSS JOIN documents ON documents.document = wanted.value
CROSS JOIN revisions USING (article_id, revision) CROSS JOIN articles USING (article_id)
"""


_FILED = "SELECT document, filed FROM json_each(:documents) AS wanted CROSS JOIN documents ON document = wanted.value"

_VALUES = """
SELECT number, facet, filings.value FROM json_each(:numbers) AS wanted CROSS JOIN filings ON number = wanted.value
"""

_VALUES_OF = """
SELECT number, filings.value FROM json_each(:numbers) AS wanted CROSS JOIN filings ON number = wanted.value
WHERE facet = :facet
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is asked for.

    ``since`` and ``until`` are days, both included, of the time an article is of; ``filed`` has the value asked of each
    facet. Of each article the newest revision, or ``all_revisions``. Without words ``relevance`` is ``newest``.
    """

    query: Query = field(default_factory=Query)
    since: date | None = None
    until: date | None = None
    filed: tuple[tuple[Facet, str], ...] = ()
    all_revisions: bool = False
    sort: Sort = "relevance"

    def value(self, facet: Facet) -> str | None:
        """The value asked of ``facet``."""
        return next((value for asked, value in self.filed if asked == facet), None)

    def without(self, facet: Facet) -> Search:
        """The same, whatever the value of ``facet``."""
        return replace(self, filed=tuple((asked, value) for asked, value in self.filed if asked != facet))


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet, and how many of what is found have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One revision that was found. ``dated_at`` is the time it is of; ``revisions`` and ``silent`` edits count those of
    its article, which was found first at ``found_at`` and is gone since ``gone_at``."""

    article_id: str
    revision: int
    is_newest: bool
    headline: str | None
    url: str
    dated_at: datetime
    stand: datetime | None
    captured_at: datetime
    content_digest: str
    revisions: int
    silent: int
    found_at: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found: ``count`` documents, at least so many where it ``is_cut`` at ``MAX_FOUND``.

    ``documents`` are their numbers, in order; ``filed`` counts by number what they are filed under. Where it is cut,
    those by relevance are the best of the last that were entered.
    """

    documents: Sequence[int]
    filed: Mapping[int, int]
    is_cut: bool

    @property
    def count(self) -> int:
        """How many."""
        return len(self.documents)


class Searcher:
    """Searches one collection. Remembers what was found last; for use by several threads at once."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[Hashable, Found] = OrderedDict()
        self._turn = threading.Lock()

    def find(self, catalog: Catalog, search: Search, zone: tzinfo) -> Found:
        """All that is found, up to ``MAX_FOUND``. Days are those on the clocks of ``zone``."""
        return self._find(catalog, search, zone, is_ordered=True)

    def _find(self, catalog: Catalog, search: Search, zone: tzinfo, *, is_ordered: bool) -> Found:
        key = (catalog.edition(), search, str(zone), is_ordered)
        with self._turn:
            if (known := self._remembered.get(key)) is not None:
                self._remembered.move_to_end(key)
                return known
        found = _find(catalog, search, zone, is_ordered=is_ordered)
        with self._turn:
            self._remembered[key] = found
            while len(self._remembered) > _MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    def choices(self, catalog: Catalog, search: Search, zone: tzinfo) -> dict[Facet, tuple[Choice, ...]]:
        """Of each facet the values to choose from, the most frequent first, with the numbers that each would leave.

        That asked for is among them in any case.
        """
        return {facet: self._choices_of(catalog, search, zone, facet) for facet in _FACETS}

    def _choices_of(self, catalog: Catalog, search: Search, zone: tzinfo, facet: Facet) -> tuple[Choice, ...]:
        asked = search.value(facet)
        if asked is None:
            counted = self.find(catalog, search, zone).filed
        else:
            # To be counted, nothing has to be put in order, which takes going through all that matches.
            counted = self._find(catalog, search.without(facet), zone, is_ordered=False).filed
        choices = list(_most_frequent(catalog, facet, counted))
        if asked is not None and all(value_key(asked) != value_key(choice.value) for choice in choices):
            choices.append(Choice(asked, 0))
        return tuple(choices)


def hits(catalog: Catalog, documents: Sequence[int]) -> tuple[Hit, ...]:
    """What the catalog knows of ``documents``, in their order."""
    found: dict[int, Hit] = {}
    for start in range(0, len(documents), _NUMBERS_AT_ONCE):
        wanted = ",".join(map(str, documents[start : start + _NUMBERS_AT_ONCE]))
        for number, *row in catalog.rows(_HITS, documents=f"[{wanted}]"):
            found[number] = _hit(row)
    return tuple(found[number] for number in documents if number in found)


def filed_under(catalog: Catalog, documents: Sequence[int]) -> dict[int, dict[str, tuple[str, ...]]]:
    """What each of ``documents`` is filed under, by facet; of values that differ in spelling alone, the first there
    was."""
    numbers: dict[int, list[int]] = {}
    for start in range(0, len(documents), _NUMBERS_AT_ONCE):
        wanted = ",".join(map(str, documents[start : start + _NUMBERS_AT_ONCE]))
        for document, filed in catalog.rows(_FILED, documents=f"[{wanted}]"):
            numbers[document] = [int(number) for number in filed.split()]
    every = sorted({number for filed in numbers.values() for number in filed})
    values = {number: (facet, value) for number, facet, value in catalog.rows(_VALUES, numbers=json.dumps(every))}
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for document, filed in numbers.items():
        of = found.setdefault(document, {})
        for facet, value in (values[number] for number in filed if number in values):
            of[facet] = (*of.get(facet, ()), value)
    return found


def _find(catalog: Catalog, search: Search, zone: tzinfo, *, is_ordered: bool) -> Found:
    numbers = _numbers(catalog, search.filed)
    if numbers is None:
        return Found(documents=array("q"), filed={}, is_cut=False)
    by_time = is_ordered and search.sort != "relevance" and _is_common(catalog, search.query)
    source, conditions, values = _source(search, zone, numbers, by_time=by_time)
    order, score = _order(search) if is_ordered or not search.query.needed else _AS_ENTERED
    statement = (
        f"SELECT documents.document, documents.filed, {score} AS score FROM {source} "  # noqa: S608 (our own parts)
        f"WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {MAX_FOUND + 1}"
    )
    rows = catalog.rows(statement, **values)
    is_cut = len(rows) > MAX_FOUND
    del rows[MAX_FOUND:]
    if is_ordered and search.sort == "relevance" and search.query.needed:
        rows.sort(key=lambda row: (row[2], -row[0]))
    counted = Counter(chain.from_iterable(filed.split() for _, filed, _ in rows))
    return Found(
        documents=array("q", [number for number, _, _ in rows]),
        filed={int(number): count for number, count in counted.items()},
        is_cut=is_cut,
    )


def _is_common(catalog: Catalog, query: Query) -> bool:
    """Whether so much matches that going through all articles by their time ends sooner than sorting what matches."""
    if not query.needed:
        return False
    statement = f"SELECT 1 FROM texts WHERE texts MATCH :match LIMIT 1 OFFSET {_COMMON}"  # noqa: S608 (our own number)
    return bool(catalog.rows(statement, match=query.match))


def _source(
    search: Search, zone: tzinfo, numbers: Sequence[int], *, by_time: bool
) -> tuple[str, list[str], dict[str, object]]:
    """Tables, conditions and values of a query; ``by_time``: they are gone through in the order of their time."""
    values: dict[str, object] = {}
    conditions = []
    by_filing = False
    if search.query.needed:
        if by_time:
            index = "documents_by_time" if search.all_revisions else "newest_documents_by_time"
            source = f"documents INDEXED BY {index}"
            conditions.append("documents.document IN (SELECT rowid FROM texts WHERE texts MATCH :match)")
        else:
            source = "texts CROSS JOIN documents ON documents.document = texts.rowid"
            conditions.append("texts MATCH :match")
        values["match"] = search.query.match
    elif numbers:
        source = "filed CROSS JOIN documents USING (document)"
        conditions.append("filed.number = :number")
        values["number"] = numbers[0]
        by_filing = True
    else:
        source = "documents"
    if search.query.unwanted and not search.query.needed:
        conditions.append("documents.document NOT IN (SELECT rowid FROM texts WHERE texts MATCH :mismatch)")
        values["mismatch"] = search.query.mismatch
    if not search.all_revisions:
        conditions.append("documents.newest")
    at = "filed.at" if by_filing else "documents.at"
    if search.since is not None:
        conditions.append(f"{at} >= :since")
        values["since"] = _second(search.since, zone)
    if search.until is not None:
        conditions.append(f"{at} < :until")
        values["until"] = _second_after(search.until, zone)
    others = numbers[1:] if by_filing else numbers
    conditions.extend(f"instr(documents.filed, ' {int(number)} ')" for number in others)
    return source, conditions or ["true"], values


def _order(search: Search) -> tuple[str, str]:
    """The order of a query, and what it scores by."""
    if search.query.needed and search.sort == "relevance":
        return "texts.rowid DESC", f"bm25(texts, {_WEIGHTS})"
    direction = "ASC" if search.sort == "oldest" else "DESC"
    if not search.query.needed and search.filed:
        return f"filed.at {direction}, filed.document {direction}", "0"
    return f"documents.at {direction}, documents.document {direction}", "0"


def _numbers(catalog: Catalog, filed: Sequence[tuple[Facet, str]]) -> tuple[int, ...] | None:
    """The numbers of values, that of the fewest articles first; ``None`` where nothing is filed under one of them."""
    found: list[tuple[int, int]] = []
    for facet, value in filed:
        statement = "SELECT articles, number FROM filings WHERE facet = ? AND key = ?"
        rows = catalog.rows(statement, facet, value_key(value))
        if not rows:
            return None
        found.append(rows[0])
    return tuple(number for _, number in sorted(found))


def _most_frequent(catalog: Catalog, facet: Facet, counted: Mapping[int, int]) -> Iterator[Choice]:
    """The values of a facet that most of those counted have."""
    if facet in _MANY_VALUES:
        frequent = nlargest(_MAX_LOOKED_UP, counted, key=lambda number: counted[number])
        rows = catalog.rows(_VALUES_OF, facet=facet, numbers=json.dumps(frequent))
    else:
        rows = catalog.rows("SELECT number, value FROM filings WHERE facet = ?", facet)
    known = sorted(
        ((counted[number], value) for number, value in rows if number in counted),
        key=lambda each: (-each[0], each[1].casefold()),
    )
    return (Choice(value, count) for count, value in known[:MAX_CHOICES])


def _hit(row: Sequence[Any]) -> Hit:
    article_id, revision, at, headline, stand, url, captured_at, newest, *standing = row
    revisions, silent, found_at, gone_at, content_digest = standing
    return Hit(
        article_id=article_id,
        revision=revision,
        is_newest=bool(newest),
        headline=headline,
        url=url,
        dated_at=datetime.fromtimestamp(at, UTC),
        stand=None if stand is None else datetime.fromisoformat(stand),
        captured_at=datetime.fromisoformat(captured_at),
        content_digest=content_digest,
        revisions=revisions,
        silent=silent,
        found_at=datetime.fromisoformat(found_at),
        gone_at=None if gone_at is None else datetime.fromisoformat(gone_at),
    )


def _second(day: date, zone: tzinfo) -> int:
    """When ``day`` begins."""
    if day <= date(1, 1, 2):
        return -(1 << 60)
    return int(datetime.combine(day, time(), zone).timestamp())


def _second_after(day: date, zone: tzinfo) -> int:
    """When ``day`` has ended."""
    return 1 << 60 if day >= date(9999, 12, 30) else _second(day + timedelta(days=1), zone)

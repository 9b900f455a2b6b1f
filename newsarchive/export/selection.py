"""Which articles, which revisions of them, under which rights policy: parsed once, printable, with a digest.

A selection is terms parted by white space, all of which hold::

    tagesschau kind:article,liveblog -section:sport published:2025-01..2025-03 tag:"Wahl in Polen" revision:all

A bare word is a site. ``key:a,b`` holds where one of the values does, ``-key:a,b`` where none does; a key may come
again, and all its terms must hold. ``docs/export.md`` lists the keys.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from types import MappingProxyType
from typing import Any, Literal, Self, get_args

from newsarchive.errors import UsageError
from newsarchive.export.rights import POLICIES, Policy
from newsarchive.model.article import Article, ArticleKind
from newsarchive.model.digest import Digest

Which = Literal["latest", "first", "all"]
"""Which revisions of an article: the newest, the oldest, or each."""

TIMES: Mapping[str, Callable[[Article], datetime | None]] = MappingProxyType(
    {
        "captured": lambda article: article.capture.captured_at,
        "first_published": lambda article: article.first_published_at,
        "modified": lambda article: article.modified_at,
        "published": lambda article: article.published_at,
        "stand": lambda article: article.stand,
        "unavailable_after": lambda article: article.unavailable_after,
    }
)
"""The times of an article that days can be asked of, by key."""

VALUES: Mapping[str, Callable[[Article], Iterator[str]]] = MappingProxyType(
    {
        "kind": lambda article: iter((article.kind,)),
        "label": lambda article: _given(article.label),
        "language": lambda article: _language_ranges(article.language),
        "section": lambda article: map(str.casefold, article.section),
        "tag": lambda article: (text.casefold() for tag in article.tags for text in (tag.name, tag.slug) if text),
    }
)
"""What an article says for each key whose values are words; compared without regard to case."""

_TERM = re.compile(
    r'(?P<none>-?)(?:(?P<key>[a-z_]+):)?(?P<values>(?:"[^"]*"|[^\s",:]+)(?:,(?:"[^"]*"|[^\s",:]+))*)(?!\S)'
)
_VALUE = re.compile(r'"([^"]*)"|([^\s",:]+)')
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Words:
    """``key`` of an article has one of ``values``, or, where ``none``, has none of them."""

    key: str
    values: tuple[str, ...]
    none: bool = False

    def holds(self, article: Article) -> bool:
        """Whether it is so for ``article``."""
        return any(said in self.values for said in VALUES[self.key](article)) is not self.none

    def __str__(self) -> str:
        return f"{'-' * self.none}{self.key}:{','.join(map(_quoted, self.values))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The time called ``key`` lies from ``since`` to ``until``, both included, on the clocks of the site.

    An article that does not give this time is not among them.
    """

    key: str
    since: date | None
    until: date | None

    def hold(self, at: datetime | None, zone: tzinfo) -> bool:
        """Whether ``at`` lies in these days."""
        if at is None:
            return False
        day = at.astimezone(zone).date()
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def __str__(self) -> str:
        if self.since == self.until:
            return f"{self.key}:{self.since}"
        return f"{self.key}:{self.since or ''}..{self.until or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is wanted of an archive. Equal selections print alike; ``parse(str(selection)) == selection``.

    ``sites``: all where empty. ``as_of``: the day whose rights count, for a policy that asks what has expired.
    """

    sites: tuple[str, ...] = ()
    words: tuple[Words, ...] = ()
    days: tuple[Days, ...] = ()
    revision: Which = "latest"
    rights: Policy = "keep"
    as_of: date | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a selection. Raises ``UsageError`` that names the term at fault."""
        sites: set[str] = set()
        words: set[Words] = set()
        days: list[Days] = []
        once: dict[str, str] = {}
        for term in _terms(text):
            key, values, none = term["key"], _values(term["values"]), bool(term["none"])
            if key in VALUES:
                folded = tuple(sorted({value.casefold() for value in values}))
                if key == "kind" and (unknown := set(folded) - set(get_args(ArticleKind))):
                    raise _wrong(term[0], f"no kind of article is called {min(unknown)}", get_args(ArticleKind))
                words.add(Words(key=key, values=folded, none=none))
            elif none:
                raise _wrong(term[0], "a minus goes before these keys only", VALUES)
            elif key is None or key == "site":
                sites.update(values)
            elif key in TIMES:
                days.append(_days(term[0], key, values))
            elif key not in {"revision", "rights", "as_of"}:
                raise _wrong(term[0], f"there is no key {key}", (*VALUES, *TIMES, "site", "revision", "rights"))
            elif key in once or len(values) > 1:
                raise UsageError(message=f"the selection has more than one {key}")
            else:
                once[key] = values[0]
        if len({one.key for one in days}) < len(days):
            raise UsageError(message="the selection asks twice for the days of one time; write since..until")
        return cls(
            sites=tuple(sorted(sites)),
            words=tuple(sorted(words)),
            days=tuple(sorted(days, key=lambda one: one.key)),
            revision=_one_of("revision", once.get("revision", "latest"), get_args(Which)),
            rights=_one_of("rights", once.get("rights", "keep"), tuple(POLICIES)),
            as_of=_bounds(f"as_of:{once['as_of']}", once["as_of"])[1] if "as_of" in once else None,
        )

    @property
    def captured(self) -> Days | None:
        """The days of capture it is bound to, if it is."""
        return next((days for days in self.days if days.key == "captured"), None)

    @property
    def grows(self) -> bool:
        """Whether what is selected today will be selected tomorrow, so that an export can be added to."""
        return self.revision != "latest"

    def settled(self, today: date) -> Self:
        """The same for good: rights as of ``today`` where they depend on a day and none was given."""
        if not POLICIES[self.rights].depends_on_day:
            return replace(self, as_of=None)
        return replace(self, as_of=self.as_of or today)

    def holds(self, article: Article, zone: tzinfo) -> bool:
        """Whether ``article`` is wanted, its revision and its rights aside; ``zone`` is that of its site."""
        return all(words.holds(article) for words in self.words) and all(
            days.hold(TIMES[days.key](article), zone) for days in self.days
        )

    @property
    def digest(self) -> Digest:
        """Over the printed form."""
        return Digest.of(str(self).encode())

    def __str__(self) -> str:
        terms = [*map(_quoted, self.sites), *map(str, self.words), *map(str, self.days)]
        terms += [f"revision:{self.revision}", f"rights:{self.rights}"]
        return " ".join(terms if self.as_of is None else [*terms, f"as_of:{self.as_of}"])


def _terms(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while rest := text[at:].lstrip():
        at = len(text) - len(rest)
        term = _TERM.match(text, at)
        if term is None:
            raise UsageError(message=f"cannot read the selection from {rest!r} on; terms look like tag:deich")
        yield term
        at = term.end()


def _values(printed: str) -> tuple[str, ...]:
    return tuple(quoted or bare for quoted, bare in _VALUE.findall(printed))


def _quoted(value: str) -> str:
    return value if re.fullmatch(r'[^\s",:-][^\s",:]*', value) else f'"{value}"'


def _days(term: str, key: str, values: tuple[str, ...]) -> Days:
    if len(values) > 1:
        raise UsageError(message=f"{term}: one span of days, as 2025-01..2025-03")
    first, dots, last = values[0].partition("..")
    since = _bounds(term, first)[0] if first else None
    until = _bounds(term, last)[1] if last else None if dots else _bounds(term, first)[1]
    if since is None and until is None:
        raise UsageError(message=f"{term}: say from when or until when")
    if since is not None and until is not None and until < since:
        raise UsageError(message=f"{term}: {until} is before {since}")
    return Days(key=key, since=since, until=until)


def _bounds(term: str, printed: str) -> tuple[date, date]:
    """First and last day of a year, a month or a day."""
    match = _DAY.fullmatch(printed)
    try:
        if match is not None:
            year, month, day = (int(part or 0) for part in match.groups())
            last_day = day or monthrange(year, month or 12)[1]
            return date(year, month or 1, day or 1), date(year, month or 12, last_day)
    except ValueError:
        pass
    raise UsageError(message=f"{term}: {printed!r} is no year, month or day as 2025, 2025-03 or 2025-03-31")


def _one_of(key: str, value: str, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise _wrong(f"{key}:{value}", f"there is no {key} {value}", known)
    return value


def _wrong(term: str, what: str, known: Iterable[str]) -> UsageError:
    return UsageError(message=f"{term}: {what}; there are {', '.join(known)}")


def _given(value: str | None) -> Iterator[str]:
    return iter(()) if value is None else iter((value.casefold(),))


def _language_ranges(tag: str | None) -> Iterator[str]:
    """Every range that a language tag is in (RFC 4647 section 3.3.1): ``de-at`` is in ``de-at`` and in ``de``."""
    while tag:
        yield tag.casefold()
        tag = tag.rpartition("-")[0]

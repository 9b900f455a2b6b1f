"""When to look at a known page again: a ladder of intervals that grow with its age. Pure.

An article that was published or changed minutes ago may change again soon, one that has stood for a month hardly ever
does. What is removed may come back, and what is to be taken down on a known day is looked at once more before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from newsarchive.model.capture import Instant

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """``rungs``: (age, interval), ages rising: a page younger than that age is looked at so often; older ones never.

    ``after_removal``: how long after it was found gone an article is looked at again, rising. ``after_miss``: the same
    for an address that never had an article; a link may be there some minutes before its page.
    ``last_look_before``: one look is due within this time before the page is to be taken down, and one
    ``look_after`` that. ``spread``: by so much of itself an interval is made longer, differently for each address, so
    that the articles of one day do not fall due together.
    """

    rungs: tuple[tuple[timedelta, timedelta], ...] = (
        (_HOUR, 10 * _MINUTE),
        (6 * _HOUR, 30 * _MINUTE),
        (_DAY, 2 * _HOUR),
        (3 * _DAY, 6 * _HOUR),
        (7 * _DAY, _DAY),
        (30 * _DAY, 7 * _DAY),
        (365 * _DAY, 30 * _DAY),
    )
    after_removal: tuple[timedelta, ...] = (_DAY, 7 * _DAY, 30 * _DAY)
    after_miss: tuple[timedelta, ...] = (10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY, 7 * _DAY, 30 * _DAY)
    last_look_before: timedelta = 2 * _DAY
    look_after: timedelta = _DAY
    spread: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what is no ladder: ``ValueError``."""
        for name, steps in (
            ("ages of the rungs", [age for age, _ in self.rungs]),
            ("times after a removal", self.after_removal),
            ("times after a miss", self.after_miss),
        ):
            if any(step <= timedelta(0) for step in steps) or list(steps) != sorted(set(steps)):
                raise ValueError(f"the {name} must be above zero and rise")
        if any(interval <= timedelta(0) for _, interval in self.rungs):
            raise ValueError("the intervals of the rungs must be above zero")
        if not 0 <= self.spread < 1:
            raise ValueError("the spread must be at least 0 and less than 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHistory:
    """What a collection knows of the page at one address.

    ``published_at`` and ``unavailable_after`` are as the newest revision prints them. ``first_seen_at``: the first
    capture that held an article, ``None`` where none did. ``changed_at``: the last change that is known: when a later
    revision than the first was found, else when the page says that it was changed. ``checked_at``: the last capture
    that was read. ``gone_at``: since when the page is gone, ``None`` while it is there. ``reason``: why it is gone, or
    holds no article.
    """

    url: str
    published_at: Instant | None
    first_seen_at: Instant | None
    changed_at: Instant | None
    checked_at: Instant
    unavailable_after: Instant | None
    gone_at: Instant | None
    reason: str | None


def due_at(history: PageHistory, ladder: Ladder) -> datetime | None:
    """When the page is to be looked at next, ``None`` for never. The time may lie in the past: then it is due.

    Age counts from the later of publication and last change. What a page says of its own times is not believed beyond
    the time it was seen at. Given in UTC.
    """
    history = _in_utc(history)
    if history.gone_at is not None:
        steps = ladder.after_miss if history.first_seen_at is None else ladder.after_removal
        return _first_after(history, ladder, history.gone_at, steps)
    if history.first_seen_at is None:
        return None
    looks = [_next_rung(history, ladder, _reference(history, history.first_seen_at)), _last_look(history, ladder)]
    return min((look for look in looks if look is not None), default=None)


def _in_utc(history: PageHistory) -> PageHistory:
    """The same history; the clocks of a time zone may be put back while one counts on them."""
    return replace(
        history,
        published_at=history.published_at and history.published_at.astimezone(UTC),
        first_seen_at=history.first_seen_at and history.first_seen_at.astimezone(UTC),
        changed_at=history.changed_at and history.changed_at.astimezone(UTC),
        checked_at=history.checked_at.astimezone(UTC),
        unavailable_after=history.unavailable_after and history.unavailable_after.astimezone(UTC),
        gone_at=history.gone_at and history.gone_at.astimezone(UTC),
    )


def _reference(history: PageHistory, first_seen_at: datetime) -> datetime:
    """Where age counts from."""
    published_at = min(history.published_at or first_seen_at, first_seen_at)
    return max(published_at, min(history.changed_at or published_at, history.checked_at))


def _next_rung(history: PageHistory, ladder: Ladder, reference: datetime) -> datetime | None:
    age = history.checked_at - reference
    for limit, interval in ladder.rungs:
        if age < limit:
            return history.checked_at + interval * (1 + _share(history.url) * ladder.spread)
    return None


def _first_after(
    history: PageHistory, ladder: Ladder, gone_at: datetime, steps: tuple[timedelta, ...]
) -> datetime | None:
    spread = 1 + _share(history.url) * ladder.spread
    return next((gone_at + step * spread for step in steps if gone_at + step * spread > history.checked_at), None)


def _last_look(history: PageHistory, ladder: Ladder) -> datetime | None:
    """The look before the page is taken down, or the one after it."""
    end = history.unavailable_after
    if end is None:
        return None
    # Spread towards the middle of the time before, so that the latest look still comes well before the end.
    before = end - ladder.last_look_before * (1 - _share(history.url) / 2)
    if history.checked_at < end - ladder.last_look_before:
        return before
    after = end + ladder.look_after * (1 + _share(history.url) * ladder.spread)
    return after if history.checked_at < end + ladder.look_after else None


def _share(url: str) -> float:
    """A number from 0 up to 1 that belongs to the address."""
    return int.from_bytes(blake2b(url.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32

"""Links: what channels declared, and what of it a run could not bring to an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsarchive.model.capture import Instant
from newsarchive.model.serialize import from_json

MAX_ATTEMPTS = 8
"""After so many failed attempts an open link is given up: it is not asked for again unless a channel declares it."""

_FIRST_PAUSE = timedelta(minutes=10)
_LONGEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A channel declared the address of an article for the first time.

    ``url`` is the one form of the address, ``listed_at`` the time printed beside the link. ``declared_at`` and
    ``record_id`` are time and record of the capture that has the listing.
    """

    url: str
    channel: str
    declared_at: Instant
    listed_at: Instant | None
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLink:
    """An article that a run wanted and could not end, so that a later one has to.

    ``reason`` is the code of why. ``tried``: its server was asked; what only the limit or the end of the crawl kept
    from being asked is no failed attempt.
    """

    url: str
    reason: str
    tried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLink:
    """A link that runs left open: it failed in so many ``attempts``, and is to be tried at ``next_try_at``.

    ``channel`` declared it first, at ``declared_at``, with ``listed_at`` beside it; ``None`` where no channel did, as
    with known articles that were due.
    """

    url: str
    channel: str | None
    declared_at: Instant | None
    listed_at: Instant | None
    reason: str
    attempts: int
    next_try_at: Instant

    @property
    def is_given_up(self) -> bool:
        """Whether nobody asks for it any more of his own accord."""
        return self.attempts >= MAX_ATTEMPTS


def parse_link_line(line: bytes) -> Link | LeftLink:
    """A line of a file of links. Raises ``ValueError`` for one that is neither."""
    try:
        return from_json(line, Link)
    except ValueError as error:
        try:
            return from_json(line, LeftLink)
        except ValueError:
            raise error from None


def next_try_at(left_at: datetime, attempts: int) -> datetime:
    """When to try again what was left at ``left_at`` after so many failed attempts: 10 minutes, doubled up to a day."""
    if not attempts:
        return left_at
    return left_at + min(_FIRST_PAUSE * (1 << min(attempts - 1, 16)), _LONGEST_PAUSE)

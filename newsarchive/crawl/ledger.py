"""The books of one crawl: every link a channel declared ends in exactly one count, with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from newsarchive.model.crawl import Funnel

End = Literal["known", "extracted", "no_article", "not_modified", "gone", "failed", "skipped"]

RECRAWL = "recrawl"
"""The name under which known articles are counted that were due."""

LEFT = "left"
"""The name under which links are counted that earlier runs left open."""


@dataclass(slots=True)
class _Account:
    """The articles of one channel and one day: how many are open, how the others ended and why."""

    open: int = 0
    ends: Counter[End] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


class Ledger:
    """What became of the articles that the channels of a site declared.

    An article that several channels declare belongs to the one that did so first, and to the day printed beside that
    link on the clocks of ``zone``, else to ``today``. It is open until it is settled, and it is settled once; only what
    is known may be taken up once more, because it is due.
    """

    def __init__(self, channels: Iterable[str], *, today: date, zone: ZoneInfo) -> None:
        self._today = today
        self._zone = zone
        self._channels = tuple(channels)
        self._accounts: dict[tuple[str, date], _Account] = {(channel, today): _Account() for channel in self._channels}
        self._open: dict[str, _Account] = {}
        self._ends: Counter[End] = Counter()
        self._seen: dict[str, bool] = {}
        self.problems: Counter[str] = Counter()
        """How often each problem code was met."""
        self.limited = False
        """Whether the limit kept something from being fetched."""

    def declare(self, channel: str, article: str, at: datetime | None = None) -> bool:
        """Enter the address of an article, with the time printed beside it; false when it was met before."""
        if not self.claim(article):
            return False
        self._enter(channel, article, at)
        return True

    def take_up(self, article: str) -> bool:
        """Enter a known article that is due; false when this run has fetched it, or is about to."""
        if article in self._open or self._seen.get(article, False):
            return False
        self._seen[article] = True
        self._enter(RECRAWL, article, None)
        return True

    def claim(self, article: str) -> bool:
        """Reserve an address that no channel declared but a redirect leads to; false when it was met before."""
        if article in self._seen:
            return False
        self._seen[article] = True
        return True

    def settle(self, article: str, end: End, reason: str | None = None, *, was_asked: bool = True) -> bool:
        """Say what became of a declared article, and why; false for what is settled already, which stays as it is.

        What is known and ``was_asked`` nothing of the server may still be taken up.
        """
        account = self._open.pop(article, None)
        if account is None:
            return False
        account.open -= 1
        account.ends[end] += 1
        self._ends[end] += 1
        if reason is not None:
            account.reasons[reason] += 1
        if not was_asked:
            self._seen[article] = False
        return True

    def open_articles(self) -> tuple[str, ...]:
        """What is not settled yet, in the order it was declared."""
        return tuple(self._open)

    @property
    def declared(self) -> int:
        """How many articles were declared."""
        return self._ends.total() + len(self._open)

    @property
    def settled(self) -> int:
        """How many of them have their end."""
        return self._ends.total()

    @property
    def extracted(self) -> int:
        """How many of these are articles that were read."""
        return self._ends["extracted"]

    def funnel(self) -> tuple[Funnel, ...]:
        """The counts: channels in the order of the site, then ``recrawl`` and ``left``; the newest day first.

        A channel without any article has one account, that of today.
        """
        used = {channel for (channel, _), account in self._accounts.items() if account.open or account.ends}
        order = {channel: place for place, channel in enumerate((*self._channels, RECRAWL, LEFT))}
        keys = sorted(self._accounts, key=lambda key: (order.get(key[0], len(order)), -key[1].toordinal()))
        accounts = ((*key, self._accounts[key]) for key in keys)
        return tuple(
            _funnel(channel, day, account)
            for channel, day, account in accounts
            if account.open or account.ends or channel not in used
        )

    def _enter(self, channel: str, article: str, at: datetime | None) -> None:
        day = self._today if at is None else at.astimezone(self._zone).date()
        account = self._accounts.setdefault((channel, day), _Account())
        account.open += 1
        self._open[article] = account


def _funnel(channel: str, day: date, account: _Account) -> Funnel:
    ends = account.ends
    return Funnel(
        channel=channel,
        day=day,
        declared=ends.total() + account.open,
        known=ends["known"],
        fetched=ends["extracted"] + ends["no_article"],
        not_modified=ends["not_modified"],
        extracted=ends["extracted"],
        no_article=ends["no_article"],
        gone=ends["gone"],
        failed=ends["failed"],
        skipped=ends["skipped"],
        reasons=dict(sorted(account.reasons.items())),
    )

"""The books of one crawl: every link a channel declared ends in exactly one count; every problem is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from newsarchive.model.crawl import Funnel

End = Literal["known", "extracted", "no_article", "failed", "skipped"]


class Ledger:
    """What became of the articles that the channels of a site declared.

    An article that several channels declare belongs to the one that did so first. It is open until it is settled,
    and it is settled once.
    """

    def __init__(self, channels: Iterable[str]) -> None:
        self._declared: dict[str, Counter[End]] = {channel: Counter() for channel in channels}
        self._open: dict[str, str] = {}
        self._seen: set[str] = set()
        self.problems: Counter[str] = Counter()
        """How often each problem code was met."""
        self.listings_read = 0
        """Pages of channels that were read."""
        self.listing_failures: list[str] = []
        """Why pages of channels were not, one sentence each."""
        self.limited = False
        """Whether the limit kept something from being fetched."""

    def declare(self, channel: str, article: str) -> bool:
        """Enter the address of an article; false when it was met before."""
        if not self.claim(article):
            return False
        self._open[article] = channel
        return True

    def claim(self, article: str) -> bool:
        """Reserve an address that no channel declared but a redirect leads to; false when it was met before."""
        if article in self._seen:
            return False
        self._seen.add(article)
        return True

    def settle(self, article: str, end: End) -> None:
        """Say what became of a declared article. What is settled already stays as it is."""
        channel = self._open.pop(article, None)
        if channel is not None:
            self._declared[channel][end] += 1

    def settle_rest(self, end: End) -> None:
        """Settle all that is still open."""
        for article in list(self._open):
            self.settle(article, end)

    def funnel(self) -> tuple[Funnel, ...]:
        """The counts of each channel, in the order of the channels."""
        still_open = Counter(self._open.values())
        return tuple(
            Funnel(
                channel=channel,
                declared=ends.total() + still_open[channel],
                known=ends["known"],
                fetched=ends["extracted"] + ends["no_article"],
                extracted=ends["extracted"],
                no_article=ends["no_article"],
                failed=ends["failed"],
                skipped=ends["skipped"],
            )
            for channel, ends in self._declared.items()
        )

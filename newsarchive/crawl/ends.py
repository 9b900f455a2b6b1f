"""How each article that a channel declared ends in this run: in the collection, in the books, and in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.crawl.ledger import Ledger
from newsarchive.crawl.vitals import Vitals
from newsarchive.errors import StorageFailed
from newsarchive.model.article import Article, Problem
from newsarchive.model.capture import StoredCapture
from newsarchive.model.links import LeftLink
from newsarchive.reextract.ending import NOT_THE_PAGE

logger = logging.getLogger(__name__)

NOT_WANTED = "not-wanted"
"""Reason of what is outside the days asked for."""

LIMIT = "limit"
"""Reason of what the limit left over."""

STOPPED = "stopped"
"""Reason of what the end of the crawl left over."""

P = ParamSpec("P")


def _stopping(
    method: Callable[Concatenate[ArticleEnds, P], None],
) -> Callable[Concatenate[ArticleEnds, P], None]:
    """What cannot be written stops the crawl, which says so once; raised here, Scrapy would print it with its stack."""

    @wraps(method)
    def guarded(self: ArticleEnds, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except StorageFailed as error:
            self.stop(error)

    return guarded


class ArticleEnds:
    """Settles articles in ``ledger`` and ``vitals`` and writes by ``writer`` what the collection must know of it.

    ``stop`` ends the crawl when nothing can be written any more. ``floors`` are the fields that articles are judged by.
    """

    def __init__(
        self,
        writer: CrawlWriter,
        ledger: Ledger,
        vitals: Vitals,
        *,
        floors: tuple[str, ...],
        stop: Callable[[Exception], None],
    ) -> None:
        self._writer = writer
        self._ledger = ledger
        self._vitals = vitals
        self._floors = floors
        self.stop = stop

    def known(self, article: str, *, was_asked: bool = False) -> None:
        """Nothing to do: the collection has it."""
        self._ledger.settle(article, "known", was_asked=was_asked)

    def not_wanted(self, article: str) -> None:
        """It is outside the days asked for."""
        self._ledger.settle(article, "skipped", NOT_WANTED)

    def disallowed(self, article: str) -> None:
        """robots.txt asks not to fetch it; nobody comes back for it unless a channel declares it again."""
        self._ledger.problems["robots-disallowed"] += 1
        self._vitals.note_trouble("robots-disallowed", article, "robots.txt asks not to fetch it")
        self._ledger.settle(article, "skipped", "robots-disallowed")
        logger.info("%s: robots.txt asks not to fetch it", article, extra=_said("robots-disallowed", article))

    @_stopping
    def left(self, article: str, reason: str, message: str | None = None) -> None:
        """It was wanted and not asked for; a later run does it."""
        if message is not None:
            self._vitals.note_trouble(reason, article, message)
            self._ledger.problems[reason] += 1
        self._leave(article, "skipped", reason, tried=False)

    @_stopping
    def failed(self, article: str, code: str, message: str) -> None:
        """It was asked for and could not be had; a later run tries again."""
        self._ledger.problems[code] += 1
        self._vitals.note_trouble(code, article, message)
        logger.warning("%s: %s", article, message, extra=_said("article-failed", article, code))
        self._leave(article, "failed", code, tried=True)

    @_stopping
    def gone(self, article: str, stored: StoredCapture, reason: str, message: str) -> None:
        """There is no such page, or not any more. ``stored`` says so."""
        self._ledger.problems[reason] += 1
        self._vitals.note_trouble(reason, article, message)
        self.note_gone(stored, reason, message)
        self._ledger.settle(article, "gone", reason)

    @_stopping
    def moved(self, stored: StoredCapture, target: str) -> None:
        """The page of an article is elsewhere now; how the article ends is seen there."""
        self.note_gone(stored, "moved", f"it moved to {target}")

    @_stopping
    def unmodified(self, article: str, stored: StoredCapture) -> None:
        """The server says that nothing has changed since the page was last read."""
        self._vitals.looked_again += 1
        if self._writer.unmodified(stored) is None:
            self._leave(article, "failed", "http-304", tried=True)
        else:
            self._ledger.settle(article, "not_modified")

    @_stopping
    def extracted(self, declared: str, article: Article, *, is_new: bool) -> None:
        """The page was read and gave ``article``, as a new revision or as the one it was."""
        if is_new:
            self._writer.write_article(article)
            event = "article-new" if article.revision == 1 else "article-revised"
            logger.info("%s: %s", article.url, article.headline, extra=_said(event, article.url))
        else:
            self._writer.seen(article)
            logger.info("%s: unchanged", article.url, extra=_said("article-unchanged", article.url))
        if article.revision > 1 or not is_new:
            self._vitals.looked_again += 1
        self._note_problems(article.url, article.problems)
        self._vitals.note_article(article, self._floors)
        self._ledger.settle(declared, "extracted")

    @_stopping
    def no_article(
        self, declared: str, stored: StoredCapture, reason: Problem, others: tuple[Problem, ...], *, is_read: bool
    ) -> None:
        """The page gave no article. ``is_read``: reading came to its end; otherwise a later run asks for it again."""
        self._note_problems(stored.url, (reason, *others))
        self._vitals.note_trouble(reason.code, stored.url, reason.message.rstrip("."))
        if reason.code in NOT_THE_PAGE:
            self._leave(declared, "failed", reason.code, tried=True)
            return
        if reason.code == "depublished":
            self.note_gone(stored, reason.code, reason.message)
            self._ledger.settle(declared, "gone", reason.code)
            return
        if reason.code == "empty-article":
            self._vitals.note_textless()
        if is_read:
            self._writer.no_article(stored, reason.code)
        else:
            self._writer.leave(LeftLink(url=declared, reason=reason.code))
        self._ledger.settle(declared, "no_article", reason.code)

    @_stopping
    def settle_rest(self, *, is_proper_end: bool) -> None:
        """Leave all that is still open. At a proper end nothing is; what is was lost on the way."""
        for article in self._ledger.open_articles():
            self._leave(article, "failed" if is_proper_end else "skipped", STOPPED, tried=False)

    def note_gone(self, stored: StoredCapture, reason: str, message: str) -> None:
        """Write that the page of ``stored`` is not where it was."""
        sighting = self._writer.gone(stored, reason)
        self._vitals.looked_again += sighting.is_removal
        if sighting.is_removal and reason != "moved":
            self._vitals.removed += 1
        logger.info("%s: %s", stored.url, message, extra=_said("article-gone", stored.url, reason))

    def _leave(self, article: str, end: Literal["failed", "skipped"], reason: str, *, tried: bool) -> None:
        if self._ledger.settle(article, end, reason):
            self._writer.leave(LeftLink(url=article, reason=reason, tried=tried))

    def _note_problems(self, url: str, problems: tuple[Problem, ...]) -> None:
        for problem in problems:
            self._ledger.problems[problem.code] += 1
            logger.warning("%s: %s", url, problem.message, extra=_said("article-problem", url, problem.code))


def _said(event: str, url: str, code: str | None = None) -> dict[str, str]:
    """The facts of a line of the log."""
    return {"event": event, "url": url, **({} if code is None else {"code": code})}

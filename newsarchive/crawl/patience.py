"""How often and how soon a failed request is made again. In place of Scrapy's retries, which do not wait.

What may pass is tried again, a bounded number of times, after a pause that doubles and is never quite the same; where
the server says with Retry-After how long (RFC 9110, 10.2.3), it is that long at least. A pause is one of the whole
host: nothing else is asked of it meanwhile. A host that asks for more patience than a run has, or that fails again and
again, is given up for the run; what was to be fetched from it stays open for the next one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from newsarchive.crawl.archiver import Archiver
from newsarchive.crawl.clock import Now, Sleep, http_date, now_of, random_of, sleep_of
from newsarchive.crawl.failures import CODES, HostGivenUp, code_of
from newsarchive.crawl.wire import WireCaptureDownloadHandler

logger = logging.getLogger(__name__)

TRIES = "tries_in_vain"
"""Key of ``request.meta``: how often this request has failed before."""

_TRIES_NEXT = "tries_in_vain_before_the_next"

# What may pass: time-outs, overload, a server or its gateway in trouble (522 and 524 are those of a CDN).
_PASSING = frozenset({408, 429, 500, 502, 503, 504, 522, 524})
_WITH_RETRY_AFTER = frozenset({429, 503})
_PASSING_ERRORS = tuple(kind for kind in CODES if kind is not DownloadCancelledError)

_GIVE_UP_AFTER = 5
_LONGEST_NAP_S = 1.0


class Patience:
    """A downloader middleware: at most ``retries`` more tries of a request, the first after about ``first_pause_s``.

    A pause of more than ``longest_pause_s`` is not waited out. ``sleep``, ``random`` and ``now`` as in ``clock``.
    """

    def __init__(
        self,
        *,
        retries: int,
        first_pause_s: float,
        longest_pause_s: float,
        sleep: Sleep,
        random: Callable[[], float],
        now: Now,
        is_going_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._retries = retries
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._sleep = sleep
        self._random = random
        self._now = now
        self._is_going_on = is_going_on
        self._pauses: dict[str, asyncio.Future[None]] = {}
        self._given_up: dict[str, str] = {}
        self._in_vain: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy."""
        settings = crawler.settings
        return cls(
            retries=settings.getint("RETRY_TIMES"),
            first_pause_s=settings.getfloat("NEWSARCHIVE_FIRST_PAUSE_S"),
            longest_pause_s=settings.getfloat("NEWSARCHIVE_LONGEST_PAUSE_S"),
            sleep=sleep_of(settings),
            random=random_of(settings),
            now=now_of(settings),
            is_going_on=lambda: crawler.crawling and Archiver.of(crawler).error is None,
        )

    async def wait(self, request: Request) -> None:
        """Wait while the host has a pause; raises ``HostGivenUp`` for one that is given up."""
        host = _host(request)
        # One that is over may still be entered in this turn of the loop: waiting for it would keep it there for good.
        while (pause := self._pauses.get(host)) is not None and not pause.done():
            await asyncio.shield(pause)
        if host in self._given_up:
            raise HostGivenUp(self._given_up[host])

    def answered(self, request: Request, response: Response) -> None:
        """Decide what follows from an answer: a pause, another try, or giving the host up."""
        if response.status not in _PASSING or request.meta.get("dont_retry"):
            self._in_vain.pop(_host(request), None)
            return
        asked_s = self._retry_after_s(response) if response.status in _WITH_RETRY_AFTER else None
        self._failed(request, f"http-{response.status}", asked_s)

    def unanswered(self, request: Request, error: Exception) -> None:
        """Decide what follows from there being no answer."""
        code = code_of(error)
        # A certificate does not become valid by asking again.
        is_passing = isinstance(error, _PASSING_ERRORS) and code != "certificate-invalid"
        if is_passing and not request.meta.get("dont_retry"):
            self._failed(request, code, None)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Called by Scrapy with each answer."""
        return _again(request) or response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Called by Scrapy where no answer came."""
        return _again(request)

    def _failed(self, request: Request, code: str, asked_s: float | None) -> None:
        host = _host(request)
        tries = request.meta.get(TRIES, 0) + 1
        if asked_s is not None and asked_s > self._longest_pause_s:
            self._give_up(host, f"{host} answered {code} and asks to wait {asked_s:.0f} seconds")
        elif tries > self._retries:
            self._in_vain[host] += 1
            if code == "http-429" or self._in_vain[host] >= _GIVE_UP_AFTER:
                self._give_up(host, f"{host} goes on answering {code}")
        else:
            pause_s = self._first_pause_s * 2 ** (tries - 1) * (0.5 + self._random())
            self._pause(host, max(pause_s, asked_s or 0.0), code)
            request.meta[_TRIES_NEXT] = tries

    def _pause(self, host: str, pause_s: float, code: str) -> None:
        facts = {"event": "host-pause", "host": host, "code": code, "pause_s": pause_s}
        logger.info("%s: %s; nothing is asked of it for %.1f seconds", host, code, pause_s, extra=facts)
        before = self._pauses.get(host)
        self._pauses[host] = pause = asyncio.ensure_future(self._wait(pause_s, before))
        pause.add_done_callback(lambda done: self._pauses.pop(host) if self._pauses.get(host) is done else None)

    async def _wait(self, pause_s: float, before: asyncio.Future[None] | None) -> None:
        # In naps, so that a crawl that is stopped meanwhile ends.
        while pause_s > 0 and self._is_going_on():
            await self._sleep(min(pause_s, _LONGEST_NAP_S))
            pause_s -= _LONGEST_NAP_S
        if before is not None:
            await before

    def _give_up(self, host: str, reason: str) -> None:
        if host not in self._given_up:
            facts = {"event": "host-given-up", "host": host}
            logger.warning("%s; nothing more is asked of it in this run", reason, extra=facts)
            self._given_up[host] = f"{reason}; nothing more was asked of it"

    def _retry_after_s(self, response: Response) -> float | None:
        """Seconds the server asks to wait: a number, or a date by its own clock."""
        said = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
        if said.isdecimal():
            return float(said)
        until = http_date(said)
        if until is None:
            return None
        return max(0.0, (until - (http_date(_header(response, "Date")) or self._now())).total_seconds())


class PatientDownloadHandler(WireCaptureDownloadHandler):
    """Downloads what its host has no pause for, and learns of a pause with the answer. Both is done here and not in the
    middleware, where an answer comes only after the downloader has gone on to the next request."""

    async def download_request(self, request: Request) -> Response:
        """Download ``request``; raises ``HostGivenUp`` beside what is raised without patience."""
        patience = self.crawler.get_downloader_middleware(Patience)
        if patience is None:
            raise RuntimeError("DOWNLOADER_MIDDLEWARES lacks the patience")
        await patience.wait(request)
        try:
            response = await super().download_request(request)
        except Exception as error:
            patience.unanswered(request, error)
            raise
        patience.answered(request, response)
        return response


def _again(request: Request) -> Request | None:
    """The next try of a request, where there is to be one."""
    tries = request.meta.pop(_TRIES_NEXT, None)
    if tries is None:
        return None
    again = request.replace(dont_filter=True, priority=request.priority + 1)
    again.meta[TRIES] = tries
    return again


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")


def _host(request: Request) -> str:
    return urlparse_cached(request).netloc

"""robots.txt (RFC 9309): what may be fetched, and how fast. In place of Scrapy's middleware, which takes a server in
trouble for one that allows everything.

It is fetched once a run for each host, never conditionally, and archived like all else. An answer 4xx allows
everything (2.3.1.3), but for 429; where the server fails or cannot be reached, nothing may be fetched (2.3.1.4).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Self
from urllib.parse import urljoin

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.httpobj import urlparse_cached

from newsarchive.crawl.archiver import stored_capture
from newsarchive.crawl.failures import NotAsked, RobotsDisallowed, RobotsUnavailable, code_of, describe
from newsarchive.model.capture import StoredCapture

logger = logging.getLogger(__name__)


class Robots:
    """A downloader middleware that asks robots.txt before each request."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._user_agent: str = crawler.settings["USER_AGENT"]
        self._rules: dict[str, asyncio.Future[ProtegoRobotParser | RobotsUnavailable]] = {}
        self._captures: dict[str, StoredCapture] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises ``RobotsDisallowed`` or ``RobotsUnavailable`` for what may not be fetched."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = await self._rules_of(request.url)
        if isinstance(rules, RobotsUnavailable):
            raise RobotsUnavailable(str(rules), rules.cause)
        if not rules.allowed(request.url, self._user_agent):
            raise RobotsDisallowed("robots.txt asks not to fetch it")

    def capture_of(self, address: str) -> StoredCapture | None:
        """The answer for the robots.txt at ``address``, where this run has asked for it and it was no redirect."""
        return self._captures.get(address)

    async def _rules_of(self, url: str) -> ProtegoRobotParser | RobotsUnavailable:
        address = urljoin(url, "/robots.txt")
        if address not in self._rules:
            self._rules[address] = asyncio.ensure_future(self._fetch(address))
        return await asyncio.shield(self._rules[address])

    async def _fetch(self, address: str) -> ProtegoRobotParser | RobotsUnavailable:
        request = Request(address, meta={"dont_obey_robotstxt": True, "allow_offsite": True}, callback=NO_CALLBACK)
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            if isinstance(error, IgnoreRequest) and not isinstance(error, NotAsked):
                # More redirects than anybody needs to follow.
                return ProtegoRobotParser(b"", self._crawler.spider)
            return _unavailable(f"could not be had: {describe(error)}", code_of(error))
        if response.status == 429 or response.status >= 500:
            return _unavailable(f"was answered with {response.status}", f"http-{response.status}")
        stored = stored_capture(response)
        self._captures[stored.url] = stored
        rules = ProtegoRobotParser(response.body if response.status < 300 else b"", self._crawler.spider)
        self._slow_down(response, rules)
        return rules

    def _slow_down(self, response: Response, rules: ProtegoRobotParser) -> None:
        """Honour Crawl-delay: no standard, but a plain wish."""
        delay_s = rules.crawl_delay(self._user_agent)
        slot = self._crawler.engine.downloader.slots.get(urlparse_cached(response).hostname or "")
        if not delay_s or slot is None or delay_s <= slot.delay:
            return
        slot.delay = delay_s
        throttle = self._crawler.get_extension(AutoThrottle)
        if throttle is not None:
            throttle.mindelay = max(throttle.mindelay, delay_s)
            throttle.maxdelay = max(throttle.maxdelay, delay_s)
        facts = {"event": "crawl-delay", "delay_s": delay_s}
        logger.info("robots.txt asks for %g seconds between two requests", delay_s, extra=facts)


def _unavailable(reason: str, cause: str) -> RobotsUnavailable:
    message = f"robots.txt {reason}; nothing may be fetched without it (RFC 9309, 2.3.1.4)"
    logger.error("%s", message, extra={"event": "robots-unavailable", "code": cause})
    return RobotsUnavailable(message, cause)

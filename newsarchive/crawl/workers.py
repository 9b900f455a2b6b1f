"""Worker processes of a crawl, as a Scrapy extension that lives as long as the spider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, Self, TypeVar

from scrapy import signals
from scrapy.crawler import Crawler

from newsarchive.reextract.pool import PageLimits, page_pool, work_failed

P = ParamSpec("P")
Result = TypeVar("Result")


class Workers:
    """Processes in which listings and pages are read, within ``limits``."""

    def __init__(self, limits: PageLimits) -> None:
        self.limits = limits
        self._starting: asyncio.Future[bool] | None = None
        self._pool = page_pool(limits)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy from the ``NEWSARCHIVE_`` settings."""
        workers = cls(
            PageLimits(
                workers=crawler.settings.getint("NEWSARCHIVE_WORKERS"),
                timeout_s=crawler.settings.getfloat("NEWSARCHIVE_PAGE_TIMEOUT_S"),
                memory_bytes=crawler.settings.getint("NEWSARCHIVE_PAGE_MEMORY_BYTES"),
            )
        )
        crawler.signals.connect(workers.start, signals.engine_started)
        crawler.signals.connect(workers.stop, signals.spider_closed)
        return workers

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The workers of ``crawler``."""
        workers = crawler.get_extension(cls)
        if workers is None:
            raise RuntimeError("EXTENSIONS lacks the workers")
        return workers

    def start(self) -> None:
        """Begin to start the processes, off the reactor thread: the fork server takes a second to load its code."""
        self._starting = asyncio.ensure_future(asyncio.to_thread(lambda: self._pool.active))

    async def stop(self) -> None:
        """Stop them; what is still running is given up."""
        if self._starting is not None:
            await self._starting
            await asyncio.to_thread(self._pool.stop)
            await asyncio.to_thread(self._pool.join)

    async def run(self, function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
        """``function(*args, **kwargs)`` in a worker. Raises what it raises, and ``WorkFailed`` when it gave nothing."""
        if self._starting is not None:
            await self._starting
        future = self._pool.schedule(function, args, kwargs, timeout=self.limits.timeout_s)
        try:
            return await asyncio.wrap_future(future)
        except Exception as error:
            failed = work_failed(error, self.limits)
            if failed is None:
                raise
            raise failed from None

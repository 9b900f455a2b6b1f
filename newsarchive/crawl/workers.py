"""Worker processes in which pages are read, so that no page can block, exhaust or kill the crawl."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
from collections.abc import Callable
from typing import ParamSpec, Self, TypeVar

from pebble import ProcessExpired, ProcessPool
from scrapy import signals
from scrapy.crawler import Crawler

P = ParamSpec("P")
Result = TypeVar("Result")


class WorkFailed(Exception):
    """A worker gave no result; ``code`` says why: ``timeout``, ``died`` or ``out-of-memory``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Workers:
    """A pool of processes, as a Scrapy extension that lives as long as the spider.

    Workers come from a fork server, which has no threads and no reactor in it; it loads the code that reads pages
    once, so that a new worker is there in milliseconds.
    """

    def __init__(self, *, workers: int, timeout_s: float, memory_bytes: int) -> None:
        self._timeout_s = timeout_s
        self._starting: asyncio.Future[bool] | None = None
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["newsarchive.extraction.extract", "newsarchive.sites.registry"])
        self._pool = ProcessPool(
            max_workers=workers or max(1, (os.cpu_count() or 1) - 1),
            initializer=_limit_memory,
            initargs=(memory_bytes,),
            context=context,
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy from the ``NEWSARCHIVE_`` settings."""
        workers = cls(
            workers=crawler.settings.getint("NEWSARCHIVE_WORKERS"),
            timeout_s=crawler.settings.getfloat("NEWSARCHIVE_PAGE_TIMEOUT_S"),
            memory_bytes=crawler.settings.getint("NEWSARCHIVE_PAGE_MEMORY_BYTES"),
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
        future = self._pool.schedule(function, args, kwargs, timeout=self._timeout_s)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError:
            raise WorkFailed("timeout", f"reading the page took more than {self._timeout_s:g} seconds") from None
        except ProcessExpired as error:
            raise WorkFailed("died", f"the process that read the page died with code {error.exitcode}") from None
        except MemoryError:
            raise WorkFailed("out-of-memory", "reading the page took too much memory") from None


def _limit_memory(limit_bytes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))

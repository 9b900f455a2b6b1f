"""Processes in which pages are read, so that no page can block, exhaust or kill the program."""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from newsarchive.extraction.extract import extract
from newsarchive.model.article import Extraction
from newsarchive.model.capture import StoredCapture
from newsarchive.sites.site import Site

By = TypeVar("By")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLimits:
    """Seconds and bytes of address space that reading one page may take, in one of so many ``workers``.

    ``workers`` 0: one less than there are processors, at least one. The slowest real page needs half a second.
    """

    workers: int = 0
    timeout_s: float = 30.0
    memory_bytes: int = 2 * 1024**3


class WorkFailed(Exception):
    """A worker gave no result; ``code`` says why: ``timeout``, ``died``, ``out-of-memory`` or ``failed``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def page_pool(limits: PageLimits) -> ProcessPool:
    """The processes, not yet started; whoever schedules work gives the time-out.

    They come from a fork server, which has no threads and no reactor in it; it loads the code that reads pages once, so
    that a new worker is there in milliseconds.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["newsarchive.extraction.extract", "newsarchive.sites.registry"])
    return ProcessPool(
        max_workers=worker_count(limits),
        initializer=_limit_memory,
        initargs=(limits.memory_bytes,),
        context=context,
    )


def work_failed(error: BaseException, limits: PageLimits) -> WorkFailed | None:
    """What an error of a future of the pool says about the worker; ``None`` where the work itself raised it."""
    if isinstance(error, TimeoutError):
        return WorkFailed("timeout", f"reading the page took more than {limits.timeout_s:g} seconds")
    if isinstance(error, ProcessExpired):
        return WorkFailed("died", f"the process that read the page died with code {error.exitcode}")
    if isinstance(error, MemoryError):
        return WorkFailed("out-of-memory", "reading the page took too much memory")
    return None


def read_pages(
    pages: Iterable[StoredCapture], site: Site, limits: PageLimits
) -> Iterator[tuple[StoredCapture, Extraction | WorkFailed]]:
    """Extract each of ``pages``, in their order, few of them in memory at a time."""
    return read_each(extract, ((stored, site) for stored in pages), limits)


def read_each(
    read: Callable[[StoredCapture, By], Result], pages: Iterable[tuple[StoredCapture, By]], limits: PageLimits
) -> Iterator[tuple[StoredCapture, Result | WorkFailed]]:
    """``read`` each of ``pages`` by what comes with it, in their order, few of them in memory at a time."""
    with page_pool(limits) as pool:
        waiting: deque[tuple[StoredCapture, Future[Result]]] = deque()
        for stored, by in pages:
            waiting.append((stored, pool.schedule(read, (stored, by), timeout=limits.timeout_s)))
            if len(waiting) > 2 * worker_count(limits):
                first, future = waiting.popleft()
                yield first, _outcome(future, limits)
        for last, future in waiting:
            yield last, _outcome(future, limits)


def _outcome(future: Future[Any], limits: PageLimits) -> Any:
    error = future.exception()
    if error is None:
        return future.result()
    return work_failed(error, limits) or WorkFailed("failed", f"{type(error).__name__}: {error}")


def worker_count(limits: PageLimits) -> int:
    """How many processes ``limits`` asks for, at least one."""
    return limits.workers or max(1, (os.cpu_count() or 1) - 1)


def _limit_memory(limit_bytes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))

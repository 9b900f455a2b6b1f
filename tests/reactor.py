"""Crawls in the process of the test, one after the other, so that clock, pauses and dice can be put in their hands."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

from scrapy.utils.reactor import install_reactor

Result = TypeVar("Result")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of a reactor that counts as running; its callbacks run whenever the loop does."""
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    reactor.startRunning(installSignalHandlers=False)  # type: ignore[attr-defined]  # it is a module that is one
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop  # type: ignore[attr-defined]
    return loop


def in_reactor(work: Coroutine[Any, Any, Result]) -> Result:
    """What ``work`` gives, which may crawl."""
    return _loop().run_until_complete(work)

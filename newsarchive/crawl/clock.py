"""The clock, the pauses and the dice of a crawl: settings, so that a test or a simulation holds them in its hand."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from newsarchive.collection.collection import utc_now

Now = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


def now_of(settings: BaseSettings) -> Now:
    """What tells the time: ``NEWSARCHIVE_NOW``, a function or its dotted name."""
    told: Now = load_object(settings.get("NEWSARCHIVE_NOW") or utc_now)
    return told


def sleep_of(settings: BaseSettings) -> Sleep:
    """What waits so many seconds: ``NEWSARCHIVE_SLEEP``."""
    slept: Sleep = load_object(settings.get("NEWSARCHIVE_SLEEP") or asyncio.sleep)
    return slept


def random_of(settings: BaseSettings) -> Callable[[], float]:
    """What gives numbers from 0 up to 1: ``NEWSARCHIVE_RANDOM``."""
    rolled: Callable[[], float] = load_object(settings.get("NEWSARCHIVE_RANDOM") or random.random)
    return rolled


def http_date(text: str | None) -> datetime | None:
    """A time as HTTP headers give it (RFC 9110, 5.6.7); ``None`` for what is none."""
    try:
        parsed = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed is not None and parsed.tzinfo is None else parsed

"""Crawls a list of requests into one WARC file, with the real handler: ``python -m tests.wirecrawl < job``.

The job comes as JSON on stdin: ``warc``, ``requests``, and where wanted ``handler``, ``sink`` (names of classes
below) and ``at_once``. What each address led to goes as JSON to stdout: status and record id, or the exception.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from scrapy import Request, Spider, signals
from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory
from scrapy.crawler import AsyncCrawlerProcess, Crawler

from newsarchive.crawl.wire import STORED_CAPTURE, WireCaptureDownloadHandler
from newsarchive.errors import StorageFailed
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.warc.writer import WarcWriter


class BlindHandler(WireCaptureDownloadHandler):
    """A handler that a changed Scrapy has cut off from the bytes received."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _LenientHTTP11ClientFactory


class FileSink:
    """Writes each capture to the WARC file of the job."""

    def __init__(self, crawler: Crawler) -> None:
        assert isinstance(crawler.spider, RequestSpider)
        path = Path(crawler.spider.job["warc"])
        self._outcomes = crawler.spider.outcomes
        self._writer = WarcWriter(path, path.name, info={}, created_at=datetime.now(UTC), new_id=uuid4)
        crawler.signals.connect(self.seal, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def archive(self, capture: Capture) -> StoredCapture | None:
        stored = self._writer.write(capture)
        self._writer.commit()
        return stored

    def stop(self, error: Exception) -> None:
        self._outcomes["stopped"] = type(error).__name__

    def seal(self) -> None:
        self._writer.seal()


class FullSink(FileSink):
    """Has no room for any capture."""

    async def archive(self, capture: Capture) -> StoredCapture | None:
        raise StorageFailed(path="x.warc.gz", reason="No space left on device")


class RequestSpider(Spider):
    """Makes the requests of the job, one after the other or all at once."""

    name = "requests"

    def __init__(self, job: dict[str, Any], outcomes: dict[str, str]) -> None:
        super().__init__()
        self.job = job
        self.outcomes = outcomes

    async def start(self) -> AsyncIterator[Any]:
        if self.job.get("at_once"):
            await asyncio.gather(*map(self.fetch, self.job["requests"]))
        else:
            for wanted in self.job["requests"]:
                await self.fetch(wanted)
        nothing_more: tuple[Any, ...] = ()
        for request in nothing_more:
            yield request

    async def fetch(self, wanted: dict[str, Any]) -> None:
        request = Request(**{"meta": {STORED_CAPTURE: "of an earlier request"}, **wanted})
        assert self.crawler.engine
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # whatever came of it is what is asked for
            stored = request.meta.get(STORED_CAPTURE)
            self.outcomes[request.url] = f"{type(error).__name__} {stored.ref.record_id if stored else None}"
        else:
            assert response.request
            self.outcomes[request.url] = f"{response.status} {response.request.meta[STORED_CAPTURE].ref.record_id}"


def main() -> None:
    job = json.load(sys.stdin)
    outcomes: dict[str, str] = {}
    handler = globals()[job.get("handler", "WireCaptureDownloadHandler")]
    process = AsyncCrawlerProcess(
        {
            "CONCURRENT_REQUESTS": 16,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
            "EXTENSIONS": {globals()[job.get("sink", "FileSink")]: 0},
            "LOG_LEVEL": "CRITICAL",
            "RETRY_TIMES": 2,
            "ROBOTSTXT_OBEY": True,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(RequestSpider, job=job, outcomes=outcomes)
    process.start()
    sys.stdout.write(json.dumps(outcomes))


if __name__ == "__main__":
    main()

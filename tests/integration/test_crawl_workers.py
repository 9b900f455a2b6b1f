"""Pages are read in processes of their own, and what a page does to them stays there."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from newsarchive.collection.collection import Collection
from newsarchive.crawl.workers import Workers
from newsarchive.reextract.pool import PageLimits, WorkFailed
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.server import serve
from tests.crawling import finish

FEED = "/infoservices/alle-meldungen-100~rss2.xml"
PATHS = ("/haengt/a-100.html", "/gut/b-101.html", "/stirbt/c-102.html", "/frisst/d-103.html", "/gut/e-104.html")
PAGE = "<html><head><title>t</title></head><body><article><h1>h</h1>{}</article></body></html>"


class Village:
    """A site of five pages."""

    def settle(self, base_url: str) -> None:
        self.base_url = base_url

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        if path == FEED:
            items = "".join(f"<item><link>{self.base_url}{path}</link></item>" for path in PATHS)
            feed = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
            return Answer(status=200, headers=(("Content-Type", "text/xml"),), body=feed.encode())
        if path in PATHS:
            text = "<p>Der Ort hat lange gewartet, nun rollen die Bagger, und alle schauen ihnen dabei zu.</p>" * 8
            return Answer(status=200, headers=(("Content-Type", "text/html"),), body=PAGE.format(text).encode())
        return Answer(status=404, headers=())


def test_a_page_can_only_harm_itself(tmp_path: Path) -> None:
    village = Village()
    with serve(village) as serving:
        crawled = finish([sys.executable, "-m", "tests.hostilecrawl", serving.base_url, str(tmp_path)], tmp_path)

    assert crawled.exit_code == 0, crawled.stderr
    assert crawled.paths(serving.base_url) == {path for path in PATHS if path.startswith("/gut/")}
    unread = ("extraction-timeout", "extraction-died", "extraction-out-of-memory")
    assert [crawled.run.problems[code] for code in unread] == [1, 1, 1]
    assert crawled.total.no_article == 3
    with Collection.open(crawled.directory) as collection:
        known = [path for path in PATHS if collection.knows(serving.base_url + path)]
    assert known == ["/gut/b-101.html", "/gut/e-104.html"]
    readers = {article.headline for article in crawled.articles}
    assert crawled.stdout not in readers
    assert len(readers) == 2


def ignore_alarms() -> int:
    """Wait for what never comes."""
    signal.pause()
    return 0


def die(code: int) -> None:
    """End this process without a word."""
    os._exit(code)


def divide(dividend: int, divisor: int) -> float:
    """Work that may fail."""
    return dividend / divisor


def test_workers_give_results_errors_and_reasons() -> None:
    async def work() -> list[object]:
        workers = Workers(PageLimits(workers=1, timeout_s=1))
        workers.start()
        done: list[object] = []
        for function, arguments in (
            (divide, (6, 3)),
            (divide, (6, 0)),
            (die, (7,)),
            (ignore_alarms, ()),
            (os.getpid, ()),
        ):
            try:
                done.append(await workers.run(function, *arguments))
            except (ArithmeticError, WorkFailed) as error:
                done.append(error)
        await workers.stop()
        return done

    quotient, division, death, hang, process = asyncio.run(work())

    assert quotient == 2
    assert isinstance(division, ZeroDivisionError)
    assert isinstance(death, WorkFailed)
    assert (death.code, str(death)) == ("died", "the process that read the page died with code 7")
    assert isinstance(hang, WorkFailed)
    assert (hang.code, str(hang)) == ("timeout", "reading the page took more than 1 seconds")
    assert isinstance(process, int)
    assert process != os.getpid()


def test_workers_that_were_never_needed_end_at_once() -> None:
    async def work() -> None:
        await Workers(PageLimits(workers=1, timeout_s=1)).stop()

    asyncio.run(work())

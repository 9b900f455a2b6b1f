"""Crawls one site whose reader hangs, dies or eats memory on some pages: ``python -m tests.hostilecrawl URL DIR``."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from newsarchive.crawl.run import run_crawl
from newsarchive.extraction.page import Page
from newsarchive.extraction.reader import PageReader
from newsarchive.sites.registry import get_site


class HostileReader(PageReader):
    """Reads any page; the path says what goes wrong. The headline is the id of the process that read."""

    @classmethod
    def open(cls, page: Page, zone: ZoneInfo) -> Self | None:
        if "/haengt/" in page.url:
            while True:
                signal.pause()
        if "/stirbt/" in page.url:
            os.kill(os.getpid(), signal.SIGKILL)
        if "/frisst/" in page.url:
            bytearray(1 << 40)
        return cls(page, zone)

    def headline(self) -> str | None:
        return str(os.getpid())


def main() -> None:
    """Crawl and print the id of this process."""
    base_url, directory = sys.argv[1:]
    site = replace(get_site("tagesschau"), readers=(HostileReader,))
    run_crawl(site, Path(directory), base_url=base_url, delay_s=0, settings={"NEWSARCHIVE_PAGE_TIMEOUT_S": 1.0})
    sys.stdout.write(str(os.getpid()))


if __name__ == "__main__":
    main()

"""Crawls on a machine whose name server knows nobody: ``python -m tests.nameless DIR``; ends as the command does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler
from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer, provider

from newsarchive.crawl.run import run_crawl
from newsarchive.sites.registry import get_site


@implementer(IHostnameResolver)
class NoNames:
    """Resolves nothing, and asks nobody."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: object) -> Self:
        return cls()

    def install_on_reactor(self) -> None:
        from twisted.internet import reactor

        reactor.installNameResolver(self)  # type: ignore[attr-defined]  # it is a module that is one

    def resolveHostName(  # noqa: N802  # the name is that of the interface
        self, receiver: IResolutionReceiver, host: str, *args: object, **kwargs: object
    ) -> IHostResolution:
        @provider(IHostResolution)
        class Resolution:
            name = host

        receiver.resolutionBegan(Resolution)
        receiver.resolutionComplete()
        return Resolution  # type: ignore[return-value]


def main() -> None:
    """Crawl a site that nobody knows."""
    report = run_crawl(
        get_site("tagesschau"),
        Path(sys.argv[1]),
        base_url="http://news.invalid",
        contact="mailto:nobody@example.org",
        delay_s=0,
        settings={"TWISTED_DNS_RESOLVER": NoNames, "NEWSARCHIVE_FIRST_PAUSE_S": 0.01, "AUTOTHROTTLE_ENABLED": False},
    )
    codes = " ".join(finding.code for finding in report.record.findings)
    sys.stdout.write(f"{report.error.exit_code if report.error else 0} {codes}\n{report.error}\n")


if __name__ == "__main__":
    main()

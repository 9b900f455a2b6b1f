"""One crawl by a simulated clock, with the exit code of one: ``python -m tests.simulation.crawling ORDERS SITE``."""

from __future__ import annotations

import sys
from pathlib import Path

from newsarchive.crawl.run import run_crawl
from newsarchive.errors import NewsarchiveError
from newsarchive.sites.registry import get_site
from tests.simulation.orders import Orders


def main() -> int:
    """Crawl."""
    orders, site = Orders.from_argument(sys.argv[1]), get_site(sys.argv[2])
    try:
        report = run_crawl(
            site, Path(orders.archive), base_url=orders.base_url, delay_s=0, concurrency=4, now=orders.clock
        )
    except NewsarchiveError as error:
        return error.exit_code
    return report.error.exit_code if report.error else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a crawler would ask for that fetches everything every time: the measure of one that does not."""

from __future__ import annotations

from dataclasses import dataclass

from newsarchive.samplesite.listings import FEED_PATHS, OVERVIEW_PATH
from newsarchive.samplesite.site import SampleSite

_LISTS = (
    "/robots.txt", FEED_PATHS[0], "/", "/inland", "/ausland", "/wirtschaft", "/wissen", "/kultur", "/investigativ",
    "/faktenfinder", OVERVIEW_PATH,
)  # fmt: skip


@dataclass(slots=True)
class PlainCrawler:
    """Asks for every list and every article that is out, without validators; counts requests and bytes of bodies."""

    lists: int = 0
    articles: int = 0
    received_bytes: int = 0

    def crawl(self, site: SampleSite) -> None:
        """Once round."""
        paths = [story.path for story in site.stories]
        for path in (*_LISTS, *paths):
            self.received_bytes += len(site.respond(path, "", {"accept-encoding": "gzip"}).body)
        self.lists += len(_LISTS)
        self.articles += len(paths)

"""One spider class per registered site, so that ``scrapy list`` shows them and ``scrapy crawl`` finds them."""

from __future__ import annotations

from newsarchive.crawl.spiders.news import NewsSpider
from newsarchive.sites.registry import all_sites
from newsarchive.sites.site import Site


def spider_class(site: Site) -> type[NewsSpider]:
    """The spider that crawls ``site``."""
    name = f"{site.name.title().replace('_', '')}Spider"
    return type(name, (NewsSpider,), {"__module__": __name__, "__doc__": site.title, "name": site.name, "site": site})


# Scrapy finds spiders among the names of a module, each class once.
globals().update({spider.__name__: spider for spider in map(spider_class, all_sites().values())})

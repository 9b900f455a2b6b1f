"""What a site is: a name, an address, channels that list articles, rules for addresses, readers for pages.

All of it is data; nothing here fetches. ``Site.at`` gives the same site at another address, so that the very
same spider crawls a copy on loopback.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from w3lib.url import safe_url_string

from newsarchive.extraction.extract import TextReader
from newsarchive.extraction.flat_text import FlatTextReader
from newsarchive.extraction.reader import PageReader
from newsarchive.sites.channels import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRules:
    """Which addresses of a site are articles, as regular expressions over the path.

    ``article`` must match the whole path; ``never`` wins over it.
    """

    article: str
    never: tuple[str, ...] = ()

    def is_article(self, path: str) -> bool:
        """Whether ``path`` (without host and query) is the address of an article."""
        return re.fullmatch(self.article, path) is not None and not any(
            re.search(pattern, path) for pattern in self.never
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What a healthy run looks like: of the article pages asked for, the least share that gives an article."""

    extracted_share: float = 0.5
    judged_from: int = 5
    """Runs that asked for fewer pages than this are not judged by share, only by giving nothing at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One news site. ``base_url`` has no trailing slash; ``timezone`` is the IANA name its printed times mean."""

    name: str
    title: str
    base_url: str
    language: str
    timezone: str
    readers: tuple[type[PageReader], ...]
    channels: tuple[Channel, ...]
    urls: UrlRules
    text_reader: TextReader = field(default_factory=FlatTextReader)
    expect: Expectations = field(default_factory=Expectations)

    @property
    def host(self) -> str:
        """Host of the site as in the authority part of its address, port included where there is one."""
        return urlsplit(self.base_url).netloc

    def at(self, base_url: str) -> Self:
        """The same site at another address."""
        return replace(self, base_url=base_url.rstrip("/"))

    def article_url(self, url: str) -> str | None:
        """The one form under which the article at ``url`` is known: on this host, without query and fragment, escaped
        as it is sent.

        ``None`` when the address is not an article of this site.
        """
        try:
            parts = urlsplit(safe_url_string(url))
        except ValueError:
            return None
        if parts.netloc != self.host or not self.urls.is_article(parts.path):
            return None
        return urlunsplit((urlsplit(self.base_url).scheme, parts.netloc, parts.path, "", ""))

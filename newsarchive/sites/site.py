"""What a site is: a name, an address, channels that list articles, rules for addresses, readers for pages.

All of it is data; nothing here fetches. ``Site.at`` gives the same site at another address, so that the very
same spider crawls a copy on loopback.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from w3lib.url import safe_url_string

from newsarchive.extraction.extract import TextReader
from newsarchive.extraction.flat_text import FlatTextReader
from newsarchive.extraction.reader import PageReader
from newsarchive.model.recrawl import Ladder
from newsarchive.sites.channels import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRules:
    """Which addresses of a site are articles, as regular expressions over the path.

    ``article`` must match the whole path; ``never`` wins over it. ``login`` is searched for.
    """

    article: str
    never: tuple[str, ...] = ()
    login: str = r"(?i)^/(?:[a-z]{2}/)?(?:login|signin|sign-in|anmeld|einloggen|sso|auth)(?:[/.?-]|en\b|ung\b|$)"
    """Paths that ask who somebody is: a redirect there is no removal."""

    def is_article(self, path: str) -> bool:
        """Whether ``path`` (without host and query) is the address of an article."""
        return re.fullmatch(self.article, path) is not None and not any(
            re.search(pattern, path) for pattern in self.never
        )

    def is_login(self, path: str) -> bool:
        """Whether ``path`` asks for a login."""
        return re.search(self.login, path) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What a healthy run looks like. A run that is otherwise has findings.

    Shares are of the pages in question, 0 to 1, and judged from ``judged_from`` pages on; fewer break an expectation
    only where at least two of them, and all, go against it.
    """

    extracted_share: float = 0.5
    """Of the article pages asked for, the least share that gives an article; else the run has extracted nothing."""
    judged_from: int = 5
    fields: Mapping[str, float] = field(default_factory=lambda: {"headline": 0.98, "body": 0.9})
    """Of articles and live blogs, the least share that has this field of the record; of ``body``: paragraphs."""
    unknown_share: float = 0.1
    """The largest share of pages whose layout no reader knows."""
    refused_share: float = 0.2
    """The largest share that the server refuses, or asks a login for."""
    failed_share: float = 0.2
    """The largest share of which no page came."""
    removed_share: float = 0.2
    """The largest share of known pages looked at again that are gone."""
    clock_off_s: float = 300.0
    """How far the clock of the server may be from this one."""
    silent: frozenset[str] = frozenset()
    """Channels that may list nothing."""


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
    recrawl: Ladder = field(default_factory=Ladder)

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

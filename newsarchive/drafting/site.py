"""Drafts a site from one of its pages: what the page says of itself, and guesses from its links, each to be checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsarchive.drafting.given import Given
from newsarchive.extraction.normalize import fold
from newsarchive.extraction.page import Page, parse
from newsarchive.extraction.reader import AnyPageReader, article_json, json_breadcrumbs

_MOST_SECTIONS = 12

# From the surest mark of an article's address to the weakest; a pattern is over the whole path.
_FORMS = (
    r"(?:/[^/]+)*/\d{4}/\d{2}/\d{2}/[^/]+(?:/[^/]+)*/?",
    r"(?:/[^/]+)*/\d{4}/\d{2}/[^/]+(?:/[^/]+)*/?",
    r"(?:/[^/~]+)*/[^/~]+-\d+\.html",
    r"(?:/[^/]+)*/[^/]*\d{5,}[^/]*/?",
    r"(?:/[^/]+)*/[^/]+\.html?",
    r"(?:/[^/]+)*/[^/]+(?:-[^/-]+){3,}/?",
)
_NEVER = re.compile(
    "abo|account|advertise|agb|anzeigen|app|archive?|archiv|about|authors?|autoren|contact|cookies|datenschutz|faq|help"
    "|hilfe|impressum|imprint|jobs|karriere|kontakt|legal|login|newsletter|podcasts|privacy|rss|search|service|shop"
    "|sitemap|subscribe|suche|tags?|terms|themen?|topics?|tv|videos?|weather|wetter"
)
"""First parts of paths that lead to something else than articles."""

_ZONES = {
    "at": "Europe/Vienna",
    "be": "Europe/Brussels",
    "ch": "Europe/Zurich",
    "cz": "Europe/Prague",
    "de": "Europe/Berlin",
    "dk": "Europe/Copenhagen",
    "es": "Europe/Madrid",
    "fr": "Europe/Paris",
    "ie": "Europe/Dublin",
    "it": "Europe/Rome",
    "nl": "Europe/Amsterdam",
    "no": "Europe/Oslo",
    "pl": "Europe/Warsaw",
    "se": "Europe/Stockholm",
    "uk": "Europe/London",
}
"""The zone of a country's capital by its top-level domain, for a first guess."""

_JSON_LD_KEYS = {
    "headline": "headline",
    "topline": "alternativeHeadline",
    "authors": "author",
    "section": "articleSection",
    "tags": "keywords",
    "description": "description",
    "declared_text": "articleBody",
}
_NOT_IN_JSON_LD = ("label", "lead", "stand_raw")
"""Methods of a reader whose field no schema.org property is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraft:
    """What a first site file says. Paths are below ``base_url``; ``sitemaps`` are those that the site itself names.

    ``article``, ``never``: as in ``UrlRules``; of ``links`` addresses on the page's own host ``articles`` match.
    ``absent``: methods of a reader whose field was not found on the page; ``elsewhere``: those whose field its JSON-LD
    lacks and the generic reader found in another place.
    """

    name: str
    title: str
    base_url: str
    language: str
    timezone: str
    feeds: tuple[str, ...]
    sitemaps: tuple[str, ...]
    sections: tuple[str, ...]
    article: str
    never: tuple[str, ...]
    links: int
    articles: int
    absent: tuple[str, ...]
    elsewhere: tuple[str, ...]


def draft_site(name: str, given: Given, timezone: str | None = None) -> SiteDraft:
    """Draft the site called ``name`` from one of its pages, best an article. Raises ``Unreadable`` when it is no page.

    ``timezone`` is guessed by the top-level domain when it is not given, as UTC for one that many zones share.
    """
    page = parse(given.document)
    parts = urlsplit(page.url)
    base_url = f"{parts.scheme}://{parts.netloc}"
    zone = timezone or _ZONES.get((parts.hostname or "").rpartition(".")[2], "UTC")
    paths = _paths(page)
    form = _article_form(parts.path, paths)
    never = _never(form, paths)
    absent, elsewhere = _lacks(page, ZoneInfo(zone))
    return SiteDraft(
        name=name,
        title=fold(page.meta("og:site_name")) or parts.netloc.removeprefix("www."),
        base_url=base_url,
        language=_language(page),
        timezone=zone,
        feeds=_feeds(page),
        sitemaps=_named_sitemaps(page, given.robots),
        sections=_sections(page, form),
        article=form,
        never=never,
        links=len(paths),
        articles=sum(_is_article(path, form, never) for path in paths),
        absent=absent,
        elsewhere=elsewhere,
    )


def _own_path(page: Page, address: str | None) -> str | None:
    """Path and query of an address on the host of the page; ``None`` for any other."""
    url = page.absolute(address)
    if url is None or urlsplit(url).netloc != urlsplit(page.url).netloc:
        return None
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "") or "/"


def _paths(page: Page) -> tuple[str, ...]:
    """The paths of every link to the page's own host, each once."""
    found = (path for link in page.tree.iter("a") if (path := _own_path(page, link.get("href"))))
    return tuple(dict.fromkeys(path.partition("?")[0] for path in found))


def _feeds(page: Page) -> tuple[str, ...]:
    """The feeds that the head names, RSS if there is any; feeds of comments are none."""
    for kind in ("application/rss+xml", "application/atom+xml"):
        links = (
            link for link in page.tree.iter("link") if link.get("type") == kind and "alternate" in _relations(link)
        )
        feeds = (
            path
            for link in links
            if (path := _own_path(page, link.get("href")))
            and re.search("comment|kommentar", f"{path} {link.get('title')}", re.IGNORECASE) is None
        )
        if found := tuple(dict.fromkeys(feeds)):
            return found
    return ()


def _relations(link: Any) -> list[str]:
    return (link.get("rel") or "").casefold().split()


def _named_sitemaps(page: Page, robots: str | None) -> tuple[str, ...]:
    """What robots.txt calls a sitemap (RFC 9309 section 2.2.4), else what the page does."""
    named = re.findall(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", robots or "", re.IGNORECASE | re.MULTILINE)
    if not named:
        named = [link.get("href") for link in page.tree.iter("link") if "sitemap" in _relations(link)]
    return tuple(dict.fromkeys(path for address in named if (path := _own_path(page, address))))


def _language(page: Page) -> str:
    declared = page.tree.get("lang") or page.meta("og:locale") or ""
    # ISO 639-3 has "und" for a language that is not known.
    return re.split("[-_]", declared.strip())[0].casefold() or "und"


def _article_form(own: str, paths: tuple[str, ...]) -> str:
    """The form of the page's own path, or of most links when it has none: it may be a front page."""
    for form in _FORMS:
        if re.fullmatch(form, own):
            return form
    return max(_FORMS, key=lambda form: sum(re.fullmatch(form, path) is not None for path in paths))


def _never(form: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """A pattern for each first part of a path that looks like an article and is named for something else."""
    firsts = {path.split("/")[1].partition(".")[0] for path in paths if re.fullmatch(form, path)}
    return tuple(rf"^/{first}(?:[/.]|$)" for first in sorted(firsts) if _NEVER.fullmatch(first))


def _is_article(path: str, form: str, never: tuple[str, ...]) -> bool:
    return re.fullmatch(form, path) is not None and not any(re.search(pattern, path) for pattern in never)


def _sections(page: Page, form: str) -> tuple[str, ...]:
    """The front page and the first parts of its menu: paths of one part, without digits, that are no articles."""
    links = (link for part in page.tree.iter("nav", "header") for link in part.iter("a"))
    found = dict.fromkeys(path for link in links if (path := _own_path(page, link.get("href"))))
    plain = [path for path in found if re.fullmatch(r"/[a-z][a-z-]*/?", path) and not re.fullmatch(form, path)]
    plain = [path for path in plain if not _NEVER.fullmatch(path.strip("/"))]
    return ("/", *plain[: _MOST_SECTIONS - 1])


def _lacks(page: Page, zone: ZoneInfo) -> tuple[tuple[str, ...], tuple[str, ...]]:
    reader = AnyPageReader(page, zone)
    article, reading = article_json(page), reader.read()
    declared = {method for method, key in _JSON_LD_KEYS.items() if article.get(key)}
    if any(json_breadcrumbs(page)):
        declared.add("section")
    has = {method for method in (*_JSON_LD_KEYS, *_NOT_IN_JSON_LD) if getattr(reading, method)}
    absent = {*_JSON_LD_KEYS, *_NOT_IN_JSON_LD} - has
    elsewhere = has - declared
    if not any(time.field == "published_at" for time in reading.times):
        absent.add("times")
    elif not article.get("datePublished"):
        elsewhere.add("times")
    # What the publisher gives to machines is only there to check by.
    return tuple(sorted(absent - {"declared_text"})), tuple(sorted(elsewhere))

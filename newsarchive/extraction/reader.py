"""PageReader: reads the fields of one page, one method a field, with defaults that suit any news page.

The defaults look at JSON-LD (schema.org NewsArticle), then Open Graph and meta elements, then ask trafilatura.
A site's own readers override what its layout says better. A reader is opened on one page and only reads it; every
text it returns is already in the one spelling of ``normalize``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from newsarchive.extraction import body, reservations
from newsarchive.extraction.body import Body, Part
from newsarchive.extraction.elements import line_of
from newsarchive.extraction.normalize import fold, fold_lines
from newsarchive.extraction.page import Page
from newsarchive.extraction.times import parse_iso
from newsarchive.model.article import (
    ArticleKind,
    Block,
    Broadcast,
    Byline,
    Image,
    Media,
    Problem,
    RawTime,
    Related,
    Tag,
    Update,
)

ARTICLE_TYPES = frozenset(
    {
        "Article",
        "NewsArticle",
        "AnalysisNewsArticle",
        "AskPublicNewsArticle",
        "BackgroundNewsArticle",
        "BlogPosting",
        "LiveBlogPosting",
        "OpinionNewsArticle",
        "ReportageNewsArticle",
        "ReviewNewsArticle",
        "Report",
        "SatiricalArticle",
        "VideoObject",
        "AudioObject",
    }
)
"""schema.org types that describe a page about one thing, https://schema.org/Article and below."""

_MIN_ARTICLE_CHARACTERS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a live blog: ``update`` as far as it is text, and the other ``parts`` that it holds."""

    update: Update
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader read off one page: the editorial fields of ``Article``, not yet put together.

    ``head`` and ``body`` keep media and images in page order; ``times`` feed the fields they name, first wins.
    """

    reader: str
    slug: str
    canonical_url: str | None
    language: str | None
    kind: ArticleKind
    label: str | None
    topline: str | None
    headline: str | None
    seo_title: str | None
    lead: str | None
    description: str | None
    stand_raw: str | None
    times: tuple[RawTime, ...]
    authors: tuple[Byline, ...]
    section: tuple[str, ...]
    tags: tuple[Tag, ...]
    head: tuple[Media | Image, ...]
    body: Body
    broadcasts: tuple[Broadcast, ...]
    entries: tuple[Entry, ...]
    related: tuple[Related, ...]
    corrections: tuple[str, ...]
    robots: tuple[str, ...]
    rights: str | None
    declared_text: str | None
    problems: tuple[Problem, ...]


class PageReader:
    """Reads any news page. ``zone`` is the zone that printed times of the site mean."""

    name: ClassVar[str] = "generic"

    @classmethod
    def open(cls, page: Page, zone: ZoneInfo) -> Self | None:
        """A reader for ``page``; ``None`` when it has not the layout this reader knows."""
        return cls(page, zone)

    def __init__(self, page: Page, zone: ZoneInfo) -> None:
        self.page = page
        self.zone = zone
        self.article = article_json(page)

    def no_article(self) -> Problem | None:
        """Why the page is no article though its layout is known; ``None`` when it is one."""
        return None

    def read(self) -> Reading:
        """Read every field of an article page."""
        return self.complete(self._read_fields())

    def complete(self, reading: Reading) -> Reading:
        """Fill what is still missing with what trafilatura finds. Readers that know their layout do not guess."""
        found = body.read_metadata(self.page.tree, self.page.url, self.page.captured_at)
        names = (name for part in (found.author or "").split(";") if (name := fold(part)))
        guessed = tuple(Byline(name=name, organisation=None, url=None, raw=name) for name in names)
        day = RawTime(field=None, source="trafilatura date", raw=found.date, at=None) if found.date else None
        return replace(
            reading,
            headline=reading.headline or found.title,
            description=reading.description or found.description,
            authors=reading.authors or guessed,
            tags=reading.tags or tuple(Tag(name=name, slug=None) for name in found.tags),
            times=reading.times or ((day,) if day else ()),
        )

    def _read_fields(self) -> Reading:
        entries = self.entries()
        return Reading(
            reader=self.name,
            slug=self.slug(),
            canonical_url=self.canonical_url(),
            language=self.language(),
            kind=self.kind(),
            label=self.label(),
            topline=self.topline(),
            headline=self.headline(),
            seo_title=self.seo_title(),
            lead=self.lead(),
            description=self.description(),
            stand_raw=self.stand_raw(),
            times=tuple(self.times()),
            authors=self.authors(),
            section=self.section(),
            tags=self.tags(),
            head=tuple(self.head()),
            body=without_entries(self.body(), entries),
            broadcasts=self.broadcasts(),
            entries=entries,
            related=tuple(self.related()),
            corrections=self.corrections(),
            robots=self.robots(),
            rights=self.rights(),
            declared_text=self.declared_text(),
            problems=tuple(self.doubts()),
        )

    def slug(self) -> str:
        """The stable id of the article within its site: the path of its address, without ending."""
        return re.sub(r"\.(?:html?|php|aspx?)$", "", self.own_path()) or "index"

    def own_path(self) -> str:
        """The path of the canonical address, without slashes around it and unescaped."""
        paths = (unquote(urlsplit(address or "").path).strip("/") for address in (self.canonical_url(), self.page.url))
        # A page that calls the front page its canonical address says nothing of itself.
        return next(filter(None, paths), "")

    def canonical_url(self) -> str | None:
        """The address the page itself calls its own: ``link rel=canonical``, else ``og:url``."""
        links = (link.get("href") for link in self.page.tree.iter("link") if link.get("rel") == "canonical")
        return self.page.absolute(next(links, None) or self.page.meta("og:url"))

    def language(self) -> str | None:
        """The language the page declares, as a BCP 47 tag."""
        declared = self.page.tree.get("lang") or _text(self.article, "inLanguage") or self.page.meta("og:locale")
        return declared.strip().replace("_", "-") or None if declared else None

    def kind(self) -> ArticleKind:
        """What the page is, by its JSON-LD type."""
        if self.live_blog:
            return "liveblog"
        kinds = types_of(self.article)
        if "VideoObject" in kinds:
            return "video"
        return "audio" if "AudioObject" in kinds else "article"

    def label(self) -> str | None:
        """The label printed with the headline: Analyse, Reportage, Interview …"""
        return None

    def topline(self) -> str | None:
        """The line above the headline."""
        return fold(_text(self.article, "alternativeHeadline"))

    def headline(self) -> str | None:
        """The visible headline: the only h1, else what JSON-LD says."""
        headings = [text for heading in self.page.tree.iter("h1") if (text := line_of(heading))]
        if len(headings) == 1:
            return headings[0]
        return fold(_text(self.article, "headline")) or self.seo_title()

    def seo_title(self) -> str | None:
        """The headline made for others: ``og:title``, else ``meta title``."""
        return fold(self.page.meta("og:title") or self.page.meta("title"))

    def lead(self) -> str | None:
        """The lead as printed apart from the body; a page nobody knows does not say which paragraph it is."""
        return None

    def description(self) -> str | None:
        """The description for others: ``meta description``, ``og:description`` or JSON-LD."""
        printed = self.page.meta("description") or self.page.meta("og:description")
        return fold(printed or _text(self.article, "description"))

    def stand_raw(self) -> str | None:
        """The as-of line as printed."""
        return None

    def times(self) -> Iterator[RawTime]:
        """Every time the page gives, each with the place it stood; the first for a field fills it."""
        article = self.article
        for field, key in (("published_at", "datePublished"), ("modified_at", "dateModified")):
            if raw := _text(article, key):
                yield RawTime(field=field, source=f"json-ld {key}", raw=raw, at=parse_iso(raw, self.zone))
        named: tuple[tuple[str | None, str], ...] = (
            ("published_at", "article:published_time"),
            ("modified_at", "article:modified_time"),
            (None, "date"),
        )
        for feeds, name in named:
            if raw := self.page.meta(name):
                yield RawTime(field=feeds, source=f"meta {name}", raw=raw, at=parse_iso(raw, self.zone))
        yield from unavailable_after(self.page, self.zone)

    def authors(self) -> tuple[Byline, ...]:
        """Who wrote it: JSON-LD ``author``, else ``meta author``."""
        authors = tuple(json_authors(self.article, self.page))
        if authors:
            return authors
        printed = fold(self.page.meta("author") or self.page.meta("article:author"))
        if printed and not printed.startswith("http"):
            return (Byline(name=printed, organisation=None, url=None, raw=printed),)
        return ()

    def section(self) -> tuple[str, ...]:
        """Breadcrumb path without the front page: JSON-LD BreadcrumbList, else ``articleSection``."""
        crumbs = tuple(json_breadcrumbs(self.page))
        if crumbs:
            return crumbs
        declared = self.article.get("articleSection")
        names = declared if isinstance(declared, list) else [declared]
        return tuple(name for value in names if isinstance(value, str) and (name := fold(value)))

    def tags(self) -> tuple[Tag, ...]:
        """Topics: JSON-LD ``keywords``, else ``meta keywords``."""
        declared = self.article.get("keywords")
        if isinstance(declared, list):
            names = [value for value in declared if isinstance(value, str)]
        else:
            text = declared if isinstance(declared, str) else self.page.meta("keywords")
            names = text.split(",") if text else []
        return tuple(Tag(name=name, slug=None) for value in names if (name := fold(value)))

    def head(self) -> Iterator[Media | Image]:
        """Media and pictures that stand with the headline: for an unknown page the one it gives to others, unless it
        stands in the body."""
        url = self.page.absolute(self.page.meta("og:image"))
        if url and url not in {part.url for part in self.body().parts if isinstance(part, Image)}:
            yield Image(url=url, alt=fold(self.page.meta("og:image:alt")), caption=None, credit=None, role="head")

    def body(self) -> Body:
        """The body, read by trafilatura; what repeats headline or topline is not part of it."""
        return self._body

    @cached_property
    def _body(self) -> Body:
        read = body.read_page(self.page.tree)
        parts = [part for part in read.parts if not _is_heading(part, self.headline())]
        if parts and isinstance(parts[0], Block) and parts[0].text and parts[0].text == self.topline():
            del parts[0]
        return replace(read, parts=tuple(self._placed(part) for part in parts))

    def _placed(self, part: Part) -> Part:
        return replace(part, url=self.page.absolute(part.url)) if isinstance(part, Image) else part

    def broadcasts(self) -> tuple[Broadcast, ...]:
        """Programmes that carried the topic."""
        return ()

    @cached_property
    def live_blog(self) -> dict[str, Any]:
        """The JSON-LD LiveBlogPosting about this page, ``{}`` where there is none."""
        posts = [entry for entry in self.page.json_ld if "LiveBlogPosting" in types_of(entry)]
        own = (post for post in posts if post is self.article or _is_about(post, self.page))
        return next(own, {})

    def entries(self) -> tuple[Entry, ...]:
        """Entries of a live blog, in page order: JSON-LD ``liveBlogUpdate``."""
        declared = self.live_blog.get("liveBlogUpdate")
        posts = declared if isinstance(declared, list) else [declared]
        updates = (self._update(post) for post in posts if isinstance(post, dict))
        return tuple(Entry(update=update) for update in updates if update.text or update.heading)

    def _update(self, post: dict[str, Any]) -> Update:
        raw = _text(post, "datePublished") or _text(post, "dateModified")
        return Update(
            id=_text(post, "@id") or _text(post, "url"),
            time=parse_iso(raw, self.zone) if raw else None,
            time_raw=raw,
            heading=fold(_text(post, "headline")),
            text=fold_lines(_text(post, "articleBody")) or "",
        )

    def related(self) -> Iterable[Related]:
        """Teasers of other articles inside this one."""
        return ()

    def corrections(self) -> tuple[str, ...]:
        """Notes in which the editors correct themselves: JSON-LD ``correction``."""
        note = fold(_text(self.article, "correction"))
        return (note,) if note else ()

    def robots(self) -> tuple[str, ...]:
        """Directives of ``meta robots``, as printed, in page order."""
        return tuple(fold(content) or "" for name, content in self.page.metas if name == "robots" and fold(content))

    def rights(self) -> str | None:
        """What the page declares about its use: TDMRep (``tdm-reservation``, ``tdm-policy``), licences."""
        reserved, policy = self.page.meta("tdm-reservation"), self.page.meta("tdm-policy")
        said = [f"tdm-reservation: {reserved}"] if reserved else []
        said += [f"tdm-policy: {policy}"] if policy else []
        links = [link for link in self.page.tree.iter("link") if link.get("rel") in {"license", "licence"}]
        is_rsl = [(link.get("type") or "").strip().lower() == reservations.RSL_TYPE for link in links]
        plain = (link.get("href") for link, rsl in zip(links, is_rsl, strict=True) if not rsl)
        licence = next(plain, None) or _text(self.article, "license")
        said += [f"license: {licence}"] if licence else []
        terms = (self.page.absolute(link.get("href")) for link, rsl in zip(links, is_rsl, strict=True) if rsl)
        said += [f"rsl: {address}" for address in terms if address]
        return "; ".join(said) or None

    def declared_text(self) -> str | None:
        """The text the publisher itself gives to machines (JSON-LD ``articleBody``), to check ours against."""
        return fold(_text(self.article, "articleBody"))

    def doubts(self) -> Iterator[Problem]:
        """What about this page deserves to be said though it was read."""
        yield from ()


class AnyPageReader(PageReader):
    """The generic reader for sites without readers of their own: it also decides whether a page is an article."""

    def no_article(self) -> Problem | None:
        """A page is an article when it says so itself or has the text of one."""
        if has_login_form(self.page):
            return Problem(code="login-page", message="The page asks for a login.")
        says_so = ARTICLE_TYPES & types_of(self.article) or self.page.meta("og:type") in {"article", "video.other"}
        if says_so:
            return None
        paragraphs = sum(len(block.text or "") for block in _text_blocks(self.body()))
        if paragraphs < _MIN_ARTICLE_CHARACTERS:
            return Problem(
                code="not-an-article", message="The page neither says it is an article nor has the text of one."
            )
        return None


def _is_heading(part: Part, headline: str | None) -> bool:
    return isinstance(part, Block) and part.kind == "heading" and part.text == headline


def _text_blocks(read: Body) -> Iterator[Any]:
    return (part for part in read.parts if getattr(part, "kind", None) == "paragraph")


def without_entries(read: Body, entries: Iterable[Entry]) -> Body:
    """The body without what its live-blog entries say: a page that gives them to machines shows them to people too."""
    updates = [entry.update for entry in entries]
    headings = {update.heading for update in updates}
    said = [fold(update.text) or "" for update in updates]

    def is_entry(part: Part) -> bool:
        if not isinstance(part, Block) or part.kind not in {"paragraph", "heading", "quote", "list"}:
            return False
        words = fold(part.text or " ".join(part.items))
        return words in headings if part.kind == "heading" else any(words and words in text for text in said)

    return replace(read, parts=tuple(part for part in read.parts if not is_entry(part))) if updates else read


def article_json(page: Page) -> dict[str, Any]:
    """The JSON-LD object about the page itself: of an article type, rather one whose page is this page.

    A page also carries objects about other pages (the clip in its head, say); ``{}`` when none fits.
    """
    candidates = [entry for entry in page.json_ld if ARTICLE_TYPES & types_of(entry)]
    about_own = [entry for entry in candidates if _is_about(entry, page)]
    articles = [entry for entry in about_own or candidates if any("Object" not in kind for kind in types_of(entry))]
    # A clip about some other page says nothing about this one.
    return next(iter(articles or about_own), {})


def _is_about(entry: dict[str, Any], page: Page) -> bool:
    return urlsplit(page.url).path in {_path(entry.get("mainEntityOfPage")), _path(entry.get("url"))}


def types_of(entry: dict[str, Any]) -> frozenset[str]:
    """The schema.org types of a JSON-LD object."""
    declared = entry.get("@type")
    return frozenset(kind for kind in (declared if isinstance(declared, list) else [declared]) if isinstance(kind, str))


def json_authors(article: dict[str, Any], page: Page) -> Iterator[Byline]:
    """Authors of a JSON-LD object, one by one."""
    declared = article.get("author")
    for entry in declared if isinstance(declared, list) else [declared]:
        value = entry if isinstance(entry, dict) else {"name": entry}
        name = fold(_text(value, "name"))
        if name is None:
            continue
        organisation = "Organization" in " ".join(types_of(value))
        works_for = fold(_text(value.get("worksFor"), "name") or _text(value.get("affiliation"), "name"))
        yield Byline(
            name=None if organisation else name,
            organisation=name if organisation else works_for,
            url=page.absolute(_text(value, "url")),
            raw=name,
        )


def json_breadcrumbs(page: Page) -> Iterator[str]:
    """Names of the BreadcrumbList without the front page and without the page itself."""
    crumbs = next((entry for entry in page.json_ld if "BreadcrumbList" in types_of(entry)), {})
    entries = crumbs.get("itemListElement")
    for entry in entries if isinstance(entries, list) else ():
        item = entry.get("item") if isinstance(entry, dict) else None
        address = item.get("@id") if isinstance(item, dict) else item
        path = urlsplit(page.absolute(address) or "").path if isinstance(address, str) else ""
        if path not in {"", "/", "/index.html", urlsplit(page.url).path} and isinstance(entry, dict):
            name = fold(_text(item, "name") or _text(entry, "name"))
            if name:
                yield name


def unavailable_after(page: Page, zone: ZoneInfo) -> Iterator[RawTime]:
    """``meta robots`` content ``unavailable_after: 2027-12-13T00:00:00+01``."""
    for name, content in page.metas:
        if name == "robots" and (found := re.search(r"unavailable_after:\s*([^,]+)", content)) is not None:
            raw = found[1].strip()
            at = parse_iso(raw, zone)
            yield RawTime(field="unavailable_after", source="meta robots unavailable_after", raw=raw, at=at)


def has_login_form(page: Page) -> bool:
    """Whether the page asks for a password and shows nothing that calls itself an article."""
    asks = any(field.get("type") == "password" for field in page.tree.iter("input"))
    return asks and not article_json(page) and next(page.tree.iter("article"), None) is None


def _path(value: Any) -> str | None:
    address = value.get("@id") if isinstance(value, dict) else value
    try:
        return urlsplit(address).path if isinstance(address, str) else None
    except ValueError:
        return None


def _text(value: Any, key: str) -> str | None:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) and found.strip() else None

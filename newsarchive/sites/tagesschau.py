"""tagesschau.de, the news site of the ARD: a reader for each layout since 2016, its channels and addresses.

Layouts, by what a page shows (and roughly when it did):

==== =================== ======================================================================================
E1   2016 to 2020        ``div.meldungHead``, paragraphs ``p.text.small``
E2a  2021 to spring 2023 ``div.seitenkopf``, players ``data-config``, assets under ``/res/assets/``
E2b  2023 to 2025        ``div.seitenkopf``, players ``data-v``, pictures on ``images.tagesschau.de``
E3   since autumn 2025   ``div.article-head`` with the lead in it
==== =================== ======================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Literal
from urllib.parse import unquote, urlsplit

from newsarchive.extraction import body
from newsarchive.extraction.body import Body, Piece
from newsarchive.extraction.elements import ByClass, Element, classes_of, line_of, text_of, with_class
from newsarchive.extraction.normalize import fold
from newsarchive.extraction.page import Page
from newsarchive.model.article import (
    Broadcast,
    Byline,
    Image,
    Media,
    Problem,
    RawTime,
    Related,
    Stream,
    Tag,
)
from newsarchive.sites import ard, ard_pages
from newsarchive.sites.ard_pages import ArdReader, E2Reader, doubt_unknown, is_all_strong, tag_of
from newsarchive.sites.ard_text import ArdTextReader
from newsarchive.sites.channels import ArchivePages, OverviewPage, RssFeed, SectionPages
from newsarchive.sites.site import Expectations, Site, UrlRules


class E1Reader(ArdReader):
    """The design of 2016 to 2020. It has no JSON-LD and no player JSON."""

    name = "tagesschau-e1"
    headline_class = "headline"
    topline_class = "dachzeile"
    stand_class = "stand"
    meta_date_is_modified = True

    @classmethod
    def find_root(cls, page: Page) -> Element | None:
        # Head, body and tags stand in different sections of the page.
        marks = [next(with_class(page.tree, name, "div"), None) for name in ("meldungHead", "sectionZ")]
        return None if None in marks else page.tree

    def topline(self) -> str | None:
        return self._head.line(self.topline_class)

    def headline(self) -> str | None:
        return self._head.line(self.headline_class)

    @cached_property
    def _head(self) -> ByClass:
        head = self.found.first("meldungHead")
        return ByClass(self.root if head is None else head)

    @cached_property
    def _sections(self) -> tuple[Element, ...]:
        sections = set(self.found.all("sectionZ"))
        return tuple(part for part in self.found.all("modParagraph") if sections.intersection(part.iterancestors()))

    def _paragraphs(self) -> Iterator[Element]:
        return (element for element in _texts(self._sections) if _is_text(element))

    def _lead_element(self) -> Element | None:
        first = next(self._paragraphs(), None)
        return first if first is not None and first.tag == "p" and is_all_strong(first) else None

    def lead(self) -> str | None:
        lead = self._lead_element()
        return fold(text_of(lead)) if lead is not None else None

    def authors(self) -> tuple[Byline, ...]:
        lines = (line for section in self._sections for line in ByClass(section).all("autorenzeile"))
        return tuple(byline for line in lines for byline in ard.read_byline(text_of(line)))

    def section(self) -> tuple[str, ...]:
        crumbs = self.found.first("breadcrumb")
        items = (
            [] if crumbs is None else [item for item in crumbs.iter("li") if not classes_of(item) & {"home", "current"}]
        )
        return tuple(name for item in items if (name := fold(text_of(item))))

    def tags(self) -> tuple[Tag, ...]:
        links = (link for link in self.page.tree.iter("a") if link.get("rel") == "tag")
        return tuple(dict.fromkeys(tag_of(self.page, link) for link in links if fold(text_of(link))))

    def head(self) -> Iterator[Media | Image]:
        yield from ()

    def body(self) -> Body:
        return body.read_pieces(self._pieces())

    def _pieces(self) -> Iterator[Piece]:
        lead = self._lead_element()
        for section in self._sections:
            for element in section:
                classes = classes_of(element)
                if "mediaCon" in classes:
                    yield from self._media(element)
                elif _is_text(element) and element is not lead:
                    yield element

    def _media(self, element: Element) -> Iterator[Media | Image]:
        line = ByClass(element).first("infotext")
        if line is not None and (frame := next(element.iter("iframe"), None)) is not None:
            link = next(line.iter("a"), None)
            # The line under the player is "<strong>title</strong><br>programme time, date".
            title, _, rest = (text_of(line) or "").partition("\n")
            kind: Literal["video", "audio"] = "audio" if "/audio" in (frame.get("src") or "") else "video"
            page_url = self.page.absolute(link.get("href")) if link is not None else None
            media = ard.printed_media(kind, "body", title, rest, page_url)
            yield replace(media, streams=tuple(self._downloads(element)))
            return
        for picture in element.iter("img"):
            alt, credit = ard.split_credit(picture.get("alt") or picture.get("title"))
            caption = fold(text_of(line)) if line is not None else None
            yield Image(
                url=self.page.absolute(picture.get("src")), alt=alt, caption=caption, credit=credit, role="body"
            )

    def _downloads(self, element: Element) -> Iterator[Stream]:
        """The files offered under a player, the only addresses of its streams that the page itself has."""
        for link in element.iter("a"):
            url = self.page.absolute(link.get("href"))
            if url is not None and urlsplit(url).path.endswith((".mp4", ".mp3", ".webm")):
                yield Stream(url=url, mime_type=None, width_px=None, quality=line_of(link))

    def broadcasts(self) -> tuple[Broadcast, ...]:
        lines = (line for box in self.found.all("sendungsbezug") for line in ByClass(box).all("teasertext"))
        return tuple(broadcast for line in lines for broadcast in ard.read_broadcasts(text_of(line)))

    def related(self) -> Iterator[Related]:
        for section in self._sections:
            for box in ByClass(section).all("infokasten"):
                if "sendungsbezug" not in classes_of(box):
                    yield from self._related_in(box)

    def _related_in(self, box: Element) -> Iterator[Related]:
        headline = ByClass(box).first("headline")
        link = next(headline.iter("a"), None) if headline is not None else None
        if link is not None:
            yield Related(
                url=self.page.absolute(link.get("href")),
                label=ByClass(box).line("ressort"),
                topline=ByClass(box).line("dachzeile"),
                headline=fold(text_of(link)),
            )
        for listed in ByClass(box).all("linklist"):
            for entry in listed.iter("a"):
                yield Related(
                    url=self.page.absolute(entry.get("href")), label=None, topline=None, headline=fold(text_of(entry))
                )

    def notes(self) -> Iterator[Element]:
        return self._paragraphs()

    def doubts(self) -> Iterator[Problem]:
        yield from super().doubts()
        known = {"text", "subtitle", "mediaCon", "infokasten", "linklist", "autorenzeile", "metablockwrapper"}
        unknown = (
            element
            for section in self._sections
            for element in section
            if isinstance(element.tag, str) and not classes_of(element) & known and text_of(element)
        )
        yield from doubt_unknown(unknown)


def _is_text(element: Element) -> bool:
    """A paragraph or subheading of the E1 body."""
    classes = classes_of(element)
    return (element.tag == "p" and {"text", "small"} <= classes) or (element.tag == "h2" and "subtitle" in classes)


def _texts(sections: Iterable[Element]) -> Iterator[Element]:
    return (element for section in sections for element in section if isinstance(element.tag, str) and text_of(element))


class E2aReader(E2Reader):
    """The first redesign on the old CMS: until spring 2023."""

    name = "tagesschau-e2a"
    meta_date_is_modified = True

    @classmethod
    def find_root(cls, page: Page) -> Element | None:
        return super().find_root(page) if _is_old_cms(page) else None

    def tracking_times(self) -> Iterator[RawTime]:
        # Custom variable 13 holds a time that on service pages lies long before the Stand: the first publication.
        site = self._tracking.get("customVars")
        variables = site.get("site") if isinstance(site, dict) else None
        raw = variables.get("13") if isinstance(variables, dict) else None
        if isinstance(raw, str) and (printed := unquote(raw).strip("[]")):
            yield self.wall_clock("first_published_at", "tracking customVars.site.13", printed)


class E2bReader(ard_pages.E2bReader):
    """The first redesign on the new CMS: spring 2023 to autumn 2025."""

    name = "tagesschau-e2b"


class E3Reader(ard_pages.E3Reader):
    """The design since autumn 2025: the lead stands in the head."""

    name = "tagesschau-e3"


class ListReader(ard_pages.ListReader):
    """Recognises the pages that are no articles: front page, sections, archive days, log-in."""

    name = "tagesschau-lists"


def _is_old_cms(page: Page) -> bool:
    """Whether the old CMS wrote the page: it kept its assets under ``/res/`` and its players in ``data-config``."""
    assets = any((link.get("href") or "").startswith("/res/assets/") for link in page.tree.iter("link"))
    return assets or any(holder.get("data-ts_component") == "ts-mediaplayer" for holder in page.tree.iter("div"))


SITE = Site(
    name="tagesschau",
    title="tagesschau.de",
    base_url="https://www.tagesschau.de",
    language="de",
    timezone="Europe/Berlin",
    readers=(E3Reader, E2aReader, E2bReader, E1Reader, ListReader),
    text_reader=ArdTextReader(),
    expect=Expectations(fields={"stand": 0.98, "headline": 0.98, "body": 0.9}),
    channels=(
        # The feed comes first: it is the shortest way to the newest articles and says when each was published.
        RssFeed(name="feed", paths=("/infoservices/alle-meldungen-100~rss2.xml",)),
        SectionPages(
            name="sections",
            paths=(
                "/",
                "/inland",
                "/ausland",
                "/wirtschaft",
                "/wissen",
                "/kultur",
                "/investigativ",
                "/faktenfinder",
            ),
        ),
        # What stands on the front page and below it, without the limit that the feed has.
        OverviewPage(name="overview", path="/infoservices/startseite-sitemap-102.html", timezone="Europe/Berlin"),
        ArchivePages(
            name="archive",
            path="/archiv?datum={day}",
            timezone="Europe/Berlin",
            # Up to spring 2023, and since.
            link_class=("teaser-xs__link", "teaser-right__link"),
            total_class="ergebnisse__anzahl",
            paging_class="paginierung",
            period_class="archive__headline",
        ),
    ),
    urls=UrlRules(
        # The CMS ends each address with the number of the document; long ago without a hyphen before it. A tilde
        # starts a rendering of the same document: feed, JSON, print, player, redirect with a referrer.
        article=r"(?:/[^/~]+)*/[^/~]+?(?:-\d+|\d{3,})\.html",
        never=(
            r"^/(?:archiv|hilfe|infoservices|kontakt|korrespondenten|mehr|sitemap|suche)(?:[/-]|$)",
            r"^/(?:thema|ueber-uns|wahlarchiv|wetter)(?:[/-]|$)",
            r"^/(?:datenschutz|impressum|rssfeed|multimedia/livestreams)",
        ),
    ),
)

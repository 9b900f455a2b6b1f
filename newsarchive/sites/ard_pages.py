"""The page templates that sites of the ARD share: readers for each generation, to be named by the site that has them.

==== =================== ======================================================================================
E2   2021 to 2025        ``div.seitenkopf``; since spring 2023 players ``data-v`` and pictures on a host of their own
E3   since autumn 2025   ``div.article-head`` with the lead in it
==== =================== ======================================================================================
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from newsarchive.extraction import body
from newsarchive.extraction.body import Body, Part, Piece
from newsarchive.extraction.elements import ByClass, Element, classes_of, is_inside, line_of, text_of, with_class
from newsarchive.extraction.normalize import fold, fold_lines, plain_text
from newsarchive.extraction.page import Page, read_json
from newsarchive.extraction.reader import (
    Entry,
    PageReader,
    Reading,
    has_login_form,
    json_authors,
    json_breadcrumbs,
    unavailable_after,
)
from newsarchive.extraction.times import find_times, parse_iso
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
    Role,
    Tag,
    Update,
)
from newsarchive.sites import ard

# Names that stand for the house and not for an author.
_HOUSE = {"tagesschau", "tagesschau.de", "sportschau", "sportschau.de", "ard-aktuell"}

_CORRECTION = re.compile(
    r"^(?:Anmerkung der Redaktion|Korrektur(?:hinweis)?|Hinweis der Redaktion|Berichtigung)\b", re.IGNORECASE
)

# What a live blog calls itself. The works of a live blog alone make none: a market report has them too.
_LIVE = {"liveblog", "liveticker", "newsticker"}
_ENTRY_TIME = "liveblog__datetime"
_TEXTS = {"paragraph", "heading", "list", "quote"}
_CLOCK_HEADING = re.compile(r"(?P<time>\d{1,2}[:.]\d{2}\s*Uhr)\s*[-–—:|•]?\s*(?P<heading>.*)")

What = Literal["text", "infobox", "image", "media", "embed", "player", "unknown", "entry", "time"]


class ArdReader(PageReader):
    """What all layouts have in common. ``root`` is the element that holds the article, ``found`` what is in it."""

    headline_class: ClassVar[str]
    topline_class: ClassVar[str]
    stand_class: ClassVar[str]
    meta_date_is_modified: ClassVar[bool] = False

    def __init__(self, page: Page, zone: ZoneInfo, root: Element) -> None:
        super().__init__(page, zone)
        self.root = root
        self.found = ByClass(root)

    @classmethod
    def open(cls, page: Page, zone: ZoneInfo) -> Self | None:
        root = cls.find_root(page)
        return None if root is None else cls(page, zone, root)

    @classmethod
    def find_root(cls, page: Page) -> Element | None:
        """The element that holds headline and body of an article in this layout."""
        raise NotImplementedError

    def complete(self, reading: Reading) -> Reading:
        """The layout is known: what it does not say is not guessed."""
        return reading

    def no_article(self) -> Problem | None:
        return _front_page(self.page)

    def slug(self) -> str:
        """The last part of the address: in every layout the document's own name in the CMS."""
        return self.own_path().rsplit("/", 1)[-1].removesuffix(".html") or "index"

    def topline(self) -> str | None:
        return self.found.line(self.topline_class)

    def headline(self) -> str | None:
        return self.found.line(self.headline_class)

    def stand_raw(self) -> str | None:
        return self.found.line(self.stand_class)

    def kind(self) -> ArticleKind:
        return "liveblog" if self.is_live_blog() else "article"

    def is_live_blog(self) -> bool:
        """Whether the page says it is one: by its label, its address, or its JSON-LD."""
        said = {(self.label() or "").casefold(), self.slug().partition("-")[0], *self.own_path().split("/")[1:-1]}
        return bool(said & _LIVE or self.live_blog)

    def times(self) -> Iterator[RawTime]:
        article = self.article
        for field, key in (
            ("published_at", "datePublished"),
            ("published_at", "uploadDate"),
            ("modified_at", "dateModified"),
        ):
            if isinstance(raw := article.get(key), str):
                yield RawTime(field=field, source=f"json-ld {key}", raw=raw, at=parse_iso(raw, self.zone))
        if raw := self.page.meta("date"):
            feeds = "modified_at" if self.meta_date_is_modified else None
            yield self.wall_clock(feeds, "meta date", raw)
        yield from self.tracking_times()
        yield from unavailable_after(self.page, self.zone)

    def tracking_times(self) -> Iterator[RawTime]:
        """Times told to the audience measurement."""
        yield from ()

    def wall_clock(self, field: str | None, source: str, raw: str) -> RawTime:
        """A time that the page writes without an offset, or with a ``Z`` that is not true."""
        published = self.article.get("datePublished")
        near = parse_iso(published, self.zone) if isinstance(published, str) else None
        at = parse_iso(raw, self.zone, false_z=True, near=near)
        return RawTime(field=field, source=source, raw=raw, at=at)

    def corrections(self) -> tuple[str, ...]:
        """Paragraphs and boxes in which the editors correct themselves; they stay part of the body."""
        return tuple(text for element in self.notes() if (text := line_of(element)) and _CORRECTION.match(text))

    def notes(self) -> Iterator[Element]:
        """The elements that may be such a note."""
        raise NotImplementedError

    def doubts(self) -> Iterator[Problem]:
        if not self.stand_raw():
            yield Problem(code="stand-missing", message="The page shows no Stand line.")


class TemplateReader(ArdReader):
    """What E2a, E2b and E3 share: one ``article`` element whose direct and wrapped children are the body."""

    head_class: ClassVar[str]
    stand_class = "metatextline"

    # Subtrees that are no part of the body, each read by the method of its own field where there is one.
    _SKIPPED: ClassVar[frozenset[str]] = frozenset(
        {
            "seitenkopf",
            "article-head",
            "mediaplayer__wrapper",
            "authorline",
            "id-card",
            "meldungsfooter",
            "backlink",
            "teaser-absatz",
            "buttongroup",
            "divider",
            "copytext-element-wrapper__divider",
            "article-breadcrumb",
            "socialbuttons",
        }
    )

    @cached_property
    def _tracking(self) -> dict[str, Any]:
        """What the page tells the audience measurement."""
        told = (
            element.get("data-config")
            for element in self.page.tree.iter("div")
            if element.get("data-js_component") == "tracking-component"
        )
        config = read_json(next(told, None))
        data = config.get("trackingData") if isinstance(config, dict) else None
        return data if isinstance(data, dict) else {}

    @classmethod
    def find_root(cls, page: Page) -> Element | None:
        head = next(with_class(page.tree, cls.head_class, "div"), None)
        if head is None:
            return None
        holders = (holder for holder in head.iterancestors() if "content-wrapper__group" in classes_of(holder))
        return next(holders, head.getparent())

    def headline(self) -> str | None:
        # Without a topline the h1 may hold the headline alone, with no element around it.
        whole = f"{self.head_class}__headline" if self.topline() is None else self.headline_class
        return self.found.line(self.headline_class) or self.found.line(whole)

    def label(self) -> str | None:
        return self.found.line(f"{self.head_class}__label")

    def lead(self) -> str | None:
        lead = self._lead_element()
        return fold(text_of(lead)) if lead is not None else None

    def _lead_element(self) -> Element | None:
        first = self.found.first("textabsatz")
        return first if first is not None and is_all_strong(first) else None

    def kind(self) -> ArticleKind:
        if self.found.first("mediaplayer__wrapper") is not None and self.found.first("textabsatz") is None:
            head = next(self.head(), None)
            return head.kind if isinstance(head, Media) else "video"
        kind = super().kind()
        if kind == "article":
            teasers, paragraphs = len(self.found.all("teaser-absatz")), len(self.found.all("textabsatz"))
            return "listing" if teasers >= 5 and teasers > paragraphs else "article"
        return kind

    def authors(self) -> tuple[Byline, ...]:
        cards = {
            card.line("id-card__name"): card.line("id-card__studio") for card in map(ByClass, self.found.all("id-card"))
        }
        printed = [byline for line in self.found.all("authorline") for byline in _read_authorline(self.page, line)]
        printed = printed or [
            byline for byline in json_authors(self.article, self.page) if byline.raw.casefold() not in _HOUSE
        ]
        printed = printed or [
            Byline(name=name, organisation=studio, url=None, raw=" ".join(filter(None, (name, studio))))
            for name, studio in cards.items()
            if name
        ]
        sources = (byline for line in self.found.all("backlink__author") for byline in ard.read_byline(text_of(line)))
        return (
            *(
                Byline(
                    name=byline.name,
                    organisation=byline.organisation or cards.get(byline.name),
                    url=byline.url,
                    raw=byline.raw,
                )
                for byline in printed
            ),
            *sources,
        )

    def section(self) -> tuple[str, ...]:
        crumbs = next(with_class(self.page.tree, "article-breadcrumb", "ul", "ol", "nav"), None)
        links = crumbs.iter("a") if crumbs is not None else ()
        names = tuple(name for link in links if link.get("href") != "/" and (name := fold(text_of(link))))
        return names or tuple(json_breadcrumbs(self.page))

    def tags(self) -> tuple[Tag, ...]:
        return tuple(tag_of(self.page, link) for link in self.found.all("tag-btn") if fold(text_of(link)))

    def head(self) -> Iterator[Media | Image]:
        for holder in (*self.found.all(f"{self.head_class}__media"), *self.found.all("mediaplayer__wrapper")):
            picture = _picture(holder)
            media = self._own_media(holder, "head")
            if media is not None:
                yield ard.with_air_line(media, *_read_subline(holder))
            elif picture is not None:
                yield self._image(picture, None, None, "head")

    def _own_media(self, holder: Element, role: Role) -> Media | None:
        """The player in ``holder``, of either generation.

        Where the player stands says whose it is; its own ``context`` calls some players of the article a teaser's.
        """
        picture = _picture(holder)
        picture_url = self.page.absolute(picture.get("src")) if picture is not None else None
        for element in holder.iter("div"):
            if (element.get("data-v-type") or "").startswith("MediaPlayer"):
                return ard.read_player(read_json(element.get("data-v")), self.page, role, picture_url)
            if element.get("data-ts_component") == "ts-mediaplayer":
                return ard.read_old_player(read_json(element.get("data-config")), self.page, role)
        return None

    def body(self) -> Body:
        """The body; of a live blog what stands above its entries."""
        (parts, *_), problems = self._read
        return Body(parts=parts, problems=problems)

    @cached_property
    def _read(self) -> tuple[tuple[tuple[Part, ...], ...], tuple[Problem, ...]]:
        """The body, then the entries of a live blog, without their headings."""
        return body.read_groups(list(self._pieces(chosen)) for _, chosen in self._groups)

    @cached_property
    def _groups(self) -> tuple[tuple[Element, list[tuple[What, Element]]], ...]:
        """What stands in the body, then what in each entry, each with the element that it begins with."""
        groups: list[tuple[Element, list[tuple[What, Element]]]] = [(self.root, [])]
        for what, element in self._chosen:
            if what == "entry":
                groups.append((element, []))
            else:
                groups[-1][1].append((what, element))
        return tuple(groups)

    def _pieces(self, chosen: Iterable[tuple[What, Element]]) -> Iterator[Piece]:
        for what, element in chosen:
            if what == "text":
                yield element
            elif what not in {"unknown", "time"}:
                yield from self._part(what, element)

    @cached_property
    def _chosen(self) -> tuple[tuple[What, Element], ...]:
        return tuple(self._classify(self.root, self._lead_element()))

    def is_live_blog(self) -> bool:
        """Whether the page says it is one, or has entries with their times."""
        if super().is_live_blog() or self._entry_times:
            return True
        headings = [ByClass(anchor).line("meldung__subhead") or "" for anchor in self._anchors]
        return bool(headings) and all(_CLOCK_HEADING.match(heading) for heading in headings)

    @cached_property
    def _anchors(self) -> tuple[Element, ...]:
        # Since 2025 every subheading has the class; an anchor that holds something is a div.
        return tuple(element for element in self.found.all("liveblog--anchor") if element.tag == "div")

    @cached_property
    def _entry_times(self) -> tuple[Element, ...]:
        def is_own(element: Element) -> bool:
            return not any(classes_of(holder) & self._SKIPPED for holder in element.iterancestors())

        return tuple(element for element in self.found.all(_ENTRY_TIME) if is_own(element))

    @cached_property
    def _starts(self) -> frozenset[Element]:
        """The elements that an entry begins with: anchors, else printed times, else subheadings that begin with one."""
        if not self.is_live_blog():
            return frozenset()
        headings = (
            heading for heading in self.found.all("meldung__subhead") if _CLOCK_HEADING.match(line_of(heading) or "")
        )
        return frozenset(self._anchors or self._entry_times or headings)

    def _part(self, what: What, element: Element) -> Iterator[Part]:
        if what == "infobox":
            yield from _read_infobox(element)
        elif what == "image":
            yield from self._body_image(element)
        elif what == "embed":
            yield from _read_embed(self.page, element)
        elif (media := self._body_media(element)) is not None:
            yield media

    def _classify(self, root: Element, lead: Element | None) -> Iterator[tuple[What, Element]]:
        """Every element of the body in page order, with what it is; ``unknown`` for text in none of these."""
        for element in root:
            if not isinstance(element.tag, str) or element is lead or element.tag in _CHROME:
                continue
            classes = classes_of(element)
            if element in self._starts:
                yield "entry", element
            if _ENTRY_TIME in classes:
                yield "time", element
                continue
            if classes & self._SKIPPED or element.get("data-v-type") in _WIDGETS:
                continue
            what = _what(element, classes)
            if what is not None:
                yield what, element
            elif element.tag in _OUTSIDE or (element.tag in {"p", "h2", "h3", "h4"} and text_of(element)):
                yield "unknown", element
            else:
                if (element.text or "").strip() and element.tag != "a":
                    yield "unknown", element
                yield from self._classify(element, lead)

    def _body_media(self, element: Element) -> Media | None:
        media = self._own_media(element, "body")
        link = next((anchor for anchor in element.iter("a") if anchor.get("href")), None)
        page_url = self.page.absolute(link.get("href")) if link is not None else None
        title, line = _read_subline(element)
        if media is not None:
            return ard.with_air_line(media, title, line)
        if title is None:
            return None
        audio = "copytext__audio" in classes_of(element)
        return ard.printed_media("audio" if audio else "video", "body", title, line, page_url)

    def _body_image(self, element: Element) -> Iterator[Image]:
        info = ByClass(element)
        caption, credit = info.line("absatzbild__info__text"), info.line("absatzbild__info__copyright")
        if caption is not None and credit is not None:
            caption = fold(caption.removesuffix(credit))
        for picture in _pictures(element):
            yield self._image(picture, caption, ard.read_credit(credit), "body")
            caption = credit = None  # printed once, under the first of several

    def _image(self, picture: Element, caption: str | None, credit: str | None, role: Role) -> Image:
        alt, alt_credit = ard.split_credit(picture.get("alt"))
        _, title_credit = ard.split_credit(picture.get("title"))
        return Image(
            url=self.page.absolute(picture.get("src")),
            alt=alt,
            caption=caption,
            credit=credit or alt_credit or title_credit,
            role=role,
        )

    def broadcasts(self) -> tuple[Broadcast, ...]:
        lines = (line for box in self.found.all("sendungsbezug") for line in box.iter("p"))
        return tuple(broadcast for line in lines for broadcast in ard.read_broadcasts(text_of(line)))

    def entries(self) -> tuple[Entry, ...]:
        """Entries of a live blog: from one anchor to the next, whether it holds them or they follow it."""
        shown = zip(self._groups[1:], self._read[0][1:], strict=True)
        return tuple(self._entry(start, chosen, parts) for (start, chosen), parts in shown) or super().entries()

    def _entry(self, start: Element, chosen: Sequence[tuple[What, Element]], parts: Sequence[Part]) -> Entry:
        times = (line_of(element) for what, element in chosen if what == "time")
        raw = next((line for line in times if line), None)
        heading: str | None = None
        texts: list[Block] = []
        others: list[Part] = []
        for part in parts:
            if not isinstance(part, Block) or part.kind not in _TEXTS:
                others.append(part)
            elif part.kind == "heading" and heading is None and not texts:
                heading = part.text
            else:
                texts.append(part)
        printed = _CLOCK_HEADING.fullmatch(heading) if heading and raw is None else None
        if printed is not None:
            raw, heading = printed["time"], printed["heading"] or None
        time = next(find_times(raw, self.zone), None) if raw else None
        update = Update(
            id=start.get("id") or next((each.get("id") for _, each in chosen if each.get("id")), None),
            time=time.at if time else None,
            time_raw=raw,
            heading=heading,
            text=plain_text(None, texts),
        )
        return Entry(update=update, parts=tuple(others))

    def related(self) -> Iterator[Related]:
        for teaser in self.found.all("teaser-absatz"):
            link = next((anchor for anchor in teaser.iter("a") if anchor.get("href")), None)
            found = ByClass(teaser)
            yield Related(
                url=self.page.absolute(link.get("href")) if link is not None else None,
                label=found.line("label"),
                topline=found.line("teaser-absatz__topline"),
                headline=found.line("teaser-absatz__headline"),
            )

    def notes(self) -> Iterator[Element]:
        return (element for what, element in self._chosen if what in {"text", "infobox"})

    def doubts(self) -> Iterator[Problem]:
        yield from super().doubts()
        yield from doubt_unknown(element for what, element in self._chosen if self._is_lost(what, element))
        players = [element for what, element in self._chosen if what in {"media", "player"}]
        players += [*self.found.all(f"{self.head_class}__media"), *self.found.all("mediaplayer__wrapper")]
        broken = sum(_has_broken_player(element) for element in players)
        if self._lacks_entries():
            yield Problem(code="entries-missing", message="The page is a live blog, but shows no entries.")
        if broken:
            yield Problem(code="player-unreadable", message=f"{broken} player(s) of the article hold no readable JSON.")

    def _lacks_entries(self) -> bool:
        return self.is_live_blog() and not self.entries()

    def _is_lost(self, what: What, element: Element) -> bool:
        """Whether something stands there that is in no field; of players ``player-unreadable`` says so."""
        return what == "unknown" or (what in {"image", "embed"} and not any(True for _ in self._part(what, element)))


class E2Reader(TemplateReader):
    """The first redesign; which of its two CMS wrote the page is for the subclasses."""

    head_class = "seitenkopf"
    headline_class = "seitenkopf__headline--text"
    topline_class = "seitenkopf__topline"


class E2bReader(E2Reader):
    """The first redesign on the new CMS: 2023 to autumn 2025."""

    @classmethod
    def find_root(cls, page: Page) -> Element | None:
        # A page saved without its head is claimed by the layout whose paragraphs it has.
        root = super().find_root(page)
        if root is not None:
            return root
        articles = (article for article in page.tree.iter("article") if "content-wrapper__group" in classes_of(article))
        return next(
            (article for article in articles if any(True for _ in with_class(article, "textabsatz", "p"))), None
        )

    def tracking_times(self) -> Iterator[RawTime]:
        # Both follow the Stand in this layout; neither is the first publication.
        for key in _E2B_TRACKED:
            if isinstance(raw := self._tracking.get(key), str):
                yield self.wall_clock(None, f"tracking {key}", raw)


_E2B_TRACKED = (
    "d:content_publication_time",
    "d:content_last_editoral_update",
    "d:content_last_editorial_update",
    "d:publication_time",
    "d:last_editorial_update",
)


class E3Reader(TemplateReader):
    """The design since autumn 2025: the lead stands in the head."""

    head_class = "article-head"
    headline_class = "article-head__headline--text"
    topline_class = "article-head__topline"

    def lead(self) -> str | None:
        paragraphs = (line_of(element) for element in self.found.all("article-head__shorttext"))
        return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) or None

    def _lead_element(self) -> Element | None:
        return None  # it stands in the head, which is no part of the body

    def tracking_times(self) -> Iterator[RawTime]:
        for field, key in (
            ("first_published_at", "d:tgp_content_publication_time"),
            (None, "d:tgp_content_last_editorial_update"),
        ):
            if isinstance(raw := self._tracking.get(key), str):
                yield self.wall_clock(field, f"tracking {key}", raw)


class ListReader(PageReader):
    """Recognises the pages that are no articles: front page, sections, archive days, log-in, notices of removal."""

    _MARKS: ClassVar[frozenset[str]] = frozenset(
        {
            "teaser-xs__link",
            "teaser-right__link",
            "teaser__link",
            "teaser-absatz__link",
            "teaser-top__link",
            "archive__headline",
        }
    )

    @classmethod
    def open(cls, page: Page, zone: ZoneInfo) -> Self | None:
        reader = cls(page, zone)
        return reader if reader.no_article() is not None else None

    def no_article(self) -> Problem | None:
        if has_login_form(self.page):
            return Problem(code="login-page", message="The page asks for a login.")
        if (front := _front_page(self.page)) is not None:
            return front
        if any(_DEPUBLISHED.search(text_of(heading) or "") for heading in self.page.tree.iter("h1")):
            return Problem(code="depublished", message="The page says that what stood here is no longer offered.")
        lists = any(self._MARKS & classes_of(element) for element in self.page.tree.iter("a", "h2"))
        if lists or urlsplit(self.page.url).path.startswith("/archiv"):
            return Problem(code="listing-page", message="The page lists articles and is none itself.")
        return None


def _front_page(page: Page) -> Problem | None:
    if urlsplit(page.url).path not in {"", "/", "/index.html"}:
        return None
    return Problem(code="front-page", message="The front page lists articles and is none itself.")


# Public broadcasters must take most articles down after a time, and call it so (Medienstaatsvertrag, section 30).
_DEPUBLISHED = re.compile(r"(?i)\bdepubliziert\b|\bnicht (?:mehr|länger) (?:verfügbar|abrufbar|online)\b")
_CHROME = frozenset({"script", "style", "noscript", "aside", "nav", "footer", "header", "button", "form", "svg"})
# Parts of the page's own works, not of what it says.
_WIDGETS = frozenset(
    {
        "CookieCheckbox",
        "Datepicker",
        "HeaderApp",
        "ImageRights",
        "Liveblog",
        "LoginstateIcon",
        "PersonalizationMenu",
        "Searchfield",
    }
)
# Content only in holders that are known, which say whose it is and what belongs to it.
_OUTSIDE = frozenset({"img", "picture", "iframe", "video", "audio"})
_MEDIA_HOLDERS = {"copytext__video", "copytext__audio", "mediaplayer"}


def _what(element: Element, classes: frozenset[str]) -> What | None:
    """What an element of the body is by its class or tag; ``None`` for a wrapper."""
    if "textabsatz" in classes or "meldung__subhead" in classes or element.tag in {"blockquote", "table"}:
        return "text" if text_of(element) else None
    if "infobox" in classes:
        return "infobox"
    if "absatzbild" in classes:
        return "image"
    if classes & _MEDIA_HOLDERS:
        return "media"
    if "copytext__embed" in classes:
        return "embed"
    if _is_body_list(element):
        return "text"
    if "v-instance" in classes:
        # A player on its own; embeds and players in teasers have holders of their own and were met there.
        return "player" if (element.get("data-v-type") or "").startswith("MediaPlayer") else "embed"
    return None


def _is_body_list(element: Element) -> bool:
    return element.tag in {"ul", "ol"} and ("bulletpoint-list" in classes_of(element) or not element.get("class"))


def _read_infobox(element: Element) -> Iterator[Block]:
    """A box of the article's own: its headline is a div, its paragraphs have classes of their own."""
    headings = [
        part for part in element.iter("div", "h2", "h3", "h4") if any("headline" in name for name in classes_of(part))
    ]
    paragraphs = [text for part in element.iter("p", "li") if (text := fold_lines(text_of(part)))]
    title = fold(text_of(headings[0])) if headings else None
    text = "\n\n".join(part for part in paragraphs if part != title)
    if title or text:
        yield Block(kind="infobox", title=title, text=text or None)


def _read_embed(page: Page, element: Element) -> Iterator[Block]:
    """An embed: the address of what is embedded; the sentence that asks for consent is no part of it."""
    for holder in element.iter("div", "iframe"):
        content = read_json(holder.get("data-v"))
        url = page.absolute(content.get("embed_url")) if isinstance(content, dict) else None
        if url is None and holder.tag == "iframe":
            url = page.absolute(holder.get("src"))
        if url is not None:
            service = content.get("service_name") if isinstance(content, dict) else None
            yield Block(kind="embed", url=url, service=service if isinstance(service, str) else None)
            return


def _has_broken_player(holder: Element) -> bool:
    for element in holder.iter("div"):
        kind = (element.get("data-v-type") or "") if element.get("data-v") is not None else ""
        printed = element.get("data-v") if kind.startswith("MediaPlayer") else None
        if element.get("data-ts_component") == "ts-mediaplayer":
            printed = element.get("data-config") or ""
        if printed is not None:
            player = read_json(printed)
            if not isinstance(player, dict) or not isinstance(player.get("mc"), dict):
                return True
    return False


def _picture(holder: Element) -> Element | None:
    """The first picture in ``holder``."""
    return next(_pictures(holder), None)


def _pictures(holder: Element) -> Iterator[Element]:
    """The pictures in ``holder``; their doubles for browsers without scripts are none."""
    return (image for image in holder.iter("img") if not is_inside(image, "noscript"))


def _read_subline(holder: Element) -> tuple[str | None, str | None]:
    """(title, line with programme and air time) as printed under a player."""
    found = ByClass(holder)
    titles = ("copytext__video__title", "copytext__audio__title", "mediaplayer-subline__title")
    lines = (
        "copytext__video__metainfo",
        "copytext__audio__metainfo",
        "mediaplayer-subline__details",
        "mediaplayer-subline__metainfo",
    )
    return (
        next((text for name in titles if (text := found.line(name))), None),
        next((text for name in lines if (text := found.line(name))), None),
    )


def _read_authorline(page: Page, line: Element) -> Iterator[Byline]:
    author = ByClass(line).first("authorline__author")
    if author is None:
        return
    links = {fold(text_of(link)): page.absolute(link.get("href")) for link in author.iter("a")}
    # The portrait says "name, organisation".
    portraits = dict(_portrait(image.get("alt")) for image in line.iter("img"))
    for byline in ard.read_byline(text_of(author)):
        yield Byline(
            name=byline.name,
            organisation=byline.organisation or portraits.get(byline.name),
            url=links.get(byline.name),
            raw=byline.raw,
        )


def _portrait(alt: str | None) -> tuple[str | None, str | None]:
    description, _ = ard.split_credit(alt)
    name, _, organisation = (description or "").partition(",")
    return fold(name), fold(organisation)


def doubt_unknown(elements: Iterable[Element]) -> Iterator[Problem]:
    """One problem that names the kinds of ``elements`` that stand in the article and in no field; none without any."""
    names = sorted({f"{element.tag}.{'.'.join(sorted(classes_of(element)))}".rstrip(".") for element in elements})
    if names:
        listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        yield Problem(code="layout-surprise", message=f"Content of the article in elements nobody knows: {listed}.")


def tag_of(page: Page, link: Element) -> Tag:
    """The tag that ``link`` leads to: its text, and the last part of its path as slug."""
    slug = urlsplit(page.absolute(link.get("href")) or "").path.rstrip("/").rsplit("/", 1)[-1]
    return Tag(name=fold(text_of(link)) or "", slug=unquote(slug) or None)


def is_all_strong(element: Element) -> bool:
    """Whether all the text of ``element`` is set in bold, as a lead is."""
    strong = "".join(
        text_of(part) or "" for part in element.iter("strong", "b") if not is_inside(part, "strong", element)
    )
    whole = text_of(element) or ""
    return bool(strong) and _squeeze(strong) == _squeeze(whole)


def _squeeze(text: str) -> str:
    return "".join(text.split())

"""What a reader of the page would write down: gold where there is gold, own XPath where gold is silent.

Known slips of the gold, all mended here from the page itself: words around ``<br>`` are glued (addresses, the line
under a video of 2018); the tags of 2018, in the comment box, and the links in a box of teasers are left out.

Nothing here is shared with the extraction code: two readings of the same page that agree are worth more than one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from lxml import html

from tests.corpus import Case, fold

BERLIN = ZoneInfo("Europe/Berlin")
MONTHS = {
    "Januar": 1,
    "Februar": 2,
    "März": 3,
    "April": 4,
    "Mai": 5,
    "Juni": 6,
    "Juli": 7,
    "August": 8,
    "September": 9,
    "Oktober": 10,
    "November": 11,
    "Dezember": 12,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Airing:
    """One broadcast: ``names`` are station or programme, as far as the line names them; ``raw`` is the whole line."""

    raw: str
    names: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of the article: description and credit as the page words them, each by itself."""

    alt: str | None
    caption: str | None
    credit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaser:
    """One teaser of another article."""

    url: str
    topline: str | None
    headline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The article of one page. ``pieces``: (``p`` or ``h2``, text) in page order; ``leaks``: what ``text`` must not
    hold; ``bylines``: (as printed, name, organisation); ``media``: (title, printed line) of players in the body."""

    topline: str | None
    headline: str | None
    label: str | None
    stand_raw: str | None
    stand: datetime | None
    lead: str | None
    pieces: tuple[tuple[str, str], ...]
    leaks: tuple[str, ...]
    section: tuple[str, ...]
    bylines: tuple[tuple[str, str, str | None], ...]
    tags: tuple[tuple[str, str], ...]
    media: tuple[tuple[str, str], ...]
    airings: tuple[Airing, ...]
    infoboxes: tuple[tuple[str, str], ...]
    pictures: tuple[Picture, ...]
    teasers: tuple[Teaser, ...]
    article_body: str | None


def expect(case: Case) -> Expected:
    """Read the page of ``case`` by eye, so to speak."""
    tree = parse(case.page)
    words = _with_line_breaks(tree)
    gold = [(line.kind, words.get(line.text, line.text)) for line in case.gold]

    def lines(kind: str) -> tuple[str, ...]:
        return tuple(text for found, text in gold if found == kind)

    stand_raw = next(iter(lines("stand")), None) or _one(tree, "//*[{metatextline}]")
    return Expected(
        topline=_one(tree, "//h1//span[{dachzeile} or {seitenkopf__topline} or {article-head__topline}]"),
        headline=_one(tree, "//h1//span[{headline} or {seitenkopf__headline--text} or {article-head__headline--text}]"),
        label=_one(tree, "//*[{seitenkopf__label} or {article-head__label}]"),
        stand_raw=stand_raw,
        stand=read_stand(stand_raw),
        lead=next(iter(lines("lead")), None),
        pieces=tuple((kind, text) for kind, text in gold if kind in {"p", "h2"}),
        leaks=(*lines("TEASER"), *lines("SENDUNG"), *lines("byline"), *lines("media"), *lines("idcard"), *_links(tree)),
        section=tuple(_section(tree)),
        bylines=tuple(_byline(line, tree) for line in lines("byline")),
        tags=tuple(_tags(tree)),
        media=tuple(_media(tree)),
        airings=tuple(airing for text in lines("SENDUNG") for airing in _airings(text)),
        infoboxes=tuple(_infoboxes(tree)),
        pictures=tuple(_pictures(tree)),
        teasers=tuple(_teasers(tree, case.url)),
        article_body=_article_body(tree),
    )


def parse(page: bytes) -> html.HtmlElement:
    """The page as a tree; every page of the corpus is UTF-8."""
    return html.document_fromstring(page, parser=html.HTMLParser(encoding="utf-8"))


def xpath(tree: html.HtmlElement, path: str) -> list[html.HtmlElement]:
    """``path`` with each ``{token}`` meaning: has this class token."""
    test = r"contains(concat(' ',normalize-space(@class),' '),' \1 ')"
    found: list[html.HtmlElement] = tree.xpath(re.sub(r"\{([\w-]+)\}", test, path))
    return found


def read_stand(printed: str | None) -> datetime | None:
    """``Stand: 28.04.2020 18:00 Uhr`` or ``Stand: 31.01.2026 • 06:03 Uhr``."""
    found = re.search(r"(\d\d)\.(\d\d)\.(\d{4}) (?:• )?(\d\d):(\d\d) Uhr", printed or "")
    if found is None:
        return None
    day, month, year, hour, minute = map(int, found.groups())
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


def printed_air_time(line: str) -> datetime | None:
    """The air time in a line under a player: ``12:00 Uhr, 20.10.2018`` or ``3.4.2023 · 08:07 Uhr``."""
    date = re.search(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", line)
    time = re.search(r"(\d\d):(\d\d) Uhr", line)
    if date is None or time is None:
        return None
    return datetime(int(date[3]), int(date[2]), int(date[1]), int(time[1]), int(time[2]), tzinfo=BERLIN)


def _one(tree: html.HtmlElement, path: str) -> str | None:
    return next((fold(element.text_content()) for element in xpath(tree, path)), None) or None


def _with_line_breaks(tree: html.HtmlElement) -> dict[str, str]:
    """Gold glues the words around ``<br>``; on the page they stand on lines of their own."""
    broken = {}
    for line_break in tree.iter("br"):
        for element in line_break.iterancestors("p", "div", "h2"):
            glued = fold(element.text_content())
            broken[glued] = fold("".join(_text_nodes(element)))
            break
    return broken


def _text_nodes(element: html.HtmlElement) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif isinstance(child.tag, str):
            yield from _text_nodes(child)
        yield child.tail or ""


def _links(tree: html.HtmlElement) -> Iterator[str]:
    for item in xpath(tree, "//div[{infokasten}]//ul[{list}]//a"):
        yield fold(item.text_content())


def _section(tree: html.HtmlElement) -> Iterator[str]:
    for link in xpath(tree, "//ul[{article-breadcrumb}]//a|//div[{breadcrumb}]//li[not({current})]/a"):
        if (name := fold(link.text_content())) and "Startseite" not in name:
            yield name


def _byline(line: str, tree: html.HtmlElement) -> tuple[str, str, str | None]:
    name, _, organisation = line.removeprefix("Von ").partition(", ")
    for portrait in xpath(tree, "//*[{authorline}]//img"):
        # The organisation may stand in the description of the portrait only.
        organisation = organisation or fold(portrait.get("alt")).removeprefix(f"{name}, ")
    return line, name, organisation or None


def _tags(tree: html.HtmlElement) -> Iterator[tuple[str, str]]:
    links = xpath(tree, "//ul[{taglist}]//a[{tag-btn}]") or tree.xpath("//a[@rel='tag']")
    for link in links:
        yield fold(link.text_content()), link.get("href").rstrip("/").rpartition("/")[2]


def _media(tree: html.HtmlElement) -> Iterator[tuple[str, str]]:
    for info in xpath(
        tree,
        "//p[{infotext}]"
        "|//*[{copytext__video__info} or {copytext__audio__info}]"
        "|//*[{copytext__video} or {copytext__audio}]//*[{mediaplayer-subline__info}]",
    ):
        title = info.xpath(".//h3|.//strong")[0]
        yield fold(title.text_content()), fold(info.text_content().replace(title.text_content(), "", 1))


def _airings(line: str) -> Iterator[Airing]:
    text = line.removeprefix("Dieses Thema im Programm: ")
    if "|" not in text:
        found = re.fullmatch(r".*? berichtete (?:d\w\w )?(.+?) am (\d\d)\. (\w+) (\d{4}) um (\d\d):(\d\d) Uhr\.", text)
        assert found is not None, text
        month = MONTHS[found[3]]
        at = datetime(int(found[4]), month, int(found[2]), int(found[5]), int(found[6]), tzinfo=BERLIN)
        yield Airing(raw=line, names=(found[1],), at=at)
        return
    for entry in re.split(r"(?<=Uhr), ", text):
        station, programme, date, time = entry.split(" | ")
        day, month, year = map(int, date.split("."))
        at = datetime(year, month, day, int(time[:2]), int(time[3:5]), tzinfo=BERLIN)
        yield Airing(raw=line, names=(station, programme), at=at)


def _infoboxes(tree: html.HtmlElement) -> Iterator[tuple[str, str]]:
    for box in xpath(tree, "//article//div[{infobox}]"):
        title = xpath(box, ".//*[{infobox__headline--textonly}]")[0]
        yield fold(title.text_content()), fold(" ".join(p.text_content() for p in box.iter("p")))


def _pictures(tree: html.HtmlElement) -> Iterator[Picture]:
    outside = (
        "not(ancestor::noscript or ancestor::*[{teaser-absatz} or {authorline} or {id-card} or {v-instance}"
        " or {infokasten} or {meldungsfooter}])"
    )
    for image in xpath(
        tree,
        f"//article//picture//img[{outside}]|//*[{{mediaplayer__wrapper}}]//picture//img"
        f"|//*[{{sectionZ}}]//*[{{mediaCon}}]//img[{{img}}][{outside}]",
    ):
        alt, _, credit = fold(image.get("title") or image.get("alt")).partition(" | ")
        caption = None
        for frame in xpath(image, "ancestor::*[{absatzbild}]"):
            for line in xpath(frame, ".//*[{absatzbild__info__text}]"):
                printed = xpath(line, ".//*[{absatzbild__info__copyright}]")
                whole = fold(line.text_content())
                caption = whole.removesuffix(fold(printed[0].text_content())).strip() if printed else whole
        yield Picture(
            alt=alt or None,
            caption=caption or None,
            credit=credit.removeprefix("Bildquelle: ") or None,
        )


def _teasers(tree: html.HtmlElement, url: str) -> Iterator[Teaser]:
    for teaser in xpath(tree, "//article//*[{teaser-absatz}]"):
        yield Teaser(
            url=urljoin(url, xpath(teaser, ".//a[{teaser-absatz__link}]")[0].get("href")),
            topline=_one(teaser, ".//*[{teaser-absatz__topline}]"),
            headline=_one(teaser, ".//*[{teaser-absatz__headline}]") or "",
        )
    for link in xpath(tree, "//div[{infokasten}]//h4[{headline}]//a|//div[{infokasten}]//ul[{list}]//a"):
        yield Teaser(url=urljoin(url, link.get("href")), topline=None, headline=fold(link.text_content()))


def _article_body(tree: html.HtmlElement) -> str | None:
    for script in tree.xpath("//script[@type='application/ld+json']"):
        block = json.loads(script.text)
        if isinstance(block, dict) and "articleBody" in block:
            return fold(unescape(block["articleBody"]))  # markup characters are escaped in some
    return None

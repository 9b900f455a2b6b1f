"""TEI P5, one document a revision: header with source, dates, authors and rights; text in its structure.

What it becomes, element by element, is in ``docs/export.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from lxml import etree

from newsarchive import __version__
from newsarchive.export.folder import ExportFolder
from newsarchive.export.names import file_name, row_id
from newsarchive.export.portion import Portion
from newsarchive.model.article import Article, Block, Byline, Image, Media, Update
from newsarchive.model.capture import Instant

NAMESPACE = "http://www.tei-c.org/ns/1.0"
_XML = "{http://www.w3.org/XML/1998/namespace}"

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 section 2.2 has no place for."""

_URI = "%!$&'()*+,;=:@/?"
_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")

_Parent = etree._Element


def write_tei(portion: Portion, folder: ExportFolder) -> None:
    """Add ``data/<site>/2026-11/<id>@<revision>.xml`` for each."""
    with folder.adding():
        for article in portion.articles:
            folder.add(f"data/{article.site}/{file_name(article)}.xml", tei_document(article))


def tei_document(article: Article) -> bytes:
    """The TEI document of ``article``."""
    root = etree.XML(f'<TEI xmlns="{NAMESPACE}"/>')
    if article.language:
        root.set(f"{_XML}lang", article.language)
    _header(root, article)
    body = _add(_add(root, "text"), "body")
    _article(_add(body, "div", type=article.kind), article)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _header(root: _Parent, article: Article) -> None:
    header = _add(root, "teiHeader")
    described = _add(header, "fileDesc")
    titles = _add(described, "titleStmt")
    _titles(titles, article)
    _authors(titles, article.authors)
    publication = _add(described, "publicationStmt")
    _add(publication, "distributor", "newsarchive")
    _add(publication, "idno", row_id(article), type="newsarchive")
    _add(publication, "idno", str(article.content_digest), type="content-digest")
    declared = [
        *(f"robots: {directive}" for directive in article.robots),
        *([article.rights] if article.rights else []),
    ]
    availability = _add(publication, "availability", status="restricted" if declared else "unknown")
    for line in declared or ["The page declares nothing about its use."]:
        _add(availability, "p", line)
    source = _add(_add(described, "sourceDesc"), "bibl")
    _titles(source, article)
    _authors(source, article.authors)
    _add(source, "publisher", article.site)
    for kind, at in _times(article):
        _add(source, "date", at.isoformat(), type=kind, when=at.isoformat())
    _add(source, "ref", article.url, target=_address(article.url))
    _add(source, "idno", article.capture.record_id, type="WARC-Record-ID")
    extractor = article.extractor
    application = _add(_add(_add(header, "encodingDesc"), "appInfo"), "application", ident="newsarchive")
    application.set("version", extractor.newsarchive)
    versions = f"trafilatura {extractor.trafilatura}, lxml {extractor.lxml}, reader {extractor.reader}"
    _add(application, "label", f"newsarchive {extractor.newsarchive}, {versions}; TEI by newsarchive {__version__}")
    _profile(header, article)


def _profile(header: _Parent, article: Article) -> None:
    profile = _add(header, "profileDesc")
    if article.description:
        _add(_add(profile, "abstract"), "p", article.description)
    if article.language:
        _add(_add(profile, "langUsage"), "language", article.language, ident=article.language)
    classes = _add(profile, "textClass")
    _add(classes, "classCode", article.kind, scheme="#kind")
    if article.label:
        _add(classes, "classCode", article.label, scheme="#label")
    for scheme, terms in (("#section", article.section), ("#tag", tuple(tag.name for tag in article.tags))):
        if terms:
            keywords = _add(classes, "keywords", scheme=scheme)
            for term in terms:
                _add(keywords, "term", term)


def _times(article: Article) -> Iterator[tuple[str, Instant]]:
    named = {
        "published": article.published_at,
        "first-published": article.first_published_at,
        "modified": article.modified_at,
        "stand": article.stand,
        "captured": article.capture.captured_at,
        "unavailable-after": article.unavailable_after,
    }
    return ((name, at) for name, at in named.items() if at is not None)


def _titles(parent: _Parent, article: Article) -> None:
    _add(parent, "title", article.headline or article.url, type="main")
    if article.topline:
        _add(parent, "title", article.topline, type="sub")


def _authors(parent: _Parent, authors: Iterable[Byline]) -> None:
    for author in authors:
        element = _add(parent, "author")
        if author.name:
            _add(element, "persName", author.name)
        if author.organisation:
            _add(element, "orgName", author.organisation)
        if not len(element):
            element.text = _clean(author.raw)


def _article(div: _Parent, article: Article) -> None:
    if article.topline:
        _add(div, "head", article.topline, type="topline")
    if article.headline:
        _add(div, "head", article.headline, type="headline")
    _paragraphs(div, article.lead, rend="lead")
    for image in article.images:
        if image.role == "head":
            _image(div, image)
    for media in article.media:
        if media.role == "head":
            _media(div, media)
    _blocks(div, article.body, article)
    for update in article.updates:
        _update(_add(div, "div", type="update"), update, article)
    if not len(div) or div[-1].tag.endswith("}head"):
        _add(div, "p")


def _blocks(div: _Parent, blocks: Iterable[Block], article: Article) -> None:
    """The blocks in order; each heading begins a division, which in TEI nothing but another can follow."""
    current = div
    for block in blocks:
        if block.kind == "heading":
            _close(current, div)
            current = _add(div, "div", type="section", n=str(block.level or 2))
            _add(current, "head", block.text)
        else:
            _block(current, block, article)
    _close(current, div)


def _close(current: _Parent, div: _Parent) -> None:
    """A division that has a heading alone gets an empty paragraph, for validity."""
    if current is not div and len(current) == 1:
        _add(current, "p")


def _block(parent: _Parent, block: Block, article: Article) -> None:
    match block.kind:
        case "quote":
            _add(parent, "quote", block.text)
        case "list" if block.items:
            entries = _add(parent, "list")
            for item in block.items:
                _add(entries, "item", item)
        case "table" if any(block.rows):
            table = _add(parent, "table")
            if block.title:
                _add(table, "head", block.title)
            for cells in filter(None, block.rows):
                row = _add(table, "row")
                for cell in cells:
                    _add(row, "cell", cell)
        case "infobox":
            box = _add(_add(parent, "floatingText", type="infobox"), "body")
            if block.title:
                _add(box, "head", block.title)
            _paragraphs(box, block.text or "")
        case "image" if block.ref is not None:
            _image(parent, article.images[block.ref])
        case "video" | "audio" if block.ref is not None:
            _media(parent, article.media[block.ref])
        case "embed":
            figure = _add(parent, "figure", type="embed")
            _link(_add(figure, "figDesc"), block.url, block.service or block.url)
        case _:
            _paragraphs(parent, block.text)


def _update(div: _Parent, update: Update, article: Article) -> None:
    if update.id:
        div.set("n", _clean(update.id))
    if update.heading:
        _add(div, "head", update.heading)
    if update.time_raw:
        date = _add(_add(div, "dateline"), "date", update.time_raw)
        if update.time is not None:
            date.set("when", update.time.isoformat())
    _paragraphs(div, update.text or "")
    for part in update.parts:
        _block(div, part, article)


def _image(parent: _Parent, image: Image) -> None:
    figure = _add(parent, "figure", type="image")
    if image.url:
        _add(figure, "graphic", url=_address(image.url))
    if image.caption:
        _add(figure, "head", image.caption)
    if image.alt:
        _add(figure, "figDesc", image.alt)
    if image.credit:
        _add(figure, "p", image.credit, rend="credit")


def _media(parent: _Parent, media: Media) -> None:
    figure = _add(parent, "figure", type=media.kind)
    if media.title or media.caption:
        _add(figure, "head", media.title or media.caption)
    if media.page_url or media.raw:
        _link(_add(figure, "figDesc"), media.page_url, media.raw or media.page_url)


def _link(parent: _Parent, url: str | None, text: str | None) -> None:
    if url is None:
        parent.text = _clean(text or "")
    else:
        _add(parent, "ref", text, target=_address(url))


def _paragraphs(parent: _Parent, text: str | None, **attributes: str) -> None:
    """The paragraphs of ``text``, which blank lines part, their lines kept; one even where it is empty."""
    for paragraph in () if text is None else text.split("\n\n"):
        element = _add(parent, "p", **attributes)
        first, *lines = paragraph.split("\n")
        element.text = _clean(first)
        for line in lines:
            _add(element, "lb").tail = _clean(line)


def _address(url: str) -> str:
    """``url`` with what a URI has no place for written as it wants it (RFC 3986); pages are less strict."""
    address, mark, fragment = url.partition("#")
    return _PERCENT.sub("%25", quote(address, safe=_URI) + mark + quote(fragment, safe=_URI))


def _add(parent: _Parent, name: str, text: str | None = None, **attributes: str) -> _Parent:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        element.text = _clean(text)
    for key, value in attributes.items():
        element.set(key, _clean(value))
    return element


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)

"""The body of an article: the one place that calls trafilatura, with every option pinned.

A reader that knows the layout hands over *pieces* in page order: elements whose text is body text, and finished
parts (media, images, boxes, embeds). They become a small neutral tree with a numbered mark before each piece;
trafilatura reads that tree, and the marks say which piece each result came from. So the reader decides what
trafilatura sees, most of the cost (parsing and scoring what is thrown away) never arises, and a piece that
trafilatura would drop is noticed.

For a page nobody knows, trafilatura is given the whole tree and finds the article by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, TypeAlias

import trafilatura
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.settings import DEFAULT_CONFIG

from newsarchive.extraction.elements import Element, line_of, text_of
from newsarchive.extraction.normalize import fold, fold_lines
from newsarchive.model.article import Block, Image, Media, Problem
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import to_line

Part: TypeAlias = Block | Image | Media
"""A finished part of the body; images and media get their block when the article is put together."""

Piece: TypeAlias = Element | Part
"""What a reader chooses for the body: an element for trafilatura to read, or a finished part."""

_COMMON: dict[str, Any] = {
    "include_comments": False,
    "include_tables": True,
    "include_images": True,
    "include_formatting": False,
    "include_links": False,
    "deduplicate": False,  # its memory outlives the page: the same page would read differently the second time
    "favor_precision": False,
    "target_language": None,
    "only_with_metadata": False,
    "with_metadata": False,
    "output_format": "python",
}
_PIECES = {**_COMMON, "fast": True, "favor_recall": True}
_PAGE = {**_COMMON, "fast": False, "favor_recall": False}
_SIZES = {"MIN_EXTRACTED_SIZE": "0", "MIN_OUTPUT_SIZE": "1", "MAX_TREE_SIZE": "", "EXTENSIVE_DATE_SEARCH": "off"}

# trafilatura keeps an image only when its address looks like one.
_MARK = re.compile(r"piece-(\d+)\.jpg")
_TEXT_KINDS = {"paragraph", "heading", "list", "quote", "table"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


def _config() -> ConfigParser:
    config = ConfigParser()
    config.read_dict(DEFAULT_CONFIG)
    config["DEFAULT"].update(_SIZES)
    return config


_CONFIG = _config()

OPTIONS_DIGEST = Digest.of(to_line([_PIECES, _PAGE, sorted(_CONFIG["DEFAULT"].items())]))
"""Digest over every option that decides what trafilatura returns."""

TRAFILATURA_VERSION = version("trafilatura")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What was read: finished parts in page order, and doubts."""

    parts: tuple[Part, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What trafilatura itself finds about a page nobody knows. ``date`` is a day, ``2026-01-06``."""

    title: str | None
    author: str | None
    date: str | None
    description: str | None
    tags: tuple[str, ...]


def read_pieces(pieces: Iterable[Piece]) -> Body:
    """Read the body that a reader chose."""
    (parts,), problems = read_groups([pieces])
    return Body(parts=parts, problems=problems)


def read_groups(groups: Iterable[Iterable[Piece]]) -> tuple[tuple[tuple[Part, ...], ...], tuple[Problem, ...]]:
    """(the parts of each group, doubts about all) of a body that a reader chose in groups: itself, then the entries of
    a live blog. trafilatura reads all of it at once."""
    listed = [list(pieces) for pieces in groups]
    chosen = [
        (number, _as_seen(piece) if isinstance(piece, etree._Element) else piece)
        for number, pieces in enumerate(listed)
        for piece in pieces
    ]
    group_of = [number for number, part in chosen if part is not None]
    parts = [part for _, part in chosen if part is not None]
    texts = {number: part for number, part in enumerate(parts) if isinstance(part, Block) and part.kind in _TEXT_KINDS}
    read = _by_mark(_run(_neutral_tree(texts), _PIECES)) if texts else {}
    differing = {number for number, seen in texts.items() if not _says_the_same(read.get(number, []), seen)}
    bodies: list[list[Part]] = [[] for _ in listed]
    for number, part in enumerate(parts):
        body, seen = bodies[group_of[number]], texts.get(number)
        if seen is None or number in differing:
            body.append(part)
        else:
            # trafilatura reads no caption of a table.
            body.extend(replace(block, title=seen.title) if seen.title else block for block in read[number])
    message = f"trafilatura read {len(differing)} piece(s) otherwise than the page shows them; what it shows was kept."
    problems = (Problem(code="body-differs", message=message),) if differing else ()
    return tuple(map(tuple, bodies)), problems


def read_page(tree: Element) -> Body:
    """Read the body of a whole page, whose article nobody has pointed out."""
    found = _run(_for_trafilatura(tree), _PAGE)
    parts: list[Part] = []
    for element in found if found is not None else ():
        if element.tag == "graphic":
            image = Image(
                url=element.get("src"),
                alt=fold(element.get("alt")),
                caption=fold(element.get("title")),
                credit=None,
                role="body",
            )
            parts.append(image)
        elif (block := _block(element)) is not None:
            parts.append(block)
    return Body(parts=tuple(parts))


def read_metadata(tree: Element, url: str, captured_at: datetime) -> Metadata:
    """Fallback metadata of a whole page. The capture time bounds the dates, so that today never does."""
    bounds = {
        "original_date": True,
        "extensive_search": False,
        "max_date": captured_at.astimezone(UTC).strftime("%Y-%m-%d"),
    }
    found = trafilatura.extract_metadata(_for_trafilatura(tree), default_url=url, date_config=bounds)
    tags = (part for tag in found.tags or () for part in re.split(r"[,;]", tag))
    return Metadata(
        title=fold(found.title),
        author=fold(found.author),
        date=found.date,
        description=fold(found.description),
        tags=tuple(name for tag in tags if (name := fold(tag))),
    )


def _for_trafilatura(tree: Element) -> HtmlElement:
    """A copy in the element class that trafilatura knows, and may change as it likes."""
    return document_fromstring(
        etree.tostring(tree, encoding="utf-8", method="html"), parser=HTMLParser(encoding="utf-8")
    )


def _run(tree: HtmlElement, options: dict[str, Any]) -> etree._Element | None:
    found = trafilatura.bare_extraction(tree, config=_CONFIG, **options)
    return None if found is None or isinstance(found, dict) else found.body


def _as_seen(element: Element) -> Block | None:
    """The block a person sees in ``element``: what trafilatura is given, and what its reading is held against."""
    tag = str(element.tag)
    if tag in {"ul", "ol"}:
        items = tuple(item for entry in element.iterchildren("li") if (item := line_of(entry)))
        return Block(kind="list", items=items) if items else None
    if tag == "table":
        rows = (tuple(line_of(cell) or "" for cell in row.iterchildren("td", "th")) for row in element.iter("tr"))
        filled = tuple(row for row in rows if any(row))
        caption = next(element.iter("caption"), None)
        title = None if caption is None else line_of(caption)
        return Block(kind="table", rows=filled, title=title) if filled else None
    text = fold_lines(text_of(element))
    if text is None:
        return None
    if tag in _HEADINGS:
        return Block(kind="heading", text=fold(text), level=int(tag[1]))
    return Block(kind="quote" if tag == "blockquote" else "paragraph", text=text)


def _neutral_tree(texts: Mapping[int, Block]) -> HtmlElement:
    """A page of nothing but ``texts``, without attributes and inline markup, which could only mislead scoring."""
    tree = etree.fromstring("<html><body><article></article></body></html>", HTMLParser())
    root = next(tree.iter("article"))
    for number, block in texts.items():
        root.append(root.makeelement("img", src=f"piece-{number}.jpg"))
        root.append(_neutral(root, block))
    # Without something after it, trafilatura drops a heading that ends the article.
    root.append(root.makeelement("img", src="piece-end.jpg"))
    return tree


def _neutral(root: HtmlElement, block: Block) -> HtmlElement:
    if block.kind == "list":
        element = root.makeelement("ul")
        for item in block.items:
            _append(element, "li", item)
    elif block.kind == "table":
        element = root.makeelement("table")
        for row in block.rows:
            new_row = _append(element, "tr", None)
            for cell in row:
                _append(new_row, "td", cell)
    else:
        tag = f"h{block.level}" if block.kind == "heading" else "blockquote" if block.kind == "quote" else "p"
        element = root.makeelement(tag)
        element.text, *lines = (block.text or "").split("\n")
        for line in lines:
            _append(element, "br", None).tail = line
    return element


def _append(parent: HtmlElement, tag: str, text: str | None) -> HtmlElement:
    child = parent.makeelement(tag)
    child.text = text
    parent.append(child)
    return child


def _by_mark(body: etree._Element | None) -> dict[int, list[Block]]:
    """The blocks trafilatura returned, by the number of the mark they stand behind."""
    read: dict[int, list[Block]] = {}
    current: list[Block] = []
    for element in body if body is not None else ():
        if element.tag == "graphic":
            found = _MARK.fullmatch(element.get("src", ""))
            current = read.setdefault(int(found[1]), []) if found else []
        elif (block := _block(element)) is not None:
            current.append(block)
    return read


def _block(element: etree._Element) -> Block | None:
    """A block from trafilatura's own vocabulary (TEI-like: p, head, list, item, quote, table, row, cell, lb)."""
    text = fold_lines(_lines(element))
    if element.tag == "head" and text:
        return Block(kind="heading", text=fold(text), level=int((element.get("rend") or "h2")[-1]))
    if element.tag == "list":
        items = tuple(item for entry in element.iter("item") if (item := fold(_lines(entry))))
        return Block(kind="list", items=items) if items else None
    if element.tag == "table":
        rows = tuple(tuple(fold(_lines(cell)) or "" for cell in row.iter("cell")) for row in element.iter("row"))
        return Block(kind="table", rows=rows) if rows else None
    if not text:
        return None
    return Block(kind="quote" if element.tag == "quote" else "paragraph", text=text)


def _lines(element: etree._Element) -> str:
    pieces: list[str] = []
    for node in element.iter():
        if node.tag in {"lb", "p"} and node is not element:
            pieces.append("\n")
        pieces.append(node.text or "")
        if node is not element:
            pieces.append(node.tail or "")
    return "".join(pieces)


def _says_the_same(read: list[Block], seen: Block) -> bool:
    return read == [seen] or _characters(read) == _characters([seen])


def _characters(blocks: Iterable[Block]) -> str:
    """Every character of ``blocks`` that is not white space, to compare two readings."""
    return "".join("".join(_texts(block)) for block in blocks).translate(_NO_SPACE)


_NO_SPACE = {ord(space): None for space in " \n\t"}


def _texts(block: Block) -> Iterator[str]:
    yield block.text or ""
    yield from block.items
    for row in block.rows:
        yield from row

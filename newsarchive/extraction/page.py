"""A stored capture decoded and parsed once: text, tree, JSON-LD, meta elements.

Decoding undoes the content coding (bounded, so that a gzip bomb cannot fill the memory) and finds the
character encoding the way browsers do (WHATWG Encoding, HTML section 13.2.3), with one difference: what the
bytes plainly contradict is not believed, and said in ``problems``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

from newsarchive.extraction.coding import CannotDecode, undo_coding
from newsarchive.extraction.elements import Element
from newsarchive.model.article import Problem
from newsarchive.model.capture import StoredCapture

MAX_BODY_BYTES = 32 * 1024 * 1024
"""More than this, decoded, is no news page: the largest seen has 2.9 MB."""

MAX_PAGE_BYTES = 8 * 1024 * 1024
"""The largest page that is parsed as HTML, in bytes of decoded text."""

MAX_DEPTH = 200
"""Elements nested deeper than this are cut off; real pages have about 40 levels."""


class Unreadable(Exception):
    """The capture cannot be read as a page; ``problem`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code=code, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A body without its content coding: ``body`` bytes, and ``text`` read in ``encoding``."""

    url: str
    captured_at: datetime
    body: bytes
    text: str
    encoding: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A parsed HTML page. ``tree`` is the ``html`` element and belongs to the page: readers do not change it.

    ``json_ld``: every object of every JSON-LD script, ``@graph`` and lists flattened, in page order.
    ``metas``: (name or property, content) of the meta elements, in page order, names lower-cased.
    ``base``: what its ``base`` element says addresses on it are relative to, if not to the page itself.
    """

    url: str
    captured_at: datetime
    tree: Element
    json_ld: tuple[dict[str, Any], ...]
    metas: tuple[tuple[str, str], ...]
    base: str | None = None
    problems: tuple[Problem, ...] = ()

    def meta(self, name: str) -> str | None:
        """Content of the first non-empty meta element called ``name`` (``name`` or ``property``)."""
        return next((content for key, content in self.metas if key == name and content), None)

    def absolute(self, address: str | None) -> str | None:
        """``address`` resolved against the page, as ``absolute`` does."""
        return absolute(self.base or self.url, address)


def absolute(base: str, address: str | None) -> str | None:
    """``address`` resolved against ``base``; ``None`` for none, for scripts and for what is no address."""
    if not address or not (address := address.strip()):
        return None
    try:
        resolved = urljoin(base, address)
        return resolved if urlsplit(resolved).scheme in {"http", "https"} else None
    except ValueError:
        return None


def decode(stored: StoredCapture) -> Document:
    """Undo content coding and character encoding. Raises ``Unreadable``."""
    try:
        body, problems = undo_coding(stored.payload, stored.header("content-encoding") or "", max_bytes=MAX_BODY_BYTES)
    except CannotDecode as error:
        raise Unreadable(error.problem.code, error.problem.message) from None
    text, encoding, doubts = _decode_characters(body, stored.header("content-type") or stored.content_type)
    return Document(
        url=stored.url,
        captured_at=stored.ref.captured_at,
        body=body,
        text=text,
        encoding=encoding,
        problems=(*problems, *doubts),
    )


def parse(document: Document) -> Page:
    """Parse a decoded body as HTML. Raises ``Unreadable`` when there is nothing to parse."""
    if not document.text.strip():
        raise Unreadable("empty-body", "The body is empty.")
    if len(document.body) > MAX_PAGE_BYTES:
        raise Unreadable("page-too-large", f"The page has {len(document.body)} bytes, more than {MAX_PAGE_BYTES}.")
    if "\x00" in document.text[:1024]:
        raise Unreadable("not-html", "The body is binary data, not a page.")
    # Parsed from UTF-8 bytes: lxml would otherwise copy the text into UCS-4 first and trip over a declared encoding.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    plain = document.encoding == "utf-8" and not document.problems and b"\x00" not in document.body
    text = document.text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    data = document.body if plain else text.encode("utf-8", "replace")
    try:
        tree = etree.fromstring(data, parser)
    except etree.LxmlError as error:
        raise Unreadable("not-html", f"The body cannot be parsed as HTML: {error}") from None
    if tree is None or tree.tag != "html":
        raise Unreadable("not-html", "The body holds no HTML element.")
    json_ld, ld_problems = _read_json_ld(tree)
    return Page(
        url=document.url,
        captured_at=document.captured_at,
        tree=tree,
        json_ld=json_ld,
        metas=tuple(_read_metas(tree)),
        base=_read_base(tree, document.url),
        problems=(*document.problems, *_cut_depth(tree), *ld_problems),
    )


def _read_base(tree: Element, url: str) -> str | None:
    """The base address: of the first ``base`` element that has one (HTML standard, section 2.4.3)."""
    addresses = (element.get("href") for element in tree.iter("base"))
    return absolute(url, next((address for address in addresses if address is not None), None))


def read_json(text: str | None) -> Any:
    """``text`` as JSON, ``None`` when it is none. Lone surrogates, which no UTF-8 file can hold, are replaced."""
    if not text:
        return None
    try:
        value = json.loads(text, strict=False)
        return _mend(value) if "\\ud" in text.lower() else value
    except (ValueError, RecursionError):
        return None


def _mend(value: Any) -> Any:
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _decode_characters(body: bytes, content_type: str | None) -> tuple[str, str, tuple[Problem, ...]]:
    bom_encoding, bom = read_bom(body)
    if bom_encoding is not None and bom is not None:
        return body[len(bom) :].decode(bom_encoding, "replace"), bom_encoding, ()
    printed = http_content_type_encoding(content_type) or html_body_declared_encoding(body)
    declared = resolve_encoding(printed) if printed else None
    text = _try(body, "utf-8")
    if text is not None:
        # Text in another encoding is practically never valid UTF-8 by chance unless it is plain ASCII.
        honest = declared in {None, "utf-8", "ascii"} or body.isascii()
        return text, "utf-8", () if honest else (_wrong_charset(str(printed), "utf-8"),)
    if declared is not None and declared != "utf-8" and (text := _try(body, declared)) is not None:
        return text, declared, ()
    text = body.decode("cp1252", "replace")
    if text.count("\N{REPLACEMENT CHARACTER}") * 100 > len(text) or (declared == "utf-8" and _mostly_utf8(body)):
        return body.decode("utf-8", "replace"), "utf-8", (_wrong_charset(printed or "none", "utf-8 with errors"),)
    return text, "cp1252", (_wrong_charset(printed or "none", "cp1252"),)


def _mostly_utf8(body: bytes) -> bool:
    """Whether of the bytes outside ASCII most form UTF-8 sequences: a few broken bytes, not another encoding."""
    outside = sum(byte > 0x7F for byte in body)
    return body.decode("utf-8", "replace").count("\N{REPLACEMENT CHARACTER}") * 4 < outside


def _try(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError):  # codecs that are no charsets (idna, undefined) raise the former
        return None


def _wrong_charset(declared: str, used: str) -> Problem:
    return Problem(code="charset-wrong", message=f"Declared character encoding: {declared}; read as {used}.")


def _read_metas(tree: Element) -> Iterator[tuple[str, str]]:
    for element in tree.iter("meta"):
        name = element.get("name") or element.get("property")
        if name:
            yield name.strip().lower(), (element.get("content") or "").strip()


def _read_json_ld(tree: Element) -> tuple[tuple[dict[str, Any], ...], tuple[Problem, ...]]:
    objects: list[dict[str, Any]] = []
    broken = 0
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() == "application/ld+json":
            value = read_json(script.text)
            broken += value is None
            objects.extend(_flatten(value))
    if not broken:
        return tuple(objects), ()
    return tuple(objects), (Problem(code="json-ld-broken", message=f"{broken} JSON-LD script(s) are no JSON."),)


def _flatten(value: Any) -> Iterator[dict[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        if isinstance(graph := item.get("@graph"), list):
            yield from (node for node in graph if isinstance(node, dict))
        else:
            yield item


_TOO_DEEP = etree.XPath(f"boolean(/{'/'.join('*' * (MAX_DEPTH + 1))})")


def _cut_depth(tree: Element) -> tuple[Problem, ...]:
    """Cut what is nested too deep, before any recursive code meets it."""
    if not _TOO_DEEP(tree):
        return ()
    depth = 0
    cut = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth == MAX_DEPTH:
            cut.append(element)
    for element in cut:
        for child in list(element):
            element.remove(child)
    message = f"Elements nested deeper than {MAX_DEPTH} levels were left out."
    return (Problem(code="nesting-too-deep", message=message),)

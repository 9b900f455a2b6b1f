"""What a stored page or style sheet loads: pictures, style sheets, scripts, fonts, subtitles, frames. Pure.

Links that a reader would follow are left out: what is meant is what makes the page look as it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urldefrag

from newsarchive.extraction.elements import Element
from newsarchive.extraction.page import Page, Unreadable, absolute, decode, parse
from newsarchive.model.capture import StoredCapture

MAX_REFERENCES = 1_000
"""So many addresses of one page are looked for; real ones load about 100."""

_PAGES = frozenset({"application/xhtml+xml", "text/html"})
_LOADED = frozenset({"apple-touch-icon", "icon", "mask-icon", "stylesheet"})
"""Link types (HTML section 4.6.7) whose address is loaded, and of use to look at the page."""

_ATTRIBUTES = {
    "audio": ("src",),
    "embed": ("src",),
    "frame": ("src",),
    "iframe": ("src",),
    "image": ("href", "{http://www.w3.org/1999/xlink}href", "xlink:href"),
    "img": ("src",),
    "input": ("src",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src",),
    "track": ("src",),
    "video": ("src", "poster"),
}
"""Attributes that hold one address; ``srcset`` and ``style`` are looked at on every element."""

_ADDRESS = re.compile(r"[^\s,]\S*")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ENDING = re.compile(r"[a-z]+")
_CSS_ADDRESS = re.compile(
    r"""url\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"'()\s]+))\s*\)|@import\s+(?:"([^"\n]*)"|'([^'\n]*)')""", re.IGNORECASE
)


def references(stored: StoredCapture) -> tuple[str, ...]:
    """The addresses that ``stored`` loads, each once, in their order, at most ``MAX_REFERENCES``.

    None where it is neither HTML nor CSS, or cannot be read.
    """
    media_type = (stored.content_type or "").partition(";")[0].strip().lower()
    try:
        if media_type == "text/css":
            found = _in_css(decode(stored).text, stored.url)
        elif media_type in _PAGES:
            found = _in_page(parse(decode(stored)))
        else:
            return ()
    except Unreadable:
        return ()
    kept: dict[str, None] = {}
    for address in found:
        if len(kept) == MAX_REFERENCES:
            break
        kept[urldefrag(address).url] = None
    return tuple(kept)


def picture_choices(stored: StoredCapture) -> tuple[tuple[str, ...], ...]:
    """For each picture that a page offers in several forms (HTML section 4.8.4): their addresses, in their order.

    At most ``MAX_REFERENCES`` addresses in all.
    """
    if (stored.content_type or "").partition(";")[0].strip().lower() not in _PAGES:
        return ()
    try:
        page = parse(decode(stored))
    except Unreadable:
        return ()
    left = MAX_REFERENCES
    choices: list[tuple[str, ...]] = []
    for picture in page.tree.iter("picture", "img"):
        if picture.tag == "img" and (parent := picture.getparent()) is not None and parent.tag == "picture":
            continue
        found = dict.fromkeys(_in_elements(picture.iter("source", "img"), page.base or page.url))
        left -= len(found)
        if left < 0:
            break
        if len(found) > 1:
            choices.append(tuple(found))
    return tuple(choices)


def picture_name(url: str) -> str | None:
    """What addresses of one picture in several forms have in common; ``None`` where the address does not tell.

    Image servers put the form behind an id that nothing else has: ``…/<uuid>/…/16x9-big/name.webp?width=640``.
    """
    *folders, file = url.partition("?")[0].split("/")
    name, _, ending = file.rpartition(".")
    if "#" in url or folders[:2] not in (["http:", ""], ["https:", ""]) or not name or not _ENDING.fullmatch(ending):
        return None
    # The last folder is the form, so the id stands before it.
    place = max((at for at, folder in enumerate(folders[3:-1], start=3) if _ID.fullmatch(folder)), default=None)
    return "/".join((*folders[:-1], name)) if place is not None and all(folders[place:]) else None


def _in_page(page: Page) -> Iterator[str]:
    return _in_elements(page.tree.iter(), page.base or page.url)


def _in_elements(elements: Iterable[Element], base: str) -> Iterator[str]:
    for element in elements:
        for address in _of_element(element, base):
            if (resolved := absolute(base, address)) is not None:
                yield resolved


def _of_element(element: Element, base: str) -> Iterator[str]:
    tag = str(element.tag)
    yield from (value for name in _ATTRIBUTES.get(tag, ()) if (value := element.get(name)))
    if tag == "link" and (href := element.get("href")) and _LOADED & {*(element.get("rel") or "").lower().split()}:
        yield href
    for name in ("srcset", "imagesrcset"):
        yield from _in_srcset(element.get(name) or "")
    if style := element.get("style"):
        yield from _in_css(style, base)
    if tag == "style" and element.text:
        yield from _in_css(element.text, base)


def _in_srcset(text: str) -> Iterator[str]:
    """The addresses of the candidates (HTML section 4.8.4.2.2); one may have commas in it, but not at its ends."""
    at = 0
    while match := _ADDRESS.search(text, at):
        address = match[0].rstrip(",")
        yield address
        # Unless a comma ended it there and then, width or density follow, up to the next comma.
        comma = match.end() if address != match[0] else text.find(",", match.end())
        if comma < 0:
            return
        at = comma


def _in_css(text: str, base: str) -> Iterator[str]:
    for match in _CSS_ADDRESS.finditer(text):
        if (resolved := absolute(base, next(filter(None, match.groups()), None))) is not None:
            yield resolved

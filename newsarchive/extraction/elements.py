"""What an element of a page says: its text as a person sees it, its classes, and what stands below it by class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from lxml import etree

from newsarchive.extraction.normalize import fold

Element: TypeAlias = etree._Element
"""An element of a page. Not lxml.html's own class: looking that up for every element would cost a third more."""

_BREAKING = {"br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6"}
_UNSEEN = {"script", "style", "noscript", "template", "svg"}


def text_of(element: Element) -> str | None:
    """The text a person sees in ``element``, lines broken where ``br`` and blocks break them.

    Not yet in the one spelling of ``normalize``. ``None`` when there is nothing but white space.
    """
    if len(element) == 0:
        return " ".join((element.text or "").split()) or None
    pieces: list[str] = []
    _collect(element, pieces)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line) or None


def _collect(element: Element, pieces: list[str]) -> None:
    if element.text:
        # A line break in the source is white space; only markup breaks lines.
        pieces.append(element.text.replace("\n", " "))
    for child in element:
        if child.tag in _BREAKING:
            pieces.append("\n")
        if isinstance(child.tag, str) and child.tag not in _UNSEEN:
            _collect(child, pieces)
        if child.tag in _BREAKING:
            pieces.append("\n")
        if child.tail:
            pieces.append(child.tail.replace("\n", " "))


def line_of(element: Element | None) -> str | None:
    """The text of ``element`` on one line, in the one spelling of ``normalize``."""
    return None if element is None else fold(text_of(element))


def classes_of(element: Element) -> frozenset[str]:
    """The class names of ``element``; their order means nothing and changes between pages."""
    return frozenset((element.get("class") or "").split())


def with_class(root: Element, name: str, *tags: str) -> Iterator[Element]:
    """The elements below ``root`` of the class ``name``, in page order; of these tags only, which is what makes it
    cheap on a whole page."""
    for element in root.iter(*tags):
        if name in (element.get("class") or "").split():
            yield element


class ByClass:
    """The elements below one element by class name, in page order, found in a single walk."""

    def __init__(self, root: Element) -> None:
        self._found: dict[str, list[Element]] = {}
        for element in root.iterdescendants(etree.Element):
            if names := element.get("class"):
                for name in set(names.split()):
                    self._found.setdefault(name, []).append(element)

    def all(self, name: str) -> list[Element]:
        """Every element of the class ``name``."""
        return self._found.get(name, [])

    def first(self, name: str) -> Element | None:
        """The first element of the class ``name``."""
        return next(iter(self.all(name)), None)

    def line(self, name: str) -> str | None:
        """The text of the first element of the class ``name`` that has any, on one line."""
        return next((text for element in self.all(name) if (text := line_of(element))), None)


def is_inside(element: Element, tag: str, below: Element | None = None) -> bool:
    """Whether ``element`` stands in an element ``tag``; ancestors are looked at up to ``below``."""
    for holder in element.iterancestors():
        if holder is below:
            return False
        if holder.tag == tag:
            return True
    return False

"""XML of strangers: parsed without entities of its own, without DTDs and without the network."""

from __future__ import annotations

from lxml import etree

from newsarchive.extraction.elements import Element


class BrokenXml(ValueError):
    """The bytes are no XML; the message says where."""


def parse_xml(body: bytes, *, broken: bool = False) -> Element:
    """The root element of ``body``, comments and processing instructions left out.

    ``broken``: read what can be read of a file that ends early or is damaged. Raises ``BrokenXml`` for what is no XML,
    and for a document type, which can declare entities and which none of the formats read here needs.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,  # keeps the limits of libxml2 on depth and size
        remove_comments=True,
        remove_pis=True,
        recover=broken,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.LxmlError, ValueError) as error:
        raise BrokenXml(str(error)) from None
    if root is None:
        raise BrokenXml("nothing in it is an element")
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenXml("it declares a document type")
    return root


def local_name(element: Element) -> str:
    """The name of ``element`` without its namespace."""
    # etree.QName refuses the names that damaged files have.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def namespace(element: Element) -> str:
    """The namespace of ``element``, empty where it has none."""
    return element.tag.rpartition("}")[0].removeprefix("{") if isinstance(element.tag, str) else ""

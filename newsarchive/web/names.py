"""What codes of the record are called: English labels, to be translated where they are shown."""

from __future__ import annotations

from types import MappingProxyType

KINDS = MappingProxyType(
    {
        "article": "Article",
        "liveblog": "Live blog",
        "video": "Video",
        "audio": "Audio",
        "gallery": "Gallery",
        "listing": "Listing",
    }
)
"""Kinds of articles."""

GONE = MappingProxyType(
    {
        "http-404": "the page is not found any more (404)",
        "http-410": "the page is gone (410)",
        "moved-away": "the address leads to what is no article",
        "moved": "the address leads to another article",
        "depublished": "the page says that it was taken down",
    }
)
"""Reasons why an article is gone, as ``model/revision.py`` has them."""

FIELDS = MappingProxyType(
    {
        "label": "label",
        "topline": "topline",
        "headline": "headline",
        "lead": "lead",
        "authors": "authors",
        "body": "text",
        "media": "players",
        "images": "pictures",
        "updates": "entries",
        "corrections": "corrections",
    }
)
"""Editorial fields: those in which revisions differ."""

TIMES = MappingProxyType(
    {
        "stand": "Stand",
        "published_at": "published",
        "modified_at": "changed technically",
        "first_published_at": "first published",
        "unavailable_after": "to be taken down",
    }
)
"""Times of the record that a printed time feeds."""

PASSAGES = MappingProxyType(
    {
        "label": "Label",
        "topline": "Topline",
        "headline": "Headline",
        "lead": "Lead",
        "author": "Author",
        "paragraph": "Paragraph",
        "heading": "Subheading",
        "list": "List",
        "quote": "Quotation",
        "table": "Table",
        "infobox": "Box",
        "embed": "Embedded",
        "image": "Picture",
        "picture": "Picture",
        "video": "Video",
        "audio": "Audio",
        "correction": "Correction",
        "time": "Time",
    }
)
"""What a reader calls the kinds of passages."""

EVENTS = MappingProxyType(
    {"first": "first captured", "revision": "changed", "removed": "removed", "returned": "there again"}
)
"""What a reader calls the kinds of events."""

HAPPENINGS = MappingProxyType(
    {"edit": "changed", "silent": "silently changed", "removed": "removed", "returned": "there again"}
)
"""Kinds of what happens to articles, as ``collection/events.py`` has them."""

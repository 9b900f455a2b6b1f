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

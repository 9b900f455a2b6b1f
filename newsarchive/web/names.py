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

OUTCOMES = MappingProxyType(
    {
        "finished": "came to its end",
        "interrupted": "was interrupted",
        "limited": "reached its limit",
        "failed": "failed",
        "recovered": "was killed and recovered",
    }
)
"""How runs end."""

REASONS = MappingProxyType(
    {
        **GONE,
        "not-wanted": "outside the days asked for",
        "limit": "left over by the limit",
        "stopped": "left over when the crawl was stopped",
        "robots-disallowed": "robots.txt asks not to fetch it",
        "robots-unavailable": "robots.txt could not be had",
        "host-given-up": "the host asks for too much patience, or failed too often",
        "host-unknown": "no answer: the host is unknown",
        "connection-refused": "no answer: the connection was refused",
        "connection-failed": "no answer: the connection failed",
        "certificate-invalid": "no answer: the certificate is invalid",
        "timeout": "no answer in time",
        "fetch-failed": "no answer",
        "answer-cut": "the answer did not come whole",
        "answer-too-large": "the answer is too large",
        "redirect-loop": "redirects lead on and on",
        "redirected-to-login": "the address leads to a login",
        "login-page": "the page asks for a login",
        "http-304": "unchanged, but of what is not known",
        "http-403": "the server refuses it (403)",
        "http-429": "the server asks for fewer requests (429)",
        "http-500": "the server failed (500)",
        "http-502": "the server failed (502)",
        "http-503": "the server is not available (503)",
        "http-504": "the server did not answer in time (504)",
        "no-article": "the page holds no article",
        "listing": "the page is a listing",
        "empty-article": "the article has no text",
        "layout-unknown": "no reader knows the layout",
        "extraction-timeout": "reading the page took too long",
        "extraction-out-of-memory": "reading the page took too much memory",
        "extraction-died": "reading the page failed",
    }
)
"""Why declared articles gave none, by code; codes that are not here are shown as they are."""

STATES = MappingProxyType(
    {
        "revised": "has several revisions",
        "silent": "silently changed",
        "removed": "removed",
    }
)
"""What became of an article, as ``collection/documents.py`` has it."""

SORT_ORDERS = MappingProxyType(
    {
        "relevance": "best match first",
        "newest": "newest first",
        "oldest": "oldest first",
    }
)
"""In which order what was found is shown."""

"""What an answer that is no page says of the page that was asked for: gone, and how. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from newsarchive.sites.site import Site

NOT_THE_PAGE = frozenset({"login-page"})
"""Codes of what was answered in place of a page. It says nothing of the article, which is asked for again."""


def gone_reason(url: str, status: int | None, location: str | None, site: Site, *, was_article: bool) -> str | None:
    """Why the page at the article address ``url`` is gone, as one of ``model.revision.GONE``; ``None`` where it is not.

    ``location`` is where the answer redirects to, as ``warc.message`` works it out. ``was_article``: an article was
    read at the address. Where none was, a redirect to another article is no end but the way to it. One to a login says
    nothing.
    """
    if status in {404, 410}:
        return f"http-{status}"
    if location is None:
        return None
    target = site.article_url(location)
    if target is None:
        return None if site.urls.is_login(urlsplit(location).path) else "moved-away"
    return "moved" if was_article and target != site.article_url(url) else None

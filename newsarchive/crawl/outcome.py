"""Whether a crawl that came to its end was a success. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newsarchive.errors import NewsarchiveError, NothingExtracted, UnreachableHost
from newsarchive.model.crawl import Funnel
from newsarchive.sites.site import Site


def judge(
    site: Site,
    funnel: Sequence[Funnel],
    *,
    listings_read: int,
    listing_failures: Sequence[str],
    asks_for_days: bool,
    log: Path,
) -> NewsarchiveError | None:
    """What is wrong with a run as a whole, measured by ``site.expect``; ``None`` when nothing is.

    ``listings_read`` pages of channels were read, ``listing_failures`` says why others were not. ``asks_for_days``:
    the run was about certain days, on which there may be no articles.
    """
    if not listings_read and listing_failures:
        return UnreachableHost(site=site.title, reason=listing_failures[0])
    asked = sum(channel.fetched + channel.failed for channel in funnel)
    extracted = sum(channel.extracted for channel in funnel)
    known = sum(channel.known for channel in funnel)
    if not any(channel.declared for channel in funnel):
        # A news site always has news; one on which no address looks like an article is another one, or has changed.
        failed = not asks_for_days
    elif asked >= site.expect.judged_from:
        failed = extracted < asked * site.expect.extracted_share
    else:
        # A few new pages that are no articles say little about a site whose articles are known.
        failed = asked > 0 and not extracted and not known
    return NothingExtracted(site=site.title, asked=asked, extracted=extracted, log=log) if failed else None

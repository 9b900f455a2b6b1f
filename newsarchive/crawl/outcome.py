"""Whether a crawl that came to its end was a success, and what its findings are. Pure.

One cause gives one finding: where nothing of a site can be had, its channels are not blamed one by one, and a page that
asks for a login is not also one without text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from newsarchive.crawl.ledger import RECRAWL
from newsarchive.crawl.vitals import ChannelSigns, Trouble, Vitals
from newsarchive.errors import ExpectationsBroken, NewsarchiveError, NothingExtracted, UnreachableHost
from newsarchive.model.crawl import Funnel
from newsarchive.model.faults import Fault
from newsarchive.model.finding import Finding
from newsarchive.sites.site import Site

TROUBLES: dict[str, Fault] = {
    "access-refused": Fault(severity="error", remedy="Ask the site whether it wants to be crawled, and slow down."),
    "article-field-missing": Fault(severity="error", remedy="Compare a page with the reader of its layout; mend it."),
    "certificate-invalid": Fault(severity="error", remedy="Look at the certificate; nothing is fetched meanwhile."),
    "channel-changed": Fault(
        severity="error", remedy="Compare the listing in the archive with what the channel reads."
    ),
    "channel-failed": Fault(severity="error", remedy="See whether the address of the channel is still right."),
    "channel-silent": Fault(severity="error", remedy="See what the channel shows now; another may list the articles."),
    "channel-unsteady": Fault(severity="warning", remedy="Nothing where it passes; the next crawl asks again."),
    "clock-off": Fault(
        severity="error", remedy="Set the clock of this machine by NTP; times in the archive are its own."
    ),
    "fetches-failed": Fault(severity="error", remedy="Nothing where it passes; what is left open is asked for again."),
    "host-given-up": Fault(
        severity="error", remedy="Crawl more slowly or less often; what is left is asked for again."
    ),
    "host-unknown": Fault(severity="error", remedy="Check the network, the name servers and the address."),
    "host-unreachable": Fault(severity="error", remedy="Check the network and the address, and crawl again."),
    "layout-unknown": Fault(severity="error", remedy="Record a case of the new layout, and teach a reader to read it."),
    "login-wall": Fault(severity="error", remedy="See with a browser what the site asks for."),
    "nothing-extracted": Fault(severity="error", remedy="See the problems in the log of the run."),
    "removals-many": Fault(
        severity="error", remedy="Look whether the site is in trouble; what returns is found again."
    ),
    "robots-unavailable": Fault(severity="error", remedy="Wait until the site answers for robots.txt again."),
}
"""Every code of a finding of a crawl; ``docs/findings.md`` says what each means."""

_OF_THE_HOST = {
    "http-401": "access-refused",
    "http-403": "access-refused",
    "robots-disallowed": "access-refused",
    "login-page": "login-wall",
    "redirected-to-login": "login-wall",
    "robots-unavailable": "robots-unavailable",
    "host-given-up": "host-given-up",
    "host-unknown": "host-unknown",
    "certificate-invalid": "certificate-invalid",
    "connection-refused": "host-unreachable",
    "connection-failed": "host-unreachable",
    "timeout": "host-unreachable",
}
"""Why something was not had: codes of requests and pages, and the finding that they are together."""

LISTING_UNREADABLE = "listing-unreadable"
"""Code of a page of a channel that is not what the channel expects."""

LISTING_BROKEN = "listing-broken"
"""Code of a page of a channel of which a part could be read."""

# May be otherwise in a moment, unlike a page that is not there or that nobody can read.
_PASSING = frozenset({"timeout", "connection-failed", "connection-refused", "answer-cut", "fetch-failed"})


def judge(site: Site, funnel: Sequence[Funnel], vitals: Vitals, *, asks_for_days: bool) -> tuple[Finding, ...]:
    """What is wrong with a run as a whole, measured by ``site.expect``, the gravest first.

    ``asks_for_days``: the run was about certain days, on which there may be no articles.
    """
    signs = vitals.channels
    if signs and not any(channel.is_alive for channel in signs.values()):
        troubles = [trouble for channel in signs.values() for trouble in channel.troubles]
        if troubles:
            return (_unreachable(site, signs, troubles),)
    found = [
        *_channels(site, signs, asks_for_days=asks_for_days),
        *_pages(site, funnel, vitals),
        *_fields(site, vitals),
        *_removals(site, vitals),
    ]
    stands_still = any(channel.unmodified for channel in signs.values())
    why = nothing_extracted(site, funnel, asks_for_days=asks_for_days, stands_still=stands_still)
    if not found and why is not None:
        asked, extracted = why
        message = f"Of {asked} article pages that were asked for, {extracted} gave an article."
        found.append(_finding("nothing-extracted", site.host, message))
    found.extend(_clock(site, vitals))
    once: dict[tuple[str, str], Finding] = {}
    for finding in found:
        once.setdefault((finding.code, finding.where), finding)
    return tuple(sorted(once.values(), key=lambda finding: finding.severity != "error"))


def verdict(
    site: Site,
    funnel: Sequence[Funnel],
    findings: Sequence[Finding],
    *,
    any_listing: bool,
    asks_for_days: bool,
    stands_still: bool = False,
    log: Path,
) -> NewsarchiveError | None:
    """The error that a run with these ``findings`` ends with; ``None`` when it is a success.

    ``any_listing``: some page of a channel could be had, or none was asked for. ``stands_still``: some page of a
    channel was the same as at the last crawl, and so was not read again.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return None
    if not any_listing:
        return UnreachableHost(site=site.title, reason=errors[0].message.rstrip("."))
    why = nothing_extracted(site, funnel, asks_for_days=asks_for_days, stands_still=stands_still)
    if why is not None:
        asked, extracted = why
        return NothingExtracted(site=site.title, asked=asked, extracted=extracted, log=log)
    said = " ".join(f"{finding.code} ({finding.where}): {finding.message}" for finding in errors)
    return ExpectationsBroken(site=site.title, findings=said, log=log)


def nothing_extracted(
    site: Site, funnel: Sequence[Funnel], *, asks_for_days: bool, stands_still: bool
) -> tuple[int, int] | None:
    """(pages asked for, articles they gave) where that is too little to call it a crawl; ``None`` where it is not."""
    channels = [account for account in funnel if account.channel != RECRAWL]
    asked = sum(account.fetched + account.failed for account in channels)
    extracted = sum(account.extracted for account in channels)
    had = sum(account.known + account.not_modified + account.gone for account in funnel)
    if not any(account.declared for account in funnel):
        # A news site always has news; one on which no address looks like an article is another one, or has changed.
        failed = not asks_for_days and not stands_still and any(account.channel != RECRAWL for account in funnel)
    elif asked >= site.expect.judged_from:
        failed = extracted < asked * site.expect.extracted_share
    else:
        # A few new pages that are no articles say little about a site whose articles are known.
        failed = asked > 0 and not extracted and not had
    return (asked, extracted) if failed else None


def _unreachable(site: Site, signs: dict[str, ChannelSigns], troubles: list[Trouble]) -> Finding:
    """Why no page of any channel could be had: one finding."""
    first = troubles[0]
    code = _OF_THE_HOST.get(first.code)
    if code is None and all(trouble.code == LISTING_UNREADABLE for trouble in troubles):
        code = "channel-changed"
    return _finding(code or "channel-failed", site.host, f"{first.url}: {first.message}")


def _channels(site: Site, signs: dict[str, ChannelSigns], *, asks_for_days: bool) -> Iterator[Finding]:
    for name, channel in signs.items():
        if channel.troubles:
            yield _channel_in_trouble(site, name, channel)
        elif channel.read and not channel.articles and name not in site.expect.silent and not asks_for_days:
            first = f", the first is {channel.first_link}" if channel.first_link else ""
            message = f"{channel.links} links in {channel.read} pages, none to an article of {site.base_url}{first}."
            yield _finding("channel-silent", name, message)


def _channel_in_trouble(site: Site, name: str, channel: ChannelSigns) -> Finding:
    grave = [trouble for trouble in channel.troubles if not _may_pass(trouble.code)]
    first = (grave or channel.troubles)[0]
    others = f" So it is with {len(channel.troubles) - 1} more." if len(channel.troubles) > 1 else ""
    message = f"{first.url}: {first.message}.{others}"
    if first.code in {LISTING_UNREADABLE, LISTING_BROKEN}:
        return _finding("channel-changed", name, message)
    of_the_host = _OF_THE_HOST.get(first.code)
    if of_the_host in {"access-refused", "login-wall", "host-given-up"}:
        return _finding(of_the_host, site.host, message)
    return _finding("channel-failed" if grave or not channel.is_alive else "channel-unsteady", name, message)


def _pages(site: Site, funnel: Sequence[Funnel], vitals: Vitals) -> Iterator[Finding]:
    """What keeps pages of articles from being had or read."""
    expect = site.expect
    reasons = sum((Counter(account.reasons) for account in funnel), Counter[str]())
    failed = sum(account.failed for account in funnel)
    missed = sum(account.gone for account in funnel if account.channel != RECRAWL)
    fetched = sum(account.fetched for account in funnel)
    asked = fetched + failed + missed
    explained = 0
    for code in ("access-refused", "login-wall", "host-given-up"):
        of_code = {reason for reason, found in _OF_THE_HOST.items() if found == code} - {"robots-disallowed"}
        count = sum(reasons[reason] for reason in of_code)
        trouble = next((vitals.troubles[reason] for reason in of_code if reason in vitals.troubles), None)
        if trouble is not None and (
            code == "host-given-up" or _breaks(count, asked, expect.refused_share, expect.judged_from)
        ):
            explained += count
            yield _finding(code, site.host, f"{count} of {asked} pages of articles; {trouble.url}: {trouble.message}.")
    unknown = reasons["layout-unknown"]
    if _breaks(unknown, fetched, expect.unknown_share, expect.judged_from):
        trouble = vitals.troubles["layout-unknown"]
        yield _finding("layout-unknown", site.host, f"{unknown} of {fetched} pages, such as {trouble.url}.")
    if not explained and _breaks(failed + missed, asked, expect.failed_share, expect.judged_from):
        counts = ", ".join(f"{code} {count}" for code, count in reasons.most_common() if code in vitals.troubles)
        yield _finding("fetches-failed", site.host, f"{failed + missed} of {asked} pages of articles: {counts}.")


def _fields(site: Site, vitals: Vitals) -> Iterator[Finding]:
    for name, floor in site.expect.fields.items():
        missing = vitals.missing[name]
        if _breaks(missing, vitals.articles, 1 - floor, site.expect.judged_from):
            yield _finding("article-field-missing", name, f"{missing} of {vitals.articles} articles lack it.")


def _removals(site: Site, vitals: Vitals) -> Iterator[Finding]:
    if _breaks(vitals.removed, vitals.looked_again, site.expect.removed_share, 2 * site.expect.judged_from):
        message = f"{vitals.removed} of {vitals.looked_again} known pages that were looked at again are gone."
        yield _finding("removals-many", site.host, message)


def _clock(site: Site, vitals: Vitals) -> Iterator[Finding]:
    off_s = vitals.clock_off_s
    if off_s is not None and abs(off_s) > site.expect.clock_off_s:
        relation = "ahead of" if off_s > 0 else "behind"
        message = f"The clock of the server is {abs(off_s) / 60:.0f} minutes {relation} this one."
        yield _finding("clock-off", site.host, message)


def _breaks(count: int, of: int, allowed_share: float, judged_from: int) -> bool:
    """Whether so many of so many are more than an expectation allows, and enough to say so."""
    return count >= 2 and count > of * allowed_share and (of >= judged_from or count == of)


def _may_pass(code: str) -> bool:
    return code in _PASSING or code.startswith("http-5") or code in {"http-408", "http-429"}


def _finding(code: str, where: str, message: str) -> Finding:
    fault = TROUBLES[code]
    return Finding(severity=fault.severity, code=code, where=where, message=message, remedy=fault.remedy)

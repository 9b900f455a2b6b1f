"""How a run is judged: one finding for one cause, and the error that goes with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from newsarchive.crawl.outcome import TROUBLES, judge, verdict
from newsarchive.crawl.vitals import ChannelSigns, Trouble, Vitals
from newsarchive.errors import ExpectationsBroken, NothingExtracted, UnreachableHost
from newsarchive.model.crawl import Funnel
from newsarchive.model.finding import Finding
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Expectations

SITE = get_site("tagesschau")
LOG = Path("archive/tagesschau/logs/run.log")
DAY = date(2026, 2, 2)


def account(channel: str = "feed", **counts: int) -> Funnel:
    """An account whose failures and misses have the reasons that are given with a hyphen's underscore."""
    reasons = {code.replace("_", "-"): counts.pop(code) for code in list(counts) if code not in Funnel.__slots__}
    fetched = counts.get("extracted", 0) + counts.get("no_article", 0)
    others = sum(counts.get(end, 0) for end in ("known", "not_modified", "gone", "failed", "skipped"))
    return Funnel(channel=channel, day=DAY, declared=fetched + others, fetched=fetched, reasons=reasons, **counts)


def healthy(**troubles: str) -> Vitals:
    """A run that read its channels; ``troubles`` are codes of pages of articles."""
    return Vitals(
        channels={name: ChannelSigns(read=1, links=40, articles=30) for name in ("feed", "sections")},
        troubles={
            code.replace("_", "-"): Trouble(code=code, url="/a", message=message) for code, message in troubles.items()
        },
    )


def judged(vitals: Vitals, *funnel: Funnel, asks_for_days: bool = False) -> tuple[tuple[Finding, ...], str | None]:
    """The findings, and the name of the error they make."""
    findings = judge(SITE, funnel, vitals, asks_for_days=asks_for_days)
    alive = any(channel.is_alive for channel in vitals.channels.values())
    empty = vitals.may_be_empty(asks_for_days=asks_for_days)
    error = verdict(SITE, funnel, findings, any_listing=alive, may_be_empty=empty, log=LOG)
    assert isinstance(error, UnreachableHost | NothingExtracted | ExpectationsBroken | None)
    return findings, type(error).__name__ if error else None


def dead(code: str, message: str = "x") -> Vitals:
    """A run of which every channel failed so."""
    return Vitals(
        channels={
            name: ChannelSigns(troubles=[Trouble(code=code, url=f"/{name}", message=message)])
            for name in ("feed", "sections")
        }
    )


def test_a_healthy_run_has_no_findings() -> None:
    assert judged(healthy(), account(known=30, extracted=9, no_article=1, listing=1)) == ((), None)


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("host-unknown", "host-unknown"),
        ("certificate-invalid", "certificate-invalid"),
        ("robots-unavailable", "robots-unavailable"),
        ("robots-disallowed", "access-refused"),
        ("http-403", "access-refused"),
        ("host-given-up", "host-given-up"),
        ("redirected-to-login", "login-wall"),
        ("timeout", "host-unreachable"),
        ("listing-unreadable", "channel-changed"),
        ("http-404", "channel-failed"),
    ],
)
def test_a_site_of_which_nothing_can_be_had_is_one_finding(code: str, finding: str) -> None:
    findings, error = judged(dead(code), account())

    assert [found.code for found in findings] == [finding]
    assert error == "UnreachableHost"


@pytest.mark.parametrize(
    ("code", "finding", "severity"),
    [
        ("http-404", "channel-failed", "error"),
        ("listing-unreadable", "channel-changed", "error"),
        ("listing-broken", "channel-changed", "error"),
        ("http-403", "access-refused", "error"),
        ("http-502", "channel-failed", "error"),
        ("timeout", "channel-failed", "error"),
    ],
)
def test_a_channel_that_is_dead_while_others_work(code: str, finding: str, severity: str) -> None:
    vitals = healthy()
    vitals.channels["sections"] = ChannelSigns(troubles=[Trouble(code=code, url="/inland", message="so it is")])
    findings, error = judged(vitals, account(extracted=9))

    assert [(found.code, found.severity) for found in findings] == [(finding, severity)]
    assert "/inland: so it is." in findings[0].message
    assert error == "ExpectationsBroken"


def test_a_page_of_a_channel_that_may_come_again_is_a_warning() -> None:
    vitals = healthy()
    vitals.channels["sections"].troubles.append(Trouble(code="http-502", url="/inland", message="502"))
    findings, error = judged(vitals, account(extracted=9))

    assert [(found.code, found.severity) for found in findings] == [("channel-unsteady", "warning")]
    assert error is None


def test_a_channel_that_lists_nothing_is_silent_unless_it_was_not_modified() -> None:
    vitals = healthy()
    vitals.channels["feed"] = ChannelSigns(read=1, links=3, first_link="https://elsewhere.example/1")
    findings, error = judged(vitals, account(extracted=9))

    assert [(found.code, found.where) for found in findings] == [("channel-silent", "feed")]
    assert "the first is https://elsewhere.example/1" in findings[0].message
    assert error == "ExpectationsBroken"
    assert judged(vitals, account(extracted=9), asks_for_days=True) == ((), None)
    vitals.channels["feed"] = ChannelSigns(unmodified=1)
    assert judged(vitals, account(known=1)) == ((), None)


@pytest.mark.parametrize(
    ("fetched", "failed", "extracted", "known", "fails"),
    [
        (0, 0, 0, 9, False),
        (1, 0, 0, 0, True),
        (0, 1, 0, 0, True),
        (4, 0, 0, 9, False),
        (4, 0, 1, 0, False),
        (10, 0, 4, 9, True),
        (10, 0, 5, 0, False),
        (0, 30, 0, 9, True),
        (5, 6, 5, 9, True),
    ],
)
def test_a_run_that_brings_too_few_articles_has_extracted_nothing(
    fetched: int, failed: int, extracted: int, known: int, *, fails: bool
) -> None:
    vitals = healthy(timeout="timeout", listing="a list")
    ends = account(
        extracted=extracted,
        no_article=fetched - extracted,
        failed=failed,
        known=known,
        timeout=failed,
        listing=fetched - extracted,
    )
    findings, error = judged(vitals, ends)

    assert (error == "NothingExtracted") == fails
    assert len(findings) <= 1
    assert not fails or findings


def test_a_run_that_met_no_article_at_all_is_no_success_unless_it_asked_for_certain_days() -> None:
    vitals = Vitals(channels={"feed": ChannelSigns(read=1), "sections": ChannelSigns(read=8, links=99)})

    findings, error = judged(vitals, account("feed"), account("sections"))
    assert [found.code for found in findings] == ["channel-silent", "channel-silent"]
    assert error == "NothingExtracted"
    assert judged(vitals, account("feed"), account("sections"), asks_for_days=True) == ((), None)


@pytest.mark.parametrize(
    ("reason", "end", "finding"),
    [
        ("http-403", "failed", "access-refused"),
        ("login-page", "failed", "login-wall"),
        ("redirected-to-login", "failed", "login-wall"),
        ("timeout", "failed", "fetches-failed"),
        ("http-404", "gone", "fetches-failed"),
        ("layout-unknown", "no_article", "layout-unknown"),
    ],
)
def test_pages_that_cannot_be_had_are_one_finding(reason: str, end: str, finding: str) -> None:
    name = reason.replace("-", "_")
    vitals = healthy(**{name: "so it is"})
    findings, error = judged(vitals, account(extracted=6, known=20, **{end: 4, name: 4}))

    assert [found.code for found in findings] == [finding]
    assert error == "ExpectationsBroken"
    assert judged(vitals, account(extracted=99, known=20, **{end: 4, name: 4})) == ((), None)


@pytest.mark.parametrize(
    ("articles", "missing", "breaks"),
    [(100, 2, False), (100, 3, True), (5, 1, False), (5, 2, True), (2, 2, True), (1, 1, False), (3, 2, False)],
)
def test_a_field_that_vanishes(articles: int, missing: int, *, breaks: bool) -> None:
    vitals = replace(healthy(), articles=articles, missing=Counter(stand=missing))
    findings, error = judged(vitals, account(extracted=articles))

    assert [(found.code, found.where) for found in findings] == [("article-field-missing", "stand")] * breaks
    assert error == ("ExpectationsBroken" if breaks else None)


def test_a_clock_that_is_off_is_said_beside_whatever_else_is_wrong() -> None:
    vitals = replace(healthy(), clock_off_s=-3600.0)
    vitals.channels["feed"] = ChannelSigns(read=1)
    findings, _ = judged(vitals, account(extracted=9))

    assert [found.code for found in findings] == ["channel-silent", "clock-off"]
    assert "60 minutes behind" in findings[1].message
    assert judged(replace(healthy(), clock_off_s=299.0), account(extracted=9)) == ((), None)


def test_many_removals_at_once_are_doubted() -> None:
    gone = account("recrawl", not_modified=15, gone=5, http_410=5)

    assert judged(replace(healthy(), looked_again=20, removed=5), account(known=9), gone)[0][0].code == "removals-many"
    assert judged(replace(healthy(), looked_again=20, removed=4), account(known=9), gone) == ((), None)
    assert judged(replace(healthy(), looked_again=4, removed=3), account(known=9), gone) == ((), None)


def test_a_site_says_what_it_expects() -> None:
    silent = replace(SITE, expect=Expectations(silent=frozenset({"feed"}), fields={}))
    vitals = replace(healthy(), articles=9, missing=Counter(stand=9))
    vitals.channels["feed"] = ChannelSigns(read=1)

    assert judge(silent, [account(extracted=9)], vitals, asks_for_days=False) == ()
    assert len(judge(SITE, [account(extracted=9)], vitals, asks_for_days=False)) == 2


def test_every_finding_says_what_to_do() -> None:
    assert all(fault.remedy.endswith(".") for fault in TROUBLES.values())


def test_a_run_in_which_no_list_has_changed_is_a_success() -> None:
    unchanged = Vitals(channels={name: ChannelSigns(unmodified=1) for name in ("feed", "sections")})
    silent = Vitals(channels={name: ChannelSigns(read=1) for name in ("feed", "sections")})

    assert judged(unchanged, account()) == ((), None)
    assert judged(silent, account())[1] == "NothingExtracted"

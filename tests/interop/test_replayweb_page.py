"""ReplayWeb.page in a real Chromium over the sample collection: pages are shown with their title and text."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from newsarchive.model.article import Article
from tests.crawling import PROJECT
from tests.interop.installed import CHROMIUM, needs_chromium, needs_interop_tools, needs_npm_tools, run
from tests.interop.replay import WACZ_PATH, component_page, make_wacz, replay_page
from tests.interop.sample import SENT_AGAIN, Sample, Stored

pytestmark = [needs_interop_tools, needs_npm_tools, needs_chromium, pytest.mark.timeout(300)]

_REPLAYED = re.compile(r"http://127\.0\.0\.1:\d+/replay/w/[^/]+/(?::[0-9a-f]+/)?\d{14}[a-z]{2}_/(.+)")
_NOT_FOUND = re.compile(r"Failed to load resource: the server responded with a status of 404 \((?:Not Found)?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the browser showed of each capture, what it complained of, and its own log of the network."""

    captures: dict[tuple[str, str], dict[str, str]]
    errors: list[dict[str, str]]
    network: list[tuple[str, dict[str, Any]]]
    ranges: list[str]

    def of(self, stored: Stored) -> dict[str, str]:
        """Title and text of a capture."""
        return self.captures[stored.url, stored.timestamp]


def wanted(sample: Sample) -> list[Stored]:
    """What is looked at: every page that became an article, a page under a second address, a section page twice."""
    return [
        *(sample.captures_of(story_path)[0] for story_path in sorted(articles(sample))),
        *sample.captures_of(sample.alias),
        *sample.captures_of(SENT_AGAIN),
    ]


def articles(sample: Sample) -> dict[str, Article]:
    """The articles of the first crawl by their paths."""
    return {article.url.removeprefix(sample.base_url): article for article in sample.crawls[0].articles}


@pytest.fixture(scope="module")
def shown(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    directory = tmp_path_factory.mktemp("browser")
    wacz = directory / WACZ_PATH.removeprefix("/")
    make_wacz(sample.root, wacz)
    captures = wanted(sample)
    pages = {f"/{at}.html": component_page(stored.url, stored.timestamp) for at, stored in enumerate(captures)}
    with replay_page(wacz, pages) as served:
        order = {
            "chromium": str(CHROMIUM),
            "profile": str(directory / "profile"),
            "netLog": str(directory / "network.json"),
            "captures": [
                {"page": f"{served.base_url}/{at}.html", "url": stored.url, "timestamp": stored.timestamp}
                for at, stored in enumerate(captures)
            ],
        }
        done = run("node", PROJECT / "tests" / "browser" / "replay.mjs", text_in=json.dumps(order), timeout_s=240)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    return Shown(
        captures={
            (stored.url, stored.timestamp): seen for stored, seen in zip(captures, result["captures"], strict=True)
        },
        errors=result["errors"],
        network=list(network_events(directory / "network.json")),
        ranges=served.ranges,
    )


def network_events(log: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of Chromium's network log: name and parameters."""
    written = json.loads(log.read_bytes())
    names = {number: name for name, number in written["constants"]["logEventTypes"].items()}
    for event in written["events"]:
        yield names[event["type"]], event.get("params", {})


def test_articles_are_shown_with_title_and_text(sample: Sample, shown: Shown) -> None:
    expected = articles(sample)
    assert len(expected) > 8
    for path, article in expected.items():
        seen = shown.of(sample.captures_of(path)[0])
        assert article.seo_title
        assert article.seo_title in seen["title"]
        text = " ".join(seen["text"].split())
        assert article.headline
        assert article.headline in text
        paragraphs = [block.text for block in article.body if block.kind == "paragraph" and block.text]
        assert [paragraph for paragraph in paragraphs if " ".join(paragraph.split()) not in text] == []


def test_page_met_again_under_another_address_is_shown(sample: Sample, shown: Shown) -> None:
    first, again = sample.captures_of(sample.told.path)[0], sample.captures_of(sample.alias)[0]
    assert (first.record.type, again.record.type) == ("response", "revisit")
    assert shown.of(again) == shown.of(first)


def test_page_met_again_unchanged_is_shown_at_both_times(sample: Sample, shown: Shown) -> None:
    first, again = sample.captures_of(SENT_AGAIN)
    assert (first.record.type, again.record.type) == ("response", "revisit")
    assert shown.of(first)["title"].startswith("Inland")
    assert shown.of(again) == shown.of(first)


def test_only_what_was_not_captured_is_missing(sample: Sample, shown: Shown) -> None:
    captured = {stored.url for stored in sample.captures()}
    looked_at = {stored.url for stored in wanted(sample)}
    unexpected = []
    for error in shown.errors:
        replayed = _REPLAYED.fullmatch(error["url"])
        if _NOT_FOUND.fullmatch(error["text"]):
            # Style sheets, scripts, fonts and images are not crawled; and the component first asks its service worker
            # for a collection that is not loaded yet.
            missing = replayed is not None and replayed[1] not in captured
            if missing or re.fullmatch(r"/replay/w/api/c/id-[0-9a-f]+", urlsplit(error["url"]).path):
                continue
        elif error["text"].startswith("Error: <path> attribute d:") and replayed and replayed[1] in looked_at:
            # The drawings of the sample site are noise.
            continue
        unexpected.append(error)
    assert unexpected == []


def test_archive_is_read_in_parts(shown: Shown) -> None:
    assert set(shown.ranges) == {WACZ_PATH}


def test_nothing_leaves_the_machine(shown: Shown) -> None:
    for name, parameters in shown.network:
        if name == "URL_REQUEST_START_JOB" and parameters.get("initiator", "not an origin") != "not an origin":
            assert urlsplit(parameters["url"]).hostname == "127.0.0.1"
    connected = {
        parameters["address"].rpartition(":")[0]
        for name, parameters in shown.network
        if name == "TCP_CONNECT_ATTEMPT" and "address" in parameters
    }
    assert {ipaddress.ip_address(address.strip("[]")).is_loopback for address in connected} == {True}
    # What Chromium asks for on its own account gets no further than its resolver, which is told to find nothing.
    assert not [name for name, _ in shown.network if name in ("DNS_TRANSACTION_QUERY", "UDP_BYTES_SENT")]

"""A site crawled twice: what did not change is stored once, and every article reads the same from its revisit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from newsarchive.collection.collection import Collection
from newsarchive.extraction.extract import extract
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.listings import FEED_PATHS
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from newsarchive.warc.cdxj import parse_line
from newsarchive.warc.reader import read_records
from tests.crawling import Watched, crawl, same_lines


def test_a_crawl_of_a_site_that_stands_still_is_a_success(tmp_path: Path) -> None:
    watched = Watched(SampleSite(invent_stories(40, 1), weight_bytes=0))
    with serve(watched) as serving:
        first = crawl(serving.base_url, tmp_path)
        second = crawl(serving.base_url, tmp_path)
    assert (first.exit_code, second.exit_code) == (0, 0), second.stderr
    assert second.total.declared == 0
    assert second.run.articles == 0


def test_a_second_crawl_stores_only_what_is_new(tmp_path: Path) -> None:
    stories = sorted(invent_stories(12, 7), key=lambda story: story.published, reverse=True)
    site = SampleSite(stories)
    watched = Watched(site)
    story = next(story for story in stories if story.kind == "article")
    alias = story.path.replace(story.slug, f"noch-einmal-{story.slug}")
    with serve(watched) as serving:
        first = crawl(serving.base_url, tmp_path)
        before = set(watched.asked)
        feed = site.respond(FEED_PATHS[0], "", {})
        watched.instead[FEED_PATHS[0]] = replace(feed, body=feed.body.replace(story.path.encode(), alias.encode()))
        watched.instead[alias] = site.respond(story.path, "", {"accept-encoding": "gzip"})
        second = crawl(serving.base_url, tmp_path)
    assert (first.exit_code, second.exit_code) == (0, 0), first.stderr + second.stderr

    with Collection.open(first.directory) as collection:
        captures = {capture.ref.record_id: capture for capture in collection.captures()}
        again = {
            capture.url.removeprefix(serving.base_url): capture
            for capture in captures.values()
            if capture.ref.warc == second.run.warcs[0].path
        }
        lines = [parse_line(line) for line in collection.index.lines(full=True)]
        found = collection.captures_of(f"{serving.base_url}/robots.txt")

    types = {path: capture.record_type for path, capture in again.items()}
    assert types.pop(FEED_PATHS[0]) == "response"
    assert types[alias] == types["/robots.txt"] == "revisit"
    assert {types[path] for path in before & types.keys()} == {"revisit"}

    # Every record is listed, where it lies.
    places = [
        (warc.path, offset, length)
        for run in (first.run, second.run)
        for warc in run.warcs
        for offset, length, record in read_records(first.directory / warc.path)
        if record.type in {"response", "revisit", "resource"}
    ]
    assert {(line.filename, line.offset, line.length) for line in lines} == set(places)
    assert len(lines) == len(places) == len(captures)
    assert [line.mime for line in found] == ["text/plain", "warc/revisit"]

    # The article of a revisit is the article of the response, and the same again from the WARC.
    page = extract(again[alias], get_site("tagesschau")).article
    assert page is not None
    assert page.text
    assert page.content_digest in {article.content_digest for article in first.articles}
    for crawled in (first, second):
        assert all(line == from_warc for line, from_warc in same_lines(crawled))

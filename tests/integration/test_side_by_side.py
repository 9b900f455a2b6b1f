"""Several processes at one collection: one writes, others say why they do not, readers see what is committed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.errors import CollectionLocked
from newsarchive.extraction.extract import extract
from newsarchive.samplesite.answer import Answer, Respondent
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from tests.crawling import NEWSARCHIVE, PROJECT, crawl, crawl_command, environment


@dataclass
class Waiting:
    """A site that answers the ``at``-th request only when it may ``go`` on; ``reached`` says that it is there."""

    site: Respondent
    at: int
    asked: int = 0
    reached: Event = field(default_factory=Event)
    go: Event = field(default_factory=Event)

    def settle(self, base_url: str) -> None:
        self.site.settle(base_url)

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        self.asked += 1
        if self.asked == self.at:
            self.reached.set()
            assert self.go.wait(timeout=90)
        return self.site.respond(path, query, headers)


@contextmanager
def waiting(at: int) -> Iterator[tuple[Waiting, str]]:
    """A site of 12 stories that waits at one request, and its address."""
    site = Waiting(SampleSite(invent_stories(12, seed=1), weight_bytes=0), at)
    with serve(site) as serving:
        try:
            yield site, serving.base_url
        finally:
            site.go.set()


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        arguments, capture_output=True, text=True, timeout=100, check=False, cwd=PROJECT, env=environment()
    )


def test_of_two_crawls_started_at_once_one_runs_and_one_says_why_not(tmp_path: Path) -> None:
    with waiting(at=1) as (site, base_url), ThreadPoolExecutor(2) as threads:
        crawls = {threads.submit(run, crawl_command(base_url, tmp_path)) for _ in range(2)}
        first, others = wait(crawls, return_when=FIRST_COMPLETED)
        (refused,) = (done.result() for done in first)
        site.go.set()
        (ran,) = (done.result() for done in others)

    assert refused.returncode == 12, refused.stderr
    assert "in use by another newsarchive process" in refused.stderr
    assert ran.returncode == 0, ran.stderr
    with Collection.open(tmp_path / "tagesschau") as collection:
        assert len(collection.runs()) == 1
        assert len(list(collection.articles())) == 12
        assert collection.leftovers() == ()


def test_whoever_writes_waits_its_turn_and_whoever_reads_sees_what_is_committed(tmp_path: Path) -> None:
    with waiting(at=12) as (site, base_url), ThreadPoolExecutor(1) as threads:
        site.go.set()
        committed = crawl(base_url, tmp_path, "--limit", "3")
        site.go.clear()
        site.asked = 0
        under_way = threads.submit(run, crawl_command(base_url, tmp_path))
        assert site.reached.wait(timeout=90)

        for command in ("rebuild", "recover"):
            refused = run([*NEWSARCHIVE, command, "tagesschau", "--archive", str(tmp_path)])
            assert (refused.returncode, refused.stdout) == (12, ""), refused.stderr
        checked = run([*NEWSARCHIVE, "check", "tagesschau", "--archive", str(tmp_path)])
        assert checked.returncode == 0, checked.stdout
        listed = run([*NEWSARCHIVE, "articles", "list", "--archive", str(tmp_path), "--json"])
        assert len(listed.stdout.splitlines()) == 3
        site.go.set()
        seen = []
        while not under_way.done():
            seen.append(_read(committed.directory, base_url))
        assert under_way.result().returncode == 0, under_way.result().stderr
        seen.append(_read(committed.directory, base_url))

    assert seen == sorted(seen)
    assert set(seen) <= {3, 12}
    assert seen[-1] == 12


def _read(directory: Path, base_url: str) -> int:
    """Read everything and have it right; how many articles there are."""
    site = get_site("tagesschau").at(base_url)
    with Collection.open(directory) as collection:
        articles = list(collection.articles())
        for article in articles:
            stored = collection.read_capture(article.capture)
            again = extract(stored, site).article
            assert again is not None
            assert again.content_digest == article.content_digest
            assert collection.article(article.article_id) is not None
        with suppress(CollectionLocked):
            collection.rebuild()
    assert [finding for finding in check(directory) if finding.severity == "error"] == []
    return len(articles)


def test_what_a_killed_crawl_left_is_recovered_by_command(tmp_path: Path) -> None:
    with waiting(at=12) as (site, base_url):
        with subprocess.Popen(
            crawl_command(base_url, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as killed:
            assert site.reached.wait(timeout=90)
            killed.kill()
        recover = [*NEWSARCHIVE, "recover", "--archive", str(tmp_path)]
        done = run([*recover, "--json"])
        again = run(recover)
        site.go.set()
        crawled = crawl(base_url, tmp_path)

    assert done.returncode == again.returncode == 0, done.stderr
    recovered = json.loads(done.stdout)
    assert recovered["record"]["outcome"] == "recovered"
    assert recovered["record"]["base_url"] == base_url
    assert again.stdout == f"{tmp_path / 'tagesschau'}: nothing to recover.\n"
    brought = recovered["record"]["articles"]
    assert 0 < brought < 12
    assert (crawled.total.known, crawled.total.extracted) == (brought, 12 - brought)


@pytest.mark.parametrize("command", ["recover", "rebuild"])
def test_a_collection_that_is_in_order_stays_as_it_is(tmp_path: Path, command: str) -> None:
    with serve(SampleSite(invent_stories(3, seed=1), weight_bytes=0)) as serving:
        crawled = crawl(serving.base_url, tmp_path)
    truth = {path: path.read_bytes() for path in crawled.directory.rglob("*.*") if path.suffix in {".gz", ".jsonl"}}

    done = run([*NEWSARCHIVE, command, "tagesschau", "--archive", str(tmp_path)])

    assert done.returncode == 0, done.stderr
    assert ("nothing to recover" if command == "recover" else "made again from 1 runs") in done.stdout
    assert {path: path.read_bytes() for path in truth} == truth
    assert [finding for finding in check(crawled.directory) if finding.severity == "error"] == []

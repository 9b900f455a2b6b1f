"""Crawls of loopback sites by the real command in its own process, for tests."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from newsarchive.collection.collection import Collection
from newsarchive.collection.lines import read_lines
from newsarchive.crawl.run import CrawlReport, crawl_once
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun, Funnel
from newsarchive.model.revision import Sighting
from newsarchive.model.serialize import from_json, to_line
from newsarchive.reextract.companions import complete
from newsarchive.samplesite.answer import Answer, Respondent
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site
from tests.reactor import in_reactor

NEWSARCHIVE = (sys.executable, "-m", "newsarchive")
SCRAPY = (sys.executable, "-m", "scrapy")
PROJECT = Path(__file__).parent.parent


@dataclass
class Watched:
    """A site that notes what it is asked, and that answers some paths otherwise: always, those in ``instead``, or as
    long as there are answers ``first``.

    ``asked`` has paths with queries, ``agents`` the user agents, ``answered`` each path with its status. ``busy`` is
    set once so many requests were made.
    """

    site: Respondent
    instead: dict[str, Answer] = field(default_factory=dict)
    first: dict[str, list[Answer]] = field(default_factory=dict)
    answered: list[tuple[str, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    busy_at: int = 0
    busy: Event = field(default_factory=Event)

    def settle(self, base_url: str) -> None:
        self.site.settle(base_url)

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(f"{path}?{query}" if query else path)
        self.agents.add(headers.get("user-agent", ""))
        if len(self.asked) == self.busy_at:
            self.busy.set()
        before = self.first.get(path)
        answer = before.pop(0) if before else self.instead.get(path) or self.site.respond(path, query, headers)
        self.answered.append((path, answer.status))
        return answer


@dataclass(frozen=True, kw_only=True)
class Crawled:
    """A crawl that ended: exit code, what it printed, the collection in ``directory``, the record it committed."""

    exit_code: int
    stdout: str
    stderr: str
    directory: Path
    committed: CrawlRun | None

    @property
    def report(self) -> dict[str, Any]:
        """What ``--json`` printed."""
        loaded: dict[str, Any] = json.loads(self.stdout)
        return loaded

    @property
    def run(self) -> CrawlRun:
        """The record of the run, which must have been committed."""
        assert self.committed is not None, self.stderr
        return self.committed

    @property
    def articles(self) -> list[Article]:
        """The articles of the run."""
        name = self.run.articles_file
        return [] if name is None else [article for _, article in read_lines(self.directory / name, Article)]

    @property
    def sightings(self) -> list[Sighting]:
        """The sightings of the run."""
        path = next(self.directory.glob(f"articles/*/*/*/{self.run.run}.seen.jsonl"), None)
        return [] if path is None else [sighting for _, sighting in read_lines(path, Sighting)]

    @property
    def total(self) -> Funnel:
        """The funnels of all channels and days added up."""
        return total(self.run)

    def paths(self, base_url: str) -> set[str]:
        """Paths of the articles of the run."""
        return {article.url.removeprefix(base_url) for article in self.articles}


def total(run: CrawlRun) -> Funnel:
    """The funnels of all channels and days of ``run`` added up."""
    counts = ("declared", "known", "fetched", "not_modified", "extracted", "no_article", "gone", "failed", "skipped")
    reasons = sum((Counter(account.reasons) for account in run.funnel), Counter[str]())
    sums = {count: sum(getattr(account, count) for account in run.funnel) for count in counts}
    return Funnel(channel="all", reasons=dict(reasons), **sums)


def is_balanced(run: CrawlRun) -> bool:
    """Whether every declared article of ``run`` has one end, with its reason where it needs one."""
    return all(
        account.declared
        == account.known + account.fetched + account.not_modified + account.gone + account.failed + account.skipped
        and account.fetched == account.extracted + account.no_article
        and sum(account.reasons.values()) == account.no_article + account.gone + account.failed + account.skipped
        for account in run.funnel
    )


@dataclass(frozen=True, kw_only=True)
class Hands:
    """Clock, pauses and dice of crawls in this process: ``ahead`` is added to the time, ``paused`` are the seconds that
    were waited, in one sum for each time that nothing else was asked meanwhile, as ``watched`` has noted it."""

    watched: Watched
    ahead: list[timedelta] = field(default_factory=lambda: [timedelta(0)])
    paused: list[tuple[int, float]] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead[0]

    def pass_on(self, **span: float) -> None:
        """Let so much time pass."""
        self.ahead[0] += timedelta(**span)

    async def sleep(self, seconds: float) -> None:
        asked = len(self.watched.asked)
        before = self.paused.pop()[1] if self.paused and self.paused[-1][0] == asked else 0.0
        self.paused.append((asked, before + seconds))
        await asyncio.sleep(0)

    def crawl(self, base_url: str, archive: Path, *, site: Site | None = None, **options: Any) -> CrawlReport:
        """Crawl the sample site in this process, as often as wanted, without delay; a die always shows a half."""
        settings = {
            "AUTOTHROTTLE_ENABLED": False,
            # Settings are copied deeply: functions stay what they are, methods would get other hands.
            "NEWSARCHIVE_SLEEP": lambda seconds: self.sleep(seconds),
            "NEWSARCHIVE_RANDOM": lambda: 0.5,
            "NEWSARCHIVE_WORKERS": 1,
            **options.pop("settings", {}),
        }
        options = {"delay_s": 0, "now": self.now, "base_url": base_url, "settings": settings, **options}
        self.watched.asked.clear()
        self.watched.answered.clear()
        self.paused.clear()
        return in_reactor(crawl_once(site or get_site("tagesschau"), archive, **options))


def crawl(base_url: str, archive: Path, *options: str, **kwargs: Any) -> Crawled:
    """Run ``newsarchive crawl tagesschau --json`` against ``base_url`` without delay, to its end."""
    return finish(crawl_command(base_url, archive, *options), archive, **kwargs)


def crawl_command(base_url: str, archive: Path, *options: str) -> list[str]:
    """What ``crawl`` runs."""
    fixed = ("crawl", "tagesschau", "--json", "--base-url", base_url, "--archive", str(archive), "--delay", "0")
    return [*NEWSARCHIVE, *fixed, *options]


def finish(arguments: list[str], archive: Path, **kwargs: Any) -> Crawled:
    """Run a command that crawls into ``archive``."""
    before = set(archive.glob("*/crawls/*.json"))
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=100, check=False, cwd=PROJECT, env=environment(), **kwargs
    )
    return ended(done.returncode, done.stdout, done.stderr, archive, before)


def ended(exit_code: int, stdout: str, stderr: str, archive: Path, before: set[Path]) -> Crawled:
    """What a crawl into ``archive`` left, given the records of runs that were there ``before``.

    What it recovered of others is not its own.
    """
    records = [from_json(path.read_bytes(), CrawlRun) for path in set(archive.glob("*/crawls/*.json")) - before]
    new = [record for record in records if record.outcome != "recovered"]
    assert len(new) <= 1, new
    return Crawled(
        exit_code=exit_code,
        stdout=stdout,
        stderr=stderr,
        directory=archive / "tagesschau",
        committed=new[0] if new else None,
    )


def environment() -> dict[str, str]:
    """The environment of a crawl: ours without what could change it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("NEWSARCHIVE_", "SCRAPY_"))}


def same_lines(crawled: Crawled) -> Iterator[tuple[bytes, bytes]]:
    """Each article line of the run, as it is and as extraction gives it again from the WARC."""
    site = get_site("tagesschau")
    with Collection.open(crawled.directory) as collection:
        for article in crawled.articles:
            again = extract(collection.read_capture(article.capture), site).article
            if again is not None:
                again = complete(again, lambda url: collection.companion(url, crawled.run.run))
            yield to_line(article), b"" if again is None else to_line(replace(again, revision=article.revision))

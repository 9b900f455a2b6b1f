"""How crawls end that cannot go on: the exit code, what is said, and what is kept."""

from __future__ import annotations

import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from tests.crawling import (
    NEWSARCHIVE,
    PROJECT,
    SCRAPY,
    Crawled,
    Watched,
    crawl,
    crawl_command,
    ended,
    environment,
    finish,
    same_lines,
)

HTML = (("Content-Type", "text/html;charset=UTF-8"),)


@pytest.fixture
def site() -> SampleSite:
    return SampleSite(invent_stories(24, 11))


@pytest.fixture
def watched(site: SampleSite) -> Watched:
    return Watched(site)


@pytest.fixture
def base_url(watched: Watched) -> Iterator[str]:
    with serve(watched) as serving:
        yield serving.base_url


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken and at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def said(crawled: Crawled) -> str:
    """The last thing said."""
    return crawled.stderr.strip().splitlines()[-1]


def test_a_host_that_cannot_be_reached(closed_port: int, tmp_path: Path) -> None:
    crawled = crawl(f"http://127.0.0.1:{closed_port}", tmp_path)

    assert crawled.exit_code == 11
    assert "No channel of tagesschau.de could be fetched" in said(crawled)
    assert "connection-refused" in said(crawled)
    assert crawled.run.outcome == "failed"
    assert crawled.report["error"]["exit_code"] == 11
    assert "Traceback" not in crawled.stderr


def test_a_site_that_is_not_known(tmp_path: Path) -> None:
    crawled = finish([*NEWSARCHIVE, "crawl", "tagesshau", "--archive", str(tmp_path)], tmp_path)

    assert crawled.exit_code == 10
    assert "tagesschau" in said(crawled)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--contact"),
        (["--until", "2026-01-01"], "--since"),
        (["--since", "2026-01-02", "--until", "2026-01-01"], "lies after"),
        (["--base-url", "tagesschau.de"], "not an address"),
    ],
)
def test_a_crawl_that_may_not_begin_writes_nothing(options: list[str], message: str, tmp_path: Path) -> None:
    crawled = finish([*NEWSARCHIVE, "crawl", "tagesschau", "--archive", str(tmp_path), *options], tmp_path)

    assert crawled.exit_code == 2
    assert message in said(crawled)
    assert crawled.stdout == ""
    assert "Traceback" not in crawled.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_collection_that_somebody_else_writes(watched: Watched, base_url: str, tmp_path: Path) -> None:
    with Collection.create(tmp_path / "tagesschau", "tagesschau") as collection, collection.lock():
        crawled = crawl(base_url, tmp_path)

    assert crawled.exit_code == 12
    assert "in use by another newsarchive process" in said(crawled)
    assert crawled.committed is None
    assert watched.asked == []


def test_a_directory_that_is_no_collection(watched: Watched, base_url: str, tmp_path: Path) -> None:
    (tmp_path / "tagesschau").mkdir()
    (tmp_path / "tagesschau" / "Urlaubsbilder").mkdir()
    crawled = crawl(base_url, tmp_path)

    assert crawled.exit_code == 15
    assert watched.asked == []


def limited_to(size_bytes: int) -> Callable[[], None]:
    """No file of the process may grow beyond this, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


def test_a_disk_that_is_full(site: SampleSite, watched: Watched, base_url: str, tmp_path: Path) -> None:
    crawled = crawl(base_url, tmp_path, preexec_fn=limited_to(600_000))

    assert crawled.exit_code == 13
    assert "Could not write" in said(crawled)
    assert "File too large" in said(crawled) or "disk I/O error" in said(crawled)  # the WARC, or the catalog
    assert "Traceback" not in crawled.stderr
    assert crawled.run.outcome == "failed"
    assert 0 < crawled.run.articles < len(site.stories)
    assert len(watched.asked) < len(site.stories)
    lines = list(same_lines(crawled))
    assert len(lines) == crawled.run.articles
    assert all(line == again for line, again in lines)

    with_room = crawl(base_url, tmp_path)

    assert with_room.exit_code == 0, with_room.stderr
    assert len({article.article_id for article in (*crawled.articles, *with_room.articles)}) == len(site.stories)
    assert with_room.run.articles == len(site.stories) - crawled.run.articles


def test_a_layout_that_nobody_can_read(site: SampleSite, watched: Watched, base_url: str, tmp_path: Path) -> None:
    empty = Answer(status=200, headers=HTML, body=b"<html><body><main><h1>Alles neu</h1></main></body></html>")
    watched.instead = {story.path: empty for story in site.stories}
    crawled = crawl(base_url, tmp_path)

    assert crawled.exit_code == 14
    assert f"of {len(site.stories)} article pages that were asked for, 0 gave an article" in said(crawled)
    assert crawled.report["log"] in said(crawled)
    assert (crawled.run.outcome, crawled.run.articles) == ("failed", 0)
    assert crawled.total.no_article == len(site.stories)


def test_a_site_that_refuses_every_article(site: SampleSite, watched: Watched, base_url: str, tmp_path: Path) -> None:
    watched.instead = {story.path: Answer(status=403, headers=HTML) for story in site.stories}
    crawled = crawl(base_url, tmp_path)

    assert crawled.exit_code == 14
    assert f"of {len(site.stories)} article pages that were asked for, 0 gave an article" in said(crawled)
    assert (crawled.run.outcome, crawled.total.failed) == ("failed", len(site.stories))


def test_another_site_than_the_one_named(watched: Watched, base_url: str, tmp_path: Path) -> None:
    elsewhere = Answer(status=200, headers=HTML, body=b'<html><body><a href="/products/1">Buy</a></body></html>')
    channels = get_site("tagesschau").channels
    watched.instead = {url: elsewhere for channel in channels for url in channel.starts("", None, None)}
    crawled = crawl(base_url, tmp_path)

    assert crawled.exit_code == 14
    assert {finding.code for finding in crawled.run.findings} <= {"channel-silent", "channel-changed"}
    assert f"none to an article of {base_url}, the first is {base_url}/products/1" in crawled.stderr


def test_an_argument_that_scrapy_would_take_without_a_word(tmp_path: Path) -> None:
    archive = f"NEWSARCHIVE_ARCHIVE_DIR={tmp_path}"
    scrapy = finish([*SCRAPY, "crawl", "tagesschau", "-a", "bse_url=http://127.0.0.1:9", "-s", archive], tmp_path)

    assert scrapy.exit_code == 1
    assert "no argument bse_url" in scrapy.stderr
    assert not list(tmp_path.iterdir())


def test_a_day_that_is_none_ends_scrapys_own_command(watched: Watched, base_url: str, tmp_path: Path) -> None:
    archive = f"NEWSARCHIVE_ARCHIVE_DIR={tmp_path}"
    words = ("-a", f"base_url={base_url}", "-a", "since=gestern", "-s", archive)
    scrapy = finish([*SCRAPY, "crawl", "tagesschau", *words], tmp_path)

    assert scrapy.exit_code == 1
    assert "--since gestern: not a day of the form 2026-01-31." in scrapy.stderr
    assert "Traceback" not in scrapy.stderr
    assert (watched.asked, list(tmp_path.iterdir())) == ([], [])


def test_listings_that_nobody_can_read(watched: Watched, base_url: str, tmp_path: Path) -> None:
    changed = Answer(status=200, headers=HTML, body=b"<html><body><h1>Alles neu</h1></body></html>")
    watched.instead = {
        "/infoservices/alle-meldungen-100~rss2.xml": changed,
        "/inland": Answer(status=500, headers=HTML),
    }
    crawled = crawl(base_url, tmp_path)

    assert crawled.exit_code == 18, crawled.stderr
    assert crawled.run.articles > 0
    assert [(finding.severity, finding.code, finding.where) for finding in crawled.run.findings] == [
        ("error", "channel-changed", "feed"),
        ("warning", "channel-unsteady", "sections"),
    ]
    assert crawled.run.problems["listing-failed"] == 2
    assert "the document is no RSS or Atom feed" in crawled.stderr
    assert "the server answered 500" in crawled.stderr
    assert watched.asked.count("/inland") == 3


def test_ctrl_c_ends_the_crawl_in_order(site: SampleSite, watched: Watched, base_url: str, tmp_path: Path) -> None:
    watched.busy_at = 16
    command = [*crawl_command(base_url, tmp_path), "--delay", "0.2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT, env=environment()
    ) as process:
        assert watched.busy.wait(60)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    stopped = ended(process.returncode, stdout, stderr, tmp_path, set())

    assert stopped.exit_code == 130
    assert "Stopped by the user" in said(stopped)
    assert "Traceback" not in stderr
    assert stopped.run.outcome == "interrupted"
    assert 0 < stopped.run.articles < len(site.stories)
    assert stopped.total.skipped > 0
    assert list(tmp_path.rglob("*.open")) == []
    assert all(line == again for line, again in same_lines(stopped))

    next_one = crawl(base_url, tmp_path)

    assert next_one.exit_code == 0, next_one.stderr
    assert next_one.run.articles == len(site.stories) - stopped.run.articles
    assert not stopped.paths(base_url) & next_one.paths(base_url)


def test_the_command_explains_itself() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "newsarchive", "crawl", "--help"], capture_output=True, text=True, check=False
    )

    assert shown.returncode == 0
    for option in ("--since", "--until", "--limit", "--archive", "--base-url", "--delay", "--contact", "--json"):
        assert option in shown.stdout

"""Extraction again: the same program gives the same bytes, another one a generation beside the old, and a way back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.collection.generation_writer import GenerationWriter
from newsarchive.collection.generations import numbers
from newsarchive.errors import CollectionLocked, StorageFailed, UnknownGeneration
from newsarchive.model.article import Article
from newsarchive.model.serialize import from_json
from newsarchive.reextract.going_back import use_generation
from newsarchive.reextract.local import Scope, extract_again
from newsarchive.reextract.pool import PageLimits
from newsarchive.reextract.report import ExtractionReport
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site
from tests.crawling import NEWSARCHIVE, PROJECT, SCRAPY, Crawled, Watched, crawl, environment, finish
from tests.kept import catalog_rows
from tests.reading import SPRING, DeadlyReader, LosingReader, ShoutingReader, site_read_by

LIMITS = PageLimits(workers=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A collection of two crawls, weeks apart: pages new, edited, unchanged (304 and 200), gone and moved."""

    archive: Path
    base_url: str

    @property
    def directory(self) -> Path:
        return self.archive / "tagesschau"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Crawled once; tests work on copies."""
    archive = tmp_path_factory.mktemp("crawled")
    site = SampleSite(invent_stories(24, 5, SPRING - timedelta(days=3)))
    watched = Watched(site)
    with serve(watched) as serving:

        def crawl_at(clock: str) -> Crawled:
            settings = [
                f"NEWSARCHIVE_ARCHIVE_DIR={archive}",
                "DOWNLOAD_DELAY=0",
                f"NEWSARCHIVE_NOW=tests.reading.{clock}",
            ]
            arguments = [option for setting in settings for option in ("-s", setting)]
            return finish([*SCRAPY, "crawl", "tagesschau", "-a", f"base_url={serving.base_url}", *arguments], archive)

        first = crawl_at("at_first")
        assert first.exit_code == 0, first.stderr
        paths = sorted(
            article.url.removeprefix(serving.base_url)
            for article in first.articles
            if article.published_at is not None and article.published_at.year == 2026
        )
        for path in paths[:6]:
            page = site.respond(path, "", {})
            watched.instead[path] = replace(page, body=page.body.replace(b"</p>", b" Nachtrag.</p>"))
        for path in paths[6:9]:
            watched.instead[path] = Answer(status=404, headers=(), body=b"")
        watched.instead[paths[9]] = Answer(status=301, headers=(("Location", "/"),), body=b"")
        watched.instead[paths[10]] = replace(site.respond(paths[10], "", {}), headers=(("Content-Type", "text/html"),))
        second = crawl_at("much_later")
        assert second.committed is not None, second.stderr
    kinds = Counter(("revision",) if sighting.reason is None else (sighting.reason,) for sighting in second.sightings)
    assert second.articles
    assert kinds["revision",] > 3
    assert kinds["http-404",] == 3
    assert kinds["moved-away",] == 1
    return Sample(archive=archive, base_url=serving.base_url)


@pytest.fixture
def sample(crawled: Sample, tmp_path: Path) -> Sample:
    """A copy to do with as one likes."""
    shutil.copytree(crawled.archive, tmp_path / "archive")
    return replace(crawled, archive=tmp_path / "archive")


def again(sample: Sample, site: Site | None = None, **options: object) -> ExtractionReport:
    with Collection.open(sample.directory) as collection:
        return extract_again(collection, site or get_site("tagesschau"), **({"limits": LIMITS} | options))  # type: ignore[arg-type]


def lines(directory: Path) -> dict[str, bytes]:
    """The article lines and sightings below ``directory``, by file."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.glob("articles/*/*/*/*.jsonl"))
        if ".links." not in path.name
    }


def is_sound(sample: Sample) -> bool:
    return [finding for finding in check(sample.directory) if finding.severity == "error"] == []


def test_the_same_program_gives_the_same_bytes_and_writes_nothing(sample: Sample) -> None:
    before = {path: path.stat().st_mtime_ns for path in sample.directory.rglob("*")}
    report = again(sample)
    after = {path: path.stat().st_mtime_ns for path in sample.directory.rglob("*")}
    assert (report.generation, report.reordered, report.pages) == (None, 0, report.same)
    assert report.pages > 24
    changed = {path for path in after if before.get(path) != after[path]}
    assert {path.name for path in changed if not path.name.startswith("catalog.sqlite")} <= {"tagesschau"}


@pytest.mark.parametrize("workers", [1, 3])
def test_without_the_old_lines_the_same_bytes_come_again(sample: Sample, workers: int) -> None:
    wanted = lines(sample.directory)
    for name in wanted:
        (sample.directory / name).write_bytes(b"")
    for path in sample.directory.glob("catalog.sqlite*"):
        path.unlink()
    with Collection.open(sample.directory) as collection:
        assert collection.count_articles() == (0, 0)
    report = again(sample, limits=PageLimits(workers=workers))
    assert (report.generation, report.before.articles, report.lost) == (2, 0, 0)
    assert report.gained > 24
    assert lines(sample.directory / "generations" / "2") == wanted


@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
        {"TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7", "PYTHONUTF8": "0"},
    ],
    ids=["east", "west"],
)
def test_the_same_bytes_come_in_other_surroundings(sample: Sample, surroundings: dict[str, str]) -> None:
    wanted = lines(sample.directory)
    for name in wanted:
        (sample.directory / name).write_bytes(b"")
    for path in sample.directory.glob("catalog.sqlite*"):
        path.unlink()
    # The clock of the command is that of another day, whatever it is asked for.
    code = (
        "import sys, time_machine, datetime as d;"
        "from newsarchive.cli import main;"
        "t = time_machine.travel(d.datetime(2031, 2, 28, 23, 59, tzinfo=d.timezone.utc)); t.start();"
        "main(sys.argv[1:], standalone_mode=False)"
    )
    done = subprocess.run(
        [NEWSARCHIVE[0], "-c", code, "extract", "tagesschau", "--archive", str(sample.archive), "--workers", "2"],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        env=environment() | surroundings,
    )
    assert done.returncode == 0, done.stderr
    assert lines(sample.directory / "generations" / "2") == wanted
    assert from_json((sample.directory / "generations/2/generation.json").read_bytes(), dict)["made_at"] > "2031"


def test_another_reader_makes_a_generation_with_a_report_and_one_can_go_back(sample: Sample) -> None:
    old = lines(sample.directory)
    with Collection.open(sample.directory) as collection:
        headlines = {article.article_id: article.headline for article in collection.articles() if article.revision == 1}
    report = again(sample, site_read_by(ShoutingReader))

    assert (report.generation, report.is_in_use, report.lost) == (2, True, 0)
    assert [field.field for field in report.fields] == ["headline"]
    assert report.changed == report.fields[0].articles > 10
    for example in report.fields[0].examples:
        assert json.loads(example.after) == json.loads(example.before).upper()
    assert lines(sample.directory) == old
    assert is_sound(sample)
    with Collection.open(sample.directory) as collection:
        shown = {article.article_id: article.headline for article in collection.articles() if article.revision == 1}
        assert any(shown[article_id] != headline for article_id, headline in headlines.items())
        live = catalog_rows(sample.directory / "generations" / "2")
        collection.rebuild()
        assert catalog_rows(sample.directory / "generations" / "2") == live
    text = (sample.directory / "generations/2/report.txt").read_text(encoding="utf-8")
    assert "Nothing is lost." in text
    assert report == from_json((sample.directory / "generations/2/report.json").read_bytes(), ExtractionReport)

    with Collection.open(sample.directory) as collection, collection.lock():
        switch = use_generation(collection, get_site("tagesschau"), 1)
        assert (switch.before, switch.number, switch.runs) == (2, 1, 0)
        assert {a.article_id: a.headline for a in collection.articles() if a.revision == 1} == headlines
        with pytest.raises(UnknownGeneration, match="3"):
            use_generation(collection, get_site("tagesschau"), 3)
    assert is_sound(sample)
    assert again(sample).generation is None


def test_a_crawl_writes_on_into_the_generation_in_use_and_the_old_one_gets_it_when_it_is_used(sample: Sample) -> None:
    again(sample, site_read_by(ShoutingReader))
    watched = Watched(SampleSite(invent_stories(30, 8)))
    with serve(watched) as serving:
        later = crawl(serving.base_url, sample.archive, "--no-recrawl")
    assert later.committed is not None, later.stderr
    assert later.run.generation == 2
    assert later.run.articles_file is not None
    assert later.run.articles_file.startswith("generations/2/articles/")
    assert is_sound(sample)
    with Collection.open(sample.directory) as collection, collection.lock():
        switch = use_generation(collection, get_site("tagesschau"), 1, LIMITS)
        assert (switch.runs, switch.articles) == (1, later.run.articles)
    name = later.run.articles_file.removeprefix("generations/2/")
    assert (sample.directory / name).read_bytes() == (sample.directory / later.run.articles_file).read_bytes()
    assert is_sound(sample)
    assert again(sample).generation is None
    with Collection.open(sample.directory) as collection, collection.lock():
        assert use_generation(collection, get_site("tagesschau"), 2, LIMITS).runs == 0
    assert is_sound(sample)


def test_what_loses_articles_is_written_and_not_used(sample: Sample) -> None:
    report = again(sample, site_read_by(LosingReader))
    assert (report.generation, report.is_in_use) == (2, False)
    assert report.lost > 0
    assert all("rathaus" in example.url for example in report.examples_lost)
    with Collection.open(sample.directory) as collection:
        assert collection.layout.generation == 1
        assert numbers(collection.layout) == (1, 2)
    assert is_sound(sample)


def test_a_page_that_harms_its_reader_is_alone_in_what_it_loses(sample: Sample) -> None:
    limits = PageLimits(workers=1, timeout_s=3, memory_bytes=1024**3)
    report = again(sample, site_read_by(DeadlyReader), limits=limits)
    codes = {finding.code for finding in report.findings}
    assert codes <= {"page-timeout", "page-out-of-memory"}
    assert codes
    assert report.lost == len(report.findings) == report.unread
    assert report.same == report.pages - report.lost


def test_days_can_be_chosen_and_the_rest_is_kept(sample: Sample) -> None:
    with Collection.open(sample.directory) as collection:
        days = sorted({capture.ref.captured_at.date() for capture in collection.captures()})
    assert len(days) == 2
    nothing = again(sample, site_read_by(ShoutingReader), scope=Scope(since=days[-1] + timedelta(days=30)))
    assert (nothing.generation, nothing.pages) == (None, 0)
    report = again(sample, site_read_by(ShoutingReader), scope=Scope(until=date(2000, 1, 1)))
    assert report.generation is None
    report = again(sample, site_read_by(ShoutingReader), scope=Scope(since=days[-1]))
    assert report.generation == 2
    assert report.pages > 0
    assert is_sound(sample)


def test_an_extraction_goes_on_where_it_was_killed(sample: Sample) -> None:
    class Killed(Exception):
        pass

    def kill(done: int, total: int) -> None:
        if done > total // 2:
            raise Killed

    with pytest.raises(Killed):
        again(sample, site_read_by(ShoutingReader), progress=kill)
    whole = sorted((sample.directory / "generations/next/readings").glob("*.jsonl"))
    marks = {path: path.stat().st_mtime_ns for path in whole}
    assert is_sound(sample)
    seen: list[tuple[int, int]] = []
    report = again(sample, site_read_by(ShoutingReader), progress=lambda done, total: seen.append((done, total)))
    assert report.generation == 2
    assert marks == {} or len(seen) < 40
    assert is_sound(sample)
    assert not (sample.directory / "generations/next").exists()


def test_a_generation_that_nobody_expected_has_a_catalog_too(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GenerationWriter, "is_like_base", lambda _: False)
    assert again(sample).generation == 2

    with Collection.open(sample.directory) as collection:
        assert collection.count_articles() == (len(collection.last_revisions()), len(list(collection.articles())))
    assert [finding for finding in check(sample.directory) if finding.severity == "error"] == []


def test_two_extractions_of_one_collection_exclude_each_other(sample: Sample) -> None:
    def second(done: int, total: int) -> None:
        with pytest.raises(CollectionLocked):
            again(sample)

    assert again(sample, progress=second).generation is None


def test_the_commands(sample: Sample, tmp_path: Path) -> None:
    def newsarchive(*arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*NEWSARCHIVE, *arguments], capture_output=True, check=False, cwd=PROJECT, env=environment(), input=given
        )

    archive = ("--archive", str(sample.archive))
    done = newsarchive("extract", "tagesschau", "--workers", "1", *archive)
    assert (done.returncode, b"byte for byte" in done.stdout) == (0, True), done.stderr
    listed = newsarchive("generations", "list", "tagesschau", "--json", *archive)
    assert [json.loads(line)["number"] for line in listed.stdout.splitlines()] == [1]
    assert newsarchive("generations", "use", "tagesschau", "7", *archive).returncode == 19

    warc = next(sample.directory.glob("warc/*/*/*/*.warc.gz"))
    named = newsarchive("extract", str(warc), "--site", "tagesschau")
    piped = newsarchive("extract", "-", "--site", "tagesschau", given=warc.read_bytes())
    found = [from_json(line, Article) for line in named.stdout.splitlines()]
    with Collection.open(sample.directory) as collection:
        wanted = [article for article in collection.articles() if article.capture.warc.endswith(warc.name)]
    assert {article.article_id for article in found} == {article.article_id for article in wanted}
    assert [article.text for article in found] == [from_json(line, Article).text for line in piped.stdout.splitlines()]
    # A host that nobody described is read by what its pages say of themselves.
    assert len(newsarchive("extract", str(warc)).stdout.splitlines()) >= len(found)
    assert newsarchive("extract", os.devnull).returncode == 16
    cut = tmp_path / warc.name
    cut.write_bytes(warc.read_bytes()[:-200])
    damaged = newsarchive("extract", str(cut), "--site", "tagesschau")
    assert damaged.returncode == 3
    assert named.stdout.startswith(damaged.stdout)
    assert f"{warc.name}@".encode() in damaged.stderr


@pytest.mark.parametrize("step", ["use", "describe_generation"])
def test_what_dies_at_the_last_step_leaves_the_old_generation_in_use(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object) -> None:
        raise StorageFailed(path=sample.directory, reason="No space left on device")

    module = "reextract.local" if step == "use" else "collection.generation_writer"
    with monkeypatch.context() as patched:
        patched.setattr(f"newsarchive.{module}.{step}", die)
        with pytest.raises(StorageFailed):
            again(sample, site_read_by(ShoutingReader))
    with Collection.open(sample.directory) as collection:
        assert collection.layout.generation == 1
        assert numbers(collection.layout) == ((1, 2) if step == "use" else (1,))
    assert is_sound(sample)
    report = again(sample, site_read_by(ShoutingReader))
    assert report.is_in_use
    assert report.generation == (3 if step == "use" else 2)
    assert is_sound(sample)

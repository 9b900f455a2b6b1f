"""``newsarchive check`` as it is called: what it prints, how it ends, beside a crawl, on a disk it may not write."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.collection.layout import Layout
from newsarchive.errors import NotACollection
from newsarchive.model.article import Article
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.warc import strict
from tests.crawling import NEWSARCHIVE, PROJECT, crawl, environment
from tests.damage import sample
from tests.damage.lab import Lab
from tests.kept import BASE_URL, archive, begin, crawling, exchange, ticking


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NEWSARCHIVE, "check", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=PROJECT,
        env=environment(),
    )


def found(root: Path, *, deep: bool = False) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in check(root, deep=deep)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    sample.build(tmp_path / sample.SITE)
    return tmp_path / sample.SITE


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


def test_a_crawl_of_the_sample_site_has_no_findings_and_nothing_is_changed(tmp_path: Path) -> None:
    with serve(SampleSite(invent_stories(12, 5))) as serving:
        first = crawl(serving.base_url, tmp_path)
        again = crawl(serving.base_url, tmp_path)
    assert (first.exit_code, again.exit_code) == (0, 0)
    before = everything(tmp_path)

    done = run("--deep", "--archive", tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tagesschau: deep check of ")
    assert done.stdout.endswith(": nothing wrong\n")
    assert everything(tmp_path) == before


def test_errors_are_printed_with_place_and_remedy_and_end_with_3(root: Path) -> None:
    lab = Lab(root)
    lab.flip(lab.warc("aa"), 5)
    lab.layout.catalog.unlink()

    done = run("tagesschau", "--archive", root.parent)

    assert done.returncode == 3
    name = lab.layout.name_of(lab.warc("aa"))
    assert f"error warc-digest: tagesschau/{name}\n  The file is not the one that was sealed" in done.stdout
    assert "\n  → Restore the file from a backup" in done.stdout
    assert "warning catalog-missing: tagesschau/catalog.sqlite\n" in done.stdout
    assert done.stdout.endswith(": 1 error, 1 warning\n")


def test_warnings_alone_end_with_0(root: Path) -> None:
    Lab(root).layout.catalog.unlink()

    assert run("--archive", root.parent).returncode == 0


def test_json_gives_one_finding_a_line_and_the_summary_to_stderr(root: Path) -> None:
    lab = Lab(root)
    lab.lines(lab.index("aa"), lambda lines: [])

    done = run("--json", "--archive", root.parent)

    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 3
    assert len(findings) > 20
    assert {tuple(finding) for finding in findings} == {("site", "severity", "code", "where", "message", "remedy")}
    assert {(finding["site"], finding["code"]) for finding in findings} == {("tagesschau", "index-incomplete")}
    assert f"{len(findings)} errors" in done.stderr


def test_people_are_shown_the_first_of_many(root: Path) -> None:
    lab = Lab(root)
    lab.lines(lab.index("aa"), lambda lines: [])

    done = run("--archive", root.parent)

    assert done.stdout.count("error index-incomplete") == 20
    assert " more of index-incomplete; --json lists them all." in done.stdout


def test_a_collection_without_its_descriptor_is_not_passed_over(root: Path) -> None:
    (root / "collection.json").unlink()

    done = run("--archive", root.parent)

    assert done.returncode == 3
    assert "descriptor-unreadable" in done.stdout


def test_where_there_is_no_collection_that_is_said(tmp_path: Path) -> None:
    nothing, named = run("--archive", tmp_path), run("tagesschau", "--archive", tmp_path)

    assert (nothing.returncode, named.returncode) == (15, 15)
    assert "there is no collection in it" in nothing.stderr
    with pytest.raises(NotACollection):
        list(check(tmp_path))


def test_a_read_only_archive_is_checked_like_any_other(root: Path, tmp_path: Path) -> None:
    # Not even root may write into what is mounted read-only; without that right, permissions must do.
    lab = Lab(root)
    lab.sql("UPDATE captures SET status = 200 WHERE status = 404")
    for name in ("-shm", "-wal"):
        Path(f"{lab.layout.catalog}{name}").unlink(missing_ok=True)
    script = (
        "import sys; from pathlib import Path; from newsarchive.checks.check import check;"
        "print([finding.code for finding in check(Path(sys.argv[1]), deep=True)])"
    )
    command: list[str | Path] = [sys.executable, "-c", script, root]
    if os.geteuid() == 0:
        mount = f'mount --bind "{root}" "{root}" && mount -o remount,ro,bind "{root}" && exec "$0" "$@"'
        if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
            pytest.skip("neither an ordinary user nor one who may mount")
        command = ["unshare", "-m", "sh", "-c", mount, *command]
    else:
        for path in (root, *root.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=PROJECT)

    assert (done.stdout, done.stderr) == ("['catalog-differs']\n", "")


def test_beside_a_crawl_only_what_is_committed_is_judged(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        archive(writer, exchange("/a.html"))
    later = ticking(writer.started_at.replace(hour=12))
    with Collection.open(tmp_path) as collection, collection.lock(), begin(collection, now=later) as second:
        archive(second, exchange("/b.html", at=second.started_at))
        during = found(tmp_path)
        second.finish("finished", "finished")
        committed = found(tmp_path)

    assert during == committed == []


def test_a_run_that_commits_while_it_is_checked_is_no_fault(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        archive(writer, exchange("/a.html"))
    later = ticking(writer.started_at.replace(hour=12))

    def progress(done: int, total: int) -> None:
        if not second.closed:
            second.finish("finished", "finished")

    with Collection.open(tmp_path) as collection, collection.lock(), begin(collection, now=later) as second:
        archive(second, exchange("/b.html", at=second.started_at))
        assert list(check(tmp_path, progress=progress)) == []
        assert second.closed


def test_what_a_dead_crawl_left_is_told(tmp_path: Path) -> None:
    later = ticking()
    with Collection.create(tmp_path, "seeblick") as collection, collection.lock(), begin(collection, now=later) as dead:
        archive(dead, exchange("/b.html"))
        (path,) = Layout(tmp_path).warc_files()
        data = path.read_bytes()
        dead.finish("finished", "finished")
    shutil.rmtree(tmp_path / "crawls")
    next(Layout(tmp_path).warc_files()).unlink()
    path.write_bytes(data)
    shutil.rmtree(tmp_path / "indexes")
    (tmp_path / "catalog.sqlite").unlink()

    codes = [code for code, _ in found(tmp_path)]

    assert codes == ["warc-leftover-open", "index-missing", "catalog-missing"]


def test_progress_reaches_its_end(root: Path) -> None:
    told: list[tuple[int, int]] = []

    for _ in check(root, progress=lambda done, total: told.append((done, total))):
        pass

    assert told[-1][0] == told[-1][1] == sum(size for size in _sizes(root))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def _sizes(root: Path) -> Iterator[int]:
    for pattern in ("warc/*/*/*/*.gz", "articles/*/*/*/*.jsonl", "indexes/*/*.cdxj"):
        yield from (path.stat().st_size for path in root.glob(pattern))


def test_articles_of_another_version_are_counted_and_not_judged(root: Path) -> None:
    def older(article: Article) -> Article:
        return replace(article, extractor=replace(article.extractor, newsarchive="0.0.1"), language="nl")

    Lab(root).change_articles("aa", older)

    (finding,) = check(root, deep=True)
    assert (finding.code, finding.severity) == ("article-other-version", "note")
    assert finding.message.startswith("5 articles were read by another version, newsarchive 0.0.1 with")


def test_articles_of_a_site_that_is_not_known_are_not_extracted(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        archive(writer, exchange("/a.html"))

    assert found(tmp_path, deep=True) == [("article-not-read", "collection.json")]
    assert BASE_URL.endswith("seeblick.example")


def test_a_file_that_the_system_refuses_is_told(root: Path) -> None:
    lab = Lab(root)
    path = lab.warc("aa")
    path.unlink()
    path.mkdir()

    assert found(root) == [("warc-unreadable", lab.layout.name_of(path))]


def test_a_member_that_swells_beyond_measure_is_not_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(root)
    data = lab.warc("aa").read_bytes()
    sizes = {
        place.offset: len(gzip.decompress(data[place.offset : place.offset + place.length]))
        for place in lab.records("aa")
    }
    largest = max(sizes, key=sizes.__getitem__)
    monkeypatch.setattr(strict, "MAX_CONTENT_BYTES", sizes[largest] - 1)

    assert found(root) == [("warc-too-large", f"{lab.layout.name_of(lab.warc('aa'))}@{largest}")]

"""Exports: what is selected, that the same gives the same bytes, how they grow, what they refuse and what they say."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

import newsarchive
from newsarchive.cli.export import FORMATS as OFFERED
from newsarchive.collection.collection import Collection
from newsarchive.errors import NotACollection, StorageFailed, UnreadableInput, UsageError
from newsarchive.export import export as exporting
from newsarchive.export import hf, shards, wet
from newsarchive.export.archive import Archive
from newsarchive.export.export import FORMATS
from newsarchive.export.folder import ExportedFile
from newsarchive.export.names import SPLITS, file_name, row_id, split
from newsarchive.export.selection import Selection
from newsarchive.export.statement import Duplicates, FormatName, SiteStatement, Statement, Tally
from newsarchive.model.article import Article
from newsarchive.model.serialize import from_json, to_line
from tests.exports import (
    COPIED,
    FIRST,
    SECOND,
    SITE,
    STORIES,
    TODAY,
    crawl,
    files,
    first_crawl,
    make_archive,
    pages,
    second_crawl,
    selected,
    write,
)

each_format = pytest.mark.parametrize("kind", FORMATS)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive"))


def lines(out: Path) -> list[Article]:
    return [from_json(line, Article) for line in (out / f"data/{SITE}.jsonl").read_bytes().splitlines()]


# --- what is selected ---


def test_the_archive_gives_its_newest_revisions_as_typed_records(archive: Path) -> None:
    with newsarchive.open(archive / SITE) as opened:
        found = list(opened.articles())
        with Collection.open(archive / SITE) as collection:
            last = {revision.article_id: revision.revision for revision in collection.last_revisions()}

        assert {article.article_id: article.revision for article in found} == last
        assert len(found) == STORIES + 1
        assert all(isinstance(article, Article) for article in found)
        assert opened.sites == (SITE,)
        assert opened.article(COPIED) == next(article for article in found if article.article_id == COPIED)
        assert opened.article("nobody") is None
        assert [one.revision for one in opened.revisions(found[-1].article_id)] == [1]
        assert opened.revisions("nobody") == ()


def test_all_first_and_latest_revisions(archive: Path) -> None:
    every = selected(archive, "revision:all")
    with Collection.open(archive / SITE) as collection:
        assert every == list(collection.articles())

    first = selected(archive, "revision:first")
    latest = selected(archive, "revision:latest")
    assert [article.revision for article in first] == [1] * (STORIES + 1)
    assert sorted(Counter(article.revision for article in latest).items()) == [
        (1, STORIES + 1 - STORIES // 5),
        (2, STORIES // 5),
    ]
    assert {row_id(article) for article in [*first, *latest]} == {row_id(article) for article in every}
    # As it stood after the first crawl, whatever came later.
    then = selected(archive, "captured:..2026-11-01")
    assert [row_id(article) for article in then] == [row_id(article) for _, article in first_crawl()]


def test_a_selection_selects_what_its_terms_say(archive: Path) -> None:
    every = selected(archive)
    tag = every[0].tags[0].name

    assert selected(archive, "kind:liveblog") == [article for article in every if article.kind == "liveblog"]
    assert selected(archive, f'tag:"{tag}"') == [
        article for article in every if tag in {one.name for one in article.tags}
    ]
    assert selected(archive, "kind:liveblog") + selected(archive, "-kind:liveblog") != []
    assert len(selected(archive, "kind:liveblog")) + len(selected(archive, "-kind:liveblog")) == len(every)
    assert selected(archive, f"{SITE} language:de") == every


def test_what_is_not_there_is_said(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no collection of seeblick here; there are tagesschau"):
        selected(archive, "seeblick")
    with pytest.raises(NotACollection):
        newsarchive.open(tmp_path)


def test_a_collection_is_known_by_its_site_whatever_its_directory(tmp_path: Path) -> None:
    crawl(tmp_path / "archive", first_crawl(), FIRST)
    (tmp_path / "archive" / SITE).rename(tmp_path / "archive" / "kopie")
    assert len(selected(tmp_path / "archive", SITE)) == len(selected(tmp_path / "archive" / "kopie", SITE)) == 20

    crawl(tmp_path / "archive", first_crawl(), FIRST)
    with pytest.raises(UsageError, match="are both of tagesschau; open one of them"):
        newsarchive.open(tmp_path / "archive")


def test_a_crawl_that_is_committed_meanwhile_takes_nothing_away(tmp_path: Path) -> None:
    crawl(tmp_path, first_crawl(), FIRST)
    with Archive.open(tmp_path) as opened:
        reading = opened.articles()
        begun = [next(reading)]
        crawl(tmp_path, second_crawl(), SECOND)
        assert [row_id(article) for article in [*begun, *reading]] == [row_id(article) for _, article in first_crawl()]


# --- the same bytes ---


@each_format
def test_the_same_selection_gives_the_same_bytes(kind: FormatName, archive: Path, tmp_path: Path) -> None:
    first = write(kind, "tagesschau revision:all", archive, tmp_path / "one")
    write(kind, "revision:all   site:tagesschau", archive, tmp_path / "elsewhere" / "two")

    assert first.outcome == "new"
    assert first.added == STORIES + 1 + STORIES // 5
    assert files(tmp_path / "one") == files(tmp_path / "elsewhere" / "two")


def test_the_bytes_depend_on_no_clock_zone_locale_or_hash_seed(archive: Path, tmp_path: Path) -> None:
    for kind in FORMATS:
        write(kind, SITE, archive, tmp_path / "here" / kind, duplicates=True)
    program = (
        "import sys; from newsarchive.cli import main\n"
        f"for kind in {FORMATS!r}:\n"
        "    where = [sys.argv[2] + kind, '--duplicates', '--archive', sys.argv[1]]\n"
        f"    main(['export', kind, {SITE!r}, *where], standalone_mode=False)"
    )
    elsewhere = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-c", program, str(archive), f"{tmp_path}/there/"]
    subprocess.run(command, check=True, env=os.environ | elsewhere, capture_output=True)

    assert files(tmp_path / "here") == files(tmp_path / "there")
    assert len(files(tmp_path / "here")) > 2 * STORIES


@each_format
@pytest.mark.parametrize("revision", ["all", "first"])
def test_an_export_that_has_grown_has_the_bytes_of_a_new_one(
    kind: FormatName, revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small enough that row groups and files are full in the middle of it.
    monkeypatch.setattr(shards, "GROUP_ROWS", 3)
    monkeypatch.setattr(hf, "SHARD_ROWS", 6)
    monkeypatch.setattr(wet, "MAX_FILE_BYTES", 12_000)
    selection = f"revision:{revision} rights:withhold-expired as_of:2026-11-22"
    crawl(tmp_path / "archive", first_crawl(), FIRST)
    write(kind, selection, tmp_path / "archive", tmp_path / "grown")
    unchanged = write(kind, selection, tmp_path / "archive", tmp_path / "grown")
    crawl(tmp_path / "archive", second_crawl(), SECOND)
    crawl(tmp_path / "archive", second_crawl(), SECOND + timedelta(days=30))
    grown = write(kind, selection, tmp_path / "archive", tmp_path / "grown")
    write(kind, selection, tmp_path / "archive", tmp_path / "new")

    assert (unchanged.outcome, grown.outcome) == ("unchanged", "grown")
    assert grown.added > 0
    assert files(tmp_path / "grown") == files(tmp_path / "new")


@each_format
def test_what_a_killed_export_left_does_no_harm(kind: FormatName, tmp_path: Path) -> None:
    crawl(tmp_path / "archive", first_crawl(), FIRST)
    out = tmp_path / "out"
    (tmp_path / ".out.new").mkdir()
    (tmp_path / ".out.new" / "half").write_bytes(b"")
    write(kind, "revision:all", tmp_path / "archive", out)
    before = files(out)
    crawl(tmp_path / "archive", second_crawl(), SECOND)
    write(kind, "revision:all", tmp_path / "archive", out)
    whole = files(out)

    # Killed just before the statement was written: all files have grown, the statement is the old one.
    (out / "statement.json").write_bytes(before["statement.json"])
    again = write(kind, "revision:all", tmp_path / "archive", out)

    assert again.outcome == ("anew" if kind == "hf" else "grown")
    assert files(out) == whole
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@each_format
def test_an_export_that_was_changed_is_written_anew(kind: FormatName, tmp_path: Path) -> None:
    crawl(tmp_path / "archive", first_crawl(), FIRST)
    out = tmp_path / "out"
    written = write(kind, "revision:all", tmp_path / "archive", out)
    # The last file of a split or month is the one that takes more.
    for file in written.statement.files:
        data = bytearray((out / file.name).read_bytes())
        data[len(data) // 2] ^= 1
        (out / file.name).write_bytes(bytes(data))
    crawl(tmp_path / "archive", second_crawl(), SECOND)

    again = write(kind, "revision:all", tmp_path / "archive", out)
    write(kind, "revision:all", tmp_path / "archive", tmp_path / "new")

    assert again.outcome in {"anew", "grown"} if kind == "parquet" else {"anew"}
    if again.outcome == "anew":
        assert again.reason is not None
        assert "is not as it was exported" in again.reason
        assert files(out) == files(tmp_path / "new")


@pytest.mark.parametrize(
    ("selection", "reason"),
    [
        ("revision:latest", "there may be newer revisions"),
        ("revision:all rights:drop-expired", "rights count as of 2026-11-24 now"),
    ],
)
def test_what_cannot_grow_is_written_anew_and_says_why(selection: str, reason: str, tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    crawl(archive, first_crawl(), FIRST)
    write("jsonl", selection, archive, out)
    crawl(archive, second_crawl(), SECOND)
    tomorrow = TODAY + timedelta(days=1)
    with Archive.open(archive) as opened:
        again = exporting.export("jsonl", Selection.parse(selection), opened, out, now=lambda: tomorrow)

    assert (again.outcome, again.reason) == ("anew", reason)
    assert lines(out) == selected(archive, selection)


def test_lines_that_were_extracted_again_are_exported_anew(tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    crawl(archive, first_crawl(), FIRST)
    write("jsonl", "revision:all", archive, out)
    (path,) = archive.glob("*/articles/*/*/*/*.jsonl")
    articles = [from_json(line, Article) for line in path.read_bytes().splitlines()]
    # Of the same length, as with another version of a library.
    other = [replace(one, extractor=replace(one.extractor, lxml=one.extractor.lxml[::-1])) for one in articles]
    path.write_bytes(b"".join(map(to_line, other)))

    again = write("jsonl", "revision:all", archive, out)

    assert (again.outcome, again.reason) == ("anew", "what the archive has of tagesschau has changed")
    assert lines(out) == other != articles


def test_several_sites(tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    crawl(archive, first_crawl(), FIRST)
    crawl(archive, first_crawl(), FIRST, site="seeblick")
    write("jsonl", "revision:all", archive, out)
    crawl(archive, second_crawl(), SECOND)
    grown = write("jsonl", "revision:all", archive, out)
    write("jsonl", "revision:all", archive, tmp_path / "new")

    assert grown.outcome == "grown"
    assert [site.site for site in grown.statement.sites] == ["seeblick", "tagesschau"]
    assert files(out) == files(tmp_path / "new")
    assert [article.site for article in selected(archive, "revision:first")] == ["seeblick"] * 20 + [SITE] * 31
    crawl(archive, first_crawl(), FIRST, site="sportschau")
    assert write("jsonl", "revision:all", archive, out).reason == "the archive has other sites now"


# --- what is refused ---


@pytest.mark.parametrize("content", ["letters.txt", "statement.json"])
def test_what_is_no_export_is_not_touched(content: str, archive: Path, tmp_path: Path) -> None:
    (tmp_path / content).write_text("Moin")

    with pytest.raises(UsageError, match="holds something else than an export"):
        write("jsonl", SITE, archive, tmp_path)

    assert files(tmp_path) == {content: b"Moin"}


def test_another_export_is_not_touched(archive: Path, tmp_path: Path) -> None:
    write("jsonl", SITE, archive, tmp_path / "out")
    before = files(tmp_path / "out")

    for kind, selection in (("text", SITE), ("jsonl", f"{SITE} kind:video")):
        with pytest.raises(UsageError, match="holds another export, jsonl of 'tagesschau revision:latest rights:keep'"):
            write(kind, selection, archive, tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_an_empty_directory_is_taken(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("out", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")

    assert write("jsonl", SITE, archive, tmp_path / "out").outcome == "new"
    assert write("jsonl", SITE, archive, Path()).outcome == "new"
    assert files(tmp_path / "out") == files(tmp_path / "here")


def test_a_full_disk_leaves_no_half_export(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "write_atomically", fails)
    with pytest.raises(StorageFailed, match="No space left on device"):
        write("jsonl", SITE, archive, tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


def test_a_damaged_line_ends_the_export_and_leaves_nothing(tmp_path: Path) -> None:
    crawl(tmp_path / "archive", first_crawl(), FIRST)
    (path,) = tmp_path.glob("archive/*/articles/*/*/*/*.jsonl")
    path.write_bytes(path.read_bytes()[:-10])

    with pytest.raises(UnreadableInput, match="the line is cut off"):
        write("jsonl", "revision:all", tmp_path / "archive", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("kind", "library"), [("parquet", "pyarrow"), ("hf", "pyarrow"), ("jsonl", "datasketch")])
def test_a_library_that_is_missing_is_named(kind: str, library: str, archive: Path, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.modules[{library!r}] = None; from newsarchive.cli import main;"
        f"main(['export', {kind!r}, '', {str(tmp_path / 'out')!r}, '--duplicates', '--archive', {str(archive)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert f"{library} is missing; pip install 'newsarchive[export]'" in done.stderr
    assert "Traceback" not in done.stderr


# --- what an export says ---


def test_the_statement_says_what_when_how_complete_and_under_which_rights(archive: Path, tmp_path: Path) -> None:
    done = write("jsonl", "revision:all rights:drop-restricted as_of:2030", archive, tmp_path / "out")
    statement = json.loads((tmp_path / "out/statement.json").read_bytes())
    (site,) = statement["sites"]
    tally = site["tally"]

    assert statement["selection"] == "revision:all rights:drop-restricted as_of:2030-12-31"
    assert statement["versions"]["newsarchive"] == newsarchive.__version__
    assert (site["runs"], site["outcomes"]) == (2, {"finished": 2})
    assert site["funnel"]["feed"]["declared"] == site["funnel"]["feed"]["extracted"] + 4
    every = selected(archive, "revision:all")
    assert sum(tally["left_out"].values()) + tally["rows"] == len(every)
    assert set(tally["left_out"]) <= {"expired", "noarchive"}
    assert sum(tally["left_out"].values()) > 0
    assert tally["rows"] == len(lines(tmp_path / "out")) == done.added
    for file in statement["files"]:
        data = (tmp_path / "out" / file["name"]).read_bytes()
        assert file["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert file["length_bytes"] == len(data)
    assert tally["robots"].get("noarchive", 0) == 0
    words = (tmp_path / "out/README.md").read_text()
    assert "Policy `drop-restricted`" in words
    assert "The day that counts is 2030-12-31." in words


def test_the_page_describes_the_statement() -> None:
    page = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
    section = page.partition("`statement.json`:\n")[2].partition("\n## ")[0]
    described = set(re.findall(r"`(\w+)`", section))

    for record in (Statement, SiteStatement, Tally, Duplicates, ExportedFile):
        assert {field.name for field in fields(record)} <= described


def test_content_that_is_withheld_is_in_no_file(archive: Path, tmp_path: Path) -> None:
    texts = {article.text[-200:] for article in selected(archive) if len(article.text) > 500}
    assert len(texts) > STORIES / 2
    for kind in ("jsonl", "tei", "text"):
        out = tmp_path / kind
        done = write(kind, "rights:withhold-restricted as_of:2040", archive, out)
        written = b"".join(files(out).values()).decode()

        assert done.statement.sites[0].tally.withheld == STORIES + 1
        assert not [text for text in texts if text in written]
        assert pages()[-1][1].article_id in written


def test_near_duplicates_are_marked_and_not_dropped(archive: Path, tmp_path: Path) -> None:
    plain = write("jsonl", "revision:all", archive, tmp_path / "plain")
    marked = write("jsonl", "revision:all", archive, tmp_path / "marked", duplicates=True)
    original = pages()[1][1].article_id
    found = [json.loads(line) for line in (tmp_path / "marked/duplicates.jsonl").read_bytes().splitlines()]

    assert [(one["article_id"], one["group"]) for one in found] == [
        (original, f"{SITE}/{original}"),
        (COPIED, f"{SITE}/{original}"),
    ]
    assert found[0]["similarity"] == 1
    assert 0.9 < found[1]["similarity"] <= 1
    assert marked.statement.duplicates is not None
    assert (marked.statement.duplicates.groups, marked.statement.duplicates.articles) == (1, 2)
    assert plain.statement.duplicates is None
    assert lines(tmp_path / "plain") == lines(tmp_path / "marked")


# --- names ---


def test_an_export_says_that_its_near_duplicates_are_marked_from_now_on(archive: Path, tmp_path: Path) -> None:
    write("jsonl", "", archive, tmp_path / "out")
    marked = write("jsonl", "", archive, tmp_path / "out", duplicates=True)
    plain = write("jsonl", "", archive, tmp_path / "out")
    assert (marked.outcome, marked.reason) == ("anew", "near-duplicates are marked now")
    assert (plain.outcome, plain.reason) == ("anew", "near-duplicates are not marked any more")


def test_splits_are_fixed_by_site_and_id() -> None:
    counts = Counter(split(SITE, f"meldung-{number}") for number in range(2000))

    assert all(abs(counts[name] / 20 - share) < 1 for name, share in SPLITS)
    # Never to change: what was trained on must not be tested on.
    fixed = {"meldung-0": "train", "meldung-26": "validation", "meldung-17": "test"}
    assert {name: split(SITE, name) for name in fixed} == fixed


def test_file_names_hold_any_id(archive: Path) -> None:
    article = replace(selected(archive)[0], article_id="../a b/ä?*", revision=3)
    long = [replace(article, article_id="ä" * 400 + ending) for ending in "xy"]

    assert file_name(article) == "2026-10/..%2Fa%20b%2F%C3%A4%3F%2A@3"
    assert len({file_name(one) for one in long}) == 2
    assert all(len(file_name(one).encode()) < 240 for one in long)


# --- the command ---


def test_the_command_exports_and_says_so(archive: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "newsarchive", "export", "jsonl", SITE, str(tmp_path / "out"), "--json"]
    done = subprocess.run([*command, "--archive", str(archive)], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == json.loads((tmp_path / "out/statement.json").read_bytes())
    assert done.stderr == f"newsarchive: {tmp_path}/out: 31 articles; tagesschau revision:latest rights:keep\n"


def test_the_command_offers_every_format() -> None:
    assert OFFERED == FORMATS


def test_asking_for_the_package_loads_nothing() -> None:
    program = "import sys, newsarchive; print(*sorted(name for name in sys.modules if name.startswith('newsarchive')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["newsarchive"]

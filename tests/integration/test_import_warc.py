"""WARC files of others into a collection: what is taken, where it comes from, when it was captured, and only once."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.errors import UnreadableInput
from newsarchive.imports.warc import WarcImport, WarcImportReport, import_warcs
from newsarchive.model.finding import Finding
from newsarchive.reextract.local import extract_again
from newsarchive.reextract.pool import PageLimits
from newsarchive.sites.registry import get_site
from newsarchive.warc.reader import read_records
from newsarchive.warc.records import remarks_of
from tests.crawling import NEWSARCHIVE, PROJECT, environment
from tests.foreign import ADDRESS, COMPRESSIONS, chunked, record, response, warcinfo
from tests.invented import e3

LIMITS = PageLimits(workers=1)
PATH = "/inland/deichbau-nordkuben-100.html"


def page(word: str) -> bytes:
    """An article that says ``word``."""
    return e3().replace("Bagger", word).encode()


def answer(word: str, at: str, path: str = PATH, **fields: str) -> bytes:
    body = page(word)
    head = (
        f"HTTP/1.1 200 OK\nContent-Type: text/html\nX-Crawler-Transfer-Encoding: chunked\nContent-Length: {len(body)}"
    )
    return response(head, body, url=ADDRESS + path, WARC_Date=at, WARC_IP_Address="192.0.2.7", **fields)


def redirect(path: str, target: str, at: str) -> bytes:
    return response(f"HTTP/1.1 301 Moved\nLocation: {target}\nContent-Length: 0", b"", url=ADDRESS + path, WARC_Date=at)


def write(path: Path, *records: bytes, style: str = "gzip") -> Path:
    path.write_bytes(COMPRESSIONS[style]([warcinfo("StormCrawler"), *records]))
    return path


def take(archive: Path, *paths: Path, every: bool = False) -> WarcImportReport:
    findings: list[Finding] = []
    done = import_warcs(paths, get_site("tagesschau"), archive, every=every, limits=LIMITS, report=findings.append)
    assert [finding for finding in findings if finding.severity == "error"] == []
    return done


def is_sound(archive: Path) -> bool:
    return [finding for finding in check(archive / "tagesschau", deep=True) if finding.severity == "error"] == []


def told(archive: Path) -> list[tuple[int, str, int]]:
    """(day of capture, word, revision) of every revision of the article, in the order of their numbers."""
    with Collection.open(archive / "tagesschau") as collection:
        revisions = collection.revisions("deichbau-nordkuben-100")
        articles = [collection.article("deichbau-nordkuben-100", revision.revision) for revision in revisions]
    return [
        (article.capture.captured_at.day, next(word for word in WORDS if word in article.text), article.revision)
        for article in articles
        if article is not None
    ]


WORDS = ("Kräne", "Schafe", "Bagger", "Lastwagen")


def test_what_is_of_the_site_is_taken_with_its_origin(tmp_path: Path) -> None:
    request = record("request", {"WARC-Target-URI": ADDRESS + PATH, "WARC-Date": "2026-02-01T12:00:00Z"},
                     f"GET {PATH} HTTP/1.1\r\nHost: www.tagesschau.de\r\n\r\n".encode())  # fmt: skip
    taken = answer("Kräne", "2026-02-01T12:00:00Z")
    file = write(
        tmp_path / "CC-NEWS-1.warc.gz",
        request,
        taken,
        response("HTTP/1.1 200 OK\nContent-Type: text/html", b"<p>Anderswo", url="https://anderswo.example/x-100.html"),
        response("HTTP/1.1 200 OK\nContent-Type: text/html", b"<p>Rubrik", url=f"{ADDRESS}/inland"),
        redirect("/kurz", PATH, "2026-02-01T12:00:01Z"),
        redirect("/kurz-anders", "/inland", "2026-02-01T12:00:02Z"),
    )
    done = take(tmp_path, file)
    (found,) = done.files
    assert (found.captures, found.imported, found.articles) == (5, 2, 1)
    assert (found.other_hosts, found.not_articles, found.hosts) == (1, 2, {"anderswo.example": 1})
    assert done.renumbered is None
    assert is_sound(tmp_path)

    with Collection.open(tmp_path / "tagesschau") as collection:
        (run,) = collection.runs()
        (article,) = collection.articles()
        stored = collection.read_capture(article.capture)
        assert run.settings["source"] == "CC-NEWS-1.warc.gz"
        assert article.capture.captured_at.isoformat() == "2026-02-01T12:00:00+00:00"
        records = [found for _, _, found in read_records(collection.layout.locate(run.warcs[0].path))]
    assert stored.payload == page("Kräne")
    assert [each.type for each in records] == ["warcinfo", "response", "request", "metadata", "response", "metadata"]
    source = taken.split(b"\r\n\r\n", 1)
    assert records[1].block == source[1].removesuffix(b"\r\n\r\n")
    assert f"WARC-Record-ID: <{records[1].id}>".encode() in source[0]
    remarks = remarks_of(records[3])
    assert remarks["imported_from"]["file"] == "CC-NEWS-1.warc.gz"  # type: ignore[index]
    offset, length = (remarks["imported_from"][name] for name in ("offset", "length"))  # type: ignore[index]
    assert gzip.decompress(file.read_bytes()[offset : offset + length]) == taken
    headers = dict(remarks["imported_headers"])  # type: ignore[call-overload]
    assert headers["WARC-Block-Digest"].startswith("sha1:")
    assert headers["WARC-IP-Address"] == "192.0.2.7"


def test_everything_of_the_host_is_taken_where_that_is_asked_for(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.warc.gz",
        response("HTTP/1.1 200 OK\nContent-Type: text/html", b"<p>Rubrik", url=f"{ADDRESS}/inland"),
        response("HTTP/1.1 200 OK\nContent-Type: text/html", b"<p>Anderswo", url="https://anderswo.example/x-100.html"),
    )
    assert take(tmp_path, file).files[0].run is None
    assert take(tmp_path, file, every=True).files[0].imported == 1
    assert is_sound(tmp_path)


def test_doubles_are_known_by_file_and_by_capture(tmp_path: Path) -> None:
    first, second = answer("Kräne", "2026-02-01T12:00:00Z"), answer("Schafe", "2026-02-02T12:00:00Z")
    one = write(tmp_path / "one.warc.gz", first)
    take(tmp_path, one)
    assert take(tmp_path, one).files[0].was_known
    # The same captures, packed otherwise and with other ids.
    repacked = answer("Kräne", "2026-02-01T12:00:00.250Z")
    two = write(tmp_path / "two.warc", first, repacked, second, second, style="plain")
    found = take(tmp_path, two).files[0]
    assert (found.imported, found.known, found.articles) == (1, 3, 1)
    assert told(tmp_path) == [(1, "Kräne", 1), (2, "Schafe", 2)]
    assert is_sound(tmp_path)


def test_revisions_are_numbered_in_order_of_capture_whatever_comes_when(tmp_path: Path) -> None:
    days = {"Schafe": "2026-02-05T12:00:00Z", "Bagger": "2026-02-09T12:00:00Z"}
    take(tmp_path, write(tmp_path / "later.warc.gz", *(answer(word, at) for word, at in reversed(days.items()))))
    assert told(tmp_path) == [(5, "Schafe", 1), (9, "Bagger", 2)]

    between = write(
        tmp_path / "between.warc.gz",
        answer("Lastwagen", "2026-02-07T12:00:00Z"),
        answer("Kräne", "2026-02-01T12:00:00Z"),
        answer("Schafe", "2026-02-06T12:00:00Z"),
    )
    done = take(tmp_path, between)
    assert done.files[0].earlier == 3
    assert done.renumbered is not None
    assert done.renumbered.generation == 2
    assert told(tmp_path) == [(1, "Kräne", 1), (5, "Schafe", 2), (7, "Lastwagen", 3), (9, "Bagger", 4)]
    assert is_sound(tmp_path)
    with Collection.open(tmp_path / "tagesschau") as collection:
        assert [s.captured_at.day for s in collection.sightings("deichbau-nordkuben-100")] == [6]
        collection.rebuild()
    assert is_sound(tmp_path)
    with Collection.open(tmp_path / "tagesschau") as collection:
        assert extract_again(collection, get_site("tagesschau"), limits=LIMITS).generation is None
    assert take(tmp_path, between).renumbered is None


def test_a_page_that_was_gone_before_is_so_in_its_place(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.warc.gz",
        answer("Schafe", "2026-02-05T12:00:00Z"),
        response(
            "HTTP/1.1 404 Not Found\nContent-Length: 0", b"", url=ADDRESS + PATH, WARC_Date="2026-02-06T12:00:00Z"
        ),
        answer("Schafe", "2026-02-07T12:00:00Z"),
    )
    take(tmp_path, file)
    with Collection.open(tmp_path / "tagesschau") as collection:
        sightings = collection.sightings("deichbau-nordkuben-100")
    assert [(s.captured_at.day, s.reason) for s in sightings] == [(6, "http-404"), (7, None)]
    assert is_sound(tmp_path)


def test_a_revisit_refers_to_what_was_imported(tmp_path: Path) -> None:
    original = answer("Schafe", "2026-02-05T12:00:00Z", WARC_Payload_Digest="sha1:ORIGINAL")

    def again(at: str, refers_to: str) -> bytes:
        fields = {
            "WARC-Target-URI": ADDRESS + PATH,
            "WARC-Date": at,
            "WARC-Profile": "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
            "WARC-Refers-To-Target-URI": ADDRESS + PATH,
            "WARC-Refers-To-Date": refers_to,
            "WARC-Payload-Digest": "sha1:ORIGINAL",
            "Content-Type": "application/http; msgtype=response",
        }
        return record("revisit", fields, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")

    file = write(tmp_path / "a.warc.gz", original, again("2026-02-06T12:00:00Z", "2026-02-05T12:00:00Z"))
    found = take(tmp_path, file).files[0]
    assert (found.imported, found.articles, found.unchanged) == (2, 1, 1)
    assert is_sound(tmp_path)


@pytest.mark.parametrize("body", [chunked(page("Kräne")), page("Kräne")], ids=["chunked", "claimed"])
def test_chunks_that_are_none_are_no_fault_of_ours(tmp_path: Path, body: bytes) -> None:
    head = "HTTP/2 200\ncontent-type: text/html\ntransfer-encoding: chunked"
    take(tmp_path, write(tmp_path / "a.warc.gz", response(head, body, url=ADDRESS + PATH)))
    assert told(tmp_path) == [(1, "Kräne", 1)]
    assert is_sound(tmp_path)


def test_what_is_no_warc_file_is_refused_and_the_rest_stays(tmp_path: Path) -> None:
    good = write(tmp_path / "good.warc.gz", answer("Kräne", "2026-02-01T12:00:00Z"))
    bad = tmp_path / "bad.warc.gz"
    bad.write_bytes(b"Moin")
    with pytest.raises(UnreadableInput, match=r"bad\.warc"):
        take(tmp_path, good, bad)
    assert told(tmp_path) == [(1, "Kräne", 1)]
    assert is_sound(tmp_path)


def test_the_command(tmp_path: Path) -> None:
    file = write(tmp_path / "a.warc.gz", answer("Kräne", "2026-02-01T12:00:00Z"))

    def newsarchive(*arguments: str) -> subprocess.CompletedProcess[str]:
        command: Iterable[str] = (*NEWSARCHIVE, "import", "warc", *arguments, "--archive", str(tmp_path))
        return subprocess.run(
            list(command), capture_output=True, text=True, check=False, cwd=PROJECT, env=environment()
        )

    done = newsarchive(str(file), "--site", "tagesschau", "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["files"]
    assert set(found) == set(WarcImport.__slots__)
    assert (found["imported"], found["articles"]) == (1, 1)
    assert "imported before" in newsarchive(str(file), "--site", "tagesschau").stdout

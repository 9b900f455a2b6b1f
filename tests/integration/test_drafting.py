"""``site new`` and ``site record-case``: what they write from a page or a WARC, and that it is worth something."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsarchive.cli import main
from newsarchive.drafting import create
from newsarchive.drafting.create import load_site
from newsarchive.drafting.given import read_given
from newsarchive.drafting.site import draft_site
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.channels import RssFeed, SectionPages
from newsarchive.sites.sitemap import Sitemap
from tests.crawling import PROJECT, finish
from tests.foreign import response
from tests.goldencases import CASES, GoldenCase

HOST = "https://bote.example"
URL = f"{HOST}/lokales/ulmen-gepflanzt-4411.html"
AT = "2026-02-04T10:00:00+01:00"
PAGE = """<!DOCTYPE html><html lang="de-DE"><head><meta charset="utf-8"><title>Ulmen</title>
<meta property="og:site_name" content='Der "Bote" \\ Halmstedt'>
<link rel="alternate" type="application/rss+xml" href="/feed.xml">
<link rel="alternate" type="application/rss+xml" title="Kommentare" href="/feed.xml?art=meinung">
<link rel="alternate" type="application/rss+xml" href="https://other.example/feed.xml">
<link rel="alternate" type="application/atom+xml" href="/atom.xml">
<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",
"headline": "Stadt pflanzt Ulmen", "datePublished": "2026-02-04T08:00:00+01:00",
"author": {"@type": "Person", "name": "Ines Sandvoss"}}</script></head><body>
<header><nav><a href="/">Start</a><a href="/lokales/">Lokales</a><a href="/sport">Sport</a><a href="/suche">Suche</a>
<a href="https://other.example/reisen">Reisen</a></nav></header>
<main><article><h1>Stadt pflanzt Ulmen</h1><p>Nach dem Sturm vom Oktober beginnt die Stadt mit der Aufforstung.</p>
<p>Im Park stehen bald sechzig junge Bäume, sagte die Leiterin des Gartenamts am Mittwoch.</p></article>
<a href="/lokales/bruecke-gesperrt-4410.html">Brücke</a><a href="/sport/sieg-im-achter-4409.html">Sieg</a>
<a href="/video/ulmen-4408.html">Video</a><a href="/impressum.html">Impressum</a></main></body></html>"""
ROBOTS = f"User-agent: *\nDisallow: /suche\nSitemap: {HOST}/karten/index.xml\nsitemap: {HOST}/karten/news.xml\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def ok(*arguments: str | Path) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A saved page."""
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    """A WARC file of a crawl: robots.txt, the front page, the page twice."""
    html = "Content-Type: text/html; charset=utf-8"
    answers = [
        ("/robots.txt", "Content-Type: text/plain", ROBOTS.encode(), AT),
        ("/", html, b"<html><body><a href='/lokales/'>Lokales</a></body></html>", AT),
        (URL.removeprefix(HOST), html, b"<html><body><h1>Aelter</h1></body></html>", "2026-02-03T10:00:00+01:00"),
        (URL.removeprefix(HOST), html + "\nContent-Encoding: gzip", gzip.compress(PAGE.encode(), mtime=0), AT),
    ]
    path = tmp_path / "crawl.warc"
    path.write_bytes(
        b"".join(
            response(
                f"HTTP/1.1 200 OK\n{head}",
                body,
                url=HOST + where,
                WARC_Date=f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            )
            for where, head, body, at in answers
        )
    )
    return path


def ruff(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *map(str, arguments)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_site_is_a_file_and_a_case(page: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = ok("site", "new", "der-bote", "--from", page, "--url", URL, "--at", AT, "--out", out)

    assert result.stdout.splitlines() == [str(out / "der_bote.py"), str(out / "cases" / "der-bote-page")]
    assert "2 of 8 links of the page look like articles" in result.stderr
    assert "der-bote-draft read “Stadt pflanzt Ulmen”" in result.stderr
    site = load_site(out / "der_bote.py")
    assert (site.name, site.title, site.base_url) == ("der-bote", 'Der "Bote" \\ Halmstedt', HOST)
    assert (site.language, site.timezone) == ("de", "UTC")
    assert site.channels == (
        RssFeed(name="feed", paths=("/feed.xml",)),
        SectionPages(name="sections", paths=("/", "/lokales/", "/sport")),
    )
    assert site.article_url(URL) == URL
    assert site.article_url(f"{HOST}/sport/sieg-im-achter-4409.html") is not None
    for path in ("/impressum.html", "/video/ulmen-4408.html", "/lokales/", "/"):
        assert site.article_url(HOST + path) is None


def test_the_file_is_fit_for_the_project(page: Path, tmp_path: Path) -> None:
    ok(
        "site",
        "new",
        "bote",
        "--from",
        page,
        "--url",
        URL,
        "--at",
        AT,
        "--timezone",
        "Europe/Berlin",
        "--out",
        tmp_path,
    )

    ruff("check", "--config", PROJECT / "pyproject.toml", tmp_path / "bote.py")
    ruff("format", "--check", "--config", PROJECT / "pyproject.toml", tmp_path / "bote.py")
    assert load_site(tmp_path / "bote.py").timezone == "Europe/Berlin"


def test_what_its_json_ld_lacks_is_marked(page: Path, tmp_path: Path) -> None:
    ok("site", "new", "bote", "--from", page, "--url", URL, "--at", AT, "--out", tmp_path)
    marked = load_site(tmp_path / "bote.py").readers[0].__doc__ or ""
    absent, _, elsewhere = marked.partition("Not in its JSON-LD")

    for method in ("lead", "stand_raw", "topline", "tags", "section"):
        assert f"``{method}()``" in absent
    assert "``authors()``" not in marked
    assert "``headline()``" not in elsewhere


def test_a_warc_says_where_and_when_and_names_the_sitemaps(warc: Path, tmp_path: Path) -> None:
    ok("site", "new", "bote", "--from", warc, "--url", URL, "--out", tmp_path)
    case = GoldenCase(tmp_path / "cases" / "bote-page")

    assert load_site(tmp_path / "bote.py").channels[1] == Sitemap(
        name="sitemap", paths=("/karten/index.xml", "/karten/news.xml"), timezone="UTC"
    )
    assert (case.came.url, case.came.captured_at) == (URL, datetime(2026, 2, 4, 9, tzinfo=UTC))
    assert case.came.headers == (("Content-Type", "text/html; charset=utf-8"),)
    assert (case.path / "page.html").read_text(encoding="utf-8") == PAGE


def test_an_earlier_capture_is_named_by_its_time(warc: Path) -> None:
    given = read_given(warc, URL, datetime(2026, 2, 3, 9, tzinfo=UTC))

    assert b"Aelter" in given.stored.payload


def test_a_page_without_marks_still_gives_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<html><body><p>Moin</p></body></html>", encoding="utf-8")
    draft = draft_site("leer", read_given(path, f"{HOST}/", None))
    ok("site", "new", "leer", "--from", path, "--url", f"{HOST}/", "--out", tmp_path / "out")

    assert (draft.title, draft.language, draft.feeds, draft.sections) == ("bote.example", "und", (), ("/",))
    ruff("check", "--config", PROJECT / "pyproject.toml", tmp_path / "out" / "leer.py")
    ruff("format", "--check", "--config", PROJECT / "pyproject.toml", tmp_path / "out" / "leer.py")


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/2026/02/04/ulmen", "/2025/12/01/bruecke"),
        ("/lokales/2026/02/ulmen", "/sport/2025/12/sieg"),
        ("/lokales/ulmen-4411.html", "/bruecke-1.html"),
        ("/lokales/ulmen.1234567", "/a/bruecke,7654321"),
        ("/lokales/ulmen.html", "/sport/sieg.html"),
        ("/lokales/die-stadt-pflanzt-ulmen", "/sport/sieg-fuer-den-achter/"),
    ],
)
def test_the_form_of_an_address_is_guessed(tmp_path: Path, path: str, other: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<html><body><a href='{other}'>x</a><a href='/lokales'>Lokales</a></body></html>", "utf-8")
    draft = draft_site("bote", read_given(page, HOST + path, None))
    front = draft_site("bote", read_given(page, f"{HOST}/", None))

    assert (draft.links, draft.articles) == (2, 1)
    assert front.article == draft.article


def test_a_draft_crawls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a checkout of its own, without a line changed by hand."""
    copy = tmp_path / "checkout"
    shutil.copytree(PROJECT / "newsarchive", copy / "newsarchive", ignore=shutil.ignore_patterns("__pycache__"))
    site = SampleSite(invent_stories(12, seed=3))
    with serve(site) as serving:
        story = next(story for story in site.stories if story.kind == "article")
        (tmp_path / "page.html").write_bytes(site.respond(story.path, "", {}).body)
        url = f"{serving.base_url}{story.path}"
        ok("site", "new", "stadtblatt", "--from", tmp_path / "page.html", "--url", url, "--out", tmp_path / "out")
        shutil.copy(tmp_path / "out" / "stadtblatt.py", copy / "newsarchive" / "sites")
        monkeypatch.setenv("PYTHONPATH", str(copy))
        archive = tmp_path / "archive"
        # Without -P the package in the working directory would be imported.
        command = [sys.executable, "-P", "-m", "newsarchive", "crawl", "stadtblatt", "--json", "--delay", "0"]
        crawled = finish([*command, "--limit", "5", "--archive", str(archive)], archive)

    assert crawled.exit_code == 0, crawled.stderr
    assert crawled.run.articles == 5
    assert crawled.run.site == "stadtblatt"


# --- record-case ---


def test_a_case_is_recorded_in_the_form_that_the_tests_read(tmp_path: Path) -> None:
    known = GoldenCase(CASES / "e3-agency")
    source = known.path / "page.html"
    came = known.came
    options = ("--from", source, "--url", came.url, "--at", came.captured_at.isoformat(), "--out", tmp_path)
    result = ok("site", "record-case", "tagesschau", "e3-again", *options)
    case = GoldenCase(tmp_path / "cases" / "e3-again")

    assert result.stdout == f"{case.path}\n"
    assert "Read every line of it" in result.stderr
    assert not case.update()
    assert case.expected["article"]["text"] == known.expected["article"]["text"]
    assert {path.name for path in case.path.iterdir()} == {path.name for path in known.path.iterdir()}


def test_a_flat_text_is_recorded_as_one(tmp_path: Path) -> None:
    known = GoldenCase(CASES / "text-ard")
    came = known.came
    options = ("--from", known.path / "page.txt", "--url", came.url, "--at", came.captured_at.isoformat())
    ok("site", "record-case", "tagesschau", "text-again", *options, "--out", tmp_path)
    case = GoldenCase(tmp_path / "cases" / "text-again")

    assert case.came == came
    assert case.expected == known.expected


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["site", "new", "bote", "--from", "{page}"], 2, "does not say where it came from"),
        (["site", "new", "bote", "--from", "{page}", "--url", "bote.example/x"], 2, "not an address"),
        (["site", "new", "Bote!", "--from", "{page}", "--url", URL], 2, "cannot be the name of a site"),
        (["site", "new", "tagesschau", "--from", "{page}", "--url", URL], 2, "is a site called tagesschau already"),
        (["site", "new", "bote", "--from", "{page}", "--url", URL, "--timezone", "Bote"], 2, "no IANA time zone"),
        (["site", "new", "bote", "--from", "{page}", "--url", URL, "--at", "gestern"], 2, "no time like"),
        (["site", "new", "bote", "--from", "{page}", "--url", URL, "--at", "2026-02-04T10:00"], 2, "no time like"),
        (["site", "new", "bote", "--from", "{warc}"], 2, "holds 2 pages; say which"),
        (["site", "new", "bote", "--from", "{warc}", "--url", f"{HOST}/x"], 16, "no capture of"),
        (["site", "new", "bote", "--from", "{warc}", "--url", URL, "--at", "2020-01-01T00:00Z"], 16, "no capture of"),
        (["site", "record-case", "nirgends", "x", "--from", "{page}", "--url", URL], 10, "no site called"),
        (["site", "record-case", "tagesschau", "../x", "--from", "{page}", "--url", URL], 2, "name of a case"),
        (["site", "record-case", "tagesschau", "Großes", "--from", "{page}", "--url", URL], 2, "name of a case"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_written(
    page: Path, warc: Path, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "out" / "x").mkdir(parents=True)
    filled = [argument.format(page=page, warc=warc) for argument in arguments]
    result = run(*filled, "--out", tmp_path / "out")

    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["x"]


def test_nothing_is_written_over(page: Path, tmp_path: Path) -> None:
    new = ("site", "new", "bote", "--from", page, "--url", URL, "--at", AT, "--out", tmp_path)
    case = ("site", "record-case", "tagesschau", "eins", "--from", page, "--url", URL, "--out", tmp_path)
    ok(*new)
    ok(*case)
    (tmp_path / "bote.py").write_text("mine", encoding="utf-8")

    assert (run(*new).exit_code, run(*case).exit_code) == (2, 2)
    assert (tmp_path / "bote.py").read_text(encoding="utf-8") == "mine"
    (tmp_path / "bote.py").unlink()
    assert run(*new).exit_code == 2
    assert not (tmp_path / "bote.py").exists()


def test_a_checkout_is_written_into_and_an_installed_package_is_not(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert create.find_places(None).cases == CASES

    monkeypatch.setattr(create.sites, "__file__", str(tmp_path / "newsarchive" / "sites" / "__init__.py"))
    result = run("site", "new", "bote", "--from", page, "--url", URL)

    assert result.exit_code == 2
    assert "--out" in result.stderr


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "page.html.gz"
    path.write_bytes(gzip.compress(PAGE.encode())[:-20])
    result = run("site", "new", "bote", "--from", path, "--url", URL, "--out", tmp_path / "out")

    assert result.exit_code == 16
    assert json.dumps(PAGE) not in result.stderr

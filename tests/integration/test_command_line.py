"""The command line as users and scripts meet it: fast to start, data on stdout, talk on stderr, a code at the end."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from newsarchive import __version__
from newsarchive.cli import COMMANDS, main
from newsarchive.collection.collection import Collection
from newsarchive.errors import CaptureLost
from newsarchive.model.article import Article
from newsarchive.model.serialize import from_json
from tests.kept import BASE_URL, START, archive, crawling, exchange, keep

NEWSARCHIVE = [sys.executable, "-m", "newsarchive"]


def run(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=env)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An archive with one collection: two articles, one of them in two revisions."""
    for day, text in enumerate(("Moin", "Moin Moin")):
        at = START + timedelta(days=day)
        with crawling(tmp_path / "seeblick", start=at) as writer:
            keep(writer, archive(writer, exchange("/moin-100.html", at=at)), text)
            keep(writer, archive(writer, exchange("/see-102.html", at=at)), "Der See", article_id="see-102")
    return tmp_path


# --- start and help ---


def test_the_start_loads_nothing_heavy() -> None:
    program = (
        "import sys; from newsarchive.cli import main; main(['--help'], standalone_mode=False);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    loaded = set(done.stderr.split())
    assert "click" in loaded
    assert not loaded & {"scrapy", "twisted", "trafilatura", "lxml", "warcio", "msgspec", "rich", "sqlite3", "asyncio"}


def test_a_command_loads_only_what_it_needs(kept: Path) -> None:
    program = (
        "import sys; from newsarchive.cli import main;"
        f"main(['articles', 'list', '--archive', {str(kept)!r}], standalone_mode=False);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not set(done.stderr.split()) & {"scrapy", "twisted", "trafilatura", "lxml"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_is_listed_is_there(name: str) -> None:
    entry = COMMANDS[name]
    command = getattr(import_module(entry.module), entry.name)

    assert isinstance(command, click.Command)
    assert run(name, "--help").exit_code == 0
    assert f"{name}  " in run("--help").stdout


def test_every_command_and_option_has_a_help() -> None:
    def without_help(path: str, command: click.Command) -> list[str]:
        missing = [] if command.help else [path]
        missing += [
            f"{path} {option.opts[0]}"
            for option in command.params
            if isinstance(option, click.Option) and not option.help
        ]
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                missing += without_help(f"{path} {name}", inner)
        return missing

    assert without_help("newsarchive", main) == []


def test_the_version() -> None:
    done = subprocess.run([*NEWSARCHIVE, "--version"], capture_output=True, text=True, check=True)

    assert done.stdout == f"newsarchive, version {__version__}\n"


# --- how it ends ---


def test_a_wrong_call_is_code_2() -> None:
    for arguments in (["no-such-command"], ["articles", "list", "--no-such-option"], ["articles", "show"]):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Usage: " in result.stderr


@pytest.mark.parametrize("address", ["kein", "ftp://host.example/a", "http://[kein"])
@pytest.mark.parametrize("site", [(), ("--site", "tagesschau")])
def test_a_text_is_imported_for_a_web_address_only(tmp_path: Path, address: str, site: tuple[str, ...]) -> None:
    text = tmp_path / "saved.txt"
    text.write_text("Ein Satz.", encoding="utf-8")

    result = run("import", "text", str(text), "--url", address, *site, "--archive", str(tmp_path / "archive"))

    assert result.exit_code == 2
    assert f"{address!r} is not a web address" in result.stderr
    assert not (tmp_path / "archive").exists()


def test_an_error_is_one_line_on_stderr_and_its_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [*NEWSARCHIVE, "articles", "list", "nowhere", "--archive", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 10
    assert done.stdout == ""
    assert done.stderr == ("newsarchive: There is no site called “nowhere”. Known sites: sportschau, tagesschau.\n")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (CaptureLost(url=BASE_URL), 17, f"newsarchive: The response of {BASE_URL} arrived without its bytes"),
        (KeyboardInterrupt(), 130, "newsarchive: stopped\n"),
    ],
)
def test_whatever_ends_a_command_is_a_line_and_a_code(
    kept: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    def fail(root: Path) -> Collection:
        raise error

    monkeypatch.setattr(Collection, "open", fail)
    result = run("articles", "list", "--archive", kept)

    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith(line)


def test_a_reader_that_goes_away_is_no_matter(kept: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*NEWSARCHIVE, "articles", "list", "--archive", str(kept)],
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")


# --- articles ---


def test_articles_are_listed_as_of_their_newest_revision(kept: Path) -> None:
    result = run("articles", "list", "--archive", kept)

    assert [line.split("\t") for line in result.stdout.splitlines()] == [
        ["seeblick", article_id, revision, "2026-11-22T10:15:00+01:00", seen, "Das Wetter wird besser"]
        for article_id, revision, seen in (
            ("see-102", "1", "2026-11-23T09:30:00.123456+00:00"),
            ("moin-100", "2", "2026-11-23T09:30:00.123456+00:00"),
        )
    ]


def test_a_listing_for_programs(kept: Path) -> None:
    result = run("articles", "list", "seeblick", "--json", "--archive", kept)

    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["article_id"], row["revision"], row["url"]) for row in rows] == [
        ("see-102", 1, f"{BASE_URL}/see-102.html"),
        ("moin-100", 2, f"{BASE_URL}/moin-100.html"),
    ]
    assert rows[0]["last_seen"] == "2026-11-23T09:30:00.123456Z"


def test_a_listing_on_a_terminal_is_a_table(kept: Path) -> None:
    master, terminal = pty.openpty()
    try:
        subprocess.run(
            [*NEWSARCHIVE, "articles", "list", "--archive", str(kept)],
            stdout=terminal,
            check=True,
            env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
        )
        shown = click.unstyle(os.read(master, 10_000).decode())
    finally:
        os.close(terminal)
        os.close(master)

    heading, *lines = shown.splitlines()
    assert heading.split("  ")[0] == "site"
    assert "last seen" in heading
    assert len(lines) == 2
    assert "2026-11-23 09:30" in lines[0]


def test_the_archive_comes_from_the_environment_too(kept: Path) -> None:
    result = run("articles", "list", env={"NEWSARCHIVE_ARCHIVE": str(kept)})

    assert len(result.stdout.splitlines()) == 2


def test_an_archive_without_collections_lists_nothing(tmp_path: Path) -> None:
    result = run("articles", "list", "--archive", tmp_path / "missing")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"newsarchive: no collections in {tmp_path / 'missing'}\n"


@pytest.mark.parametrize("wanted", ["moin-100", f"{BASE_URL}/moin-100.html"])
def test_an_article_is_shown_by_id_or_address(kept: Path, wanted: str) -> None:
    result = run("articles", "show", wanted, "--archive", kept)

    assert result.exit_code == 0
    assert result.stdout.startswith("Seeblick\nDas Wetter wird besser\n\n")
    assert "seeblick · moin-100 · revision 2 · article" in result.stdout
    assert result.stdout.endswith("\n\nMoin Moin\n")


def test_an_article_for_programs_is_the_line_as_stored(kept: Path) -> None:
    result = run("articles", "show", "moin-100", "--revision", "1", "--site", "seeblick", "--json", "--archive", kept)

    stored = b"".join(path.read_bytes() for path in sorted((kept / "seeblick").glob("articles/*/*/*/*-0000.jsonl")))
    assert result.stdout_bytes in stored.splitlines(keepends=True)
    assert from_json(result.stdout_bytes, Article).text == "Moin"


def test_a_revision_that_is_not_there_is_told_from_an_article_that_is_not(kept: Path) -> None:
    result = run("articles", "show", "moin-100", "--revision", "3", "--archive", kept)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "moin-100 has no revision 3; the newest is " in result.stderr


@pytest.mark.parametrize("arguments", [["nobody-1"], [f"{BASE_URL}/nobody-1.html"]])
def test_an_article_that_is_not_there(kept: Path, arguments: list[str]) -> None:
    result = run("articles", "show", *arguments, "--archive", kept)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "'newsarchive articles list' shows what there is" in result.stderr


# --- sites ---


def test_sites_are_listed() -> None:
    plain = run("site", "list")
    rows = [json.loads(line) for line in run("site", "list", "--json").stdout.splitlines()]

    assert "tagesschau\ttagesschau.de\thttps://www.tagesschau.de\n" in plain.stdout
    assert [row["site"] for row in rows] == [line.split("\t")[0] for line in plain.stdout.splitlines()]
    assert all(row["channels"] for row in rows)


def test_what_never_ends_or_lies_backwards_is_refused(tmp_path: Path) -> None:
    archive = ("--archive", str(tmp_path))
    for arguments, said in (
        (("crawl", "tagesschau", "--base-url", BASE_URL, "--delay", "inf"), "not in the range"),
        (("extract", "tagesschau", "--since", "2026-02-01", "--until", "2026-01-01"), "lies after"),
    ):
        result = run(*arguments, *archive)
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_a_file_that_cannot_be_taken_in_says_why(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!-- saved -->\n<!DOCTYPE html><html><body><p>Moin</p></body></html>")
    address = ("--url", "https://www.tagesschau.de/inland/moin-100.html")
    missing = str(tmp_path / "missing")
    for arguments, said in (
        (("import", "text", str(page), *address), "it is HTML"),
        (("import", "text", missing, *address), "No such file"),
        (("import", "warc", missing, "--site", "tagesschau"), "No such file"),
        (("extract", missing + ".warc"), "No such file"),
    ):
        result = run(*arguments, "--archive", str(tmp_path / "archive"))
        assert (result.exit_code, said in result.stderr) == (16, True), result.stderr
    result = run("extract", "tagesschau", str(page))
    assert (result.exit_code, "--site tagesschau" in result.stderr) == (2, True), result.stderr


def test_a_status_of_nothing_is_an_error(tmp_path: Path) -> None:
    result = run("status", "--archive", str(tmp_path / "missing"))

    assert result.exit_code == 15
    assert "there is no such directory" in result.stderr

"""``newsarchive revisions``: what became of an article, as users and scripts meet it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from newsarchive.cli import main
from newsarchive.model.article import Update
from newsarchive.model.revision import content_digest, number
from tests.kept import BASE_URL, START, archive, article_of, crawling, exchange

PATH = "/moin-100.html"
ENTRY = Update(id="e1", time=None, time_raw="10:15 Uhr", heading="Es geht los", text="Text.")

STEPS: tuple[dict[str, Any] | str, ...] = (
    {},
    {"headline": "Das Wetter bleibt schön"},
    {"headline": "Das Wetter bleibt schön", "tags": ()},
    "http-404",
    "http-404",
    {"headline": "Das Wetter bleibt schön"},
    "http-410",
    {"headline": "Das Wetter bleibt schön", "updates": (ENTRY,), "stand": START},
)
"""What each run meets, a day apart: the article with these fields, or that it is gone."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    for day, step in enumerate(STEPS):
        at = START + timedelta(days=day)
        with crawling(root / "seeblick", start=at) as writer:
            if isinstance(step, str):
                writer.gone(archive(writer, exchange(PATH, status="404 Not Found", at=at)), step)
                continue
            article = replace(article_of(archive(writer, exchange(PATH, b"Moin", at=at))), **step)
            article = replace(article, content_digest=content_digest(article))
            article, is_new = number(article, writer.last_revision("moin-100"))
            if is_new:
                writer.write_article(article)
            else:
                writer.seen(article)
    return root


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["revisions", *(str(argument) for argument in arguments)])


def test_list_tells_what_happened(kept: Path) -> None:
    lines = [line.split("\t") for line in run("list", "moin-100", "--archive", kept).stdout.splitlines()]

    assert [(line[0], line[3]) for line in lines] == [
        ("1", "first"),
        ("2", "headline only, silent"),
        ("2", "removed (http-404)"),
        ("2", "returned"),
        ("2", "removed (http-410)"),
        ("3", "returned, live blog: 1 new: “Es geht los”"),
    ]
    days = [[(START + timedelta(days=day)).isoformat()[:10] for day in (first, last)] for first, last in
            ((0, 0), (1, 2), (3, 4), (5, 5), (6, 6), (7, 7))]  # fmt: skip
    assert [[line[1][:10], line[4][:10]] for line in lines] == days


def test_list_as_json_says_it_in_fields(kept: Path) -> None:
    rows = [json.loads(line) for line in run("list", BASE_URL + PATH, "--archive", kept, "--json").stdout.splitlines()]

    assert [row["event"] for row in rows] == ["first", "revision", "removed", "returned", "removed", "revision"]
    assert [row["reason"] for row in rows] == [None, None, "http-404", None, "http-410", None]
    assert [row["returned"] for row in rows] == [False, False, False, True, False, True]
    assert rows[1]["fields"] == ["headline"]
    assert (rows[1]["silent"], rows[1]["headline_only"]) == (True, True)
    assert (rows[5]["silent"], rows[5]["headline_only"]) == (False, False)
    assert rows[5]["entries_added"] == [{"id": "e1", "time_raw": "10:15 Uhr", "heading": "Es geht los"}]
    assert {(row["site"], row["article_id"], row["url"]) for row in rows} == {("seeblick", "moin-100", BASE_URL + PATH)}


def test_show_says_how_a_revision_came_about(kept: Path) -> None:
    first = run("show", "moin-100", "--revision", "1", "--archive", kept).stdout
    second = run("show", "moin-100", "--revision", "2", "--archive", kept).stdout

    assert first.startswith("revision 1, captured 2026-11-22 09:30:")
    assert first.splitlines()[0].endswith(": first")
    assert second.splitlines()[0].endswith(": headline only, silent")
    assert "Das Wetter bleibt schön" in second
    newest = json.loads(run("show", "moin-100", "--archive", kept, "--json").stdout)
    assert newest["revision"] == 3


@pytest.mark.parametrize(
    ("given", "revisions"), [((), "2 → 3"), (("1",), "1 → 3"), (("1", "2"), "1 → 2"), (("2", "1"), "2 → 1")]
)
def test_diff_compares_the_revisions_asked_for(kept: Path, given: tuple[str, ...], revisions: str) -> None:
    done = run("diff", "moin-100", *given, "--archive", kept)

    assert done.exit_code == 0, done.output
    assert f"revision {revisions}" in done.stdout.splitlines()[0]


def test_diff_in_every_form(kept: Path) -> None:
    forms = {
        style: run("diff", "moin-100", "1", "2", "--format", style, "--archive", kept).stdout
        for style in ("text", "unified", "html")
    }

    assert "headline\n  Das Wetter [-wird besser-] {+bleibt schön+}\n" in forms["text"]
    assert "-[headline] Das Wetter wird besser\n+[headline] Das Wetter bleibt schön\n" in forms["unified"]
    assert forms["html"].startswith("<!DOCTYPE html>\n")
    assert forms["html"].endswith("</html>\n")
    assert "\x1b" not in "".join(forms.values())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "nichts-1"), "has no nichts-1"),
        (("list", "moin-100", "--site", "anders"), "There is no site called “anders”"),
        (("show", "moin-100", "--revision", "9"), "moin-100 has no revision 9; its newest is 3"),
        (("diff", "moin-100", "1", "9"), "moin-100 has no revision 9"),
    ],
)
def test_what_is_not_there_is_said_without_a_traceback(kept: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments, "--archive", kept)

    assert done.exit_code in {2, 10}
    assert said in done.stderr
    assert done.stdout == ""


def test_one_revision_is_nothing_to_compare(tmp_path: Path) -> None:
    with crawling(tmp_path / "seeblick") as writer:
        writer.write_article(article_of(archive(writer, exchange(PATH))))

    done = run("diff", "moin-100", "--archive", tmp_path)

    assert done.exit_code == 2
    assert "one revision only" in done.stderr

"""Every golden page gives what its ``article.json`` says, field by field: a broken selector is one red line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from newsarchive.model.article import Article
from newsarchive.sites.registry import all_sites
from tests.goldencases import ANY_SITE, CASES, GoldenCase, golden_cases

CASE_BY_NAME = {case.name: case for case in golden_cases()}
ARTICLE_FIELDS = tuple(field.name for field in fields(Article))


def gives_article(name: str) -> bool:
    """Whether an article is expected; what nobody has said yet is tested as one."""
    case = CASE_BY_NAME[name]
    return not case.expectation.exists() or case.expected["article"] is not None


def article_of(extraction: dict[str, Any]) -> dict[str, Any]:
    """The article of an extraction, without fields when there is none."""
    return extraction["article"] or {}


@pytest.fixture
def case(name: str, pytestconfig: pytest.Config) -> GoldenCase:
    """The case called ``name``; with ``--update-golden`` its expectation is written anew, and a change is printed."""
    case = CASE_BY_NAME[name]
    if pytestconfig.getoption("--update-golden") and case.update():
        plugins = pytestconfig.pluginmanager
        reporter, capture = plugins.getplugin("terminalreporter"), plugins.getplugin("capturemanager")
        assert reporter is not None
        assert capture is not None
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"\nchanged: {case.expectation.relative_to(pytestconfig.rootpath)}")
    return case


@pytest.mark.parametrize("name", CASE_BY_NAME)
def test_no_field_more_and_none_less(case: GoldenCase) -> None:
    assert list(case.extracted) == list(case.expected)
    assert list(article_of(case.extracted)) == list(article_of(case.expected))
    assert list(article_of(case.extracted)) in ([], list(ARTICLE_FIELDS))


@pytest.mark.parametrize("name", CASE_BY_NAME)
def test_reason(case: GoldenCase) -> None:
    assert case.extracted["reason"] == case.expected["reason"]
    assert (case.extracted["reason"] is None) != (case.extracted["article"] is None)


@pytest.mark.parametrize("name", CASE_BY_NAME)
def test_problems(case: GoldenCase) -> None:
    assert case.extracted["problems"] == case.expected["problems"]


@pytest.mark.parametrize("field", ARTICLE_FIELDS)
@pytest.mark.parametrize("name", [name for name in CASE_BY_NAME if gives_article(name)])
def test_field(case: GoldenCase, field: str) -> None:
    assert article_of(case.extracted).get(field) == article_of(case.expected).get(field)


def test_every_reader_has_a_case() -> None:
    wanted = {reader.name for site in (*all_sites().values(), ANY_SITE) for reader in site.readers}
    wanted |= {type(site.text_reader).__name__ for site in (*all_sites().values(), ANY_SITE)}

    assert wanted - {case.reader() for case in CASE_BY_NAME.values()} == set()


def test_every_reader_of_articles_gives_one() -> None:
    """All but those that only recognise what is no article."""
    given = {article_of(case.extracted).get("extractor", {}).get("reader") for case in CASE_BY_NAME.values()}
    wanted = {reader.name for site in (*all_sites().values(), ANY_SITE) for reader in site.readers}

    assert wanted - given == {"sportschau-lists", "tagesschau-lists"}


def test_case_without_an_expectation_fails_with_the_command_to_run(tmp_path: Path) -> None:
    new = GoldenCase(tmp_path / "e3-new")

    with pytest.raises(AssertionError, match=r"pytest tests/golden -k e3-new --update-golden"):
        assert new.expected


def test_update_writes_what_changed_and_only_that(tmp_path: Path) -> None:
    source = next(iter(CASE_BY_NAME.values()))
    copy = GoldenCase(shutil.copytree(source.path, tmp_path / source.name))
    written = copy.expectation.read_text(encoding="utf-8")

    assert not copy.update()

    copy.expectation.write_text(written.replace('"schema": 1', '"schema": 0'), encoding="utf-8")
    assert copy.update()
    assert copy.expectation.read_text(encoding="utf-8") == written

    copy.expectation.unlink()
    assert copy.update()
    assert copy.expected == source.expected


@pytest.mark.parametrize(("ci", "code"), [("true", 4), ("", 0)])
def test_update_is_refused_where_ci_is_set(ci: str, code: int) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--update-golden", "--collect-only", "-q", "-p", "no:cacheprovider", __file__],
        cwd=CASES.parents[2],
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == code
    assert ("--update-golden is refused" in found.stderr) == bool(ci)

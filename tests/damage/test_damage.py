"""Every fault is found and named, and nothing else is; a collection without faults has no findings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsarchive.checks.check import check
from newsarchive.model.faults import FAULTS
from tests.damage import sample
from tests.damage.faults import DAMAGES, Damage
from tests.damage.lab import Lab
from tests.wirecases import CASES

ELSEWHERE = {"warc-unreadable", "warc-too-large", "article-other-version", "article-not-read"}
"""Codes that no damage of the sample leads to; tests/integration/test_check.py has them."""


@pytest.fixture(scope="session")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("intact") / sample.SITE
    sample.build(root)
    return root


def codes(root: Path, *, deep: bool) -> set[str]:
    return {finding.code for finding in check(root, deep=deep)}


@pytest.mark.parametrize("deep", [False, True], ids=["plain", "deep"])
def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path, deep: bool) -> None:
    sample.build(tmp_path / sample.SITE, cases=CASES)

    assert list(check(tmp_path / sample.SITE, deep=deep)) == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: f"{damage.group}: {damage.name}")
def test_the_fault_is_found_and_nothing_else(damage: Damage, intact: Path, tmp_path: Path) -> None:
    root = tmp_path / sample.SITE
    shutil.copytree(intact, root)
    damage.act(Lab(root))

    assert codes(root, deep=False) == damage.codes
    assert codes(root, deep=True) == damage.codes | damage.deep


def test_every_kind_of_finding_has_its_damage() -> None:
    caused = {code for damage in DAMAGES for code in damage.codes | damage.deep}

    assert caused | ELSEWHERE == FAULTS.keys()
    assert not caused & ELSEWHERE

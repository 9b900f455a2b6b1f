"""Every fault of a snapshot is found and named, and nothing else is; one without faults has no findings."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.model.digest import Digest
from newsarchive.model.finding import Finding
from newsarchive.snapshot.create import create
from newsarchive.snapshot.faults import SNAPSHOT_FAULTS
from newsarchive.snapshot.sign import create_key, read_key, read_public_key
from newsarchive.snapshot.verify import verify
from newsarchive.warc.wacz import PACKAGE
from tests.damage import sample
from tests.damage.lab import Lab, of_type, with_field
from tests.damage.packed import PackedLab
from tests.damage.snapshot_faults import DAMAGES, SIGNATURE, SnapshotDamage
from tests.wirecases import CASES, Case

ELSEWHERE = {
    "snapshot-required-missing",
    "snapshot-required-differs",
    "snapshot-record-damaged",
    "snapshot-signature-key",
    "snapshot-time-stamp",
    "snapshot-time-stamp-not-checked",
    "snapshot-article-other-version",
    "snapshot-article-not-read",
}
"""Codes that no damage of the table leads to; below, and in tests/integration/test_snapshot.py."""

NONSENSE = (b"null", b"[]", b"{}", b"-1", b'""', b"99999999999999999999", b'"\\u0000\\n"', b"true", b"1e9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The sample collection, and a signed snapshot of it."""

    root: Path
    snapshot: Path
    public_key: str


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    directory = tmp_path_factory.mktemp("sealed")
    sample.build(directory / sample.SITE)
    create_key(directory / "key.pem")
    with Collection.open(directory / sample.SITE) as collection:
        path, _ = create(collection, directory / "sample.wacz", key=read_key(directory / "key.pem"))
    return Sealed(root=directory / sample.SITE, snapshot=path, public_key=read_public_key(directory / "key.pem"))


def codes(path: Path, public_key: str | None = None, *, deep: bool = False, reproduce: bool = False) -> set[str]:
    return {finding.code for finding in verify(path, deep=deep, reproduce=reproduce, public_key=public_key)}


@pytest.mark.parametrize("cases", [sample.SMALL_CASES, CASES], ids=["small", "all"])
def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path, cases: Sequence[Case]) -> None:
    sample.build(tmp_path / sample.SITE, cases=cases)
    with Collection.open(tmp_path / sample.SITE) as collection:
        path, _ = create(collection)

    assert list(verify(path)) == []
    assert list(verify(path, deep=True, reproduce=True)) == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: f"{damage.group}: {damage.name}")
def test_the_fault_is_found_and_nothing_else(damage: SnapshotDamage, sealed: Sealed, tmp_path: Path) -> None:
    path = tmp_path / "sample.wacz"
    shutil.copy(sealed.snapshot, path)
    damage.act(PackedLab(path))
    key = sealed.public_key if damage.group == SIGNATURE else None

    assert codes(path, key) == damage.codes
    assert codes(path, key, deep=True) == damage.codes | damage.deep
    assert codes(path, key, reproduce=True) == damage.codes | damage.reproduced


def test_every_kind_of_finding_has_its_damage() -> None:
    caused = {code for damage in DAMAGES for code in damage.codes | damage.deep | damage.reproduced}

    assert caused | ELSEWHERE == SNAPSHOT_FAULTS.keys()
    assert not caused & ELSEWHERE


def test_there_are_many_faults_and_no_two_alike() -> None:
    assert len({(damage.group, damage.name) for damage in DAMAGES}) == len(DAMAGES) >= 50


def test_a_record_that_was_wrong_before_is_found_when_looked_at_deeply(sealed: Sealed, tmp_path: Path) -> None:
    root = tmp_path / sample.SITE
    shutil.copytree(sealed.root, root)
    Lab(root).change("aa", of_type("response", "/robots.txt"), with_field("WARC-Block-Digest", f"sha256:{'0' * 64}"))
    with Collection.open(root) as collection:
        path, _ = create(collection)

    assert codes(path) == set()
    assert codes(path, deep=True) == {"block-digest"}


def test_a_record_that_is_none_is_found(sealed: Sealed, tmp_path: Path) -> None:
    root = tmp_path / sample.SITE
    shutil.copytree(sealed.root, root)
    lab = Lab(root)

    def break_metadata(members: list[list[bytes]]) -> None:
        at = next(at for at, place in enumerate(lab.records("aa")) if place.record.type == "request")
        members[at] = [members[at][0][:-8] + bytes(8)]

    lab.arrange("aa", break_metadata)
    with Collection.open(root) as collection:
        path, _ = create(collection)

    assert "snapshot-record-damaged" in codes(path)


def test_a_revisit_of_what_is_not_there_is_found(sealed: Sealed, tmp_path: Path) -> None:
    root = tmp_path / sample.SITE
    shutil.copytree(sealed.root, root)
    Lab(root).change("bb", of_type("revisit", "/robots.txt"), with_field("WARC-Refers-To-Date", "2026-11-22T08:00:00Z"))
    with Collection.open(root) as collection:
        path, _ = create(collection)

    assert codes(path) == {"snapshot-revisit-dangling"}


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_in_it_it_is_judged(seed: int, sealed: Sealed, tmp_path: Path) -> None:
    """Nonsense with seals that fit is judged, whatever the judgement; nothing ends in a traceback."""
    dice = random.Random(seed)  # noqa: S311  (dice, not keys)
    path = tmp_path / "sample.wacz"
    shutil.copy(sealed.snapshot, path)
    lab = PackedLab(path)
    files = lab.files()
    name = dice.choice([name for name in files if name.endswith(("json", "jsonl", "idx"))])
    values = list(re.finditer(rb'(?<=":)("[^"]*"|-?[0-9]+|null)', files[name]))
    data = bytearray(files[name])
    if values:
        value = dice.choice(values)
        data[value.start() : value.end()] = dice.choice(NONSENSE)
    else:
        data[dice.randrange(len(data))] ^= 0x20
    lab.change(lambda files: files.update({name: bytes(data)}))
    package = json.loads(lab.files()[PACKAGE]) if name != PACKAGE else None
    if package is not None:
        for resource in package["resources"]:
            if resource["path"] == name:
                resource.update(bytes=len(data), hash=str(Digest.of(data)))
        lab.package(lambda content: content.update(package))

    assert all(isinstance(finding, Finding) for finding in verify(path, deep=True, reproduce=True))

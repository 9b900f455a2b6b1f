"""What other programs make of snapshots: ``wacz validate``, pywb, and the signatures of browsers.

That ReplayWeb.page shows them is in test_replayweb_page.py.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.snapshot.create import create
from newsarchive.snapshot.sign import create_key, read_key
from newsarchive.snapshot.verify import verify
from newsarchive.warc.wacz import INDEX, PACKAGE_DIGEST
from newsarchive.warc.wacz_reader import WaczFile
from tests.damage import sample as damage_sample
from tests.damage.packed import PackedLab
from tests.damage.snapshot_faults import DAMAGES
from tests.interop.installed import needs_interop_tools, python_tool, run, validate_waczs
from tests.interop.pywbserver import Pywb, pywb_of_waczs
from tests.interop.sample import Sample

_VERIFY = """
const { hash, signature, publicKey } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const bytes = (text) => Buffer.from(text, "base64");
const curve = { name: "ECDSA", namedCurve: "P-384" };
crypto.subtle
  .importKey("spki", bytes(publicKey), curve, true, ["verify"])
  .then((key) => crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, bytes(signature), Buffer.from(hash)))
  .then((valid) => console.log(valid));
"""
"""What ReplayWeb.page does with a signature, by the same interface."""


@pytest.fixture(scope="module")
def snapshots(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A signed one of all, and one of each crawl, the second going on from the first."""
    directory = tmp_path_factory.mktemp("snapshots")
    create_key(directory / "key.pem")
    with Collection.open(sample.root) as collection:
        whole, _ = create(collection, directory / "whole.wacz", key=read_key(directory / "key.pem"))
        first, _ = create(collection, directory / "first.wacz", until=collection.runs()[0].ended_at)
        second, _ = create(collection, directory / "second.wacz", requires=first)
    for path in (whole, first, second):
        assert list(verify(path, deep=True, reproduce=True)) == []
    return whole, first, second


@needs_interop_tools
def test_wacz_validate_accepts_them(snapshots: tuple[Path, Path, Path]) -> None:
    assert validate_waczs(snapshots) == ["valid"] * 3


@needs_interop_tools
def test_wacz_validate_finds_of_the_faults_what_the_table_says(tmp_path: Path) -> None:
    damage_sample.build(tmp_path / damage_sample.SITE)
    create_key(tmp_path / "key.pem")
    with Collection.open(tmp_path / damage_sample.SITE) as collection:
        intact, _ = create(collection, tmp_path / "intact.wacz", key=read_key(tmp_path / "key.pem"))
    paths = [Path(shutil.copy(intact, tmp_path / f"{number}.wacz")) for number in range(len(DAMAGES))]
    for damage, path in zip(DAMAGES, paths, strict=True):
        damage.act(PackedLab(path))

    verdicts = validate_waczs(paths)

    found = {damage.name for damage, verdict in zip(DAMAGES, verdicts, strict=True) if verdict != "valid"}
    assert found == {damage.name for damage in DAMAGES if damage.elsewhere}
    assert len(found) < len(DAMAGES) / 2


@needs_interop_tools
def test_cdxj_indexer_makes_the_same_index(snapshots: tuple[Path, Path, Path], tmp_path: Path) -> None:
    with WaczFile(snapshots[0]) as wacz:
        ours = list(wacz.index_lines())
        names = [path for path in wacz.stretches if path.startswith("archive/")]
        for name in names:
            (tmp_path / name.rpartition("/")[2]).write_bytes(wacz.read(name))
        assert wacz.read(INDEX)[:3] == b"\x1f\x8b\x08"
    warcs = sorted(tmp_path.glob("*.warc.gz"))
    done = run(python_tool("cdxj-indexer"), "--sort", *warcs)
    theirs = {line.split(" ", 2)[2] for line in done.stdout.splitlines() if '"status": "304"' not in line}

    def places(printed: Iterable[str]) -> set[tuple[str, str]]:
        return {(fields["filename"], fields["offset"]) for fields in map(json.loads, printed)}

    assert places(line.split(b" ", 2)[2].decode() for line in ours) == places(theirs)


def test_browsers_verify_the_signature(snapshots: tuple[Path, Path, Path]) -> None:
    if shutil.which("node") is None:
        pytest.skip("Node.js is missing")
    with WaczFile(snapshots[0]) as wacz:
        signed = json.loads(wacz.read(PACKAGE_DIGEST))["signedData"]
    other = {**signed, "hash": f"sha256:{'0' * 64}"}

    assert run("node", "-e", _VERIFY, text_in=json.dumps(signed)).stdout == "true\n"
    assert run("node", "-e", _VERIFY, text_in=json.dumps(other)).stdout == "false\n"


@pytest.fixture(scope="module", params=["whole", "going on"])
def served(
    request: pytest.FixtureRequest, snapshots: tuple[Path, Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pywb]:
    waczs = snapshots[:1] if request.param == "whole" else snapshots[1:]
    with pywb_of_waczs(waczs, tmp_path_factory.mktemp("pywb")) as running:
        yield running


@needs_interop_tools
def test_pywb_serves_every_capture_of_them(sample: Sample, served: Pywb) -> None:
    captures = sample.captures()
    assert {stored.record.type for stored in captures} == {"response", "revisit"}
    for stored in captures:
        answer = served.get(f"{stored.timestamp}id_/{stored.url}")
        assert stored.record.block.startswith(b"HTTP/1.1 %d " % answer.status), stored.url
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        assert digest == stored.record.header("WARC-Payload-Digest"), stored.url

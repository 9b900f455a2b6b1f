"""A WACZ is the same bytes for the same input, and is read back from where it lies."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tempfile
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.errors import UnreadableInput
from newsarchive.model.digest import Digest
from newsarchive.warc.wacz import INDEX, INDEX_OF_INDEX, LINES_A_BLOCK, PACKAGE, PACKAGE_DIGEST, WaczWriter, stored_gzip
from newsarchive.warc.wacz_reader import WaczFile

WHEN = datetime(2026, 11, 22, 9, 30, 1, tzinfo=UTC)
LINES = [f'example,seeblick)/{at // 3:05} 20261122093000 {{"number": {at}}}\n'.encode() for at in range(3000)]


def pack(created_at: datetime = WHEN, lines: list[bytes] = LINES) -> bytes:
    file = io.BytesIO()
    writer = WaczWriter(file, created_at=created_at)
    writer.add("archive/moin.warc.gz", [b"Moin", b"", b" Seeblick"])
    writer.add_index(lines)
    writer.finish({"title": "Der See", "software": "newsarchive/0"})
    return file.getvalue()


@pytest.fixture
def wacz(tmp_path: Path) -> Path:
    path = tmp_path / "moin.wacz"
    path.write_bytes(pack())
    return path


def test_bytes_are_those_of_every_machine_and_every_version_of_python() -> None:
    assert str(Digest.of(pack())) == "sha256:4750229c9aa4771db39c474c70a00e2bf7ccaf6323d67c3d9c22d652a00490c5"


def test_bytes_depend_on_the_moment_and_not_on_its_zone() -> None:
    elsewhere = WHEN.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert pack(elsewhere) == pack()
    assert pack(WHEN + timedelta(seconds=2)) != pack()


def test_a_time_before_zip_knows_any_is_its_first() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(datetime(1970, 1, 1, tzinfo=UTC)))) as packed:
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert json.loads(packed.read(PACKAGE))["created"] == "1970-01-01T00:00:00Z"


def test_other_programs_read_it(wacz: Path) -> None:
    with zipfile.ZipFile(wacz) as packed:
        assert packed.testzip() is None
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_STORED}
        # ReplayWeb.page finds the content by the header before it only where the directory has an extra field.
        assert {info.extra for info in packed.infolist()} == {struct.pack("<HHBI", 0x5455, 5, 1, int(WHEN.timestamp()))}
        assert packed.read("archive/moin.warc.gz") == b"Moin Seeblick"
        assert gzip.decompress(packed.read(INDEX)) == b"".join(LINES)
        package = json.loads(packed.read(PACKAGE))
        digest = json.loads(packed.read(PACKAGE_DIGEST))
        assert {one["path"]: (one["bytes"], one["hash"]) for one in package["resources"]} == {
            name: (len(packed.read(name)), str(Digest.of(packed.read(name))))
            for name in packed.namelist()
            if name not in {PACKAGE, PACKAGE_DIGEST}
        }
        assert digest == {"path": PACKAGE, "hash": str(Digest.of(packed.read(PACKAGE)))}
    assert (package["profile"], package["wacz_version"], package["title"]) == ("data-package", "1.1.1", "Der See")
    assert package["created"] == "2026-11-22T09:30:01Z"


def test_a_file_is_not_packed_twice() -> None:
    writer = WaczWriter(io.BytesIO(), created_at=WHEN)
    writer.add("a.txt", [b""])
    with pytest.raises(ValueError, match=r"a\.txt"):
        writer.add("a.txt", [b""])
    writer.finish({})


def test_index_is_in_blocks_that_can_be_read_alone(wacz: Path) -> None:
    with WaczFile(wacz) as opened:
        blocks = opened.blocks()
        assert len(blocks) == -(-len(LINES) // LINES_A_BLOCK) == 3
        for number, block in enumerate(blocks):
            member = opened.read(INDEX)[block.offset : block.offset + block.length]
            assert str(Digest.of(member)) == block.digest
            wanted = LINES[number * LINES_A_BLOCK : (number + 1) * LINES_A_BLOCK]
            assert gzip.decompress(member).splitlines(keepends=True) == wanted
        assert list(opened.index_lines()) == LINES
        assert opened.read(INDEX_OF_INDEX).startswith(b'!meta 0 {"format": "cdxj-gzip-1.0"')


@pytest.mark.parametrize("number", [0, 1, 340, 341, 342, 500, 682, 683, 999])
def test_lines_of_a_key_are_found_on_both_sides_of_a_block(wacz: Path, number: int) -> None:
    key = f"example,seeblick)/{number:05}"
    with WaczFile(wacz) as opened:
        assert list(opened.find(key)) == [line for line in LINES if line.startswith(key.encode() + b" ")]
        assert len(list(opened.find(key))) == 3


@pytest.mark.parametrize("key", ["a", "example,seeblick)/0", "example,seeblick)/00341x", "z"])
def test_no_line_is_found_where_there_is_none(wacz: Path, key: str) -> None:
    with WaczFile(wacz) as opened:
        assert list(opened.find(key)) == []


def test_an_index_without_lines_is_one(tmp_path: Path) -> None:
    path = tmp_path / "empty.wacz"
    path.write_bytes(pack(lines=[]))
    with WaczFile(path) as opened:
        assert opened.flaws == []
        assert (opened.blocks(), list(opened.find("a"))) == ((), [])


@given(st.binary(max_size=200_000))
def test_stored_gzip_is_gzip(data: bytes) -> None:
    assert gzip.decompress(stored_gzip(data)) == data


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 131_070, 131_071])
def test_stored_gzip_of_whole_blocks(size: int) -> None:
    assert gzip.decompress(stored_gzip(b"x" * size)) == b"x" * size


def test_files_are_read_where_they_lie(wacz: Path) -> None:
    with WaczFile(wacz) as opened, opened.open("archive/moin.warc.gz") as file:
        assert opened.flaws == []
        assert file.read() == b"Moin Seeblick"
        assert (file.seek(5), file.read(3)) == (5, b"See")
        assert opened.at("archive/moin.warc.gz", 11, 100) == b"ck"
        assert opened.at("archive/moin.warc.gz", 100, 5) == b""


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all" * 10])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "no.wacz"
    path.write_bytes(data)
    with pytest.raises(UnreadableInput, match="no whole ZIP"):
        WaczFile(path)
    with pytest.raises(UnreadableInput, match="No such file"):
        WaczFile(tmp_path / "none.wacz")


@given(st.data())
def test_no_damage_brings_it_down(data: st.DataObject) -> None:
    intact = pack()
    changed = bytearray(intact)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(changed[: data.draw(st.sampled_from([len(changed), len(changed) - 30, 500]))])
    with tempfile.NamedTemporaryFile() as file:
        file.write(cut)
        file.flush()
        try:
            with WaczFile(Path(file.name)) as opened:
                for path in opened.stretches:
                    opened.read(path)
                try:
                    list(opened.index_lines())
                    list(opened.find("example,seeblick)/00341"))
                except ValueError:
                    return
        except UnreadableInput:
            return


def test_large_ones_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # From here on sizes and offsets stand where ZIP64 has them, as they do in a WACZ of more than two gigabytes.
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    path = tmp_path / "large.wacz"
    path.write_bytes(pack())
    monkeypatch.undo()
    with WaczFile(path) as opened, zipfile.ZipFile(path) as packed:
        assert opened.flaws == []
        assert packed.testzip() is None
        assert {name: opened.read(name) for name in opened.stretches} == {
            name: packed.read(name) for name in packed.namelist()
        }
        assert len({len(info.extra) for info in packed.infolist()}) > 1

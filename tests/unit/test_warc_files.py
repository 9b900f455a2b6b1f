"""Writing a WARC file and reading it back: the same captures, the rules of WARC 1.1, damage told apart."""

from __future__ import annotations

import gzip
import itertools
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.errors import StorageFailed, UnreadableInput
from newsarchive.model.capture import Capture, CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.warc.reader import parse_record, read_capture, read_captures, read_records
from newsarchive.warc.records import Record, Resource, answer_of, capture_records, remarks_of, stored_capture
from newsarchive.warc.writer import WarcWriter, encode_record
from tests.fulldisk import no_file_above

AT = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)
NAME = "warc/2026/11/22/sample-00000.warc.gz"
SENT = b"GET /a?b=c HTTP/1.1\r\nHost: news.example\r\n\r\n"
PAGE = Capture(
    url="https://news.example/a?b=c",
    started_at=AT,
    sent=SENT,
    received=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\n0\r\n\r\n",
    ip_address="2001:db8::1",
    protocols=("http/1.1", "tls/1.3"),
    cipher_suite="TLS_AES_128_GCM_SHA256",
)

TEXT = Resource(url="https://news.example/b", captured_at=AT, content_type="text/plain", payload="Grüße".encode())


def counted_ids() -> Callable[[], UUID]:
    return map(UUID, (f"{number:032x}" for number in itertools.count(1))).__next__


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sample-00000.warc.gz"


def open_writer(path: Path) -> WarcWriter:
    return WarcWriter(path, NAME, info={"software": "sample/1"}, created_at=AT, new_id=counted_ids())


def variants() -> Iterator[Capture]:
    """Captures of every kind of record they can become."""
    yield PAGE
    yield replace(PAGE, received=b"HTTP/1.1 103 Early Hints\r\n\r\n" + PAGE.received + b"\xffmore", surplus=5)
    yield replace(PAGE, received=b"HTTP/1.1 200\nX: K\xf6ln\n\nhalf", truncated="time")
    yield replace(PAGE, received=b"garbage", truncated="unspecified")
    yield replace(PAGE, received=b"", truncated="disconnect")
    yield replace(PAGE, started_at=AT.astimezone(timezone(timedelta(hours=1))), ip_address=None, cipher_suite=None)


def test_what_the_writer_gives_is_what_the_reader_reads(path: Path) -> None:
    writer = open_writer(path)
    written = [writer.write(capture) for capture in variants()]
    written.append(writer.write_resource(TEXT))
    writer.seal()
    stored = [capture for capture in written if capture]
    assert len(stored) == len(written) - 1
    assert list(read_captures(path, NAME)) == stored
    assert [read_capture(path, capture.ref) for capture in stored] == stored
    # Equal instants may be printed differently; these must not be.
    assert {capture.ref.captured_at.tzinfo for capture in stored} == {UTC}


@given(received=st.binary(max_size=400), surplus=st.integers(0, 5), sent=st.binary(min_size=1, max_size=50))
def test_any_bytes_come_back_as_they_were(received: bytes, surplus: int, sent: bytes) -> None:
    capture = replace(PAGE, received=received, surplus=min(surplus, len(received)), sent=sent)
    records = capture_records(capture, answer_of(capture), warcinfo_id="urn:uuid:0", new_id=counted_ids())
    decoded = [parse_record(gzip.decompress(encode_record(record))) for record in records]
    assert decoded == list(records)
    kinds = {record.type: record for record in decoded}
    remarks = {name: str(value) for name, value in remarks_of(kinds["metadata"]).items()} if "metadata" in kinds else {}
    message = kinds.get("response") or kinds.get("resource")
    together = (
        remarks.get("interim_responses", "").encode("latin-1")
        + (message.block if message else b"")
        + remarks.get("surplus", "").encode("latin-1")
    )
    assert together == received
    assert kinds["request"].block == sent


def test_records_of_one_capture_hang_together(path: Path) -> None:
    writer = open_writer(path)
    capture = replace(PAGE, received=b"HTTP/1.1 100 Continue\r\n\r\n" + PAGE.received, truncated="length")
    stored = writer.write(capture)
    writer.seal()
    assert stored
    warcinfo, response, request, metadata = (record for _, _, record in read_records(path))
    assert response.headers == (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", "<urn:uuid:00000000-0000-0000-0000-000000000002>"),
        ("WARC-Date", "2026-11-22T09:30:00.123456Z"),
        ("WARC-Target-URI", "https://news.example/a?b=c"),
        ("WARC-Warcinfo-ID", "<urn:uuid:00000000-0000-0000-0000-000000000001>"),
        ("WARC-IP-Address", "2001:db8::1"),
        ("WARC-Protocol", "http/1.1"),
        ("WARC-Protocol", "tls/1.3"),
        ("WARC-Cipher-Suite", "TLS_AES_128_GCM_SHA256"),
        ("WARC-Truncated", "length"),
        ("WARC-Payload-Digest", str(Digest.of(b"abc"))),
        ("WARC-Block-Digest", str(Digest.of(PAGE.received))),
        ("Content-Type", "application/http;msgtype=response"),
        ("Content-Length", str(len(PAGE.received))),
    )
    for record in (request, metadata):
        assert record.header("WARC-Concurrent-To") == f"<{response.id}>"
        assert record.header("WARC-Truncated") is None
        assert record.headers[2:8] == (*response.headers[2:8],)
    assert request.header("WARC-Payload-Digest") == str(Digest.of(b""))
    assert metadata.header("Content-Type") == "application/warc-fields"
    assert metadata.header("WARC-Payload-Digest") is None
    assert metadata.block == b'interim_responses: "HTTP/1.1 100 Continue\\r\\n\\r\\n"\r\n'
    assert remarks_of(metadata) == {"interim_responses": "HTTP/1.1 100 Continue\r\n\r\n"}
    assert warcinfo.header("WARC-Filename") == path.name
    assert warcinfo.block == (
        b"software: sample/1\r\n"
        b"format: WARC File Format 1.1\r\n"
        b"conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
    )
    assert (stored.ref.status, stored.payload, stored.content_type) == (200, b"abc", "text/html")


def test_nothing_received_is_a_request_and_the_reason(path: Path) -> None:
    writer = open_writer(path)
    assert writer.write(replace(PAGE, received=b"", truncated="time")) is None
    writer.seal()
    _, request, metadata = (record for _, _, record in read_records(path))
    assert (request.type, request.block) == ("request", SENT)
    assert metadata.header("WARC-Concurrent-To") == f"<{request.id}>"
    assert remarks_of(metadata) == {"no_response": "time"}
    assert list(read_captures(path, NAME)) == []


def test_certificates_are_spelled_out_once_a_file(path: Path) -> None:
    pem = trustme.CA().issue_cert("news.example").cert_chain_pems[0].bytes().decode()
    capture = replace(PAGE, certificates=(ssl.PEM_cert_to_DER_cert(pem),))
    writer = open_writer(path)
    writer.write(capture)
    writer.write(capture)
    writer.seal()
    first, second = (remarks_of(record) for _, _, record in read_records(path) if record.type == "metadata")
    fingerprint = Digest.of(capture.certificates[0]).value
    assert first == {"certificates": [{"pem": pem, "sha256": fingerprint}]}
    assert second == {"certificates": [{"sha256": fingerprint}]}


def test_same_captures_give_the_same_bytes(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for directory in files:
        directory.mkdir()
        writer = open_writer(directory / "sample-00000.warc.gz")
        for capture in variants():
            writer.write(capture)
        writer.seal()
    one, other = (directory.joinpath("sample-00000.warc.gz").read_bytes() for directory in files)
    assert one == other


def test_file_is_open_until_sealed(path: Path) -> None:
    writer = open_writer(path)
    writer.write(PAGE)
    writer.commit()
    assert [file.name for file in path.parent.iterdir()] == ["sample-00000.warc.gz.open"]
    assert writer.length_bytes == path.with_name("sample-00000.warc.gz.open").stat().st_size
    sealed = writer.seal()
    assert [file.name for file in path.parent.iterdir()] == ["sample-00000.warc.gz"]
    assert sealed.path == NAME
    assert sealed.length_bytes == path.stat().st_size == writer.length_bytes
    assert sealed.records == len(list(read_records(path))) == writer.records == 3
    assert sealed.digest == Digest.of(path.read_bytes())


def test_unsealed_file_is_kept_and_readable(path: Path) -> None:
    writer = open_writer(path)
    stored = writer.write(PAGE)
    writer.close()
    assert list(read_captures(path.with_name(path.name + ".open"), NAME)) == [stored]


@pytest.mark.parametrize("suffix", ["", ".open"])
def test_no_file_is_ever_overwritten(path: Path, suffix: str) -> None:
    there = path.with_name(path.name + suffix)
    there.write_bytes(b"precious")
    with pytest.raises(StorageFailed):
        open_writer(path)
    assert there.read_bytes() == b"precious"


def test_sealing_does_not_overwrite_either(path: Path) -> None:
    writer = open_writer(path)
    path.write_bytes(b"precious")
    with pytest.raises(StorageFailed):
        writer.seal()
    assert path.read_bytes() == b"precious"
    assert len(list(read_records(path.with_name(path.name + ".open")))) == 1


def test_missing_directory_is_a_storage_failure(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="No such file or directory"):
        open_writer(tmp_path / "missing" / "a.warc.gz")


def test_full_disk_costs_nothing_that_was_whole(path: Path) -> None:
    writer = open_writer(path)
    stored = writer.write(PAGE)
    whole = path.with_name(path.name + ".open").read_bytes()
    large = replace(PAGE, received=PAGE.received + os.urandom(5_000))
    with no_file_above(len(whole) + 1_000), pytest.raises(StorageFailed, match="File too large"):
        writer.write(large)
    assert path.with_name(path.name + ".open").read_bytes() == whole
    again = writer.write(large)
    sealed = writer.seal()
    assert list(read_captures(path, NAME)) == [stored, again]
    assert sealed.digest == Digest.of(path.read_bytes())
    assert (sealed.length_bytes, sealed.records) == (path.stat().st_size, 5)


def test_disk_that_is_full_from_the_start_is_left_as_it_was(path: Path) -> None:
    with no_file_above(100), pytest.raises(StorageFailed, match="File too large"):
        open_writer(path)
    assert list(path.parent.iterdir()) == []


def test_line_break_cannot_forge_a_field(path: Path) -> None:
    writer = open_writer(path)
    before = writer.length_bytes
    with pytest.raises(ValueError, match="line break in WARC-Target-URI"):
        writer.write_resource(replace(TEXT, url="https://news.example/\r\nWARC-Type: response"))
    assert writer.length_bytes == before
    writer.close()


@pytest.fixture
def three(path: Path) -> tuple[Path, list[StoredCapture]]:
    """A sealed file with three captures."""
    writer = open_writer(path)
    stored = [writer.write(PAGE), writer.write_resource(TEXT), writer.write(PAGE)]
    writer.seal()
    return path, [capture for capture in stored if capture]


def test_every_cut_is_noticed_and_what_precedes_it_is_read(three: tuple[Path, list[StoredCapture]]) -> None:
    path, stored = three
    data = path.read_bytes()
    ends = [offset + length for offset, length, _ in read_records(path)]
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        found: list[StoredCapture] = []
        if cut in ends:
            found.extend(read_captures(path, NAME))
        else:
            whole = max((end for end in ends if end < cut), default=0)
            with pytest.raises(UnreadableInput, match=f"damaged at offset {whole}: "):
                found.extend(read_captures(path, NAME))
        assert found == [capture for capture in stored if capture.ref.offset + capture.ref.length <= cut]


def test_no_flipped_byte_gives_another_capture(three: tuple[Path, list[StoredCapture]]) -> None:
    path, stored = three
    data = path.read_bytes()
    ref = stored[1].ref
    unnoticed = []
    for at in range(ref.offset, ref.offset + ref.length):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
        try:
            found = read_capture(path, ref)
        except UnreadableInput:
            with pytest.raises(UnreadableInput, match=f"damaged at offset {ref.offset}: "):
                list(read_captures(path, NAME))
        else:
            assert found == stored[1]
            unnoticed.append(at - ref.offset)
    # Time and system in the head of a gzip member, and the unused bits after its last code, mean nothing.
    assert set(unnoticed) <= {*range(4, 10), ref.length - 9}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"offset": 1}, "no whole gzip member"),
        ({"offset": 1 << 40}, "the file is empty"),
        ({"length": 20}, "ends in the middle"),
        ({"length": 1 << 20}, "no record of 1048576 bytes"),
        ({"record_id": "urn:uuid:other"}, "not urn:uuid:other"),
    ],
)
def test_wrong_reference_is_noticed(
    three: tuple[Path, list[StoredCapture]], change: dict[str, object], reason: str
) -> None:
    path, stored = three
    ref: CaptureRef = replace(stored[1].ref, **change)  # type: ignore[arg-type]  # one field, of its own type
    with pytest.raises(UnreadableInput, match=reason):
        read_capture(path, ref)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"WARC/1.1\r\n", "no whole gzip member"),
        (os.urandom(2_000), "no whole gzip member"),
        (gzip.compress(b"hello"), "no WARC record"),
        (gzip.compress(b""), "no WARC record"),
        (gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\n\r\n\r\n\r\n"), "Content-Length"),
        (gzip.compress(b"WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n"), "no WARC-Type"),
        (gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 9\r\n\r\n\r\n\r\n"), "Content-Length"),
        (gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n\r\n\r\n"), "no WARC-Target-URI"),
    ],
)
def test_what_is_no_warc_file_is_said_so(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data)
    with pytest.raises(UnreadableInput, match=reason):
        list(read_captures(path, NAME))


def test_missing_file_is_said_so(path: Path) -> None:
    with pytest.raises(UnreadableInput, match="No such file"):
        list(read_captures(path, NAME))


def test_record_that_is_no_capture_is_refused() -> None:
    with pytest.raises(ValueError, match="a request record is no capture"):
        stored_capture(
            Record(
                headers=(
                    ("WARC-Type", "request"),
                    ("WARC-Record-ID", "<urn:uuid:0>"),
                    ("WARC-Date", "2026-11-22T09:30:00Z"),
                    ("WARC-Target-URI", "https://news.example/"),
                ),
                block=b"",
            ),
            warc=NAME,
            offset=0,
            length=0,
        )

"""HTTP messages as bytes: heads, chunks, interim responses, whole and broken."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.warc.message import dechunk, parse_head, payload_of, redirect_target, split_received, status_of

TOKENS = st.text("abcXYZ-_09", min_size=1, max_size=12)
VALUES = st.text([chr(code) for code in (*range(0x21, 0x7F), *range(0x80, 0x100))], max_size=20)
EXTENSIONS = st.sampled_from([b"", b";a", b";a=b", b' ; a = "b c"', b";" + b"x" * 300])
TRAILERS = st.sampled_from([b"", b"Expires: 0\r\n", b"A: 1\r\nB: 2\r\n"])
INTERIM = st.sampled_from([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"])


@st.composite
def chunked(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A payload and a chunked body that carries it."""
    chunks = draw(st.lists(st.binary(min_size=1, max_size=300), max_size=6))
    size = draw(st.sampled_from([b"%x", b"%X", b"00%x"]))
    framed = b"".join(size % len(chunk) + draw(EXTENSIONS) + b"\r\n" + chunk + b"\r\n" for chunk in chunks)
    return b"".join(chunks), framed + b"0" + draw(EXTENSIONS) + b"\r\n" + draw(TRAILERS) + b"\r\n"


@given(chunked())
def test_dechunk_gives_the_data_alone(body: tuple[bytes, bytes]) -> None:
    payload, framed = body
    assert dechunk(framed) == payload


@given(chunked(), st.data())
def test_cut_chunks_give_the_data_up_to_the_cut(body: tuple[bytes, bytes], data: st.DataObject) -> None:
    payload, framed = body
    cut = data.draw(st.integers(0, len(framed)))
    part = dechunk(framed[:cut])
    assert payload.startswith(part)
    assert len(part) >= len(dechunk(framed[: cut - 1])) if cut else part == b""


@given(st.binary())
def test_dechunk_takes_anything(body: bytes) -> None:
    assert len(dechunk(body)) <= len(body)


@pytest.mark.parametrize(
    "body", [b"<p>plain</p>", b"<p>plain</p>\r\n0\r\n\r\n", b"\r\n5\r\nabcde\r\n", b"-5\r\nabc", b"0x3\r\nabc"]
)
def test_body_without_chunks_is_left_alone(body: bytes) -> None:
    assert dechunk(body) == body


def test_dechunk_stops_where_it_goes_wrong() -> None:
    assert dechunk(b"3\r\nabc\r\nxyz\r\n3\r\ndef\r\n") == b"abc"
    assert dechunk(b"3\r\nabcdef\r\n0\r\n\r\n") == b"abc"


def test_dechunk_accepts_lone_line_feeds() -> None:
    assert dechunk(b"3\nabc\n2\nde\n0\n\n") == b"abcde"


@given(
    st.lists(st.tuples(TOKENS, VALUES), max_size=8),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from([": ", ":", ":\t", " : "]),
    st.binary(),
)
def test_head_is_read_in_order_as_sent(fields: list[tuple[str, str]], end: str, colon: str, body: bytes) -> None:
    lines = ["HTTP/1.1 200 OK", *(f"{name}{colon}{value}" for name, value in fields), "", ""]
    text = end.join(lines).encode("latin-1")
    head = parse_head(text + body)
    assert head.start_line == "HTTP/1.1 200 OK"
    assert head.headers == tuple(fields)
    assert head.length == len(text)


def test_folded_lines_are_joined() -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\nA: one \r\n\t two\r\n \r\n three\r\nB: 4\r\n\r\nbody")
    assert head.headers == (("A", "one two three"), ("B", "4"))
    assert head.length == len(b"HTTP/1.1 200 OK\r\nA: one \r\n\t two\r\n \r\n three\r\nB: 4\r\n\r\n")


def test_line_without_colon_is_passed_over() -> None:
    assert parse_head(b"HTTP/1.1 200 OK\r\nA: 1\r\nnonsense\r\nB: 2\r\n\r\n").headers == (("A", "1"), ("B", "2"))


def test_header_is_found_whatever_its_case() -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\nETAG: a\r\netag: b\r\n\r\n")
    assert head.header("Etag") == "a"
    assert head.header("Age") is None


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.1 200\r\n\r\n", 200),
        (b"HTTP/1.1 200", 200),
        (b"HTTP/1.0 404 Not Found\n\n", 404),
        (b"HTTP/2 301 \r\n\r\n", 301),
        (b"HTTP/1.1  200 OK\r\n\r\n", 200),
        (b"HTTP/1.1 20", None),
        (b"HTTP/1.1 2000 OK", None),
        (b"HTTP/1.1 OK\r\n\r\n", None),
        (b"ICY 200 OK\r\n\r\n", None),
        (b"\r\nHTTP/1.1 200 OK\r\n\r\n", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_status_is_that_of_a_status_line(message: bytes, status: int | None) -> None:
    assert status_of(message) == status


@given(st.lists(INTERIM, max_size=3), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n\r\nbody", b"junk"]), st.binary())
def test_received_is_parted_and_nothing_lost(interim: list[bytes], message: bytes, surplus: bytes) -> None:
    parts = split_received(b"".join(interim) + message + surplus, len(surplus))
    assert parts.interim == b"".join(interim)
    assert parts.message == message
    assert parts.surplus == surplus


def test_cut_interim_response_is_interim() -> None:
    parts = split_received(b"HTTP/1.1 103 Early Hints\r\nLi", 0)
    assert (parts.interim, parts.message) == (b"HTTP/1.1 103 Early Hints\r\nLi", b"")


@pytest.mark.parametrize(
    ("coding", "payload"),
    [
        (b"Transfer-Encoding: chunked", b"abc"),
        (b"transfer-encoding:CHUNKED ", b"abc"),
        (b"Transfer-Encoding: gzip, chunked", b"abc"),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", b"abc"),
        (b"Transfer-Encoding: chunked, gzip", b"3\r\nabc\r\n0\r\n\r\n"),
        (b"Content-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n"),
    ],
)
def test_payload_is_without_chunks(coding: bytes, payload: bytes) -> None:
    assert payload_of(b"HTTP/1.1 200 OK\r\n" + coding + b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n") == payload


@given(st.binary())
def test_no_bytes_are_too_odd(message: bytes) -> None:
    head = parse_head(message)
    assert head.length <= len(message)
    assert len(payload_of(message)) <= len(message)


@pytest.mark.parametrize(
    ("status", "location", "target"),
    [
        (302, "/inland/b-1.html", "https://www.example.org/inland/b-1.html"),
        (301, " b-1.html#top ", "https://www.example.org/ausland/b-1.html"),
        (307, "//other.example/x?a=1", "https://other.example/x?a=1"),
        (302, "/m\u00c3\u00bcller-1.html", "https://www.example.org/m%C3%BCller-1.html"),  # UTF-8, read as Latin-1
        (302, "mailto:redaktion@example.org", None),
        (302, "javascript:alert(1)", None),
        (302, "https://[half", None),
        (302, "/\u2013", None),
        (302, "", None),
        (302, None, None),
        (200, "/inland/b-1.html", None),
        (None, "/inland/b-1.html", None),
    ],
)
def test_a_redirect_leads_to_one_web_address(status: int | None, location: str | None, target: str | None) -> None:
    ref = CaptureRef(
        record_id="urn:uuid:00000000-0000-4000-8000-000000000000",
        warc="warc/a.warc.gz",
        offset=0,
        length=1,
        captured_at=datetime(2026, 11, 22, tzinfo=UTC),
        status=status,
        payload_digest=Digest.of(b""),
    )
    stored = StoredCapture(
        ref=ref,
        url="https://www.example.org/ausland/a-1.html",
        record_type="response",
        content_type="text/html",
        headers=() if location is None else (("location", location),),
        payload=b"",
    )
    assert redirect_target(stored) == target

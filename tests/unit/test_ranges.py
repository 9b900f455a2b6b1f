"""Parts of bytes, pictures by their first bytes, and how addresses name records."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import Response

from newsarchive.web.pictures import picture_type
from newsarchive.web.ranges import answer_with
from newsarchive.web.record_ids import from_path, in_path

_CONTENT = b"0123456789"


def ask(**fields: str) -> Response:
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    return answer_with(Request(scope), _CONTENT, media_type="application/wacz", tag="x1")


@pytest.mark.parametrize(
    ("asked", "first", "body"),
    [
        ("bytes=0-3", 0, b"0123"),
        ("bytes=4-", 4, b"456789"),
        ("bytes=-3", 7, b"789"),
        ("bytes=-99", 0, _CONTENT),
        ("bytes=8-99", 8, b"89"),
        ("BYTES=9-9", 9, b"9"),
    ],
)
def test_a_part_is_given(asked: str, first: int, body: bytes) -> None:
    answer = ask(range=asked)
    assert (answer.status_code, answer.body) == (206, body)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(body) - 1}/10"
    assert answer.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99-100", "bytes=-0", "bytes=5-3"])
def test_a_part_that_is_not_there_is_refused(asked: str) -> None:
    answer = ask(range=asked)
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10")


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "lines=0-1", "bytes=-", "bytes=a-b", "0-1", f"bytes={'9' * 40}-"])
def test_what_is_no_single_range_gets_all(asked: str) -> None:
    answer = ask(range=asked)
    assert (answer.status_code, answer.body, answer.headers["accept-ranges"]) == (200, _CONTENT, "bytes")


def test_a_part_of_other_content_is_not_given() -> None:
    assert ask(range="bytes=0-1", if_range='"x1"').status_code == 206
    assert ask(range="bytes=0-1", if_range='"x0"').status_code == 200
    assert ask(if_none_match='W/"x1", "x2"').status_code == 304
    assert ask(if_none_match='"x2"').status_code == 200


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"....ftypavif", "image/avif"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', None),
        (b"<html><script>alert(1)</script>", None),
        (b"RIFF....WAVEfmt ", None),
        (b"", None),
    ],
)
def test_only_what_begins_like_a_picture_is_one(data: bytes, expected: str | None) -> None:
    assert picture_type(data) == expected


@pytest.mark.parametrize(
    ("record_id", "segment"),
    [
        ("urn:uuid:0f36d5a2-63a8-4c65-9c0f-0a7c5f9d3f11", "0f36d5a2-63a8-4c65-9c0f-0a7c5f9d3f11"),
        ("urn:example:5", "urn:example:5"),
        ("urn:uuid:not-one", "urn:uuid:not-one"),
        ("https://records.example/5?a=1", "https://records.example/5?a=1"),
    ],
)
def test_records_are_named_by_their_uuid_where_they_have_one(record_id: str, segment: str) -> None:
    assert in_path(record_id) == segment
    assert from_path(segment) == record_id

"""Record ⇄ JSON, one line a record, keys in the order of the fields; and the JSON Schema of the article line."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from newsarchive.model.article import Article
from newsarchive.model.digest import Digest

Record = TypeVar("Record")


def _encode(value: object) -> str:
    if isinstance(value, Digest):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _decode(kind: type, value: object) -> object:
    if kind is Digest and isinstance(value, str):
        return Digest.parse(value)
    raise TypeError(f"no {kind.__name__} in {value!r}")


def _schema(kind: type) -> dict[str, Any]:
    if kind is Digest:
        return {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
    raise TypeError(f"no JSON Schema for {kind.__name__}")


_encoder = msgspec.json.Encoder(enc_hook=_encode)


def to_line(record: object) -> bytes:
    """``record`` as one line of UTF-8 JSON, newline included; the same record gives the same bytes."""
    return _encoder.encode(record) + b"\n"


def to_document(record: object) -> bytes:
    """``record`` as indented JSON for files that people open."""
    return msgspec.json.format(_encoder.encode(record), indent=2) + b"\n"


def from_json(data: bytes | str, kind: type[Record]) -> Record:
    """Read a record of ``kind``. Raises ``ValueError`` with the offending path when ``data`` is not one."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_decode)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def article_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one article line."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(Article, schema_hook=_schema),
    }

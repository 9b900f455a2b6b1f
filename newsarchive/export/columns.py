"""The article record as typed, nested columns: the Arrow schema of every Parquet file, made of the record itself."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.json

from newsarchive.export.names import row_id
from newsarchive.model.article import SCHEMA_VERSION, Article
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import to_line

TIME = pa.timestamp("us", tz="UTC")
"""Times: the same instant, in UTC. The offset that the page gave is in ``times_raw``."""

_TYPES: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: TIME,
    Digest: pa.string(),
}


def arrow_schema() -> pa.Schema:
    """The columns: ``id``, then the keys of the article record in their order."""
    hints = get_type_hints(Article)
    columns = [pa.field("id", pa.string(), nullable=False)]
    columns += [pa.field(field.name, arrow_type(hints[field.name])) for field in fields(Article)]
    return pa.schema(columns, metadata={"newsarchive.schema": str(SCHEMA_VERSION)})


def arrow_type(hint: Any) -> pa.DataType:
    """The Arrow type of a type of the record. Raises ``TypeError`` where there is none."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return arrow_type(arguments[0])
    if origin is Literal:
        return pa.string()
    if origin in {Union, UnionType}:
        (one,) = (part for part in arguments if part is not NoneType)
        return arrow_type(one)
    if origin is tuple:
        return pa.list_(arrow_type(arguments[0]))
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return pa.struct([pa.field(field.name, arrow_type(hints[field.name])) for field in fields(hint)])
    if hint not in _TYPES:
        raise TypeError(f"no column for {hint}")
    return _TYPES[hint]


def row(article: Article) -> bytes:
    """``article`` as the JSON line of its row."""
    return b'{"id":' + to_line(row_id(article)).rstrip(b"\n") + b"," + to_line(article)[1:]


def table_of(lines: bytes, schema: pa.Schema) -> pa.Table:
    """The table that JSON lines of rows give, in one chunk."""
    return pyarrow.json.read_json(
        pa.BufferReader(lines),
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines)),
        parse_options=pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
    ).cast(schema)

"""Parquet files that take rows one by one, in bounded memory, and whose bytes depend on their rows alone.

A file that has grown has the same bytes as one that was written at once: row groups have a fixed number of rows, and
those that were there are written again.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from newsarchive.export.columns import arrow_schema, row, table_of
from newsarchive.export.folder import HasChanged
from newsarchive.model.article import Article

GROUP_ROWS = 1000
"""Rows of a row group."""

_WAITING_BYTES = 1 << 20
"""So much of the rows that wait for their group to be full is kept in memory, for each open file."""


class Shard:
    """One Parquet file, written to ``path``: the rows of ``old``, if given, then those that are added."""

    def __init__(self, path: Path, old: Path | None = None) -> None:
        self._schema = arrow_schema()
        self._kept: pa.Table | None = None
        self._count = 0
        self.rows = 0
        with ExitStack() as files:
            writer = pq.ParquetWriter(path, self._schema, compression="zstd", write_page_index=True)
            self._writer = files.enter_context(writer)
            self._waiting = files.enter_context(SpooledTemporaryFile(max_size=_WAITING_BYTES))
            if old is not None:
                self._copy(old)
            self._files = files.pop_all()

    def add(self, article: Article) -> None:
        """Add one row."""
        self._waiting.write(row(article))
        self._count += 1
        self.rows += 1
        if self._count == GROUP_ROWS:
            self._write_group()

    def close(self) -> None:
        """Write what waits and finish the file."""
        with self._files:
            if self._count:
                self._write_group()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _copy(self, old: Path) -> None:
        with pq.ParquetFile(old) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                self.rows += group.num_rows
                if group.num_rows == GROUP_ROWS:
                    self._writer.write_table(group, row_group_size=GROUP_ROWS)
                else:
                    self._kept, self._count = group, group.num_rows

    def _write_group(self) -> None:
        parts = [] if self._kept is None else [self._kept]
        if self._waiting.tell():
            self._waiting.seek(0)
            parts.append(table_of(self._waiting.read(), self._schema))
            self._waiting.seek(0)
            self._waiting.truncate()
        self._writer.write_table(pa.concat_tables(parts).combine_chunks(), row_group_size=GROUP_ROWS)
        self._kept, self._count = None, 0


def rows_in(path: Path) -> int:
    """How many rows a Parquet file has. Raises ``HasChanged`` when it is none."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid) as error:
        raise HasChanged(path.name) from error

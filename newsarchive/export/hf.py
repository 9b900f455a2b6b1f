"""A Hugging Face dataset folder: Parquet files in fixed splits; its card is the data statement."""

from __future__ import annotations

from contextlib import ExitStack

from newsarchive.export.folder import ExportFolder
from newsarchive.export.names import SPLITS, Split, split
from newsarchive.export.portion import Portion
from newsarchive.export.shards import Shard, rows_in

SHARD_ROWS = 20_000
"""Rows of a file, after which the next begins."""


def write_hf(portion: Portion, folder: ExportFolder) -> None:
    """Write ``data/train/<site>-00000.parquet`` and so on; of each split the last file anew, if rows are added."""
    with ExitStack() as files:
        shards = {name: _Split(portion.site, name, folder, files) for name, _ in SPLITS}
        for article in portion.articles:
            shards[split(article.site, article.article_id)].open().add(article)


class _Split:
    """The files of one site in one split, of which the last is written."""

    def __init__(self, site: str, name: Split, folder: ExportFolder, files: ExitStack) -> None:
        self._stem = f"data/{name}/{site}-"
        self._folder = folder
        self._current = files.enter_context(ExitStack())
        self._shard: Shard | None = None
        self._serial = 0
        if written := folder.names(self._stem):
            is_full = rows_in(folder.root / written[-1]) >= SHARD_ROWS
            self._serial = len(written) - (not is_full)

    def open(self) -> Shard:
        """The file that takes the next row."""
        if self._shard is not None and self._shard.rows >= SHARD_ROWS:
            self._current.close()
            self._shard = None
            self._serial += 1
        if self._shard is None:
            old, new = self._current.enter_context(self._folder.replace(f"{self._stem}{self._serial:05}.parquet"))
            self._shard = self._current.enter_context(Shard(new, old))
        return self._shard

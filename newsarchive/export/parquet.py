"""Parquet with typed, nested columns: one file for each site and month of capture."""

from __future__ import annotations

from contextlib import ExitStack

from newsarchive.export.folder import ExportFolder
from newsarchive.export.names import month
from newsarchive.export.portion import Portion
from newsarchive.export.shards import Shard


def write_parquet(portion: Portion, folder: ExportFolder) -> None:
    """Write ``data/<site>/month=2026-11/articles.parquet`` and so on, those that take more rows anew.

    ``month`` is a Hive partition, no column.
    """
    with ExitStack() as files:
        shards: dict[str, Shard] = {}
        for article in portion.articles:
            name = f"data/{portion.site}/month={month(article)}/articles.parquet"
            if name not in shards:
                old, new = files.enter_context(folder.replace(name))
                shards[name] = files.enter_context(Shard(new, old))
            shards[name].add(article)

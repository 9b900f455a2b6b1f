"""Where a command looks: the collections of an archive, and the one that has an article."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.errors import UsageError

if TYPE_CHECKING:
    from newsarchive.collection.collection import Collection


def directories_of(archive: Path, site: str | None) -> list[Path]:
    """The collection of ``site``, or all that ``archive`` holds."""
    from newsarchive.collection.collection import find_collections

    return list(find_collections(archive)) if site is None else [directory_of(archive, site)]


def directory_of(archive: Path, site: str) -> Path:
    """Where the collection of ``site`` is, or would be. Raises ``UnknownSite`` for what is neither."""
    directory = archive / site
    if not directory.exists():
        from newsarchive.sites.registry import get_site

        get_site(site)
    return directory


@contextmanager
def collection_with(article: str, archive: Path, site: str | None) -> Iterator[tuple[Collection, str]]:
    """The collection that has ``article`` (id or address), open, and the id. Raises ``UsageError`` when none has it."""
    from newsarchive.collection.collection import Collection

    for directory in directories_of(archive, site):
        with Collection.open(directory) as collection:
            article_id = collection.article_at(article) or article
            if collection.revisions(article_id):
                yield collection, article_id
                return
    raise UsageError(message=f"{archive} has no {article}. 'newsarchive articles list' shows what there is.")

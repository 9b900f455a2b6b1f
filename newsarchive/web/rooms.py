"""The collections under one directory, each opened once and read as it is at the moment of asking."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request

from newsarchive.collection.collection import find_collections, holds_collection
from newsarchive.collection.onlooker import Onlooker, View
from newsarchive.errors import NotACollection
from newsarchive.sites.registry import all_sites
from newsarchive.web.origins import path_segment
from newsarchive.web.pages import label

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
RESERVED = frozenset({"about", "static"})
"""First segments of addresses that are no collections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One collection during one request. ``name`` is that of its directory, by which addresses know it."""

    name: str
    site: str
    title: str
    zone: ZoneInfo
    language: str | None
    onlooker: Onlooker
    view: View


class Rooms:
    """The collections in the directory ``archive``. Thread-safe; reads nothing before it is asked.

    ``every``: how often those are crawled that the schedule of the settings has, by name.
    """

    def __init__(self, archive: Path, every: Mapping[str, timedelta] = MappingProxyType({})) -> None:
        self.archive = archive
        self.every = every
        self._onlookers: dict[str, Onlooker] = {}
        self._lock = threading.Lock()

    def names(self) -> tuple[str, ...]:
        """The names of the collections that there are now, in order. Raises ``UnreadableInput``."""
        return tuple(path.name for path in find_collections(self.archive) if _is_name(path.name))

    def onlooker(self, name: str) -> Onlooker:
        """The onlooker of one collection. Raises ``KeyError`` when there is none, and ``NotACollection``."""
        if not _is_name(name) or not holds_collection(self.archive / name):
            raise KeyError(name)
        with self._lock:
            if name not in self._onlookers:
                self._onlookers[name] = Onlooker(self.archive / name)
            return self._onlookers[name]

    def close(self) -> None:
        """Close every collection."""
        with self._lock:
            while self._onlookers:
                self._onlookers.popitem()[1].close()


def rooms_of(request: Request) -> Rooms:
    """The collections that are served."""
    rooms: Rooms = request.app.state.rooms
    return rooms


@contextmanager
def room_of(request: Request) -> Iterator[Room]:
    """The collection that the path of ``request`` names, as it is now, for as long as the context lasts.

    Raises ``HTTPException`` 404 when there is none, and what ``Onlooker`` raises.
    """
    name = request.path_params["site"]
    try:
        onlooker = rooms_of(request).onlooker(name)
    except KeyError as error:
        raise HTTPException(404, label(request, "There is no collection of this name here.")) from error
    except NotACollection as error:
        raise HTTPException(404, str(error)) from error
    site = all_sites().get(onlooker.site)
    with onlooker.look() as view:
        yield Room(
            name=name,
            site=onlooker.site,
            title=site.title if site else onlooker.site,
            zone=ZoneInfo(site.timezone if site else "UTC"),
            language=site.language if site else None,
            onlooker=onlooker,
            view=view,
        )


def article_id_of(request: Request) -> str:
    """The id of the article that the path of ``request`` names. Ids of some sites have slashes in them."""
    return path_segment(request, "article_id")


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name not in RESERVED

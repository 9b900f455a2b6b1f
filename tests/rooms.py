"""The reading room of a directory of collections, asked without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from starlette.testclient import TestClient

from newsarchive.web.app import room_app, stage_app
from newsarchive.web.origins import Origins
from newsarchive.web.rooms import Rooms

ROOM = "http://localhost:8321"
STAGE = "http://localhost:8322"
ORIGINS = Origins.at("127.0.0.1", room_port=8321, stage_port=8322)


@contextmanager
def room_client(archive: Path, every: Mapping[str, timedelta] | None = None) -> Iterator[TestClient]:
    """A client of the reading room over ``archive``, which follows no redirects; what nobody expected is raised."""
    with closing(Rooms(archive, every or {})) as rooms:
        yield TestClient(room_app(rooms, ORIGINS), base_url=ROOM, follow_redirects=False)


@contextmanager
def stage_client(archive: Path) -> Iterator[TestClient]:
    """A client of the stage over ``archive``, likewise."""
    with closing(Rooms(archive)) as rooms:
        yield TestClient(stage_app(rooms, ORIGINS), base_url=STAGE, follow_redirects=False)

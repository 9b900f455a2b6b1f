"""How addresses name captures: by the UUID of their record, or by the whole id where that is of another form."""

from __future__ import annotations

import re

_PREFIX = "urn:uuid:"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def in_path(record_id: str) -> str:
    """The path segment for a capture: ``0f36…`` for ``urn:uuid:0f36…``."""
    bare = record_id.removeprefix(_PREFIX)
    return bare if _UUID.fullmatch(bare) else record_id


def from_path(segment: str) -> str:
    """The record id for a path segment."""
    return _PREFIX + segment if _UUID.fullmatch(segment) else segment

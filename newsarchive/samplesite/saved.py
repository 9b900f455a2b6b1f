"""Saved pages of a real site, served again at their own paths."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from datetime import datetime
from html import escape

from newsarchive.errors import UnreadableInput
from newsarchive.samplesite.answer import Answer, Entity

_GZIP_MAGIC = b"\x1f\x8b"
_HTML = "text/html;charset=UTF-8"


class SavedPages:
    """Serves ``pages``: from path, with its query where it has one, to the bytes of the page, gzipped or not.

    A path that ends in ``.xml`` is served as XML, anything else as HTML in UTF-8. Pages are sent byte for byte:
    addresses inside them stay what they are. Without a page for ``/`` there is a list of links to all of them,
    so that a crawler finds its way. ``last_modified`` holds for every page.

    Raises ``UnreadableInput`` for a page that begins like gzip and is none.
    """

    def __init__(self, pages: Mapping[str, bytes], *, last_modified: datetime | None = None) -> None:
        self._entities = {
            path: Entity(_unpacked(path, data), _content_type(path), last_modified) for path, data in pages.items()
        }
        if "/" not in self._entities:
            self._entities["/"] = Entity(_contents(sorted(pages)), _HTML, last_modified)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that answers 200."""
        return tuple(self._entities)

    def settle(self, base_url: str) -> None:
        """Nothing to learn: saved pages keep the addresses they were saved with."""

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """The saved page at ``path`` and ``query``, else 404; ``headers`` has lower-case names."""
        entity = self._entities.get(f"{path}?{query}" if query else path)
        if entity is None:
            return Answer(status=404, headers=(("Content-Type", "text/plain;charset=UTF-8"),), body=b"not saved\n")
        return entity.answer(headers)


def _unpacked(path: str, data: bytes) -> bytes:
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableInput(path=path, reason=f"it begins like gzip but is none ({error})") from error


def _content_type(path: str) -> str:
    return "application/xml;charset=UTF-8" if path.partition("?")[0].endswith(".xml") else _HTML


def _contents(paths: list[str]) -> bytes:
    links = "\n".join(
        f'<li class="teaser"><a class="teaser__link" href="{escape(path)}">{escape(path)}</a></li>' for path in paths
    )
    return (
        f'<!DOCTYPE html>\n<html lang="de"><head><meta charset="UTF-8"/><title>Gespeicherte Seiten</title></head>\n'
        f"<body><ul>\n{links}\n</ul></body></html>\n"
    ).encode()

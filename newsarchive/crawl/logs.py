"""The log of a run: everything that a crawl says while it runs, in a file of its collection."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from newsarchive.errors import StorageFailed
from newsarchive.log_lines import attached


@contextmanager
def logging_to_file(path: Path, *, level: str, form: logging.Formatter) -> Iterator[None]:
    """Write the log to ``path`` as well, which must not exist. Raises ``StorageFailed``."""
    try:
        handler = _RunLog(path, mode="x", encoding="utf-8")
    except OSError as error:
        raise StorageFailed(path=path, reason=error.strerror or str(error)) from error
    handler.setLevel(level)
    with attached(handler, form):
        yield


class _RunLog(logging.FileHandler):
    """A disk that takes no more is reported once, by the crawl itself, not for every line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is that of the base class
        self.setLevel(logging.CRITICAL + 1)

    def close(self) -> None:
        with suppress(OSError):
            super().close()

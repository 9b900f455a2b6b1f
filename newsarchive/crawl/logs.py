"""What a crawl says while it runs: everything into the log of the run, what matters to people onto stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from newsarchive.errors import StorageFailed


@contextmanager
def logging_to_file(path: Path, *, level: str, form: str) -> Iterator[None]:
    """Write the log to ``path`` as well, which must not exist. Raises ``StorageFailed``."""
    try:
        handler = _RunLog(path, mode="x", encoding="utf-8")
    except OSError as error:
        raise StorageFailed(path=path, reason=error.strerror or str(error)) from error
    handler.setLevel(level)
    with _attached(handler, form):
        yield


@contextmanager
def logging_to_stderr() -> Iterator[None]:
    """Print lines for people: ours from INFO on, those of libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.INFO)
    handler.addFilter(lambda record: record.name.startswith("newsarchive.") or record.levelno >= logging.WARNING)
    with _attached(handler, "%(asctime)s %(levelname)s %(message)s"):
        yield


class _RunLog(logging.FileHandler):
    """A disk that takes no more is reported once, by the crawl itself, not for every line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is that of the base class
        self.setLevel(logging.CRITICAL + 1)

    def close(self) -> None:
        with suppress(OSError):
            super().close()


@contextmanager
def _attached(handler: logging.Handler, form: str) -> Iterator[None]:
    handler.setFormatter(logging.Formatter(form))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()

"""How a line of a log looks: plain for people, one JSON object for programs; and lines for people on stderr.

A line of our own may carry facts, as ``extra`` of the logging call: ``event`` names the kind of line, the others what
it is about (``url``, ``channel``, ``code`` …). Plain lines leave them out, for their message says it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

import msgspec

Facts = Callable[[], Mapping[str, str]]
"""What holds for all lines at this moment: ``site``, ``run`` …"""

LogLines = Literal["plain", "json"]

PLAIN = "%(asctime)s %(levelname)s %(message)s"

# Whatever else is an attribute of a record came as ``extra``.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "event"}


def no_facts() -> Mapping[str, str]:
    """Nothing holds for all lines."""
    return {}


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time`` (UTC, RFC 3339), ``level``, ``event`` (where a line names none, its logger),
    ``logger``, then ``facts()``, the facts of the line, ``message``, and ``exception`` with its traceback."""

    def __init__(self, facts: Facts = no_facts) -> None:
        super().__init__()
        self._facts = facts

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line break."""
        given = {
            name: value
            for name, value in vars(record).items()
            # Libraries hang whole objects on their records.
            if name not in _OWN and isinstance(value, str | int | float)
        }
        line: dict[str, object] = {
            "time": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
            "logger": record.name,
            **self._facts(),
            **given,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def formatter(lines: LogLines, form: str = PLAIN, *, facts: Facts = no_facts) -> logging.Formatter:
    """What formats lines of this kind; plain ones as ``form`` says, JSON with ``facts``."""
    return JsonLines(facts) if lines == "json" else logging.Formatter(form)


@contextmanager
def logging_to_stderr(form: logging.Formatter) -> Iterator[None]:
    """Print lines for people: ours from INFO on, those of libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.INFO)
    handler.addFilter(lambda record: record.name.startswith("newsarchive.") or record.levelno >= logging.WARNING)
    with attached(handler, form):
        yield


@contextmanager
def attached(handler: logging.Handler, form: logging.Formatter) -> Iterator[None]:
    """Have ``handler`` get every line, in this form; it is closed at the end."""
    handler.setFormatter(form)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO))
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()

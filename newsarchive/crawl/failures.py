"""Why no answer came: the codes of failed and refused requests, as they stand in the books and in findings."""

from __future__ import annotations

from collections.abc import Iterator

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from service_identity import VerificationError

CODES: dict[type[Exception], str] = {
    CannotResolveHostError: "host-unknown",
    DownloadConnectionRefusedError: "connection-refused",
    DownloadTimeoutError: "timeout",
    ResponseDataLossError: "answer-cut",
    DownloadCancelledError: "answer-too-large",
    DownloadFailedError: "connection-failed",
}
"""The code of each error of a download; ``certificate-invalid`` and ``fetch-failed`` come on top."""


class NotAsked(IgnoreRequest):
    """A request that was not made: ``code`` and the message say why."""

    code = "not-asked"

    @property
    def is_final(self) -> bool:
        """Whether nothing of this host will be asked for again in this run."""
        return True


class RobotsDisallowed(NotAsked):
    """robots.txt asks not to fetch this address."""

    code = "robots-disallowed"

    @property
    def is_final(self) -> bool:
        """Other addresses may be allowed."""
        return False


class RobotsUnavailable(NotAsked):
    """robots.txt could not be had, so nothing may be fetched; ``cause`` is the code of the reason."""

    code = "robots-unavailable"

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause

    @property
    def is_of_the_host(self) -> bool:
        """Whether nothing else could be had of the host either."""
        return not self.cause.startswith("http-")


class HostGivenUp(NotAsked):
    """The host asks for more patience than a run has, or has failed too often in a row."""

    code = "host-given-up"


def code_of(error: BaseException) -> str:
    """The code of what went wrong with a request."""
    if isinstance(error, RobotsUnavailable) and error.is_of_the_host:
        return error.cause
    if isinstance(error, NotAsked):
        return error.code
    if any(_is_certificate(cause) for cause in _causes(error)):
        return "certificate-invalid"
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), "fetch-failed")


def describe(error: BaseException) -> str:
    """What went wrong with a request, for people."""
    return str(error) if isinstance(error, NotAsked) else f"{code_of(error)} ({error})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies below it: Twisted wraps what ended a connection."""
    yield error
    for failure in getattr(error, "reasons", ()):
        yield failure.value
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)


def _is_certificate(error: BaseException) -> bool:
    if isinstance(error, VerificationError):
        return True
    return isinstance(error, SSL.Error) and "certificate" in str(error)

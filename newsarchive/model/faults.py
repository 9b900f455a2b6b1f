"""Every kind of thing that can be wrong with a collection: its code, how bad it is, and what to do about it.

``docs/findings.md`` says what each code means; a test keeps page and table equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsarchive.model.finding import Finding, Severity

_RESTORE = (
    "Restore the file from a backup; if there is none, keep it as it is and make no further copies of the damage."
)
_BUG = "Keep the file as it is, and report this with the version that wrote it (in its warcinfo record)."
_REBUILD = "Run “newsarchive rebuild”: it makes this again from the WARC files."
_RECOVER = "Run “newsarchive recover”, or the next crawl: it takes in what is whole."
_LINES = "Restore the file from a backup; otherwise extract again from the WARC files, which hold everything."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault: how bad it is, and the remedy."""

    severity: Severity
    remedy: str


def _error(remedy: str) -> Fault:
    return Fault(severity="error", remedy=remedy)


def _warning(remedy: str) -> Fault:
    return Fault(severity="warning", remedy=remedy)


def _note(remedy: str) -> Fault:
    return Fault(severity="note", remedy=remedy)


FAULTS: dict[str, Fault] = {
    # collection.json and crawls/
    "descriptor-unreadable": _error(
        "Restore collection.json from a backup, or from another collection but for “site”."
    ),
    "generation-unreadable": _error(
        "Name one that is whole with “newsarchive generations use”, or restore the files from a backup."
    ),
    "run-unreadable": _error(_RESTORE),
    "run-name": _error("Give the file its name back, or restore it from a backup."),
    "run-times": _error(_BUG),
    "run-funnel": _error(_BUG),
    "run-captures": _error(_BUG),
    # files
    "warc-missing": _error(_RESTORE),
    "warc-unreadable": _error("Mend what the system says, and check again."),
    "warc-length": _error(_RESTORE),
    "warc-digest": _error(_RESTORE),
    "warc-records": _error(_RESTORE),
    "warc-cut": _error(_RESTORE),
    "warc-damaged": _error(_RESTORE),
    "warc-garbage": _error(_RESTORE),
    "warc-too-large": _warning("Nothing; its content is larger than a check looks at."),
    "warc-leftover-open": _warning(_RECOVER),
    "warc-leftover": _warning(_RECOVER),
    "lines-leftover": _warning(_RECOVER),
    # one record
    "record-head": _error(_BUG),
    "record-length": _error(_BUG),
    "record-not-alone": _error("Restore the file from a backup, or let “warcio recompress” part it record by record."),
    "warcinfo-missing": _error(_BUG),
    "warcinfo-filename": _error("Give the file its name back, or restore it from a backup."),
    "field-missing": _error(_BUG),
    "field-doubled": _error(_BUG),
    "field-forbidden": _error(_BUG),
    "type-unknown": _warning("Nothing: readers pass over records of types they do not know."),
    "id-invalid": _error(_BUG),
    "uri-invalid": _error(_BUG),
    "date-invalid": _error(_BUG),
    "date-order": _error(_BUG),
    "truncated-invalid": _error(_BUG),
    "address-invalid": _error(_BUG),
    "media-type-invalid": _error(_BUG),
    "digest-missing": _error(_BUG),
    "digest-invalid": _error(_BUG),
    "block-digest": _error(_RESTORE),
    "payload-digest": _error(_BUG),
    "http-head": _error(_BUG),
    "http-interim": _error(_BUG),
    "http-version": _warning("Nothing; the bytes are what came, but players may not show the page."),
    "http-chunked": _error(_BUG),
    "http-length": _error(_BUG),
    "http-coding": _warning("Nothing where the server sent it so; otherwise compare with another copy of the file."),
    # records among each other
    "record-id-doubled": _error(_BUG),
    "warcinfo-id": _error(_BUG),
    "concurrent-dangling": _error(_BUG),
    "concurrent-differs": _error(_BUG),
    "revisit-profile": _error(_BUG),
    "revisit-fields": _error(_BUG),
    "revisit-dangling": _error("Restore the WARC file that holds the original; the revisit has no payload without it."),
    "revisit-of-revisit": _error(_BUG),
    "revisit-target": _error(_BUG),
    "revisit-digest": _error(_BUG),
    "revisit-chunking": _error(_BUG),
    # indexes/
    "index-missing": _warning("Nothing: the next command that needs the index makes it again."),
    "index-behind": _warning("Nothing: the next command that needs the index completes it."),
    "index-unreadable": _error(_REBUILD),
    "index-unsorted": _error(_REBUILD),
    "index-doubled": _error(_REBUILD),
    "index-dangling": _error(_REBUILD),
    "index-differs": _error(_REBUILD),
    "index-record-digest": _error(_REBUILD),
    "index-incomplete": _error(_REBUILD),
    "index-not-replayable": _error(_REBUILD),
    # articles/
    "lines-missing": _error(_LINES),
    "lines-count": _error(_LINES),
    "line-unreadable": _error(_LINES),
    "article-doubled": _error(_LINES),
    "article-revision": _error(_LINES),
    "article-digest": _error(_LINES),
    "article-site": _error(_LINES),
    "article-capture": _error(_LINES),
    "article-differs": _error(_LINES),
    "article-other-version": _note("Nothing: another version of the program reads pages otherwise."),
    "article-not-read": _note("Update newsarchive, or check with the version that knows the site."),
    "sighting-capture": _error(_LINES),
    "sighting-article": _error(_LINES),
    "sighting-differs": _error(_LINES),
    "link-capture": _error(_LINES),
    "link-doubled": _error(_LINES),
    # catalog.sqlite
    "catalog-missing": _warning("Nothing: the next command that needs the catalog makes it again."),
    "catalog-damaged": _error(_REBUILD),
    "catalog-behind": _warning("Nothing: the next command that needs the catalog completes it."),
    "catalog-differs": _error(_REBUILD),
}
"""Every code of a check."""


def found(code: str, where: str, message: str) -> Finding:
    """A finding of the kind ``code``. Raises ``KeyError`` for a code that is not in ``FAULTS``."""
    fault = FAULTS[code]
    return Finding(severity=fault.severity, code=code, where=where, message=message, remedy=fault.remedy)

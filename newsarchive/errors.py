"""The error tree: what can go wrong that a user can do something about.

::

    NewsarchiveError                1
    ├── UsageError                  2   (the code click itself uses)
    ├── UnknownSite                 10
    ├── UnreachableHost             11
    ├── CollectionLocked            12
    ├── StorageFailed               13  disk full, read-only, no permission
    ├── NothingExtracted            14
    ├── NotACollection              15
    ├── UnreadableInput             16
    ├── CaptureLost                 17  a response came without its bytes
    ├── ExpectationsBroken          18  a crawl found that the site is not as it was
    ├── UnknownGeneration           19
    ├── CatalogMissing              20
    ├── AddressInUse                21
    └── Interrupted                 130

A class docstring is the message template, filled from the keyword arguments the error is raised with;
``exit_code`` is what the command line ends with. ``docs/exit-codes.md`` has a row for each class, and a
test keeps the two equal. Exit code 3 is no error: a check found some.
"""

from __future__ import annotations

from typing import ClassVar


class NewsarchiveError(Exception):
    """{message}"""

    exit_code: ClassVar[int] = 1

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__((type(self).__doc__ or "").format(**facts))

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders when extraction runs in workers; keyword arguments need help.
        return (_rebuild, (type(self), self.facts))


def _rebuild(kind: type[NewsarchiveError], facts: dict[str, object]) -> NewsarchiveError:
    return kind(**facts)


class UsageError(NewsarchiveError):
    """{message}"""

    exit_code = 2


class UnknownSite(NewsarchiveError):
    """There is no site called “{site}”. Known sites: {known}."""

    exit_code = 10


class UnreachableHost(NewsarchiveError):
    """No channel of {site} could be fetched: {reason}. Check the network and the address, then run the crawl again."""

    exit_code = 11


class CollectionLocked(NewsarchiveError):
    """{path} is in use by another newsarchive process. Wait until it ends, then run this again."""

    exit_code = 12


class StorageFailed(NewsarchiveError):
    """Could not write {path}: {reason}. Everything archived before this is safe; make room or fix the permission, then run it again."""

    exit_code = 13


class NothingExtracted(NewsarchiveError):
    """{site}: of {asked} article pages that were asked for, {extracted} gave an article. The site may have changed, or may not want to be read; see the problems in {log}."""

    exit_code = 14


class NotACollection(NewsarchiveError):
    """{path} is not a newsarchive collection: {reason}."""

    exit_code = 15


class UnreadableInput(NewsarchiveError):
    """Cannot read {path}: {reason}."""

    exit_code = 16


class CaptureLost(NewsarchiveError):
    """The response of {url} arrived without its bytes, so it cannot be archived as it was; the crawl stops rather than rebuild it. Please report this with the versions of Scrapy and Twisted."""

    exit_code = 17


class ExpectationsBroken(NewsarchiveError):
    """{site} is not as expected: {findings} What could be had is archived; see {log}."""

    exit_code = 18


class UnknownGeneration(NewsarchiveError):
    """{path} has no generation {number}; it has: {known}."""

    exit_code = 19


class CatalogMissing(NewsarchiveError):
    """{path} is missing, damaged or of another version, and only what writes to the collection makes it again: run `newsarchive rebuild {site}`."""

    exit_code = 20


class AddressInUse(NewsarchiveError):
    """Port {port} of {host} cannot be had: {reason}. End what uses it, or choose other ports with --port (0 takes any that are free)."""

    exit_code = 21


class Interrupted(NewsarchiveError):
    """Stopped by the user. Everything archived so far is kept in {path}; the next crawl goes on from there."""

    exit_code = 130

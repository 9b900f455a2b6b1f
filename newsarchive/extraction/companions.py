"""What is archived beside an article and belongs to it: subtitle files, and what the site says of all its pages.

``wanted`` says what of that an article has, ``attach`` reads it into the article. Both are pure: the same article with
the same companions gives the same line, live and from the WARC files years later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urljoin

from newsarchive.extraction import reservations
from newsarchive.extraction.coding import CannotDecode, undo_coding
from newsarchive.extraction.page import Unreadable
from newsarchive.extraction.timed_text import MAX_SUBTITLE_BYTES, read_timed_text
from newsarchive.model.article import Article, Problem, Subtitle
from newsarchive.model.capture import StoredCapture

ROBOTS_PATH = "/robots.txt"
TDMREP_PATH = "/.well-known/tdmrep.json"

MAX_SITE_FILE_BYTES = 2 * 1024 * 1024
"""A longer robots.txt, tdmrep.json or licence is not read; it is in the archive all the same."""


def wanted(article: Article, known: Mapping[str, StoredCapture] | None = None) -> tuple[str, ...]:
    """Addresses of all that may hang on ``article``, each once, in the order in which to ask for them.

    robots.txt and ``tdmrep.json`` of its host, the RSL licences that the page names, the subtitles of its own media.
    robots.txt can name licences too: ask again with it in ``known`` and they are among the addresses.
    """
    robots, tdmrep = _site_files(article)
    rights = reservations.join(article.rights, *_said_by_robots(article, known or {}))
    subtitles = (subtitle.url for medium in article.media for subtitle in medium.subtitles)
    return tuple(dict.fromkeys((robots, tdmrep, *reservations.licences(rights), *subtitles)))


def attach(article: Article, companions: Mapping[str, StoredCapture]) -> Article:
    """``article`` with what ``companions`` (by the address that was asked) say of it.

    Subtitles get their capture and cues, ``rights`` the reservations of the site. A companion that is missing, or whose
    answer was no 200, changes nothing; one that cannot be read is a problem of the article. The content digest stays.
    Attaching the same again changes nothing.
    """
    problems: list[Problem] = []
    media = tuple(
        replace(medium, subtitles=tuple(_with_cues(subtitle, companions, problems) for subtitle in medium.subtitles))
        for medium in article.media
    )
    return replace(
        article,
        media=media,
        rights=reservations.join(article.rights, *_said_by_site(article, companions)),
        problems=tuple(dict.fromkeys((*article.problems, *problems))),
    )


def _with_cues(subtitle: Subtitle, companions: Mapping[str, StoredCapture], problems: list[Problem]) -> Subtitle:
    stored = _whole(companions, subtitle.url)
    if stored is None:
        return subtitle
    try:
        read = read_timed_text(_body(stored, MAX_SUBTITLE_BYTES))
    except (Unreadable, CannotDecode) as error:
        reason = error.problem.message
        problems.append(Problem(code="subtitle-unreadable", message=f"{subtitle.url}: {reason}"))
        return replace(subtitle, capture=stored.ref)
    problems.extend(replace(problem, message=f"{subtitle.url}: {problem.message}") for problem in read.problems)
    return replace(subtitle, capture=stored.ref, cues=read.cues)


def _said_by_site(article: Article, companions: Mapping[str, StoredCapture]) -> Iterator[str]:
    """What the files of the site declare about the address of ``article``."""
    by_robots = tuple(_said_by_robots(article, companions))
    yield from by_robots
    _, tdmrep = _site_files(article)
    if (rules := _text(companions, tdmrep)) is not None:
        yield from reservations.in_tdmrep(rules, article.url)
    for licence_url in reservations.licences(reservations.join(article.rights, *by_robots)):
        if (licence := _site_file(companions, licence_url)) is not None:
            yield from reservations.in_rsl(licence, licence_url, article.url)


def _said_by_robots(article: Article, companions: Mapping[str, StoredCapture]) -> Iterator[str]:
    robots, _ = _site_files(article)
    if (text := _text(companions, robots)) is not None:
        yield from reservations.in_robots(text, article.url)


def _site_files(article: Article) -> tuple[str, str]:
    """Addresses of robots.txt and ``tdmrep.json`` of the host that ``article`` was asked from."""
    return urljoin(article.url, ROBOTS_PATH), urljoin(article.url, TDMREP_PATH)


def _text(companions: Mapping[str, StoredCapture], url: str) -> str | None:
    body = _site_file(companions, url)
    return None if body is None else body.decode("utf-8-sig", "replace")


def _site_file(companions: Mapping[str, StoredCapture], url: str) -> bytes | None:
    stored = _whole(companions, url)
    try:
        return None if stored is None else _body(stored, MAX_SITE_FILE_BYTES)
    except CannotDecode:
        return None


def _whole(companions: Mapping[str, StoredCapture], url: str) -> StoredCapture | None:
    stored = companions.get(url)
    return stored if stored is not None and stored.ref.status == 200 else None


def _body(stored: StoredCapture, max_bytes: int) -> bytes:
    body, _ = undo_coding(stored.payload, stored.header("content-encoding") or "", max_bytes=max_bytes)
    return body

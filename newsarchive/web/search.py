"""The search page of a collection, and what it finds as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from newsarchive.collection.documents import Facet, texts_of
from newsarchive.collection.passages import Marked, mark, passages
from newsarchive.collection.query import MAX_TERMS, Query
from newsarchive.collection.search import MAX_FOUND, SORTS, Found, Hit, Search, Searcher, filed_under, hits
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Article
from newsarchive.web.names import KINDS, SORT_ORDERS, STATES
from newsarchive.web.origins import address_path
from newsarchive.web.pages import as_plain_text, label, render, url
from newsarchive.web.parameters import day, one_of, text, whole_number
from newsarchive.web.rooms import Room, room_of

HITS_A_PAGE = 20

_LAST_PAGE = MAX_FOUND // HITS_A_PAGE

_FREE: tuple[Facet, ...] = ("section", "tag", "author")
"""Facets whose values are whatever the site says."""

_PARAMETERS = ("q", "from", "to", *_FREE, "kind", "state", "sort", "revisions")

_LONGEST_VALUE = 200

_COLUMNS = (
    *("article_id", "revision", "is_newest_revision", "headline", "stand", "dated_at", "captured_at"),
    *("first_captured_at", "revisions", "silent_edits", "gone_at", "url", "address", "content_digest"),
    *("kind", "section", "tag", "author"),
)
_SEVERAL = "; "
"""Between several values of one cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One hit as it is shown. ``article`` is ``None`` where its line cannot be read."""

    hit: Hit
    article: Article | None
    topline: Marked
    headline: Marked
    passages: tuple[Marked, ...]


def show_search(request: Request) -> Response:
    """The search form and what is found; with ``?fragment=1`` only what changes when something else is searched."""
    with room_of(request) as room:
        search, begun = _as_begun(request, room, _asked(request, room))
        found, page, pages = _page(request, room, search)
        parameters = _parameters(request) | ({"q": f"{text(request, 'q')}*"} if begun else {})
        is_fragment = one_of(request, "fragment", ("1",)) is not None
        return render(
            request,
            "search_parts.html.j2" if is_fragment else "search.html.j2",
            room=room,
            search=search,
            typed=text(request, "q") or "",
            begun=begun,
            found=found,
            items=_items(room, search, found, page),
            choices=_searcher(request).choices(room.view.catalog, search, room.zone),
            page=page,
            pages=pages,
            first=(page - 1) * HITS_A_PAGE + 1,
            most=MAX_FOUND,
            terms=MAX_TERMS,
            kinds=KINDS,
            states=STATES,
            orders=SORT_ORDERS,
            as_json=url(request, room.name, "search.json", page=page if page > 1 else None, **parameters),
            as_csv=url(request, room.name, "search.csv", **parameters),
        )


def give_json(request: Request) -> Response:
    """A page of what is found as JSON, and what it can be narrowed down by; or the ``error``."""
    try:
        return JSONResponse(_answer(request))
    except HTTPException as error:
        return JSONResponse({"error": as_plain_text(error.detail)}, error.status_code)


def give_csv(request: Request) -> Response:
    """All that is found, as a table for spreadsheets: with a byte order mark, and no cell that is a formula."""
    with room_of(request) as room:
        search = _asked(request, room)
        found = _searcher(request).find(room.view.catalog, search, room.zone)
        written = io.StringIO(newline="")
        writer = csv.writer(written)
        writer.writerow(_COLUMNS)
        filed = filed_under(room.view.catalog, found.documents)
        for document, hit in zip(found.documents, hits(room.view.catalog, found.documents), strict=True):
            values = {facet: _SEVERAL.join(of) for facet, of in filed[document].items()}
            row = dict.fromkeys(_COLUMNS, "") | values | _as_row(room, hit)
            writer.writerow([_as_cell(row[column]) for column in _COLUMNS])
    headers = {"Content-Disposition": f'attachment; filename="{room.site}-search.csv"'}
    return Response("\ufeff" + written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = (
    Route("/{site}", show_search),
    Route("/{site}/search.json", give_json),
    Route("/{site}/search.csv", give_csv),
)


def _answer(request: Request) -> dict[str, Any]:
    with room_of(request) as room:
        search = _asked(request, room)
        found, page, pages = _page(request, room, search)
        choices = _searcher(request).choices(room.view.catalog, search, room.zone)
        return {
            "count": found.count,
            "is_cut": found.is_cut,
            "left_off": search.query.left_off,
            "page": page,
            "pages": pages,
            "results": [_as_json(room, item) for item in _items(room, search, found, page)],
            "choices": {facet: {each.value: each.count for each in values} for facet, values in choices.items()},
        }


def _asked(request: Request, room: Room) -> Search:
    """What ``request`` asks for. Raises ``HTTPException`` 400."""
    since, until = day(request, "from"), day(request, "to")
    if since is not None and until is not None and since > until:
        raise HTTPException(400, label(request, "The first day is after the last one. Swap them."))
    filed: list[tuple[Facet, str]] = [(facet, value) for facet in _FREE if (value := _value(request, facet))]
    if kind := one_of(request, "kind", KINDS):
        filed.append(("kind", kind))
    if state := one_of(request, "state", STATES):
        filed.append(("state", state))
    sort = one_of(request, "sort", SORTS)
    return Search(
        query=Query.parse(text(request, "q") or ""),
        since=since,
        until=until,
        filed=tuple(filed),
        all_revisions=one_of(request, "revisions", ("newest", "all")) == "all",
        sort=next((order for order in SORTS if order == sort), "relevance"),
    )


def _as_begun(request: Request, room: Room, search: Search) -> tuple[Search, str | None]:
    """``search``; or where nothing is found by it, and that finds something, with the last word, which may still be
    typed, as the beginning of one; and that word."""
    typed = text(request, "q") or ""
    if typed[-1:].isalnum() and not _searcher(request).find(room.view.catalog, search, room.zone).count:
        begun = replace(search, query=Query.parse(f"{typed}*"))
        if begun != search and _searcher(request).find(room.view.catalog, begun, room.zone).count:
            return begun, typed.split()[-1]
    return search, None


def _parameters(request: Request) -> dict[str, str | None]:
    """What was asked, but for the page of it."""
    return {name: text(request, name) for name in _PARAMETERS}


def _value(request: Request, facet: Facet) -> str | None:
    value = text(request, facet)
    if value is not None and len(value) > _LONGEST_VALUE:
        raise HTTPException(400, label(request, "“{name}” is too long. Nothing is called so.", name=facet))
    return value


def _page(request: Request, room: Room, search: Search) -> tuple[Found, int, int]:
    """What is found, the page of it that is asked for, and how many there are. Raises ``HTTPException``."""
    page = whole_number(request, "page", least=1, most=_LAST_PAGE) or 1
    found = _searcher(request).find(room.view.catalog, search, room.zone)
    pages = max(-(-found.count // HITS_A_PAGE), 1)
    if page > pages:
        raise HTTPException(404, label(request, "There are not so many pages."))
    return found, page, pages


def _searcher(request: Request) -> Searcher:
    searcher: Searcher = request.app.state.searcher
    return searcher


def _items(room: Room, search: Search, found: Found, page: int) -> tuple[Item, ...]:
    shown = found.documents[(page - 1) * HITS_A_PAGE : page * HITS_A_PAGE]
    return tuple(_item(room, search.query, hit) for hit in hits(room.view.catalog, shown))


def _item(room: Room, query: Query, hit: Hit) -> Item:
    try:
        article = room.view.article(hit.article_id, hit.revision)
    except UnreadableInput:
        article = None
    return Item(
        hit=hit,
        article=article,
        topline=mark(query, article.topline or "") if article else (),
        headline=mark(query, hit.headline or hit.article_id),
        passages=passages(query, texts_of(article)) if article else (),
    )


def _as_row(room: Room, hit: Hit) -> dict[str, str | int | bool | None]:
    return {
        "article_id": hit.article_id,
        "revision": hit.revision,
        "is_newest_revision": hit.is_newest,
        "headline": hit.headline,
        "stand": _printed(hit.stand),
        "dated_at": _printed(hit.dated_at),
        "captured_at": _printed(hit.captured_at),
        "first_captured_at": _printed(hit.found_at),
        "revisions": hit.revisions,
        "silent_edits": hit.silent,
        "gone_at": _printed(hit.gone_at),
        "url": hit.url,
        "address": _address(room, hit),
        "content_digest": hit.content_digest,
    }


def _as_json(room: Room, item: Item) -> dict[str, Any]:
    article = item.article
    if article is None:
        return {**_as_row(room, item.hit), "is_readable": False}
    return {
        **_as_row(room, item.hit),
        "is_readable": True,
        "topline": article.topline,
        "kind": article.kind,
        "label": article.label,
        "section": article.section,
        "tags": [tag.name for tag in article.tags],
        "authors": [author.raw for author in article.authors],
        "headline_hits": list(_places(item.headline)) if item.hit.headline else [],
        "passages": [_as_passage(passage) for passage in item.passages],
    }


def _as_passage(passage: Marked) -> dict[str, Any]:
    """The text, and from where to where in it a word was found."""
    return {"text": "".join(part.text for part in passage), "hits": list(_places(passage))}


def _places(passage: Sequence[Any]) -> Iterator[tuple[int, int]]:
    at = 0
    for part in passage:
        if part.is_hit:
            yield at, at + len(part.text)
        at += len(part.text)


def _address(room: Room, hit: Hit) -> str:
    """Where the revision is shown: a path in the reading room."""
    path = address_path(room.name, "articles", hit.article_id)
    return path if hit.is_newest else f"{path}?revision={hit.revision}"


def _printed(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _as_cell(value: object) -> object:
    """``value`` so that no spreadsheet takes it for a formula."""
    if isinstance(value, str) and (value.lstrip()[:1] in {"=", "+", "-", "@"} or value[:1] in {"\t", "\r", "\n"}):
        return f"'{value}"
    return value

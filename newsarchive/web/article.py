"""The page of one article: what it says, and where that comes from."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsarchive.collection.addresses import nearest
from newsarchive.collection.layout import run_of_warc
from newsarchive.collection.onlooker import View
from newsarchive.collection.standing import standing_of
from newsarchive.history.timeline import noted_changes
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun, WarcFile
from newsarchive.model.revision import Revision
from newsarchive.model.serialize import from_json
from newsarchive.sites.registry import all_sites
from newsarchive.web import citations, record_ids
from newsarchive.web.article_parts import parts_of, pictures_of
from newsarchive.web.names import FIELDS, GONE, KINDS, TIMES
from newsarchive.web.pages import label, language_of, render
from newsarchive.web.parameters import MOST_REVISIONS, whole_number
from newsarchive.web.rooms import Room, article_id_of, room_of

_MOST_PICTURES = 200
_MOST_RELATED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a revision stands among those of its article. ``changed`` are fields that differ from the one before it;
    ``silent``: they do though the Stand did not move."""

    revisions: int
    before: Revision | None
    after: Revision | None
    changed: tuple[str, ...]
    silent: bool


def show_article(request: Request) -> Response:
    """One revision of an article, the newest unless ``?revision=`` says otherwise."""
    with room_of(request) as room:
        article = _asked(request, room)
        view = room.view
        return render(
            request,
            "article.html.j2",
            room=room,
            article=article,
            parts=parts_of(article),
            pictures=_pictures(view, article),
            related=_related(room, article),
            place=_place(view.catalog.revisions(article.article_id), article.revision),
            standing=standing_of(view.catalog, article.article_id),
            run=run_of_capture(article),
            warc=_warc(view, article),
            replay=record_ids.in_path(article.capture.record_id),
            citation=citations.as_text(_cited(room, article), language_of(request)),
            fields=FIELDS,
            gone=GONE,
            kinds=KINDS,
            times=TIMES,
        )


def cite(request: Request) -> Response:
    """One revision as a reference: BibTeX, CSL-JSON or text, by the ending of the address."""
    form = request.path_params["form"]
    with room_of(request) as room:
        cited = _cited(room, _asked(request, room))
    match form:
        case "bib":
            text, media_type = citations.as_bibtex(cited), "application/x-bibtex"
        case "json":
            text, media_type = citations.as_csl(cited), "application/vnd.citationstyles.csl+json"
        case "txt":
            text, media_type = citations.as_text(cited, language_of(request)), "text/plain"
        case _:
            raise HTTPException(404, label(request, "There is no page at this address."))
    name = f"{cited.key}.{form}"
    kind = "inline" if form == "txt" else "attachment"
    headers = {
        "Content-Type": f"{media_type}; charset=utf-8",
        "Content-Disposition": f'{kind}; filename="{name}"',
        "Vary": "Accept-Language",
    }
    return Response(text, headers=headers)


ROUTES = (
    Route("/{site}/articles/{article_id}", show_article),
    Route("/{site}/articles/{article_id}/cite.{form}", cite),
)


def _asked(request: Request, room: Room) -> Article:
    """The article that ``request`` names. Raises ``HTTPException``."""
    article_id = article_id_of(request)
    revision = whole_number(request, "revision", least=1, most=MOST_REVISIONS)
    article = room.view.article(article_id, revision)
    if article is not None:
        return article
    newest = room.view.catalog.last_revision(article_id)
    if newest is None:
        raise HTTPException(404, label(request, "There is no article “{id}” in this collection.", id=article_id))
    message = "This article has no revision {revision}; its newest is {newest}."
    raise HTTPException(404, label(request, message, revision=revision, newest=newest.revision))


def _place(revisions: tuple[Revision, ...], number: int) -> Place:
    at = next(at for at, known in enumerate(revisions) if known.revision == number)
    shown = revisions[at]
    before = revisions[at - 1] if at else None
    noted = noted_changes((before, shown))[number] if before else None
    return Place(
        revisions=len(revisions),
        before=before,
        after=revisions[at + 1] if at + 1 < len(revisions) else None,
        changed=shown.changed,
        silent=noted is not None and noted.silent,
    )


def _pictures(view: View, article: Article) -> dict[str, str]:
    """For each of its pictures that was captured: how addresses name the capture nearest in time."""
    found = {
        url: nearest(view.catalog, url, article.capture.captured_at, whole=True)
        for url in pictures_of(article)[:_MOST_PICTURES]
    }
    return {url: record_ids.in_path(capture.ref.record_id) for url, capture in found.items() if capture}


def _related(room: Room, article: Article) -> dict[str, str]:
    """For the address of each teaser whose article is in the collection: the id of that."""
    site = all_sites().get(room.site)
    found: dict[str, str] = {}
    for related in article.related[:_MOST_RELATED]:
        if related.url is None:
            continue
        known_as = site.article_url(related.url) if site else None
        if (article_id := room.view.catalog.article_at(known_as or related.url)) is not None:
            found[related.url] = article_id
    return found


def run_of_capture(article: Article) -> str | None:
    """The run that captured it."""
    found = run_of_warc(article.capture.warc.rpartition("/")[2])
    return found[0] if found else None


def _warc(view: View, article: Article) -> WarcFile | None:
    """What the record of its run says of the WARC file; ``None`` where that cannot be read."""
    run = run_of_capture(article)
    if run is None:
        return None
    try:
        record = from_json(view.layout.crawl(run).read_bytes(), CrawlRun)
    except (OSError, ValueError):
        return None
    return next((warc for warc in record.warcs if warc.path == article.capture.warc), None)


def _cited(room: Room, article: Article) -> citations.Cited:
    return citations.Cited(article=article, publication=room.title, zone=room.zone)

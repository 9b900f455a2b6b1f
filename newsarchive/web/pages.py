"""Rendering: templates with labels in the language of the reader, and times in the zone of the collection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsarchive import __version__
from newsarchive.errors import UnreadableInput
from newsarchive.web import formats
from newsarchive.web.article_parts import paragraphs, web_address
from newsarchive.web.labels import GERMAN, LANGUAGES
from newsarchive.web.origins import address_path, stage_url
from newsarchive.web.record_ids import in_path


def language_of(request: Request) -> str:
    """``de`` or ``en``: what ``?lang=`` asks for, else what the browser prefers."""
    asked = request.query_params.get("lang")
    return asked if asked in LANGUAGES else _preferred(request.headers.get("accept-language", ""))


def translate(language: str, english: str, **values: object) -> Markup:
    """The label ``english`` in ``language``, filled with ``values``, each escaped unless it is markup."""
    text = GERMAN[english] if language == "de" else english
    return escape(text).format(**values) if values else escape(text)


def label(request: Request, english: str, **values: object) -> Markup:
    """The label ``english`` in the language of ``request``, as ``translate``."""
    return translate(language_of(request), english, **values)


def as_plain_text(message: str) -> str:
    """``message`` for what is no HTML: in a label, values are escaped."""
    return message.unescape() if isinstance(message, Markup) else message


def url(request: Request, *segments: str | int, **parameters: object) -> str:
    """The address in the room with these path segments and parameters; the language that was asked for stays.

    A parameter that is ``None`` or empty is left out; one that is a list is given once for each of its values. The
    name of a parameter may end with ``_``, which keeps ``from_`` out of Python's way.
    """
    return address_path(*segments) + _query(
        request, {name.removesuffix("_"): value for name, value in parameters.items()}
    )


def url_here(request: Request, **parameters: object) -> str:
    """The address of ``request`` with other ``parameters``; ``None`` takes one away."""
    asked: dict[str, object] = {name: request.query_params.getlist(name) for name in request.query_params}
    changed = {name.removesuffix("_"): value for name, value in parameters.items()}
    # One slash: two would begin the name of another host.
    return "/" + quote(request.scope["path"].lstrip("/")) + _query(request, asked | changed)


def render(request: Request, template: str, /, status: int = 200, **context: object) -> Response:
    """The page that ``template`` makes of ``context``; ``room`` in it, if any, is the collection that is shown."""
    return HTMLResponse(
        render_text(request, template, **context),
        status,
        headers={"Vary": "Accept-Language", "Cache-Control": "no-cache"},
    )


def render_text(request: Request, template: str, /, **context: object) -> str:
    """What ``template`` makes of ``context``."""
    room: Any = context.setdefault("room", None)
    language = language_of(request)
    return (
        _environment()
        .get_template(template)
        .render(
            {
                "request": request,
                "language": language,
                "zone": room.zone if room is not None else UTC,
                "version": __version__,
                "several": _serves_several(request),
                **context,
            }
        )
    )


def error_page(request: Request, status: int, message: str) -> Response:
    """A page that says what is wrong; ``message`` is a label, or text in the language of the reader."""
    text = label(request, message) if message in GERMAN else message
    return render(request, "error.html.j2", status, message=text, status_code=status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("newsarchive.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        _=_label, _n=_counted, url=_of_request(url), url_here=_of_request(url_here), stage_url=_of_request(stage_url)
    )
    environment.filters.update(
        instant=_instant,
        day=_day,
        number=_number,
        share=_share,
        size=_size,
        duration=formats.duration,
        web_address=web_address,
        paragraphs=paragraphs,
        in_path=in_path,
    )
    return environment


@pass_context
def _label(context: Context, english: str, /, **values: object) -> Markup:
    return translate(context["language"], english, **values)


@pass_context
def _counted(context: Context, one: str, many: str, count: int, /, **values: object) -> Markup:
    """The label for one or for many, with the number as ``{count}``."""
    language = context["language"]
    shown = formats.number(count, language)
    return translate(language, one if count == 1 else many, count=shown, **values)


@pass_context
def _instant(context: Context, at: datetime, seconds: bool = False) -> Markup:
    zone: tzinfo = context["zone"]
    return formats.instant(at, zone, context["language"], seconds=seconds)


@pass_context
def _day(context: Context, on: date) -> str:
    return formats.day(on, context["language"])


@pass_context
def _number(context: Context, value: float, digits: int = 0) -> str:
    return formats.number(value, context["language"], digits=digits)


@pass_context
def _share(context: Context, value: float | None) -> str:
    return formats.share(value, context["language"])


@pass_context
def _size(context: Context, count: int) -> str:
    return formats.size(count, context["language"])


def _query(request: Request, parameters: dict[str, object]) -> str:
    if (lang := request.query_params.get("lang")) in LANGUAGES:
        parameters = {"lang": lang} | parameters
    given = {
        name: [one for one in (value if isinstance(value, list | tuple) else [value]) if one is not None and one != ""]
        for name, value in parameters.items()
    }
    query = urlencode(given, doseq=True)
    return f"?{query}" if query else ""


def _of_request(function: Callable[..., str]) -> Callable[..., str]:
    """``function`` for templates, which give it the request that is rendered."""

    @pass_context
    def called(context: Context, /, *segments: str | int, **parameters: object) -> str:
        return function(context["request"], *segments, **parameters)

    return called


def _serves_several(request: Request) -> bool:
    """Whether there is more than one collection to choose from; no, where a request was not let in, or none is seen."""
    if "app" not in request.scope:
        return False
    try:
        return len(request.app.state.rooms.names()) > 1
    except UnreadableInput:
        return False


def _preferred(header: str) -> str:
    """The language of ours that an Accept-Language header prefers; English if it names none."""
    best, weight = "en", 0.0
    for part in header.split(",")[:20]:
        name, _, parameters = part.strip().partition(";")
        language = name.lower().split("-")[0]
        try:
            given = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language in LANGUAGES and given > weight:
            best, weight = language, given
    return best

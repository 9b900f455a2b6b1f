"""A site as the settings want it: where it is, when its articles are looked at again, what it is expected to give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from newsarchive.config.settings import Settings
from newsarchive.config.tables import LadderTable, convert
from newsarchive.errors import UsageError
from newsarchive.model.article import Article
from newsarchive.model.recrawl import Ladder
from newsarchive.sites.registry import all_sites, get_site
from newsarchive.sites.site import Expectations, Site


def check_sites(settings: Settings) -> None:
    """Hold what the settings say of sites to what there is. Raises ``UsageError`` with file and key."""
    known = all_sites()
    named = [(f"sites.{name}", name) for name in settings.table.sites]
    named += [("schedule.sites", name) for name in settings.table.schedule.sites]
    for key, name in named:
        if name not in known:
            raise UsageError(
                message=f"{settings.file}: {key}: there is no site called {name}; allowed: {', '.join(known)}."
            )
    for name in settings.table.sites:
        configured_site(settings, name)


def configured_site(settings: Settings, name: str) -> Site:
    """The site called ``name`` with the ladder and the expectations of the settings, at its own address.

    Raises ``UnknownSite``, and ``UsageError`` for settings that make no sense.
    """
    site = get_site(name)
    table = settings.site(name)
    return replace(
        site,
        recrawl=_ladder(settings, f"sites.{name}.ladder", table.ladder, site.recrawl),
        expect=_expectations(settings, f"sites.{name}.expect", table.expect, site),
    )


def _ladder(settings: Settings, key: str, table: LadderTable, standard: Ladder) -> Ladder:
    given = {name: value for name in table.__struct_fields__ if (value := getattr(table, name)) is not None}
    try:
        return replace(standard, **given)
    except ValueError as error:
        raise UsageError(message=f"{settings.file}: {key}: {error}.") from error


def _expectations(settings: Settings, key: str, given: dict[str, Any], site: Site) -> Expectations:
    standard = site.expect
    if not given or settings.file is None:
        return standard
    names = [field.name for field in fields(Expectations)]
    for name in given:
        if name not in names:
            message = f"{settings.file}: there is no setting {key}.{name}; allowed here: {', '.join(names)}."
            raise UsageError(message=message)
    merged = asdict(standard)
    for name, value in given.items():
        # Of a table of floors, what is not given stays.
        merged[name] = (
            {**merged[name], **value} if isinstance(value, dict) and isinstance(merged[name], dict) else value
        )
    expect = convert(merged, Expectations, path=settings.file, key=key)
    _refuse_others(settings, f"{key}.fields", expect.fields, [field.name for field in fields(Article)])
    _refuse_others(settings, f"{key}.silent", expect.silent, [channel.name for channel in site.channels])
    for name, share in _shares(expect):
        if not 0 <= share <= 1:
            raise UsageError(message=f"{settings.file}: {key}.{name}: a share is from 0 to 1, not {share}.")
    return expect


def _refuse_others(settings: Settings, key: str, given: Iterable[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise UsageError(message=f"{settings.file}: {key}: there is no {name}; allowed here: {', '.join(known)}.")


def _shares(expect: Expectations) -> Iterator[tuple[str, float]]:
    for field in fields(expect):
        value = getattr(expect, field.name)
        if field.name.endswith("_share"):
            yield field.name, value
        elif isinstance(value, Mapping):
            yield from ((f"{field.name}.{name}", share) for name, share in value.items())

"""The sites that are known: every module of this package that defines ``SITE``."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import MappingProxyType
from urllib.parse import urlsplit

from newsarchive import sites
from newsarchive.errors import UnknownSite, UsageError
from newsarchive.sites.site import Site


def get_site(name: str) -> Site:
    """The site called ``name``. Raises ``UnknownSite``, which says which are known."""
    found = all_sites()
    if name not in found:
        raise UnknownSite(site=name, known=", ".join(found))
    return found[name]


@cache
def all_sites() -> MappingProxyType[str, Site]:
    """Every known site by name, in the order of their names. Raises ``ValueError`` for two sites of one name."""
    found: dict[str, Site] = {}
    for module in sorted(pkgutil.iter_modules(sites.__path__), key=lambda module: module.name):
        site = getattr(import_module(f"{sites.__name__}.{module.name}"), "SITE", None)
        if isinstance(site, Site):
            if site.name in found:
                raise ValueError(f"two sites are called {site.name!r}")
            found[site.name] = site
    return MappingProxyType(dict(sorted(found.items())))


def site_at(url: str) -> Site:
    """The site whose host ``url`` is on. Raises ``UnknownSite``, and ``UsageError`` for what is no address."""
    host = web_host(url)
    for site in all_sites().values():
        if site.host == host:
            return site
    raise UnknownSite(site=host, known=", ".join(site.host for site in all_sites().values()))


def web_host(url: str) -> str:
    """Host (and port) of a web address. Raises ``UsageError`` for what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise UsageError(message=f"{url!r} is not a web address; give the full address of the page, with https://")
    return parts.netloc

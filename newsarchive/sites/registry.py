"""The sites that are known: every module of this package that defines ``SITE``."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import MappingProxyType
from urllib.parse import urlsplit

from newsarchive import sites
from newsarchive.errors import UnknownSite
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
    """The site whose host ``url`` is on. Raises ``UnknownSite``."""
    host = urlsplit(url).netloc
    for site in all_sites().values():
        if site.host == host:
            return site
    raise UnknownSite(site=host or url, known=", ".join(site.host for site in all_sites().values()))

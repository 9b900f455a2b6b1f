"""SURT keys: an address turned round, host first, so that what belongs together sorts together.

``https://www.example.org/b/?y=2&X=1`` becomes ``org,example)/b?x=1&y=2``: what CDX indexes are sorted and asked by. Two
addresses with one key are one page to replay tools.

The rules are those of the indexers (cdxj-indexer, pywb), which take them from the ``surt`` package, and a test holds
them equal. That package is not used here: its licence (AGPL) would become that of everything that imports it, and it
asks the name server for hosts that look like numbers.
"""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

_ADDRESS = re.compile(r"(https?):/*([^/?]*)([^?]*)(?:\?(.*))?", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r":(\d*)$")
_WWW = re.compile(r"www\d*\.")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_KEPT = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_BLANKS = str.maketrans("", "", "\t\r\n")

# What web servers add to tell visitors apart: 32 characters in the query, or 24 in brackets before an ASP page.
_SESSION_IN_PATH = (
    re.compile(r"(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)"),
    re.compile(r"(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)"),
)
_SESSION_IN_QUERY = tuple(
    re.compile(rf"(.*){session}(?:&(.*))?")
    for session in (
        "jsessionid=[0-9a-z]{32}",
        "phpsessid=[0-9a-z]{32}",
        "sid=[0-9a-z]{32}",
        "aspsessionid[a-z]{8}=[a-z]{24}",
        "cfid=[^&]+&cftoken=[^&]+",
    )
)


def surt_key(url: str) -> str:
    """The key of ``url``, without spaces; that of an address which is not HTTP is the address itself."""
    address = _ADDRESS.fullmatch(url.strip().translate(_BLANKS).partition("#")[0])
    if address is None:
        return quote_from_bytes(url.encode(), safe=_KEPT + "#%")
    scheme, authority, path, query = address.groups(default="")
    host, port = _host_and_port(authority.rpartition("@")[2], scheme.lower())
    key = f"{','.join(reversed(host.split('.')))}{port}){_path(path)}"
    query = _query(query)
    return f"{key}?{query}" if query else key


def _host_and_port(authority: str, scheme: str) -> tuple[str, str]:
    port = _PORT.search(authority)
    host = authority[: port.start()] if port else authority
    number = port[1].lstrip("0") if port else ""
    host = _host(host.removeprefix("[").removesuffix("]"))
    return host, f":{number}" if number and number != _DEFAULT_PORTS[scheme] else ""


def _host(host: str) -> str:
    data = _unescaped(host.encode())
    try:
        name = data.decode("ascii")
    except UnicodeDecodeError:
        try:
            name = data.decode("utf-8", "ignore").encode("idna").decode("ascii")
        except UnicodeError:
            name = data.decode("latin-1")
    name = quote_from_bytes(name.replace("..", ".").strip(".").lower().encode("latin-1"), safe=_KEPT).lower()
    return _WWW.sub("", name, count=1) if _WWW.match(name) else name


def _path(path: str) -> str:
    kept: list[bytes] = []
    for part in _unescaped(path.encode()).split(b"/")[1:]:
        if part == b".." and kept:
            kept.pop()
        elif part != b".":
            kept.append(part)
    plain = b"/".join([part for part in kept[:-1] if part] + kept[-1:])
    clean = "/" + quote_from_bytes(plain, safe=_KEPT).lower()
    for pattern in _SESSION_IN_PATH:
        if session := pattern.match(clean):
            clean = session[1] + session[2]
    return clean.removesuffix("/") or "/"


def _query(query: str) -> str:
    clean = quote_from_bytes(_unescaped(query.encode()), safe=_KEPT).lower()
    for pattern in _SESSION_IN_QUERY:
        if session := pattern.fullmatch(clean):
            clean = session[1] + (session[2] or "")
    return "&".join("=".join(pair) for pair in sorted(part.split("=", 1) for part in clean.split("&")))


def _unescaped(data: bytes) -> bytes:
    """``data`` without percent-encoding, however often it was encoded."""
    while (plain := unquote_to_bytes(data)) != data:
        data = plain
    return data

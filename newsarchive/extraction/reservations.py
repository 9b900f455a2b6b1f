"""What a publisher reserves or allows beside its pages: HTTP fields, robots.txt, ``tdmrep.json``, RSL licences.

Each declaration is one line: where it stands, what it says, as printed. Nothing is weighed against anything else; which
of several declarations counts, and for whom, is a question of law. A line never holds ``"; "``, which parts the lines
of ``Article.rights``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from newsarchive.extraction.elements import Element, line_of
from newsarchive.extraction.normalize import fold
from newsarchive.extraction.page import absolute, read_json
from newsarchive.extraction.xml_tree import BrokenXml, local_name, parse_xml

MAX_DECLARATIONS = 40
"""Declarations of one source that are carried; the rest of a file that says more is in the archive."""

MAX_STATEMENT_CHARACTERS = 2000

RSL_TYPE = "application/rsl+xml"
"""Media type of a licence of Really Simple Licensing (RSL 1.0)."""

_LICENCE_LINE = re.compile(r"(?:^|; )(?:(?:HTTP Link )?rsl|robots\.txt License): (\S+?)(?=; |$)")
_MINING = re.compile(
    r"text[-\s]*(?:and|und|&|et)[-\s]*data[-\s]*mining|\bTDM\b|§\s*44b|2019/790|machine[-\s]learning|\bAI[-\s]training"
    r"|\bKI-Training|Training von (?:KI|AI)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"<([^<>]{1,2000})>((?:\s*;[^,;]{1,300})*)")


def join(*declarations: str | None) -> str | None:
    """The lines of all ``declarations``, each once, as ``Article.rights`` holds them."""
    lines = (line for said in declarations if said for line in said.split("; "))
    return "; ".join(dict.fromkeys(lines)) or None


def licences(rights: str | None) -> tuple[str, ...]:
    """Addresses of the RSL licences that ``rights`` names: those of the page, of its HTTP head, of robots.txt."""
    return tuple(dict.fromkeys(_LICENCE_LINE.findall(rights or "")))


def in_headers(url: str, headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What the HTTP head of a page declares: TDMRep (section 4.2) and ``Link: rel=license`` (RFC 8288)."""
    for name, value in headers:
        lowered, printed = name.lower(), _line(value)
        if lowered in {"tdm-reservation", "tdm-policy", "content-usage"} and printed:
            yield f"HTTP {lowered}: {printed}"
        elif lowered == "link":
            yield from _links(url, value)


def _links(url: str, value: str) -> Iterator[str]:
    for address, parameters in _LINK.findall(value):
        given = dict(_parameter(part) for part in parameters.split(";") if "=" in part)
        target = absolute(url, address)
        if target is not None and "license" in given.get("rel", "").lower().split():
            yield f"HTTP Link {'rsl' if given.get('type', '').lower() == RSL_TYPE else 'license'}: {_line(target)}"


def _parameter(printed: str) -> tuple[str, str]:
    name, _, value = printed.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def in_robots(robots: str, url: str) -> tuple[str, ...]:
    """What robots.txt declares about the use of ``url``, beside who may fetch it.

    ``License`` (RSL 1.0), ``Content-Signal`` (contentsignals.org) and ``Content-Usage`` (IETF aipref) with the path
    they are for and the agents whose group they stand in, and every comment that speaks of text and data mining.
    """
    return tuple(dict.fromkeys(_robots(robots.removeprefix("\ufeff"), url)))[:MAX_DECLARATIONS]


def _robots(robots: str, url: str) -> Iterator[str]:
    yield from _statements(robots)
    agents: list[str] = []
    naming = False
    for line in robots.splitlines():
        name, _, value = (_line(part) or "" for part in line.partition("#")[0].partition(":"))
        field = name.lower()
        if field == "user-agent":
            agents = [*agents, value] if naming else [value]
        # Agents named in a row share a group; an empty line or a comment between them parts nothing.
        naming = field == "user-agent" or (naming and not field)
        if field == "license" and (licence := absolute(url, value.partition(" ")[0])):
            yield f"robots.txt License: {licence}"
        elif field in {"content-signal", "content-usage"} and value:
            pattern, _, rest = value.partition(" ") if value.startswith("/") else ("/", "", value)
            if rest and matches(pattern, url):
                group = f" ({', '.join(agents)})" if agents not in ([], ["*"]) else ""
                yield f"robots.txt {field.title()}{group}: {value}"


def _statements(robots: str) -> Iterator[str]:
    """The comments, each a run of comment lines, that speak of text and data mining."""
    block: list[str] = []
    for line in [*robots.splitlines(), ""]:
        if line.lstrip().startswith("#"):
            block.append(line.strip().lstrip("#"))
            continue
        said = _line(" ".join(block))
        block = []
        if said and _MINING.search(said):
            yield f"robots.txt: {said[:MAX_STATEMENT_CHARACTERS]}"


def in_tdmrep(document: str, url: str) -> tuple[str, ...]:
    """The rules of ``/.well-known/tdmrep.json`` (W3C TDMRep, section 4.1) whose location takes in ``url``."""
    rules = read_json(document)
    return tuple(
        f"tdmrep.json {_line(location)}: {said}"
        for rule in (rules if isinstance(rules, list) else ())
        if isinstance(rule, dict) and isinstance(location := rule.get("location"), str)
        if matches(location, url) and (said := _rule(rule, url))
    )[:MAX_DECLARATIONS]


def _rule(rule: dict[str, object], url: str) -> str:
    reserved, policy = rule.get("tdm-reservation"), rule.get("tdm-policy")
    said = [f"tdm-reservation {reserved}"] if isinstance(reserved, int | str) else []
    address = absolute(url, policy) if isinstance(policy, str) else None
    said += [f"tdm-policy {address}"] if address else []
    return _line(", ".join(said)) or ""


def in_rsl(body: bytes, licence_url: str, url: str) -> tuple[str, ...]:
    """The terms of an RSL licence file (RSL 1.0) for ``url``; none when it is no such file."""
    try:
        root = parse_xml(body)
    except BrokenXml:
        return ()
    if local_name(root) != "rsl":
        return ()
    found = (
        f"RSL {licence_url} {_line(pattern)}: {terms}"
        for content in root
        if local_name(content) == "content" and matches(pattern := content.get("url") or "", url)
        for licence in content
        if local_name(licence) == "license" and (terms := _terms(licence))
    )
    return tuple(dict.fromkeys(found))[:MAX_DECLARATIONS]


def _terms(licence: Element) -> str | None:
    """The terms of a licence in its order: ``permits usage: search, prohibits usage: ai-train``."""
    terms = (
        f"{local_name(part)} {part.get('type') or ''}".strip() + (f": {said}" if (said := line_of(part)) else "")
        for part in licence
        if isinstance(part.tag, str)
    )
    return _line(", ".join(terms))


def matches(pattern: str, url: str) -> bool:
    """Whether ``pattern`` takes in ``url``: a path as in robots.txt (RFC 9309 section 2.2.3), ``*`` any characters,
    ``$`` the end; with a host in front of it only on that host. An empty pattern takes in nothing."""
    own = urlsplit(url)
    if "://" in pattern:
        _, _, rest = pattern.partition("://")
        host, slash, path = rest.partition("/")
        if host.lower() != own.netloc.lower():
            return False
        pattern = slash + path or "/"
    if not pattern:
        return False
    address = (own.path or "/") + (f"?{own.query}" if own.query else "")
    ends = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not address.startswith(first):
        return False
    position = len(first)
    for number, part in enumerate(others, 1):
        if ends and number == len(others):
            return len(address) - position >= len(part) and address.endswith(part)
        found = address.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return not ends or position == len(address)


def _line(text: str | None) -> str | None:
    """``text`` on one line that cannot be taken for two."""
    folded = fold(text)
    return folded.replace("; ", ", ") if folded else None

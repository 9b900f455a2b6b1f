"""The Python source of a drafted site: one file for ``newsarchive/sites/``."""

from __future__ import annotations

import json
import re

from newsarchive.drafting.site import SiteDraft

_WIDTH = 120


def site_source(draft: SiteDraft) -> str:
    """The file, formatted as this project formats its own."""
    channels = [_feed(draft), _sitemap(draft), _tuple_call("SectionPages", "sections", draft.sections)]
    imported = ", ".join(["RssFeed"] * bool(draft.feeds) + ["SectionPages"])
    rules = [f"article={_raw(draft.article)},"]
    if draft.never:
        rules += _tuple_argument("never", [_raw(pattern) for pattern in draft.never])
    return f'''"""{_line(draft.title)}: a draft, made from one of its pages. Check every line against the site."""

from __future__ import annotations

from newsarchive.extraction.reader import AnyPageReader
from newsarchive.sites.channels import {imported}
from newsarchive.sites.site import Site, UrlRules
{"from newsarchive.sites.sitemap import Sitemap" + chr(10) if draft.sitemaps else ""}

class {_class_name(draft.name)}Reader(AnyPageReader):
    """{_reader_docstring(draft)}
    """

    name = {_text(f"{draft.name}-draft")}


SITE = Site(
    name={_text(draft.name)},
    title={_text(draft.title)},
    base_url={_text(draft.base_url)},
    language={_text(draft.language)},
    timezone={_text(draft.timezone)},
    readers=({_class_name(draft.name)}Reader,),
    channels=(
{"".join(channels)}    ),
    urls=UrlRules(
        # {_links(draft)}
{"".join(f"        {rule}{chr(10)}" for rule in rules)}    ),
)
'''


def _reader_docstring(draft: SiteDraft) -> str:
    lines = ["Reads its pages as any news page is read."]
    if draft.absent:
        lines += ["", "Not found on the page of the draft; override where the layout has it:", *_listed(draft.absent)]
    if draft.elsewhere:
        lines += ["", "Not in its JSON-LD, read from elsewhere; check:", *_listed(draft.elsewhere)]
    return "\n".join(f"    {line}" if line and number else line for number, line in enumerate(lines))


def _listed(methods: tuple[str, ...]) -> list[str]:
    return [f"- ``{method}()``" for method in methods]


def _feed(draft: SiteDraft) -> str:
    return _tuple_call("RssFeed", "feed", draft.feeds) if draft.feeds else ""


def _sitemap(draft: SiteDraft) -> str:
    if not draft.sitemaps:
        return "        # If robots.txt names sitemaps, add a Sitemap channel of them.\n"
    return _tuple_call("Sitemap", "sitemap", draft.sitemaps, f"timezone={_text(draft.timezone)}")


def _tuple_call(kind: str, name: str, paths: tuple[str, ...], more: str = "") -> str:
    """``kind(name=…, paths=(…), more),`` as a channel, on one line if it fits."""
    inside = ", ".join(map(_text, paths)) + ("," if len(paths) == 1 else "")
    after = f", {more}" if more else ""
    line = f"        {kind}(name={_text(name)}, paths=({inside}){after}),\n"
    if len(line) <= _WIDTH:
        return line
    arguments = [f"name={_text(name)},", *_tuple_argument("paths", list(map(_text, paths)))]
    arguments += [f"{more},"] if more else []
    return f"        {kind}(\n" + "".join(f"            {argument}\n" for argument in arguments) + "        ),\n"


def _tuple_argument(name: str, values: list[str]) -> list[str]:
    """The lines of ``name=(…),``: one value stands on one line, several on one each."""
    if len(values) == 1:
        return [f"{name}=({values[0]},),"]
    return [f"{name}=(", *(f"    {value}," for value in values), "),"]


def _links(draft: SiteDraft) -> str:
    return f"Of {draft.links} addresses of its own host that the page links to, {draft.articles} match."


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in re.split("[^a-z0-9]+", name))


def _text(value: str) -> str:
    """``value`` as a Python string, in the quotes that a formatter would choose."""
    quoted = json.dumps(value, ensure_ascii=False)
    return repr(value) if "\\" in quoted else quoted


def _raw(pattern: str) -> str:
    return f'r"{pattern}"'


def _line(text: str) -> str:
    """``text`` as a part of a docstring of one line."""
    text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.replace("\\", "/").replace('"', "'").split())[:60]

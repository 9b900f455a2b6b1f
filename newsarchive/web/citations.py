"""One revision of an article as people cite it: BibTeX, CSL-JSON, plain text. Pure.

Each says what was cited and how to know it again: address, Stand, when it was captured, which revision, the digest of
its content, and the record in the archive with the digest of its payload.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import Any
from urllib.parse import quote

from newsarchive.model.article import Article, Byline
from newsarchive.web.formats import day

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
"""Characters that mean something to TeX. BibTeX counts braces whatever stands before them, so text may have none."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""Names that every BibTeX style knows the months by."""

_IN_ADDRESS = "!$&'()*+,;=:@/?#[]%-._~"
_NO_KEY = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """One revision, the name of the ``publication`` that has it, and the ``zone`` whose clocks it goes by."""

    article: Article
    publication: str
    zone: tzinfo

    @property
    def key(self) -> str:
        """A key of ASCII letters, digits and hyphens, the same for the same revision."""
        article = self.article
        plain = unicodedata.normalize("NFKD", article.article_id).encode("ascii", "ignore").decode()
        name = _NO_KEY.sub("-", plain).strip("-")
        return "-".join(part for part in (article.site, name, f"r{article.revision}") if part)

    @property
    def title(self) -> str:
        """The headline, after the line above it; the address where the page has neither."""
        article = self.article
        named = [_line(part) for part in (article.topline, article.headline) if part]
        return ": ".join(named) or article.url

    @property
    def authors(self) -> tuple[str, ...]:
        """Who wrote it: persons, else organisations, else what is printed; each once."""
        return tuple(dict.fromkeys(_line(name) for byline in self.article.authors if (name := _name(byline))))

    @property
    def issued(self) -> date | None:
        """The day of publication, else of the Stand, on the clocks of the site."""
        article = self.article
        at = article.published_at or article.stand or article.first_published_at
        return at.astimezone(self.zone).date() if at else None

    @property
    def captured(self) -> date:
        """The day of the capture, on the clocks of the site."""
        return self.article.capture.captured_at.astimezone(self.zone).date()


def as_bibtex(cited: Cited) -> str:
    """A BibTeX entry, which biblatex reads as well; UTF-8."""
    article = cited.article
    fields = [("title", f"{{{_tex(cited.title)}}}")]
    if cited.authors:
        fields.append(("author", " and ".join(f"{{{_tex(name)}}}" for name in cited.authors)))
    fields.append(("organization", _tex(cited.publication)))
    if cited.issued:
        fields += [("year", f"{cited.issued.year:04}"), ("month", _MONTHS[cited.issued.month - 1])]
        fields.append(("day", str(cited.issued.day)))
    fields += [("url", _address(article.url)), ("urldate", cited.captured.isoformat())]
    if article.language:
        fields.append(("language", _tex(_line(article.language))))
    fields.append(("note", _tex("; ".join(_evidence(cited)))))
    lines = (f"  {name} = {value if name == 'month' else f'{{{value}}}'}" for name, value in fields)
    return f"@misc{{{cited.key},\n" + ",\n".join(lines) + "\n}\n"


def as_csl(cited: Cited) -> str:
    """CSL-JSON (schema 1.0.2): a list of one item, indented. Names are as printed, not parted."""
    article = cited.article
    item: dict[str, Any] = {
        "id": cited.key,
        "type": "webpage",
        "title": cited.title,
        "container-title": cited.publication,
        "URL": _address(article.url),
        "accessed": _date_parts(cited.captured),
        "archive": f"newsarchive, {article.site}",
        "archive_location": article.capture.record_id,
        "version": str(article.revision),
        "note": "; ".join(_evidence(cited)),
    }
    if cited.authors:
        item["author"] = [{"literal": name} for name in cited.authors]
    if cited.issued:
        item["issued"] = _date_parts(cited.issued)
    if article.language:
        item["language"] = article.language
    if article.label:
        item["genre"] = _line(article.label)
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def as_text(cited: Cited, language: str) -> str:
    """One line in German (``de``) or English (``en``)."""
    article = cited.article
    german = language == "de"
    by = f"{', '.join(cited.authors)}: " if cited.authors else ""
    when = f", {day(cited.issued, language)}" if cited.issued else ""
    stand = f", {_stand(article)}" if article.stand_raw else ""
    captured = article.capture.captured_at.astimezone(UTC)
    at = f"{day(captured.date(), language)}, {captured:%H:%M:%S} UTC"
    archived = (
        f"Archiviert am {at}, Fassung {article.revision}, Inhalt {article.content_digest}, "
        f"WARC-Eintrag {article.capture.record_id}, Nutzdaten {article.capture.payload_digest}."
        if german
        else f"Archived on {at}, revision {article.revision}, content {article.content_digest}, "
        f"WARC record {article.capture.record_id}, payload {article.capture.payload_digest}."
    )
    return f"{by}{_ended(cited.title)} {cited.publication}{when}{stand}. {_address(article.url)}. {archived}\n"


def _evidence(cited: Cited) -> Iterator[str]:
    article = cited.article
    if article.stand_raw:
        yield _stand(article)
    yield f"captured {article.capture.captured_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield f"revision {article.revision}"
    yield f"content {article.content_digest}"
    yield f"WARC record {article.capture.record_id}"
    yield f"payload {article.capture.payload_digest}"


def _stand(article: Article) -> str:
    printed = _line(article.stand_raw or "")
    return printed if printed.lower().startswith("stand") else f"Stand: {printed}"


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."


def _name(byline: Byline) -> str | None:
    return byline.name or byline.organisation or byline.raw or None


def _line(text: str) -> str:
    """``text`` on one line, without characters that are none."""
    return " ".join("".join(" " if unicodedata.category(one)[0] == "C" else one for one in text).split())


def _tex(text: str) -> str:
    return _line(text).translate(_TEX)


def _address(url: str) -> str:
    """``url`` in ASCII, without characters that would end it."""
    return quote(url, safe=_IN_ADDRESS)


def _date_parts(on: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[on.year, on.month, on.day]]}

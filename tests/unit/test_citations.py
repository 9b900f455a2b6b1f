"""References to one revision, read back by the libraries that people use."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle
from citeproc import formatter as formatters
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import parse_string

from newsarchive.model.article import Article, Byline
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.web.citations import Cited, as_bibtex, as_csl, as_text
from tests.kept import article_of

_URL = "https://seeblick.example/moin-100.html"
_REF = CaptureRef(
    record_id="urn:uuid:457128cd-346b-48ea-b74d-d425d4668b41",
    warc="warc/2026/11/22/seeblick.warc.gz",
    offset=1200,
    length=345,
    captured_at=datetime(2026, 11, 22, 23, 30, 5, tzinfo=UTC),
    status=200,
    payload_digest=Digest.of(b"payload"),
)


def _article(**changed: object) -> Article:
    stored = StoredCapture(
        ref=_REF, url=_URL, record_type="response", content_type="text/html", headers=(), payload=b"payload"
    )
    article = replace(article_of(stored, revision=1), revision=3, label="Analyse")
    return replace(article, **changed)


def _byline(name: str | None, organisation: str | None = None) -> Byline:
    return Byline(name=name, organisation=organisation, url=None, raw=f"Von {name or organisation}")


def _cited(**changed: object) -> Cited:
    return Cited(article=_article(**changed), publication="Seeblick am Abend", zone=ZoneInfo("Europe/Berlin"))


def test_bibtex_is_read_back_with_all_that_identifies_the_revision() -> None:
    cited = _cited(authors=(_byline("Jette Beispiel"), _byline("Bo von Muster"), _byline(None, "ARD-Studio Kuben")))
    database = parse_string(as_bibtex(cited), "bibtex")
    (key,) = database.entries
    entry = database.entries[key]
    assert key == "seeblick-moin-100-r3"
    assert entry.type == "misc"
    assert entry.fields["title"] == "{Seeblick: Das Wetter wird besser}"
    assert entry.fields["url"] == _URL
    assert (entry.fields["year"], entry.fields["month"], entry.fields["day"]) == ("2026", "November", "22")
    assert entry.fields["urldate"] == "2026-11-23"
    assert [str(person) for person in entry.persons["author"]] == [
        "{Jette Beispiel}",
        "{Bo von Muster}",
        "{ARD-Studio Kuben}",
    ]
    for evidence in (cited.article.content_digest, _REF.payload_digest, _REF.record_id, "revision 3"):
        assert str(evidence) in entry.fields["note"]


def test_csl_is_read_by_a_processor_that_renders_it() -> None:
    cited = _cited(authors=(_byline("Jette Beispiel"),))
    items = json.loads(as_csl(cited))
    source = CiteProcJSON(items)
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, source, formatters.plain)
    bibliography.register(Citation([CitationItem(cited.key)]))
    (rendered,) = bibliography.bibliography()
    assert "Jette Beispiel" in str(rendered)
    assert "Das Wetter wird besser" in str(rendered)
    assert "2026" in str(rendered)
    assert items[0]["accessed"] == {"date-parts": [[2026, 11, 23]]}
    assert items[0]["archive_location"] == _REF.record_id
    assert str(cited.article.content_digest) in items[0]["note"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Archiviert am 22.11.2026, 23:30:05 UTC, Fassung 3, Inhalt sha256:"),
        ("en", "Archived on 2026-11-22, 23:30:05 UTC, revision 3, content sha256:"),
    ],
)
def test_plain_text_is_one_line_in_the_language_of_the_reader(language: str, said: str) -> None:
    text = as_text(_cited(authors=(_byline("Jette Beispiel"),)), language)
    assert text.startswith("Jette Beispiel: Seeblick: Das Wetter wird besser. Seeblick am Abend, ")
    assert said in text
    assert _URL in text
    assert text.count("\n") == 1


def test_what_the_page_does_not_give_is_left_out() -> None:
    cited = _cited(headline=None, topline=None, stand=None, stand_raw=None, language=None, label=None)
    entry = parse_string(as_bibtex(cited), "bibtex").entries[cited.key]
    assert not {"year", "month", "day", "language"} & set(entry.fields.keys())
    assert "author" not in entry.persons
    (item,) = json.loads(as_csl(cited))
    assert not {"author", "issued", "language", "genre"} & item.keys()
    assert item["title"] == _URL
    assert "None" not in as_text(cited, "de")


_ODD = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\\{}$&%#_~^\"'@,=\n\r\t\u202e and "), min_size=1, max_size=40
)


@given(title=_ODD, name=_ODD, label=_ODD, ending=_ODD)
def test_nothing_that_a_page_says_breaks_out_of_a_reference(title: str, name: str, label: str, ending: str) -> None:
    cited = _cited(
        headline=title,
        label=label,
        stand_raw=title,
        url=f"https://seeblick.example/{ending}",
        article_id=ending,
        authors=(_byline(name),),
    )
    database = parse_string(as_bibtex(cited), "bibtex")
    assert list(database.entries) == [cited.key]
    entry = database.entries[cited.key]
    assert set(entry.fields.keys()) <= {
        "title",
        "organization",
        "year",
        "month",
        "day",
        "url",
        "urldate",
        "language",
        "note",
    }
    assert len(entry.persons["author"]) <= 1
    assert len(json.loads(as_csl(cited))) == 1
    assert as_text(cited, "de").splitlines() == [as_text(cited, "de").rstrip("\n")]

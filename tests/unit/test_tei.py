"""TEI documents: well-formed whatever an article holds, and nothing of its text lost or moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsarchive.export.tei import NAMESPACE, tei_document
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Block
from tests.corpus import stored_page
from tests.exports import pages
from tests.goldencases import golden_cases
from tests.kept import START, article_of

TEI = {"t": NAMESPACE}
GOLDEN = {
    case.name: article for case in golden_cases() if (article := extract(case.stored, case.site).article) is not None
}


def parsed(article: Article) -> etree._Element:
    return etree.fromstring(tei_document(article))


def words(element: etree._Element) -> list[str]:
    return " ".join(part for part in element.itertext()).split()


def is_within(part: list[str], whole: list[str]) -> bool:
    """Whether the words of ``part`` come in this order in ``whole``."""
    rest = iter(whole)
    return all(word in rest for word in part)


@pytest.mark.parametrize("article", GOLDEN.values(), ids=GOLDEN)
def test_all_of_the_text_is_there_in_its_order(article: Article) -> None:
    (body,) = parsed(article).findall(".//t:body/t:div/..", TEI)

    assert is_within(article.text.split(), words(body))


def test_the_articles_of_the_sample_site_keep_their_text() -> None:
    for _, article in pages():
        assert is_within(article.text.split(), words(parsed(article).findall(".//t:text", TEI)[0]))


def test_the_header_says_where_it_is_from() -> None:
    article = GOLDEN["e3-with-everything"]
    root = parsed(article)
    source = root.find(".//t:sourceDesc/t:bibl", TEI)

    assert source is not None
    dates = {date.get("type"): date.get("when") for date in source.findall("t:date", TEI)}
    assert article.stand is not None
    assert dates["stand"] == article.stand.isoformat()
    assert dates["captured"] == article.capture.captured_at.isoformat()
    assert source.findtext("t:idno", namespaces=TEI) == article.capture.record_id
    assert [title.text for title in source.findall("t:title", TEI)] == [article.headline, article.topline]
    assert root.findtext(".//t:publicationStmt/t:idno", namespaces=TEI) == f"{article.site}/{article.article_id}@1"
    terms = [term.text for term in root.findall(".//t:keywords/t:term", TEI)]
    assert terms == [*article.section, *(tag.name for tag in article.tags)]


def moin() -> Article:
    return article_of(stored_page(b"", url="https://seeblick.example/moin-100.html", captured_at=START))


def test_structure_becomes_elements() -> None:
    body = (
        Block(kind="paragraph", text="Eins\nzwei"),
        Block(kind="heading", level=3, text="Drei"),
        Block(kind="list", items=("vier", "fünf")),
        Block(kind="table", title="Sechs", rows=(("sieben", "acht"), ())),
        Block(kind="quote", text="neun"),
        Block(kind="infobox", title="Zehn", text="elf\n\nzwölf"),
        Block(kind="embed", url="https://karte.example/13", service="karte"),
        Block(kind="heading", level=2, text="Vierzehn"),
    )
    (div,) = parsed(replace(moin(), body=body)).findall(".//t:body/t:div", TEI)

    assert [etree.QName(child).localname for child in div] == ["head", "head", "p", "div", "div"]
    assert [etree.QName(child).localname for child in div[3]] == [
        "head",
        "list",
        "table",
        "quote",
        "floatingText",
        "figure",
    ]
    assert div[3].get("n") == "3"
    assert words(div) == [
        "Seeblick",
        "Das",
        "Wetter",
        "wird",
        "besser",
        "Eins",
        "zwei",
        "Drei",
        "vier",
        "fünf",
        "Sechs",
        "sieben",
        "acht",
        "neun",
        "Zehn",
        "elf",
        "zwölf",
        "karte",
        "Vierzehn",
    ]


def test_addresses_are_such_as_a_uri_may_be() -> None:
    url = "https://seeblick.example/a b/[ä]?q=100%&r=%C3%A4#x#y"
    (ref,) = parsed(replace(moin(), url=url)).findall(".//t:bibl/t:ref", TEI)

    assert ref.text == url
    assert ref.get("target") == "https://seeblick.example/a%20b/%5B%C3%A4%5D?q=100%25&r=%C3%A4#x%23y"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_characters_can_be_written(text: str) -> None:
    body = (Block(kind="paragraph", text=text), Block(kind="list", items=(text,)), Block(kind="table", rows=((text,),)))
    article = replace(moin(), headline=text, text=text, body=body, url=f"https://seeblick.example/{text}", label=text)
    parsed(article)

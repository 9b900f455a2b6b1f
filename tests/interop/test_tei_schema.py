"""TEI documents are valid against the schema of TEI P5, for all that was ever read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from newsarchive.export.rights import WITHHELD
from newsarchive.export.tei import tei_document
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Block, Image, Media, Update
from newsarchive.sites.registry import get_site
from tests.corpus import corpus_path, load_cases
from tests.crawling import PROJECT
from tests.exports import pages
from tests.goldencases import golden_cases

SCHEMA = PROJECT / ".schemas" / "tei_all.rng"

pytestmark = pytest.mark.skipif(not SCHEMA.exists(), reason="the TEI schema is missing: make interop-tools")


@pytest.fixture(scope="module")
def schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMA))


def mistakes(article: Article, schema: etree.RelaxNG) -> list[str]:
    schema.validate(etree.fromstring(tei_document(article)))
    return [str(error) for error in schema.error_log]


def articles() -> dict[str, Article]:
    read = {case.name: extract(case.stored, case.site).article for case in golden_cases()}
    return {name: article for name, article in read.items() if article is not None}


@pytest.mark.timeout(300)
def test_every_article_of_the_project_is_valid(schema: etree.RelaxNG) -> None:
    every = [*articles().values(), *(article for _, article in pages())]

    assert [found for article in every for found in mistakes(article, schema)] == []
    assert [found for article in every for found in mistakes(replace(article, **WITHHELD), schema)] == []


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
maybe = st.none() | words
addresses = st.none() | words.map("https://bote.example/{}".format)
blocks = st.lists(
    st.builds(
        Block,
        kind=st.sampled_from(["paragraph", "heading", "list", "quote", "table", "infobox", "image", "video", "embed"]),
        text=maybe,
        level=st.none() | st.integers(1, 6),
        items=st.lists(words, max_size=2).map(tuple),
        rows=st.lists(st.lists(words, max_size=2).map(tuple), max_size=2).map(tuple),
        title=maybe,
        ref=st.none() | st.just(0),
        url=addresses,
        service=maybe,
    ),
    max_size=5,
).map(tuple)
images = st.builds(Image, url=addresses, alt=maybe, caption=maybe, credit=maybe, role=st.sampled_from(["head", "body"]))
media = st.builds(
    Media, kind=st.just("video"), role=st.just("head"), title=maybe, caption=maybe, page_url=addresses, raw=maybe
)
updates = st.builds(Update, id=maybe, time=st.none(), time_raw=maybe, heading=maybe, text=words, parts=blocks)


@pytest.mark.timeout(300)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_every_article_that_could_be_read_is_valid(schema: etree.RelaxNG, data: st.DataObject) -> None:
    article = replace(
        pages()[0][1],
        topline=data.draw(maybe),
        headline=data.draw(maybe),
        lead=data.draw(maybe),
        label=data.draw(maybe),
        language=data.draw(st.none() | st.sampled_from(["de", "de-AT"])),
        body=data.draw(blocks),
        images=(data.draw(images),),
        media=(data.draw(media),),
        updates=tuple(data.draw(st.lists(updates, max_size=2))),
    )

    assert mistakes(article, schema) == []


@pytest.mark.timeout(300)
@pytest.mark.skipif(corpus_path() is None, reason="NEWSARCHIVE_CORPUS is not set")
def test_every_real_page_is_valid(schema: etree.RelaxNG) -> None:
    read = {case.name: extract(case.stored(), get_site("tagesschau")).article for case in load_cases()}
    found = {name: mistakes(article, schema) for name, article in read.items() if article is not None}

    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) > 10


def test_the_schema_finds_mistakes(schema: etree.RelaxNG) -> None:
    document = tei_document(next(iter(articles().values()))).replace(b"<fileDesc>", b"<fileDesc><moin/>")

    assert not schema.validate(etree.fromstring(document))
    assert Path(SCHEMA).stat().st_size > 500_000

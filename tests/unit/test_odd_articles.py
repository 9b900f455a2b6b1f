"""Plausible articles of the current layout that no saved page shows: nothing of them is lost without a word."""

from __future__ import annotations

import pytest

from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Block
from newsarchive.sites.tagesschau import SITE
from tests.corpus import stored_page
from tests.invented import CAPTURED_AT, URL, e3

TOPLINE = '<span class="article-head__topline">Küstenschutz</span>'
HEADLINE = (
    '<span class="article-head__headline--text">Nordkuben macht den <span class="hyphenate">Deichausbau</span> wahr'
)
LEAD = "Der Deich von Nordkuben wird höher. Die Arbeiten beginnen im März."


def read(page: str) -> Article:
    article = extract(stored_page(page.encode(), url=URL, captured_at=CAPTURED_AT), SITE).article
    assert article is not None
    return article


def surprises(article: Article) -> list[str]:
    return [problem.message for problem in article.problems if problem.code == "layout-surprise"]


def without(page: str, *parts: str) -> str:
    for part in parts:
        assert part in page
        page = page.replace(part, "")
    return page


def test_a_headline_stands_alone_where_there_is_no_topline() -> None:
    article = read(without(e3(), TOPLINE))

    assert (article.topline, article.headline) == (None, "Nordkuben macht den Deichausbau wahr")


def test_a_headline_may_lack_an_element_of_its_own() -> None:
    page = without(e3(), TOPLINE).replace(f"{HEADLINE}</span>", "Nordkuben macht den Deichausbau wahr")
    article = read(page)

    assert (article.topline, article.headline) == (None, "Nordkuben macht den Deichausbau wahr")
    assert article.problems == ()


def test_a_topline_is_not_taken_for_the_headline() -> None:
    article = read(e3().replace(f"{HEADLINE}</span>", ""))

    assert (article.topline, article.headline) == ("Küstenschutz", None)
    assert [problem.code for problem in article.problems] == ["headline-missing"]


def test_a_page_that_calls_the_front_page_its_own_keeps_its_id() -> None:
    odd = read(e3().replace(f'rel="canonical" href="{URL}"', 'rel="canonical" href="https://www.tagesschau.de/"'))

    assert odd.canonical_url == "https://www.tagesschau.de/"
    assert odd.article_id == read(e3()).article_id == "deichbau-nordkuben-100"


def test_a_lead_of_two_paragraphs() -> None:
    second = '<p class="article-head__shorttext"><strong>Bezahlt wird der Bau vom Land.</strong></p>'
    article = read(
        e3().replace('<p class="article-head__shorttext">', f"{second}\n" + '<p class="article-head__shorttext">')
    )

    assert article.lead == f"Bezahlt wird der Bau vom Land.\n\n{LEAD}"
    assert article.text.startswith(f"{article.lead}\n\nDie Gemeinde hat lange gestritten")


def test_every_picture_of_one_holder_is_kept() -> None:
    pictures = '<picture><img src="/a.jpg" alt="A | dpa"></picture><picture><img src="/b.jpg" alt="B | AFP"></picture>'
    article = read(
        e3(
            body=f'<div class="absatzbild"><div class="absatzbild__media">{pictures}</div><div>'
            '<p class="absatzbild__info__text">Vorher und nachher</p></div></div>'
        )
    )

    assert [(image.alt, image.caption, image.credit) for image in article.images][:2] == [
        ("A", "Vorher und nachher", "dpa"),
        ("B", None, "AFP"),
    ]
    assert [block.ref for block in article.body if block.kind == "image"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (
            '<div class="grafik"><picture class="ts-picture"><img src="/karte.svg" alt="Karte"></picture></div>',
            "picture",
        ),
        ('<div class="columns"><img class="karte" src="/karte.svg"></div>', "img.karte"),
        ('<div class="columns"><iframe src="https://charts.example/1"></iframe></div>', "iframe"),
        (
            '<div class="v-instance" data-v-type="ImageGallery" data-v="{&quot;images&quot;:[]}"></div>',
            "div.v-instance",
        ),
        (
            '<div class="copytext__embed"><div class="v-instance" data-v="{" data-v-type="ExternalEmbed"></div></div>',
            "div",
        ),
        ('<div class="absatzbild"><p class="absatzbild__info__text">Ein Bild ohne Bild</p></div>', "div.absatzbild"),
        ('<ul class="m-ten columns"><li>Ein Punkt einer unbekannten Liste</li></ul>', "li"),
    ],
)
def test_what_stands_in_no_known_holder_is_said(part: str, name: str) -> None:
    (message,) = surprises(read(e3(body=part)))

    assert f"elements nobody knows: {name}" in message


@pytest.mark.parametrize(
    "part",
    [
        '<div class="v-instance" data-v-type="CookieCheckbox" data-v="{}"><p>Ich bin einverstanden.</p></div>',
        '<noscript><img src="/doppelt.jpg"></noscript>',
    ],
)
def test_works_of_the_page_are_no_surprise(part: str) -> None:
    odd, plain = read(e3(body=part)), read(e3())

    assert (odd.body, odd.images, odd.problems) == (plain.body, plain.images, ())


def test_an_entry_of_a_live_blog_without_a_time_is_an_entry() -> None:
    timed = '<div class="liveblog--anchor" id="b"><div class="liveblog__datetime">16:50 Uhr</div>{}</div>'.format(
        '<h2 class="meldung__subhead">Flut</h2>'
    )
    untimed = '<div class="liveblog--anchor" id="c"><h2 class="meldung__subhead">Ebbe</h2></div>'
    text = '<p class="textabsatz">{}</p>'
    article = read(e3(body=timed + text.format("Das Wasser steigt.") + untimed + text.format("Das Wasser fällt.")))

    assert article.kind == "liveblog"
    assert [(entry.id, entry.heading, entry.time_raw, entry.text) for entry in article.updates] == [
        ("b", "Flut", "16:50 Uhr", "Das Wasser steigt."),
        ("c", "Ebbe", None, "Das Wasser fällt."),
    ]
    assert Block(kind="paragraph", text="Das Wasser fällt.") in article.body

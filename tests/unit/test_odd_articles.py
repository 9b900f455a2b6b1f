"""Plausible articles of the current layout that no saved page shows: nothing of them is lost without a word."""

from __future__ import annotations

import json

import pytest

from newsarchive.extraction.extract import extract
from newsarchive.history.printed import describe
from newsarchive.model.article import Article, Block
from newsarchive.model.revision import changes
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
    assert not any(block.text in {"Flut", "Ebbe", "Das Wasser fällt."} for block in article.body)
    assert article.text.endswith("Flut\n\nDas Wasser steigt.\n\nEbbe\n\nDas Wasser fällt.")


ANCHOR = (
    '<div class="columns twelve liveblog--anchor" id="{}"><a href="#x"><h2 class="meldung__subhead">{}</h2></a>{}</div>'
)
ENTRY = '<p class="textabsatz">{}</p>'


def labelled(label: str, body: str) -> Article:
    page = e3(body=body).replace(
        '<h1 class="article-head__headline">',
        f'<div class="article-head__label"><span class="label"><strong>{label}</strong></span></div>'
        '<h1 class="article-head__headline">',
        1,
    )
    return read(page)


def test_the_works_of_a_live_blog_alone_make_none() -> None:
    body = ANCHOR.format("Haefen", "Häfen gesucht", ENTRY.format("Sichere Häfen."))
    article = labelled("Marktbericht", body)

    assert (article.kind, article.updates) == ("article", ())
    assert Block(kind="paragraph", text="Sichere Häfen.") in article.body


@pytest.mark.parametrize("label", ["liveblog", "Liveblog", "Newsticker"])
def test_a_page_that_calls_itself_a_live_blog_is_one(label: str) -> None:
    body = ANCHOR.format("Haefen", "Häfen gesucht", ENTRY.format("Sichere Häfen."))
    article = labelled(label, body)

    assert article.kind == "liveblog"
    assert [(entry.id, entry.heading, entry.time_raw, entry.text) for entry in article.updates] == [
        ("Haefen", "Häfen gesucht", None, "Sichere Häfen.")
    ]


def test_times_in_the_subheadings_make_entries_of_them() -> None:
    body = "".join(
        ANCHOR.format(f"e{hour}", f"{hour}:17 Uhr - Es ist {hour} Uhr", ENTRY.format("Text.")) for hour in (19, 18)
    )
    article = read(e3(body=body))

    assert article.kind == "liveblog"
    assert [(entry.id, entry.time, entry.time_raw, entry.heading) for entry in article.updates] == [
        ("e19", None, "19:17 Uhr", "Es ist 19 Uhr"),
        ("e18", None, "18:17 Uhr", "Es ist 18 Uhr"),
    ]


def test_a_live_blog_without_anchors_is_parted_by_its_subheadings() -> None:
    body = ENTRY.format("Worum es geht.") + "".join(
        f'<h2 id="h{hour}" class="meldung__subhead">{hour}.05 Uhr: Stunde {hour}</h2>{ENTRY.format("Text.")}'
        '<h2 class="meldung__subhead">Im Einzelnen</h2><ul class="bulletpoint-list"><li>eins</li><li>zwei</li></ul>'
        for hour in (11, 10)
    )
    article = labelled("Liveblog", body)

    assert [(entry.id, entry.time_raw, entry.heading, entry.text) for entry in article.updates] == [
        ("h11", "11.05 Uhr", "Stunde 11", "Text.\n\nIm Einzelnen\n\neins\nzwei"),
        ("h10", "10.05 Uhr", "Stunde 10", "Text.\n\nIm Einzelnen\n\neins\nzwei"),
    ]
    assert article.body[-1] == Block(kind="paragraph", text="Worum es geht.")


def test_an_entry_keeps_its_pictures_boxes_and_embeds() -> None:
    picture = '<div class="absatzbild"><img src="/bild.jpg" alt="Flut | AP" title="Flut | AP"></div>'
    box = '<div class="infobox"><div class="infobox__headline">Pegel</div><p class="infobox__text">Text.</p></div>'
    times = '<div class="liveblog__datetime">20.09.2026 • 16:50 Uhr</div>'
    body = ANCHOR.format("flut", "Flut", times) + ENTRY.format("Das Wasser steigt.") + picture + box
    article = read(e3(body=body))

    (entry,) = article.updates
    assert (entry.text, entry.time_raw) == ("Das Wasser steigt.", "20.09.2026 • 16:50 Uhr")
    assert entry.time is not None
    assert entry.time.isoformat() == "2026-09-20T16:50:00+02:00"
    assert [block.kind for block in entry.parts][:2] == ["image", "infobox"]
    number = entry.parts[0].ref
    assert number is not None
    assert (article.images[number].alt, article.images[number].credit) == ("Flut", "AP")
    assert not any(block.kind == "infobox" and block.title == "Pegel" for block in article.body)


def test_a_live_blog_without_entries_says_so() -> None:
    article = labelled("Liveblog", ENTRY.format("Gleich geht es los."))

    assert article.kind == "liveblog"
    assert [problem.code for problem in article.problems] == ["entries-missing"]


def test_entries_for_machines_serve_where_the_page_shows_none_that_can_be_told_apart() -> None:
    entry = {
        "@type": "BlogPosting",
        "@id": "#1",
        "headline": "Flut",
        "datePublished": "2026-01-31T12:00:00+01:00",
        "articleBody": "Das Wasser steigt weiter.",
    }
    posts = json.dumps({"@type": "LiveBlogPosting", "url": URL, "liveBlogUpdate": entry})
    script = f'<script type="application/ld+json">{posts}</script>'
    article = read(e3(body=ENTRY.format("Das Wasser steigt weiter.")).replace("</head>", f"{script}</head>"))

    assert article.kind == "liveblog"
    assert [(entry.id, entry.heading, entry.text) for entry in article.updates] == [
        ("#1", "Flut", "Das Wasser steigt weiter.")
    ]
    assert Block(kind="paragraph", text="Das Wasser steigt weiter.") not in article.body
    assert article.text.count("Das Wasser steigt weiter.") == 1


def test_a_new_entry_is_a_revision_that_names_it() -> None:
    entries = [
        ANCHOR.format(f"e{number}", f"Punkt {number}", f'<div class="liveblog__datetime">1{number}:00 Uhr</div>')
        + ENTRY.format(f"Satz {number}.")
        for number in range(3)
    ]
    before, after = (read(without(e3(body="".join(found)))) for found in (entries[:2], entries[2:] + entries[:2]))
    found = changes(before, after)

    assert found.entries_only
    assert [entry.heading for entry in found.added] == ["Punkt 2"]
    assert (found.removed, found.edited) == ((), ())
    assert describe(found) == "live blog: 1 new: “Punkt 2”, silent"

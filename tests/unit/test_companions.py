"""What hangs on an article: subtitles of its media, and what its site reserves for all pages."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.extraction.companions import MAX_SITE_FILE_BYTES, attach, wanted
from newsarchive.extraction.extract import extract
from newsarchive.extraction.reservations import matches
from newsarchive.model.article import Article, Cue, Media, Subtitle
from newsarchive.model.capture import StoredCapture
from newsarchive.model.revision import content_digest
from tests.corpus import stored_page
from tests.goldencases import ANY_SITE

URL = "https://bote.example/inland/deich-100.html"
SUBTITLES = "https://bote.example/ut-1.xml"
ROBOTS = "https://bote.example/robots.txt"
TDMREP = "https://bote.example/.well-known/tdmrep.json"
RSL = "https://bote.example/rsl.xml"
PAGE = (
    '<html lang="de"><head><meta property="og:type" content="article"><title>Deich</title>{head}</head>'
    "<body><h1>Der Deich hält</h1><p>Er hielt die ganze Nacht, sagte die Deichgräfin am Morgen.</p></body></html>"
)
CAPTIONS = (
    b'<tt:tt xmlns:tt="http://www.w3.org/ns/ttml"><tt:body><tt:div><tt:p begin="00:00:01.000" end="00:00:02.000">'
    b"Guten Abend</tt:p></tt:div></tt:body></tt:tt>"
)


def companion(url: str, body: bytes | str, **how: Any) -> dict[str, StoredCapture]:
    payload = body.encode() if isinstance(body, str) else body
    return {url: stored_page(payload, url=url, content_type=None, **how)}


def page(head: str = "", **headers: str) -> Article:
    stored = stored_page(PAGE.format(head=head).encode(), url=URL)
    printed = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    article = extract(replace(stored, headers=(*stored.headers, *printed)), ANY_SITE).article
    assert article is not None
    return article


def film(*subtitles: str) -> Article:
    media = tuple(
        Media(kind="video", role="head", subtitles=(Subtitle(url=url, format="ebutt", language="de"),))
        for url in subtitles
    )
    return replace(page(), media=media)


def test_what_an_article_wants() -> None:
    article = replace(film(SUBTITLES, SUBTITLES), rights="rsl: https://lizenz.example/rsl.xml")

    assert wanted(article) == (ROBOTS, TDMREP, "https://lizenz.example/rsl.xml", SUBTITLES)


def test_robots_txt_names_more() -> None:
    robots = companion(ROBOTS, f"License: {RSL}  # RSL 1.0\nUser-agent: *\nDisallow: /suche\n")

    assert wanted(page(), robots) == (ROBOTS, TDMREP, RSL)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_subtitles_get_their_capture_and_cues(coding: str) -> None:
    body = gzip.compress(CAPTIONS, mtime=0) if coding == "gzip" else CAPTIONS
    stored = companion(SUBTITLES, body, coding=coding)

    article = attach(film(SUBTITLES), stored)

    (subtitle,) = article.media[0].subtitles
    assert subtitle.capture == stored[SUBTITLES].ref
    assert subtitle.cues == (Cue(start_s=1.0, end_s=2.0, text="Guten Abend"),)
    assert article.problems == film(SUBTITLES).problems


def test_cues_and_rights_are_no_edit() -> None:
    article = film(SUBTITLES)

    attached = attach(article, {**companion(SUBTITLES, CAPTIONS), **companion(ROBOTS, "# TDM vorbehalten\n")})

    assert attached != article
    assert attached.content_digest == article.content_digest
    assert content_digest(attached) == content_digest(article)


@pytest.mark.parametrize("body", [b"", b"<html><body>Fehler</body></html>", CAPTIONS.replace(b"end=", b"x=")])
def test_a_broken_subtitle_file_is_a_problem_and_no_loss(body: bytes) -> None:
    stored = companion(SUBTITLES, body)

    article = attach(film(SUBTITLES), stored)

    (subtitle,) = article.media[0].subtitles
    assert (subtitle.capture, subtitle.cues) == (stored[SUBTITLES].ref, ())
    assert [problem.code for problem in article.problems[len(film(SUBTITLES).problems) :]] == ["subtitle-unreadable"]
    assert SUBTITLES in article.problems[-1].message
    assert article.text == film(SUBTITLES).text


def test_a_damaged_coding_is_a_problem_too() -> None:
    stored = companion(SUBTITLES, b"\x1f\x8b\x08kaputt", coding="gzip")

    assert attach(film(SUBTITLES), stored).problems[-1].code == "subtitle-unreadable"


def test_what_is_missing_or_was_refused_changes_nothing() -> None:
    article = film(SUBTITLES)

    assert attach(article, {}) == article
    assert attach(article, companion(SUBTITLES, CAPTIONS, status=404)) == article
    assert attach(article, companion(TDMREP, "{", status=200)) == article
    assert attach(article, companion(ROBOTS, b"#" * (MAX_SITE_FILE_BYTES + 1))) == article


def test_the_page_and_its_head_declare_for_themselves() -> None:
    article = page(
        head='<meta name="tdm-reservation" content="1"><meta name="robots" content="noarchive">'
        '<link rel="license" href="https://bote.example/nutzung">'
        '<link rel="license" type="application/rsl+xml" href="/rsl.xml">',
        TDM_Reservation="1",
        tdm_policy="https://bote.example/tdm.json",
        X_Robots_Tag="noai,  noimageai",
        Link='</a.css>; rel=preload, </head.xml>; rel="license"; type="application/rsl+xml", </agb>; rel=license',
    )

    assert article.robots == ("noarchive", "noai, noimageai")
    assert article.rights is not None
    assert article.rights.split("; ") == [
        "tdm-reservation: 1",
        "license: https://bote.example/nutzung",
        "rsl: https://bote.example/rsl.xml",
        "HTTP tdm-reservation: 1",
        "HTTP tdm-policy: https://bote.example/tdm.json",
        "HTTP Link rsl: https://bote.example/head.xml",
        "HTTP Link license: https://bote.example/agb",
    ]
    assert wanted(article)[2:] == (RSL, "https://bote.example/head.xml")


ROBOTS_TXT = f"""# Willkommen
# Die Nutzung für Text und Data Mining
# (§ 44b UrhG) ist vorbehalten; auch das Training.

License: {RSL}
User-agent: *
Content-Signal: search=yes, ai-train=no
Content-Usage: /sport/ train-ai=y
Disallow: /suche

User-agent: GPTBot
User-agent: CCBot
Content-Usage: /inland/ train-ai=n
"""

TDMREP_JSON = """[
 {"location": "/inland/*.html$", "tdm-reservation": 1, "tdm-policy": "/tdm.json"},
 {"location": "/sport", "tdm-reservation": 0},
 {"tdm-reservation": 1}, 7, null
]"""

RSL_XML = """<rsl xmlns="https://rslstandard.org/rsl">
 <content url="/"><license>
  <permits type="usage">search</permits><prohibits type="usage">ai-train</prohibits><payment type="free"/>
 </license></content>
 <content url="https://bote.example/sport/*"><license><permits type="usage">all</permits></license></content>
</rsl>"""


def test_what_the_site_reserves_stands_in_rights() -> None:
    site = {**companion(ROBOTS, ROBOTS_TXT), **companion(TDMREP, TDMREP_JSON), **companion(RSL, RSL_XML)}

    article = attach(page(head='<meta name="tdm-reservation" content="1">'), site)

    assert article.rights is not None
    assert article.rights.split("; ") == [
        "tdm-reservation: 1",
        "robots.txt: Willkommen Die Nutzung für Text und Data Mining (§ 44b UrhG) ist vorbehalten, auch das Training.",
        f"robots.txt License: {RSL}",
        "robots.txt Content-Signal: search=yes, ai-train=no",
        "robots.txt Content-Usage (GPTBot, CCBot): /inland/ train-ai=n",
        "tdmrep.json /inland/*.html$: tdm-reservation 1, tdm-policy https://bote.example/tdm.json",
        f"RSL {RSL} /: permits usage: search, prohibits usage: ai-train, payment free",
    ]
    assert attach(article, site) == article


def test_comments_that_reserve_nothing_are_left_out() -> None:
    robots = companion(ROBOTS, "# Willkommen bei uns\nUser-agent: *\nDisallow: /suche # langsam\n")

    assert attach(page(), robots).rights is None


@pytest.mark.parametrize(
    "body", ["<html><body>404</body></html>", "<rsl", "", '<!DOCTYPE a [<!ENTITY b "c">]><rsl><content url="/"/></rsl>']
)
def test_a_licence_that_is_none_says_nothing(body: str) -> None:
    article = page(head=f'<link rel="license" type="application/rsl+xml" href="{RSL}">')

    assert attach(article, companion(RSL, body)) == article


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("/", True),
        ("/inland", True),
        ("/inland/$", False),
        ("/*.html$", True),
        ("/*deich*", True),
        ("*-100.html", True),
        ("/ausland", False),
        ("/inland/deich-100.html$", True),
        ("/inland/deich-10$", False),
        ("https://bote.example/inland/*", True),
        ("https://bote.example", True),
        ("https://andere.example/", False),
        ("/*l*l$", True),
        ("/*ll$", False),
        ("", False),
    ],
)
def test_paths_as_in_robots_txt(pattern: str, taken: bool) -> None:
    assert matches(pattern, URL) is taken


ARTICLE = page()
PIECES = st.sampled_from(
    [
        *"*$/:;,#<>[]{}\"' \n\r\t",
        "License:",
        "User-agent: *",
        "Content-Usage: /",
        "# TDM",
        "http://[",
        "https://",
        "=no",
        "tdm-policy",
    ]
)
ANYTHING = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=40).map("".join))


@given(ANYTHING, ANYTHING, ANYTHING)
def test_whatever_a_site_serves_an_article_stays_an_article(robots: str, tdmrep: str, rsl: str) -> None:
    article = replace(ARTICLE, rights=f"rsl: {RSL}")
    rule = json.dumps([{"location": "/" + tdmrep, "tdm-reservation": tdmrep, "tdm-policy": tdmrep}])
    files = {
        **companion(ROBOTS, robots.encode("utf-8", "replace")),
        **companion(TDMREP, rule),
        **companion(RSL, RSL_XML.replace("search", rsl).encode("utf-8", "replace")),
    }

    attached = attach(article, files)

    assert attached.text == article.text
    assert attached.rights is not None
    assert attach(attached, files) == attached
    assert wanted(attached, files)[:3] == (ROBOTS, TDMREP, RSL)


@pytest.mark.parametrize(
    "link", ["<", "<>", "<http://[>; rel=license", "<a" + ";" * 9, "<a>; rel", "<a>;=x;rel=license"]
)
def test_odd_link_fields_do_no_harm(link: str) -> None:
    rights = page(Link=link).rights

    assert rights is None or rights == "HTTP Link license: https://bote.example/inland/a"

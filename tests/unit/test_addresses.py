"""Which addresses of the sites are articles. The forms are those seen on their pages; the names are invented."""

from __future__ import annotations

import pytest

from newsarchive.errors import UnknownSite
from newsarchive.sites.registry import all_sites, get_site

SITE = get_site("tagesschau")


@pytest.mark.parametrize(
    "path",
    [
        "/inland/deichbau-nordkuben-100.html",
        "/inland/gesellschaft/ehrenamt-nordkuben-1234.html",
        "/wirtschaft/finanzen/marktberichte/marktbericht-dax-dow-jones-213.html",
        "/deichbau-253.html",
        "/newsticker/liveblog-deichbau-samstag-114.html",
        "/multimedia/video/video-1547686.html",
        "/multimedia/sendung/tagesschau_vor_20_jahren/video-1547686.html",
        "/multimedia/audio/audio-158483.html",
        "/multimedia/bilder/deiche-103.html",
        "/spendenkonten/spendenkonten-133.html",
        "/wirtschaft/chronologiedeichbau100.html",
    ],
)
def test_addresses_of_articles(path: str) -> None:
    assert SITE.article_url(f"https://www.tagesschau.de{path}") == f"https://www.tagesschau.de{path}"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/index.html",
        "/inland",
        "/inland/index.html",
        "/thema/deichbau",
        "/archiv?datum=2022-03-01",
        "/archiv/meldungsarchiv100.html",
        "/archiv/startseite-faq-archiv-101.html",
        "/infoservices/alle-meldungen-100~rss2.xml",
        "/infoservices/alle-meldungen-100.html",
        "/inland/deichbau-103~_origin-1156183d-a0ef.html",
        "/inland/deichbau-103~rss2feed.xml",
        "/multimedia/video/video-461835~ardplayer.html",
        "/multimedia/video/ut-67647.xml",
        "/multimedia/video/videoarchiv2.html",
        "/multimedia/livestreams/livestream-101.html",
        "/korrespondenten/jette-beispiel-103.html",
        "/wetter/deutschland/wettervorhersage-deutschland-100.html",
        "/datenschutzerklaerung-100.html",
        "/rssfeed-ts-104.html",
        "/kontakt/kontakt-100.html",
        "/json/deichbau-100.html.json",
    ],
)
def test_addresses_of_everything_else(path: str) -> None:
    assert SITE.article_url(f"https://www.tagesschau.de{path}") is None


def test_one_article_has_one_address() -> None:
    known = "https://www.tagesschau.de/inland/deich-100.html"

    assert SITE.article_url("http://www.tagesschau.de/inland/deich-100.html?utm_source=x#kommentare") == known
    assert SITE.article_url("https://www.tagesschau.de/inland/dürre-101.html") == SITE.article_url(
        "https://www.tagesschau.de/inland/d%C3%BCrre-101.html"
    )
    assert SITE.article_url("https://www.br.de/inland/deich-100.html") is None
    assert SITE.at("http://127.0.0.1:8000/").article_url("http://127.0.0.1:8000/inland/deich-100.html") is not None


def test_sites_are_found_by_name() -> None:
    assert all_sites()["tagesschau"] is SITE
    with pytest.raises(UnknownSite, match=r"“tagesshau”.*Known sites: .*tagesschau"):
        get_site("tagesshau")


@pytest.mark.parametrize(
    ("path", "is_article"),
    [
        ("/fussball/kreisliga/westfleth-verliert,nachholspiele-westfleth-100.html", True),
        ("/regional/br/br-westfleth-sucht-einen-trainer-102.html", True),
        ("/fussball/trainer-spuert-es,video-kreisliga-trainer-100.html", True),
        ("/podcasts/sportschau-hundert-sekunden/sportnachrichten-100.html", True),
        ("/", False),
        ("/fussball/kreisliga", False),
        ("/live-und-ergebnisse/fussball/kreisliga/spiele-und-ergebnisse/", False),
        ("/kompakt-sp-100.html", False),
        ("/kompakt-sp-100~news.xml", False),
        ("/service/rssfeeds-sp-102.html", False),
        ("/tor-des-monats/statistikspieler-sp-102.html", False),
        ("/wintersport/alle-videos-komplett-uebersicht-100.html", False),
        ("/video/videouebersicht-wintersport-100.html", False),
        ("/archiv/allemeldungen", False),
    ],
)
def test_addresses_of_sportschau(path: str, *, is_article: bool) -> None:
    url = f"https://www.sportschau.de{path}"

    assert get_site("sportschau").article_url(url) == (url if is_article else None)

"""sportschau.de, the sports site of the ARD: the page templates of tagesschau.de, with addresses of its own.

An address ends in the words of the headline, a comma and the name of the document in the CMS, which stays when the
headline changes: ``/fussball/premier-league/everton-gewinnt,nachholspiele-everton-100.html``. Articles of regional
stations lack the comma: the whole last part is the name then.
"""

from __future__ import annotations

from newsarchive.sites import ard_pages
from newsarchive.sites.ard_text import ArdTextReader
from newsarchive.sites.channels import RssFeed, SectionPages
from newsarchive.sites.site import Expectations, Site, UrlRules
from newsarchive.sites.sitemap import Sitemap


class E2bReader(ard_pages.E2bReader):
    """The first redesign: until autumn 2025."""

    name = "sportschau-e2b"

    def slug(self) -> str:
        return _document_name(super().slug())


class E3Reader(ard_pages.E3Reader):
    """The design since autumn 2025."""

    name = "sportschau-e3"

    def slug(self) -> str:
        return _document_name(super().slug())


class ListReader(ard_pages.ListReader):
    """Recognises the pages that are no articles: front page, sections, archive, log-in."""

    name = "sportschau-lists"


def _document_name(slug: str) -> str:
    return slug.rpartition(",")[2] or slug


SITE = Site(
    name="sportschau",
    title="sportschau.de",
    base_url="https://www.sportschau.de",
    language="de",
    timezone="Europe/Berlin",
    readers=(E3Reader, E2bReader, ListReader),
    text_reader=ArdTextReader(),
    expect=Expectations(fields={"stand": 0.98, "headline": 0.98, "body": 0.9}),
    channels=(
        RssFeed(name="feed", paths=("/index~rss2.xml",)),
        Sitemap(name="news-sitemap", paths=("/kompakt-sp-100~news.xml",), timezone="Europe/Berlin"),
        SectionPages(
            name="sections",
            paths=(
                "/",
                "/investigativ",
                "/fussball",
                "/handball",
                "/basketball",
                "/radsport",
                "/eishockey",
                "/tennis",
                "/motorsport",
                "/volleyball",
                "/leichtathletik",
                "/american-football",
                "/wintersport",
                "/turnen",
                "/parasport",
                "/mehr-sport",
                "/regional",
            ),
        ),
        # The archive pages of this site have never been seen; its sitemap is the way to older articles.
        Sitemap(name="sitemap", paths=("/index~sitemap_p-0.xml",), timezone="Europe/Berlin"),
    ),
    urls=UrlRules(
        # As at tagesschau.de the number of the document comes last, and a tilde starts another rendering of it.
        article=r"(?:/[^/~]+)*/[^/~]+?-\d+\.html",
        never=(
            r"^/(?:archiv|hilfe|impressum|kontakt|datenschutz|live-und-ergebnisse|service|suche)(?:[/-]|$)",
            r"^/(?:thema|tor-des-monats)(?:/|$)",
            # Lists of videos and streams, and the page of news in short.
            r"uebersicht[^/]*$",
            r"^/kompakt-sp-",
        ),
    ),
)

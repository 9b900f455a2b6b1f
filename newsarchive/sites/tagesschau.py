"""tagesschau.de, the news site of the ARD."""

from __future__ import annotations

from newsarchive.sites.channels import ArchivePages, RssFeed, SectionPages
from newsarchive.sites.site import Site, UrlRules

SITE = Site(
    name="tagesschau",
    title="tagesschau.de",
    base_url="https://www.tagesschau.de",
    language="de",
    timezone="Europe/Berlin",
    readers=(),
    channels=(
        # The feed comes first: it is the shortest way to the newest articles and says when each was published.
        RssFeed(name="feed", paths=("/infoservices/alle-meldungen-100~rss2.xml",)),
        SectionPages(
            name="sections",
            paths=(
                "/",
                "/inland",
                "/ausland",
                "/wirtschaft",
                "/wissen",
                "/kultur",
                "/investigativ",
                "/faktenfinder",
            ),
        ),
        ArchivePages(
            name="archive",
            path="/archiv?datum={day}",
            timezone="Europe/Berlin",
            # Up to spring 2023, and since.
            link_class=("teaser-xs__link", "teaser-right__link"),
            total_class="ergebnisse__anzahl",
            paging_class="paginierung",
        ),
    ),
    urls=UrlRules(
        # The CMS ends each address with the number of the document; long ago without a hyphen before it. A tilde
        # starts a rendering of the same document: feed, JSON, print, player, redirect with a referrer.
        article=r"(?:/[^/~]+)*/(?P<slug>[^/~]+?(?:-\d+|\d{3,}))\.html",
        never=(
            r"^/(?:archiv|hilfe|infoservices|kontakt|korrespondenten|mehr|sitemap|suche|thema|ueber-uns|wahlarchiv"
            r"|wetter)(?:[/-]|$)",
            r"^/(?:datenschutz|impressum|rssfeed|multimedia/livestreams)",
        ),
    ),
)

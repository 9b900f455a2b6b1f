"""Invented articles in the real markup of every layout era, small and complete, for tests that need no corpus."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from typing import Any

from newsarchive.model.capture import StoredCapture
from tests.corpus import stored_page

URL = "https://www.tagesschau.de/inland/deichbau-nordkuben-100.html"
CAPTURED_AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)

JSON_LD: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "datePublished": "2026-01-31T05:03:11.000Z",
    "dateModified": "2026-01-31T06:12:40.000Z",
    "headline": "Nordkuben baut seinen Deich aus",
    "description": "Der Deich von Nordkuben wird höher. Die Arbeiten beginnen im März.",
    "keywords": ["Deichbau", "Nordkuben"],
    "articleBody": (
        "Der Deich von Nordkuben wird höher. Die Arbeiten beginnen im März. "
        "Die Gemeinde hat lange gestritten, nun rollen die Bagger. "
        "Ein Meter mehr Der neue Deich misst an der Krone einen Meter mehr als der alte."
    ),
    "mainEntityOfPage": URL,
    "author": [{"@type": "Person", "name": "Jette Beispiel"}],
    "publisher": {"@type": "Organization", "name": "tagesschau.de"},
}

PLAYER: dict[str, Any] = {
    "playerType": "video",
    "mc": {
        "streams": [
            {
                "kind": "main",
                "isAudioOnly": False,
                "media": [
                    {"url": "https://media.example/deich.webl.mp4", "mimeType": "video/mp4", "maxHResolutionPx": 960},
                    {"url": "https://media.example/deich/master.m3u8", "mimeType": "application/vnd.apple.mpegurl"},
                ],
            }
        ],
        "subtitles": [{"languageCode": "de", "sources": [{"kind": "ebutt", "url": "/multimedia/video/ut-1.xml"}]}],
        "meta": {
            "images": [
                {"url": "https://images.example/{size}/deich.jpg", "alt": "Ein Deich", "title": "Ein Deich | AP"}
            ],
            "title": "Bagger am Deich von Nordkuben",
            "seriesTitle": "Kubenschau",
            "durationSeconds": 83,
            "broadcastedOnDateTime": "2026-01-30T19:00:00+0000",
        },
        "pluginData": {
            "sharing@web": {"link": "https://www.tagesschau.de/multimedia/video/video-9000001.html"},
            "trackingPiano@all": {"avContent": {"av_content_id": "video-9000001", "s:av_publisher": "Das Erste"}},
        },
    },
}

OLD_PLAYER: dict[str, Any] = {
    "mc": {
        "_type": "audio",
        "_title": "Gespräch über den Deich",
        "_duration": "272",
        "_mediaArray": [{"_mediaStreamArray": [{"_quality": 0, "_stream": "https://media.example/deich.mp3"}]}],
        "_info": {"channelTitle": "tagesschau", "clipDate": "03.04.2023 08:07"},
        "_sharing": {"link": "https://www.tagesschau.de/multimedia/audio/audio-9000002.html"},
    },
    "pc": {},
}


def e3(
    *,
    json_ld: str | None = None,
    player: str | None = None,
    stand: str = "Stand: 31.01.2026 • 06:03 Uhr",
    body: str = "",
    head: str = "",
) -> str:
    """An article of the current layout; each part can be replaced by something odd."""
    json_ld = json.dumps(JSON_LD, ensure_ascii=False) if json_ld is None else json_ld
    player = json.dumps(PLAYER, ensure_ascii=False) if player is None else player
    return f"""<!DOCTYPE html>
<html lang="de"><head><meta charset="UTF-8"><title>Nordkuben baut seinen Deich aus | tagesschau.de</title>
<meta property="og:title" content="Nordkuben baut seinen Deich aus"><meta property="og:type" content="article">
<meta property="og:url" content="{URL}"><meta name="description" content="Der Deich wird höher. Von Jette Beispiel.">
<meta name="robots" content="index,follow,noarchive"><meta name="date" content="2026-01-31T06:03:11">
<meta name="robots" content="unavailable_after: 2028-01-31T00:00:00+01">
<link rel="canonical" href="{URL}">{head}
<script type="application/ld+json">{json_ld}</script></head>
<body><header><nav><a href="/">Startseite</a></nav></header>
<ul class="article-breadcrumb"><li><a href="/">Startseite</a></li><li><a href="/inland">Inland</a></li></ul>
<main class="content-wrapper"><article class="container content-wrapper__group">
<div class="article-head columns twelve"><div class="article-head__media">
<div class="ts-picture__poster-wrapper"><picture class="ts-picture"><img class="ts-image"
 src="https://images.example/16x9/deich.jpg" alt="Ein Deich" title="Ein Deich | AP"></picture></div>
<div class="v-instance" data-v="{escape(player, quote=True)}" data-v-type="MediaPlayer"></div></div>
<div class="article-head__data"><div class="article-head__title"><h1 class="article-head__headline">
<span class="article-head__topline">Küstenschutz</span>
<span class="article-head__headline--text">Nordkuben macht den <span class="hyphenate">Deichausbau</span> wahr</span>
</h1>
<p class="metatextline">{stand}</p></div>
<p class="article-head__shorttext">
<strong>Der Deich von Nordkuben wird höher. Die Arbeiten beginnen im März.</strong></p>
</div></div>
<div class="copytext-element-wrapper"><div class="authorline"><div class="authorline__author">Von
 <a class="authorline__link" href="/korrespondenten/beispiel-101.html">Jette Beispiel</a>, NDR</div></div></div>
<p class="textabsatz m-ten columns twelve">Die Gemeinde hat <em>lange</em> gestritten, nun rollen die Bagger.</p>
<div class="columns twelve copytext-element-wrapper copytext-element-wrapper--overlap">
<div class="teaser-absatz columns">
<a class="teaser-absatz__link" href="/inland/sturmflut-kuben-101.html"><p class="teaser-absatz__topline-container">
<span class="teaser-absatz__date">02.01.2026</span><span class="teaser-absatz__topline">Sturmflut</span></p>
<h3 class="teaser-absatz__headline-wrapper"><span class="teaser-absatz__headline">Wasser bis zur Kirche</span></h3>
<p class="teaser-absatz__shorttext">Im Januar stand Altkuben unter Wasser. <span class="link-extend">mehr</span></p>
</a></div></div>
<h2 id="Ein-Meter-mehr" class="meldung__subhead liveblog--anchor">Ein Meter mehr</h2>
<p class="textabsatz columns twelve">Der neue Deich misst an der Krone einen Meter mehr als der alte.</p>{body}
<div class="absatzbild"><div class="absatzbild__media"><picture class="ts-picture"><img class="ts-image"
 src="https://images.example/16x9/bagger.jpg" alt="Zwei Bagger" title="Zwei Bagger | dpa"></picture></div>
<div class="absatzbild__info"><p class="absatzbild__info__text">Zwei Bagger stehen bereit.
<span class="absatzbild__info__copyright">Bild: dpa</span></p></div></div>
<div class="infobox"><div class="infobox__headline--textonly">Der alte Deich</div>
<p class="infobox__text--textonly">Er stammt aus dem Jahr 1871.</p></div>
<div class="meldungsfooter"><ul class="taglist"><li class="taglist__element">
<a class="tag-btn" href="/thema/deichbau">Deichbau</a></li></ul>
<div class="sendungsbezug"><p>
<span class="sendungsbezug--title">Dieses Thema im Programm: </span>Das Erste | Kubenschau |
 30.01.2026 | 20:00 Uhr, Kuben 2 | Nachrichten | 31.01.2026 | 07:00 Uhr</p></div></div>
</article><aside class="container"><h2>Mehr zum Thema</h2><ul><li class="teaser-xs">Fähren fallen aus</li></ul></aside>
</main><footer>Impressum</footer></body></html>"""


def e2a(*, player: str | None = None) -> str:
    """An article of 2022 with an audio in the body."""
    player = json.dumps(OLD_PLAYER, ensure_ascii=False) if player is None else player
    return f"""<!DOCTYPE html>
<html lang="de"><head><meta charset="UTF-8"><title>Kuben: Die Fähre fährt wieder | tagesschau.de</title>
<meta property="og:title" content="Fähre nach Kuben fährt wieder"><meta name="date" content="2023-04-03T14:19:40">
<link rel="canonical" href="https://www.tagesschau.de/inland/faehre-kuben-101.html">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Kuben: Die Fähre fährt wieder",
"datePublished": "2023-04-03T10:30:12+02:00", "dateModified": "2023-04-03T14:19:40+02:00",
"author": {{"@type": "Person", "name": "tagesschau"}},
"mainEntityOfPage": "https://www.tagesschau.de/inland/faehre-kuben-101.html"}}</script></head>
<body><main><article class="container content-wrapper__group"><div class="seitenkopf"><div class="seitenkopf__data">
<div class="seitenkopf__title"><div class="seitenkopf__label"><span class="label"><strong>Reportage</strong></span>
</div>
<h1 class="seitenkopf__headline"><span class="seitenkopf__topline"> Kuben </span>
<span class="seitenkopf__headline--text">Die Fähre fährt wieder</span></h1>
<div class="metatextline"> Stand: 03.04.2023 10:30 Uhr </div></div></div></div>
<p class="m-ten textabsatz columns twelve"><strong>Drei Wochen lag sie im Hafen, nun fährt sie.</strong></p>
<div class="copytext-element-wrapper"><div class="authorline"><div class="authorline__text">
<div class="authorline__author">Von Hauke Muster, ARD-Studio Kuben</div></div></div></div>
<p class="m-ten textabsatz columns twelve">Der Kapitän wartet auf die ersten Gäste.<br>Abfahrt 8 Uhr</p>
<h2 class="meldung__subhead">Volle Decks</h2><p class="textabsatz">Am Mittag ist kein Platz mehr frei.</p>
<div class="copytext__audio"><div class="ts-mediaplayer" data-ts_component="ts-mediaplayer"
 data-config="{escape(player, quote=True)}"><div class="player"></div></div>
<a class="copytext__audio__link" href="https://www.tagesschau.de/multimedia/audio/audio-9000002.html">
<div class="copytext__audio__info"><h3 class="copytext__audio__title">Gespräch über den Deich</h3>
<div class="copytext__audio__metainfo">Hauke Muster, ARD Kuben, 3.4.2023 · 08:07 Uhr</div></div></a></div>
<div class="meldungsfooter"><ul class="taglist"><li><a class="tag-btn" href="/thema/kuben">Kuben</a></li></ul>
<div class="sendungsbezug"><p>Über dieses Thema berichtete Kuben 2 am 03. April 2023 um 09:23 Uhr.</p></div></div>
</article></main></body></html>"""


def e1() -> str:
    """An article of 2018."""
    return """<!DOCTYPE html>
<html><head><meta content="text/html; charset=UTF-8" http-equiv="Content-Type"/>
<title>Hafen: "Wir bleiben" | tagesschau.de</title><meta content="2018-10-20T13:35:13" name="date"/>
<meta content="website" property="og:type"/><meta content="Hafen: Wir bleiben" property="og:title"/>
<meta content="http://www.tagesschau.de/inland/hafen-177.html" property="og:url"/></head>
<body><div class="storywrapper"><div class="section sectionA sectionArticle"><div class="meldungHead">
<h1><span class="dachzeile">Hafen von Kuben</span> <span class="headline">"Wir bleiben"</span></h1>
<p class="text"><span class="stand">Stand: 20.10.2018 13:34 Uhr</span></p></div></div>
<div class="section sectionZ sectionArticle"><div class="con"><div class="modCon"><div class="mod modA modParagraph">
<p class="autorenzeile small">Von Jette Beispiel und Hauke Muster, NDR</p>
<p class="text small"><strong>Die Fischer von </strong><strong><em>Kuben</em></strong>
<strong> bleiben im Hafen.</strong></p>
<p class="text small">Kein Boot ist am Morgen ausgelaufen.</p><div class="mediaCon mediaTop small video">
<div class="media mediaA">
<iframe src="/multimedia/video/video-9000003~ardplayer.html"></iframe><div class="mediaInfo"><p class="infotext">
<a href="/multimedia/video/video-9000003.html"><strong>Stille im Hafen</strong></a>
<br/>Kubenschau 12:00 Uhr, 20.10.2018</p>
</div></div></div><p class="text small"></p><div class="infokasten small"><h3 class="ressort"></h3><div class="teaser">
<p class="dachzeile"><a href="/inland/netze-101.html">Fischerei</a></p>
<h4 class="headline"><a href="/inland/netze-101.html">Leere Netze</a></h4>
<p class="teasertext"><a href="/inland/netze-101.html">Der Fang bleibt aus.</a> | <strong><a href="#">mehr</a>
</strong></p>
</div></div><h2 class="subtitle small ">Gespräche am Abend</h2><p class="text small">Am Abend wird verhandelt.</p>
<div class="infokasten small sendungsbezug"><div class="teaser"><p class="teasertext">Über dieses Thema berichtete das
Nachtmagazin am 19. Oktober 2018 um 01:00 Uhr.</p></div></div></div></div></div></div>
<div class="section sectionC"><h3>Aus dem Archiv</h3></div></div></body></html>"""


def generic() -> str:
    """An article of a site nobody knows, with Open Graph data only."""
    paragraphs = "".join(f"<p>{words}</p>" for words in [_WORDS, _WORDS.replace("Mole", "Brücke"), _WORDS.upper()])
    return f"""<html><head><title>Die Mole | Kubener Bote</title><meta property="og:title" content="Die Mole">
<meta property="og:type" content="article"><meta property="article:published_time" content="2026-01-31T06:03:11+01:00">
</head><body><main><article><h1>Die Mole</h1>{paragraphs}</article></main></body></html>"""


_WORDS = (
    "Seit hundert Jahren ragt die Mole in die See, und seit hundert Jahren sitzen dort die Angler von Kuben. "
    "Nun soll sie einem Anleger weichen, der größer ist als alles, was der Ort bisher gesehen hat."
)


def pages() -> dict[str, str]:
    """Every invented page by name."""
    return {"invented-e1": e1(), "invented-e2a": e2a(), "invented-e3": e3(), "invented-generic": generic()}


def invented_pages() -> dict[str, StoredCapture]:
    """Every invented page as a capture."""
    addresses = {
        "invented-e1": "https://www.tagesschau.de/inland/hafen-177.html",
        "invented-e2a": "https://www.tagesschau.de/inland/faehre-kuben-101.html",
        "invented-e3": URL,
        "invented-generic": "https://bote.example/mole.html",
    }
    return {
        name: stored_page(page.encode(), url=addresses[name], captured_at=CAPTURED_AT) for name, page in pages().items()
    }

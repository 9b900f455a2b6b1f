"""The JSON inside a page: JSON-LD blocks, the player (``data-v``), the tracking component (``data-config``).

All of it is made for a story whose addresses are absolute (``Story.at``). Pages of 2023 carry a poorer player
JSON with true UTC times; later ones print German local times with a false Z (see ``false_utc_text``).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from newsarchive.model.article import Image, Media, Subtitle
from newsarchive.samplesite.addresses import image_variant
from newsarchive.samplesite.story import Story, Teaser, false_utc_text, local_text, utc_text

SITE_NAME = "tagesschau.de"
"""The constant that pages print where an author or publisher is asked for; readers must know it for one."""

Context = Literal["teaser_absatz", "teaser_xs", "teaser_right", "avdetail"]

_PLAYER = {
    "baseUrl": "/resources/assets/js/vendor/ardplayer/",
    "isForcedAutoPlay": False,
    "isEnablePostMessage": False,
    "isForcedVideoView": True,
    "disableBackButtonTitle": True,
    "disablePosterTitle": True,
    "disablePosterImage": True,
}
_E2B_SIZES = {0: "16x9-256", 256: "16x9-384", 384: "16x9-512", 512: "16x9-640", 640: "16x9-960", 960: "16x9-1280"}
_TRACKER = {"site": 595936, "collectDomain": "tracking.landfunk.example", "addEventURL": "true"}


def compact(value: object) -> str:
    """``value`` as JSON without needless spaces, umlauts readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _spread(value: object) -> str:
    # JSON-LD is printed with a space on both sides of the colon and must not close its own script element.
    return json.dumps(value, ensure_ascii=False, indent=2, separators=(",", " : ")).replace("</", "<\\/")


def _home(story: Story) -> str:
    parts = urlsplit(story.path)
    return f"{parts.scheme}://{parts.netloc}"


def _publisher(story: Story) -> dict[str, Any]:
    home = _home(story)
    if story.era == "e2b":
        logo = {
            "@type": "ImageObject",
            "url": f"{home}/resources/assets/image/json_logo_amp.png",
            "width": 340,
            "height": 60,
        }
        return {"@type": "Organization", "name": SITE_NAME, "logo": logo}
    logo = {"@type": "ImageObject", "url": f"{home}/favicon.svg"}
    return {"@type": "newsMediaOrganization", "name": SITE_NAME, "url": home, "logo": logo}


def _images(story: Story, image: Image) -> list[dict[str, Any]]:
    sizes: list[tuple[str, int, int]] = [("16x9-1920", 1920, 1080), ("1x1-840", 840, 840)]
    if story.era == "e3":
        sizes.append(("4x3", 1280, 960))
    blocks = []
    for size, width, height in sizes:
        block: dict[str, Any] = {
            "@type": "ImageObject",
            "url": image_variant(image.url, size, width=1280 if size == "4x3" else None),
            "author": image.credit,
            "width": width,
            "height": height,
            "datePublished": local_text(story.published),
            "description": image.alt,
        }
        if story.era == "e2b":
            block["name"] = image.alt
        blocks.append(block)
    return blocks


def _head_picture(story: Story) -> Image | None:
    return story.head_poster or next((image for image in story.images if image.role == "head"), None)


def _time(story: Story, at: datetime) -> str:
    return local_text(at) if story.era == "e2b" else utc_text(at)


def article_json_ld(story: Story) -> str:
    """The ``NewsArticle`` block of the head."""
    block: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "dateModified": _time(story, story.modified),
        "datePublished": _time(story, story.published),
    }
    if story.era == "e3":
        block["isAccessibleForFree"] = "true"
    block |= {
        "headline": story.seo_title,
        "description": story.description,
        "keywords": list(story.keywords),
        "articleBody": " ".join(story.article_body.split()) + " ",
        "mainEntityOfPage": story.path,
        "author": [
            {"@type": "Person", "name": author.name, "jobTitle": "Correspondent", "url": author.url}
            for author in story.authors
        ],
        "publisher": _publisher(story),
    }
    if not story.authors and story.source is None:
        block["author"] = {"@type": "Organization", "name": SITE_NAME}
    if story.era == "e3":
        block["about"] = [
            {"@type": "Thing", "name": tag.name, "sameAs": f"{_home(story)}/thema/{tag.slug}"} for tag in story.tags
        ]
    picture = _head_picture(story)
    if picture:
        block["image"] = _images(story, picture)
    return _spread(block)


def breadcrumb_json_ld(story: Story) -> str:
    """The ``BreadcrumbList`` block, with relative ids as on the real pages."""
    steps = [(SITE_NAME, "/"), *story.section]
    return _spread(
        {
            "@context": "https://schema.org",
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": position, "item": {"@id": path, "name": name}}
                for position, (name, path) in enumerate(steps, start=1)
            ],
        }
    )


def media_json_ld(story: Story, medium: Media) -> str:
    """The ``VideoObject`` or ``AudioObject`` that stands beside a player of the article itself."""
    poster = medium.poster
    picture = Image(
        url=poster.url if poster else None,
        alt=poster.alt if poster else None,
        caption=None,
        credit=poster.credit if poster else None,
        role=medium.role,
    )
    images = _images(story, picture)
    minutes, seconds = divmod(medium.duration_s or 0, 60)
    # On the page of a clip the block tells the times of the page, elsewhere those of the clip.
    is_page = story.kind in ("video", "audio")
    published = story.published if is_page else medium.broadcast_at or story.published
    block = {
        "@context": "https://schema.org",
        "@type": "VideoObject" if medium.kind == "video" else "AudioObject",
        "potentialAction": {
            "@type": "SeekToAction",
            "target": f"{medium.page_url}?t={{seek_to_second_number}}",
            "startOffset-input": "required name=seek_to_second_number",
        },
        "dateModified": _time(story, story.modified if is_page else published),
        "datePublished": _time(story, published),
        "headline": medium.title,
        "description": medium.title,
        "keywords": list(story.keywords),
        "mainEntityOfPage": medium.page_url,
        "author": {"@type": "Organization", "name": SITE_NAME},
        "publisher": _publisher(story),
        "image": images,
        "thumbnail": images,
        "name": medium.title,
        "thumbnailUrl": [image["url"] for image in images],
        "uploadDate": local_text(published),
        "contentUrl": medium.streams[-2].url if len(medium.streams) > 1 else medium.streams[0].url,
        "duration": f"PT{minutes}M{seconds}S",
    }
    if story.unavailable_after:
        block["expires"] = local_text(story.unavailable_after)
    return _spread(block)


def tracking_json(story: Story) -> str:
    """The ``data-config`` of the tracking component."""
    return compact(
        {"isTrackingLogin": True, "trackingService": "ati-piano", "trackingData": _tracking_data(story)}
        if story.era == "e3"
        else {"trackingService": "ati-piano", "trackingData": _tracking_data(story)}
    )


def _tracking_data(story: Story) -> dict[str, Any]:
    path = urlsplit(story.path).path
    chapters = path.split("/")[1:-1]
    kinds = {block.kind for block in story.blocks} | {medium.kind for medium in story.media}
    head = _head_picture(story)
    if story.era == "e2b":
        return {
            "atiTagConfig": {"site": 595936, "collectDomain": "https://tracking.landfunk.example"},
            "site": "Tagesschau Online",
            "site_id": 595936,
            "site_level2": urlsplit(story.path).netloc,
            "product_distribution": "Web",
            "product_login": False,
            "page": story.seo_title,
            **{f"page_chapter{number}": chapter for number, chapter in enumerate(chapters, start=1)},
            "page_contains_video": "video" in kinds,
            "page_contains_audio": "audio" in kinds,
            "page_broadcast_reference": "ja" if story.broadcasts else "nein",
            "page_categories": "|".join(story.keywords),
            "content_object_type": "Artikel",
            "content_id": story.slug,
            "content_url_path": path,
            "content_import_id": story.external_id,
            "content_days_since_publication": 0,
            "content_breaking_news_sent": False,
            "user_logged_in": False,
            "d:content_publication_time": false_utc_text(story.published),
            "d:content_last_editoral_update": false_utc_text(story.published),
        }
    return {
        "atiTagConfig": _TRACKER,
        **{f"s:tgp_page_chapter{number}": chapter for number, chapter in enumerate(chapters, start=1)},
        "s:technical_tagging_guide": "Unified",
        "s:site_level2": urlsplit(story.path).netloc,
        "s:tgp_product_platform": "Web",
        "b:product_login": True,
        "content_authors": ["tagesschau"],
        "s:page": story.seo_title,
        "b:tgp_page_contains_video": "video" in kinds,
        "b:tgp_page_contains_audio": "audio" in kinds,
        "s:tgp_content_object_type": "Video" if story.kind == "video" else "Artikel",
        "d:tgp_content_publication_time": false_utc_text(story.first_published),
        "s:tgp_content_external_id": story.external_id,
        "s:tgp_content_id": story.slug,
        "d:tgp_content_last_editorial_update": false_utc_text(story.published),
        "a:s:tgp_content_keywords": list(story.keywords),
        "s:tgp_content_creator": "tagesschau",
        "s:tgp_content_creator_institution": "tagesschau",
        "d:tgp_content_online_since": false_utc_text(story.first_published),
        "b:tgp_content_broadcast_reference": bool(story.broadcasts),
        "n:tgp_content_days_since_publication": 0,
        "n:tgp_content_days_since_online": 0,
        "a:s:tgp_content_external_tags": list(story.keywords),
        "s:tgp_content_teaser_image_url": image_variant(head.url, "original") if head else "",
        "s:tgp_content_url_path": path,
    }


def player_json(story: Story, medium: Media, *, ratio: str = "16x9", context: Context | None = None) -> str:
    """The ``data-v`` of one player. ``context`` says where it stands; a player of the page's own head has none."""
    poor = story.era == "e2b" and story.published.year == 2023
    poster = medium.poster
    title_line = " | ".join(part for part in (poster.alt, poster.credit) if part) if poster else None
    alt = poster.alt if poster else None
    poster_url = poster.url if poster else None
    folder = image_variant(poster_url, "{size}", "jpg").partition("/{size}/")[0]
    if poor:
        sizes = [
            {"minWidth": width, "value": image_variant(poster_url, size, "webp")} for width, size in _E2B_SIZES.items()
        ]
        template: dict[str, Any] = {"size": sizes}
        images = [
            {"url": url, "kind": kind, "title": title_line, "alt": alt}
            for url, kind in ((poster_url, "preview"), ("{size}", medium.kind))
        ]
    elif story.era == "e2b":
        sizes = [
            {"minWidth": width, "value": image_variant(poster_url, size).removesuffix(".jpg")}
            for width, size in _E2B_SIZES.items()
        ]
        template = {"size": sizes}
        images = [
            {"url": f"{{size}}.{extension}", "kind": "preview", "title": title_line, "alt": alt}
            for extension in ("webp", "jpg")
        ]
    else:
        template = {
            "size": [{"minWidth": 0, "value": "16x9-small"}, {"minWidth": 600, "value": "16x9-big"}],
            "width": {"min": 640, "max": 1920, "stepSize": 320},
        }
        name = image_variant(poster_url, "x").rpartition("/")[2].rpartition(".")[0]
        images = [
            {
                "url": f"{folder}/{{size}}/{name}.{extension}?width={{width}}",
                "kind": "preview" if medium.kind == "video" else "audio",
                "title": title_line,
                "alt": alt,
            }
            for extension in ("webp", "jpg")
        ]
    meta: dict[str, Any] = {"images": images, "title": medium.title}
    if story.era == "e3":
        meta["seriesTitle"] = medium.programme
    if not poor:
        meta["durationSeconds"] = medium.duration_s
    if story.era == "e3" and medium.broadcast_at:
        meta |= {
            "broadcastedOnDateTime": f"{medium.broadcast_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+0000",
            "showBroadcastedOnWithTime": True,
            "synopsis": f"{medium.title}\n\nAutor/in: {medium.station}",
        }
    config: dict[str, Any] = {
        "streams": [
            {"media": [_stream(medium, number) for number in range(len(medium.streams))], "kind": "main",
             "isAudioOnly": medium.kind == "audio"}
        ]
    }  # fmt: skip
    if medium.subtitles:
        config["subtitles"] = [_subtitles(each, relative=poor) for each in medium.subtitles]
    piano = {
        "config": {"dimensionTransform": {"av_autoplay": "av_auto_mode"}},
        "avContent": _av_content(story, medium, poor=poor),
        "isEnabled": True,
    }
    tracking = {"trackingPiano@all": piano}
    config |= {
        "meta": meta,
        "pluginData": {
            "sharing@web": _sharing(medium),
            "download@web": {
                "isEnabled": medium.kind == "video",
                "sources": [
                    {"title": f"{stream.width_px} px", "url": f"{stream.url}?download=true"}
                    for stream in medium.streams
                    if stream.width_px
                ],
            },
            **({} if poor else tracking),
        },
    }
    value: dict[str, Any] = {
        "pc": {
            "web": _PLAYER,
            "generic": {"imageTemplateConfig": template, "isAutoplay": False},
            "pluginData": tracking if poor else {},
        },
        "mc": config,
        "mediadescription": medium.title,
        "playerType": medium.kind,
        "ratio": ratio,
    }
    if context:
        value |= {"buttonType": "cornered", "context": context} if context != "avdetail" else {"context": context}
    if story.era == "e3":
        value["posterImage"] = {
            "altText": alt,
            "title": title_line,
            **{f"url{size}": image_variant(poster_url, "16x9-big", "webp", width)
               for size, width in (("S", 640), ("M", 768), ("L", 1280))},
        }  # fmt: skip
    return compact(value)


def _stream(medium: Media, number: int) -> dict[str, Any]:
    stream = medium.streams[number]
    value: dict[str, Any] = {"url": stream.url, "mimeType": stream.mime_type}
    if stream.quality:
        value["forcedLabel"] = stream.quality
    if stream.width_px:
        value |= {"fallbackGroup": 9 - number, "maxHResolutionPx": stream.width_px}
    value["audios"] = [{"kind": "standard", "languageCode": "de"}]
    if stream.mime_type == "application/vnd.apple.mpegurl":
        value["isAdaptiveQualitySelectable"] = True
    return value


def _subtitles(subtitle: Subtitle, *, relative: bool) -> dict[str, Any]:
    url = urlsplit(subtitle.url).path if relative else subtitle.url
    return {
        "kind": "normal",
        "languageCode": subtitle.language,
        "sources": [{"kind": subtitle.format, "url": url}],
    }


def _sharing(medium: Media) -> dict[str, Any]:
    return {
        "link": medium.page_url,
        "body": f'Meine Empfehlung: "{medium.title}" \n{medium.page_url}',
        "subject": f"Entdeckt auf {SITE_NAME}: {medium.title}",
        "disableSubclipping": True,
        "services": ["url", "email", "whatsapp", "facebook", "telegram", "threema", "embed"],
    }


def _av_content(story: Story, medium: Media, *, poor: bool) -> dict[str, Any]:
    aired = medium.broadcast_at or story.published
    duration_ms = (medium.duration_s or 0) * 1000
    kind = medium.kind.capitalize()
    if poor:
        at = f"{aired.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000+00:00"
        return {
            "site_level2": urlsplit(story.path).netloc,
            "av_content": medium.title,
            "av_content_id": medium.media_id,
            "av_content_duration": duration_ms,
            "av_content_type": kind,
            "av_broadcasting_type": "Clip",
            "av_lra": "tagesschau",
            "av_show": medium.programme,
            "av_player": "ARD Player",
            "av_publication_date": at,
            "av_original_air_time": at,
        }
    if story.era == "e2b":
        return {
            "av_content": medium.title,
            "av_content_id": medium.media_id,
            "av_content_duration": duration_ms,
            "av_content_type": kind,
            "av_broadcasting_type": "Clip",
            "av_show": medium.programme,
            "av_institution": "tagesschau",
            "av_publisher": medium.station,
            "d:av_original_air_time": false_utc_text(aired),
            "d:av_publication_time": false_utc_text(aired),
        }
    return {
        **_tracking_data(story),
        "n:av_content_duration": duration_ms,
        "s:av_content": medium.title,
        "av_content_id": medium.media_id,
        "s:av_show": medium.programme,
        "s:av_content_type": kind,
        "s:av_broadcasting_type": "OnDemand" if story.kind == "video" else "Clip",
        "d:av_original_air_time": false_utc_text(aired),
        "b:av_web_only": False,
        "s:av_player": "ARD Player",
        "s:av_content_creator": "tagesschau",
        "s:av_institution": "tagesschau",
        "s:av_publisher": medium.station,
        "s:av_content_url": medium.page_url,
        "d:av_publication_time": false_utc_text(aired),
    }


def teaser_player_json(story: Story, teaser: Teaser) -> str:
    """The ``data-v`` of the player inside a box: another article's medium, never this one's."""
    title = f"{teaser.related.headline}: Bericht im Player"
    return _foreign_player(story, title, teaser.player or "video", teaser.image, "teaser_absatz")


def list_player_json(story: Story, image: Image) -> str:
    """The ``data-v`` of the player beside ``story`` where another page names it among further articles."""
    return _foreign_player(story, f"{story.headline}: zum Anhören", "audio", image, "teaser_xs")


def _foreign_player(story: Story, title: str, kind: Literal["video", "audio"], image: Image, context: Context) -> str:
    picture = {"kind": "preview", "title": f"{image.alt} | {image.credit}", "alt": image.alt}
    extension, mime_type = ("mp4", "video/mp4") if kind == "video" else ("mp3", "audio/mpeg")
    stream = {
        "url": f"https://progressive.landfunk.example/{kind}/teaser-{story.slug}.{extension}",
        "mimeType": mime_type,
        "audios": [{"kind": "standard", "languageCode": "de"}],
    }
    value: dict[str, Any] = {
        "mediadescription": title,
        "playerType": kind,
        "ratio": "1x1",
        "buttonType": "cornered",
        "context": context,
        "pc": {"web": _PLAYER, "generic": {"isAutoplay": False}, "pluginData": {}},
        "mc": {
            "streams": [{"media": [stream], "kind": "main", "isAudioOnly": kind == "audio"}],
            "meta": {"images": [{"url": image.url, **picture}], "title": title},
            "pluginData": {"download@web": {"isEnabled": True}},
        },
    }
    if story.era == "e3":
        value["posterImage"] = {"altText": image.alt, "title": picture["title"], "urlL": image.url}
    return compact(value)


def embed_json(url: str | None, service: str | None) -> str:
    """The ``data-v`` of embedded foreign content behind a consent box."""
    return compact(
        {
            "embed_url": url,
            "embed_id": (url or "").rstrip("/").rpartition("/")[2],
            "service_name": service,
            "service_label": (service or "").capitalize(),
            "service_privacyText": "",
            "disclaimer_url": "/datenschutz",
            "embed_type": "opt-in",
        }
    )

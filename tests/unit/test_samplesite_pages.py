"""The pages carry the real markup: the selectors known from real pages find exactly what the stories say."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from lxml import etree, html
from lxml.html import HtmlElement

from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.story import BERLIN, Story

BASE = "http://127.0.0.1:8000"
HEAD = {"e2b": "seitenkopf", "e3": "article-head"}


@cache
def site() -> SampleSite:
    return SampleSite(invent_stories(76, seed=1), base_url=BASE, weight_bytes=2000)


@cache
def tree(story: Story) -> HtmlElement:
    return html.document_fromstring(site().respond(story.path, "", {}).body)


def having(name: str) -> str:
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


def found(story: Story, path: str) -> list[HtmlElement]:
    nodes = tree(story).xpath(path)
    assert isinstance(nodes, list)
    return nodes


def folded(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def texts(story: Story, path: str) -> list[str]:
    return [folded(element) for element in found(story, path)]


def articles() -> list[Story]:
    return [story for story in site().stories if story.kind != "video"]


def json_ld(story: Story, kind: str) -> list[dict[str, Any]]:
    blocks = [json.loads(node.text) for node in found(story, "//script[@type='application/ld+json']")]
    return [block for block in blocks if block["@type"] == kind]


def players(story: Story) -> list[tuple[HtmlElement, dict[str, Any]]]:
    holders = found(story, "//*[starts-with(@data-v-type, 'MediaPlayer')]")
    return [(holder, json.loads(holder.get("data-v"))) for holder in holders]


def inside(element: HtmlElement, name: str) -> bool:
    return any(name in (ancestor.get("class") or "").split() for ancestor in element.iterancestors())


@pytest.mark.parametrize("story", articles(), ids=lambda story: story.slug)
def test_body_selectors_give_lead_paragraphs_and_headings(story: Story) -> None:
    article = f"//article[{having('content-wrapper__group')}]"
    paragraph = f"{article}//p[{having('textabsatz')} or {having('article-head__shorttext')}]"
    heading = f"{article}//h2[{having('meldung__subhead')}]"
    own = f"[not(ancestor::*[{having('teaser-absatz')}])]"
    path = f"{paragraph}{own} | {heading}{own}"
    wanted = [
        " ".join(part.split())
        for part in [story.lead, *(b.text for b in story.blocks if b.kind in ("paragraph", "heading"))]
        if part
    ]
    assert texts(story, path) == wanted
    assert json_ld(story, "NewsArticle")[0]["articleBody"].split() == " ".join(wanted).split()


@pytest.mark.parametrize("story", articles(), ids=lambda story: story.slug)
def test_head_of_an_article(story: Story) -> None:
    head = HEAD[story.era]
    assert texts(story, f"//h1//*[{having(f'{head}__topline')}]") == [story.topline]
    assert texts(story, f"//h1//*[{having(f'{head}__headline--text')}]") == [story.headline]
    assert texts(story, f"//*[{having('metatextline')}]") == [story.stand_raw]
    assert texts(story, f"//*[{having(f'{head}__label')}]") == ([story.label] if story.label else [])
    lead = (
        f"//p[{having('article-head__shorttext')}]/strong"
        if story.era == "e3"
        else f"//article/p[{having('textabsatz')}][1]/strong"
    )
    assert texts(story, lead) == ([story.lead] if story.lead else [])
    other = f"//*[{having(HEAD['e3' if story.era == 'e2b' else 'e2b'])}]"
    assert not found(story, other)


@pytest.mark.parametrize("story", site().stories, ids=lambda story: story.slug)
def test_meta_and_times_come_each_from_its_place(story: Story) -> None:
    def meta(name: str) -> list[str]:
        return [node.get("content") for node in found(story, f"//meta[@name='{name}' or @property='{name}']")]

    full = story.at(BASE)
    assert meta("og:url") == [full.path]
    assert [node.get("href") for node in found(story, "//link[@rel='canonical']")] == [full.path]
    assert meta("og:title") == [story.seo_title]
    assert meta("og:description") == meta("description") == [story.description]
    assert meta("title") == ([story.seo_title] if story.era == "e3" else [])
    assert meta("og:type") == ["article" if story.era == "e3" else "website"]
    assert meta("keywords") == [", ".join(story.keywords)]
    assert meta("date") == [f"{story.published:%Y-%m-%dT%H:%M:%S}"]
    after = [value for value in meta("robots") if value.startswith("unavailable_after: ")]
    if story.unavailable_after:
        assert re.fullmatch(r"unavailable_after: \d{4}-\d\d-\d\dT00:00:00\+0[12]", after[0])
        assert datetime.fromisoformat(after[0].removeprefix("unavailable_after: ") + ":00") == story.unavailable_after
    else:
        assert after == []
    block = json_ld(story, "VideoObject" if story.kind == "video" else "NewsArticle")[0]
    assert block["mainEntityOfPage"] == full.path
    for key, at in (("datePublished", story.published), ("dateModified", story.modified)):
        assert block[key].endswith("Z") == (story.era == "e3")
        assert datetime.fromisoformat(block[key]) == at
    assert block["headline"] == (story.headline if story.kind == "video" else story.seo_title)
    data = json.loads(found(story, "//*[@data-js_component='tracking-component']")[0].get("data-config"))[
        "trackingData"
    ]
    if story.era == "e3":
        told = data["d:tgp_content_publication_time"], data["d:tgp_content_last_editorial_update"]
        assert told == (f"{story.first_published:%Y-%m-%dT%H:%M:%S}Z", f"{story.published:%Y-%m-%dT%H:%M:%S}Z")
        assert (data["s:tgp_content_id"], data["s:tgp_content_external_id"]) == (story.slug, story.external_id)
    else:
        told = data["d:content_publication_time"], data["d:content_last_editoral_update"]
        assert set(told) == {f"{story.published:%Y-%m-%dT%H:%M:%S}Z"}
        assert (data["content_id"], data["content_import_id"]) == (story.slug, story.external_id)
    # The Z is false: read as UTC the time would be off by the German offset.
    false = datetime.strptime(told[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert false - story.published.replace(microsecond=0) == story.published.astimezone(BERLIN).utcoffset()


@pytest.mark.parametrize("story", site().stories, ids=lambda story: story.slug)
def test_own_players_carry_the_media_and_teaser_players_do_not(story: Story) -> None:
    full = story.at(BASE)
    boxes = ("teaser-absatz", "teaser-xs")
    own = [(holder, data) for holder, data in players(story) if not any(inside(holder, box) for box in boxes)]
    assert len(own) == len(full.media)
    for (holder, data), medium in zip(own, full.media, strict=True):
        assert data["playerType"] == medium.kind
        assert data["mc"]["meta"]["title"] == medium.title
        assert [entry["url"] for entry in data["mc"]["streams"][0]["media"]] == [each.url for each in medium.streams]
        assert data["mc"]["pluginData"]["sharing@web"]["link"] == medium.page_url
        if medium.subtitles:
            printed = data["mc"]["subtitles"][0]["sources"][0]["url"]
            assert medium.subtitles[0].url in (printed, BASE + printed)
        tracked = (data["pc"]["pluginData"] or data["mc"]["pluginData"])["trackingPiano@all"]["avContent"]
        assert (medium.duration_s or 0) * 1000 in tracked.values()
        assert inside(holder, f"copytext__{medium.kind}") == (medium.role == "body")
    boxed = [data for holder, data in players(story) if inside(holder, "teaser-absatz")]
    assert [data["playerType"] for data in boxed] == [each.player for each in story.teasers if each.player]
    assert all(data["context"] == "teaser_absatz" for data in boxed)
    printed = texts(
        story, f"//*[{having('mediaplayer-subline__metainfo')} or {having('mediaplayer-subline__details')}]"
    )
    assert printed == [medium.raw for medium in story.media if medium.raw]


@pytest.mark.parametrize("story", articles(), ids=lambda story: story.slug)
def test_pictures_captions_and_their_doubles(story: Story) -> None:
    for image in story.images:
        pictures = found(story, f"//article//img[@src={json.dumps(image.url)}]")
        assert [node.get("alt") for node in pictures] == [image.alt] * len(pictures)
        assert {node.get("title") for node in pictures} == {f"{image.alt} | {image.credit}"}
        doubles = [node for node in pictures if node.getparent().tag == "noscript"]
        assert len(doubles) == (1 if story.era == "e2b" else 0)
        assert len(pictures) - len(doubles) == 1
    captions = texts(story, f"//*[{having('absatzbild__info__text')}]")
    assert sorted(captions) == sorted(image.caption for image in story.images if image.caption)


@pytest.mark.parametrize("story", articles(), ids=lambda story: story.slug)
def test_boxes_about_other_articles(story: Story) -> None:
    boxes = found(story, f"//article//*[{having('teaser-absatz')}]")
    assert len(boxes) == len(story.teasers)
    for box, teaser in zip(boxes, story.at(BASE).teasers, strict=True):
        link = box.find_class("teaser-absatz__link")[0]
        assert link.get("href") in (teaser.related.url, (teaser.related.url or "").removeprefix(BASE))
        assert [folded(node) for node in box.find_class("teaser-absatz__headline")] == [teaser.related.headline]
        assert [folded(node) for node in box.find_class("teaser-absatz__topline")] == [teaser.related.topline] * bool(
            teaser.related.topline
        )
        assert [folded(node) for node in box.find_class("teaser-absatz__date")] == [f"{teaser.at:%d.%m.%Y}"]
        assert inside(box, "copytext-element-wrapper--overlap")


@pytest.mark.parametrize("story", site().stories, ids=lambda story: story.slug)
def test_footer_tags_broadcasts_and_breadcrumb(story: Story) -> None:
    links = found(story, f"//*[{having('meldungsfooter')}]//ul[{having('taglist')}]//a[{having('tag-btn')}]")
    assert [(folded(a), a.get("href")) for a in links] == [(tag.name, f"/thema/{tag.slug}") for tag in story.tags]
    references = texts(story, f"//*[{having('sendungsbezug')}]/p")
    assert references == [*dict.fromkeys(reference.raw for reference in story.broadcasts)]
    crumbs = found(story, f"//ul[{having('article-breadcrumb')}]/li/a[not({having('home')})]")
    assert [(folded(a), a.get("href")) for a in crumbs] == list(story.section)
    assert json_ld(story, "BreadcrumbList")[0]["itemListElement"][1]["item"]["@id"] == story.section[0][1]


def test_authors_stand_in_the_line_of_the_correspondent() -> None:
    with_authors = [story for story in site().stories if story.authors]
    assert {story.era for story in with_authors} == {"e2b", "e3"}
    for story in with_authors:
        assert texts(story, f"//*[{having('authorline__author')}]") == [story.authors[0].raw]
        assert found(story, f"//*[{having('authorline__author')}]/a")[0].get("href") == story.authors[0].url
        named = json_ld(story, "NewsArticle")[0]["author"]
        assert [person["name"] for person in named] == [author.name for author in story.authors]
        assert story.description.endswith(f" {story.authors[0].raw}.")


def test_live_blog_entries_are_wrapped_in_one_era_and_followed_in_the_other() -> None:
    live = [story for story in site().stories if story.kind == "liveblog"]
    assert {story.era for story in live} == {"e2b", "e3"}
    for story in live:
        anchors = found(story, f"//article//div[{having('liveblog--anchor')}]")
        assert [node.get("id") for node in anchors] == [update.id for update in story.updates]
        times = [folded(node.find_class("liveblog__datetime")[0]) for node in anchors]
        assert times == [update.time_raw for update in story.updates]
        assert [folded(node.find_class("meldung__subhead")[0]) for node in anchors] == [
            u.heading for u in story.updates
        ]
        wrapped = [bool(node.find_class("textabsatz")) for node in anchors]
        assert all(wrapped) if story.era == "e2b" else not any(wrapped)
        assert texts(story, "//article/div/ul/li[not(@class)]") == list(story.blocks[0].items)


def test_other_blocks_have_their_elements() -> None:
    seen = set()
    for story in articles():
        for block in story.blocks:
            seen.add(block.kind)
            if block.kind == "list" and story.kind != "liveblog":
                assert texts(story, f"//article/div/ul[{having('bulletpoint-list')}]/li") == list(block.items)
            elif block.kind == "quote":
                assert texts(story, f"//article/div/blockquote[{having('zitat')}]") == [block.text]
            elif block.kind == "infobox":
                assert texts(story, f"//*[{having('infobox__headline--textonly')}]") == [block.title]
                assert texts(story, f"//*[{having('infobox__text--textonly')}]") == (block.text or "").split("\n\n")
            elif block.kind == "table":
                rows = found(story, "//article//table//tr")
                assert [tuple(folded(cell) for cell in row) for row in rows] == list(block.rows)
            elif block.kind == "embed":
                holders = found(story, "//*[@data-v-type='ExternalEmbed']")
                assert block.url in {json.loads(node.get("data-v"))["embed_url"] for node in holders}
    assert {"list", "quote", "infobox", "table", "embed"} <= seen


def test_programme_page_has_a_player_and_no_article_element() -> None:
    shows = [story for story in site().stories if story.kind == "video"]
    assert shows
    for story in shows:
        assert not found(story, "//article")
        assert texts(story, f"//*[{having('article-head__headline--text')}]") == [story.headline]
        assert texts(story, f"//div[{having('metatextline')}]") == [story.stand_raw]
        medium = story.media[0]
        assert medium.broadcast_at is not None
        meta = players(story)[0][1]["mc"]["meta"]
        assert datetime.strptime(meta["broadcastedOnDateTime"], "%Y-%m-%dT%H:%M:%S%z") == medium.broadcast_at
        tracked = players(story)[0][1]["mc"]["pluginData"]["trackingPiano@all"]["avContent"]
        assert tracked["d:av_original_air_time"] == f"{medium.broadcast_at:%Y-%m-%dT%H:%M:%S}Z"


def test_media_have_pages_and_subtitles_of_their_own() -> None:
    assert {clip.kind for clip in site().clips} == {"video", "audio"}
    for clip in site().clips:
        page = html.document_fromstring(site().respond(clip.path, "", {}).body)
        assert [folded(node) for node in page.find_class("article-head__headline--text")] == [clip.headline]
    for story in site().stories:
        for medium in story.media:
            for subtitle in medium.subtitles:
                document = etree.fromstring(site().respond(subtitle.url, "", {}).body)
                assert document.tag == "{http://www.w3.org/ns/ttml}tt"
                lines = ["".join(line.itertext()) for line in document.iter("{http://www.w3.org/ns/ttml}p")]
                assert medium.title is not None
                assert " ".join(lines).startswith(medium.title)


def test_every_json_in_a_page_is_json() -> None:
    for story in site().stories:
        for value in tree(story).xpath("//@data-v | //@data-config"):
            json.loads(value)


def test_what_stands_beside_the_article_belongs_to_others() -> None:
    for story in articles():
        for holder, data in players(story):
            assert (data.get("context") == "teaser_xs") == inside(holder, "teaser-xs")
        named = found(story, f"//aside//a[{having('teaser-xs__link')}]")
        older = {other.path: other for other in site().stories if other.published < story.published}
        assert all(older[link.get("href")].section == story.section for link in named)
    assert any(found(story, "//aside//h2") for story in articles())


def test_weight_is_what_is_asked_for() -> None:
    story = invent_stories(1, seed=1)[0]
    light, heavy = (
        len(SampleSite([story], weight_bytes=weight).respond(story.path, "", {}).body) for weight in (0, 100_000)
    )
    assert heavy > 100_000
    assert 80_000 < heavy - light < 130_000

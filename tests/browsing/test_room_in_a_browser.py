"""The reading room in a real Chromium: every page and every way through them, as different readers go."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, Page, expect

from newsarchive.web.stage import has_player
from tests.chromium import THEMES, Theme, violations
from tests.demoroom import Demo, Opened
from tests.interop.installed import needs_npm_tools

Opens = Callable[..., Opened]

_HEADLINE = "Alle 212 Menschen an Bord gerettet"

PAGES = ["search", "found", "article", "gone", "history", "diff", "inline", "changes", "overview", "capture", "about"]


def path_of(demo: Demo, page: str) -> str:
    """Where a page of the reading room is."""
    return {
        "search": demo.site,
        "found": f"{demo.site}?q=Fähre&sort=newest",
        "article": demo.article(demo.told),
        "gone": demo.article(demo.gone),
        "history": demo.article(demo.told, "/history"),
        "diff": demo.article(demo.told, "/diff?old=2&new=3"),
        "inline": demo.article(demo.told, "/diff?old=3&new=4&view=inline"),
        "changes": f"{demo.site}/changes",
        "overview": f"{demo.site}/overview",
        "capture": demo.capture,
        "about": "/about",
    }[page]


@needs_npm_tools
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(demo: Demo, opens: Opens, name: str, theme: Theme) -> None:
    page = opens(path_of(demo, name), theme=theme).page
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true; }")
    assert violations(page) == []


@needs_npm_tools
def test_axe_finds_nothing_on_a_page_that_is_not_there(demo: Demo, browser_page: Page) -> None:
    answer = browser_page.goto(f"{demo.base_url}{demo.article('nie-geschrieben-100')}")
    assert answer is not None
    assert answer.status == 404
    assert violations(browser_page) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_all_of_it_without_scrolling_sideways(demo: Demo, opens: Opens, name: str, theme: Theme) -> None:
    page = opens(path_of(demo, name), theme=theme, width_px=360).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("name", PAGES)
def test_themes_differ(demo: Demo, opens: Opens, name: str) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = (opens(path_of(demo, name), theme=theme).page.evaluate(background) for theme in THEMES)
    assert light != dark


@pytest.mark.parametrize(
    ("language", "search", "overview"), [("de", "Suche", "Überblick"), ("en", "Search", "Overview")]
)
def test_labels_are_in_the_language_of_the_browser(
    opens: Opens, demo: Demo, language: str, search: str, overview: str
) -> None:
    page = opens(demo.site, language=language).page
    assert page.locator("html").get_attribute("lang") == language
    pages = page.get_by_role("navigation").first
    expect(pages.get_by_role("link", name=search, exact=True)).to_be_visible()
    pages.get_by_role("link", name=overview, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == language


def test_the_other_language_is_chosen_by_a_link_and_stays(opens: Opens, demo: Demo) -> None:
    page = opens(demo.article(demo.told), language="de").page
    page.get_by_role("link", name="English", exact=True).click()
    expect(page.get_by_role("heading", level=2, name="Where this comes from")).to_be_visible()
    page.get_by_role("link", name="History:").click()
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-scripts", "without-scripts"])
def test_an_article_about_a_topic_is_found_read_and_its_history_seen(
    opens: Opens, demo: Demo, javascript: bool
) -> None:
    page = opens("/", javascript=javascript).page
    page.get_by_role("searchbox").fill("faehren")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#results mark").first).to_be_visible()
    page.get_by_role("link", name=_HEADLINE).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(_HEADLINE)
    expect(page.get_by_text("Neun von ihnen kamen mit Unterkühlungen")).to_be_visible()
    page.get_by_role("link", name="Geschichte: 5 Fassungen").click()
    events = page.locator("ol.events > li")
    expect(events).to_have_count(5)
    expect(events.filter(has_text="still")).to_have_count(1)
    page.get_by_role("link", name="Mit der Fassung davor vergleichen").nth(2).click()
    expect(page.locator("del").first).to_contain_text("Elf")
    expect(page.locator("ins").first).to_contain_text("Neun")


def test_results_follow_what_is_typed_and_the_address_with_them(opens: Opens, demo: Demo) -> None:
    opened = opens(demo.site)
    page = opened.page
    before = len([url for url in opened.seen.requests if "fragment=1" in url])
    page.get_by_role("searchbox").press_sequentially("Fähre Ostermünde", delay=20)
    expect(page.get_by_role("status")).to_contain_text("1 Artikel")
    expect(page.locator("#results")).to_contain_text(_HEADLINE)
    expect(page).to_have_url(f"{demo.base_url}{demo.site}?q=F%C3%A4hre+Osterm%C3%BCnde")
    asked = [url for url in opened.seen.requests if "fragment=1" in url]
    assert before < len(asked) < len("Fähre Ostermünde")
    shared = opens(page.url).page
    assert shared.get_by_role("searchbox").input_value() == "Fähre Ostermünde"
    expect(shared.locator("#results")).to_contain_text(_HEADLINE)


def test_no_results_stay_that_are_of_another_question(browser_page: Page, demo: Demo) -> None:
    page = browser_page
    page.goto(f"{demo.base_url}{demo.site}?q=Ostermünde&from=2026-11-01&lang=en")
    expect(page.locator("#results")).to_contain_text(_HEADLINE)
    page.locator("#to").fill("2026-10-01")
    expect(page.get_by_role("status")).to_have_text("The first day is after the last one. Swap them.")
    expect(page.locator(".hit")).to_have_count(0)
    page.context.route("**/*fragment=1*", lambda route: route.abort())
    page.locator("#to").fill("2026-11-23")
    expect(page.get_by_role("status")).to_contain_text("Is newsarchive serve still running?")
    page.context.unroute("**/*fragment=1*")
    page.locator("#to").fill("")
    expect(page.locator("#results")).to_contain_text(_HEADLINE)


def test_a_search_keeps_the_language_that_was_chosen(opens: Opens, demo: Demo) -> None:
    page = opens(f"{demo.site}?lang=en", language="de").page
    page.get_by_role("searchbox").fill("Ostermünde")
    expect(page).to_have_url(f"{demo.base_url}{demo.site}?lang=en&q=Osterm%C3%BCnde")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("button", name="Find").first).to_be_visible()
    expect(page).to_have_url(f"{demo.base_url}{demo.site}?lang=en&q=Osterm%C3%BCnde")


def test_results_can_be_narrowed_down_without_scripts(opens: Opens, demo: Demo) -> None:
    page = opens(demo.site, javascript=False).page
    page.locator("details.narrow > summary").click()
    page.locator("#state").select_option("removed")
    page.locator("details.narrow").get_by_role("button").click()
    expect(page.locator("#results")).to_contain_text("Wenn der Brunnen nur noch morgens läuft")
    expect(page.locator("#results")).not_to_contain_text(_HEADLINE)


def test_results_can_be_taken_along(opens: Opens, demo: Demo) -> None:
    page = opens(f"{demo.site}?q=Ostermünde+Kuttern").page
    as_json = page.get_by_role("link", name="JSON").get_attribute("href")
    answer = page.request.get(f"{demo.base_url}{as_json}")
    assert demo.told in {result["article_id"] for result in json.loads(answer.body())["results"]}
    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV").click()
    assert downloading.value.suggested_filename == "tagesschau-search.csv"
    assert demo.told in downloading.value.path().read_text("utf-8-sig")


def test_pictures_of_an_article_come_from_the_archive(opens: Opens, demo: Demo) -> None:
    opened = opens(demo.article(demo.told))
    picture = opened.page.locator("article img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    opened.page.wait_for_function(
        "element => element.complete && element.naturalWidth > 0", arg=picture.element_handle()
    )
    assert picture.get_attribute("alt") is not None


def test_a_citation_is_copied(opens: Opens, demo: Demo) -> None:
    page = opens(demo.article(demo.told)).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("button[data-copies]").first
    button.scroll_into_view_if_needed()
    button.click()
    expect(button).to_have_text(button.get_attribute("data-done") or "")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert _HEADLINE in copied


def test_an_article_is_found_read_and_compared_by_the_keyboard_alone(opens: Opens, demo: Demo) -> None:
    page = opens(demo.site).page
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("Fähre Ostermünde")
    page.keyboard.press("Enter")
    page.wait_for_url("**?q=*")
    _tab_to(page, _HEADLINE)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/articles/{demo.told}")
    _tab_to(page, "Geschichte: 5 Fassungen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/history")
    _tab_to(page, "Mit der Fassung davor vergleichen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/diff?**")
    expect(page.locator("ins").first).to_be_visible()


@pytest.mark.parametrize("name", PAGES)
def test_what_has_the_focus_can_be_seen(demo: Demo, opens: Opens, name: str) -> None:
    page = opens(path_of(demo, name)).page
    unmarked = []
    for _ in range(25):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break  # past the last one
        shown = page.evaluate(
            """() => {
                const style = getComputedStyle(document.activeElement);
                const box = document.activeElement.getBoundingClientRect();
                return {
                    // What is inside a frame has marks of its own.
                    outline: document.activeElement.matches("iframe")
                        || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
                    visible: box.width > 1 && box.height > 1,
                    html: document.activeElement.outerHTML.slice(0, 120),
                };
            }"""
        )
        if not (shown["outline"] and shown["visible"]):
            unmarked.append(shown)
    assert unmarked == []


@pytest.mark.skipif(not has_player(), reason="ReplayWeb.page is missing: make replay-assets")
def test_a_page_is_replayed_as_it_was_with_its_picture(opens: Opens, demo: Demo) -> None:
    page = opens(demo.article(demo.told)).page
    page.get_by_role("link", name="Die Seite sehen, wie sie war").click()
    stage = _replayed(page)
    expect(stage.get_by_role("heading", level=1)).to_contain_text(_HEADLINE, timeout=60_000)
    expect(stage.get_by_text("Neun von ihnen kamen mit Unterkühlungen")).to_be_visible()
    picture = stage.locator("article img").first
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("element => element.decode().then(() => element.naturalWidth)") > 0


def test_a_capture_can_be_read_without_scripts(opens: Opens, demo: Demo) -> None:
    page = opens(demo.capture, javascript=False).page
    stage = page.frame_locator("iframe.stage")
    expect(stage.locator("noscript p")).to_be_visible()
    expect(stage.locator("#told")).to_be_hidden()
    page.locator("details.capture-text > summary").click()
    expect(page.locator("details.capture-text pre")).to_contain_text("Neun von ihnen kamen mit Unterkühlungen")


def test_changes_lead_to_what_was_changed(opens: Opens, demo: Demo) -> None:
    page = opens(f"{demo.site}/changes").page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("link", name=_HEADLINE).first.click()
    expect(page.locator("main")).to_contain_text(_HEADLINE)


def test_every_chart_of_the_overview_has_its_numbers_as_a_table(opens: Opens, demo: Demo) -> None:
    page = opens(f"{demo.site}/overview").page
    charts = page.locator("main figure:has(svg)")
    assert charts.count() >= 3
    for chart in charts.all():
        assert chart.locator("table").count() == 1
        assert chart.locator("table caption").count() == 1


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_without_scripts_and_without_style(demo: Demo, opens: Opens, name: str) -> None:
    page = opens(path_of(demo, name), javascript=False).page
    page.locator("link[rel=stylesheet]").evaluate_all("links => links.length")
    assert page.locator("main h1").count() == 1
    assert len(page.locator("main").inner_text()) > 200


def _replayed(page: Page) -> Frame:
    """The frame that the archived page is in, once it is there."""
    wanted = re.compile(r"/replay/w/.+/\d{14}mp_/http")
    present = [frame for frame in page.frames if wanted.search(frame.url)]
    return present[0] if present else page.wait_for_event("framenavigated", lambda frame: wanted.search(frame.url))


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"{name} cannot be reached by Tab")

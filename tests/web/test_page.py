"""The page in a real Chromium: as somebody uses it, with the mouse, with keys, on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from chromium import chromium

PATIENCE = 30_000  # ms, for a busy machine


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser, site):
    """Open the page; at the end nothing may have gone wrong in it, or gone to another site."""
    contexts, wrong = [], []

    def open_at(path="/", **options):
        options = {"viewport": {"width": 1280, "height": 860}, **options}
        context = browser.new_context(base_url=site, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: check_site(asked.url, site, wrong))
        page.goto(path)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert wrong == []


def check_site(url, site, wrong):
    if not url.startswith((f"{site}/", "data:", "blob:")):
        wrong.append(f"asked {url}")


def names(page):
    return page.locator("#hits .card").evaluate_all("cards => cards.map(c => c.dataset.name)")


def card(page, name):
    return page.locator(f'#hits .card[data-name="{name}"]')


def wait_for_first(page, name):
    expect(page.locator("#hits .card").first).to_have_attribute("data-name", name, timeout=PATIENCE)


def slide(page, emotion, level):
    page.get_by_label(emotion, exact=True).evaluate(
        "(input, level) => { input.value = level; input.dispatchEvent(new Event('input')); }", level
    )


def wait_for_other_order(page, before):
    page.wait_for_function(
        "before => { const now = [...document.querySelectorAll('#hits .card')]"
        ".map(c => c.dataset.name); return now.length && now.join() !== before.join(); }",
        arg=before,
    )


def test_type_see_the_mood_read_find_the_card_and_be_told_when_nothing_matches(open_page):
    page = open_page()
    page.get_by_role("searchbox").press_sequentially("a joyful cat")
    expect(page.locator("#read")).to_contain_text("joy", timeout=PATIENCE)
    page.get_by_role("searchbox").fill("a cat")
    page.keyboard.press("Enter")
    wait_for_first(page, "cat.mp4")
    expect(page.locator("#weak")).to_have_count(0)
    page.get_by_role("searchbox").fill("two lawyers shake hands in an office")
    expect(page.locator("#weak")).to_contain_text("Nothing matches", timeout=PATIENCE)


def test_a_slider_changes_the_order_and_back_restores_it(open_page):
    page = open_page("/?q=a+person")
    page.locator("#hits .card").first.wait_for()
    before = names(page)
    slide(page, "joy", 1)
    wait_for_first(page, "astronaut.mp4")
    wait_for_other_order(page, before)
    assert "mood=joy:1" in page.url
    page.get_by_label("Weight of mood").evaluate(
        "input => { input.value = 0; input.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_url("**weight=0**")
    expect(card(page, before[0])).to_be_visible()
    page.go_back()
    page.go_back()
    shown = "[...document.querySelectorAll('#hits .card')].map(card => card.dataset.name)"
    page.wait_for_function(f"before => {shown}.join() === before", arg=",".join(before))


def test_it_plays_at_the_moment_and_jumps_on_the_timeline(open_page, ids):
    page = open_page(f"/?q=people+riding+bicycles&play={ids['bikes.mp4']}@5")
    page.wait_for_function("() => document.querySelector('#player video')?.readyState >= 1")
    time = "() => document.querySelector('#player video').currentTime"
    page.wait_for_function(f"() => Math.abs(({time})() - 5) < 0.5")
    timeline = page.get_by_role("slider", name="Emotions over time of bikes.mp4")
    page.evaluate("document.querySelector('#player video').pause()")
    box = timeline.bounding_box()
    timeline.click(position={"x": box["width"] * 0.2, "y": 20})
    page.wait_for_function(f"() => Math.abs(({time})() - 2) < 0.5")
    timeline.press("ArrowRight")
    page.wait_for_function(f"() => Math.abs(({time})() - 5) < 0.5")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.locator("#hits .card .shot").first.click()
    page.wait_for_function("() => document.querySelector('#player video')?.readyState >= 1")
    page.go_back()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_less_like_this_refines_and_a_shared_address_shows_the_same(open_page):
    page = open_page("/?q=an+animal")
    page.locator("#hits .card").first.wait_for()
    before = names(page)
    card(page, before[0]).get_by_role("button", name="Less like this").click()
    wait_for_other_order(page, before)
    after = names(page)
    assert after[0] != before[0]
    assert "unlike=" in page.url
    other = open_page(page.url.partition(page.evaluate("location.origin"))[2])
    wait_for_first(other, after[0])
    assert names(other) == after
    page.go_back()
    wait_for_first(page, before[0])


def test_two_strategies_side_by_side_with_the_change_of_rank(open_page):
    page = open_page("/?view=compare&q=a+joyful+person&left=baseline&right=late")
    page.locator(".versus path").first.wait_for(state="attached")
    left, right = (
        page.locator(f".versus section:{side} li").evaluate_all(
            "all => all.map(e => e.dataset.key)"
        )
        for side in ("first-child", "last-child")
    )
    assert left != right
    assert page.locator(".versus path").count() == len(set(left) & set(right))
    moved = next(key for key in right if key in left and left.index(key) != right.index(key))
    steps = left.index(moved) - right.index(moved)
    shown = page.locator(f'.versus section:last-child [data-key="{moved}"] .shift')
    expect(shown).to_have_text(f"{'▲' if steps > 0 else '▼'} {abs(steps)}")
    page.get_by_label("Right strategy").select_option("baseline")
    expect(page.locator(".versus section:last-child .shift").first).to_have_text("same")


def test_with_the_keyboard_alone(open_page):
    page = open_page()
    page.locator("#tabs a").first.wait_for()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("a cat")
    page.keyboard.press("Enter")
    wait_for_first(page, "cat.mp4")
    for _ in range(2):
        page.keyboard.press("Tab")
    play = card(page, "cat.mp4").get_by_role("button", name="Play cat.mp4")
    expect(play).to_be_focused()
    outline = play.evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(play).to_be_focused()
    page.keyboard.press("+")
    page.wait_for_url("**like=**")
    expect(card(page, "cat.mp4").get_by_role("button", name="More like this")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_picture_finds_what_it_shows(open_page, engine, demo, tmp_path):
    from PIL import Image

    frame = engine.frame(str(demo / "videos" / "coffee.mp4"), time=1.0)
    Image.fromarray(frame).save(tmp_path / "cup.png")
    page = open_page()
    page.locator("#picture").set_input_files(tmp_path / "cup.png")
    first = page.locator("#hits .card").first
    expect(first).to_have_attribute("data-name", "coffee.mp4", timeout=3 * PATIENCE)


def test_liked_moments_and_moods_lead_to_recommendations(open_page):
    page = open_page("/?view=moods")
    page.locator(".shelf").first.wait_for()
    page.get_by_role("link", name="All of joy").click()
    wait_for_first(page, "astronaut.mp4")
    card(page, "astronaut.mp4").get_by_role("button", name="More like this").click()
    page.get_by_role("link", name="For you").click()
    page.locator("#hits .card").first.wait_for()
    assert "astronaut.mp4" not in names(page)
    expect(page.locator("#hits .why").first).not_to_be_empty()


def test_the_map_and_the_library(open_page):
    page = open_page("/?view=map")
    spots = page.locator(".chart .spot")
    expect(spots).to_have_count(22, timeout=PATIENCE)
    spots.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("button", name="Index videos")).to_be_visible()
    expect(page.get_by_role("heading", name="Videos (21)")).to_be_visible()


def test_on_a_phone_nothing_is_cut_off(open_page):
    page = open_page("/?q=a+cat", viewport={"width": 375, "height": 740})
    wait_for_first(page, "cat.mp4")
    for view in ("search", "moods", "compare", "map", "library"):
        page.goto(f"/?q=a+cat&view={view}")
        page.locator("#main h1").first.wait_for()
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 375, view
    page.goto("/?q=a+cat")
    expect(page.get_by_label("joy", exact=True)).to_be_hidden()
    page.get_by_text("Mood, picture and filters").click()
    expect(page.get_by_label("joy", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_nobody_is_kept_from_using_it_in_light_or_dark(open_page, ids, scheme):
    page = open_page("/?q=a+joyful+person&like=1@0", color_scheme=scheme)
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(shade[4:].split(",")[0]) < 60) == (scheme == "dark")
    views = ("", "&view=compare", "&view=moods", "&view=map", "&view=library")
    for view in (*views, f"&play={ids['carphone.mp4']}@0"):
        page.goto(f"/?q=a+joyful+person{view}")
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        serious = [
            (broken["id"], broken["nodes"][0]["html"])
            for broken in found
            if broken["impact"] in ("serious", "critical")
        ]
        assert serious == [], view


def test_the_first_page_is_light(open_page, site):
    sizes = []
    page = open_page("about:blank")
    page.on("requestfinished", lambda asked: sizes.append(asked.sizes()["responseBodySize"]))
    page.goto(site)
    page.locator("#tabs a").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert 10_000 < sum(sizes) < 300_000


def test_hovering_plays_the_moment_without_sound_and_leaving_ends_it(open_page):
    page = open_page("/?q=a+rocket")
    wait_for_first(page, "rocket.mp4")
    shot = page.locator("#hits .card").first.locator("button").first
    shot.hover()
    page.wait_for_function(
        "() => { const video = document.querySelector('#hits .card video');"
        " return video && video.muted && video.currentTime > 0.2 && !video.paused; }"
    )
    page.mouse.move(2, 2)
    expect(page.locator("#hits .card video")).to_have_count(0)

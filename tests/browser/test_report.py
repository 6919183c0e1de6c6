"""The report in a real browser."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def page(browser, small_run, request):
    width = getattr(request, "param", 1280)
    made = browser.new_page(viewport={"width": width, "height": 900})
    made.problems, made.asked = [], []
    made.on("console", lambda message: made.problems.append(message.text))
    made.on("pageerror", lambda error: made.problems.append(str(error)))
    made.on("request", lambda request: made.asked.append(request.url))
    made.goto(small_run.report.resolve().as_uri())
    yield made
    made.close()


@pytest.mark.parametrize("page", [1280, 380], indirect=True)
def test_loads_alone_without_errors_and_fits(page, small_run):
    assert page.problems == []
    assert {url for url in page.asked if not url.startswith("data:")} == {small_run.report.resolve().as_uri()}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert small_run.report.stat().st_size < 2_000_000


def test_tooltip_tells_posts_and_stance(page):
    shape = page.locator("g.lane polygon").first
    shape.scroll_into_view_if_needed()
    shape.hover()
    assert "posts" in page.locator("#tip").text_content()
    page.mouse.move(0, 0)
    assert page.locator("#tip").is_hidden()


def test_lane_leads_to_its_narrative_by_mouse_and_keyboard(page):
    lane = page.locator("g.lane").nth(1)
    track = lane.get_attribute("data-track")
    lane.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == f"#{track}"
    assert page.locator("g.lane.dim").count() == page.locator("g.lane").count() - 1
    page.keyboard.press("Enter")
    assert page.locator("g.lane.dim").count() == 0


def test_another_target_recolours(page):
    before = [shape.get_attribute("fill") for shape in page.locator("g.lane polygon").all()]
    page.locator("#view").select_option(index=1)
    assert [shape.get_attribute("fill") for shape in page.locator("g.lane polygon").all()] != before


def test_posts_carry_their_language(page):
    assert {"ru", "kk"} <= {quote.get_attribute("lang") for quote in page.locator("blockquote div").all()}

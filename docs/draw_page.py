"""Photograph the application: `PYTHONPATH=tests python docs/draw_page.py demo/index`."""

import sys
from pathlib import Path

from playwright.sync_api import Page

from chromium import chromium
from serving import served

HERE = Path(__file__).parent / "pictures"
DESK, PHONE = {"width": 1200, "height": 750}, {"width": 390, "height": 844}
PICTURES = {
    "search": ("/?q=a+gloomy+street+with+taxis", DESK),
    "compare": ("/?view=compare&q=a+joyful+person&left=baseline&right=late", DESK),
    "map": ("/?view=map", DESK),
    "phone": ("/?q=a+gloomy+street+with+taxis", PHONE),
}
QUERY = "people riding bicycles"
SETTLED = 1500  # ms for pictures, lines and points to come in


def main() -> None:
    """Open each view and write its picture."""
    with served(sys.argv[1]) as (_, site), chromium() as browser:
        first = browser.new_page(base_url=site)
        first.goto(PICTURES["search"][0])
        first.locator("#hits .card").first.wait_for()  # models are loaded by then
        first.close()
        for name, (path, size) in PICTURES.items():
            page = browser.new_page(base_url=site, viewport=size)
            page.goto(path, wait_until="networkidle")
            shoot(page, name)
        page = browser.new_page(base_url=site, viewport=DESK)
        page.goto(f"/?q={QUERY.replace(' ', '+')}", wait_until="networkidle")
        page.locator("#hits .card .shot").first.click()
        shoot(page, "player")


def shoot(page: Page, name: str) -> None:
    """Write a picture of what the page shows once it has settled."""
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=HERE / f"{name}.jpg", type="jpeg", quality=80)
    page.close()


if __name__ == "__main__":
    main()

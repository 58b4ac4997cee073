"""A real Chromium: Debian's, or the one that MOODREEL_CHROMIUM names."""

import os
import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update "
    "--autoplay-policy=no-user-gesture-required"
)
NEEDED = (
    "the page is tested in Chromium: install it (apt-get install chromium) or set "
    "MOODREEL_CHROMIUM to its path; `make browser` does it on Debian"
)


def find_chromium():
    names = (os.environ.get("MOODREEL_CHROMIUM"), "chromium", "chromium-browser")
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


@contextmanager
def chromium():
    """Give a browser; where there is none the test fails and says how to get one."""
    found = find_chromium()
    if found is None:
        pytest.fail(NEEDED)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS.split())
        yield browser
        browser.close()

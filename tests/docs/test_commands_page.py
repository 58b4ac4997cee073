"""docs/commands.md is what the commands say of themselves."""

import runpy

import places

PAGE = places.DOCS / "commands.md"


def test_the_page_is_current():
    written = runpy.run_path(str(PAGE.with_name("write_commands.py")))["render"]()
    assert PAGE.read_text(encoding="utf-8") == written, "run: make docs"

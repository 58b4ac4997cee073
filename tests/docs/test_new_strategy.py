"""The page docs/new-strategy.md: its code runs and passes, its commands exist."""

import re

import places

PAGE = (places.DOCS / "new-strategy.md").read_text(encoding="utf-8")


def blocks(language):
    """Return the page's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)


def test_the_pages_strategies_pass_the_checks_it_calls():
    code = "\n".join(blocks("python"))
    assert "check_fusion(strategy)" in code
    exec(compile(code, "docs/new-strategy.md", "exec"), {"__name__": "page"})


def test_the_page_begins_with_a_plugin_that_works_as_a_file(demo, engine_at, tmp_path):
    file = tmp_path / "my_strategy.py"
    file.write_text(blocks("python")[0])
    with engine_at(demo / "index", plugins=[file]) as engine:
        hit = engine.search("a joyful person", fusion="mine", top=1)[0]
    assert hit.video.endswith("astronaut.mp4")
    assert hit.emotion_score > 0


def test_the_pages_commands_exist():
    from moodreel.cli import COMMANDS

    named = set(re.findall(r"^moodreel ([a-z-]+)", "\n".join(blocks("sh")), re.M))
    assert {"new-plugin", "compare", "search"} <= named
    assert named <= COMMANDS.keys()

"""The page docs/new-strategy.md: its code runs and passes, its commands exist."""

import re

import places

PAGE = (places.DOCS / "new-strategy.md").read_text(encoding="utf-8")


def test_the_pages_strategies_pass_the_checks_it_calls():
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.S))
    assert code.count("check_fusion(") == 2
    exec(compile(code, "docs/new-strategy.md", "exec"), {"__name__": "page"})


def test_the_pages_commands_exist():
    from moodreel.cli import COMMANDS

    named = set(re.findall(r"^    moodreel ([a-z-]+)", PAGE, re.M))
    assert {"new-plugin", "compare", "search"} <= named
    assert named <= COMMANDS.keys()

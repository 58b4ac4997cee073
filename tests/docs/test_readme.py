"""What the README says works: its plugin is built and installed, its file is read."""

import os
import re
import subprocess
import sys
from json import loads

import numpy as np
import pytest

import places
from hard_videos import write_video
from moodreel.registry.settings import load_settings

README = (places.README).read_text()
ENCODER = '''
import hashlib

import numpy as np
import torch

from moodreel import hookimpl
from moodreel.interfaces import TextEncoder, TextFeatures, VideoEncoder, VideoFeatures


class Words(TextEncoder):
    """Says how red, green and blue a text is."""

    space, dim = "colours", 3

    def encode(self, texts, inject=None):
        counts = [[text.count(name) + 0.01 for name in ("red", "green", "blue")] for text in texts]
        return TextFeatures(torch.nn.functional.normalize(torch.tensor(counts), dim=-1))


class Colours(VideoEncoder):
    """Says how red, green and blue a clip is."""

    space, dim, frames_per_clip = "colours", 3, 2

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def encode(self, clips):
        means = np.stack([clip.frames.mean((0, 1, 2)) for clip in clips]) ** self.gain
        return VideoFeatures(torch.nn.functional.normalize(torch.tensor(means).float(), dim=-1))


@hookimpl
def register_text_encoders(register):
    register("colour-words", Words)


@hookimpl
def register_video_encoders(register):
    register("colours", Colours)
'''
CONFIG = """
presets:
  mine:
    extends: starter
    video_encoder: colours
    text_encoder: colour-words
    captioner: null
    fusion_strategy: strong-mirror
components:
  fusion_strategy:
    strong-mirror: {plugin: mirror, share: 0.5}
"""


def block(language, holding):
    """Return the README's code block in a language that holds some text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    (found,) = [code for code in blocks if holding in code]
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Where the README's plugin, and an encoder beside it, are installed as a package."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    (source / "moodreel_mirror.py").write_text(block("python", "class Mirror"))
    (source / "moodreel_colours.py").write_text(ENCODER)
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    files = '\n[tool.hatch.build.targets.wheel]\ninclude = ["*.py"]\n'
    project = block("toml", "moodreel-mirror") + 'colours = "moodreel_colours"\n'
    (source / "pyproject.toml").write_text(build + project + files)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True)
    return site


@pytest.fixture
def with_plugin(shell, installed):
    """Call moodreel in a process that has the plugin installed."""
    paths = os.pathsep.join([str(installed), os.environ.get("PYTHONPATH", "")])

    def call(*arguments):
        return shell(*arguments, env={**os.environ, "PYTHONPATH": paths})

    return call


def test_the_readmes_plugin_has_twenty_lines():
    code = block("python", "class Mirror").splitlines()
    assert sum(bool(line.strip()) for line in code) <= 20


def test_the_readmes_plugin_is_found_and_keeps_the_contract(with_plugin, installed):
    rows = with_plugin("components", "--kind", "fusion_strategy", "--json").objects
    (mirror,) = [row for row in rows if row["name"] == "mirror"]
    assert mirror["package"] == "moodreel-mirror 0.1"
    assert mirror["options"] == {"share": 0.2}
    code = "from moodreel.testing import check_fusion; from moodreel_mirror import Mirror"
    paths = {**os.environ, "PYTHONPATH": str(installed)}
    subprocess.run([sys.executable, "-c", f"{code}; check_fusion(Mirror())"], env=paths, check=True)


def test_a_strangers_strategy_searches_an_index_that_is_there(with_plugin, demo):
    place = ("--json", "--index", demo / "index", "fusion_strategy=mirror")
    found = with_plugin("search", "a joyful person", *place).objects
    assert os.path.basename(found[0]["video"]) == "astronaut.mp4"
    assert found[0]["emotion_score"] > 0


def test_a_strangers_encoder_and_strategy_are_chosen_by_a_file(with_plugin, tmp_path):
    """No line of moodreel is changed."""
    for name, colour in (("red", (200, 20, 20)), ("blue", (20, 20, 200))):
        pictures = (np.full((48, 64, 3), colour, np.uint8) for _ in range(25))
        write_video(tmp_path / f"{name}.mp4", size=(64, 48), pictures=pictures)
    (tmp_path / "mine.yaml").write_text(CONFIG)
    use = ("--config", tmp_path / "mine.yaml", "--preset", "mine", "--index", tmp_path / "index")
    done = with_plugin("index", tmp_path / "red.mp4", tmp_path / "blue.mp4", *use)
    assert done.code == 0, done.err
    for colour in ("red", "blue"):
        found = with_plugin("search", colour, "--json", *use).objects
        assert os.path.basename(found[0]["video"]) == f"{colour}.mp4"


def test_encoders_of_different_spaces_are_refused(with_plugin, demo):
    done = with_plugin("search", "red", "video_encoder=colours", "--index", demo / "index")
    assert done.code == 2
    assert "do not share a space" in done.err
    assert done.err.count("\n") == 1


def test_the_readmes_configuration_is_one(tmp_path):
    (tmp_path / "mine.yaml").write_text(block("yaml", "presets:"))
    settings = load_settings("mine", tmp_path / "mine.yaml")
    assert settings.slots["fusion_strategy"] == "gentle"
    assert settings.segments == {"length": 10, "stride": 5}


def test_the_readmes_commands_are_commands_with_these_options(shell):
    lines = (
        block("sh", "~/Videos").splitlines() + block("sh", "fusion_strategy.weight").splitlines()
    )
    from moodreel.cli import COMMANDS

    for line in lines:
        name, *rest = line.split("#")[0].split()[1:]
        assert name in COMMANDS
        options = [word for word in rest if word.startswith("--")]
        text = shell(name, "--help").out
        assert all(option in text for option in options)


def test_json_of_a_strangers_component_is_json(with_plugin):
    assert all(loads(line) for line in with_plugin("components", "--json").out.splitlines())

"""Edited code is new code: no vectors are searched that another code has made."""

import sys
import textwrap
import warnings

import numpy as np
import pytest

from moodreel.errors import ChangedCode
from moodreel.fusion import FusionStrategy
from moodreel.registry.source_code import code_digest

STRATEGY = """
    import torch
    from moodreel import hookimpl
    from moodreel.fusion import FusionStrategy

    PART = {part}

    def halved(content):
        return content * PART

    class Base(FusionStrategy):
        def fuse_video(self, video, seen):
            return halved(video.pooled)

    class Mine(Base):
        \"\"\"{words}\"\"\"

    @hookimpl
    def register_fusion_strategies(register):
        register("mine", Mine)
"""
EXTRACTOR = """
    from moodreel import Emotion, EmotionScores, hookimpl
    from moodreel.interfaces import EmotionExtractor

    class Steady(EmotionExtractor):
        modality, observes, version = "video", frozenset([Emotion.JOY]), "{version}"

        def extract(self, inputs):
            return EmotionScores.of([{{"joy": {joy}}}] * len(inputs))

    @hookimpl
    def register_emotion_extractors(register):
        register("steady", Steady)
"""


@pytest.fixture
def write(tmp_path):
    """Write a plugin's file; each is loaded anew, as by another process."""

    def write_file(text, **values):
        for name in [n for n in sys.modules if n.startswith("moodreel_plugin_mine")]:
            del sys.modules[name]
        path = tmp_path / "mine.py"
        path.write_text(textwrap.dedent(text).format(**values))
        return path

    return write_file


@pytest.fixture
def search(demo, engine_at):
    """The best score for a text with a plugin, by an engine of its own."""

    def best(path):
        with engine_at(demo / "index", plugins=[path]) as engine:
            return engine.search("a cup of coffee", fusion="mine", top=1)[0].score

    return best


def test_edited_code_of_a_strategy_or_its_bases_is_not_served_old_vectors(write, search):
    whole = search(write(STRATEGY, part=1.0, words=""))
    half = search(write(STRATEGY, part=0.5, words=""))
    assert half == pytest.approx(whole / 2, abs=2e-3)
    assert search(write(STRATEGY, part=1.0, words="")) == pytest.approx(whole, abs=1e-5)


def test_words_about_a_strategy_are_not_its_code(write):
    def digest(words):
        from moodreel.interfaces.plugin_files import load_file

        return code_digest(load_file(write(STRATEGY, part=1.0, words=words)).Mine)

    assert digest("one") == digest("another")


def test_a_class_that_a_notebook_defines_anew_is_searched_anew(demo, engine_at):
    def define(part):
        namespace = {"FusionStrategy": FusionStrategy, "PART": part, "__name__": "__main__"}
        cell = """
class FromNotebook(FusionStrategy):
    def fuse_video(self, video, seen):
        return video.pooled * PART
"""
        exec(cell, namespace)
        return namespace["FromNotebook"]

    with engine_at(demo / "index") as engine:
        assert engine.register(define(1.0)) == "from-notebook"
        whole = engine.search("a cup of coffee", fusion="from-notebook", top=1)[0].score
        engine.register(define(0.5))
        half = engine.search("a cup of coffee", fusion="from-notebook", top=1)[0].score
    assert half == pytest.approx(whole / 2, abs=2e-3)


def test_a_changed_extractor_of_the_same_version_is_told_once_and_its_scores_are_kept(
    write, demo, tmp_path, engine_at
):
    def run(joy, version):
        path = write(EXTRACTOR, joy=joy, version=version)
        overrides = ["video_emotion=steady", "captioner=null"]
        with (
            engine_at(tmp_path / "index", *overrides, plugins=[path]) as engine,
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always")
            engine.index(demo / "videos" / "cat.mp4")
            scores = engine.search_index.source.load()[2]
        told = [str(one.message) for one in caught if one.category is ChangedCode]
        return np.unique(scores.values[:, 0]).tolist(), told

    assert run(0.25, "1") == ([0.25], [])
    kept, told = run(0.5, "1")
    assert kept == [0.25]
    assert len(told) == 1
    assert "raise `version` in the class and run moodreel index again" in told[0]
    assert run(0.5, "1") == ([0.25], [])
    assert run(0.5, "2") == ([0.5], [])

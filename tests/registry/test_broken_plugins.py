"""A plugin's mistake is named as the plugin's: one line with what is wrong and what to do."""

import pytest

HEAD = """\
import numpy as np
import pluggy
import torch
from moodreel import Emotion, EmotionScores, hookimpl
from moodreel.fusion import FusionStrategy, GatedFusion
from moodreel.interfaces import (
    Captioner, EmotionExtractor, TextEncoder, TextFeatures, VideoEncoder, VideoFeatures,
    VideoReader, VectorStore,
)
"""
SEARCH = ("search", "a joyful person", "fusion_strategy=mine")


def strategy(body, base="FusionStrategy"):
    return f"""
class Mine({base}):
{indented(body)}

@hookimpl
def register_fusion_strategies(register):
    register("mine", Mine)
"""


def extractor(body):
    return f"""
class Mine(EmotionExtractor):
{indented(body)}

@hookimpl
def register_emotion_extractors(register):
    register("mine", Mine)
"""


def component(base, hook, body):
    return f"""
class Mine({base}):
{indented(body)}

@hookimpl
def {hook}(register):
    register("mine", Mine)
"""


def indented(body):
    return "\n".join(f"    {line}" for line in body.strip().splitlines())


REGISTERING = {
    "no marker": (
        "class Mine(FusionStrategy): pass\n"
        "def register_fusion_strategies(register):\n    register('mine', Mine)",
        "register_fusion_strategies lacks the decorator @hookimpl (`from moodreel import hookimpl",
    ),
    "another project's marker": (
        "@pluggy.HookimplMarker('llm')\n"
        "def register_fusion_strategies(register):\n    register('mine', FusionStrategy)",
        "carries the marker of 'llm': use `from moodreel import hookimpl`",
    ),
    "no hooks": ("class Mine(FusionStrategy): pass", "registers nothing: it has none of the hooks"),
    "hooks that register nothing": (
        "@hookimpl\ndef register_fusion_strategies(register): pass",
        "registers nothing: its hooks never call register",
    ),
    "a misspelled hook": (
        "@hookimpl\ndef register_fusion_strategys(register): pass",
        "unknown hook 'register_fusion_strategys'. Did you mean 'register_fusion_strategies'",
    ),
    "an error inside a hook": (
        "@hookimpl\ndef register_fusion_strategies(register): {}['weights']",
        "fails in register_fusion_strategies: KeyError: 'weights'; mend the plugin",
    ),
    "a call with too little": (
        "@hookimpl\ndef register_fusion_strategies(register): register('mine')",
        "calls register wrongly in register_fusion_strategies",
    ),
    "name and class swapped": (
        "@hookimpl\ndef register_fusion_strategies(register): register(FusionStrategy, 'mine')",
        "the name comes first",
    ),
    "an instance": (
        "@hookimpl\ndef register_fusion_strategies(register): register('mine', FusionStrategy())",
        "with an instance of FusionStrategy; register the class itself",
    ),
    "a class of no kind": (
        "class Mine: pass\n"
        "@hookimpl\ndef register_fusion_strategies(register): register('mine', Mine)",
        "with Mine, which is no component; derive it from moodreel.fusion.FusionStrategy",
    ),
    "another kind's hook": (
        "class Mine(FusionStrategy): pass\n"
        "@hookimpl\ndef register_captioners(register): register('mine', Mine)",
        "which is a fusion_strategy; register it in register_fusion_strategies",
    ),
    "a name that is taken": (
        "class Mine(FusionStrategy): pass\n"
        "@hookimpl\ndef register_fusion_strategies(register): register('late', Mine)",
        "registers fusion_strategy 'late', which plugin 'late' (moodreel",
    ),
    "a syntax error": ("class Mine(", "cannot be imported: SyntaxError"),
    "a missing import": ("import no_such_package", "cannot be imported: ModuleNotFoundError"),
    "a near name": (
        strategy("def fuse_texts(self, text, wanted):\n    return text.pooled"),
        "Mine has 'fuse_texts', which nothing calls; call it 'fuse_text'",
    ),
    "too few parameters": (
        strategy("def fuse_text(self, text):\n    return text.pooled"),
        "Mine.fuse_text cannot be called as moodreel calls it: too many positional arguments; "
        "write fuse_text(self, text, wanted, weight=None)",
    ),
    "weight in another place": (
        strategy("def fuse_text(self, text, weight, wanted):\n    return text.pooled"),
        "Mine.fuse_text cannot be called as moodreel calls it: multiple values for argument "
        "'weight'",
    ),
    "swapped parameters": (
        strategy("def fuse_video(self, seen, video):\n    return video.pooled"),
        "Mine.fuse_video has 'seen', 'video' in another place; write fuse_video(self, video, seen)",
    ),
    "a missing method of GatedFusion": (
        strategy("def text_mood(self, text, wanted):\n    return text.pooled", "GatedFusion"),
        "Mine lacks 'video_mood'; add it",
    ),
    "no observes": (
        extractor("modality = 'text'\ndef extract(self, inputs): pass"),
        "Mine lacks 'observes'; add it",
    ),
    "no space": (
        component(
            "TextEncoder",
            "register_text_encoders",
            "dim = 3\ndef encode(self, texts, inject=None): pass",
        ),
        "Mine lacks 'space'; add it",
    ),
    "no inject": (
        component(
            "TextEncoder",
            "register_text_encoders",
            "space, dim = 'x', 3\ndef encode(self, texts): pass",
        ),
        "got an unexpected keyword argument 'inject'; write encode(self, texts, inject=None)",
    ),
}

BUILDING = {
    "a constructor that raises": (
        strategy("def __init__(self):\n    super().__init__()\n    {}['weights']"),
        "its constructor fails: KeyError: 'weights'; mend the plugin, or choose another",
    ),
    "parameters before super().__init__()": (
        strategy("def __init__(self):\n    self.w = torch.nn.Parameter(torch.zeros(3))"),
        "call super().__init__() before them",
    ),
    "no super().__init__()": (
        strategy("def __init__(self):\n    self.share = 0.5"),
        "Mine does not call super().__init__()",
    ),
    "a builder of something else": (
        "@hookimpl\ndef register_fusion_strategies(register):\n    register('mine', lambda: 3)",
        "it was registered as fusion_strategy but builds int",
    ),
    "vectors that are no tensor": (
        strategy("def fuse_text(self, text, wanted):\n    return text.pooled.numpy()"),
        "fuse_text returns vectors as ndarray, not as a torch.Tensor",
    ),
    "one vector for all": (
        strategy("def fuse_video(self, video, seen):\n    return video.pooled[:1]"),
        "fuse_video returns vectors of shape [1, 384], not [22, any]",
    ),
    "NaN": (
        strategy("def fuse_video(self, video, seen):\n    return video.pooled * float('nan')"),
        "fuse_video returns vectors with NaN or infinite numbers",
    ),
    "lengths that differ": (
        strategy("def fuse_video(self, video, seen):\n    return video.pooled[:, :9]"),
        "fuse_text returns vectors of 384 numbers and fuse_video of 9",
    ),
    "an error in a method": (
        strategy("def fuse_text(self, text, wanted):\n    return 1 / 0"),
        "fuse_text fails: ZeroDivisionError: division by zero",
    ),
    "an error in build": (
        strategy("def build(self, dims):\n    self.layer = dims.contents"),
        "build fails: AttributeError: 'Dims' object has no attribute 'contents'",
    ),
    "an error in fit": (
        strategy("def fit(self, video, seen):\n    raise RuntimeError('no data')"),
        "fit fails: RuntimeError: no data",
    ),
    "an error in a part of GatedFusion": (
        strategy(
            "def text_mood(self, text, wanted):\n    return text.pool\n"
            "def video_mood(self, video, seen):\n    return video.pooled[:, :16]",
            "GatedFusion",
        ),
        "fails: AttributeError: 'TextFeatures' object has no attribute 'pool'",
    ),
    "a shortlist of another length": (
        strategy("def rerank(self, text, wanted, video, seen):\n    return torch.zeros(3)"),
        "rerank returns scores of shape [3], not [",
    ),
    "tokens of another shape": (
        strategy("def inject(self, tokens, wanted):\n    return tokens[:, :1]"),
        "inject returns tokens of shape [1, 1, 384], not [1, ",
    ),
}

READING = {
    "no modality": (
        extractor("observes = frozenset(Emotion)\ndef extract(self, inputs): pass"),
        "Mine needs 'modality', one of text, video, audio, transcript, signals; it is None",
    ),
    "emotions by name alone": (
        extractor("modality, observes = 'text', {'joy'}\ndef extract(self, inputs): pass"),
        "Mine needs 'observes', a set of moodreel.Emotion; it is {'joy'}",
    ),
    "plain dicts": (
        extractor(
            "modality, observes = 'text', frozenset(Emotion)\n"
            "def extract(self, inputs):\n    return [{'joy': 1}]"
        ),
        "extract returns list, not EmotionScores",
    ),
    "rows missing": (
        extractor(
            "modality, observes = 'text', frozenset(Emotion)\n"
            "def extract(self, inputs):\n    return EmotionScores.unobserved(0)"
        ),
        "extract returns 0 rows for 1 inputs",
    ),
    "intensities that are NaN": (
        extractor(
            "modality, observes = 'text', frozenset(Emotion)\n"
            "def extract(self, inputs):\n    return EmotionScores.of([{'joy': float('nan')}])"
        ),
        "extract fails: ValueError: emotion intensities must be finite",
    ),
}

ENCODING = {
    "no vector space": (
        component(
            "TextEncoder",
            "register_text_encoders",
            "space, dim = None, 3\ndef encode(self, texts, inject=None): pass",
        ),
        "Mine needs 'space', the name of its vector space; it is None",
    ),
    "features of another length": (
        component(
            "TextEncoder",
            "register_text_encoders",
            "space, dim = 'SPACE', 384\n"
            "def encode(self, texts, inject=None):\n"
            "    return TextFeatures(torch.zeros(len(texts), 5))",
        ),
        "encode returns pooled of shape [1, 5], not [1, 384]",
    ),
}


@pytest.fixture
def write_plugin(tmp_path, monkeypatch):
    def write(source):
        path = tmp_path / "mine.py"
        path.write_text(HEAD + source)
        monkeypatch.setenv("MOODREEL_PLUGINS", str(path))
        return path

    return write


def refused(outcome, path, says):
    """Whether a command named the plugin, and what is wrong, on one line, and exited with 2."""
    lines = outcome.err.strip().splitlines()
    assert outcome.code == 2, outcome.err
    assert len(lines) == 1, outcome.err
    assert says in lines[0]
    assert f"plugin 'mine.py' ({path})" in lines[0]
    assert "report it" not in lines[0]


def cases(table):
    return pytest.mark.parametrize(("source", "says"), table.values(), ids=table)


@cases(REGISTERING)
def test_a_plugin_that_cannot_be_taken_in_is_named_and_the_others_are_listed(
    moodreel, write_plugin, source, says
):
    path = write_plugin(source)
    refused(moodreel(*SEARCH), path, says)
    listed = moodreel("components", "--json")
    assert says in listed.err
    assert listed.code == 1
    assert {"late", "baseline"} <= {row["name"] for row in listed.objects}


@cases(BUILDING)
def test_a_strategys_mistake_is_named_as_the_plugins(moodreel, write_plugin, demo, source, says):
    path = write_plugin(source)
    refused(moodreel(*SEARCH, "--index", demo / "index"), path, says)


@cases(READING)
def test_an_extractors_mistake_is_named_as_the_plugins(moodreel, write_plugin, demo, source, says):
    path = write_plugin(source)
    call = ("search", "a cat", "text_emotion=mine", "--index", demo / "index")
    refused(moodreel(*call), path, says)


@cases(ENCODING)
def test_an_encoders_mistake_is_named_as_the_plugins(
    moodreel, write_plugin, demo, text_encoder, source, says
):
    path = write_plugin(source.replace("SPACE", text_encoder.space))
    call = ("search", "a cat", "text_encoder=mine", "--index", demo / "index")
    refused(moodreel(*call), path, says)


def test_a_plugin_that_fails_on_a_video_costs_that_video_and_is_named(
    moodreel, write_plugin, demo, tmp_path
):
    path = write_plugin(
        component(
            "Captioner",
            "register_captioners",
            "def caption(self, clips):\n    return ['a caption'] * (len(clips) - 1)",
        )
    )
    index = tmp_path / "index"
    done = moodreel("index", demo / "videos" / "cat.mp4", "captioner=mine", "--index", index)
    assert done.code == 1
    assert f"plugin 'mine.py' ({path}): caption returns 0 captions for 1 clips" in done.err


def test_a_file_that_is_not_there_is_named(moodreel, monkeypatch, tmp_path):
    monkeypatch.setenv("MOODREEL_PLUGINS", str(tmp_path / "none.py"))
    refused_with = moodreel(*SEARCH)
    assert refused_with.code == 2
    assert "plugin 'none.py'" in refused_with.err
    assert "cannot be imported" in refused_with.err

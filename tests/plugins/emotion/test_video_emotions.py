"""Emotions of clips by prompts, by captions, and by several extractors at once."""

import numpy as np
import pytest
import torch

from moodreel import Clip, Emotion, EmotionScores
from moodreel.errors import ConfigurationError, InvalidInput
from moodreel.interfaces import (
    Captioner,
    EmotionExtractor,
    TextEncoder,
    TextFeatures,
    VideoEncoder,
    VideoFeatures,
)
from moodreel_plugins.emotion.combine import CaptionEmotion, CombinedEmotion
from moodreel_plugins.emotion.prompts import PEOPLE, PLAIN, PromptEmotion
from moodreel_plugins.encoders.clip import ClipTextEncoder, ClipVideoEncoder
from nearness import ROUNDING, assert_near

SUBJECTS = [*PEOPLE.values(), *PLAIN]


def clip_showing(*subjects):
    """A clip whose frames show a subject each: its number among SUBJECTS is its brightness."""
    frames = [np.full((4, 4, 3), SUBJECTS.index(subject), np.uint8) for subject in subjects]
    return Clip(np.stack(frames), np.arange(len(frames), dtype=np.float64))


class Words(TextEncoder):
    """Gives each subject an axis of its own, whatever stands around it."""

    space, dim = "subjects", len(SUBJECTS)

    def encode(self, texts, inject=None):
        named = [[s for s in SUBJECTS if s in text] for text in texts]
        axes = [SUBJECTS.index(max(subjects, key=len)) for subjects in named]
        return TextFeatures(torch.eye(self.dim)[axes])


class Pictures(VideoEncoder):
    """Sees the subject of a frame by its brightness; pads as encoders do."""

    space, dim = "subjects", len(SUBJECTS)

    def __init__(self, framed=True):
        self.framed = framed

    def encode(self, clips):
        longest = max(map(len, clips))
        axes = [[int(frame[0, 0, 0]) for frame in clip.frames] for clip in clips]
        padded = [row + row[-1:] * (longest - len(row)) for row in axes]
        frames = torch.eye(self.dim)[torch.tensor(padded)]
        means = torch.stack([torch.eye(self.dim)[row].mean(0) for row in axes])
        pooled = torch.nn.functional.normalize(means, dim=-1)
        return VideoFeatures(pooled, frames if self.framed else None)


class Saying(Captioner):
    """Says what it is told to."""

    def __init__(self, *captions):
        self.captions = captions

    def caption(self, clips):
        return list(self.captions[: len(clips)])


class Fixed(EmotionExtractor):
    """Gives the same scores whatever it sees."""

    def __init__(self, rows, observes=(), modality="video", evidence=0):
        self.rows, self.modality, self.evidence = rows, modality, evidence
        self._observes = frozenset(map(Emotion, observes))

    @property
    def observes(self):
        return self._observes

    def extract(self, inputs):
        return EmotionScores.of(self.rows).counted([self.evidence] * len(self.rows))


@pytest.fixture(scope="module")
def astronaut():
    import skimage

    return Clip(skimage.data.astronaut()[None, :480, :480], np.zeros(1))


# Prompts


def test_a_frame_that_shows_an_angry_person_is_anger():
    extractor = PromptEmotion(Pictures(), Words())
    angry, plain = extractor.extract([clip_showing(PEOPLE["anger"]), clip_showing("an object")])
    assert angry["anger"] > 0.99
    assert set(angry) == set(Emotion)
    assert max(plain.values()) < 0.01


def test_frames_count_alike_and_padding_does_not():
    extractor = PromptEmotion(Pictures(), Words())
    both = clip_showing(PEOPLE["joy"], PEOPLE["fear"])
    long = clip_showing(*["an object"] * 7, PEOPLE["joy"])
    together = extractor.extract([both, long])
    assert together.named(0)["joy"] == pytest.approx(0.5, abs=1e-3)
    assert together.named(0)["fear"] == pytest.approx(0.5, abs=1e-3)
    assert together.named(1)["joy"] == pytest.approx(1 / 8, abs=1e-3)
    assert_near(together.values[:1], extractor.extract([both]).values)


def test_an_encoder_without_frames_is_asked_for_the_whole():
    extractor = PromptEmotion(Pictures(framed=False), Words())
    seen = extractor.extract([clip_showing(PEOPLE["joy"], PEOPLE["fear"])]).named(0)
    assert seen["joy"] == pytest.approx(0.5, abs=1e-3)


def test_only_described_emotions_are_observed():
    extractor = PromptEmotion(Pictures(), Words(), people={"joy": PEOPLE["joy"]})
    assert extractor.observes == {Emotion.JOY}
    assert set(extractor.extract([clip_showing("an animal")]).named(0)) == {"joy"}
    assert extractor.extract([]).values.shape == (0, 8)


def test_the_starters_space_can_be_asked(registry, astronaut):
    scores = registry.create("emotion_extractor", "prompts").extract([astronaut] * 2)
    assert scores.observed.all()
    assert (scores.values >= 0).all()
    assert (scores.values.sum(1) < 1).all()


def test_a_clip_is_asked_as_zero_shot_classification_does(tmp_path):
    from tiny_models import save_clip

    folder = str(save_clip(tmp_path / "clip"))
    video = ClipVideoEncoder(folder, dtype="float32", device="cpu")
    text = ClipTextEncoder(folder, dtype="float32", device="cpu")
    extractor = PromptEmotion(video, text, templates=["a photo of {}"])
    frames = np.random.default_rng(0).integers(0, 256, (3, 40, 60, 3), np.uint8)
    clip = Clip(frames, np.arange(3.0))
    prompts = text.encode([f"a photo of {subject}" for subject in SUBJECTS]).pooled
    shares = ((video.encode([clip]).frames[0] @ prompts.T) / 0.01).softmax(-1).mean(0)
    expected = EmotionScores.of([dict(zip(PEOPLE, shares.tolist(), strict=False))])
    # The temperature makes a hundredfold of what the cosines differ by.
    assert_near(extractor.extract([clip]).values, expected.values, 100 * ROUNDING)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"temperature": 0}, "above 0"),
        ({"people": {}}, "needs people"),
        ({"templates": ["a photo"]}, "templates with {}"),
        ({"people": {"boredom": "a bored person"}}, "unknown emotion 'boredom'"),
    ],
)
def test_prompts_that_cannot_work_are_refused(options, says):
    with pytest.raises((ValueError, InvalidInput), match=says):
        PromptEmotion(Pictures(), Words(), **options)


def test_encoders_of_two_spaces_are_refused(text_encoder):
    with pytest.raises(ConfigurationError, match="share a space"):
        PromptEmotion(Pictures(), text_encoder).extract([clip_showing("an object")])


# Captions


def test_a_caption_is_read_by_the_text_extractor(registry):
    words = registry.create("emotion_extractor", "words")
    extractor = CaptionEmotion(Saying("a furious man", "a brick wall", ""), words)
    clips = [clip_showing("an object")] * 3
    furious, wall, silent = extractor.extract(clips)
    assert furious["anger"] > 0.8
    assert wall == dict.fromkeys(Emotion, 0.0)
    assert silent == {}
    assert extractor.observes == words.observes
    assert extractor.extract([]).values.shape == (0, 8)


def test_the_registry_reads_captions_of_the_starter(registry, astronaut):
    extractor = registry.create("emotion_extractor", "caption")
    caption = registry.create("captioner", "labels").caption([astronaut])
    assert list(extractor.extract([astronaut])) == list(extractor.extractor.extract(caption))


def test_a_video_extractor_cannot_read_captions():
    with pytest.raises(ValueError, match="modality text"):
        CaptionEmotion(Saying(), Fixed([]))


# Several


def test_each_emotion_is_the_mean_over_those_that_observe_it():
    face = Fixed([{"joy": 0.8, "fear": 0.0}, {}], ["joy", "fear"], evidence=2)
    text = Fixed([{"joy": 0.2, "trust": 0.6}, {"joy": 0.5, "trust": 0.0}], ["joy", "trust"])
    both = CombinedEmotion([face, text], [3, 1])
    first, second = both.extract([None, None])
    assert first == pytest.approx({"joy": 0.65, "fear": 0.0, "trust": 0.6}, abs=ROUNDING)
    assert second == pytest.approx({"joy": 0.5, "trust": 0.0}, abs=ROUNDING)
    assert both.observes == {"joy", "fear", "trust"}
    assert both.extract([None, None]).evidence.tolist() == [2, 2]


def test_what_nobody_observes_stays_unknown():
    scores = CombinedEmotion([Fixed([{}]), Fixed([{}])]).extract([None])
    assert not scores.observed.any()


@pytest.mark.parametrize(
    ("extractors", "weights", "says"),
    [
        ([], None, "one extractor or more"),
        ([Fixed([])], [1.0, 2.0], "a weight above 0 for each"),
        ([Fixed([])], [0.0], "a weight above 0 for each"),
        ([Fixed([]), Fixed([], modality="text")], None, "all read text, or all read video"),
    ],
)
def test_what_cannot_be_combined_is_refused(extractors, weights, says):
    with pytest.raises(ValueError, match=says):
        CombinedEmotion(extractors, weights)


def test_the_registry_combines_by_name(registry, astronaut):
    both = registry.create("emotion_extractor", "face-and-caption")
    assert both.modality == "video"
    face = registry.create("emotion_extractor", "face").extract([astronaut]).named(0)
    read = registry.create("emotion_extractor", "caption").extract([astronaut]).named(0)
    seen = both.extract([astronaut]).named(0)
    assert set(seen) == set(face) | set(read)
    expected = (3 * face["joy"] + read["joy"]) / 4 if "joy" in read else face["joy"]
    assert seen["joy"] == pytest.approx(expected, abs=ROUNDING)


def test_the_emotions_of_a_frame_are_those_of_a_clip_of_it_alone():
    extractor = PromptEmotion(Pictures(), Words())
    clips = [clip_showing(PEOPLE["joy"], PEOPLE["anger"], PLAIN[0]), clip_showing(PEOPLE["fear"])]
    told = extractor.extract(clips).frames
    for row, clip in enumerate(clips):
        alone = extractor.extract([clip.frame(place) for place in range(len(clip))])
        assert_near(told.values[row, : len(clip)], alone.values)
    assert not told.observed[1, 1:].any()


def test_several_extractors_tell_of_frames_together():
    two = EmotionScores.of([{"joy": 0.2}, {"joy": 0.4}])

    class Telling(Fixed):
        def extract(self, inputs):
            return super().extract(inputs).framed([two] * len(inputs))

    parts = [Telling([{"joy": 1.0}], ["joy"]), Fixed([{"fear": 1.0}], ["fear"])]
    clip = clip_showing(PLAIN[0], PLAIN[0])
    assert CombinedEmotion(parts[1:]).extract([clip]).frames is None
    (found,) = CombinedEmotion(parts, [1.0, 3.0]).extract([clip]).frames.clips()
    assert_near(found.values, two.values)
    assert found.observed.sum() == 2

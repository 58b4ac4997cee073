"""spoken-reactions: faces and voices in scenes, whose moods are known and independent.

A data set in which a mood is shown by the face alone, by the voice alone, by both, or by both in
contradiction. As in reaction-clips, clips come in rounds: in one round the scene, the camera's way
and the speaker are the same, so that only mood can tell its clips apart.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from moodreel.containers.sounds import read_whole_sound
from moodreel.datasets.builders.montage import WIDTH, write_montage
from moodreel.datasets.builders.reaction_clips import (
    NEUTRAL,
    TEST_SHARE,
    WORDS,
    Face,
    Scene,
    find_faces,
    find_scenes,
    keep_recipe,
    take_people,
    with_article,
)
from moodreel.emotions import Emotion
from moodreel.errors import InvalidInput
from moodreel.media import Progress, Sound
from moodreel.storage.atomic import atomic_path
from moodreel.storage.digests import digest

SOUNDS = {".flac", ".wav", ".ogg", ".opus", ".mp3", ".m4a"}
SPEAKER = re.compile(r"[^-_.]+")
RATE = 16_000  # samples a second
LONGEST = 4.9  # seconds: clips are one segment of the presets
SOFT = 0.02  # of the loudest; what is softer before and after a voice is cut off
USED = {"train": (0, 2, 3), "test": (0, 1)}
"""Which of the words for an emotion the captions of a split use."""
ROUNDS = 1  # of each scene: a judgement


@dataclass(frozen=True)
class Voice:
    """A recording of a voice, how it sounds, and who speaks as far as the file's name tells."""

    path: Path
    expression: str

    @property
    def speaker(self) -> str:
        """The file's name up to the first "-", "_" or "."."""
        found = SPEAKER.match(self.path.name)
        return found[0] if found else self.path.name


@dataclass(frozen=True)
class SpokenPlan:
    """One clip to make.

    Args:
        shown: which of them show a mood: "face", "voice", "both", "against" each other or "none".
        camera: the seed of the camera's way and the face's place.
    """

    scene: Scene
    face: Face
    voice: Voice
    shown: str
    split: str
    round: int
    camera: str

    @property
    def name(self) -> str:
        """The clip's path inside the data set."""
        pair = f"{self.face.expression}-{self.voice.expression}"
        return f"videos/{self.scene.name}-{self.round:03d}-{pair}.mp4"

    @property
    def emotions(self) -> dict[str, float]:
        """The emotions that the face or the voice shows."""
        pair = self.face.expression, self.voice.expression
        return {name: 1.0 for name in dict.fromkeys(pair) if name != NEUTRAL}


def make_spoken(
    target: Path,
    faces: Path,
    voices: Path,
    scenes: Path | None = None,
    seed: int = 0,
    rounds: int = ROUNDS,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> list[SpokenPlan]:
    """Write clips and `captions.jsonl` into a folder; clips that are there already are kept.

    Args:
        target: the folder to write; it is made if it is not there.
        faces: a folder with sub-folders named after emotions, neutral among them, with
            photographs of one face each.
        voices: a folder with such sub-folders with recordings of one voice each, named after
            their speakers.
        scenes: a folder of photographs named after what they show; None takes those of
            scikit-image and scikit-learn.
        seed: decides the splits, the rounds and the camera.
        rounds: how many rounds each scene has.
        on_progress: called with the progress.

    Raises:
        InvalidInput: a folder holds no such files, or `target` holds another data set.
        MissingPackage: the packages with the default scenes are not installed.
    """
    found, heard, seen = find_faces(faces), find_voices(voices), find_scenes(scenes)
    plans = plan_spoken(found, heard, seen, seed, rounds)
    names = [*(f"{face.expression}/{face.path.name}" for face in found)]
    names += [f"{voice.expression}/{voice.path.name}" for voice in heard]
    recipe = {"builder": "spoken-reactions", "version": 1, "seed": seed, "width": WIDTH}
    shown = [scene.name for scene in seen]
    keep_recipe(
        target, {**recipe, "rounds": rounds, "files": digest("\n".join(names)), "scenes": shown}
    )
    (target / "videos").mkdir(exist_ok=True)
    for done, plan in enumerate(plans):
        on_progress(Progress(plan.name, done, len(plans)))
        write_spoken(plan, target / plan.name)
    write_captions(target / "captions.jsonl", plans)
    on_progress(Progress("", len(plans), len(plans)))
    return plans


def find_voices(folder: Path) -> list[Voice]:
    """Return the recordings in sub-folders named after emotions, or neutral."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder}: no such folder")
    found = [
        Voice(path, path.parent.name.lower())
        for path in sorted(folder.glob("*/*"))
        if path.suffix.lower() in SOUNDS and path.parent.name.lower() in {*Emotion, NEUTRAL}
    ]
    if len({voice.expression for voice in found}) < 2:
        raise InvalidInput(
            f"{folder}: needs two or more sub-folders named after emotions (or neutral) with "
            f"recordings; the emotions are {', '.join(Emotion)}"
        )
    return found


def plan_spoken(
    faces: Sequence[Face], voices: Sequence[Voice], scenes: Sequence[Scene], seed: int, rounds: int
) -> list[SpokenPlan]:
    """Return every clip, in rounds; no face, speaker or scene of the test is trained on.

    Raises:
        InvalidInput: faces and voices share no emotion, or one of them is never neutral.
    """
    emotions = shared_emotions(faces, voices)
    sides = split_all(faces, voices, scenes, seed)
    plans = []
    for split, (shown, spoken, places) in sides.items():
        for scene in places:
            for number in range(rounds):
                camera = f"{seed}/{scene.name}/{number}"
                draw = Random(camera)
                looks = {name: draw.choice(faces_of(shown, name)) for name in (*emotions, NEUTRAL)}
                says = speaker_round(spoken, emotions, draw)
                plans += [
                    SpokenPlan(scene, looks[one], says[other], kind, split, number, camera)
                    for kind, one, other in pairs(emotions)
                ]
    return plans


def pairs(emotions: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield who shows a mood, the face's expression and the voice's, for the clips of a round.

    >>> [kind for kind, _, _ in pairs(["joy", "fear"])]
    ['none', 'face', 'voice', 'both', 'against', 'face', 'voice', 'both', 'against']
    """
    yield "none", NEUTRAL, NEUTRAL
    for place, emotion in enumerate(emotions):
        yield "face", emotion, NEUTRAL
        yield "voice", NEUTRAL, emotion
        yield "both", emotion, emotion
        if len(emotions) > 1:
            yield "against", emotion, emotions[(place + 1) % len(emotions)]


def shared_emotions(faces: Sequence[Face], voices: Sequence[Voice]) -> list[str]:
    """Return the emotions of both faces and voices, in order of name."""
    both = {face.expression for face in faces} & {voice.expression for voice in voices}
    if NEUTRAL not in both or len(both) < 2:
        raise InvalidInput("faces and voices need a sub-folder neutral and an emotion in common")
    return sorted(both - {NEUTRAL})


Side = tuple[list[Face], list[Voice], list[Scene]]


def split_all(
    faces: Sequence[Face], voices: Sequence[Voice], scenes: Sequence[Scene], seed: int
) -> dict[str, Side]:
    """Share out faces by person, voices by speaker and scenes to train and test."""
    test_faces = take_people(faces, TEST_SHARE, Random(f"{seed}/faces"))
    speakers = take_share(sorted({voice.speaker for voice in voices}), Random(f"{seed}/voices"))
    places = take_share(sorted(scene.name for scene in scenes), Random(f"{seed}/scenes"))
    return {
        "train": (
            [face for face in faces if face not in test_faces],
            [voice for voice in voices if voice.speaker not in speakers],
            [scene for scene in scenes if scene.name not in places],
        ),
        "test": (
            test_faces,
            [voice for voice in voices if voice.speaker in speakers],
            [scene for scene in scenes if scene.name in places],
        ),
    }


def take_share(names: Sequence[str], draw: Random) -> set[str]:
    """Draw the test's share of names, at least one."""
    return set(draw.sample(list(names), max(1, round(TEST_SHARE * len(names)))))


def faces_of(faces: Sequence[Face], expression: str) -> list[Face]:
    """Return the faces of an expression.

    Raises:
        InvalidInput: there is none.
    """
    found = [face for face in faces if face.expression == expression]
    if not found:
        raise InvalidInput(f"too few faces of {expression} for train and test: add some")
    return found


def speaker_round(
    voices: Sequence[Voice], emotions: Sequence[str], draw: Random
) -> dict[str, Voice]:
    """Draw one speaker who has every emotion, and a recording of each.

    Raises:
        InvalidInput: no speaker has every emotion.
    """
    wanted = [*emotions, NEUTRAL]
    by_speaker: dict[str, dict[str, list[Voice]]] = {}
    for voice in voices:
        said = by_speaker.setdefault(voice.speaker, {})
        said.setdefault(voice.expression, []).append(voice)
    whole = [name for name in sorted(by_speaker) if set(wanted) <= set(by_speaker[name])]
    if not whole:
        raise InvalidInput("no speaker of a split has recordings of every emotion and neutral")
    said = by_speaker[draw.choice(whole)]
    return {name: draw.choice(said[name]) for name in wanted}


def write_spoken(plan: SpokenPlan, target: Path) -> None:
    """Write the clip of a plan, if it is not there."""
    if not target.exists():
        heard = trimmed(read_whole_sound(plan.voice.path, RATE))
        write_montage(plan.scene.path, plan.face.path, plan.camera, target, heard)


def trimmed(sound: Sound) -> Sound:
    """Return a sound without what is soft before and after it, at most `LONGEST` long."""
    loud = np.flatnonzero(np.abs(sound.samples) > SOFT * np.abs(sound.samples).max(initial=0))
    if not len(loud):
        raise InvalidInput("a recording is silent; take it out of the folder of voices")
    first = int(loud[0])
    last = min(int(loud[-1]) + 1, first + round(LONGEST * sound.rate))
    return Sound(sound.samples[first:last], sound.rate)


def write_captions(target: Path, plans: Sequence[SpokenPlan]) -> None:
    """Write one JSON object a line for each caption, whole or not at all."""
    with atomic_path(target) as partial, partial.open("w", encoding="utf-8") as file:
        for plan in plans:
            for caption in captions_of(plan):
                file.write(json.dumps(caption) + "\n")


def captions_of(plan: SpokenPlan) -> Iterator[dict[str, Any]]:
    """Yield the captions of a clip: each mood with the scene, the scene alone, a person with it."""
    scene = plan.scene.phrase
    for emotion in plan.emotions:
        for place in USED[plan.split]:
            text = f"{with_article(WORDS[emotion][place])} person and {scene}"
            yield caption_line(plan, text, "emotional", {emotion: 1.0})
    yield caption_line(plan, scene, "scene", {})
    yield caption_line(plan, f"a person and {scene}", NEUTRAL, {})


def caption_line(
    plan: SpokenPlan, text: str, kind: str, emotions: Mapping[str, float]
) -> dict[str, Any]:
    """Return a line of captions.jsonl."""
    labels = {
        "scene": plan.scene.name,
        "emotions": plan.emotions,
        "face": f"{plan.face.expression}/{plan.face.path.name}",
        "voice": f"{plan.voice.expression}/{plan.voice.path.name}",
        "speaker": plan.voice.speaker,
        "shown": plan.shown,
        "round": f"{plan.scene.name}-{plan.round:03d}",
    }
    return {
        "video": plan.name,
        "caption": text,
        "split": plan.split,
        "kind": kind,
        "emotions": dict(emotions),
        "labels": labels,
    }

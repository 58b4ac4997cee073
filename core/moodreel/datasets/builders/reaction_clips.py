"""reaction-clips: photographs of faces set into photographs of scenes, as videos with captions.

A data set in which mood and content are known and independent: every face of a class meets every
scene of its split. Clips come in rounds: in one round the scene, the camera's way and the face's
place are the same and the expressions differ, so that only mood can tell its clips apart.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from moodreel.datasets.builders.montage import WIDTH, write_montage
from moodreel.datasets.builders.samples import PHOTOGRAPHS, packaged_file
from moodreel.emotions import Emotion
from moodreel.errors import InvalidInput
from moodreel.media import Progress
from moodreel.storage.atomic import atomic_path
from moodreel.storage.digests import digest

SCENES = {
    "bricks": "a brick wall",
    "cat": "a cat",
    "clock": "a clock",
    "coffee": "a cup of coffee",
    "coins": "a pile of coins",
    "flower": "a flower",
    "grass": "grass",
    "gravel": "gravel",
    "horse": "a horse",
    "moon": "the moon",
    "motorcycle": "a motorcycle",
    "page": "a page of a book",
    "rocket": "a rocket",
    "temple": "a temple",
}
"""The photographs of `samples` that show no person, and what captions call them."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "joy": ("happy", "joyful", "cheerful", "smiling", "delighted", "laughing"),
    "trust": ("trusting", "confident", "reassured", "faithful", "loyal", "devoted"),
    "surprise": ("surprised", "astonished", "amazed", "startled", "stunned", "astounded"),
    "anticipation": ("expectant", "eager", "hopeful", "impatient", "anticipating", "awaiting"),
    "fear": ("frightened", "scared", "afraid", "terrified", "fearful", "anxious"),
    "sadness": ("sad", "unhappy", "sorrowful", "crying", "gloomy", "grieving"),
    "disgust": ("disgusted", "repulsed", "revolted", "nauseated", "sickened", "appalled"),
    "anger": ("angry", "furious", "enraged", "mad", "annoyed", "irritated"),
}
"""Words for an expression. Tests ask with the first two; training never sees the second."""

USED = {"train": (0, 2, 3, 4, 5), "val": (0, 3), "rest": (0, 2, 3, 4, 5), "test": (0, 1)}
"""Which of the words the captions of a split use: each clip has all of them."""

SIDES = ("train", "val", "test")
NEUTRAL = "neutral"
# The shares of the splits: judgements, not measured. Of 300 faces and 14 scenes they make 720 clips
# to test on, and 1,440 to train and validate on.
TEST_SHARE = 0.4  # the share of all faces and scenes that the test gets
VAL_FACES, VAL_SCENES = 1 / 6, 1 / 4  # the validation's share of the faces and scenes that are left
FEWEST = 10  # a class with fewer faces is left out: a judgement, not measured
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
NUMBERED = re.compile(r"[ _-]*\d+$")


@dataclass(frozen=True)
class Face:
    """A photograph of a face: its class, and whom it shows as far as the file's name tells."""

    path: Path
    expression: str

    @property
    def person(self) -> str:
        """The file's name without its number: photographs of one person stay in one split."""
        return NUMBERED.sub("", self.path.stem)


@dataclass(frozen=True)
class Scene:
    """A photograph of a place or a thing, and the phrase that captions use for it."""

    path: Path
    name: str
    phrase: str


@dataclass(frozen=True)
class ClipPlan:
    """One clip to make.

    Args:
        round: clips of the same scene and round differ in nothing but the face.
        camera: the seed of the camera's way and the face's place.
    """

    scene: Scene
    face: Face
    split: str
    round: int
    camera: str

    @property
    def name(self) -> str:
        """The clip's path inside the data set."""
        return f"videos/{self.scene.name}-{self.round:03d}-{self.face.expression}.mp4"


def make_reactions(
    target: Path,
    faces: Path,
    scenes: Path | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> list[ClipPlan]:
    """Write clips and `captions.jsonl` into a folder; clips that are there already are kept.

    Args:
        target: the folder to write; it is made if it is not there.
        faces: a folder with sub-folders named after emotions, or "neutral", with photographs of
            one face each.
        scenes: a folder of photographs named after what they show; None takes those of
            scikit-image and scikit-learn.
        seed: decides the splits, the rounds and the camera. The same seed, faces and scenes give
            the same files.
        on_progress: called with the progress.

    Raises:
        InvalidInput: a folder holds no such photographs, or `target` holds another data set.
        MissingPackage: the packages with the default scenes are not installed.
    """
    found = find_faces(faces)
    shown = find_scenes(scenes)
    plans = plan_clips(found, shown, seed)
    keep_recipe(
        target,
        {
            "builder": "reaction-clips",
            "version": 1,
            "seed": seed,
            "width": WIDTH,
            "faces": digest("\n".join(f"{face.expression}/{face.path.name}" for face in found)),
            "scenes": [scene.name for scene in shown],
        },
    )
    (target / "videos").mkdir(exist_ok=True)
    for done, plan in enumerate(plans):
        on_progress(Progress(plan.name, done, len(plans)))
        if not (target / plan.name).exists():
            write_montage(plan.scene.path, plan.face.path, plan.camera, target / plan.name)
    write_captions(target / "captions.jsonl", plans)
    on_progress(Progress("", len(plans), len(plans)))
    return plans


def find_faces(folder: Path) -> list[Face]:
    """Return the faces in sub-folders named after classes, those with few faces left out."""
    found = [
        Face(path, path.parent.name.lower())
        for path in pictures_in(folder, "*/*")
        if path.parent.name.lower() in {*Emotion, NEUTRAL}
    ]
    counts = Counter(face.expression for face in found)
    kept = [face for face in found if counts[face.expression] >= FEWEST]
    if len({face.expression for face in kept}) < 2:
        raise InvalidInput(
            f"{folder}: needs two or more sub-folders named after emotions (or neutral) with "
            f"{FEWEST} photographs of faces each; the emotions are {', '.join(Emotion)}"
        )
    return kept


def find_scenes(folder: Path | None) -> list[Scene]:
    """Return the scenes in a folder, or the default ones."""
    if folder is None:
        return [
            Scene(packaged_file(*PHOTOGRAPHS[name]), name, phrase)
            for name, phrase in SCENES.items()
        ]
    found = [
        Scene(path, path.stem, re.sub(r"[_-]+", " ", path.stem)) for path in pictures_in(folder)
    ]
    if len(found) < 3:
        raise InvalidInput(f"{folder}: needs three or more photographs, named after what they show")
    return found


def pictures_in(folder: Path, pattern: str = "*") -> list[Path]:
    """Return the photographs in a folder, by name."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder}: no such folder")
    return sorted(path for path in folder.glob(pattern) if path.suffix.lower() in PICTURES)


def plan_clips(faces: Sequence[Face], scenes: Sequence[Scene], seed: int) -> list[ClipPlan]:
    """Return every clip, in rounds.

    Faces and scenes are shared out to train, val and test, and meet in the split of both. What
    remains is "rest": faces to train on in scenes to validate on, and the reverse. A last
    training, when all is chosen, can use it.
    """
    sides = split_faces(faces, Random(f"{seed}/faces"))
    places = split_scenes(scenes, Random(f"{seed}/scenes"))
    return [
        ClipPlan(scene, face, split_of(side, place), start + number, camera)
        for side, start in zip(SIDES, round_starts(sides), strict=True)
        for place in SIDES
        if (side == "test") == (place == "test")
        for scene in places[place]
        for number, round in enumerate(rounds(sides[side], Random(f"{seed}/{scene.name}")))
        for camera in [f"{seed}/{scene.name}/{start + number}"]
        for face in round
    ]


def split_of(side: str, place: str) -> str:
    """Return the split of a face of one side in a scene of a place."""
    return side if side == place else "rest"


def split_faces(faces: Sequence[Face], draw: Random) -> dict[str, list[Face]]:
    """Share faces out, class by class; all photographs of a person fall to the same split."""
    test = take_people(faces, TEST_SHARE, draw)
    rest = [face for face in faces if face not in test]
    validation = take_people(rest, VAL_FACES, draw)
    train = [face for face in rest if face not in validation]
    return {"train": train, "val": validation, "test": test}


def take_people(faces: Sequence[Face], share: float, draw: Random) -> list[Face]:
    """Return a share of every class, made of whole people, in a drawn order."""
    by_class = Counter(face.expression for face in faces)
    left = Counter({name: round(share * count) for name, count in by_class.items()})
    people = sorted({face.person for face in faces})
    draw.shuffle(people)
    taken: list[Face] = []
    for person in people:
        shown = [face for face in faces if face.person == person]
        if Counter(face.expression for face in shown) <= left:
            left -= Counter(face.expression for face in shown)
            taken += shown
    return taken


def split_scenes(scenes: Sequence[Scene], draw: Random) -> dict[str, list[Scene]]:
    """Share scenes out."""
    shuffled = draw.sample(list(scenes), len(scenes))
    test = max(1, round(TEST_SHARE * len(scenes)))
    val = test + max(1, round(VAL_SCENES * (len(scenes) - test)))
    return {"train": shuffled[val:], "val": shuffled[test:val], "test": shuffled[:test]}


def rounds(faces: Sequence[Face], draw: Random) -> Iterator[list[Face]]:
    """Yield groups of one face of each class, in a drawn order, until every face was in one."""
    classes = sorted({face.expression for face in faces})
    drawn = [[face for face in faces if face.expression == name] for name in classes]
    for group in drawn:
        draw.shuffle(group)
    for number in range(max(map(len, drawn), default=0)):
        yield [group[number] for group in drawn if number < len(group)]


def round_starts(sides: Mapping[str, Sequence[Face]]) -> list[int]:
    """Return the number of each split's first round, so that no number is used twice."""
    most = [
        max(Counter(face.expression for face in sides[split]).values(), default=0)
        for split in SIDES
    ]
    return [sum(most[:place]) for place in range(len(SIDES))]


def write_captions(target: Path, plans: Sequence[ClipPlan]) -> None:
    """Write one JSON object a line for each caption, whole or not at all."""
    with atomic_path(target) as partial, partial.open("w", encoding="utf-8") as file:
        for plan in plans:
            for caption in captions_of(plan):
                file.write(json.dumps(caption) + "\n")


def captions_of(plan: ClipPlan) -> Iterator[dict[str, Any]]:
    """Yield the captions of a clip: its mood with the scene, the scene alone, a person with it.

    Clips of one scene and expression have the same captions, so equal words mean equal contents.
    """
    scene, expression = plan.scene.phrase, plan.face.expression
    for place in USED[plan.split] if expression in WORDS else ():
        text = f"{with_article(WORDS[expression][place])} person and {scene}"
        yield caption_line(plan, text, "emotional", {expression: 1.0})
    yield caption_line(plan, scene, "scene", {})
    yield caption_line(plan, f"a person and {scene}", NEUTRAL, {})


def with_article(word: str) -> str:
    """Return a word with its article.

    >>> with_article("angry"), with_article("happy")
    ('an angry', 'a happy')
    """
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def caption_line(
    plan: ClipPlan, text: str, kind: str, emotions: Mapping[str, float]
) -> dict[str, Any]:
    """Return a line of captions.jsonl."""
    face = f"{plan.face.expression}/{plan.face.path.name}"
    labels = {
        "scene": plan.scene.name,
        "expression": plan.face.expression,
        "face": face,
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


def keep_recipe(target: Path, recipe: Mapping[str, Any]) -> None:
    """Note what a folder is made from, and refuse to mix two data sets in it."""
    file = target / "recipe.json"
    target.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps(recipe, indent=1) + "\n"
    if file.exists() and file.read_text(encoding="utf-8") != wanted:
        raise InvalidInput(
            f"{target}: holds clips of another seed, of other faces or other scenes; "
            "choose another --to"
        )
    with atomic_path(file) as partial:
        partial.write_text(wanted, encoding="utf-8")

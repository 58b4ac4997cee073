"""How readers of text agree with people: captions of clips, and what viewers of the clips felt.

    python benchmarks/bench_text_readers.py --rated ../shared/data/real/rated/clips.jsonl

Writes a section of RESULTS.md. What a reader read is kept in the user's cache, by its fingerprint.
"""

import argparse
from json import loads
from pathlib import Path

import numpy as np
from correlations import correlate
from rated_clips import FEELINGS, LEFT_OUT, read_rated
from results import table, write_section
from torch import from_numpy
from yaml import safe_load

from moodreel import Emotion
from moodreel.errors import MoodreelError
from moodreel.registry.registry import default_registry
from moodreel.storage.cache import cached_tensor
from moodreel_plugins.emotion.fitted import read_moods
from moodreel_plugins.emotion.text_fitting import FOLDS, Labelled

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "shared/data/real"
READERS = (
    "words", "word-prototypes", "prototypes", "words-and-prototypes", "nrc", "vader", "go-emotions",
)  # fmt: skip
PHRASES = HERE.parent / "tests/data/mood_phrases.yaml"
DEFAULT = "words"
NEGATIVE = [e.column for e in (Emotion.FEAR, Emotion.SADNESS, Emotion.DISGUST, Emotion.ANGER)]
NEUTRAL = 300  # captions without sentiment that are drawn
TITLE = "Text readers against people"


def read_texts(name, texts):
    """Return a reader's intensities [n, 8] of texts, and the columns that it observes [8]."""
    reader = default_registry().create("emotion_extractor", name)
    observes = np.array([emotion in reader.observes for emotion in Emotion])
    parts = [reader.fingerprint, *texts]
    values = cached_tensor("readings", parts, lambda: from_numpy(reader.extract(texts).values))
    return values.numpy(), observes


def polarity(name, texts, values):
    """Return how positive texts are [n, 1]: joy without the strongest negative emotion.

    VADER's own compound score is taken, since it tells no negative emotions apart.
    """
    if name != "vader":
        return values[:, :1] - values[:, NEGATIVE].max(1, keepdims=True)
    reader = default_registry().create("emotion_extractor", name)
    compound = cached_tensor(
        "compound",
        [reader.fingerprint, *texts],
        lambda: from_numpy(reader.sentiment(texts).compound[:, None]),
    )
    return np.nan_to_num(compound.numpy())


def by_clip(values, clips):
    """Return values [C, K, E] of the captions of each clip."""
    return values.reshape(len(clips.captions), -1, values.shape[1])


class Reading:
    """What one reader read of all captions, correlated with the ratings.

    Attributes:
        spearman, pearson: by "20" (the mean over a clip's captions) and "1" (single captions).
        polarity: Spearman's of the polarity, likewise.
        share: the share of captions in which each emotion is read, [8].
        neutral: of the captions without sentiment, how many of those drawn are read as emotional,
            and the share of all.
        phrases: how many phrases are read as a person reads them.
    """

    def __init__(self, name, clips, values, observes, neutral=("", ""), phrases=""):
        self.name, self.observes = name, observes
        by = {"1": by_clip(values, clips)}
        by["20"] = by["1"].mean(1, keepdims=True)
        self.spearman = {key: correlate(part, clips.ratings, True) for key, part in by.items()}
        self.pearson = {key: correlate(part, clips.ratings, False) for key, part in by.items()}
        self.share = (values > 0).mean(0)
        felt = clips.ratings[:, :1] - clips.ratings[:, NEGATIVE].max(1, keepdims=True)
        leaning = by_clip(polarity(name, clips.texts, values), clips)
        parts = {"1": leaning, "20": leaning.mean(1, keepdims=True)}
        self.polarity = {key: correlate(part, felt, True) for key, part in parts.items()}
        self.neutral, self.phrases = neutral, phrases


def read_all(clips, plain):
    """Return what each reader that can run here read, and why the others cannot."""
    found, missing = [], {}
    for name in READERS:
        try:
            values, observes = read_texts(name, clips.texts)
        except MoodreelError:
            missing[name] = "its weights are on a model hub, which could not be reached"
            continue
        neutral = neutral_counts(read_texts(name, plain)[0])
        found.append(Reading(name, clips, values, observes, neutral, phrases_right(name)))
        print(name, found[-1].spearman["20"].values.round(3), neutral, flush=True)
    return found, missing


def phrases_right(name):
    """Return how many phrases a reader reads as a person does: the strongest emotion, or none."""
    held = safe_load(PHRASES.read_text(encoding="utf-8"))
    cases = [*held["cases"], *held["others"]]
    values, observes = read_texts(name, [case["text"] for case in cases])
    right = sum(map(reads_right, cases, values)) if observes.all() else None
    return "" if right is None else f"{right} of {len(cases)}"


def reads_right(case, values):
    """Whether intensities [8] are what a person reads in a phrase: an emotion, none, or "not X"."""
    wanted = case["reads"]
    if wanted == "none":
        return not values.any()
    if wanted.startswith("not "):
        return not values[Emotion.named(wanted.removeprefix("not ")).column]
    return values.any() and list(Emotion)[values.argmax()].value == wanted


def read_fitted(clips, plain):
    """Return what heads read that were fitted to the ratings of other clips, and thrown away.

    Half of the neutral captions are labelled texts too, so that there is something neutral.
    """
    reader = default_registry().create("emotion_extractor", "fitted")
    plain = plain[: len(plain) // 2]
    parts = [
        cached_tensor("features", [reader.fingerprint, *texts], features_of(reader, texts)).numpy()
        for texts in (clips.texts, plain)
    ]
    features, known = np.vstack(parts), len(parts[0])
    each = len(clips.captions[0])
    wanted = np.zeros((len(features), len(Emotion)), np.float32)
    wanted[:known] = clips.ratings.repeat(each, axis=0)
    draw = np.random.default_rng(0)
    folds = np.append(
        (draw.permutation(len(clips.captions)) % FOLDS).repeat(each),
        draw.permutation(len(plain)) % FOLDS,
    )
    labelled = Labelled(features, wanted, features[:, -len(Emotion) :], tuple(Emotion))
    crossed = labelled.cross_read(folds)
    kept = labelled.above_thresholds(crossed, folds)
    for name, values in (("fitted, 5-fold", kept), ("the same without thresholds", crossed)):
        seen = np.ones(len(Emotion), bool)
        yield Reading(name, clips, values[:known], seen, neutral_counts(values[known:]))


def features_of(reader, texts):
    """Return a function that makes the features [n, F] that a head is fitted to."""
    return lambda: from_numpy(reader.features(texts, read_moods(texts)))


def plain_captions(file):
    """Return the captions of MSR-VTT to which VADER gives no sentiment, in an order drawn once."""
    rows = [loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    texts = [caption for row in rows for caption in row["captions"]]
    compound = default_registry().create("emotion_extractor", "vader").sentiment(texts).compound
    kept = [text for text, score in zip(texts, compound, strict=True) if score == 0]
    return [kept[place] for place in np.random.default_rng(0).permutation(len(kept))]


def neutral_counts(values):
    """Return how many of the drawn captions have an emotion, and the share of all that have."""
    read = values.any(1)
    return f"{read[:NEUTRAL].sum()} of {min(NEUTRAL, len(read))}", f"{read.mean():.1%}"


# The section


def shown(values, observes):
    """Return correlations as the cells of a table."""
    return [f"{v:.2f}" if seen else "" for v, seen in zip(values, observes, strict=True)]


def spread(mean, low, high, sign=""):
    """Return a mean with its interval."""
    return f"{mean:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def agreement_table(readings, key):
    """Return the correlations over 20 captions or single ones, a row for each reader."""
    head = ["", *Emotion, "mean (95%)", f"more than `{DEFAULT}` (95%)", "mean, Pearson"]
    base = next(reading for reading in readings if reading.name == DEFAULT).spearman[key]
    rows = [agreement_row(reading, key, base) for reading in readings]
    return table([*head, "polarity (95%)"], rows)


def agreement_row(reading, key, base):
    """Return one reader's row; a mean only where it observes all eight."""
    found, whole = reading.spearman[key], reading.observes.all()
    means = [spread(*found.mean), spread(*found.gain(base), "+"), ""] if whole else ["", "", ""]
    if whole:
        means[2] = f"{reading.pearson[key].mean[0]:.3f}"
    leaning = spread(*reading.polarity[key].mean)
    return [f"`{reading.name}`", *shown(found.values, reading.observes), *means, leaning]


def share_table(readings):
    """Return how often each emotion is read at all, and neutral captions read as emotional."""
    head = ["", *Emotion, f"of {NEUTRAL} neutral", "of all neutral", "phrases"]
    rows = [
        [
            f"`{reading.name}`",
            *(
                f"{s:.1%}" if seen else ""
                for s, seen in zip(reading.share, reading.observes, strict=True)
            ),
            *reading.neutral,
            reading.phrases,
        ]
        for reading in readings
    ]
    return table(head, rows)


def mapping_table(clips):
    """Return which feelings stand for which emotion."""
    rated = set(clips.feelings)
    rows = [
        [
            emotion,
            ", ".join(name for name in FEELINGS[emotion] if name in rated),
            f"{clips.ratings[:, emotion.column].mean():.2f}",
            str(int((clips.ratings[:, emotion.column] >= 0.3).sum())),
        ]
        for emotion in Emotion
    ]
    return table(
        ["emotion", "feelings, the strongest counts", "mean rating", "clips from 0.3"], rows
    )


def section(clips, plain, readings, missing):
    """Return the section of RESULTS.md."""
    rated = set(clips.feelings)
    absent = [name for group in FEELINGS.values() for name in group if name not in rated]
    left = ", ".join(name for name in LEFT_OUT if name in rated)
    lines = [
        f"{len(clips.captions):,} emotional clips with {len(clips.captions[0])} captions each and "
        f"viewers' ratings of {len(rated)} feelings, 0 to 1 (captions: MindCaptioning; ratings: "
        "Cowen & Keltner 2017; for evaluation alone: nothing that is shipped was fitted to them). "
        "`python benchmarks/bench_text_readers.py`. A clip's rating of an emotion is that of the "
        "strongest feeling that stands for it:",
        mapping_table(clips),
        f"Left out as none of the eight: {left}. Not rated in this file: {', '.join(absent)}.",
        "Spearman's correlation over clips of what is read and what was felt; 95% intervals by "
        "bootstrap over clips. A caption says what is seen, not what its viewers felt, so 1 cannot "
        "be reached. Polarity: joy less the strongest of fear, sadness, disgust and anger, of "
        "readings and of ratings; VADER's is its compound score. VADER observes joy alone, so it "
        "has no mean. `fitted` is what a head of `moodreel fit-text` would gain: each clip is read "
        "by one that was fitted to other clips' ratings and to half of the neutral captions below; "
        "none is kept. Over the 20 captions of a clip, their readings averaged:",
        agreement_table(readings, "20"),
        "Over single captions, the mean of the 20 correlations:",
        agreement_table(readings, "1"),
        "In how many captions an emotion is read at all, and how many of the captions of MSR-VTT "
        f"to which VADER gives no sentiment ({len(plain):,}; {NEUTRAL} drawn) read as emotional; "
        "then the phrases of negation that are read as a person reads them:",
        share_table(readings),
        *(f"`{name}` was not measured: {why}" for name, why in missing.items()),
    ]
    return "\n\n".join(lines)


def main():
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rated", type=Path, default=DATA / "rated/clips.jsonl")
    parser.add_argument("--neutral", type=Path, default=DATA / "msrvtt/more_captions.jsonl")
    parser.add_argument("--clips", type=int, help="the first so many clips alone, for a try")
    given = parser.parse_args()
    clips, plain = read_rated(given.rated, given.clips), plain_captions(given.neutral)
    readings, missing = read_all(clips, plain)
    body = section(clips, plain, [*readings, *read_fitted(clips, plain)], missing)
    print(body) if given.clips else write_section(TITLE, body)


if __name__ == "__main__":
    main()

"""Frames to tune on: drawn times, videos that die on the way, and batches decoded ahead."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from moodreel.errors import InvalidInput, UnreadableVideo
from moodreel.training.clips import KeptClips, drawn_times
from moodreel.training.collation import Collator
from moodreel.training.prefetching import Prefetcher
from tiny_published import VIDEOS, noise, read_clips, tiny_examples


def collator(dead=(), **more):
    """A collator of examples some of whose videos cannot be read, and what it says of them."""
    told = []

    def read(places, seed=None):
        return [
            UnreadableVideo(f"{place}.mp4", "is gone") if place in dead else noise(place)
            for place in places
        ]

    examples = replace(tiny_examples(8), read_clips=read)
    told_of = {"on_failure": lambda path, reason: told.append((path, reason))}
    return Collator(examples, frozenset(), True, 5, torch.device("cpu"), **told_of, **more), told


def test_drawn_times_are_even_and_stay_in_the_video():
    times = np.array([drawn_times(10.0, 12, [3, draw]) for draw in range(200)])
    part = 10 / 11
    assert np.ptp(np.diff(times), axis=1).max() < 1e-9
    assert times[:, 0].min() >= 0
    assert times[:, -1].max() <= 10
    assert times[:, 0].max() <= part
    assert times[:, 0].mean() == pytest.approx(part / 2, abs=0.1)
    assert drawn_times(10.0, 12, [3, 1]) == list(times[1])


def test_a_dead_video_is_named_once_and_another_takes_its_place():
    made, told = collator(dead={2, 3})
    rows = np.array([0, 4, 5, 6, 40])  # videos 0, 2, 2, 3 and 20
    first, again = made.share(rows, 7), made.share(rows, 7)
    assert told == [("2.mp4", "is gone"), ("3.mp4", "is gone")]
    owner = made.examples.video_of[first.rows]
    assert first.rows[[0, 4]].tolist() == [0, 40]
    assert not {2, 3} & set(owner.tolist())
    assert np.array_equal(first.rows, again.rows), "a run that goes on must see the same"
    assert [clip.frames.tobytes() for clip in first.shown.clips] == [
        clip.frames.tobytes() for clip in read_clips(owner)
    ]
    assert list(first.asked.words) == [made.examples.texts[row] for row in first.rows]


def test_a_collection_that_is_gone_ends_the_run():
    made, told = collator(dead=set(range(VIDEOS)))
    with pytest.raises(InvalidInput, match="more than half of the videos"):
        made.share(np.arange(0, 2 * VIDEOS, 2), 0)
    assert len(told) == VIDEOS


def test_batches_that_are_prepared_ahead_are_those_that_are_asked_for():
    asked = []
    stream = Prefetcher(lambda number: asked.append(number) or number, 3, 6)
    try:
        assert [stream.at(number) for number in range(2, 6)] == [2, 3, 4, 5]
        assert sorted(asked) == [2, 3, 4, 5], "each once, and none beyond the last"
    finally:
        stream.close()


def test_validation_decodes_a_video_once(tmp_path):
    read = []

    def decode(places, seed=None):
        read.extend(places.tolist())
        gone = UnreadableVideo("2.mp4", "is gone")
        return [gone if place == 2 else noise(place) for place in places]

    one = noise(0).frames.nbytes
    clips = KeptClips(decode, tmp_path / "validation", 2.5 * one)
    for _ in range(2):
        found = clips(np.array([3, 2, 0, 1]))
        assert isinstance(found[1], UnreadableVideo)
        for clip, place in zip((found[0], found[2], found[3]), (3, 0, 1), strict=True):
            assert np.array_equal(clip.frames, noise(place).frames)
            assert np.array_equal(clip.times, noise(place).times)
    assert read == [3, 2, 0, 1, 2, 1], "there was room for two"
    (tmp_path / "validation" / "3.npz").write_bytes(b"cut off")
    assert np.array_equal(clips(np.array([3]))[0].frames, noise(3).frames)
    clips.drop()
    assert not (tmp_path / "validation").exists()

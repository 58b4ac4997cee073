"""Which captions meet in a batch, and which pairs of them are told apart."""

from collections import Counter

import numpy as np

from moodreel.training.batches import Batches, Pool
from moodreel.training.plan import TrainingPlan
from moodreel.training.ragged import Ragged


def pool(videos=6, seed=0, groups=None):
    owner = np.repeat(np.arange(videos), 2)
    captions = Ragged.of(owner, 10 * owner + np.tile([0, 1], videos), videos)
    return Pool(captions, groups or [None] * videos, seed)


def one(caption):
    return Pool(Ragged(np.array([caption]), np.array([0, 1])), [None], 0)


NONE = Pool(Ragged(np.zeros(0, np.int64), np.zeros(1, np.int64)), [], 0)


def test_every_epoch_has_each_video_once_in_another_order():
    epochs = [pool().epoch(number) for number in range(3)]
    for epoch in epochs:
        assert sorted(epoch // 10) == list(range(6))
    assert not np.array_equal(epochs[0] // 10, epochs[1] // 10)


def test_batches_follow_each_other_without_gap_over_the_epochs():
    whole = np.concatenate([pool().epoch(number) for number in range(4)])
    parts = [pool().slice(start, 5) for start in range(0, 20, 5)]
    assert np.array_equal(np.concatenate(parts), whole[:20])


def test_a_batch_is_the_same_whenever_it_is_asked_for():
    batches = Batches(pool(seed=1), pool(seed=2), 8, 0.25)
    assert np.array_equal(batches.at(7), Batches(pool(seed=1), pool(seed=2), 8, 0.25).at(7))
    assert not np.array_equal(batches.at(7), batches.at(8))


def test_videos_of_one_group_follow_each_other():
    groups = ["a", "b", "a", "b", "a", None]
    order = pool(groups=groups).epoch(3) // 10
    places = {group: [i for i, v in enumerate(order) if groups[v] == group] for group in "ab"}
    for found in places.values():
        assert np.ptp(found) == len(found) - 1


def test_a_batch_has_its_share_of_neutral_captions():
    batches = Batches(pool(seed=1), one(-1), 8, 0.25)
    assert Counter(batches.at(3) < 0) == {True: 2, False: 6}
    alone = Batches(NONE, pool(), 8, 0.25)
    assert len(alone.at(0)) == 8


def test_a_text_that_is_true_of_another_video_of_the_batch_is_masked(examples):
    train = examples[0]
    rows = train.batches(TrainingPlan(batch=48)).at(0)
    same = train.same(rows)
    assert same.diagonal().all()
    for i, video in enumerate(train.video_of[rows]):
        texts = {c.text for c in train.captions if c.video == train.captions[rows[i]].video}
        assert [train.texts[t] in texts for t in train.text_of[rows]] == same[i].tolist()
        assert video == train.video_of[rows[i]]


def test_rounds_meet_in_a_batch(examples):
    """The same scene with other moods: the hard negatives of the data set."""
    train = examples[0]
    rows = train.batches(TrainingPlan(batch=12, neutral=0.0)).at(0)
    rounds = Counter(train.captions[row].labels["round"] for row in rows)
    assert sum(count == 3 for count in rounds.values()) >= 3  # joy, anger and sadness of each


def test_another_caption_of_the_same_video_is_found(examples):
    train = examples[0]
    rows = np.arange(len(train.captions))
    others = train.other_captions(rows, [0, 1])
    assert np.array_equal(train.video_of[others], train.video_of[rows])
    assert (train.text_of[others] != train.text_of[rows]).all()

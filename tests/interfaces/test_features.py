"""Rows of features are taken, moved and joined with all that belongs to them."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from moodreel.interfaces.features import TextFeatures, VideoFeatures


def texts(lengths, first=0):
    """Return texts of some lengths, each number telling the row and the token that it is of."""
    longest, count = max(lengths), len(lengths)
    mask = torch.arange(longest) < torch.tensor(lengths)[:, None]
    tokens = torch.arange(first, first + count)[:, None] * 10.0 + torch.arange(longest)
    pooled = torch.arange(first, first + count)[:, None].expand(-1, 4).float()
    return TextFeatures(pooled, (tokens * mask)[..., None].expand(-1, -1, 2), mask)


@pytest.mark.parametrize(
    "rows",
    [slice(1, 3), [1, 2], np.array([1, 2]), torch.tensor([1, 2])],
    ids=lambda r: str(type(r)),
)
def test_rows_come_with_their_tokens_and_mask_whatever_names_them(rows):
    some = texts([2, 3, 1, 2])[rows]
    assert len(some) == 2
    assert some.pooled[:, 0].tolist() == [1, 2]
    assert some.tokens[..., 0].tolist() == [[10, 11, 12], [20, 0, 0]]
    assert some.mask.sum(1).tolist() == [3, 1]


def test_rows_come_in_the_order_asked_for_and_may_repeat():
    assert texts([1, 1, 1])[np.array([2, 0, 2])].pooled[:, 0].tolist() == [2, 0, 2]


def test_what_is_missing_stays_missing():
    video = VideoFeatures(torch.ones(3, 4))
    assert video[:2].frames is None
    assert video.to("cpu").frames is None
    with_frames = VideoFeatures(torch.ones(1, 4), torch.ones(1, 2, 4))
    assert VideoFeatures.cat([video, with_frames]).frames is None
    assert len(VideoFeatures.cat([video, with_frames])) == 4


def test_one_number_is_refused_since_it_would_lose_the_batch():
    with pytest.raises(TypeError, match=r"\[1:2\]"):
        texts([1, 1])[1]
    with pytest.raises(TypeError, match="by rows"):
        list(texts([1, 1]))


def test_joined_texts_are_padded_to_the_longest():
    whole = TextFeatures.cat([texts([1, 2]), texts([3], first=2)])
    assert whole.tokens[..., 0].tolist() == [[0, 0, 0], [10, 11, 0], [20, 21, 22]]
    assert whole.mask.sum(1).tolist() == [1, 2, 3]
    assert whole.mask.dtype == torch.bool
    assert whole.pooled.shape == (3, 4)


def test_joined_videos_repeat_their_last_frame():
    short, long = torch.tensor([[[1.0], [2.0]]]), torch.tensor([[[3.0], [4.0], [5.0], [6.0]]])
    parts = [VideoFeatures(torch.ones(1, 1), frames) for frames in (short, long)]
    whole = VideoFeatures.cat(parts)
    assert whole.frames[..., 0].tolist() == [[1, 2, 2, 2], [3, 4, 5, 6]]


def test_gradients_go_through_rows_and_joins():
    tokens = torch.ones(2, 2, 3, requires_grad=True)
    mask = torch.ones(2, 2, dtype=torch.bool)
    made = TextFeatures(tokens.mean(1), tokens, mask)
    TextFeatures.cat([made[:1], made[[1, 1]]]).pooled.sum().backward()
    assert tokens.grad[1].equal(2 * tokens.grad[0])


def test_the_classes_need_no_torch():
    script = "import sys, moodreel.interfaces as i; assert 'torch' not in sys.modules, i"
    subprocess.run([sys.executable, "-c", script], check=True)

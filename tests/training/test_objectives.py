"""The objectives, against the published code's values and against its formulas written out."""

import json
from math import exp, log

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import normalize

import places
from moodreel.training.objective_names import USES
from moodreel.training.objectives import OBJECTIVES, PUBLISHED
from nearness import ROUNDING

GOLDENS = places.GOLDENS / "losses"
EXPECTED = json.loads((GOLDENS / "expected.json").read_text())


def features(size, dim=12, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return [normalize(torch.randn(size, dim, generator=draw), dim=-1) for _ in range(4)]


@pytest.mark.parametrize("name", [*PUBLISHED, *PUBLISHED.values()])
def test_an_objective_gives_the_published_value(name):
    inputs = load_file(GOLDENS / "inputs.safetensors")
    parts = [inputs[key] for key in ("video", "text", "frame", "caption")]
    value = OBJECTIVES[name](*parts, inputs["logit_scale_log"].exp())
    published = next(key for key, own in PUBLISHED.items() if name in (key, own))
    # Scores of unit vectors count 7.4 times, which is the scale of the inputs.
    assert value.item() == pytest.approx(EXPECTED[published], abs=10 * ROUNDING)


def test_every_published_objective_is_there():
    assert {name for name in EXPECTED if "Loss" in name} == PUBLISHED.keys()


def column_loss(table, target, rows):
    """-log of a softmax, entry by entry: `rows` lists what competes with the target."""
    return -log(exp(table[target]) / sum(exp(table[row]) for row in rows))


def written_out(name, video, text, frame, caption, scale):
    """The published formulas on plain floats, one sum at a time."""
    size = len(video)

    def table(left, right, by=scale):
        return {
            (i, j): float(left[i] @ right[j]) * by
            for i in range(len(left))
            for j in range(len(right))
        }

    def nce(values, count):
        rows = [column_loss(values, (i, i), [(i, j) for j in range(count)]) for i in range(count)]
        columns = [
            column_loss(values, (i, i), [(j, i) for j in range(count)]) for i in range(count)
        ]
        return (sum(rows) + sum(columns)) / count

    def shared():
        by_text, by_caption = table(video, text), table(video, caption)
        total = 0.0
        for values in (by_text, by_caption):
            for i in range(size):
                total += column_loss(values, (i, i), [(j, i) for j in range(size)])
                rivals = sum(
                    exp(by_text[i, j]) + exp(by_caption[i, j]) for j in range(size) if j != i
                )
                total -= log(exp(values[i, i]) / (exp(values[i, i]) + rivals))
        return total / size

    def dual():
        values, total = table(video, text), 0.0
        rows = {
            (i, j): v * exp(v) / sum(exp(values[k, j]) for k in range(size))
            for (i, j), v in values.items()
        }
        columns = {
            (j, i): v * exp(v) / sum(exp(values[i, k]) for k in range(size))
            for (i, j), v in values.items()
        }
        for i in range(size):
            for part in (rows, columns):
                total += column_loss(part, (i, i), [(i, j) for j in range(size)])
        return total / size

    def hard():
        values, total = table(video, text, 1.0), 0.0
        for i in range(size):
            for flip in (False, True):
                others = [(j, i) if flip else (i, j) for j in range(size) if j != i]
                kept = sorted(others, key=values.get)[-2:]
                total += column_loss(values, (i, i), [(i, i), *kept])
        return total / size

    frames = nce(table(frame, caption), size)
    texts, captions = nce(table(video, text), size), nce(table(video, caption), size)
    joined = table(torch.cat([video, frame]), torch.cat([text, caption]))
    return {
        "info-nce": texts,
        "dual-softmax": dual(),
        "joint-frames": nce(joined, 2 * size),
        "separate-frames": texts + frames,
        "captions-apart": texts + captions,
        "captions-apart-frames": texts + captions + frames,
        "captions-shared": shared(),
        "captions-shared-frames": shared() + frames,
        "hard-negatives": hard(),
    }[name]


@pytest.mark.parametrize("name", PUBLISHED.values())
@pytest.mark.parametrize(("size", "scale"), [(2, 1.0), (3, 14.3), (9, 100.0), (17, 0.5)])
def test_the_formula_holds_for_other_sizes_and_scales(name, size, scale):
    parts = [part.double() for part in features(size, seed=size)]
    assert OBJECTIVES[name](*parts, scale).item() == pytest.approx(
        written_out(name, *parts, scale), rel=1e-6
    )


@pytest.mark.parametrize("name", PUBLISHED.values())
def test_a_masked_pair_moves_nothing(name):
    """Whatever a masked mismatch scores, the value is the same: it is as if it were not there."""
    video, text, frame, caption = features(6, seed=3)
    same = torch.eye(6, dtype=torch.bool)
    same[0, 1] = same[1, 0] = True
    plain = OBJECTIVES[name](video, text, frame, caption, 10.0)
    masked = OBJECTIVES[name](video, text, frame, caption, 10.0, same)
    assert masked.isfinite()
    assert masked < plain


@pytest.mark.parametrize("name", PUBLISHED.values())
def test_two_videos_of_one_text_are_not_told_apart(name):
    """With the pair masked, twins have no gradient that drives them apart."""
    parts = [part.double() for part in features(2, seed=5)]
    for part in parts:
        part[1] = part[0]
    video = parts[0].requires_grad_()
    OBJECTIVES[name](*parts, 10.0, torch.ones(2, 2, dtype=torch.bool)).backward()
    assert video.grad.abs().max() < 1e-9


@pytest.mark.parametrize("name", PUBLISHED.values())
def test_gradients_flow_and_masked_entries_leave_them_finite(name):
    parts = [part.requires_grad_() for part in features(5, seed=7)]
    scale = torch.tensor(2.0, requires_grad=True)
    same = torch.eye(5, dtype=torch.bool)
    same[2, 3] = True
    OBJECTIVES[name](*parts, scale.exp(), same).backward()
    assert parts[0].grad.isfinite().all()
    assert parts[0].grad.any()
    if name != "hard-negatives":
        assert scale.grad.isfinite()


def test_every_objective_says_what_it_looks_at():
    assert USES.keys() == OBJECTIVES.keys()

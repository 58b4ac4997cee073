"""What a component's methods must return: type, shape, length, and finite numbers.

Each function takes a component, what a method returned, and the method's arguments, and says what
is wrong, or None. Whether numbers are finite is not asked while gradients are recorded: mixed
precision overflows at times, and its scaler skips such steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import EmotionScores
from moodreel.interfaces.features import TextFeatures, VideoFeatures
from moodreel.interfaces.injection import AddedTokens, VideoTokens
from moodreel.media import Clip, Segment, Sound, TimedText, VideoFacts

MOST_SECONDS = 1e9  # later than any video: a judgement
MOST_INTENSITY = 1e4  # of a mood seen; with a weight, half precision holds it: a judgement


def first(problems: Iterator[str]) -> str | None:
    """Return the first problem."""
    return next(problems, None)


def type_problem(result: Any, wanted: type) -> Iterator[str]:
    """Say that a result is of another type."""
    if not isinstance(result, wanted):
        yield f"returns {type(result).__name__}, not {wanted.__name__}"


def tensor_problems(name: str, value: Any, shape: Sequence[int | None]) -> Iterator[str]:
    """Say that a value is no tensor of a shape (None: any length), or not finite."""
    from torch import Tensor

    if not isinstance(value, Tensor):
        yield f"returns {name} as {type(value).__name__}, not as a torch.Tensor"
        return
    found = tuple(value.shape)
    agrees = len(found) == len(shape) and all(
        want in (None, length) for want, length in zip(shape, found, strict=True)
    )
    if not agrees:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        yield f"returns {name} of shape {list(found)}, not [{wanted}]"
    elif has_numbers(value) and not value.isfinite().all():
        yield f"returns {name} with NaN or infinite numbers"


def has_numbers(tensor: Any) -> bool:
    """Whether a tensor's numbers are there to be looked at, and none of its gradients' steps."""
    return bool(tensor.is_floating_point() and not tensor.requires_grad and not tensor.is_meta)


def video_features(
    component: Any, result: VideoFeatures, clips: Sequence[Clip], inject: Any = None
) -> str | None:
    """Check pooled [B, D], frames [B, T, D] or None, and patches [B, T, L, D] or None."""

    def problems() -> Iterator[str]:
        yield from type_problem(result, VideoFeatures)
        yield from tensor_problems("pooled", result.pooled, [len(clips), component.dim])
        if result.frames is not None:
            yield from tensor_problems("frames", result.frames, [len(clips), None, component.dim])
        count = component.patches_per_frame
        if count and result.frames is not None:
            shape = [*result.frames.shape[:2], count, component.dim]
            yield from tensor_problems("patches", result.patches, shape)

    return first(problems())


def text_features(
    component: Any, result: TextFeatures, texts: Sequence[str], inject: Any = None
) -> str | None:
    """Check pooled [B, D], and tokens [B, L, W] with their mask [B, L], or None."""

    def problems() -> Iterator[str]:
        yield from type_problem(result, TextFeatures)
        yield from tensor_problems("pooled", result.pooled, [len(texts), component.dim])
        if result.tokens is not None:
            length = result.tokens.shape[1] if result.tokens.ndim > 1 else None
            shape = [len(texts), length, component.width]
            yield from tensor_problems("tokens", result.tokens, shape)
            if result.mask is not None:
                yield from tensor_problems("mask", result.mask, shape[:2])

    return first(problems())


def emotion_scores(component: Any, result: EmotionScores, inputs: Sequence[Any]) -> str | None:
    """Check scores [B, 8]; their own class refuses other columns, and NaN.

    What is seen starts at 0; a text may push an emotion away.
    """
    for problem in type_problem(result, EmotionScores):
        return problem
    if len(result) != len(inputs):
        return f"returns {len(result)} rows for {len(inputs)} inputs"
    values = result.values[:0] if component.modality == "text" else result.values
    if (values < 0).any():
        return f"returns intensities below 0, such as {values.min():.3g}"
    if (values > MOST_INTENSITY).any():
        return f"returns intensities up to {values.max():.3g}; {MOST_INTENSITY:g} is the largest"
    return None


def shares(component: Any, result: NDArray[np.float32], inputs: Sequence[Any]) -> str | None:
    """Check one number from 0 to 1 for each input."""
    for problem in type_problem(result, np.ndarray):
        return problem
    if result.shape != (len(inputs),):
        return f"returns {list(result.shape)} for {len(inputs)} inputs"
    return None if ((result >= 0) & (result <= 1)).all() else "returns numbers outside 0 to 1"


def captions(component: Any, result: list[str], clips: Sequence[Clip]) -> str | None:
    """Check one text for each clip."""
    for problem in type_problem(result, list):
        return problem
    if len(result) != len(clips):
        return f"returns {len(result)} captions for {len(clips)} clips"
    strange = [text for text in result if not isinstance(text, str)]
    return f"returns {strange[0]!r} as a caption, not a text" if strange else None


def video_facts(component: Any, result: VideoFacts, path: Any) -> str | None:
    """Check that durations and sizes are numbers that a video can have."""
    for problem in type_problem(result, VideoFacts):
        return problem
    if not isfinite(result.duration) or result.duration < 0:
        return f"returns a duration of {result.duration} s"
    return None


def clip(
    component: Any, result: Clip, path: Any, times: Sequence[float], facts: Any = None
) -> str | None:
    """Check that a reader returns a clip of some of the times it was asked for."""
    return first(type_problem(result, Clip))


def swept(
    component: Any,
    result: Clip | None,
    path: Any,
    start: float,
    end: float,
    size: tuple[int, int],
    facts: Any,
) -> str | None:
    """Check that frames have the size that was asked for, and are in order."""
    if result is None:
        return None
    for problem in type_problem(result, Clip):
        return problem
    if result.frames.shape[1:3] != tuple(size):
        return f"returns frames of {list(result.frames.shape[1:3])}, not of {list(size)}"
    return "returns frames out of order" if (np.diff(result.times) < 0).any() else None


def sound(component: Any, result: Sound, *given: Any, **named: Any) -> str | None:
    """Check that a reader returns a sound, with numbers that a sound can have."""
    for problem in type_problem(result, Sound):
        return problem
    return None if np.isfinite(result.samples).all() else "returns samples that are no numbers"


def timed_texts(component: Any, result: list[list[TimedText]], inputs: Sequence[Any]) -> str | None:
    """Check one list of texts with times for each input."""
    for problem in type_problem(result, list):
        return problem
    if len(result) != len(inputs):
        return f"returns {len(result)} lists of texts for {len(inputs)} inputs"
    for texts in result:
        for item in texts:
            for problem in type_problem(item, TimedText):
                return problem
            if not (isfinite(item.start) and item.start <= item.end < MOST_SECONDS):
                return f"returns a text from {item.start} to {item.end} s"
    return None


def shots(component: Any, result: list[Segment], clips: Any, facts: VideoFacts) -> str | None:
    """Check that shots follow each other without gaps."""
    for problem in type_problem(result, list):
        return problem
    ends = [shot.start for shot in result[1:]]
    if not result or [shot.end for shot in result[:-1]] != ends:
        return "returns shots that do not follow each other without gaps"
    backward = any(shot.end <= shot.start for shot in result)
    return "returns a shot that ends before it begins" if backward else None


def query_vectors(
    component: Any, result: Any, text: TextFeatures, wanted: EmotionScores, weight: Any = None
) -> str | None:
    """Check query vectors [B, D']."""
    return first(tensor_problems("vectors", result, [len(text.pooled), None]))


def stored_vectors(
    component: Any, result: Any, video: VideoFeatures, seen: EmotionScores
) -> str | None:
    """Check vectors to store [B, D']."""
    return first(tensor_problems("vectors", result, [len(video.pooled), None]))


def injected_tokens(
    component: Any,
    result: Any,
    tokens: Any,
    wanted: EmotionScores,
    mask: Any = None,
    ids: Any = None,
) -> str | None:
    """Check that token embeddings [B, L, W] keep their shape, and new ones [B, N, W] fit them."""
    changed, added = with_added(result)

    def problems() -> Iterator[str]:
        yield from tensor_problems("tokens", changed, tuple(tokens.shape))
        yield from added_problems(added, len(tokens), tokens.shape[2])

    return first(problems())


def injected_video(
    component: Any, result: Any, tokens: VideoTokens, seen: EmotionScores
) -> str | None:
    """Check that embeddings keep their shapes, and new proxies [n, N, W] fit them."""
    changed, added = with_added(result)
    shape = tuple(tokens.patches.shape)

    def problems() -> Iterator[str]:
        yield from type_problem(changed, VideoTokens)
        yield from tensor_problems("proxies", changed.proxies, tuple(tokens.proxies.shape))
        yield from tensor_problems("patches", changed.patches, shape)
        yield from added_problems(added, shape[0], shape[-1])

    return first(problems())


def with_added(result: Any) -> tuple[Any, Any]:
    """Return what an injection returned as changed embeddings, and new tokens or None."""
    return result if isinstance(result, tuple) and len(result) == 2 else (result, None)


def added_problems(added: Any, batch: int, width: int) -> Iterator[str]:
    """Say that new tokens [B, N, W] do not fit."""
    if added is None:
        return
    yield from type_problem(added, AddedTokens)
    yield from tensor_problems("new tokens", added.tokens, (batch, None, width))
    yield from tensor_problems("`visible`", added.visible, added.tokens.shape[:2])


def injected_states(
    component: Any, result: Any, layer: int, states: Any, wanted: EmotionScores, mask: Any = None
) -> str | None:
    """Check that states [B, L, W] keep their shape."""
    return first(tensor_problems("states", result, tuple(states.shape)))


def better_scores(
    component: Any,
    result: Any,
    text: TextFeatures,
    wanted: EmotionScores,
    video: VideoFeatures,
    seen: EmotionScores,
    weight: Any = None,
) -> str | None:
    """Check scores [B], or None."""
    if result is None:
        return None
    return first(tensor_problems("scores", result, [len(video.pooled)]))


def loss_terms(component: Any, result: Any, *given: Any) -> str | None:
    """Check scalars by name."""
    if not isinstance(result, Mapping):
        return f"returns {type(result).__name__}, not a mapping of names to scalars"
    shaped = [name for name, value in result.items() if tuple(getattr(value, "shape", (1,)))]
    return f"returns {shaped[0]!r}, which is no scalar tensor" if shaped else None


def found_vectors(component: Any, result: Any, vectors: Any, k: int) -> str | None:
    """Check ids and scores [q, n], n at most k."""
    if not isinstance(result, tuple) or len(result) != 2:
        return f"returns {type(result).__name__}, not a pair of ids and scores"
    ids, scores = result
    shapes = (getattr(ids, "shape", None), getattr(scores, "shape", None))
    if shapes[0] != shapes[1] or not shapes[0] or len(shapes[0]) != 2 or shapes[0][1] > k:
        return f"returns ids and scores of shapes {shapes[0]} and {shapes[1]}, not [q, k]"
    return None

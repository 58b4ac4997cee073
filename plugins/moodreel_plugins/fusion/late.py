"""Late fusion without training: emotion in dimensions of its own, weighed at query time."""

from math import log
from typing import Literal

import torch
from torch import Tensor, nn

from moodreel import EmotionScores, Register, hookimpl
from moodreel.fusion import Dims, QueryRefinement, check_weight, to_tensors, wish_strength
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel_plugins.fusion.separation import (
    EPSILON,
    covariance,
    masked_mean,
    recurrence,
    shown_above_mean,
    spread,
    standardise,
)

# Segments of the collection that a query's content is scored against to weigh it: a judgement. A
# best one among fewer lies lower, but slowly so: by the square root of the logarithm.
SAMPLED = 2048


class Late(QueryRefinement):
    """Late fusion: queries [(1-w) t, w s e_q] against stored [v, e_v], weighed by w at query time.

    t and v are the content of the text and of the video. e_v is the segment's log-odds of each
    emotion against the collection's prior, clamped, and 0 where the emotion was not observed; e_q
    are the wanted intensities. s is the spread of the content scores over the collection divided
    by that of the emotion scores, both for this very query, so that a weight means the same with
    every encoder. A query without emotion has w = 0, so its vector is [t, 0].

    Without a weight of the user's, w is derived for each query. Content and mood are two signals
    of whether a segment is meant; in units of their spreads, the best linear mixture of two
    independent signals weighs each by how far it sets apart what is meant (Fisher 1936, the linear
    discriminant), so w = m / (m + c):

    - c, the content's separation, is how many spreads the best n segments of the collection lie
      above the mean, where n is how many cannot be told from any one by their content. It is
      multiplied by the share of the collection's choice that content settles, 1 - log n / log N:
      among n alike, content is noise. Where no scene recurs, n is 1 and c about 5; of 720 clips
      of six scenes, n is 75 and c below 1.
    - m, the mood's, is how many spreads the mood of a segment that shows what is wanted lies above
      the mean. Each segment is taken to show an emotion with its intensity as the probability, so
      that moods hardly told apart, or common ones, say little, and rare and clear ones much. It is
      multiplied by the strength of the wish, and by its emphasis: how far whoever read the mood in
      the text is right, and how little else the text says (`EmotionExtractor.wishes`).

    Args:
        weight: w, the share of mood in the score, 0 to 1, multiplied by the strength of the wish;
            "derived" is described above; "learned" makes the query's vector [t + c, r s e_q],
            where r = w / (1-w) and the refinement c (`QueryRefinement`) are trained from 0 on.
            Without c that ranks videos as w does, and keeps texts with and without emotion
            comparable for one video.
        clamp: the largest log-odds that one emotion can have. 3 is a factor of 20 in the odds: a
            judgement, not measured.
    """

    version = "5"
    prior: Tensor
    content_covariance: Tensor
    emotion_covariance: Tensor
    shown: Tensor
    sample: Tensor
    alike: Tensor

    def __init__(
        self, weight: float | Literal["derived", "learned"] = "derived", clamp: float = 3.0
    ) -> None:
        super().__init__()
        self.learned = weight == "learned"
        self.weight: nn.Parameter | float | None = None
        if self.learned:
            self.weight = nn.Parameter(torch.zeros(()))
        elif weight != "derived":
            self.weight = check_weight(float(weight))
        self.clamp = clamp
        for name in (
            "prior",
            "content_covariance",
            "emotion_covariance",
            "shown",
            "sample",
            "alike",
        ):
            self.register_buffer(name, torch.zeros(0))

    def fit(self, video: VideoFeatures, seen: EmotionScores) -> None:
        """Learn the prior of each emotion, and how content and mood are spread."""
        values, observed = to_tensors(seen, video.pooled)
        self.prior = masked_mean(values, observed)
        odds = self.log_odds(values, observed)
        self.content_covariance = covariance(video.pooled)
        self.emotion_covariance = covariance(odds)
        self.shown = shown_above_mean(values.clamp(0, 1) * observed, odds)
        self.sample = video.pooled[:: -(-len(video) // SAMPLED) or 1]
        self.alike = recurrence(self.sample)

    def log_odds(self, values: Tensor, observed: Tensor) -> Tensor:
        """Return e_v [B, 8]."""
        odds = torch.logit(values, eps=EPSILON) - torch.logit(self.prior, eps=EPSILON)
        return odds.clamp(-self.clamp, self.clamp) * observed

    def fuse_video(self, video: VideoFeatures, seen: EmotionScores) -> Tensor:
        """Return [v, e_v], [B, D + 8]."""
        return torch.cat([video.pooled, self.log_odds(*to_tensors(seen, video.pooled))], -1)

    def fuse_text(
        self, text: TextFeatures, wanted: EmotionScores, weight: float | None = None
    ) -> Tensor:
        """Return [(1-w) t, w s e_q], [B, D + 8]."""
        intensities, _ = to_tensors(wanted, text.pooled)
        mood = self.scale(text.pooled, intensities) * intensities
        if weight is None and self.learned:
            content = text.pooled + self.refinement(text.pooled, wanted)
            return torch.cat([content, self.ratio * wish_strength(wanted, mood) * mood], -1)
        w = self.weigh(text.pooled, wanted, weight)
        return torch.cat([(1 - w) * text.pooled, w * mood], -1)

    def weigh(self, content: Tensor, wanted: EmotionScores, weight: float | None) -> Tensor:
        """Return w [B, 1] for queries' content [B, D]; 0 for a query that wants no emotion.

        The strength of a wish is in the derived weight. Against a stated one, it is taken out of
        the mood alone.
        """
        share = self.weight if weight is None else check_weight(weight)
        strength = wish_strength(wanted, content)
        if share is None:
            told = strength * self.mood_separation(wanted, content)
            apart = self.content_separation(content)
            return told / (told + apart).clamp(min=EPSILON)
        mood = share * strength
        return mood / (1 - share + mood).clamp(min=EPSILON)

    def content_separation(self, content: Tensor) -> Tensor:
        """Return c [B, 1]: what the best exceed the mean by, times what content settles."""
        if not len(self.sample):
            return content.new_zeros(len(content), 1)
        scores = standardise(content @ self.sample.to(content).T)
        best = scores.topk(round(self.alike.item()), dim=-1).values
        settled = 1 - self.alike.log() / max(log(len(self.sample)), EPSILON)
        return best.mean(-1, keepdim=True) * settled.clamp(0, 1)

    def mood_separation(self, wanted: EmotionScores, like: Tensor) -> Tensor:
        """Return m [B, 1] for wishes at full strength; what is refused counts as what is wanted."""
        values, _ = to_tensors(wanted, like)
        size = values.abs()
        shares = size / size.sum(-1, keepdim=True).clamp(min=EPSILON)
        above = ((shares @ self.shown) * size).sum(-1, keepdim=True)
        told = above / spread(size, self.emotion_covariance).clamp(min=EPSILON)
        emphasis = torch.from_numpy(wanted.emphasis).to(like)[:, None]
        return emphasis * told.clamp(min=0)

    def build(self, dims: Dims) -> None:
        """Make the refinement of queries, where it is learned."""
        if self.learned:
            self.make_shrinkage(dims)
            self.make_corrections(dims)

    @property
    def ratio(self) -> Tensor:
        """r, clamped to 0 or more with a straight-through gradient, so that it can come back."""
        weight = torch.as_tensor(self.weight)
        return weight + (weight.clamp(min=0) - weight).detach()

    def scale(self, content: Tensor, intensities: Tensor) -> Tensor:
        """Return s [B, 1]; 1 where the collection has no spread to compare."""
        of_content = spread(content, self.content_covariance)
        of_emotion = spread(intensities, self.emotion_covariance)
        known = (of_content > EPSILON) & (of_emotion > EPSILON)
        return torch.where(known, of_content / of_emotion.clamp(min=EPSILON), 1.0)


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register late fusion."""
    register("late", Late)

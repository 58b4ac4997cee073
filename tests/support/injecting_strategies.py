"""Strategies that bring what a research plan may ask for."""

import torch
from torch import nn

from moodreel.fusion import FusionStrategy, frame_tensors, to_tensors, wish_strength
from moodreel.interfaces import AddedTokens


class TokenLayer(FusionStrategy):
    """Adds a layer's output to each token, through a gate: an nn.Linear in `inject`."""

    def build(self, dims):
        self.layer = nn.Linear(dims.token + 8, dims.token)
        self.gate = nn.Parameter(torch.zeros(()))

    def inject(self, tokens, wanted):
        intensities, _ = to_tensors(wanted, tokens)
        beside = intensities.unsqueeze(1).expand(-1, tokens.shape[1], -1)
        change = self.layer(torch.cat([tokens, beside], -1))
        return tokens + self.gate * wish_strength(wanted, tokens).unsqueeze(1) * change


class MoodTokens(FusionStrategy):
    """A new token for each emotion, seen as far as a gate and the emotion's intensity let it be."""

    def build(self, dims):
        self.table = nn.Parameter(torch.randn(8, dims.token))
        self.gate = nn.Parameter(torch.zeros(()))

    def inject(self, tokens, wanted):
        intensities, _ = to_tensors(wanted, tokens)
        new = self.table.expand(len(tokens), -1, -1)
        ajar = torch.where(self.gate < 0, -self.gate, self.gate)  # unlike abs, moved at 0
        return tokens, AddedTokens(new, ajar * intensities.clamp(min=0))


class ByWord(FusionStrategy):
    """Moves the tokens of some ids alone, and no padding."""

    def __init__(self, ids: tuple[int, ...] = (1, 3, 5)) -> None:
        super().__init__()
        self.ids = ids

    def build(self, dims):
        self.table = nn.Parameter(torch.zeros(8, dims.token))

    def inject(self, tokens, wanted, mask=None, ids=None):
        intensities, _ = to_tensors(wanted, tokens)
        chosen = torch.isin(ids, ids.new_tensor(self.ids)) & mask
        return tokens + chosen.unsqueeze(-1) * (intensities @ self.table).unsqueeze(1)


class Deep(FusionStrategy):
    """Adds an embedding of the wanted emotions before the first layer and before the last."""

    inject_layers = (0, -1)

    def build(self, dims):
        self.tables = nn.ParameterList(torch.zeros(8, dims.token) for _ in self.inject_layers)

    def inject_at(self, layer, states, wanted, mask=None):
        intensities, _ = to_tensors(wanted, states)
        added = intensities @ self.tables[self.inject_layers.index(layer)]
        return states + mask.unsqueeze(-1) * added.unsqueeze(1)


class OwnHead(FusionStrategy):
    """Learns to tell the wanted emotions from fused texts, by a head that nothing else uses."""

    def build(self, dims):
        self.shift = nn.Parameter(torch.zeros(8, dims.content))
        self.head = nn.Linear(dims.content, 8)

    def fuse_text(self, text, wanted):
        intensities, _ = to_tensors(wanted, text.pooled)
        return text.pooled + intensities @ self.shift

    def auxiliary_losses(self, text, wanted, video, seen):
        intensities, observed = to_tensors(wanted, text.pooled)
        told = self.head(self.fuse_text(text, wanted))
        return {"emotions": (observed * (told - intensities).square()).mean()}


class Peak(FusionStrategy):
    """Stores the strongest that any frame shows of each emotion, as far as a weight has learned."""

    needs_frame_emotions = True

    def build(self, dims):
        self.weight = nn.Parameter(torch.zeros(8))

    def fuse_text(self, text, wanted):
        intensities, _ = to_tensors(wanted, text.pooled)
        return torch.cat([text.pooled, self.weight * intensities], -1)

    def fuse_video(self, video, seen):
        intensities, observed = frame_tensors(seen, video.pooled)
        return torch.cat([video.pooled, (intensities * observed).amax(1)], -1)


INJECTING = (TokenLayer, MoodTokens, ByWord, Deep)

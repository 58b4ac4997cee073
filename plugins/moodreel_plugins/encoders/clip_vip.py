"""The CLIP-ViP model (Xue et al. 2023), on transformers' own CLIP modules.

A video is one sequence: M proxy tokens, then L patch tokens of each of T frames. The proxies are
CLIP's class token and some added ones. Proxies attend to everything; a frame's patches attend to
the proxies and to their own frame. The first proxy stands for the video.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad, scaled_dot_product_attention
from transformers import CLIPConfig, CLIPModel, CLIPVisionConfig
from transformers.models.clip.modeling_clip import CLIPAttention, CLIPVisionEmbeddings

from moodreel import ConfigurationError
from moodreel.interfaces import Inject
from moodreel_plugins.encoders.injecting import allow_inject, open_passage, passing
from moodreel_plugins.encoders.injecting_video import allow_video_inject, as_given

SETTINGS = "vision_additional_config"
"""Where the published configurations keep what CLIP's own does not have."""


@dataclass(frozen=True)
class ProxySettings:
    """What CLIP-ViP adds to CLIP.

    Args:
        added: how many proxies stand beside the class token.
        frames: how many rows the temporal embedding has; 0 leaves it out.
    """

    added: int = 0
    frames: int = 0

    @classmethod
    def of(cls, config: CLIPConfig) -> Self:
        """Read a model's configuration; without the settings, nothing is added."""
        given: Mapping[str, Any] = getattr(config, SETTINGS, None) or {}
        frames = given.get("temporal_size", 12) if given.get("if_use_temporal_embed") else 0
        return cls(int(given.get("add_cls_num", 0)), int(frames))

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as the published configurations write them."""
        return {
            "type": "ViP",
            "temporal_size": self.frames or 12,
            "if_use_temporal_embed": int(self.frames > 0),
            "logit_scale_init_value": 4.6,
            "add_cls_num": self.added,
        }


class VideoEmbeddings(CLIPVisionEmbeddings):
    """Embeds pixels as tokens, with positions in space and time."""

    def __init__(self, config: CLIPVisionConfig, settings: ProxySettings) -> None:
        super().__init__(config)
        width = self.embed_dim
        self.added_cls = (
            nn.Parameter(torch.randn(settings.added, width)) if settings.added else None
        )
        self.temporal_embedding = (
            nn.Parameter(torch.zeros(1, settings.frames, width)) if settings.frames else None
        )

    def forward(self, pixel_values: Tensor, interpolate_pos_encoding: bool = False) -> Tensor:
        """Return tokens [B, M + T * L, W] of pixels [B, T, 3, H, W]."""
        if interpolate_pos_encoding:
            raise ValueError("CLIP-ViP has no interpolation of positions in space")
        patches = self.embed_patches(pixel_values)
        proxies = self.embed_proxies().expand(len(patches), -1, -1)
        return torch.cat([proxies, patches.flatten(1, 2)], dim=1)

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Return the patches [B, T, L, W] of pixels [B, T, 3, H, W]."""
        batch, frames, _, *size = pixels.shape
        if size != [self.image_size] * 2:
            side = self.image_size
            raise ValueError(f"the model sees frames of {side} x {side} pixels, not {size}")
        weight = self.patch_embedding.weight
        patches = self.patch_embedding(pixels.flatten(0, 1).to(weight.dtype))
        patches = patches.flatten(2).transpose(1, 2).unflatten(0, (batch, frames))
        if self.temporal_embedding is not None:
            patches = patches + self.embed_times(frames).unsqueeze(2)
        return patches + self.position_embedding.weight[1:]

    def embed_times(self, frames: int) -> Tensor:
        """Return the temporal embedding [1, T, W], interpolated where T differs from its rows."""
        known = self.temporal_embedding
        assert known is not None
        if known.shape[1] == frames:
            return known
        return interpolate(known.transpose(1, 2), size=frames, mode="linear").transpose(1, 2)

    def embed_proxies(self) -> Tensor:
        """Return the proxies [M, W]; all have the class token's place in space."""
        proxies = self.class_embedding.unsqueeze(0)
        if self.added_cls is not None:
            proxies = torch.cat([proxies, self.added_cls])
        return proxies + self.position_embedding.weight[:1]


class ProxyAttention(CLIPAttention):
    """Attention in two parts: that of the proxies, and that of each frame's patches."""

    def __init__(self, config: CLIPVisionConfig, proxies: int, patches: int) -> None:
        super().__init__(config)
        self.proxies = proxies
        self.patches = patches

    def forward(
        self, hidden_states: Tensor, attention_mask: Tensor | None = None, **_: Any
    ) -> tuple[Tensor, None]:
        """Return what tokens [B, M + T * L, W] attend to, of the same shape, and no weights.

        `attention_mask` is the bias [B, N] of the last N of the M proxies, where these are new.
        """
        query, key, value = (
            project(hidden_states).unflatten(-1, (self.num_heads, self.head_dim))
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        new = 0 if attention_mask is None else attention_mask.shape[1]
        count, frames = self.proxies + new, (key.shape[1] - self.proxies - new) // self.patches
        whole, alone = proxy_biases(attention_mask, self.proxies, frames, self.patches)
        of_proxies = self.attend(query[:, :count], key, value, whole)
        of_frames = self.attend(
            self.by_frame(query, count, with_proxies=False),
            self.by_frame(key, count),
            self.by_frame(value, count),
            alone,
        )
        of_patches = of_frames.reshape(len(query), -1, *query.shape[2:])
        attended = torch.cat([of_proxies, of_patches], dim=1).flatten(2)
        return self.out_proj(attended), None

    def by_frame(self, heads: Tensor, count: int, with_proxies: bool = True) -> Tensor:
        """Regroup [B, M + T * L, heads, width] as [B * T, M + L, heads, width], or without M."""
        patches = heads[:, count:].unflatten(1, (-1, self.patches))
        if with_proxies:
            proxies = heads[:, None, :count].expand(-1, patches.shape[1], -1, -1, -1)
            patches = torch.cat([proxies, patches], dim=2)
        return patches.flatten(0, 1)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None
    ) -> Tensor:
        """Attend over [B, tokens, heads, width], with a bias [B, 1, 1, tokens] or none."""
        query, key, value = (part.transpose(1, 2) for part in (query, key, value))
        dropout = float(self.dropout or 0) if self.training else 0.0
        found = scaled_dot_product_attention(query, key, value, bias, dropout_p=dropout)
        return found.transpose(1, 2)


def proxy_biases(
    bias: Tensor | None, before: int, frames: int, patches: int
) -> tuple[Tensor | None, Tensor | None]:
    """Return the bias [B, N] of new proxies as one of whole videos, and of single frames.

    They are [B, 1, 1, M + T * L] and [B * T, 1, 1, M + L]; None without new proxies.
    """
    if bias is None:
        return None, None
    whole = pad(bias, (before, frames * patches))
    alone = pad(bias, (before, patches)).repeat_interleave(frames, 0)
    return whole[:, None, None], alone[:, None, None]


class ClipVip(CLIPModel):
    """CLIP for videos. `ClipVip.from_pretrained(folder)` reads config.json + model.safetensors.

    `config.vision_additional_config` says how many proxies and which temporal embedding there
    are; without it, the model is CLIP with frames that share the class token.
    """

    _keys_to_ignore_on_load_unexpected = [r"position_ids"]  # noqa: RUF012 (as in the base)

    def __init__(self, config: CLIPConfig) -> None:
        super().__init__(config)
        vision: Any = config.vision_config
        settings = ProxySettings.of(config)
        embeddings = VideoEmbeddings(vision, settings)
        self.vision_model.embeddings = embeddings
        for layer in self.vision_model.encoder.layers:
            layer.self_attn = ProxyAttention(vision, 1 + settings.added, embeddings.num_patches)
        allow_inject(self.text_model)
        allow_video_inject(self.vision_model, as_given)
        self.post_init()

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, folder: str | Path, *arguments: Any, **options: Any
    ) -> Any:
        """Load a model and refuse one that lacks weights.

        Raises:
            ConfigurationError: the folder does not hold every weight of the model.
        """
        asked = options.pop("output_loading_info", False)
        options["output_loading_info"] = True
        loaded: Any = super().from_pretrained(folder, *arguments, **options)
        check_complete(folder, loaded[1])
        return loaded if asked else loaded[0]

    def video_features(self, pixels: Tensor) -> Tensor:
        """Return projected features [B, D], not normalised, of pixels [B, T, 3, H, W]."""
        return self.visual_projection(self.vision_model(pixels).pooler_output)

    def frame_features(self, pixels: Tensor) -> Tensor:
        """Return projected features [B, 1 + T, D]: of the video, then of each of its frames.

        A frame's is the mean of its patches' last states, normed and projected as the proxy's is.
        """
        found, patches = self.vision_model(pixels), self.vision_model.embeddings.num_patches
        states = found.last_hidden_state[:, -pixels.shape[1] * patches :]
        means = self.vision_model.post_layernorm(states.unflatten(1, (-1, patches)).mean(2))
        whole = torch.cat([found.pooler_output.unsqueeze(1), means], 1)
        return self.visual_projection(whole)

    def patch_features(self, pixels: Tensor) -> Tensor:
        """Return features [B, 1 + T (1 + L), D]: of the video, then of each frame and its patches.

        A patch's is its last state, normed and projected as the proxy's is.
        """
        found, patches = self.vision_model(pixels), self.vision_model.embeddings.num_patches
        states = found.last_hidden_state[:, -pixels.shape[1] * patches :]
        alone = states.unflatten(1, (-1, patches))
        each = torch.cat([alone.mean(2, keepdim=True), alone], 2).flatten(1, 2)
        each = self.vision_model.post_layernorm(each)
        return self.visual_projection(torch.cat([found.pooler_output.unsqueeze(1), each], 1))

    def text_features(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, inject: Inject | None = None
    ) -> Tensor:
        """Return projected features [B, D], not normalised, of token ids [B, L].

        Args:
            input_ids: the token ids, [B, L].
            attention_mask: 1 for tokens and 0 for padding, [B, L].
            inject: changes the token embeddings [B, L, W], before positions are added.
        """
        return self.pool_text(self.text_states(input_ids, attention_mask, inject), input_ids)

    def text_states(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, inject: Inject | None = None
    ) -> Tensor:
        """Return the text model's states [B, L, W], after its final layer norm."""
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        passage = open_passage(inject, self.text_model, input_ids, mask)
        if passage is not None and passage.bias is not None:
            attention_mask = passage.bias
        with passing(passage):
            return self.text_model(input_ids, attention_mask).last_hidden_state

    def pool_text(self, states: Tensor, input_ids: Tensor) -> Tensor:
        """Project the state of the end-of-text token, which has the largest id: [B, D]."""
        rows = torch.arange(len(states), device=states.device)
        return self.text_projection(states[rows, input_ids.argmax(dim=-1)])


def check_complete(source: str | Path, found: Mapping[str, Any]) -> None:
    """Refuse weights that lack some, or have another shape, as transformers found them.

    Raises:
        ConfigurationError: naming the first of them.
    """
    missing = sorted(found["missing_keys"])
    wrong = sorted(
        str(key[0] if isinstance(key, tuple) else key) for key in found["mismatched_keys"]
    )
    for names, reason in ((missing, "lacks"), (wrong, "has another shape of")):
        if names:
            more = f" and {len(names) - 1} more" if names[1:] else ""
            raise ConfigurationError(
                f"{source}: not the weights of this model: it {reason} {names[0]}{more}"
            )

"""The names of the objectives, and what each looks at: to check a plan needs no torch."""

from collections.abc import Mapping
from types import MappingProxyType

PUBLISHED: Mapping[str, str] = {
    "NCELearnableTempLoss": "info-nce",
    "NCELearnableTempDSLLoss": "dual-softmax",
    "VidImgNCELearnableTempLoss": "joint-frames",
    "VidImgDivideNCELearnableTempLoss": "separate-frames",
    "NCELearnableTempLoss_vs_vc": "captions-apart",
    "NCELearnableTempLoss_vs_vc_fc": "captions-apart-frames",
    "NCELearnableTempLoss_vsc": "captions-shared",
    "NCELearnableTempLoss_vsc_fc": "captions-shared-frames",
    "HardNegLoss_2": "hard-negatives",
}
"""The names of the published code, and what they are called here."""

_USED: dict[str, tuple[str, ...]] = {
    "info-nce": (),
    "dual-softmax": (),
    "joint-frames": ("frame", "caption"),
    "separate-frames": ("frame", "caption"),
    "captions-apart": ("caption",),
    "captions-apart-frames": ("frame", "caption"),
    "captions-shared": ("caption",),
    "captions-shared-frames": ("frame", "caption"),
    "hard-negatives": (),
}

USES: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: frozenset(_USED[PUBLISHED.get(name, name)]) for name in (*_USED, *PUBLISHED)}
)
"""What each objective looks at besides videos and texts; the other inputs may be anything."""

"""A dual encoder of transformers: the checkpoint that both halves share, checked and loaded."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from moodreel import ConfigurationError
from moodreel.interfaces import TRANSFORMERS, Component, HubForm, HubModel, Requirement, named_model
from moodreel_plugins.encoders.checkpoints import Checkpoint, Precision, one_line

if TYPE_CHECKING:
    import torch

PROXIES = "vision_additional_config"


class DualEncoder(Component):
    """What both halves of a CLIP share: the checkpoint, and the one model loaded from it."""

    requires: ClassVar[tuple[Requirement, ...]] = (
        Requirement("transformers", "pip install transformers", "Apache-2.0"),
    )
    checkpoint: Checkpoint
    device: str
    precision: Precision
    batch_size: int
    beside: ClassVar[tuple[str, ...]] = ()
    form: ClassVar[HubForm] = TRANSFORMERS
    model_option: ClassVar[str] = "model"

    @classmethod
    def hub_models(cls, options: Mapping[str, Any]) -> Sequence[HubModel]:
        """Return the model that both halves share."""
        return named_model(options.get(cls.model_option), cls.form)

    def weights(self) -> Sequence[Path]:
        """Return the weights, the configuration, and the files of this half."""
        return self.checkpoint.files(*self.beside)

    @property
    def space(self) -> str:
        """The space of these weights."""
        return f"clip-{self.checkpoint.digest}"

    @property
    def dim(self) -> int:
        """D, the length of the projected vectors."""
        return feature_dim(self.config)

    @cached_property
    def config(self) -> Any:
        """The model's configuration, with its defaults."""
        from transformers import AutoConfig

        self.check_config(self.checkpoint.config)
        try:
            made = AutoConfig.from_pretrained(
                self.checkpoint.folder, local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # of many kinds, by what a configuration says
            raise ConfigurationError(f"{self.checkpoint.name}: {one_line(error)}") from None
        if not (hasattr(made, "vision_config") and hasattr(made, "text_config")):
            raise ConfigurationError(
                f"{self.checkpoint.name}: {type(made).__name__.removesuffix('Config')} is no dual "
                "encoder of images and texts"
            )
        return made

    @cached_property
    def model(self) -> Any:
        """The network, loaded when it is first used and shared with the other half."""
        self.check_config(self.checkpoint.config)
        return self.checkpoint.load(self.reader(), self.device, self.precision)

    @property
    def network(self) -> Any:
        """Both halves; texts go through one of them, videos through the other."""
        return self.model

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the model in transformers' form; return the options that both halves have."""
        self.model.save_pretrained(folder)
        return {
            "model": str(folder),
            "batch_size": self.batch_size,
            "device": self.device,
            "dtype": self.precision,
        }

    def check_config(self, config: dict[str, Any]) -> None:
        """Refuse a configuration that another plugin is for."""
        if PROXIES in config:
            raise ConfigurationError(
                f"{self.checkpoint.name}: this is a CLIP-ViP model: use the plugin clip-vip"
            )
        refuse_naflex(config, self.checkpoint.name)

    def reader(self) -> Callable[[Path, "torch.dtype"], Any]:
        """Return the function that reads the model from a folder."""
        return read_dual_encoder


def refuse_naflex(config: Mapping[str, Any], name: str) -> None:
    """Refuse a SigLIP 2 whose pictures keep their shape."""
    vision = config.get("vision_config", {})
    if isinstance(vision, dict) and "num_patches" in vision and "image_size" not in vision:
        raise ConfigurationError(
            f"{name}: this is a SigLIP 2 NaFlex, whose pictures have any "
            "shape, which is not supported: take one of a fixed size, such as "
            "google/siglip2-base-patch16-224"
        )


def read_dual_encoder(folder: Path, dtype: "torch.dtype") -> Any:
    """Read any dual encoder of transformers.

    Raises:
        ConfigurationError: the folder holds another kind of model, not all of its weights, or
            weights of parts that the model has not.
    """
    from transformers import AutoModel

    from moodreel_plugins.encoders.injecting import allow_inject
    from moodreel_plugins.encoders.injecting_video import allow_video_inject, behind_class_token
    from moodreel_plugins.encoders.state_files import described_failure

    refuse_quantised(folder)
    try:
        model, found = AutoModel.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            output_loading_info=True,
            trust_remote_code=False,
        )
    except Exception as error:  # of many kinds: a damaged file, a shape, an unknown architecture
        raise ConfigurationError(
            f"{folder}: cannot be loaded: {described_failure(error)}"
        ) from None
    if not (hasattr(model, "get_image_features") and hasattr(model, "get_text_features")):
        kind = type(model).__name__
        raise ConfigurationError(f"{folder}: {kind} is no dual encoder of images and texts")
    check_loaded(folder, model, found)
    allow_inject(model.text_model)
    if hasattr(model, "vision_model"):
        allow_video_inject(model.vision_model, behind_class_token)
    return model


def refuse_quantised(folder: Path) -> None:
    """Refuse numbers of 8 bits, which transformers would take for the weights themselves."""
    from safetensors import SafetensorError, safe_open

    for path in folder.glob("*.safetensors"):
        try:
            with safe_open(path, "pt") as file:
                kinds = {file.get_slice(name).get_dtype(): name for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError):
            continue  # said by what reads it
        small = next((kind for kind in kinds if kind.startswith(("I8", "U8", "F8"))), None)
        if small:
            raise ConfigurationError(
                f"{path}: {kinds[small]} is of 8 bits ({small}): a quantised model is not read; "
                "take it in float16 or more"
            )


def check_loaded(folder: Path, model: Any, found: Mapping[str, Any]) -> None:
    """Refuse weights that lack some, have prefixes, or hold more than the model computes.

    What stands beside the model, such as heads of a training, is passed over.
    """
    from moodreel_plugins.encoders.clip_vip import check_complete
    from moodreel_plugins.encoders.foreign_parts import refuse_foreign, refuse_unknown
    from moodreel_plugins.encoders.state_names import OPENAI, STALE

    more = [name for name in sorted(found["unexpected_keys"]) if not name.endswith(STALE)]
    refuse_foreign(more, str(folder))
    missing = next(iter(sorted(found["missing_keys"])), None)
    if missing and any(name.endswith((f".{missing}", OPENAI)) for name in more):
        raise ConfigurationError(
            f"{folder}: its weights have prefixes, or OpenAI's names: mend them with moodreel "
            f"convert clip {folder} --to FOLDER"
        )
    check_complete(folder, found)
    parts = tuple(f"{name}." for name, _ in model.named_children())
    refuse_unknown([name for name in more if name.startswith(parts)], str(folder))
    for name, value in model.named_parameters():
        if not value.isfinite().all():
            raise ConfigurationError(f"{folder}: {name} holds no finite numbers")


def feature_dim(config: Any) -> int:
    """Return the length of a dual encoder's features; SigLIP's are as wide as its image half."""
    return int(getattr(config, "projection_dim", None) or config.vision_config.hidden_size)

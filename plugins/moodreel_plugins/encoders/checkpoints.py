"""Checkpoints in transformers' form: finding their files, and loading each once for all users."""

from collections.abc import Callable, Sequence
from functools import cached_property
from json import loads
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from weakref import WeakValueDictionary

from moodreel import ConfigurationError
from moodreel.interfaces import TRANSFORMERS, HubForm
from moodreel.registry.fingerprints import weights_digest
from moodreel_plugins.encoders.file_kinds import describe_other, first_bytes, refuse_others

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "float32", "bfloat16", "float16"]
Activation = Literal["quick_gelu", "gelu"]

CONFIG = "config.json"
WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_loaded: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()
_loading = Lock()


class Checkpoint:
    """A folder with config.json and weights, or the hub's name of one.

    A hub's model is looked up in the local cache first, and downloaded if it is not there.

    Args:
        name: the folder, or the name on the hub.
        option: the name of the component's option that it came from, for errors.
    """

    config_name: ClassVar[str] = CONFIG
    weight_names: ClassVar[tuple[str, ...]] = WEIGHTS
    form: ClassVar[HubForm] = TRANSFORMERS

    def __init__(self, name: str, option: str = "model") -> None:
        self.name = name
        self.option = option

    @cached_property
    def folder(self) -> Path:
        """The folder, with configuration and weights in it.

        Raises:
            ConfigurationError: saying which files were looked for, and how to bring them.
        """
        folder = Path(self.name).expanduser()
        if folder.is_dir() and self.is_whole(folder):
            return folder
        if folder.exists():
            raise ConfigurationError(f"{self.name}: {described_folder(folder, self.lacking)}")
        try:
            return self.find_download()
        except Exception as error:  # any of the client's: no network, no such name, no permission
            places = f"in a folder of this name, in {cache_folder()}, and on the hub"
            reason = f"{places} ({one_line(error, 60)}); or run: hf download {self.name}"
            return self.refuse(reason)

    def refuse(self, places: str) -> Path:
        """Say what is missing, and how to bring it."""
        raise ConfigurationError(f"{self.name}: {self.lacking} {places}")

    @property
    def lacking(self) -> str:
        """What is said where weights are not found, up to the places."""
        files = f"{self.config_name} and {' or '.join(self.weight_names[::2])}"
        return (
            f"weights not found: give a folder with {files} as the option {self.option!r}; "
            "looked for them"
        )

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration, as written."""
        return read_json(self.folder / self.config_name)

    @property
    def weights(self) -> list[Path]:
        """The files with the weights.

        Raises:
            ConfigurationError: one of them is something else, such as a pointer of Git LFS.
        """
        files = weight_files(self.folder, self.weight_names)
        for path in files:
            refuse_others(path)
        return files

    def files(self, *names: str) -> list[Path]:
        """Return all that the outputs depend on: weights, configuration, and `names` if there."""
        beside = [self.folder / name for name in (self.config_name, *names)]
        return [*self.weights, *(path for path in beside if path.is_file())]

    @cached_property
    def digest(self) -> str:
        """A digest of the weights, which names them wherever they lie."""
        return "-".join(weights_digest(path) for path in self.weights)

    def is_whole(self, folder: Path) -> bool:
        """Whether a folder holds a configuration and weights."""
        held = weight_files(folder, self.weight_names)
        return (folder / self.config_name).is_file() and bool(held)

    def find_download(self) -> Path:
        """Return the folder of a hub's model, from the cache if it is there.

        Raises:
            Exception: whatever the hub's client raises.
        """
        from huggingface_hub import snapshot_download

        try:
            folder = Path(snapshot_download(self.name, local_files_only=True))
        except FileNotFoundError:
            folder = Path()
        for kind in self.form.weights:  # the second kind only where the first brings none
            if not self.is_whole(folder):
                wanted = [*self.form.beside, kind]
                folder = Path(snapshot_download(self.name, allow_patterns=wanted))
        if not self.is_whole(folder):
            raise FileNotFoundError("the hub's model has no such files")
        return folder

    def load(
        self, read: Callable[[Path, "torch.dtype"], Any], device: str, precision: Precision
    ) -> Any:
        """Return the model in evaluation mode; the same one for the same device and precision.

        Args:
            read: reads a model from a folder in a precision; another function makes another load.
            device: the device, such as "cuda:0"; "auto" picks one.
            precision: the precision of the weights; "auto" picks bfloat16 where it is native.
        """
        place = pick_device(device)
        dtype = pick_dtype(precision, place)
        key = (read, self.folder.resolve(), str(place), dtype)
        with _loading:
            model = _loaded.get(key)
            if model is None:
                model = _loaded[key] = self.read_model(read, dtype, place)
        return model

    def read_model(
        self,
        read: Callable[[Path, "torch.dtype"], Any],
        dtype: "torch.dtype",
        place: "torch.device",
    ) -> Any:
        """Return a frozen model; a caller's inference mode must not mark its weights."""
        import torch

        quieten()
        assert self.weights  # each is looked at before a library reads it
        with torch.inference_mode(False):
            return read(self.folder, dtype).eval().requires_grad_(False).to(place)


CONVERT = "turn it into a folder first: moodreel convert clip {} --to FOLDER (or convert clip-vip)"
OTHER_FORMS = {
    "open_clip_config.json": f"is a folder of open_clip's: {CONVERT}",
    "open_clip_model.safetensors": f"is a folder of open_clip's: {CONVERT}",
    "open_clip_pytorch_model.bin": f"is a folder of open_clip's: {CONVERT}",
    "adapter_config.json": "holds a LoRA adapter, not a model: merge it into its model first (in "
    "peft: merge_and_unload) and save that",
    ".metadata": "is a distributed checkpoint: join it first with python -m "
    "torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER FILE",
    "zero_to_fp32.py": "is a folder of DeepSpeed's: run the zero_to_fp32.py in it first, and "
    "convert what that writes",
    "model_index.json": "is a pipeline of diffusers, not a dual encoder: give a CLIP's folder",
    "tf_model.h5": "holds TensorFlow's weights alone: take model.safetensors too",
    "flax_model.msgpack": "holds Flax's weights alone: take model.safetensors too",
}
"""Files by which folders in other forms are known, and what to do."""


def described_folder(path: Path, lacking: str) -> str:
    """Return what a file or folder is that is no checkpoint in transformers' form."""
    if not path.is_dir():
        refuse_others(path)
        return f"is a file: {CONVERT.format(path)}"
    known = (said for name, said in OTHER_FORMS.items() if (path / name).exists())
    return next(known, f"{lacking} in this folder").format(path)


def weight_files(folder: Path, names: Sequence[str] = WEIGHTS) -> list[Path]:
    """Return the files with the weights: one, or the parts that an index names."""
    for name in names:
        path = folder / name
        if path.is_file() and name.endswith(".index.json"):
            return shards(path)
        if path.is_file():
            return [path]
    return []


def shards(index: Path) -> list[Path]:
    """Return the files that an index of shards names.

    Raises:
        ConfigurationError: it names none, or some that are not there.
    """
    named = read_json(index).get("weight_map")
    if not isinstance(named, dict) or not named:
        raise ConfigurationError(f"{index}: names no files of weights")
    parts = [index.parent / str(part) for part in sorted(set(map(str, named.values())))]
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise ConfigurationError(
            f"{index.parent}: lacks {', '.join(missing[:3])}{more}, of the {len(parts)} files that "
            f"{index.name} names; download them too"
        )
    return parts


def cache_folder() -> str:
    """Return where the hub's client keeps what it fetched."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return HF_HUB_CACHE


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of a model."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        held = loads(text)
    except (OSError, ValueError, RecursionError) as error:
        told = describe_other(first_bytes(path)) if path.is_file() else ""
        if told and "JSON" not in told:
            raise ConfigurationError(f"{path}: {told}") from None
        raise ConfigurationError(f"{path}: cannot be read: {one_line(error)}") from None
    if not isinstance(held, dict):
        raise ConfigurationError(f"{path}: no configuration: it holds a {type(held).__name__}")
    return held


def one_line(error: BaseException, most: int = 200) -> str:
    """Return an error's message in one line, not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= most else text[: most - 3] + "..."


def pick_device(device: str) -> "torch.device":
    """Return a device; "auto" is the accelerator where there is one, else the CPU."""
    import torch

    if device != "auto":
        try:
            return torch.empty(0, device=device).device
        except (RuntimeError, AssertionError) as error:
            raise ConfigurationError(f"device {device!r}: {one_line(error)}") from None
    available = torch.accelerator.is_available()
    found = torch.accelerator.current_accelerator() if available else None
    return found or torch.device("cpu")


def pick_dtype(precision: Precision, device: "torch.device") -> "torch.dtype":
    """Return a precision; "auto" is bfloat16 where the device computes it natively."""
    import torch

    if precision == "auto":
        precision = "bfloat16" if has_bfloat16(device) else "float32"
    return getattr(torch, precision)


def has_bfloat16(device: "torch.device") -> bool:
    """Whether a device has instructions for bfloat16, and not only an emulation."""
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        tests = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
        return any(getattr(torch.cpu, test, bool)() for test in tests)
    return device.type == "xpu"


def quieten() -> None:
    """Keep transformers' loading bars and reports off the screen."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()


def join_batches(parts: Sequence["torch.Tensor"]) -> "torch.Tensor":
    """Join features [n, ...] of batches, as float32 on the CPU."""
    import torch

    return torch.cat([part.float().cpu() for part in parts])

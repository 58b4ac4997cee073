"""ONNX networks from files of installed packages, run by onnxruntime on the processor."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from moodreel import ConfigurationError


def package_file(package: str, name: str) -> Path:
    """Return the path of a file inside a package, which is not imported.

    Raises:
        ConfigurationError: the package, or this version of it, has no such file.
    """
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]
    found = next((path for folder in folders if (path := folder / name).is_file()), None)
    if found is None:
        raise ConfigurationError(
            f"the installed package {package} has no file {name}; install the version that "
            "moodreel names in pyproject.toml"
        )
    return found


@cache
def load_session(path: Path, threads: int = 1) -> Any:
    """Return the session of a network, shared by all that use the file.

    One thread by default: the networks are small, and indexing has other work for the others.
    """
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # inputs differ in length: a plan for each would be kept
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

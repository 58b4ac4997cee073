"""Plugins that are one file, loaded as modules under names that worker processes know too."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from zlib import crc32


def file_module(path: Path) -> str:
    """Return the name of the module that a file is loaded as."""
    place = crc32(str(path.absolute()).encode())
    return f"moodreel_plugin_{path.stem}_{place:08x}"


def load_file(path: Path) -> ModuleType:
    """Return a file's module, loaded once a process.

    Raises:
        ImportError: it is no Python file.
        Exception: whatever the file raises.
    """
    name = file_module(path)
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ImportError("no Python file, whose name ends in .py")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module

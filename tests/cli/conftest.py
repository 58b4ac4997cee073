"""The command line as a user has it: another process, the demo's index."""

import subprocess
import sys
from dataclasses import dataclass
from json import loads

import pytest

from moodreel.cli import run


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def objects(self):
        return [loads(line) for line in self.out.splitlines()]


@pytest.fixture
def moodreel(capfd, monkeypatch, registry):
    """Call a command in this process, with the session's models."""
    from moodreel.registry import Registry

    load = Registry.load.__func__

    def load_shared(kind, preset="starter", config=None, overrides=()):
        mine = load(kind, preset, config, overrides)
        if config is None and not any(item.startswith("components") for item in overrides):
            mine._built = registry._built
        return mine

    monkeypatch.setattr(Registry, "load", classmethod(load_shared))

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    return call


@pytest.fixture
def shell():
    """Run a command in a process of its own."""

    def call(*arguments, **options):
        command = [sys.executable, "-m", "moodreel", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, **options)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call

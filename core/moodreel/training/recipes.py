"""Recipes: whole training set-ups as files, shipped with the package or a user's own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import TypeAdapter, ValidationError
from yaml import YAMLError

from moodreel.errors import ConfigurationError, closest
from moodreel.training.plan import TrainingPlan

SHIPPED = files("moodreel") / "training" / "recipes"


@dataclass(frozen=True)
class Recipe:
    """A training set-up: what is trained, on what, how.

    Args:
        source: where the values are from.
        dataset: the dataset that they were published for; "" for none.
        preset: the preset whose encoders and extractors are used.
        fusion: the strategy that learns.
        splits: the splits to learn from.
        validation: the split that validation goes by.
        overrides: settings of the configuration, by key.
        plan: hyperparameters by name; those left out are the plan's own.
    """

    source: str = ""
    dataset: str = ""
    preset: str = ""
    fusion: str = ""
    splits: tuple[str, ...] = ("train",)
    validation: str = "val"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str) -> Self:
        """Read a recipe by its name, or from a file.

        Raises:
            ConfigurationError: no such recipe, or a file that is none.
        """
        text, where = read_text(name)
        try:
            held = OmegaConf.to_container(OmegaConf.create(text))
        except (YAMLError, OmegaConfBaseException):
            raise ConfigurationError(f"{where}: is no YAML") from None
        if not isinstance(held, dict):
            raise ConfigurationError(f"{where}: holds no recipe, which is names with values")
        for key in held:
            if key not in cls.__dataclass_fields__:
                known = closest(str(key), cls.__dataclass_fields__)
                raise ConfigurationError(f"{where}: a recipe has no {key!r}.{known}")
        recipe: Self = checked(cls, {str(key): value for key, value in held.items()}, where)
        make_plan(recipe.plan, f"{where}: plan")
        return recipe

    def changed(self, **given: Any) -> Self:
        """Return the recipe with what is given in place of its own; mappings are merged."""
        merged: dict[str, Any] = {
            name: {**getattr(self, name), **value} if isinstance(value, dict) else value
            for name, value in given.items()
        }
        return replace(self, **merged)

    def dump(self) -> str:
        """Return the recipe as YAML, with every hyperparameter."""
        plan = asdict(make_plan(self.plan))
        return OmegaConf.to_yaml(OmegaConf.create({**asdict(self), "plan": plan}))


def read_text(name: str) -> tuple[str, str]:
    """Return the text of a recipe by its name or from a file, and what messages call it."""
    if name.endswith((".yaml", ".yml")):
        try:
            return Path(name).read_text(encoding="utf-8"), name
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"--recipe {name}: cannot be read: {error}") from None
    if name not in recipe_names():
        known = closest(name, recipe_names())
        raise ConfigurationError(f"unknown recipe {name!r}.{known} A file's name ends in .yaml.")
    return (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"), f"recipe {name}"


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with the package."""
    return sorted(file.name.removesuffix(".yaml") for file in SHIPPED.iterdir())


def make_plan(given: Mapping[str, Any], where: str = "plan") -> TrainingPlan:
    """Return the plan of hyperparameters by name.

    Raises:
        ConfigurationError: an unknown name, or a value of the wrong type.
        InvalidInput: a number out of its range.
    """
    known = TrainingPlan.__dataclass_fields__
    for name in given:
        if name not in known:
            raise ConfigurationError(f"{where} has no {name!r}.{closest(name, known)}")
    plan: TrainingPlan = checked(TrainingPlan, given, where)
    return plan


def checked(kind: type, given: Mapping[str, Any], where: str) -> Any:
    """Return a dataclass of values, whose types are checked."""
    try:
        return TypeAdapter(kind).validate_python(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{where}.{place}: {first['msg'].lower()}") from None

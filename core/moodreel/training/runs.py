"""From a dataset and a strategy's name to a trained strategy in a folder."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from moodreel.components import Components
from moodreel.datasets import Caption, Dataset
from moodreel.errors import InvalidInput
from moodreel.features.videos import CACHE
from moodreel.fusion.checkpoints import (
    TrainingContext,
    load_strategy,
    save_strategy,
    save_weights,
)
from moodreel.fusion.strategy import FusionStrategy
from moodreel.media import Progress
from moodreel.storage.digests import digest
from moodreel.training.curves import plot_curves
from moodreel.training.examples import Examples, load_examples
from moodreel.training.plan import TrainingPlan
from moodreel.training.states import drop_state
from moodreel.training.trainer import Outcome, Trainer, open_accelerator
from moodreel.training.tuning import injectable_encoder, save_tuned, tunable_network

# The share of the videos that is held out where a dataset names no validation split: a judgement,
# not measured.
HELD_OUT = 0.1


@dataclass(frozen=True)
class Run:
    """One training run.

    Args:
        components: the components that make the features; they cut no videos
            (`segments.length=0`), so that a caption is about a whole video.
        dataset: the videos and captions to learn from.
        fusion: the strategy's name, or the folder of a trained strategy, to train it further.
        plan: the hyperparameters.
        folder: the folder for the trained strategy, its logs and its saved state.
        splits: the splits to learn from; where a dataset names none, all of it.
        validation: the split that decides when to stop; one that is not there is taken from the
            videos to learn from. None: all steps are made.
        cache: the folder where features are kept; evaluation shares it.
        on_progress: called with the progress.
        on_failure: called with the path of each video that cannot be read, and the reason.
    """

    components: Components
    dataset: Dataset
    fusion: str
    plan: TrainingPlan
    folder: Path
    splits: Sequence[str] = ("train",)
    validation: str | None = "val"
    cache: Path = CACHE
    on_progress: Callable[[Progress], None] = lambda progress: None
    on_failure: Callable[[str, str], None] = lambda path, reason: None

    def train(self) -> Outcome:
        """Train and write the strategy; an interrupted run goes on where it stood.

        Raises:
            InvalidInput: the dataset has no such split, or the strategy nothing to learn.
            ConfigurationError: the folder holds another unfinished run.
        """
        processes = open_accelerator(self.plan).num_processes  # or refuses before work begins
        registry = self.components.registry
        strategy = load_strategy(registry, self.fusion, self.plan.seed)
        if not any(p.requires_grad for p in strategy.parameters()) and self.plan.tune == "none":
            raise InvalidInput(f"the fusion strategy {self.fusion!r} has nothing to learn")
        watcher = injectable_encoder(self.components) if "patches" in strategy.stages else None
        tuned = tunable_network(registry, self.plan, watcher)
        if watcher is None and self.plan.tune == "all":
            watcher = self.components.video_encoder
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.turn(processes):
            train, validation = self.examples(strategy)
        trainer = Trainer(
            strategy,
            self.plan,
            train,
            validation,
            self.components.text_encoder,
            watcher,
            tuned,
            self.folder,
            self.on_progress,
            self.on_failure,
        )
        outcome = trainer.run()
        if trainer.is_main:
            self.write(strategy, train, outcome, processes)
        return outcome

    def turn(self, processes: int) -> AbstractContextManager[Any]:
        """Return a context in which processes of one run make features one after the other.

        The first makes them and the others find them. They wait for a file's lock, since waiting
        for messages ends after half an hour.
        """
        if processes == 1:
            return nullcontext()
        self.cache.mkdir(parents=True, exist_ok=True)
        return FileLock(self.cache / "training.lock")

    def examples(self, strategy: FusionStrategy) -> tuple[Examples, Examples | None]:
        """Return the examples to train on, and those to validate on."""
        parts = choose_parts(self.dataset, self.splits, self.validation, self.plan)
        train, validation = (
            load_examples(
                part,
                self.components,
                strategy.needs_frames or strategy.needs_frame_emotions or self.plan.needs_frames,
                strategy.needs_tokens,
                self.cache,
                self.on_progress,
            )
            if part is not None
            else None
            for part in parts
        )
        assert train is not None
        for part in filter(None, (train, validation)):
            for path, reason in part.failed:
                self.on_failure(path, reason)
        return train, validation

    def write(
        self, strategy: FusionStrategy, train: Examples, outcome: Outcome, processes: int
    ) -> None:
        """Write the strategy with its record, and draw the losses."""
        record = {
            "dataset": self.dataset.name,
            "data": train.fingerprint,
            "videos": len(train.seen),
            "captions": len(train.captions),
            "splits": list(self.splits),
            "validation": self.validation,
            "seeds": [self.plan.seed],
            "plan": asdict(self.plan),
            "processes": processes,
            **asdict(outcome),
        }
        registry = self.components.registry
        if self.plan.tune != "none" or "patches" in strategy.stages:
            save_weights(self.folder, strategy)  # which an encoder that injects it is known by
            registry = save_tuned(registry, self.folder, self.plan.tune, strategy)
        save_strategy(self.folder, strategy, TrainingContext.of(registry), record)
        plot_curves(self.folder)
        drop_state(self.folder)


def choose_parts(
    dataset: Dataset, splits: Sequence[str], validation: str | None, plan: TrainingPlan
) -> tuple[Dataset, Dataset | None]:
    """Return the dataset to train on, and the one to validate on or None."""
    if not dataset.splits:
        train = dataset
    else:
        missing = [split for split in splits if split not in dataset.splits]
        if missing:
            known = ", ".join(dataset.splits)
            raise InvalidInput(f"{dataset.name} has no split {missing[0]!r}; it has {known}")
        train = dataset.of_captions([c for c in dataset.captions if c.split in splits])
    if validation is None:
        return train, None
    if validation in dataset.splits and validation not in splits:
        return train, dataset.part(validation)
    return hold_out(train, plan)


def hold_out(dataset: Dataset, plan: TrainingPlan) -> tuple[Dataset, Dataset | None]:
    """Share a dataset out by video; videos of one `together` label stay on one side."""

    def is_held(caption: Caption) -> bool:
        group = caption.labels.get(plan.together, caption.video)
        return int(digest(f"{plan.seed}/{group}", size=4), 16) < HELD_OUT * 2**32

    held = [caption for caption in dataset.captions if is_held(caption)]
    kept = [caption for caption in dataset.captions if not is_held(caption)]
    if not held or not kept:
        return dataset, None
    return dataset.of_captions(kept), dataset.of_captions(held)

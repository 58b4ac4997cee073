"""The training loop: batches of cached features through a strategy, until it gets no better."""

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from json import dumps
from pathlib import Path
from typing import Any

import numpy as np
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState
from accelerate.utils import gather_object
from torch import nn

from moodreel.errors import ConfigurationError
from moodreel.fusion.strategy import FusionStrategy
from moodreel.interfaces import TextEncoder, VideoEncoder
from moodreel.media import Progress
from moodreel.storage.digests import digest
from moodreel.training.augmentation import Augmentation
from moodreel.training.averaged_weights import AveragedWeights
from moodreel.training.batch_loss import BatchLoss
from moodreel.training.batches import Batches
from moodreel.training.best_state import BestState, learned_state
from moodreel.training.clips import KeptClips
from moodreel.training.collation import Collator
from moodreel.training.curves import Curves
from moodreel.training.examples import Examples
from moodreel.training.gradients import Gradients
from moodreel.training.module import Batch, TrainingModule
from moodreel.training.objective_names import USES
from moodreel.training.optimization import (
    make_optimizer,
    named_state,
    restore_state,
    set_rates,
)
from moodreel.training.plan import TrainingPlan
from moodreel.training.prefetching import Prefetcher
from moodreel.training.ragged import Indices
from moodreel.training.states import load_state, save_state
from moodreel.training.validation import Validation


@dataclass
class Outcome:
    """The outcome of a training run.

    Args:
        steps: how many steps were made.
        best_step: after how many steps the kept parameters were reached.
        metrics: the metrics of the kept parameters, by name.
    """

    steps: int
    best_step: int
    metrics: dict[str, float] = field(default_factory=dict)


VALIDATION = "validation"
"""The folder with the frames of the videos that are validated on, while a run lasts."""


class Trainer:
    """Trains a strategy on examples.

    Args:
        strategy: the strategy, bound; its parameters are changed in place, and end as the best
            that the validation saw, or else the last ones.
        plan: the hyperparameters.
        train: the examples to learn from.
        validation: the examples that decide when to stop; None makes all steps.
        encoder: the text encoder, for a strategy that changes tokens, and where it is tuned.
        watcher: the video encoder, where it is tuned or the strategy changes its embeddings; None
            takes cached features.
        tuned: the network of the encoders, where they are tuned.
        folder: the folder for the saved state and the logs; None keeps none.
        on_progress: called with the progress.
        on_failure: called with the path of each video that dies on the way, and the reason.
    """

    def __init__(
        self,
        strategy: FusionStrategy,
        plan: TrainingPlan,
        train: Examples,
        validation: Examples | None = None,
        encoder: TextEncoder | None = None,
        watcher: VideoEncoder | None = None,
        tuned: nn.Module | None = None,
        folder: Path | None = None,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        on_failure: Callable[[str, str], None] = lambda path, reason: None,
    ) -> None:
        self.accelerator = open_accelerator(plan)
        processes = self.accelerator.num_processes
        self.plan = plan = plan.resolved(len(train.seen), processes)
        self.train = train
        self.validation = validation
        if validation and watcher and folder:
            kept = KeptClips(validation.read_clips, folder / VALIDATION, plan.kept * 1e9)
            self.validation = replace(validation, read_clips=kept)
        self.folder = folder
        self.on_progress = on_progress
        self.strategy = strategy
        needed = "tokens" in strategy.stages or tuned is not None
        self.trainee = TrainingModule(
            strategy, plan.scale, encoder if needed else None, watcher, tuned, plan.scale_limit
        )
        self.batches = train.batches(plan)
        self.collator = Collator(
            train,
            USES[plan.objective],
            watcher is not None,
            plan.seed,
            self.accelerator.device,
            self.accelerator.process_index,
            processes,
            plan.jitter,
            Augmentation(plan.crop, plan.flip, plan.colour),
            on_failure,
        )
        self.stream = Prefetcher(
            partial(prepared, self.collator, self.batches),  # no cycle: a tuned network must go
            plan.ahead if watcher else 0,
            plan.steps * plan.accumulate,
        )
        self.loss = BatchLoss(plan, train, processes)
        self.average = AveragedWeights(plan.ema_decay)
        self.measure = Validation(self.trainee, self.collator, plan.metric).measure

    @property
    def run_key(self) -> str:
        """Identify the run: plan, data, strategy and options."""
        described = [
            asdict(self.plan),
            self.train.fingerprint,
            self.validation.fingerprint if self.validation else "",
            self.strategy.fingerprint,
        ]
        return digest(dumps(described))

    def run(self) -> Outcome:
        """Train, from the beginning or from where an interrupted run stood.

        Raises:
            ConfigurationError: the folder holds the state of another run.
        """
        self.strategy.adapt(self.train.video, self.train.seen)
        model, optimizer = self.accelerator.prepare(
            self.trainee, make_optimizer(self.trainee, self.plan)
        )
        progress = BestState()
        self.average.begin(self.trainee)
        start = self.resume(optimizer, progress)
        with ExitStack() as stack:
            stack.callback(self.stream.close)
            curves = None
            if self.folder and self.is_main:
                curves = stack.enter_context(closing(Curves(self.folder, start)))
            step = self.make_steps(model, optimizer, progress, start, curves)
        return self.finish(progress, step)

    def make_steps(
        self,
        model: nn.Module,
        optimizer: Any,
        progress: BestState,
        step: int,
        curves: Curves | None,
    ) -> int:
        """Make steps until they are done, or nothing gets better; return how many were made."""
        while step < self.plan.steps and not self.is_over(progress):
            values = self.step(model, optimizer, step)
            step += 1
            is_look = step % self.plan.every == 0 or step == self.plan.steps
            if is_look:
                values |= self.look(progress, step)
            if curves:
                curves.add(step - 1, values)
            if self.is_main and is_look:
                self.keep(optimizer, progress, step, curves)
                self.on_progress(Progress(describe(values), step, self.plan.steps))
        return step

    @property
    def is_main(self) -> bool:
        """Whether this process writes files."""
        return self.accelerator.is_main_process

    def is_over(self, progress: BestState) -> bool:
        """Whether the validation has not got better for long enough."""
        patience = self.plan.patience
        return bool(patience and self.validation and progress.looks_since >= patience)

    def step(self, model: nn.Module, optimizer: Any, step: int) -> dict[str, float]:
        """Make one step and return its losses."""
        plan = self.plan
        model.train()
        set_rates(optimizer, step, plan)
        found = [self.add_gradients(model, step, part) for part in range(plan.accumulate)]
        self.accelerator.clip_grad_norm_(model.parameters(), plan.clip)
        optimizer.step()
        self.average.add(self.trainee, step)
        optimizer.zero_grad()  # before a look takes memory of its own
        return {name: sum(part[name] for part in found) / len(found) for name in found[0]}

    def add_gradients(self, model: nn.Module, step: int, part: int) -> dict[str, float]:
        """Add the gradients of one of a step's batches; return the terms of its loss."""
        plan = self.plan
        number = step * plan.accumulate + part
        gradients = Gradients(
            model, self.accelerator, self.loss, plan.chunk, 1 / plan.accumulate, plan.seed
        )
        share = self.stream.at(number)
        rows = self.joined(share.rows)
        terms = gradients.add(share, rows, number, part == plan.accumulate - 1)
        values = {name: float(value.detach()) for name, value in terms.items()}
        return {"loss": sum(v for name, v in values.items() if name != "scale"), **values}

    def joined(self, rows: Indices) -> Indices:
        """Return the captions of all processes' shares, in order."""
        if self.accelerator.num_processes == 1:
            return rows
        return np.array(gather_object(rows.tolist()), np.int64)

    def look(self, progress: BestState, step: int) -> dict[str, float]:
        """Measure on the validation split, and remember the best parameters."""
        with self.average.in_place(self.trainee):
            value = self.measure(self.validation) if self.validation else math.nan
            progress.take(value, step, self.trainee)
        return {"validation": value} if self.validation else {}

    def resume(self, optimizer: Any, progress: BestState) -> int:
        """Put back the state of an interrupted run; return the step to go on from."""
        state = load_state(self.folder, self.run_key) if self.folder else None
        if state is None:
            return 0
        self.trainee.load_state_dict(state["model"], strict=False)
        restore_state(optimizer, state["optimizer"])
        self.average.restore(state["average"])
        progress.restore(state["best"])
        if self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        return int(state["step"])

    def keep(self, optimizer: Any, progress: BestState, step: int, curves: Curves | None) -> None:
        """Write where the run stands."""
        if self.folder is None:
            return
        if curves:
            curves.flush()
        scaler = self.accelerator.scaler
        state = {
            "run": self.run_key,
            "step": step,
            "model": learned_state(self.trainee),
            "optimizer": named_state(optimizer),
            "average": self.average.values,
            "best": progress.held(),
            "scaler": {} if scaler is None else scaler.state_dict(),
        }
        save_state(self.folder, state)

    def finish(self, progress: BestState, step: int) -> Outcome:
        """Put the best parameters into the strategy and return how it went."""
        if self.is_main and self.validation and isinstance(self.validation.read_clips, KeptClips):
            self.validation.read_clips.drop()
        self.trainee.load_state_dict(progress.state, strict=False)
        self.trainee.to("cpu").eval()
        metrics = {"scale": self.trainee.scale.item()}
        if self.validation is not None:
            metrics[f"validation {self.plan.metric}"] = progress.value
        return Outcome(step, progress.step, metrics)


def prepared(collator: Collator, batches: Batches, number: int) -> Batch:
    """Return this process's share of the batch of a number."""
    return collator.share(batches.at(number), number)


def open_accelerator(plan: TrainingPlan) -> Accelerator:
    """Return the accelerator of a run: its device, its precision and its processes.

    Raises:
        ConfigurationError: a precision that the device does not have.
    """
    AcceleratorState._reset_state()  # an earlier run's precision would hold for this one too
    unused = DistributedDataParallelKwargs(find_unused_parameters=True)
    refused = ConfigurationError(
        f"--precision {plan.precision} needs a GPU; on a CPU use bf16 or no"
    )
    try:
        accelerator = Accelerator(mixed_precision=plan.precision, kwargs_handlers=[unused])
    except ValueError:  # accelerate's own words are about its options
        raise refused from None
    if plan.precision == "fp16" and accelerator.device.type == "cpu":
        raise refused  # accelerate would train in float32 and say nothing
    return accelerator


def describe(values: Mapping[str, float]) -> str:
    """Return the loss, and the validation's metric where it was measured, for the progress bar."""
    shown = [f"loss {values['loss']:.3f}"]
    shown += [f"validation {values['validation']:.3f}"] if "validation" in values else []
    return ", ".join(shown)

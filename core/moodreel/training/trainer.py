"""The training loop: batches of cached features through a strategy, until it gets no better."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from json import dumps
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed
from torch import Tensor, nn

from moodreel.evaluation.metrics.ranking import query_scores
from moodreel.fusion.strategy import FusionStrategy
from moodreel.interfaces import TextEncoder, VideoEncoder
from moodreel.media import Progress
from moodreel.storage.digests import digest
from moodreel.training.batches import Indices
from moodreel.training.best_state import BestState, learned_state
from moodreel.training.curves import Curves
from moodreel.training.examples import Examples
from moodreel.training.module import OWN, Asked, Batch, Shown, TrainingModule
from moodreel.training.objective_names import USES
from moodreel.training.objectives import OBJECTIVES
from moodreel.training.optimization import (
    make_optimizer,
    named_state,
    restore_state,
    set_rates,
)
from moodreel.training.plan import TrainingPlan
from moodreel.training.states import load_state, save_state
from moodreel.training.terms import correction_term, distillation_term, emotion_term, shortlist_term

TEXTS_AT_ONCE, VIDEOS_AT_ONCE = 256, 256  # in validation, which bounds memory: judgements


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


class Trainer:
    """Trains a strategy on examples.

    Args:
        strategy: the strategy, bound; its parameters are changed in place, and end as the best
            that the validation saw, or else the last ones.
        plan: the hyperparameters.
        train: the examples to learn from.
        validation: the examples that decide when to stop; None makes all steps.
        encoder: the text encoder, for a strategy that changes tokens, and where it is tuned.
        watcher: the video encoder, where it is tuned; None takes cached features.
        tuned: the network of the encoders, where they are tuned.
        folder: the folder for the saved state and the logs; None keeps none.
        on_progress: called with the progress.
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
    ) -> None:
        self.plan = plan
        self.train = train
        self.validation = validation
        self.folder = folder
        self.on_progress = on_progress
        self.strategy = strategy
        needed = "tokens" in strategy.stages or tuned is not None
        self.watching = watcher is not None
        self.trainee = TrainingModule(
            strategy, plan.scale, encoder if needed else None, watcher, tuned
        )
        self.batches = train.batches(plan)
        self.objective = OBJECTIVES[plan.objective]
        self.uses = USES[plan.objective]

    @cached_property
    def accelerator(self) -> Accelerator:
        """The accelerator of the run: its device, its precision and its processes."""
        AcceleratorState._reset_state()  # an earlier run's precision would hold for this one too
        unused = DistributedDataParallelKwargs(find_unused_parameters=True)
        return Accelerator(mixed_precision=self.plan.precision, kwargs_handlers=[unused])

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
        start = self.resume(optimizer, progress)
        curves = Curves(self.folder, start) if self.folder and self.is_main else None
        step = start
        while step < self.plan.steps and not self.is_over(progress):
            values = self.step(model, optimizer, step)
            step += 1
            if step % self.plan.every == 0 or step == self.plan.steps:
                values |= self.look(progress, step)
            if curves:
                curves.add(step - 1, values)
            if self.is_main and (step % self.plan.every == 0 or step == self.plan.steps):
                self.keep(optimizer, progress, step, curves)
                self.on_progress(Progress(describe(values), step, self.plan.steps))
        if curves:
            curves.close()
        return self.finish(progress, step)

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
        model.train()
        set_rates(optimizer, step, self.plan)
        set_seed(step_seed(self.plan.seed, step, self.accelerator.process_index))
        rows = self.batches.at(step)
        with self.accelerator.autocast():
            found = model(self.share(rows, step))
        terms = self.terms({name: self.gather(name, part) for name, part in found.items()}, rows)
        loss = sum(terms.values(), torch.zeros(()).to(self.accelerator.device))
        optimizer.zero_grad()
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(model.parameters(), self.plan.clip)
        optimizer.step()
        values = {"loss": loss, **terms, "scale": found["scale"]}
        return {name: float(value.detach()) for name, value in values.items()}

    def share(self, rows: Indices, step: int) -> Batch:
        """Return this process's share of a batch, with what the objective looks at."""
        whole = self.accelerator.num_processes
        rows = np.array_split(rows, whole)[self.accelerator.process_index]
        videos = self.train.video_of[rows]
        shown = self.shown(self.train, videos)
        return Batch(
            self.asked(self.train, self.train.text_of[rows]),
            shown,
            torch.from_numpy(self.train.same(rows)).to(self.accelerator.device),
            self.others(rows, step) if "caption" in self.uses else None,
            self.single_frames(shown, step) if "frame" in self.uses else None,
        )

    def asked(self, examples: Examples, texts: Indices) -> Asked:
        """Return texts by their places."""
        words = [examples.texts[place] for place in texts]
        text = examples.text[texts].to(self.accelerator.device)
        return Asked(words, text, examples.wanted[texts])

    def shown(self, examples: Examples, videos: Indices) -> Shown:
        """Return videos by their places, decoded where their encoder learns."""
        video = examples.video[videos].to(self.accelerator.device)
        clips = examples.read_clips(videos) if self.watching else ()
        return Shown(video, examples.seen[videos], clips)

    def others(self, rows: Indices, step: int) -> Asked:
        """Return another caption of each video."""
        drawn = self.train.other_captions(rows, [self.plan.seed, step])
        return self.asked(self.train, self.train.text_of[drawn])

    def single_frames(self, shown: Shown, step: int) -> Shown:
        """Return one frame of each video, as a video of its own; where there are none, the video.

        Its emotions are the video's: they are kept for segments, not for frames.
        """
        draw = torch.Generator().manual_seed(step_seed(self.plan.seed, step, 0))
        place = torch.rand(len(shown.seen), generator=draw)
        pairs = zip(shown.clips, place.tolist(), strict=False)
        clips = [clip.frame(int(share * len(clip))) for clip, share in pairs]
        frames = shown.video.frames
        if frames is None:
            return replace(shown, clips=clips)
        chosen = (place * frames.shape[1]).long()
        one = frames[torch.arange(len(frames)), chosen.to(frames.device)]
        pooled = torch.nn.functional.normalize(one, dim=-1)
        return Shown(type(shown.video)(pooled, one.unsqueeze(1)), shown.seen, clips)

    def gather(self, name: str, part: Tensor) -> Tensor:
        """Return the vectors of all processes, in order, with gradients to every one.

        The scale is the same everywhere; shortlists, and loss terms of the strategy's own, are
        each process's own.
        """
        alone = name in ("scale", "reranked") or name.startswith(OWN)
        if self.accelerator.num_processes == 1 or alone:
            return part.float()
        from torch.distributed.nn.functional import all_gather

        return torch.cat(all_gather(part.float().contiguous()))

    def terms(self, found: Mapping[str, Tensor], rows: Indices) -> dict[str, Tensor]:
        """Return the terms of the loss of a whole batch, weighed."""
        text, video, scale = found["text"], found["video"], found["scale"]
        same = torch.from_numpy(self.train.same(rows)).to(text.device)
        caption, frame = found.get("caption", text), found.get("frame", video)
        terms = {"contrastive": self.objective(video, text, frame, caption, scale, same)}
        terms |= {name: term for name, term in found.items() if name.startswith(OWN)}
        if "reranked" in found:
            terms["shortlist"] = shortlist_term(found["reranked"], scale)
        if "corrected" in found and self.plan.correct:
            terms["correction"] = self.plan.correct * self.correction(found["corrected"], rows)
        if self.plan.emotion or self.plan.distil:
            content = found["asked"] @ found["shown"].T
            terms |= self.further_terms(text @ video.T, content, scale, rows)
        return terms

    def correction(self, corrected: Tensor, rows: Indices) -> Tensor:
        """Return the correction term of a batch."""
        plain, told = self.train.plain
        videos = self.train.video_of[rows]
        kept = np.flatnonzero(self.train.moved[rows] & told[videos])
        return correction_term(corrected[kept], plain[videos[kept]].to(corrected))

    def further_terms(
        self, scores: Tensor, content: Tensor, scale: Tensor, rows: Indices
    ) -> dict[str, Tensor]:
        """Return the emotion term and the distillation term that the plan asks for."""
        device = scores.device
        texts, videos = self.train.text_of[rows], self.train.video_of[rows]
        terms = {}
        if self.plan.emotion:
            wanted = torch.from_numpy(self.train.wanted.values[texts]).to(device)
            felt = torch.from_numpy(self.train.felt[videos]).to(device)
            term = emotion_term(scores - content, wanted, felt, scale)
            terms["emotion"] = self.plan.emotion * term
        if self.plan.distil:
            neutral = torch.from_numpy(~self.train.moved[rows]).to(device)
            before = self.train.text.pooled[texts] @ self.train.video.pooled[videos].T
            term = distillation_term(scores, before.to(device), neutral, scale)
            terms["distillation"] = self.plan.distil * term
        return terms

    def look(self, progress: BestState, step: int) -> dict[str, float]:
        """Measure on the validation split, and remember the best parameters."""
        if self.validation is None:
            progress.take(math.nan, step, self.trainee)
            return {}
        value = self.mean_precision(self.validation)
        progress.take(value, step, self.trainee)
        return {"validation": value}

    @torch.inference_mode()
    def mean_precision(self, examples: Examples) -> float:
        """Return the mean average precision over the texts of examples, each asked once."""
        self.trainee.eval()
        parts = []
        for start in range(0, len(examples.texts), TEXTS_AT_ONCE):
            texts = np.arange(start, min(start + TEXTS_AT_ONCE, len(examples.texts)))
            parts.append(self.trainee.ask(self.asked(examples, texts)).float())
        shown = []
        for start in range(0, len(examples.seen), VIDEOS_AT_ONCE):
            videos = np.arange(start, min(start + VIDEOS_AT_ONCE, len(examples.seen)))
            shown.append(self.trainee.show(self.shown(examples, videos)).float())
        scores = torch.cat(parts) @ torch.cat(shown).T
        return query_scores(scores.cpu().numpy(), examples.known.T).summary()["mAP"]

    def resume(self, optimizer: Any, progress: BestState) -> int:
        """Put back the state of an interrupted run; return the step to go on from."""
        state = load_state(self.folder, self.run_key) if self.folder else None
        if state is None:
            return 0
        self.trainee.load_state_dict(state["model"], strict=False)
        restore_state(optimizer, state["optimizer"])
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
            "best": progress.held(),
            "scaler": {} if scaler is None else scaler.state_dict(),
        }
        save_state(self.folder, state)

    def finish(self, progress: BestState, step: int) -> Outcome:
        """Put the best parameters into the strategy and return how it went."""
        self.trainee.load_state_dict(progress.state, strict=False)
        self.trainee.to("cpu").eval()
        metrics = {"scale": self.trainee.scale.item()}
        if self.validation is not None:
            metrics["validation mAP"] = progress.value
        return Outcome(step, progress.step, metrics)


def step_seed(seed: int, step: int, process: int) -> int:
    """Return the seed of what is random in one step of one process."""
    return int(np.random.SeedSequence([seed, step, process]).generate_state(1)[0])


def describe(values: Mapping[str, float]) -> str:
    """Return the loss, and the validation's mAP where it was measured, for the progress bar."""
    shown = [f"loss {values['loss']:.3f}"]
    shown += [f"validation {values['validation']:.3f}"] if "validation" in values else []
    return ", ".join(shown)

"""The gradients of a batch: in one pass, or in chunks by gradient caching.

A contrastive loss compares everything in a batch, so a batch cannot be cut as accumulation cuts it.
Gradient caching first encodes chunk by chunk without a graph, takes the loss and its gradients by
the vectors of the whole batch, and then encodes each chunk again to carry these gradients on.
Memory is that of one chunk, at one further forward pass.

Source: Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup",
section 3.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn

from moodreel.training.batch_loss import BatchLoss, Terms, is_joint, total
from moodreel.training.collation import step_seed
from moodreel.training.module import Batch
from moodreel.training.ragged import Indices

Found = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Gradients:
    """Adds the gradients of batches to the parameters.

    Args:
        model: the module, prepared by the accelerator.
        accelerator: the precision and the processes.
        loss: the loss.
        chunk: how many captions of a process are encoded at once; 0: all.
        share: the weight of a batch: 1 over the batches that are accumulated.
        seed: the seed of dropout, and of whatever else is drawn in the model.
    """

    model: nn.Module
    accelerator: Accelerator
    loss: BatchLoss
    chunk: int
    share: float
    seed: int

    def add(self, batch: Batch, rows: Indices, number: int, last: bool) -> Terms:
        """Add a batch's gradients and return the terms of its loss, with the scale.

        Args:
            batch: this process's share.
            rows: the captions of the whole batch.
            number: the batch's number, which with the seed decides all that is drawn.
            last: whether the optimiser moves after it, so that the processes must agree.
        """
        size = len(batch.shown.seen)
        if self.chunk and self.chunk < size:
            chunks = [
                batch.part(slice(start, start + self.chunk)) for start in range(0, size, self.chunk)
            ]
            return self.add_cached(chunks, rows, number, last)
        with self.agreement(last):
            found = self.encode(batch, number)
            terms = self.loss.joint(found, rows) | self.loss.separate(found)
            self.accelerator.backward(self.share * total(terms))
        return terms | {"scale": found["scale"]}

    def add_cached(self, chunks: Sequence[Batch], rows: Indices, number: int, last: bool) -> Terms:
        """Add a batch's gradients chunk by chunk, and return the terms of its loss."""
        with torch.no_grad():
            parts = [self.encode(chunk, number, place) for place, chunk in enumerate(chunks)]
        held = leaves(parts)
        terms = self.loss.joint(held, rows)
        total(terms).backward()
        sums: Terms = {}
        for place, chunk in enumerate(chunks):
            with self.agreement(last and place == len(chunks) - 1):
                found = self.encode(chunk, number, place)
                own = self.loss.separate(found)
                carried = carry(found, held, place * self.chunk, len(chunks))
                whole = carried + sum(own.values(), torch.zeros_like(carried)) / len(chunks)
                self.accelerator.backward(self.share * whole)
            for name, term in own.items():
                sums[name] = sums.get(name, 0) + term.detach() / len(chunks)
        return terms | sums | {"scale": held["scale"]}

    def encode(self, batch: Batch, number: int, chunk: int = 0) -> Found:
        """Return what the model finds; the same draws whenever it is asked for the same chunk."""
        drawn = (number, self.accelerator.process_index, *([chunk] if chunk else []))
        set_seed(step_seed(self.seed, *drawn))
        with self.accelerator.autocast():
            found: Found = self.model(batch)
        return found

    def agreement(self, agree: bool) -> AbstractContextManager[Any]:
        """Return a context in which the processes add up their gradients, or leave it for later."""
        return nullcontext() if agree else self.accelerator.no_sync(self.model)


def leaves(parts: Sequence[Found]) -> Found:
    """Return what was found of all chunks, in float32, as leaves that gradients come to."""
    first = parts[0]
    joined = {n: torch.cat([part[n].float() for part in parts]) for n in first if is_joint(n)}
    whole = {**joined, "scale": first["scale"].float()}
    return {name: value.detach().requires_grad_() for name, value in whole.items()}


def carry(found: Found, held: Found, start: int, chunks: int) -> Tensor:
    """Return the scalar whose gradients are those of the loss, through what a chunk found."""
    carried = []
    for name, leaf in held.items():
        if leaf.grad is None:
            continue
        part = found[name].float()
        if name == "scale":  # every chunk found the same
            carried.append(leaf.grad * part / chunks)
        else:
            carried.append((leaf.grad[start : start + len(part)] * part).sum())
    return torch.stack(carried).sum()

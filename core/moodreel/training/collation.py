"""From the captions of a batch to what the module takes: one process's share, on its device."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from moodreel.errors import InvalidInput, UnreadableVideo
from moodreel.media import Clip
from moodreel.training.augmentation import Augmentation
from moodreel.training.examples import Examples
from moodreel.training.module import Asked, Batch, Shown
from moodreel.training.ragged import Indices


@dataclass(frozen=True, eq=False)
class Collator:
    """Gathers the features, emotions and frames of a batch's captions.

    Args:
        examples: the examples to learn from.
        uses: what the objective looks at besides videos and texts.
        watching: whether videos are decoded, since their encoder learns.
        seed: the seed of what is drawn.
        device: the device of the module.
        process: the number of this process.
        processes: how many processes share a batch.
        jitter: whether the frames to learn from are taken at times that are drawn.
        augmentation: what is changed at random in the frames to learn from.
        on_failure: called with the path of each video that cannot be read, and the reason.
        dead: the places of the videos to learn from that could not be read.
        named: the paths of all videos that could not be read.
    """

    examples: Examples
    uses: frozenset[str]
    watching: bool
    seed: int
    device: torch.device
    process: int = 0
    processes: int = 1
    jitter: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    on_failure: Callable[[str, str], None] = lambda path, reason: None
    dead: set[int] = field(default_factory=set)
    named: set[str] = field(default_factory=set)

    def share(self, rows: Indices, number: int) -> Batch:
        """Return this process's share of the batch of a number, with what the objective uses."""
        rows = np.array_split(rows, self.processes)[self.process]
        examples = self.examples
        rows, clips = self.readable(rows, number) if self.watching else (rows, ())
        videos = examples.video_of[rows]
        shown = Shown(examples.video[videos].to(self.device), examples.seen[videos], clips)
        return Batch(
            self.asked(examples, examples.text_of[rows]),
            shown,
            torch.from_numpy(examples.same(rows)).to(self.device),
            self.others(rows, number) if "caption" in self.uses else None,
            self.single_frames(shown, number) if "frame" in self.uses else None,
            rows,
        )

    def readable(self, rows: Indices, number: int) -> tuple[Indices, Sequence[Clip]]:
        """Return captions with the frames of their videos; others where one cannot be read.

        Raises:
            InvalidInput: hardly any video can be read.
        """
        found, rows, attempt = self.read(rows, number), rows.copy(), 0
        while dead := [n for n, clip in enumerate(found) if isinstance(clip, UnreadableVideo)]:
            for place in dead:
                self.dead.add(int(self.examples.video_of[rows[place]]))
                self.tell(found[place])
            rows[dead] = self.replacements(rows[dead], [number, attempt])
            for place, clip in zip(dead, self.read(rows[dead], number), strict=True):
                found[place] = clip
            attempt += 1
        return rows, found

    def read(self, rows: Indices, number: int) -> list[Any]:
        """Return the frames of captions' videos, or why there are none."""
        videos = self.examples.video_of[rows]
        seed = [self.seed, number] if self.jitter else None
        found = self.examples.read_clips(videos, seed)
        if not self.augmentation:
            return list(found)
        return [
            self.augmentation(clip, [self.seed, number, video]) if isinstance(clip, Clip) else clip
            for video, clip in zip(videos.tolist(), found, strict=True)
        ]

    def tell(self, error: UnreadableVideo) -> None:
        """Name a video that cannot be read, once."""
        if error.path not in self.named:
            self.named.add(error.path)
            self.on_failure(error.path, error.reason)

    def replacements(self, rows: Indices, drawn_by: Sequence[int]) -> Indices:
        """Return other captions, drawn by numbers and by the captions that they replace.

        Raises:
            InvalidInput: hardly any video can be read.
        """
        if len(self.dead) * 2 > len(self.examples.seen):
            raise InvalidInput("more than half of the videos cannot be read; see the reasons above")
        draws = [np.random.default_rng([self.seed, *drawn_by, int(row)]) for row in rows]
        return np.array([draw.integers(len(self.examples.captions)) for draw in draws], np.int64)

    def asked(self, examples: Examples, texts: Indices) -> Asked:
        """Return texts by their places."""
        words = [examples.texts[place] for place in texts]
        return Asked(words, examples.text[texts].to(self.device), examples.wanted[texts])

    def shown(self, examples: Examples, videos: Indices) -> tuple[Indices, Shown]:
        """Return videos by their places, decoded where their encoder learns.

        Those that cannot be read are named and left out: with the videos come their places.
        """
        clips: Sequence[Clip] = ()
        if self.watching:
            videos, clips = self.living(videos, examples.read_clips(videos))
        return videos, Shown(examples.video[videos].to(self.device), examples.seen[videos], clips)

    def living(
        self, videos: Indices, found: Sequence[Clip | UnreadableVideo]
    ) -> tuple[Indices, Sequence[Clip]]:
        """Return the videos that could be read, with their frames, and name the others."""
        clips = {}
        for video, clip in zip(videos.tolist(), found, strict=True):
            if isinstance(clip, UnreadableVideo):
                self.tell(clip)
            else:
                clips[video] = clip
        return np.array(list(clips), np.int64), list(clips.values())

    def others(self, rows: Indices, number: int) -> Asked:
        """Return another text of each video: an auxiliary caption, where there are any."""
        return self.asked(self.examples, self.examples.other_texts(rows, [self.seed, number]))

    def single_frames(self, shown: Shown, number: int) -> Shown:
        """Return one frame of each video, as a video of its own; where there are none, the video.

        It is the middle one where auxiliary captions say what that shows. Its emotions are the
        video's, beside those of the frame where they are known.
        """
        draw = torch.Generator().manual_seed(step_seed(self.seed, number, 0))
        place = torch.rand(len(shown.seen), generator=draw)
        if self.examples.auxiliary:
            place = torch.full_like(place, 0.5)
        pairs = zip(shown.clips, place.tolist(), strict=False)
        clips = [clip.frame(int(share * len(clip))) for clip, share in pairs]
        frames = shown.video.frames
        seen = shown.seen.at(place.numpy())
        if frames is None:
            return replace(shown, seen=seen, clips=clips)
        chosen = (place * frames.shape[1]).long()
        one = frames[torch.arange(len(frames)), chosen.to(frames.device)]
        pooled = torch.nn.functional.normalize(one, dim=-1)
        return Shown(type(shown.video)(pooled, one.unsqueeze(1)), seen, clips)


def step_seed(*numbers: int) -> int:
    """Return the seed of what is random in one batch of one process."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])

"""What videos show and say, as rows to pre-train on: auxiliary captions and subtitles.

Source: Xue et al., "CLIP-ViP" (ICLR 2023), section 3.3: the caption of a video's middle frame, by
an image captioner, stands beside what is said in the video.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moodreel.datasets.roles import AUXILIARY, SUBTITLE
from moodreel.decoding.decoder import Decoder
from moodreel.errors import InvalidInput, UnreadableVideo
from moodreel.indexing.scanning import VideoFile
from moodreel.indexing.sidecars import Sidecars
from moodreel.interfaces import Captioner
from moodreel.media import Clip, Progress
from moodreel.subtitles.cues import read_cues
from moodreel.subtitles.fitting import joined

CAPTIONED_AT_ONCE = 16  # middle frames: a judgement, not measured


@dataclass
class Telling:
    """Rows about videos.

    Args:
        decoder: decodes the middle frames.
        captioner: says what they show; None: only subtitles are taken.
        subtitles: whether the subtitles beside videos are taken.
        failed: the videos, or their subtitles, that could not be read, with the reason.
        silent: how many videos nothing was said of.
    """

    decoder: Decoder
    captioner: Captioner | None
    subtitles: bool = True
    failed: list[tuple[str, str]] = field(default_factory=list)
    silent: int = 0

    def rows(
        self, files: Sequence[VideoFile], on_progress: Callable[[Progress], None]
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of videos, in order: `video`, `caption` and `role`."""
        beside = Sidecars()
        for start in range(0, len(files), CAPTIONED_AT_ONCE):
            some = files[start : start + CAPTIONED_AT_ONCE]
            on_progress(Progress(some[0].path, start, len(files)))
            shown = self.auxiliary_captions(some)
            for file in some:
                said = self.spoken(file, beside) if self.subtitles else ""
                texts = [(SUBTITLE, said), (AUXILIARY, shown.get(file.path, ""))]
                told = [(role, text) for role, text in texts if text]
                self.silent += not told
                for role, text in told:
                    yield {"video": file.path, "caption": text, "role": role}

    def auxiliary_captions(self, files: Sequence[VideoFile]) -> dict[str, str]:
        """Return the captions of the middle frames of the videos that can be read, by path."""
        if self.captioner is None:
            return {}
        clips = {file.path: clip for file in files if (clip := self.middle_frame(file)) is not None}
        captions = self.captioner.caption(list(clips.values())) if clips else []
        return dict(zip(clips, captions, strict=True))

    def middle_frame(self, file: VideoFile) -> Clip | None:
        """Return the middle frame of a video, None if it cannot be read."""
        path = Path(file.location)
        try:
            facts = self.decoder.probe(path)
            return self.decoder.read(path, [facts.duration / 2], facts)
        except UnreadableVideo as error:
            self.failed.append((file.path, error.reason))
            return None

    def spoken(self, file: VideoFile, beside: Sidecars) -> str:
        """Return the subtitles that lie beside a video or a link to it, joined; "" for none."""
        places = {file.path: beside.find(file.path), file.location: beside.find(file.location)}
        found = next(((place, name) for place, name in places.items() if name is not None), None)
        if found is None:
            return ""
        path = Path(found[0]).with_name(found[1].name)
        try:
            cues = read_cues(path, found[1].tags.language)
        except InvalidInput as error:
            self.failed.append((str(path), str(error).removeprefix(f"{path}: ")))
            return ""
        ordered = sorted(cues, key=lambda cue: (cue.span.start, cue.span.end))
        return joined([" ".join(cue.text.split()) for cue in ordered])

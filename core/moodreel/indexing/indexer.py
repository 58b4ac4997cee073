"""The indexer: brings a catalog up to date with files; what is new is decoded and encoded.

Frames are decoded ahead in worker processes while the encoders work; a few chunks at most are
held. Each video is written in one transaction, so a run that is killed goes on where it stopped.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.damage import DAMAGED, damaged_by, damaged_records
from moodreel.catalog.moves import move_videos
from moodreel.catalog.readings import outdated, stored_readers
from moodreel.catalog.records import VideoRecord, stored_parts
from moodreel.catalog.tracks import load_texts
from moodreel.catalog.writer import VideoWriter
from moodreel.decoding.decoder import Decoder
from moodreel.decoding.listening import SoundChunk, listen_ahead
from moodreel.decoding.readahead import Chunk, chunk_segments, read_chunk, work_ahead
from moodreel.decoding.segmentation import Segmentation
from moodreel.decoding.shots import cut_video, described_cut
from moodreel.errors import CatalogError, ConfigurationError, UnreadableVideo
from moodreel.indexing.captions import CaptionEncoder, embed_captions, follow_sidecars
from moodreel.indexing.contents import Contents, Lookalikes, stored_digest
from moodreel.indexing.copies import Copier
from moodreel.indexing.outputs import Outputs, listens, reads_speech, sees
from moodreel.indexing.planning import Plan, plan_run
from moodreel.indexing.report import IndexReport
from moodreel.indexing.scanning import VideoFile, scan_paths, videos_under
from moodreel.indexing.selection import Selection
from moodreel.indexing.track_vectors import TrackEncoder, embed_tracks
from moodreel.interfaces import (
    Component,
    EmotionExtractor,
    Segmenter,
    TextSpotter,
    Transcriber,
    VideoEncoder,
)
from moodreel.media import Progress, Segment, TimedText, VideoFacts

FRAMES_A_CHUNK = 32  # about 40 MB of frames at 480 x 853: a judgement, not measured
# Chunks of a video, and videos, that are decoded ahead of the encoders: 3 videos of 3 chunks each
# are held at most, about 360 MB. Judgements, not measured.
CHUNKS_AHEAD = 2
VIDEOS_AHEAD = 2
Decoded = VideoFacts | Chunk | SoundChunk
MOST_SEGMENTS = 1_000_000  # of a video: 57 days in segments of 5 s. A judgement, not measured.


@dataclass(frozen=True)
class Job:
    """One video to be read: the file, its older version if there is one, and what has to run.

    `complete` says that the file is unchanged and only lacks some components' work.
    """

    file: VideoFile
    record: VideoRecord | None
    components: Sequence[Component]
    complete: bool = False


@dataclass(frozen=True)
class Indexer:
    """Brings a catalog up to date with files.

    Args:
        catalog: the catalog to write.
        decoder: decodes the frames.
        encoder: makes the features.
        extractor: reads emotions from the same frames; None leaves them out.
        segmentation: cuts videos into segments.
        on_progress: called with the progress.
        captions: makes captions of the same frames, and vectors of these; None leaves them out.
        trackers: transcribers and text spotters, which write down what is said or to be read.
        segmenter: finds the shots that segments lie within; None cuts by the clock alone.
    """

    catalog: Catalog
    decoder: Decoder
    encoder: VideoEncoder
    extractor: EmotionExtractor | None
    segmentation: Segmentation
    on_progress: Callable[[Progress], None] = lambda progress: None
    captions: CaptionEncoder | None = None
    trackers: Sequence[Transcriber | TextSpotter] = ()
    segmenter: Segmenter | None = None

    @property
    def parts(self) -> list[Component]:
        """What has to run over every video."""
        captioner = self.captions.captioner if self.captions else None
        given = (self.encoder, self.extractor, captioner, *self.trackers)
        parts = stored_parts(given)
        heard = [part.transcriber for part in parts if isinstance(part, EmotionExtractor)]
        return stored_parts([*parts, *heard])

    def run(
        self,
        paths: Sequence[str | Path],
        prune: bool = False,
        selection: Selection | None = None,
        prune_away: bool = False,
    ) -> IndexReport:
        """Index the videos under `paths`.

        Args:
            prune: whether to forget videos of `paths` whose files are gone.
            selection: which entries of folders to take or to pass over.
            prune_away: whether to forget those as well whose drive may be away.

        Raises:
            InvalidInput: a path does not exist.
            CatalogError: another process is indexing, or the disk is full.
            ConfigurationError: the index was cut in another way.
        """
        with index_lock(self.catalog.folder):
            records = self.catalog.videos()
            scan = scan_paths(paths, selection, records)
            keep_segmentation(self.catalog, described_cut(self.segmentation, self.segmenter))
            plan = plan_run(scan.taken, records, paths)
            report = IndexReport.of_scan(scan)
            follow_moves(self.catalog, plan, report)
            forget_lost(self.catalog, plan, report, prune or prune_away, prune_away)
            self.follow_plan(plan, report)
            if self.captions:
                self.follow_captions(self.captions, paths, report)
        return report

    def follow_plan(self, plan: Plan, report: IndexReport) -> None:
        """Read what is new or changed, then store what turns out to be copies of it."""
        unfinished = self.unfinished([*plan.same, *plan.touched], report, report.unchanged)
        unfinished += self.unfinished(plan.moved, report, report.moved)
        total, waiting, contents = len(plan.todo) + len(unfinished), [], Contents()

        def first_jobs() -> Iterator[Job]:
            lookalikes = Lookalikes(contents).add(plan.present)
            for file, record in plan.todo:
                if lookalikes.meet(file):
                    waiting.append((file, record))
                else:
                    yield Job(file, record, self.parts)
            yield from unfinished

        self.run_jobs(first_jobs(), report, total)
        if waiting:
            copier = Copier(self.catalog, report, contents, self.cut_alike)
            left = self.settle_copies(waiting, copier)
            self.run_jobs(left, report, total, total - len(left))

    def follow_captions(
        self, captions: CaptionEncoder, paths: Sequence[str | Path], report: IndexReport
    ) -> None:
        """Take the captions that lie beside the videos, and make every text searchable."""
        damaged = damaged_records(self.catalog)
        whole = [record for record in self.catalog.videos() if record.id not in damaged]
        videos = videos_under(whole, paths)
        report.partial.extend(follow_sidecars(self.catalog, videos))
        embed_captions(self.catalog, captions, videos)
        for tracker in self.trackers:
            embed_tracks(self.catalog, TrackEncoder(tracker, captions.text_encoder), videos)

    def settle_copies(
        self, waiting: Sequence[tuple[VideoFile, VideoRecord | None]], copier: Copier
    ) -> list[Job]:
        """Store those of some files that are copies, and return what has to be read still."""
        jobs = []
        for file, record in waiting:
            with copier.report.failing_alone(file.path):
                if not copier.take(file, record):
                    jobs.append(Job(file, record, self.parts))
        copied = [record for record in self.catalog.videos() if record.id in copier.made]
        return jobs + self.unfinished(copied, copier.report, copier.report.added)

    def cut_alike(self, one: str, other: str) -> bool:
        """Whether two files that hold the same, by location, have the same segments."""
        return True

    def unfinished(
        self, records: Sequence[VideoRecord], report: IndexReport, group: list[str]
    ) -> list[Job]:
        """Return what has to be read of videos of the index, and report the others in a group."""
        done = {part: self.finished(part) for part in self.parts} if records else {}
        readers = stored_readers(self.catalog) if records else {}
        damaged = damaged_records(self.catalog)
        jobs = []
        for record in records:
            lacking = [part for part in self.parts if record.id not in done[part]]
            reason = outdated(readers.get(record.id or 0), self.decoder.readers)
            reason = DAMAGED if record.id in damaged else reason
            if reason:
                report.reread.append((record.path, reason))
                jobs.append(Job(known_file(record), record, self.parts))
            elif lacking:
                jobs.append(Job(known_file(record), record, lacking, complete=True))
            else:
                group.append(record.path)
        return jobs

    def finished(self, part: Component) -> set[int]:
        """Return the ids of the videos that a part is done with, what it made being whole."""
        return self.catalog.finished(part) - damaged_by(self.catalog, part)

    def run_jobs(self, jobs: Iterable[Job], report: IndexReport, total: int, done: int = 0) -> None:
        """Run every job; one that fails is reported, and the others go on.

        Args:
            total: how many files the whole run has to do, for the progress.
            done: how many of these are done.
        """
        with closing(work_ahead(jobs, self.read_job, VIDEOS_AHEAD, CHUNKS_AHEAD)) as reading:
            for place, (job, items) in enumerate(reading, done):
                self.on_progress(Progress(job.file.path, place, total))
                with report.failing_alone(job.file.path):
                    self.store_job(job, iter(items), report)
        if total:
            self.on_progress(Progress("", total, total))

    def read_job(self, job: Job) -> Iterator[Decoded]:
        """Yield the facts of a job's file, its frames, then its sound. Runs ahead, in a thread."""
        facts = self.decoder.probe(Path(job.file.location))
        yield facts
        segments = self.job_segments(job, facts)
        if any(map(sees, job.components)):
            readable: list[Segment] = []
            for chunk in self.read_frames(job, facts, segments):
                readable += chunk.segments
                yield chunk
            segments = readable
        if segments and any(map(listens, job.components)):
            listen = partial(self.decoder.listen, Path(job.file.location), facts=facts)
            yield from listen_ahead(listen, segments)

    def read_frames(
        self, job: Job, facts: VideoFacts, segments: Sequence[Segment]
    ) -> Iterator[Chunk]:
        """Yield the frames of segments, until one cannot be read."""
        path, frames = Path(job.file.location), self.encoder.frames_per_clip
        read, chunk = partial(self.decoder.read, path, facts=facts), None
        for some in chunk_segments(segments, frames, FRAMES_A_CHUNK):
            try:
                chunk = read_chunk(read, some, frames)
            except UnreadableVideo:
                if chunk is None:
                    raise
                chunk = Chunk([], [], complete=False, last=chunk.last)
            yield chunk
            if not chunk.complete:
                return

    def job_segments(self, job: Job, facts: VideoFacts) -> list[Segment]:
        """Return the segments of a job's file: those it has, or new ones."""
        if job.complete and job.record and job.record.id:
            return [moment.segment for moment in self.catalog.segments(job.record.id)]
        check_duration(job, facts, self.segmentation)
        path = Path(job.file.location)
        return cut_video(self.segmentation, self.segmenter, self.decoder, path, facts)

    def store_job(self, job: Job, items: Iterator[Decoded], report: IndexReport) -> None:
        """Run the components over what is decoded of a job, as it comes, and store the rest."""
        facts = next(items)
        assert isinstance(facts, VideoFacts)
        outputs, chunks, sounds = Outputs(job.components), list[Chunk](), list[SoundChunk]()
        for chunk in items:
            if isinstance(chunk, Chunk):
                outputs.see(chunk)
                chunks.append(chunk.without_frames())
            elif isinstance(chunk, SoundChunk):
                outputs.hear(chunk)
                sounds.append(chunk.without_samples())
        segments = [segment for chunk in chunks for segment in chunk.segments]
        if not any(map(sees, job.components)):
            segments = self.job_segments(job, facts)
        self.check_segments(job, facts, segments)
        outputs.read_speech(segments, self.speech(job, outputs))
        reader = next((chunk.reader for chunk in chunks if chunk.reader), "")
        writer = VideoWriter(self.catalog, new_record(job, facts), segments, reader)
        for component in job.components:
            writer.add(component, outputs.joined(component))
        writer.commit(replaces=None if job.complete or not job.record else job.record.id)
        (report.updated if job.record else report.added).append(job.file.path)
        report.partial.extend((job.file.path, why) for why in unread(facts, chunks, sounds))

    def speech(self, job: Job, outputs: Outputs) -> dict[str, list[TimedText]]:
        """Return what is said in a job's file, by the fingerprint of the transcriber."""
        found: dict[str, list[TimedText]] = {}
        for part in filter(reads_speech, job.components):
            maker = part.transcriber if isinstance(part, EmotionExtractor) else None
            if maker is None or maker.fingerprint in found:
                continue
            said = outputs.said(maker)
            if said is None and job.record and job.record.id:
                said = load_texts(self.catalog, maker, [job.record.id]).get(job.record.id)
            found[maker.fingerprint] = said or []
        return found

    def check_segments(self, job: Job, facts: VideoFacts, segments: Sequence[Segment]) -> None:
        """Refuse a video of which nothing could be read, or other parts than when indexed."""
        if not segments:
            raise UnreadableVideo(job.file.path, "none of its frames can be read")
        if job.complete and len(segments) != len(self.job_segments(job, facts)):
            raise UnreadableVideo(job.file.path, "reads otherwise than when it was indexed")


def unread(
    facts: VideoFacts, chunks: Sequence[Chunk], sounds: Sequence[SoundChunk]
) -> Iterator[str]:
    """Yield why parts of a video, or its sound, could not be read."""
    if not all(chunk.complete for chunk in chunks):
        last = max(chunk.last for chunk in chunks)
        reason = f"can be read only until {last:.1f} of {facts.duration:.1f} s"
        yield f"{reason}; the rest is damaged"
    yield from (f"its sound cannot be read: {s.problem}" for s in sounds if s.problem)


def new_record(job: Job, facts: VideoFacts) -> VideoRecord:
    """Return the record to store for a job: the one it has, or a new one."""
    if job.complete and job.record:
        return job.record
    file = job.file
    place = (file.path, file.location, file.size, file.modified)
    shown = {name: getattr(facts, name) for name in ("duration", "fps", "width", "height")}
    return VideoRecord(*place, stored_digest(file), **shown)


def known_file(record: VideoRecord) -> VideoFile:
    """Return an indexed video as a file."""
    return VideoFile(record.path, record.location, record.size, record.modified)


def check_duration(job: Job, facts: VideoFacts, segmentation: Segmentation) -> None:
    """Refuse a duration that only a damaged header states: cutting it would fill the memory."""
    if not 0 < facts.duration < (segmentation.stride or math.inf) * MOST_SEGMENTS:
        raise UnreadableVideo(job.file.path, f"states a duration of {facts.duration:g} s")


def follow_moves(catalog: Catalog, plan: Plan, report: IndexReport) -> None:
    """Note files that lie elsewhere now or have another time, and report other names of files."""
    overwritten = [record.id for record in plan.overwritten if record.id is not None]
    move_videos(catalog, [*plan.touched, *plan.moved], overwritten)
    report.origins.update(plan.origins)
    report.touched.extend(record.path for record in plan.touched)
    for file, first in plan.second_names:
        report.passed_over.append((file.path, f"is another name of {first}"))


def forget_lost(
    catalog: Catalog, plan: Plan, report: IndexReport, prune: bool, prune_away: bool
) -> None:
    """Report the videos whose files are gone, and forget those that are to be pruned."""
    kept = () if prune_away else plan.away
    report.away.extend((record.path, reason) for record, reason in kept)
    away = {record.id for record, _ in kept}
    forgotten = {r.id for r in plan.gone if prune and r.id is not None and r.id not in away}
    if forgotten:
        catalog.remove_videos(forgotten)
    for record in plan.gone:
        (report.pruned if record.id in forgotten else report.missing).append(record.path)


def keep_segmentation(catalog: Catalog, segmentation: str) -> None:
    """Note how an index is cut, and refuse to cut it in two ways."""
    known = catalog.fact("segmentation")
    if known is None:
        catalog.set_fact("segmentation", segmentation)
    elif known != segmentation:
        raise ConfigurationError(
            f"{catalog.folder} holds segments of {known}, not of {segmentation}; "
            "use another --index, or leave the segmentation as it is"
        )


@contextmanager
def index_lock(folder: Path) -> Iterator[None]:
    """Let one process at a time index into a folder. The system frees the lock of a dead one."""
    lock = FileLock(folder / "indexing.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CatalogError(
            f"{folder}: another process is indexing into it; wait for it, or use another --index"
        ) from None
    try:
        yield
    finally:
        lock.release()

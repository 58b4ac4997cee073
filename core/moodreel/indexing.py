"""From files to features in the catalog: what is new is encoded, and nothing is lost on the way.

Frames are decoded ahead in worker processes while the encoders work; a few chunks at most are
held. Each video is written in one transaction, so a run that is killed goes on where it stopped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moodreel.catalog import Catalog, VideoRecord
from moodreel.decoding import Decoder
from moodreel.errors import UnreadableVideo
from moodreel.interfaces import Component, EmotionExtractor, VideoEncoder
from moodreel.scanning import Plan, VideoFile, find_videos, plan_run
from moodreel.segments import Segmentation

FRAMES_A_CHUNK = 64


@dataclass
class IndexReport:
    """What a run did, by path; `failed` and `partial` pair each path with the reason."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    partial: list[tuple[str, str]] = field(default_factory=list)

    @property
    def found(self) -> int:
        """How many videos the paths held, readable or not."""
        groups = (self.added, self.updated, self.moved, self.unchanged, self.failed)
        return sum(map(len, groups))


@dataclass(frozen=True)
class Progress:
    """Where a run stands: the file it is at, and files done of those to do."""

    path: str
    done: float
    total: int


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
        decoder: reads frames.
        encoder: makes the features.
        extractor: reads emotions from the same frames; None leaves them out.
        report: called with the progress.
    """

    catalog: Catalog
    decoder: Decoder
    encoder: VideoEncoder
    extractor: EmotionExtractor | None
    segmentation: Segmentation
    report: Callable[[Progress], None] = lambda progress: None

    @property
    def components(self) -> list[Component]:
        """What has to run over every video."""
        return [part for part in (self.encoder, self.extractor) if part is not None]

    def run(self, paths: Sequence[str | Path], prune: bool = False) -> IndexReport:
        """Index the videos under `paths`.

        Args:
            prune: whether to forget videos of `paths` whose files are gone.

        Raises:
            InvalidInput: a path does not exist.
            CatalogError: another process is indexing, or the disk is full.
            ConfigurationError: the index was cut in another way.
        """
        files = list(find_videos(paths))
        with index_lock(self.catalog.folder):
            keep_segmentation(self.catalog, self.segmentation)
            plan = plan_run(files, self.catalog.videos(), paths)
            report = IndexReport(failed=list(plan.failed))
            self.follow_moves(plan, report, prune)
            self.run_jobs(self.jobs(plan, report), report)
        return report

    def follow_moves(self, plan: Plan, report: IndexReport, prune: bool) -> None:
        """Note files that lie elsewhere now, and those that are gone."""
        for record in plan.moved:
            assert record.id is not None
            columns = ("path", "location", "size", "modified")
            self.catalog.update_video(
                record.id, **{name: getattr(record, name) for name in columns}
            )
        gone = [record.path for record in plan.gone]
        if prune and gone:
            self.catalog.remove_videos([record.id for record in plan.gone if record.id])
        (report.pruned if prune else report.missing).extend(gone)

    def jobs(self, plan: Plan, report: IndexReport) -> list[Job]:
        """Return what has to be read, and report what has not."""
        jobs = [Job(file, record, self.components) for file, record in plan.todo]
        done = {part: self.catalog.finished(part) for part in self.components}
        for records, group in ((plan.same, report.unchanged), (plan.moved, report.moved)):
            for record in records:
                lacking = [part for part in self.components if record.id not in done[part]]
                if lacking:
                    jobs.append(Job(known_file(record), record, lacking, complete=True))
                else:
                    group.append(record.path)
        return jobs

    def run_jobs(self, jobs: Sequence[Job], report: IndexReport) -> None:
        """Run every job; one that fails is reported, and the others go on."""
        for place, job in enumerate(jobs):
            self.report(Progress(job.file.path, place, len(jobs)))
            try:
                self.run_job(job, report)
            except UnreadableVideo as error:
                report.failed.append((job.file.path, error.reason))
        if jobs:
            self.report(Progress("", len(jobs), len(jobs)))

"""All that make_lmdb.py writes in one run: for each part of a split its targets, which appear together at the end."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..atomic import write_bytes
from ..errors import OptionError
from .class_names import check_class_names, labels_file, write_class_names
from .conversion import Report, as_json, convert, from_json
from .database_folder import check_target, events, left_behind
from .images import Reading
from .recipes import Recipe, Sample
from .sources.entries import Listing
from .targets.folder_target import Run
from .targets.target import Target

_ALL = "all"  # noted when all targets are on the disk, before the first comes to its place


@dataclass(frozen=True)
class Part:
    """The entries of one part, and where they go: the images, and the label maps or numbers."""

    listing: Listing
    out: Path
    label_out: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """All that is written of the entries."""
        return [self.out, *([self.label_out] if self.label_out else [])]


@dataclass(frozen=True)
class Making:
    """How parts are made. `kind`: "lmdb", "hdf5" or "list"; `labels`: "", "maps" or "numbers", beside the images."""

    recipe: Recipe
    run: Run
    kind: str = "lmdb"
    labels: str = ""
    workers: int = 1
    skip_bad: bool = False

    def check(self, parts: Sequence[Part]) -> None:
        """Raises FileError where a target cannot be written, or classes differ from those beside it."""
        for part in parts:
            for path in part.paths:
                if self.kind != "list" and not self._is_finished(path, parts):
                    check_target(path, overwrite=self.run.overwrite or (self.run.append and path.exists()))
            if part.listing.classes and not self.run.overwrite:
                check_class_names(part.out, part.listing.classes)

    def goes_on(self, parts: Sequence[Part]) -> bool:
        """Whether a run that was cut off has left anything to go on with."""
        places = [self._place(path) for part in parts for path in part.paths]
        return any(left_behind(place, self.run.name) or events(place, self.run.name) for place in places)

    def write(self, parts: Sequence[Part], progress: Callable[[int], None]) -> list[Report]:
        """Writes all parts; a report for each. A run that goes on finds all done, until `forget`.

        Raises DataError, FileError.
        """
        with ExitStack() as stack:
            done = self._noted(parts)
            opened = [[stack.enter_context(one) for one in self._targets(part, parts)] for part in parts]
            reports = [from_json(values) for values in done] if done else self._convert(parts, opened, progress)
            for targets in opened:
                for target in targets:
                    target.note(_ALL, [as_json(report) for report in reports])
            for part, report in zip(parts, reports, strict=True):
                _write_beside(part, report)
        return reports

    def _convert(
        self, parts: Sequence[Part], opened: Sequence[Sequence[Target]], progress: Callable[[int], None]
    ) -> list[Report]:
        reports: list[Report] = []
        for part, targets in zip(parts, opened, strict=True):
            before = sum(len(earlier.listing.entries) for earlier in parts[: len(reports)])
            reports.append(
                convert(
                    part.listing,
                    self.recipe,
                    targets,
                    workers=self.workers,
                    skip_bad=self.skip_bad,
                    progress=partial(_add, progress, before),
                )
            )
        return reports

    def forget(self, parts: Sequence[Part]) -> None:
        """Removes what tells a run that goes on with this one how far it came; the last thing to do."""
        if self.kind == "list":
            from .targets.image_list import forget_lines as forget
        else:
            from .database_folder import forget
        for path in (path for part in parts for path in part.paths):
            forget(path)

    def _place(self, path: Path) -> Path:
        """The folder that is made under `path`, or with it."""
        if self.kind != "list":
            return path
        from .targets.image_list import images_folder

        return images_folder(path)

    def _is_finished(self, path: Path, parts: Sequence[Part]) -> bool:
        """Whether the run that was cut off had come so far that `path` was in its place."""
        if self.kind == "list":  # it is written again
            return False
        return path.exists() and not left_behind(path, self.run.name) and self._noted(parts) is not None

    def _noted(self, parts: Sequence[Part]) -> list[Any] | None:
        """The reports of the run that is gone on with, where it had written all, and may have given it its names."""
        if not self.run.resume:
            return None
        places = (self._place(path) for part in parts for path in part.paths)
        noted = (event for place in places for event in events(place, self.run.name))
        return next((event[1] for event in noted if event[0] == _ALL), None)

    def _targets(self, part: Part, parts: Sequence[Part]) -> Iterator[AbstractContextManager[Target]]:
        for path, is_labels in zip(part.paths, (False, True), strict=False):
            if not self._is_finished(path, parts):
                yield self._target(part, path, is_labels)

    def _target(self, part: Part, path: Path, is_labels: bool) -> AbstractContextManager[Target]:
        # each brings its library, so none is imported above
        if self.kind == "hdf5":
            from .targets.hdf5_shards import hdf5_shards

            return hdf5_shards(path, self.run)
        if self.kind == "list":
            from .targets.image_list import image_list, image_of, label_map_image

            kind = self.recipe.encoded or "png"
            if is_labels:
                return image_list(path, self.run, label_map_image, "png")
            return image_list(path, self.run, image_of(self._own_file(part.listing), kind), kind)
        from .targets import datum_lmdb as lmdb

        value = lmdb.image_value(self.recipe.encoded, part.listing.says_encoded)
        if is_labels:
            value = lmdb.label_map_value if self.labels == "maps" else lmdb.numbers_value
        digits = max(part.listing.digits, len(str(len(part.listing.entries) - 1)))
        return lmdb.datum_lmdb(path, self.run, value, digits)

    def _own_file(self, listing: Listing) -> Callable[[Sample], str | None]:
        """The path of an image that can be listed as it is, which ImageData then reads as Caffe does."""
        recipe = self.recipe
        stays = listing.is_files and recipe.size is None and recipe.reading == Reading(gray=recipe.reading.gray)

        def path(made: Sample) -> str | None:
            keeps = stays and not made.entry.mirrored and (not recipe.encoded or isinstance(made.image, bytes))
            return listing.path(made.entry) if keeps else None

        return path


def _add(progress: Callable[[int], None], before: int, done: int) -> None:
    progress(before + done)


def _write_beside(part: Part, report: Report) -> None:
    """What lies beside a target: the names of classes, and the entries that were left out."""
    skipped = skipped_file(part.out)
    _remove_aside(labels_file(part.out))
    _remove_aside(skipped)
    if part.listing.classes:
        write_class_names(part.out, part.listing.classes)
    if report.skipped:
        lines = [f"{number}\t{problem}\n" for number, problem in report.skipped]
        write_bytes(skipped, "".join(lines).encode(errors="surrogateescape"))
    else:
        skipped.unlink(missing_ok=True)


def _remove_aside(path: Path) -> None:
    """Removes what killed runs have left of a file that they were about to write. Their number is in its name."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.part-*"):
        with suppress(OSError, ValueError):
            try:
                os.kill(int(left.name.rpartition("-")[2]), 0)
            except ProcessLookupError:
                left.unlink()


def skipped_file(out: Path) -> Path:
    """Where the entries that were left out of a target are listed."""
    return out.with_name(f"{out.name}.skipped.txt")


def run_name(options: dict[str, object], parts: Sequence[Part]) -> str:
    """What differs between runs that would write other bytes: their options, names and labels."""
    digest = hashlib.sha256(repr(sorted(options.items())).encode(errors="surrogateescape"))
    for part in parts:
        digest.update(repr((part.out, part.label_out, part.listing.root)).encode(errors="surrogateescape"))
        for entry in part.listing.entries:
            digest.update(repr(tuple(entry)).encode(errors="surrogateescape"))
    return digest.hexdigest()


def part_path(out: str, name: str, option: str) -> Path:
    """OUT with the part's name where it has {}. Raises OptionError where it has none."""
    if "{}" not in out:
        stem, end = os.path.splitext(out)
        raise OptionError(f"--split needs {{}} in {option}, where a part's name goes, such as {stem}_{{}}{end}")
    return Path(out.replace("{}", name))

"""List files as the ImageData layer reads them; images that are no files yet become some."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from ...atomic import write_bytes
from ...errors import DataError, FileError, OptionError
from .. import journal
from ..database_folder import forget
from ..images import encode
from ..journal import read_journal
from ..recipes import Sample, as_bgr, file_kind
from .folder_target import FolderTarget, Run, target_folder

_LINES = "lines"  # what is listed so far

Image = Callable[[Sample], "str | bytes"]
"""Of a sample the path of its image file, or the bytes of one that is to be written."""


class ImageListTarget(FolderTarget):
    """Lines "path label"; the images that are written lie in a folder beside it, NAME_images.

    What is listed is noted in the folder as well, so that a run can go on with what another has made.
    """

    def __init__(self, path: Path, folder: Path, run: Run, image: Image, kind: str) -> None:
        super().__init__(path, folder, run)
        self._images, self._image, self._kind = images_folder(path), image, kind
        self._lines: list[bytes] = []
        self._bytes = self._done = 0
        self._noted = self._restored()

    def _restored(self) -> TextIO:
        """Takes what is noted, up to the last whole line, and opens the file to note more behind it."""
        try:
            file = open(self._folder / _LINES, "a+", encoding="utf-8")  # noqa: SIM115
            file.seek(0)
            content = file.read()
            whole = content[: content.rfind("\n") + 1]
            file.truncate(len(whole))  # it holds ASCII
        except OSError as error:
            raise FileError(self.path, f"cannot be written: {error.strerror or error}") from error
        for line in whole.splitlines():
            number, image, label, size = json.loads(line)
            self._add(number, image, label, size)
        return file

    def _add(self, number: int, image: str, label: int, size: int) -> None:
        self._lines.append(b"%s %d\n" % (os.fsencode(image), label))
        self._bytes += size
        self._done = number + 1

    @property
    def done(self) -> int:
        return self._done

    @property
    def size(self) -> int:
        return self._bytes

    @property
    def content(self) -> bytes:
        """Of the list file."""
        return b"".join(self._lines)

    def pack(self, number: int, made: Sample) -> tuple[str | bytes, str, int]:
        image = self._image(made)
        return image, file_kind(self._kind, made.entry) if isinstance(image, bytes) else "", made.entry.label

    def put(self, number: int, packed: tuple[str | bytes, str, int]) -> None:
        if number < self._done:  # it is there already, from the run that was cut off
            return
        image, kind, label = packed
        size = 0
        try:
            if isinstance(image, bytes):
                name, size = f"{number:08}.{kind}", len(image)
                (self._folder / name).write_bytes(image)
                image = os.path.join(self._images, name)
            if "\n" in image:
                raise DataError(f"{image!r}: a name with a line end cannot stand in a list file")
            self._noted.write(json.dumps([number, image, label, size]) + "\n")
        except OSError as error:
            raise FileError(self._images, f"cannot be written: {error.strerror or error}") from error
        self._add(number, image, label, size)

    def sync(self) -> None:
        self._noted.flush()

    def close(self) -> None:
        super().close()
        with suppress(OSError):
            self._noted.close()


def images_folder(path: Path) -> Path:
    """Where the images of a list lie that were written for it."""
    return path.with_name(f"{path.stem}_images")


def forget_lines(path: Path) -> None:
    """Removes what a run has noted of a list, which is whole; and the folder where it holds no images."""
    images = images_folder(path)
    forget(images)
    with suppress(OSError):
        (images / _LINES).unlink(missing_ok=True)
        images.rmdir()


def image_of(path_of: Callable[[Sample], str | None], kind: str) -> Image:
    """An image's own file where `path_of` gives it, else its pixels as a file of that kind."""

    def image(made: Sample) -> str | bytes:
        path = path_of(made)
        if path is not None:
            return path
        return made.image if isinstance(made.image, bytes) else encode(as_bgr(made), file_kind(kind, made.entry))

    return image


def label_map_image(made: Sample) -> bytes:
    """A sample's label map as a grey PNG."""
    assert made.labels is not None
    return encode(made.labels, "png")


@contextmanager
def image_list(path: Path, run: Run, image: Image, kind: str) -> Iterator[ImageListTarget]:
    """Yields a target for a list file that appears on a clean exit, and not at all after an error.

    Raises OptionError, FileError.
    """
    if run.append:
        raise OptionError("--append is for databases; lists of images can be joined")
    images = images_folder(path)
    is_there = run.resume and bool(read_journal(images, run.name))  # the folder was in its place, the list maybe not
    if path.exists() and not (run.overwrite or is_there):
        raise FileError(path, "exists already; remove it, choose another name, or give --overwrite")
    if path.is_dir():
        raise FileError(path, "is a folder; a list is a file")
    if images.exists() and not is_there:
        if set(os.listdir(images)) - {_LINES, journal.NAME}:
            raise FileError(images, "exists already; remove it: images of the list would go there")
        shutil.rmtree(images)
    with nullcontext(images) if is_there else target_folder(images, replace(run, overwrite=False)) as folder:
        target = ImageListTarget(path, folder, run, image, kind)
        try:
            yield target
        finally:
            target.close()
    write_bytes(path, target.content)

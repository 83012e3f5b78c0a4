"""List files as the ImageData layer reads them; images that are no files yet become some."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...atomic import creating_folder, write_bytes
from ...errors import DataError, FileError, OptionError
from ..images import encode
from ..recipes import Sample, as_bgr
from .folder_target import Run
from .target import Target

Image = Callable[[Sample], "str | bytes"]
"""Of a sample the path of its image file, or the bytes of one that is to be written."""


class ImageListTarget(Target):
    """Lines "path label"; the images that are written lie in a folder beside it, NAME_images."""

    def __init__(self, path: Path, folder: Path, images: Path, image: Image, kind: str) -> None:
        super().__init__(path)
        self._folder, self._images, self._image, self._kind = folder, images, image, kind
        self._lines: list[bytes] = []
        self._bytes = 0

    @property
    def size(self) -> int:
        return self._bytes

    @property
    def holds_images(self) -> bool:
        """Whether any image was written."""
        return self._bytes > 0

    @property
    def content(self) -> bytes:
        """Of the list file."""
        return b"".join(self._lines)

    def pack(self, number: int, made: Sample) -> tuple[str | bytes, int]:
        return self._image(made), made.entry.label

    def put(self, number: int, packed: tuple[str | bytes, int]) -> None:
        image, label = packed
        if isinstance(image, bytes):
            name = f"{number:08}.{self._kind}"
            try:
                (self._folder / name).write_bytes(image)
            except OSError as error:
                raise FileError(self._images / name, f"cannot be written: {error.strerror or error}") from error
            self._bytes += len(image)
            image = os.path.join(self._images, name)
        if "\n" in image:
            raise DataError(f"{image!r}: a name with a line end cannot stand in a list file")
        self._lines.append(b"%s %d\n" % (os.fsencode(image), label))


def image_of(path_of: Callable[[Sample], str | None], kind: str) -> Image:
    """An image's own file where `path_of` gives it, else its pixels as a file of that kind."""

    def image(made: Sample) -> str | bytes:
        path = path_of(made)
        if path is not None:
            return path
        return made.image if isinstance(made.image, bytes) else encode(as_bgr(made), kind)

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
    if run.append or run.resume:
        raise OptionError("--append and --resume are for databases; lists of images can be joined")
    images = path.with_name(f"{path.stem}_images")
    if path.exists() and not run.overwrite:
        raise FileError(path, "exists already; remove it, choose another name, or give --overwrite")
    if images.exists():
        raise FileError(images, "exists already; remove it: images of the list would go there")
    if path.is_dir():
        raise FileError(path, "is a folder; a list is a file")
    with creating_folder(images) as folder:
        target = ImageListTarget(path, folder, images, image, kind)
        yield target
    if not target.holds_images:
        images.rmdir()
    write_bytes(path, target.content)

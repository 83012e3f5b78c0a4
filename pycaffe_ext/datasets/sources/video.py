"""Frames of a video."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ...errors import DataError, FileError
from .entries import Array, Content, Entry, Listing
from .source import Source, SourceOptions

_EXTENSIONS = (".avi", ".mp4", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv", ".flv", ".y4m")


class Frames:
    """A video that is read forward; going back begins at its start."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._video: Any = None
        self._next = 0
        self._last: Array | None = None  # the frame before, which comes again as its mirror image

    def __getitem__(self, number: int) -> Array:
        """Frame `number`, H x W x 3 BGR. Raises DataError where it cannot be read."""
        if self._last is not None and number == self._next - 1:
            return self._last
        self._last = None
        if self._video is None or number < self._next:
            import cv2  # not above: a command's --help can do without

            self._video, self._next = cv2.VideoCapture(self._path), 0
        good = True
        while good and self._next <= number:
            good = self._video.grab()
            self._next += 1
        frame: Array | None = self._video.retrieve()[1] if good else None
        if frame is None:
            raise DataError(f"{self._path}: frame {number} cannot be read")
        self._last = frame
        return frame


@dataclass(frozen=True)
class VideoListing(Listing):
    """Entries are frames; `place` is the frame's number."""

    frames: Any = None
    every: int = 1
    is_files: bool = False
    in_order: bool = True

    def content(self, entry: Entry) -> Content:
        found: Array = self.frames[entry.place]
        return found

    def path(self, entry: Entry) -> str:
        return f"{self.root}[{entry.place}]"


def _open(path: str, options: SourceOptions) -> VideoListing:
    """Every n-th frame, from the first on. Frames are counted by reading, since headers lie. Raises FileError."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # silence: what it would say is told below, with the name
    import cv2

    every = options.every or 1
    video = cv2.VideoCapture(path)
    count = 0
    while video.grab():
        count += 1
    video.release()
    if not count:
        raise FileError(path, "is not a video that OpenCV can read, or holds no frames")
    stem = os.path.splitext(os.path.basename(path))[0]
    entries = [Entry(f"{stem}_{number:06}.png", 0, place=number) for number in range(0, count, every)]
    return VideoListing(path, entries, frames=Frames(path), every=every)


SOURCE = Source(
    "video",
    "a video, every frame or every n-th (--every N), label 0",
    lambda path: path.lower().endswith(_EXTENSIONS),
    _open,
    uses=("every",),
)

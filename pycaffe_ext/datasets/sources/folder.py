"""Folders of images: one folder per class, or images at any depth."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ...errors import DataError
from .entries import Entry, Listing
from .source import Source, SourceOptions, subfolders, visible

EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".jp2", ".pbm", ".pgm", ".ppm")


def class_folders(root: str) -> Listing:
    """The images of a folder that holds one folder per class; a class's label is its place in sorted order.

    Files and folders whose name begins with a dot are passed over, and LMDBs.
    Raises DataError when there are no class folders or no images.
    """
    classes = [name for name in subfolders(root) if not os.path.exists(os.path.join(root, name, "data.mdb"))]
    if not classes:
        raise DataError(f"{root}: holds no folders; a folder per class is expected, or give a list file")
    listing = Listing(root, [], classes)
    for name in visible(root):
        if name not in classes:
            listing.ignored.append(name)
    for label, name in enumerate(classes):
        _collect(listing, name, label)
    return _not_empty(listing)


def image_folder(root: str) -> Listing:
    """The images of a folder and of the folders in it, sorted by path, all with label 0. Raises DataError."""
    listing = Listing(root, [])
    _collect(listing, "", 0)
    return _not_empty(listing)


def _collect(listing: Listing, below: str, label: int) -> None:
    for name in sorted(_files(listing.root, below)):
        if name.lower().endswith(EXTENSIONS):
            listing.entries.append(Entry(name, label))
        else:
            listing.ignored.append(name)


def _files(root: str, below: str) -> Iterator[str]:
    for name in visible(os.path.join(root, below)):
        path = os.path.join(below, name)
        if os.path.isdir(os.path.join(root, path)):
            yield from _files(root, path)
        else:
            yield path


def _not_empty(listing: Listing) -> Listing:
    if not listing.entries:
        raise DataError(f"{listing.root}: holds no images (files that end in {' '.join(EXTENSIONS)})")
    return listing


def _open(path: str, options: SourceOptions) -> Listing:
    return class_folders(path) if options.classes else image_folder(path)


SOURCE = Source(
    "folder",
    "a folder with one folder per class (with --label-maps: images at any depth)",
    os.path.isdir,
    _open,
    rank=9,
)

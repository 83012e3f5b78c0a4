"""Folders of images: one folder per class, or images at any depth."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ...errors import DataError, FileError
from .entries import Entry, Listing

EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".jp2", ".pbm", ".pgm", ".ppm")


def class_folders(root: str) -> Listing:
    """The images of a folder that holds one folder per class; a class's label is its place in sorted order.

    Files and folders whose name begins with a dot are passed over.
    Raises DataError when there are no class folders or no images.
    """
    classes = [name for name in _visible(root) if os.path.isdir(os.path.join(root, name))]
    if not classes:
        raise DataError(f"{root}: holds no folders; a folder per class is expected, or give a list file")
    listing = Listing(root, [], classes)
    for name in _visible(root):
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
    for name in _visible(os.path.join(root, below)):
        path = os.path.join(below, name)
        if os.path.isdir(os.path.join(root, path)):
            yield from _files(root, path)
        else:
            yield path


def _visible(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise FileError(folder, f"cannot be read: {error.strerror or error}") from error


def _not_empty(listing: Listing) -> Listing:
    if not listing.entries:
        raise DataError(f"{listing.root}: holds no images (files that end in {' '.join(EXTENSIONS)})")
    return listing

"""Pascal VOC for detection: which classes an image shows, as one number per class."""

from __future__ import annotations

import os
from xml.etree import ElementTree

from ...errors import DataError
from ...proto.files import read_bytes
from .entries import Entry, Listing
from .source import Source, SourceOptions
from .voc import CLASSES, image_names, subset_names


def _open(path: str, options: SourceOptions) -> Listing:
    """An image has 1 for each class that it shows, 0 for others; and is labelled with the class of its first object.

    Classes are VOC's twenty where no others occur, else those that occur, sorted.
    """
    task = "Main" if os.path.isdir(os.path.join(path, "ImageSets", "Main")) else "Segmentation"
    names = subset_names(path, task, options.subset)
    objects = [_objects(os.path.join(path, "Annotations", f"{name}.xml")) for name in names]
    occur = {name for found in objects for name in found}
    classes = list(CLASSES) if occur <= set(CLASSES) else sorted(occur)
    number = {name: label for label, name in enumerate(classes)}
    entries = []
    for image, found in zip(image_names(path, names), objects, strict=True):
        labels = tuple(float(one in found) for one in classes)
        entries.append(Entry(image, number[found[0]] if found else 0, labels=labels))
    return Listing(path, entries, classes)


def _objects(path: str) -> list[str]:
    """The names of an annotation's objects, each once, in order."""
    content = read_bytes(path)
    if b"<!ENTITY" in content:  # entities that name one another can grow without bound
        raise DataError(f"{path}: defines entities, which no annotation needs")
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise DataError(f"{path}: is not XML: {error}") from error
    names = [(found.findtext("name") or "").strip() for found in root.iter("object")]
    if "" in names:
        raise DataError(f"{path}: object {names.index('') + 1} has no name")
    return list(dict.fromkeys(names))


SOURCE = Source(
    "voc-detection",
    "a Pascal VOC folder with Annotations: one number per class, 1 where an image shows it",
    lambda path: all(os.path.isdir(os.path.join(path, name)) for name in ("JPEGImages", "Annotations")),
    _open,
    uses=("subset",),
    rank=1,
)

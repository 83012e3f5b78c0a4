"""Image and label databases that do not belong together, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from ..case import Case
from ..check import Check
from ..finding import Finding
from ..label_counts import label_counts
from ..labelled import Pair, map_uses, pairs, unreadable

_APART = "images are trained with the labels of others: the loss falls a little, to what the mean label map gives"


class LabelMaps(Check):
    """image and label databases that differ in length, keys or size; label maps of another size than the scores"""

    def find(self, case: Case) -> Iterator[Finding]:
        for pair in pairs(case):
            yield from self._batches(case, pair)
            if pair.images.usable and pair.labels.usable:
                yield from self._entries(case, pair)
        yield from self._sizes(case)

    @staticmethod
    def _batches(case: Case, pair: Pair) -> Iterator[Finding]:
        sizes = pair.images.batch_size, pair.labels.batch_size
        if sizes[0] != sizes[1] and all(sizes):
            yield case.error(
                pair.labels.layer,
                f"batch_size is {sizes[1]} for labels and {sizes[0]} for images ('{pair.images.layer.name}')",
                "Caffe ends with a failed check at the loss",
                "Give both the same batch_size.",
            )

    @staticmethod
    def _entries(case: Case, pair: Pair) -> Iterator[Finding]:
        lengths = len(pair.images), len(pair.labels)
        names = f"'{pair.images.written}' has {lengths[0]:,} entries, '{pair.labels.written}' {lengths[1]:,}"
        remake = "Make both anew, in one go: make_lmdb.py IMAGES IMAGE_LMDB --label-maps MASKS --label-out LABEL_LMDB."
        if lengths[0] != lengths[1]:
            after = f"from the {min(lengths) + 1:,}th image on (the shorter one begins again)"
            yield case.error(pair.labels.place, names, f"{after} {_APART}", remake)
        elif pair.images.layer.type == pair.labels.layer.type == "Data":
            both = zip_longest(pair.images.keys(), pair.labels.keys(), fillvalue=b"")
            differ = [(number, a, b) for number, (a, b) in enumerate(both) if _plain(a) != _plain(b)]
            if differ:
                number, a, b = differ[0]
                yield case.warning(
                    pair.labels.place,
                    f"{len(differ):,} of {lengths[0]:,} keys differ between '{pair.images.written}' and"
                    f" '{pair.labels.written}', first in entry {number:,}: '{_shown(a)}' and '{_shown(b)}'",
                    f"Caffe pairs entries by their order alone: if the orders differ, {_APART}",
                    remake,
                )

    @staticmethod
    def _sizes(case: Case) -> Iterator[Finding]:
        for use in map_uses(case):
            counts = label_counts(case, use)
            shape = use.net.shape(use.scores)
            if counts is None or use.labels is None:
                continue
            if len(counts.sizes) > 1 and use.labels.batch_size != 1:
                (a, first), (b, second), *_ = counts.sizes.items()
                yield case.error(
                    use.labels.place,
                    f"label maps differ in size: '{first}' is {_size(a)}, '{second}' is {_size(b)}",
                    "Caffe ends with a failed check in the first batch that holds both",
                    "Make them of one size, or give batch_size: 1 to the layers of images and of labels.",
                )
            elif len(counts.sizes) == 1 and shape is not None and len(shape) == 4:
                (size,) = counts.sizes
                if size != shape[2:] and size[::-1] == shape[2:]:  # other sizes fail where the net is built
                    yield case.error(
                        use.labels.place,
                        f"label maps are {_size(size)}, but '{use.scores}' is {_size(shape[2:])}",
                        "as many numbers, so Caffe says nothing: each label is held against another place",
                        "Make the label maps of the scores' size (rows x columns).",
                    )

    def lacks(self, case: Case) -> Iterator[str]:
        return unreadable(source for pair in pairs(case) for source in (pair.images, pair.labels))


def _plain(key: bytes) -> bytes:
    """A key without extension: photo.jpg and photo.png are one entry."""
    head, dot, tail = key.rpartition(b".")
    return head if dot and len(tail) <= 4 else key


def _shown(key: bytes) -> str:
    return key.decode(errors="backslashreplace")


def _size(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size))


check = LabelMaps()

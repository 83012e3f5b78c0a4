"""Which entries are written, and in which order: splits, mirrored copies, balance."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ..errors import DataError, OptionError, UnknownNameError
from ..proto.files import read_bytes
from .sources.entries import Entry, Listing

_MOST_LOOKED_AT = 5_000


def split(
    listing: Listing, fractions: Mapping[str, float], seed: int, *, stratified: bool = True
) -> dict[str, Listing]:
    """Parts by fraction (they add up to at most 1), each in the listing's order.

    `stratified`: every label is spread over the parts by the fractions, to within one entry, and so are all entries
    together, however few there are of each label. An entry that occurs several times goes into one part. Which
    entries go where depends on the seed, and on names and labels.
    Raises DataError for a part that would be empty.
    """
    if not (min(fractions.values()) > 0 and sum(fractions.values()) <= 1 + 1e-9):  # which nan is not
        raise OptionError(f"--split takes fractions above 0 that add up to at most 1, not {_told(fractions)}")
    places: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, entry in enumerate(listing.entries):
        places[(entry.name, entry.place)].append(place)
    groups: dict[int, list[list[int]]] = defaultdict(list)
    for same in places.values():
        groups[listing.entries[same[0]].label if stratified else 0].append(same)
    random = np.random.RandomState(seed)
    chosen: dict[str, list[int]] = {name: [] for name in fractions}
    owed = np.zeros(len(fractions) + 1)  # the last are those of no part
    exact = np.array([*fractions.values(), max(0.0, 1 - sum(fractions.values()))])
    for label in sorted(groups):
        shuffled = [groups[label][i] for i in random.permutation(len(groups[label]))]
        counts = _shared(len(shuffled), exact, owed)
        for name, begin, count in zip(fractions, np.cumsum([0, *counts]), counts, strict=False):
            chosen[name] += [place for same in shuffled[begin : begin + count] for place in same]
    parts = {name: listing.of([listing.entries[place] for place in sorted(some)]) for name, some in chosen.items()}
    for name, part in parts.items():
        if not part.entries:
            raise DataError(f"--split {name}={fractions[name]:g} leaves no entry for {name}")
    return parts


def _told(fractions: Mapping[str, float]) -> str:
    return ",".join(f"{name}={fraction:g}" for name, fraction in fractions.items())


def _shared(count: int, fractions: npt.NDArray[np.float64], owed: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """How many of `count` each part gets: its fraction, rounded down, and those that are left go to the parts that are
    `owed` most; which is brought up to date."""
    exact = fractions * count
    counts = np.floor(exact + 1e-9).astype(np.int64)
    owed += exact - counts
    for part in np.argsort(-owed.round(9), kind="stable")[: count - counts.sum()]:
        counts[part] += 1
        owed[part] -= 1
    return counts


def split_by_lists(listing: Listing, files: Mapping[str, str]) -> dict[str, Listing]:
    """Parts by files that name their entries, one a line: by path, or by the path without its extension.

    What follows the name, such as a label, is passed over. Raises DataError for a name that is no entry's, or that
    two parts have, and for a part that would be empty.
    """
    by_name: dict[str, list[Entry]] = defaultdict(list)
    for entry in listing.entries:
        for name in {entry.name, os.path.splitext(entry.name)[0]}:
            by_name[name].append(entry)
    parts, owner = {}, dict[str, str]()
    for part, path in files.items():
        entries: list[Entry] = []
        content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
        for number, line in enumerate(content.splitlines(), start=1):
            text = os.fsdecode(line).strip()
            name = text if text in by_name else text.rpartition(" ")[0].strip()
            if not text:
                continue
            if name not in by_name:
                raise UnknownNameError("entry", text, _neighbours(name or text, by_name), where=f"{path}:{number}")
            for entry in by_name[name]:
                if owner.setdefault(entry.name, part) != part:
                    raise DataError(f"{path}:{number}: '{entry.name}' is in {owner[entry.name]} already")
            entries += by_name[name]
        if not entries:
            raise DataError(f"{path}: names no entry")
        parts[part] = listing.of(entries)
    return parts


def _neighbours(name: str, names: Iterable[str]) -> list[str]:
    """Names in the same folder or of the same file: to look for near ones among a million takes minutes."""
    folder, file = os.path.split(name)
    return [one for one in names if os.path.split(one)[0] == folder or os.path.split(one)[1] == file][:_MOST_LOOKED_AT]


def balanced(listing: Listing, to: str, seed: int) -> Listing:
    """Equally many entries of each label: "max" repeats those of small classes, "min" leaves out of large ones, and a
    number does either. Entries keep their order; repeated ones follow each other.

    Raises OptionError for labels that are not whole numbers.
    """
    if any(entry.labels for entry in listing.entries):
        raise OptionError("--balance needs one whole number per entry")
    counts = Counter(entry.label for entry in listing.entries)
    wanted = max(counts.values()) if to == "max" else min(counts.values()) if to == "min" else int(to)
    places: dict[int, list[int]] = defaultdict(list)
    for place, entry in enumerate(listing.entries):
        places[entry.label].append(place)
    random = np.random.RandomState(seed)
    repeats = Counter[int]()
    for label in sorted(places):
        whole, more = divmod(wanted, len(places[label]))
        for place in places[label]:
            repeats[place] += whole
        for i in random.permutation(len(places[label]))[:more]:
            repeats[places[label][i]] += 1
    return listing.of([entry for place, entry in enumerate(listing.entries) for _ in range(repeats[place])])


def with_mirrored_classes(listing: Listing, pairs: Mapping[int, int]) -> Listing:
    """After each entry of a class in `pairs` its mirror image, with the class that is its partner."""
    entries = []
    for entry in listing.entries:
        entries.append(entry)
        if entry.label in pairs:
            entries.append(entry._replace(label=pairs[entry.label], mirrored=True))
    return listing.of(entries)


def with_all_mirrored(listing: Listing) -> Listing:
    """After each entry its mirror image."""
    return listing.of([one for entry in listing.entries for one in (entry, entry._replace(mirrored=True))])


def class_pairs(listing: Listing, pairs: Sequence[tuple[str, str]]) -> dict[int, int]:
    """Labels that change places, by label, from pairs of class names or of labels.

    Raises UnknownNameError, OptionError.
    """
    numbers = {name: label for label, name in enumerate(listing.classes)}
    there = {str(entry.label): entry.label for entry in listing.entries}
    found: dict[int, int] = {}
    for pair in pairs:
        labels = []
        for name in pair:
            if name not in numbers and name not in there:
                raise UnknownNameError("class", name, numbers or there, where="--mirror-classes")
            labels.append(numbers.get(name, there.get(name, 0)))
        for one, other in (labels, reversed(labels)):
            if found.setdefault(one, other) != other:
                raise OptionError(f"--mirror-classes names '{pair[0]}' or '{pair[1]}' in two pairs")
    return found

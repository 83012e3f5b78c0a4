"""Which entries of a database a montage shows, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..errors import DataError
from .databases import Database
from .datum import Array, datum_array, is_numbers, parse_datum
from .montage import Tile
from .side_by_side import Pair, side_by_side
from .summary import Summary


def spread(count: int, total: int) -> list[int]:
    """`count` places (at most `total`) spread evenly over `total` entries, whose order may be by class."""
    count = min(count, total)
    return [number * total // count for number in range(count)]


def tiles(
    database: Database,
    maps: Database | None,
    places: Sequence[int],
    names: Mapping[int, str],
    *,
    is_maps: bool = False,
) -> list[Tile]:
    """The entries at these places (ascending), with their label maps where `maps` has them.

    `is_maps`: the entries are label maps themselves; this is also seen by their values.
    """
    chosen = list(_at(database, maps, places))
    if maps is None and not is_maps:
        summary = Summary(database.path)
        for pair in chosen:
            summary.add(pair.key, pair.first or b"")
        is_maps = summary.is_label_maps
    return [_tile(pair, names, maps is not None, is_maps) for pair in chosen]


def _at(database: Database, maps: Database | None, places: Sequence[int]) -> Iterator[Pair]:
    pairs = side_by_side(database, maps) if maps else (Pair(*item, None) for item in database)
    wanted = iter(places)
    place = next(wanted, None)
    for number, pair in enumerate(pair for pair in pairs if pair.first is not None):
        if place is None:
            return
        if number == place:
            yield pair
            place = next(wanted, None)


def _as_labels(values: Array) -> Array | None:
    """The labels of a map, which may be stored as floats; None where these are no labels."""
    labels = values.astype(np.uint8)
    return labels if (labels == values).all() else None


def _tile(pair: Pair, names: Mapping[int, str], with_map: bool, is_map: bool) -> Tile:
    title = pair.key.decode(errors="backslashreplace")
    try:
        datum = parse_datum(pair.first or b"")
        pixels = datum_array(datum)
        beside = datum_array(parse_datum(pair.second)) if pair.second is not None else None
    except DataError:
        return Tile(None, None, title, "cannot be decoded")
    shape = "x".join(map(str, pixels.shape))
    if is_map:
        return Tile(None, pixels[0], title, shape)
    if with_map:
        if beside is not None and is_numbers(beside):
            return Tile(pixels, None, title, "labels " + ", ".join(f"{number:g}" for number in beside.ravel()))
        labels = None if beside is None else _as_labels(beside[0])
        note = "no label map" if labels is None else f"{shape}, labels {'x'.join(map(str, labels.shape))}"
        return Tile(pixels, labels, title, note)
    return Tile(pixels, None, title, f"{shape}, label {datum.label} {names.get(datum.label, '')}".rstrip())

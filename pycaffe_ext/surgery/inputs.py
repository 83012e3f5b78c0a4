"""The shape of what a data layer gives, from its text, or from the database that it names."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import FileError
from ..model.view import LayerView, NetView
from ..text import Document, Message, Scalar

Shape = tuple[int, ...]

_SOURCES_OF_SHAPES = ("Input", "Parameter")  # have no bottoms, but give no data either


def is_data(layer: LayerView) -> bool:
    """Whether a layer brings data into the net, whatever its type: it has tops and no bottoms."""
    return bool(layer.tops) and not layer.bottoms and layer.type not in _SOURCES_OF_SHAPES


def top_shape(layer: LayerView, blob: str) -> Shape | None:
    """The shape of one top of a data layer, images as 1 x C x H x W; None where nothing says it."""
    shapes = [shape for message in layer.message.messages("dummy_data_param") for shape in message.messages("shape")]
    if shapes:
        shape = shapes[min(layer.top_names.index(blob), len(shapes) - 1)]
        return tuple(int(dim.number or 0) for dim in shape.scalars("dim"))
    image = image_shape(layer) if blob == layer.top_names[0] else None
    return None if image is None else (1, *image)


def input_shapes(document: Document) -> dict[str, Shape]:
    """The shape of each blob that an Input layer of a net gives."""
    found: dict[str, Shape] = {}
    for layer in NetView(document).layers:
        if layer.type == "Input":
            shapes = [s for message in layer.message.messages("input_param") for s in message.messages("shape")]
            for index, top in enumerate(layer.top_names if shapes else ()):
                shape = shapes[min(index, len(shapes) - 1)]
                found[top] = tuple(int(dim.number or 0) for dim in shape.scalars("dim"))
    return found


def image_shape(layer: LayerView) -> Shape | None:
    """(channels, height, width) of a data layer's first top; None where nothing says it.

    The database decides where it can be read and is no database of encoded images; crop_size, new_height and
    the like say height and width, mean_value, is_color and force_gray the channels, which are else taken for 3.
    """
    explicit = tuple(_number(layer, name) for name in ("channels", "height", "width"))
    datum = _datum_shape(layer)
    crop = _number(layer, "crop_size") or _number(layer, "cropsize")
    channels = explicit[0] or (datum[0] if datum else 0) or _channels(layer)
    if crop:
        return channels, crop, crop
    if datum:
        return datum
    size = (
        _number(layer, "new_height") or explicit[1],
        _number(layer, "new_width") or explicit[2],
    )
    return (channels, *size) if all(size) else None


def _channels(layer: LayerView) -> int:
    gray = [scalar.is_true for scalar in _everywhere(layer, "force_gray")]
    color = [scalar.is_true for scalar in _everywhere(layer, "is_color")]
    if any(gray) or not all(color):
        return 1
    means = len(_everywhere(layer, "mean_value"))
    return means if means > 1 else 3  # one mean_value is for all channels, however many there are


def _number(layer: LayerView, name: str) -> int:
    """A positive whole number of that name, wherever the layer has it; 0 where it has none."""
    numbers = [scalar.number for scalar in _everywhere(layer, name)]
    return next((int(number) for number in numbers if number and number > 0 and number.is_integer()), 0)


def _everywhere(layer: LayerView, name: str) -> list[Scalar]:
    """Scalars of that name in the layer and in its messages, where forks and V1 put them."""
    found = layer.body.scalars(name)
    for field in layer.body.fields:
        for value in field.values:
            if isinstance(value, Message) and field.name not in ("include", "exclude", "layer"):
                found += value.scalars(name)
                found += [scalar for inner in value.messages("resize_param") for scalar in inner.scalars(name)]
    return found


def _datum_shape(layer: LayerView) -> Shape | None:
    """(channels, height, width) of the first entry of the LMDB that a Data layer names, if it is there."""
    source = next((scalar.value for scalar in _everywhere(layer, "source")), "")
    if layer.type != "Data" or not source:
        return None
    beside = Path(layer.document.file).parent / source
    folder = next((path for path in (Path(source), beside) if os.path.isfile(path / "data.mdb")), None)
    if folder is None:
        return None
    import lmdb  # here: only this needs them
    from google.protobuf.message import DecodeError

    from ..proto.caffe_pb2 import Datum
    from ..proto.lmdb_files import check_whole

    try:
        check_whole(folder)
        with (
            lmdb.open(str(folder), readonly=True, lock=False) as database,
            database.begin() as transaction,
            transaction.cursor() as cursor,
        ):
            datum = Datum.FromString(cursor.value()) if cursor.first() else Datum()
    except (FileError, lmdb.Error, OSError, DecodeError):
        return None
    shape = (datum.channels, datum.height, datum.width)
    return shape if all(shape) and not datum.encoded else None

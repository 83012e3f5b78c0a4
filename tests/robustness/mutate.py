"""Damage to prototxt, messages, binary files and HDF5 files; all of it follows from the random numbers given."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
from google.protobuf import text_format

from pycaffe_ext.engine.layer import layer_type_list
from pycaffe_ext.errors import CaffeError
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.files import parse_text

INTEGERS = [0, -1, 1, 2, 3, 5, 7, 31, 64, 255, 1000, 4096, 65_535, 65_536, 10**6, 2**30]
INTEGERS += [sign * 2**bits - low for bits in (31, 32, 63, 64) for sign in (1, -1) for low in (0, 1)]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 100.0, 1e-30, 1e30, -1e30, 3e38, float("inf"), float("-inf"), float("nan")]
STRINGS = ["", "a", "data", "x" * 3000, "café", "..", ".", "/", "/dev/null", "absent", "a/b", "\x01", "{", "%s", "~"]
STRINGS += ["constant", "gaussian", "uniform", "xavier", "msra", "bilinear", "positive_unitball", "stripes"]
STRINGS += ["fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid", "L1", "L2", "SGD", "Adam", "AdaDelta"]
OTHER_TEXTS = [
    '"text"',
    "'t",
    "true",
    "maybe",
    "{}",
    "{ a: 1 }",
    "[1, 2]",
    "<>",
    "0x1F",
    "1e400",
    "-",
    "9" * 14,
]
DEPTH = 20_000  # of nested messages
KINDS_WITH_FOREIGN_PARAM = {
    "Deconvolution": "convolution_param",
    "Im2col": "convolution_param",
    "LSTM": "recurrent_param",
    "RNN": "recurrent_param",
    "SoftmaxWithLoss": "loss_param",
    "SigmoidCrossEntropyLoss": "loss_param",
    "Data": "transform_param",
    "ImageData": "transform_param",
    "WindowData": "transform_param",
}


# Text


def prototxt(random: Random, text: str, kind: type[Any] = caffe_pb2.NetParameter) -> bytes:
    """The text with one to three mutations: of its letters, or of the message that it holds."""
    if random.random() < 0.75:
        try:
            message = parse_text(text, kind())
        except CaffeError:  # it was made to be refused
            pass
        else:
            for _ in range(random.choice([1, 1, 2, 3])):
                change_message(random, message)
            return text_format.MessageToString(message).encode()
    for _ in range(random.choice([1, 1, 2, 3])):
        text = random.choice(_TEXT)(random, text)
    content = text.encode("utf-8", "surrogateescape")
    return binary(random, content) if random.random() < 0.2 else content


def _span(random: Random, length: int) -> slice:
    start = random.randrange(length + 1)
    return slice(start, min(length, start + random.choice([1, 1, 2, 8, 40, 400])))


def _cut(random: Random, text: str) -> str:
    return text[: random.randrange(len(text) + 1)]


def _without_span(random: Random, text: str) -> str:
    span = _span(random, len(text))
    return text[: span.start] + text[span.stop :]


def _doubled_span(random: Random, text: str) -> str:
    span = _span(random, len(text))
    return text[: span.stop] + text[span] + text[span.stop :]


def _swapped_lines(random: Random, text: str) -> str:
    lines = text.split("\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _replaced(random: Random, text: str, pattern: str, new: Callable[[re.Match[str]], str]) -> str:
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    match = random.choice(found)
    return text[: match.start()] + new(match) + text[match.end() :]


def _other_number(random: Random, text: str) -> str:
    number = random.choice([*INTEGERS, *FLOATS])
    return _replaced(random, text, r"(?<=: )-?[0-9][0-9.eE+-]*", lambda _: repr(number))


def _other_value(random: Random, text: str) -> str:
    return _replaced(random, text, r'(?<=: )("[^"]*"|[^\s{}]+)', lambda _: random.choice(OTHER_TEXTS))


def _other_name(random: Random, text: str) -> str:
    """A blob, layer or type under another name that the text has: cycles, duplicates, wrong types."""
    names = re.findall(r'"[^"\n]*"', text) or ['""']
    return _replaced(random, text, r'"[^"\n]*"', lambda _: random.choice(names))


def _other_field(random: Random, text: str) -> str:
    names = re.findall(r"\b[a-z_]+(?=:? ?[{:])", text) or ["name"]
    return _replaced(random, text, r"\b[a-z_]+(?=:? ?[{:])", lambda _: random.choice([*names, "nmae", "fork_param"]))


def _nested(random: Random, text: str) -> str:
    place = random.choice([0, len(text), text.find("}")])
    opened = random.choice(["layer {", "a {", "a: [", "include <"]) * random.choice([3, DEPTH])
    return text[:place] + opened + text[place:]


_TEXT = [_cut, _without_span, _doubled_span, _swapped_lines, _other_value, _other_field, _nested]
_TEXT += 3 * [_other_number, _other_name]


# Messages


def change_message(random: Random, message: Any) -> None:
    """One mutation of a net, or of a solver."""
    layers = getattr(message, "layer", None) or getattr(message, "layers", None)
    if layers is None or not len(layers) or random.random() < 0.05:
        _change_field(random, message)
    elif random.random() < 0.4:
        random.choice(_WIRING)(random, layers)
    else:
        layer = random.choice(layers)
        _change_field(random, random.choice([layer, *3 * _submessages(layer)]))


def _submessages(layer: Any) -> list[Any]:
    """Of a layer: those that it has, and that of its type."""
    present = [value for field, value in layer.ListFields() if field.message_type and not field.is_repeated]
    kind = str(layer.type)
    own = [
        getattr(layer, name)
        for name in layer.DESCRIPTOR.fields_by_name
        if name.removesuffix("_param").replace("_", "") == kind.lower() or name == KINDS_WITH_FOREIGN_PARAM.get(kind)
    ]
    present += [message for message in own if message.DESCRIPTOR.fields_by_name and message not in present]
    return present + [filler for message in present for filler in _fillers(message)]


def _fillers(message: Any) -> list[Any]:
    return [value for field, value in message.ListFields() if field.name.endswith("filler") and not field.is_repeated]


def _change_field(random: Random, message: Any, depth: int = 0) -> None:
    """Sets, clears, doubles or lengthens one field, often one that is there."""
    present = [field for field, _ in message.ListFields()]
    fields = present if present and random.random() < 0.5 else list(message.DESCRIPTOR.fields)
    if not fields:
        return
    field = random.choice(fields)
    if field in present and random.random() < 0.2:
        message.ClearField(field.name)
    elif field.is_repeated:
        _change_repeated(random, message, field, depth)
    elif field.message_type:
        _fill(random, getattr(message, field.name), depth)
    else:
        setattr(message, field.name, _value(random, field))


def _change_repeated(random: Random, message: Any, field: Any, depth: int) -> None:
    values = getattr(message, field.name)
    if len(values) and random.random() < 0.4:
        del values[random.randrange(len(values))]
    elif field.message_type:
        _fill(random, random.choice(values) if len(values) and random.random() < 0.5 else values.add(), depth)
    elif len(values) and random.random() < 0.6:
        values[random.randrange(len(values))] = _value(random, field)
    else:
        values.extend(_value(random, field) for _ in range(random.choice([1, 1, 2, 5, 40])))


def _fill(random: Random, message: Any, depth: int) -> None:
    message.SetInParent()
    for _ in range(random.randint(0, 2) if depth < 3 else 0):
        _change_field(random, message, depth + 1)


def _value(random: Random, field: Any) -> Any:
    if field.enum_type:
        return random.choice(field.enum_type.values).number
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return random.choice(FLOATS)
    if field.cpp_type == field.CPPTYPE_BOOL:
        return random.random() < 0.5
    if field.type == field.TYPE_BYTES:
        return random.randbytes(random.randrange(9))
    if field.cpp_type == field.CPPTYPE_STRING:
        return random.choice([*STRINGS, *layer_type_list()] if field.name == "type" else STRINGS)
    bits = 63 if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64) else 31
    unsigned = field.cpp_type in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64)
    low, high = (0, 2 ** (bits + 1)) if unsigned else (-(2**bits), 2**bits)
    return random.choice([number for number in INTEGERS if low <= number < high])


def _joint(random: Random, layers: Any) -> Any:
    return getattr(random.choice(layers), random.choice(["bottom", "top"]))


def _other_joint(random: Random, layers: Any) -> None:
    """A bottom or top becomes another blob of the net: cycles, two makers, in place where that cannot be."""
    blobs = [name for layer in layers for name in (*layer.bottom, *layer.top)]
    names = _joint(random, layers)
    if blobs and len(names):
        names[random.randrange(len(names))] = random.choice([*blobs, "absent"])


def _fewer_joints(random: Random, layers: Any) -> None:
    names = _joint(random, layers)
    if len(names):
        del names[random.randrange(len(names))]


def _more_joints(random: Random, layers: Any) -> None:
    blobs = [name for layer in layers for name in (*layer.bottom, *layer.top)] or ["data"]
    _joint(random, layers).append(random.choice([*blobs, "new"]))


def _other_order(random: Random, layers: Any) -> None:
    copies = [type(layer).FromString(layer.SerializeToString()) for layer in layers]
    random.choice([random.shuffle, list.reverse])(copies)
    del layers[:]
    layers.extend(copies)


def _doubled_layer(random: Random, layers: Any) -> None:
    layers.add().CopyFrom(random.choice(layers))


def _fewer_layers(random: Random, layers: Any) -> None:
    del layers[random.randrange(len(layers))]


def _other_type(random: Random, layers: Any) -> None:
    layer = random.choice(layers)
    layer.type = _value(random, layer.DESCRIPTOR.fields_by_name["type"])


def _other_sizes(random: Random, layers: Any) -> None:
    """Of an input: none, negative, huge, more or fewer axes."""
    shapes = [shape for layer in layers if layer.DESCRIPTOR.name == "LayerParameter" for shape in _shapes(layer)]
    if shapes:
        dims = random.choice(shapes).dim
        if len(dims) and random.random() < 0.7:
            dims[random.randrange(len(dims))] = random.choice([0, 0, 1, 2, 9, -1, 2**31 - 1, 2**40, 10**5])
        elif len(dims) and random.random() < 0.5:
            del dims[-1]
        else:
            dims.extend([random.choice([0, 1, 2, 3])] * random.choice([1, 2, 40]))


def _shapes(layer: Any) -> list[Any]:
    return [*layer.input_param.shape, *layer.dummy_data_param.shape, *layer.reshape_param.ListFields()[:0]]


def _shared(random: Random, layers: Any) -> None:
    """Two layers share parameters that may not fit, with rates that may differ."""
    for layer in random.sample(list(layers), min(2, len(layers))):
        if layer.DESCRIPTOR.name == "LayerParameter":
            layer.param.add(name="shared", lr_mult=random.choice([0, 1, 2]), share_mode=random.choice([0, 1]))


def _blobs(random: Random, layers: Any) -> None:
    """Parameters in the net's own text."""
    blob = random.choice(layers).blobs.add()
    blob.data.extend([1.0] * random.choice([0, 1, 6, 100]))
    blob.shape.dim.extend(random.choice([[], [6], [2, 3], [-2, -3], [2**40, 2**40]]))


_WIRING: Sequence[Callable[[Random, Any], None]] = [
    _other_joint,
    _other_joint,
    _other_joint,
    _fewer_joints,
    _more_joints,
    _other_order,
    _doubled_layer,
    _fewer_layers,
    _other_type,
    _other_type,
    _other_sizes,
    _other_sizes,
    _other_sizes,
    _shared,
    _blobs,
]


# Binary files


def binary(random: Random, content: bytes) -> bytes:
    """The bytes with one to three mutations."""
    data = bytearray(content)
    for _ in range(random.choice([1, 1, 2, 3])):
        span = _span(random, len(data))
        how = random.randrange(7)
        if how == 0:
            del data[random.randrange(len(data) + 1) :]
        elif how == 1:
            del data[span]
        elif how == 2:
            data[span.start : span.start] = data[span]
        elif how == 3:
            data[span] = bytes([random.choice([0, 0x7F, 0x80, 0xFF])]) * len(data[span])
        elif how == 4:
            data[span.start : span.start] = random.randbytes(random.choice([1, 4, 100]))
        else:
            for _ in range(random.choice([1, 1, 10, 100]) if data else 0):
                data[random.randrange(min(len(data), random.choice([60, 600, len(data)])))] = random.randrange(256)
    return bytes(data)


def weights(random: Random, content: bytes, kind: type[Any]) -> bytes:
    """A binary caffemodel or solverstate (`kind` NetParameter, SolverState): its bytes or its message mutated."""
    if random.random() < 0.5:
        return binary(random, content)
    message = kind.FromString(content)
    for _ in range(random.randint(1, 3)):
        holders = [*message.layer, *message.layers] if kind is caffe_pb2.NetParameter else []
        blobs = [blob for holder in holders for blob in holder.blobs] or list(getattr(message, "history", []))
        if blobs and random.random() < 0.7:
            _change_blob(random, random.choice(blobs))
        else:
            change_message(random, message)
    return bytes(message.SerializeToString())


def _change_blob(random: Random, blob: Any) -> None:
    how = random.randrange(5)
    if how == 0:
        blob.shape.dim[:] = [random.choice([-1, 0, 1, 2, 3, 2**31, 2**62]) for _ in range(random.randrange(5))]
    elif how == 1:
        blob.ClearField("shape")
        blob.num, blob.channels, blob.height, blob.width = (random.choice([-1, 0, 1, 2, 2**30]) for _ in range(4))
    elif how == 2:
        blob.ClearField("data")
        blob.double_data.extend([0.5] * random.choice([0, 1, 6, 100]))
    elif how == 3:
        blob.ClearField("data")
        blob.raw_data, blob.raw_data_type = random.randbytes(random.choice([0, 3, 8, 24])), random.randrange(3)
    else:
        _change_field(random, blob)


# HDF5 files


def hdf5(random: Random, path: Path) -> None:
    """Mutates the file: its bytes, or what it holds."""
    if random.random() < 0.5:
        path.write_bytes(binary(random, path.read_bytes()))
        return
    with h5py.File(path, "r+") as file:
        for _ in range(random.randint(1, 3)):
            names: list[str] = []
            file.visit(names.append)
            if names:
                _replace_in_hdf5(random, file, random.choice(names), names)


def _replace_in_hdf5(random: Random, file: Any, name: str, names: list[str]) -> None:
    del file[name]
    how = random.randrange(9)
    if how == 0:
        file[name] = random.choice(["text", b"\xff\xfe", 7, np.nan])
    elif how == 1:
        file[name] = np.zeros(random.choice([(), (0,), (2, 3), (1, 1, 1)]), random.choice([np.int64, np.float16, bool]))
    elif how == 2:
        file[name] = np.zeros(3, [("a", "f4"), ("b", "i8")])
    elif how == 3:
        file.create_dataset(name, (2**40,), "f4", chunks=(2**20,))  # declared, never written
    elif how == 4:
        file[name] = h5py.SoftLink(random.choice(["/absent", f"/{name}", f"/{random.choice(names)}"]))
    elif how == 5:
        file[name] = h5py.ExternalLink("absent.h5", "/")
    elif how == 6:
        file.create_group(name).create_group("0")
    elif how == 7:
        file[name] = np.full(random.choice([1, 6, 100]), np.inf)

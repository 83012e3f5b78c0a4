"""Damage to nets and solvers as messages: what they say becomes wrong, the form stays right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from pycaffe_ext.engine.layer import layer_type_list

INTEGERS = [0, -1, 1, 2, 3, 5, 7, 31, 64, 255, 1000, 4096, 65_535, 65_536, 10**6, 2**30]
INTEGERS += [sign * 2**bits - low for bits in (31, 32, 63, 64) for sign in (1, -1) for low in (0, 1)]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 100.0, 1e-30, 1e30, -1e30, 3e38, float("inf"), float("-inf"), float("nan")]
STRINGS = ["", "a", "data", "x" * 3000, "café", "..", ".", "/", "/dev/null", "absent", "a/b", "\x01", "{", "%s", "~"]
STRINGS += ["constant", "gaussian", "uniform", "xavier", "msra", "bilinear", "positive_unitball", "stripes"]
STRINGS += ["fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid", "L1", "L2", "SGD", "Adam", "AdaDelta"]
_FOREIGN_PARAMS = {
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


def change_message(random: Random, message: Any) -> None:
    """One mutation of a net, or of a solver."""
    layers = getattr(message, "layer", None) or getattr(message, "layers", None)
    if layers is None or not len(layers) or random.random() < 0.05:
        change_field(random, message)
    elif random.random() < 0.4:
        random.choice(_WIRING)(random, layers)
    else:
        layer = random.choice(layers)
        change_field(random, random.choice([layer, *3 * _submessages(layer)]))


def _submessages(layer: Any) -> list[Any]:
    """Of a layer: those that it has, and that of its type."""
    present = [value for field, value in layer.ListFields() if field.message_type and not field.is_repeated]
    kind = str(layer.type)
    own = [
        getattr(layer, name)
        for name in layer.DESCRIPTOR.fields_by_name
        if name.removesuffix("_param").replace("_", "") == kind.lower() or name == _FOREIGN_PARAMS.get(kind)
    ]
    present += [message for message in own if message.DESCRIPTOR.fields_by_name and message not in present]
    return present + [filler for message in present for filler in _fillers(message)]


def _fillers(message: Any) -> list[Any]:
    return [value for field, value in message.ListFields() if field.name.endswith("filler") and not field.is_repeated]


def change_field(random: Random, message: Any, depth: int = 0) -> None:
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
        change_field(random, message, depth + 1)


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
    return [*layer.input_param.shape, *layer.dummy_data_param.shape]


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

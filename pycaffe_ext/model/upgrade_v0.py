"""Nets of 2013, `layers { layer { type: "conv" ... } bottom: ... }`, as V1 nets."""

from __future__ import annotations

import logging
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from ..errors import NetError, UnknownNameError
from ..proto.caffe_pb2 import NetParameter, V1LayerParameter

_log = logging.getLogger(__name__)

# V0 type: V1 type, the V1 message that its fields go to, and those fields by their V0 names
_TYPES = {
    "accuracy": ("ACCURACY", "", ""),
    "bnll": ("BNLL", "", ""),
    "concat": ("CONCAT", "concat_param", "concat_dim"),
    "conv": (
        "CONVOLUTION",
        "convolution_param",
        "num_output biasterm weight_filler bias_filler pad kernelsize group stride",
    ),
    "data": ("DATA", "data_param", "source batchsize rand_skip"),
    "dropout": ("DROPOUT", "dropout_param", "dropout_ratio"),
    "euclidean_loss": ("EUCLIDEAN_LOSS", "", ""),
    "flatten": ("FLATTEN", "", ""),
    "hdf5_data": ("HDF5_DATA", "hdf5_data_param", "source batchsize"),
    "hdf5_output": ("HDF5_OUTPUT", "", "hdf5_output_param"),
    "im2col": ("IM2COL", "", ""),
    "images": ("IMAGE_DATA", "image_data_param", "source batchsize rand_skip shuffle_images new_height new_width"),
    "infogain_loss": ("INFOGAIN_LOSS", "infogain_loss_param", "source"),
    "innerproduct": ("INNER_PRODUCT", "inner_product_param", "num_output biasterm weight_filler bias_filler"),
    "lrn": ("LRN", "lrn_param", "local_size alpha beta k"),
    "multinomial_logistic_loss": ("MULTINOMIAL_LOGISTIC_LOSS", "", ""),
    "pool": ("POOLING", "pooling_param", "pad kernelsize stride pool"),
    "relu": ("RELU", "", ""),
    "sigmoid": ("SIGMOID", "", ""),
    "softmax": ("SOFTMAX", "", ""),
    "softmax_loss": ("SOFTMAX_LOSS", "", ""),
    "split": ("SPLIT", "", ""),
    "tanh": ("TANH", "", ""),
    "window_data": (
        "WINDOW_DATA",
        "window_data_param",
        "source batchsize det_fg_threshold det_bg_threshold det_fg_fraction det_context_pad det_crop_mode",
    ),
}
_RENAMED = {
    "biasterm": "bias_term",
    "kernelsize": "kernel_size",
    "batchsize": "batch_size",
    "shuffle_images": "shuffle",
}
_TRANSFORM = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}
_COMMON = ("name", "blobs", "blobs_lr", "weight_decay")
_UNUSED = ("type", "new_num", "new_channels")
_KNOWN = {*_COMMON, *_TRANSFORM, *_UNUSED}


def set_field(message: Any, name: str, value: Any) -> None:
    """Sets a field of any kind: a number, a message (which may be empty), or all items of a repeated field."""
    if isinstance(value, Message):
        getattr(message, name).CopyFrom(value)
    elif hasattr(value, "MergeFrom"):
        getattr(message, name).extend(value)
    else:
        setattr(message, name, value)


def is_v0(net: NetParameter) -> bool:
    """Whether any layer is written in V0's form."""
    return any(layer.HasField("layer") for layer in net.layers)


def without_meaning(layer: Any) -> list[str]:
    """The fields of a V0LayerParameter that mean nothing to its type."""
    known = _KNOWN | set(_TYPES[layer.type][2].split() if layer.type in _TYPES else ())
    return [field.name for field, _ in layer.ListFields() if field.name not in known]


def v0_to_v1(net: NetParameter) -> NetParameter:
    """A V1 net of a V0 one, its padding layers folded into the convolutions and poolings that follow them.

    As in Caffe, only name, layers, input, input_dim and force_backward of the net go over, and a field that
    means nothing to its layer's type is left out with a warning.
    Raises NetError for an unknown bottom and for padding before any other layer, UnknownNameError for a type.
    """
    new = NetParameter()
    for field, value in net.ListFields():
        if field.name in ("name", "input", "input_dim", "force_backward"):
            set_field(new, field.name, value)
    if net.layer:
        _log.warning("the net has V0 layers; its %d layer { } of today's form left out, as in Caffe", len(net.layer))
    makers: dict[str, Any] = dict.fromkeys(net.input)  # blob: the layer that made it last; None for an input
    for layer in net.layers:
        padding = _padding_before(layer, makers)
        if layer.layer.type != "padding":
            new.layers.append(_upgraded(layer, padding))
        makers.update(dict.fromkeys(layer.top, layer))
    return new


def _padding_before(layer: V1LayerParameter, makers: dict[str, Any]) -> Any:
    """The padding layer that `layer` takes its bottom from, or None."""
    found = None
    name, kind = layer.layer.name, layer.layer.type
    for bottom in layer.bottom:
        if bottom not in makers:
            raise NetError(name, str(UnknownNameError("blob", bottom, makers)))
        maker = makers[bottom]
        if maker is None or maker.layer.type != "padding":
            continue
        if kind not in ("conv", "pool") or len(layer.bottom) != 1:
            raise NetError(name, f"has a padding layer before it, but is no conv or pool of one bottom (type '{kind}')")
        if len(maker.bottom) != 1 or len(maker.top) != 1:
            raise NetError(maker.layer.name, "is a padding layer, so it takes one bottom and one top")
        found = maker
    return found


def _upgraded(layer: V1LayerParameter, padding: Any) -> V1LayerParameter:
    old, new = layer.layer, V1LayerParameter(bottom=layer.bottom, top=layer.top)
    values = {field.name: value for field, value in old.ListFields()}
    if padding is not None:
        new.bottom[0] = padding.bottom[0]
        values["pad"] = padding.layer.pad
    if old.HasField("type") and old.type not in _TYPES:
        raise UnknownNameError("V0 layer type", old.type, _TYPES, where=f"layer '{old.name}'")
    kind, message, fields = _TYPES.get(old.type, ("", "", ""))
    if kind:
        new.type = V1LayerParameter.LayerType.Value(kind)
    for field, value in values.items():
        if field in _COMMON:
            set_field(new, field, value)
        elif field in _TRANSFORM:
            set_field(new.transform_param, _TRANSFORM[field], value)
        elif field in fields.split():
            _set_typed(getattr(new, message) if message else new, field, value)
    for field in without_meaning(old):
        _log.warning("layer '%s': '%s' means nothing to V0 type '%s'; left out", old.name, field, old.type)
    return new


def _set_typed(message: Any, field: str, value: Any) -> None:
    name = _RENAMED.get(field, field.removeprefix("det_"))
    if message.DESCRIPTOR.fields_by_name[name].type == FieldDescriptor.TYPE_UINT32:
        value %= 2**32  # of a field that had a sign in V0
    if message.DESCRIPTOR.name == "ConvolutionParameter" and name in ("pad", "kernel_size", "stride"):
        getattr(message, name).append(value)  # one number then, one per axis since
    else:
        set_field(message, name, value)

"""Nets and solvers of all ages in Caffe's current form.

The rules are those that Caffe applies to every file it reads: V0 and V1 layers, transformation fields in
data_param, input fields, BatchNorm with three params, solver_type.
"""

from __future__ import annotations

from typing import Any

from ..errors import NetError, OptionError
from ..proto.caffe_pb2 import LayerParameter, NetParameter, SolverParameter, V1LayerParameter
from .upgrade_v0 import is_v0, set_field, v0_to_v1

_V1_TYPES = {
    "NONE": "",
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "THRESHOLD": "Threshold",
    "WINDOW_DATA": "WindowData",
}
# fields of V1 that hold one number per parameter blob, and the field of ParamSpec that holds it now
_PARAM_FIELDS = {"param": "name", "blob_share_mode": "share_mode", "blobs_lr": "lr_mult", "weight_decay": "decay_mult"}
_TRANSFORMED = {"Data": "data_param", "ImageData": "image_data_param", "WindowData": "window_data_param"}
_TRANSFORM_FIELDS = ("scale", "mean_file", "crop_size", "mirror")

_SOLVER_TYPES = {
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}


def needs_upgrade(net: NetParameter) -> list[str]:
    """What in `net` is of an older form, in words; empty for a current net."""
    found = {
        "V0 layers (layers { layer { ... } })": is_v0(net),
        "V1 layers (layers { ... })": len(net.layers) > 0 and not is_v0(net),
        "transformation fields outside transform_param": has_transform_fields(net),
        "input fields instead of an Input layer": len(net.input) > 0,
        "BatchNorm layers with three params that learn": any(_is_old_batch_norm(layer) for layer in net.layer),
    }
    return [reason for reason, is_so in found.items() if is_so]


def upgrade_net(net: NetParameter) -> NetParameter:
    """A new net in the current form, its blobs carried over; `net` is unchanged.

    Raises NetError, UnknownNameError for nets that no form allows.
    """
    if is_v0(net):
        net = v0_to_v1(net)
    if net.layers and net.layer:
        raise NetError("", "the net has both 'layer' and 'layers'; write all of them as layer { type: \"...\" }")
    if net.layers:
        new = _v1_to_current(net)
    else:
        new = NetParameter()
        new.CopyFrom(net)
    _inputs_to_layer(new)
    for layer in filter(_is_old_batch_norm, new.layer):
        for spec in layer.param:
            spec.lr_mult = spec.decay_mult = 0
    return new


def upgrade_solver(solver: SolverParameter) -> SolverParameter:
    """A new solver whose type is a string (`type: "Nesterov"`); `solver` is unchanged.

    Raises OptionError when both the old field and the new one are given.
    """
    new = SolverParameter()
    new.CopyFrom(solver)
    if solver.HasField("solver_type"):
        if solver.HasField("type"):
            raise OptionError("the solver gives its type twice, as type and as solver_type; leave out solver_type")
        new.type = _SOLVER_TYPES[SolverParameter.SolverType.Name(solver.solver_type)]
        new.ClearField("solver_type")
    return new


def _v1_to_current(net: NetParameter) -> NetParameter:
    new = NetParameter()
    for field, value in net.ListFields():
        if field.name != "layers":
            set_field(new, field.name, value)
    moves_transform = has_transform_fields(net)
    for v1 in net.layers:
        layer = new.layer.add()
        _fill_from_v1(layer, v1)
        if moves_transform and layer.type in _TRANSFORMED:
            _move_transform_fields(layer)
    return new


def _fill_from_v1(layer: LayerParameter, v1: V1LayerParameter) -> None:
    for field, value in v1.ListFields():
        if field.name == "type":
            layer.type = _V1_TYPES[V1LayerParameter.LayerType.Name(value)]
        elif field.name in _PARAM_FIELDS:
            for i, one in enumerate(value):
                while len(layer.param) <= i:
                    layer.param.add()
                setattr(layer.param[i], _PARAM_FIELDS[field.name], one)
        elif field.name != "layer":
            set_field(layer, field.name, value)


def has_transform_fields(net: NetParameter) -> bool:
    """Whether a V1 data layer holds scale, mean_file, crop_size or mirror in its own message."""
    return any(
        getattr(v1, message).HasField(field)
        for v1 in net.layers
        if (message := _TRANSFORMED.get(_V1_TYPES[V1LayerParameter.LayerType.Name(v1.type)]))
        for field in _TRANSFORM_FIELDS
    )


def _move_transform_fields(layer: LayerParameter) -> None:
    old = getattr(layer, _TRANSFORMED[layer.type])
    for message in (old, layer.transform_param):
        message.SetInParent()  # Caffe leaves both behind, empty or not
    for field in _TRANSFORM_FIELDS:
        if old.HasField(field):
            set_field(layer.transform_param, field, getattr(old, field))
            old.ClearField(field)


def _inputs_to_layer(net: NetParameter) -> None:
    """Puts an Input layer first. Inputs without any shape, as in old caffemodels, just go."""
    if not net.input:
        return
    shapes = _input_shapes(net)
    if shapes:
        layer = LayerParameter(name="input", type="Input", top=net.input)
        for dims in shapes:
            layer.input_param.shape.add().dim.extend(dims)
        net.layer.insert(0, layer)
    for field in ("input", "input_shape", "input_dim"):
        net.ClearField(field)


def _input_shapes(net: NetParameter) -> list[Any]:
    """One shape per input: its input_shape, or the next 4 numbers of input_dim; empty where neither is given."""
    wanted = len(net.input)
    if net.input_shape:
        shapes = [shape.dim for shape in net.input_shape][:wanted]
    else:
        dims = net.input_dim[: 4 * wanted]
        shapes = [dims[i : i + 4] for i in range(0, len(dims) // 4 * 4, 4)]
    if len(shapes) < wanted and (net.input_shape or net.input_dim):
        given = f"{len(net.input_shape)} input_shape" if net.input_shape else f"{len(net.input_dim)} input_dim"
        raise NetError("", f"the net has {wanted} input but {given}; give each one an input_shape {{ dim: ... }}")
    return shapes


def _is_old_batch_norm(layer: LayerParameter) -> bool:
    """A BatchNorm whose three blobs, which are statistics, are declared as parameters that learn."""
    return (
        bool(layer.type == "BatchNorm")
        and len(layer.param) == 3
        and any(spec.lr_mult or spec.decay_mult for spec in layer.param)
    )

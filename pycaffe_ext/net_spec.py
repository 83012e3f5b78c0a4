"""Nets written in Python, as with pycaffe's net_spec.

n = NetSpec()
n.data = layers.Input(shape=dict(dim=[1, 3, 227, 227]))
n.conv1 = layers.Convolution(n.data, num_output=96, kernel_size=11, stride=4)
n.relu1 = layers.ReLU(n.conv1, in_place=True)
print(n.to_proto())
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

from .errors import UnknownNameError
from .proto import caffe_pb2

Names = dict[Any, str]  # of tops and functions


class UnknownParameterError(UnknownNameError, AttributeError):  # type: ignore[misc]  # of both, `name` is a string
    """A parameter that neither the layer's message nor the layer has; an AttributeError, as in pycaffe."""


class UnknownTopError(AttributeError, KeyError):
    """A top that a NetSpec lacks. pycaffe says so with a KeyError; copy and hasattr look for an AttributeError."""


class Top:
    """One output of a layer that is yet to be built: output number `n` of `fn`."""

    def __init__(self, fn: Function, n: int) -> None:
        self.fn, self.n = fn, n

    def to_proto(self) -> Any:
        """The NetParameter with all layers that this top needs, named automatically."""
        return to_proto(self)

    def _to_proto(self, layers: OrderedDict[Function, Any], names: Names, autonames: Counter[str]) -> None:
        self.fn._to_proto(layers, names, autonames)


class Function:
    """A layer that is yet to be built: its type, the tops that it reads, and its parameters by name.

    `ntop` (1) and `in_place` (False) are taken out of the parameters. Raises TypeError for an input that is no Top.
    """

    def __init__(self, type_name: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> None:
        for index, item in enumerate(inputs):
            if not isinstance(item, Top):
                raise TypeError(f"{type_name} input {index} is not a Top (type is {type(item)})")
        self.type_name = type_name
        self.inputs: tuple[Top, ...] = inputs
        self.params = params
        self.ntop: int = params.pop("ntop", 1)
        self.in_place: bool = params.pop("in_place", False)
        self.tops = tuple(Top(self, n) for n in range(self.ntop))

    def _to_proto(self, layers: OrderedDict[Function, Any], names: Names, autonames: Counter[str]) -> None:
        """Adds this layer to `layers`, after all that it reads from, unless it is there."""
        if self in layers:
            return
        layer = caffe_pb2.LayerParameter(type=self.type_name)
        for top in self.inputs:
            top._to_proto(layers, names, autonames)
            layer.bottom.append(layers[top.fn].top[top.n])
        if self.in_place:
            layer.top.extend(layer.bottom)
        else:
            layer.top.extend(self._named(top, names, autonames) for top in self.tops)
        if self.tops:
            names.setdefault(self, self._named(self.tops[0], names, autonames))
        layer.name = self._named(self, names, autonames)
        for name, value in self.params.items():
            assign_proto(self._owner(layer, name), name, value)
        layers[self] = layer

    def _named(self, item: Top | Function, names: Names, autonames: Counter[str]) -> str:
        """The name of one of its tops, or its own: as given, else its type and a number."""
        if item not in names:
            autonames[self.type_name] += 1
            names[item] = f"{self.type_name}{autonames[self.type_name]}"
        return names[item]

    def _owner(self, layer: Any, name: str) -> Any:
        """The message that has this parameter: the one of the layer's type, else the layer itself."""
        if name.endswith("param"):
            return layer
        own = getattr(layer, f"{_param_names[self.type_name]}_param") if self.type_name in _param_names else layer
        if name in own.DESCRIPTOR.fields_by_name:
            return own
        if name in layer.DESCRIPTOR.fields_by_name:
            return layer
        known = [*own.DESCRIPTOR.fields_by_name, *layer.DESCRIPTOR.fields_by_name]
        raise UnknownParameterError("parameter", name, known, where=self.type_name)


def to_proto(*tops: Top | Function) -> Any:
    """The NetParameter with all layers that these tops need, named automatically (Convolution1, ...)."""
    return _net({}, tops)


def _net(names: Names, tops: Any) -> Any:
    layers: OrderedDict[Function, Any] = OrderedDict()
    autonames: Counter[str] = Counter()
    for top in tops:
        (top.fn if isinstance(top, Top) else top)._to_proto(layers, names, autonames)
    return caffe_pb2.NetParameter(layer=layers.values())


def assign_proto(proto: Any, name: str, val: Any) -> None:
    """Sets a field from Python values: a dict for a message, a list (or one item) for a repeated field.

    Raises UnknownParameterError for a field that is not there, TypeError or ValueError for a value that does not fit.
    """
    fields = proto.DESCRIPTOR.fields_by_name
    if name not in fields:
        raise UnknownParameterError("parameter", name, fields, where=proto.DESCRIPTOR.name)
    field = getattr(proto, name)
    if hasattr(field, "extend"):
        for item in val if isinstance(val, list) else [val]:
            if isinstance(item, dict):
                _assign_all(field.add(), item)
            else:
                field.append(item)
    elif isinstance(val, dict):
        _assign_all(field, val)
    else:
        setattr(proto, name, val)


def _assign_all(proto: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        assign_proto(proto, name, value)


class NetSpec:
    """A net under construction: tops set as attributes or items give their layers and blobs their names."""

    tops: OrderedDict[str, Any]

    def __init__(self) -> None:
        super().__setattr__("tops", OrderedDict())

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        if name == "tops" or name not in self.tops:  # tops itself: while being copied or unpickled
            raise UnknownTopError(f"no top '{name}' in this NetSpec")
        return self.tops[name]

    def __setitem__(self, key: str, value: Any) -> None:
        self.tops[key] = value

    def __getitem__(self, item: str) -> Any:
        return self.tops[item]

    def to_proto(self) -> Any:
        """The NetParameter with all layers that the tops need."""
        return _net({top: name for name, top in self.tops.items()}, self.tops.values())


class Layers:
    """`Layers().TYPE(*bottoms, **parameters)` gives a Top, a tuple of `ntop` Tops, or for ntop=0 the Function."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def layer(*bottoms: Any, **parameters: Any) -> Any:
            function = Function(name, bottoms, parameters)
            return function if function.ntop == 0 else function.tops[0] if function.ntop == 1 else function.tops

        return layer


class Parameters:
    """`Parameters().Pooling.MAX` is the value of that name among the enums of PoolingParameter."""

    def __getattr__(self, name: str) -> Any:
        return getattr(caffe_pb2, f"{name}Parameter")


def param_name_dict() -> dict[str, str]:
    """{"Convolution": "convolution", ...}: the type of each parameter message, and its field without "_param"."""
    return {
        field.message_type.name.removesuffix("Parameter"): field.name.removesuffix("_param")
        for field in caffe_pb2.LayerParameter.DESCRIPTOR.fields
        if field.name.endswith("_param")
    }


_param_names = param_name_dict()
layers = Layers()
params = Parameters()

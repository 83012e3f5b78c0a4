"""What a layer is to the engine: one torch function of bottoms and parameters.

A layer type is one small file in layers/: a class that registers itself and says how tops follow from
bottoms. Its counts, shapes and parameters come from its rule (model/rules), its gradient from autograd;
where Caffe's gradient is not the derivative, the layer uses a torch.autograd.Function of its own.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, TypeVar

import torch

from ..errors import ShapeError, UnknownNameError
from ..model.rules import Param, Shape, rule_for
from ..proto import caffe_pb2
from ..proto.blobs import blob_to_array
from .blob import Blob, BlobVec
from .fillers import fill

Tensors = Sequence[torch.Tensor]


class Layer:
    """One layer of a net, built from its LayerParameter (with `phase` set).

    `set_up` is called once, then `shapes` whenever the bottoms' shapes changed; `fill` once, when all layers of the
    net are set up; then `forward`.
    """

    reshapes_always: ClassVar[bool] = False  # `shapes` is called before every `forward`
    # Caffe's way back reads what bottoms and parameters hold by then; else only what its way forward has kept
    rereads: ClassVar[bool] = False

    def __init__(self, param: Any) -> None:
        self.param = param
        self.rule = rule_for(param.type)
        self.blobs = BlobVec()
        self._params: list[Param] = []

    @property
    def name(self) -> str:
        return str(self.param.name)

    @property
    def type(self) -> str:
        return str(self.param.type)

    @property
    def is_training(self) -> bool:
        return bool(self.param.phase == caffe_pb2.TRAIN)

    @property
    def shares(self) -> bool:
        """Whether its tops are its bottom's memory."""
        return False

    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        """Shows the layer its blobs, before `set_up`; only a layer that works on blobs itself keeps them."""

    def set_up(self, bottoms: Sequence[Shape]) -> None:
        """Makes the parameter blobs, which take no memory before `fill`."""
        self._params = self.rule.params(self.param, bottoms)
        self.blobs.extend(Blob(*param.shape) for param in self._params)

    @property
    def filled(self) -> Sequence[Blob]:
        """The blobs that take memory in `fill`."""
        return self.blobs

    def fill(self) -> None:
        """Fills the parameter blobs, or takes what the net's text gives for them."""
        given = [blob_to_array(blob) for blob in self.param.blobs]
        for index, (param, blob) in enumerate(zip(self._params, self.blobs, strict=False)):
            if index >= len(given):
                blob.tensor = fill(param.filler, param.shape, where=self.name)
            elif given[index].size == blob.count:
                blob.tensor = torch.from_numpy(given[index].copy()).reshape(param.shape)
            else:
                raise ShapeError(
                    self.name, f"its text gives a {param.name} of shape {given[index].shape}, not {param.shape}"
                )

    def shapes(self, bottoms: Sequence[Shape]) -> list[Shape]:
        """The tops' shapes. Raises ShapeError where bottoms do not fit each other or the parameters."""
        for param, blob in zip(self.rule.params(self.param, bottoms), self.blobs, strict=True):
            if blob.shape != param.shape:
                raise ShapeError(
                    self.name,
                    f"bottom of shape {bottoms[0]} needs a {param.name} of shape {param.shape},"
                    f" the layer was built with {blob.shape}",
                )
        return self.rule.shapes(self.param, bottoms)

    def forward(self, bottoms: Tensors, params: Tensors) -> Sequence[torch.Tensor | None]:
        """The tops. None leaves a top as it is (inputs that the user sets)."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    @property
    def top_is_free(self) -> bool:
        """Whether the next layer may overwrite its only top: memory of its own, that its gradient has no use for."""
        return False

    def overwrite(self, numbers: torch.Tensor) -> bool:
        """Does its work in place, on the numbers of its blob; False: it cannot. Needs `gradient`."""
        return False

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor | None:
        """The bottom's diff from the top's, where Caffe computes it from what both blobs hold by then.

        In place they are one (`top is bottom`); and what a later layer in place has left in them is what Caffe reads.
        None (not defined): Caffe's layer keeps what it needs, and autograd does as well.
        """
        return None

    def forget(self) -> None:
        """Frees what the last forward pass left for `gradient` beside the blobs."""

    @property
    def reads_blobs(self) -> bool:
        """Whether `gradient` is the way back."""
        return type(self).gradient is not Layer.gradient

    def backward(self, propagate_down: Sequence[bool]) -> bool:
        """Goes backward on the blobs that `connect` showed; False leaves it to autograd."""
        return False

    def accumulates(self, param: int, bottoms: Sequence[Shape]) -> bool:
        """Whether the gradient of a parameter adds up over backward passes (Caffe's Scale sometimes overwrites)."""
        return True

    def reset(self) -> None:
        """Forgets what the last forward pass left for the next one (the state of a recurrent layer)."""

    def close(self) -> None:
        """Lets go of threads and files."""


_layers: dict[str, type[Layer]] = {}
_python_layers: dict[tuple[str, str], type[Layer]] = {}
L = TypeVar("L", bound=type[Layer])


def layer(*types: str) -> Callable[[L], L]:
    """Registers the class for these Caffe layer types."""

    def register(cls: L) -> L:
        for name in types:
            _layers[name] = cls
        return cls

    return register


def python_layer(module: str, name: str) -> Callable[[L], L]:
    """Registers the class for a Python layer of ours; it runs in place of that, without Python layers being allowed."""

    def register(cls: L) -> L:
        _python_layers[module, name] = cls
        return cls

    return register


@cache
def _find_layers() -> None:
    from . import layers

    for module in pkgutil.iter_modules(layers.__path__):
        import_module(f"{layers.__name__}.{module.name}")


def layer_type_list() -> list[str]:
    """The layer types that the engine runs, sorted."""
    _find_layers()
    return sorted(_layers)


def create(param: Any) -> Layer:
    """The layer for a LayerParameter. Raises UnknownNameError, NetError."""
    _find_layers()
    if param.type not in _layers:
        raise UnknownNameError("layer type", param.type, _layers, where=f"layer '{param.name}'")
    ours = (param.python_param.module, param.python_param.layer) if param.type == "Python" else None
    made = _python_layers.get(ours, _layers[param.type])(param) if ours else _layers[param.type](param)
    made.rule.check_counts(param)
    return made

"""Python: a layer that a script defines; ../python_layers.py tells which may be loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import NetError
from ...model.rules import Shape
from ..blob import Blob
from ..layer import Layer, Tensors, layer
from ..python_layers import load


@layer("Python")
class Python(Layer):
    """Hands blobs to the script's object. Its attributes and its class are the object's own, as pycaffe's
    net.layers[i] is that object."""

    reshapes_always = True

    def __init__(self, param: Any) -> None:
        super().__init__(param)
        self._script = load(param)
        self._script.blobs = self.blobs

    def __getattr__(self, name: str) -> Any:
        if name == "_script":  # it could not be loaded
            raise AttributeError(name)
        return getattr(self._script, name)

    def __setattr__(self, name: str, value: Any) -> None:
        script = self.__dict__.get("_script")
        if script is not None and hasattr(script, name):
            setattr(script, name, value)
        else:
            super().__setattr__(name, value)

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # what isinstance asks, beside type()
        script = self.__dict__.get("_script")
        return type(self) if script is None else type(script)

    def _method(self, name: str) -> Callable[..., None]:
        method: Callable[..., None] | None = getattr(self._script, name, None)
        if method is None:
            raise NetError(self.name, f"class {type(self._script).__name__} defines no method {name}")
        return method

    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        self._bottoms, self._tops = list(bottoms), list(tops)

    def set_up(self, bottoms: Sequence[Shape]) -> None:
        self._method("setup")(self._bottoms, self._tops)

    def shapes(self, bottoms: Sequence[Shape]) -> list[Shape]:
        self._method("reshape")(self._bottoms, self._tops)
        return [top.shape for top in self._tops]

    def forward(self, bottoms: Tensors, params: Tensors) -> list[None]:
        self._method("forward")(self._bottoms, self._tops)
        return [None] * len(self._tops)

    def backward(self, propagate_down: Sequence[bool]) -> bool:
        self._method("backward")(self._tops, list(propagate_down), self._bottoms)
        return True

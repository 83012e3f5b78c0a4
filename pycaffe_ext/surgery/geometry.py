"""How far a layer's windows reach, over height and width, whichever way its text says so."""

from __future__ import annotations

from typing import Any, NamedTuple


class Window(NamedTuple):
    """Along one axis. A window covers dilation (kernel - 1) + 1 places and moves by stride; pad is on both sides."""

    kernel: int = 1
    stride: int = 1
    pad: int = 0
    dilation: int = 1

    @property
    def extent(self) -> int:
        return self.dilation * (self.kernel - 1) + 1


def windows(param: Any) -> tuple[Window, Window]:
    """Those of a Convolution, Deconvolution, Im2col or Pooling layer; global pooling has none of its own."""
    if param.type == "Pooling":
        message = param.pooling_param
        both = [_pair(message, "kernel", 1), _pair(message, "stride", 1), _pair(message, "pad", 0), (1, 1)]
    else:
        message = param.convolution_param
        both = [_pair(message, "kernel", 1), _pair(message, "stride", 1), _pair(message, "pad", 0)]
        both.append(_pair(message, "dilation", 1))
    (kernel, *rest), (other, *others) = zip(*both, strict=True)
    return Window(kernel, *rest), Window(other, *others)


def _pair(message: Any, name: str, default: int) -> tuple[int, int]:
    """NAME (kernel: kernel_size) for both axes or for each, or NAME_h and NAME_w."""
    if name != "dilation" and (message.HasField(f"{name}_h") or message.HasField(f"{name}_w")):
        return int(getattr(message, f"{name}_h")), int(getattr(message, f"{name}_w"))
    found = getattr(message, "kernel_size" if name == "kernel" else name)
    if isinstance(found, int):
        return found or default, found or default
    values = [int(value) for value in found] or [default]
    return values[0], values[-1]


def written(values: tuple[int, int], default: int) -> list[str] | None:
    """The texts of a repeated field for both axes; nothing where both have the default."""
    if set(values) == {default}:
        return None
    return [str(values[0])] if values[0] == values[1] else [str(value) for value in values]

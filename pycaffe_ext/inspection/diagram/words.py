"""What a layer does, in a few words: its type with the settings that one looks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...proto import caffe_pb2


def words_for(param: Any) -> str:
    """ "Convolution 3x3, stride 2, 64" for a LayerParameter."""
    kind = str(param.type)
    if kind in ("Convolution", "Deconvolution"):
        conv = param.convolution_param
        window = _pair(conv.kernel_h, conv.kernel_w, conv.kernel_size, 1)
        stride = _pair(conv.stride_h, conv.stride_w, conv.stride, 1)
        dilation = "x".join(map(str, conv.dilation)) if any(one != 1 for one in conv.dilation) else ""
        more = [("stride", stride if stride != "1x1" else ""), ("dilation", dilation)]
        more += [("group", str(conv.group) if conv.group > 1 else "")]
        return _joined(f"{kind} {window}", more)
    if kind == "Pooling":
        pool = param.pooling_param
        method = caffe_pb2.PoolingParameter.PoolMethod.Name(pool.pool)
        if pool.global_pooling:
            return f"{method} pooling, global"
        window = _pair(pool.kernel_h, pool.kernel_w, [pool.kernel_size], 1)
        return _joined(
            f"{method} pooling {window}", [("stride", _pair(pool.stride_h, pool.stride_w, [pool.stride], 1))]
        )
    if kind == "Dropout":
        return f"Dropout {param.dropout_param.dropout_ratio:g}"
    if kind == "LRN":
        return f"LRN {param.lrn_param.local_size}"
    if kind == "ReLU" and param.relu_param.negative_slope:
        return f"ReLU {param.relu_param.negative_slope:g}"
    if kind == "Eltwise":
        return f"Eltwise {caffe_pb2.EltwiseParameter.EltwiseOp.Name(param.eltwise_param.operation)}"
    if kind == "Python":
        return f"Python {param.python_param.layer}"
    weights = [f"weight {weight:g}" for weight in param.loss_weight if weight not in (0, 1)]
    return ", ".join([kind, *weights])


def _pair(height: int, width: int, sizes: Sequence[int], default: int) -> str:
    """ "3x5" from kernel_h and kernel_w, or from kernel_size given once or for each axis."""
    if height or width:
        return f"{height}x{width}"
    given = [size for size in sizes if size] or [default]
    return "x".join(map(str, given if len(given) > 1 else given * 2))


def _joined(first: str, more: Sequence[tuple[str, str]]) -> str:
    return ", ".join([first, *(f"{name} {_short(value)}" for name, value in more if value)])


def _short(value: str) -> str:
    """ "2" for "2x2"."""
    parts = value.split("x")
    return parts[0] if len(set(parts)) == 1 else value

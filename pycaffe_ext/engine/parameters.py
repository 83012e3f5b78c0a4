"""The parameters that a net learns: which blobs are one and the same, and how fast each learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from ..errors import NetError, ShapeError
from ..proto import caffe_pb2
from .blob import Blob
from .layer import Layer


@dataclass
class Learnable:
    """A parameter blob with its multipliers; `owner` is the (layer, index) that it was first made for."""

    blob: Blob
    lr_mult: float
    decay_mult: float
    owner: tuple[int, int]
    has_lr_mult: bool
    has_decay_mult: bool


def specs(layer: Layer) -> list[Any]:
    """A ParamSpec per blob of the layer: those of the net, then defaults. Raises NetError for too many."""
    given = list(layer.param.param)
    if len(given) > len(layer.blobs):
        raise NetError(layer.name, f"has {len(given)} param {{}} for {len(layer.blobs)} parameter blobs; remove some")
    return given + [caffe_pb2.ParamSpec()] * (len(layer.blobs) - len(given))


def learn(layers: Sequence[Layer], stated: Sequence[int]) -> list[list[bool]]:
    """Of each layer's parameter blobs, which Caffe takes to learn when it finds out what must run backward.

    `stated`: how many param {} the net gives each layer. A BatchNorm's statistics, which do not learn, count as
    parameters that do where it gives none: what lies above them then runs backward.
    """
    return [
        [i >= count or spec.lr_mult != 0 for i, spec in enumerate(specs(layer))]
        for layer, count in zip(layers, stated, strict=True)
    ]


def share(layers: Sequence[Layer]) -> list[Learnable]:
    """All parameters of the net, those of one `param { name }` as one. Raises NetError, ShapeError.

    The blobs of later layers are made to look at the first one's memory.
    """
    learnables: list[Learnable] = []
    named: dict[str, Learnable] = {}
    for i, layer in enumerate(layers):
        for j, (spec, blob) in enumerate(zip(specs(layer), layer.blobs, strict=True)):
            owner = named.get(spec.name) if spec.name else None
            if owner is None:
                made = Learnable(
                    blob, spec.lr_mult, spec.decay_mult, (i, j), spec.HasField("lr_mult"), spec.HasField("decay_mult")
                )
                learnables.append(made)
                if spec.name:
                    named[spec.name] = made
                continue
            permissive = spec.share_mode == caffe_pb2.ParamSpec.PERMISSIVE
            fits = prod(blob.shape) == owner.blob.count if permissive else blob.shape == owner.blob.shape
            first = layers[owner.owner[0]].name
            if not fits:
                raise ShapeError(
                    layer.name,
                    f"cannot share param '{spec.name}' of layer '{first}': it has shape {owner.blob.shape},"
                    f" this layer needs {blob.shape}",
                )
            for field in ("lr_mult", "decay_mult"):
                if not spec.HasField(field):
                    continue
                value = getattr(spec, field)
                if getattr(owner, f"has_{field}") and getattr(owner, field) != value:
                    raise NetError(
                        layer.name,
                        f"shared param '{spec.name}' has {field} {value} here and"
                        f" {getattr(owner, field)} in layer '{first}'; give both the same",
                    )
                setattr(owner, field, value)
                setattr(owner, f"has_{field}", True)
            blob.share(owner.blob)
    return learnables

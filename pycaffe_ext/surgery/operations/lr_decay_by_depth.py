"""Discriminative learning rates: the deeper a layer lies below the last one that learns, the slower it learns.

(Howard and Ruder, 2018, section 3.1, with a factor for their 1/2.6.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...errors import OptionError
from ...model.view import LayerView, NetView
from ...text import Document, Edit
from ..operation import Operation, Option, Request
from ..rates import rate_of, set_rates
from ..roles import STATISTIC, roles_of, with_parameters

__all__ = ["lr_decay_by_depth"]

_NO_STEP = ("BatchNorm", "BN", "Scale", "Bias", "PReLU", "Normalize")  # go with the layer before them


def lr_decay_by_depth(document: Document, factor: float) -> Iterator[Edit]:
    """Multiplies each lr_mult by factor ** depth.

    The depth of a layer is how many learning layers (Convolution, InnerProduct and the like; BatchNorm, Scale, Bias
    and PReLU do not count) come behind it on the longest way through the net. Those that no other follows have 0.
    """
    net = NetView(document)
    depths = _depths(net)
    for layer in with_parameters(net, net.layers, "the net"):
        wanted = {
            index: f"{rate_of(layer, index) * factor ** depths[layer.index]:.6g}"
            for index, role in enumerate(roles_of(layer) or ())
            if role != STATISTIC
        }
        if any(rate_of(layer, index) != float(text) for index, text in wanted.items()):
            yield from set_rates(layer, wanted)


def _depths(net: NetView) -> list[int]:
    """By layer index. A blob that several layers make (TRAIN/TEST pairs) comes from all of them."""
    makers: dict[str, list[int]] = {}
    before: list[list[int]] = []
    for layer in net.layers:
        before.append([index for blob in layer.bottom_names for index in makers.get(blob, [])])
        for blob in layer.top_names:
            makers[blob] = [layer.index] if blob in layer.bottom_names else [*makers.get(blob, []), layer.index]
    depths = [0] * len(net.layers)
    for layer in reversed(net.layers):
        through = depths[layer.index] + _is_step(layer)
        for index in before[layer.index]:
            depths[index] = max(depths[index], through)
    return depths


def _is_step(layer: LayerView) -> bool:
    roles = roles_of(layer) or ()
    rates = [rate_of(layer, index) for index, role in enumerate(roles) if role != STATISTIC]
    return layer.type not in _NO_STEP and any(rates)


class LrDecayByDepth(Operation):
    """Slower the deeper."""

    options = (
        Option(
            "--lr-decay-by-depth",
            "multiply lr_mult by F for each learning layer (0.8: 1, 0.8, 0.64 ...) between a layer and the output,"
            " counted on the longest way; BatchNorm, Scale, Bias and PReLU have the depth of the layer before them",
            "F",
        ),
    )
    touches = frozenset({"layer.param.lr_mult", "layer.blobs_lr"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        text = requests[0].value
        try:
            factor = float(text)
        except ValueError:
            factor = 0
        if not 0 < factor < float("inf"):
            raise OptionError(f"--lr-decay-by-depth takes a number above 0, such as 0.8, not '{text}'")
        return lr_decay_by_depth(document, factor)


operation = LrDecayByDepth()

"""Output channels taken out, those whose weights are smallest, and everything that follows from it.

The norm of an output's weights tells how much it counts (Li et al., Pruning Filters for Efficient ConvNets, 2017). What
takes the channels, channel by channel or summing over them, loses the same ones; layers whose outputs are added up
lose them together, by the sum of their norms.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import OptionError
from ...text import Document
from ..operation import Option, Request
from ..plan import Plan, Planned, needed

if TYPE_CHECKING:
    from ..channels import ChannelMap, Channels, Space
    from ..weights import Weights

__all__: list[str] = []

_log = logging.getLogger(__name__)
_FORM = "PATTERN=SHARE or PATTERN=SHARE:l2, such as conv2=0.5"


class Prune(Planned):
    """Output channels taken out by their norm."""

    options = (
        Option(
            "--prune",
            "of the layers that fit, the share of the outputs with the smallest weights goes (conv2=0.5), by L1 norm or"
            " by L2 ('conv*=0.3:l2'); all that takes them follows, Concat, Eltwise, BatchNorm, InnerProduct",
            "PATTERN=SHARE[:l2]",
        ),
    )
    touches = frozenset(
        {
            "layer.convolution_param.num_output",
            "layer.convolution_param.group",
            "layer.inner_product_param.num_output",
        }
    )
    needs_weights = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy
        from ..channels import ChannelMap
        from ..plan import check_buildable

        pattern, share, order = _wish(requests[0])
        anatomy = Anatomy(document)
        channels = ChannelMap(anatomy)
        matching = anatomy.matching(pattern)
        found = [part for part in matching if part.type in ("Convolution", "Deconvolution", "InnerProduct")]
        if not found:
            raise matching[0].error(f"is {matching[0].type}; --prune takes Convolution, Deconvolution, InnerProduct")
        keeps: dict[Space, int] = {}
        plan = Plan()
        for part in found:
            if part.index not in channels.made:
                raise part.error("cannot be pruned: it has groups, several bottoms, or another axis than 1")
            space = channels.made[part.index].root
            if space.fixed:
                problem = f"its outputs cannot be pruned: {space.fixed}"
                if len(found) == 1:
                    raise part.error(problem)
                plan.notes.append(f"layer '{part.name}' stays as it is: {problem}")
                continue
            if int(space.size * share):
                keeps[space] = space.size - int(space.size * share)
        if not keeps:
            raise OptionError(f"--prune {requests[0].value} takes no channel out of any layer of {document.file}")
        plan.edits += _edits(channels, keeps)
        plan.notes += _together(keeps, {part.name for part in found})
        plan.acts[pattern] = lambda weights: _prune(channels, keeps, order, weights)
        check_buildable(anatomy, plan.edits)
        return plan


def _wish(request: Request) -> tuple[str, float, str]:
    pattern, text = request.pair(_FORM)
    found = re.fullmatch(r"([0-9.]+)(?::(l1|l2))?", text)
    try:
        share = float(found[1]) if found else 0.0
    except ValueError:
        share = 0.0
    if found is None or not 0 < share < 1:
        raise OptionError(f"--prune takes {_FORM}, with a share between 0 and 1, not '{request.value}'")
    return pattern, share, found[2] or "l1"


def _together(keeps: dict[Space, int], named: set[str]) -> list[str]:
    """What is pruned without having been named."""
    others = [[part.name for part in space.producers if part.name not in named] for space in keeps]
    return [
        f"pruned as well, as their outputs are added to those named: {', '.join(names)}" for names in others if names
    ]


def _edits(channels: ChannelMap, keeps: dict[Space, int]) -> list[Any]:
    from ..fields import set_fields

    edits: list[Any] = []
    for index, space in channels.made.items():
        if space.root in keeps:
            part = channels.anatomy.parts[index]
            message = "inner_product_param" if part.type == "InnerProduct" else "convolution_param"
            edits += set_fields(part.view, message, {"num_output": str(keeps[space.root])})
    for index, one in channels.one_by_one.items():
        part = channels.anatomy.parts[index]
        if part.type in ("Convolution", "Deconvolution") and any(space.root in keeps for space in one.spaces):
            left = str(sum(keeps.get(space.root, space.root.size) for space in one.spaces))
            edits += set_fields(part.view, "convolution_param", {"num_output": left, "group": left})
    return edits


def _prune(channels: ChannelMap, keeps: dict[Space, int], order: str, weights: Weights) -> None:
    import numpy as np

    from ..arithmetic import norms

    kept: dict[Space, Any] = {}
    for space, count in keeps.items():
        total = sum(norms(_by_output(part, needed(weights, part.name)[0]), order) for part in space.producers)
        kept[space] = np.sort(np.argsort(-np.asarray(total), kind="stable")[:count])
    new: dict[str, list[Any]] = {}
    for part in channels.anatomy.parts:
        if part.name not in weights or part.name in new:
            continue
        blobs = needed(weights, part.name)
        old = list(blobs)
        if part.type == "InnerProduct":
            blobs[0] = _plain(part, blobs[0])
        made, taken = channels.made.get(part.index), channels.taken.get(part.index)
        if taken is not None and any(space.root in kept for space in taken.spaces):
            blobs[0] = _take_inputs(part, blobs[0], _indices(taken, kept), sum(s.root.size for s in taken.spaces))
        if made is not None and made.root in kept:
            blobs = [_take_outputs(part, blobs[0], kept[made.root]), *(bias[kept[made.root]] for bias in blobs[1:])]
        one = channels.one_by_one.get(part.index)
        if one is not None and any(space.root in kept for space in one.spaces):
            rows = _indices(one, kept)
            n_factors = 2 if part.type == "BatchNorm" else len(blobs)
            flat = blobs if part.type in ("Convolution", "Deconvolution") else [blob.reshape(-1) for blob in blobs]
            blobs = [blob[rows] for blob in flat[:n_factors]] + flat[n_factors:]
        if any(one.size != other.size for one, other in zip(blobs, old, strict=True)):
            new[part.name] = blobs
            _log.info("layer '%s': %s -> %s", part.name, old[0].shape, blobs[0].shape)
    for name, blobs in new.items():
        weights.set_blobs(name, blobs)


def _indices(channels: Channels, kept: dict[Space, Any]) -> Any:
    """The channels along axis 1 that stay."""
    import numpy as np

    found, start = [], 0
    for space in (one.root for one in channels.spaces):
        found.append(start + kept.get(space, np.arange(space.size)))
        start += space.size
    return np.concatenate(found)


def _plain(part: Any, weight: Any) -> Any:
    """InnerProduct weights with two axes."""
    message = part.param.inner_product_param
    return weight.reshape(-1, message.num_output) if message.transpose else weight.reshape(message.num_output, -1)


def _by_output(part: Any, weight: Any) -> Any:
    """num_output x the rest."""
    if part.type == "InnerProduct":
        plain = _plain(part, weight)
        return plain.T if part.param.inner_product_param.transpose else plain
    return weight.swapaxes(0, 1) if part.type == "Deconvolution" else weight


def _take_outputs(part: Any, weight: Any, rows: Any) -> Any:
    on_axis_1 = part.type == "Deconvolution" or (
        part.type == "InnerProduct" and part.param.inner_product_param.transpose
    )
    return weight[:, rows] if on_axis_1 else weight[rows]


def _take_inputs(part: Any, weight: Any, columns: Any, channels: int) -> Any:
    if part.type == "Deconvolution":
        return weight[columns]
    if part.type == "Convolution":
        return weight[:, columns]
    plain = _by_output(part, weight)
    taken = plain.reshape(len(plain), channels, -1)[:, columns].reshape(len(plain), -1)
    return taken.T if part.param.inner_product_param.transpose else taken


operation = Prune()

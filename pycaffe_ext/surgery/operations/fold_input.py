"""Mean and scale of the input as part of the net, which then takes images as they are read, 0..255.

Caffe's transformation is (pixel - mean) * scale. A first layer without padding can hold it exactly: its weights times
scale, its bias less what the weights make of the mean. With padding it cannot, since the zeros around the image are
not shifted; a Scale layer with fixed numbers then stands behind the input.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import OptionError
from ...text import Document, Edit
from ...text.layout import New, quoted, replace
from ..operation import Option, Request
from ..plan import Act, Plan, Planned, change

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part
    from ..weights import Weights

__all__: list[str] = []


@dataclass
class _Transform:
    """(x - mean) * scale; `mean` holds one number, or one per channel."""

    mean: tuple[float, ...] = (0.0,)
    scale: float = 1.0

    def per_channel(self, channels: int) -> Any:
        import numpy as np

        if len(self.mean) not in (1, channels):
            raise OptionError(f"--fold-mean gives {len(self.mean)} means for {channels} channels")
        return np.broadcast_to(np.asarray(self.mean, np.float64), channels)

    def means_like(self, images: Any) -> Any:
        """The means along axis 1 of images."""
        return self.per_channel(images.shape[1]).reshape(-1, *[1] * (images.ndim - 2))


class FoldInput(Planned):
    """Mean and scale of the input as part of the net."""

    options = (
        Option(
            "--fold-mean",
            "an input takes images whose mean is not subtracted (data=104,117,123): the first layers' bias does it, or,"
            " where these pad the image, a Scale layer",
            "BLOB=M[,M...]",
        ),
        Option(
            "--fold-scale", "an input takes images that are not scaled (data=0.017): the first layers do it", "BLOB=S"
        ),
    )
    touches = frozenset(
        {
            "layer.bottom",
            "layer.param",
            "layer.param.lr_mult",
            "layer.blobs_lr",
            "layer.transform_param.mean_value",
            "layer.transform_param.scale",
            "layer.convolution_param.bias_term",
            "layer.inner_product_param.bias_term",
        }
    )
    equivalent = True
    needs_weights = True
    together = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        anatomy = Anatomy(document)
        plan = Plan()
        for blob, transform in _transforms(requests).items():
            _fold(anatomy, blob, transform, plan)
        return plan

    def draw(self, before: Document, requests: Sequence[Request], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Random inputs with the mean and scale of pixels from 0 to 255, as the net before gets them."""
        drawn = dict(inputs)
        for blob, transform in _transforms(requests).items():
            if blob in drawn:
                least, most = drawn[blob].min(), drawn[blob].max()
                pixels = 255 * (drawn[blob] - least) / ((most - least) or 1)
                drawn[blob] = (pixels - transform.means_like(pixels)) * transform.scale
        return drawn

    def feed(self, before: Document, requests: Sequence[Request], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs for the net after, N x C x H x W, from those of the net before."""
        fed = dict(inputs)
        for blob, transform in _transforms(requests).items():
            if blob in fed:
                fed[blob] = fed[blob] / transform.scale + transform.means_like(fed[blob])
        return fed


def _transforms(requests: Sequence[Request]) -> dict[str, _Transform]:
    found: dict[str, _Transform] = {}
    for request in requests:
        blob, text = request.pair("BLOB=NUMBER")
        try:
            numbers = tuple(float(number) for number in text.split(","))
        except ValueError:
            numbers = ()
        if not numbers or not all(map(math.isfinite, numbers)):
            raise OptionError(f"{request.flag} takes numbers behind the =, not '{text}'")
        transform = found.setdefault(blob, _Transform())
        if request.flag == "--fold-mean":
            transform.mean = numbers
        elif len(numbers) > 1 or numbers[0] == 0:
            raise OptionError(f"--fold-scale takes one number other than 0 behind the =, not '{text}'")
        else:
            transform.scale = numbers[0]
    return found


def _fold(anatomy: Anatomy, blob: str, transform: _Transform, plan: Plan) -> None:
    from ..first import data_layers, first_layers, users, with_bias

    for part in data_layers(anatomy, blob):
        plan.edits += _without(part, transform)
    first = users(anatomy, blob)
    direct = all(part.type in ("Convolution", "InnerProduct") for part in first)
    if not direct or (any(transform.mean) and any(_pads(part) for part in first)):
        _scale_layer(anatomy, blob, transform, plan)
        return
    for part in first_layers(anatomy, blob, through=()):
        if any(transform.mean):
            plan.edits += with_bias(part)
        plan.acts[part.name] = _into(anatomy, part, transform)


def _without(part: Part, transform: _Transform) -> Iterator[Edit]:
    """The data layer leaves images as they are. Raises NetError where it does something else than what is folded."""
    from ..fields import set_fields

    message = part.param.transform_param
    if message.mean_file:
        raise part.error("has a mean_file, a mean per pixel, which no layer can hold; use mean_value")
    mean = tuple(message.mean_value) or (0.0,)
    if not _same(mean, transform.mean):
        raise part.error(f"subtracts mean_value {_shown(mean)}, --fold-mean says {_shown(transform.mean)}")
    if not math.isclose(message.scale, transform.scale, rel_tol=1e-6):
        raise part.error(f"has scale: {message.scale:g}, --fold-scale says {transform.scale:g}")
    if part.view.message.message("transform_param") is not None:
        yield from set_fields(part.view, "transform_param", {"mean_value": None, "scale": None})


def _same(mean: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two means are equal; a single number is for all channels."""
    most = max(len(mean), len(other))
    full = [list(one) * most if len(one) == 1 else list(one) for one in (mean, other)]
    return len(full[0]) == len(full[1]) and all(map(lambda a, b: math.isclose(a, b, rel_tol=1e-6), *full))


def _shown(mean: Sequence[float]) -> str:
    return ",".join(f"{number:g}" for number in mean)


def _pads(part: Part) -> bool:
    message = part.param.convolution_param
    return part.type == "Convolution" and bool(any(message.pad) or message.pad_h or message.pad_w)


def _into(anatomy: Anatomy, part: Part, transform: _Transform) -> Act:
    def into(blobs: list[Any]) -> list[Any]:
        import numpy as np

        from ..arithmetic import fold_inputs
        from ..first import as_before, by_channel

        weight = by_channel(anatomy, part, blobs[0])
        mean = transform.per_channel(weight.shape[1])
        scale = np.full(len(mean), transform.scale)
        new, bias = fold_inputs(weight, blobs[1] if len(blobs) > 1 else None, scale, -mean * scale)
        has_bias = len(blobs) > 1 or any(transform.mean)
        return [as_before(part, new), *([bias] if has_bias else [])]

    return change(part.name, into)


def _scale_layer(anatomy: Anatomy, blob: str, transform: _Transform, plan: Plan) -> None:
    from ..fields import insert_layers_before, new_layer
    from ..first import users

    first = users(anatomy, blob)
    name = f"{blob}_normalized"
    if not first or name in anatomy.view.blobs or any(part.name == name for part in anatomy.parts):
        raise OptionError(f"{anatomy.document.file}: no layer takes '{blob}', or there is a '{name}' already")
    if worker := next((part for part in first if part.in_place), None):
        raise worker.error(f"works in place on the input '{blob}'; give its top another name")
    channels = len(transform.mean) if len(transform.mean) > 1 else anatomy.needed_shape(*_place(first, blob))[1]
    fixed = New("param", [New("lr_mult", "0"), New("decay_mult", "0")])
    body = [fixed, fixed, New("scale_param", [New("bias_term", "true")])]
    plan.edits.append(
        insert_layers_before(first[0].view, [new_layer(first[0].view, name, "Scale", [blob], [name], body)])
    )
    for part in first:
        for scalar in part.view.bottoms:
            if scalar.value == blob:
                plan.edits += replace(scalar, quoted(name, like=scalar))
    plan.added.append(name)
    plan.notes.append(f"'{first[0].name}' pads the image, so the mean stays a layer of its own, '{name}'")

    def add(weights: Weights) -> None:
        mean = transform.per_channel(channels)
        weights.add(name, [0 * mean + transform.scale, -mean * transform.scale], "Scale")

    plan.acts[name] = add


def _place(first: Sequence[Part], blob: str) -> tuple[Part, int]:
    return first[0], first[0].view.bottom_names.index(blob)


operation = FoldInput()

"""InnerProduct layers as convolutions over all of their bottom, so that the net takes larger inputs as well."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import OptionError
from ...text import Document
from ..operation import Option, Request
from ..plan import Plan, Planned, change, check_buildable

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part

__all__: list[str] = []

Size = tuple[int, int]


class FcToConv(Planned):
    """InnerProduct layers as convolutions."""

    options = (
        Option(
            "--fc-to-conv",
            "layers that fit become convolutions as large as their bottom ('fc*', or fc6=6x6 where the net does not"
            " say how large that is); their tops N x K become N x K x 1 x 1, more for larger inputs",
            "PATTERN[=HxW]",
        ),
    )
    touches = frozenset(
        {"layer.type", "layer.inner_product_param.*", "layer.convolution_param.*", "layer.bottom", "layer.top"}
    )
    equivalent = True
    together = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        anatomy = Anatomy(document)
        sizes: dict[int, Size | None] = {}
        for request in requests:
            pattern, size = _pattern(request)
            matching = anatomy.matching(pattern)
            found = [part for part in matching if part.type == "InnerProduct"]
            if not found:
                raise matching[0].error(f"is {matching[0].type}, no InnerProduct; --fc-to-conv has nothing to do")
            sizes.update((part.index, size) for part in found)
        plan = Plan()
        for index in sorted(sizes):
            _convert(anatomy, anatomy.parts[index], sizes, plan)
        check_buildable(anatomy, plan.edits)
        return plan


def _pattern(request: Request) -> tuple[str, Size | None]:
    pattern, equals, size = request.value.rpartition("=")
    if not equals:
        return request.value, None
    found = re.fullmatch(r"([1-9][0-9]*)x([1-9][0-9]*)", size)
    if not found or not pattern:
        raise OptionError(f"--fc-to-conv takes PATTERN or PATTERN=HxW such as fc6=6x6, not '{request.value}'")
    return pattern, (int(found[1]), int(found[2]))


def _convert(anatomy: Anatomy, part: Part, sizes: Mapping[int, Size | None], plan: Plan) -> None:
    from ..fields import rename_field, set_fields, set_type

    message = part.param.inner_product_param
    if message.axis != 1:
        raise part.error(f"sums from axis {message.axis} on; only axis 1 makes a convolution")
    if part.view.message.message("convolution_param") is not None:
        raise part.error("has a convolution_param already; take it out")
    height, width = sizes[part.index] or _bottom_size(anatomy, part, sizes, plan)
    square = {"kernel_size": str(height)} if height == width else {"kernel_h": str(height), "kernel_w": str(width)}
    plan.edits += set_type(part.view, "Convolution")
    plan.edits += set_fields(part.view, "inner_product_param", {**square, "axis": None, "transpose": None})
    plan.edits += [rename_field(block, "convolution_param") for block in part.view.message.named("inner_product_param")]
    outputs, transposed = message.num_output, message.transpose

    def reshape(blobs: list[Any]) -> list[Any]:
        weight = blobs[0].reshape(-1, outputs).T if transposed else blobs[0].reshape(outputs, -1)
        if weight.shape[1] % (height * width):
            raise part.error(f"has weights of shape {weight.shape}, which kernels of {height} x {width} cannot hold")
        return [weight.reshape(outputs, -1, height, width), *blobs[1:]]

    plan.acts[part.name] = change(part.name, reshape)


def _bottom_size(anatomy: Anatomy, part: Part, sizes: Mapping[int, Size | None], plan: Plan) -> Size:
    """Height and width of what the layer takes once the layers of `sizes` are convolutions."""
    from ..rewire import bypass

    if _becomes_spatial(anatomy, part, 0, sizes):
        return 1, 1
    flatten = _flatten_before(anatomy, part)
    source = flatten or part
    if anatomy.shape(source.view.bottom_names[0]) is None:
        anatomy.check_shapes()
        raise source.error(
            f"the shape of its bottom '{source.view.bottom_names[0]}' is not known; use the net's deploy form, or say"
            f" it: --fc-to-conv {part.name}=6x6"
        )
    shape = anatomy.needed_shape(source)
    if len(shape) != 4:
        raise part.error(
            f"its bottom '{part.view.bottom_names[0]}' has shape {shape}, not N x C x H x W;"
            " convert the layer that makes it as well"
        )
    if flatten is not None and flatten.name not in plan.removed:
        plan.edits += bypass(anatomy, [flatten])
        plan.removed.append(flatten.name)
    return shape[2], shape[3]


def _becomes_spatial(anatomy: Anatomy, part: Part, place: int, sizes: Mapping[int, Size | None]) -> bool:
    """Whether a bottom comes, number by number, from layers that become convolutions."""
    from ..kinds import PER_CHANNEL, PER_VALUE

    maker = anatomy.maker(part, place)
    if maker is None or maker.index in sizes:
        return maker is not None
    if maker.type not in PER_VALUE | PER_CHANNEL | {"Concat", "Eltwise"}:
        return False
    return all(_becomes_spatial(anatomy, maker, i, sizes) for i in range(len(maker.view.bottoms)))


def _flatten_before(anatomy: Anatomy, part: Part) -> Part | None:
    """A Flatten layer that serves this layer alone, with nothing but per-value layers between."""
    from ..kinds import PER_VALUE

    current, user = anatomy.maker(part, 0), part
    while current is not None and anatomy.only_user(current) is user:
        if current.type == "Flatten":
            whole = current.param.flatten_param
            return current if whole.axis == 1 and whole.end_axis == -1 else None
        if current.type not in PER_VALUE:
            return None
        user, current = current, anatomy.maker(current, 0)
    return None


operation = FcToConv()

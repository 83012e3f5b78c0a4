"""Convolutions that see all of their bottom at once as InnerProduct layers: what --fc-to-conv did, back again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...text import Document
from ..operation import Option, Request
from ..plan import Plan, Planned, change, check_buildable

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part

__all__: list[str] = []

_GEOMETRY = ("kernel_size", "kernel_h", "kernel_w", "stride", "stride_h", "stride_w", "pad", "pad_h", "pad_w")
_ONLY_CONVOLUTION = (*_GEOMETRY, "dilation", "group", "engine", "axis", "force_nd_im2col")


class ConvToFc(Planned):
    """Convolutions as InnerProduct layers."""

    options = (
        Option(
            "--conv-to-fc",
            "convolutions that fit and are as large as their bottom become InnerProduct layers"
            " ('fc*'); tops N x K x 1 x 1 become N x K",
            "PATTERN",
        ),
    )
    touches = frozenset({"layer.type", "layer.inner_product_param.*", "layer.convolution_param.*"})
    equivalent = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        anatomy = Anatomy(document)
        matching = anatomy.matching(requests[0].value)
        found = [part for part in matching if part.type == "Convolution"]
        if not found:
            raise matching[0].error(f"is {matching[0].type}, no Convolution; --conv-to-fc has nothing to do")
        plan = Plan()
        for part in found:
            _convert(anatomy, part, plan)
        for part in found:
            _check_users(anatomy, part, {one.index for one in found})
        check_buildable(anatomy, plan.edits)
        return plan


def _convert(anatomy: Anatomy, part: Part, plan: Plan) -> None:
    from ...model.rules.convolution import windows_of
    from ..fields import rename_field, set_fields, set_type

    message = part.param.convolution_param
    shape = anatomy.needed_shape(part)
    windows = windows_of(part.param, shape)
    if message.group != 1:
        raise part.error(f"has {message.group} groups; --merge-groups {part.name} first")
    if len(shape) != 4 or any(windows.pad) or windows.kernel != shape[2:] or any(d != 1 for d in windows.dilation):
        raise part.error(
            f"its kernel {_sizes(windows.kernel)} with pad {_sizes(windows.pad)} and dilation"
            f" {_sizes(windows.dilation)} is not its whole bottom of shape {shape}"
        )
    if len(part.view.bottoms) != 1:
        raise part.error(f"has {len(part.view.bottoms)} bottoms; an InnerProduct layer has one")
    if part.view.message.message("inner_product_param") is not None:
        raise part.error("has an inner_product_param already; take it out")
    plan.edits += set_type(part.view, "InnerProduct")
    plan.edits += set_fields(part.view, "convolution_param", dict.fromkeys(_ONLY_CONVOLUTION))
    plan.edits += [rename_field(block, "inner_product_param") for block in part.view.message.named("convolution_param")]
    outputs = message.num_output

    def reshape(blobs: list[Any]) -> list[Any]:
        return [blobs[0].reshape(outputs, -1), *blobs[1:]]

    plan.acts[part.name] = change(part.name, reshape)


def _check_users(anatomy: Anatomy, part: Part, converted: set[int]) -> None:
    """What takes the top must do with two axes."""
    from ..kinds import PER_CHANNEL, PER_VALUE

    for top in part.view.top_names:
        for user, _ in anatomy.users(part, top):
            if user.type in PER_VALUE | PER_CHANNEL:
                _check_users(anatomy, user, converted)
            if user.type in ("Convolution", "Deconvolution", "Pooling", "LRN", "Crop") and user.index not in converted:
                raise user.error(f"needs the height and width of '{top}'; convert it as well, or leave '{part.name}'")


def _sizes(numbers: Sequence[int]) -> str:
    return " x ".join(map(str, numbers))


operation = ConvToFc()

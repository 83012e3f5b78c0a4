"""Deconvolution as bilinear upsampling: fields and weights for a factor, fixed, each channel for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import OptionError
from ...text import Document
from ...text.layout import New, quoted, remove
from ..operation import Option, Request
from ..plan import Plan, Planned, change, check_buildable

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part
    from ..fields import Wanted

__all__: list[str] = []

_PARAM = "convolution_param"


class Bilinear(Planned):
    """Deconvolution as bilinear upsampling."""

    options = (
        Option(
            "--bilinear",
            "make Deconvolution layers that fit upsample by a factor ('upscore*=2'): kernel, stride, pad, one group per"
            " channel, filler, weights; they learn nothing. Where stride and kernel are right already the pad stays",
            "PATTERN=FACTOR",
        ),
    )
    touches = frozenset({"layer.param", "layer.param.*", "layer.blobs_lr", f"layer.{_PARAM}", f"layer.{_PARAM}.*"})

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        pattern, text = requests[0].pair("PATTERN=FACTOR")
        if not text.isascii() or not text.isdigit() or int(text) < 2:
            raise OptionError(f"--bilinear takes a whole factor from 2 on behind the =, not '{text}'")
        anatomy = Anatomy(document)
        matching = anatomy.matching(pattern)
        found = [part for part in matching if part.type == "Deconvolution"]
        if not found:
            raise matching[0].error(f"is {matching[0].type}, no Deconvolution; --bilinear has nothing to do")
        plan = Plan()
        for part in found:
            _upsample(anatomy, part, int(text), plan)
        check_buildable(anatomy, plan.edits)
        return plan


def _upsample(anatomy: Anatomy, part: Part, factor: int, plan: Plan) -> None:
    from ..fields import set_fields, without_overlap
    from ..rates import set_rates

    message = part.param.convolution_param
    shape = anatomy.shape(part.view.bottom_names[0])
    channels = message.num_output
    if shape is not None and shape[1] != channels:
        raise part.error(f"has num_output {channels}, its bottom {shape[1]} channels; upsampling keeps their number")
    filler = part.view.body.scalar("type")
    size = 2 * factor - factor % 2
    fits = list(message.stride) == [factor] and list(message.kernel_size) == [size]
    pad = [str(number) for number in message.pad] if fits else [str((factor - factor % 2) // 2)]
    fields: dict[str, Wanted] = {
        "kernel_size": str(size),
        "stride": str(factor),
        "pad": None if pad in ([], ["0"]) else pad,
        "group": str(channels) if channels > 1 else None,
        "bias_term": "false",
        "bias_filler": None,
        "weight_filler": New("weight_filler", [New("type", quoted("bilinear", like=filler))], one_line=True),
        **dict.fromkeys(("kernel_h", "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w", "dilation")),
    }
    plan.edits += set_fields(part.view, _PARAM, fields)
    plan.edits += set_rates(part.view, {0: "0"})
    plan.edits += without_overlap(remove(part.view.document, field) for field in part.view.message.named("param")[1:])
    plan.acts[part.name] = change(part.name, _kernels(factor, channels))


def _kernels(factor: int, channels: int) -> Callable[[list[Any]], list[Any]]:
    def kernels(blobs: list[Any]) -> list[Any]:
        import numpy as np

        from ..arithmetic import bilinear_kernel

        return [np.tile(bilinear_kernel(factor), (channels, 1, 1, 1))]

    return kernels


operation = Bilinear()

"""Convolutions of one place each, from larger ones: the receptive field stays small, as in BagNets.

The weights are those of the kernel's middle; the padding shrinks by what the kernel loses, so that the top keeps its
size (Brendel and Bethge, 2019, make 3x3 convolutions 1x1 in this way).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...text import Document
from ..operation import Option, Request
from ..plan import Plan, Planned, change, check_buildable

if TYPE_CHECKING:
    from ..anatomy import Part

__all__: list[str] = []

_GONE = ("kernel_h", "kernel_w", "pad_h", "pad_w", "dilation")


class OneByOne(Planned):
    """Convolutions without a neighbourhood."""

    options = (
        Option(
            "--one-by-one",
            "convolutions that fit become 1 x 1, with the middle of their weights (BagNet; see --receptive-field)",
            "PATTERN",
        ),
    )
    touches = frozenset({"layer.convolution_param.*"})

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        anatomy = Anatomy(document)
        matching = anatomy.matching(requests[0].value)
        found = [part for part in matching if part.type == "Convolution" and set(_kernel(part)) != {1}]
        if not found:
            raise matching[0].error(f"is no Convolution larger than 1 x 1, and no other fits '{requests[0].value}'")
        plan = Plan()
        for part in found:
            _shrink(part, plan)
        check_buildable(anatomy, plan.edits)
        return plan


def _kernel(part: Part) -> tuple[int, int]:
    from ..geometry import windows

    height, width = windows(part.param)
    return height.kernel, width.kernel


def _shrink(part: Part, plan: Plan) -> None:
    from ..fields import set_fields
    from ..geometry import windows, written

    both = windows(part.param)
    if any(window.kernel % 2 == 0 for window in both):
        raise part.error(f"its kernel {' x '.join(str(window.kernel) for window in both)} has no middle")
    rest = [window.pad - window.extent // 2 for window in both]
    if min(rest) < 0:
        plan.notes.append(f"the top of '{part.name}' grows: its pad was less than half of its kernel")
    pad = written((max(0, rest[0]), max(0, rest[1])), 0)
    plan.edits += set_fields(part.view, "convolution_param", {"kernel_size": "1", "pad": pad, **dict.fromkeys(_GONE)})

    def middle(blobs: list[Any]) -> list[Any]:
        from ..arithmetic import centre_tap

        return [centre_tap(blobs[0]), *blobs[1:]]

    plan.acts[part.name] = change(part.name, middle)


operation = OneByOne()

"""A stride taken away, and everything behind it dilated by as much: the same net on a finer grid (a trous).

Chen et al., DeepLab, section 3.1. What the net computed before are the points of the new top at multiples of the old
stride. Convolutions behind get dilation and pad times the stride; layers that treat each place alone stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...text import Document
from ..operation import Option, Request
from ..plan import Plan, Planned, check_buildable

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Made, Part

__all__: list[str] = []


class Dilation(Planned):
    """A stride taken away, dilation in its place."""

    options = (
        Option(
            "--stride-to-dilation",
            "the Convolution or Pooling layer LAYER gets stride 1, convolutions behind it are dilated by its old"
            " stride: outputs come on a finer grid, and at the old grid's points as they were",
            "LAYER",
        ),
    )
    touches = frozenset(
        {
            "layer.convolution_param.*",
            *(f"layer.pooling_param.stride{end}" for end in ("", "_h", "_w")),
        }
    )
    equivalent = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        anatomy = Anatomy(document)
        plan = Plan()
        for view in anatomy.view.named(requests[0].value):
            _dilate(anatomy, anatomy.parts[view.index], plan)
        check_buildable(anatomy, plan.edits)
        return plan

    def meet(self, before: Document, requests: Sequence[Request], name: str, array: Any) -> Any:
        """Of an output of the net after, N x C x H x W, the points that the net before computed."""
        from ..anatomy import Anatomy

        anatomy = Anatomy(before)
        part = anatomy.parts[anatomy.view.named(requests[0].value)[0].index]
        finer = {blob for _, blob in _behind(anatomy, part)}
        height, width = _stride(part)
        return array[:, :, ::height, ::width] if name in finer else array


def _stride(part: Part) -> tuple[int, int]:
    """Of both axes."""
    from ..geometry import windows

    height, width = windows(part.param)
    return height.stride, width.stride


def _dilate(anatomy: Anatomy, part: Part, plan: Plan) -> None:
    from ..fields import set_fields

    if part.type not in ("Convolution", "Pooling"):
        raise part.error(f"is {part.type}; --stride-to-dilation takes a Convolution or Pooling layer")
    stride = _stride(part)
    if stride == (1, 1):
        raise part.error("has stride 1 already")
    name = "convolution_param" if part.type == "Convolution" else "pooling_param"
    plan.edits += set_fields(part.view, name, dict.fromkeys(("stride", "stride_h", "stride_w")))
    _check_rounding(anatomy, part, stride, plan)
    made = _behind(anatomy, part)
    behind = sorted({user.index for one in made for user in anatomy.takers([one])} - {part.index})
    for index in behind:
        user = anatomy.parts[index]
        _check(anatomy, user, made)
        if user.type == "Convolution":
            plan.edits += set_fields(user.view, "convolution_param", _dilated(user, stride))


def _dilated(user: Part, stride: tuple[int, int]) -> dict[str, Any]:
    """The fields of a convolution behind: dilation and pad times the stride."""
    from ..geometry import windows, written

    height, width = windows(user.param)
    dilation = [w.dilation * s if w.kernel > 1 else w.dilation for w, s in zip((height, width), stride, strict=True)]
    pad = height.pad * stride[0], width.pad * stride[1]
    return {"dilation": written((dilation[0], dilation[1]), 1), "pad": written(pad, 0), "pad_h": None, "pad_w": None}


def _behind(anatomy: Anatomy, part: Part) -> set[Made]:
    """All blobs that come, by any way, from a layer's top."""
    found: set[Made] = set()
    todo = [part]
    while todo:
        one = todo.pop()
        for top in one.view.top_names:
            if (one.index, top) not in found:
                found.add((one.index, top))
                todo += [user for user, _ in anatomy.users(one, top)]
    return found


def _check(anatomy: Anatomy, user: Part, made: set[Made]) -> None:
    """Raises NetError for a layer behind that looks at more than one place, other than a convolution."""
    from ..graph import is_sink
    from ..kinds import PER_CHANNEL, PER_VALUE

    if user.type == "Pooling" and not user.param.pooling_param.global_pooling:
        raise user.error("is Pooling behind the finer grid, and Caffe's Pooling cannot be dilated; take it out first")
    if user.type in ("Concat", "Eltwise"):
        for place, takes in enumerate(user.takes):
            if not takes <= made:
                blob = user.view.bottom_names[place]
                raise user.error(f"takes '{blob}' from outside as well, which stays on the coarse grid")
        return
    if user.type == "LRN" and user.param.lrn_param.norm_region == 0:
        return
    alike = PER_VALUE | PER_CHANNEL | {"Convolution", "Softmax", "Slice", "ArgMax", "Silence"}
    if user.type in alike or is_sink(user.view):
        return
    more = "; --fc-to-conv first" if user.type == "InnerProduct" else ""
    raise user.error(f"is {user.type} behind the finer grid, which it would take for a larger image{more}")


def _check_rounding(anatomy: Anatomy, part: Part, stride: tuple[int, int], plan: Plan) -> None:
    """Pooling rounds its number of windows up: the last one, cut off at the border, has no like on the fine grid."""
    from ...model.rules.pooling import pool_windows

    shape = anatomy.shape(part.view.bottom_names[0])
    if part.type != "Pooling" or shape is None:
        return
    windows = pool_windows(part.param, shape)
    for size, kernel, pad, count, step in zip(
        shape[2:], windows.kernel, windows.pad, windows.outputs, stride, strict=True
    ):
        if (count - 1) * step > size + 2 * pad - kernel:
            plan.notes.append(
                f"'{part.name}' cuts its last window off at the border of {shape[2]} x {shape[3]}; there outputs change"
            )


operation = Dilation()

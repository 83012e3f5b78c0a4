"""ReLU with a negative_slope, and PReLU, for runtimes that know plain ReLU only.

What can be had without a change of the function: a slope of 1 everywhere is no layer at all; a slope over numbers
that are never negative (behind a ReLU, a Sigmoid, a Softmax, ...) does nothing; PReLU slopes that are all equal are a
ReLU's negative_slope. Any other slope cannot be absorbed by a factor in the weights, since it treats the two signs
differently. It takes twice the channels: f(x) = relu(x) - slope relu(-x), with W and -W before, V and -slope V behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...text import Document, Edit
from ...text.layout import New, remove, render
from ..operation import Option, Request
from ..plan import Plan, Planned

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part
    from ..weights import Weights

__all__: list[str] = []

_NEVER_NEGATIVE = frozenset({"AbsVal", "BNLL", "Exp", "Sigmoid", "Softmax"})
_KEEPS_SIGN = frozenset({"Pooling", "Dropout", "LRN", "Concat", "Flatten", "Reshape", "Slice", "Split", "Crop"})


class ReluSlope(Planned):
    """Slopes of ReLU and PReLU."""

    options = (
        Option(
            "--absorb-relu-slope",
            "make ReLU with negative_slope and PReLU plain where nothing changes: a slope of 1 goes, a slope"
            " over numbers that are never negative goes, equal slopes of a PReLU become negative_slope",
            "PATTERN",
        ),
        Option(
            "--double-relu-slope",
            "as before for any slope between two convolutions or InnerProduct layers: a plain ReLU over twice the"
            " channels",
            "PATTERN",
        ),
    )
    touches = frozenset(
        {
            "layer.bottom",
            "layer.top",
            "layer.type",
            "layer.param",
            "layer.param.*",
            "layer.relu_param",
            "layer.relu_param.*",
            "layer.prelu_param",
            "layer.prelu_param.*",
            "layer.convolution_param.num_output",
            "layer.inner_product_param.num_output",
        }
    )
    equivalent = True
    needs_weights = True
    _given: Weights | None = None

    def edits_with(self, document: Document, requests: Sequence[Request], weights: Weights) -> Iterable[Edit]:
        self._last, self._given = None, weights
        return self.edits(document, requests)

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy
        from ..doubling import double

        anatomy = Anatomy(document)
        request = requests[0]
        matching = anatomy.matching(request.value)
        found = [part for part in matching if part.type == "PReLU" or _negative_slope(part)]
        if not found:
            raise matching[0].error(f"is no PReLU and no ReLU with negative_slope; {request.flag} has nothing to do")
        plan = Plan()
        gone: list[Part] = []
        for part in found:
            slopes = _slopes(part, self._given)
            if request.flag == "--double-relu-slope":
                double(anatomy, part, slopes, plan)
                plan.edits += _plain(part)
            else:
                _absorb(anatomy, part, slopes, gone, plan)
        from ..rewire import bypass

        plan.edits += bypass(anatomy, gone)
        plan.removed += [part.name for part in gone]
        return plan


def _negative_slope(part: Part) -> float:
    return float(part.param.relu_param.negative_slope) if part.type == "ReLU" else 0.0


def _slopes(part: Part, weights: Weights | None) -> list[float]:
    """One slope, or one per channel; of a PReLU they are in the weights."""
    from ..plan import needed

    if part.type == "ReLU":
        return [_negative_slope(part)]
    assert weights is not None
    return [float(slope) for slope in needed(weights, part.name)[0].reshape(-1)]


def _absorb(anatomy: Anatomy, part: Part, slopes: Sequence[float], gone: list[Part], plan: Plan) -> None:
    if set(slopes) == {1.0} or _never_negative(anatomy, part, 0):
        gone.append(part)
    elif part.type == "PReLU" and len(set(slopes)) == 1:
        plan.edits += _plain(part, slopes[0])
    else:
        raise part.error(
            f"has slopes from {min(slopes):g} to {max(slopes):g} over numbers of both signs, which no factor in the"
            f" weights can stand for; --double-relu-slope {part.name} does it with twice the channels"
        )
    if part.type == "PReLU":
        plan.acts[part.name] = lambda weights: weights.drop(part.name)


def _never_negative(anatomy: Anatomy, part: Part, place: int) -> bool:
    maker = anatomy.maker(part, place)
    if maker is None:
        return False
    if maker.type in _NEVER_NEGATIVE or (maker.type == "ReLU" and not _negative_slope(maker)):
        return True
    return maker.type in _KEEPS_SIGN and all(_never_negative(anatomy, maker, i) for i in range(len(maker.view.bottoms)))


def _plain(part: Part, slope: float = 0.0) -> Iterable[Edit]:
    """The layer as a ReLU with this slope."""
    from ..fields import set_fields, set_type, without_overlap

    edits = [*set_type(part.view, "ReLU")] if part.type != "ReLU" else []
    message = part.view.message
    gone = [one for name in ("param", "prelu_param") for one in message.named(name)]
    if slope and gone:
        new = New("relu_param", [New("negative_slope", f"{slope:.9g}")], one_line=True)
        first = gone.pop(0)
        edits.append(Edit(first.start, first.end, render(part.view.document, new, message.fields, "")))
    elif part.view.scalar_in("relu_param", "negative_slope") or slope:
        edits += set_fields(part.view, "relu_param", {"negative_slope": f"{slope:.9g}" if slope else None})
    edits += without_overlap(remove(part.view.document, field) for field in gone)
    return edits


operation = ReluSlope()

"""The cost of a net in one phase, layer by layer, from its text alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...doctor import Case
from ...doctor.memory_estimate import (
    FLOAT,
    Estimate,
    blobs_of,
    blobs_with_diff,
    columns_of,
    diffs_of,
    estimate,
    histories,
    kept_of,
    learns,
    parameters_of,
)
from ...doctor.phase_net import PhaseNet
from ...errors import NetError, OptionError
from ...model.rules import Shape
from ...surgery.rates import rate_of
from .arithmetic import macs, operations


@dataclass(frozen=True)
class LayerCost:
    """A layer: the shape of its first top, and what it costs for the whole batch.

    `macs` and `operations` (others) of a pass forward; `backward_macs` of a pass backward: once more for the gradient
    of what it learns, and once for that of its bottoms where something below learns. Bytes: `blobs` (those that it is
    the first to make), `diffs` (theirs, where training needs them), `own` (masks, norms, im2col's buffer), `params`,
    and `learning` (their diffs and history). `parameters`: how many numbers, shared ones where they come first.
    """

    name: str
    type: str
    shape: Shape
    parameters: int
    macs: int
    operations: int
    backward_macs: int
    blobs: int
    diffs: int
    own: int
    params: int
    learning: int

    @property
    def memory(self) -> int:
        return self.blobs + self.diffs + self.own + self.params + self.learning


@dataclass(frozen=True)
class Cost:
    """`layers` in order; `inputs`: bytes of blobs that the net itself brings; `whole`: memory with the test net and
    what is read ahead, as the doctor estimates it; `batch`: the first axis of the first blob."""

    phase: str
    batch: int
    is_training: bool
    layers: list[LayerCost]
    inputs: int
    whole: Estimate | None
    unknown: list[str] = field(default_factory=list)

    def total(self, what: str) -> int:
        return sum(getattr(layer, what) for layer in self.layers)


def cost_of(case: Case, phase: str | None = None) -> Cost:
    """The cost of a net. `phase`: TRAIN or TEST; by default TRAIN, and TEST for a deploy net.

    Raises NetError for a net that Caffe cannot build, or whose shapes nothing says.
    """
    if not case.net.layers:
        raise OptionError(f"{case.file}: holds no layers; is this the net and not the solver?")
    if case.problem is not None:
        raise case.problem
    net = case.test if phase == "TEST" or (phase is None and case.is_deploy) else case.train
    for _, error in net.problems:
        raise error
    blobs, params = blobs_of(net), parameters_of(net)
    if blobs is None or params is None:
        raise _unknown(case, net)
    is_training = net is case.train and bool(net.losses)
    diffs = diffs_of(net) if is_training else {}
    with_diff = set(blobs_with_diff(net)) if is_training else set()
    kept, columns, history = kept_of(net), columns_of(net), histories(case)
    layers = []
    for place, view in enumerate(net.layers):
        counts = {index: count for (layer, index), count in params.items() if layer == place}
        bottoms = [net.shape(name) or () for name in view.bottom_names]
        tops = [net.shape(name) or () for name in view.top_names]
        shapes = [param.shape for param in net.params[place] or ()]
        message = case.message_of(view)
        multiplied = macs(message, shapes, bottoms, tops)
        passes = learns(net, place) + any(name in with_diff for name in view.bottom_names)
        learned = sum(count for index, count in counts.items() if rate_of(view, index))
        layers.append(
            LayerCost(
                name=view.name,
                type=view.type,
                shape=tops[0] if tops else (),
                parameters=sum(counts.values()),
                macs=multiplied,
                operations=operations(message, shapes, bottoms, tops),
                backward_macs=multiplied * passes if is_training else 0,
                blobs=FLOAT * blobs.get(place, 0),
                diffs=FLOAT * diffs.get(place, 0),
                own=FLOAT * (kept.get(place, 0) + columns.get(place, 0)),
                params=FLOAT * sum(counts.values()),
                learning=FLOAT * learned * (1 + history) if is_training else 0,
            )
        )
    first = next((shape for shape in net.shapes.blobs.values() if shape), (1,))
    return Cost(net.name, first[0], is_training, layers, FLOAT * blobs.get(-1, 0), estimate(case))


def _unknown(case: Case, net: PhaseNet) -> NetError:
    """Names the first layer whose shape nothing says."""
    for layer in net.layers:
        if any(net.shape(name) is None for name in layer.top_names):
            reason = "its data is not here; say --input-shape N,C,H,W"
            if layer.bottoms:
                reason = f"Caffe has no type {layer.type}"
            return layer.error(f"the shape of what it makes is not known: {reason}")
    return NetError("", f"{case.file}: the shapes of its parameters are not known")

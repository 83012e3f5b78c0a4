"""What part of the image each number of each blob sees.

Fields are traced back layer by layer as intervals of places, exactly: a convolution or pooling window at place i sees
places i stride - pad to i stride - pad + dilation (kernel - 1) below; a deconvolution's place i sees those whose
windows cover i. Where ways part, the field is what covers all of them. (Araujo, Norris and Sim, Computing Receptive
Fields of Convolutional Neural Networks, Distill 2019, has the closed form for single ways.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd, inf, lcm
from typing import Any, NamedTuple

from ..errors import NetError
from ..text import Document
from .anatomy import INPUT, Anatomy, Made, Part
from .geometry import windows
from .graph import is_deployed, is_sink
from .kinds import PER_CHANNEL, PER_VALUE

Interval = tuple[float, float]
"""First and last place; -inf, inf for all of them."""

_WHOLE: Interval = (-inf, inf)
_ALIKE = PER_VALUE | PER_CHANNEL | {"ArgMax", "BatchReindex", "Concat", "Eltwise", "Filter", "Slice", "Softmax"}
_GATHERS = {"Embed", "Flatten", "InnerProduct", "LSTM", "MVN", "RNN", "Reduction", "Reshape", "SPP", "Tile"}


class Field(NamedTuple):
    """Along one axis, in pixels: place i of the blob sees `size` pixels about offset + i stride.

    0 is the middle of the first pixel. Behind a deconvolution, where places take turns, `size` is the largest and
    `offset` the mean. Size and offset are infinite, and stride 0, for a number that sees everything.
    """

    size: float
    stride: float
    offset: float


class Trace(NamedTuple):
    """The fields of all places along one axis: that of place q period + r is `moves` q + each end of `ends`[r].

    No ends: not known. Infinite ends: every place sees everything.
    """

    moves: float
    ends: tuple[Interval, ...]

    @property
    def period(self) -> int:
        return len(self.ends)

    def at(self, place: float) -> Interval:
        turns, rest = divmod(int(place), self.period)
        low, high = self.ends[rest]
        return low + self.moves * turns, high + self.moves * turns

    @property
    def field(self) -> Field | None:
        if not self.ends:
            return None
        size = max(high - low + 1 for low, high in self.ends)
        if size == inf:
            return Field(inf, 0, inf)
        stride = self.moves / self.period
        offsets = [(low + high) / 2 - place * stride for place, (low, high) in enumerate(self.ends)]
        return Field(size, stride, sum(offsets) / self.period)


PIXELS = Trace(1, ((0, 0),))
_EVERYTHING = Trace(0, (_WHOLE,))
_UNKNOWN = Trace(0, ())


class Row(NamedTuple):
    """A blob as a layer made it; `height` and `width` are None where the type of a layer before it is not known."""

    blob: str
    layer: str
    height: Field | None
    width: Field | None


class Fields:
    """The fields of a net's blobs in one input of it."""

    def __init__(self, document: Document, source: str | None = None) -> None:
        """`source`: the input blob, by default the first that a layer takes. Raises NetError where there is none."""
        self.anatomy = Anatomy(document)
        self.parts = [part for part in self.anatomy.parts if is_deployed(part.view) and not is_sink(part.view)]
        inputs = self._inputs()
        if not inputs or source not in (None, *inputs):
            raise NetError("", f"{document.file}: no layer takes an input" + (f" '{source}'" if source else ""))
        self.source = source or inputs[0]

    def _inputs(self) -> list[str]:
        made: set[str] = {top for part in self.parts if part.view.bottoms for top in part.view.top_names}
        taken = [blob for part in self.parts for blob in part.view.bottom_names]
        sources = {top for part in self.parts if not part.view.bottoms for top in part.view.top_names}
        return list(dict.fromkeys(blob for blob in taken if blob in sources or blob not in made))

    def rows(self) -> list[Row]:
        """Of each blob that the input leads to, in file order; once more where a layer in place widens its field."""
        found: dict[str, Row] = {}
        rows = []
        traces = [self._traces(axis) for axis in (0, 1)]
        for part in self.parts:
            for top in part.view.top_names:
                both = [traces[axis][part.index, top] for axis in (0, 1)]
                if any(trace is None for trace in both):
                    continue
                row = Row(top, part.name, *(trace.field for trace in both if trace is not None))
                if top not in found or found[top][2:] != row[2:]:
                    rows.append(row)
                    found[top] = row
        return rows

    def _traces(self, axis: int) -> dict[Made, Trace | None]:
        """Of each blob; None where the input does not lead to it."""
        kept = {one.index for one in self.parts}
        found: dict[Made, Trace | None] = {}
        for part in self.parts:
            below: list[Trace] = []
            for place, takes in enumerate(part.takes):
                for made in takes:
                    trace = PIXELS if made == (INPUT, self.source) else found.get(made) if made[0] in kept else None
                    if trace is not None and not (part.type == "Crop" and place):  # the second says a size alone
                        below += [through(part, axis, place, trace)]
            for top in part.view.top_names:
                is_source = not part.view.bottoms and top == self.source
                found[part.index, top] = PIXELS if is_source else together(below)
        return found

    def interval(
        self, part: Part, top: str, axis: int, place: int, sizes: dict[str, int] | None = None
    ) -> Interval | None:
        """The pixels (axis 0: rows, 1: columns) that a place of a blob sees; None where the input does not lead to it.

        `sizes`: of each blob along the axis; fields then end where blobs do, else padding counts like pixels.
        Raises LookupError where it depends on a layer of no known type.
        """
        wanted: dict[Made, Interval] = {(part.index, top): (place, place)}
        seen: list[Interval] = []
        for one in reversed(self.parts[: self._position(part) + 1]):
            for name in one.view.top_names:
                interval = wanted.pop((one.index, name), None)
                if interval is None:
                    continue
                if not one.view.bottoms:
                    seen += [interval] if name == self.source else []
                for made, below in self._below(one, axis, interval):
                    if sizes is not None:
                        below = (max(below[0], 0), min(below[1], sizes[made[1]] - 1))
                        if below[0] > below[1]:
                            continue
                    if made[0] == INPUT:
                        seen += [below] if made[1] == self.source else []
                    else:
                        wanted[made] = _hull([below, *([wanted[made]] if made in wanted else [])])
        return _hull(seen) if seen else None

    def _position(self, part: Part) -> int:
        return next(index for index, one in enumerate(self.parts) if one is part)

    def _below(self, part: Part, axis: int, interval: Interval) -> Iterator[tuple[Made, Interval]]:
        """What a layer takes to make an interval of its tops."""
        kept = {one.index for one in self.parts} | {INPUT}
        for place, takes in enumerate(part.takes):
            below = _taken(part, axis, place, interval)
            for made in takes:
                if below is not None and made[0] in kept:
                    yield made, below


def through(part: Part, axis: int, place: int, below: Trace) -> Trace:
    """The trace of a layer's tops as far as one bottom makes it."""
    if not below.ends or below == _EVERYTHING:
        return below
    up = down = 1
    if part.type == "Deconvolution":
        up = windows(part.param)[axis].stride
    elif part.type in ("Convolution", "Im2col", "Pooling"):
        down = windows(part.param)[axis].stride
    period = below.period * up // gcd(below.period * up, down)
    ends = []
    for one in range(period):
        try:
            taken = _taken(part, axis, place, (one, one))
        except LookupError:
            return _UNKNOWN
        if taken is None:  # a deconvolution whose windows leave gaps
            return _UNKNOWN
        if taken == _WHOLE:
            return _EVERYTHING
        ends.append((below.at(taken[0])[0], below.at(taken[1])[1]))
    return Trace(below.moves * period * down / (below.period * up), tuple(ends))


def together(traces: Sequence[Trace]) -> Trace | None:
    """What covers all of them; not known where one is not, or where they move at different paces."""
    if not traces:
        return None
    if _EVERYTHING in traces:
        return _EVERYTHING
    if any(not one.ends or one.moves * traces[0].period != traces[0].moves * one.period for one in traces):
        return _UNKNOWN
    period = lcm(*(one.period for one in traces))
    ends = tuple(_hull([one.at(place) for one in traces]) for place in range(period))
    return Trace(traces[0].moves * period / traces[0].period, ends)


def _hull(intervals: Sequence[Interval]) -> Interval:
    return min(low for low, _ in intervals), max(high for _, high in intervals)


def _taken(part: Part, axis: int, place: int, interval: Interval) -> Interval | None:
    """The interval of one bottom that an interval of the tops needs; None for nothing."""
    low, high = interval
    param, kind = part.param, part.type
    if kind in _GATHERS or interval == _WHOLE or (kind == "Pooling" and param.pooling_param.global_pooling):
        return _WHOLE
    if kind in ("Convolution", "Pooling", "Im2col"):
        window = windows(param)[axis]
        return low * window.stride - window.pad, high * window.stride - window.pad + window.extent - 1
    if kind == "Deconvolution":
        window = windows(param)[axis]
        first, last = -((window.extent - 1 - low - window.pad) // window.stride), (high + window.pad) // window.stride
        return (first, last) if first <= last else None
    if kind == "LRN":
        reach = (param.lrn_param.local_size - 1) // 2 if param.lrn_param.norm_region == 1 else 0
        return low - reach, high + reach
    if kind == "Crop":
        return None if place else _cropped(param.crop_param, axis, interval)
    if kind == "Scale" and place == 1:
        return _WHOLE  # a factor per channel mostly, from a global pooling
    if kind in _ALIKE:
        return interval
    raise LookupError(kind)


def _cropped(message: Any, axis: int, interval: Interval) -> Interval:
    offsets = list(message.offset)
    index = axis + 2 - message.axis % 4
    if index < 0 or not offsets:
        return interval
    offset = offsets[0] if len(offsets) == 1 else offsets[index]
    return interval[0] + offset, interval[1] + offset


def receptive_field_table(document: Document) -> str:
    """The rows as text: blob, layer, field, stride and offset, height x width where they differ."""
    fields = Fields(document)
    lines = [["blob", "layer", "field", "stride", "offset"]]
    lines += [[row.blob, row.layer, *(_shown(row, index) for index in range(3))] for row in fields.rows()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [f"pixels of '{fields.source}'; place i sees the field's pixels about offset + i stride"]
    for line in lines:
        names, numbers = zip(line[:2], widths[:2], strict=True), zip(line[2:], widths[2:], strict=True)
        text.append("  ".join([*(f"{name:{width}}" for name, width in names), *(f"{n:>{w}}" for n, w in numbers)]))
    return "\n".join(text)


def _shown(row: Row, index: int) -> str:
    if row.height is None or row.width is None:
        return "?"
    if row.height.size == inf or row.width.size == inf:
        return "all" if index == 0 else "-"
    both = dict.fromkeys(f"{field[index]:g}" for field in (row.height, row.width))
    return " x ".join(both)

"""The boxes of a diagram: layers that work in place go into the box of the layer whose blob they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from ...doctor import Case
from ...doctor.memory_estimate import blobs_with_diff
from ...errors import OptionError
from ...model.rules import Shape
from ...surgery.anatomy import INPUT, Anatomy, Made, Part
from ...surgery.graph import is_loss, is_sink
from ...surgery.inputs import is_data
from ...surgery.table import Row, learning_rows
from ...text import Document
from .words import words_for


@dataclass(frozen=True)
class Line:
    """One layer in a box. `parameters`: how many, None where that is not known; `rates`: the lr_mult of each, None
    for statistics; no rates: no parameters. `phase`: TRAIN or TEST where it is in one of them alone."""

    name: str
    words: str
    rates: tuple[float | None, ...]
    parameters: int | None
    phase: str


@dataclass
class Box:
    """`lines`: the layer that makes the blobs, then those in place. `shape`: of the first top, without the batch.

    `kind`: data, sink (losses and what only measures), or layer. `takes`: the boxes below (by number) with the blob
    from each, and whether a gradient flows back to it.
    """

    number: int
    kind: str
    lines: list[Line] = field(default_factory=list)
    shape: Shape | None = None
    takes: list[tuple[int, str, bool]] = field(default_factory=list)


def boxes_of(document: Document) -> list[Box]:
    """The boxes of a net, in file order. The net's own inputs come first.

    Raises OptionError for what is no net, and what Anatomy raises.
    """
    anatomy = Anatomy(document)
    if not anatomy.parts:
        raise OptionError(f"{document.file}: holds no layers; is this the net and not the solver?")
    rows = {row.name: row for row in learning_rows(document)[0]}
    with closing(Case(document)) as case:
        return _boxes(anatomy, case, rows)


def _boxes(anatomy: Anatomy, case: Case, rows: Mapping[str, Row]) -> list[Box]:
    phases = {name: {layer.index for layer in net.layers} for name, net in (("TRAIN", case.train), ("TEST", case.test))}
    with_diff = set() if case.is_deploy else set(blobs_with_diff(case.train))
    boxes = [_input_box(case, number, scalar.value) for number, scalar in enumerate(anatomy.view.inputs)]
    where: dict[Made, int] = {(INPUT, scalar.value): number for number, scalar in enumerate(anatomy.view.inputs)}
    for part in anatomy.parts:
        phase = "".join(name for name, layers in phases.items() if part.index in layers)
        line = _line(part, rows.get(part.name), phase if phase in ("TRAIN", "TEST") else "")
        below = [sorted({where[made] for made in takes if made in where}) for takes in part.takes]
        home = _home(part, below, boxes)
        if home is None:
            home = Box(len(boxes), _kind(part))
            boxes.append(home)
            for name, numbers in zip(part.view.bottom_names, below, strict=True):
                flows = name in with_diff and _leads_back(part, phase)
                home.takes += [(number, name, flows) for number in numbers]
        home.lines.append(line)
        for top in part.view.top_names:
            where[part.index, top] = home.number
        shape = _shape(case, part.view.top_names[0]) if part.view.tops else None
        home.shape = shape[1:] if shape is not None else home.shape
    return boxes


def _leads_back(part: Part, phase: str) -> bool:
    """Whether a gradient can come from a layer: of what only measures, losses in training alone."""
    return "TRAIN" in phase and (not is_sink(part.view) or is_loss(part.view))


def _home(part: Part, below: Sequence[Sequence[int]], boxes: Sequence[Box]) -> Box | None:
    """The box that a layer in place goes into."""
    is_alone = len(part.view.bottoms) == 1 and part.view.bottom_names == part.view.top_names
    return boxes[below[0][0]] if is_alone and len(below[0]) == 1 else None


def _kind(part: Part) -> str:
    if is_data(part.view) or part.type in ("Input", "DummyData", "Parameter"):
        return "data"
    return "sink" if is_sink(part.view) else "layer"


def _shape(case: Case, blob: str) -> Shape | None:
    """In training, else in testing."""
    return case.train.shape(blob) or case.test.shape(blob)


def _input_box(case: Case, number: int, blob: str) -> Box:
    shape = _shape(case, blob)
    return Box(number, "data", [Line(blob, "input", (), 0, "")], shape[1:] if shape else None)


def _line(part: Part, row: Row | None, phase: str) -> Line:
    if row is None:
        return Line(part.name, words_for(part.param), (), 0, phase)
    count = None if row.sizes is None else sum(row.sizes)
    return Line(part.name, words_for(part.param), row.rates, count, phase)

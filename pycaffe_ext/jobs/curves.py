"""The loss and score curves of a job as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from os import PathLike
from time import monotonic
from typing import TYPE_CHECKING

from ..atomic import write_bytes
from ..logs import Row
from ..logs.curves import half_width, kind_of, needs_log_scale, nets_tested, running_mean
from .events import Event, Finished, Started, Tested
from .plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TRAIN, _TESTS = "#0072B2", ("#D55E00", "#E69F00", "#882255")  # colours that the colour-blind tell apart
_SCORES = ("#009E73", "#CC79A7", "#56B4E9", "#F0E442")
_LINES = (".-", ".--", ".:")  # of test nets, where colours tell scores apart
_SHARE = 0.05  # of the training's time is what redrawing may take


class Curves:
    """A listener that redraws `path` from `rows` (which grow) at each test and at the end."""

    def __init__(self, path: str | PathLike[str], rows: Sequence[Row]) -> None:
        self._path, self._rows = path, rows
        self._not_before = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._plan = event.plan
        elif isinstance(event, Finished) or (isinstance(event, Tested) and self._is_worth_it()):
            self.draw()

    def _is_worth_it(self) -> bool:
        return monotonic() >= self._not_before and any(row.net is None for row in self._rows)

    def draw(self) -> None:
        """Writes the picture as things stand. Raises FileError."""
        start = monotonic()
        write_bytes(self._path, picture(self._rows, self._plan))
        end = monotonic()
        self._not_before = end + (end - start) / _SHARE


def picture(rows: Sequence[Row], plan: Plan) -> bytes:
    """A PNG: the total loss in training and tests; below it, where there are any, the other outputs."""
    from matplotlib.figure import Figure

    losses = {name for net in (plan.net, *plan.tests) for name, weight in net.outputs.items() if weight}
    scores = list(dict.fromkeys(name for row in rows for name in row.outputs if name.split("[")[0] not in losses))
    figure = Figure(figsize=(8, 6.5 if scores else 4), dpi=120, layout="constrained")
    panels = figure.subplots(2 if scores else 1, 1, sharex=True, squeeze=False)[:, 0]
    panels[0].set_title(f"{plan.net.name or 'Training'}: loss{' and ' + kind_of(scores) if scores else ''}")
    _draw_losses(panels[0], rows)
    if scores:
        _draw_scores(panels[1], rows, scores)
    panels[-1].set_xlabel(f"iteration ({plan.images} image{'s' * (plan.images != 1)} each)")
    for panel in panels:
        panel.grid(color="0.9")
        panel.spines[["top", "right"]].set_visible(False)
        if panel.has_data():
            panel.legend(frameon=False)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _draw_losses(panel: Axes, rows: Sequence[Row]) -> None:
    points = [(row.iteration, row.total_loss) for row in rows if row.net is None and row.total_loss is not None]
    iterations, losses = [i for i, _ in points], [loss for _, loss in points]
    width = half_width(len(points))
    if width:
        panel.plot(iterations, losses, color=_TRAIN, alpha=0.25, linewidth=1)
        panel.plot(iterations, running_mean(losses, width), color=_TRAIN, label=f"training (mean of {2 * width + 1})")
    elif points:
        panel.plot(iterations, losses, color=_TRAIN, label="training")
    for net in nets_tested(rows):
        tests = [(row.iteration, row.total_loss) for row in rows if row.net == net and row.total_loss is not None]
        if tests:
            panel.plot(*zip(*tests, strict=True), ".-", color=_TESTS[net % len(_TESTS)], label=_test_name(rows, net))
    panel.set_ylabel("loss")
    if needs_log_scale([row.total_loss for row in rows]):
        panel.set_yscale("log")


def _draw_scores(panel: Axes, rows: Sequence[Row], scores: Sequence[str]) -> None:
    from matplotlib.ticker import PercentFormatter

    is_share = kind_of(scores) == "accuracy"
    if is_share:
        panel.yaxis.set_major_formatter(PercentFormatter(1))
    for index, name in enumerate(scores):
        color = _SCORES[index % len(_SCORES)]
        train = [(row.iteration, row.outputs[name]) for row in rows if row.net is None and name in row.outputs]
        if train:
            panel.plot(*zip(*train, strict=True), color=color, alpha=0.4, linewidth=1, label=f"training {name}")
        for net in nets_tested(rows):
            tests = [(row.iteration, row.outputs[name]) for row in rows if row.net == net and name in row.outputs]
            if tests:
                last = f"{tests[-1][1]:.2%}" if is_share else f"{tests[-1][1]:.4g}"
                label = f"{_test_name(rows, net)} {name} (last {last})"
                panel.plot(*zip(*tests, strict=True), _LINES[net % len(_LINES)], color=color, label=label)
    panel.set_ylabel(kind_of(scores))


def _test_name(rows: Sequence[Row], net: int) -> str:
    return f"test {net}" if len(nets_tested(rows)) > 1 else "test"

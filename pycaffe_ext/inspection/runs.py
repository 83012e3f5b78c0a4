"""Several trainings side by side: what each reached, and their curves in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileError, OptionError, UnknownNameError
from ..logs import Row
from ..logs.curves import half_width, kind_of, needs_log_scale, nets_tested, running_mean, scores_in
from ..logs.reading import read_any
from .figures import COLOURS, new_figure, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1, 1, 1)))  # after eight runs colours come again
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


@dataclass(frozen=True)
class Run:
    """One training: its name in the legend, and the rows of its log."""

    name: str
    rows: Sequence[Row]

    @property
    def losses(self) -> list[tuple[int, float, float]]:
        """Iteration, seconds and total loss of each displayed training iteration."""
        rows = [row for row in self.rows if row.net is None]
        return [(row.iteration, row.seconds, row.total_loss) for row in rows if row.total_loss is not None]

    def tests(self, score: str | None, net: int) -> list[tuple[int, float, float]]:
        """Iteration, seconds and value of a score (None: the total loss) in each test of a test net."""
        found = []
        for row in self.rows:
            value = row.total_loss if score is None else row.outputs.get(score)
            if row.net == net and value is not None:
                found.append((row.iteration, row.seconds, value))
        return found


def read_runs(paths: Sequence[str]) -> list[Run]:
    """Runs of "NAME=LOG" or "LOG", a log of train.py, of caffe, or a folder with one *_log.csv.

    Names not given are those of the files, or of their folders where the files' are alike.
    Raises FileError, OptionError.
    """
    given = [_named(text) for text in paths]
    files = [_log_in(path) for _, path in given]
    stems = [file.name.removesuffix(".csv").removesuffix(".log").removesuffix("_log") for file in files]
    if len(set(stems)) < len(stems):
        stems = [file.parent.name or stem for file, stem in zip(files, stems, strict=True)]
    names = [name or stem for (name, _), stem in zip(given, stems, strict=True)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise OptionError(f"two runs are called '{twice}'; name them: NAME=LOG")
    return [Run(name, read_any(file)) for name, file in zip(names, files, strict=True)]


def _named(text: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    return ("", text) if not name or not path or Path(text).exists() else (name, path)


def _log_in(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        return path
    logs = sorted(path.glob("*_log.csv"))
    if len(logs) != 1:
        raise FileError(path, f"holds {len(logs)} files *_log.csv, where one is needed; name the log")
    return logs[0]


def scores_of(runs: Sequence[Run], wanted: Sequence[str] = ()) -> list[str]:
    """The scores to show: those wanted, else all that are no losses. Raises UnknownNameError."""
    known = list(dict.fromkeys(name for run in runs for name in scores_in(run.rows)))
    outputs = list(dict.fromkeys(name for run in runs for row in run.rows for name in row.outputs))
    for name in wanted:
        if name not in outputs:
            raise UnknownNameError("score", name, outputs)
    return list(wanted) or known


def summary(runs: Sequence[Run], scores: Sequence[str], smooth: int | None = None) -> list[list[Any]]:
    """A row for each run: name, last iteration, final training loss (smoothed), then of each score its last test, its
    best test and the iteration of that (largest, but smallest for a name with "loss" or "err" in it)."""
    rows = []
    for run in runs:
        losses = [loss for _, _, loss in run.losses]
        last = max((row.iteration for row in run.rows), default=0)
        row: list[Any] = [run.name, last, float(smoothed(losses, smooth)[-1]) if losses else None]
        for score in scores:
            tests = [
                (value, iteration) for net in nets_tested(run.rows) for iteration, _, value in run.tests(score, net)
            ]
            lower_is_better = any(word in score.lower() for word in ("loss", "err"))
            best = (min if lower_is_better else max)(tests, key=lambda test: test[0], default=(None, None))
            row += [tests[-1][0] if tests else None, *best]
        rows.append(row)
    return rows


def smoothed(losses: Sequence[float], smooth: int | None) -> Any:
    """The running mean with `smooth` neighbours on either side; None: as many as suits their number."""
    return running_mean(losses, half_width(len(losses)) if smooth is None else smooth)


def curves_picture(
    runs: Sequence[Run],
    scores: Sequence[str],
    *,
    smooth: int | None = None,
    by_time: bool = False,
    log: bool | None = None,
    title: str = "",
) -> bytes:
    """A PNG: training losses (with the test losses as marks), and below them each score. A colour for each run.

    `by_time`: over minutes, not iterations. `log`: a logarithmic axis for the losses; None: where a linear one would
    show nothing.
    """
    figure = new_figure(9.5, 4.2 + 2.4 * len(scores))
    panels = figure.subplots(1 + len(scores), 1, sharex=True, squeeze=False, height_ratios=[1.4, *[1] * len(scores)])
    for panel, score in zip(panels[:, 0], [None, *scores], strict=True):
        for index, run in enumerate(runs):
            if score is None:
                _draw_losses(panel, run, index, smooth, by_time)
            _draw_tests(panel, run, index, score, by_time)
        panel.grid(color="0.92")
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_ylabel("loss" if score is None else score)
        if score is not None and kind_of([score]) == "accuracy":
            from matplotlib.ticker import PercentFormatter

            panel.yaxis.set_major_formatter(PercentFormatter(1))
    every = [row.total_loss for run in runs for row in run.rows]
    if log if log is not None else needs_log_scale(every):
        panels[0, 0].set_yscale("log")
    panels[-1, 0].set_xlabel("minutes" if by_time else "iteration")
    figure.suptitle(title or "Learning curves", fontsize=12)
    _legend(figure, panels[0, 0], runs)
    return png(figure)


def _style(index: int) -> dict[str, Any]:
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": _DASHES[index // len(COLOURS) % len(_DASHES)],
    }


def _draw_losses(panel: Axes, run: Run, index: int, smooth: int | None, by_time: bool) -> None:
    if not run.losses:
        return
    iterations, seconds, losses = zip(*run.losses, strict=True)
    places = [second / 60 for second in seconds] if by_time else iterations
    mean = smoothed(losses, smooth)
    if list(mean) != list(losses):
        panel.plot(places, losses, linewidth=0.7, alpha=0.2, color=_style(index)["color"])
    panel.plot(places, mean, linewidth=1.3, **_style(index))


def _draw_tests(panel: Axes, run: Run, index: int, score: str | None, by_time: bool) -> None:
    for net in nets_tested(run.rows):
        tests = run.tests(score, net)
        if tests:
            iterations, seconds, values = zip(*tests, strict=True)
            places = [second / 60 for second in seconds] if by_time else iterations
            style = _style(index) | ({"linestyle": "none"} if score is None else {})
            marker = _MARKERS[net % len(_MARKERS)]
            panel.plot(places, values, marker=marker, markersize=4, linewidth=1.3, **style)
    if score is not None:
        train = [(row.iteration, row.seconds, row.outputs[score]) for row in run.rows if _is_training(row, score)]
        if train and not any(run.tests(score, net) for net in nets_tested(run.rows)):
            places = [seconds / 60 if by_time else iteration for iteration, seconds, _ in train]
            panel.plot(places, smoothed([value for *_, value in train], None), linewidth=1, alpha=0.6, **_style(index))


def _is_training(row: Row, score: str) -> bool:
    return row.net is None and score in row.outputs


def _legend(figure: Any, panel: Axes, runs: Sequence[Run]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], label=run.name, **_style(index)) for index, run in enumerate(runs)]
    nets = sorted({net for run in runs for net in nets_tested(run.rows)})
    handles.append(Line2D([], [], color="0.4", label="training (running mean)"))
    for net in nets:
        label = "test" if len(nets) == 1 else f"test net {net}"
        marker = _MARKERS[net % len(_MARKERS)]
        handles.append(Line2D([], [], color="0.4", linestyle="none", marker=marker, markersize=4, label=label))
    figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=9)

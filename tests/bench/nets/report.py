"""The table of the nets bench: times, ratios, and their geometric means beside the bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .case import STEP, TASKS, Case
from .sides import BY_HAND, OURS, REAL, SIDES, Found

TITLES = {"real": "real Caffe", "ours": "ours", "eager": "eager", "last": "ch. last", "compiled": "compiled"}
STEP_MEAN, STEP_LEAST, FORWARD_MEAN, HAND_MOST, MEMORY_MOST = 1.5, 1.0, 2.0, 1.05, 1.0

Results = Mapping[str, "Found | str"]


def head() -> str:
    titles = "".join(f"{TITLES[side]:>11}" for side in SIDES)
    return f"{'net':10}{'what':12}{titles}{'vs Caffe':>10}{'vs hand':>9}"


def rows(case: Case, task: str, results: Results) -> list[str]:
    """Seconds and MB of every side; `vs Caffe`: times as fast (or as small), `vs hand`: ours per the best of those."""
    found = {side: result for side, result in results.items() if isinstance(result, Found)}
    seconds = {side: result.seconds for side, result in found.items()}
    memory = {side: result.memory for side, result in found.items()}
    name = f"{case.name:10}"
    lines = [name + f"{task.replace('_', ' '):12}" + _cells(seconds, ".4f", "s") + _ratios(seconds)]
    lines.append(name + f"{'  memory':12}" + _cells(memory, ".0f", "MB") + _ratios(memory))
    if "compiled" in found:
        lines.append(f"{name}  torch.compile: {found['compiled'].start:.0f} s until the first call was over")
    lines += [f"{name}  {TITLES[side]}: {why}" for side, why in results.items() if isinstance(why, str)]
    return lines


def _cells(values: Mapping[str, float], form: str, unit: str) -> str:
    return "".join(f"{f'{values[side]:{form}} {unit}' if side in values else '-':>11}" for side in SIDES)


def _ratios(values: Mapping[str, float]) -> str:
    faster, share = against_caffe(values), against_hand(values)
    return f"{'-' if faster is None else f'{faster:.2f}':>10}{'-' if share is None else f'{share:.2f}':>9}"


def against_caffe(values: Mapping[str, float]) -> float | None:
    """How many times ours goes into real Caffe's."""
    return values[REAL] / values[OURS] if {REAL, OURS} <= set(values) else None


def against_hand(values: Mapping[str, float]) -> float | None:
    """Ours as a share of the least of those written by hand."""
    best = min((values[side] for side in BY_HAND if side in values), default=None)
    return values[OURS] / best if best is not None and OURS in values else None


def bars(everything: Mapping[tuple[str, str], Results], counted: Sequence[str]) -> list[str]:
    """The bars, each with what was measured over the nets named in `counted`."""
    lines = []
    for task in TASKS:
        results = [
            {side: found for side, found in everything[name, task].items() if isinstance(found, Found)}
            for name in counted
            if (name, task) in everything
        ]
        times = [{side: found.seconds for side, found in result.items()} for result in results]
        memory = [{side: found.memory for side, found in result.items()} for result in results]
        faster = [ratio for values in times if (ratio := against_caffe(values)) is not None]
        share = [ratio for values in times if (ratio := against_hand(values)) is not None]
        room = [1 / ratio for values in memory if (ratio := against_caffe(values)) is not None]
        what = task.replace("_", " ")
        if faster:
            bar = STEP_MEAN if task == STEP else FORWARD_MEAN
            lines.append(_bar(f"{what}: times as fast as real Caffe, mean", _mean(faster), bar, above=True))
        if faster and task == STEP:
            lines.append(_bar(f"{what}: times as fast as real Caffe, least", min(faster), STEP_LEAST, above=True))
        if share:
            lines.append(_bar(f"{what}: share of the best by hand, mean", _mean(share), HAND_MOST, above=False))
            lines.append(_bar(f"{what}: share of the best by hand, most", max(share), HAND_MOST, above=False))
        if room:
            lines.append(_bar(f"{what}: memory as a share of real Caffe's, most", max(room), MEMORY_MOST, above=False))
    return lines


def _mean(ratios: Sequence[float]) -> float:
    return math.prod(ratios) ** (1 / len(ratios))


def _bar(what: str, value: float, bar: float, *, above: bool) -> str:
    met = value >= bar if above else value <= bar
    return f"{what:55}{value:8.2f}   bar: at {'least' if above else 'most'} {bar:.2f}   {'met' if met else 'NOT MET'}"

"""What the region experiment found, as a table and a chart."""

from __future__ import annotations

from typing import Any

import numpy as np
from regions.net import CLASSES

from pycaffe_ext.inspection import DenseScores
from pycaffe_ext.inspection.figures import COLOURS, new_figure, png

Results = dict[str, dict[str, list[dict[str, Any]]]]  # name -> seed -> one entry per quarter of the training

_FAULTS = {
    "relu_on_scores": "a ReLU on the scores",
    "unweighted_loss": "an unweighted loss",
    "small_weights": "gaussian fillers of 0.01",
    "no_mean": "no mean subtracted",
    "no_fillers": "no weight_filler at all",
}
_MENDED = {
    "relu_on_scores": "bare scores",
    "unweighted_loss": "a weighted loss",
    "small_weights": "msra fillers",
    "no_mean": "the mean subtracted",
}


def label(name: str) -> str:
    """A variant's name in words."""
    base, _, rest = name.partition(", ")
    kind, _, fields = rest.partition(" ")
    words = _MENDED if kind == "without" else _FAULTS
    return base + (" but with " + " and ".join(words[field] for field in fields.split(" and ")) if rest else "")


def table(results: Results) -> list[str]:
    """Markdown: per net the pixel accuracy, IoU of each class, mean IoU and mean recall at the end; mean over seeds."""
    lines = [f"| net | pixel accuracy | {' | '.join(f'IoU {name}' for name in CLASSES)} | mean IoU | mean recall |"]
    lines.append(f"| --- |{' ---: |' * (len(CLASSES) + 3)}")
    for name, runs in results.items():
        last = [DenseScores(np.array(run[-1]["confusion"])) for run in runs.values()]
        mean = [np.mean([one.pixel_accuracy for one in last]), *np.mean([one.iou for one in last], axis=0)]
        mean += [np.mean([one.mean_iou for one in last]), np.mean([np.mean(one.recall) for one in last])]
        spread = f" ± {100 * np.std([one.mean_iou for one in last], ddof=1):.1f}" if len(last) > 1 else ""
        cells = [f"{100 * share:.1f}%" for share in mean]
        cells[-2] += spread
        lines.append(f"| {label(name)} | {' | '.join(cells)} |")
    return lines


def chart(results: Results) -> bytes:
    """A PNG: bars of the IoU of eyes, nose and mouth for each net, a dot for each seed."""
    figure = new_figure(9.5, 0.52 * len(results) + 1.6)
    panel = figure.subplots()
    for place, runs in enumerate(results.values()):
        iou = np.array([DenseScores(np.array(run[-1]["confusion"])).iou for run in runs.values()])
        for index in range(1, len(CLASSES)):
            at = place + (index - 2) * 0.26
            panel.barh(
                at, iou[:, index].mean(), 0.24, color=COLOURS[index], label=CLASSES[index] if not place else None
            )
            panel.plot(iou[:, index], [at] * len(iou), "k.", ms=3)
        if iou[:, 1:].max() < 0.05:
            panel.text(0.03, place, "one class everywhere", va="center", fontsize=8, color="0.35")
    panel.set_yticks(range(len(results)), [label(name) for name in results], fontsize=9)
    panel.set_ylim(len(results) - 0.5, -0.5)
    panel.set_xlim(0, 1)
    panel.set_xlabel("IoU on held-out faces (bar: mean, dots: seeds)")
    panel.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle("Eyes, nose and mouth: what each fault of the net costs", fontsize=12)
    return png(figure)

"""Which pixels speak for a class: gradient saliency, guided backpropagation, Grad-CAM and both together.

The class's score before the Softmax is traced back to the pixels: by its gradient (Simonyan, Vedaldi and Zisserman
2013), of which the magnitude is shown, and by guided backpropagation (Springenberg et al. 2014), in colour about grey;
guided Grad-CAM is the latter times the Grad-CAM map (Selvaraju et al. 2017). The deconvnet starts from an activation,
not from a class: see the command deconv.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..attribution.class_options import add_class
from ..photographs import add_photographs
from ..subject_options import add_subject

if TYPE_CHECKING:
    from ..backprojection import Array
    from ..photographs import Pixels
    from ..results import Cell, Results

EXAMPLES = """\
visualize.py saliency deploy.prototxt --weights zfnet.caffemodel --images dog.jpg --classes synsets.txt
visualize.py saliency deploy.prototxt --weights zfnet.caffemodel --images photos/ --limit 4 --class 281
"""
_MOST = 8


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    add_class(parser)


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ..attribution.class_scores import chosen_class, class_scores
    from ..attribution.gradcam import enlarged, gradcam, magnitude, saliency
    from ..photographs import open_photographs
    from ..subject_options import open_subject

    subject = open_subject(options)
    scores, blob = class_scores(subject, options.output), subject.last_maps()
    photographs = open_photographs(options)
    if len(photographs) > _MOST:
        raise OptionError(f"{len(photographs)} pictures are too many for one, {_MOST} fit: give --limit")
    rows: list[list[Cell]] = []
    found: list[tuple[Pixels, str, str, dict[str, Array]]] = []
    for number, photograph in enumerate(photographs):
        (pixels,) = subject.seen([photograph.pixels])
        batch = subject.batch([photograph.pixels])
        probability = scores.probabilities(subject.forward(batch, [scores.output])[scores.output])[0]
        label = chosen_class(subject, scores, options.of_class, probability)
        name = subject.class_name(label)
        maps = {method: saliency(subject, batch, scores, label, method) for method in ("gradient", "guided")}
        maps["gradient"] = magnitude(maps["gradient"])
        maps["Grad-CAM"] = gradcam(subject, batch, scores, label, blob)
        maps["guided Grad-CAM"] = maps["guided"] * enlarged(maps["Grad-CAM"], subject.size)[..., None]
        found.append((pixels, photograph.name, f"{name} ({probability[label]:.3g})", maps))
        row, column = divmod(int(maps["gradient"].argmax()), maps["gradient"].shape[1])
        rows.append([photograph.name, name, float(probability[label]), float(maps["gradient"].max()), row, column])
        results.numbers(
            f"saliency_{number}",
            {"picture": photograph.name, "class": label, "gradient": maps["gradient"].tolist(), "blob": blob,
             "gradcam": maps["Grad-CAM"].tolist()},
        )  # fmt: skip
    header = ["picture", "class", "probability", "largest gradient", "at row", "at column"]
    results.table("saliency", header, rows, "change of the class's score per unit of the net's input")
    results.picture(
        "saliency",
        _picture(found, blob),
        "What speaks for the class named at the left. Gradient: how fast its score changes with each pixel, whichever"
        " way, relative to the largest. Guided backpropagation: what in the pixels the score grows with, about grey,"
        f" each with contrast of its own. Grad-CAM: which places of {blob} the score grows with. Right: guided"
        f" backpropagation where Grad-CAM lets it through. {scores.note}".rstrip(),
    )


def _picture(found: list[tuple[Pixels, str, str, dict[str, Array]]], blob: str) -> bytes:
    from ..attribution.gradcam import enlarged
    from ..figures import colour_bar, new_figure, png, show_image
    from ..units.view_pictures import traced_picture

    figure = new_figure(13, 2.75 * len(found) + 0.6)
    figure.suptitle("Which pixels speak for the class", fontsize=11)
    panels = figure.subplots(len(found), 5, squeeze=False)
    shown = None
    for row, (pixels, name, title, maps) in zip(panels, found, strict=True):
        show_image(row[0], pixels, title[:38], note=name[-38:])
        gradient = maps["gradient"] / (float(maps["gradient"].max()) or 1.0)
        shown = row[1].imshow(gradient, cmap="inferno", vmin=0, vmax=1, interpolation="nearest")
        row[1].set_title("gradient, magnitude", fontsize=9)
        heat = maps["Grad-CAM"] / (float(maps["Grad-CAM"].max()) or 1.0)
        show_image(row[3], pixels, f"Grad-CAM, {blob}")
        row[3].imshow(enlarged(heat, pixels.shape[:2]), cmap="inferno", vmin=0, vmax=1, alpha=0.65)
        for panel, method in ((row[2], "guided"), (row[4], "guided Grad-CAM")):
            show_image(panel, traced_picture(maps[method]), method)
        for panel in row:
            panel.set(xticks=[], yticks=[])
    colour_bar(figure, shown, list(panels.flat), "share of the largest (gradient, Grad-CAM)")
    return png(figure)

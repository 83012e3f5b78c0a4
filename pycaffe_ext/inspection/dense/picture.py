"""Pictures of dense predictions: images beside their truth, the classes they were given, and heat maps by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...datasets.label_colors import Colors, label_colors
from ..figures import new_figure, png, show_image
from .scores import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TILE = 1.35  # inches
_FEW = 8  # classes that all stand in the legend; of more, those that are seen
_HEAT: dict[str, Any] = {"cmap": "inferno", "vmin": 0, "vmax": 1}

Pixels = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.floating[Any]]


def dense_picture(
    images: Sequence[Pixels],
    truths: Sequence[Labels | None],
    probabilities: Sequence[Probabilities],
    classes: Sequence[str],
    *,
    title: str,
    heat: Sequence[int] | None = None,
    colours: Colors | None = None,
    ignore: int | None = None,
) -> bytes:
    """A PNG with one row per image: image, truth, prediction, the prediction laid over the image, heat maps.

    `images`: H x W x 3, BGR; `truths`: h x w, `probabilities`: K x h x w (any h, w: a label covers H/h x W/w pixels);
    `classes`: K names; `heat`: the classes whose heat maps are shown (default: the most frequent ones, at most 6);
    `colours`: 256 x 3, RGB. Heat maps share one scale from 0 to 1.
    """
    colours = label_colors() if colours is None else colours
    given = [one.argmax(axis=0) for one in probabilities]
    if heat is None:
        heat = most_frequent([*(truth for truth in truths if truth is not None), *given], len(classes), 6, ignore)
    with_truth = any(truth is not None for truth in truths)
    headings = ["image", *(["truth"] if with_truth else []), "prediction", "overlay"]
    headings += [f"p({classes[label]})" for label in heat]
    figure, panels = _panels(images, headings)
    for row, image, truth, chosen, heats in zip(panels, images, truths, given, probabilities, strict=True):
        show_image(row[0], image)
        if truth is not None:
            _show(row[1], colours[truth])
        _show(row[1 + with_truth], colours[chosen])
        _show(row[2 + with_truth], laid_over(image, colours[chosen]))
        for panel, label in zip(row[3 + with_truth :], heat, strict=True):
            _show(panel, heats[label], **_HEAT)
    _scale(figure, panels[:, -1])
    _legend(figure, classes, colours, _seen(classes, [*truths, *given]), ignore if with_truth else None)
    figure.suptitle(title, fontsize=12)
    return png(figure)


def snapshots_picture(
    images: Sequence[Pixels],
    truths: Sequence[Labels | None],
    through_time: Sequence[Sequence[Probabilities]],
    iterations: Sequence[int],
    classes: Sequence[str],
    *,
    title: str,
    heat: int | None = None,
    colours: Colors | None = None,
) -> bytes:
    """A PNG with one row per image and one column per snapshot: the prediction, or the heat map of class `heat`.

    `through_time`: for each of `iterations`, what dense_picture takes as probabilities.
    """
    colours = label_colors() if colours is None else colours
    with_truth = any(truth is not None for truth in truths)
    headings = ["image", *(["truth"] if with_truth else []), *(f"iteration {one}" for one in iterations)]
    figure, panels = _panels(images, headings)
    seen: list[Labels | None] = [*truths]
    for row, image, truth, *heats in zip(panels, images, truths, *through_time, strict=True):
        show_image(row[0], image)
        if truth is not None:
            _show(row[1], colours[truth])
        for panel, one in zip(row[1 + with_truth :], heats, strict=True):
            if heat is None:
                seen.append(one.argmax(axis=0))
                _show(panel, colours[one.argmax(axis=0)])
            else:
                _show(panel, one[heat], **_HEAT)
    if heat is not None:
        _scale(figure, panels[:, -1])
    if heat is None or with_truth:
        _legend(figure, classes, colours, _seen(classes, seen), None)
    figure.suptitle(title, fontsize=12)
    return png(figure)


def laid_over(image: Pixels, shown: Pixels, opacity: float = 0.55) -> Pixels:
    """The image (H x W x 3, BGR) in grey, under colours h x w x 3 (RGB): H x W x 3, RGB."""
    import cv2

    grown = cv2.resize(shown, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]
    mixed: Pixels = np.round(grown * opacity + grey * (1 - opacity)).astype(np.uint8)
    return mixed


def most_frequent(maps: Sequence[Labels], classes: int, count: int, ignore: int | None = None) -> list[int]:
    """The `count` labels that cover most of the maps, in their order; of no more classes than that, all."""
    if classes <= count:
        return list(range(classes))
    pixels = np.concatenate([one.ravel() for one in maps])
    numbers = np.bincount(pixels[pixels != ignore] if ignore is not None else pixels, minlength=classes)[:classes]
    return sorted(int(label) for label in np.argsort(-numbers, kind="stable")[:count])


def _panels(images: Sequence[Pixels], headings: Sequence[str]) -> tuple[Figure, npt.NDArray[Any]]:
    height, width = images[0].shape[:2]
    across = _TILE * len(headings) * max(1, width / height) + 0.6
    figure = new_figure(max(across, 4.5), (_TILE - 0.15) * len(images) * max(1, height / width) + 1.2)
    panels = figure.subplots(len(images), len(headings), squeeze=False)
    for panel in panels.flat:
        panel.set_axis_off()
    for panel, heading in zip(panels[0], headings, strict=True):
        panel.set_title(heading, fontsize=9)
    return figure, panels


def _show(panel: Axes, pixels: npt.NDArray[Any], **how: Any) -> None:
    panel.imshow(pixels, interpolation="nearest", **how)


def _scale(figure: Figure, beside: npt.NDArray[Any]) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    shown = ScalarMappable(cmap=_HEAT["cmap"], norm=Normalize(0, 1))
    bar = figure.colorbar(shown, ax=list(beside), shrink=min(1.0, 3 / len(beside)), aspect=16)
    bar.set_label("probability", fontsize=9)
    bar.ax.tick_params(labelsize=8)


def _seen(classes: Sequence[str], maps: Sequence[Labels | None]) -> list[int]:
    if len(classes) <= _FEW:
        return list(range(len(classes)))
    found = np.unique(np.concatenate([np.unique(one) for one in maps if one is not None]))
    return [int(label) for label in found if label < len(classes)]


def _legend(figure: Figure, classes: Sequence[str], colours: Colors, labels: Sequence[int], ignore: int | None) -> None:
    from matplotlib.patches import Patch

    names = [(label, classes[label]) for label in labels]
    if ignore is not None:
        names.append((ignore, "ignored"))
    patches = [Patch(facecolor=colours[label] / 255, edgecolor="0.5", label=name) for label, name in names]
    longest = 0.6 + 0.075 * max(len(name) for _, name in names)  # inches
    columns = max(1, min(len(patches), int(figure.get_figwidth() / longest)))
    rows = -(-len(patches) // columns)
    figure.set_figheight(figure.get_figheight() + 0.2 * (rows - 1))
    figure.legend(handles=patches, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)

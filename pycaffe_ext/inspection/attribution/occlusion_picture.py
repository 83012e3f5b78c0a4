"""The maps of an occlusion beside the picture, as in figure 7 of Zeiler and Fergus (2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures import COLOURS, colour_bar, new_figure, png, show_image
from ..patches import Patches
from ..photographs import Pixels
from ..subject import Subject
from ..units.strongest import views
from ..units.view_pictures import traced_picture
from .occlusion import Occlusion

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 8  # classes that the legend names


def occlusion_picture(
    subject: Subject, pixels: Pixels, found: Occlusion, label: int, blob: str, square: int, stride: int
) -> bytes:
    """A PNG: picture, strongest map's sum, that map traced back, the class's probability, the likeliest class."""
    from matplotlib.patches import Rectangle

    height, width = pixels.shape[:2]
    rows, columns = found.activity.shape
    where = {"extent": (-0.5, columns * stride - 0.5, rows * stride - 0.5, -0.5), "interpolation": "nearest"}
    name, whole = subject.class_name(label), float(found.whole[label])
    figure = new_figure(17, 4.4)
    figure.suptitle(f"What a grey square of {square} x {square} pixels hides", fontsize=12)
    panels = figure.subplots(1, 5)
    show_image(panels[0], pixels, "picture, and the square", note=f"{width} x {height} pixels")
    panels[0].add_patch(
        Rectangle((width - square - 3, height - square - 3), square, square, facecolor="0.5", edgecolor="white")
    )

    shown = panels[1].imshow(found.activity, cmap="viridis", **where)
    panels[1].set_title(f"sum of the strongest map:\n{blob}, unit {found.unit}", fontsize=9)
    colour_bar(figure, shown, [panels[1]], f"activity (uncovered: {found.whole_activity:.3g})")

    batch = subject.scaling.apply(pixels, subject.channels)[None]
    (view,) = views(subject, batch, blob, [found.unit], Patches(subject, blob))
    show_image(panels[2], traced_picture(view.traced), "peak of that map,\ntraced back (deconv)", note="grey: nothing")

    probability = found.probability[..., label]
    shown = panels[3].imshow(probability, cmap="inferno", vmin=0, vmax=max(whole, float(probability.max())), **where)
    panels[3].set_title(f"probability of\n{name}", fontsize=9)
    colour_bar(figure, shown, [panels[3]], f"probability (uncovered: {whole:.3g})")

    _show_likeliest(panels[4], subject, found, where)
    for panel in panels:
        panel.set(xticks=[], yticks=[], xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    return png(figure)


def _show_likeliest(panel: Axes, subject: Subject, found: Occlusion, where: dict[str, Any]) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    labels, counts = np.unique(found.likeliest, return_counts=True)
    named = labels[np.argsort(-counts, kind="stable")][:_NAMED]
    indices = np.full(found.likeliest.shape, len(named))
    for index, label in enumerate(named):
        indices[found.likeliest == label] = index
    colours = [*COLOURS[: len(named)], "#dddddd"]
    panel.imshow(indices, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(named) + 0.5, **where)
    panel.set_title("likeliest class", fontsize=9)
    names = [subject.class_name(int(label)) for label in named]
    if len(labels) > len(named):
        names.append(f"{len(labels) - len(named)} others")
    patches = [Patch(color=colour, label=name) for colour, name in zip(colours, names, strict=False)]
    panel.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.02), fontsize=7, frameon=False, ncols=2)

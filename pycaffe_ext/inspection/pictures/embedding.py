"""Features on a plane, a dot per picture: which pictures the net takes for alike.

By principal components (the directions in which the features vary most), or by t-SNE, which keeps neighbours together
and says nothing with distances between groups. Features are those of `probe.py features`.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..features.reading import FeatureSet
    from ..results import Results

EXAMPLES = """\
visualize.py embedding features_out/features.npz --feature fc7
visualize.py embedding features_out --method tsne --perplexity 20
"""
_MOST_CLASSES = 16


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("features", metavar="FEATURES", help=".npz, .h5, LMDB, or the folder of `probe.py features`")
    parser.add_argument("--feature", metavar="NAME", help="which, where there are several")
    parser.add_argument("--method", choices=("pca", "tsne"), default="pca", help="(default: %(default)s)")
    parser.add_argument("--perplexity", type=float, default=30.0, help="neighbours of t-SNE (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of t-SNE (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ..embedding import principal_components, tsne
    from ..features.reading import read_features

    found = read_features(options.features, options.feature)
    count = len(found.features)
    if options.method == "pca":
        places, shares = principal_components(found.features)
        axes = [f"component {i + 1} ({share:.1%} of the variance)" for i, share in enumerate(shares)]
        title = f"principal components of {found.name}, {count} pictures"
    else:
        places = tsne(found.features, options.perplexity, options.seed)
        axes = ["t-SNE, first axis (no unit)", "t-SNE, second axis (no unit)"]
        title = f"t-SNE of {found.name}, {count} pictures, perplexity {options.perplexity:g}"
    labels = [None] * count if found.labels is None else found.labels.tolist()
    rows = [[name, label, x, y] for name, label, (x, y) in zip(found.names, labels, places.tolist(), strict=True)]
    results.csv("embedding", ["name", "label", "x", "y"], rows)
    caption = "Each dot is a picture; near dots have like features."
    results.picture("embedding", _picture(found, labels, places, axes, title), f"{title}. {caption}")


def _picture(found: FeatureSet, labels: Sequence[int | None], places: Any, axes: Sequence[str], title: str) -> bytes:
    import numpy as np

    from ..figures import COLOURS, new_figure, png

    figure = new_figure(7.2, 5.4)
    panel = figure.subplots()
    present = sorted({label for label in labels if label is not None})
    if not present:
        panel.scatter(places[:, 0], places[:, 1], s=14, color=COLOURS[0])
    elif len(present) <= _MOST_CLASSES:
        for place, label in enumerate(present):
            chosen = np.array([one == label for one in labels])
            name = found.classes[label] if label < len(found.classes) else f"class {label}"
            how: dict[str, Any] = {"color": COLOURS[place % len(COLOURS)], "marker": "o^"[place // len(COLOURS)]}
            panel.scatter(places[chosen, 0], places[chosen, 1], s=18, alpha=0.8, linewidths=0, label=name, **how)
        panel.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    else:
        shown = panel.scatter(places[:, 0], places[:, 1], s=16, c=np.array(labels, float), cmap="turbo", linewidths=0)
        figure.colorbar(shown, ax=panel, label="label")
    panel.set_xlabel(axes[0], fontsize=9)
    panel.set_ylabel(axes[1], fontsize=9)
    panel.tick_params(labelsize=8)
    panel.set_title(title, fontsize=10)
    return png(figure)

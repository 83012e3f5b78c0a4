"""Textures like those of pictures: what is left of them when only what goes with what counts, not where.

From noise, a picture is changed step by step until the net's feature maps go together as in the example (Gatys, Ecker
and Bethge 2015). Any net may see; textures of nets without batch normalisation that begin with small filters look
best. Pictures and textures of the same names go to OUT/textures, for `probe.py scramble --also`.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..photographs import add_photographs, open_photographs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..photographs import Pixels
    from ..results import Cell, Results

EXAMPLES = """\
visualize.py texture deploy.prototxt --weights squeezenet.caffemodel --mean 104,117,123 --side 256 --images shark.jpg
visualize.py texture vgg16.prototxt --weights vgg16.caffemodel --mean 104,117,123 --images photos/ \\
    --blob conv1_1 --blob pool1 --blob pool2 --blob pool3 --blob pool4 --steps 400
"""
_SHOWN = 6  # in the picture; all are written


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    group = parser.add_argument_group("texture")
    group.add_argument(
        "--blob", metavar="NAME", action="append", help="match this one; may be repeated (default: some)"
    )
    group.add_argument("--steps", metavar="N", type=int, default=150, help="of L-BFGS (default: %(default)s)")
    group.add_argument("--seed", metavar="N", type=int, default=0, help="of the noise (default: %(default)s)")
    group.add_argument("--resume", action="store_true", help="keep the textures that are in OUT already")


def run(options: argparse.Namespace, results: Results) -> None:
    from functools import partial
    from pathlib import Path

    import cv2
    import numpy as np

    from ...atomic import write_bytes
    from ...errors import FileError
    from ...progress import counting
    from ..figures import new_figure, png, show_image
    from ..photographs import Photographs
    from ..texture.gram import synthesise, texture_blobs

    subject, photographs = open_subject(options), open_photographs(options)
    blobs = options.blob or texture_blobs(subject)
    folder = results.folder / "textures"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise FileError(folder, f"cannot be made: {error.strerror or error}") from error
    rows: list[list[Cell]] = []
    shown: list[tuple[Pixels, Pixels, str]] = []
    with counting("textures", len(photographs) * options.steps, "steps") as done:
        for index, photograph in enumerate(photographs):
            path = folder / f"{Path(photograph.name).stem}.png"
            if not (options.resume and path.exists()):
                rng = np.random.default_rng([options.seed, index])
                counted = partial(_add, done, index * options.steps)
                example = subject.batch([photograph.pixels])[0]
                found = synthesise(subject, example, blobs, steps=options.steps, rng=rng, done=counted)
                pixels = np.round(subject.scaling.undo(found.image)).astype(np.uint8)
                write_bytes(path, cv2.imencode(".png", pixels)[1].tobytes())
                rows += [[path.stem, blob, step, error] for blob, line in found.errors.items() for step, error in
                         enumerate(line, 1)]  # fmt: skip
            if len(shown) < _SHOWN:
                seen = subject.seen([photograph.pixels])[0]
                shown.append((seen, Photographs(str(path))[0].pixels, path.stem))
    results.say(f"{len(photographs)} textures in {folder}, by {', '.join(blobs)}")
    results.csv("errors", ["picture", "blob", "step", "error as a share of the example's"], rows)
    figure = new_figure(1.9 * len(shown) + 0.3, 4.6)
    panels = figure.subplots(2, len(shown), squeeze=False)
    for (above, below), (seen, texture, name) in zip(panels.T, shown, strict=True):
        show_image(above, seen, name if len(name) < 24 else f"...{name[-21:]}")
        show_image(below, texture)
    panels[0, 0].set_ylabel("picture", fontsize=10)
    panels[1, 0].set_ylabel("its texture", fontsize=10)
    figure.suptitle(f"Textures as {subject.name} sees them, {options.steps} steps", fontsize=12)
    what = f"Below each picture, noise changed until the maps of {', '.join(blobs)} go together as in the picture."
    results.picture("textures", png(figure), what)


def _add(done: Callable[[int], None], before: int, step: int) -> None:
    done(before + step)

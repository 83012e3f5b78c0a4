"""Scores a net for face regions on held-out portraits, and draws what it sees.

Prints pixel accuracy beside that of answering 'background' everywhere, and the IoU of each class; writes
OUT/scores.csv and OUT/regions.png.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from faces.canvas import CLASSES

from pycaffe_ext import cli
from pycaffe_ext.atomic import write_bytes, write_text
from pycaffe_ext.inspection import DenseScores, dense_picture
from pycaffe_ext.inspection.dense.evaluation import evaluate
from pycaffe_ext.inspection.dense.pairs import Pairs
from pycaffe_ext.inspection.dense.predictions import predictions
from pycaffe_ext.inspection.scaling import Scaling
from pycaffe_ext.inspection.subject import Subject

_SHOWN = 6  # portraits in the picture
_MEAN, _SCALE = (110, 110, 110), 0.015625  # as in prototxt/faces/train_val.prototxt


def table(scores: DenseScores) -> list[tuple[str, str]]:
    """Names and values to print."""
    best, share = scores.constant
    return [
        ("pixel accuracy", f"{scores.pixel_accuracy:.1%}"),
        (f"pixel accuracy of 'all {CLASSES[best]}'", f"{share:.1%}"),
        *((f"IoU {name}", f"{iou:.1%}") for name, iou in zip(CLASSES, scores.iou, strict=True)),
        ("mean IoU", f"{scores.mean_iou:.1%}"),
        (f"mean IoU of 'all {CLASSES[best]}'", f"{scores.constant_mean_iou:.1%}"),
    ]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("net", metavar="DEPLOY.prototxt")
    parser.add_argument("weights", metavar="W.caffemodel")
    parser.add_argument("images", type=Path, metavar="IMAGE_LMDB")
    parser.add_argument("labels", type=Path, metavar="LABEL_LMDB")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder to write to (default: here)")
    given = parser.parse_args(arguments)
    scaling = Scaling(np.array(_MEAN, np.float32), _SCALE)
    net = Subject(given.net, given.weights, scaling=scaling, classes=CLASSES)
    pairs = Pairs(str(given.images), str(given.labels))
    scores = evaluate(net, pairs, batch=50).scores
    for name, value in table(scores):
        print(f"{name:36}{value:>7}")
    write_text(given.out / "scores.csv", "score,value\n" + "".join(f"{n},{v}\n" for n, v in table(scores)))
    shown = list(islice(predictions(net, pairs), _SHOWN))
    title = f"Regions of held-out faces: mean IoU {scores.mean_iou:.1%}"
    images, truths, prob = [one.seen for one in shown], [one.truth for one in shown], [one.output for one in shown]
    write_bytes(given.out / "regions.png", dense_picture(images, truths, prob, CLASSES, title=title))


if __name__ == "__main__":
    sys.exit(cli.run(main))

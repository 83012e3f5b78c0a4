"""Scores a net for face regions on held-out portraits, and draws what it sees.

Prints pixel accuracy beside that of answering 'background' everywhere, and the IoU of each class; writes
OUT/scores.csv and OUT/regions.png.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from faces.canvas import CLASSES

import pycaffe_ext as caffe
from pycaffe_ext import cli
from pycaffe_ext.atomic import write_bytes, write_text
from pycaffe_ext.datasets.databases import open_database
from pycaffe_ext.datasets.datum import datum_array, parse_datum
from pycaffe_ext.errors import DataError
from pycaffe_ext.inspection import DenseScores, confusion, dense_picture

_SHOWN = 6  # portraits in the picture
_MEAN, _SCALE = 110, 0.015625  # as in prototxt/faces/train_val.prototxt


def read(images: Path, labels: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Images (N x 3 x H x W) and label maps (N x h x w). Raises DataError where the keys differ."""
    one, other = open_database(images), open_database(labels)
    pixels, maps = [], []
    for (key, image), (label_key, label) in zip(one, other, strict=True):
        if key != label_key:
            raise DataError(f"{images} and {labels} are out of step: '{key.decode()}' meets '{label_key.decode()}'")
        pixels.append(datum_array(parse_datum(image)).copy())
        maps.append(datum_array(parse_datum(label))[0].copy())
    one.close()
    other.close()
    return np.stack(pixels), np.stack(maps)


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
    images, truth = read(given.images, given.labels)
    net = caffe.Net(given.net, given.weights, caffe.TEST)
    net.blobs["data"].reshape(50, *images.shape[1:])
    prob = net.forward_all(data=(images.astype(np.float32) - _MEAN) * _SCALE)["prob"]
    scores = DenseScores(confusion(truth, prob.argmax(axis=1), len(CLASSES)))
    for name, value in table(scores):
        print(f"{name:36}{value:>7}")
    write_text(given.out / "scores.csv", "score,value\n" + "".join(f"{n},{v}\n" for n, v in table(scores)))
    shown = [image.transpose(1, 2, 0) for image in images[:_SHOWN]]
    title = f"Regions of held-out faces: mean IoU {scores.mean_iou:.1%}"
    write_bytes(given.out / "regions.png", dense_picture(shown, truth[:_SHOWN], prob[:_SHOWN], CLASSES, title=title))


if __name__ == "__main__":
    sys.exit(cli.run(main))

"""Face regions: a net gives each 4 x 4 pixels of a portrait one of five classes."""

from __future__ import annotations

import csv
from pathlib import Path

from shell import Shell

from pycaffe_ext.inspection import Report

OUT = Path("demo/faces")  # as prototxt/faces names it


def play(shell: Shell) -> None:
    """Draws, makes image and label databases, trains and scores; writes OUT/scores.csv and OUT/regions.png."""
    shell.say("Faces: portraits, and for each a map of where the eyes, the nose tip and the mouth are.")
    shell(f"python data/draw.py faces {OUT}/portraits")
    for part in ("train", "test"):
        source, target = f"{OUT}/portraits/{part}", f"{OUT}/{part}"
        maps = f"--label-maps {source}/labels --label-out {target}_labels_lmdb --label-scale 1/4 --num-classes 5"
        shell(f"make_lmdb.py {source}/images {target}_lmdb --shuffle {maps}")
    shell(f"train.py prototxt/faces/solver.prototxt --out {OUT}")
    shell.say("How good is it? Most of a portrait is background: the share of right pixels alone says little.")
    databases = f"{OUT}/test_lmdb {OUT}/test_labels_lmdb"
    weights = f"{OUT}/faces_iter_450.caffemodel"
    shell(f"python data/score_faces.py prototxt/faces/deploy.prototxt {weights} {databases} --out {OUT}")


def show(report: Report) -> None:
    """The faces' part of the report."""
    report.heading("Faces: where are the eyes, the nose tip and the mouth?")
    report.text(
        "A small U-Net gives each 4 x 4 pixels one of five classes; left and right eye are two. It learned from a"
        " database of images and one of label maps, under the same keys. These portraits were not in training."
    )
    with open(OUT / "scores.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    report.table(header, rows)
    report.picture((OUT / "regions.png").read_bytes(), "Image, truth, prediction, and the probability of each class")
    report.picture((OUT / "portraits/samples.jpg").read_bytes(), "Held-out portraits")
    report.picture((OUT / "faces_curves.png").read_bytes(), "The training")
